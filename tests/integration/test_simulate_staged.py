"""What the simulation writes is read by `records` without loss and without a doubt."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from entente.records.staging import stage
from entente.simulate import Year, simulate, write_sample


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("staged-year")
    simulate(Year(seed=11, declarations=3000), out)
    return out


@pytest.mark.parametrize("table", ["notifications", "authorisations", "invocations", "payments"])
def test_papers_are_read_without_loss(year: Path, tmp_path: Path, table: str):
    result = stage(table, [year / f"{table}.parquet"], None, tmp_path)

    assert result.quarantined == 0
    assert result.warnings == ()
    assert result.accepted == pq.read_metadata(year / f"{table}.parquet").num_rows


def test_declarations_of_all_sides_are_read_without_loss(year: Path, tmp_path: Path):
    result = stage("shipments", sorted(year.glob("*-*ports.parquet")), None, tmp_path)

    assert (result.accepted, result.quarantined, result.warnings) == (3000, 0, ())


def test_the_sample_is_read_without_loss(tmp_path: Path):
    write_sample(tmp_path / "sample")
    (tmp_path / "staged").mkdir()

    result = stage("shipments", [tmp_path / "sample" / "shipments"], None, tmp_path / "staged")

    assert (result.accepted, result.quarantined, result.warnings) == (2000, 0, ())
