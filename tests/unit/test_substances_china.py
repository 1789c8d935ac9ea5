"""China's lists as the register states them: what was listed when and for which destination, and what is unknown."""

from __future__ import annotations

from datetime import date

import pytest

from entente.substances import load_register
from entente.substances.asof import findings, listings_on
from entente.substances.forms import Form
from entente.substances.model import Direction

EXPORT, IMPORT = Direction.EXPORT, Direction.IMPORT


@pytest.fixture(scope="module")
def register():
    return load_register()


def ask(register, substance, day, destination=None, direction=EXPORT, form=Form.BASE):
    (first, *_) = findings(
        register,
        substance,
        date.fromisoformat(day),
        "CN",
        destination=destination,
        direction=direction,
        form=form,
    )
    return first


@pytest.mark.parametrize(
    ("substance", "day", "destination", "status", "reason"),
    [
        # the catalogue as enacted
        ("1-phenyl-2-propanone", "2005-10-31", "US", "unknown_coverage", "before_effective"),
        ("1-phenyl-2-propanone", "2005-11-01", "US", "listed", "in_force"),
        ("chloroform", "2005-11-01", "KR", "listed", "in_force"),
        ("sulphuric-acid", "2026-11-24", "MX", "listed", "in_force"),
        # additions, day by day
        ("hydroxylimine", "2008-07-31", "MX", "unknown_coverage", "before_effective"),
        ("hydroxylimine", "2008-08-01", "MX", "listed", "in_force"),
        ("npp", "2018-01-31", "MX", "unknown_coverage", "before_effective"),
        ("npp", "2018-02-01", "MX", "listed", "in_force"),
        ("anpp", "2018-02-01", "US", "listed", "in_force"),
        ("mapa", "2021-05-27", "MX", "unknown_coverage", "before_effective"),
        ("mapa", "2021-05-28", "MX", "listed", "in_force"),
        ("4-anilinopiperidine", "2024-08-31", "MX", "unknown_coverage", "before_effective"),
        ("4-anilinopiperidine", "2024-09-01", "MX", "listed", "in_force"),
        ("1-boc-4-anilinopiperidine", "2024-09-01", "US", "listed", "in_force"),
        ("norfentanyl", "2024-08-31", "US", "unknown_coverage", "before_effective"),
        ("norfentanyl", "2024-09-01", "US", "listed", "in_force"),
        ("cannabidiol", "2024-09-01", "US", "listed", "in_force"),
        ("4-piperidone", "2025-07-19", "MX", "unknown_coverage", "before_effective"),
        ("4-piperidone", "2025-07-20", "MX", "listed", "in_force"),
        ("1-boc-4-piperidone", "2025-07-20", "MX", "listed", "in_force"),
        # a year is all that is known
        ("o-chlorophenyl-cyclopentyl-ketone", "2011-12-31", "MX", "unknown_coverage", "before_effective"),
        ("o-chlorophenyl-cyclopentyl-ketone", "2012-07-01", "MX", "unknown_coverage", "effective_date_imprecise"),
        ("o-chlorophenyl-cyclopentyl-ketone", "2013-01-01", "MX", "listed", "in_force"),
        # the destination-conditional catalogue
        ("propionyl-chloride", "2024-04-30", "MM", "unknown_coverage", "before_effective"),
        ("propionyl-chloride", "2024-05-01", "MM", "listed", "in_force"),
        ("benzene", "2024-05-01", "LA", "listed", "in_force"),
        ("hydrobromic-acid", "2024-05-01", "AF", "listed", "in_force"),
        ("propionyl-chloride", "2024-05-01", "MX", "unknown_coverage", "destination_outside_scope"),
        ("propionyl-chloride", "2025-11-10", "MX", "unknown_coverage", "destination_outside_scope"),
        ("cn-export-2025-unnamed", "2025-11-09", "MX", "unknown_coverage", "before_effective"),
        ("cn-export-2025-unnamed", "2025-11-10", "MX", "listed", "in_force"),
        ("cn-export-2025-unnamed", "2025-11-10", "US", "listed", "in_force"),
        ("cn-export-2025-unnamed", "2025-11-10", "CA", "listed", "in_force"),
        ("cn-export-2025-unnamed", "2025-11-10", "MM", "unknown_coverage", "destination_outside_scope"),
        ("cn-export-2025-unnamed", "2025-11-10", "KR", "unknown_coverage", "destination_outside_scope"),
        # nothing said of it
        ("benzaldehyde", "2026-01-01", "MX", "unknown_coverage", "no_listing"),
    ],
)
def test_what_china_listed_on_a_day_for_a_destination(register, substance, day, destination, status, reason):
    found = ask(register, substance, day, destination)
    assert (found.status, found.reason) == (status, reason)


def test_an_incomplete_register_never_clears_anybody(register):
    for day in ("1999-01-01", "2006-06-01", "2010-01-01", "2024-06-01", "2026-11-24"):
        assert ask(register, "benzaldehyde", day, "MM").status == "unknown_coverage"


@pytest.mark.parametrize(
    ("substance", "category"), [("npp", 1), ("4-anilinopiperidine", 2), ("gamma-butyrolactone", 3)]
)
def test_the_category_is_that_of_the_catalogue(register, substance, category):
    assert ask(register, substance, "2026-01-01").listing.category == f"Category {category}"


def test_salts_of_categories_one_and_two_are_covered_and_those_of_three_are_not(register):
    assert ask(register, "ephedrine", "2020-01-01", form=Form.SALT).status == "listed"
    assert ask(register, "4-anilinopiperidine", "2024-09-01", form=Form.SALT).status == "listed"
    assert ask(register, "hydrochloric-acid", "2020-01-01", form=Form.SALT).reason == "form_outside_scope"


def test_the_conditional_catalogue_speaks_of_exports_only(register):
    found = ask(register, "benzene", "2024-05-01", "MM", direction=IMPORT)
    assert found.reason == "direction_outside_scope"


def test_esters_of_the_glycidic_acids_came_in_2024(register):
    assert ask(register, "mdp2p-methyl-glycidate", "2021-05-28").status == "listed"
    assert ask(register, "mdp2p-ethyl-glycidate", "2024-08-31").reason == "before_effective"
    assert ask(register, "mdp2p-ethyl-glycidate", "2024-09-01").status == "listed"
    assert ask(register, "p2p-methyl-glycidic-acid", "2024-09-01", form=Form.ESTER).status == "listed"


def test_the_catalogue_as_enacted_had_its_23_entries(register):
    answer = listings_on(register, date(2005, 11, 1), "CN")
    entries = {(x.category, x.entry) for x in answer.listings if x.instrument == "cn-precursors"}
    assert len(entries) == 23
    assert len(answer.listings) == 28, "entry 12 of category 1 names six substances"


def test_a_destination_that_is_not_given_leaves_the_conditional_listings_out(register):
    answer = listings_on(register, date(2025, 11, 10), "CN")
    assert not {x.instrument for x in answer.listings} & {"cn-export-catalogue"}


@pytest.mark.parametrize(
    ("destination", "count"),
    [("MX", 1), ("US", 1), ("CA", 1), ("MM", 4), ("LA", 4), ("AF", 4), ("KR", 0)],
)
def test_conditional_listings_by_destination(register, destination, count):
    answer = listings_on(register, date(2025, 11, 10), "CN", destination, EXPORT)
    assert sum(x.instrument == "cn-export-catalogue" for x in answer.listings) == count


def test_a_row_without_a_source_of_its_own_says_so(register):
    own = [x for x in register.listings if x.jurisdiction == "CN"]
    weak = [x for x in own if x.confidence == "low"]
    assert {x.substance_id for x in weak} == {
        "o-chlorophenyl-cyclopentyl-ketone",
        "2-bromo-1-phenyl-1-propanone",
        "apaan",
        "chloroephedrine",
        "bromine",
        "propiophenone",
    }
    assert all(x.note and "Check" in x.note for x in weak)
    assert all(len({s.address for s in x.sources}) >= 2 for x in own if x.confidence == "high")


def test_the_class_is_a_legal_scope_definition_with_four_clauses(register):
    (listing,) = [x for x in register.listings if x.instrument == "cn-fentanyl-class"]
    assert listing.kind == "substance_class"
    assert listing.effective_from == date(2019, 5, 1)
    assert [clause.id for clause in listing.clauses] == ["一", "二", "三", "四"]


def test_the_us_class_was_never_without_a_text(register):
    first, second = sorted(
        (x for x in register.listings if x.instrument == "us-fentanyl-class"),
        key=lambda x: x.effective_from,
    )
    assert first.effective_from == date(2018, 2, 6)
    assert first.effective_to == second.effective_from == date(2025, 7, 16)
    assert [clause.id for clause in second.clauses] == ["A", "B", "C", "D", "E"]
