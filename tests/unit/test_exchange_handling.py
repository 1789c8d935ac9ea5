"""Handling: what each marking permits, who may change it, and when an item ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from entente.exchange.errors import HandlingRefusedError, LooseningError, MarkingError
from entente.exchange.handling import (
    Condition,
    Disposal,
    Evaluation,
    Marking,
    Tlp,
    change,
    combine,
    disposal,
    inherited,
    read_marking,
)
from entente.exchange.permits import Action, Circumstances, Permit, permit, require

TODAY = date(2026, 11, 24)
NOW = Circumstances(TODAY, "diversion", by="mx-pgr", originator="us-dea")
CLEAR = Marking(Tlp.CLEAR)


def why(marking: Marking, action: Action, circumstances: Circumstances = NOW) -> list[str]:
    answer = permit(marking, action, circumstances)
    return [] if isinstance(answer, Permit) else [reason for reason, _ in answer.reasons]


def marked(*conditions: Condition, **fields) -> Marking:
    return Marking(fields.pop("tlp", Tlp.CLEAR), frozenset(conditions), **fields)


@pytest.mark.parametrize(
    ("tlp", "possible"),
    [
        (
            Tlp.CLEAR,
            {Action.READ, Action.REPORT, Action.EXPORT, Action.FACADE, Action.MATCH, Action.SHARE, Action.PUBLISH},
        ),
        (Tlp.GREEN, {Action.READ, Action.REPORT, Action.EXPORT, Action.FACADE, Action.MATCH, Action.SHARE}),
        (Tlp.AMBER, {Action.READ, Action.REPORT, Action.EXPORT, Action.MATCH, Action.SHARE}),
        (Tlp.AMBER_STRICT, {Action.READ, Action.REPORT, Action.MATCH}),
        (Tlp.RED, {Action.READ}),
    ],
)
def test_tlp_says_how_far_an_item_may_go(tlp, possible):
    consented = replace(NOW, named=True, to="cn-nncc", consents=frozenset({"us-dea"}))
    permitted = {action for action in Action if not why(Marking(tlp), action, consented)}
    assert permitted - {Action.EVIDENCE} == possible


def test_red_is_for_those_it_was_addressed_to():
    assert why(Marking(Tlp.RED), Action.READ) == ["named"]
    assert why(Marking(Tlp.RED), Action.READ, replace(NOW, named=True)) == []


def test_h1_and_h2_are_two_restrictions_and_no_ranks():
    h1, h2 = marked(Condition.H1), marked(Condition.H2)
    to_china = replace(NOW, to="cn-nncc")
    assert why(h1, Action.EVIDENCE) == ["h1"]
    assert why(h1, Action.PUBLISH, to_china) == []
    assert why(h2, Action.EVIDENCE) == []
    assert why(h2, Action.PUBLISH, to_china) == ["consent"]
    both = combine(h1, h2)
    assert why(both, Action.EVIDENCE) == ["h1"]
    assert why(both, Action.PUBLISH, to_china) == ["consent"]


def test_h1_is_lifted_by_the_originators_permission_only():
    assert why(marked(Condition.H1), Action.EVIDENCE, replace(NOW, permission="a" * 64)) == []


def test_the_words_of_h3_need_a_person():
    marking = marked(Condition.H3, words=frozenset({"Ask before any arrest."}))
    assert why(marking, Action.READ) == ["h3"]
    assert why(marking, Action.READ, replace(NOW, judged=marking.words)) == []
    assert why(marking, Action.READ, replace(NOW, judged=frozenset({"Something else."}))) == ["h3"]


def test_h3_without_words_cannot_be_marked():
    with pytest.raises(MarkingError):
        marked(Condition.H3)
    with pytest.raises(MarkingError):
        Marking(Tlp.RED, words=frozenset({"Ask first."}))


def test_intelligence_only_is_never_evidence():
    granted = replace(NOW, permission="a" * 64, mla="MLA 7/2026", consents=frozenset({"us-dea"}))
    assert why(marked(Condition.INTELLIGENCE_ONLY), Action.EVIDENCE, granted) == ["intelligence-only"]


def test_evidence_by_mutual_legal_assistance():
    marking = marked(Condition.EVIDENCE_VIA_MLA)
    assert why(marking, Action.EVIDENCE) == ["mla"]
    assert why(marking, Action.EVIDENCE, replace(NOW, mla="MLA 7/2026")) == []


@pytest.mark.parametrize("action", list(Action))
def test_no_use_in_a_capital_case_and_not_knowing_is_no_excuse(action):
    marking = marked(Condition.NO_CAPITAL_CASE)
    assert "capital" in why(marking, action, replace(NOW, capital=True))
    assert "capital" in why(marking, action, replace(NOW, capital=None))
    assert "capital" not in why(marking, action, replace(NOW, capital=False))


def test_no_onward_state_is_not_lifted_by_a_consent():
    consented = replace(NOW, to="cn-nncc", consents=frozenset({"us-dea"}))
    assert why(marked(Condition.NO_ONWARD_STATE), Action.SHARE, consented) == ["no-onward-state"]


def test_an_item_may_go_back_to_where_it_came_from():
    assert why(marked(Condition.NO_ONWARD_STATE, Condition.H2), Action.SHARE, replace(NOW, to="us-dea")) == []


def test_sharing_a_third_partys_item_needs_its_consent():
    to_china = replace(NOW, to="cn-nncc")
    assert why(CLEAR, Action.SHARE, to_china) == ["consent"]
    assert why(CLEAR, Action.SHARE, replace(to_china, consents=frozenset({"us-dea"}))) == []
    assert why(CLEAR, Action.SHARE, replace(NOW, consents=frozenset({"us-dea"}))) == ["to"]


def test_what_is_made_of_a_third_partys_item_still_needs_its_consent():
    marking = combine(CLEAR, inherited(Marking(Tlp.GREEN), "us-dea"))
    own = Circumstances(TODAY, "diversion", by="mx-pgr", originator="mx-pgr", to="cn-nncc")
    assert why(marking, Action.SHARE, own) == ["consent"]
    assert why(marking, Action.SHARE, replace(own, consents=frozenset({"us-dea"}))) == []


def test_ones_own_item_is_not_restricted_by_ones_own_marking():
    own = Circumstances(TODAY, "any", by="us-dea", originator="us-dea", to="cn-nncc")
    assert why(marked(Condition.H2, tlp=Tlp.RED, expires=TODAY), Action.SHARE, own) == []


def test_releasing_personal_data_needs_an_assessment_even_of_ones_own():
    own = Circumstances(TODAY, "any", by="us-dea", originator="us-dea", to="cn-nncc")
    marking = Marking(Tlp.AMBER, personal=True)
    assert why(marking, Action.SHARE, own) == ["assessment"]
    assert why(marking, Action.EXPORT) == ["assessment"]
    assert why(marking, Action.READ) == []
    assert why(marking, Action.SHARE, replace(own, assessment="b" * 64)) == []


def test_it_may_be_used_for_its_purposes_only():
    marking = Marking(Tlp.CLEAR, purposes=frozenset({"diversion"}))
    assert why(marking, Action.READ) == []
    assert why(marking, Action.READ, replace(NOW, purpose="taxes")) == ["purpose"]
    nothing = combine(marking, Marking(Tlp.CLEAR, purposes=frozenset({"taxes"})))
    assert why(nothing, Action.READ) == ["purpose"]


def test_it_may_not_be_used_from_its_expiry_on():
    assert why(Marking(Tlp.CLEAR, expires=date(2026, 11, 25)), Action.READ) == []
    assert why(Marking(Tlp.CLEAR, expires=TODAY), Action.READ) == ["expired"]


def test_all_reasons_are_given_at_once():
    marking = marked(Condition.H1, Condition.NO_CAPITAL_CASE, purposes=frozenset(), expires=TODAY)
    assert why(marking, Action.EVIDENCE) == ["expired", "purpose", "h1", "capital"]
    with pytest.raises(HandlingRefusedError, match=r"H1.*death"):
        require(marking, Action.EVIDENCE, NOW)


def test_a_permit_says_what_was_permitted():
    assert require(CLEAR, Action.READ, NOW) == Permit(Action.READ, CLEAR, NOW)


def test_only_the_originator_loosens():
    current, looser = marked(Condition.H1, tlp=Tlp.AMBER), marked(tlp=Tlp.GREEN)
    assert change(current, looser, by="us-dea", originator="us-dea") == looser
    with pytest.raises(LooseningError):
        change(current, looser, by="mx-pgr", originator="us-dea")
    tighter = marked(Condition.H1, Condition.H2, tlp=Tlp.RED)
    assert change(current, tighter, by="mx-pgr", originator="us-dea") == tighter


def test_one_restriction_for_another_is_loosening_too():
    with pytest.raises(LooseningError):
        change(marked(Condition.H1), marked(Condition.H2), by="mx-pgr", originator="us-dea")


def test_a_marking_reads_back():
    marking = marked(
        Condition.H2,
        Condition.H3,
        tlp=Tlp.AMBER_STRICT,
        words=frozenset({"只供内部使用"}),
        purposes=frozenset({"diversion"}),
        consent=frozenset({"us-dea"}),
        expires=TODAY,
        personal=True,
    )
    assert read_marking(marking.as_json()) == marking
    assert read_marking({"tlp": "TLP:CLEAR", "personal": False, "conditions": ["H0"]}) == CLEAR


def test_not_saying_whether_data_are_personal_means_they_are():
    assert read_marking({"tlp": "TLP:CLEAR"}).personal


def test_a_marking_with_unknown_values_cannot_be_passed_on():
    with pytest.raises(MarkingError):
        read_marking({"tlp": "TLP:CLEAR", "personal": False, "conditions": ["eyes-only"]}).as_json()


def test_what_is_made_of_nothing_has_no_marking():
    with pytest.raises(MarkingError):
        combine()


def test_the_evaluation_is_no_restriction():
    assert Evaluation.from_json({"source": "B", "information": "3"}).as_json() == {"source": "B", "information": "3"}
    assert not set(Evaluation.__slots__) & set(Marking.__slots__)
    for source, information in (("D", "1"), ("A", "5"), ("", ""), ("AB", "12")):
        with pytest.raises(MarkingError):
            Evaluation(source, information)


@pytest.mark.parametrize(
    ("expires", "until", "hold", "due"),
    [
        (None, None, False, Disposal.KEEP),
        (date(2026, 11, 25), date(2026, 11, 24), False, Disposal.KEEP),
        (date(2026, 11, 24), None, False, Disposal.PURGE),
        (None, date(2026, 11, 23), False, Disposal.PURGE),
        (date(2026, 11, 24), None, True, Disposal.HELD),
        (None, None, True, Disposal.KEEP),
    ],
)
def test_a_legal_hold_goes_before_the_end(expires, until, hold, due):
    assert disposal(Marking(Tlp.AMBER, expires=expires), until, TODAY, hold=hold) is due
