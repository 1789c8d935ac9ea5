"""Search goods descriptions for names and CAS numbers, and the CAS column for CAS numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from entente.screening import boundaries, numbers
from entente.screening.boundaries import Located, is_within, overlaps
from entente.screening.compiled import Compiled
from entente.screening.context import Judged
from entente.screening.fold import I64
from entente.screening.glue import are_glued, whole_words
from entente.screening.misspelling import Misspellings
from entente.screening.output import (
    ABSENT,
    AT_MOST,
    CAS,
    CAS_FIELD,
    DESCRIPTION,
    MISSPELLING,
    NAME,
    SURE,
    UNBOUNDED,
    Mentions,
)
from entente.screening.patterns import Patterns
from entente.screening.text import Block, blocks

Flags = npt.NDArray[np.bool_]


def search(compiled: Compiled, column: pa.Array, chemical: Flags, elsewhere: Flags) -> Iterator[Mentions]:
    """Mentions in descriptions.

    Args:
        compiled: what to look for.
        column: strings.
        chemical: rows that other fields show to be about chemicals, which short acronyms need.
        elsewhere: rows whose tariff code is of goods that are no chemicals; there a chemical word is not enough.
    """
    for block in blocks(column):
        yield from _search_block(compiled, block, chemical, elsewhere)


def search_numbers(compiled: Compiled, column: pa.Array) -> list[Mentions]:
    """Mentions in a column of CAS numbers, which may hold several numbers a row in any writing."""
    if column.null_count == len(column):
        return []
    out = []
    for block in blocks(column):
        hits = boundaries.locate(block, compiled.number_matcher.scan(block.squashed))
        hits = numbers.well_formed(block, hits, compiled.number_patterns, bare=True)
        out.append(_mentions(block, hits, compiled.number_patterns, CAS_FIELD))
        out.append(numbers.confused(compiled, block, CAS_FIELD))
    return out


def _search_block(compiled: Compiled, block: Block, chemical: Flags, elsewhere: Flags) -> Iterator[Mentions]:
    patterns = compiled.patterns
    hits = boundaries.locate(block, compiled.matcher.scan(block.squashed))
    is_cas = patterns.is_cas[hits.pattern]
    by_number = numbers.well_formed(block, hits.where(is_cas), patterns, bare=False, chemical=chemical)
    chemical[block.rows[by_number.row]] = True
    yield _mentions(block, by_number, patterns, DESCRIPTION)
    yield numbers.confused(compiled, block, DESCRIPTION)
    names = whole_words(block, hits.where(~is_cas), patterns)
    names = names.where(boundaries.lawful_breaks(block, names, patterns, compiled.context.turns))
    names = boundaries.longest(compiled.context.without_nor(block, names))
    judged = compiled.context.judge(block, names)
    if compiled.misspellings is not None:
        near, mentions = _misspelled(compiled, compiled.misspellings, block, (names, judged.stands))
        yield mentions
        judged = replace(judged, stands=judged.stands & _outside(names, near))
    beside = judged.chemical & ~elsewhere[block.rows[names.row]]
    yield _named(block, names, patterns, replace(judged, chemical=beside), chemical)


def _named(block: Block, names: Located, patterns: Patterns, judged: Judged, chemical: Flags) -> Mentions:
    """Mentions by the names that stand."""
    told = chemical[block.rows[names.row]] | judged.chemical
    counted = judged.stands & boundaries.holds_own(block, names)
    names, told = names.where(counted), told[counted]
    most = np.where(are_glued(block, names, patterns), AT_MOST["glued"], UNBOUNDED)
    names, most = _with_negations(names, judged, counted, most)
    return _mentions(block, names, patterns, DESCRIPTION, told, judged.form[counted], most)


def _with_negations(names: Located, judged: Judged, counted: Flags, most: I64) -> tuple[Located, I64]:
    """Names that the text names as absent, together with the words that do so; and how sure they may be."""
    before, behind = judged.before[counted], judged.behind[counted]
    wider = replace(names, first=names.first - before, last=names.last + behind)
    return wider, np.where(before + behind > 0, AT_MOST["absent"], most)


def _misspelled(
    compiled: Compiled, misspellings: Misspellings, block: Block, exact: tuple[Located, Flags]
) -> tuple[Located, Mentions]:
    """Misspelled names where no name stands, read in their surroundings as names are."""
    near = misspellings.find(block, *exact)
    judged = compiled.context.judge(block, near.hits)
    counted = judged.stands & boundaries.holds_own(block, near.hits)
    hits, edits = near.hits.where(counted), near.edits[counted]
    sure_enough = np.ones(len(hits), np.bool_)
    wider, most = _with_negations(hits, judged, counted, np.where(edits == 1, SURE["one_edit"], SURE["two_edits"]))
    mentions = _mentions(block, wider, compiled.patterns, DESCRIPTION, sure_enough, judged.form[counted], most)
    method = np.where(mentions.method == NAME, MISSPELLING, mentions.method)
    return hits, replace(mentions, method=method)


def _outside(names: Located, near: Located) -> Flags:
    """Names that are not a part of a longer, misspelled name."""
    hit, other = overlaps(near, names)
    outside = np.ones(len(names), np.bool_)
    outside[other[is_within(near, hit, names, other)]] = False
    return outside


def _mentions(
    block: Block,
    hits: Located,
    patterns: Patterns,
    field: int,
    chemical: Flags | None = None,
    form: I64 | None = None,
    most: I64 | None = None,
) -> Mentions:
    """One mention per match and entry of its pattern; `chemical`, `form` and `most` are of each match."""
    first = patterns.first_entry[hits.pattern]
    counts = patterns.first_entry[hits.pattern + 1] - first
    index = np.repeat(np.arange(len(hits)), counts)
    entry = np.repeat(first - (np.cumsum(counts) - counts), counts) + np.arange(len(index))
    weak = patterns.needs_context[entry]
    if chemical is not None:
        good = ~weak | chemical[index]
        index, entry, weak = index[good], entry[good], weak[good]
    row = hits.row[index]
    start, end = block.spans(hits.first[index], hits.last[index], row)
    is_cas = patterns.is_cas[hits.pattern[index]]
    sure = np.where(is_cas, SURE["cas"], np.where(weak, SURE["acronym"], SURE["name"]))
    if most is not None:
        sure = np.minimum(sure, most[index])
    if block.replaced is not None:
        sure = np.minimum(sure, AT_MOST["reread"])
    method = np.where(is_cas, CAS, np.where(sure <= AT_MOST["absent"], ABSENT, NAME))
    text = block.original(start, end, row)
    forms = patterns.form[entry].astype(np.int64) | (0 if form is None else form[index])
    return Mentions(block.rows[row], patterns.substance[entry], forms, method, sure, start, end, text, field)
