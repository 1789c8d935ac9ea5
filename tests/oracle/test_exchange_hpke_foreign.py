"""Another implementation of HPKE opens what we seal, and we open what it seals (npm `@hpke/core`, run by Node.js)."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import skip_or_fail
from entente.exchange.suites import builtin

FOLDER = Path(__file__).resolve().parents[1] / "foreign" / "hpke"
ALL = frozenset({"S1", "S2", "S3"})
SUITES = builtin()
INFO = b'entente seal 1\n{"channel":"mx-pgr/us-dea"}'


def ask(**task: str) -> dict[str, str]:
    if shutil.which("node") is None or not (FOLDER / "node_modules").is_dir():
        skip_or_fail("Node.js with the packages of tests/foreign/hpke (npm ci)")
    done = subprocess.run(
        ["node", "hpke.mjs"], cwd=FOLDER, input=json.dumps(task) + "\n", capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def key_pair(suite: str) -> tuple[bytes, str, str]:
    """Our private key, and the foreign forms of the private and the public key."""
    ours = SUITES.get(suite, ALL)
    if suite == "S3":
        # X-Wing's private key is one seed, ours its two parts (draft-connolly-cfrg-xwing-kem, section 5.2).
        seed = os.urandom(32)
        parts = hashlib.shake_256(seed).digest(96)
        private = parts[64:] + parts[:64]
        public = ours.opener(private).public
        return private, seed.hex(), (public[32:] + public[:32]).hex()
    private = ours.new_sealing_key()
    return private, private.hex(), ours.opener(private).public.hex()


@pytest.mark.parametrize("suite", sorted(ALL))
@pytest.mark.parametrize("plain", [b"", b"warn them", os.urandom(100_000)], ids=["nothing", "short", "long"])
def test_it_opens_what_we_seal(suite, plain):
    private, foreign, _ = key_pair(suite)
    ours = SUITES.get(suite, ALL)
    sealed = ours.seal(ours.opener(private).public, plain, INFO)
    task = {"do": "open", "suite": suite, "private": foreign, "sealed": sealed.hex()}
    assert ask(**task, info=INFO.hex()) == {"plain": plain.hex()}
    assert "error" in ask(**task, info=(INFO + b" ").hex())


@pytest.mark.parametrize("suite", sorted(ALL))
def test_we_open_what_it_seals(suite):
    private, _, public = key_pair(suite)
    plain = os.urandom(4096)
    answer = ask(do="seal", suite=suite, public=public, info=INFO.hex(), plain=plain.hex())
    assert SUITES.get(suite, ALL).opener(private).open(bytes.fromhex(answer["sealed"]), INFO) == plain
