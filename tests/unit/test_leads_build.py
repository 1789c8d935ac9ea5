"""What becomes a lead, what it says, and how it is named."""

from __future__ import annotations

from datetime import date

import pytest

from entente.engine import open_engine
from entente.errors import UsageError
from entente.leads.build import build
from entente.leads.group import lead_id
from entente.leads.sample import inclusion_probability, sample_query
from entente.leads.schema import LEADS
from leads_toy import Rules, flag, hit, leads_of, register, shipment

A = {"exporter": "Alpha Chem", "consignee": "Beta SA"}


def test_a_hit_makes_a_lead(tmp_path):
    row = shipment(1, **A)
    (lead,) = leads_of(tmp_path, [row], [hit(row)])
    assert (lead["kind"], lead["rank"], lead["n_records"], lead["n_hits"], lead["n_in_force"]) == ("lead", 1, 1, 1, 1)
    assert lead["substances"] == ["piperonal"]
    assert lead["routes"] == ["CN>MX"]
    assert lead["records"] == [{"declaration_id": "D1", "line": 1}]
    assert lead["inclusion_probability"] == 1.0


def test_the_table_has_the_documented_schema(tmp_path):
    row = shipment(1, **A)
    with open_engine("local", tmp_path, processes=1) as engine:
        register(engine, [row], [hit(row)], [])
        report = build(engine, Rules(), seed=0, sample=0)
        assert next(engine.batches("leads")).schema.equals(LEADS)
        assert engine.columns("leads") == LEADS.names
    assert (report.leads, report.samples, report.evidence, report.unflagged) == (1, 0, 1, 0)


def test_one_supporting_sign_is_never_a_lead(tmp_path):
    row = shipment(1, **A)
    assert leads_of(tmp_path, [row], [], [flag(row, "unit-value", "price")]) == []


def test_two_supporting_signs_of_one_family_are_no_lead(tmp_path):
    row = shipment(1, **A)
    assert leads_of(tmp_path, [row], [], [flag(row, "unit-value", "price"), flag(row, "freight", "price")]) == []


def test_supporting_signs_of_two_families_are_a_lead(tmp_path):
    row = shipment(1, **A)
    (lead,) = leads_of(tmp_path, [row], [], [flag(row, "unit-value", "price"), flag(row, "detour", "route")])
    assert lead["score"] == 1000


def test_supporting_signs_on_two_records_of_a_pair_are_no_lead(tmp_path):
    one, two = shipment(1, **A), shipment(2, **A)
    assert leads_of(tmp_path, [one, two], [], [flag(one, "unit-value", "price"), flag(two, "detour", "route")]) == []


def test_one_strong_sign_is_a_lead(tmp_path):
    row = shipment(1, **A)
    (lead,) = leads_of(tmp_path, [row], [], [flag(row, "no-notification", "paper", 1800, strength="strong")])
    assert lead["score"] == 1800


def test_a_match_that_is_not_listed_anywhere_is_no_lead(tmp_path):
    row = shipment(1, **A)
    assert leads_of(tmp_path, [row], [hit(row, reason="no_listing")]) == []


def test_unknown_coverage_clears_nobody(tmp_path):
    row = shipment(1, **A)
    (lead,) = leads_of(tmp_path, [row], [hit(row, reason="no_listing", status="unknown_coverage")])
    assert [reason["rule_id"] for reason in lead["reasons"]] == ["hit.unknown_coverage"]


def test_before_the_date_weighs_less_than_in_force(tmp_path):
    early, due = shipment(1, **A), shipment(2, exporter="Other", consignee="Beta SA")
    leads = leads_of(tmp_path, [early, due], [hit(early, reason="before_effective"), hit(due)])
    assert [lead["exporter"] for lead in leads] == ["Other", "Alpha Chem"]
    assert leads[1]["n_in_force"] == 0


def test_what_was_not_listed_on_its_day_is_a_supporting_sign_and_shown(tmp_path):
    row = shipment(1, **A)
    reasons = ("in_force", "before_effective", "after_repeal", "form_outside_scope", "effective_date_imprecise")
    (lead,) = leads_of(tmp_path, [row], [hit(row, reason=reason) for reason in reasons])
    strengths = {reason["rule_id"].removeprefix("hit."): reason["strength"] for reason in lead["reasons"]}
    assert strengths == {reason: "strong" if reason == "in_force" else "supporting" for reason in reasons}


def test_the_strongest_match_counts_by_its_confidence(tmp_path):
    row = shipment(1, **A)
    hits = [hit(row, match_confidence=0.5), hit(row, match_confidence=0.75, role="import", jurisdiction="MX")]
    (lead,) = leads_of(tmp_path, [row], hits)
    (reason,) = lead["reasons"]
    assert (reason["weight"], reason["value"]) == (1500, 0.75)
    assert lead["n_hits"] == 1, "one record and one substance, seen from two jurisdictions"


def test_records_of_a_pair_form_one_lead(tmp_path):
    rows = [shipment(3, **A), shipment(1, **A), shipment(2, exporter="Alpha Chem", importer="beta sa")]
    (lead,) = leads_of(tmp_path, rows, [hit(row) for row in rows])
    assert [record["declaration_id"] for record in lead["records"]] == ["D1", "D2", "D3"]
    assert (lead["first_date"], lead["last_date"]) == (date(2024, 5, 2), date(2024, 5, 4))
    assert lead["reasons"][0]["n_records"] == 3


def test_the_importer_stands_in_for_a_consignee(tmp_path):
    row = shipment(1, exporter="Alpha Chem", importer="Gamma GmbH")
    (lead,) = leads_of(tmp_path, [row], [hit(row)])
    assert (lead["consignee"], lead["consignee_key"]) == ("Gamma GmbH", "gamma gmbh")


def test_records_without_parties_fall_to_their_declaration(tmp_path):
    rows = [shipment(1, "D7"), shipment(2, "D7", line=2), shipment(3, "D8")]
    leads = leads_of(tmp_path, rows, [hit(row) for row in rows])
    assert sorted(lead["n_records"] for lead in leads) == [1, 2]
    assert all(lead["exporter"] is None and lead["consignee"] is None for lead in leads)


def test_a_known_party_groups_even_without_the_other(tmp_path):
    rows = [shipment(1, exporter="Alpha Chem"), shipment(2, exporter="Alpha Chem")]
    (lead,) = leads_of(tmp_path, rows, [hit(row) for row in rows])
    assert lead["n_records"] == 2


def test_an_unknown_country_is_a_question_mark(tmp_path):
    row = shipment(1, export_country=None, destination_country=None, **A)
    (lead,) = leads_of(tmp_path, [row], [hit(row)])
    assert lead["routes"] == ["?>?"]


def test_a_family_never_counts_past_its_cap(tmp_path):
    row = shipment(1, **A)
    flags = [
        flag(row, "a", "price", 700),
        flag(row, "b", "price", 600),
        flag(row, "c", "price", 100),
        flag(row, "d", "route", 400),
    ]
    (lead,) = leads_of(tmp_path, [row], [], flags)
    assert lead["score"] == 1000 + 400
    assert {reason["rule_id"]: reason["counted"] for reason in lead["reasons"]} == {
        "a": 700,
        "b": 300,
        "c": 0,
        "d": 400,
    }


def test_a_family_without_a_cap_counts_in_full(tmp_path):
    row = shipment(1, **A)
    (lead,) = leads_of(tmp_path, [row], [], [flag(row, "x", "new", 4000, strength="strong")])
    assert lead["score"] == 4000


def test_a_rule_counts_once_however_often_it_fires(tmp_path):
    rows = [shipment(number, **A) for number in range(1, 6)]
    flags = [flag(row, "no-notification", "paper", 1800, strength="strong", value=float(row["row_id"])) for row in rows]
    (lead,) = leads_of(tmp_path, rows, [], flags)
    assert lead["score"] == 1800
    assert (lead["reasons"][0]["n_records"], lead["reasons"][0]["value"]) == (5, 5.0)


def test_the_numbers_compared_come_from_one_record(tmp_path):
    rows = [shipment(1, **A), shipment(2, **A), shipment(3, **A)]
    numbers = [(2.0, 9.0), (7.0, 1.0), (7.0, None)]
    flags = [
        flag(row, "robust-z", "price", strength="strong", value=value, reference=reference)
        for row, (value, reference) in zip(rows, numbers, strict=True)
    ]
    (lead,) = leads_of(tmp_path, rows, [], flags)
    assert (lead["reasons"][0]["value"], lead["reasons"][0]["reference"]) == (7.0, 1.0)


def test_reasons_stand_in_the_order_of_what_they_add(tmp_path):
    row = shipment(1, **A)
    (lead,) = leads_of(tmp_path, [row], [hit(row)], [flag(row, "a", "price", 100), flag(row, "b", "route", 900)])
    assert [reason["counted"] for reason in lead["reasons"]] == [2000, 900, 100]


def test_ids_do_not_depend_on_the_order_of_rows(tmp_path):
    rows = [shipment(number, exporter=f"E{number % 3}", consignee="Beta SA") for number in range(1, 10)]
    turned = [{**row, "row_id": 100 - row["row_id"]} for row in reversed(rows)]
    first = leads_of(tmp_path, rows, [hit(row) for row in rows])
    again = leads_of(tmp_path, turned, [hit(row) for row in turned])
    assert first == again


def test_ids_are_what_they_were():
    """A change of these breaks the reference that officers, outcomes and other nodes hold."""
    assert lead_id("lead", "alpha chem", "beta sa", "D1", 1) == "TRZREE7R53U5MBHX"
    assert lead_id("lead", None, None, "D1", 1) == "OKTER2RZUXUEBCLO"
    assert lead_id("sample", "alpha chem", "beta sa", "D1", 1) == "XUKAOSCLGCCNGDRN"


def test_ids_cannot_be_confused_by_what_names_hold():
    assert lead_id("lead", 'a","b', "c", "", 1) != lead_id("lead", "a", 'b","c', "", 1)
    assert lead_id("lead", None, "a", "", 1) != lead_id("lead", "a", None, "", 1)


def test_scratch_tables_are_gone_afterwards(tmp_path):
    row = shipment(1, **A)
    with open_engine("local", tmp_path, processes=1) as engine:
        register(engine, [row], [hit(row)], [])
        build(engine, Rules(), seed=0, sample=0)
        build(engine, Rules(), seed=0, sample=0, into="leads_again")
        assert engine.count("leads_again") == 1


def test_no_rows_give_no_leads(tmp_path):
    assert leads_of(tmp_path, [], sample=5) == []


class TestSample:
    def test_only_unflagged_records_are_drawn(self, tmp_path):
        rows = [shipment(number, **A) for number in range(1, 21)]
        flags = [flag(row, "no-notification", "paper", 1800, strength="strong") for row in rows[:10]]
        drawn = [lead for lead in leads_of(tmp_path, rows, [], flags, sample=50) if lead["kind"] == "sample"]
        assert {lead["records"][0]["declaration_id"] for lead in drawn} == {row["declaration_id"] for row in rows[10:]}
        assert {lead["inclusion_probability"] for lead in drawn} == {1.0}

    def test_it_says_how_probable_each_draw_was(self, tmp_path):
        rows = [shipment(number, **A) for number in range(1, 41)]
        drawn = leads_of(tmp_path, rows, sample=10)
        assert len(drawn) == 10
        assert {(lead["kind"], lead["rank"], lead["inclusion_probability"]) for lead in drawn} == {
            ("sample", None, 0.25)
        }

    def test_the_same_seed_draws_the_same_records_in_any_order(self, tmp_path):
        rows = [shipment(number, **A) for number in range(1, 41)]
        turned = [{**row, "row_id": 100 - row["row_id"]} for row in reversed(rows)]
        assert leads_of(tmp_path, rows, sample=5, seed=7) == leads_of(tmp_path, turned, sample=5, seed=7)

    def test_another_seed_draws_others(self, tmp_path):
        rows = [shipment(number, **A) for number in range(1, 41)]
        assert leads_of(tmp_path, rows, sample=5, seed=7) != leads_of(tmp_path, rows, sample=5, seed=8)

    def test_a_drawn_record_brings_its_lone_supporting_sign(self, tmp_path):
        row = shipment(1, **A)
        (drawn,) = leads_of(tmp_path, [row], [], [flag(row, "unit-value", "price")], sample=1)
        assert (drawn["kind"], drawn["score"]) == ("sample", 500)

    def test_every_record_is_drawn_about_equally_often(self, tmp_path):
        rows = [shipment(number, **A) for number in range(1, 11)]
        drawn: list[int] = []
        with open_engine("local", tmp_path, processes=1) as engine:
            register(engine, rows, [], [])
            engine.sql("SELECT row_id FROM shipments WHERE row_id < 0", "leads_evidence")
            for seed in range(200):
                drawn += engine.fetch(sample_query(seed, 5)).column("row_id").to_pylist()
        assert all(70 <= drawn.count(row["row_id"]) <= 130 for row in rows), "100 expected, sigma 7"

    def test_a_negative_size_is_refused(self, tmp_path):
        with pytest.raises(UsageError):
            leads_of(tmp_path, [], sample=-1)

    def test_probability_of_nothing(self):
        assert inclusion_probability(0, 0) == 1.0
