"""One run from files to leads: what it writes, that it can be repeated, and what it leaves behind when it fails."""

from __future__ import annotations

import errno
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from entente.errors import EntenteError, InputError, UsageError
from entente.leads import outputs
from entente.leads import run as running
from entente.leads.outputs import RESULTS, quarantine_schema
from entente.leads.request import OPTIONAL_TABLES
from entente.leads.schema import LEADS, REASON
from entente.screening.schema import FLAGS, HITS
from screen_files import ROWS, run, write_rows

SAMPLE = Path(str(files("entente.simulate") / "sample"))
COLUMNS = Path(__file__).parents[2] / "docs" / "_data" / "columns.yaml"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of one run over the small file."""
    folder = tmp_path_factory.mktemp("finished")
    run(write_rows(folder / "trade.csv"), folder / "out", sample=1)
    return folder / "out"


def test_a_run_writes_its_six_files_and_nothing_else(finished: Path) -> None:
    assert {path.name for path in finished.iterdir()} == set(RESULTS)


def test_columns_are_those_that_are_documented(finished: Path) -> None:
    documented = yaml.safe_load(COLUMNS.read_text(encoding="utf-8"))
    schemas = {"hits": HITS, "flags": FLAGS, "leads": LEADS, "quarantine": quarantine_schema()}
    for name, schema in schemas.items():
        written = pq.read_schema(finished / f"{name}.parquet")
        assert written.names == schema.names
        assert list(documented[name]) == schema.names
    assert list(documented["reasons"]) == [field.name for field in REASON]
    assert [field.name for field in pq.read_schema(finished / "leads.parquet").field("reasons").type.value_type] == [
        field.name for field in REASON
    ]


def test_a_listed_substance_leads_and_a_later_listing_is_no_breach(finished: Path) -> None:
    hits = pq.read_table(finished / "hits.parquet").to_pylist()
    assert {row["status"] for row in hits if row["declaration_id"] == "D1" and row["jurisdiction"] == "CN"} == {
        "listed"
    }
    later = [row for row in hits if row["declaration_id"] == "D2" and row["jurisdiction"] == "CN"]
    assert [row["reason"] for row in later] == ["before_effective"]
    page = (finished / "report.html").read_text(encoding="utf-8")
    assert f"Not listed on that day; listed from {later[0]['listed_from']}." in page


def test_a_bad_row_is_kept_with_its_reason(finished: Path) -> None:
    rows = pq.read_table(finished / "quarantine.parquet").to_pylist()
    assert [(row["table"], row["line"], row["field"], row["value"]) for row in rows] == [
        ("shipments", 5, "date", "2024-13-45")
    ]
    counts = json.loads((finished / "run.json").read_text(encoding="utf-8"))["counts"]
    assert counts["read"] == len(ROWS) == counts["accepted"] + counts["quarantined"]


def test_what_was_asked_in_vain_is_in_the_record_and_the_report(finished: Path) -> None:
    record = json.loads((finished / "run.json").read_text(encoding="utf-8"))
    assert record["rules"]["not_evaluable"]["notification-missing"] == ["table invocations", "table notifications"]
    assert "notification-missing" in (finished / "report.html").read_text(encoding="utf-8")


def test_the_record_names_inputs_and_results_by_their_hash(finished: Path) -> None:
    record = json.loads((finished / "run.json").read_text(encoding="utf-8"))
    assert record["inputs"][0]["sha256"] == outputs.file_digest(finished.parent / "trade.csv")
    for name, digest in record["results"].items():
        assert digest == outputs.file_digest(finished / name)


@pytest.mark.parametrize("processes", [1, 2])
def test_the_same_run_gives_the_same_bytes(tmp_path: Path, processes: int) -> None:
    options = {"tables": {name: (SAMPLE / f"{name}.parquet",) for name in OPTIONAL_TABLES}, "top": 10}
    for out, workers in (("one", 1), ("two", processes)):
        run(SAMPLE / "shipments", tmp_path / out, processes=workers, **options)
    for name in RESULTS[:-1]:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name
    records = [json.loads((tmp_path / out / "run.json").read_text(encoding="utf-8")) for out in ("one", "two")]
    for record in records:
        del record["timings"]
    assert records[0] == records[1]


def test_the_report_stays_bounded_and_says_what_it_leaves_out(tmp_path: Path) -> None:
    summary = run(SAMPLE / "shipments", tmp_path / "out", top=1, sample=0)
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert page.count('<article class="lead"') == 1
    assert summary.counts["samples"] == 0


def test_earlier_results_are_not_replaced_unasked(finished: Path) -> None:
    before = (finished / "run.json").read_bytes()
    with pytest.raises(UsageError, match="earlier run") as caught:
        run(finished.parent / "trade.csv", finished)
    assert "--overwrite" in caught.value.remedy
    assert (finished / "run.json").read_bytes() == before


@pytest.mark.parametrize(
    ("stage", "failure"),
    [
        ("evaluate", RuntimeError),
        ("build", KeyboardInterrupt),
        ("collect", KeyboardInterrupt),
        ("write_report", SystemExit),
    ],
)
def test_a_run_that_fails_leaves_earlier_results_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str, failure: type[BaseException]
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    for name in RESULTS:
        (out / name).write_text("earlier", encoding="utf-8")

    def fail(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr(running, stage, fail)
    with pytest.raises(failure):
        run(write_rows(tmp_path / "trade.csv"), out, overwrite=True)
    assert {path.name: path.read_text(encoding="utf-8") for path in out.iterdir()} == dict.fromkeys(RESULTS, "earlier")


def test_a_move_that_fails_puts_earlier_results_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out, made = tmp_path / "out", tmp_path / "out" / ".unfinished" / "results"
    made.mkdir(parents=True)
    for name in RESULTS:
        (out / name).write_text("earlier", encoding="utf-8")
        (made / name).write_text("new", encoding="utf-8")
    replace = Path.replace

    def fails_at_leads(self: Path, target: Path) -> Path:
        if self == made / "leads.parquet":
            raise KeyboardInterrupt
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fails_at_leads)
    with pytest.raises(KeyboardInterrupt):
        outputs.publish(made, out)
    assert {(out / name).read_text(encoding="utf-8") for name in RESULTS} == {"earlier"}


@pytest.mark.parametrize(
    "error",
    [OSError(errno.ENOSPC, "No space left on device"), RuntimeError("IO Error: No space left on device")],
    ids=["os", "library"],
)
def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def full(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(running, "build", full)
    with pytest.raises(EntenteError, match="disk is full") as caught:
        run(write_rows(tmp_path / "trade.csv"), tmp_path / "out")
    assert caught.value.remedy
    assert list((tmp_path / "out").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Path.mkdir

    def refused(path: Path, *args: Any, **named: Any) -> None:
        if path.name.startswith(".unfinished-"):
            raise PermissionError(errno.EACCES, "Permission denied")
        made(path, *args, **named)

    monkeypatch.setattr(Path, "mkdir", refused)
    with pytest.raises(UsageError, match="Permission denied"):
        run(write_rows(tmp_path / "trade.csv"), tmp_path / "out")


def test_a_file_that_cannot_be_read_leaves_nothing(tmp_path: Path) -> None:
    broken = tmp_path / "trade.parquet"
    broken.write_bytes(b"PAR1 this is cut off")
    with pytest.raises(InputError) as caught:
        run(broken, tmp_path / "out")
    assert "trade.parquet" in str(caught.value)
    assert list((tmp_path / "out").iterdir()) == []


def test_an_input_without_rows_gives_an_empty_report(tmp_path: Path) -> None:
    summary = run(write_rows(tmp_path / "trade.csv", []), tmp_path / "out")
    assert summary.counts["read"] == 0
    assert "No record of this run" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
