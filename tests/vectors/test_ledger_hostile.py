"""What a malicious peer may send as a note, a checkpoint, a proof, a receipt. Each is refused, by name."""

from __future__ import annotations

import base64

import pytest

from entente.errors import EntenteError
from entente.exchange.ledger.checkpoint import cosign_checkpoint, open_checkpoint, parse_checkpoint
from entente.exchange.ledger.errors import CheckpointError, NoteError, ProofError, ReceiptError
from entente.exchange.ledger.note import MAX_NOTE, Note, add_signature, parse_key, parse_note
from entente.exchange.ledger.policy import parse_policy
from entente.exchange.ledger.proofs import consistency_proof, inclusion_proof, verify_consistency, verify_inclusion
from entente.exchange.ledger.receipt import Receipt, parse_receipt, verify_receipt
from entente.exchange.ledger.tree import MAX_SIZE, CompactRange, TreeHead, leaf_hash
from ledger_toy import ORIGIN, entries, log_of, note_of, signer, witness

ITEMS = entries(1000)
LOG = log_of(ITEMS)
KEY = signer().key
GOOD = note_of(ITEMS)
TEXT, _, LINE = GOOD.partition(b"\n\n")
TEXT += b"\n"
ROOT = TEXT.split(b"\n")[2]
SIGNATURE = LINE.rstrip(b"\n").rsplit(b" ", 1)[1]
RAW = base64.b64decode(SIGNATURE)


def line(data: bytes, name: str = ORIGIN) -> bytes:
    return f"— {name} {base64.b64encode(data).decode()}\n".encode()


def signed(text: bytes) -> bytes:
    """Signed by the log, whatever the text says."""
    return add_signature(Note(text, ()), signer()).encode()


NOTES = {
    "nothing": b"",
    "only newlines": b"\n\n\n",
    "no signatures": TEXT + b"\n",
    "no blank line": TEXT + LINE,
    "no final newline": GOOD[:-1],
    "trailing garbage": GOOD + b"x",
    "trailing newline": GOOD + b"\n",
    "trailing text": GOOD + b"words\n",
    "carriage returns": GOOD.replace(b"\n", b"\r\n"),
    "a tab": GOOD.replace(b"1000", b"1000\t"),
    "a NUL": GOOD + b"\0",
    "not UTF-8": GOOD.replace(b"\n1000", b"\xff\n1000"),
    "a byte order mark": b"\xef\xbb\xbf" + GOOD,
    "the line twice": GOOD + LINE,
    "two lines of one key": GOOD + line(RAW[:-1] + b"x"),
    "hyphen for the dash": GOOD.replace("—".encode(), b"-"),
    "two spaces": GOOD.replace("— ".encode(), "—  ".encode()),
    "a third word": GOOD[:-1] + b" x\n",
    "a name with a plus": GOOD + line(RAW, "a+b"),
    "a name with a wide space": GOOD + line(RAW, "a\u3000b"),
    "no name": TEXT + b"\n" + "— ".encode() + SIGNATURE + b"\n",
    "base64 that is none": GOOD.replace(SIGNATURE, b"!" * 92),
    "base64 of the web": GOOD.replace(SIGNATURE, base64.urlsafe_b64encode(b"\xff" * 68)),
    "base64 without padding": GOOD.replace(SIGNATURE, SIGNATURE.rstrip(b"=") or SIGNATURE[:-1]),
    "base64 not canonical": GOOD + "— unknown.example AAAAAGF=\n".encode(),
    "a key id alone": GOOD + line(RAW[:4], "unknown.example"),
    "wrong key id": TEXT + b"\n" + line(b"\0\0\0\0" + RAW[4:]),
    "wrong name": TEXT + b"\n" + line(RAW, "log.example"),
    "signature of another text": GOOD.replace(b"\n1000\n", b"\n1001\n"),
    "signature too short": TEXT + b"\n" + line(RAW[:-1]),
    "signature too long": TEXT + b"\n" + line(RAW + b"\0"),
    "signature of zeros": TEXT + b"\n" + line(RAW[:4] + bytes(64)),
    "too many lines": GOOD + b"".join(line(RAW, f"w{number}") for number in range(64)),
    "too long": GOOD + line(bytes(MAX_NOTE), "unknown.example"),
}


@pytest.mark.parametrize("name", NOTES)
def test_a_hostile_note(name: str):
    with pytest.raises(NoteError):
        open_checkpoint(NOTES[name], KEY)


def test_ed25519_is_not_malleable():
    order = 2**252 + 27742317777372353535851937790883648493
    forged = (int.from_bytes(RAW[36:], "little") + order).to_bytes(32, "little")
    with pytest.raises(NoteError):
        open_checkpoint(TEXT + b"\n" + line(RAW[:36] + forged), KEY)


CHECKPOINTS = {
    "no root": f"{ORIGIN}\n1000\n".encode(),
    "no size": f"{ORIGIN}\n".encode() + ROOT + b"\n",
    "an empty line": TEXT + b"\n",
    "an empty extension": TEXT + b"\nmore\n",
    "an empty origin": TEXT.replace(ORIGIN.encode(), b""),
    "another origin": TEXT.replace(b"cn-nncc", b"mx-fgr"),
    "an origin with a space": TEXT.replace(b"cn-nncc", b"cn-nncc "),
    "a leading zero": TEXT.replace(b"\n1000\n", b"\n01000\n"),
    "two zeros": TEXT.replace(b"\n1000\n", b"\n00\n"),
    "a plus": TEXT.replace(b"\n1000\n", b"\n+1000\n"),
    "a minus": TEXT.replace(b"\n1000\n", b"\n-1000\n"),
    "minus zero": TEXT.replace(b"\n1000\n", b"\n-0\n"),
    "a space": TEXT.replace(b"\n1000\n", b"\n1000 \n"),
    "an underscore": TEXT.replace(b"\n1000\n", b"\n1_000\n"),
    "an exponent": TEXT.replace(b"\n1000\n", b"\n1e3\n"),
    "hexadecimal": TEXT.replace(b"\n1000\n", b"\n0x3e8\n"),
    "other digits": TEXT.replace(b"\n1000\n", "\n١٠٠٠\n".encode()),
    "2**63": TEXT.replace(b"\n1000\n", b"\n9223372036854775808\n"),
    "2**64 and a bit": TEXT.replace(b"\n1000\n", b"\n18446744073709552616\n"),
    "ten thousand digits": TEXT.replace(b"\n1000\n", b"\n" + b"9" * 10_000 + b"\n"),
    "a short root": TEXT.replace(ROOT, base64.b64encode(bytes(31))),
    "a long root": TEXT.replace(ROOT, base64.b64encode(bytes(33))),
    "a root in hexadecimal": TEXT.replace(ROOT, b"0" * 64),
    "a root not canonical": TEXT.replace(ROOT, b"A" * 42 + b"B="),
    "an empty log with a root": TEXT.replace(b"\n1000\n", b"\n0\n"),
}


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_a_hostile_checkpoint_is_refused_although_the_log_signed_it(name: str):
    assert CHECKPOINTS[name] != TEXT
    with pytest.raises((CheckpointError, NoteError)):
        open_checkpoint(signed(CHECKPOINTS[name]), KEY)


def test_a_text_that_is_not_utf8():
    with pytest.raises(CheckpointError):
        parse_checkpoint(b"a\n0\n\xff\n")


COSIGNED = cosign_checkpoint(open_checkpoint(GOOD, KEY), witness("w"), 1_700_000_000)
COSIGNATURE = base64.b64decode(COSIGNED.rstrip(b"\n").rsplit(b" ", 1)[1])


@pytest.mark.parametrize(
    ("name", "data"),
    {
        "another time": COSIGNATURE[:11] + b"\xff" + COSIGNATURE[12:],
        "time zero": COSIGNATURE[:4] + bytes(8) + COSIGNATURE[12:],
        "time after the end": COSIGNATURE[:4] + b"\xff" * 8 + COSIGNATURE[12:],
        "no signature": COSIGNATURE[:12],
        "half a time": COSIGNATURE[:8],
        "a plain signature": COSIGNATURE[:12] + signer("w").sign(TEXT),
    }.items(),
)
def test_a_hostile_cosignature(name: str, data: bytes):
    with pytest.raises(NoteError):
        open_checkpoint(GOOD + line(data, "w"), KEY, [witness("w").key])


@pytest.mark.parametrize(
    ("name", "text"),
    {
        "empty": "",
        "no parts": "log",
        "no id": f"{ORIGIN}++{str(KEY).rsplit('+', 1)[1]}",
        "another id": str(KEY).replace(KEY.key_id.hex(), "00000000"),
        "id in capitals": str(KEY).replace(KEY.key_id.hex(), KEY.key_id.hex().upper()),
        "another name": str(KEY).replace("cn", "mx"),
        "cut": str(KEY)[:-4],
        "unknown kind": "a+00000000+" + base64.b64encode(b"\x07" + bytes(32)).decode(),
        "lone surrogate": "\ud800" + str(KEY),
    }.items(),
)
def test_a_hostile_key(name: str, text: str):
    with pytest.raises(NoteError):
        parse_key(text)


PATH = LOG.inclusion_proof(637)
HEAD = LOG.head()


@pytest.mark.parametrize(
    ("name", "proof", "index", "size"),
    [
        ("too short", PATH[:-1], 637, 1000),
        ("too long", (*PATH, bytes(32)), 637, 1000),
        ("empty", (), 637, 1000),
        ("reversed", PATH[::-1], 637, 1000),
        ("a short hash", (PATH[0][:31], *PATH[1:]), 637, 1000),
        ("two hashes in one", (PATH[0] + PATH[1], *PATH[2:]), 637, 1000),
        ("negative index", PATH, -1, 1000),
        ("negative size", PATH, 637, -1),
        ("index at the end", PATH, 1000, 1000),
        ("huge index", PATH, 2**70, 1000),
        ("huge size", PATH, 637, 2**70),
        ("empty log", (), 0, 0),
        ("hashes without end", (bytes(32),) * 10_000, 637, MAX_SIZE),
    ],
)
def test_a_hostile_inclusion_proof(name: str, proof: tuple[bytes, ...], index: int, size: int):
    with pytest.raises(ProofError):
        verify_inclusion(proof, leaf_hash(ITEMS[637]), index, TreeHead(size, HEAD.root))


def test_a_node_is_no_entry():
    # The second preimage that RFC 6962's prefixes are there for: two leaves shown as one entry, one level up.
    shown = leaf_hash(LOG.leaf(636) + LOG.leaf(637))
    assert shown != LOG.node(1, 318)
    with pytest.raises(ProofError):
        verify_inclusion(PATH[1:], shown, 318, TreeHead(500, HEAD.root))


GROWTH = LOG.consistency_proof(637)


@pytest.mark.parametrize(
    ("name", "proof", "first", "second"),
    [
        ("too short", GROWTH[:-1], 637, 1000),
        ("too long", (*GROWTH, bytes(32)), 637, 1000),
        ("empty", (), 637, 1000),
        ("reversed", GROWTH[::-1], 637, 1000),
        ("backwards", GROWTH, 1000, 637),
        ("negative", GROWTH, -637, 1000),
        ("huge", GROWTH, 637, 2**70),
        ("from nothing, with hashes", GROWTH, 0, 1000),
        ("to itself, with hashes", GROWTH, 1000, 1000),
        ("hashes without end", (bytes(32),) * 10_000, 637, MAX_SIZE),
    ],
)
def test_a_hostile_consistency_proof(name: str, proof: tuple[bytes, ...], first: int, second: int):
    roots = {637: LOG.head_at(637).root, 0: LOG.head_at(0).root}
    with pytest.raises(ProofError):
        verify_consistency(proof, TreeHead(first, roots.get(first, HEAD.root)), TreeHead(second, HEAD.root))


def test_proofs_that_cannot_be_made():
    for ask in (lambda: inclusion_proof(LOG, 5, 5), lambda: inclusion_proof(LOG, -1, 5)):
        with pytest.raises(ProofError):
            ask()
    with pytest.raises(ProofError):
        consistency_proof(LOG, 6, 5)


def test_a_tree_that_does_not_fit_its_size():
    for size, peaks in ((3, [bytes(32)]), (1, [bytes(31)]), (-1, []), (2**64, [bytes(32)])):
        with pytest.raises(ProofError):
            CompactRange(size, peaks)
    with pytest.raises(ProofError):
        CompactRange(1, [bytes(32)]).append_subtree(bytes(32), 1)


RECEIPT = Receipt(637, PATH, GOOD, b"frame").encode()
FIRST = RECEIPT.split(b"\n")[0]
RECEIPTS = {
    "nothing": b"",
    "another version": RECEIPT.replace(b"@v1", b"@v2"),
    "a byte order mark": b"\xef\xbb\xbf" + RECEIPT,
    "carriage returns": RECEIPT.replace(b"\n", b"\r\n"),
    "no index": RECEIPT.replace(b"index 637\n", b""),
    "index twice": RECEIPT.replace(b"index 637\n", b"index 637\nindex 637\n"),
    "extra twice": RECEIPT.replace(b"extra ", b"extra AA==\nextra "),
    "extra after index": RECEIPT.replace(b"extra ZnJhbWU=\nindex 637\n", b"index 637\nextra ZnJhbWU=\n"),
    "extra not base64": RECEIPT.replace(b"ZnJhbWU=", b"frame"),
    "leading zero": RECEIPT.replace(b"index 637", b"index 0637"),
    "negative": RECEIPT.replace(b"index 637", b"index -637"),
    "huge": RECEIPT.replace(b"index 637", b"index 9223372036854775808"),
    "two spaces": RECEIPT.replace(b"index 637", b"index  637"),
    "no blank line": RECEIPT.replace(b"\n\n" + ORIGIN.encode(), b"\n" + ORIGIN.encode()),
    "two blank lines": RECEIPT.replace(b"\n\n" + ORIGIN.encode(), b"\n\n\n" + ORIGIN.encode()),
    "a hash cut off": RECEIPT.replace(base64.b64encode(PATH[3]), base64.b64encode(PATH[3][:-1])),
    "a hash that is text": RECEIPT.replace(base64.b64encode(PATH[3]), b"hash"),
    "too many hashes": Receipt(637, (bytes(32),) * 64, GOOD).encode(),
    "only the head": FIRST + b"\n",
    "trailing garbage": RECEIPT + b"x",
    "another index": RECEIPT.replace(b"index 637", b"index 636"),
    "index beyond the log": RECEIPT.replace(b"index 637", b"index 1000"),
    "a hash left out": RECEIPT.replace(base64.b64encode(PATH[3]) + b"\n", b""),
    "checkpoint cut off": RECEIPT[:-10],
    "a forked checkpoint": Receipt(637, PATH, note_of(entries(1000, "other "))).encode(),
    "too long": Receipt(637, PATH, GOOD, bytes(900_000)).encode(),
}
POLICY = parse_policy(f"log {KEY}\nquorum none\n".encode())


def test_the_receipt_is_good_before_it_is_harmed():
    assert verify_receipt(RECEIPT, ITEMS[637], POLICY).head == HEAD


@pytest.mark.parametrize("name", RECEIPTS)
def test_a_hostile_receipt(name: str):
    assert RECEIPTS[name] != RECEIPT
    with pytest.raises((ReceiptError, NoteError, CheckpointError, ProofError)):
        verify_receipt(RECEIPTS[name], ITEMS[637], POLICY)


def test_every_cut_of_a_note_and_of_a_receipt_is_an_error_with_a_remedy():
    for cut in range(len(GOOD)):
        with pytest.raises(EntenteError) as caught:
            open_checkpoint(GOOD[:cut], KEY)
        assert caught.value.remedy
    for cut in range(len(RECEIPT)):
        with pytest.raises(EntenteError):
            verify_receipt(RECEIPT[:cut], ITEMS[637], POLICY)


def test_a_receipt_may_hold_a_checkpoint_with_lines_of_strangers():
    data = Receipt(637, PATH, GOOD + line(RAW, "stranger")).encode()
    assert verify_receipt(data, ITEMS[637], POLICY).head == HEAD
    assert parse_receipt(data).encode() == data
    assert len(parse_note(parse_receipt(data).checkpoint).lines) == 2
