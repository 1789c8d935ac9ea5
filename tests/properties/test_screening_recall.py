"""Every writing of every name of the register is found: exact, hyphens, spaces, full width, Greek, traditional."""

from __future__ import annotations

import random
from collections import defaultdict
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import recall
import variants
from entente.screening.cas import digits_of
from entente.screening.kernel import ScreeningKernel
from entente.screening.vocabulary import Vocabulary
from entente.substances.register import load_register
from false_alarms import batch_of

TWO_EDIT_RECALL = 0.95
SEEDS = st.integers(0, 2**32)
few = settings(max_examples=4, deadline=None)


@cache
def _vocabulary():
    return Vocabulary.from_register(load_register())


@cache
def _truth():
    vocabulary, substances = _vocabulary(), defaultdict(set)
    for name in vocabulary.names:
        substances[name.text].add(vocabulary.substances[name.substance])
    return substances


def _named(texts, *, misspellings):
    kernel = ScreeningKernel(_vocabulary(), misspellings=misspellings)
    found = defaultdict(set)
    for match in kernel(batch_of(texts)).select(["row_id", "substance_id"]).to_pylist():
        found[match["row_id"]].add(match["substance_id"])
    return [found[row] for row in range(len(texts))]


@pytest.mark.parametrize("writing", variants.WRITINGS, ids=lambda writing: writing.__name__)
@given(seed=SEEDS)
@few
def test_every_writing_of_every_name_is_found(writing, seed):
    rng, truth = random.Random(seed), _truth()
    written = [(text, truth[name.text]) for name in _vocabulary().names if (text := writing(rng, name.text))]
    texts = [f"chemical {text}, 25 kg drums" for text, _ in written]
    found = _named(texts, misspellings=False)
    assert written
    assert [text for (_, wanted), text, got in zip(written, texts, found, strict=True) if not wanted & got] == []


@given(seed=SEEDS)
@few
def test_every_writing_of_every_cas_number_is_found(seed):
    rng, vocabulary = random.Random(seed), _vocabulary()
    numbers = [digits_of(number.packed) for number in vocabulary.cas]
    texts = [f"goods {variants.cas_writing(rng, f'{d[:-3]}-{d[-3:-1]}-{d[-1]}')} 99%" for d in numbers]
    found = _named(texts, misspellings=False)
    wanted = [vocabulary.substances[number.substance] for number in vocabulary.cas]
    assert [text for text, name, got in zip(texts, wanted, found, strict=True) if name not in got] == []


@given(seed=SEEDS)
@few
def test_every_scanned_cas_number_with_letters_for_digits_is_found(seed):
    rng, vocabulary = random.Random(seed), _vocabulary()
    written = {
        text: vocabulary.substances[number.substance]
        for number in vocabulary.cas
        for d in [digits_of(number.packed)]
        if (text := variants.cas_scanned(rng, f"{d[:-3]}-{d[-3:-1]}-{d[-1]}"))
    }
    found = _named([f"goods {text} 99%" for text in written], misspellings=False)
    assert [text for (text, name), got in zip(written.items(), found, strict=True) if name not in got] == []


@pytest.mark.parametrize("edits", [1, 2])
@given(seed=SEEDS)
@few
def test_misspelled_long_names_are_found(edits, seed):
    rng, truth = random.Random(seed), _truth()
    long = [n for n in _vocabulary().names if len(n.text) >= 12 and n.text.isascii() and not n.needs_context]
    asked = [name.text for name in long for _ in range(4)]
    found = _named([f"import of {variants.misspell(rng, name, edits)} 25 kg" for name in asked], misspellings=True)
    recalled = sum(bool(truth[name] & got) for name, got in zip(asked, found, strict=True)) / len(asked)
    assert recalled >= TWO_EDIT_RECALL


@pytest.mark.soak
def test_recall_over_many_seeds():
    for row in recall.measure(50):
        wanted = TWO_EDIT_RECALL if str(row["kind"]).endswith("edits") else 1.0
        assert row["recall"] >= wanted, row
