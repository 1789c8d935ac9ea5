"""Whatever the text: a match's text is what its span says, spans lie in the row, and batches do not matter."""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entente.screening import readings, text
from entente.screening.fold import fold, squash
from entente.screening.kernel import ScreeningKernel
from unit.test_screening_kernel import batch, vocabulary

PIECES = [
    "acetone",
    "甲苯",
    "伪麻黄碱",
    "偽麻黃鹼",
    "4-AP",
    "α",
    "éter etílico",
    "103-79-7",
    "1O3-79-7",
    "ﬁ",
    "½",
    "\u200b",
    "\u00ad",
    "\u0301",
]
PIECES += [
    "acetic anhydride",
    "potasium permanganat",
    " ",
    "-",
    ",",
    "\n",
    "盐酸",
    "free of ",
    "ＡＣＥＴＯＮＥ",
    "👍",
    "𠀀",
    "㎏",
    "İ",
    "ß",
    "hydrochloride",
]
PIECES += [
    "&nbsp;",
    "&#45;",
    "&amp;#97;",
    "&acE;",
    "<br>",
    "<b>",
    "_x000D_",
    "аcetone",
    "tоluene",
    "α",
    "й",
    "25kg",
    "99%",
]
TEXTS = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=3)), max_size=12).map("".join)
KERNEL = ScreeningKernel(vocabulary())


def _found(rows):
    return KERNEL(batch(rows)).to_pylist()


@given(st.lists(st.one_of(st.none(), TEXTS), max_size=8))
@settings(max_examples=300, deadline=None)
def test_matched_text_is_the_span_of_the_original(rows):
    for match in _found(rows):
        text = rows[match["row_id"]]
        assert match["matched_text"] == text[match["span_start"] : match["span_end"]] != ""


@given(st.lists(TEXTS, min_size=1, max_size=8), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_a_row_is_read_alike_in_any_company(rows, rng: random.Random):
    alone = [
        {key: value for key, value in match.items() if key not in {"row_id", "declaration_id"}}
        for row in rows
        for match in _found([row])
    ]
    sliced = batch(["padding", *rows]).slice(1)
    together = KERNEL(pa.RecordBatch.from_arrays(sliced.columns, schema=sliced.schema)).to_pylist()
    together = [
        {key: value for key, value in match.items() if key not in {"row_id", "declaration_id"}} for match in together
    ]
    assert sorted(map(repr, together)) == sorted(map(repr, alone))


@given(st.lists(TEXTS, min_size=1, max_size=6))
@settings(max_examples=150, deadline=None)
def test_a_second_reading_takes_nothing_away(rows):
    def surest(matches):
        best: dict[tuple[int, str, str, str], float] = {}
        for match in matches:
            family = "name" if match["method"] == "misspelling" else match["method"]
            key = (match["row_id"], match["substance_id"], match["field"], family)
            best[key] = max(best.get(key, 0), match["confidence"])
        return best

    both = surest(_found(rows))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text, "without_lookalikes", lambda _reading: None)
        patch.setattr(text, "with_markup_read", _no_escapes)
        first = surest(_found(rows))
    assert {key: both[key] for key in first} == {key: max(first[key], both[key]) for key in first}
    assert all(both[key] <= SECOND for key in both.keys() - first.keys())


SECOND = 0.9


def _no_escapes(column, rows, *, escapes=False):
    reading = readings.with_markup_read(column, rows)
    return readings._only(reading, np.zeros(len(rows), np.bool_)) if escapes else reading


@given(TEXTS)
@settings(deadline=None)
def test_folding_twice_is_folding_once(text):
    assert fold(fold(text)) == fold(text)
    assert squash(squash(text)) == squash(text)
