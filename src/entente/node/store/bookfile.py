"""The small state of a channel as JSON bytes, and back. The state of the ledger is kept apart: all channels ask it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from entente.exchange import strict
from entente.exchange.ledger.note import VerifierKey, parse_key
from entente.exchange.ledger.restore import Restored, Signing, State, Succeeding
from entente.exchange.ledger.succession import Succession
from entente.exchange.ledger.tree import TreeHead
from entente.exchange.sealing import Position
from entente.exchange.store import Ask, Book, Suspension
from entente.node.errors import StoreError


def write_book(book: Book) -> bytes:
    """All of a book but its ledger's state."""
    return strict.write_object(
        {
            "asked": _write_ask(book.asked),
            "checkpoint": _text(book.checkpoint),
            "cosigned": _text(book.cosigned),
            "held": [book.held_size, *map(strict.write_base64, book.held_peaks)],
            "mirror": [book.mirror_size, *map(strict.write_base64, book.mirror_peaks)],
            "recovered": list(book.recovered),
            "seen": _text(book.seen),
            "sent": [book.sent.sequence, book.sent.frame],
            "suspensions": [[entry.by, entry.content, entry.start.isoformat()] for entry in book.suspensions],
            "taken": [book.taken.sequence, book.taken.frame],
            "v": 1,
        }
    )


def read_book(data: bytes, ledger: bytes) -> Book:
    """A book from its two columns.

    Raises:
        StoreError: of another version of the store.
    """
    value = _object(data)
    size, *peaks = value["mirror"]
    held_size, *held_peaks = value.get("held", [0])  # a backup from before it was kept has none
    return Book(
        ledger=read_state(ledger),
        sent=Position(*value["sent"]),
        taken=Position(*value["taken"]),
        checkpoint=_bytes(value["checkpoint"]),
        cosigned=_bytes(value["cosigned"]),
        seen=_bytes(value["seen"]),
        mirror_size=size,
        mirror_peaks=tuple(strict.read_base64(peak, what="peak") for peak in peaks),
        held_size=held_size,
        held_peaks=tuple(strict.read_base64(peak, what="peak") for peak in held_peaks),
        suspensions=tuple(
            Suspension(by, content, datetime.fromisoformat(start)) for by, content, start in value["suspensions"]
        ),
        asked=_read_ask(value["asked"]),
        recovered=(value["recovered"][0], value["recovered"][1]),
    )


def write_state(state: State) -> bytes:
    """The state of a log."""
    return strict.write_object({**_state(state), "v": 1})


def read_state(data: bytes) -> State:
    """The state of a log.

    Raises:
        StoreError: of another version of the store.
    """
    value = _object(data)
    if value["state"] == "signing":
        return Signing(parse_key(value["log"]), _head(value["head"]))
    if value["state"] == "restored":
        reports = {name: _head(head) for name, head in value["reports"].items()}
        return Restored(parse_key(value["log"]), _head(value["head"]), _read_keys(value["peers"]), reports)
    succession = Succession(value["old"], _head(value["head"]), parse_key(value["new"]))
    return Succeeding(succession, _read_keys(value["peers"]), frozenset(value["confirmed"]))


def _state(state: State) -> dict[str, Any]:
    if isinstance(state, Signing):
        return {"state": "signing", "log": str(state.log), "head": _write_head(state.head)}
    if isinstance(state, Restored):
        reports = {name: _write_head(head) for name, head in state.reports.items()}
        known = {"log": str(state.log), "head": _write_head(state.head), "peers": _keys(state.peers)}
        return {"state": "restored", **known, "reports": reports}
    succession = state.succession
    return {
        "state": "succeeding",
        "old": succession.old_origin,
        "head": _write_head(succession.old_head),
        "new": str(succession.new),
        "peers": _keys(state.peers),
        "confirmed": sorted(state.confirmed),
    }


def _write_ask(ask: Ask) -> dict[str, Any]:
    return {**{item.name: getattr(ask, item.name) for item in fields(ask)}, "wanted": list(ask.wanted)}


def _read_ask(value: Mapping[str, Any]) -> Ask:
    return Ask(**{**value, "wanted": tuple(value["wanted"])})


def _keys(keys: Mapping[str, VerifierKey]) -> dict[str, str]:
    return {name: str(key) for name, key in keys.items()}


def _read_keys(value: Mapping[str, str]) -> dict[str, VerifierKey]:
    return {name: parse_key(text) for name, text in value.items()}


def _write_head(head: TreeHead) -> list[Any]:
    return [head.size, strict.write_base64(head.root)]


def _head(value: list[Any]) -> TreeHead:
    return TreeHead(value[0], strict.read_base64(value[1], what="root"))


def _text(data: bytes | None) -> str | None:
    return None if data is None else data.decode()


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode()


def _object(data: bytes) -> dict[str, Any]:
    value = strict.read_object(data, limit=64 * 1024 * 1024, what="state of a channel")
    if value.get("v") != 1:
        raise StoreError(
            "The state of a channel is of another version of Entente.", remedy="Run `entente node migrate`."
        )
    return value
