"""`entente screen` and `entente demo` as a person calls them: what is printed, exit codes, being stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from entente.cli import main
from entente.leads.outputs import RESULTS
from screen_files import ROWS, write_rows


def call(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def trade(tmp_path: Path) -> Path:
    return write_rows(tmp_path / "trade.csv")


def test_a_run_prints_counts_first_leads_and_where_the_report_is(trade: Path, tmp_path: Path) -> None:
    done = call("screen", trade, "--out", tmp_path / "out", "--processes", "1")
    assert done.exit_code == 0
    assert done.stderr == ""
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["Rows", "read", str(len(ROWS))] in lines
    assert ["Rows", "in", "quarantine", "1"] in lines
    assert "so are in no lead: 1." in done.stdout
    assert "Alpha Chem → " in done.stdout
    assert "A substance that was listed on that day" in done.stdout
    assert str(tmp_path / "out" / "report.html") in done.stdout
    assert all(len(line) <= 80 for line in done.stdout.splitlines() if "/" not in line)


def test_strict_leaves_with_3_and_the_results_are_there(trade: Path, tmp_path: Path) -> None:
    done = call("screen", trade, "--out", tmp_path / "out", "--strict", "--processes", "1")
    assert done.exit_code == 3
    assert "quarantine.parquet" in done.stderr
    assert {path.name for path in (tmp_path / "out").iterdir()} == set(RESULTS)


def test_strict_is_content_when_nothing_was_quarantined(tmp_path: Path) -> None:
    trade = write_rows(tmp_path / "trade.csv", ROWS[:4])
    assert call("screen", trade, "--out", tmp_path / "out", "--strict", "--processes", "1").exit_code == 0


def test_json_is_all_that_is_printed(trade: Path, tmp_path: Path) -> None:
    done = call("screen", trade, "--out", tmp_path / "out", "--json", "--processes", "1")
    printed = json.loads(done.stdout)
    assert done.stderr == ""
    assert printed.pop("out") == str(tmp_path / "out")
    assert printed == json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Missing argument"),
        (["{trade}"], "--out"),
        (["{trade}", "--out", "{trade}"], "file"),
        (["{trade}", "--out", "{out}", "--lang", "fr"], "fr"),
        (["{trade}", "--out", "{out}", "--sample", "-1"], "-1"),
        (["{trade}", "--out", "{out}", "--top", "0"], "0"),
        (["{trade}", "--out", "{out}", "--known-at", "soon"], "soon"),
        (["{trade}", "--out", "{out}", "--known-at", "1980-01-01"], "no list yet"),
        (["{trade}", "--out", "{out}", "--mapping", "no-such-mapping"], "no-such-mapping"),
        (["{trade}", "--out", "{out}", "--lists", "{out}/none"], "none"),
        (["{out}/none.csv", "--out", "{out}"], "none.csv"),
        (["{trade}", "--out", "{out}", "--payments", "{trade}"], "trade.csv"),
    ],
    ids=lambda value: " ".join(value)[-40:] if isinstance(value, list) else None,
)
def test_what_makes_no_sense_leaves_with_2_and_says_why(
    trade: Path, tmp_path: Path, arguments: list[str], said: str
) -> None:
    out = tmp_path / "out"
    done = call("screen", *(argument.format(trade=trade, out=out) for argument in arguments))
    assert done.exit_code == 2, done.output
    assert said in done.stderr
    assert done.stdout == ""
    assert not out.exists() or list(out.iterdir()) == []


def test_a_name_cannot_command_the_terminal(tmp_path: Path) -> None:
    row = ROWS[0].replace("Alpha Chem", "Alpha\x1b[2J[bold]Chem")
    done = call("screen", write_rows(tmp_path / "trade.csv", [row]), "--out", tmp_path / "out", "--processes", "1")
    assert "\x1b[2J" not in done.stdout
    assert "[bold]Chem" in done.stdout


def test_the_demo_screens_the_bundled_sample_and_can_be_repeated(tmp_path: Path) -> None:
    for _ in range(2):
        done = call("demo", "--out", tmp_path / "out")
        assert done.exit_code == 0
        assert "First leads" in done.stdout
        assert {path.name for path in (tmp_path / "out").iterdir()} == set(RESULTS)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_run_that_is_stopped_leaves_earlier_results_as_they_were(tmp_path: Path, number: signal.Signals) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "run.json").write_text("earlier", encoding="utf-8")
    trade = write_rows(tmp_path / "trade.csv", [ROWS[0].replace("D1", f"D{i}") for i in range(50_000)])
    program = "from entente.cli import main; main()"
    command = [sys.executable, "-c", program, "screen", str(trade), "--out", str(out), "--overwrite"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True) as process:
        while process.poll() is None and not list(out.glob(".unfinished-*")):
            time.sleep(0.01)  # the work has begun when its folder is there
        os.kill(process.pid, number)
        _, said = process.communicate()
    assert process.returncode == 128 + number
    assert b"Nothing was written" in said
    assert [path.name for path in out.iterdir()] == ["run.json"]
    assert (out / "run.json").read_text(encoding="utf-8") == "earlier"
