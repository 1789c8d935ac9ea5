"""Markings as people write and read them."""

from __future__ import annotations

from datetime import date

import pytest

from entente.exchange.errors import MarkingError
from entente.exchange.handling import Condition, Marking, Tlp, read_marking
from entente.exchange.handling_words import CONDITIONS, MEANING, explain, read_handling, write_handling


@pytest.mark.parametrize(
    ("text", "marking"),
    [
        ("TLP:CLEAR", Marking(Tlp.CLEAR)),
        ("tlp:amber+strict", Marking(Tlp.AMBER_STRICT)),
        ("TLP:AMBER, h1, No-Capital-Case", Marking(Tlp.AMBER, frozenset({Condition.H1, Condition.NO_CAPITAL_CASE}))),
        ("H0 TLP:RED", Marking(Tlp.RED)),
    ],
)
def test_a_line_is_read(text, marking):
    assert read_handling(text, personal=False) == marking


@pytest.mark.parametrize("text", ["", "H1", "TLP:ORANGE", "TLP:RED TLP:CLEAR", "TLP:AMBER H9", "TLP:AMBER H3", "AMBER"])
def test_a_line_that_is_not_understood_is_refused(text):
    with pytest.raises(MarkingError):
        read_handling(text, personal=False)


@pytest.mark.parametrize("tlp", Tlp)
def test_what_is_written_is_read_again(tlp):
    marking = Marking(tlp, frozenset(Condition) - {Condition.H3})
    assert read_handling(write_handling(marking), personal=False) == marking


def test_every_level_and_condition_has_a_sentence():
    assert set(MEANING) == set(Tlp)
    assert set(CONDITIONS) == set(Condition) - {Condition.H3}


def test_all_that_restricts_is_said():
    marking = read_handling(
        "TLP:AMBER H2",
        personal=True,
        words=("Ask the prosecutor.",),
        purposes=("precursor control",),
        consent=("cn-nncc",),
        expires=date(2027, 1, 31),
    )
    text = "\n".join(explain(marking))
    for part in ("TLP:AMBER", "H2", "Ask the prosecutor.", "precursor control", "cn-nncc", "2027-01-31", "personal"):
        assert part in text


def test_what_is_unknown_is_said_to_forbid_everything():
    assert "nothing may be done" in "\n".join(explain(read_marking({"tlp": "TLP:VIOLET"})))
