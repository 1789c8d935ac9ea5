"""What a report shows: frozen values, filled by `collect.collect` and laid out by `report.write_report`.

Whatever was screened, a report is bounded: it holds a number of leads, of each a number of records and answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

#: A text in pieces: (piece, whether a hit marks it).
Marked = tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class InputFile:
    """One input file and its counts; read = accepted + quarantined."""

    path: str
    table: str
    sha256: str
    bytes: int
    read: int
    accepted: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class ListVersion:
    """One file of the register: the instrument it describes, whose law that is, and its version."""

    title: str
    jurisdiction: str
    version: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Missing:
    """A rule that could not be evaluated, and what the run lacks for it."""

    rule_id: str
    title: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart: records with a hit in force, and with another hit only."""

    label: str
    in_force: int
    other: int

    @property
    def total(self) -> int:
        """All records of the bar."""
        return self.in_force + self.other


@dataclass(frozen=True, slots=True)
class Link:
    """An address that a person can open, and what stands there."""

    title: str
    address: str


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason of a lead. `weight` and `counted` are milli-log-odds; `n_records` of the lead's records bear it."""

    rule_id: str
    title: str
    explanation: str
    family: str
    strength: str
    weight: int
    counted: int
    n_records: int
    source: Link | None = None


@dataclass(frozen=True, slots=True)
class Law:
    """One answer of the law to a lead's hits. `statement` is the answer in words, `quote` the law's own words."""

    substance: str
    jurisdiction: str
    roles: tuple[str, ...]
    status: str
    reason: str
    statement: str
    instrument: str
    category: str
    quote: str
    quote_lang: str
    sources: tuple[Link, ...]
    register_confidence: str
    note: str
    n_records: int
    first_date: date
    last_date: date


@dataclass(frozen=True, slots=True)
class Record:
    """One record behind a lead; `signs` are the positions (from 1) of the lead's reasons that it bears.

    `absent` are the words of its goods that name a substance as absent.
    """

    declaration_id: str
    line: int
    date: date
    goods: Marked
    cas: Marked
    hs_code: Marked
    route: str
    exporter: str
    consignee: str
    net_mass_kg: float | None
    value: float | None
    currency: str
    signs: tuple[int, ...]
    absent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LeadView:
    """One lead with all that the report shows of it; `law` and `records` may be fewer than there are."""

    lead_id: str
    rank: int
    score: int
    exporter: str
    consignee: str
    n_records: int
    n_hits: int
    n_in_force: int
    first_date: date
    last_date: date
    substances: tuple[str, ...]
    routes: tuple[str, ...]
    reasons: tuple[Reason, ...]
    law: tuple[Law, ...] = ()
    n_answers: int = 0
    records: tuple[Record, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """One record drawn at random; outcomes are reported under its `lead_id`."""

    lead_id: str
    record: Record


@dataclass(frozen=True, slots=True)
class NotEstablished:
    """Something the run could not establish, and on how many records it bears."""

    what: str
    detail: str
    n_records: int


@dataclass(frozen=True, slots=True)
class UnreadRow:
    """A row in quarantine that names a controlled substance: where it stands, and what could be read of its goods."""

    file: str
    line: int
    declaration_id: str
    goods: str
    substances: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AbsentRow:
    """A row that names a controlled substance as absent, and what else speaks for looking at it.

    `in_force`: some law asked listed it that day. `rank`: of the first lead of the same two parties, if any.
    `n_rules`: rules that fired on the row. `has_hit`: it names some substance otherwise than as absent.
    """

    declaration_id: str
    line: int
    date: date
    substances: tuple[str, ...]
    goods: Marked
    in_force: bool
    rank: int | None
    n_rules: int
    has_hit: bool


@dataclass(frozen=True, slots=True)
class ReportData:
    """All that a report shows.

    `counts` has read, accepted, quarantined, quarantined_naming, hit_records, in_force_records, absent_records,
    absent_records_with_signs, flags, leads, samples, unflagged. `leads` are shown in full, `listed` in one line each.
    `run` are facts of the run in words, in order.
    """

    lang: str
    started: str
    counts: Mapping[str, int]
    inputs: tuple[InputFile, ...]
    run: tuple[tuple[str, str], ...]
    lists: tuple[ListVersion, ...]
    n_evaluated: int
    not_evaluable: tuple[Missing, ...]
    leads: tuple[LeadView, ...]
    listed: tuple[LeadView, ...]
    samples: tuple[Sample, ...]
    by_substance: tuple[Bar, ...]
    by_route: tuple[Bar, ...]
    by_month: tuple[Bar, ...]
    unknown: tuple[NotEstablished, ...]
    imprecise: tuple[NotEstablished, ...]
    doubted: tuple[NotEstablished, ...]
    more_doubted: int
    quarantine: tuple[tuple[str, str, int], ...]
    warnings: tuple[str, ...]
    inclusion_probability: float
    unread: tuple[UnreadRow, ...] = ()
    absent: tuple[AbsentRow, ...] = ()

    @property
    def remaining(self) -> int:
        """Leads that are not shown at all."""
        return self.counts["leads"] - len(self.leads) - len(self.listed)
