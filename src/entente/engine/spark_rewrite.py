"""What DuckDB means, written so that Spark means it too: one function for each kind of expression.

The tree carries types (sqlglot's `annotate_types`). Expressions are rewritten from the leaves upwards; a new one keeps
the type of the one it stands for.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlglot import exp, parse_one

from entente.engine import duck
from entente.errors import UsageError

Rewrite = Callable[[exp.Expr], exp.Expr]
_WHOLE = (exp.DType.TINYINT, exp.DType.SMALLINT, exp.DType.INT, exp.DType.BIGINT)
_REAL = (exp.DType.DOUBLE, exp.DType.FLOAT)
_EXACT = "9007199254740992"  # 2^53: from here on every double is a whole number
_REMEDY = "Write it in another way, or use --engine local."
#: What DuckDB's TRIM takes away: Unicode's space separators.
_SPACES = "\u0020\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"


def rewrite(tree: exp.Expr) -> exp.Expr:
    """Rewrite a typed tree of DuckDB's dialect for Spark.

    Raises:
        UsageError: it holds something that cannot be made to mean the same.
    """
    for node in reversed(list(tree.walk())):
        change = _CHANGES.get(type(node)) or _NAMED.get(node.name.upper() if type(node) is exp.Anonymous else "")
        if change is not None:
            kind = node.type
            parent = node.parent
            made = change(node)
            if made is not node:
                made.type = kind
                if parent is None:
                    tree = made
    return tree


def dates_apart(tree: exp.Expr) -> bool:
    """Turn differences of two dates into numbers of days; say whether there were any."""
    found = [
        node
        for node in tree.find_all(exp.Sub)
        if _is(node.this, exp.DType.DATE) and _is(node.expression, exp.DType.DATE)
    ]
    for node in found:
        node.replace(exp.DateDiff(this=node.this, expression=node.expression, unit=exp.var("DAY")))
    return bool(found)


def _is(node: exp.Expr, *kinds: exp.DType) -> bool:
    return node.type is not None and node.type.this in kinds


def _spark(text: str, **parts: exp.Expr) -> exp.Expr:
    """An expression in Spark's words, with `:name` for its parts."""
    tree: exp.Expr = parse_one(text, dialect="spark")
    for hole in list(tree.find_all(exp.Placeholder)):
        part = parts[hole.name].copy()
        hole.replace(exp.paren(part, copy=False) if isinstance(part, exp.Binary | exp.Connector | exp.Not) else part)
    return tree


def _put(node: exp.Expr, text: str, **parts: exp.Expr) -> exp.Expr:
    made = _spark(text, **parts)
    node.replace(made)
    return made


def _div(node: exp.Expr) -> exp.Expr:
    """Division of whole numbers gives a fraction; by zero it gives infinity or NaN, as IEEE 754 says."""
    above, below = node.this, node.expression
    plain = "CAST(:a AS DOUBLE) / CAST(:b AS DOUBLE)"
    bare = below.unnest()
    if isinstance(bare, exp.Nullif) or (isinstance(bare, exp.Literal) and float(bare.name) != 0):
        return _put(node, f"({plain})", a=above, b=below)
    return _put(
        node,
        f"CASE WHEN :b = 0 THEN CAST(:a AS DOUBLE) * CAST('Infinity' AS DOUBLE) ELSE {plain} END",
        a=above,
        b=below,
    )


def _cast(node: exp.Expr) -> exp.Expr:
    """A cast to a whole number rounds: a double half to even, a decimal half away from zero."""
    if node.args["to"].this not in _WHOLE:
        return node
    if not _is(node.this, *_REAL, exp.DType.DECIMAL):
        return node
    if any(not number.name.isdecimal() for number in node.find_all(exp.Literal) if not number.is_string):
        # sqlglot takes 0.5 for a double; both engines take it for a decimal, and only Spark knows what came of it
        rounded = "CASE WHEN TYPEOF(:x) IN ('double', 'float') THEN RINT(:x) ELSE ROUND(:x, 0) END"
    else:
        rounded = "RINT(:x)" if _is(node.this, *_REAL) else "ROUND(:x, 0)"
    node.set("this", _spark(rounded, x=node.this))
    return node


def _floor(node: exp.Expr) -> exp.Expr:
    name = "FLOOR" if isinstance(node, exp.Floor) else "CEIL"
    if _is(node.this, *_WHOLE):
        return _put(node, "CAST(:x AS DOUBLE)", x=node.this)
    return _put(
        node,
        f"CASE WHEN ABS(:x) < {_EXACT} THEN CAST({name}(:x) AS DOUBLE) ELSE CAST(:x AS DOUBLE) END",
        x=node.this,
    )


def _ln(node: exp.Expr) -> exp.Expr:
    return _put(
        node,
        "COALESCE(LN(:x), CASE WHEN :x = 0 THEN CAST('-Infinity' AS DOUBLE) "
        "WHEN :x < 0 THEN CAST('NaN' AS DOUBLE) END)",
        x=node.this,
    )


def _as_bigint(node: exp.Expr) -> exp.Expr:
    made = exp.cast(node.copy(), "BIGINT")
    node.replace(made)
    return made


def _window(node: exp.Expr) -> exp.Expr:
    """Numbers of rows are 64-bit; a condition moves into the aggregate, since Spark takes none in a window."""
    if isinstance(node.this, exp.Filter):
        aggregate, condition = node.this.this, node.this.expression.this
        starred = isinstance(aggregate.this, exp.Star)
        aggregate.set("this", exp.case().when(condition, exp.Literal.number(1) if starred else aggregate.this))
        node.set("this", aggregate)
    return _as_bigint(node) if isinstance(node.this, exp.RowNumber) else node


def _trim(node: exp.Expr) -> exp.Expr:
    if node.expression:
        return node
    side = node.args.get("position")
    made = exp.Trim(this=node.this, expression=exp.Literal.string(_SPACES), position=side or "BOTH")
    node.replace(made)
    return made


def _letters(node: exp.Expr) -> exp.Expr:
    """Letters change by DuckDB's table; where all are ASCII, both engines' own functions do the same, and faster."""
    function = "LOWER" if isinstance(node, exp.Lower) else "UPPER"
    before, after = duck.changed_letters(function.lower())
    return _put(
        node,
        f"CASE WHEN OCTET_LENGTH(:x) = CHAR_LENGTH(:x) THEN {function}(:x) ELSE TRANSLATE(:x, :a, :b) END",
        x=node.this,
        a=exp.Literal.string(before),
        b=exp.Literal.string(after),
    )


def _substring(node: exp.Expr) -> exp.Expr:
    """Positions before the first and negative lengths mean something else in Spark."""
    for name, least in (("start", 1), ("length", 0)) if isinstance(node, exp.Substring) else (("expression", 0),):
        value = node.args.get(name)
        if value is not None and not (
            isinstance(value, exp.Literal) and value.name.isdecimal() and int(value.name) >= least
        ):
            raise UsageError(
                f"In {node.sql('duckdb')}, a position has to be a whole number of {least} or more, written out.",
                remedy=_REMEDY,
            )
    return node


def _pattern(node: exp.Expr) -> exp.Expr:
    """Lines end at line feeds only, and `$` is the very end, as in RE2."""
    pattern = node.expression
    if not isinstance(pattern, exp.Literal):
        raise UsageError(f"In {node.sql('duckdb')}, the pattern has to be written out.", remedy=_REMEDY)
    pattern.set("this", "(?d)" + _very_end(pattern.name))
    if isinstance(node, exp.RegexpReplace):
        if node.args.get("replacement") is None or not isinstance(node.args["replacement"], exp.Literal):
            raise UsageError(f"In {node.sql('duckdb')}, the replacement has to be written out.", remedy=_REMEDY)
        replacement = node.args["replacement"]
        replacement.set("this", re.sub(r"\\(\d)", r"$\1", replacement.name.replace("$", "\\$")))
        if node.args.get("modifiers") is None or node.args["modifiers"].name != "g":
            raise UsageError(f"In {node.sql('duckdb')}, all that fits has to be replaced ('g').", remedy=_REMEDY)
        node.set("modifiers", None)
    return node


def _very_end(pattern: str) -> str:
    made, escaped, in_class = [], False, False
    for letter in pattern:
        made.append("\\z" if letter == "$" and not escaped and not in_class else letter)
        if not escaped and letter in "[]":
            in_class = letter == "["
        escaped = letter == "\\" and not escaped
    return "".join(made)


def _contains(node: exp.Expr) -> exp.Expr:
    """A list that holds nulls does not contain a value that is not in it; Spark would say it does not know."""
    return _put(
        node,
        "CASE WHEN :list IS NOT NULL AND :value IS NOT NULL THEN COALESCE(ARRAY_CONTAINS(:list, :value), FALSE) END",
        list=node.this,
        value=node.expression,
    )


_APART = {
    "DAY": "CAST(DATEDIFF(:late, :early) AS BIGINT)",
    "WEEK": "DATEDIFF(:late, :early) DIV 7",
    "MONTH": "CAST((YEAR(:late) - YEAR(:early)) * 12 + MONTH(:late) - MONTH(:early) AS BIGINT)",
    "QUARTER": "CAST((YEAR(:late) - YEAR(:early)) * 4 + QUARTER(:late) - QUARTER(:early) AS BIGINT)",
    "YEAR": "CAST(YEAR(:late) - YEAR(:early) AS BIGINT)",
}


def _date_diff(node: exp.Expr) -> exp.Expr:
    """Boundaries of days, months and years between two dates; whole weeks."""
    unit = (node.args.get("unit") or exp.var("DAY")).name.upper().rstrip("S")
    if unit not in _APART:
        raise UsageError(f"In {node.sql('duckdb')}, the unit cannot be used.", remedy=f"Use {', '.join(_APART)}.")
    return _put(node, f"({_APART[unit]})", late=node.this, early=node.expression)


def _hash(node: exp.Expr) -> exp.Expr:
    made = exp.Anonymous(this="XXHASH64", expressions=node.expressions)
    node.replace(made)
    return made


def _sum(node: exp.Expr) -> exp.Expr:
    if _is(node.this, exp.DType.BOOLEAN):
        node.set("this", exp.cast(node.this, "INT"))
    return node


def _list(node: exp.Expr) -> exp.Expr:
    """A list keeps nulls, and a list of no rows is null; Spark leaves nulls out and gives an empty list."""
    distinct = isinstance(node.this, exp.Distinct)
    value = node.this.expressions[0] if distinct else node.this
    if isinstance(value, exp.Order):
        raise UsageError(f"In {node.sql('duckdb')}, a list cannot be ordered.", remedy="Use list_sort(list(…)).")
    function = "COLLECT_SET" if distinct else "COLLECT_LIST"
    filtered = node.parent if isinstance(node.parent, exp.Filter) else None
    gathered = _spark(f"{function}(STRUCT(:value AS v))", value=value)
    if filtered is not None:
        gathered = exp.Filter(this=gathered, expression=filtered.expression)
    made = _spark("TRANSFORM(NULLIF(:gathered, ARRAY()), s -> s.v)", gathered=gathered)
    (filtered or node).replace(made)
    return made


def _sort(node: exp.Expr) -> exp.Expr:
    made = exp.Anonymous(this="ARRAY_SORT", expressions=[node.this])
    node.replace(made)
    return made


def _select(node: exp.Expr) -> exp.Expr:
    """Rows without repetition are ordered by the columns that are left, under the names that they have there."""
    order = node.args.get("order")
    if node.args.get("distinct") and order is not None:
        named = {column.unalias(): column.alias for column in node.expressions if column.alias}
        for ordered in order.expressions:
            if ordered.this in named:
                ordered.set("this", exp.column(named[ordered.this], quoted=True))
    return node


_CHANGES: dict[type[exp.Expr], Rewrite] = {
    exp.Select: _select,
    exp.Div: _div,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.Floor: _floor,
    exp.Ceil: _floor,
    exp.Ln: _ln,
    exp.Length: _as_bigint,
    exp.StrPosition: _as_bigint,
    exp.Year: _as_bigint,
    exp.Month: _as_bigint,
    exp.Window: _window,
    exp.Lower: _letters,
    exp.Upper: _letters,
    exp.Trim: _trim,
    exp.Substring: _substring,
    exp.Left: _substring,
    exp.RegexpLike: _pattern,
    exp.RegexpReplace: _pattern,
    exp.ArrayContains: _contains,
    exp.DateDiff: _date_diff,
    exp.Sum: _sum,
    exp.ArrayAgg: _list,
    exp.ArraySort: _sort,
}
_NAMED: dict[str, Rewrite] = {"HASH": _hash}
