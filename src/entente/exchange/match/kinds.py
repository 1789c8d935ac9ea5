"""Kinds of keys: what two authorities compare. What a kind makes of a row is frozen under its version.

A kind says who may stand behind a key (persons need a case and the peer's leave), and how many such keys there are:
what can be tried out with a phone book or by counting is not matched alone. No kind is a name alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from entente.errors import Place
from entente.exchange.match import forms
from entente.exchange.match.errors import ControlError, MatchKeyError
from entente.exchange.match.folds import Fold

_JOIN = "\x1f"
_YES, _NO = frozenset({"yes", "true", "1"}), frozenset({"no", "false", "0"})

Row = Mapping[str, str]


class Entropy(StrEnum):
    """What it takes to try keys out by guessing, one budgeted element a guess."""

    REGISTER = "register"
    """Anybody with the public register has them all."""
    SERIES = "series"
    """Numbers of a series, narrowed by a week."""
    COMPOSITE = "composite"
    """Two things must be guessed together."""
    RANDOM = "random"
    """Too many to guess."""


class Persons(StrEnum):
    """Whether a natural person may stand behind a key."""

    NEVER = "never"
    FORM = "form"
    """The key itself says it."""
    ASSUMED = "assumed"
    """Yes, unless the row says `no` in the column `person`."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key of one row.

    Attributes:
        text: the normalised key.
        person: whether a natural person stands, or may stand, behind it.
        doubt: why it may be wrong, although it is used; empty if nothing is doubtful.
    """

    text: str
    person: bool
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of keys.

    Attributes:
        name: as in an offer.
        version: of the rules below; a change makes a new version.
        columns: what a row needs.
        optional: what it may have beside `person` and `reference`.
        entropy: how hard they are to guess.
        magnitude: how many there are, as a power of ten, about.
        persons: who may stand behind one.
        make: the key of a row.
    """

    name: str
    version: int
    columns: tuple[str, ...]
    optional: tuple[str, ...]
    entropy: Entropy
    magnitude: int
    persons: Persons
    make: Callable[[Row, Fold], Key]

    def key(self, row: Row, fold: Fold) -> Key:
        """The key of a row.

        Raises:
            MatchKeyError: a column is missing or empty, or what stands in it is not of its form.
            LowEntropyError: alone it is not specific enough.
        """
        for column in self.columns:
            if not row.get(column, "").strip():
                raise MatchKeyError(f"The column {column!r} is empty.", place=Place(field=column))
        made = self.make(row, fold)
        return Key(made.text, self._person(row, made), made.doubt)

    def _person(self, row: Row, made: Key) -> bool:
        said = row.get("person", "").strip().casefold()
        if said and said not in _YES | _NO:
            raise MatchKeyError("The column 'person' holds yes or no.", place=Place(field="person"))
        if self.persons is Persons.NEVER and said in _YES:
            raise MatchKeyError(
                f"Natural persons are not matched by {self.name}.",
                remedy="Take a kind with more than a name: phone-name, email, account or wallet.",
                place=Place(field="person"),
            )
        if self.persons is Persons.ASSUMED:
            return said not in _NO
        return made.person or said in _YES


def kind(name: str) -> Kind:
    """A kind by its name.

    Raises:
        ControlError: there is none.
    """
    if name not in KINDS:
        raise ControlError(
            f"There is no kind of keys {name!r}.",
            remedy=f"Take one of: {', '.join(KINDS)}. Bare names are not matched.",
        )
    return KINDS[name]


def _identifier(row: Row, _: Fold) -> Key:
    scheme = row["scheme"].strip().casefold()
    text, person, doubt = forms.identifier(scheme, row["value"])
    return Key(f"{scheme}{_JOIN}{text}", person, doubt)


def _name_city(row: Row, fold: Fold) -> Key:
    return Key(_JOIN.join((_named(fold.name, row, "name"), _named(fold.place, row, "city"))), person=False)


def _phone_name(row: Row, fold: Fold) -> Key:
    return Key(_JOIN.join((forms.phone(row["phone"]), _named(fold.name, row, "name"))), person=True)


def _email(row: Row, _: Fold) -> Key:
    return Key(forms.email(row["email"]), person=True)


def _account(row: Row, _: Fold) -> Key:
    return Key(_JOIN.join(forms.account(row["account"], row.get("bank", ""))), person=True)


def _wallet(row: Row, _: Fold) -> Key:
    text, doubt = forms.wallet(row["wallet"])
    return Key(text, person=True, doubt=doubt)


def _container(row: Row, _: Fold) -> Key:
    return Key(_JOIN.join((forms.container(row["container"]), forms.week(row["week"]))), person=False)


def _vessel(row: Row, _: Fold) -> Key:
    return Key(_JOIN.join((forms.ship(row["imo"]), forms.week(row["week"]))), person=False)


def _address(row: Row, fold: Fold) -> Key:
    street = _named(fold.address, row, "address")
    if not any(character.isdigit() for character in street):
        raise MatchKeyError(
            "An address needs a number, or every house in the street is one.", place=Place(field="address")
        )
    return Key(_JOIN.join((street, _named(fold.place, row, "city"))), person=True)


def _named(fold: Callable[[str], str | None], row: Row, column: str) -> str:
    text = fold(row[column])
    if not text or len(text) < 2 or not text.isprintable():
        raise MatchKeyError(f"{row[column]!r} names nothing.", place=Place(field=column))
    return text


KINDS: Mapping[str, Kind] = {
    one.name: one
    for one in (
        Kind("identifier", 1, ("scheme", "value"), (), Entropy.REGISTER, 8, Persons.FORM, _identifier),
        Kind("name-city", 1, ("name", "city"), (), Entropy.REGISTER, 9, Persons.NEVER, _name_city),
        Kind("phone-name", 1, ("phone", "name"), (), Entropy.COMPOSITE, 12, Persons.ASSUMED, _phone_name),
        Kind("email", 1, ("email",), (), Entropy.COMPOSITE, 10, Persons.ASSUMED, _email),
        Kind("account", 1, ("account",), ("bank",), Entropy.RANDOM, 15, Persons.ASSUMED, _account),
        Kind("wallet", 1, ("wallet",), (), Entropy.RANDOM, 48, Persons.ASSUMED, _wallet),
        Kind("container", 1, ("container", "week"), (), Entropy.SERIES, 9, Persons.NEVER, _container),
        Kind("vessel", 1, ("imo", "week"), (), Entropy.SERIES, 7, Persons.NEVER, _vessel),
        Kind("address", 1, ("address", "city"), (), Entropy.COMPOSITE, 10, Persons.ASSUMED, _address),
    )
}
