"""Verifiers that others wrote accept what the ledger writes, and refuse it changed: Go's sumdb and @sigstore/verify."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from conftest import skip_or_fail
from entente.exchange.ledger.checkpoint import cosign_checkpoint, open_checkpoint, sign_checkpoint
from entente.exchange.ledger.files import DiskFiles
from entente.exchange.ledger.leaves import MemoryLeaves
from entente.exchange.ledger.tilelog import TileLog
from ledger_toy import entries, log_of, note_of, signer, witness

FOLDER = Path(__file__).resolve().parents[1] / "foreign" / "ledger"
GOPATH = "/usr/share/gocode"
"""Where Debian puts the sources of golang-golang-x-mod-dev."""

CASES = [
    (1, 0, 0),
    (2, 1, 1),
    (7, 3, 4),
    (8, 7, 8),
    (256, 255, 255),
    (257, 256, 256),
    (1000, 637, 300),
    (66_000, 65_536, 1),
]
"""Size, index, earlier size."""

BIG = entries(66_000)


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def task_of(log: TileLog, size: int, index: int, first: int) -> dict[str, Any]:
    return {
        "Key": str(signer().key),
        "Note": sign_checkpoint(log.head_at(size), signer()).decode(),
        "Index": index,
        "Entry": text(BIG[index]),
        "Path": [text(item) for item in log.inclusion_proof(index, size)],
        "First": first,
        "FirstRoot": text(log.head_at(first).root),
        "Consistency": [text(item) for item in log.consistency_proof(first, size)],
    }


LOG = log_of(BIG)
TASKS = [task_of(LOG, *case) for case in CASES]


def ask(command: list[str], tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    lines = "".join(json.dumps(task) + "\n" for task in tasks)
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def go(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The judge in Go, built without a network from the distribution's packages."""
    if shutil.which("go") is None or not Path(GOPATH, "src/golang.org/x/mod/sumdb/tlog").is_dir():
        skip_or_fail("Go with golang-golang-x-mod-dev")
    folder = tmp_path_factory.mktemp("judge")
    setting = {
        "GO111MODULE": "off",
        "GOPATH": GOPATH,
        "GOCACHE": str(folder / "cache"),
        "GOFLAGS": "",
        "CGO_ENABLED": "0",
    }
    command = ["go", "build", "-o", str(folder / "judge"), str(FOLDER / "judge.go")]
    subprocess.run(command, env=os.environ | setting, check=True, capture_output=True)
    return [str(folder / "judge")]


@pytest.fixture(scope="module")
def node() -> list[str]:
    """The judge in JavaScript, with the locked packages of its folder."""
    if shutil.which("node") is None or not (FOLDER / "node_modules" / "@sigstore" / "verify").is_dir():
        skip_or_fail("Node.js with the packages of tests/foreign/ledger (npm ci)")
    return ["node", str(FOLDER / "judge.cjs")]


def test_go_accepts(go: list[str]):
    answers = ask(go, TASKS)
    assert {(answer["Note"], answer["Inclusion"], answer["Consistency"]) for answer in answers} == {("", "", "")}
    assert len(answers) == len(CASES)


def test_node_accepts(node: list[str]):
    assert ask(node, TASKS) == [{"Note": "", "Inclusion": ""}] * len(CASES)


@pytest.mark.parametrize(("size", "index", "first"), CASES[1:])
def test_go_computes_root_and_proofs_from_the_tiles(go: list[str], tmp_path: Path, size: int, index: int, first: int):
    log = TileLog(DiskFiles(tmp_path), MemoryLeaves(BIG[:size]))
    log.index()
    good, bad = (task_of(log, size, at, first) | {"Tiles": str(tmp_path)} for at in (index, 0))
    (answer,) = ask(go, [good])
    assert answer["Tiles"] == ""
    tile = tmp_path / ("tile/0/000" if size >= 256 else f"tile/0/000.p/{size}")
    data = tile.read_bytes()
    # The hash beside leaf 0: this version of Go does not check every full tile against its parent, but a proof through
    # a changed tile it finds to be another one.
    tile.write_bytes(data[:32] + bytes(32) + data[64:])
    (answer,) = ask(go, [bad])
    assert answer["Tiles"] != ""


def test_go_reads_cosignatures(go: list[str]):
    signed = open_checkpoint(TASKS[3]["Note"].encode(), signer().key)
    cosigned = cosign_checkpoint(signed, witness("w/1"), 1_700_000_000).decode()
    stranger = cosign_checkpoint(open_checkpoint(cosigned.encode(), signer().key), witness("w/2"), 5).decode()
    known = {"Cosigners": [str(witness("w/1").key)]}
    good, more, bad = ask(
        go,
        [
            TASKS[3] | known | {"Note": cosigned},
            TASKS[3] | known | {"Note": stranger},
            TASKS[3] | {"Cosigners": [str(witness("w/1").key)], "Note": _other_time(cosigned)},
        ],
    )
    assert (good["Note"], good["Signers"]) == ("", [signer().name, "w/1"])
    assert (more["Note"], more["Signers"]) == ("", [signer().name, "w/1"])
    assert "invalid signature" in bad["Note"]


def _other_time(note: str) -> str:
    encoded = note.rstrip("\n").rsplit(" ", 1)[1]
    raw = bytearray(base64.b64decode(encoded))
    raw[11] ^= 1
    return note.replace(encoded, text(bytes(raw)))


def changed(task: dict[str, Any], name: str) -> dict[str, Any]:
    """The task with one thing wrong."""
    path = task["Path"]
    fork = note_of(entries(1000, "other ")).decode()
    changes: dict[str, dict[str, Any]] = {
        "entry": {"Entry": text(b"another")},
        "index": {"Index": task["Index"] - 1},
        "path": {"Path": [text(bytes(32)), *path[1:]]},
        "path cut": {"Path": path[:-1]},
        "path longer": {"Path": [*path, text(bytes(32))]},
        "size": {"Note": task["Note"].replace("\n1000\n", "\n1001\n")},
        "fork": {"Note": fork},
        "origin": {"Note": task["Note"].replace("cn-nncc\n", "mx-fgr\n", 1)},
        "signature": {"Note": task["Note"].replace(" ", " A", 3)},
        "key": {"Key": str(signer("log.example").key)},
        "growth": {"Consistency": task["Consistency"][::-1]},
        "growth cut": {"Consistency": task["Consistency"][:-1]},
        "past": {"FirstRoot": text(bytes(32))},
    }
    return task | changes[name]


GOOD = TASKS[6]
NAMES = ["entry", "index", "path", "path cut", "path longer", "size", "fork", "origin", "signature", "key"]


@pytest.mark.parametrize("name", [*NAMES, "growth", "growth cut", "past"])
def test_go_refuses(go: list[str], name: str):
    (answer,) = ask(go, [changed(GOOD, name)])
    assert answer["Note"] or answer["Inclusion"] or answer["Consistency"]


@pytest.mark.parametrize("name", NAMES)
def test_node_refuses(node: list[str], name: str):
    (answer,) = ask(node, [changed(GOOD, name)])
    assert answer["Note"] or answer["Inclusion"]
