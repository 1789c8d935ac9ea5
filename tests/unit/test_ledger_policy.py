"""Policies: who must have signed. What cannot be read, or is not met, is refused."""

from __future__ import annotations

import pytest

from entente.exchange.ledger.checkpoint import cosign_checkpoint, open_checkpoint
from entente.exchange.ledger.errors import NoteError, PolicyError
from entente.exchange.ledger.policy import parse_policy
from ledger_toy import entries, note_of, signer, witness

LOG = f"log {signer().key}\n"
WITNESSES = "".join(f"witness {name} {witness(name).key}\n" for name in ("X1", "X2", "X3", "Y1", "Y2"))
GROUPS = "group X 2 X1 X2 X3\ngroup Y any Y1 Y2\ngroup both all X Y\n"


def cosigned(*names: str) -> bytes:
    data = note_of(entries(5))
    for name in names:
        data = cosign_checkpoint(open_checkpoint(data, signer().key), witness(name), 1_700_000_000)
    return data


@pytest.mark.parametrize(
    ("quorum", "names", "good"),
    [
        ("none", (), True),
        ("X1", ("X1",), True),
        ("X1", ("X2", "Y1"), False),
        ("X", ("X1", "X3"), True),
        ("X", ("X1",), False),
        ("Y", ("Y2",), True),
        ("Y", (), False),
        ("both", ("X1", "X2", "Y1"), True),
        ("both", ("X1", "X2", "X3"), False),
        ("both", ("X1", "Y1", "Y2"), False),
    ],
)
def test_the_quorum_decides(quorum: str, names: tuple[str, ...], good: bool):
    policy = parse_policy(f"# who watches\n\n{LOG}{WITNESSES}{GROUPS}\t quorum  {quorum}\n".encode())
    if good:
        assert {key.name for key in policy.open(cosigned(*names)).times} == set(names)
    else:
        with pytest.raises(PolicyError):
            policy.open(cosigned(*names))


def test_another_log_is_refused():
    with pytest.raises(PolicyError):
        parse_policy(f"log {signer('other.example').key}\nquorum none\n".encode()).open(cosigned())


def test_a_policy_without_logs_accepts_nothing():
    with pytest.raises(PolicyError):
        parse_policy(b"quorum none\n").open(cosigned())


def test_a_false_line_of_a_witness_spoils_the_checkpoint_even_above_the_quorum():
    data = cosigned("X1", "X2", "Y1").decode()
    last = data.rstrip("\n").rsplit(" ", 1)[1]
    broken = data.replace(last, last[:20] + ("A" if last[20] != "A" else "B") + last[21:]).encode()
    policy = parse_policy(f"{LOG}{WITNESSES}{GROUPS}quorum X\n".encode())
    with pytest.raises(NoteError):
        policy.open(broken)


@pytest.mark.parametrize(
    ("name", "text"),
    {
        "empty": "",
        "no quorum": LOG,
        "two quorums": LOG + "quorum none\nquorum none\n",
        "quorum of nobody": LOG + "quorum X1\n",
        "quorum before its group": LOG + WITNESSES + "quorum X\ngroup X 2 X1 X2\n",
        "unknown word": LOG + "qourum none\n",
        "log twice": LOG + LOG + "quorum none\n",
        "witness twice": WITNESSES + f"witness Z {witness('X1').key}\nquorum none\n",
        "name twice": WITNESSES + f"witness X1 {witness('Z').key}\nquorum none\n",
        "witness called none": f"witness none {witness('Z').key}\nquorum none\n",
        "none as a member": WITNESSES + "group X 1 none\nquorum X\n",
        "member twice": WITNESSES + "group X 2 X1 X1\nquorum X\n",
        "member of two groups": WITNESSES + "group X 1 X1 X2\ngroup Y 1 X1\nquorum X\n",
        "empty group": WITNESSES + "group X 1\nquorum X\n",
        "group of itself": WITNESSES + "group X 1 X\nquorum X\n",
        "zero of two": WITNESSES + "group X 0 X1 X2\nquorum X\n",
        "three of two": WITNESSES + "group X 3 X1 X2\nquorum X\n",
        "minus one of two": WITNESSES + "group X -1 X1 X2\nquorum X\n",
        "log key as witness": f"witness X1 {signer().key}\nquorum X1\n",
        "witness key as log": f"log {witness('X1').key}\nquorum none\n",
        "broken key": LOG.replace("+", "+0", 1) + "quorum none\n",
        "carriage return": LOG.replace("\n", "\r\n") + "quorum none\n",
        "too many words": LOG.replace("\n", " https://a.example b\n") + "quorum none\n",
    }.items(),
)
def test_a_policy_that_cannot_be_read_is_refused(name: str, text: str):
    with pytest.raises(PolicyError):
        parse_policy(text.encode())


def test_the_error_names_the_line():
    with pytest.raises(PolicyError) as caught:
        parse_policy((LOG + "\nquorum X9\n").encode())
    assert caught.value.place is not None
    assert caught.value.place.line == 3
