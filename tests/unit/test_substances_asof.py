"""The law as it was: status and reason for one substance on one day."""

from __future__ import annotations

from datetime import date

import pytest

from entente.substances import Direction, Form, findings, listings_on, load_register
from entente.substances.model import FOREVER
from substances_toy import COMPLETE, PARTIAL, ids, list_text, listing, register_of, toy


def ask(register, on, **how):
    return findings(register, "examplin", date.fromisoformat(on), "CN", **how)


def verdict(register, on, **how):
    (only,) = ask(register, on, **how)
    return only.status, only.reason


def test_a_listing_holds_from_its_first_day_to_the_day_before_its_end():
    register = toy(listing(effective_from="2020-03-01", effective_to="2021-01-01"))
    assert verdict(register, "2020-02-29") == ("not_listed", "before_effective")
    assert verdict(register, "2020-03-01") == ("listed", "in_force")
    assert verdict(register, "2020-12-31") == ("listed", "in_force")
    assert verdict(register, "2021-01-01") == ("not_listed", "after_repeal")


def test_every_listing_in_force_is_answered():
    first = list_text(listing())
    second = list_text(listing(), id="second", substances="")
    answers = ask(register_of(first, second), "2022-01-01")
    assert [(a.status, a.listing.instrument) for a in answers] == [("listed", "second"), ("listed", "toy")]


def test_a_move_between_tables_is_two_intervals_without_a_gap():
    register = toy(
        listing(effective_from="2010-01-01", effective_to="2015-06-01", category="Table II"),
        listing(effective_from="2015-06-01", category="Table I"),
    )
    assert [ask(register, day)[0].listing.category for day in ("2015-05-31", "2015-06-01")] == ["Table II", "Table I"]


@pytest.mark.parametrize(
    ("written", "first", "last"), [("2014", "2014-01-01", "2014-12-31"), ("2018-02", "2018-02-01", "2018-02-28")]
)
def test_a_day_that_the_source_leaves_open_is_answered_as_open(written, first, last):
    register = toy(listing(effective_from=written))
    assert verdict(register, first) == ("unknown_coverage", "effective_date_imprecise")
    assert verdict(register, last) == ("listed", "in_force")
    before = date.fromordinal(date.fromisoformat(first).toordinal() - 1).isoformat()
    assert verdict(register, before) == ("not_listed", "before_effective")


def test_partial_coverage_never_clears():
    register = toy(listing(effective_from="2020-03-01", effective_to="2021-01-01"), coverage=PARTIAL)
    assert verdict(register, "2020-01-01") == ("unknown_coverage", "before_effective")
    assert verdict(register, "2022-01-01") == ("unknown_coverage", "after_repeal")
    assert verdict(register, "2020-06-01") == ("listed", "in_force")


def test_days_that_no_coverage_interval_names_are_not_covered():
    register = toy(coverage="    - {from: 2010-01-01, to: 2011-01-01, state: complete}")
    assert verdict(register, "2010-06-01") == ("not_listed", "no_listing")
    assert verdict(register, "2011-01-01") == ("unknown_coverage", "no_listing")


def test_a_jurisdiction_is_complete_only_where_all_its_lists_are():
    main = list_text(coverage=COMPLETE)
    exports = list_text(id="exports", kind="export_catalogue", substances="", coverage=PARTIAL)
    machines = list_text(id="machines", kind="equipment", substances="", coverage=PARTIAL)
    assert verdict(register_of(main, exports), "2020-01-01")[0] == "unknown_coverage"
    assert verdict(register_of(main, machines), "2020-01-01")[0] == "not_listed"


def test_a_jurisdiction_without_any_list_is_unknown():
    (answer,) = findings(toy(), "examplin", date(2020, 1, 1), "MX")
    assert (answer.status, answer.reason, answer.coverage) == ("unknown_coverage", "no_listing", "partial")


def test_a_destination_scope_binds_exports_to_those_countries_only():
    register = toy(listing(destination_scope="[MM, LA]", directions="[export]"))
    export = {"direction": Direction.EXPORT}
    assert verdict(register, "2022-01-01", destination="MM", **export) == ("listed", "in_force")
    assert verdict(register, "2022-01-01", destination="US", **export) == ("not_listed", "destination_outside_scope")
    assert verdict(register, "2022-01-01", destination="MM", direction=Direction.IMPORT) == (
        "not_listed",
        "direction_outside_scope",
    )


def test_a_destination_that_is_not_known_does_not_clear():
    register = toy(listing(destination_scope="[MM, LA]"))
    assert verdict(register, "2022-01-01") == ("unknown_coverage", "destination_outside_scope")


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (Form.BASE, "in_force"),
        (Form.SALT, "in_force"),
        (Form.ESTER, "form_outside_scope"),
        (Form.SALT | Form.ESTER, "form_outside_scope"),
    ],
)
def test_a_form_is_covered_when_all_its_bits_are(form, expected):
    assert ask(toy(listing()), "2022-01-01", form=form)[0].reason == expected


def test_excluded_forms_are_taken_from_the_instruments():
    register = toy(listing(forms_excluded="[salt]"))
    assert ask(register, "2022-01-01", form=Form.SALT)[0].reason == "form_outside_scope"


def test_of_several_later_listings_the_earliest_is_named():
    register = toy(
        listing(effective_from="2025-01-01"), listing(effective_from="2023-01-01", effective_to="2024-01-01")
    )
    assert ask(register, "2020-01-01")[0].listing.effective_from == date(2023, 1, 1)


def test_outside_its_time_and_outside_a_scope_is_not_near():
    register = toy(listing(destination_scope="[MM]"))
    assert ask(register, "2019-01-01", destination="US")[0].reason == "no_listing"


def test_an_uncertain_day_outranks_what_is_surely_outside_scope():
    register = toy(listing(effective_from="2022"), listing(effective_from="2020-01-01", destination_scope="[MM]"))
    assert ask(register, "2022-06-01", destination="US")[0].reason == "effective_date_imprecise"


def test_listings_on_gives_a_jurisdictions_law_of_a_day_with_its_coverage():
    register = toy(listing(), listing("otherine", "2022"), coverage=PARTIAL)
    answer = listings_on(register, date(2022, 5, 1), "CN")
    assert (ids(answer.listings), ids(answer.uncertain), answer.coverage) == (
        ["toy:examplin:2020-03-01"],
        ["toy:otherine:2022"],
        "partial",
    )


def test_listings_on_can_be_asked_as_of_an_earlier_day_of_knowledge():
    register = toy(listing(known_from="2024-06-01"))
    assert listings_on(register, date(2022, 5, 1), "CN", known_at=date(2024, 5, 31)).listings == ()
    assert len(listings_on(register, date(2022, 5, 1), "CN", known_at=date(2024, 6, 1)).listings) == 1


def test_an_open_end_is_the_last_day_of_the_calendar():
    assert toy(listing()).listings[0].effective_to == FOREVER


def test_complete_precursor_lists_do_not_clear_a_class_or_equipment():
    precursors = list_text(listing(), id="precursors")
    machines = list_text(listing("otherine"), id="machines", kind="equipment", substances="")
    register = register_of(precursors, machines)
    early = date(2019, 1, 1)
    (found,) = findings(register, "otherine", early, "CN")
    assert (found.status, found.reason, found.coverage) == ("unknown_coverage", "before_effective", "partial")
    (found,) = findings(register, "examplin", early, "CN")
    assert (found.status, found.reason, found.coverage) == ("not_listed", "before_effective", "complete")


@pytest.mark.parametrize("substance", ["tableting-machine", "fentanyl-related-substances"])
def test_the_convention_clears_no_machine_and_no_class(substance):
    (found,) = findings(load_register(), substance, date(2024, 1, 1), "UN")
    assert (found.status, found.reason) == ("unknown_coverage", "no_listing")
