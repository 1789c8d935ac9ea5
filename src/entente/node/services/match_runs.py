"""The private matches of a node, read from its signed messages and nothing else: the ledger is the state.

A message that does not fit its run changes nothing. It was signed and logged like any other, so it stands among what
was ignored, with the reason, for a person to look at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from itertools import groupby

from entente.errors import EntenteError
from entente.exchange import attachments, strict
from entente.exchange.content import Content
from entente.exchange.errors import AttachmentError, ExchangeError, SealError
from entente.exchange.match import session
from entente.exchange.match.controls import Past
from entente.exchange.match.errors import StepError
from entente.exchange.match.session import Phase, Run, Said
from entente.exchange.match.terms import run_name
from entente.exchange.store import Message, Way
from entente.node.services import reading
from entente.node.services.match_files import Shelf
from entente.node.services.parts import Parts
from entente.node.store import models

_STEP_LIMIT = 400 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Ignored:
    """A message that changed nothing."""

    peer: str
    type: str
    content: str
    reason: str


@dataclass(frozen=True, slots=True)
class Runs:
    """All runs of a node.

    Attributes:
        runs: by id, in the order of their offers.
        ignored: messages that changed nothing.
        waiting: ids of runs with a step whose attachment has not come yet.
    """

    runs: Mapping[str, Run] = field(default_factory=dict)
    ignored: tuple[Ignored, ...] = ()
    waiting: frozenset[str] = frozenset()

    def find(self, text: str) -> Run:
        """The run whose name begins so.

        Raises:
            StepError: none does, or several do.
        """
        found = [run for id_, run in self.runs.items() if strict.read_base64(id_, what="run").hex().startswith(text)]
        if len(found) != 1 or not text:
            names = ", ".join(run_name(id_) for id_ in self.runs) or "none"
            raise StepError(
                f"{len(found)} runs have a name that begins with {text!r}.", remedy=f"The runs are: {names}."
            )
        return found[0]


def load(parts: Parts, *, steps: str | None = None) -> Runs:
    """All runs.

    Args:
        parts: the node.
        steps: the id of the run whose protocol bytes are wanted; those of others are left out.
    """
    runs: dict[str, Run] = {}
    ignored: list[Ignored] = []
    waiting: set[str] = set()
    for peer, channels in _channels(parts):
        own: dict[str, Run] = {}
        for message in (one for channel in channels for one in _messages(parts, channel)):
            try:
                _advance(parts, peer, message, own, waiting, steps)
            except ExchangeError as error:
                ignored.append(Ignored(peer, message.type, message.content, error.message))
        ignored += _merge(runs, own, parts.name)
    now = parts.clock()
    runs = {id_: run.at(now) for id_, run in sorted(runs.items(), key=lambda pair: pair[1].since)}
    return Runs(runs, tuple(ignored), frozenset(waiting))


def _channels(parts: Parts) -> Iterator[tuple[str, Iterator[models.Channel]]]:
    """Each peer with the generations of its channel: a run goes on in the next one."""
    rows = sorted(models.Channel.objects.using(parts.alias), key=lambda row: (row.peer_id.partition("/")[0], row.pk))
    return groupby(rows, key=lambda row: str(row.peer_id.partition("/")[0]))


def _merge(runs: dict[str, Run], more: Mapping[str, Run], me: str) -> Iterator[Ignored]:
    """Add the runs with one more peer. Of two with one id the own offer stands, else the first: an id is random."""
    for id_, run in more.items():
        rival = runs.get(id_)
        if rival is None:
            runs[id_] = run
            continue
        first, second = sorted((rival, run), key=lambda one: (one.proposal.asker != me, one.since))
        runs[id_] = first
        content = second.log[0][2]
        yield Ignored(second.other(me), "match-offer", content, f"Its run is already one with {first.other(me)}.")


def past(runs: Runs, shelf: Shelf, me: str) -> list[Past]:
    """What counts against budgets and overlaps; see `controls.check_budget`.

    Sizes are those of the messages. Where these cannot be read any more, because their keys are destroyed or they are
    purged, what was kept beside them counts: a budget never grows by forgetting.
    """
    found = []
    for kept in shelf.counts():
        run = runs.runs.get(kept.run)
        own, other = (kept.own, kept.other) if run is None else _counted(run, me)
        if own or other:
            found.append(replace(kept, own=own, other=other))
    known = {one.run for one in found}
    for run in runs.runs.values():
        own, other = _counted(run, me)
        if run.id not in known and (own or other):  # the papers are lost, the messages are not
            offered = run.proposal
            found.append(Past(run.id, run.other(me), offered.purpose, offered.kind, run.since, own, other, None))
    return found


def _counted(run: Run, me: str) -> tuple[int, int]:
    """Elements of this side and of the other. What an open offer of ours would still let in is set aside."""
    offered, asks = run.proposal, me == run.proposal.asker
    if run.terms is not None:
        return (offered.size, run.terms.size) if asks else (run.terms.size, offered.size)
    return (offered.size, offered.most) if asks and run.phase is Phase.OFFERED else (0, 0)


def _messages(parts: Parts, channel: models.Channel) -> Iterator[Message]:
    wanted = models.Frame.objects.using(parts.alias).filter(channel=channel, type__in=session.TYPES, refused="")
    names = [one.name for one in fields(Message)]
    for values in wanted.order_by("leaf").values(*names):
        yield Message(**{**values, "way": Way(values["way"]), "signed": bytes(values["signed"])})


def _advance(
    parts: Parts, peer: str, message: Message, runs: dict[str, Run], waiting: set[str], steps: str | None
) -> None:
    content = reading.content(parts, message)
    id_ = content.body["run"]
    data = b""
    if id_ == steps and content.header.type == "match-step":
        try:
            data = protocol_bytes(parts, content)
        except (AttachmentError, SealError):
            waiting.add(id_)
    said = Said.of(content, peer if message.way is Way.SENT else parts.name, message.at, data)
    runs[id_] = session.advance(runs[id_], said) if id_ in runs else session.begin(said, runs)


def protocol_bytes(parts: Parts, content: Content) -> bytes:
    """The bytes of a step, from its body or its attachment.

    Raises:
        AttachmentError: the attachment is not here yet, is damaged, or is another than the step names.
    """
    name = content.body.get("attachment")
    if name is None:
        return strict.read_base64(content.body["data"], what="data")
    named = [one for one in content.header.attachments if one.name == name]
    if len(named) != 1 or named[0].size > _STEP_LIMIT:
        raise AttachmentError(f"The step names the attachment {name!r}, and does not have it.")
    try:
        pieces = [parts.uow.blobs.get(piece.hex()) for piece in named[0].pieces]
    except EntenteError as error:
        raise AttachmentError(
            f"The attachment {name} has not come yet.", remedy="Sync with the peer, or take its next bundle."
        ) from error
    return b"".join(attachments.decrypt(named[0], pieces))
