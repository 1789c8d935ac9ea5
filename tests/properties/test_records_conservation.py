"""Read = accepted + quarantined, whatever a source holds."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from entente.records import staged_schema
from records_files import TIGHT, accepted, adds_up, csv_file, parquet_file, quarantined, staged, xlsx_file

COLUMNS = (
    "declaration_id",
    "line",
    "date",
    "description",
    "hs_code",
    "origin_country",
    "currency",
    "net_mass_kg",
    "free_zone",
)
CELL = st.one_of(
    st.sampled_from(
        [
            "A1",
            "",
            " ",
            "2024-01-02",
            "2024-02-30",
            "12.5",
            "-1",
            "nan",
            "1e999",
            "CN",
            "cn",
            "XX",
            "USD",
            "yes",
            "1",
            "293314",
        ]
    ),
    st.text(st.characters(blacklist_categories=("Cs",)), max_size=8),
)
ROW = st.lists(CELL, min_size=len(COLUMNS), max_size=len(COLUMNS))
GOOD = ["A1", "1", "2024-01-02", "acetone", "291411", "CN", "USD", "1.5", "no"]


def checked(result, rows: int | None = None) -> None:
    assert adds_up(result)
    assert rows is None or result.rows_read == rows
    ids = [row["row_id"] for row in accepted(result)]
    lines = [row["source_row"] for row in accepted(result)] + [row["line"] for row in quarantined(result)]
    assert len(set(ids)) == len(ids)
    assert sorted(lines) == list(range(1, len(lines) + 1))
    for part in result.parts:
        assert pq.read_schema(part).equals(staged_schema("shipments").with_metadata(None), check_metadata=False)


@given(st.lists(st.one_of(ROW, st.just(GOOD)), max_size=12))
@settings(deadline=None, max_examples=60)
def test_of_any_csv_cells(rows: list[list[str]]):
    quoted = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    text = "\n".join([",".join(COLUMNS), *quoted, ""])
    with TemporaryDirectory() as folder:
        checked(staged(csv_file(Path(folder), text), Path(folder), limits=TIGHT), len(rows))


@given(
    st.lists(
        st.sampled_from(
            [b"A1,2024-01-02,x", b'"', b",", b"\n", b"\r\n", b"\0", b"\xff\xfe", b"A,2024-13-01,y", b"\xe4\xb8\x99"]
        ),
        max_size=40,
    )
)
@settings(deadline=None, max_examples=100)
def test_of_any_csv_bytes(pieces: list[bytes]):
    text = b"declaration_id,date,description\n" + b"A0,2024-01-01,x\n" * 5 + b"".join(pieces)
    with TemporaryDirectory() as folder:
        checked(staged(csv_file(Path(folder), text), Path(folder), limits=TIGHT))


ARROW = [
    (pa.string(), CELL),
    (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    (pa.float64(), st.floats()),
    (pa.bool_(), st.booleans()),
    (pa.date32(), st.dates()),
    (pa.timestamp("us"), st.datetimes()),
    (pa.binary(), st.binary(max_size=4)),
    (pa.list_(pa.string()), st.lists(st.one_of(st.none(), CELL), max_size=3)),
    (pa.struct([("a", pa.int64())]), st.just({"a": 1})),
]


@st.composite
def arrow_tables(draw: st.DrawFn) -> dict[str, pa.Array]:
    rows = draw(st.integers(1, 8))
    columns = {}
    for name in (*COLUMNS, "transit_countries", "dispatch_date"):
        kind, values = draw(st.sampled_from(ARROW))
        cells = draw(st.lists(st.one_of(st.none(), values), min_size=rows, max_size=rows))
        columns[name] = pa.array(cells, kind)
    return columns


@given(arrow_tables())
@settings(deadline=None, max_examples=80)
def test_of_any_parquet_types(columns: dict[str, pa.Array]):
    with TemporaryDirectory() as folder:
        source = parquet_file(Path(folder), columns, row_group_size=3)
        checked(staged(source, Path(folder), limits=TIGHT), len(columns["date"]))


EXCEL = st.one_of(
    st.none(),
    st.integers(-(10**9), 10**9),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.dates(dt.date(1900, 3, 1)),
    st.sampled_from(["A1", "=1+1", "2024-01-02", "#N/A", "CN", "丙酮"]),
)


@given(st.lists(st.lists(EXCEL, min_size=len(COLUMNS), max_size=len(COLUMNS) + 1), max_size=6))
@settings(deadline=None, max_examples=40)
def test_of_any_workbook_cells(rows: list[list[object]]):
    with TemporaryDirectory() as folder:
        source = xlsx_file(Path(folder), [list(COLUMNS), *rows])
        checked(staged(source, Path(folder), limits=TIGHT))
