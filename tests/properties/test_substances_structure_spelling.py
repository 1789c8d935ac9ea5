"""The answer belongs to the structure, not to the way in which it is written."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entente.errors import InputError
from entente.substances.structure import ScopeAnswer, scope

pytestmark = pytest.mark.chem

STRUCTURES = (
    "CC(=O)N(c1ccccc1)C1CCN(CCc2ccccc2)CC1",
    "COCC(=O)N(c1ccccc1F)C1CCN(CCc2ccccc2)CC1",
    "CCC(=O)N(c1ccccc1)C1(C(=O)OC)CCN(CCC(=O)OC)CC1",
    "CC(=O)Oc1ccccc1C(=O)O",
    "CN(C)C(=O)C(CCN1CCC(CC1)(c1ccc(Cl)cc1)O)(c1ccccc1)c1ccccc1",
)


@settings(max_examples=60, deadline=None)
@given(structure=st.sampled_from(STRUCTURES), seed=st.integers(1, 2**31 - 1))
def test_every_spelling_of_a_structure_has_the_same_answer(structure, seed):
    from rdkit import Chem as chem  # noqa: N813 (not a class)

    (spelling,) = chem.MolToRandomSmilesVect(chem.MolFromSmiles(structure), 1, randomSeed=seed)
    assert scope(spelling, format="smiles") == scope(structure, format="smiles")


@settings(max_examples=200, deadline=None)
@given(text=st.text(alphabet="CNOFclnos()[]=#+-123%.@/\\H ", max_size=60), format=st.sampled_from(["smiles", "inchi"]))
def test_any_text_is_answered_or_refused_with_a_remedy(text, format):  # noqa: A002
    try:
        answer = scope(text, format=format)
    except InputError as error:
        assert error.remedy  # noqa: PT017 (most texts are refused, some are answered)
    else:
        assert isinstance(answer, ScopeAnswer)
