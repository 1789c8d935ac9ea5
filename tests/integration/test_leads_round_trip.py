"""From a screening to a work list, to outcomes, to fitted weights, and back into a screening."""

from __future__ import annotations

import csv
import io
import json
import time
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from entente.cli.app import main
from entente.leads.calibrate import CalibrateRequest, calibrate
from entente.leads.request import OPTIONAL_TABLES, Clock, ScreenRequest
from entente.leads.run import screen_files

SAMPLE = Path(str(files("entente.simulate") / "sample"))


def screen(out: Path, *rules: Path):
    request = ScreenRequest(
        inputs=(SAMPLE / "shipments",),
        tables={name: (SAMPLE / f"{name}.parquet",) for name in OPTIONAL_TABLES},
        out=out,
        rules=rules,
        processes=1,
    )
    clock = Clock(datetime(2026, 6, 1, tzinfo=UTC), time.perf_counter, time.process_time)
    return screen_files(request, clock=clock).record


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    out = tmp_path_factory.mktemp("round-trip") / "first"
    return out, screen(out)


def decide(work_list: bytes) -> bytes:
    """Fill in the work list as officers would who find the truth of the simulated year."""
    truth = pq.read_table(SAMPLE / "truth" / "diversions.parquet").to_pylist()
    diverted = {row["declaration_id"] for row in truth if row["diverted"]}
    rows = list(csv.DictReader(io.StringIO(work_list.decode("utf-8-sig"))))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, rows[0].keys(), delimiter=";")
    writer.writeheader()
    for row in rows:
        declarations = {record.rsplit("/", 1)[0] for record in row["records"].removeprefix("'").split(", ")}
        found = "confirmed" if declarations & diverted else "cleared"
        writer.writerow({**row, "outcome": found, "decided_on": "2026-07-01", "note": "=note"})
    return text.getvalue().encode()


def test_outcomes_of_a_run_become_weights_that_the_next_run_uses(first, tmp_path):
    out, record = first
    work_list, outcomes = tmp_path / "worklist.csv", tmp_path / "outcomes.csv"
    shown = CliRunner().invoke(main, ["leads", "show", str(out), "--csv", str(work_list)])
    assert shown.exit_code == 0, shown.output
    outcomes.write_bytes(decide(work_list.read_bytes()))
    made = calibrate(CalibrateRequest(outcomes, (out,), tmp_path / "fit"), date(2026, 7, 2))
    assert made.counts["used"] == record["counts"]["leads"] + record["counts"]["samples"] == made.counts["read"]
    assert made.verdict.brier.after < made.verdict.brier.base

    again = screen(tmp_path / "second", tmp_path / "fit")
    used = {**again["rules"]["weights"], **{f"hit.{k}": w for k, w in again["rules"]["hit_weights"]["kinds"].items()}}
    assert {value.name: used[value.name] for value in made.weights} == {value.name: value.new for value in made.weights}
    caps = {**again["rules"]["family_caps"], "hit": again["rules"]["hit_weights"]["cap"]}
    assert {value.name: caps[value.name] for value in made.caps} == {value.name: value.new for value in made.caps}
    fitted = {value.name for value in made.weights}
    kept = {rule: weight for rule, weight in record["rules"]["weights"].items() if rule not in fitted}
    assert {rule: again["rules"]["weights"][rule] for rule in kept} == kept


def test_leads_of_a_real_run_are_shown(first):
    out, record = first
    result = CliRunner().invoke(main, ["leads", "show", str(out), "--top", "3", "--json"])
    rows = json.loads(result.output)
    assert [row["rank"] for row in rows] == [1, 2, 3]
    assert all(reason["title"] and reason["explanation"] for row in rows for reason in row["reasons"])
    text = CliRunner().invoke(main, ["leads", "show", str(out), "--lead", rows[0]["lead_id"]]).output
    assert rows[0]["reasons"][0]["title"] in " ".join(text.split())
    assert f"of {record['counts']['leads']} leads" in CliRunner().invoke(main, ["leads", "show", str(out)]).output
