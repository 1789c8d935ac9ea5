"""What a side puts away of a run before it sends anything: its key, its seed and its ordered set, for its own auditor.

It is sealed to the auditor's key (HPKE, as any message), so that neither the node nor its administrator can read or
change it later. The same bytes, under a key of the node, are what the node itself works with while the run lasts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from entente.exchange import strict
from entente.exchange.answers import NONE, Answers, read_answers
from entente.exchange.content import Predicate
from entente.exchange.errors import ExchangeError
from entente.exchange.handling import Marking, read_marking
from entente.exchange.keys import KeyRecord, Role
from entente.exchange.match.errors import EscrowError
from entente.exchange.match.playing import Own
from entente.exchange.match.sets import Item
from entente.exchange.match.terms import Proposal
from entente.exchange.parties import SealingKey
from entente.exchange.suites import Suites

_TYPE = "entente-match-escrow"
_INFO = b"entente match escrow 1\n"
_LIMIT = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Escrow:
    """What the auditor finds.

    Attributes:
        own: key, seed and set.
        side: the authority whose set it is.
        proposal: what was offered.
        answers: what those who released it answered: the assessment of what may happen to the persons concerned.
        records: the handling of the records of others that the set was made of; None if all are the side's own.
    """

    own: Own = field(repr=False)
    side: str
    proposal: Proposal
    answers: Answers = NONE
    records: Marking | None = None


def write(escrow: Escrow) -> bytes:
    """The bytes of an escrow, in the clear."""
    own, offered = escrow.own, escrow.proposal
    return strict.write_object(
        {
            "answers": escrow.answers.as_json(),
            "asked": offered.asked,
            "asker": offered.asker,
            "items": [[item.key, list(item.references), item.person] for item in own.items],
            "key": strict.write_base64(own.key),
            "offer": offered.as_body(),
            "predicate": offered.predicate.as_json(),
            "records": escrow.records.as_json() if escrow.records else None,
            "run": own.run,
            "seed": strict.write_base64(own.seed),
            "side": escrow.side,
            "v": 1,
        }
    )


def read(data: bytes) -> Escrow:
    """What `write` wrote.

    Raises:
        EscrowError: it is something else.
    """
    try:
        value = strict.read_object(data, limit=_LIMIT, what="escrow")
        return _read(value)
    except (ExchangeError, KeyError, TypeError, ValueError) as error:
        raise EscrowError(f"The escrow cannot be read: {error}.") from None


def _read(value: Mapping[str, Any]) -> Escrow:
    if value["v"] != 1:
        raise EscrowError("The escrow is of an unknown version.")
    items = tuple(Item(key, tuple(references), person) for key, references, person in value["items"])
    key = strict.read_base64(value["key"], what="The key", size=32)
    own = Own(value["run"], key, strict.read_base64(value["seed"], what="The seed", size=32), items)
    predicate = Predicate(value["predicate"]["kind"], value["predicate"]["reference"])
    proposal = Proposal.from_body(value["offer"], value["asker"], value["asked"], predicate)
    records = read_marking(value["records"]) if value["records"] else None
    return Escrow(own, value["side"], proposal, read_answers(value["answers"]), records)


def seal(escrow: Escrow, auditor: KeyRecord, suites: Suites) -> bytes:
    """An escrow that only the auditor can open.

    Raises:
        EscrowError: the key is no sealing key of the side's own authority.
        SuiteError: this node does not have its suite.
    """
    if auditor.role is not Role.SEAL or auditor.owner != escrow.side:
        raise EscrowError("The auditor's key is no sealing key of this authority.")
    sealed = suites.get(auditor.suite, suites.names()).seal(auditor.public, write(escrow), _info(escrow.own.run))
    head = strict.write_object({"key": auditor.id, "run": escrow.own.run, "type": _TYPE, "v": 1})
    return head + b"\n" + sealed


def unseal(data: bytes, auditor: SealingKey) -> Escrow:
    """An escrow, opened by the auditor.

    Raises:
        EscrowError: no escrow, or not for this key.
        SealError: it was changed.
    """
    line, _, sealed = data.partition(b"\n")
    head = strict.read_object(line, limit=4096, what="escrow")
    if head.get("type") != _TYPE or head.get("v") != 1 or head.get("key") != auditor.record.id:
        raise EscrowError("This is no escrow of a known version, or it is sealed to another key.")
    escrow = read(auditor.opener.open(sealed, _info(str(head.get("run")))))
    if escrow.own.run != head["run"]:
        raise EscrowError("The escrow is of another run than it says.")
    return escrow


def _info(run: str) -> bytes:
    return _INFO + run.encode()
