"""What changed between two registers, or between two days of knowledge of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from entente.substances.model import Instrument, Listing, Substance
from entente.substances.register import Register

# Where a row stands in a file, and when it was learned, is not what it says.
_IGNORED = frozenset({"file", "line", "known"})


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `kind` is substance, listing or instrument; `what` is added, removed or changed.

    `field`, `before` and `after` are given for a change.
    """

    kind: str
    what: str
    id: str
    field: str | None = None
    before: Any = None
    after: Any = None


def diff(old: Register, new: Register) -> tuple[Change, ...]:
    """Differences from `old` to `new`, sorted by kind and id."""
    return (
        *_compare("instrument", old.instruments, new.instruments),
        *_compare("substance", old.substances, new.substances),
        *_compare("listing", {x.id: x for x in old.listings}, {x.id: x for x in new.listings}),
    )


Row = Substance | Listing | Instrument


def _compare(kind: str, old: Mapping[str, Row], new: Mapping[str, Row]) -> Iterator[Change]:
    for key in sorted(old.keys() | new.keys()):
        if key not in new:
            yield Change(kind, "removed", key)
        elif key not in old:
            yield Change(kind, "added", key)
        else:
            yield from _changed(kind, key, old[key], new[key])


def _changed(kind: str, key: str, old: Row, new: Row) -> Iterator[Change]:
    for field in fields(old):
        before, after = getattr(old, field.name), getattr(new, field.name)
        if field.name not in _IGNORED and before != after:
            yield Change(kind, "changed", key, field.name, before, after)
