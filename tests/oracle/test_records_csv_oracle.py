"""Well-formed CSV is read as Python's csv module reads it, wherever the blocks are cut."""

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entente.records.reading.splitting import Dialect, cut_records, split_cells
from entente.records.reading.text import TextPart

CELL = st.text(st.sampled_from("ab ,;\"\n\r\t|'é丙"), max_size=6)
ROWS = st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(CELL, min_size=width, max_size=width), max_size=12))
NAMES = ("a", "b", "c", "d")


def written(rows: list[list[str]], delimiter: str, line_end: str) -> str:
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter, lineterminator=line_end, quoting=csv.QUOTE_ALL).writerows(rows)
    return stream.getvalue()


def read_back(text: bytes, dialect: Dialect, width: int, size: int) -> list[list[str | None]]:
    chunks = (text[at : at + size] for at in range(0, len(text), size))
    rows: list[list[str | None]] = []
    for cut in cut_records(chunks, dialect, width, 1 << 16):
        assert cut.bad == ()
        part = TextPart(cut, NAMES[:width], tuple(range(width)), dialect, 100)
        for block in part.blocks():
            rows += [list(row.values()) for row in block.rows.to_pylist()]
    return rows


@given(ROWS, st.sampled_from(",;\t|"), st.sampled_from(["\n", "\r\n", "\r"]), st.integers(1, 40))
@settings(deadline=None, max_examples=300)
def test_quoted_text_comes_back_whole(rows: list[list[str]], delimiter: str, line_end: str, size: int):
    text = written(rows, delimiter, line_end).encode()
    expected = [[cell or None for cell in row] for row in rows]
    assert read_back(text, Dialect(delimiter, '"'), len(rows[0]) if rows else 1, size) == expected


@given(st.lists(st.text(st.sampled_from('ab "'), max_size=6), min_size=1, max_size=5))
def test_a_quote_inside_a_cell_is_a_character(cells: list[str]):
    plain = [cell.lstrip('"') for cell in cells]
    assert split_cells(",".join(plain).encode(), Dialect(",", '"')) == [cell.encode() for cell in plain]


@pytest.mark.parametrize("record", [b'"a"b,c', b'"a', b'a,"b'])
def test_broken_quoting_is_not_taken_apart(record: bytes):
    with pytest.raises(ValueError, match=re.escape(str(record))):
        split_cells(record, Dialect(",", '"'))
