"""CAS Registry Numbers: two to seven digits, two digits, one check digit.

The check digit is the sum of all other digits, each times its place counted from the right, modulo ten
(https://www.cas.org/training/documentation/chemical-substances/checkdig).

Numbers as they are written, in any spacing, are found by the matcher together with the names. Here are the parts
that the matcher cannot do: the check digit, and numbers in which a scanner has read a letter for a digit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from entente.screening.fold import I64

_SHAPE = re.compile(r"(\d{2,7})-(\d{2})-(\d)")
_HYPHEN = ord("-")
_LONGEST = 7

#: What a scanner's letter stands for: the usual confusions of optical character recognition.
_CONFUSED = {"o": 0, "O": 0, "Q": 0, "l": 1, "I": 1, "i": 1, "|": 1, "Z": 2, "z": 2, "S": 5, "s": 5, "B": 8}
_NOT_A_DIGIT = 99


def _value_table(*, confused: bool) -> npt.NDArray[np.uint8]:
    table = np.full(256, _NOT_A_DIGIT, np.uint8)
    table[48:58] = np.arange(10)
    if confused:
        for char, value in _CONFUSED.items():
            table[ord(char)] = value
    return table


_VALUE = _value_table(confused=True)
_IS_DIGITISH = _VALUE < 10
_IS_DIGIT = _value_table(confused=False) < 10


def check_digit(body: str) -> int:
    """Check digit of a number's other digits."""
    return sum(place * int(digit) for place, digit in enumerate(reversed(body), start=1)) % 10


def packed_cas(text: str) -> int | None:
    """Digits of a well-formed CAS number as an integer; None if its shape or check digit is wrong."""
    shape = _SHAPE.fullmatch(text.strip())
    if shape is None or check_digit(shape[1] + shape[2]) != int(shape[3]):
        return None
    return int(shape[1] + shape[2] + shape[3])


def digits_of(packed: int) -> str:
    """The digits of a packed number; the leading group has at least two."""
    return f"{packed:05d}"


@dataclass(frozen=True, slots=True)
class CasHits:
    """CAS-shaped strings found in units: packed number, first and last unit, row."""

    packed: I64
    first: I64
    last: I64
    row: I64


def confused_cas(units: npt.NDArray[np.uint8] | npt.NDArray[np.uint32], offsets: I64) -> CasHits:
    """Find CAS-shaped strings in which at least one digit is a look-alike letter and the check digit is right.

    Args:
        units: folded characters of all rows, end to end.
        offsets: where each row starts; one more entry than rows.

    Returns:
        The strings whose digits, look-alikes read as what they look like, pass the check. At least half of the
        characters are true digits.
    """
    narrow = units if units.dtype == np.uint8 else np.where(units < 256, units, 0)
    bytes_ = narrow.astype(np.uint8, copy=False)
    at = _second_hyphens(bytes_)
    row = np.searchsorted(offsets, at, side="right") - 1
    inside = at + 4 < offsets[row + 1]
    after = np.minimum(at + 5, len(bytes_) - 1)
    ends = (at + 5 >= offsets[row + 1]) | ~_is_word(bytes_[after])
    at, row = at[inside & ends], row[inside & ends]
    return _read(bytes_, offsets, at, row) if len(at) else CasHits(at, at, at, row)


def _second_hyphens(units: npt.NDArray[np.uint8]) -> I64:
    """Positions of the first hyphen wherever `??-??-?` has digit-like characters around it."""
    at = np.flatnonzero(units == _HYPHEN)
    at = at[(at >= 2) & (at + 4 < len(units))]
    for step, table in (
        (3, None),
        (-1, _IS_DIGITISH),
        (1, _IS_DIGITISH),
        (2, _IS_DIGITISH),
        (4, _IS_DIGITISH),
        (-2, _IS_DIGITISH),
    ):
        around = units[at + step]
        at = at[around == _HYPHEN] if table is None else at[table[around]]
    return at


def _is_word(units: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    return _IS_DIGITISH[units] | ((units | 0x20) >= ord("a")) & ((units | 0x20) <= ord("z"))


def _read(units: npt.NDArray[np.uint8], offsets: I64, at: I64, row: I64) -> CasHits:
    first_digits = [units[at + 1], units[at + 2], units[at + 4]]
    one, two, last = (_VALUE[digit].astype(np.int64) for digit in first_digits)
    packed, checksum = one * 100 + two * 10 + last, two + 2 * one
    exact = sum(_IS_DIGIT[digit].astype(np.int64) for digit in first_digits)
    length = np.zeros(len(at), np.int64)
    live = np.ones(len(at), np.bool_)
    for step in range(1, _LONGEST + 1):
        where = at - step
        char = units[np.maximum(where, 0)]
        live = live & (where >= offsets[row]) & _IS_DIGITISH[char]
        value = np.where(live, _VALUE[char].astype(np.int64), 0)
        packed = packed + value * 10 ** (step + 2)
        checksum = checksum + value * (step + 2)
        exact = exact + (live & _IS_DIGIT[char])
        length += live
    before = at - length - 1
    clear = (before < offsets[row]) | ~_is_word(units[np.maximum(before, 0)])
    good = clear & (length >= 2) & (checksum % 10 == last) & (exact < length + 3) & (2 * exact >= length + 3)
    return CasHits(packed[good], (at - length)[good], (at + 4)[good], row[good])
