"""What other authorities gave and what goes out again: their markings go with it.

A case item of the kind `message` names a content by its id. If another authority sent it, its marking is combined into
that of the message, and the originator is named among those whose consent a further share needs; the permit of the
release (`sending.permitted`) then asks for it.
"""

from __future__ import annotations

from entente.casework.model import Event, State
from entente.exchange.handling import Marking, inherited
from entente.exchange.store import Way
from entente.node.services import reading
from entente.node.services.desk.access_cases import access_message
from entente.node.services.parts import Parts


def markings(parts: Parts, state: State, event: Event) -> list[Marking]:
    """The markings that a message inherits from the items that go into it.

    Raises:
        SealError: what was received can no longer be read here.
    """
    found: list[Marking] = []
    numbers = event.data.get("items", ())
    for item in state.fields.get("items", ()):
        if item["entry"] in numbers and item["kind"] == "message":
            row = access_message(parts.alias, str(item.get("reference", "")))
            if row is not None and row.way is Way.TAKEN:
                content = reading.content(parts, row)
                found.append(inherited(content.header.marking, content.header.sender))
    return found
