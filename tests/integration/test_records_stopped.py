"""Ctrl-C in a terminal reaches every process of a command: one clean line, and nothing half written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from screen_files import ROWS, write_rows

PROGRAM = "from entente.cli import main; main()"


def stopped(command: list[str], folder: Path, number: signal.Signals, begun: str, *, after: float) -> tuple[int, str]:
    """Start a command, wait until its work has begun and a little longer, and send all its processes a signal."""
    whole = [sys.executable, "-c", PROGRAM, *command]
    with subprocess.Popen(whole, stderr=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True) as process:
        while process.poll() is None and not list(folder.glob(begun)):
            time.sleep(0.01)
        time.sleep(after)
        assert process.poll() is None, "the command ended before it could be stopped"
        os.killpg(process.pid, number)
        out, said = process.communicate()
    assert out == b""
    return process.returncode, said.decode()


@pytest.fixture
def trade(tmp_path: Path) -> list[str]:
    """Several files, so that worker processes are started at once."""
    rows = [ROWS[0].replace("D1", f"D{number}") for number in range(60_000)]
    return [str(write_rows(tmp_path / f"trade{number}.csv", rows)) for number in range(4)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("after", [0.0, 0.15, 0.4, 1.0])
def test_while_workers_start_and_work(tmp_path: Path, trade: list[str], after: float, number: signal.Signals):
    out = tmp_path / "out"
    command = ["screen", *trade, "--out", str(out), "--processes", "2"]
    code, said = stopped(command, out, number, ".unfinished-*", after=after)
    assert said.splitlines() == ["Stopped. Nothing was written; earlier results are as they were."]
    assert code == 128 + number
    assert list(out.iterdir()) == []


def test_a_conversion(tmp_path: Path, trade: list[str]):
    out = tmp_path / "new"
    command = ["records", "convert", *trade, "--out", str(out / "all.parquet"), "--processes", "2"]
    code, said = stopped(command, out, signal.SIGINT, ".entente-*", after=0.1)
    assert said.splitlines() == ["Stopped. Nothing was written; earlier results are as they were."]
    assert code == 130
    assert list(out.iterdir()) == []
