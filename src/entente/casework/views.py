"""What is read off objects: what of a case an authority was shown, what its outcome teaches, what is side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from entente.casework.model import Command, State

OUTCOMES = {"confirmed": "confirmed", "refuted": "cleared", "not-established": "open"}
"""A case's outcome in the words of `entente leads calibrate`: what is not established teaches nothing."""


def items(case: State) -> tuple[Mapping[str, Any], ...]:
    """The items that are in a case: added or taken in, not struck, not moved into another case."""
    gone = {entry["item"] for entry in case.fields.get("strikes", ())}
    for entry in case.fields.get("splits", ()):
        gone |= set(entry["items"])
    return tuple(entry for entry in case.fields.get("items", ()) if entry["entry"] not in gone)


def shown_to(case: State, authority: str) -> tuple[Mapping[str, Any], ...]:
    """The items of a case that were released to another authority, and nothing else of it.

    What was struck or moved later is still in it: it was released.
    """
    numbers: set[int] = set()
    for entry in case.fields.get("shares", ()):
        if entry["to"] == authority:
            numbers |= set(entry["items"])
    return tuple(entry for entry in case.fields.get("items", ()) if entry["entry"] in numbers)


def outcomes(cases: Iterable[State]) -> Iterator[dict[str, str]]:
    """Rows for `entente leads calibrate`: one for each lead of each closed case.

    A lead that was struck from its case takes no outcome from it.
    """
    for case in cases:
        if case.machine != "case" or case.at != "closed":
            continue
        leads = {item["reference"]: None for item in items(case) if item["kind"] == "lead"}
        if "lead" in case.fields:
            leads.setdefault(case.fields["lead"])
        for lead in leads:
            told = {"outcome": OUTCOMES[case.fields["outcome"]], "decided_on": case.fields["decided"]}
            yield {"lead_id": lead, **told, "note": case.object}


def side_by_side(state: State) -> tuple[Mapping[str, Any], ...]:
    """What each side says of a commitment or statement, in the order in which it was said."""
    return tuple(state.fields.get("claims", ()) or state.fields.get("answers", ()))


def undertaken(meeting: State, own: str) -> Iterator[Command]:
    """The commands that begin a commitment for each undertaking of this authority in a meeting's minutes.

    It is owed to the first of the other members; whom else it binds, the text says.
    """
    others = [name for name in meeting.fields.get("members", ()) if name != own]
    for entry in meeting.fields.get("undertakings", ()):
        if entry["authority"] == own and others:
            told = {"text": entry["text"], "due": entry["due"], "source": meeting.fields["title"]}
            yield Command("draft", {**told, "counterpart": others[0], "meeting": meeting.object})
