"""The SQL that rule and feature files may hold, and nothing else.

Rule files are data: an authority may write its own, and take some from a counterpart. What they hold is therefore
parsed and every node of the tree compared with a list of what is allowed; the text that runs is printed from the
tree. There is no way to name a table, a file, a setting or a function that is not listed here.

Three grammars: a *predicate* compares numbers and texts that features have prepared; a *feature* also computes,
aggregates and looks along windows; a *source* joins the tables that a run has. The functions are those that mean
the same in DuckDB and Spark (engine/dialect.py); division must say what a zero divisor gives, because the two
differ there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import accumulate

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from entente.errors import Place, RegisterError
from entente.screening.needs import either, groups, sources_of

_ATOMS: frozenset[type[exp.Expr]] = frozenset(
    {exp.Column, exp.Identifier, exp.Literal, exp.Boolean, exp.Null, exp.Paren, exp.Tuple}
)
_COMPARISONS: frozenset[type[exp.Expr]] = frozenset(
    {exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.In, exp.Between, exp.Is, exp.And, exp.Or, exp.Not}
)
_ARITHMETIC: frozenset[type[exp.Expr]] = frozenset({exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Neg, exp.Abs, exp.Coalesce})
_PREDICATE = _ATOMS | _COMPARISONS | _ARITHMETIC
_SCALARS: frozenset[type[exp.Expr]] = frozenset(
    {
        *(exp.Case, exp.If, exp.Cast, exp.DataType, exp.Nullif, exp.Greatest, exp.Least),
        *(exp.Floor, exp.Ceil, exp.Ln, exp.Lower, exp.Upper, exp.Length, exp.Trim, exp.Substring, exp.Left),
        *(exp.Replace, exp.RegexpLike, exp.RegexpReplace, exp.StartsWith, exp.Contains, exp.DPipe, exp.ArrayContains),
        *(exp.DateDiff, exp.Interval, exp.Var),
    }
)
_AGGREGATES: frozenset[type[exp.Expr]] = frozenset(
    {
        *(exp.Count, exp.Star, exp.Distinct, exp.Sum, exp.Min, exp.Max, exp.Median),
        *(exp.LogicalOr, exp.LogicalAnd, exp.Filter, exp.Where),
    }
)
_WINDOWS: frozenset[type[exp.Expr]] = frozenset({exp.Window, exp.Order, exp.Ordered, exp.Lag, exp.RowNumber})
_FEATURE = _PREDICATE | _SCALARS | _AGGREGATES | _WINDOWS
_SOURCE = _FEATURE | frozenset(
    {exp.Select, exp.From, exp.Join, exp.Table, exp.TableAlias, exp.Alias, exp.Group, exp.Subquery, exp.Union}
)
#: Functions that sqlglot has no class for: a 64-bit code of a text (any good hash; see engine/dialect.py).
_FUNCTIONS = frozenset({"hash"})
_PLAIN = re.compile(r"[a-z][a-z0-9_]*")
#: Longest text that may stand in a piece of SQL.
_LONGEST = 1_500
#: Most brackets that may stand open at once; the parser goes down into each of them.
_DEEPEST = 40
#: What a pattern may not hold: what the engines' regular expressions do not share, and a group that is repeated, which
#: can take one of them for ever.
_UNSHARED = re.compile(r"\(\?(?!:)|\\[1-9bBAzZkK]|\)[*+?{]|[*+?}][*+?{]|\[\[:|\{")
#: What makes an expression an aggregate when it stands outside a window.
AGGREGATING = (exp.Count, exp.Sum, exp.Min, exp.Max, exp.Median, exp.LogicalOr, exp.LogicalAnd)


class Grammar(Enum):
    """How much SQL a text may hold."""

    PREDICATE = "predicate"
    FEATURE = "feature"
    SOURCE = "source"


_ALLOWED = {Grammar.PREDICATE: _PREDICATE, Grammar.FEATURE: _FEATURE, Grammar.SOURCE: _SOURCE}


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked piece of SQL in DuckDB's dialect.

    `names` are the columns it reads, `tables` the tables (a source's only); `kind` is row, aggregate or window.
    `conjuncts` are the columns that have to be true for it to be true: those that AND joins at the top. `needs` are
    the names as `needs.py` gives them: of those side by side in COALESCE one is enough.
    """

    sql: str
    names: frozenset[str]
    tables: frozenset[str]
    kind: str
    conjuncts: frozenset[str]
    needs: frozenset[str]


def parse(text: str, grammar: Grammar, place: Place) -> Expression:
    """Parse and check a piece of SQL.

    Args:
        text: the SQL, in DuckDB's dialect.
        grammar: how much it may hold.
        place: where it stands, for the error.

    Raises:
        RegisterError: it is not SQL, or it holds something that is not allowed.
    """
    tree = _tree(text, place)
    if (grammar is Grammar.SOURCE) != isinstance(tree, exp.Select | exp.Union):
        raise _refusal(
            "This has to be a SELECT." if grammar is Grammar.SOURCE else "Only an expression may stand here.", place
        )
    for node in tree.walk():
        _check(node, grammar, place)
    _check_owners(tree, place)
    return Expression(
        sql=tree.sql("duckdb", comments=False),
        names=frozenset(column.name for column in tree.find_all(exp.Column)),
        tables=frozenset(table.name for table in tree.find_all(exp.Table)),
        kind=_kind(tree),
        conjuncts=frozenset(part.name for part in tree.flatten() if isinstance(part, exp.Column))
        if isinstance(tree, exp.And)
        else frozenset(),
        needs=frozenset(either(column.name for column in group) for group in groups(tree)),
    )


def _check_owners(tree: exp.Expr, place: Place) -> None:
    """Every column of a source has to say whose it is."""
    for select in tree.find_all(exp.Select):
        aliases = {source.alias_or_name for source in sources_of(select)}
        for column in _own_columns(select):
            if column.table not in aliases and (column.table or len(aliases) != 1):
                raise _refusal(f"{_words(column)}: say of which table.", place)


def _own_columns(select: exp.Select) -> Iterator[exp.Column]:
    """Columns of a SELECT, not those of the SELECTs inside it."""
    return (column for column in select.find_all(exp.Column) if column.find_ancestor(exp.Select) is select)


def _depth(text: str) -> int:
    """Most brackets open at once, those in texts included."""
    steps = accumulate((char in "([{") - (char in ")]}") for char in text)
    return max(steps, default=0)


def _tree(text: str, place: Place) -> exp.Expr:
    if _depth(text) > _DEEPEST:
        raise _refusal("This is nested too deeply.", place)
    try:
        trees = sqlglot.parse(text, dialect="duckdb")
    except SqlglotError as error:
        raise _refusal(f"This is not SQL: {str(error).splitlines()[0]}", place) from error
    if len(trees) != 1 or trees[0] is None:
        raise _refusal("Exactly one expression may stand here.", place)
    return trees[0]


def _check(node: exp.Expr, grammar: Grammar, place: Place) -> None:
    known_function = (
        type(node) is exp.Anonymous and node.name.lower() in _FUNCTIONS and grammar is not Grammar.PREDICATE
    )
    if type(node) not in _ALLOWED[grammar] and not known_function:
        raise _refusal(f"{_words(node)} is not allowed in a {grammar.value}.", place)
    if isinstance(node, exp.Column) and node.table and grammar is not Grammar.SOURCE:
        raise _refusal(f"{_words(node)}: a {grammar.value} names columns and features without a table.", place)
    if isinstance(node, exp.Table) and (node.db or node.catalog or not _PLAIN.fullmatch(node.name)):
        raise _refusal(f"{_words(node)} is not the plain name of a table.", place)
    if isinstance(node, exp.Star) and not isinstance(node.parent, exp.Count):
        raise _refusal("“*”: name the columns.", place)
    _check_shared(node, place)


def _check_shared(node: exp.Expr, place: Place) -> None:
    """What both engines know, but not with every argument alike."""
    if isinstance(node, exp.Literal) and not node.is_string and not node.name.isdecimal():
        raise _refusal(f"{_words(node)}: write whole numbers; engines differ in decimals.", place)
    if isinstance(node, exp.Literal) and len(node.name) > _LONGEST:
        raise _refusal(f"{_words(node)}: a text of more than {_LONGEST} characters.", place)
    if isinstance(node, exp.RegexpLike | exp.RegexpReplace):
        _check_pattern(node, place)
    if isinstance(node, exp.Substring | exp.Left) and not all(map(_written_out, _positions(node))):
        raise _refusal(f"{_words(node)}: a position has to be a whole number, written out.", place)
    if isinstance(node, exp.Window):
        _check_window(node, place)
    if isinstance(node, exp.Div) and not _never_zero(node.expression):
        raise _refusal(f"{_words(node)}: divide by NULLIF(…, 0) or by a number other than zero.", place)


def _positions(node: exp.Expr) -> list[exp.Expr]:
    names = ("start", "length") if isinstance(node, exp.Substring) else ("expression",)
    return [node.args[name] for name in names if node.args.get(name) is not None]


def _written_out(node: exp.Expr) -> bool:
    """A whole number that is a position in both engines: the first is 1, and 0 only a length."""
    least = 1 if node.arg_key == "start" else 0
    return isinstance(node, exp.Literal) and node.name.isdecimal() and int(node.name) >= least


def _check_window(node: exp.Window, place: Place) -> None:
    """Spark counts no distinct values along a window; which of two equal rows comes first, each engine decides."""
    if node.this.find(exp.Distinct):
        raise _refusal(f"{_words(node)}: no DISTINCT along a window.", place)
    order = node.args.get("order")
    ordered = {column.name for column in order.find_all(exp.Column)} if order else set()
    if node.this.find(exp.Lag, exp.RowNumber) and "row_id" not in ordered:
        raise _refusal(f"{_words(node)}: order by row_id in the end, so that no two rows are equal.", place)


def _check_pattern(node: exp.RegexpLike | exp.RegexpReplace, place: Place) -> None:
    """Patterns are written out, plain, and mean the same in RE2 and Java; all that they fit is replaced."""
    pattern, modifiers = node.expression, node.args.get("modifiers") or node.args.get("flag")
    if not (isinstance(pattern, exp.Literal) and pattern.is_string):
        raise _refusal(f"{_words(node)}: a pattern has to be written out.", place)
    if _UNSHARED.search(pattern.name):
        raise _refusal(f"{_words(node)}: no look-around, back reference, bounded repeat or repeated group.", place)
    try:
        re.compile(pattern.name)
    except re.error as error:
        raise _refusal(f"{_words(node)}: not a pattern: {error}.", place) from error
    wanted = "g" if isinstance(node, exp.RegexpReplace) else ""
    if (modifiers.name if modifiers else "") != wanted:
        raise _refusal(f"{_words(node)}: a replacement ends with 'g', and nothing else has a modifier.", place)


def _never_zero(divisor: exp.Expr) -> bool:
    if isinstance(divisor, exp.Literal) and not divisor.is_string:
        return int(divisor.name) != 0
    return isinstance(divisor, exp.Nullif)


def _kind(tree: exp.Expr) -> str:
    if isinstance(tree, exp.Select | exp.Union):
        return "source"
    if tree.find(exp.Window):
        return "window"
    return "aggregate" if tree.find(*AGGREGATING) else "row"


def _words(node: exp.Expr) -> str:
    words = node.sql("duckdb", comments=False)
    return f"“{words if len(words) <= 60 else words[:57] + '…'}”"


def _refusal(message: str, place: Place) -> RegisterError:
    return RegisterError(message, remedy="See docs/rules.md for what a rule file may hold.", place=place)
