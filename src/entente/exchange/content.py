"""Content: what two officers of an authority release, and what its id stands for.

The payload is a JSON object `{"header": ..., "body": ...}`. It is signed and kept as exact bytes; a field that this
version does not know is kept with them. The id is the SHA-256 of the DSSE encoding of the payload, so it does not
depend on who signed. A salt of 32 random bytes makes it a commitment: whoever sees the id in a ledger cannot guess
what it stands for, and after a purge it says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from entente.errors import Place
from entente.exchange import dsse, strict
from entente.exchange.answers import Answers, read_answers
from entente.exchange.attachments import Attachment
from entente.exchange.errors import MalformedError
from entente.exchange.handling import Evaluation, Marking, read_marking

PAYLOAD_TYPE = "application/vnd.entente.content+json;v=1"
LIMIT = 4 * 1024 * 1024
"""The most bytes of a signed content; what is larger is an attachment."""

SALT = 32
_ID = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")
PREDICATES = frozenset({"listing", "shipment", "seizure", "case"})


@dataclass(frozen=True, slots=True)
class Predicate:
    """What a message follows from: a `listing`, `shipment`, `seizure` or `case`, and its reference."""

    kind: str
    reference: str

    def as_json(self) -> dict[str, Any]:
        """The predicate as a JSON object."""
        return {"kind": self.kind, "reference": self.reference}


@dataclass(frozen=True, slots=True)
class Header:
    """What every content says of itself, whatever its type.

    Attributes:
        type, version: the message type and its version.
        sender: the authority that releases it.
        recipients: those it is released to; nobody else may take it.
        made: when it was made, by the sender's clock.
        marking, evaluation: how it is handled, and how far it is believed.
        until: the last day on which a recipient keeps it; None is for as long as the marking allows.
        predicate: what it follows from.
        supersedes, withdraws: ids of earlier contents of the same sender.
        attachments: files that belong to it.
        answers: of those who release it, to the questions of its marking.
    """

    type: str
    version: int
    sender: str
    recipients: tuple[str, ...]
    made: datetime
    marking: Marking
    evaluation: Evaluation | None = None
    until: date | None = None
    predicate: Predicate | None = None
    supersedes: tuple[str, ...] = ()
    withdraws: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    answers: Answers | None = None

    def as_json(self) -> dict[str, Any]:
        """The header as a JSON object, without a salt."""
        value: dict[str, Any] = {
            "handling": self.marking.as_json(),
            "made": strict.write_moment(self.made),
            "recipients": list(self.recipients),
            "sender": self.sender,
            "type": self.type,
            "v": 1,
            "version": self.version,
        }
        value |= {"evaluation": self.evaluation.as_json()} if self.evaluation else {}
        value |= {"until": self.until.isoformat()} if self.until else {}
        value |= {"predicate": self.predicate.as_json()} if self.predicate else {}
        value |= {"supersedes": list(self.supersedes)} if self.supersedes else {}
        value |= {"withdraws": list(self.withdraws)} if self.withdraws else {}
        value |= {"attachments": [item.as_json() for item in self.attachments]} if self.attachments else {}
        value |= {"release": self.answers.as_json()} if self.answers else {}
        return value


@dataclass(frozen=True, slots=True)
class Content:
    """A content whose form is right; whether it is signed is another question.

    Attributes:
        envelope: the signed bytes as they came.
        header: what it says of itself.
        body: what its message type defines; must not be changed.
    """

    envelope: dsse.Envelope
    header: Header
    body: Mapping[str, Any] = field(repr=False)

    @property
    def id(self) -> str:
        """The id of the content."""
        return self.envelope.id


class Checker(Protocol):
    """Checks a content against its message type; `entente.exchange.messages.Registry` is one."""

    def check(self, content: Content) -> None:
        """Return if the content fits its type.

        Raises:
            MessageError: it does not.
        """
        ...


def draft(header: Header, body: Mapping[str, Any], random: Callable[[int], bytes]) -> Content:
    """A content that nobody has signed yet.

    Args:
        header: what it says of itself.
        body: what its message type defines.
        random: gives so many random bytes, such as `os.urandom`.

    Raises:
        MalformedError: the header would not be accepted by a recipient.
    """
    salted = {**header.as_json(), "salt": strict.write_base64(random(SALT))}
    payload = strict.write_object({"header": salted, "body": dict(body)})
    return _content(dsse.Envelope(PAYLOAD_TYPE, payload))


def read_content(data: bytes) -> Content:
    """A content from the bytes of its envelope; its signatures are not checked here.

    Raises:
        MalformedError: the form is wrong.
        MarkingError: the marking has the wrong form.
    """
    return _content(dsse.read(data, payload_type=PAYLOAD_TYPE, limit=LIMIT, what="content"))


def with_signatures(content: Content, signatures: Iterable[dsse.Signature]) -> Content:
    """The same content with more signatures."""
    envelope = content.envelope
    for signature in signatures:
        envelope = envelope.with_signature(signature)
    return Content(envelope, content.header, content.body)


def is_id(text: object) -> bool:
    """Whether something has the form of a content id, frame id or key id."""
    return isinstance(text, str) and _ID.fullmatch(text) is not None


def member(text: object, what: str) -> str:
    """The name of an authority: lower-case letters, digits, dots and dashes, at most 64.

    Raises:
        MalformedError: it is none.
    """
    if not isinstance(text, str) or not _NAME.fullmatch(text):
        raise MalformedError(f"{what} is not the name of an authority.", place=Place(field=what))
    return text


def _content(envelope: dsse.Envelope) -> Content:
    value = strict.read_object(envelope.payload, limit=LIMIT, what="content")
    header = strict.field(value, "header", dict, what="content")
    return Content(envelope, _header(header), strict.field(value, "body", dict, what="content"))


def _header(value: Mapping[str, Any]) -> Header:
    if value.get("v") != 1:
        raise MalformedError("The content's header is of an unknown version.", place=Place(field="v"))
    strict.read_base64(value.get("salt"), what="The salt", size=SALT)
    recipients = strict.texts(value, "recipients", what="content's header")
    if not recipients:
        raise MalformedError("The content has no recipient.", place=Place(field="recipients"))
    evaluation = value.get("evaluation")
    return Header(
        type=strict.field(value, "type", str, what="content's header"),
        version=strict.field(value, "version", int, what="content's header"),
        sender=member(value.get("sender"), "sender"),
        recipients=tuple(member(name, "recipients") for name in recipients),
        made=strict.read_moment(value.get("made"), what="made"),
        marking=read_marking(strict.field(value, "handling", dict, what="content's header")),
        evaluation=None if evaluation is None else Evaluation.from_json(_object(evaluation, "evaluation")),
        until=strict.read_day(value["until"], what="until") if "until" in value else None,
        predicate=_predicate(value["predicate"]) if "predicate" in value else None,
        supersedes=_ids(value, "supersedes"),
        withdraws=_ids(value, "withdraws"),
        attachments=_attachments(value.get("attachments", [])),
        answers=read_answers(_object(value["release"], "release")) if "release" in value else None,
    )


def _predicate(value: Any) -> Predicate:
    found = _object(value, "predicate")
    kind, reference = found.get("kind"), found.get("reference")
    if kind not in PREDICATES or not isinstance(reference, str) or not reference:
        raise MalformedError("A predicate names a listing, shipment, seizure or case.", place=Place(field="predicate"))
    return Predicate(kind, reference)


def _ids(value: Mapping[str, Any], name: str) -> tuple[str, ...]:
    found = strict.texts(value, name, what="content's header")
    if not all(map(is_id, found)):
        raise MalformedError(f"{name!r} lists something that is no content id.", place=Place(field=name))
    return found


def _attachments(value: Any) -> tuple[Attachment, ...]:
    if not isinstance(value, list):
        raise MalformedError("The attachments are not a list.", place=Place(field="attachments"))
    return tuple(Attachment.from_json(_object(item, "attachments")) for item in value)


def _object(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise MalformedError(f"{name!r} is not an object.", place=Place(field=name))
    return value
