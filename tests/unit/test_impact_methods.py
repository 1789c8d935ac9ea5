"""Methods against printed results of others, and gates against series whose truth is known."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from entente.errors import InputError, UsageError
from entente.impact.effect import Question, measure
from entente.impact.methods import bsts, synthetic
from entente.impact.methods.changepoints import changes, single_change
from entente.impact.methods.problem import METHODS, Problem, check
from entente.impact.methods.simplex import simplex_weights
from entente.impact.periods import add_months
from entente.impact.plain import plain_effect
from entente.impact.seriesfile import read_problem
from entente.impact.wording import explain

EVENT = date(2019, 5, 1)


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "impact" / "method_anchors" / name).open() as file:
        return list(csv.DictReader(file))


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "outcome", "controls", "last", "printed"),
    [
        ("ci_arma_data.csv", "y", ["X"], 70, (0.89, 0.3, 0.27, 1.5)),
        (
            "ci_comparison_data.csv",
            "CHANGED",
            ["NOT_CHANGED_1", "NOT_CHANGED_2", "NOT_CHANGED_3"],
            "2019-07-14",
            (-657, 736, -2076, 832),
        ),
        ("ci_google_data.csv", "y", ["x1", "x2"], "2020-03-01", (27, 4.5, 18, 36)),
    ],
)
def test_structural_series_is_what_the_r_package_printed(shared_data: Path, name, outcome, controls, last, printed):
    held = rows(shared_data, name)
    event = last if isinstance(last, int) else sum((row.get("DATE") or row["date"]) <= last for row in held)
    y = np.array([float(row[outcome]) for row in held])
    matrix = np.array([[float(row[control]) for control in controls] for row in held])
    days = tuple(date(2000, 1, 1) + timedelta(number) for number in range(len(y)))
    problem = Problem(days, y, event, matrix, tuple(controls), scale="difference", per_year=365)
    found = bsts.estimate(problem, bsts.Sampling(draws=4000))
    mean, sd, low, high = printed
    assert abs(found.effect - mean) < 0.15 * sd
    assert abs(found.low - low) < 0.3 * sd
    assert abs(found.high - high) < 0.3 * sd


def smoking(folder: Path) -> tuple[list[str], list[float], dict[tuple[str, float], dict[str, str]]]:
    held = rows(folder, "smoking_data.csv")
    cells = {(row["state"], float(row["year"])): row for row in held}
    return sorted({row["state"] for row in held}), sorted({float(row["year"]) for row in held}), cells


@pytest.mark.shared
def test_california_is_what_the_papers_say(shared_data: Path):
    states, years, cells = smoking(shared_data)
    y = np.array([[float(cells[state, year]["cigsale"]) for state in states] for year in years])
    at = states.index("California")
    controls, treated = np.delete(y, at, axis=1), y[:, at]
    published = {"sdid": (-15.604, 0.02), "synthetic-control": (-19.6, 0.2), "did": (-27.349, 0.001)}
    for method, (value, within) in published.items():
        assert abs(synthetic.panel_effect(controls, treated, 19, method).effect - value) <= within


@pytest.mark.shared
def test_weights_of_california_fit_no_worse_than_the_published_ones(shared_data: Path):
    states, years, cells = smoking(shared_data)
    donors = [state for state in states if state != "California"]
    published = {"Utah": 0.334, "Nevada": 0.234, "Montana": 0.199, "Colorado": 0.164, "Connecticut": 0.069}

    def mean(state: str, name: str, first: int, last: int) -> float:
        held = [cells[state, year][name] for year in years if first <= year <= last]
        return float(np.mean([float(value) for value in held if value]))

    def predictors(state: str) -> list[float]:
        means = [mean(state, name, 1980, 1988) for name in ("lnincome", "age15to24", "retprice")]
        sales = [float(cells[state, year]["cigsale"]) for year in (1975.0, 1980.0, 1988.0)]
        return [*means, mean(state, "beer", 1984, 1988), *sales]

    outcome = np.array([[float(cells[state, year]["cigsale"]) for state in donors] for year in years])
    treated = np.array([float(cells["California", year]["cigsale"]) for year in years])
    weights, _ = synthetic.predictor_weights(
        np.array([predictors(state) for state in donors]).T,
        np.array(predictors("California")),
        outcome[:19],
        treated[:19],
    )
    theirs = np.array([published.get(state, 0.0) for state in donors])
    ours_error, their_error = (np.mean((treated - outcome @ w)[:19] ** 2) for w in (weights, theirs))
    assert ours_error <= their_error
    assert abs((treated - outcome @ weights)[-1] - (treated - outcome @ theirs)[-1]) < 0.5


@pytest.mark.shared
def test_weights_of_german_reunification(shared_data: Path):
    held = rows(shared_data, "germany.csv")
    cells = {(row["country"], int(row["year"])): row for row in held}
    donors = sorted({row["country"] for row in held} - {"West Germany"})

    def mean(country: str, name: str, years: range | tuple[int, ...]) -> float:
        return float(np.mean([float(cells[country, year][name]) for year in years if cells[country, year][name]]))

    def predictors(country: str, years: range, invest: str, schooling: tuple[int, ...]) -> list[float]:
        flows = [mean(country, name, years) for name in ("gdp", "trade", "infrate", "industry")]
        return [*flows, mean(country, invest, (1980,)), mean(country, "schooling", schooling)]

    def matrix(years: range, invest: str, schooling: tuple[int, ...]):
        units = np.array([predictors(country, years, invest, schooling) for country in donors]).T
        return units, np.array(predictors("West Germany", years, invest, schooling))

    # Predictor weights are learnt on the 1970s to fit the 1980s, then used with those of the 1980s (AJPS 2015).
    fitted = range(1981, 1991)
    outcome = np.array([[float(cells[country, year]["gdp"]) for country in donors] for year in fitted])
    treated = np.array([float(cells["West Germany", year]["gdp"]) for year in fitted])
    _, importance = synthetic.predictor_weights(*matrix(range(1971, 1981), "invest70", (1970, 1975)), outcome, treated)
    weights = synthetic.matched(*matrix(fitted, "invest80", (1980, 1985)), importance)
    found = dict(zip(donors, weights, strict=True))
    published = {"Austria": 0.42, "USA": 0.22, "Japan": 0.16, "Switzerland": 0.11, "Netherlands": 0.09}
    assert all(abs(found[country] - weight) <= 0.01 for country, weight in published.items())


def made(seed: int = 1, effect: float = 0.0, periods: int = 84, event: int = 52, units: int = 6, noise: float = 0.05):
    """A series and controls with a common drift; `effect` is the share that is missing after the event."""
    rng = np.random.default_rng(seed)
    common = np.cumsum(rng.normal(0, noise, periods))
    y = rng.poisson(np.exp(5.5 + common) * np.where(np.arange(periods) >= event, 1 - effect, 1)).astype(float)
    controls = np.column_stack([rng.poisson(np.exp(5.5 + common)).astype(float) for _ in range(units)])
    days = tuple(add_months(date(2015, 1, 1), number) for number in range(periods))
    return Problem(days, y, event, controls, tuple(f"c{number}" for number in range(units)))


@pytest.mark.parametrize("method", [method for method in METHODS if method != "its"])
def test_an_effect_that_is_there_is_found_and_its_size_is_right(method: str):
    result = measure(Question(made(effect=0.4), method))
    assert result.verdict == "supported", result
    assert abs(result.estimate + 0.4) < 0.06
    assert result.interval[0] < result.estimate < result.interval[1] < 0


def test_nothing_is_not_supported_where_an_effect_would_have_been_seen():
    result = measure(Question(made(), expect="decrease"))
    assert (result.verdict, result.reason) == ("not_supported", "too_small")
    assert measure(Question(made(effect=-0.5), expect="decrease")).reason == "other_way"


def test_a_drifting_series_without_controls_establishes_nothing_by_trend():
    rng = np.random.default_rng(4)
    y = rng.poisson(np.exp(5 + np.cumsum(rng.normal(0, 0.15, 96)))).astype(float)
    days = tuple(add_months(date(2012, 1, 1), number) for number in range(96))
    result = measure(Question(Problem(days, y, 70, np.empty((96, 0))), "its"))
    assert result.verdict == "not_established"
    assert result.gate("placebo_time").passed is False
    assert "earlier dates" in explain(result, "x").sentence


def test_a_change_that_came_before_its_cause_is_not_its_effect():
    early = made(effect=0.4, event=44)
    result = measure(Question(replace(early, event=52), "sdid", window=12))
    assert result.verdict == "not_established"
    assert result.gate("timing").passed is False


def test_a_control_that_hides_the_outcome_is_said():
    problem = made(effect=0.4)
    copied = np.column_stack([problem.controls, problem.y * 2])
    result = measure(Question(replace(problem, controls=copied, names=(*problem.names, "copy"))))
    assert result.gate("contamination").passed is False
    assert result.verdict == "not_established"


def test_an_outcome_that_cannot_change_but_does_takes_the_verdict_away():
    problem = made(effect=0.4)
    result = measure(Question(problem, negative=problem.y * 1.5))
    assert (result.verdict, result.reason) == ("not_established", "gate_negative_control")
    steady = measure(Question(problem, negative=problem.controls[:, 0].copy()))
    assert steady.verdict == "supported"


def test_many_questions_widen_the_interval():
    one, many = (measure(Question(made(effect=0.4), tests=tests)) for tests in (1, 50))
    assert many.interval[0] < one.interval[0]
    assert many.interval[1] > one.interval[1]


def test_too_short_a_past_has_no_placebos():
    result = measure(Question(made(effect=0.4, periods=30, event=15)))
    assert (result.verdict, result.reason) == ("not_established", "no_placebos")


def test_the_same_seed_gives_the_same_answer_and_the_json_is_finite():
    first, second = (measure(Question(made(effect=0.2))) for _ in range(2))
    plain = plain_effect(first, explain(first, "x", "es"))
    assert plain == plain_effect(second, explain(second, "x", "es"))
    assert {"estimate", "scale", "interval", "verdict", "gates"} <= set(plain)


@pytest.mark.parametrize("lang", ["en", "zh", "es"])
@pytest.mark.parametrize("seed", [1, 2])
def test_every_verdict_has_words_in_three_languages(lang: str, seed: int):
    for effect in (0.0, 0.4):
        result = measure(Question(made(seed, effect)))
        said = explain(result, "x", lang)
        assert said.verdict
        assert "{" not in said.sentence
        assert len(said.gates) == 9


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: replace(p, y=np.full(84, 3.0)), "constant"),
        (lambda p: replace(p, y=np.where(np.arange(84) == 5, np.nan, p.y)), "gaps"),
        (lambda p: replace(p, y=p.y - 1000), "negative counts"),
        (lambda p: replace(p, event=3), "before the event"),
        (lambda p: replace(p, event=84), "outside"),
        (lambda p: p.cut(6, 7), "7 points"),
        (lambda p: replace(p, offset=np.zeros(84)), "offset"),
    ],
)
def test_what_cannot_carry_a_number_is_an_error_with_a_remedy(change, message: str):
    with pytest.raises((InputError, UsageError), match=message) as caught:
        measure(Question(change(made())))
    assert caught.value.remedy


def test_a_file_with_a_gap_or_mixed_kinds_says_where():
    good = "date,value,a\n" + "".join(f"2019-{month:02d},5{month},7\n" for month in range(1, 13))
    problem, negative = read_problem(good.encode(), date(2019, 9, 15))
    assert (problem.event, problem.names, negative) == (8, ("a",), None)
    with pytest.raises(InputError, match="gap between 2019-02-01 and 2019-04-01"):
        read_problem(good.replace("2019-03,53,7\n", "").encode(), EVENT)
    with pytest.raises(InputError, match="missing") as caught:
        read_problem(good.replace(",53,", ",,").encode(), EVENT)
    assert caught.value.place.line == 4
    with pytest.raises(InputError, match="must not be mixed"):
        read_problem(b"date,value,kind\n2019-01,5,final\n2019-02,6,predicted\n", EVENT)
    with pytest.raises(UsageError, match="outside"):
        read_problem(good.encode(), date(2031, 1, 1))


def test_weights_lie_on_the_simplex_and_find_a_mixture():
    rng = np.random.default_rng(2)
    units = rng.normal(size=(30, 5))
    weights = simplex_weights(units, units @ np.array([0.5, 0.3, 0.2, 0, 0]))
    assert np.allclose(weights, [0.5, 0.3, 0.2, 0, 0], atol=1e-4)


def test_change_points_are_where_the_level_changes():
    values = np.r_[np.zeros(20), np.full(15, 3.0), np.full(20, -2.0)] + np.random.default_rng(0).normal(0, 0.2, 55)
    assert changes(values) == [20, 35]
    assert single_change(values[:35]) == (20, pytest.approx(3.0, abs=0.3))


def test_a_rate_takes_its_offset_into_account():
    problem = made()
    grown = np.linspace(1000, 3000, len(problem.y))
    counts = replace(problem, y=np.round(problem.y * grown / 1000), offset=grown)
    assert abs(measure(Question(check(counts))).estimate) < 0.1
