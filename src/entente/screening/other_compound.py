"""Is a text that is nearly a chemical's name the name misspelled, or the name of another compound?

Names of chemicals are built of few blocks, and near names are often names: benzyl and benzoyl, -ide and -ate, 1- and
2-. An error that makes one block of another is not taken for an error.
"""

from __future__ import annotations

import functools
import re

from rapidfuzz.distance import OSA, Levenshtein, Opcode

from entente.screening.lexicon import latin

_MULTIPLIERS = frozenset(
    ["mono", "di", "tri", "tetra", "penta", "hexa", "hepta", "octa", "bis", "tris", "hemi", "sesqui", "per", "hypo"],
)
_DIGITS = re.compile(r"\d")
#: Digits that are typed or read for a letter of a name ("P0TASSIUM", "ACET1C"), and the letters that they stand for.
_FOR_LETTERS = {"0": "o", "1": "il", "2": "z", "5": "s", "8": "b"}
#: No building block of a name has more letters.
_LONGEST_BLOCK = 14


@functools.cache
def _blocks_of_names() -> tuple[frozenset[str], frozenset[str]]:
    words = latin()
    long = {word for key in ("roots", "groups", "heads", "prefixes") for word in words[key] if len(word) > 3}
    return frozenset(long), words["endings"] | words["heads"] | words["bound_heads"]


@functools.lru_cache(maxsize=1 << 15)
def is_another_compound(name: str, window: str, word_ends: frozenset[int]) -> bool:
    """Do the errors turn a building block of the name into another one, or a locant into another?

    Args:
        name: squashed name.
        window: squashed text that is near it.
        word_ends: positions in `name` at which a word of it ends.
    """
    window = _with_letters(name, window)
    if not _is_subsequence(_DIGITS.findall(window), _DIGITS.findall(name)):
        return True
    where = _alignment(name, window)
    if _is_short_word_lost(name, window, word_ends, where):
        return True
    operations = [operation for operation in Levenshtein.opcodes(name, window) if operation.tag != "equal"]
    return any(
        _is_prefix_more_or_less(name, window, operation) or _changes_a_block(name, window, word_ends, where, operation)
        for operation in operations
    )


def _with_letters(name: str, window: str) -> str:
    """The window with letters of the name in place of digits that look like them."""
    if sum(map(str.isdigit, window)) <= sum(map(str.isdigit, name)):
        return window
    letters = list(window)
    for operation in Levenshtein.opcodes(name, window):
        if operation.tag != "replace":
            continue
        for at, to in zip(
            range(operation.src_start, operation.src_end), range(operation.dest_start, operation.dest_end), strict=True
        ):
            if name[at] in _FOR_LETTERS.get(window[to], ""):
                letters[to] = name[at]
    return "".join(letters)


def _is_prefix_more_or_less(name: str, window: str, operation: Opcode) -> bool:
    added = window[operation.dest_start : operation.dest_end]
    lost = name[operation.src_start : operation.src_end]
    return not (added and lost) and (added or lost) in latin()["prefixes"]


def _changes_a_block(
    name: str, window: str, word_ends: frozenset[int], where: list[tuple[int, int]], operation: Opcode
) -> bool:
    """Does any building block that holds the error read as another block in the window?"""
    low, high = operation.src_start, operation.src_end
    for start in range(max(0, low - _LONGEST_BLOCK), low + 1):
        for end in range(max(high, start + 2), min(len(name), high + _LONGEST_BLOCK) + 1):
            known, other = name[start:end], window[where[start][0] : where[end][1]]
            if known != other and _are_blocks(known, other, at_end=end in word_ends):
                return True
    return False


def _are_blocks(known: str, other: str, *, at_end: bool) -> bool:
    blocks, endings = _blocks_of_names()
    inside = (known in blocks and other in blocks) or (known in _MULTIPLIERS and other in _MULTIPLIERS)
    return inside or (at_end and known in endings and other in endings)


def _is_short_word_lost(name: str, window: str, word_ends: frozenset[int], where: list[tuple[int, int]]) -> bool:
    """A word of a name may hold two errors if it has five letters, else one; more is another word."""
    start = 0
    for end in sorted(word_ends):
        word, other = name[start:end], window[where[start][1] : where[end][0]]
        if len(word) > 1 and OSA.distance(word, other) > max(1, (len(word) + 1) // 3):
            return True
        start = end
    return False


def _alignment(name: str, window: str) -> list[tuple[int, int]]:
    """For each boundary of `name`, the lowest and highest boundary of `window` it is aligned with."""
    where: list[tuple[int, int]] = [(0, 0)] * (len(name) + 1)
    for operation in Levenshtein.opcodes(name, window):
        size = operation.src_end - operation.src_start
        for step in range(size + 1):
            at = operation.src_start + step
            to = operation.dest_start + min(step, operation.dest_end - operation.dest_start)
            if step == size:
                to = operation.dest_end
            low = where[at][0] if step == 0 and at else to
            where[at] = (low, to)
    return where


def _is_subsequence(part: list[str], whole: list[str]) -> bool:
    rest = iter(whole)
    return all(digit in rest for digit in part)
