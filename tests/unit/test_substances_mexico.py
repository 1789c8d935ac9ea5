"""Mexico's law as the register states it: what was listed on which day, and what the register does not know."""

from __future__ import annotations

from datetime import date

import pytest

from entente.substances import load_register
from entente.substances.asof import findings
from entente.substances.check import check
from entente.substances.forms import Form
from entente.substances.model import Direction


@pytest.fixture(scope="module")
def register():
    return load_register()


def ask(register, substance, day, form=Form.BASE):
    (first, *_) = findings(
        register,
        substance,
        date.fromisoformat(day),
        "MX",
        destination="MX",
        direction=Direction.IMPORT,
        form=form,
    )
    return first


@pytest.mark.parametrize(
    ("substance", "day", "status", "reason"),
    [
        ("ephedrine", "1997-12-25", "unknown_coverage", "before_effective"),
        ("ephedrine", "1998-06-01", "unknown_coverage", "effective_date_imprecise"),
        ("ephedrine", "1999-01-01", "listed", "in_force"),
        ("acetone", "1999-01-01", "listed", "in_force"),
        ("methylamine", "2009-06-01", "unknown_coverage", "effective_date_imprecise"),
        ("methylamine", "2010-01-01", "listed", "in_force"),
        ("npp", "2017-07-17", "unknown_coverage", "before_effective"),
        ("npp", "2017-07-18", "listed", "in_force"),
        ("anpp", "2017-07-18", "listed", "in_force"),
        ("4-anilinopiperidine", "2021-05-12", "unknown_coverage", "before_effective"),
        ("4-anilinopiperidine", "2021-05-13", "listed", "in_force"),
        ("propionic-anhydride", "2021-05-13", "listed", "in_force"),
        ("propionyl-chloride", "2021-05-12", "unknown_coverage", "before_effective"),
        ("propionyl-chloride", "2021-05-13", "listed", "in_force"),
        ("4-piperidone", "2025-01-01", "unknown_coverage", "no_listing"),
    ],
)
def test_what_mexico_listed_on_a_day(register, substance, day, status, reason):
    found = ask(register, substance, day)
    assert (found.status, found.reason) == (status, reason)


def test_the_dihydrochloride_of_4_ap_is_named_by_the_agreement(register):
    found = ask(register, "4-anilinopiperidine", "2021-05-13", Form.DIHYDROCHLORIDE)
    assert found.status == "listed"
    assert "Dicloridrato" in found.listing.quote


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("4-AP", "listed"),
        ("4-AP dihydrochloride", "listed"),
        ("99918-43-1", "listed"),
        ("diclorhidrato de 4-anilinopiperidina", "listed"),
        ("4-苯胺基哌啶二盐酸盐", "listed"),
        ("4-AP hydrochloride", "unknown_coverage"),
        ("4-AP sulfate", "unknown_coverage"),
        ("4-苯胺基哌啶盐酸盐", "unknown_coverage"),
        ("ephedrine", "listed"),
        ("ephedrine hydrochloride", "unknown_coverage"),
        ("phenylacetic acid", "listed"),
        ("phenylacetic acid sodium salt", "unknown_coverage"),
    ],
)
def test_a_form_that_the_words_at_hand_do_not_name_is_neither_listed_nor_free(register, text, status):
    answers = [answer.finding for answer in check(register, text, "CN", "MX", date(2024, 10, 1)).answers]
    (found,) = [finding for finding in answers if finding.jurisdiction == "MX"]
    assert found.status == status
    if status != "listed":
        assert found.reason == "form_outside_scope"
        home = register.instruments[found.listing.instrument]
        assert "could not be read" in home.note
        assert found.listing.note


def test_a_law_that_takes_in_salts_takes_in_the_dihydrochloride(register):
    for text in ("4-AP dihydrochloride", "4-AP 2HCl", "ephedrine dihydrochloride"):
        answers = [answer.finding for answer in check(register, text, "US", "CN", date(2024, 10, 1)).answers]
        assert {finding.status for finding in answers} == {"listed"}, text


def test_mexico_is_never_complete(register):
    own = [x for x in register.instruments.values() if x.jurisdiction == "MX"]
    assert own
    assert {span.state for x in own for span in x.coverage} == {"partial"}


def test_the_law_speaks_spanish_and_says_what_is_not_established(register):
    own = [x for x in register.listings if x.jurisdiction == "MX"]
    assert {x.quote_lang for x in own} == {"es"}
    assert all(x.note and "Check" in x.note for x in own if x.confidence == "low")
    assert all(len({s.address for s in x.sources}) >= 2 for x in own if x.confidence == "high")
