"""Scores, verdicts and their limits; explanations; ranking."""

from __future__ import annotations

import pytest

from entente.parties.explain import LANGUAGES, explain
from entente.parties.facts import Facts, evidence
from entente.parties.identifiers import Identifier
from entente.parties.matching import Candidates, Record
from entente.parties.model import load
from entente.parties.scoring import MATCH, NO_MATCH, REVIEW, compete

MODEL = load()
HAN = "武汉某某科技有限公司"
UNREADABLE = "".join(map(chr, (0x1F642, 0x1F643)))


def verdict(left: str, right: str, kind: str | None = None) -> str:
    return explain(left, right, MODEL, kind=kind).scored.verdict


@pytest.mark.parametrize("other", ["Wuhan Moumou Technology Co., Ltd.", "WUHAN MOUMOU TECH"])
def test_the_same_firm_in_both_scripts(other: str):
    assert verdict(HAN, other) == MATCH


def test_the_spanish_writing_without_its_place_is_for_review():
    assert verdict(HAN, "Moumou Tecnología") == REVIEW


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (HAN, "Wuhan Haoda Chemical Co., Ltd."),
        ("浙江某某化工有限公司", "Wuhan Moumou Technology Co., Ltd."),
        ("Northern Star Trading Ltd", "Southern Cross Chemicals Ltd"),
        ("广州大江化工有限公司", "北京天山纺织有限公司"),
    ],
)
def test_different_firms(left: str, right: str):
    assert verdict(left, right) == NO_MATCH


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("王伟", "Wang Wei"),
        ("欧阳修文", "Ouyang Xiuwen"),
        ("Zebulon Quackenbush", "Zebulon Quackenbush"),
        ("陈大文", "Chan Tai Man"),
    ],
)
def test_a_persons_name_alone_is_never_a_match(left: str, right: str):
    found = explain(left, right, MODEL).scored
    assert found.verdict == REVIEW
    assert "person" in found.reasons


def test_an_opaque_brand_is_never_a_match_by_name():
    for other in ("DJI", "SZ DJI Technology Co., Ltd.", "Shenzhen DJI Innovation Technology Co., Ltd."):
        assert verdict("深圳市大疆创新科技有限公司", other) != MATCH


def test_traditional_characters_change_nothing():
    assert explain("武漢某某化學有限公司", "Wuhan Moumou Chemical", MODEL) == explain(
        "武汉某某化学有限公司", "Wuhan Moumou Chemical", MODEL
    )


def test_a_second_fact_lets_a_persons_name_match():
    phone = Facts((Identifier("phone", "+861065529988"),))
    known = Candidates([Record("c", "王伟", "person", phone), Record("d", "李娜", "person")], MODEL)
    alone = known.find(Record("q", "Wang Wei", "person"))
    with_phone = known.find(Record("q", "Wang Wei", "person", phone))
    assert (alone[0].candidate, alone[0].scored.verdict) == ("c", REVIEW)
    assert (with_phone[0].candidate, with_phone[0].scored.verdict) == ("c", MATCH)
    assert "same_phone" in with_phone[0].scored.reasons


def test_an_equal_number_of_a_register_settles_and_another_weighs_against():
    same = Facts((Identifier("lei", "529900T8BM49AURSDO55"),))
    other = Facts((Identifier("lei", "213800LBQA1Y9L22JB70"),))
    known = Candidates(
        [Record("a", "Opaque Brand Ltd", None, same), Record("b", "Wuhan Moumou Technology", None, other)], MODEL
    )
    found = {one.candidate: one.scored for one in known.find(Record("q", HAN, None, same))}
    assert found["a"].verdict == MATCH
    assert found["b"].verdict != MATCH
    assert "other_lei" in found["b"].reasons


def test_a_city_or_a_country_is_no_second_fact():
    assert not evidence(Facts(country="CN", city="Wuhan"), Facts(country="CN", city="Wuhan")).independent
    left = Facts(address="No. 12 Renmin Road, Wuhan")
    assert evidence(left, Facts(address="12 No. Renmin Road Wuhan")).independent
    assert not evidence(left, Facts(address="No. 13 Renmin Road, Wuhan")).independent


def test_candidates_with_equal_names_do_not_compete():
    one, alone = compete([2.0, 2.0], ["a", "a"], 0.0), compete([2.0], ["a"], 0.0)
    assert one == [alone[0], alone[0]]
    assert sum(compete([2.0, 2.0], ["a", "b"], 0.0)) < 1


def test_ranking_is_deterministic_and_best_first():
    names = ["Wuhan Moumou Technology Co., Ltd.", "Wuhan Haoda Technology Co., Ltd.", "Shanghai Moumou Trading", HAN]
    known = Candidates([Record(str(at), name) for at, name in enumerate(names)], MODEL)
    found = known.find(Record("q", HAN))
    assert found == known.find(Record("q", HAN))
    assert {one.candidate for one in found[:2]} == {"0", "3"}
    assert [one.scored.probability for one in found] == sorted((one.scored.probability for one in found), reverse=True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_explanation_is_in_every_language(language: str):
    found = explain(HAN, "Wuhan Moumou Tech Co", MODEL, language)
    assert any("moumou" in piece for piece in found.pieces)
    assert found.reasons
    assert not any(code in found.reasons for code in found.scored.reasons)


def test_the_model_file_holds_no_name_of_a_party():
    assert all(len(run) <= 4 for run in MODEL.lexicon.renderings)
