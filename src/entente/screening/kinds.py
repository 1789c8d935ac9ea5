"""What kind of value an expression gives, so that nothing depends on how an engine turns one kind into another.

DuckDB and Spark differ where a text meets a number: `'028' = 28` holds in one and not in the other, a number printed as
text has other digits, a text that is no number is an error here and null there. Kinds are told from the columns of the
tables and the types of the features; where two kinds meet, or a value is cast to another kind, the file is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum

import pyarrow as pa
import sqlglot
from sqlglot import exp

from entente.errors import Place, RegisterError


class Kind(Enum):
    """A kind of value."""

    NUMBER = "a number"
    TEXT = "a text"
    DATE = "a date"
    TRUTH = "true or false"
    CODE = "a code"
    LIST = "a list"
    SPAN = "a span of days"


#: Types of features, and the kind of value they hold.
OF_TYPE: Mapping[str, Kind] = {
    "bigint": Kind.NUMBER,
    "double": Kind.NUMBER,
    "varchar": Kind.TEXT,
    "boolean": Kind.TRUTH,
    "date": Kind.DATE,
    "hash": Kind.CODE,
}
Kinds = dict[str, Kind]
_NUMBERS = (exp.Count, exp.Sum, exp.Median, exp.DateDiff, exp.RowNumber, exp.Length)
_COUNTED = (exp.Neg, exp.Abs, exp.Floor, exp.Ceil, exp.Ln, exp.Mul, exp.Div)
_COMPARED = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.In, exp.Between, exp.Is)
_TRUTHS = (exp.And, exp.Or, exp.Not, exp.LogicalOr, exp.LogicalAnd)
_TOLD = (exp.RegexpLike, exp.StartsWith, exp.Contains)
_WRITTEN = (exp.Lower, exp.Upper, exp.Trim, exp.Substring, exp.Left, exp.Replace, exp.RegexpReplace, exp.DPipe)
_PASSED = (exp.Paren, exp.Min, exp.Max, exp.Lag, exp.Window, exp.Filter, exp.Distinct, exp.Order, exp.Ordered)
_NUMBER_TYPES = frozenset({"BIGINT", "INT", "DOUBLE"})


def of_schema(schema: pa.Schema) -> Kinds:
    """The kinds of a table's columns."""
    return {field.name: _of_arrow(field.type) for field in schema}


def _of_arrow(kind: pa.DataType) -> Kind:
    if pa.types.is_boolean(kind):
        return Kind.TRUTH
    if pa.types.is_date(kind):
        return Kind.DATE
    if pa.types.is_list(kind):
        return Kind.LIST
    return Kind.TEXT if pa.types.is_string(kind) else Kind.NUMBER


def kind_of(sql: str, kinds: Kinds, place: Place) -> Kind | None:
    """The kind of value that a checked expression gives; None where it cannot be told.

    Args:
        sql: the expression, in DuckDB's dialect.
        kinds: kinds of the columns and features that it may read; others are not known.
        place: where it stands, for the error.

    Raises:
        RegisterError: two kinds meet in it, or a value is cast to another kind.
    """
    return _Teller(kinds, place).kind(sqlglot.parse_one(sql, dialect="duckdb"))


class _Teller:
    def __init__(self, kinds: Kinds, place: Place) -> None:
        self._kinds, self._place = kinds, place

    def kind(self, node: exp.Expr) -> Kind | None:
        if isinstance(node, exp.Column):
            return self._kinds.get(node.name)
        if isinstance(node, exp.Literal):
            return Kind.TEXT if node.is_string else Kind.NUMBER
        if isinstance(node, exp.Boolean | exp.Interval):
            return Kind.TRUTH if isinstance(node, exp.Boolean) else Kind.SPAN
        return self._made(node)

    def _made(self, node: exp.Expr) -> Kind | None:
        if isinstance(node, exp.Case | exp.If):
            return self._choice(node)
        if isinstance(node, exp.Cast):
            return self._cast(node)
        return self._sum(node) if isinstance(node, exp.Add | exp.Sub) else self._compared(node)

    def _compared(self, node: exp.Expr) -> Kind | None:
        parts = list(node.iter_expressions())
        found = [self.kind(part) for part in parts]
        if isinstance(node, _COMPARED):
            self._same(node, found)
            return Kind.TRUTH
        if isinstance(node, exp.Coalesce | exp.Nullif | exp.Greatest | exp.Least | exp.Tuple):
            return self._same(node, found)
        if isinstance(node, _PASSED):
            return found[0] if found else None
        for types, wanted, given in (
            (_COUNTED, Kind.NUMBER, Kind.NUMBER),
            (_TRUTHS, Kind.TRUTH, Kind.TRUTH),
            (_TOLD, Kind.TEXT, Kind.TRUTH),
        ):
            if isinstance(node, types):
                self._same(node, [*found, wanted])
                return given
        return self._function(node, found)

    def _function(self, node: exp.Expr, found: list[Kind | None]) -> Kind | None:
        if isinstance(node, _WRITTEN):
            texts = found if isinstance(node, exp.DPipe | exp.Replace | exp.RegexpReplace) else found[:1]
            self._same(node, [*texts, Kind.TEXT])
            return Kind.TEXT
        if isinstance(node, _NUMBERS):
            return Kind.NUMBER
        if isinstance(node, exp.ArrayContains):
            return Kind.TRUTH
        return Kind.CODE if isinstance(node, exp.Anonymous) else None

    def _choice(self, node: exp.Expr) -> Kind | None:
        branches = node.args.get("ifs") or [node]
        for branch in branches:
            self._same(node, [self.kind(branch.this), Kind.TRUTH])
        default = node.args.get("default") or node.args.get("false")
        results = [branch.args["true"] for branch in branches] + ([default] if default is not None else [])
        return self._same(node, [self.kind(result) for result in results])

    def _sum(self, node: exp.Expr) -> Kind | None:
        sides = [self.kind(node.this), self.kind(node.expression)]
        if sides == [Kind.DATE, Kind.DATE] and isinstance(node, exp.Sub):
            return Kind.NUMBER
        if sides[0] is Kind.DATE and sides[1] in {Kind.SPAN, Kind.NUMBER}:
            return Kind.DATE
        return self._same(node, [*sides, Kind.NUMBER])

    def _cast(self, node: exp.Cast) -> Kind | None:
        given, target = self.kind(node.this), node.to.sql("duckdb").upper()
        if target == "DATE" and (given is Kind.DATE or isinstance(node.this, exp.Literal)):
            return Kind.DATE
        if target == "BOOLEAN" and given in {Kind.TRUTH, None}:
            return Kind.TRUTH
        if target in _NUMBER_TYPES and given in {Kind.NUMBER, None}:
            return Kind.NUMBER
        raise self._refusal(node, "a cast to another kind of value")

    def _same(self, node: exp.Expr, kinds: Iterable[Kind | None]) -> Kind | None:
        known = list(dict.fromkeys(kind for kind in kinds if kind is not None))
        if len(known) > 1:
            raise self._refusal(node, f"{known[0].value} stands where {known[1].value} does")
        return known[0] if known else None

    def _refusal(self, node: exp.Expr, message: str) -> RegisterError:
        words = node.sql("duckdb", comments=False)
        return RegisterError(
            f"“{words if len(words) <= 60 else words[:57] + '…'}”: {message}; engines differ there.",
            remedy="Compare values of one kind, and cast numbers to numbers only.",
            place=self._place,
        )
