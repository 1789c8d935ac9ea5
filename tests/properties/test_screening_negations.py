"""A negation never removes a hit in silence: whatever is found in a text is found behind a negation too."""

from __future__ import annotations

import random
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

import variants
from entente.screening.kernel import ScreeningKernel
from entente.screening.lexicon import hanzi, latin
from entente.screening.schema import COUNTS_FROM
from entente.screening.vocabulary import Vocabulary
from entente.substances.register import load_register
from false_alarms import batch_of

#: "nor" begins names as well: "nor ephedrine" is norephedrine, and counts in full.
BEFORE = [
    *(f"{word} " for word in sorted((latin()["negations"] | latin()["exclusions"]) - {"nor"})),
    *(f"{word}-" for word in ("non", "no")),
    *hanzi()["exclusions"],
    *hanzi()["negations"],
]
BEHIND = {
    **dict.fromkeys([" free", "-free", " Free remover"], "free"),
    ": none": "none",
    " nil": "nil",
    " not detected, clear": "not detected",
}
#: Words that look like a negation and are none.
IDLE_BEFORE = [
    *("No. 5 ", "CAS No ", "item no. ", "not less than 99 % ", "no more than 5 % ", "excl. VAT ", "free of charge: "),
    *("品牌:无 ", "品牌 无 "),
]
IDLE_BEHIND = [", none other", " none other", " free sample", ", freight not included", " free on board", " 无色液体"]


@cache
def _kernel():
    return ScreeningKernel(Vocabulary.from_register(load_register()))


@cache
def _names():
    return sorted({name.text for name in Vocabulary.from_register(load_register()).names if not name.needs_context})


def _found(texts):
    rows = [{} for _ in texts]
    for match in _kernel()(batch_of(texts)).to_pylist():
        rows[match["row_id"]][match["substance_id"]] = match
    return rows


NEGATED = st.tuples(
    st.sampled_from(["", "goods, ", "溶剂，", "Thinner ("]),
    st.sampled_from([*((word, "") for word in BEFORE), *(("", word) for word in BEHIND)]),
    st.sampled_from(_names()),
)
ROWS = st.lists(NEGATED, min_size=20, max_size=20)


@given(ROWS, st.sampled_from(variants.WRITINGS), st.integers(0, 2**32))
@settings(max_examples=40, deadline=None)
def test_what_is_found_without_a_negation_is_found_with_one(drawn, writing, seed):
    rng = random.Random(seed)
    written = [(start, around, writing(rng, name) or name) for start, around, name in drawn]
    plain = _found([f"{start}{name}" for start, _, name in written])
    negated = [f"{start}{before}{name}{behind}" for start, (before, behind), name in written]
    pairs = zip(negated, plain, _found(negated), strict=True)
    assert [text for text, alone, found in pairs if not _kept(alone, found)] == []


def _kept(alone, found):
    """Each substance is found again, or its name is part of a longer one: `nor (-)-ephedrine` is norephedrine."""
    longer = [match["matched_text"] for match in found.values()]
    return all(
        substance in found or any(match["matched_text"] in text for text in longer)
        for substance, match in alone.items()
    )


@given(ROWS)
@settings(max_examples=40, deadline=None)
def test_a_match_holds_its_negation_exactly_where_it_is_named_as_absent(drawn):
    texts = [f"{start}{before}{name}{behind}" for start, (before, behind), name in drawn]
    for (_, (before, behind), name), found in zip(drawn, _found(texts), strict=True):
        exact = [match for match in found.values() if match["method"] != "misspelling"]
        for match in exact:  # a misspelling takes the letters of a negation for letters of the name
            said_before = before and match["matched_text"].startswith(before + name[0])
            said_behind = behind and match["matched_text"].lower().endswith(BEHIND[behind])
            says_so = bool(said_before or said_behind)
            assert says_so == (match["confidence"] < COUNTS_FROM) == (match["method"] == "absent"), match


IDLE = st.tuples(
    st.sampled_from(["", "goods, ", "溶剂，"]),
    st.sampled_from([*((word, "") for word in IDLE_BEFORE), *(("", word) for word in IDLE_BEHIND)]),
    st.sampled_from(_names()),
)


@given(st.lists(IDLE, min_size=20, max_size=20))
@settings(max_examples=40, deadline=None)
def test_words_that_only_look_like_a_negation_take_nothing_away(drawn):
    plain = _found([f"{start}{name}" for start, _, name in drawn])
    beside = _found([f"{start}{before}{name}{behind}" for start, (before, behind), name in drawn])
    for (_, around, name), alone, found in zip(drawn, plain, beside, strict=True):
        lost = [substance for substance in alone if found.get(substance, {"confidence": 0})["confidence"] < COUNTS_FROM]
        assert lost == [], (around, name)
