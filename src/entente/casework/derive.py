"""What a machine works out from a command and keeps with the event, by the name that tables use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from entente.casework.model import Asked
from entente.casework.reconcile import reconcile
from entente.exchange import strict


def _reply(asked: Asked) -> Mapping[str, Any]:
    """When the reply came, and by which message, so that taking that message back takes the reply away."""
    message = {"reply-message": asked.by.message} if asked.by.message else {}
    return {"replied-at": strict.write_moment(asked.now), **message}


def _reconciled(asked: Asked) -> Mapping[str, Any]:
    arrivals = [*asked.before.get("arrivals", ()), asked.data]
    return {"reconciliation": [line.as_json() for line in reconcile(asked.before.get("goods", ()), arrivals)]}


def _members(asked: Asked) -> Mapping[str, Any]:
    """The authorities that know of a joint case: who sent it, and those that something was shared with."""
    joined = asked.data.get("to") or asked.by.names[0]
    return {"members": sorted({*asked.before.get("members", ()), joined})}


def _decided(asked: Asked) -> Mapping[str, Any]:
    return {"decided": asked.data.get("decided") or asked.now.date().isoformat()}


def minutes_digest(text: str) -> str:
    """What is signed of minutes: the SHA-256 of their UTF-8 bytes, in hexadecimal."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _minutes(asked: Asked) -> Mapping[str, Any]:
    return {"minutes-sha256": minutes_digest(asked.data["minutes"])}


DERIVES: Mapping[str, Callable[[Asked], Mapping[str, Any]]] = {
    "reply": _reply,
    "reconciled": _reconciled,
    "members": _members,
    "decided": _decided,
    "minutes-digest": _minutes,
}
