"""Facts beside a name: identifiers, telephone, e-mail, address, country, date of birth; and what they say of a pair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rapidfuzz import fuzz

from entente.parties.fold import fold
from entente.parties.identifiers import Identifier

#: Registers in which one party has one number: an equal number settles, another one weighs against.
SETTLING = frozenset({"uscc", "hk_cr", "lei", "rfc", "ein", "imo"})
#: Facts that two parties may share (a switchboard, a bank, a house): they support, and do not settle.
SUPPORTING = frozenset({"phone", "email", "iban", "wallet", "recorded"})
_SUPPORT = 2.5
_AGAINST = -4.0


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts of one record of a party; `identifiers` are valid ones only."""

    identifiers: tuple[Identifier, ...] = ()
    country: str = ""
    city: str = ""
    address: str = ""
    born: str = ""


NO_FACTS = Facts()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What facts say of a pair.

    `settled`: an identifier of a register with one number a party is equal. `independent`: a second fact agrees.
    `contradicts`: a register's numbers differ. `odds`: log-odds to add. `reasons`: codes.
    """

    settled: bool = False
    independent: bool = False
    contradicts: bool = False
    odds: float = 0.0
    reasons: tuple[str, ...] = field(default=())


NOTHING = Evidence()


def evidence(left: Facts, right: Facts) -> Evidence:
    """Compare the facts of two records."""
    ours, theirs = _by_kind(left.identifiers), _by_kind(right.identifiers)
    reasons: list[str] = []
    settled = independent = contradicts = False
    odds = 0.0
    for kind in sorted(ours.keys() & theirs.keys()):
        if ours[kind] & theirs[kind]:
            reasons.append(f"same_{kind}")
            settled |= kind in SETTLING
            independent = True
            odds += _SUPPORT
        elif kind in SETTLING:
            reasons.append(f"other_{kind}")
            contradicts = True
            odds += _AGAINST
    if left.born and right.born:
        same = left.born == right.born
        reasons.append("same_birth" if same else "other_birth")
        independent |= same
        odds += _SUPPORT if same else _AGAINST
    agrees = _address(left, right)
    if agrees:
        reasons.append("same_address")
        independent = True
        odds += 2.5
    if left.country and right.country and left.country != right.country:
        reasons.append("other_country")
        odds -= 0.5
    return Evidence(settled and not contradicts, independent, contradicts, odds, tuple(reasons))


def _by_kind(identifiers: tuple[Identifier, ...]) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one in identifiers:
        found.setdefault(one.kind, set()).add(one.value)
    return found


def _address(left: Facts, right: Facts) -> bool:
    """Addresses that agree in nearly all words and in every number; a city alone is no second fact."""
    if len(left.address) < 8 or len(right.address) < 8:
        return False
    one, other = fold(left.address).text, fold(right.address).text
    numbers = [
        {part for part in text.replace(",", " ").split() if any(c.isdigit() for c in part)} for text in (one, other)
    ]
    return numbers[0] == numbers[1] and bool(numbers[0]) and fuzz.token_sort_ratio(one, other) >= 90
