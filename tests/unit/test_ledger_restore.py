"""The restore rule: nothing is signed until every peer has been heard, or has confirmed a succession."""

from __future__ import annotations

import pytest

from entente.exchange.errors import ExchangeError
from entente.exchange.ledger.checkpoint import cosign_checkpoint, open_checkpoint, sign_checkpoint
from entente.exchange.ledger.errors import NoteError, RestoreError
from entente.exchange.ledger.restore import (
    Signing,
    check_node,
    check_signing,
    confirm,
    report,
    restored,
    resumed,
    succeed,
    succeeded,
)
from entente.exchange.ledger.succession import Succession, confirm_succession, open_succession, sign_succession
from entente.exchange.ledger.tree import EMPTY
from ledger_toy import ORIGIN, entries, log_of, signer, witness

KEY = signer().key
PEERS = {name: witness(name).key for name in ("cn", "mx")}
LOG = log_of(entries(100))
BACKUP = LOG.head_at(60)
NEW = signer(ORIGIN + "/2")
NODE = signer("node.us-dea.example")


def cosigned(size: int, peer: str, log=LOG) -> bytes:
    signed = open_checkpoint(sign_checkpoint(log.head_at(size), signer()), KEY)
    return cosign_checkpoint(signed, witness(peer), 1_700_000_000)


def waiting(**sizes: int):
    state = restored(KEY, BACKUP, PEERS)
    for peer, size in sizes.items():
        state = report(state, peer, cosigned(size, peer))
    return state


def test_a_restored_log_signs_nothing():
    for state in (waiting(), waiting(cn=80), waiting(cn=80, mx=90)):
        with pytest.raises(RestoreError):
            check_signing(state, KEY)


def test_it_resumes_when_every_peer_has_been_heard_and_the_entries_are_there():
    state = waiting(cn=80, mx=90)
    assert state.goal == LOG.head_at(90)
    resumed_state = resumed(state, 90, LOG.head_at)
    assert check_signing(resumed_state, KEY) == LOG.head_at(90)


@pytest.mark.parametrize(("sizes", "held"), [({}, 100), ({"cn": 80}, 100), ({"cn": 80, "mx": 90}, 89)])
def test_it_does_not_resume_before(sizes: dict[str, int], held: int):
    with pytest.raises(RestoreError):
        resumed(waiting(**sizes), held, LOG.head_at)


def test_it_does_not_resume_with_other_entries():
    other = log_of([*entries(70), *entries(30, "other ")])
    with pytest.raises(RestoreError):
        resumed(waiting(cn=80, mx=60), 100, other.head_at)


def test_it_does_not_resume_when_two_peers_cosigned_different_pasts():
    other = log_of([*entries(70), *entries(30, "other ")])
    state = report(waiting(cn=80), "mx", cosigned(90, "mx", other))
    for log in (LOG, other):
        with pytest.raises(RestoreError):
            resumed(state, 100, log.head_at)


def test_a_peer_that_never_cosigned_counts_as_heard():
    state = report(waiting(cn=80), "mx", None)
    assert resumed(state, 80, LOG.head_at).head == LOG.head_at(80)


def test_a_report_is_cosigned_by_the_peer_and_does_not_shrink():
    state = waiting(cn=80)
    for peer, data in (
        ("cn", cosigned(70, "cn")),
        ("mx", cosigned(90, "cn")),
        ("xx", cosigned(90, "xx")),
        ("cn", None),
    ):
        with pytest.raises(RestoreError):
            report(state, peer, data)
    with pytest.raises(NoteError):
        report(state, "mx", sign_checkpoint(LOG.head(), NEW))


def test_without_peers_only_a_person_goes_on():
    with pytest.raises(RestoreError):
        resumed(restored(KEY, BACKUP, {}), 60, LOG.head_at)


def test_a_node_signs_in_no_log_while_one_waits():
    own = Signing(NEW.key, EMPTY)
    check_node([Signing(KEY, BACKUP), own], own)
    with pytest.raises(RestoreError) as caught:
        check_node([own, waiting(cn=80)], own)
    assert "mx" in str(caught.value)


def test_a_log_that_is_being_succeeded_holds_up_itself_and_no_other():
    own, other = Signing(KEY, BACKUP), succeed(succession(), NODE.key, CONFIRM_KEYS)
    check_node([own, other], own)
    with pytest.raises(RestoreError, match="cn, mx"):
        check_node([own, other], other)


def succession() -> bytes:
    return sign_succession(ORIGIN, BACKUP, NEW, NODE)


CONFIRMERS = {name: signer(f"node.{name}.example") for name in ("cn", "mx")}
CONFIRM_KEYS = {name: key.key for name, key in CONFIRMERS.items()}


def test_a_succession_signs_once_every_peer_has_confirmed():
    state = succeed(succession(), NODE.key, CONFIRM_KEYS)
    for peer in CONFIRMERS.values():
        for log in (KEY, NEW.key):
            with pytest.raises(RestoreError):
                check_signing(state, log)
        with pytest.raises(RestoreError):
            succeeded(state)
        state = confirm(state, confirm_succession(succession(), NODE.key, peer))
    after = succeeded(state)
    assert check_signing(after, NEW.key) == EMPTY
    with pytest.raises(RestoreError):
        check_signing(after, KEY)


def test_a_confirmation_is_of_this_succession_and_by_a_peer():
    state = succeed(succession(), NODE.key, CONFIRM_KEYS)
    assert confirm(state, confirm_succession(succession(), NODE.key, signer("stranger"))).confirmed == frozenset()
    other = sign_succession(ORIGIN, EMPTY, NEW, NODE)
    with pytest.raises(RestoreError):
        confirm(state, confirm_succession(other, NODE.key, CONFIRMERS["cn"]))


def test_a_succession_is_signed_by_the_authority_and_by_the_new_log():
    assert open_succession(succession(), NODE.key) == Succession(ORIGIN, BACKUP, NEW.key)
    for data, key in (
        (sign_succession(ORIGIN, BACKUP, NEW, NEW), NEW.key),
        (succession(), signer("stranger").key),
        (succession().replace(b"\n60\n", b"\n61\n"), NODE.key),
        (b"".join(succession().splitlines(keepends=True)[:-1]), NODE.key),
        (sign_checkpoint(BACKUP, NODE), NODE.key),
    ):
        with pytest.raises(ExchangeError):
            open_succession(data, key)


def test_a_log_does_not_succeed_itself():
    with pytest.raises(RestoreError):
        sign_succession(ORIGIN, BACKUP, signer(), NODE)
