"""Runs the examples that rule files carry: small data sets, and the declarations on which the rule must fire."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from entente.engine import Engine
from entente.records.schema import TABLES, staged_schema, table_spec
from entente.screening.evaluate import evaluate
from entente.screening.memos import MEMO_MATCHES
from entente.screening.needs import COLUMNS
from entente.screening.rules import RuleSet
from entente.screening.schema import HITS

#: What an example's shipment is where it says nothing.
SHIPMENT = {"date": date(2024, 6, 3), "line": 1, "description": "goods"}
#: What an example's hit is where it says nothing.
HIT = {
    "line": 1,
    "date": date(2024, 6, 3),
    "substance_id": "acetone",
    "field": "description",
    "method": "name",
    "matched_text": "acetone",
    "span_start": 0,
    "span_end": 7,
    "form": 0,
    "match_confidence": 1.0,
    "role": "export",
    "jurisdiction": "CN",
    "status": "listed",
    "reason": "in_force",
    "register_confidence": "high",
}
#: What an example's match in a payment's text is where it says nothing.
MEMO = {"substance_id": "acetone", "method": "name", "matched_text": "acetone", "confidence": 1.0}
#: Tables of the register and of the file that examples may fill; the rest come from `records`.
REGISTER = {
    "cas": pa.schema([("substance_id", pa.string()), ("cas", pa.string()), ("form", pa.int32())]),
    "hs": pa.schema(
        [("substance_id", pa.string()), ("hs6", pa.string()), ("edition", pa.string()), ("specific", pa.bool_())]
    ),
    "listings": pa.schema(
        [
            *(
                (name, pa.string())
                for name in ("listing_id", "substance_id", "instrument", "jurisdiction", "kind", "category")
            ),
            *((name, pa.date32()) for name in ("effective_from", "effective_to", "from_latest")),
            *(
                ("destination", pa.string()),
                ("directions", pa.int32()),
                ("forms", pa.int32()),
                ("confidence", pa.string()),
            ),
        ]
    ),
    "jurisdictions": pa.schema(
        [("country", pa.string()), ("jurisdiction", pa.string()), ("date_from", pa.date32()), ("date_to", pa.date32())]
    ),
}
#: All columns that a run may have: plain names of the shipments', `table.column` of other tables'.
EVERY_COLUMN = COLUMNS.union(f"{table}.{name}" for table in TABLES for name in staged_schema(table).names)
RECORDS = ("shipments", "notifications", "authorisations", "invocations", "payments")
COUNTRIES = ("CN", "US", "MX", "PE", "DE", "AE", "SG", "GT", "HK", "IN")


def example_tables(example: Mapping[str, Any]) -> dict[str, pa.Table]:
    """Engine tables of one example; the optional ones only where the example has them."""
    always = example.get("always", {})
    shipments = [_staged("shipments", {**SHIPMENT, **always, **row}) for row in _repeated(example["shipments"])]
    for number, row in enumerate(shipments):
        row.update(row_id=number, source_file=0, source_row=number + 1)
    first_row = {row["declaration_id"]: row for row in reversed(shipments)}
    hits = [_hit({**HIT, **row}, first_row) for row in _repeated(example.get("hits", []))]
    tables = {
        "shipments": pa.Table.from_pylist(shipments, staged_schema("shipments")),
        "hits": pa.Table.from_pylist(hits, HITS),
        "jurisdictions": _jurisdictions(),
    }
    for name in ("cas", "hs", "listings"):
        tables[name] = pa.Table.from_pylist(example.get(name, []), REGISTER[name])
    if "memo_matches" in example:
        memos = [{**MEMO, **row} for row in example["memo_matches"]]
        tables["memo_matches"] = pa.Table.from_pylist(memos, MEMO_MATCHES)
    for name in RECORDS[1:]:
        if name in example:
            rows = [_staged(name, {"row_id": 0, "source_file": 0, "source_row": 1, **row}) for row in example[name]]
            tables[name] = pa.Table.from_pylist(rows, staged_schema(name))
    return tables


def _jurisdictions() -> pa.Table:
    always = {"date_from": date.min, "date_to": date.max}
    pairs = [*((country, country) for country in COUNTRIES), ("DE", "EU")]
    return pa.Table.from_pylist(
        [{"country": country, "jurisdiction": law, **always} for country, law in pairs], REGISTER["jurisdictions"]
    )


def _repeated(rows: list[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Rows with `times: n` n times, each `step` days after the other, with ids of their own."""
    for row in rows:
        times, step = row.get("times", 1), row.get("step", 0)
        plain = {key: value for key, value in row.items() if key not in {"times", "step"}}
        for number in range(times):
            made = dict(plain)
            if times > 1 and "declaration_id" in made and not step and "status" not in made:
                made["declaration_id"] = f"{made['declaration_id']}-{number + 1}"
            if step:
                made["declaration_id"] = f"{made['declaration_id']}-{number + 1}"
                made["date"] = made.get("date", SHIPMENT["date"]) + timedelta(days=step * number)
            yield made


def _staged(table: str, row: dict[str, Any]) -> dict[str, Any]:
    spec = table_spec(table)
    unknown = set(row) - set(staged_schema(table).names)
    assert not unknown, f"{table} has no {unknown}"
    for key, parts in spec.party_keys.items():
        text = next((row[part] for part in reversed(parts) if part and row.get(part)), None)
        row.setdefault(key, str(text).casefold() if text else None)
    if spec.hs6_from and row.get(spec.hs6_from):
        row.setdefault("hs6", str(row[spec.hs6_from])[:6])
    return row


def _hit(row: dict[str, Any], first_row: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    shipment = first_row[row["declaration_id"]]
    return {**row, "row_id": shipment["row_id"], "date": shipment["date"]}


def run(
    engine: Engine, tables: Mapping[str, pa.Table], ruleset: RuleSet, present: frozenset[str] = EVERY_COLUMN
) -> pa.Table:
    """Evaluate rules on tables, forget everything, and give the flags back."""
    for name, table in tables.items():
        engine.register(name, table)
    report = evaluate(engine, ruleset, available=frozenset(tables), present_columns=present)
    flags = engine.fetch("SELECT * FROM flags")
    for name in [*tables, "flags"]:
        engine.drop(name)
    assert not report.not_evaluable, report.not_evaluable
    return flags
