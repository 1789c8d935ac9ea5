"""What a report shows: frozen values, filled by `collect.collect` and laid out by `report.write_report`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class InputFile:
    """One input file and its counts; read = accepted + quarantined."""

    path: str
    table: str
    sha256: str
    read: int
    accepted: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class ListVersion:
    """One control list of the register: what it is called, where its law stands, and its version."""

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
    source_title: str = ""
    source_url: str = ""


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
    sources: tuple[str, ...]
    register_confidence: str
    note: str
    n_records: int
    first_date: date
    last_date: date


@dataclass(frozen=True, slots=True)
class Record:
    """One record behind a lead. `goods` is the description in pieces: (text, whether a hit marks it)."""

    declaration_id: str
    line: int
    date: date
    goods: tuple[tuple[str, bool], ...]
    cas: str
    hs_code: str
    route: str
    net_mass_kg: float | None
    value: float | None
    currency: str
    signs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeadView:
    """One lead (or sample) with all that the report shows of it; `records` may be fewer than `n_records`."""

    lead_id: str
    rank: int | None
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
    law: tuple[Law, ...]
    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class NotEstablished:
    """Something the run could not establish, and on how many records it bears (None where that is no number)."""

    what: str
    detail: str
    n_records: int | None = None


@dataclass(frozen=True, slots=True)
class ReportData:
    """All that a report shows.

    `counts` has read, accepted, quarantined, hit_records, in_force_records, flags, leads, samples, unflagged.
    `run` are facts of the run in words (engine, seed, versions ...), in order.
    """

    lang: str
    started: str
    counts: Mapping[str, int]
    inputs: tuple[InputFile, ...]
    run: tuple[tuple[str, str], ...]
    lists: tuple[ListVersion, ...]
    evaluated: tuple[str, ...]
    not_evaluable: tuple[Missing, ...]
    leads: tuple[LeadView, ...]
    samples: tuple[LeadView, ...]
    by_substance: tuple[Bar, ...]
    by_route: tuple[Bar, ...]
    by_month: tuple[Bar, ...]
    not_established: tuple[NotEstablished, ...]
    quarantine: tuple[tuple[str, int], ...]
    warnings: tuple[str, ...]
    inclusion_probability: float

    @property
    def remaining(self) -> int:
        """Leads that are not shown in full."""
        return self.counts["leads"] - len(self.leads)
