"""Leads of a run at the desk: in, again, decided, and out to calibrate."""

from __future__ import annotations

import csv
import json
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from desk_people import Desk, desk, desks, newcomer
from entente.errors import InputError, UsageError
from entente.leads.outcomes import read_outcomes
from entente.leads.outputs import file_digest
from entente.node.services.desk import leads, runfiles
from entente.node.services.desk.errors import DeskError, NotAllowedError, NotFoundError
from entente.node.services.desk.rules import Role
from entente.node.store.desk_models import Lead
from entente.screening.schema import HITS
from leads_runs import lead, lead_number, reason, write_run
from node_people import MX, offices


@pytest.fixture
def mx(tmp_path) -> Desk:
    (one,), _ = desks(tmp_path / "desk", MX)
    return one


def run(path, numbers, **more):
    rows = [lead(number, [reason("R1", "hit")], **more) for number in numbers]
    return write_run(
        path, [*rows, lead(99, kind="sample")], hits=[hit(number, other) for number in numbers for other in "ab"]
    )


def hit(number: int, text: str) -> dict[str, Any]:
    """A hit on the record of a lead."""
    empty = dict.fromkeys(HITS.names)
    words = {"substance_id": "piperonal", "field": "description", "method": "name", "matched_text": text}
    law = {"role": "export", "jurisdiction": "CN", "status": "listed", "reason": "in_force"}
    numbers = dict.fromkeys(("row_id", "span_start", "span_end", "form"), 0)
    where = {"declaration_id": f"D{number}", "line": 1, "date": date(2026, 3, 1), "match_confidence": 1.0}
    return {**empty, **words, **law, **numbers, **where}


def take(mx: Desk, folder, by: str = "Ann", **more):
    return leads.import_run(mx.parts, mx.who(by), folder, **more)


def test_a_run_is_taken_in_once_and_brought_up_to_date(tmp_path, databases):
    mx = desk(offices(tmp_path / "desk", MX, databases=databases)[MX])
    folder = run(tmp_path / "one", range(1, 8))
    one = take(mx, folder)
    assert (one.leads, one.new) == (8, 8)
    leads.decide(mx.parts, mx.who("Ann"), lead_number(3), "cleared", date(2026, 11, 20))
    again = take(mx, folder)
    assert (again.leads, again.new) == (8, 0)
    two = take(mx, run(tmp_path / "two", range(2, 9), exporter="Gamma", score=77))
    assert (two.leads, two.new) == (8, 1)
    view = leads.opened(mx.parts, mx.who("Ann"), lead_number(3), "investigation")
    assert (view.line.outcome, view.line.score, view.says["exporter"]) == ("cleared", 77, "Gamma")
    first = leads.opened(mx.parts, mx.who("Ann"), lead_number(1), "investigation")
    assert first.says["exporter"] == "Alpha Chem"
    assert first.says["records"] == [{"declaration_id": "D1", "line": 1}]


def test_hits_and_flags_stand_with_their_lead(tmp_path):
    folder = run(tmp_path / "one", [1, 2])
    flags = {"declaration_id": "D2", "line": 1, "rule_id": "R1", "family": "hit", "strength": "strong", "value": 2.0}
    pq.write_table(pa.Table.from_pylist([{**flags, "reference": None}]), folder / "flags.parquet")
    record = json.loads((folder / "run.json").read_text())["results"]
    (batch,) = runfiles.batches(folder, {**record, "flags.parquet": file_digest(folder / "flags.parquet")})
    found = {row["lead_id"]: row["secret"] for row in batch}
    assert [one["matched_text"] for one in found[lead_number(1)]["hits"]] == ["a", "b"]
    assert [one["rule_id"] for one in found[lead_number(2)]["flags"]] == ["R1"]
    assert "flags" not in found[lead_number(1)]
    assert "hits" not in found[lead_number(99)]


def test_a_folder_whose_name_is_a_pattern_is_only_itself(mx, tmp_path):
    for name in ("r*", "r?", "r[a-z]", "it's"):
        folder = run(tmp_path / name, [1])
        run(tmp_path / name.replace("*", "x1").replace("?", "y").replace("[a-z]", "b").replace("'", ""), [1, 2, 3])
        assert take(mx, folder).leads == 2


def test_every_table_that_is_read_is_as_its_run_wrote_it(mx, tmp_path):
    folder = run(tmp_path / "one", [1])
    flag = {"declaration_id": "D1", "line": 1, "rule_id": "FORGED", "family": "hit", "strength": "strong"}
    pq.write_table(pa.Table.from_pylist([{**flag, "value": 2.0, "reference": None}]), folder / "flags.parquet")
    with pytest.raises(DeskError, match="was changed after the run"):
        take(mx, folder)
    assert not Lead.objects.using(mx.alias).exists()


def test_a_lead_stands_once_in_a_run(mx, tmp_path):
    with pytest.raises(DeskError, match="stands twice"):
        take(mx, run(tmp_path / "one", [1, 1]))


def test_no_party_stands_in_the_clear(mx, tmp_path):
    take(mx, run(tmp_path / "one", [1, 2]))
    rows = Lead.objects.using(mx.alias).all()
    assert all(b"Alpha" not in bytes(row.secret) and "Alpha" not in f"{row.__dict__}" for row in rows)
    lines = leads.listed(mx.parts, mx.who("Ann"))
    assert [line.rank for line in lines] == [1, 2]
    assert "Alpha" not in repr(lines)
    assert [line.kind for line in leads.listed(mx.parts, mx.who("Ann"), "sample")] == ["sample"]


def test_a_stopped_import_is_run_again(mx, tmp_path, monkeypatch):
    monkeypatch.setattr(runfiles, "AT_ONCE", 2)
    folder = run(tmp_path / "one", range(1, 8))

    def stop(done: int) -> None:
        if done >= 4:
            raise RuntimeError

    with pytest.raises(RuntimeError):
        take(mx, folder, tell=stop)
    assert Lead.objects.using(mx.alias).count() >= 4
    assert take(mx, folder).leads == Lead.objects.using(mx.alias).count() == 8


def test_what_is_no_finished_run_is_refused(mx, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError):
        take(mx, tmp_path / "empty")
    folder = run(tmp_path / "one", [1])
    pq.write_table(pq.read_table(folder / "leads.parquet").slice(0, 1), folder / "leads.parquet")
    with pytest.raises(InputError, match="changed"):
        take(mx, folder)
    with pytest.raises(DeskError, match="no unit"):
        take(mx, run(tmp_path / "two", [1]), unit="north")
    with pytest.raises(NotAllowedError):
        take(mx, tmp_path / "two", by="Ida")


def test_outcomes_go_out_to_calibrate(mx, tmp_path):
    take(mx, run(tmp_path / "one", [1, 2]))
    case = leads.open_case(mx.parts, mx.who("Ann"), lead_number(1), "A pair of firms", "investigation").object
    mx.two(case, "close", {"outcome": "confirmed", "reason": "?", "decided": "2026-11-20"})
    leads.decide(mx.parts, mx.who("Ann"), lead_number(99), "cleared", date(2026, 11, 21))
    for bad in (("nonsense", None), ("cleared", date(2027, 1, 1))):
        with pytest.raises(DeskError):
            leads.decide(mx.parts, mx.who("Ann"), lead_number(2), *bad)
    rows = list(leads.outcomes(mx.parts, mx.who("Ann")))
    path = tmp_path / "outcomes.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    found = {one.lead_id: one.outcome for one in read_outcomes(path, date(2026, 11, 24))}
    assert found == {lead_number(1): "confirmed", lead_number(99): "cleared"}


def test_leads_of_another_unit_are_not_there(mx, tmp_path):
    newcomer(mx, "Eva", Role.ANALYST, unit="north")
    newcomer(mx, "Max", Role.ANALYST, unit="south")
    take(mx, run(tmp_path / "one", [1]), by="Eva")
    assert leads.listed(mx.parts, mx.who("Max")) == []
    with pytest.raises(NotFoundError):
        leads.opened(mx.parts, mx.who("Max"), lead_number(1), "investigation")
    with pytest.raises(NotFoundError):
        leads.open_case(mx.parts, mx.who("Max"), lead_number(1), "x", "investigation")
