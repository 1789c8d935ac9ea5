"""Whatever the text: a match's text is what its span says, spans lie in the row, and batches do not matter."""

from __future__ import annotations

import random

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

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


@given(TEXTS)
@settings(deadline=None)
def test_folding_twice_is_folding_once(text):
    assert fold(fold(text)) == fold(text)
    assert squash(squash(text)) == squash(text)
