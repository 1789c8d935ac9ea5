"""A question about one name and a search of goods texts know the same names, however they are written."""

from __future__ import annotations

import random
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import variants
from entente.screening.kernel import ScreeningKernel
from entente.screening.vocabulary import Vocabulary
from entente.substances.register import load_register
from entente.substances.resolve import near_names, resolver
from false_alarms import batch_of

#: A number glued to a name makes a text more than the name; a question wants the name alone.
WRITINGS = [writing for writing in variants.WRITINGS if writing is not variants.glued]


@cache
def _register():
    return load_register()


@cache
def _resolver():
    return resolver(_register())


@cache
def _kernel():
    return ScreeningKernel(Vocabulary.from_register(_register()))


def _found(texts):
    found = [set() for _ in texts]
    rows = batch_of([f"chemical {text}, 25 kg" for text in texts])
    for match in _kernel()(rows).select(["row_id", "substance_id", "method"]).to_pylist():
        if match["method"] == "name":
            found[match["row_id"]].add(match["substance_id"])
    return found


@pytest.mark.parametrize("writing", WRITINGS, ids=lambda writing: writing.__name__)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=3, deadline=None)
def test_both_know_a_name_in_every_writing(writing, seed):
    rng = random.Random(seed)
    names = sorted({name.text: substance for substance, name in _register().names}.items())
    written = [(substance, text) for name, substance in names if (text := writing(rng, name))]
    screened = _found([text for _, text in written])
    asked = [{meant.substance_id for meant in _resolver()(text)} for _, text in written]
    texts = [text for _, text in written]
    assert [t for t, here, there in zip(texts, asked, screened, strict=True) if not here & there] == []


@pytest.mark.parametrize(
    "text", ["tabletting machine", "TABLETTING MACHINE", "acetic&nbsp;anhydride", "aсetone", "鹽酸"]
)
def test_named_questions(text):
    (screened,) = _found([text])
    assert screened
    assert {meant.substance_id for meant in _resolver()(text)} == screened


@pytest.mark.parametrize("text", ["acetic anhydryde", "potasium permangnate", "pseudoephedrin", "tableting machines"])
def test_a_misspelt_name_that_a_search_finds_is_suggested(text):
    assert _resolver()(text) == ()
    assert _kernel()(batch_of([text])).num_rows == 1
    assert near_names(_register(), text)
