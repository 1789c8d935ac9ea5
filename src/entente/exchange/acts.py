"""Signed acts that change something here: keys, handling, consent. Each is a function of verified contents.

Every function takes contents that `open_message` gave (or that this node released), and nothing it says is believed
beyond what its sender may say: a peer changes its own keys, an originator loosens its own items, a party consents for
itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from entente.exchange import strict
from entente.exchange.content import Content
from entente.exchange.errors import CompromisedKeyError, KeyRoleError, MessageError
from entente.exchange.handling import Marking, change, read_marking
from entente.exchange.keys import KeyHistory, KeyRecord
from entente.exchange.permits import Action


def keys_after(history: KeyHistory, content: Content, officers: Sequence[KeyRecord], at: datetime) -> KeyHistory:
    """The keys of a peer after its signed change of keys.

    A change signed with a key that it calls compromised adds nothing: whoever has that key could have written it.
    New keys then need a new pairing by fingerprint.

    Args:
        history: its keys until now.
        content: a verified content of the type `key-change`.
        officers: the keys of those who signed it.
        at: when it came; a compromise in the future is no statement of fact.

    Raises:
        KeyRoleError: the keys are another authority's.
        CompromisedKeyError: new keys under a compromised signature.
        UnknownKeyError: a key to retire was never pinned.
        MessageError: another type, or a compromise in the future.
    """
    _require_type(content, "key-change")
    if content.header.sender != history.owner:
        raise KeyRoleError(f"{content.header.sender} cannot change the keys of {history.owner}.")
    compromised = {entry["key"]: _moment(entry["since"]) for entry in content.body.get("compromised", ())}
    added = [KeyRecord.from_json(record) for record in content.body.get("add", ())]
    if added and {record.id for record in officers} & set(compromised):
        raise CompromisedKeyError("New keys were signed with a key that is said to be compromised in the same message.")
    if any(since > at for since in compromised.values()):
        raise MessageError("A key cannot be compromised from a future day on.", remedy="Ask the peer what is meant.")
    for record in added:
        history = history.with_added(record)
    for entry in content.body.get("retire", ()):
        history = history.with_retired(entry["key"], _moment(entry["at"]))
    for key, since in compromised.items():
        history = history.with_compromised(key, since)
    return history


def marking_after(content: Content, changes: Iterable[Content]) -> Marking:
    """The marking of an item after signed changes of its handling, in the order of the ledger.

    Raises:
        LooseningError: another authority than the originator loosens it.
        MessageError: a content of another type.
    """
    marking = content.header.marking
    for act in changes:
        _require_type(act, "handling-change")
        if act.body["item"] == content.id:
            wanted = read_marking(act.body["handling"])
            marking = change(marking, wanted, by=act.header.sender, originator=content.header.sender)
    return marking


def consents_to(
    item: str, consents: Iterable[Content], *, action: Action, to: str | None, today: date
) -> frozenset[str]:
    """The parties whose last word on an action with an item is a consent that still holds.

    Args:
        item: the content's id.
        consents: contents of the type `consent` that stand, in the order of the ledger.
        action: what would be done; a consent to one action is none to another.
        to: with whom it would be shared.
        today: the day.

    Raises:
        MessageError: a content of another type.
    """
    last: dict[str, bool] = {}
    for act in consents:
        _require_type(act, "consent")
        body = act.body
        if body["item"] == item and body["action"] == action.value and body.get("to") == to:
            last[act.header.sender] = body["answer"] == "granted" and body.get("until", "9999") >= today.isoformat()
    return frozenset(sender for sender, granted in last.items() if granted)


def _require_type(content: Content, name: str) -> None:
    if content.header.type != name:
        raise MessageError(f"A {content.header.type} is no {name}.")


def _moment(text: str) -> datetime:
    return strict.read_moment(text, what="moment")
