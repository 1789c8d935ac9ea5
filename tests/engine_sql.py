"""Rows that are awkward for SQL, and every expression that rules and features may hold, for the engines' tests."""

from __future__ import annotations

import math
from datetime import date

import pyarrow as pa

_COUNT = 15
_NUMBERS = [None, 0, 1, -1, 2, -2, 3, 7, -7, 10, 1000, -1001, 2**53 + 1, 2**62, 5]
_REALS = [None, 0.0, 0.1, 0.5, -0.5, 1.5, 2.5, -2.5, 3.3, 1e16, -1e300, math.inf, -math.inf, math.nan, 2.0**53]
_TEXTS = [
    *(None, "", "a", "A b", "  pad  ", "\t x\u00a0\u3000", "straße ß", "İΣΟΣ ς", "4-哌啶酮", "ﬁ ŉ ǰ"),
    *("a\nb", "back\\slash $1", "it's", "x😀é", "NPP-1"),
]
_DAYS = [
    *(None, date(2024, 1, 31), date(2024, 2, 1), date(2024, 2, 29), date(2023, 12, 31), date(2024, 1, 7)),
    *(date(2024, 1, 8), date(1, 1, 1), date(9999, 12, 31), date(1970, 1, 1), date(1969, 12, 31), date(2025, 3, 30)),
    *(date(2000, 2, 29), date(1582, 10, 10), date(2024, 12, 30)),
]
_LISTS = [
    *(None, [], [None], ["a", None], ["a", "b"], ["b", "a", "b"], ["x"], [""], ["é", "z"], ["a"], ["MX", "US"]),
    *(None, ["b", None, "a"], ["A"], ["a", "a"]),
]

#: Columns id, n, i (32 bits), f, s, d, l, b; every kind of value that has made two engines differ, and null.
AWKWARD = pa.table(
    {
        "id": pa.array(range(_COUNT), pa.int64()),
        "n": pa.array(_NUMBERS, pa.int64()),
        "i": pa.array([n if n is None or abs(n) < 2**31 else 9 for n in _NUMBERS], pa.int32()),
        "f": pa.array(_REALS, pa.float64()),
        "s": pa.array(_TEXTS, pa.string()),
        "d": pa.array(_DAYS, pa.date32()),
        "l": pa.array(_LISTS, pa.list_(pa.string())),
        "b": pa.array([None, True, False] * 5, pa.bool_()),
    }
)

_MIDDLE = "t.d BETWEEN CAST('1000-01-01' AS DATE) AND CAST('9000-01-01' AS DATE)"
#: Of each row with each row: `t` and `u` are the awkward table.
SCALARS = {
    "arithmetic": [
        *("t.n + u.i", "t.n - u.i", "t.i * u.id", "-t.i", "ABS(t.i)", "t.f + u.f", "t.f * u.f", "t.f - u.f"),
        *("t.n / NULLIF(u.n, 0)", "t.f / NULLIF(u.f, 0)", "t.i / 3", "t.f / 3", "t.f / u.f", "t.n / u.n", "t.i % 3"),
        *("FLOOR(t.f)", "CEIL(t.f)", "FLOOR(t.n)", "CEIL(t.i)", "FLOOR(t.f / 2)", "t.n & 3"),
    ],
    "comparisons": [
        *("t.n = u.n", "t.f = u.f", "t.f < u.f", "t.f >= u.f", "t.f <> u.f", "t.n < u.f", "t.s < u.s", "t.d < u.d"),
        *("t.b AND u.b", "t.b OR u.b", "NOT t.b", "t.n IN (1, 2, u.n)", "t.n NOT IN (1, NULL)", "t.s IS NULL"),
        *("t.f BETWEEN 0 AND u.f", "t.b IS TRUE", "t.b IS NOT FALSE", "t.s IN ('a', '4-哌啶酮')", "t.s = 'it''s'"),
        *("t.s = 'back\\slash $1'", "t.s = 'a\nb'"),
    ],
    "choices": [
        *("COALESCE(t.n, u.n)", "CASE WHEN t.n > u.n THEN t.n WHEN t.b THEN 0 END", "IF(t.b, t.n, u.n)"),
        *("NULLIF(t.n, u.n)", "GREATEST(t.n, u.n)", "LEAST(t.f, u.f)", "GREATEST(t.f, u.f)", "GREATEST(t.n, u.f)"),
    ],
    "texts": [
        *("LOWER(t.s)", "UPPER(t.s)", "LENGTH(t.s)", "LENGTH(t.s) * 1000000000", "TRIM(t.s)", "SUBSTR(t.s, 1, 2)"),
        *("SUBSTR(t.s, 2)", "SUBSTR(t.s, 3, 100)", "LEFT(t.s, 2)", "LEFT(t.s, 0)", "REPLACE(t.s, 'a', 'bb')"),
        *("REPLACE(t.s, '', 'x')", "REPLACE(t.s, u.s, '_')", "STARTS_WITH(t.s, u.s)", "CONTAINS(t.s, u.s)"),
        *("t.s || u.s", "t.s || '|' || t.d", "t.s || t.n", "t.s || t.b", "STRPOS(t.s, u.s)", "sha256(t.s)"),
        "hash(t.s) = hash(u.s)",
    ],
    "patterns": [
        *("REGEXP_MATCHES(t.s, '^[a-z]+$')", "REGEXP_MATCHES(t.s, '\\d')", "REGEXP_MATCHES(t.s, 'a.b')"),
        *("REGEXP_MATCHES(t.s, '\\w+\\s')", "REGEXP_MATCHES(t.s, '[^a-z$]$')", "REGEXP_MATCHES(t.s, 'b$|\\$1$')"),
        *("REGEXP_REPLACE(t.s, '[^a-zA-Z0-9]', '', 'g')", "REGEXP_REPLACE(t.s, 'a|b', '$', 'g')"),
        *("REGEXP_REPLACE(t.s, '\\\\', '/', 'g')", "REGEXP_REPLACE(t.s, 'a', '[\\0]', 'g')"),
    ],
    "lists": ["LIST_CONTAINS(t.l, 'a')", "LIST_CONTAINS(t.l, u.s)"],
    "dates": [
        *(f"DATE_DIFF('{unit}', t.d, u.d)" for unit in ("day", "week", "month", "quarter", "year")),
        *("t.d - u.d", "(t.d - u.d) / 7", "u.d - t.d > 30", "YEAR(t.d) * 100 + MONTH(t.d)"),
        *(f"CASE WHEN {_MIDDLE} THEN {x} END" for x in ("CAST(t.d + INTERVAL 7 DAY AS DATE)", "t.d + 5")),
        *(f"CASE WHEN {_MIDDLE} THEN {x} END" for x in ("t.d + INTERVAL 1 MONTH > u.d", "t.d - INTERVAL 1 YEAR")),
    ],
    "casts": [
        *("CAST(t.n AS DOUBLE)", "CAST(t.n AS VARCHAR)", "CAST(t.b AS VARCHAR)", "CAST(t.d AS VARCHAR)"),
        *("CAST(t.b AS BIGINT)", "CAST(t.n AS BOOLEAN)", "TRY_CAST(t.f AS BIGINT)", "TRY_CAST(t.f AS INTEGER)"),
        *("TRY_CAST(t.n AS INTEGER)", "CAST(CASE WHEN ABS(t.f) < 1000 THEN t.f END AS BIGINT)"),
        *("CAST(FLOOR(t.i / 10) AS BIGINT)", "CAST(0.5 + t.i AS BIGINT)", "CAST('2000-01-01' AS DATE) < t.d"),
    ],
}

AGGREGATES = [
    *("count(*)", "count(n)", "count(DISTINCT s)", "sum(i)", "sum(b)", "min(f)", "max(f)", "min(s)", "max(s)"),
    *("min(d)", "max(b)", "median(n)", "median(i)", "median(f)", "FLOOR(median(n))", "median(i) FILTER (WHERE b)"),
    *("bool_or(b)", "bool_and(b)", "count(*) FILTER (WHERE b)", "sum(i) FILTER (WHERE n > 0)", "count(*) > 0"),
    *("sum(CASE WHEN b THEN 1 ELSE 0 END)", "list_sort(list(DISTINCT s))", "list_sort(list(s))"),
    *("list_sort(list(s) FILTER (WHERE b))", "list_sort(list(struct_pack(a := id, b := s)))"),
    "max(struct_pack(v := i, r := id)) FILTER (WHERE i IS NOT NULL)",
]

WINDOWS = [
    *("row_number() OVER (PARTITION BY b ORDER BY n, id)", "row_number() OVER (ORDER BY s DESC, id DESC)"),
    *("lag(n) OVER (PARTITION BY b ORDER BY d, id)", "lag(n, 2, 0) OVER (ORDER BY f, id)"),
    *("lag(s) OVER (ORDER BY d DESC, id)", "sum(i) OVER (PARTITION BY b)", "sum(i) OVER (PARTITION BY b ORDER BY id)"),
    *("count(*) FILTER (WHERE n > 0) OVER (PARTITION BY b)", "min(d) OVER (ORDER BY n NULLS FIRST, id)"),
    *("sum(i) FILTER (WHERE n > 0) OVER (PARTITION BY b ORDER BY id)", "max(f) OVER (PARTITION BY b)"),
    *("median(i) OVER (PARTITION BY b)", "bool_or(n > 0) OVER (PARTITION BY b ORDER BY id)"),
]

QUERIES = [
    "SELECT id, UNNEST(l) AS x FROM t",
    "SELECT t.id, u.id AS o FROM t LEFT JOIN t u ON t.d >= u.d AND t.d < u.d + INTERVAL 2 DAY AND t.b = u.b",
    "SELECT t.id, u.id AS o FROM t LEFT JOIN t u ON t.f = u.f",
    "SELECT id FROM t UNION SELECT n FROM t",
    "SELECT s, count(*) AS c FROM t GROUP BY s HAVING bool_or(n > 0) OR min(s) <> max(s)",
    "SELECT f, count(*) AS c FROM t GROUP BY f",
    "SELECT id FROM t ORDER BY s DESC, id LIMIT 4",
    "SELECT id FROM t ORDER BY n, id LIMIT 4",
    "SELECT DISTINCT q.b, q.i FROM t q ORDER BY q.b, q.i LIMIT 5",
    "WITH t AS (SELECT id FROM t WHERE id < 3) SELECT * FROM t",
    "SELECT q.m.v AS v FROM (SELECT max(struct_pack(v := id)) AS m FROM t) q",
    "SELECT CAST([] AS VARCHAR[]) AS e FROM t",
    "SELECT 1 AS one, 'x' AS t, NULL AS nothing, 0.5 AS half, CAST('-Infinity' AS DOUBLE) AS least",
]


def columns(expressions: list[str], source: str, ids: str = "", tail: str = "") -> str:
    """One SELECT of many expressions, named c0, c1, ..."""
    listed = ", ".join(f"{expression} AS c{number}" for number, expression in enumerate(expressions))
    return f"SELECT {ids}{listed} FROM {source}{tail}"
