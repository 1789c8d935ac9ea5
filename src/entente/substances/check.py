"""One question of one officer: is this substance listed there, for that destination, on that day?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from entente.errors import UsageError
from entente.substances.asof import Finding, findings
from entente.substances.jurisdictions import UN
from entente.substances.model import Direction
from entente.substances.resolve import (
    Resolved,
    bare_cas,
    check_digit_ok,
    near_names,
    normalise,
    parse_cas,
    parse_hs,
    resolve,
    with_check_digit,
)

if TYPE_CHECKING:
    from entente.substances.register import Register


@dataclass(frozen=True, slots=True)
class RoleAnswer:
    """The finding of one jurisdiction in one role: export, import, transit or international."""

    role: str
    country: str | None
    resolved: Resolved
    finding: Finding


@dataclass(frozen=True, slots=True)
class Check:
    """All answers to one question.

    Args:
        text: what was asked.
        on: the day asked about.
        exporting: country of export, or None.
        importing: country of import, which is the destination, or None.
        transit: countries passed.
        resolved: substances the text means; empty if none is known.
        answers: per substance, role and jurisdiction.
        notes: remarks on the question itself, such as a CAS number whose check digit is wrong.
    """

    text: str
    on: date
    exporting: str | None
    importing: str | None
    transit: tuple[str, ...]
    resolved: tuple[Resolved, ...]
    answers: tuple[RoleAnswer, ...]
    notes: tuple[str, ...]

    @property
    def known(self) -> bool:
        """Whether the register knows what was asked about; if not, nothing is said of its law."""
        return bool(self.resolved)


def check(
    register: Register,
    text: str,
    exporting: str | None,
    importing: str | None,
    on: date,
    transit: Sequence[str] = (),
) -> Check:
    """Answer for export, import, every transit country, and the 1988 Convention.

    A text that no list knows gives no answers, never "not listed": `resolved` is empty.

    Raises:
        UsageError: the text holds no letter and no digit.
    """
    if not normalise(text):
        raise UsageError(
            "There is nothing to look up.", remedy="Give a name, a CAS number such as 108-24-7, or an HS code."
        )
    resolved = resolve(register, text)
    answers = [answer for item in resolved for answer in _answers(register, item, exporting, importing, on, transit)]
    return Check(
        text,
        on,
        exporting,
        importing,
        tuple(transit),
        resolved,
        tuple(answers),
        (*_notes(register, text, resolved), *(_not_asked(exporting, importing) if resolved else ())),
    )


def _answers(
    register: Register,
    resolved: Resolved,
    exporting: str | None,
    importing: str | None,
    on: date,
    transit: Sequence[str],
) -> Iterator[RoleAnswer]:
    roles: list[tuple[str, str | None, Direction]] = [
        ("export", exporting, Direction.EXPORT),
        ("import", importing, Direction.IMPORT),
    ]
    roles += [("transit", country, Direction.TRANSIT) for country in transit]
    for role, country, direction in roles:
        for jurisdiction in register.jurisdictions.of(country, on) if country else ():
            for finding in findings(
                register,
                resolved.substance_id,
                on,
                jurisdiction,
                destination=importing,
                direction=direction,
                form=resolved.form,
            ):
                yield RoleAnswer(role, country, resolved, finding)
    for finding in findings(register, resolved.substance_id, on, UN, destination=importing, form=resolved.form):
        yield RoleAnswer("international", None, resolved, finding)


def _notes(register: Register, text: str, resolved: Sequence[Resolved]) -> Iterator[str]:
    bare = bare_cas(text) if parse_cas(text) is None else None
    if bare and any(item.method == "cas" for item in resolved):
        yield f"Read as the CAS number {bare}, written without hyphens; its check digit fits."
    if not resolved:
        yield from _unknown(register, text)
    if resolved and all(item.method == "hs" for item in resolved):
        yield from _code(resolved)
    elif len({item.substance_id for item in resolved}) > 1:
        yield "The text means more than one substance of the register; each is answered for."


def _not_asked(exporting: str | None, importing: str | None) -> Iterator[str]:
    """A law that was not asked says nothing, and that must be seen."""
    if exporting is None:
        yield "The country of export is not stated, so no law at export was asked."
    if importing is None:
        yield "The country of import is not stated, so no law at import was asked."


def _unknown(register: Register, text: str) -> Iterator[str]:
    if not register.listings and register.known_at:
        yield f"The register held no list yet on {register.known_at}."
        return
    if parse_hs(text):
        yield "No substance of the register has this HS code. A code alone clears nothing: many goods share one."
        return
    yield "No list in the register knows this name or number. That does not mean that it is not controlled."
    if parse_cas(text):
        yield from _misprint(register, text)
        return
    if bare_cas(text):
        yield f"As a CAS number it would be {bare_cas(text)}, which no list in the register has."
        return
    near = near_names(register, text)
    if near:
        yield f"Spelled nearly so: {'; '.join(near)}. Ask again with the name that is meant."


def _code(resolved: Sequence[Resolved]) -> Iterator[str]:
    if any(item.note for item in resolved):
        yield (
            f"An HS code is not a substance: {len(resolved)} of the register may be declared under this one, and so "
            "may other goods. Ask again with the name or the CAS number."
        )


def _misprint(register: Register, text: str) -> Iterator[str]:
    cas = parse_cas(text)
    if cas is None or check_digit_ok(cas):
        return
    meant = with_check_digit(cas)
    names = [register.substances[item.substance_id].name() for item in resolve(register, meant)]
    which = f", which is {names[0]}" if names else ""
    yield f"The check digit of this CAS number is wrong: it is misprinted or misread. Perhaps {meant} is meant{which}."
