"""Claims: the two of the worked example, and the record itself."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import yaml
from click.testing import CliRunner

from entente.cli.app import main
from entente.errors import InputError
from entente.impact.claims import RECORD, Checking, check_claims, read_claims
from entente.impact.store import IndicatorStore


def example(**more):
    claims = read_claims((RECORD / "claims.yaml").read_bytes())
    return {one.id: one for one in check_claims(claims, Checking(IndicatorStore(), more.pop("series", {}), **more))}


@pytest.mark.parametrize("lang", ["en", "zh", "es"])
def test_deaths_of_2022_are_supported_on_every_basis_and_the_basis_is_printed(lang: str):
    found = example(lang=lang)["deaths-2022"]
    assert found.verdict == "supported"
    words = " ".join(line.words.replace("\u202f", ",") for line in found.evidence)
    assert all(number in words for number in ("107,941", "73,838", "109,413", "74,829"))
    assert {line.points for line in found.evidence} == {"for"}


def test_what_was_not_yet_published_supports_nothing():
    assert example(as_of=date(2022, 6, 1))["deaths-2022"].verdict == "not_established"


def test_shipments_by_origin_are_not_established_from_public_series():
    found = example()["shipments-fell"]
    assert found.verdict == "not_established"
    assert "country of origin" in found.evidence[0].words


def by_origin(path: Path, fall: float) -> Path:
    rng = np.random.default_rng(1)
    common = np.cumsum(rng.normal(0, 0.05, 84))
    rate = np.exp(5.6 + common)
    shipped = rng.poisson(rate * np.where(np.arange(84) >= 52, 1 - fall, 1))
    others = np.column_stack([rng.poisson(rate) for _ in range(6)])
    lines = ["date,value," + ",".join(f"other{number}" for number in range(6))]
    lines += [
        f"{2015 + at // 12}-{at % 12 + 1:02d}-01,{shipped[at]}," + ",".join(map(str, others[at])) for at in range(84)
    ]
    path.write_text("\n".join(lines))
    return path


@pytest.mark.parametrize(("fall", "verdict"), [(0.4, "supported"), (0.0, "not_supported")])
def test_the_same_command_decides_where_a_series_by_origin_is_given(tmp_path: Path, fall: float, verdict: str):
    file = by_origin(tmp_path / "origin.csv", fall)
    arguments = ["impact", "claims", "check", "--store", str(tmp_path / "none"), "--json"]
    result = CliRunner().invoke(main, [*arguments, "--series", f"shipments-from-china={file}"])
    assert result.exit_code == 0, result.output
    assert {one["id"]: one["verdict"] for one in json.loads(result.output)}["shipments-fell"] == verdict


def test_a_series_that_cannot_carry_a_number_settles_nothing(tmp_path: Path):
    file = tmp_path / "short.csv"
    file.write_text("date,value\n2019-04-01,5\n2019-05-01,6\n2019-06-01,7\n")
    arguments = ["impact", "claims", "check", "--store", str(tmp_path / "none")]
    result = CliRunner().invoke(main, [*arguments, "--series", f"shipments-from-china={file}"])
    assert "at least 8 are needed" in result.output


@pytest.mark.parametrize(
    "text", ["", "claims: []", "claims: [{id: a}]", "claims: [{id: a, text: b, effect: {series: x}}]", "{"]
)
def test_a_claims_file_that_is_none_is_an_error(text: str):
    with pytest.raises(InputError):
        read_claims(text.encode())


def test_every_line_of_the_record_has_a_speaker_a_day_and_a_source():
    record = yaml.safe_load((RECORD / "working_group.yaml").read_text(encoding="utf-8"))
    measures = yaml.safe_load((RECORD / "measures.yaml").read_text(encoding="utf-8"))
    known = {one["id"] for one in measures}
    claims = {one["id"] for one in read_claims((RECORD / "claims.yaml").read_bytes())}
    assert all(one["source"].get("title") and set(one["what"]) == {"en", "zh", "es"} for one in measures)
    for statement in record["statements"]:
        assert set(statement["topic"]) == {"en", "zh", "es"}
        assert set(statement["followed"]) <= known
        assert statement.get("claim") is None or statement["claim"] in claims
        for said in statement["said"]:
            assert said["by"]
            assert said["day"]
            assert said["source"]["title"]
            assert ("words" in said) != ("paraphrase" in said)
        if statement.get("disputed"):
            assert len({said["by"] for said in statement["said"]}) > 1
    for commitment in record["commitments"]:
        assert set(commitment["evidence"]) <= known
        assert commitment["analysis"]["en"]
