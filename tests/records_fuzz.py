"""Broken sources for fuzzing the readers: a good file, and a few wounds."""

from __future__ import annotations

import gzip
import io
import zipfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st

from entente.errors import EntenteError
from entente.records import describe
from records_files import TIGHT, adds_up, parquet_file, staged, xlsx_file

ROWS = [
    ["declaration_id", "line", "date", "description", "hs_code", "net_mass_kg", "origin_country"],
    ["A1", 1, "2024-01-02", "acetone, technical", "291411", 12.5, "CN"],
    ["A2", 2, "2024-01-03", 'said "丙酮"', "291411", 1e6, "MX"],
    ["A3", 3, "2024-01-04", "línea\nnueva", "391000", 0, "US"],
]
PIECES = st.one_of(
    st.binary(max_size=12),
    st.sampled_from(
        [
            *(
                b'"',
                b'""',
                b",",
                b"\n",
                b"\r",
                b"\r\n",
                b"\0",
                b"\xff\xfe",
                b"\xef\xbb\xbf",
                b"\t",
                b";",
                b"=1+1",
                b"'",
            ),
            *(
                b"1e999",
                b"NaN",
                b"-0",
                b"9" * 40,
                b"2024-02-30",
                b"9999-12-31",
                *(b"10/11/2024", b"45606", "2024年1月2日".encode(), b"2914310", "ä¸™é…®".encode(), b"2.02411E+17"),
                "丙酮".encode("gb18030"),
                "酮".encode(),
            ),
            *(b"<row>", b"</row>", b'<c r="A1">', b"<v>", b"</v>", b"<f>", b't="s"', b't="e"', b't="d"', b's="9"'),
            *(b"<!DOCTYPE a>", b"&amp;", b"&#0;", b"<!--", b"]]>", b'r="XFE1"', b'r="1048577"', b"PAR1", b"\x15\x80"),
        ]
    ),
)
WOUNDS = st.lists(
    st.tuples(st.sampled_from(["put", "over", "cut", "twice"]), st.integers(0, 1 << 16), st.integers(1, 64), PIECES),
    min_size=1,
    max_size=8,
)
Wound = tuple[str, int, int, bytes]


def wounded(data: bytes, wounds: list[Wound]) -> bytes:
    for kind, place, size, piece in wounds:
        at = place % (len(data) + 1)
        if kind == "put":
            data = data[:at] + piece + data[at:]
        elif kind == "over":
            data = data[:at] + piece + data[at + len(piece) :]
        elif kind == "cut":
            data = data[:at] + data[at + size :]
        else:
            data = data[: at + size] + data[at:]
    return data


def text_bytes(encoding: str, delimiter: str, line_end: str) -> bytes:
    def cell(value: object) -> str:
        return '"' + str(value).replace('"', '""') + '"'

    return line_end.join(delimiter.join(map(cell, row)) for row in [*ROWS, *ROWS[1:] * 3]).encode(encoding)


@cache
def workbook_parts() -> dict[str, bytes]:
    with TemporaryDirectory() as folder, zipfile.ZipFile(xlsx_file(Path(folder), ROWS)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@cache
def workbook_of_two_sheets() -> dict[str, bytes]:
    """The table, and its continuation on a hidden sheet."""
    book = openpyxl.Workbook()
    for row in ROWS:
        book.active.append(row)
    sheet = book.create_sheet("More")
    sheet.sheet_state = "hidden"
    for row in ROWS:
        sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    with zipfile.ZipFile(stream) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def workbook_bytes(parts: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return stream.getvalue()


@cache
def parquet_bytes(compression: str, version: str) -> bytes:
    columns = {name: pa.array([row[at] for row in ROWS[1:] * 4]) for at, name in enumerate(ROWS[0]) if at != 5}
    columns["transit_countries"] = pa.array([["CN", None, "MX"], [], None] * 4)
    with TemporaryDirectory() as folder:
        path = parquet_file(Path(folder), columns, compression=compression, data_page_version=version)
        return path.read_bytes()


@st.composite
def sources(draw: st.DrawFn) -> bytes:
    """The bytes of a wounded text table, gzip file, workbook or Parquet file."""
    kind = draw(st.sampled_from(["text", "text", "gzip", "zip", "xml", "parquet"]))
    wounds = draw(WOUNDS)
    books = [workbook_parts, workbook_of_two_sheets]
    if kind in ("text", "gzip"):
        encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "gb18030", "big5", "latin-1"]))
        mark, end = draw(st.sampled_from(",;\t|")), draw(st.sampled_from(["\n", "\r\n", "\r"]))
        text = text_bytes(encoding, mark, end) if encoding not in ("big5", "latin-1") else b'a,b\n"\xe9",1\n'
        return wounded(text, wounds) if kind == "text" else wounded(gzip.compress(text, mtime=0), wounds)
    if kind == "zip":
        return wounded(workbook_bytes(draw(st.sampled_from(books))()), wounds)
    if kind == "xml":
        parts = dict(draw(st.sampled_from(books))())
        name = draw(st.sampled_from(sorted(parts)))
        return workbook_bytes({**parts, name: wounded(parts[name], wounds)})
    compression = draw(st.sampled_from(["NONE", "snappy", "zstd", "gzip"]))
    return wounded(parquet_bytes(compression, draw(st.sampled_from(["1.0", "2.0"]))), wounds)


def read_or_refused(data: bytes) -> bool:
    """Stage and describe some bytes: rows add up, or a person is told what to do. Anything else is a failure."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "in"
        path.write_bytes(data)
        with suppress(EntenteError):
            describe(path, limits=TIGHT)
        try:
            result = staged(path, Path(folder), limits=TIGHT)
        except EntenteError:
            return False
        assert adds_up(result)
        for kept in (result.quarantine, result.unread):
            assert pq.read_metadata(kept).num_rows == result.quarantined
        return True
