"""Words of exclusion before matches: only in the same row, only before, in any writing that the matcher knows."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from entente.screening.boundaries import locate
from entente.screening.exclusions import Exclusions
from entente.screening.matcher import Matcher
from entente.screening.text import blocks

NAMES = ("acetone", "丙酮")


def stand_before(texts: list[str]) -> list[list[bool]]:
    """For each row, of each match in it."""
    exclusions, matcher = Exclusions(NAMES), Matcher(NAMES)
    found: list[list[bool]] = [[] for _ in texts]
    for block in blocks(pa.array(texts)):
        hits = locate(block, matcher.scan(block.squashed))
        for row, before in zip(block.rows[hits.row].tolist(), exclusions.stand_before(block, hits), strict=True):
            found[row].append(bool(before))
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("solvents other than acetone", [True]),
        ("Solvents OTHER-THAN Acetone, acetone", [True, True]),
        ("acetone other than pure", [False]),
        ("acetone, other than acetone", [False, True]),
        ("pure acetone", [False]),
        ("溶剂（不含丙酮）", [True]),
        ("丙酮，不含水", [False]),
        ("no name here, other than none", []),
    ],
)
def test_only_what_stands_before_counts(text, expected):
    assert stand_before([text]) == [expected]


def test_a_word_of_another_row_does_not_count():
    texts = ["other than", "acetone", "not containing acetone", "", "acetone", "不含", "丙酮"]
    assert stand_before(texts) == [[], [False], [True], [], [False], [], [False]]


def test_a_name_is_no_word_of_exclusion():
    block = next(iter(blocks(pa.array(["excluding acetone"]))))
    hits = locate(block, Matcher(("acetone",)).scan(block.squashed))
    assert Exclusions(("acetone", "excluding", "excl")).stand_before(block, hits).tolist() == [False]


def test_no_matches_no_answers():
    block = next(iter(blocks(pa.array(["other than this"]))))
    hits = locate(block, Matcher(("acetone",)).scan(block.squashed))
    assert Exclusions(()).stand_before(block, hits).tolist() == np.zeros(0).tolist()
