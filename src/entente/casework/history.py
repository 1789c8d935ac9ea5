"""Events as JSON objects, for a store, and back: the same event, whatever store kept it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from entente.casework.model import Actor, Event, Hand


def event_as_json(event: Event) -> dict[str, Any]:
    """An event as a JSON object; the moment keeps its microseconds."""
    by = {"hand": event.by.hand.value, "names": list(event.by.names), "message": event.by.message}
    return {**asdict(event), "at": event.at.isoformat(), "by": by}


def event_from_json(value: Mapping[str, Any]) -> Event:
    """The event that `event_as_json` wrote."""
    by = value["by"]
    actor = Actor(Hand(by["hand"]), tuple(by["names"]), by["message"])
    return Event(**{**value, "at": datetime.fromisoformat(value["at"]).astimezone(UTC), "by": actor})
