"""Cutting text into records loses nothing, whatever the bytes and wherever the blocks are cut."""

from __future__ import annotations

from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from entente.records.reading import splitting
from entente.records.reading.splitting import Dialect, cut_records

ODD = st.lists(
    st.sampled_from([b"a", b"bb", b",", b'"', b'""', b"\n", b"\r\n", b"\r", b"\0", b"\xff", b" "]), max_size=60
)
MAX_RECORD = 24


def cut(text: bytes, size: int, quote: str = '"', cells: int = 2, longest: int = MAX_RECORD):
    chunks = (text[at : at + size] for at in range(0, len(text), size))
    good: list[tuple[int, bytes]] = []
    bad: list[tuple[int, str, str]] = []
    for piece in cut_records(chunks, Dialect(",", quote), cells, longest):
        good += list(zip(piece.lines.tolist(), _records(piece.data, Dialect(",", quote)), strict=True))
        bad += [(item.line, item.reason, item.raw) for item in piece.bad]
    return good, bad


def _records(data: bytes, dialect: Dialect) -> list[bytes]:
    from entente.records.reading.splitting import record_end

    found, at = [], 0
    while at < len(data):
        if data[at] in b"\r\n":
            at += 1
            continue
        end, _ = record_end(data, at, dialect)
        found.append(data[at:end])
        at = end + 1
    return found


@given(ODD, st.integers(1, 30), st.sampled_from(['"', ""]))
@settings(deadline=None, max_examples=500)
def test_every_record_has_one_number(pieces: list[bytes], size: int, quote: str):
    good, bad = cut(b"".join(pieces), size, quote)
    numbers = sorted([line for line, _ in good] + [line for line, _, _ in bad])
    assert numbers == list(range(1, len(numbers) + 1))


@given(ODD, st.integers(1, 30))
@settings(deadline=None, max_examples=500)
def test_no_character_disappears(pieces: list[bytes], size: int):
    text = b"".join(pieces)
    good, bad = cut(text, size, longest=1 << 12)
    shown = sorted([(line, raw) for line, raw in good] + [(line, _raw(raw)) for line, _, raw in bad])
    kept = b"".join(raw for _, raw in shown)
    assert _skeleton(kept) == _skeleton(text)


@given(ODD, st.integers(1, 30), st.integers(1, 30))
@settings(deadline=None, max_examples=500)
def test_where_blocks_are_cut_does_not_matter(pieces: list[bytes], one: int, other: int):
    text = b"".join(pieces)
    assert _sorted(cut(text, one, longest=1 << 12)) == _sorted(cut(text, other, longest=1 << 12))


@given(ODD, st.integers(1, 30), st.integers(1, 30), st.integers(4, 24))
@settings(deadline=None, max_examples=1000)
def test_where_blocks_are_cut_does_not_matter_to_what_is_too_long(
    pieces: list[bytes], one: int, other: int, longest: int
):
    text = b"".join(pieces)
    with patch.object(splitting, "_REACH", 6):
        assert _reasons(cut(text, one, longest=longest)) == _reasons(cut(text, other, longest=longest))


@given(
    st.lists(st.lists(st.sampled_from([b"x", b"y z", b""]), min_size=2, max_size=2), max_size=20), st.integers(1, 30)
)
def test_good_rows_around_a_broken_one_live(rows: list[list[bytes]], size: int):
    lines = [b",".join(row) for row in rows]
    text = b"\n".join([*lines, b'"open,a', *lines, b"too,many,cells", *lines, b""])
    good, bad = cut(text, size)
    assert [raw for _, raw in good] == lines * 3
    assert [reason for _, reason, _ in bad] == ["bad_quoting", "cell_count"]


def _raw(shown: str) -> bytes:
    return shown.replace("\\xff", "\udcff").encode("utf-8", "surrogateescape")


def _skeleton(text: bytes) -> bytes:
    return bytes(code for code in text if code not in b"\r\n")


def _sorted(result):
    good, bad = result
    return sorted(good), sorted(bad)


def _reasons(result):
    """The shown beginning of a record that is too long depends on the block; nothing else does."""
    good, bad = result
    return sorted(good), sorted((line, reason, "" if reason == "row_too_long" else raw) for line, reason, raw in bad)
