"""Legal-class scope: what the two class definitions say of one structure, and what is never said.

The structures are those of substances that authorities have named in public schedules, and of common medicines.
"""

from __future__ import annotations

import dataclasses
import sys
from datetime import date
from pathlib import Path

import pytest
import yaml

from entente.errors import MissingComponentError
from entente.substances import structure
from entente.substances.structure import ScopeAnswer, definitions, scope

pytestmark = pytest.mark.chem

FENTANYL = "CCC(=O)N(c1ccccc1)C1CCN(CCc2ccccc2)CC1"
ACETYLFENTANYL = "CC(=O)N(c1ccccc1)C1CCN(CCc2ccccc2)CC1"
ACETYLFENTANYL_INCHI = (
    "InChI=1S/C21H26N2O/c1-18(24)23(20-10-6-3-7-11-20)21-13-16-22(17-14-21)15-12-19-8-4-2-5-9-19/h2-11,21H,12-17H2,1H3"
)
NORFENTANYL = "CCC(=O)N(c1ccccc1)C1CCNCC1"
ANPP = "c1ccccc1NC1CCN(CCc2ccccc2)CC1"
BENZYLFENTANYL = "CCC(=O)N(c1ccccc1)C1CCN(Cc2ccccc2)CC1"
ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"
LOPERAMIDE = "CN(C)C(=O)C(CCN1CCC(CC1)(c1ccc(Cl)cc1)O)(c1ccccc1)c1ccccc1"


def smiles(text: str) -> ScopeAnswer:
    return scope(text, format="smiles")


def clauses(answer: ScopeAnswer, jurisdiction: str) -> list[str]:
    return [
        clause.id
        for given in answer.answers
        if given.definition.jurisdiction == jurisdiction and given.definition.kind == "class"
        for clause in given.clauses
    ]


@pytest.mark.parametrize(
    ("name", "text", "china", "us"),
    [
        ("acetylfentanyl", ACETYLFENTANYL, ["一"], ["E"]),
        ("furanylfentanyl", "O=C(c1ccco1)N(c1ccccc1)C1CCN(CCc2ccccc2)CC1", ["一"], ["E"]),
        ("acrylfentanyl", "C=CC(=O)N(c1ccccc1)C1CCN(CCc2ccccc2)CC1", ["一"], ["E"]),
        ("valerylfentanyl", "CCCCC(=O)N(c1ccccc1)C1CCN(CCc2ccccc2)CC1", ["一"], ["E"]),
        ("para-fluorofentanyl", "CCC(=O)N(c1ccc(F)cc1)C1CCN(CCc2ccccc2)CC1", ["二"], ["D"]),
        ("ocfentanil", "COCC(=O)N(c1ccccc1F)C1CCN(CCc2ccccc2)CC1", ["一", "二"], ["D", "E"]),
        ("3-methylfentanyl", "CCC(=O)N(c1ccccc1)C1CCN(CCc2ccccc2)CC1C", ["三"], ["C"]),
        ("alpha-methylfentanyl", "CCC(=O)N(c1ccccc1)C1CCN(C(C)Cc2ccccc2)CC1", ["四"], ["B"]),
        ("beta-hydroxyfentanyl", "CCC(=O)N(c1ccccc1)C1CCN(CC(O)c2ccccc2)CC1", ["四"], ["B"]),
        ("thiofentanyl", "CCC(=O)N(c1ccccc1)C1CCN(CCc2cccs2)CC1", ["四"], ["A"]),
        ("3-methylthiofentanyl", "CCC(=O)N(c1ccccc1)C1CCN(CCc2cccs2)CC1C", ["三", "四"], ["A", "C"]),
    ],
)
def test_a_substance_that_both_authorities_scheduled_by_name_is_within_both_classes(name, text, china, us):
    answer = smiles(text)
    assert answer.status == "covered"
    assert clauses(answer, "CN") == china, name
    assert clauses(answer, "US") == us, name


@pytest.mark.parametrize(
    "text",
    [FENTANYL, "CCC(=O)N(c1ccccc1)C1(COC)CCN(CCc2cccs2)CC1", "CCC(=O)N(c1ccccc1)C1(C(=O)OC)CCN(CCC(=O)OC)CC1"],
    ids=["fentanyl", "sufentanil", "remifentanil"],
)
def test_a_medicine_that_another_entry_names_is_answered_with_that_entry(text):
    answer = smiles(text)
    assert [(given.definition.jurisdiction, given.definition.kind) for given in answer.answers] == [
        ("CN", "named"),
        ("US", "named"),
    ]
    assert all(given.definition.quote and not given.clauses for given in answer.answers)


def test_each_definition_answers_by_itself():
    answer = smiles(BENZYLFENTANYL)
    assert clauses(answer, "CN") == ["四"]
    assert clauses(answer, "US") == []
    assert {given.definition.jurisdiction: given.status for given in answer.answers} == {
        "CN": "covered",
        "US": "not_determined",
    }


@pytest.mark.parametrize("text", [ASPIRIN, LOPERAMIDE, NORFENTANYL, ANPP, "O", "[Na+].[Cl-]", "CCO"])
def test_what_no_definition_surely_covers_is_not_determined(text):
    assert smiles(text).status == "not_determined"


#: Medicines, and precursors that other entries name, which hold a piperidine, an anilide, or both.
OTHERS = {
    "haloperidol": "O=C(CCCN1CCC(O)(CC1)c1ccc(Cl)cc1)c1ccc(F)cc1",
    "pethidine": "CCOC(=O)C1(CCN(C)CC1)c1ccccc1",
    "anileridine": "CCOC(=O)C1(CCN(CCc2ccc(N)cc2)CC1)c1ccccc1",
    "diphenoxylate": "CCOC(=O)C1(CCN(CCC(C#N)(c2ccccc2)c2ccccc2)CC1)c1ccccc1",
    "piritramide": "NC(=O)C1(CCN(CCC(C#N)(c2ccccc2)c2ccccc2)CC1)N1CCCCC1",
    "bezitramide": "CCC(=O)n1c(=O)n(C2CCN(CCC(C#N)(c3ccccc3)c3ccccc3)CC2)c2ccccc12",
    "domperidone": "O=c1[nH]c2ccccc2n1CCCN1CCC(CC1)n1c(=O)[nH]c2cc(Cl)ccc12",
    "bamipine": "CN1CCC(CC1)N(Cc1ccccc1)c1ccccc1",
    "indoramin": "O=C(NC1CCN(CCc2c[nH]c3ccccc23)CC1)c1ccccc1",
    "cisapride": "COC1CN(CCCOc2ccc(F)cc2)CCC1NC(=O)c1cc(Cl)c(N)cc1OC",
    "risperidone": "Cc1nc2n(c(=O)c1CCN1CCC(CC1)c1noc3cc(F)ccc13)CCCC2",
    "donepezil": "COc1cc2CC(CC3CCN(Cc4ccccc4)CC3)C(=O)c2cc1OC",
    "fluspirilene": "O=C1NCN(c2ccccc2)C12CCN(CCCC(c1ccc(F)cc1)c1ccc(F)cc1)CC2",
    "lidocaine": "CCN(CC)CC(=O)Nc1c(C)cccc1C",
    "propiram": "CCC(=O)N(C(C)CN1CCCCC1)c1ccccn1",
    "diampromide": "CCC(=O)N(CC(C)N(C)CCc1ccccc1)c1ccccc1",
    "phenampromide": "CCC(=O)N(c1ccccc1)C(C)CN1CCCCC1",
    "4-AP": "C1CC(CCN1)Nc1ccccc1",
    "1-boc-4-AP": "CC(C)(C)OC(=O)N1CCC(CC1)Nc1ccccc1",
    "NPP": "O=C1CCN(CCc2ccccc2)CC1",
}


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS.keys())
def test_medicines_and_precursors_that_share_a_piece_are_not_determined(text):
    assert smiles(text).status == "not_determined"


def test_a_medicine_that_the_words_of_one_definition_reach_is_answered_by_those_words():
    """Lorcainide: another acyl group, another aromatic monocycle, another group in place of phenethyl."""
    answer = smiles("CC(C)N1CCC(CC1)N(C(=O)Cc1ccccc1)c1ccc(Cl)cc1")
    assert (clauses(answer, "CN"), clauses(answer, "US")) == (["一", "二", "四"], [])


def test_not_determined_never_says_why():
    """Every such answer is equal, so nothing about the structure or a clause can be read from it."""
    answers = {smiles(text) for text in (ASPIRIN, LOPERAMIDE, NORFENTANYL, ANPP, "CCO")}
    assert len(answers) == 1
    (answer,) = answers
    assert all(given.clauses == () for given in answer.answers)


def test_an_answer_has_no_field_for_what_fails_or_for_the_structure():
    names = {field.name for kind in (ScopeAnswer, structure.ClassAnswer) for field in dataclasses.fields(kind)}
    assert names == {"status", "answers", "notice", "definition", "clauses"}


def test_every_answer_says_that_analogue_law_may_apply():
    for text in (ACETYLFENTANYL, ASPIRIN):
        assert "analogue law may apply all the same" in smiles(text).notice


def test_covered_quotes_the_law_as_the_register_holds_it():
    folder = Path(structure.__file__).parent / "lists"
    raw = yaml.safe_load((folder / "cn-fentanyl-class.yaml").read_text("utf-8"))
    held = {row["id"]: row["quote"] for row in raw["listings"][0]["clauses"]}
    (china,) = [given for given in smiles(ACETYLFENTANYL).answers if given.definition.jurisdiction == "CN"]
    assert [clause.quote for clause in china.clauses] == [held["一"]] == ["使用其他酰基替代丙酰基"]
    assert china.definition.effective_from == date(2019, 5, 1)
    assert china.definition.source.startswith("http")


def test_the_us_definition_quotes_the_statute():
    (us,) = [given for given in smiles(ACETYLFENTANYL).answers if given.definition.jurisdiction == "US"]
    assert [clause.quote for clause in us.clauses] == [
        "By replacement of the N-propionyl group with another acyl group."
    ]
    assert us.definition.effective_from == date(2025, 7, 16)


def test_definitions_can_be_listed_without_a_structure():
    assert [known.jurisdiction for known in definitions()] == ["CN", "US"]


@pytest.mark.parametrize(
    "text",
    [
        "CC(=O)N(c1ccccc1)C1CC[NH+](CCc2ccccc2)CC1.[Cl-]",
        "Cl.CC(=O)N(c1ccccc1)C1CCN(CCc2ccccc2)CC1",
        "CC(=O)N(c1ccccc1)C1CCN(CCc2ccccc2)CC1.OC(=O)CC(O)(C(=O)O)CC(=O)O",
        "CC(=O)Oc1ccccc1C(=O)O.CC(=O)N(c1ccccc1)C1CCN(CCc2ccccc2)CC1",
        "CC(=O)N(c1ccccc1)C1CCN(CCc2c([2H])c([2H])c([2H])c([2H])c2[2H])CC1",
        "[13CH3]C(=O)N(c1ccccc1)C1CCN(CCc2ccccc2)CC1",
        "C1CN(CCC1N(C(C)=O)C1=CC=CC=C1)CCC1=CC=CC=C1",
        "  CC(=O)N(c1ccccc1)C1CCN(CCc2ccccc2)CC1\n",
    ],
    ids=["salt", "salt in parts", "citrate", "mixture", "deuterium", "carbon-13", "other spelling", "blanks around"],
)
def test_salts_mixtures_labels_and_spellings_do_not_change_the_class_answers(text):
    assert smiles(text) == smiles(ACETYLFENTANYL)


def test_an_inchi_is_read_like_a_smiles():
    assert scope(ACETYLFENTANYL_INCHI, format="inchi") == smiles(ACETYLFENTANYL)


def test_stereochemistry_is_set_aside():
    assert smiles("CCC(=O)N(c1ccccc1)[C@@H]1CCN(CCc2ccccc2)C[C@@H]1C") == smiles(
        "CCC(=O)N(c1ccccc1)C1CCN(CCc2ccccc2)CC1C"
    )


def test_a_named_medicine_beside_a_class_member_is_answered_with_both():
    answer = smiles(f"{FENTANYL}.{ACETYLFENTANYL}")
    assert {given.definition.kind for given in answer.answers} == {"named", "class"}


def test_the_answer_is_the_same_object_of_law_each_time():
    structure._answers.cache_clear()
    first, second = smiles(ACETYLFENTANYL), smiles("CC(=O)N(C1CCN(CC1)CCc1ccccc1)c1ccccc1")
    assert first == second
    assert structure._answers.cache_info().hits == 1


def test_without_rdkit_the_remedy_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "rdkit", None)
    with pytest.raises(MissingComponentError) as caught:
        smiles(ASPIRIN)
    assert caught.value.remedy == 'Install it with: pip install "entente[chem]"'
