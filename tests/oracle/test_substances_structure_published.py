"""The US definition against the authority's own reading: substances it has published as falling within it.

Source: 86 FR 22113 (27 April 2021), "These 10 specific substances all fall within the definition of fentanyl-related
substances set forth in a February 6, 2018, temporary scheduling order".
"""

from __future__ import annotations

import pytest

from entente.substances.structure import scope

pytestmark = pytest.mark.chem

PUBLISHED = {
    "2'-fluoro ortho-fluorofentanyl": ("CCC(=O)N(c1ccccc1F)C1CCN(CCc2ccccc2F)CC1", {"B", "D"}),
    "4'-methyl acetyl fentanyl": ("CC(=O)N(c1ccccc1)C1CCN(CCc2ccc(C)cc2)CC1", {"B", "E"}),
    "beta'-phenyl fentanyl": ("O=C(CCc1ccccc1)N(c1ccccc1)C1CCN(CCc2ccccc2)CC1", {"E"}),
    "beta-methyl fentanyl": ("CCC(=O)N(c1ccccc1)C1CCN(CC(C)c2ccccc2)CC1", {"B"}),
    "ortho-fluorobutyryl fentanyl": ("CCCC(=O)N(c1ccccc1F)C1CCN(CCc2ccccc2)CC1", {"D", "E"}),
    "ortho-methyl acetylfentanyl": ("CC(=O)N(c1ccccc1C)C1CCN(CCc2ccccc2)CC1", {"D", "E"}),
    "ortho-methyl methoxyacetyl fentanyl": ("COCC(=O)N(c1ccccc1C)C1CCN(CCc2ccccc2)CC1", {"D", "E"}),
    "para-methylfentanyl": ("CCC(=O)N(c1ccc(C)cc1)C1CCN(CCc2ccccc2)CC1", {"D"}),
    "phenyl fentanyl": ("O=C(c1ccccc1)N(c1ccccc1)C1CCN(CCc2ccccc2)CC1", {"E"}),
    "thiofuranyl fentanyl": ("O=C(c1cccs1)N(c1ccccc1)C1CCN(CCc2ccccc2)CC1", {"E"}),
}


@pytest.mark.parametrize(("text", "clauses"), PUBLISHED.values(), ids=PUBLISHED.keys())
def test_what_the_authority_published_as_within_the_definition_is_covered(text, clauses):
    (us,) = [given for given in scope(text, format="smiles").answers if given.definition.jurisdiction == "US"]
    assert us.status == "covered"
    assert {clause.id for clause in us.clauses} == clauses


#: Source: 82 FR 58575 (13 December 2017, "Seven Fentanyl-Related Substances"), 82 FR 42754 (12 September 2017) and the
#: final order of 29 November 2018: substances that the authority names with their systematic names, each of which
#: differs from fentanyl in the acyl group, the aniline ring, or both.
NAMED = {
    "valeryl fentanyl": ("CCCCC(=O)N(c1ccccc1)C1CCN(CCc2ccccc2)CC1", {"E"}),
    "para-fluorobutyryl fentanyl": ("CCCC(=O)N(c1ccc(F)cc1)C1CCN(CCc2ccccc2)CC1", {"D", "E"}),
    "para-methoxybutyryl fentanyl": ("CCCC(=O)N(c1ccc(OC)cc1)C1CCN(CCc2ccccc2)CC1", {"D", "E"}),
    "para-chloroisobutyryl fentanyl": ("CC(C)C(=O)N(c1ccc(Cl)cc1)C1CCN(CCc2ccccc2)CC1", {"D", "E"}),
    "isobutyryl fentanyl": ("CC(C)C(=O)N(c1ccccc1)C1CCN(CCc2ccccc2)CC1", {"E"}),
    "cyclopentyl fentanyl": ("O=C(C1CCCC1)N(c1ccccc1)C1CCN(CCc2ccccc2)CC1", {"E"}),
    "ocfentanil": ("COCC(=O)N(c1ccccc1F)C1CCN(CCc2ccccc2)CC1", {"D", "E"}),
    "ortho-fluorofentanyl": ("CCC(=O)N(c1ccccc1F)C1CCN(CCc2ccccc2)CC1", {"D"}),
    "tetrahydrofuranyl fentanyl": ("O=C(C1CCCO1)N(c1ccccc1)C1CCN(CCc2ccccc2)CC1", {"E"}),
    "methoxyacetyl fentanyl": ("COCC(=O)N(c1ccccc1)C1CCN(CCc2ccccc2)CC1", {"E"}),
    "furanyl fentanyl": ("O=C(c1ccco1)N(c1ccccc1)C1CCN(CCc2ccccc2)CC1", {"E"}),
    "4-fluoroisobutyryl fentanyl": ("CC(C)C(=O)N(c1ccc(F)cc1)C1CCN(CCc2ccccc2)CC1", {"D", "E"}),
    "acryl fentanyl": ("C=CC(=O)N(c1ccccc1)C1CCN(CCc2ccccc2)CC1", {"E"}),
}


@pytest.mark.parametrize(("text", "clauses"), NAMED.values(), ids=NAMED.keys())
def test_what_the_authority_named_is_within_the_definition_as_well(text, clauses):
    (us,) = [given for given in scope(text, format="smiles").answers if given.definition.jurisdiction == "US"]
    assert {clause.id for clause in us.clauses} == clauses
