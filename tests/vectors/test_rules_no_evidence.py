"""Files that hold no evidence, each with a name: no rule fires on them, with every table and column there."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from entente.engine import Engine, open_engine
from entente.screening.rules import load_rules
from rule_examples import example_tables, run

RULES = load_rules()
LINE: dict[str, Any] = {
    "description": "acetone",
    "hs_code": "291411",
    "exporter": "Alfa Ltd",
    "exporter_address": "1 Example Road",
    "importer": "Beta SA",
    "consignee": "Beta SA",
    "consignee_address": "2 Example Road",
    "payer": "Beta SA",
    "payer_country": "MX",
    "origin_country": "CN",
    "export_country": "CN",
    "destination_country": "MX",
    "net_mass_kg": 100.0,
    "gross_mass_kg": 105.0,
    "quantity": 100.0,
    "unit": "KGM",
    "value": 1000.0,
    "freight": 10.0,
    "currency": "USD",
}
AMOUNTS = ("net_mass_kg", "gross_mass_kg", "quantity", "value", "freight")


def lines(count: int, **changed: Any) -> list[dict[str, Any]]:
    return [{**LINE, "declaration_id": f"D{number}", **changed} for number in range(count)]


def amounts(amount: float) -> list[dict[str, Any]]:
    return lines(60, **dict.fromkeys(AMOUNTS, amount))


def numbered(count: int, *fields: str) -> list[dict[str, Any]]:
    """Lines that each have a party of their own in some fields."""
    return [{**line, **dict.fromkeys(fields, f"P{number}")} for number, line in enumerate(lines(count))]


FILES = {
    "one line": lines(1),
    "lines of which only the description is known": [
        {"declaration_id": f"D{number}", "description": "acetone"} for number in range(60)
    ],
    "one party on all sides": lines(60, exporter="X 1", importer="X 1", consignee="X 1", payer="X 1"),
    "zero": amounts(0.0),
    "below nothing": amounts(-100.0),
    "beyond all": amounts(1e300),
    "no number": amounts(math.nan),
    "less than a gram": amounts(0.0001),
    "one line a year": [{**line, "date": date(1950 + number, 1, 1)} for number, line in enumerate(lines(70))],
    "all new on one day": [
        {**line, "exporter_address": f"{number} Road", "consignee_address": f"{number} Calle"}
        for number, line in enumerate(numbered(60, "exporter", "importer", "consignee", "payer"))
    ],
    "copies of one line": [{**LINE, "declaration_id": "same"} for _ in range(60)],
    "copies, and one that is larger": [
        *({**LINE, "declaration_id": "same"} for _ in range(60)),
        {**LINE, "declaration_id": "larger", "net_mass_kg": 2000.0, "gross_mass_kg": 2100.0, "quantity": 2000.0},
    ],
    "two masses, as often": lines(30) + lines(30, net_mass_kg=90.0, gross_mass_kg=95.0, quantity=90.0, value=900.0),
    "addresses that say nothing": [
        {**line, "exporter_address": "Not available", "consignee_address": "Ciudad de México"}
        for line in numbered(30, "exporter", "importer", "consignee", "payer")
    ],
    "a payer who is nobody": lines(30, payer="Same as consignee", payer_country="AE"),
}
PAPERS: dict[str, list[dict[str, Any]]] = {
    "notifications": [{"notification_id": "N1", "sent_on": date(2024, 6, 1)}],
    "authorisations": [{"authorisation_id": "A1", "valid_from": date(1900, 1, 1)}],
    "invocations": [{"country": "MX", "invoked_from": date(2020, 1, 1)}],
    "payments": [{"payment_id": "P1", "date": date(2024, 6, 1), "amount": 0.0, "declaration_id": "D0"}],
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    workdir: Path = tmp_path_factory.mktemp("rules")
    with open_engine("local", workdir, processes=1) as opened:
        yield opened


@pytest.mark.parametrize("papers", [{key: [] for key in PAPERS}, PAPERS], ids=["no papers", "papers without content"])
@pytest.mark.parametrize("named", [False, True], ids=["nothing named", "acetone named"])
@pytest.mark.parametrize("shipments", FILES.values(), ids=FILES.keys())
def test_nothing_fires(
    engine: Engine, shipments: list[dict[str, Any]], named: bool, papers: dict[str, list[dict[str, Any]]]
) -> None:
    cited = {"notification_id": "N1", "authorisation_id": "A1", "dispatch_date": date(2024, 6, 3)}
    example = {
        "shipments": [{**cited, **line} for line in shipments],
        "hits": [{"declaration_id": name} for name in dict.fromkeys(line["declaration_id"] for line in shipments)]
        if named
        else [],
        "hs": [{"substance_id": "acetone", "hs6": "291411", "edition": "2022", "specific": True}],
        "memo_matches": [],
        **papers,
    }
    assert run(engine, example_tables(example), RULES).to_pylist() == []
