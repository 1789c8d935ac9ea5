"""Moments in the fields of an object: when something is due, whether it has passed, and how long the time stood still.

A moment is compared with a moment, so neither a zone nor a change to summer time moves it. A bare day has passed when
it has ended everywhere on earth (UTC-12). While cooperation is suspended the time stands still: what was frozen is
added.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from entente.exchange import strict

ANYWHERE = timedelta(hours=36)
"""From the beginning of a day in UTC until it has ended in the last zone."""


def passed(fields: Mapping[str, Any], name: str, now: datetime) -> bool:
    """Whether a deadline has passed; one that is frozen, or was never set, has not."""
    due = due_at(fields, name)
    return due is not None and not frozen(fields) and due + frozen_for(fields, now) < now


def due_at(fields: Mapping[str, Any], name: str) -> datetime | None:
    """The moment in a field, before frozen time is added; of a bare day, when it has ended everywhere."""
    value = fields.get(name)
    if value is None:
        return None
    return strict.read_moment(value, what=name) if "T" in value else day_ended(strict.read_day(value, what=name))


def day_ended(day: date) -> datetime:
    """The moment at which a day has ended everywhere on earth."""
    return datetime.combine(day, time(), UTC) + ANYWHERE


def frozen_for(fields: Mapping[str, Any], now: datetime) -> timedelta:
    """How long the time has stood still for an object until a moment."""
    starts = [strict.read_moment(entry["from"], what="from") for entry in fields.get("freezes", ())]
    ends = [strict.read_moment(entry["until"], what="until") for entry in fields.get("thaws", ())]
    spans = zip(starts, [*ends, now], strict=False)
    return sum((max(end - start, timedelta()) for start, end in spans), timedelta())


def frozen(fields: Mapping[str, Any]) -> bool:
    """Whether the time stands still."""
    return len(fields.get("freezes", ())) > len(fields.get("thaws", ()))


def moment(fields: Mapping[str, Any], name: str) -> datetime:
    """The moment in a field that is there."""
    return strict.read_moment(fields[name], what=name)
