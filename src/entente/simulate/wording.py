"""Goods descriptions and party names of a declaration, taken from ready-made columns by position."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from entente.simulate.movement import Movements
from entente.simulate.parties import VARIANTS, Ints, Parties
from entente.simulate.resources import LANGUAGES, countries, goods, words
from entente.simulate.texts import Texts

Floats = npt.NDArray[np.float64]
_EN, _ZH, _ES = range(len(LANGUAGES))

#: Share of English, Chinese and Spanish descriptions by authority (CN, US, MX).
_LANGUAGE = np.cumsum([[0.20, 0.80, 0.00], [1.00, 0.00, 0.00], [0.15, 0.00, 0.85]], axis=1)
#: Chance of each of `VARIANTS` by authority (CN, US, MX) and by home of the named company (CN, US, MX, elsewhere).
_NAMING = np.cumsum(
    [
        [
            [1.0, 0, 0, 0, 0, 0],
            [0, 0.60, 0.1, 0, 0.25, 0.05],
            [0.25, 0.30, 0.1, 0, 0.25, 0.1],
            [0, 0.70, 0.1, 0, 0.15, 0.05],
        ],
        [[0, 0.60, 0.25, 0, 0, 0.15], [1.0, 0, 0, 0, 0, 0], [0.30, 0.40, 0.20, 0, 0, 0.1], [0, 0.85, 0.05, 0, 0, 0.1]],
        [[0, 0.45, 0.20, 0.20, 0, 0.15], [0, 0.75, 0, 0.15, 0, 0.1], [1.0, 0, 0, 0, 0, 0], [0, 0.70, 0, 0.2, 0, 0.1]],
    ],
    axis=2,
)


def take(values: pa.Array, index: Ints, present: npt.NDArray[np.bool_] | None = None) -> pa.Array:
    """`values` at `index`; null where `present` is false or the index is negative."""
    absent = index < 0 if present is None else (index < 0) | ~present
    return pc.take(values, pa.array(np.where(absent, 0, index), mask=absent))


def mix(*numbers: npt.NDArray[np.integer] | int) -> Floats:
    """A fixed pseudo-random number in [0, 1) for every combination of integers (SplitMix64's finaliser)."""
    state: npt.NDArray[np.uint64] = np.zeros(1, np.uint64)
    with np.errstate(over="ignore"):
        for number in numbers:
            state = state * np.uint64(0x9E3779B97F4A7C15) + np.asarray(number).astype(np.uint64) + np.uint64(1)
            state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            state = state ^ (state >> np.uint64(31))
    return state.astype(np.float64) / 2.0**64


@dataclass(frozen=True, slots=True)
class Phrases:
    """Every phrase of a year in one column, and where the phrases of a good and language begin."""

    phrases: pa.Array
    first: Ints
    count: Ints
    special: int
    modifiers: pa.Array
    modifier_first: Ints
    modifier_count: Ints
    cas: pa.Array


def make_phrases(extra: Texts) -> Phrases:
    """Lay out the goods' names, the year's special texts and the modifiers as columns."""
    spoken = [list(names) for good in goods() for names in good.names]
    sizes = np.array([len(names) for names in spoken])
    flat = [name for names in spoken for name in names]
    modifiers = [words()["modifiers"][role][language] for role in ("ordinary", "chemical") for language in LANGUAGES]
    modifier_sizes = np.array([len(group) for group in modifiers])
    return Phrases(
        phrases=pa.array(flat + [text for entry in extra.entries for text in entry]),
        first=(np.cumsum(sizes) - sizes).reshape(-1, len(LANGUAGES)),
        count=sizes.reshape(-1, len(LANGUAGES)),
        special=len(flat),
        modifiers=pa.array([text for group in modifiers for text in group]),
        modifier_first=(np.cumsum(modifier_sizes) - modifier_sizes).reshape(2, len(LANGUAGES)),
        modifier_count=modifier_sizes.reshape(2, len(LANGUAGES)),
        cas=pa.array([good.cas or None for good in goods()]),
    )


def describe(
    rng: np.random.Generator, phrases: Phrases, rows: Movements, text: Ints, authority: int
) -> tuple[pa.Array, pa.Array]:
    """Descriptions and CAS numbers as one authority's declarants write them.

    Args:
        rng: source of all chance.
        phrases: the year's columns of words.
        rows: movements declared to this authority.
        text: per movement, position of a special text or -1.
        authority: position in `countries()`.
    """
    size, good = len(rows), rows["good"]
    language = (rng.random(size)[:, None] > _LANGUAGE[authority]).sum(axis=1).clip(0, 2)
    own = phrases.first[good, language] + (rng.random(size) * phrases.count[good, language]).astype(np.int64)
    position = np.where(text >= 0, phrases.special + text * len(LANGUAGES) + language, own)
    chemical = np.array([kind.role != "ordinary" for kind in goods()])[good].astype(np.int64)
    modifier = phrases.modifier_first[chemical, language] + (
        rng.random(size) * phrases.modifier_count[chemical, language]
    ).astype(np.int64)
    cas = take(phrases.cas, good.astype(np.int64), text < 0)
    in_text = pc.if_else(pa.array(rng.random(size) < 0.12), pc.binary_join_element_wise("CAS", cas, " "), None)
    parts = [take(phrases.phrases, position), take(phrases.modifiers, modifier, rng.random(size) < 0.6), in_text]
    written = pc.binary_join_element_wise(*parts, ", ", null_handling="skip")
    shout = pa.array((rng.random(size) < 0.35) & (language != _ZH))
    return pc.if_else(shout, pc.utf8_upper(written), written), pc.if_else(pa.array(rng.random(size) < 0.4), cas, None)


def name_variants(parties: Parties, named: Ints, other: Ints, authority: int, fresh: Floats) -> Ints:
    """Which way a company's name is written: one clerk's habit per pair of companies, now and then broken.

    Args:
        parties: the companies.
        named: numbers of the companies named (-1 for none).
        other: numbers of the companies across the table.
        authority: whose form it is.
        fresh: fresh random numbers in [0, 1), one per row.
    """
    known = np.maximum(named, 0)
    habit = mix(known, np.maximum(other, 0), authority + 1)
    choice = np.where(fresh < 0.06, fresh / 0.06, habit)
    table = _NAMING[authority][np.minimum(parties.country[known], 3)]
    chosen: Ints = np.minimum((choice[:, None] > table).sum(axis=1), len(VARIANTS) - 1)
    return chosen


def names(parties: Parties, named: Ints, variants: Ints) -> pa.Array:
    """The written names; null where there is no company."""
    return take(parties.names, np.where(named < 0, -1, named * len(VARIANTS) + variants))


def codes_of(index: Ints) -> pa.Array:
    """ISO codes of countries; null where the index is negative."""
    return take(pa.array([country.code for country in countries()]), index.astype(np.int64))
