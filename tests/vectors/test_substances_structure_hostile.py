"""Structures that are no structures, or that are too large to be read: a clear refusal, and nothing else."""

from __future__ import annotations

import pytest

from entente.errors import InputError
from entente.substances.structure import MAX_CHARACTERS, MAX_HEAVY_ATOMS, scope

pytestmark = pytest.mark.chem

HOSTILE = {
    "empty": "",
    "blanks": "   \t ",
    "no chemistry": "hello",
    "open ring": "C1CC",
    "open bracket": "[NH3+",
    "impossible valence": "C(C)(C)(C)(C)C",
    "bad aromaticity": "c1cccc1",
    "placeholder": "*CCO",
    "query atom": "[#6]~[#7]",
    "reaction": "CCO>>CC=O",
    "two lines": "CCO\nCCC",
    "name behind": "CCO ethanol",
    "NUL byte": "CC\x00O",
    "surrogate": "CC\ud800O",
    "formula injection": "=cmd|' /C calc'!A0",
    "Hanzi": "乙醇",
    "full-width": "ＣＣＯ",
    "too many atoms": "C" * (MAX_HEAVY_ATOMS + 1),
    "too long": "C" * (MAX_CHARACTERS + 1),
    "deep nesting": "C(" * 1_500 + "C" + ")" * 1_500,
    "many rings": "C%99" * 900,
    "too many components": ".".join("C" * length for length in range(1, 19)),
    "ten thousand components": "C." * 1_999 + "C",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_smiles_is_refused_with_a_remedy(text):
    with pytest.raises(InputError) as caught:
        scope(text, format="smiles")
    assert caught.value.remedy
    assert str(caught.value).startswith("structure: The structure was not read")


@pytest.mark.parametrize("text", ["InChI=1S/", "InChI=1S/C999999", "1S/CH4/h1H4", "InChI=2/CH4", "InChI=1S/C2H6O/c1-9"])
def test_a_hostile_inchi_is_refused_with_a_remedy(text):
    with pytest.raises(InputError):
        scope(text, format="inchi")


def test_an_unknown_format_is_refused():
    with pytest.raises(InputError, match="format"):
        scope("CCO", format="mol")  # type: ignore[arg-type]


def test_the_largest_allowed_structure_is_read():
    assert scope("C" * MAX_HEAVY_ATOMS, format="smiles").status == "not_determined"


def test_a_ring_through_two_parts_of_the_frame_is_not_determined():
    """A macrocycle that ties the acyl group to the nitrogen substituent is no listed change of one part."""
    assert scope("O=C1CCCCc2ccc(cc2)CCN2CCC(CC2)N1c1ccccc1", format="smiles").status == "not_determined"
