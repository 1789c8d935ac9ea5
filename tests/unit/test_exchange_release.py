"""The permit of a release: what the marking asks is answered in the signed content, or nothing leaves."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta

import pytest

from entente.exchange.answers import Answers, read_answers
from entente.exchange.content import draft, read_content
from entente.exchange.errors import HandlingRefusedError, MalformedError
from entente.exchange.handling import Condition, Marking, Tlp
from entente.exchange.permits import Permit, Refusal
from entente.exchange.release import ask_match, permit_release
from exchange_people import ALERT, NOW, header

TODAY = NOW.date()
CN, HK = "cn-nncc", "hk-ced"
PERSONAL = Marking(Tlp.AMBER, personal=True)
MADE_OF_OTHERS = Marking(
    Tlp.AMBER, frozenset({Condition.NO_CAPITAL_CASE}), purposes=frozenset({"diversion"}), consent=frozenset({CN})
)


def item(marking, answers=None):
    return draft(header(marking=marking, answers=answers), ALERT, os.urandom)


def consent(sender=CN, answer="granted", action="share", to="mx-pgr", item_id="ab" * 32, **more):
    body = {"item": item_id, "answer": answer, "action": action, "to": to, **more}
    return draft(replace(header(sender, "us-dea"), type="consent"), body, os.urandom)


def asked(content, consents=(), to="mx-pgr"):
    return permit_release(content, to=to, today=TODAY, consents=consents)


def test_the_answers_are_signed_with_the_content_and_come_back_from_its_bytes():
    answers = Answers("HRA-1", ("ab" * 32,), "diversion", capital=False, judged=("Not before trial.",))
    content = item(PERSONAL, answers)
    assert read_content(content.envelope.as_bytes()).header.answers == answers
    assert read_content(item(PERSONAL).envelope.as_bytes()).header.answers is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"assessment": 7},
        {"assessment": "x" * 201},
        {"assessment": "two\nlines"},
        {"consents": ["ab"]},
        {"capital": "no"},
        {"judged": "text"},
    ],
)
def test_malformed_answers_are_refused(wrong):
    with pytest.raises(MalformedError):
        read_answers(wrong)


def test_personal_data_leave_only_on_an_assessment():
    with pytest.raises(HandlingRefusedError, match="assessment"):
        asked(item(PERSONAL))
    with pytest.raises(HandlingRefusedError, match="assessment"):
        asked(item(PERSONAL, Answers(purpose="x")))
    assert asked(item(PERSONAL, Answers("HRA-1"))).circumstances.assessment == "HRA-1"


def test_what_is_made_of_others_items_leaves_only_on_their_named_standing_consent():
    given, said = consent(), {"purpose": "diversion", "capital": False}
    content = item(MADE_OF_OTHERS, Answers(consents=(given.id,), **said))
    assert asked(content, [given]).circumstances.consents == {CN}
    for consents in ([], [consent()], [given, consent(answer="declined")]):
        with pytest.raises(HandlingRefusedError, match="cn-nncc"):
            asked(content, consents)
    with pytest.raises(HandlingRefusedError, match="cn-nncc"):
        asked(content, [given], to="us-other")
    with pytest.raises(HandlingRefusedError, match="cn-nncc"):
        asked(item(MADE_OF_OTHERS, Answers(**said)), [given])


@pytest.mark.parametrize(
    "bad",
    [
        consent(sender=HK),
        consent(action="evidence"),
        consent(to="us-other"),
        consent(until=(TODAY - timedelta(days=1)).isoformat()),
        consent(answer="declined"),
    ],
)
def test_a_consent_of_another_or_to_another_thing_is_none(bad):
    content = item(MADE_OF_OTHERS, Answers(consents=(bad.id,), purpose="diversion", capital=False))
    with pytest.raises(HandlingRefusedError, match="consent of cn-nncc"):
        asked(content, [bad])


def test_the_other_questions_of_the_marking_are_asked_too():
    given = consent()
    with pytest.raises(HandlingRefusedError) as caught:
        asked(item(MADE_OF_OTHERS, Answers(consents=(given.id,))), [given])
    assert "death sentence" in caught.value.message
    assert "'release'" in caught.value.message


def test_an_item_that_may_not_be_used_any_more_is_not_released():
    ended = Marking(Tlp.AMBER, consent=frozenset({CN}), expires=TODAY)
    given = consent()
    with pytest.raises(HandlingRefusedError, match="may not be used"):
        asked(item(ended, Answers(consents=(given.id,))), [given])


def test_records_of_others_go_into_a_match_only_as_their_handling_permits():
    def ask(marking, answers=Answers(), purpose="diversion"):  # noqa: B008 - a frozen value
        return ask_match(marking, answers, side="us-dea", to="mx-pgr", purpose=purpose, today=TODAY)

    assert isinstance(ask(Marking(Tlp.AMBER)), Permit)
    assert isinstance(ask(Marking(Tlp.RED)), Refusal)
    assert isinstance(ask(Marking(Tlp.AMBER, purposes=frozenset({"tax"}))), Refusal)
    no_capital = Marking(Tlp.AMBER, frozenset({Condition.NO_CAPITAL_CASE}))
    assert isinstance(ask(no_capital), Refusal)
    assert isinstance(ask(no_capital, Answers(capital=False)), Permit)
    words = Marking(Tlp.AMBER, frozenset({Condition.H3}), words=frozenset({"Ask us."}))
    assert isinstance(ask(words), Refusal)
    assert isinstance(ask(words, Answers(judged=("Ask us.",))), Permit)
