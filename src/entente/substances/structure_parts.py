"""The four parts of a fentanyl frame, and which clause of a definition names a change of each.

The patterns are in `structure_clauses.yaml`. Needs RDKit, which is imported where it is used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import yaml

_FILE = Path(__file__).with_name("structure_clauses.yaml")


@dataclass(frozen=True, slots=True)
class Rule:
    """How one clause is recognised: the part it speaks of, the kind of test, its pattern or groups."""

    clause: str
    part: str
    test: str
    pattern: str = ""
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Frame:
    """One reading of a structure as acyl, aryl, nitrogen substituent and ring substituents.

    Each part is the SMILES of a fragment whose bond to the rest is `*`; `nitrogen` is empty for a hydrogen atom.
    """

    acyl: str
    aryl: str
    nitrogen: str
    ring: tuple[str, ...]


@lru_cache(maxsize=1)
def patterns() -> dict[str, Any]:
    """The pattern file; all scalars are texts."""
    return cast("dict[str, Any]", yaml.load(_FILE.read_text("utf-8"), yaml.BaseLoader))  # noqa: S506 (texts only)


def clauses_met(smiles: str, rules: Sequence[Rule]) -> frozenset[str]:
    """The clauses that a component meets; empty when the definition does not surely cover it.

    Args:
        smiles: canonical SMILES of one component.
        rules: the clauses of one definition.
    """
    for frame in _frames(_molecule(smiles)):
        met = _read(frame, rules)
        if met:
            return met
    return frozenset()


def _read(frame: Frame, rules: Sequence[Rule]) -> frozenset[str]:
    """The clauses met, or none unless every part is fentanyl's own or changed as a clause says."""
    met: set[str] = set()
    for part, own in (("acyl", True), ("aryl", True), ("nitrogen", True), ("ring", False)):
        changed = getattr(frame, part) != (patterns()["fentanyl"][part] if own else ())
        named = {rule.clause for rule in rules if rule.part == part and _meets(frame, rule)} if changed else set()
        if changed and not named:
            return frozenset()
        met |= named
    return frozenset(met)


def _meets(frame: Frame, rule: Rule) -> bool:
    if rule.test == "substituents":
        return all(_is_group(smiles, rule.groups) for smiles in frame.ring)
    part = getattr(frame, rule.part)
    if rule.test == "acyl":
        return _has(_molecule(part), rule.pattern)
    if rule.test == "aromatic_monocycle":
        return _is_monocycle(_molecule(part), _root(_molecule(part)))
    if rule.test == "any_group":
        return bool(part)
    return bool(part) and _phenethyl(_molecule(part), rule)


def _phenethyl(part: Any, rule: Rule) -> bool:
    """Whether a group is a phenethyl group whose changes are those of the rule's test.

    Both tests ask that the chain bears nothing but the groups named. `phenethyl_monocycle` then asks for a monocycle
    other than benzene, `phenethyl_substituents` for groups on the chain or on the ring, all of them named.
    """
    chain = part.GetSubstructMatches(_pattern("[#0]-[CX4;!R]-!@[CX4;!R]-!@[*;R1]"))
    return any(_phenethyl_at(part, match, rule) for match in chain)


def _phenethyl_at(part: Any, match: tuple[int, ...], rule: Rule) -> bool:
    on_chain = _branches(part, match[1:3], match)
    if not _is_monocycle(part, match[3], aromatic=False) or not all(_is_group(s, rule.groups) for s in on_chain):
        return False
    ring = next(ring for ring in part.GetRingInfo().AtomRings() if match[3] in ring)
    benzene = len(ring) == 6 and all(_is_aromatic_carbon(part.GetAtomWithIdx(index)) for index in ring)
    if rule.test == "phenethyl_monocycle":
        return not benzene
    on_ring = _branches(part, ring, (*ring, match[2])) if benzene else ()
    return bool(on_chain or on_ring) and all(_is_group(smiles, rule.groups) for smiles in on_ring)


def _root(part: Any) -> int:
    """The atom of a part that is bound to the rest of the molecule."""
    bond = next(atom for atom in part.GetAtoms() if not atom.GetAtomicNum()).GetBonds()[0]
    return int(bond.GetBeginAtomIdx() if bond.GetBeginAtom().GetAtomicNum() else bond.GetEndAtomIdx())


def _is_aromatic_carbon(atom: Any) -> bool:
    return bool(atom.GetIsAromatic()) and atom.GetAtomicNum() == 6


def _is_monocycle(part: Any, index: int, *, aromatic: bool = True) -> bool:
    """Whether the atom stands in one ring that shares no atom with another."""
    rings = [ring for ring in part.GetRingInfo().AtomRings() if index in ring]
    if len(rings) != 1:
        return False
    alone = all(part.GetRingInfo().NumAtomRings(member) == 1 for member in rings[0])
    return alone and (not aromatic or all(part.GetAtomWithIdx(member).GetIsAromatic() for member in rings[0]))


def _is_group(smiles: str, groups: Sequence[str]) -> bool:
    """Whether a substituent is one of the named groups, and nothing else beside it."""
    part = _molecule(smiles)
    if part.GetRingInfo().NumRings():
        return False
    return any(_fits(part, patterns()["groups"][name]) for name in groups)


def _fits(part: Any, group: Mapping[str, str]) -> bool:
    every = {match[0] for match in part.GetSubstructMatches(_pattern(group["every"]))}
    atoms = {atom.GetIdx() for atom in part.GetAtoms() if atom.GetAtomicNum()}
    rooted = "root" not in group or _has(part, f"[#0]-{group['root']}")
    return atoms <= every and rooted and ("has" not in group or _has(part, group["has"]))


def _frames(molecule: Any) -> list[Frame]:
    matches = molecule.GetSubstructMatches(_pattern(patterns()["frame"]))
    frames = (_frame(molecule, match) for match in matches)
    return [frame for frame in frames if frame is not None]


def _frame(molecule: Any, match: tuple[int, ...]) -> Frame | None:
    """Cut the frame's outer bonds; None when a part is tied to the frame twice (a ring through it)."""
    at = {name: match[int(index)] for name, index in patterns()["atoms"].items() if name != "ring"}
    ring = tuple(match[int(index)] for index in patterns()["atoms"]["ring"])
    core = (at["amide"], at["nitrogen"], *ring)
    acyl = _branch(molecule, at["amide"], at["acyl"], core)
    aryl = _branch(molecule, at["amide"], at["aryl"], core)
    nitrogen = _branches(molecule, (at["nitrogen"],), core)
    on_ring = _branches(molecule, ring, core)
    if "" in (acyl, aryl, *nitrogen, *on_ring) or len(nitrogen) > 1:
        return None
    return Frame(acyl, aryl, nitrogen[0] if nitrogen else "", on_ring)


def _branches(molecule: Any, members: Sequence[int], frame: Sequence[int]) -> tuple[str, ...]:
    """The branches that hang on some atoms of a frame, sorted."""
    found = [
        _branch(molecule, index, neighbour.GetIdx(), frame)
        for index in members
        for neighbour in molecule.GetAtomWithIdx(index).GetNeighbors()
        if neighbour.GetIdx() not in frame and neighbour.GetAtomicNum()
    ]
    return tuple(sorted(found))


def _branch(molecule: Any, inner: int, outer: int, frame: Sequence[int]) -> str:
    """SMILES of what hangs on one bond, the bond itself written `*`; empty when it returns to the frame."""
    from rdkit import Chem

    bond = molecule.GetBondBetweenAtoms(inner, outer)
    if bond.IsInRing() or bond.GetBondType() != Chem.BondType.SINGLE:
        return ""
    cut = Chem.FragmentOnBonds(molecule, [bond.GetIdx()], addDummies=True, dummyLabels=[(0, 0)])
    members = next(fragment for fragment in Chem.GetMolFrags(cut) if outer in fragment)
    if any(index in members for index in frame):
        return ""
    return str(Chem.MolToSmiles(Chem.MolFromSmiles(Chem.MolFragmentToSmiles(cut, members))))


def _has(part: Any, pattern: str) -> bool:
    return bool(part.HasSubstructMatch(_pattern(pattern)))


@lru_cache(maxsize=64)
def _pattern(smarts: str) -> Any:
    from rdkit import Chem

    return Chem.MolFromSmarts(smarts)


@lru_cache(maxsize=512)
def _molecule(smiles: str) -> Any:
    from rdkit import Chem

    return Chem.MolFromSmiles(smiles)
