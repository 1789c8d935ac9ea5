"""The message of a command that two people do: its body, whom to, and how it is marked."""

from __future__ import annotations

from dataclasses import dataclass, replace

from entente.casework.engine import transition
from entente.casework.model import Command, State, folded, pair
from entente.casework.outgoing import Draft, to_message
from entente.exchange.answers import Answers
from entente.exchange.content import Content
from entente.exchange.handling import Marking, combine
from entente.exchange.messages import load_registry
from entente.node.services import peers, sending
from entente.node.services.desk import sources
from entente.node.services.desk.rules import Who
from entente.node.services.parts import Parts

_OTHER = "second person"


@dataclass(frozen=True, slots=True)
class Said:
    """What people say of a release beside its words.

    Attributes:
        handling: more than what the message has to be marked with anyway; never less.
        answers: to the questions of its marking, such as the reference of the assessment for personal data.
    """

    handling: Marking | None = None
    answers: Answers | None = None


def message(parts: Parts, who: Who, state: State, command: Command, said: Said) -> Content | None:
    """The message that a command would send now, unsigned; None if it sends none.

    Args:
        parts: the node.
        who: who prepares it.
        state: the object.
        command: of its machine, for two people.
        said: handling and answers.

    Raises:
        CaseworkError: the command is not possible now.
        HandlingRefusedError: it may not be given to a recipient; with every reason.
        PairingError: a recipient is no confirmed peer.
        MessageError: the message does not fit its type.
    """
    after, (event,) = transition(state, command, pair(who.name, _partner(who, state, command)), parts.clock())
    if event.sends is None:
        return None
    draft = to_message(state, event, after, parts.name)
    given = sources.markings(parts, state, event, draft.recipients)
    marking = combine(draft.least, *given, *([said.handling] if said.handling else []))
    made = _content(parts, draft, marking, _answers(marking, said.answers or Answers()))
    for peer in draft.recipients:
        peers.channel(parts, peer)
        sending.permitted(parts, made, peer)
    return made


def _partner(who: Who, state: State, command: Command) -> str:
    """Whom a rule wants beside who prepares it, such as a supervisor; the real one is judged when both have signed."""
    named = [str({**state.fields, **command.data}.get(name, "")) for name in ("supervisor", "owner")]
    return next((name for name in named if name and folded(name) != folded(who.name)), _OTHER)


def _answers(marking: Marking, given: Answers) -> Answers:
    """What is released for: if the marking leaves one purpose only, nobody has to say it."""
    if given.purpose or marking.purposes is None or len(marking.purposes) != 1:
        return given
    return replace(given, purpose=next(iter(marking.purposes)))


def _content(parts: Parts, draft: Draft, marking: Marking, answers: Answers) -> Content:
    version = max(number for kind, number in load_registry().types if kind == draft.type)
    made = sending.make(
        parts,
        draft.type,
        draft.body,
        draft.recipients,
        marking,
        version=version,
        predicate=draft.predicate,
        supersedes=draft.supersedes,
        withdraws=draft.withdraws,
        answers=answers,
    )
    parts.types.check(made)
    return made
