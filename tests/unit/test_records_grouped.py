"""Texts that many rows share are read as dictionaries; what is staged does not depend on it."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from entente.records import Limits, stage
from entente.records.mapping import canonical_mapping
from entente.records.reading import parquet

COLUMNS = ("declaration_id", "date", "description", "exporter", "exporter_id", "hs_code", "origin_country")


def _source(path: Path, rows: int = 500) -> Path:
    numbers = range(rows)
    table = {
        "declaration_id": [f"D{number}" for number in numbers],
        "date": ["2024-05-01"] * rows,
        "description": [f"goods {number}" for number in numbers],
        "exporter": [None if number % 7 == 0 else f"Firm {number % 90} Ltd" for number in numbers],
        "exporter_id": [f"X{number % 50}" if number % 3 else None for number in numbers],
        "hs_code": ["2914.11" if number % 2 else "junk" for number in numbers],
        "origin_country": ["CN"] * rows,
    }
    pq.write_table(pa.table(table), path, row_group_size=200, dictionary_pagesize_limit=64)
    return path


def test_parties_and_codes_are_grouped_and_free_texts_are_not() -> None:
    grouped = canonical_mapping("shipments", COLUMNS).grouped
    assert grouped == {"exporter", "exporter_id", "hs_code", "origin_country"}


def test_what_is_staged_does_not_depend_on_how_it_was_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = _source(tmp_path / "in.parquet")
    as_dictionaries = stage("shipments", [source], None, tmp_path / "a")
    monkeypatch.setattr(parquet, "_GROUPED_BYTES", 0)
    plain = stage("shipments", [source], None, tmp_path / "b")
    assert pq.read_table(list(as_dictionaries.parts)).equals(pq.read_table(list(plain.parts)))
    assert as_dictionaries.warnings == plain.warnings


def test_a_large_grouped_column_is_not_read_into_one_dictionary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _source(tmp_path / "in.parquet")
    file = pq.ParquetFile(path)
    sizes = parquet._sizes(path, file.metadata.row_group(0), COLUMNS, Limits())
    assert "exporter" in parquet._dictionaries(file, 0, COLUMNS, frozenset({"exporter"}), sizes)
    monkeypatch.setattr(parquet, "_GROUPED_BYTES", 0)
    assert "exporter" not in parquet._dictionaries(file, 0, COLUMNS, frozenset({"exporter"}), sizes)
