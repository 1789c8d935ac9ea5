"""The restore rule: a node that comes back from a backup signs nothing until it knows what it had signed.

A log that signs what does not continue its own past proves itself a fork, and no backup knows the signatures made
after it. The peers do. So a restored log waits (`Restored`) until every peer has shown the latest checkpoint it
cosigned, and until the node holds the entries up to the largest of them (`resumed`). Where a peer cannot be reached,
or the entries cannot be had, the authority closes the log by a signed succession and starts a new one under another
origin (`Succeeding`), which signs once every peer has confirmed.

The states are values; the caller stores them, in the transaction that stores what led to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from entente.exchange.ledger.checkpoint import open_checkpoint
from entente.exchange.ledger.errors import RestoreError
from entente.exchange.ledger.note import VerifierKey, parse_note, verify_note
from entente.exchange.ledger.succession import Succession, open_succession
from entente.exchange.ledger.tree import EMPTY, TreeHead


@dataclass(frozen=True, slots=True)
class Signing:
    """A log in order: it may sign what continues `head`."""

    log: VerifierKey
    head: TreeHead


@dataclass(frozen=True, slots=True)
class Restored:
    """A log back from a backup: it signs nothing.

    Args:
        log: its key.
        head: what the backup holds.
        peers: the cosigner key of every peer, by the peer's name.
        reports: the latest state each peer cosigned; `EMPTY` for a peer that cosigned none.
    """

    log: VerifierKey
    head: TreeHead
    peers: Mapping[str, VerifierKey]
    reports: Mapping[str, TreeHead] = field(default_factory=dict)

    @property
    def awaited(self) -> frozenset[str]:
        """Peers that have not reported."""
        return frozenset(self.peers) - frozenset(self.reports)

    @property
    def goal(self) -> TreeHead:
        """The largest state that is known to be signed; the entries up to it are to be had from who reported it."""
        return max((self.head, *self.reports.values()), key=lambda head: head.size)


@dataclass(frozen=True, slots=True)
class Succeeding:
    """A log closed by succession; the new one signs nothing until every peer has confirmed.

    Args:
        succession: what was signed.
        peers: the key (Ed25519) with which each peer confirms, by the peer's name.
        confirmed: peers that have.
    """

    succession: Succession
    peers: Mapping[str, VerifierKey]
    confirmed: frozenset[str] = frozenset()

    @property
    def awaited(self) -> frozenset[str]:
        """Peers that have not confirmed."""
        return frozenset(self.peers) - self.confirmed


State = Signing | Restored | Succeeding


def restored(log: VerifierKey, head: TreeHead, peers: Mapping[str, VerifierKey]) -> Restored:
    """The state after a restore; with no peers there is nobody to ask, and only a person can go on by succession."""
    return Restored(log, head, dict(peers))


def report(state: Restored, peer: str, checkpoint: bytes | None) -> Restored:
    """Take in what a peer reports; a second report replaces the first only by a larger log.

    Args:
        state: the restored log.
        peer: who reports.
        checkpoint: the latest checkpoint of this log that it cosigned; None if it never cosigned one, which the
            caller has from a message that the peer signed.

    Raises:
        RestoreError: not a peer, not cosigned by it, or smaller than what it reported before.
        NoteError, CheckpointError: not a checkpoint of this log.
    """
    key = state.peers.get(peer)
    if key is None:
        raise RestoreError(f"{peer!r} is no peer of the log {state.log.name}.", remedy="Check who was asked.")
    head = EMPTY if checkpoint is None else _cosigned(state.log, key, checkpoint)
    if head.size < state.reports.get(peer, EMPTY).size:
        raise RestoreError(f"{peer!r} has reported a larger log before.", remedy="Keep both reports, and ask the peer.")
    return replace(state, reports={**state.reports, peer: head})


def _cosigned(log: VerifierKey, peer: VerifierKey, checkpoint: bytes) -> TreeHead:
    signed = open_checkpoint(checkpoint, log, (peer,))
    if peer not in signed.times:
        raise RestoreError(f"The report is not cosigned by {peer.name}.", remedy="Ask the peer for its cosigned copy.")
    return signed.head


def resumed(state: Restored, size: int, head_at: Callable[[int], TreeHead]) -> Signing:
    """The log in order again.

    Args:
        state: the restored log, with every peer's report.
        size: entries that the node holds now, the peers' among them.
        head_at: the state of those entries at a size.

    Raises:
        RestoreError: a report or entries are missing, or the entries are not those that were signed.
    """
    if state.awaited or not state.peers:
        raise RestoreError(
            f"The log {state.log.name} waits for: {', '.join(sorted(state.awaited)) or 'a succession'}.",
            remedy="Reach the peers, by network or bundle, or sign a succession of the log.",
        )
    if size < state.goal.size:
        raise RestoreError(
            f"{state.goal.size - size} signed entries are missing.", remedy="Ask the peer that reported them."
        )
    for head in (state.head, *state.reports.values()):
        if head_at(head.size) != head:
            raise RestoreError(
                f"The entries are not those that were signed at size {head.size}.",
                remedy="Get the entries from the peer that cosigned them; if two peers disagree, sign a succession.",
            )
    return Signing(state.log, head_at(size))


def succeed(note: bytes, authority: VerifierKey, peers: Mapping[str, VerifierKey]) -> Succeeding:
    """The state after the authority signed a succession."""
    return Succeeding(open_succession(note, authority), dict(peers))


def confirm(state: Succeeding, note: bytes) -> Succeeding:
    """Take in the succession as a peer gives it back with its signature.

    Raises:
        RestoreError: it is another succession.
        NoteError: a peer's signature does not verify.
    """
    parsed = parse_note(note)
    if parsed.text != state.succession.encode():
        raise RestoreError("The confirmation is of another succession.", remedy="Send the peer the right one.")
    signed = verify_note(parsed, state.peers.values())
    names = {name for name, key in state.peers.items() if key in signed}
    return replace(state, confirmed=state.confirmed | names)


def succeeded(state: Succeeding) -> Signing:
    """The new log, empty and in order."""
    if state.awaited:
        raise RestoreError(
            f"The succession waits for: {', '.join(sorted(state.awaited))}.", remedy="Reach the peers, or agree again."
        )
    return Signing(state.succession.new, EMPTY)


def check_signing(state: State, log: VerifierKey) -> TreeHead:
    """What the log may continue.

    Raises:
        RestoreError: it may not sign.
    """
    if not isinstance(state, Signing):
        raise RestoreError(
            f"The log {log.name} may not sign yet: it waits for {', '.join(sorted(state.awaited)) or 'a succession'}.",
            remedy="Follow the restore rule: reports of every peer, or a succession that every peer confirms.",
        )
    if state.log != log:
        raise RestoreError(f"The log {log.name} was succeeded by {state.log.name}.", remedy="Sign with the new key.")
    return state.head


def waits(states: Iterable[State], own: State) -> bool:
    """Whether one of a node's logs may not sign now.

    Args:
        states: of every log of the node. One that is restored holds up all of them: nobody knows what it had signed.
        own: of the log that is asked about. One that is being succeeded holds up itself only.
    """
    return not isinstance(own, Signing) or any(isinstance(state, Restored) for state in states)


def check_node(states: Iterable[State], own: State) -> None:
    """Return if a log may sign: see `waits`.

    Raises:
        RestoreError: a log waits.
    """
    every = list(states)
    if waits(every, own):
        waiting: list[State] = [state for state in every if isinstance(state, Restored)]
        waiting = waiting or [own]
        names = {name for state in waiting if not isinstance(state, Signing) for name in state.awaited}
        raise RestoreError(
            f"{len(waiting)} logs of this node may not sign yet; awaited: {', '.join(sorted(names)) or 'a person'}.",
            remedy="Follow the restore rule: reports of every peer, or a succession that every peer confirms.",
        )
