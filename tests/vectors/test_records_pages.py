"""Parquet files whose footer lies: what they would take is known before it is taken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from entente.records import Limits
from entente.records.reading.pages import PagesError, pages_of
from entente.records.reading.parquet import ParquetSource
from records_files import accepted, adds_up, in_child, parquet_file, refused, staged

MIB = 1 << 20


def table(rows: int = 1, **more: Any) -> dict[str, Any]:
    return {"declaration_id": ["A1"] * rows, "date": ["2024-01-02"] * rows, "description": ["x"] * rows, **more}


def varint(number: int) -> bytes:
    """A whole number of Thrift's compact protocol, as footers hold sizes."""
    number, digits = number << 1, b""
    while number > 127:
        digits += bytes((number & 127 | 128,))
        number >>= 7
    return digits + bytes((number,))


def lying(path: Path, column: int, claimed: int = 100) -> Path:
    """Make the footer say that a column, and its row group, unpack to little."""
    group = pq.read_metadata(path).row_group(0)
    data = path.read_bytes()
    at = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    footer = data[at:]
    for true in (group.column(column).total_uncompressed_size, group.total_byte_size):
        written = varint(true)
        small = bytes(byte | 128 for byte in varint(claimed).ljust(len(written) - 1, b"\0")) + b"\0"
        assert len(small) == len(written)
        assert footer.count(written)
        footer = footer.replace(written, small)
    path.write_bytes(data[:at] + footer)
    assert pq.read_metadata(path).row_group(0).column(column).total_uncompressed_size == claimed
    return path


def big_page(folder: Path, size: int, name: str = "description") -> Path:
    """One page that unpacks to a text of some size, and is packed to nearly nothing."""
    options = {"use_dictionary": False, "compression": "zstd", "store_schema": False, "write_statistics": False}
    return parquet_file(folder, {**table(), name: ["a" * size]}, **options)


class TestPages:
    def test_a_page_too_big_is_refused_before_it_is_unpacked(self, tmp_path: Path):
        path = lying(big_page(tmp_path, 1 << 30), 2)
        assert path.stat().st_size < MIB
        found = in_child(path, tmp_path)
        assert "Pages of the file unpack to 1024 MiB at once; at most 512 are read." in found["error"]

    def test_a_column_that_is_not_read_may_be_as_it_is(self, tmp_path: Path):
        path = lying(big_page(tmp_path, 8 * MIB, "picture"), 3)
        assert staged(path, tmp_path, limits=Limits(max_pages_bytes=MIB)).accepted == 1

    def test_pages_of_all_columns_count_together(self, tmp_path: Path):
        columns = {name: ["a" * MIB] for name in ("description", "exporter", "importer")}
        path = parquet_file(tmp_path, {**table(), **columns}, use_dictionary=False, compression="zstd")
        assert "Pages of the file" in refused(path, tmp_path, limits=Limits(max_pages_bytes=3 * MIB)).message
        assert staged(path, tmp_path, limits=Limits(max_pages_bytes=4 * MIB)).rows_read == 1

    @pytest.mark.parametrize(("length", "coded"), [(10, True), (1000, False)])
    def test_names_are_gathered_in_one_dictionary_only_where_they_are_few(
        self, tmp_path: Path, length: int, coded: bool
    ):
        """Such a dictionary is kept as long as a row group is read. What the footer says must not decide it."""
        names = [f"{number:07}" + "x" * length for number in range(70_000)]
        path = parquet_file(tmp_path, table(len(names), exporter=names), compression="zstd", use_dictionary=False)
        (part,) = ParquetSource.open(lying(path, 3), Limits()).parts(None, frozenset({"exporter"}))
        kinds = {block.rows.schema.field("exporter").type for block in part.blocks()}
        assert [pa.types.is_dictionary(kind) for kind in kinds] == [coded]

    @pytest.mark.parametrize("version", ["1.0", "2.0"])
    def test_lists_without_end(self, tmp_path: Path, version: str):
        lists = pa.array([["CN"] * 5000, []], pa.list_(pa.string()))
        path = parquet_file(tmp_path, table(2, transit_countries=lists), data_page_version=version)
        error = refused(path, tmp_path, limits=Limits(max_items=4000))
        assert "The lists of this column have 5,001 items in 2 rows." in error.message
        assert str(error.place).endswith("transit_countries")
        assert staged(path, tmp_path, limits=Limits(max_items=5000)).accepted == 2

    def test_a_point_in_the_name_of_a_column(self, tmp_path: Path):
        path = parquet_file(tmp_path, table(2, **{"net.mass": ["1", "2"]}))
        result = staged(path, tmp_path)
        assert adds_up(result)
        assert len(accepted(result)) == 2


class TestHeaders:
    """Headers that are followed say what the library that wrote them says."""

    @pytest.mark.parametrize("version", ["1.0", "2.0"])
    @pytest.mark.parametrize("compression", ["none", "snappy", "zstd", "gzip"])
    @pytest.mark.parametrize("checksums", [False, True])
    def test_every_page_is_found(self, tmp_path: Path, version: str, compression: str, checksums: bool):
        columns = {
            "text": [f"{number % 50}" * 20 for number in range(20_000)],
            "plain": [f"{number:020}" for number in range(20_000)],
            "number": pa.array([None, 1.5] * 10_000),
            "list": pa.array([["a", None], []] * 10_000, pa.list_(pa.string())),
        }
        options = {"data_page_version": version, "compression": compression, "write_page_checksum": checksums}
        path = parquet_file(tmp_path, columns, data_page_size=4096, **options)
        group = pq.read_metadata(path).row_group(0)
        with path.open("rb") as stream:
            for index in range(group.num_columns):
                chunk = group.column(index)
                pages = pages_of(stream.fileno(), chunk)
                assert pages.values == chunk.num_values
                assert 0 < pages.largest <= pages.total < chunk.total_uncompressed_size
                assert pages.total > 0.5 * chunk.total_uncompressed_size

    @pytest.mark.parametrize("junk", [b"\xff" * 64, b"\x1c" * 64, b"\x15" + b"\x80" * 63, b"\x00" * 64])
    def test_headers_that_are_none(self, tmp_path: Path, junk: bytes):
        path = parquet_file(tmp_path, {"text": [str(number) for number in range(1000)]})
        chunk = pq.read_metadata(path).row_group(0).column(0)
        path.write_bytes(b"PAR1" + junk + path.read_bytes()[68:])
        with path.open("rb") as stream, pytest.raises(PagesError):
            pages_of(stream.fileno(), chunk)
        assert "truncated or broken" in refused_anyway(path, tmp_path)


def refused_anyway(path: Path, folder: Path) -> str:
    """The refusal of a file with the same wounds in its first page and the columns that a table needs."""
    good = parquet_file(folder, table(1000), "good.parquet")
    data = path.read_bytes()[:68] + good.read_bytes()[68:]
    good.write_bytes(data)
    return refused(good, folder).message
