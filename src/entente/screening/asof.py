"""Matches to hits: what the law of every jurisdiction on the way said on the shipment's own day.

A match is asked about in four roles: under the jurisdictions of the country of export (of origin, where export is
not given), of destination and of each country of transit, and under the 1988 Convention (`international`).
Status and reason are defined in `substances.asof`; this is the same definition over columns, for millions of rows:
a kernel, so that every engine runs the same code. Its law is worked out once, in `screening.law`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from entente.engine.base import Engine, decoded, encoded_schema
from entente.screening.fold import I64
from entente.screening.law import DAYS, INTERNATIONAL, Flags, Law, Spans, codes, days
from entente.screening.output import ENCODED_COLUMNS, as_encoded, encode
from entente.screening.schema import ABSENT_HITS, COUNTS_FROM, HITS, MATCHES
from entente.screening.text import flat_index
from entente.screening.vocabulary import RegisterTables

ROLES = ("export", "import", "transit", "international")
_EXPORT, _IMPORT, _TRANSIT, _INTERNATIONAL = range(len(ROLES))
#: `Direction` bits that each role asks for.
_DIRECTIONS = np.array([1, 2, 4, 7], np.int64)

STATUSES = ("listed", "not_listed", "unknown_coverage")
_LISTED, _NOT_LISTED, _UNKNOWN = range(len(STATUSES))
#: Reasons by nearness, which counts from 1.
REASONS = (
    *("in_force", "effective_date_imprecise", "form_outside_scope", "destination_outside_scope"),
    *("direction_outside_scope", "before_effective", "after_repeal", "no_listing"),
)
_IN_FORCE, _IMPRECISE, _FORM, _DESTINATION, _DIRECTION, _BEFORE, _AFTER, _NONE = range(1, len(REASONS) + 1)

#: The order of listings of one nearness in one integer: by first day, then id (after a repeal: by last day, the other
#: way round). `_RANKS` is more than there are listings.
_RANKS = 1 << 24
_NEARNESS = _RANKS * DAYS

_OF_MATCH = (
    *("declaration_id", "line", "row_id", "date", "substance_id", "field", "method", "matched_text"),
    *("span_start", "span_end", "form", "confidence"),
)
#: Columns of few distinct values.
_ENCODED = (
    *("substance_id", "field", "method", "role", "jurisdiction", "status", "reason"),
    *("listing_id", "instrument", "category", "register_confidence"),
)
_ENCODED_HITS = encoded_schema(HITS, _ENCODED)


@dataclass(frozen=True, slots=True)
class Questions:
    """One question each: index of the match, role, and jurisdiction."""

    match: I64
    role: I64
    jurisdiction: I64


@dataclass(frozen=True, slots=True)
class Answers:
    """One answer each: index of the question, nearness, and index of the listing (-1: none)."""

    question: I64
    nearness: I64
    listing: I64


@dataclass(frozen=True, slots=True)
class AsOfKernel:
    """Answers every match; engine contract `Kernel`.

    Attributes:
        law: whose answers.
        absent: answer the matches that are less sure than `COUNTS_FROM`; otherwise all others.
    """

    law: Law
    absent: bool = False

    @property
    def input_columns(self) -> tuple[str, ...]:
        """All columns of matches."""
        return tuple(MATCHES.names)

    @property
    def output_schema(self) -> pa.Schema:
        """Schema of hits."""
        return HITS

    @property
    def repeated_columns(self) -> tuple[str, ...]:
        """Columns of few distinct values of what is asked."""
        return ENCODED_COLUMNS

    @property
    def encoded_columns(self) -> tuple[str, ...]:
        """Columns of few distinct values of what is answered."""
        return _ENCODED

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Answer one batch of matches."""
        return decoded(self.encoded(batch), HITS)

    def encoded(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Answer one batch of matches; columns of few distinct values come dictionary-encoded."""
        unsure = batch.column("confidence").to_numpy() < COUNTS_FROM
        if (unsure != self.absent).any():
            batch = batch.filter(pa.array(unsure == self.absent))
        day = days(batch.column("date"))
        asked = _asked(self.law, batch, day)
        return _hits(self.law, batch, day, asked, _answers(self.law, batch, day, asked))


def join_listings(engine: Engine, register: RegisterTables, matches: str = "matches", into: str = "hits") -> None:
    """Answer every match of table `matches` that counts; the hits become table `into` (columns of `schema.HITS`)."""
    engine.map(AsOfKernel(Law.of(register)), matches, into)


def join_absent(engine: Engine, register: RegisterTables, matches: str = "matches") -> None:
    """Answer the few matches of table `matches` that name a substance as absent; the hits become `ABSENT_HITS`."""
    engine.sql(f"SELECT * FROM {matches} WHERE confidence < {COUNTS_FROM}", "matches_absent")
    if engine.count("matches_absent"):
        engine.map(AsOfKernel(Law.of(register), absent=True), "matches_absent", ABSENT_HITS)
    else:
        engine.register(ABSENT_HITS, HITS.empty_table())
    engine.drop("matches_absent")


def _asked(law: Law, batch: pa.RecordBatch, day: I64) -> Questions:
    """Every match with every role and jurisdiction; a jurisdiction on several legs of a transit is asked once."""
    everyone = np.arange(len(batch))
    export, origin = batch.column("export_country"), batch.column("origin_country")
    exporter = np.where(_is_null(export), codes(origin, law.countries), codes(export, law.countries))
    destination = codes(batch.column("destination_country"), law.countries)
    transit = batch.column("transit_countries")
    on_way, through = pc.list_parent_indices(transit).to_numpy(), codes(pc.list_flatten(transit), law.countries)
    legs = (
        _under(law, everyone, exporter, day),
        _under(law, everyone, destination, day),
        _once(law, *_under(law, on_way, through, day)),
        (everyone, np.full(len(batch), law.jurisdictions.index(INTERNATIONAL))),
    )
    role = np.repeat(np.arange(len(ROLES)), [len(match) for match, _ in legs])
    return Questions(np.concatenate([leg[0] for leg in legs]), role, np.concatenate([leg[1] for leg in legs]))


def _is_null(column: pa.Array) -> Flags:
    null: Flags = column.is_null().to_numpy(zero_copy_only=False)
    return null


def _under(law: Law, match: I64, code: I64, day: I64) -> tuple[I64, I64]:
    """Matches and the jurisdictions that their country (-1: none) is under on their day."""
    match, code = match[code >= 0].astype(np.int64), code[code >= 0]
    row, offsets = flat_index(law.under.first[code], law.under.first[code + 1])
    match = np.repeat(match, np.diff(offsets))
    good = (day[match] >= law.under.start[row]) & (day[match] < law.under.end[row])
    return match[good], law.under.value[row[good]]


def _once(law: Law, match: I64, jurisdiction: I64) -> tuple[I64, I64]:
    both = np.unique(match * len(law.jurisdictions) + jurisdiction)
    return both // len(law.jurisdictions), both % len(law.jurisdictions)


def _answers(law: Law, batch: pa.RecordBatch, day: I64, asked: Questions) -> Answers:
    """All listings in force, or the nearest one, for each question."""
    substance = codes(batch.column("substance_id"), law.substances)[asked.match]
    pair = np.maximum(substance, 0) * len(law.jurisdictions) + asked.jurisdiction
    low = law.listings.first[pair]
    high = np.where(substance >= 0, law.listings.first[pair + 1], low)
    listing, offsets = flat_index(low, high)
    question = np.repeat(np.arange(len(pair)), np.diff(offsets))
    nearness = _nearness(law, batch, day, asked, (question, listing))
    in_force = np.flatnonzero(nearness == _IN_FORCE)
    listed = Answers(question[in_force], nearness[in_force], listing[in_force])
    is_listed = np.zeros(len(pair), np.bool_)
    is_listed[listed.question] = True
    nearest = _nearest(law, nearness, listing, offsets)
    rest = np.flatnonzero(~is_listed)
    return Answers(
        np.concatenate([listed.question, rest]),
        np.concatenate([listed.nearness, nearest.nearness[rest]]),
        np.concatenate([listed.listing, nearest.listing[rest]]),
    )


def _nearness(law: Law, batch: pa.RecordBatch, day: I64, asked: Questions, candidates: tuple[I64, I64]) -> I64:
    """How near each candidate listing is to its question."""
    question, listing = candidates
    match, of = asked.match[question], law.listings
    then, start = day[match], of.start[listing]
    running = (then >= start) & (then < of.end[listing])
    in_force = running & (then >= of.latest[listing])
    form = batch.column("form").to_numpy().astype(np.int64)[match]
    direction = _DIRECTIONS[asked.role][question]
    outside = np.where(direction & of.directions[listing], 0, _DIRECTION)
    outside[_other_destination(law, batch, match, listing)] = _DESTINATION
    outside[(form & of.other_forms[listing]) != 0] = _FORM
    by_time = np.where(then < start, _BEFORE, _AFTER)
    by_time[running] = _IMPRECISE
    by_time[in_force] = _IN_FORCE
    return np.where(outside == 0, by_time, np.where(in_force, outside, _NONE))


def _other_destination(law: Law, batch: pa.RecordBatch, match: I64, listing: I64) -> I64:
    """Indices of candidates that hold for other destinations only."""
    scoped = np.flatnonzero(law.listings.is_scoped[listing])
    country = codes(batch.column("destination_country"), law.countries)[match[scoped]]
    key, known = listing[scoped] * len(law.countries) + country, law.listings.destinations
    among = np.searchsorted(known, key, side="right") > np.searchsorted(known, key, side="left")
    return scoped[~(among & (country >= 0))]


def _nearest(law: Law, nearness: I64, listing: I64, offsets: I64) -> Answers:
    """The nearest candidate of each question; questions without candidates have none."""
    of, size = law.listings, len(offsets) - 1
    days_left = DAYS - of.end[listing]
    by_end = days_left * _RANKS - (of.rank[listing] + 1)
    order = np.where(nearness == _AFTER, by_end, of.start[listing] * _RANKS + of.rank[listing])
    order[nearness == _NONE] = 0
    key = np.full(size, _NONE * _NEARNESS)
    some = np.flatnonzero(np.diff(offsets))
    if len(some):
        key[some] = np.minimum.reduceat(nearness * _NEARNESS + order, offsets[some])
    near = key // _NEARNESS
    rank = key % _RANKS
    rank = np.where(near == _AFTER, _RANKS - 1 - rank, rank)
    by_rank = np.argsort(of.rank)
    found = np.full(size, -1)
    known = near != _NONE
    found[known] = by_rank[rank[known]]
    return Answers(np.arange(size), near, found)


def _is_complete(coverage: Spans, jurisdiction: I64, day: I64) -> Flags:
    """Is the jurisdiction's register complete on that day? Its spans do not overlap."""
    subject = np.repeat(np.arange(len(coverage.first) - 1), np.diff(coverage.first))
    at = np.searchsorted(subject * DAYS + coverage.start, jurisdiction * DAYS + day, side="right") - 1
    known = (at >= coverage.first[jurisdiction]) & (day < coverage.end[np.maximum(at, 0)])
    complete: Flags = known & (coverage.value[np.maximum(at, 0)] == 1)
    return complete


def _status(law: Law, batch: pa.RecordBatch, day: I64, asked: Questions, answers: Answers) -> I64:
    match, near = asked.match[answers.question], answers.nearness
    complete = _is_complete(law.coverage, asked.jurisdiction[answers.question], day[match])
    substance = codes(batch.column("substance_id"), law.substances)[match]
    complete &= ~((substance >= 0) & law.is_beyond[substance])
    destination = batch.column("destination_country")
    nowhere = _is_null(destination) | (codes(destination, ("",)) == 0)
    undecided = (near == _IMPRECISE) | ((near == _DESTINATION) & nowhere[match])
    return np.where(near == _IN_FORCE, _LISTED, np.where(complete & ~undecided, _NOT_LISTED, _UNKNOWN))


def _hits(law: Law, batch: pa.RecordBatch, day: I64, asked: Questions, answers: Answers) -> pa.RecordBatch:
    match = pa.array(asked.match[answers.question])
    judged = {
        "role": (ROLES, asked.role[answers.question]),
        "jurisdiction": (law.jurisdictions, asked.jurisdiction[answers.question]),
        "status": (STATUSES, _status(law, batch, day, asked, answers)),
        "reason": (REASONS, answers.nearness - 1),
    }
    columns = [
        *(_taken(batch.column(name), match, encoded=name in _ENCODED) for name in _OF_MATCH),
        *(encode(code, pa.array(texts, pa.string())) for texts, code in judged.values()),
        *(_cited(column, answers.listing) for column in law.listings.cited.values()),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=_ENCODED_HITS)


def _taken(column: pa.Array, index: pa.Array, *, encoded: bool) -> pa.Array:
    """What stands at some places of a column."""
    return (as_encoded(column) if encoded else column).take(index)


def _cited(column: pa.Array, listing: I64) -> pa.Array:
    """What a hit says of its listing (-1: none)."""
    if not pa.types.is_dictionary(column.type):
        return column.take(pa.array(listing, mask=listing < 0))
    # the last place is that of no listing
    code = np.append(pc.fill_null(column.indices, -1).to_numpy(zero_copy_only=False), -1)
    return encode(code[listing], column.dictionary)
