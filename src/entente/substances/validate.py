"""Checks of control lists that a schema cannot express.

`validate` collects everything that is wrong instead of stopping at the first: an editor wants the whole list.
A problem's `level` is `error` (the list must not be used so), `warning` (look at it) or `not_checked` (the check
needs data that are not shipped; it is never counted as passed).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from itertools import combinations

from entente.errors import Place, RegisterError
from entente.substances.dates import overlap
from entente.substances.document import Document
from entente.substances.editions import code_exists
from entente.substances.jurisdictions import Jurisdictions
from entente.substances.model import FOREVER, Instrument, Known, Listing, Name, Substance
from entente.substances.parse import DocumentParser
from entente.substances.register import Register, build_register
from entente.substances.resolve import check_digit_ok, normalise, with_check_digit
from entente.substances.schema import schema_errors

_ALIKE = 0.8
_SHORT = 4


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a list: `code` names the rule, `place` says where."""

    level: str
    code: str
    message: str
    remedy: str
    place: Place


def validate(documents: Sequence[Document]) -> tuple[Problem, ...]:
    """All problems of some documents, taken together as one register, in the order of files and lines."""
    problems: list[Problem] = []
    sound: list[Document] = []
    for document in documents:
        own = [*_schema(document)] or [*_unparsable(document)]
        problems += own
        sound += [] if own else [document]
    try:
        problems += check_register(build_register(sound))
    except RegisterError as error:
        problems.append(_of_error("contradiction", error))
    return tuple(sorted(problems, key=lambda p: (p.place.file or "", p.place.line or 0, p.code, p.message)))


def check_register(register: Register) -> Iterator[Problem]:
    """Every rule over a register that could be built, withdrawn rows left out."""
    substances = tuple(register.substances.values())
    yield from _cas_numbers(substances)
    yield from _cas_shared(substances)
    yield from _hs_codes(substances)
    yield from _names(substances)
    yield from _confidence(register.listings)
    yield from _overlaps(register.listings)
    yield from _countries(register.listings, register.jurisdictions)
    for instrument in register.instruments.values():
        yield from _instrument(instrument, register.jurisdictions)
    yield from _known_intervals(register)


def _schema(document: Document) -> Iterator[Problem]:
    for error in schema_errors(document):
        yield _of_error("schema", error)


def _unparsable(document: Document) -> Iterator[Problem]:
    """Days that do not exist, intervals that end before they begin."""
    parser = None
    try:
        parser = DocumentParser(document)
        parser.instrument()
        parser.substances()
        parser.listings()
    except RegisterError as error:
        yield _of_error("date", error)


def _of_error(code: str, error: RegisterError) -> Problem:
    return Problem("error", code, error.message, error.remedy, error.place or Place())


def _cas_numbers(substances: Iterable[Substance]) -> Iterator[Problem]:
    stems = {cas.cas[:-1]: cas.cas for s in substances for cas in s.cas if check_digit_ok(cas.cas)}
    for substance in substances:
        for cas in substance.cas:
            if not check_digit_ok(cas.cas):
                meant = stems.get(cas.cas[:-1], with_check_digit(cas.cas))
                yield Problem(
                    "error",
                    "cas_check_digit",
                    f"The CAS number {cas.cas} of {substance.id} fails its check digit.",
                    f"Look it up again; with a right check digit the same digits are {meant}.",
                    _place(substance, "cas"),
                )


def _cas_shared(substances: Iterable[Substance]) -> Iterator[Problem]:
    owners: dict[str, list[Substance]] = defaultdict(list)
    for substance in substances:
        for number in sorted({cas.cas for cas in substance.cas}):
            owners[number].append(substance)
    for number, several in owners.items():
        for first, second in combinations(several, 2):
            alike = SequenceMatcher(None, normalise(first.name()), normalise(second.name())).ratio() >= _ALIKE
            yield Problem(
                "warning" if alike else "error",
                "cas_two_substances" if alike else "cas_two_names",
                f"The CAS number {number} stands under {first.name()!r} and under {second.name()!r}.",
                "One of them has the wrong number, or the two are one substance.",
                _place(second, "cas"),
            )


def _hs_codes(substances: Iterable[Substance]) -> Iterator[Problem]:
    for substance in substances:
        for code in substance.hs:
            exists = code_exists(code.hs6, code.edition)
            if exists:
                continue
            yield Problem(
                "not_checked" if exists is None else "error",
                "hs_edition_not_shipped" if exists is None else "hs_code_unknown",
                f"HS {code.hs6} of {substance.id} "
                + (
                    f"is not checked: HS {code.edition} is not shipped."
                    if exists is None
                    else f"does not exist in HS {code.edition}."
                ),
                "Check it by hand." if exists is None else "Correct the code, or name the edition in which it exists.",
                _place(substance, "hs"),
            )


def _names(substances: Iterable[Substance]) -> Iterator[Problem]:
    owners: dict[str, Substance] = {}
    for substance in substances:
        for key, name in {normalise(name.text): name for name in substance.names}.items():
            if key in owners and owners[key] is not substance:
                yield Problem(
                    "warning",
                    "name_twice",
                    f"The name {name.text!r} stands under {owners[key].id} and under {substance.id}.",
                    "Keep it where the law has it; a text with this name is answered for both.",
                    _place(substance, "names"),
                )
            owners.setdefault(key, substance)
            if _short(name):
                yield Problem(
                    "warning",
                    "short_name",
                    f"The name {name.text!r} of {substance.id} is short and needs no context.",
                    "Set needs_context: true, or list it under acronyms.",
                    _place(substance, "names"),
                )


def _short(name: Name) -> bool:
    return name.text.isascii() and len(normalise(name.text)) <= _SHORT and not name.needs_context


def _confidence(listings: Iterable[Listing]) -> Iterator[Problem]:
    for listing in listings:
        if listing.confidence == "high" and len({_page(source.address) for source in listing.sources}) < 2:
            yield Problem(
                "error",
                "high_needs_two_sources",
                f"{listing.id} claims high confidence on {len(listing.sources)} source.",
                "Add a second source with another address, or lower the confidence.",
                _place(listing, "sources"),
            )


def _page(address: str) -> str:
    """An address without its scheme, `www.`, last slash and fragment: what tells two pages apart."""
    return address.partition("#")[0].partition("://")[2].removeprefix("www.").rstrip("/").casefold()


def _overlaps(listings: Iterable[Listing]) -> Iterator[Problem]:
    groups: dict[tuple[str, str], list[Listing]] = defaultdict(list)
    for listing in listings:
        groups[listing.instrument, listing.substance_id].append(listing)
    for group in groups.values():
        for first, second in combinations(sorted(group, key=lambda x: (x.from_latest, x.id)), 2):
            if _same_scope(first, second) and overlap(_surely(first), _surely(second)):
                yield Problem(
                    "error",
                    "intervals_overlap",
                    f"{second.id} overlaps {first.id}: one instrument lists {first.substance_id} twice at one time.",
                    "End the older listing on the day on which the newer begins.",
                    _place(second, "effective_from"),
                )


def _surely(listing: Listing) -> tuple[date, date]:
    return listing.from_latest, listing.effective_to


def _same_scope(first: Listing, second: Listing) -> bool:
    if not first.directions & second.directions:
        return False
    if first.destinations is None or second.destinations is None:
        return first.destinations is second.destinations
    return bool(first.destinations & second.destinations)


def _countries(listings: Iterable[Listing], jurisdictions: Jurisdictions) -> Iterator[Problem]:
    for listing in listings:
        for country in sorted((listing.destinations or frozenset()) - jurisdictions.countries()):
            yield Problem(
                "error",
                "country_unknown",
                f"{listing.id} names the destination {country}, which is no ISO 3166-1 code.",
                "Correct the code.",
                _place(listing, "destination_scope"),
            )


def _instrument(instrument: Instrument, jurisdictions: Jurisdictions) -> Iterator[Problem]:
    place = Place(instrument.file, None, "instrument")
    if instrument.jurisdiction not in jurisdictions.all():
        yield Problem(
            "warning",
            "jurisdiction_unknown",
            f"No country stands under the jurisdiction {instrument.jurisdiction} of {instrument.id}.",
            "Use an ISO 3166-1 code, EU or UN; the instrument is never asked about.",
            place,
        )
    for first, second in combinations(instrument.coverage, 2):
        if overlap((first.start, first.end), (second.start, second.end)):
            yield Problem(
                "error",
                "coverage_overlaps",
                f"Two coverage intervals of {instrument.id} share days, from {max(first.start, second.start)}.",
                "Let each day stand in one interval.",
                place,
            )


def _known_intervals(register: Register) -> Iterator[Problem]:
    substances, listings, _ = register.everything
    rows: list[tuple[str, Known, Place]] = [(s.id, s.known, _place(s, "known_to")) for s in substances]
    rows += [(x.id, x.known, _place(x, "known_to")) for x in listings]
    for what, known, place in rows:
        if known.end != FOREVER and known.end <= known.start:
            message = f"{what} was known from {known.start} to {known.end}, which is no time at all."
            yield Problem("error", "known_interval", message, "Let known_to lie after known_from.", place)


def _place(item: Substance | Listing, field: str) -> Place:
    return Place(item.file, item.line, field)
