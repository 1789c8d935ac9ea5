"""Words of blocks and their hashes: they cover the squashed text, and different words have different hashes."""

from __future__ import annotations

import random
import warnings

import numpy as np
import pyarrow as pa
import pytest

from entente.screening.pieces import Words, _word_hashes, words_of
from entente.screening.text import blocks

LETTERS = "abcDE 12-_,.丙酮酸é\u0301ßαΩ\u200b\n\x00İ\u3000（"


def texts(seed: int) -> pa.Array:
    rng = random.Random(seed)
    rows = ["".join(rng.choices(LETTERS, k=rng.randrange(30))) for _ in range(rng.randrange(40))]
    return pa.array([*rows, None, ""], pa.string())


def words(squashed: bytes, found: Words) -> list[bytes]:
    return [squashed[start:end] for start, end in zip(found.start, found.end, strict=True)]


@pytest.mark.parametrize("seed", range(20))
def test_words_follow_one_another_and_leave_nothing_out(seed):
    for block in blocks(texts(seed)):
        found = words_of(block)
        assert b"".join(words(block.squashed, found)) == block.squashed
        assert all(len(word) for word in words(block.squashed, found))


def test_words_end_where_rows_end_and_where_hanzi_begin():
    (block,) = blocks(pa.array(["alpha beta-2", "", "gamma"]))
    assert words(block.squashed, words_of(block)) == [b"alpha", b"beta", b"2", b"gamma"]
    (block,) = blocks(pa.array(["pure丙酮x", "丙 é"]))
    assert [word.decode() for word in words(block.squashed, words_of(block))] == ["pure", "丙酮", "x", "丙", "e"]


def hashed(parts: list[bytes], longest: int) -> list[int]:
    ends = np.cumsum([len(part) for part in parts])
    return _word_hashes(b"".join(parts), Words(ends - [len(part) for part in parts], ends), longest).tolist()


@pytest.mark.parametrize("seed", range(5))
def test_equal_words_have_equal_hashes_and_no_others(seed):
    rng = random.Random(seed)
    parts = [bytes(rng.choices(b"\x01ab", k=rng.randrange(1, 40))) for _ in range(3000)]
    assert len(set(zip(parts, hashed(parts, 64), strict=True))) == len(set(parts)) == len(set(hashed(parts, 64)))


def test_a_hash_looks_no_further_than_any_name_reaches_but_at_the_length():
    parts = [b"a" * 100, b"a" * 99 + b"b", b"a" * 101, b"a" * 64]
    one, same, longer, cut = hashed(parts, 64)
    assert one == same
    assert len({one, longer, cut}) == 3


def test_kilobytes_without_a_break_are_hashed_in_silence():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(set(hashed([b"a" * 5000, b"a" * 4999 + b"b"], 5000))) == 2


def test_no_words_no_hashes():
    none = np.zeros(0, np.int64)
    assert len(_word_hashes(b"", Words(none, none), 64)) == 0
