"""Public keys of an authority, with their history.

A `KeyRecord` is one public key and everything that was said about it when it was pinned; its id is the SHA-256 of
that, so nobody can quietly give an old key a new role or a longer life. A `KeyHistory` is all keys an authority ever
had. Nothing leaves it: a key is retired or compromised with a date, and what it signed before stays good.

Whether a signature existed before a date cannot be read from the signature. `at` is the moment by which its existence
is proven: for something that has just come, the time of arrival; for history, the time of the first checkpoint that
covers it and that another party cosigned. A time that the signer itself wrote (`claimed`) never makes a
compromised key good.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from entente.errors import Place
from entente.exchange import strict
from entente.exchange.errors import (
    ClockError,
    CompromisedKeyError,
    ExpiredKeyError,
    KeyRoleError,
    MalformedError,
    UnknownKeyError,
)

SKEW = timedelta(minutes=10)
"""How far two clocks may be apart."""

_DOMAIN = b"entente key 1\n"


class Role(Enum):
    """What a key is for; a key has one role only."""

    OFFICER = "officer"
    NODE = "node"
    SEAL = "seal"


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A public key as it was pinned.

    Attributes:
        suite: name of the suite, or `WebAuthn` for an officer's authenticator.
        role: what it is for.
        owner: the authority.
        holder: the officer's name or staff number within the authority; empty for keys of the node.
        public: the key in the suite's form; for `WebAuthn` the COSE key.
        start, end: validity, `[start, end)`.
    """

    suite: str
    role: Role
    owner: str
    holder: str
    public: bytes
    start: datetime
    end: datetime
    id: str = field(init=False)

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise MalformedError("A key ends before it starts.", place=Place(field="end"))
        if (self.role is Role.OFFICER) != bool(self.holder):
            raise MalformedError("An officer's key names a holder, no other key does.", place=Place(field="holder"))
        digest = hashlib.sha256(_DOMAIN + strict.write_object(self.as_json())).hexdigest()
        object.__setattr__(self, "id", digest)

    def as_json(self) -> dict[str, Any]:
        """The record as a JSON object."""
        return {
            "end": strict.write_moment(self.end),
            "holder": self.holder,
            "owner": self.owner,
            "public": strict.write_base64(self.public),
            "role": self.role.value,
            "start": strict.write_moment(self.start),
            "suite": self.suite,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> KeyRecord:
        """A record from a JSON object.

        Raises:
            MalformedError: a field is missing, wrong or not known: an id covers known fields only.
        """
        names = {"suite", "role", "owner", "holder", "public", "start", "end"}
        if set(value) != names:
            raise MalformedError(f"A key record has exactly the fields {', '.join(sorted(names))}.")
        if value["role"] not in {role.value for role in Role}:
            raise MalformedError(f"No key has the role {value['role']!r}.", place=Place(field="role"))
        return cls(
            suite=strict.field(value, "suite", str, what="key record"),
            role=Role(value["role"]),
            owner=strict.field(value, "owner", str, what="key record"),
            holder=strict.field(value, "holder", str, what="key record"),
            public=strict.read_base64(value["public"], what="A public key"),
            start=strict.read_moment(value["start"], what="start"),
            end=strict.read_moment(value["end"], what="end"),
        )


@dataclass(frozen=True, slots=True)
class KeyState:
    """A pinned key and what became of it.

    Attributes:
        record: the key.
        retired: from when it is no longer used; what was signed before stays good.
        compromised: from when others may have had it; only what is proven to be older stays good.
    """

    record: KeyRecord
    retired: datetime | None = None
    compromised: datetime | None = None

    @property
    def end(self) -> datetime:
        """From when it may not sign."""
        return min(self.record.end, self.retired or self.record.end)


@dataclass(frozen=True, slots=True)
class Use:
    """When a key was used.

    Attributes:
        claimed: when the signer says it signed.
        at: by when the signature is proven to have existed (see the module's text).
        late: how long after a key's end something is still taken that claims to be from before it. Zero by default;
            a person sets it when cooperation resumes after a silence longer than a key's life.
    """

    claimed: datetime
    at: datetime
    late: timedelta = timedelta(0)


class KeyHistory:
    """All keys of one authority, immutable: each change gives a new history.

    Args:
        owner: the authority.
        states: its keys.
    """

    def __init__(self, owner: str, states: Iterable[KeyState] = ()) -> None:
        self.owner = owner
        self._states = {state.record.id: state for state in states}
        if any(state.record.owner != owner for state in self._states.values()):
            raise KeyRoleError(f"A key of another authority cannot be pinned for {owner}.")

    def __iter__(self) -> Iterator[KeyState]:
        return iter(self._states.values())

    def state(self, key: str) -> KeyState:
        """A pinned key and its state.

        Raises:
            UnknownKeyError: it is not pinned.
        """
        if key not in self._states:
            raise UnknownKeyError(f"The key {key[:16]!r} is not pinned for {self.owner}.")
        return self._states[key]

    def usable(self, role: Role, at: datetime) -> tuple[KeyRecord, ...]:
        """Keys of a role that may be used at a moment, the one that was pinned last first."""
        return tuple(
            state.record
            for state in reversed(self._states.values())
            if state.record.role is role and state.record.start <= at < state.end and state.compromised is None
        )

    def require(self, key: str, role: Role, use: Use) -> KeyRecord:
        """The record of a key that was used in a role, if that use is good.

        Raises:
            UnknownKeyError, KeyRoleError, CompromisedKeyError, ExpiredKeyError, ClockError: it is not.
        """
        state = self.state(key)
        if state.record.role is not role:
            raise KeyRoleError(f"A key with the role {state.record.role.value} cannot stand for {role.value}.")
        if state.compromised is not None and use.at >= state.compromised:
            raise CompromisedKeyError(
                f"The key {key[:16]} of {self.owner} was in other hands from {strict.write_moment(state.compromised)}, "
                f"and the signature is not proven to be older."
            )
        if use.claimed > use.at + SKEW:
            raise ClockError(f"It claims to be from {strict.write_moment(use.claimed)}, which is still to come.")
        if not state.record.start - SKEW <= use.claimed < state.end or use.at >= state.end + SKEW + use.late:
            raise ExpiredKeyError(f"The key {key[:16]} of {self.owner} was not valid when it was used.")
        return state.record

    def with_added(self, record: KeyRecord) -> KeyHistory:
        """One more key. A key that is there keeps its state: pinning it again revives nothing."""
        return self if record.id in self._states else self._with(KeyState(record))

    def with_retired(self, key: str, at: datetime) -> KeyHistory:
        """A key that is no longer used from a moment on; the earlier of two moments counts."""
        state = self.state(key)
        return self._with(replace(state, retired=min(at, state.retired or at)))

    def with_compromised(self, key: str, since: datetime) -> KeyHistory:
        """A key that others may have had since a moment; the earlier of two moments counts."""
        state = self.state(key)
        return self._with(replace(state, compromised=min(since, state.compromised or since)))

    def _with(self, state: KeyState) -> KeyHistory:
        return KeyHistory(self.owner, {**self._states, state.record.id: state}.values())
