"""The groups that the definitions name, as chemistry names them; `*` is the bond to the rest."""

from __future__ import annotations

import pytest

from entente.substances import structure_parts as parts

pytestmark = pytest.mark.chem

NAMED = {
    "alkyl": ["*C", "*CC", "*C(C)C", "*C(C)(C)C"],
    "alkenyl": ["*C=C", "*CC=C"],
    "alkoxyl": ["*OC", "*OC(C)C"],
    "ester": ["*C(=O)OC", "*OC(C)=O", "*CC(=O)OCC"],
    "ether": ["*COC", "*OC"],
    "hydroxyl": ["*O"],
    "halo": ["*F", "*Cl", "*Br", "*I"],
    "haloalkyl": ["*C(F)(F)F", "*CCl"],
    "amino": ["*N"],
    "nitro": ["*[N+](=O)[O-]"],
}
OTHER = [
    "*C#N",
    "*C#C",
    "*C(=O)O",
    "*C(N)=O",
    "*S",
    "*SC",
    "*c1ccccc1",
    "*C1CC1",
    "*NC",
    "*CO",
    "*C=O",
    "*OCO",
    "*N=O",
    "*P",
]
PAIRS = [(group, text) for group, texts in NAMED.items() for text in texts]


@pytest.mark.parametrize(("group", "text"), PAIRS)
def test_a_group_is_recognised_by_its_name(group, text):
    assert parts._is_group(text, [group])


@pytest.mark.parametrize("text", OTHER)
def test_no_other_substituent_is_taken_for_a_named_group(text):
    assert not parts._is_group(text, list(NAMED))


@pytest.mark.parametrize(("group", "text"), PAIRS)
def test_a_group_is_not_taken_for_another(group, text):
    others = {name for name in NAMED if name != group and parts._is_group(text, [name])}
    assert others <= ({"alkoxyl", "ether"} if group in {"alkoxyl", "ether"} else set()), "an alkoxyl group is an ether"


def test_every_group_of_the_pattern_file_is_named_by_a_clause():
    raw = parts.patterns()
    used = {group for known in raw["definitions"] for clause in known["clauses"] for group in clause.get("groups", ())}
    assert used == set(raw["groups"]) == set(NAMED)
