"""Matches to hits: what the law of every jurisdiction on the way said on the shipment's own day.

A match is asked about in four roles: under the jurisdictions of the country of export (of origin, where export is
not given), of destination and of each country of transit, and under the 1988 Convention (`international`).
Status and reason are defined in `substances.asof`; this is the same definition in SQL, for millions of rows.

The SQL is written in DuckDB's dialect with nothing that sqlglot cannot carry to Spark. Nearly every match is answered
by the timeline of its substance and jurisdiction (`screening.timeline`) in one streaming join; only where listings
differ in scope are candidates gathered and ranked, each distinct question once.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from entente.engine.base import Engine
from entente.screening.schema import HITS
from entente.screening.timeline import Version, timeline
from entente.screening.vocabulary import RegisterTables

#: Tables that the query reads beside the matches.
LISTINGS, DETAILS, TIMELINE = "asof_listings", "asof_details", "asof_timeline"
COVERAGE, JURISDICTIONS = "asof_coverage", "asof_jurisdictions"

#: The order of listings of one reason in one integer: by first day, then id (after a repeal: by last day, the other way
#: round). `_NUMBERS` is more than there are listings, `_DAYS` more than days in any calendar here.
_NUMBERS, _DAYS, _EPOCH = 1 << 24, 1 << 22, 1_000_000
_NEARNESS = _NUMBERS * _DAYS

_CARRIED = (
    "declaration_id, line, row_id, date, substance_id, field, method, matched_text, "
    "span_start, span_end, form, confidence"
)
_PASSED = f"{_CARRIED}, destination, role, direction, jurisdiction"
_QUESTION = ("substance_id", "form", "date", "destination", "direction", "jurisdiction")
_DESTINATION = "COALESCE(destination_country, '') AS destination"


def _asked(matches: str) -> str:
    """Every match with every role and jurisdiction; a country on several legs of a transit is asked about once."""
    own = f"SELECT {_CARRIED}, {_DESTINATION}"
    within = f"JOIN {JURISDICTIONS} j ON j.country = r.country AND r.date >= j.date_from AND r.date < j.date_to"
    return f"""
  SELECT {_PASSED} FROM (
    {own}, 'export' AS role, 1 AS direction, COALESCE(export_country, origin_country) AS country FROM {matches}
    UNION ALL
    {own}, 'import' AS role, 2 AS direction, destination_country AS country FROM {matches}
  ) r {within}
  UNION ALL
  SELECT DISTINCT {_PASSED} FROM (
    {own}, 'transit' AS role, 4 AS direction, UNNEST(transit_countries) AS country FROM {matches}
  ) r {within}
  UNION ALL
  {own}, 'international' AS role, 7 AS direction, 'UN' AS jurisdiction FROM {matches}"""


def hits_query(matches: str = "matches") -> str:
    """SQL that turns a table of matches into hits.

    Args:
        matches: name of the table of matches in the engine; the tables of `law_tables` must be there too.

    Returns:
        One SELECT in DuckDB's dialect with the columns of `schema.HITS`.
    """
    question = ", ".join(_QUESTION)
    passed = ", ".join(f"k.{column}" for column in _PASSED.split(", "))
    of_question = ", ".join(f"q.{column}" for column in _QUESTION)
    same = " AND ".join(f"a.{column} = k.{column}" for column in _QUESTION)
    return f"""
WITH plain AS (
  SELECT {_PASSED}, nearness, CASE WHEN nearness < 8 THEN candidate END AS number
  FROM (
    SELECT k.*, t.is_mixed, t.is_first, t.number AS candidate,
      CASE
        WHEN t.is_mixed IS NULL THEN 8
        WHEN (k.form & t.other_forms) <> 0 THEN CASE WHEN t.nearness = 1 THEN 3 ELSE 8 END
        WHEN t.destinations <> '' AND STRPOS(t.destinations, '|' || k.destination || '|') = 0
          THEN CASE WHEN t.nearness = 1 THEN 4 ELSE 8 END
        WHEN (k.direction & t.directions) = 0 THEN CASE WHEN t.nearness = 1 THEN 5 ELSE 8 END
        ELSE t.nearness END AS nearness
    FROM ({_asked(matches)}) k
    LEFT JOIN {TIMELINE} t ON t.substance_id = k.substance_id AND t.jurisdiction = k.jurisdiction
      AND k.date >= t.day_from AND k.date < t.day_to
  ) w WHERE is_mixed IS NULL OR (NOT is_mixed AND (is_first OR nearness = 1))
),
mixed AS (
  SELECT {passed} FROM ({_asked(matches)}) k
  JOIN {TIMELINE} t ON t.substance_id = k.substance_id AND t.jurisdiction = k.jurisdiction AND t.is_mixed
),
questions AS (SELECT DISTINCT {question} FROM mixed),
candidates AS (
  SELECT {of_question}, l.number, l.near_key, l.far_key,
    q.date >= l.from_latest AND q.date < l.effective_to AS in_force,
    q.date >= l.effective_from AND q.date < l.effective_to AS perhaps,
    q.date < l.effective_from AS before,
    (q.form & l.other_forms) <> 0 AS form_outside,
    l.destinations <> '' AND STRPOS(l.destinations, '|' || q.destination || '|') = 0 AS destination_outside,
    (q.direction & l.directions) = 0 AS direction_outside
  FROM questions q JOIN {LISTINGS} l ON l.substance_id = q.substance_id AND l.jurisdiction = q.jurisdiction
),
ranked AS (
  SELECT *, CASE
    WHEN form_outside THEN CASE WHEN in_force THEN 3 ELSE 8 END
    WHEN destination_outside THEN CASE WHEN in_force THEN 4 ELSE 8 END
    WHEN direction_outside THEN CASE WHEN in_force THEN 5 ELSE 8 END
    WHEN in_force THEN 1 WHEN perhaps THEN 2 WHEN before THEN 6 ELSE 7 END AS nearness
  FROM candidates
),
keyed AS (
  SELECT {question}, nearness,
    nearness * {_NEARNESS} + CASE WHEN nearness = 8 THEN 0 WHEN nearness = 7 THEN far_key ELSE near_key END
      AS near_first
  FROM ranked
),
answers AS (
  SELECT {question}, nearness, near_first % {_NUMBERS} AS number FROM keyed WHERE nearness = 1
  UNION ALL
  SELECT {question}, nearness,
    CASE WHEN nearness = 8 THEN NULL WHEN nearness = 7 THEN {_NUMBERS} - 1 - near_first % {_NUMBERS}
      ELSE near_first % {_NUMBERS} END AS number
  FROM (
    SELECT {question}, MIN(nearness) AS nearness, MIN(near_first) AS near_first FROM keyed GROUP BY {question}
  ) b WHERE nearness > 1
),
answered AS (
  SELECT {_PASSED}, nearness, number FROM plain
  UNION ALL
  SELECT {passed}, a.nearness, a.number FROM mixed k JOIN answers a ON {same}
)
SELECT k.declaration_id, k.line, k.row_id, k.date, k.substance_id, k.field, k.method, k.matched_text, k.span_start,
  k.span_end, k.form, k.confidence AS match_confidence, k.role, k.jurisdiction,
  CASE WHEN k.nearness = 1 THEN 'listed'
    WHEN c.coverage = 'complete' AND k.nearness <> 2 AND NOT (k.nearness = 4 AND k.destination = '') THEN 'not_listed'
    ELSE 'unknown_coverage' END AS status,
  CASE k.nearness WHEN 1 THEN 'in_force' WHEN 2 THEN 'effective_date_imprecise' WHEN 3 THEN 'form_outside_scope'
    WHEN 4 THEN 'destination_outside_scope' WHEN 5 THEN 'direction_outside_scope' WHEN 6 THEN 'before_effective'
    WHEN 7 THEN 'after_repeal' ELSE 'no_listing' END AS reason,
  d.listing_id, d.instrument, d.category, d.effective_from AS listed_from, d.effective_to AS listed_to,
  d.confidence AS register_confidence
FROM answered k
LEFT JOIN {COVERAGE} c ON c.jurisdiction = k.jurisdiction AND k.date >= c.date_from AND k.date < c.date_to
LEFT JOIN {DETAILS} d ON d.number = k.number"""


def law_tables(register: RegisterTables) -> dict[str, pa.Table]:
    """The tables that `hits_query` reads beside the matches, by name.

    `asof_listings` has one row per listing, its destinations in one text between bars ("|MX|US|"; empty: any);
    `asof_details` is what a hit cites of a listing; `asof_timeline` is described in `screening.timeline`.
    """
    rows = register.table("listings").sort_by([("listing_id", "ascending"), ("destination", "ascending")])
    cited = ["instrument", "category", "effective_from", "effective_to", "confidence"]
    judged = ["substance_id", "jurisdiction", "directions", "forms", "from_latest"]
    grouped = rows.group_by("listing_id", use_threads=False)
    first = [(name, "first") for name in (*cited, *judged)]
    one = grouped.aggregate([*first, ("destination", "list")]).rename_columns(
        ["listing_id", *cited, *judged, "destinations"]
    )
    bars = ["".join(f"|{place}" for place in places if place) for places in one["destinations"].to_pylist()]
    number = pa.array(range(len(one)), pa.int64())
    days_left = pc.subtract(_DAYS, _days(one["effective_to"]))
    everything = pa.scalar((1 << 31) - 1, pa.int32())
    columns = {
        **{name: one[name] for name in ("listing_id", *judged, "effective_from", "effective_to") if name != "forms"},
        "destinations": pa.array([f"{text}|" if text else "" for text in bars], pa.string()),
        "other_forms": pc.bit_wise_and(pc.bit_wise_not(one["forms"]), everything),
        "number": number,
        "near_key": pc.add(pc.multiply(_days(one["effective_from"]), _NUMBERS), number),
        "far_key": pc.subtract(pc.multiply(days_left, _NUMBERS), pc.add(number, 1)),
    }
    return {
        LISTINGS: pa.table(columns),
        TIMELINE: timeline(_versions(pa.table(columns))),
        DETAILS: one.select(["listing_id", *cited]).append_column("number", number),
        COVERAGE: register.table("coverage"),
        JURISDICTIONS: register.table("jurisdictions"),
    }


def _versions(listings: pa.Table) -> list[Version]:
    names = ("substance_id", "jurisdiction", "effective_from", "from_latest", "effective_to", "number")
    scopes = zip(*(listings[name].to_pylist() for name in ("other_forms", "destinations", "directions")), strict=True)
    columns = [listings[name].to_pylist() for name in names]
    return [Version(*row) for row in zip(*columns, scopes, strict=True)]


def _days(dates: pa.ChunkedArray) -> pa.ChunkedArray:
    """Days since a day before all dates, as 64-bit integers."""
    return pc.add(dates.cast(pa.int32()).cast(pa.int64()), _EPOCH)


def join_listings(engine: Engine, register: RegisterTables, matches: str = "matches", into: str = "hits") -> None:
    """Answer every match of table `matches`, and keep the hits as table `into` (columns of `schema.HITS`)."""
    tables = law_tables(register)
    for name, table in tables.items():
        engine.register(name, table)
    try:
        engine.sql(f"SELECT {', '.join(HITS.names)} FROM ({hits_query(matches)})", into)
    finally:
        for name in tables:
            engine.drop(name)
