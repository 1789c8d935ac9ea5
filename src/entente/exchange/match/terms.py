"""The terms of a run: what both sides agreed on, and what every hashed element is bound to.

    terms    = SHA-256("entente match terms 1" NUL canonical JSON of the agreed terms)
    element  = SHA-256("entente match element 1" NUL kind "/" edition NUL terms key), in hexadecimal
    token    = SHA-256("entente match token 1" NUL terms key), by which the client shows a common element
    proof    = SHA-256("entente match proof 1" NUL terms key), by which the server shows that it has that element too

The run's 32 random bytes and the commitments to both sets are among the terms. So an element of one run, kind, edition
or set means nothing in another. A message under other terms is refused; otherwise the two sides would quietly have
nothing in common.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from entente.exchange import strict
from entente.exchange.content import Predicate

_TERMS = b"entente match terms 1\0"
_ELEMENT = b"entente match element 1\0"
_TOKEN = b"entente match token 1\0"
_PROOF = b"entente match proof 1\0"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an offer says.

    Attributes:
        run: 32 random bytes in base64; names the run and salts its elements.
        asker, asked: the authorities.
        client: which of them learns; the asked one by default.
        kind, edition, fold, engine: what is compared, and how.
        purpose: what for; budgets are counted under it.
        predicate: what it follows from.
        size, commitment: of the asker's set.
        most: the largest set that it takes from the other side.
        persons, case: whether natural persons are concerned, and in which case.
        due: when it ends, whatever its state.
    """

    run: str
    asker: str
    asked: str
    client: str
    kind: str
    edition: int
    fold: str
    engine: str
    purpose: str
    predicate: Predicate
    size: int
    most: int
    commitment: str
    persons: bool
    case: str | None
    due: datetime

    def as_body(self) -> dict[str, Any]:
        """The body of the offer; asker, asked and predicate stand in its header."""
        body = {
            "run": self.run,
            "keys": self.kind,
            "edition": self.edition,
            "fold": self.fold,
            "engine": self.engine,
            "client": self.client,
            "purpose": self.purpose,
            "size": self.size,
            "most": self.most,
            "commitment": self.commitment,
            "persons": self.persons,
            "due": strict.write_moment(self.due),
        }
        return body | ({"case": self.case} if self.case else {})

    @classmethod
    def from_body(cls, body: Mapping[str, Any], asker: str, asked: str, predicate: Predicate) -> Proposal:
        """What a checked offer says."""
        return cls(
            run=body["run"],
            asker=asker,
            asked=asked,
            client=body["client"],
            kind=body["keys"],
            edition=body["edition"],
            fold=body["fold"],
            engine=body["engine"],
            purpose=body["purpose"],
            predicate=predicate,
            size=body["size"],
            most=body["most"],
            commitment=body["commitment"],
            persons=body.get("persons", False),
            case=body.get("case"),
            due=strict.read_moment(body["due"], what="due"),
        )


@dataclass(frozen=True)
class Terms:
    """An accepted proposal.

    Attributes:
        proposal: what was offered.
        size, commitment: of the set of the side that was asked.
    """

    proposal: Proposal
    size: int
    commitment: str

    @cached_property
    def digest(self) -> bytes:
        """What every message of the run, and every element, is bound to."""
        offered = self.proposal
        value = {
            "answer": {"commitment": self.commitment, "size": self.size},
            "asked": offered.asked,
            "asker": offered.asker,
            "offer": offered.as_body(),
            "predicate": offered.predicate.as_json(),
        }
        return hashlib.sha256(_TERMS + strict.write_object(value)).digest()

    @property
    def text(self) -> str:
        """The digest as messages carry it."""
        return strict.write_base64(self.digest)

    @property
    def server(self) -> str:
        """The side that does not learn the count by itself."""
        offered = self.proposal
        return offered.asker if offered.client == offered.asked else offered.asked

    @property
    def sizes(self) -> tuple[int, int]:
        """Elements of the server and of the client."""
        asker_serves = self.server == self.proposal.asker
        return (self.proposal.size, self.size) if asker_serves else (self.size, self.proposal.size)

    def elements(self, keys: Sequence[str]) -> list[str]:
        """The hashed elements of keys, in their order."""
        kind = f"{self.proposal.kind}/{self.proposal.edition}\0".encode()
        start = hashlib.sha256(_ELEMENT + kind + self.digest)
        return [_with(start, key).hexdigest() for key in keys]

    def token(self, key: str) -> str:
        """By what the client shows a common key; it says nothing to who has not the key and cannot guess it."""
        return strict.write_base64(hashlib.sha256(_TOKEN + self.digest + key.encode()).digest())

    def proof(self, key: str) -> str:
        """By what the server shows that it has the key of a token that it was given; the token does not give it."""
        return strict.write_base64(hashlib.sha256(_PROOF + self.digest + key.encode()).digest())


def _with(start: Any, key: str) -> Any:
    hashed = start.copy()
    hashed.update(key.encode())
    return hashed


def run_name(run: str) -> str:
    """A run's id as people read it: the first twelve hexadecimal digits of its 64."""
    return strict.read_base64(run, what="The run").hex()[:12]
