"""Whether a structure that a record carries falls under a legal class definition (extra `[chem]`, RDKit).

Two definitions are looked at, each by itself: China's class of fentanyl-related substances (announcement in force
since 2019-05-01) and that of the United States (21 U.S.C. 812(c), schedule I(e)). Their words, dates and sources are
in the list files; `structure_clauses.yaml` says how each clause is recognised.

Rules of this module, which keep it a lookup of law and nothing else:

- It answers *covered*, with the clauses met and the law's own words, or *not determined*. There is no third answer:
  it never says that a structure is outside a definition, what fails, or what would change the answer. Every answer
  "not determined" is equal to every other.
- One structure a call. Nothing is generated, listed, ranked or compared.
- It reads the words narrowly. "Not determined" clears nobody; analogue law may apply all the same.
- Isotope labels, stereochemistry, charges of salts and the other components of a mixture do not matter to the
  definitions (they speak of groups, and cover salts and mixtures); they are set aside before the definitions are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, cast

import yaml

from entente.errors import InputError, MissingComponentError, Place
from entente.substances import structure_parts as parts
from entente.substances.model import Clause

Status = Literal["covered", "not_determined"]

#: What always has to be said with an answer.
NOTICE = (
    "Only the class definitions named here were read, narrowly. 'not_determined' is not a clearance: analogue law may "
    "apply all the same, and a substance may be controlled by name; look it up by name or CAS number as well. A "
    "substance that another entry names stays under that entry. The decision is the authority's."
)
MAX_CHARACTERS = 4_000
MAX_HEAVY_ATOMS = 200
MAX_COMPONENTS = 16
_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Definition:
    """A legal definition: where it stands, since when, and its words.

    `kind` is `class` for a class definition and `named` for an entry that names a substance. `effective_from` is None
    where the register does not hold the entry's date.
    """

    kind: Literal["class", "named"]
    jurisdiction: str
    title: str
    quote: str
    source: str
    effective_from: date | None = None


@dataclass(frozen=True, slots=True)
class ClassAnswer:
    """What one definition says. `clauses` holds the clauses met, and is empty unless a class covers."""

    status: Status
    definition: Definition
    clauses: tuple[Clause, ...] = ()


@dataclass(frozen=True, slots=True)
class ScopeAnswer:
    """The answer on one structure: covered if any definition covers it; each definition answers by itself."""

    status: Status
    answers: tuple[ClassAnswer, ...]
    notice: str = NOTICE


@dataclass(frozen=True, slots=True)
class _Class:
    definition: Definition
    clauses: Mapping[str, Clause]
    rules: tuple[parts.Rule, ...]


def scope(structure: str, *, format: Literal["smiles", "inchi"]) -> ScopeAnswer:  # noqa: A002 (the word of the trade)
    """Say whether one structure falls under a legal class definition.

    Args:
        structure: a SMILES or InChI string of at most 4,000 characters and 200 heavy atoms.
        format: `smiles` or `inchi`.

    Returns:
        The answer of each definition, with the law's words.

    Raises:
        InputError: the text is no readable structure of that format, or it is too large.
        MissingComponentError: RDKit is not installed.
    """
    answers = _answers(_canonical(structure, format))
    covered = any(answer.status == "covered" for answer in answers)
    return ScopeAnswer("covered" if covered else "not_determined", answers)


def definitions() -> tuple[Definition, ...]:
    """The class definitions that `scope` reads; needs no RDKit."""
    return tuple(known.definition for known in _classes())


def _rdkit() -> Any:
    try:
        from rdkit import Chem
    except ImportError as error:
        raise MissingComponentError(
            "Reading structures needs RDKit, which is not installed.",
            remedy='Install it with: pip install "entente[chem]"',
        ) from error
    return Chem


def _refuse(what: str, remedy: str) -> InputError:
    return InputError(f"The structure was not read: {what}.", remedy=remedy, place=Place(field="structure"))


def _canonical(structure: str, format_: str) -> str:
    """One spelling per structure, so that the cache meets it again however it was written."""
    chem = _rdkit()
    molecule = _checked(_parse(chem, _plain(structure), format_))
    neutral = _neutral(chem, molecule)
    fragments = set(chem.MolToSmiles(neutral, isomericSmiles=False).split("."))
    return ".".join(sorted(fragments))


def _plain(structure: str) -> str:
    text = structure.strip()
    if not text or len(text) > MAX_CHARACTERS:
        raise _refuse(
            f"it is empty or longer than {MAX_CHARACTERS} characters",
            "Give one SMILES or InChI string.",
        )
    if any(character.isspace() or not character.isprintable() for character in text):
        raise _refuse(
            "it holds blanks or control characters", "Give one structure at a time, without a name behind it."
        )
    return text


def _parse(chem: Any, text: str, format_: str) -> Any:
    from rdkit import rdBase

    readers = {"smiles": chem.MolFromSmiles, "inchi": chem.MolFromInchi}
    if format_ not in readers:
        raise _refuse(f"the format {format_!r} is not known", "Use the format smiles or inchi.")
    with rdBase.BlockLogs():
        try:
            molecule = readers[format_](text)
        except (RuntimeError, ValueError):
            molecule = None
    if molecule is None:
        raise _refuse(f"it is not valid {format_}", "Check the text against the document it came from.")
    return molecule


def _checked(molecule: Any) -> Any:
    if molecule.GetNumHeavyAtoms() > MAX_HEAVY_ATOMS:
        raise _refuse(f"it has more than {MAX_HEAVY_ATOMS} heavy atoms", "Only single small molecules can be read.")
    if molecule.GetNumAtoms() == 0 or any(atom.GetAtomicNum() == 0 for atom in molecule.GetAtoms()):
        raise _refuse("it has no atoms or open positions", "Give a complete structure.")
    if any(item.HasQuery() for item in (*molecule.GetAtoms(), *molecule.GetBonds())):
        raise _refuse("it is a search pattern, not a structure", "Give a complete structure.")
    return molecule


def _neutral(chem: Any, molecule: Any) -> Any:
    from rdkit import rdBase
    from rdkit.Chem.MolStandardize import rdMolStandardize

    plain = chem.RWMol(molecule)
    for atom in plain.GetAtoms():
        atom.SetIsotope(0)
        atom.SetAtomMapNum(0)
    with rdBase.BlockLogs():
        without = chem.RemoveHs(plain.GetMol())
        if len(chem.GetMolFrags(without)) > MAX_COMPONENTS:
            raise _refuse(f"it has more than {MAX_COMPONENTS} components", "Give the components one by one.")
        return rdMolStandardize.Uncharger(canonicalOrder=True).uncharge(without)


@lru_cache(maxsize=4096)
def _answers(canonical: str) -> tuple[ClassAnswer, ...]:
    components = canonical.split(".")
    entries = [entry for smiles in components for entry in _named().get(smiles, ())]
    held = {entry.definition.jurisdiction for entry in entries}
    read = [smiles for smiles in components if smiles not in _named()]
    classes = [
        _class_answer(known, read)
        for known in _classes()
        if known.definition.jurisdiction not in held or _met(known, read)
    ]
    return (*dict.fromkeys(entries), *classes)


def _class_answer(known: _Class, components: list[str]) -> ClassAnswer:
    met = _met(known, components)
    clauses = tuple(known.clauses[name] for name in known.clauses if name in met)
    return ClassAnswer("covered" if clauses else "not_determined", known.definition, clauses)


def _met(known: _Class, components: list[str]) -> frozenset[str]:
    for smiles in components:
        if met := parts.clauses_met(smiles, known.rules):
            return met
    return frozenset()


@lru_cache(maxsize=1)
def _named() -> dict[str, tuple[ClassAnswer, ...]]:
    """Canonical structure -> the entries that name it."""
    chem = _rdkit()
    raw = parts.patterns()
    return {
        chem.MolToSmiles(chem.MolFromSmiles(item["smiles"])): tuple(
            ClassAnswer("covered", _entry(raw["entries"][entry], item["words"][entry])) for entry in item["entries"]
        )
        for item in raw["named"]
    }


def _entry(entry: Mapping[str, str], words: str) -> Definition:
    return Definition("named", entry["jurisdiction"], entry["title"], words, entry["source"])


@lru_cache(maxsize=1)
def _classes() -> tuple[_Class, ...]:
    return tuple(_class(item) for item in parts.patterns()["definitions"])


def _class(item: Mapping[str, Any]) -> _Class:
    path = _HERE / "lists" / item["list"]
    raw = cast("dict[str, Any]", yaml.load(path.read_text("utf-8"), yaml.BaseLoader))  # noqa: S506 (texts only)
    listing = next(listing for listing in reversed(raw["listings"]) if "clauses" in listing)
    clauses = {
        row["id"]: Clause(row["id"], row["quote"], row["quote_lang"], row.get("note")) for row in listing["clauses"]
    }
    return _Class(_class_definition(raw["instrument"], listing), clauses, tuple(_rules(item)))


def _class_definition(instrument: Mapping[str, Any], listing: Mapping[str, Any]) -> Definition:
    return Definition(
        kind="class",
        jurisdiction=instrument["jurisdiction"],
        title=instrument["title"]["en"],
        quote=listing["quote"],
        source=listing["sources"][0]["address"],
        effective_from=date.fromisoformat(listing["effective_from"]),
    )


def _rules(item: Mapping[str, Any]) -> Iterator[parts.Rule]:
    for clause in item["clauses"]:
        yield parts.Rule(
            clause["id"],
            clause["part"],
            clause["test"],
            clause.get("pattern", ""),
            tuple(clause.get("groups", ())),
        )
