"""Structures in shipments: hits of the class, by each jurisdiction's own definition and day."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from entente.engine import open_engine
from entente.screening import structures
from entente.screening.schema import HITS, MATCHES
from entente.screening.structures import CLASS, MAX_DISTINCT, SHOWN, join_with_structures
from entente.substances import SHIPPED, load_register
from entente.substances.document import parse_document, read_document
from entente.substances.register import build_register, list_files

pytestmark = pytest.mark.chem

ACETYLFENTANYL = "CC(=O)N(c1ccccc1)C1CCN(CCc2ccccc2)CC1"
ACETYLFENTANYL_INCHI = (
    "InChI=1S/C21H26N2O/c1-18(24)23(20-10-6-3-7-11-20)21-13-16-22(17-14-21)15-12-19-8-4-2-5-9-19/h2-11,21H,12-17H2,1H3"
)
BENZYLFENTANYL = "CCC(=O)N(c1ccccc1)C1CCN(Cc2ccccc2)CC1"  # China's definition reaches it, that of the US does not
FENTANYL = "CCC(=O)N(c1ccccc1)C1CCN(CCc2ccccc2)CC1"
ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"

SHIPMENTS = pa.schema(
    [*list(MATCHES)[:8], pa.field("smiles", pa.string()), pa.field("inchi", pa.string())],
)


@pytest.fixture(scope="module")
def register():
    return load_register()


def shipment(number: int, smiles: str | None = None, *, day: str = "2024-10-01", inchi: str | None = None):
    return {
        "row_id": number,
        "declaration_id": f"D{number}",
        "line": 1,
        "date": date.fromisoformat(day),
        "export_country": "CN",
        "destination_country": "US",
        "transit_countries": ["MX"],
        "smiles": smiles,
        "inchi": inchi,
    }


def match(of: dict, substance: str):
    carried = {name: of.get(name) for name in MATCHES.names[:8]}
    found = {"field": "description", "method": "name", "matched_text": substance, "span_start": 0, "span_end": 9}
    return {**carried, "substance_id": substance, **found, "form": 0, "confidence": 0.98}


def run(tmp_path, register, rows, matches=(), present=("smiles", "inchi"), engine_name="local"):
    tmp_path.mkdir(exist_ok=True)
    with open_engine(engine_name, tmp_path, processes=1) as engine:
        engine.register("shipments", pa.Table.from_pylist(rows, SHIPMENTS))
        engine.register("matches", pa.Table.from_pylist(list(matches), MATCHES))
        report = join_with_structures(engine, register, frozenset(present))
        hits = engine.fetch("SELECT * FROM hits ORDER BY row_id, field, jurisdiction, role").to_pylist()
        assert engine.columns("hits") == HITS.names
    return hits, report


def told(hits):
    return [(h["row_id"], h["jurisdiction"], h["role"], h["status"], h["reason"]) for h in hits]


def test_a_member_of_the_class_is_a_hit_under_both_definitions(tmp_path, register):
    hits, report = run(tmp_path, register, [shipment(1, ACETYLFENTANYL)])
    assert told(hits) == [(1, "CN", "export", "listed", "in_force"), (1, "US", "import", "listed", "in_force")]
    assert (report.read, report.covered, report.unread) == (1, 1, [])
    (china, us) = hits
    assert (china["substance_id"], china["field"], china["method"]) == (CLASS, "smiles", "structure")
    assert (china["matched_text"], china["span_start"], china["span_end"]) == (ACETYLFENTANYL, 0, len(ACETYLFENTANYL))
    assert china["instrument"] == "cn-fentanyl-class"
    assert us["listing_id"] == "us-fentanyl-class:fentanyl-related-substances:2018-02-06"
    quotes = {x.id: x.quote for x in register.listings}
    assert "芬太尼类物质" in quotes[china["listing_id"]]


@pytest.mark.parametrize(
    ("day", "china", "us"),
    [
        ("2018-02-05", "before_effective", "before_effective"),
        ("2018-02-06", "before_effective", "in_force"),
        ("2019-04-30", "before_effective", "in_force"),
        ("2019-05-01", "in_force", "in_force"),
        ("2025-07-15", "in_force", "in_force"),
        ("2025-07-16", "in_force", "in_force"),
    ],
)
def test_a_class_holds_from_its_day(tmp_path, register, day, china, us):
    hits, _ = run(tmp_path, register, [shipment(1, ACETYLFENTANYL, day=day)])
    assert [hit["reason"] for hit in hits] == [china, us]
    assert hits[0]["listed_from"] == date(2019, 5, 1)
    assert all((hit["status"] == "listed") == (hit["reason"] == "in_force") for hit in hits)


def test_only_the_jurisdiction_whose_definition_covers_answers(tmp_path, register):
    hits, _ = run(tmp_path, register, [shipment(1, BENZYLFENTANYL)])
    assert [hit["jurisdiction"] for hit in hits] == ["CN"]


@pytest.mark.parametrize("text", [ASPIRIN, "O", "CCO"])
def test_not_determined_gives_no_row_at_all(tmp_path, register, text):
    hits, report = run(tmp_path, register, [shipment(1, text)])
    assert hits == []
    assert (report.read, report.covered, report.unread) == (1, 0, [])


def test_a_medicine_that_another_entry_names_gives_no_hit_but_is_told(tmp_path, register):
    hits, report = run(tmp_path, register, [shipment(1, FENTANYL), shipment(2, FENTANYL)])
    assert hits == []
    assert {(note.field, note.reason, note.count) for note in report.unread} == {("smiles", "structure_named", 2)}
    assert any("Fentanyl" in note.value for note in report.unread)


def test_an_inchi_is_read_from_its_own_column(tmp_path, register):
    hits, _ = run(tmp_path, register, [shipment(1, inchi=ACETYLFENTANYL_INCHI)])
    assert {(hit["field"], hit["jurisdiction"]) for hit in hits} == {("inchi", "CN"), ("inchi", "US")}


def test_a_value_is_read_once_however_many_rows_carry_it(tmp_path, register, monkeypatch):
    asked = []
    real = structures.scope
    monkeypatch.setattr(structures, "scope", lambda text, **how: asked.append(text) or real(text, **how))
    hits, report = run(tmp_path, register, [shipment(i, ACETYLFENTANYL) for i in range(50)])
    assert asked == [ACETYLFENTANYL]
    assert (len(hits), report.read) == (100, 1)


def test_hits_of_words_stay_as_they_are(tmp_path, register):
    row = shipment(1, ACETYLFENTANYL)
    words = [match(row, "4-anilinopiperidine")]
    plain, _ = run(tmp_path / "a", register, [row], words, present=())
    both, _ = run(tmp_path / "b", register, [row], words)
    assert [hit for hit in both if hit["method"] == "name"] == plain != []
    assert {hit["method"] for hit in both} == {"name", "structure"}


def test_without_the_columns_nothing_is_read(tmp_path, register, monkeypatch):
    monkeypatch.setattr(structures, "scope", lambda *_args, **_named: pytest.fail("a structure was read"))
    hits, report = run(tmp_path, register, [shipment(1, ACETYLFENTANYL)], present=("description",))
    assert (hits, report.read, report.unread) == ([], 0, [])


def test_a_register_that_did_not_know_the_class_yet_answers_nothing(tmp_path, register):
    text = Path(SHIPPED, "cn-fentanyl-class.yaml").read_text("utf-8").replace("known_from: 2026", "known_from: 2027")
    us = Path(SHIPPED, "us-fentanyl-class.yaml").read_text("utf-8").replace("known_from: 2026", "known_from: 2027")
    others = [read_document(path) for path in list_files(SHIPPED) if "fentanyl-class" not in path.name]
    later = [parse_document(one.encode(), f"{i}.yaml") for i, one in enumerate((text, us))]
    earlier = build_register([*others, *later], known_at=date(2026, 12, 1))
    hits, report = run(tmp_path, earlier, [shipment(1, ACETYLFENTANYL)])
    assert (hits, report.read) == ([], 0)


def test_without_rdkit_the_rows_are_told_as_not_read(tmp_path, register, monkeypatch):
    monkeypatch.setitem(sys.modules, "rdkit", None)
    hits, report = run(tmp_path, register, [shipment(1, ACETYLFENTANYL), shipment(2, ASPIRIN), shipment(3)])
    assert hits == []
    assert [(note.field, note.reason, note.count) for note in report.unread] == [("smiles", "structure_no_reader", 2)]


def test_what_cannot_be_read_is_counted(tmp_path, register):
    texts = ["hello", "C1CC", "C" * 5000, "  ", "", "CCO>>CC=O", ACETYLFENTANYL]
    hits, report = run(tmp_path, register, [shipment(i, text) for i, text in enumerate(texts)])
    assert {hit["row_id"] for hit in hits} == {6}
    assert [(note.reason, note.count) for note in report.unread] == [("structure_unreadable", 4)]


def test_more_values_than_are_read_are_told(tmp_path, register, monkeypatch):
    monkeypatch.setattr(structures, "MAX_DISTINCT", 2)
    rows = [shipment(i, "C" * (i + 1)) for i in range(4)]
    _, report = run(tmp_path, register, rows)
    assert [(note.reason, note.count) for note in report.unread] == [("structure_too_many", 2)]
    assert MAX_DISTINCT >= 1000


def test_a_long_structure_is_shown_clipped_and_its_span_is_whole(tmp_path, register):
    text = ".".join([ACETYLFENTANYL] * 6)
    hits, _ = run(tmp_path, register, [shipment(1, text)])
    assert {hit["matched_text"] for hit in hits} == {text[:SHOWN]}
    assert {hit["span_end"] for hit in hits} == {len(text)}


@pytest.mark.spark
def test_both_engines_give_the_same_hits(tmp_path, register):
    rows = [shipment(1, ACETYLFENTANYL), shipment(2, ASPIRIN), shipment(3, BENZYLFENTANYL, day="2019-01-01")]
    rows.append(shipment(4, inchi=ACETYLFENTANYL_INCHI))
    results = [run(tmp_path / name, register, rows, engine_name=name) for name in ("local", "spark")]
    assert results[0] == results[1]
