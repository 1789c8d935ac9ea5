"""What the kernel looks for: names, CAS numbers and HS codes of controlled substances.

A frozen value made from the register's flat tables, so that a kernel can be pickled to workers and a benchmark can
make one of any size. It holds no dates: what was controlled when is the as-of join's business.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import pyarrow as pa

from entente.errors import Place, RegisterError
from entente.screening.cas import packed_cas


class RegisterTables(Protocol):
    """The part of the register that a vocabulary needs."""

    def table(self, name: str) -> pa.Table:
        """One of the register's flat tables."""


class Name(NamedTuple):
    """One name of a substance; `substance` indexes `Vocabulary.substances`; `form` is a `Form` bit set."""

    text: str
    substance: int
    form: int = 0
    needs_context: bool = False


class CasNumber(NamedTuple):
    """One CAS number, digits packed into an integer (103-79-7 is 103797)."""

    packed: int
    substance: int
    form: int = 0


class HsCode(NamedTuple):
    """One HS subheading that is a substance's own, in one edition of the Harmonized System."""

    hs6: int
    edition: int
    substance: int


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Everything the kernel looks for.

    Attributes:
        substances: substance ids, in the order that the other parts index.
        names: names, synonyms and acronyms.
        cas: known CAS numbers.
        hs: specific HS codes only; a basket code says nothing by itself.
        fingerprint: SHA-256 over the content; equal vocabularies share a compiled matcher.
    """

    substances: tuple[str, ...]
    names: tuple[Name, ...]
    cas: tuple[CasNumber, ...]
    hs: tuple[HsCode, ...]
    fingerprint: str

    @classmethod
    def of(
        cls, substances: Iterable[str], names: Iterable[Name], cas: Iterable[CasNumber] = (), hs: Iterable[HsCode] = ()
    ) -> Vocabulary:
        """Make a vocabulary from its parts."""
        parts = (tuple(substances), tuple(names), tuple(cas), tuple(hs))
        return cls(*parts, fingerprint=hashlib.sha256(repr(parts).encode()).hexdigest())

    @classmethod
    def from_register(cls, register: RegisterTables) -> Vocabulary:
        """Make the vocabulary of a register.

        Args:
            register: anything with the register's flat tables `names`, `cas` and `hs`.

        Raises:
            RegisterError: a CAS number in the register fails its check digit.
        """
        return cls.from_tables(register.table("names"), register.table("cas"), register.table("hs"))

    @classmethod
    def from_tables(cls, names: pa.Table, cas: pa.Table, hs: pa.Table) -> Vocabulary:
        """Make a vocabulary from flat tables.

        Args:
            names: substance_id, name, form, needs_context.
            cas: substance_id, cas, form.
            hs: substance_id, hs6, edition, specific.

        Raises:
            RegisterError: a CAS number fails its check digit.
        """
        ids = sorted(
            {*names["substance_id"].to_pylist(), *cas["substance_id"].to_pylist(), *hs["substance_id"].to_pylist()}
        )
        index = {substance: number for number, substance in enumerate(ids)}
        return cls.of(
            ids,
            (
                Name(row["name"], index[row["substance_id"]], row["form"] or 0, bool(row["needs_context"]))
                for row in names.select(["substance_id", "name", "form", "needs_context"]).to_pylist()
            ),
            (
                CasNumber(_checked(row["cas"], row["substance_id"]), index[row["substance_id"]], row["form"] or 0)
                for row in cas.select(["substance_id", "cas", "form"]).to_pylist()
            ),
            (
                HsCode(int(row["hs6"]), int(row["edition"]), index[row["substance_id"]])
                for row in hs.select(["substance_id", "hs6", "edition", "specific"]).to_pylist()
                if row["specific"]
            ),
        )


def _checked(text: str, substance: str) -> int:
    packed = packed_cas(text)
    if packed is None:
        raise RegisterError(
            f"{text!r} is not a CAS number: its shape or check digit is wrong.",
            remedy="Correct the number in the control list; `entente substances validate` lists all of them.",
            place=Place(field=substance),
        )
    return packed
