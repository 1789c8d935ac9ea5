"""What a meeting's minutes say that this authority undertakes becomes drafts of commitments."""

from __future__ import annotations

from entente.casework import engine
from entente.casework.engine import transition
from entente.casework.model import Command, person
from entente.casework.views import undertaken
from entente.node.services.desk.access_cases import access_object
from entente.node.services.desk.errors import not_found
from entente.node.services.desk.opening import new_id
from entente.node.services.desk.recording import Change, keep, writing
from entente.node.services.desk.rules import Who, check_machine, use_case
from entente.node.services.parts import Parts
from entente.node.store.desk_rows import Place, Proof

_NOTE = "commitments begun"


@use_case
def begin_commitments(parts: Parts, who: Who, meeting: str) -> tuple[str, ...]:
    """Begin a commitment for each undertaking of this authority in a meeting's minutes; once.

    Args:
        parts: the node.
        who: who begins them.
        meeting: the meeting.

    Raises:
        NotFoundError: there is no such meeting for this person.
    """
    with writing(parts):
        found = access_object(parts.alias, who, meeting)
        if found.state.machine != "meeting":
            raise not_found("meeting")
        check_machine(who, "commitment")
        done = sum(note["text"].startswith(_NOTE) for note in found.state.fields.get("notes", ()))
        if done:
            return ()
        by, now, made = person(who.name), parts.clock(), list[str]()
        for command in undertaken(found.state, parts.name):
            state, events = engine.begin("commitment", new_id("commitment"), command, by, now)
            keep(parts.alias, Change(None, state, events, (Proof(who.id),)), place=Place(found.unit, found.group))
            made.append(state.object)
        if made:
            note = Command("note", {"text": f"{_NOTE}: {', '.join(made)}"})
            after, noted = transition(found.state, note, by, now)
            keep(parts.alias, Change(found.state, after, noted, (Proof(who.id),)), found.key)
    return tuple(made)
