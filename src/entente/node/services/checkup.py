"""The doctor: what is wrong with a node or soon will be, each with what to do. Nothing is changed here."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from pathlib import Path

from django.db import connections
from django.db.models import Max, Min

from entente.errors import EntenteError
from entente.exchange.keys import SKEW, KeyState, Role
from entente.exchange.ledger.checkpoint import open_checkpoint
from entente.exchange.ledger.note import VerifierKey
from entente.exchange.ledger.restore import Signing
from entente.exchange.ledger.tilelog import TileLog
from entente.exchange.store import Book
from entente.node import keyring
from entente.node.cards import origin
from entente.node.errors import NodeError
from entente.node.files import check_private
from entente.node.services import peers, pins
from entente.node.services.parts import Parts
from entente.node.store import database, models

_GIB = 1024**3
_SOON = timedelta(days=60)
_SILENT = timedelta(days=7)
_OLD_LISTS = timedelta(days=365)


class Level(Enum):
    """How bad it is."""

    GOOD = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, how it is, and what to do (empty if nothing)."""

    level: Level
    what: str
    words: str
    remedy: str = ""


def examine(parts: Parts, *, everything: bool = False) -> Iterator[Finding]:
    """Look at the whole node.

    Args:
        parts: the node; if it is unlocked, its private keys are looked at too.
        everything: read every entry and every ciphertext, which takes minutes for a large node.
    """
    yield Finding(Level.GOOD, "settings", f"{parts.name}, {parts.config.jurisdiction}, suite {parts.config.suite}")
    for look in (_directory, _disk, _database, _clock, _keys, _peers, _ledger, _outbox, _lists):
        yield from _all_of(look.__name__.removeprefix("_"), look(parts))
    yield from _all_of("ciphertext", _ciphertext(parts, everything=everything))
    if everything:
        yield from _all_of("ledger", _entries(parts))


def _all_of(what: str, findings: Iterator[Finding]) -> Iterator[Finding]:
    """The findings of one look; what keeps it from looking on is a finding, and the others go on."""
    try:
        yield from findings
    except EntenteError as error:
        yield Finding(Level.ERROR, what, error.message, error.remedy)


def _directory(parts: Parts) -> Iterator[Finding]:
    bad = [path for path in (parts.home.path, parts.home.keys, *parts.home.keys.rglob("*")) if not _private(path)]
    for path in bad:
        remedy = f"chmod {'700' if path.is_dir() else '600'} {path}. If somebody may have read keys, replace them."
        yield Finding(Level.ERROR, "directory", f"Others may read {path}.", remedy)
    if not bad:
        yield Finding(Level.GOOD, "directory", f"{parts.home.path}, for its owner only")


def _private(path: Path) -> bool:
    try:
        check_private(path)
    except NodeError:
        return False
    return True


def _disk(parts: Parts) -> Iterator[Finding]:
    free = shutil.disk_usage(parts.home.path).free
    level = Level.ERROR if free < _GIB // 4 else Level.WARNING if free < 2 * _GIB else Level.GOOD
    remedy = "" if level is Level.GOOD else "Make room. A full disk stops the node; nothing is lost."
    yield Finding(level, "disk", f"{free / _GIB:.1f} GiB free", remedy)


def _database(parts: Parts) -> Iterator[Finding]:
    if missing := database.missing_migrations(parts.alias):
        yield Finding(Level.ERROR, "database", f"{len(missing)} migrations are missing.", "entente node migrate")
        return
    wrong = list(_postgres(parts) if database.is_postgres(parts.alias) else _sqlite(parts))
    yield from wrong
    if not wrong:
        yield Finding(Level.GOOD, "database", f"{connections[parts.alias].vendor}, up to date, commits are durable")


def _sqlite(parts: Parts) -> Iterator[Finding]:
    with connections[parts.alias].cursor() as cursor:
        found = {name: cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}
        broken = cursor.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != {"journal_mode": "wal", "synchronous": 2}:
        remedy = "Move the directory to a file system on a disk of this machine."
        yield Finding(Level.ERROR, "database", f"SQLite does not take its settings: {found}.", remedy)
    if broken != "ok":
        yield Finding(Level.ERROR, "database", f"SQLite says: {broken}.", "Restore a backup: entente node restore")


def _postgres(parts: Parts) -> Iterator[Finding]:
    with connections[parts.alias].cursor() as cursor:
        for name in ("fsync", "full_page_writes", "synchronous_commit"):
            cursor.execute(f"SHOW {name}")
            (value,) = cursor.fetchone()
            if value == "off":
                remedy = f"Set {name} = on in postgresql.conf. Without it a power cut loses acknowledged messages."
                yield Finding(Level.ERROR, "database", f"PostgreSQL runs with {name} off.", remedy)


def _clock(parts: Parts) -> Iterator[Finding]:
    now = parts.clock()
    last = models.Frame.objects.using(parts.alias).aggregate(last=Max("at"))["last"]
    if last is not None and last > now + SKEW:
        words = f"It is {_moment(now)}, but something was committed at {_moment(last)}."
        yield Finding(Level.ERROR, "clock", words, "Set the clock of this machine (chrony, systemd-timesyncd).")
        return
    ahead = [name for name, time in _peer_times(parts) if time > now + SKEW]
    for name in ahead:
        remedy = "Compare both clocks; times of keys and messages depend on them."
        yield Finding(Level.WARNING, "clock", f"The clock of {name} is ahead of this one, or this one is late.", remedy)
    if not ahead:
        yield Finding(Level.GOOD, "clock", f"{_moment(now)}")


def _peer_times(parts: Parts) -> Iterator[tuple[str, datetime]]:
    """When each peer, by its own clock, last cosigned a log of this node."""
    log, _ = keyring.public_ledger_keys(parts.home.keys)
    for name, book in _books(parts):
        if book.cosigned:
            key = peers.paired(parts, name).card.cosigner_key()
            signed = open_checkpoint(book.cosigned, _own_log(parts, name, log), (key,))
            if key in signed.times:
                yield name, datetime.fromtimestamp(signed.times[key], UTC)


def _own_log(parts: Parts, peer: str, public: bytes) -> VerifierKey:
    return VerifierKey(origin(parts.name, peer, peers.generation(parts, peer)), public)


def _books(parts: Parts) -> Iterator[tuple[str, Book]]:
    for row in models.Channel.objects.using(parts.alias).exclude(peer__name__contains="/").order_by("name"):
        with parts.uow.transaction(row.name) as tx:
            yield row.peer_id, tx.book()


def _keys(parts: Parts) -> Iterator[Finding]:
    now, own = parts.clock(), pins.history(parts.alias, parts.name)
    here = {record.id for record in keyring.public_records(parts.home.keys)}
    for role in (Role.NODE, Role.SEAL):
        usable = [record for record in own.usable(role, now) if record.id in here]
        if not usable:
            yield Finding(Level.ERROR, "keys", f"No key for {role.value} is valid and here.", "entente peer rotate")
        elif max(record.end for record in usable) < now + _SOON:
            words = f"The key for {role.value} ends on {max(record.end for record in usable):%Y-%m-%d}."
            yield Finding(Level.WARNING, "keys", words, "entente peer rotate")
    officers = {record.holder for record in own.usable(Role.OFFICER, now)}
    if len(officers) < 2:
        words = f"{len(officers)} officers have a valid key; a release needs two."
        yield Finding(Level.ERROR, "keys", words, "entente node officer add NAME")
    yield from _ending("keys", [state for state in own if state.record.role is Role.OFFICER], now)
    locked = ", not opened" if parts.keyring is None else ", opened"
    yield Finding(Level.GOOD, "keys", f"{len(here)} private keys{locked}; {len(officers)} officers")


def _ending(what: str, states: list[KeyState], now: datetime) -> Iterator[Finding]:
    for state in states:
        if now < state.end < now + _SOON and state.compromised is None:
            who = state.record.holder or f"{state.record.owner} ({state.record.role.value})"
            remedy = "Replace it in time: entente peer rotate" if what == "keys" else "Ask the peer for a new key."
            yield Finding(Level.WARNING, what, f"The key of {who} ends on {state.end:%Y-%m-%d}.", remedy)


def _peers(parts: Parts) -> Iterator[Finding]:
    now, found = parts.clock(), peers.all_peers(parts)
    for one in found:
        name = one.card.name
        if one.state == "unconfirmed":
            remedy = f"entente peer confirm {name}"
            yield Finding(Level.WARNING, "peers", f"{name} is not confirmed; nothing passes.", remedy)
        if one.state == "confirmed":
            yield from _ending("peers", list(pins.history(parts.alias, name)), now)
    yield Finding(Level.GOOD, "peers", ", ".join(f"{one.card.name} {one.state}" for one in found) or "none yet")


def _ledger(parts: Parts) -> Iterator[Finding]:
    for row in models.EvidenceFile.objects.using(parts.alias).order_by("at"):
        peer = models.Channel.objects.using(parts.alias).get(pk=row.channel_id).peer_id.partition("/")[0]
        words = f"{peer} signed what proves a {row.kind} ({_moment(row.at)})."
        yield Finding(
            Level.ERROR, "ledger", words, f"A person decides. Write it to files: entente peer evidence {peer} FOLDER"
        )
    for name, book in _books(parts):
        if not isinstance(book.ledger, Signing):
            words = f"Back from a backup; waits for {', '.join(sorted(book.ledger.awaited)) or 'a succession'}."
            yield Finding(Level.WARNING, "ledger", words, f"Meet {name}: entente sync {name}, or by bundle.")
        for entry in book.suspensions:
            yield Finding(
                Level.WARNING, "ledger", f"{entry.by} has suspended cooperation with {name}.", "A person decides."
            )
    entries = models.Leaf.objects.using(parts.alias).count()
    yield Finding(Level.GOOD, "ledger", f"{entries:,} entries in the logs of this node")


def _entries(parts: Parts) -> Iterator[Finding]:
    """Every entry against the last signed head, and every tile against the entries."""
    if parts.keyring is None:
        yield Finding(Level.WARNING, "ledger", "Tiles were not compared: the keys are locked.", "Give the passphrase.")
        return
    for one in peers.all_peers(parts):
        if one.state == "confirmed":
            yield from _audit(parts, one.card.name)


def _audit(parts: Parts, name: str) -> Iterator[Finding]:
    end = peers.channel(parts, name)
    try:
        with parts.uow.transaction(end.id) as tx:
            state = tx.book().ledger
            repaired = _repaired(end.tiles(tx.leaves, state.head)) if isinstance(state, Signing) else []
    except EntenteError as error:
        yield Finding(Level.ERROR, "ledger", f"{name}: {error.message}", error.remedy)
    else:
        words = f"{name}: every entry is the one that was signed"
        yield Finding(Level.GOOD, "ledger", words + (f"; tiles made anew: {len(repaired)}" if repaired else ""))


def _repaired(log: TileLog) -> list[str]:
    """Tiles that were made anew when the log was opened, or now that all are looked at."""
    log.audit()
    return log.repaired


def _outbox(parts: Parts) -> Iterator[Finding]:
    now = parts.clock()
    for row in models.Channel.objects.using(parts.alias).order_by("name"):
        waiting = models.Outgoing.objects.using(parts.alias).filter(channel=row)
        first = waiting.aggregate(first=Min("sequence"))["first"]
        if first is not None:
            frame = models.Frame.objects.using(parts.alias).get(channel=row, way="sent", sequence=first)
            if frame.at < now - _SILENT:
                words = f"{waiting.count()} messages to {row.peer_id} have no receipt, since {_moment(frame.at)}."
                yield Finding(Level.WARNING, "outbox", words, f"entente sync {row.peer_id}, or by bundle.")


def _ciphertext(parts: Parts, *, everything: bool) -> Iterator[Finding]:
    named, there = parts.uow.blobs.named_packs(), parts.uow.blobs.packs()
    missing = sorted(named - there) if not everything else list(parts.uow.blobs.damaged())
    for name in missing[:10]:
        words = f"The ciphertext {name[:16]} is missing or damaged."
        yield Finding(Level.ERROR, "ciphertext", words, "Restore blobs/ from a backup.")
    if not missing:
        words = f"{len(named):,} packs" + (", every one as its digest says" if everything else "")
        left = f"; {len(there - named)} left from a crash, removed by --sweep" if there - named else ""
        yield Finding(Level.GOOD, "ciphertext", words + left)


def _lists(parts: Parts) -> Iterator[Finding]:
    from entente.substances.register import load_register

    newest = max(one.version for one in load_register().lists)
    old = date.fromisoformat(newest) < (parts.clock() - _OLD_LISTS).date()
    remedy = "Update Entente: laws have changed since." if old else ""
    yield Finding(Level.WARNING if old else Level.GOOD, "lists", f"control lists as known on {newest}", remedy)


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
