"""Portal files through `records` into casework and out again: nothing is typed twice, nothing is lost on the way."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casework_data import NOTIFICATION, NOW
from entente.casework.deadlines import Reply, reply
from entente.casework.engine import begin, transition
from entente.casework.errors import GuardError
from entente.casework.layouts import left_out, write
from entente.casework.model import Command, State, pair, person
from entente.casework.portal import drafts, incident_rows, incidents, notification_rows, unwritable
from entente.casework.views import items, outcomes, shown_to
from entente.errors import InputError, UsageError
from entente.records import parse_mapping, stage

LAYOUT = parse_mapping(
    """
mapping: portal-notifications
table: notifications
title: {en: A portal's list}
source: https://example.org/portal
file: {encoding: utf-8, delimiter: ';'}
fields:
  notification_id: {from: PEN No}
  exporting_country: {from: From}
  importing_country: {from: To}
  substance: {from: Substance}
  exporter: {from: Exporter}
  exporter_address: {from: Exporter address}
  importer: {from: Importer}
  importer_address: {from: Importer address}
  consignee: {from: Consignee}
  quantity_kg: {from: Net kg}
  sent_on: {from: Sent, dates: [DD/MM/YYYY]}
  reply_due: {from: Reply by, dates: [DD/MM/YYYY]}
  reply: {from: Reply}
  expected_dispatch: {from: Dispatch, dates: [DD/MM/YYYY]}
  point_of_entry: {from: Entry}
""",
    "portal",
)
ROW: dict[str, Any] = {
    "notification_id": "PEN-7",
    "exporting_country": "MX",
    "importing_country": "CN",
    "substance": "acetic anhydride",
    "exporter": "Exportadora Ejemplo, S.A.",
    "exporter_address": "Calle 1; Colonia «Centro»",
    "importer": "进口有限公司",
    "importer_address": "上海 1 号",
    "quantity_kg": 20000.5,
    "sent_on": date(2026, 11, 20),
    "reply_due": date(2026, 12, 10),
    "expected_dispatch": date(2026, 12, 20),
    "point_of_entry": "Shanghai",
}


def staged(path: Path, folder: Path, table: str = "notifications", layout: Any = LAYOUT) -> list[dict[str, Any]]:
    result = stage(table, [path], layout, folder)
    assert result.quarantined == 0
    rows = [row for part in result.parts for row in pq.read_table(part).to_pylist()]
    return [{name: value for name, value in row.items() if value is not None} for row in rows]


def begun(row_or_rows: list[dict[str, Any]], own: str = "MX") -> list[State]:
    states = []
    for number, (first, then) in enumerate(drafts(row_or_rows, own, {"CN": "cn-nncc"}, "Portal, list of November")):
        state, _ = begin("notification", f"n-{number}", first, person("Ann"), NOW)
        states.append(transition(state, then, pair("Ann", "Bob"), NOW)[0] if then else state)
    return states


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_a_list_comes_in_and_goes_out_the_same(tmp_path, suffix):
    assert write(tmp_path / f"in{suffix}", LAYOUT, [ROW, {**ROW, "substance": "acetone", "quantity_kg": 0.001}]) == 2
    (state,) = begun(staged(tmp_path / f"in{suffix}", tmp_path / "one"))
    assert (state.at, state.counterpart, reply(state, NOW)) == ("received", "cn-nncc", Reply.WAITING)
    assert [item["quantity"]["amount"] for item in state.fields["goods"]] == ["20000.5", "0.001"]
    assert state.fields["due"] == "2026-12-10T15:59:59Z"  # the end of the day in Shanghai
    rows = list(notification_rows([state], "MX", {"cn-nncc": "CN"}))
    assert left_out(LAYOUT, rows) == ()
    write(tmp_path / f"out{suffix}", LAYOUT, rows)
    if suffix == ".csv":
        assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "in.csv").read_bytes()
    one, two = (staged(tmp_path / f"{name}{suffix}", tmp_path / name) for name in ("in", "out"))
    assert [{k: v for k, v in row.items() if k in ROW} for row in one] == [
        {k: v for k, v in row.items() if k in ROW} for row in two
    ]


def test_an_import_is_taken_over_and_answered_where_it_came(tmp_path):
    (state,) = begun([{**ROW, "importing_country": "MX", "exporting_country": "CN"}])
    assert (state.side, state.at, state.counterpart) == ("theirs", "received", "cn-nncc")
    answer = Command("reply-elsewhere", {"answer": "objection", "reason": "No such importer."})
    state, events = transition(state, answer, pair("Ann", "Bob"), NOW)
    assert events[0].sends is None
    (row,) = notification_rows([state], "MX", {"cn-nncc": "CN"})
    assert (row["reply"], row["replied_on"]) == ("objection", NOW.date())


def test_a_litre_is_not_written_as_a_kilogram():
    litres = [{"substance": {"name": "Acetone"}, "quantity": {"amount": "5", "unit": "l"}}]
    state, _ = begin("notification", "n", Command("draft", {**NOTIFICATION, "goods": litres}), person("Ann"), NOW)
    assert list(notification_rows([state], "MX", {})) == []
    assert unwritable(state) == ("Acetone",)


def test_a_formula_is_refused(tmp_path):
    with pytest.raises(InputError, match="formula") as caught:
        write(tmp_path / "out.csv", LAYOUT, [{**ROW, "exporter": "=HYPERLINK(1)"}])
    assert (caught.value.place.line, caught.value.place.field) == (2, "Exporter")
    assert not (tmp_path / "out.csv").exists()


def test_a_layout_that_would_not_read_back_is_refused(tmp_path):
    text = "mapping: x\ntable: notifications\ntitle: {en: x}\nsource: x\nfields:\n  notification_id: {from: [A, B]}\n"
    layout = parse_mapping(text + "  sent_on: {from: C}\n  substance: {from: D}\n", "x")
    with pytest.raises(UsageError, match="cannot be written"):
        write(tmp_path / "out.csv", layout, [])
    with pytest.raises(UsageError, match=r"neither"):
        write(tmp_path / "out.pdf", LAYOUT, [])


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=20).filter(
    lambda text: not text.startswith(("=", "+", "-", "@")) and text.lower() not in {"na", "n/a", "null", "none", "nan"}
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    exporter=TEXT,
    address=TEXT,
    amount=st.decimals(0, 10**9, places=3, allow_nan=False).map(float),
    sent=st.dates(date(2000, 1, 1), date(2030, 1, 1)),
)
def test_what_is_written_reads_back_the_same(tmp_path, exporter, address, amount, sent):
    row = {**ROW, "exporter": exporter, "exporter_address": address, "quantity_kg": amount, "sent_on": sent}
    write(tmp_path / "list.csv", LAYOUT, [row])
    (read,) = staged(tmp_path / "list.csv", tmp_path / "staged")
    assert {name: read.get(name) for name in row} == row


def test_seizures_come_in_and_go_out(tmp_path):
    row = {
        "seizure_id": "S-7",
        "date": date(2026, 11, 1),
        "country": "MX",
        "place": "Manzanillo",
        "substance": "acetone",
        "quantity_kg": 12.5,
        "note": "In a container.",
    }
    (command,) = incidents([row])
    state, _ = begin("incident", "i-1", command, person("Ann"), NOW)
    assert list(incident_rows([state])) == [row]


def case() -> State:
    state, _ = begin("case", "c-1", Command("open", {"title": "x", "purpose": "diversion"}), person("Ann"), NOW)
    for kind, reference in (("lead", "A" * 16), ("lead", "B" * 16), ("shipment", "B/L 7")):
        data = {"kind": kind, "reference": reference, "text": "-"}
        state, _ = transition(state, Command("add", data), person("Ann"), NOW)
    return state


def test_an_outcome_feeds_the_calibration_of_leads(tmp_path):
    from entente.leads.outcomes import read_outcomes, settle

    state = case()
    state, _ = transition(state, Command("strike", {"item": 3, "reason": "Another case."}), person("Ann"), NOW)
    assert list(outcomes([state])) == []
    state, _ = transition(state, Command("close", {"outcome": "refuted", "reason": "-"}), pair("Ann", "Bob"), NOW)
    rows = list(outcomes([state]))
    assert rows == [{"lead_id": "A" * 16, "outcome": "cleared", "decided_on": "2026-11-24", "note": "c-1"}]
    text = "lead_id,outcome,decided_on,note\n" + "\n".join(",".join(row.values()) for row in rows)
    (tmp_path / "outcomes.csv").write_text(text, encoding="utf-8")
    (final,) = settle(read_outcomes(tmp_path / "outcomes.csv", NOW.date())).final
    assert (final.lead_id, final.outcome) == ("A" * 16, "cleared")


def test_an_authority_is_shown_what_was_released_to_it_and_nothing_else():
    state = case()
    data = {"to": "cn-nncc", "event": "note", "items": [4]}
    state, _ = transition(state, Command("share", data), pair("Ann", "Bob"), NOW)
    assert [item["reference"] for item in shown_to(state, "cn-nncc")] == ["B/L 7"]
    assert shown_to(state, "us-dea") == ()


@given(st.lists(st.sampled_from([2, 3, 4]), unique=True))
def test_split_and_absorb_conserve_items(moved):
    old = case()
    new, _ = begin("case", "c-2", Command("open", {"title": "y", "purpose": "diversion"}), person("Ann"), NOW)
    before = {item["reference"] for item in items(old)}
    if moved:
        taken = [item for item in items(old) if item["entry"] in moved]
        old, _ = transition(old, Command("split", {"items": moved, "into": "c-2"}), person("Ann"), NOW)
        for item in taken:
            told = {name: item[name] for name in ("kind", "text", "reference")}
            absorb = Command("absorb", {**told, "origin": "c-1", "origin-item": item["entry"]})
            new, _ = transition(new, absorb, person("Ann"), NOW)
            with pytest.raises(GuardError, match="already"):
                transition(new, absorb, person("Ann"), NOW)
    assert {item["reference"] for item in (*items(old), *items(new))} == before
    assert not {item["reference"] for item in items(old)} & {item["reference"] for item in items(new)}
