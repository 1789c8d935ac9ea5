"""Outcomes in, weights out: what is read, what is counted, what is refused, what a run then takes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
import yaml
from click.testing import CliRunner

from entente.cli.app import main
from entente.engine import open_engine
from entente.errors import EntenteError, InputError, RegisterError, UsageError
from entente.leads.build import build
from entente.leads.calibrate import CalibrateRequest, calibrate
from entente.leads.calibrate_design import Weights, design, score, whole
from entente.leads.calibrate_file import weights_text
from entente.leads.calibrate_fit import Prior, Signs, fit, fit_intercepts, probability
from entente.leads.calibrate_judge import judge
from entente.leads.finished import open_run
from entente.leads.outcomes import Outcome, read_outcomes, settle
from entente.leads.outcomes_join import Decided, join_outcomes
from entente.leads.weights import HitWeights, load_hit_weights, load_weights
from entente.screening.rules import load_rules
from leads_runs import lead, lead_number, reason, write_run
from leads_toy import flag, hit, register, shipment

TODAY = date(2026, 11, 24)
RULES = load_rules()
RULE = min(RULES.rules, key=lambda rule: (rule.weight, rule.id))
A, B, C = (lead_number(number) for number in (1, 2, 3))


def outcomes(tmp_path, text: str, encoding: str = "utf-8"):
    path = tmp_path / "outcomes.csv"
    path.write_text(text, encoding=encoding, newline="")
    return path


def read(tmp_path, text: str, encoding: str = "utf-8"):
    return read_outcomes(outcomes(tmp_path, text, encoding), TODAY)


# Reading


def test_outcomes_are_read(tmp_path):
    text = (
        f"lead_id,outcome,decided_on,note\n{A},confirmed,2026-01-02,seized\n{B.lower()}, Cleared ,2026-01-03,\n{C},,,\n"
    )
    assert read(tmp_path, text) == [
        Outcome(A, "confirmed", date(2026, 1, 2), 2),
        Outcome(B, "cleared", date(2026, 1, 3), 3),
        Outcome(C, "open", None, 4),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_what_spreadsheets_write_is_read(tmp_path, delimiter, end, encoding):
    text = end.join(["Note,LEAD_ID,Outcome,Decided_On", f"“ok”,{A},cleared,2026-01-02", "", ""]).replace(",", delimiter)
    assert read(tmp_path, text, encoding) == [Outcome(A, "cleared", date(2026, 1, 2), 2)]


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("", "outcomes.csv", "no rows"),
        ("lead_id,outcome,decided_on\n", "outcomes.csv", "no rows"),
        ("lead_id,outcome\n", "line 1, decided_on", "no column decided_on"),
        ("lead_id,lead_id,outcome,decided_on\n", "line 1, lead_id", "more than one column lead_id"),
        (f"lead_id,outcome,decided_on\n{A},confirmed,2026-01-02,extra\n", "line 2", "4 cells"),
        (f"lead_id,outcome,decided_on\n{A},confirmed\n", "line 2", "2 cells"),
        ("lead_id,outcome,decided_on\n=cmd()|A,confirmed,2026-01-02\n", "line 2, lead_id", "no number of a lead"),
        (f"lead_id,outcome,decided_on\n{A},guilty,2026-01-02\n", "line 2, outcome", "no outcome"),
        (f"lead_id,outcome,decided_on\n{A},confirmed,02/01/2026\n", "line 2, decided_on", "no day"),
        (f"lead_id,outcome,decided_on\n{A},confirmed,2026-02-30\n", "line 2, decided_on", "no day"),
        (f"lead_id,outcome,decided_on\n{A},confirmed,\n", "line 2, decided_on", "no day"),
        (f"lead_id,outcome,decided_on\n{A},open,someday\n", "line 2, decided_on", "no day"),
        (f"lead_id,outcome,decided_on\n{A},cleared,2062-01-02\n", "line 2, decided_on", "in the future"),
        (f'lead_id,outcome,decided_on\n{A},"cleared,2026-01-02\n', "line", "not CSV"),
        (f"lead_id,outcome,decided_on\n{A},cleared,2026-01-02\n\0\n", "line 3", "not text"),
        (f"lead_id,outcome,decided_on\n{A},guilty,2026-01-02\n{B},,x\n", "line 2", "2 of 2 rows"),
    ],
)
def test_a_file_that_cannot_be_understood_is_refused_with_its_place(tmp_path, text, place, words):
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    assert words in caught.value.message
    assert place in str(caught.value.place)
    assert caught.value.remedy


@pytest.mark.parametrize("encoding", ["utf-16", "gb18030", "latin-1"])
def test_another_encoding_is_refused(tmp_path, encoding):
    note = "ñandú" if encoding == "latin-1" else "山东"
    with pytest.raises(InputError, match="UTF-8"):
        read(tmp_path, f"lead_id,outcome,decided_on,note\n{A},cleared,2026-01-02,{note}\n", encoding)


def test_a_missing_or_huge_file_is_refused(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="cannot be read"):
        read_outcomes(tmp_path / "none.csv", TODAY)
    monkeypatch.setattr("entente.leads.outcomes._MAX_BYTES", 10)
    with pytest.raises(InputError, match="larger than"):
        read(tmp_path, "lead_id,outcome,decided_on\n")


# Settling


def row(line: int, lead_id: str, outcome: str, day: int | None = 1) -> Outcome:
    return Outcome(lead_id, outcome, date(2026, 1, day) if day else None, line)


def lines(rows) -> list[int]:
    return [one.line for one in rows]


def test_the_latest_decision_stands_and_every_row_is_counted():
    settled = settle(
        [
            row(2, A, "cleared", 1),
            row(3, A, "confirmed", 9),
            row(4, A, "open", None),
            row(5, B, "confirmed", 3),
            row(6, B, "confirmed", 3),
            row(7, C, "confirmed", 4),
            row(8, C, "cleared", 4),
            row(9, C, "cleared", 2),
            row(10, lead_number(4), "open", None),
            row(11, lead_number(5), "confirmed", 5),
            row(12, lead_number(5), "open", 6),
            row(13, lead_number(6), "open", 5),
            row(14, lead_number(6), "cleared", 5),
        ]
    )
    assert lines(settled.final) == [3, 5, 14]
    assert lines(settled.overtaken) == [2, 4, 11, 13]
    assert lines(settled.twice) == [6]
    assert lines(settled.contradictory) == [7, 8, 9]
    assert lines(settled.open) == [10, 12]
    assert settled.read == 13


def test_settling_does_not_depend_on_the_order_of_rows():
    rng = np.random.default_rng(1)
    kinds = ["confirmed", "cleared", "open"]
    rows = [
        row(n, lead_number(int(rng.integers(12))), kinds[rng.integers(3)], int(rng.integers(1, 4))) for n in range(60)
    ]
    one, other = settle(rows), settle(reversed(rows))
    assert one == other
    assert one.read == 60


# Joining


def test_an_outcome_counts_once_on_the_signs_that_the_officer_saw(tmp_path):
    spring = write_run(tmp_path / "a", [lead(1, [reason("hit.in_force", "hit")])], started="2026-03-01T00:00:00+00:00")
    autumn = write_run(tmp_path / "b", [lead(1, []), lead(2, [])], started="2026-09-01T00:00:00+00:00")
    runs = [open_run(autumn), open_run(spring)]
    for day, signs in ((date(2026, 4, 1), 1), (date(2026, 10, 1), 0), (date(2025, 1, 1), 1)):
        joined = join_outcomes(settle([Outcome(A, "confirmed", day, 2)]), runs)
        assert [len(one.lead["reasons"]) for one in joined.decided] == [signs]


def test_outcomes_of_another_run_are_reported_not_dropped(tmp_path):
    run = open_run(write_run(tmp_path / "a", [lead(1, [])]))
    joined = join_outcomes(settle([row(2, A, "confirmed"), row(3, B, "cleared"), row(4, C, "open")]), [run])
    counts = joined.counts()
    assert counts["unknown"] == 1
    parts = ("used", "open", "twice", "overtaken", "contradictory", "unknown")
    assert counts["read"] == 3 == sum(counts[name] for name in parts)


# The numbers


def decided(reasons, *, confirmed=False, evaluated=(), **more) -> Decided:
    return Decided(lead(1, reasons, **more), confirmed, frozenset(evaluated))


def test_a_hit_counts_by_its_confidence_and_a_rule_by_one():
    made = design(
        [decided([reason("hit.in_force", "hit", value=0.85), reason(RULE.id, RULE.family, value=700.0)])],
        RULES,
        load_hit_weights(),
        10,
    )
    assert dict(zip(made.names, made.signs.x[0], strict=True)) == {"hit.in_force": 0.85, RULE.id: 1.0}


def test_a_sample_row_counts_by_the_inverse_of_its_chance_up_to_a_limit():
    rows = [decided([]), decided([], kind="sample", inclusion_probability=0.25)]
    rows += [decided([], kind="sample", inclusion_probability=0.001)]
    made = design(rows, RULES, load_hit_weights(), 10)
    assert made.signs.weight.tolist() == [1, 4, 10]
    assert (made.trimmed, made.heaviest) == (1, 1000)
    assert made.sample.tolist() == [False, True, True]


def test_runs_that_evaluated_other_rules_have_intercepts_of_their_own():
    rows = [decided([], evaluated=["a"]), decided([], evaluated=["a", "b"]), decided([], evaluated=["a"])]
    made = design(rows, RULES, load_hit_weights(), 10)
    assert made.signs.group.tolist() == [0, 1, 0]
    assert made.signs.groups == 2


def test_a_rule_that_is_not_known_is_refused():
    with pytest.raises(UsageError, match="own-rule"):
        design([decided([reason("own-rule", "price")])], RULES, load_hit_weights(), 10)


def test_the_score_is_the_one_that_a_run_computes(tmp_path):
    """On random hits and flags, families capped, confidences rounded, against the SQL of the build."""
    rng = np.random.default_rng(7)
    by_rule = {rule.id: rule for rule in RULES.rules}
    shipments = [shipment(n, exporter=f"E{n}", consignee="C") for n in range(60)]
    hits = [
        hit(
            one,
            reason=str(rng.choice(["in_force", "before_effective"])),
            match_confidence=round(rng.uniform(0.5, 1), 3),
        )
        for one in shipments
        for _ in range(rng.integers(1, 3))
    ]
    flags = [
        flag(one, rule.id, rule.family, rule.weight, value=1.0)
        for one in shipments
        for rule in by_rule.values()
        if rng.random() < 0.6
    ]
    weights = HitWeights({"in_force": 2000, "before_effective": 1301}, 2500)
    with open_engine("local", tmp_path, processes=1) as engine:
        register(engine, shipments, hits, flags)
        build(engine, RULES, seed=0, sample=0, weights=weights)
        rows = [row for batch in engine.batches("leads") for row in batch.to_pylist()]
    made = design([Decided(row, confirmed=False, evaluated=frozenset()) for row in rows], RULES, weights, 10)
    assert len(rows) == 60
    assert (score(made.signs, made.present) * 1000).round().tolist() == [row["score"] for row in rows]


# The fit


def signs(x, y, family=None, weight=None, group=None) -> Signs:
    x = np.asarray(x, dtype=float)
    n, k = x.shape
    return Signs(
        x=x,
        family=np.zeros(k, dtype=np.int64) if family is None else np.asarray(family),
        group=np.zeros(n, dtype=np.int64) if group is None else np.asarray(group),
        groups=1 if group is None else max(group) + 1,
        y=np.asarray(y, dtype=float),
        weight=np.ones(n) if weight is None else np.asarray(weight, dtype=float),
    )


def test_a_sign_that_tells_nothing_keeps_its_weight():
    made = fit(signs([[0.0]] * 40, [0, 1] * 20), Prior(np.array([0.7]), np.array([1.2]), 0.5))
    assert made.weights.tolist() == [0.7]
    assert made.caps.tolist() == [1.2]
    assert made.weights_se[0] == pytest.approx(0.5)


def test_little_data_changes_little_and_more_changes_more():
    moved = []
    for times in (1, 10, 100):
        x = [[1.0]] * 4 * times + [[0.0]] * 4 * times
        y = [1, 1, 1, 0] * times + [1, 0, 0, 0] * times
        made = fit(signs(x, y), Prior(np.array([0.6]), np.array([np.inf]), 0.5))
        moved.append(made.weights[0] - 0.6)
    assert 0 < moved[0] < 0.5 < moved[1] < moved[2] < 2 * np.log(3) - 0.6


def test_separated_outcomes_give_finite_weights():
    x = [[1.0]] * 30 + [[0.0]] * 30
    made = fit(signs(x, [1] * 30 + [0] * 30), Prior(np.array([0.6]), np.array([5.0]), 0.5))
    assert made.converged
    assert 0.6 < made.weights[0] < 5
    alone = fit(signs(x, [1] * 60), Prior(np.array([0.6]), np.array([5.0]), 0.5))
    assert np.isfinite(alone.intercepts).all()


def test_a_sign_that_speaks_against_is_set_to_nothing_and_said():
    x, y = [[1.0]] * 200 + [[0.0]] * 200, [0] * 190 + [1] * 10 + [0, 1] * 100
    prior = Prior(np.array([0.6]), np.array([np.inf]), 0.5)
    assert fit(signs(x, y), prior).weights.tolist() == [0.0]
    assert fit(signs(x, y), prior, bounded=False).weights[0] < -1


def test_where_a_family_is_at_its_cap_outcomes_teach_the_cap():
    rng = np.random.default_rng(5)
    x = np.ones((400, 2))
    x[:200] = 0
    y = np.concatenate([rng.random(200) < probability(np.full(200, -2.0)), rng.random(200) < 0.5])
    made = fit(signs(x, y), Prior(np.array([1.5, 1.5]), np.array([0.5]), 1.0))
    assert made.caps[0] == pytest.approx(2, abs=0.5)
    assert made.weights == pytest.approx([1.5, 1.5], abs=0.2)


def test_the_intercept_of_one_group_does_not_touch_the_other():
    x = np.zeros((400, 1))
    y = np.array([1] * 100 + [0] * 100 + [1] * 20 + [0] * 180)
    made = signs(x, y, group=[0] * 200 + [1] * 200)
    intercepts = fit_intercepts(np.zeros(400), made)
    assert probability(intercepts) == pytest.approx([0.5, 0.1], abs=0.02)
    assert fit(made, Prior(np.array([0.6]), np.array([1.0]), 0.5)).intercepts == pytest.approx(intercepts, abs=1e-5)


def test_a_kind_of_hit_never_loses_all_its_weight():
    made = whole(np.array([0.0, 0.0]), np.array([0.0, np.inf]), ("hit.in_force", "rule"))
    assert made == Weights((1, 0), (0, None))


# The judgement


def made_up(n: int, truth: float, seed: int = 0):
    """Decided leads of which every other bears RULE; its true weight is `truth` log-odds."""
    rng = np.random.default_rng(seed)
    bears = np.arange(n) % 2 == 0
    y = rng.random(n) < probability(-1.0 + truth * bears)
    return [
        decided([reason(RULE.id, RULE.family)] if one else [], confirmed=bool(found))
        for one, found in zip(bears, y, strict=True)
    ]


def test_a_wrong_weight_is_found_worse_on_outcomes_not_seen():
    verdict = judge(design(made_up(600, 3.0), RULES, load_hit_weights(), 10), 0.5, seed=1)
    assert verdict.better
    assert verdict.brier.after < verdict.brier.before < verdict.brier.base
    assert verdict.brier.low < verdict.brier.difference < verdict.brier.high < 0
    assert verdict.leads_brier == verdict.brier


def test_a_right_weight_is_not_said_to_be_improved():
    verdict = judge(design(made_up(600, RULE.weight / 1000), RULES, load_hit_weights(), 10), 0.5, seed=1)
    assert not verdict.better
    assert verdict.brier.low < 0 < verdict.brier.high


def test_the_same_seed_gives_the_same_verdict():
    numbers = design(made_up(100, 1.0), RULES, load_hit_weights(), 10)
    assert judge(numbers, 0.5, seed=3) == judge(numbers, 0.5, seed=3)
    assert judge(numbers, 0.5, seed=3) != judge(numbers, 0.5, seed=4)


# The whole way


def a_run(tmp_path, n: int = 120, name: str = "run", first: int = 1):
    """A run of leads, all with a hit and every other one with a rule, and twenty sample rows."""
    hit_reason, rule_reason = reason("hit.in_force", "hit"), reason(RULE.id, RULE.family)
    leads = [lead(first + i, [hit_reason, rule_reason][: 1 + i % 2]) for i in range(n)]
    samples = [lead(1000 + first + i, kind="sample", inclusion_probability=0.02) for i in range(20)]
    return write_run(tmp_path / name, [*leads, *samples], evaluated=[RULE.id])


def filled_in(tmp_path, n: int = 120, extra: str = ""):
    """Leads with the rule are confirmed in four of five cases, those without in one of five; samples are clean."""
    text = "lead_id,outcome,decided_on,note\n"
    for i in range(n):
        confirmed = (i // 2 % 5 != 0) == bool(i % 2)
        text += f"{lead_number(1 + i)},{'confirmed' if confirmed else 'cleared'},2026-07-01,\n"
    for i in range(20):
        text += f"{lead_number(1001 + i)},cleared,2026-07-02,\n"
    return outcomes(tmp_path, text + extra)


def calibrated(tmp_path, **more):
    more.setdefault("runs", ()) or more.update(runs=(a_run(tmp_path),))
    more.setdefault("outcomes", None) or more.update(outcomes=filled_in(tmp_path))
    return calibrate(CalibrateRequest(**{"out": tmp_path / "fit", **more}), TODAY)


def test_fitted_weights_are_what_a_screening_then_takes(tmp_path):
    made = calibrated(tmp_path)
    ruleset, hits = load_weights(RULES, [tmp_path / "fit"])
    new = {value.name: value.new for value in made.weights}
    assert ruleset.rule(RULE.id).weight == new[RULE.id] > RULE.weight
    assert hits.kinds["in_force"] == new["hit.in_force"]
    assert ruleset.caps[RULE.family] == next(value.new for value in made.caps if value.name == RULE.family)
    assert hits.cap == next(value.new for value in made.caps if value.name == "hit")
    assert {rule.weight for rule in ruleset.rules if rule.id != RULE.id} == {
        rule.weight for rule in RULES.rules if rule.id != RULE.id
    }


def test_every_fitted_weight_says_what_it_rests_on(tmp_path):
    calibrated(tmp_path)
    content = yaml.safe_load((tmp_path / "fit" / "fitted-weights.yaml").read_text(encoding="utf-8"))
    entry = content["rules"][RULE.id]
    assert entry["reason"].startswith("Fitted to 140 outcomes on 2026-11-24: 60 of them bear this sign, 48 confirmed.")
    assert f"Was {RULE.weight}" in entry["reason"]
    assert content["hits"]["kinds"]["in_force"]["reason"].startswith("Fitted to 140 outcomes")
    assert content["fitted"]["counts"]["used"] == 140
    ruleset, hits = load_weights(RULES, [tmp_path / "fit"])
    assert ruleset.rule(RULE.id).weight_reason == entry["reason"]
    assert hits.reasons["in_force"].startswith("Fitted to 140 outcomes")


def test_a_weight_above_the_cap_of_its_family_says_how_much_of_it_counts(tmp_path):
    made = calibrated(tmp_path)
    caps = {value.name: value.new for value in made.caps}
    families = {RULE.id: RULE.family, "hit.in_force": "hit"}
    for value in made.weights:
        cap = caps.get(families[value.name])
        assert value.capped == (cap if cap is not None and cap < value.new else None)
    value = replace(made.weights[0], capped=7)
    assert "The cap of its family lets 7 of it count." in " ".join(
        weights_text(replace(made, weights=(value,)), TODAY, {}).split()
    )


def test_the_same_outcomes_give_the_same_bytes(tmp_path):
    calibrated(tmp_path)
    first = {path.name: path.read_bytes() for path in (tmp_path / "fit").iterdir()}
    request = CalibrateRequest(tmp_path / "outcomes.csv", (tmp_path / "run",), tmp_path / "fit", overwrite=True)
    calibrate(request, TODAY)
    assert {path.name: path.read_bytes() for path in (tmp_path / "fit").iterdir()} == first
    assert set(first) == {"fitted-weights.yaml", "calibration.json"}


def test_an_earlier_fit_is_not_replaced_unasked(tmp_path):
    calibrated(tmp_path)
    with pytest.raises(UsageError, match="earlier fit"):
        calibrate(CalibrateRequest(tmp_path / "outcomes.csv", (tmp_path / "run",), tmp_path / "fit"), TODAY)


def test_poisoned_rows_are_reported_and_counts_add_up(tmp_path):
    again = f"{A},cleared,2026-07-01,\n" + f"{A},confirmed,2026-07-01,\n"
    extra = again + f"{B},cleared,2026-06-01,old\n{C},open,,\n{lead_number(7777)},confirmed,2026-07-01,other run\n"
    made = calibrated(tmp_path, outcomes=filled_in(tmp_path, extra=extra))
    parts = ("used", "open", "twice", "overtaken", "contradictory", "unknown")
    assert made.counts["read"] == 145 == sum(made.counts[name] for name in parts)
    assert made.counts["contradictory"] == 3
    assert made.contradictory == (A,)
    assert made.counts["overtaken"] == 2
    assert made.unknown == (lead_number(7777),)


def test_too_few_outcomes_are_refused_with_a_remedy(tmp_path):
    text = "lead_id,outcome,decided_on\n" + "".join(f"{lead_number(i)},cleared,2026-07-01\n" for i in range(1, 60))
    with pytest.raises(UsageError, match="0 confirmed and 59 cleared") as caught:
        calibrated(tmp_path, outcomes=outcomes(tmp_path, text))
    assert "Keep the present weights" in caught.value.remedy
    assert not (tmp_path / "fit").exists()


def test_outcomes_of_another_run_altogether_are_refused(tmp_path):
    with pytest.raises(UsageError, match="None of the 140 decided outcomes"):
        calibrated(tmp_path, runs=(a_run(tmp_path, name="other", first=5000),))


def test_a_run_given_twice_is_refused(tmp_path):
    run = a_run(tmp_path)
    with pytest.raises(UsageError, match="twice"):
        calibrated(tmp_path, runs=(run, run))


def test_outcomes_of_several_runs_are_fitted_together(tmp_path):
    runs = (a_run(tmp_path, 60, "one"), a_run(tmp_path, 60, "two", first=61))
    made = calibrated(tmp_path, runs=runs)
    assert made.counts["used"] == 140
    assert made.counts["unknown"] == 0


def test_a_results_folder_that_cannot_be_made_is_an_error_with_a_remedy(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EntenteError, match="cannot be written"):
        calibrated(tmp_path, out=tmp_path / "file" / "fit")


def test_a_weights_file_still_takes_plain_numbers_and_names_what_it_does_not_know(tmp_path):
    (tmp_path / "w.yaml").write_text(f"format: entente-weights-1\nrules: {{{RULE.id}: 123}}\nfamilies: {{price: 77}}\n")
    ruleset, _ = load_weights(RULES, [tmp_path])
    assert (ruleset.rule(RULE.id).weight, ruleset.caps["price"]) == (123, 77)
    (tmp_path / "w.yaml").write_text("format: entente-weights-1\nrules: {none-such: {weight: 1}}\n")
    with pytest.raises(RegisterError, match="none-such"):
        load_weights(RULES, [tmp_path])


# The command


def run(tmp_path, *more: str, code: int = 0) -> str:
    args = ["leads", "calibrate", str(filled_in(tmp_path)), "--out", str(tmp_path / "fit"), *more]
    result = CliRunner().invoke(main, args)
    assert result.exit_code == code, result.output
    return result.output


def test_the_command_prints_weights_old_and_new_and_the_verdict(tmp_path):
    text = " ".join(run(tmp_path, "--run", str(a_run(tmp_path))).split())
    assert "140 outcomes read: 140 used (60 confirmed, 20 of sample rows)" in text
    assert f"hit.in_force {load_hit_weights().kinds['in_force']}" in text
    assert "20 sample rows count 10 each in place of up to 50" in text
    assert "The new weights are better on outcomes that they have not seen." in text
    assert "To use it: entente screen ... --rules" in text


def test_the_command_prints_json(tmp_path):
    report = json.loads(run(tmp_path, "--run", str(a_run(tmp_path)), "--json"))
    assert report["format"] == "entente-calibration-1"
    assert report["better"] is True
    assert {value["name"] for value in report["weights"]} == {"hit.in_force", RULE.id}
    assert report["verdict"]["brier"]["after"] < report["verdict"]["brier"]["before"]


def test_the_work_list_filled_in_can_be_handed_back(tmp_path):
    folder, file = a_run(tmp_path), tmp_path / "list.csv"
    assert CliRunner().invoke(main, ["leads", "show", str(folder), "--csv", str(file)]).exit_code == 0
    settled = settle(read_outcomes(file, TODAY))
    assert len(settled.open) == settled.read == 140


def test_an_outcome_of_today_is_no_outcome_of_the_future(tmp_path):
    text = f"lead_id,outcome,decided_on\n{A},cleared,{TODAY}\n"
    assert len(read(tmp_path, text)) == 1
    with pytest.raises(InputError, match="future"):
        read(tmp_path, text.replace(str(TODAY), str(TODAY + timedelta(days=1))))
