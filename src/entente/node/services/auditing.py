"""The ledger for people: is what is stored what was signed, and proofs that stand alone.

A proof here is a tlog-proof whose `extra` is the whole entry (`receipts.Entry`), so that whoever has it needs the key
of the log and nothing else. It tells nothing of a content: an entry holds ids, digests and times.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from entente.exchange import dsse
from entente.exchange.channel import Channel
from entente.exchange.channel_contact import mirror_of
from entente.exchange.channel_fork import verify_fork
from entente.exchange.channel_succession import succession_notes
from entente.exchange.errors import ExchangeError
from entente.exchange.frame import FRAME_LIMIT, PAYLOAD_TYPE
from entente.exchange.ledger import restore
from entente.exchange.ledger.checkpoint import SignedCheckpoint, open_checkpoint
from entente.exchange.ledger.errors import DamageError, EvidenceError, ReceiptError
from entente.exchange.ledger.evidence import parse_evidence, verify_evidence
from entente.exchange.ledger.note import COSIGNATURE, VerifierKey, parse_note
from entente.exchange.ledger.proofs import verify_inclusion
from entente.exchange.ledger.receipt import Receipt, parse_receipt
from entente.exchange.ledger.tree import EMPTY, TreeHead, leaf_hash
from entente.exchange.receipts import SUCCESSION, Entry, parse_entry, verify_frame_receipt
from entente.exchange.store import Book, Message, Transaction, Way
from entente.node.cards import Card, origin
from entente.node.errors import NodeError
from entente.node.keyring import public_ledger_keys, witness_name
from entente.node.services import peers
from entente.node.services.generations import stored
from entente.node.services.parts import Parts
from entente.node.store import models


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit of one channel found; that it returned means that everything was right.

    Attributes:
        peer: its name; of a generation that is over with its number, as `mx-pgr/1`.
        entries: of this node's log; all were hashed.
        signed: entries under the last checkpoint that this node signed.
        cosigned: entries under the largest checkpoint that the peer cosigned; 0 if it never did.
        mirrored: entries of the peer's log that are held here; all were hashed.
        repaired: tiles that were damaged and were made anew from the entries.
        receipts: receipts of the peer for what was sent; each was verified.
        open: sent messages without a receipt.
    """

    peer: str
    entries: int
    signed: int
    cosigned: int
    mirrored: int
    repaired: int
    receipts: int
    open: int


@dataclass(frozen=True, slots=True)
class Proven:
    """What a proof proves.

    Attributes:
        log: whose log it is in: the name of its origin.
        entry: what stands there.
        index: where, from 0.
        size: entries under the checkpoint.
        cosigned: by whom the checkpoint was cosigned and when, of those whose keys are known here.
    """

    log: str
    entry: Entry
    index: int
    size: int
    cosigned: tuple[tuple[str, datetime], ...]


def audit(parts: Parts, peer: str) -> Audit:
    """Hash everything that is stored of a channel, and compare it with what was signed.

    Raises:
        DamageError: what is stored is not what was signed.
        LedgerError: a signature does not verify.
    """
    end = _end(parts, peer)
    with parts.uow.transaction(end.id) as tx:
        book = tx.book()
        log = end.tiles(tx.leaves, _signed_head(end, book))
        _check_begun(tx, end, book)
        repaired = len(log.audit())
        _check_checkpoints(end, book, log.head_at(_cosigned(end, book)).root)
        mirror = mirror_of(tx, end, book)
        repaired += len(mirror.audit())
        if book.seen:
            seen = open_checkpoint(book.seen, end.peer_log, (end.cosigner.key,))
            if mirror.head_at(seen.head.size) != seen.head:
                raise DamageError(f"The mirror of {peer}'s log is not what it signed.", remedy="Restore a backup.")
        return Audit(
            peer=peer,
            entries=tx.leaves.size(),
            signed=_signed_head(end, book).size,
            cosigned=_cosigned(end, book),
            mirrored=book.mirror_size,
            repaired=repaired,
            receipts=_check_receipts(tx, end, book),
            open=models.Outgoing.objects.using(parts.alias).filter(channel__name=end.id).count(),
        )


def _end(parts: Parts, peer: str) -> Channel:
    """The channel with a peer; `mx-pgr/1` is a generation that is over."""
    return peers.past_channel(parts, peers.paired(parts, peer)) if "/" in peer else peers.channel(parts, peer)


def _signed_head(end: Channel, book: Book) -> TreeHead:
    """What this node's log signed last: of a log that was succeeded, what its last checkpoint says."""
    if isinstance(book.ledger, restore.Signing):
        return book.ledger.head
    if isinstance(book.ledger, restore.Succeeding):
        return open_checkpoint(book.checkpoint, end.log.key).head if book.checkpoint else EMPTY
    raise NodeError("This log waits after a restore.", remedy="Reach the peers, by network or bundle.")


def _check_begun(tx: Transaction, end: Channel, book: Book) -> None:
    """Return if both logs of a generation that took another's place begin with the succession, word for word."""
    own = tx.leaves.entries(0, 1) if tx.leaves.size() else ()
    if not own or parse_entry(own[0]).act != SUCCESSION:
        return  # it began by a pairing
    notes = succession_notes(parse_entry(own[0]))
    theirs = tx.mirror.entries(0, 1) if book.mirror_size else ()
    if theirs and (parse_entry(theirs[0]).act != SUCCESSION or succession_notes(parse_entry(theirs[0])) != notes):
        raise DamageError(
            f"The log of {end.peer.name} does not begin with the succession that was agreed.",
            remedy="Keep it as evidence, and ask the other authority.",
        )


_BATCH = 512
_SHORTEST = 8


def _cosigned(end: Channel, book: Book) -> int:
    return open_checkpoint(book.cosigned, end.log.key).head.size if book.cosigned else 0


def _check_checkpoints(end: Channel, book: Book, root: bytes) -> None:
    if book.checkpoint is not None:
        own = open_checkpoint(book.checkpoint, end.log.key)
        if isinstance(book.ledger, restore.Signing) and own.head != book.ledger.head:
            raise DamageError("The last checkpoint is not of this log's state.", remedy="Restore a backup.")
    if book.cosigned is not None:
        signed = open_checkpoint(book.cosigned, end.log.key, (end.peer_cosigner,))
        if signed.head.root != root:
            raise DamageError(
                "What the peer cosigned is no earlier state of this log.", remedy="Keep both as evidence."
            )


def _check_receipts(tx: Transaction, end: Channel, book: Book) -> int:
    count = 0
    for start in range(1, book.sent.sequence + 1, _BATCH):
        rows = {row.sequence: row for row in tx.messages(Way.SENT, start, start + _BATCH)}
        for sequence, receipt in tx.receipts(Way.SENT, start, start + _BATCH).items():
            verify_frame_receipt(receipt, _payload(rows[sequence]), end.peer_log)
            count += 1
    return count


def prove(parts: Parts, peer: str, message: Message) -> bytes:
    """A proof about a message: the peer's that it got it, if there is one, else this node's own.

    Raises:
        ReceiptError: no signed checkpoint covers it yet.
    """
    end = _end(parts, peer)
    with parts.uow.transaction(end.id) as tx:
        given = tx.receipts(Way.SENT, message.sequence, message.sequence + 1) if message.way is Way.SENT else {}
        if given:
            receipt = parse_receipt(given[message.sequence])
            return replace(receipt, extra=Entry((receipt.extra or b"").decode(), _payload(message)).encode()).encode()
        return _own_proof(tx, end, message).encode()


def _own_proof(tx: Transaction, end: Channel, message: Message) -> Receipt:
    book = tx.book()
    cosigned = _cosigned(end, book)
    note = book.cosigned if message.leaf < cosigned else book.checkpoint
    signed = None if note is None else open_checkpoint(note, end.log.key)
    if signed is None or message.leaf >= signed.head.size:
        raise ReceiptError("No signed checkpoint covers this message yet.", remedy="Sync, or export a bundle, first.")
    log = end.tiles(tx.leaves, _signed_head(end, book))
    path = log.inclusion_proof(message.leaf, signed.head.size)
    return Receipt(message.leaf, path, signed.note, tx.leaves.entries(message.leaf, message.leaf + 1)[0])


def check_proof(parts: Parts, data: bytes) -> Proven:
    """What a proof proves, if it is of a log of this node or of a peer, with whomever.

    Raises:
        ReceiptError: malformed, or of a log that is not known.
        LedgerError: it does not hold.
    """
    receipt = parse_receipt(data)
    entry = receipt.extra or b""
    signed = _open(parts, receipt.checkpoint)
    verify_inclusion(receipt.path, leaf_hash(entry), receipt.index, signed.head)
    times = tuple((key.name, datetime.fromtimestamp(at, UTC)) for key, at in signed.times.items())
    return Proven(signed.log.name, parse_entry(entry), receipt.index, signed.head.size, times)


def _open(parts: Parts, note: bytes) -> SignedCheckpoint:
    name = parse_note(note).text.split(b"\n", 1)[0].decode(errors="replace")
    log = _log_key(parts, name)
    if log is None:
        raise ReceiptError(f"The log {name[:80]!r} is not known here.", remedy="Pair with its authority first.")
    return open_checkpoint(note, log, _cosigners(parts))


def _log_key(parts: Parts, name: str) -> VerifierKey | None:
    """The key of a log by its name: of this node, or of a confirmed peer, whoever is at its other end."""
    _, _, rest = name.partition("/")
    owner, _, other = rest.partition("/")
    other, _, number = other.partition("/")
    generation = int(number) if _is_number(number) else 1
    if name != origin(owner, other, generation):
        return None
    if owner == parts.name:
        return VerifierKey(name, public_ledger_keys(parts.home.keys)[0])
    cards = _cards(parts) if other != parts.name else [_card_of(parts, owner, generation)]
    return next((VerifierKey(name, card.log) for card in cards if card and card.name == owner), None)


def _card_of(parts: Parts, owner: str, generation: int) -> Card | None:
    """The card of a peer in a generation of the channel with this node."""
    past = {one.past: one.card for one in peers.earlier(parts, owner)}
    now = next((card for card in _cards(parts) if card.name == owner), None)
    return past.get(generation, now)


def _cosigners(parts: Parts) -> set[VerifierKey]:
    own = VerifierKey(witness_name(parts.name), public_ledger_keys(parts.home.keys)[1], COSIGNATURE)
    cards = _cards(parts)
    past = [one.card for card in cards for one in peers.earlier(parts, card.name)]
    return {own, *(card.cosigner_key() for card in (*cards, *past))}


def _cards(parts: Parts) -> list[Card]:
    return [peer.card for peer in peers.all_peers(parts) if peer.confirmed]


@dataclass(frozen=True, slots=True)
class Kept:
    """A file of evidence that is kept here: against whom, of what kind, when it was found, and its SHA-256."""

    peer: str
    kind: str
    at: datetime
    digest: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Judged:
    """Evidence that holds: its kind, whose key signed, and the two things that cannot both be true."""

    kind: str
    accused: str
    first: str
    second: str


def evidence(parts: Parts) -> list[Kept]:
    """All evidence that is kept here, the oldest first."""
    rows = models.EvidenceFile.objects.using(parts.alias).select_related("channel").order_by("at", "pk")
    return [Kept(row.channel.peer_id.partition("/")[0], row.kind, row.at, row.digest, bytes(row.data)) for row in rows]


def check_evidence(parts: Parts, data: bytes) -> Judged:
    """What a file of evidence shows, if the accused is a peer, or this node itself.

    Raises:
        EvidenceError: it shows no wrong, or the accused is not known here.
        ExchangeError: malformed, or not signed by the accused.
    """
    if b'"entente.frame-fork/1"' in data[:200]:
        return _judge_frames(parts, data)
    accused = parse_evidence(data).accused
    if accused not in _cosigners(parts) and accused != _log_key(parts, accused.name):
        raise EvidenceError(f"The key of {accused.name} is not one that is known here.")
    found = verify_evidence(data, accused)
    first, second = (_state(found.origin, head) for head in (found.first, found.second))
    return Judged(found.kind.value, accused.name, first, second)


def _state(origin: str, head: TreeHead) -> str:
    return f"{origin} with {head.size} entries and the root {head.root.hex()[:16]}"


def _judge_frames(parts: Parts, data: bytes) -> Judged:
    refusal: ExchangeError | None = None
    for peer in peers.all_peers(parts):
        if peer.state == "confirmed":
            end = peers.channel(parts, peer.card.name)
            try:
                one, two = verify_fork(data, end.peer, parts.suites, parts.clock())
            except ExchangeError as error:
                refusal = error
            else:
                texts = (f"message {item.sequence} with content {item.content[:16]}" for item in (one, two))
                return Judged("frame-fork", end.peer.name, *texts)
    raise refusal or EvidenceError("No peer is confirmed whose keys could be compared.")


def find(parts: Parts, text: str) -> tuple[str, Message]:
    """A message by its content id or the beginning of it (8 characters or more), or as `PEER/sent/7`.

    In a generation of the channel that is over it is `PEER/1/sent/7`. A content that went out again in the next
    generation is meant there.

    Raises:
        NodeError: there is none, or more than one.
    """
    peer, rest, way, number = _place(text)
    rows = models.Frame.objects.using(parts.alias).select_related("channel")
    if rest:
        rows = rows.filter(channel__peer_id=peer, way=way, sequence=int(number) if _is_number(number) else 0)
    else:
        rows = rows.filter(content__startswith=text) if len(text) >= _SHORTEST else rows.none()
    names = _latest({(row.channel.peer_id, row.way, row.sequence) for row in rows[:16]})
    if len(names) != 1:
        raise NodeError(
            f"{'No message' if not names else 'More than one message'} is called {text!r}.",
            remedy="Give a content id or PEER/sent/NUMBER or PEER/taken/NUMBER, as in `entente messages list`.",
        )
    ((peer, way, sequence),) = names
    with parts.uow.transaction(stored(parts.name, peer)) as tx:
        message = tx.message(Way(way), sequence)
    if message is None:
        raise NodeError(f"{text!r} is gone.", remedy="Look again.")
    return peer, message


def _place(text: str) -> tuple[str, str, str, str]:
    """Peer, whether there is more, way and number in a text such as `mx-pgr/1/sent/7`."""
    peer, _, rest = text.partition("/")
    past, _, after = rest.partition("/")
    if _is_number(past):
        peer, rest = f"{peer}/{past}", after
    way, _, number = rest.partition("/")
    return peer, rest, way, number


def _latest(names: set[tuple[str, str, int]]) -> set[tuple[str, str, int]]:
    """Of the copies of one message in several generations of a channel, the last one."""
    found: dict[tuple[str, str], tuple[str, str, int]] = {}
    for name in sorted(names, key=lambda one: int(one[0].partition("/")[2] or 10**9)):
        found[name[0].partition("/")[0], name[1]] = name
    return set(found.values()) if len(found) == 1 else names


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 16


def _payload(message: Message) -> bytes:
    try:
        return dsse.read(message.signed, payload_type=PAYLOAD_TYPE, limit=FRAME_LIMIT, what="frame").payload
    except ExchangeError as error:
        raise DamageError(f"The frame of message {message.sequence} is damaged.", remedy=error.remedy) from None
