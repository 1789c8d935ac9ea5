"""The one way to change an object: `transition(state, command, by, now)`.

The state is what the events add up to (`replay`), so a store may keep either and prove the other. A refused command
raises and leaves nothing. Time comes from the caller; it never runs backwards for an object: after an event, guards see
at least that event's moment, whatever a clock that was set back says.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import fastjsonschema

from entente.casework.derive import DERIVES
from entente.casework.errors import ClockError, FieldsError, FourEyesError, NotNowError, WrongActorError
from entente.casework.guards import GUARDS
from entente.casework.model import Actor, Asked, Command, Event, Hand, State, folded
from entente.casework.tables import STAY, CommandSpec, Machine, machine
from entente.errors import Place


def transition(state: State, command: Command, by: Actor, now: datetime) -> tuple[State, tuple[Event, ...]]:
    """The state after a command, and what happened.

    Args:
        state: the object as it stands.
        command: what is wanted.
        by: who wants it; two different people where the table says so.
        now: the moment, with a time zone.

    Raises:
        CaseworkError: it is not possible; its class and code say why, and nothing changed.
    """
    made = machine(state.machine)
    spec = made.command(command.name)
    if spec.starts or state.at not in spec.sources or state.side not in spec.sides:
        raise NotNowError(f"{command.name!r} is not possible for a {made.name} that is {state.at!r} on {state.side}.")
    _check_actor(spec, by, state.counterpart)
    event = _event(made, spec, state, state.object, command, by, now)
    return apply(state, event), (event,)


def begin(
    machine_name: str, object_id: str, command: Command, by: Actor, now: datetime
) -> tuple[State, tuple[Event, ...]]:
    """A new object, by a command that starts one.

    Args:
        machine_name: what it is.
        object_id: its id; unique in this node.
        command: the command that starts it.
        by: who wants it.
        now: the moment, with a time zone.

    Raises:
        CaseworkError: it is not possible.
    """
    made = machine(machine_name)
    spec = made.command(command.name)
    if not spec.starts:
        raise NotNowError(f"{command.name!r} needs a {made.name} that is there already.")
    _check_actor(spec, by, None)
    event = _event(made, spec, None, object_id, command, by, now)
    return apply(None, event), (event,)


def possible(state: State) -> tuple[CommandSpec, ...]:
    """The commands that the table has for the object as it stands; guards may still refuse one."""
    specs = machine(state.machine).commands.values()
    return tuple(one for one in specs if state.at in one.sources and state.side in one.sides)


def replay(events: Iterable[Event]) -> State:
    """The state that a whole history adds up to.

    Raises:
        NotNowError: there is no event, or one is missing or out of order.
    """
    state: State | None = None
    for event in events:
        if event.number != (state.events if state else 0) + 1:
            raise NotNowError(f"Event {event.number} of {event.object} does not follow the one before it.")
        state = apply(state, event)
    if state is None:
        raise NotNowError("An object without an event is none.")
    return state


def apply(state: State | None, event: Event) -> State:
    """The state after an event that happened; it is not judged again."""
    spec = machine(event.machine).command(event.command)
    before: Mapping[str, Any] = state.fields if state else {}
    fields = {name: value for name, value in before.items() if name not in spec.clears}
    if spec.adds:
        entry = {**event.data, "entry": event.number, "entry-at": _written(event.at), "entry-by": list(event.by.names)}
        fields[spec.adds] = [*fields.get(spec.adds, ()), entry]
    else:
        fields |= event.data
    fields |= event.derived
    at = event.at if state is None else max(event.at, state.since)
    return State(
        machine=event.machine,
        object=event.object,
        side=state.side if state else spec.sides[0],
        counterpart=_counterpart(state, event),
        at=event.target,
        fields=fields,
        events=event.number,
        since=at,
    )


def _event(
    made: Machine, spec: CommandSpec, state: State | None, name: str, command: Command, by: Actor, now: datetime
) -> Event:
    data = _checked(spec, command.data)
    at = _moment(now)
    asked = Asked(state, command.name, data, by, max(at, state.since) if state else at)
    for guard in spec.guards:
        GUARDS[guard](asked)
    derived = DERIVES[spec.derives](asked) if spec.derives else {}
    source = state.at if state else None
    return Event(
        machine=made.name,
        object=name,
        number=(state.events if state else 0) + 1,
        at=at,
        command=command.name,
        by=by,
        source=source,
        target=_target(spec, data, source),
        data=data,
        derived=derived,
        sends=spec.sends,
    )


def _target(spec: CommandSpec, data: Mapping[str, Any], source: str | None) -> str:
    target = spec.target if isinstance(spec.target, str) else spec.target[data[spec.choice or ""]]
    return str(source) if target == STAY else target


def _checked(spec: CommandSpec, data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields as a copy of our own, so that nobody can change them under the event."""
    try:
        copy: dict[str, Any] = json.loads(json.dumps(dict(data), allow_nan=False))
        spec.check(copy)
    except fastjsonschema.JsonSchemaValueException as error:
        place = Place(field=str(error.name).removeprefix("data").removeprefix("."))
        raise FieldsError(f"{spec.name!r}: {error.message}.", place=place) from None
    except (TypeError, ValueError):
        raise FieldsError(f"{spec.name!r} carries something that is no JSON.") from None
    return copy


def _check_actor(spec: CommandSpec, by: Actor, counterpart: str | None) -> None:
    if by.hand not in spec.by:
        if spec.by == (Hand.PAIR,) and by.hand is Hand.PERSON:
            raise FourEyesError(f"{spec.name!r} needs two different people.")
        raise WrongActorError(f"{spec.name!r} is for {' or '.join(spec.by)}, not for {by.hand}.")
    names = [folded(name) for name in by.names]
    if len(names) != _COUNTS[by.hand] or not all(names):
        raise WrongActorError(f"{spec.name!r} does not say who acts.")
    if by.hand is Hand.PAIR and names[0] == names[1]:
        raise FourEyesError(f"{spec.name!r} needs two different people; both are {by.names[0]!r}.")
    if by.hand is Hand.PEER and (not by.message or counterpart not in {None, by.names[0]}):
        raise WrongActorError(f"{by.names[0]} is not the other side of this object, or no message is named.")


_COUNTS = {Hand.PERSON: 1, Hand.PAIR: 2, Hand.PEER: 1, Hand.NODE: 0}


def _counterpart(state: State | None, event: Event) -> str | None:
    """The other side: who sent it, or whom a draft is for; a peer never says it in its message."""
    if machine(event.machine).several:
        return None
    if event.by.hand is Hand.PEER:
        return event.by.names[0]
    return event.data.get("counterpart") or (state.counterpart if state else None)


def _moment(now: datetime) -> datetime:
    if now.tzinfo is None or now.utcoffset() is None:
        raise ClockError("A moment without a time zone is none.")
    return now.astimezone(UTC)


def _written(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
