"""From a vocabulary to the patterns the matcher scans for, and what is known of each pattern.

Several names may squash to one pattern ("4-AP", "4 AP"), and one pattern may name several substances: a pattern has
*entries*. All facts about patterns and entries are columns, so that matches are judged by the million at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from entente.screening.cas import digits_of
from entente.screening.fold import DIGIT, HAN, I64, class_table, codes_of, fold, squash
from entente.screening.vocabulary import Vocabulary
from entente.substances.writing import spellings

#: A Latin name shorter than this is searched only with its own word breaks, or none.
FREE_SPACING = 6
#: A Latin name up to this length is too easily a word or an abbreviation of something else.
ALWAYS_CONTEXT = 4
_SHORTEST_LATIN = 3
_ANYWHERE = np.uint64(0xFFFFFFFFFFFFFFFF)


@dataclass(frozen=True, slots=True)
class Patterns:
    """Columns over patterns, then columns over entries.

    Attributes:
        texts: squashed text of each pattern.
        length: characters of each.
        width: bytes of each.
        is_cas: the pattern is a CAS number's digits.
        breaks: bit k set: a break is allowed after the k-th character.
        han_start, han_end: the pattern begins or ends with a Hanzi.
        first_entry: where a pattern's entries start; one more than patterns.
        substance, form, needs_context: of each entry.
    """

    texts: tuple[str, ...]
    length: I64
    width: I64
    is_cas: npt.NDArray[np.bool_]
    breaks: npt.NDArray[np.uint64]
    han_start: npt.NDArray[np.bool_]
    han_end: npt.NDArray[np.bool_]
    first_entry: I64
    substance: I64
    form: npt.NDArray[np.int32]
    needs_context: npt.NDArray[np.bool_]


def _breaks(name: str, squashed: str) -> np.uint64:
    """Where a name may be broken: a long one anywhere, a short one where it is, or between digit and letter."""
    if len(squashed) >= FREE_SPACING:
        return _ANYWHERE
    folded = codes_of(fold(name))
    classes = class_table()[folded]
    word = classes > 0
    if (classes & HAN).any():
        return _ANYWHERE
    bits, seen = 0, 0
    for position, is_word in enumerate(word.tolist()):
        if not is_word or (seen and (classes[position] & DIGIT) != (classes[position - 1] & DIGIT)):
            bits |= 1 << seen
        seen += is_word
    return np.uint64(bits)


def _is_searchable(text: str) -> bool:
    return len(text) >= _SHORTEST_LATIN or (bool(text) and not text.isascii())


def _cas_breaks(digits: str) -> np.uint64:
    return np.uint64(1 << (len(digits) - 3) | 1 << (len(digits) - 1))


def build(vocabulary: Vocabulary) -> Patterns:
    """Work out the patterns of a vocabulary."""
    entries: dict[str, dict[tuple[int, int], bool]] = {}
    breaks: dict[str, np.uint64] = {}
    for name in vocabulary.names:
        squashed = squash(name.text)
        allowed = _breaks(name.text, squashed)
        for text in spellings(squashed):
            if not _is_searchable(text):
                continue
            weak = name.needs_context or (len(text) <= ALWAYS_CONTEXT and text.isascii())
            known = entries.setdefault(text, {})
            known[name.substance, name.form] = known.get((name.substance, name.form), True) and weak
            breaks[text] = breaks.get(text, np.uint64(0)) | allowed
    names = len(entries)
    for number in vocabulary.cas:
        digits = digits_of(number.packed)
        if digits not in breaks:
            breaks[digits] = _cas_breaks(digits)
            entries[digits] = {}
        entries[digits][number.substance, number.form] = False
    return _columns(entries, breaks, names)


def _columns(entries: dict[str, dict[tuple[int, int], bool]], breaks: dict[str, np.uint64], names: int) -> Patterns:
    texts = tuple(entries)
    flat = [(substance, form, weak) for known in entries.values() for (substance, form), weak in known.items()]
    first_entry = np.zeros(len(texts) + 1, np.int64)
    np.cumsum([len(known) for known in entries.values()], out=first_entry[1:])
    table = class_table()
    return Patterns(
        texts=texts,
        length=np.array([len(text) for text in texts], np.int64),
        width=np.array([len(text.encode()) for text in texts], np.int64),
        is_cas=np.arange(len(texts)) >= names,
        breaks=np.array([breaks[text] for text in texts], np.uint64),
        han_start=np.array([bool(table[ord(text[0])] & HAN) for text in texts], np.bool_),
        han_end=np.array([bool(table[ord(text[-1])] & HAN) for text in texts], np.bool_),
        first_entry=first_entry,
        substance=np.array([entry[0] for entry in flat], np.int64),
        form=np.array([entry[1] for entry in flat], np.int32),
        needs_context=np.array([entry[2] for entry in flat], np.bool_),
    )
