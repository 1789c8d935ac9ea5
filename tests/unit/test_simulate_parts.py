"""Word lists, companies and the bundled sample."""

from __future__ import annotations

import csv
import json
from datetime import date
from importlib import resources
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from entente.cli.simulate import simulate as command
from entente.simulate import Year, write_sample
from entente.simulate.parties import VARIANTS, make_parties
from entente.simulate.resources import countries, goods, words
from entente.simulate.texts import misspelled
from entente.simulate.wording import mix


def check_digit(cas: str) -> int:
    digits = [int(digit) for digit in cas.replace("-", "")]
    return sum(place * digit for place, digit in enumerate(reversed(digits[:-1]), start=1)) % 10


def test_cas_numbers_of_listed_goods_are_sound():
    listed = [good for good in goods() if good.role == "listed"]
    assert len(listed) > 20
    assert all(check_digit(good.cas) == int(good.cas[-1]) for good in listed)


def test_every_good_has_a_name_in_every_language():
    assert all(name.strip() for good in goods() for names in good.names for name in names)


@pytest.mark.shared
def test_goods_have_real_hs_codes(shared_data: Path):
    with (shared_data / "screening" / "hs_en.csv").open(encoding="utf-8") as file:
        known = {row["hscode"] for row in csv.DictReader(file)}
    assert {good.hs6 for good in goods()} <= known


def test_companies_are_told_apart_and_live_in_invented_towns():
    parties = make_parties(np.random.default_rng(1), 4000)
    english = parties.names.to_pylist()[VARIANTS.index("native") :: len(VARIANTS)]
    assert len(set(english)) == 4000
    assert len(set(parties.identifiers.to_pylist())) == 4000
    towns = [town for town, _ in words()["towns"]["CN"]]
    chinese = [name for name, home in zip(english, parties.country, strict=True) if countries()[home].code == "CN"]
    assert all(any(name.startswith(town[0]) for town in towns) for name in chinese)


def test_every_country_has_companies_of_every_sector():
    parties = make_parties(np.random.default_rng(5), 240)
    assert all(len(parties.of(country, sector)) >= 2 for country in range(len(countries())) for sector in range(4))


def test_a_misspelled_name_is_near_its_name():
    rng = np.random.default_rng(2)
    for good in goods():
        if good.role == "listed":
            english, _, spanish = misspelled(rng, good)
            assert abs(len(english) - len(good.names[0][0])) <= 2
            assert spanish


@pytest.mark.parametrize(
    ("start", "months", "days"),
    [
        (date(2024, 1, 1), 12, 366),
        (date(2024, 1, 31), 13, 394),
        (date(2023, 11, 30), 3, 91),
        (date(2025, 3, 15), 9, 275),
    ],
)
def test_a_period_ends_on_the_day_it_began(start: date, months: int, days: int):
    assert Year(1, 1000, start, months).days == days


def test_mix_is_even_and_fixed():
    values = mix(np.arange(20_000), 3)
    assert mix(np.array([1]), 3) == values[1]
    assert np.histogram(values, 10, (0, 1))[0] == pytest.approx(np.full(10, 2000), rel=0.1)


def test_the_sample_is_small_and_has_both_formats(tmp_path: Path):
    result = write_sample(tmp_path)

    inputs = [path for path in tmp_path.rglob("*.*") if path.parent.name != "truth"]
    assert sum(path.stat().st_size for path in inputs) < 500_000
    assert {path.suffix for path in inputs} == {".csv", ".parquet"}
    assert all(result.diversions.values())


def test_the_package_carries_the_sample_as_it_would_be_made_today(tmp_path: Path):
    """CSV files are compared letter for letter; Parquet by content, for its bytes follow the writer's version."""
    write_sample(tmp_path)
    carried = Path(str(resources.files("entente.simulate") / "sample"))

    names = {path.relative_to(tmp_path) for path in tmp_path.rglob("*.*")}
    assert names == {path.relative_to(carried) for path in carried.rglob("*.*")}
    for name in names:
        if name.suffix == ".csv":
            assert (tmp_path / name).read_bytes() == (carried / name).read_bytes()
        else:
            assert pq.read_table(tmp_path / name).equals(pq.read_table(carried / name))


def test_the_command_says_what_it_wrote(tmp_path: Path):
    answer = CliRunner().invoke(command, ["--out", str(tmp_path / "out"), "--declarations", "800", "--json"])

    assert answer.exit_code == 0, answer.output
    assert json.loads(answer.output)["rows"]["cn-exports.parquet"] > 0


def test_the_command_shows_a_summary(tmp_path: Path):
    answer = CliRunner().invoke(command, ["--out", str(tmp_path / "out"), "--declarations", "800"])

    assert answer.exit_code == 0, answer.output
    assert "notified_but_short" in answer.output
