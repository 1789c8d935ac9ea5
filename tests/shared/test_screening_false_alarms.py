"""False alarms on 17,000 real descriptions: every hit is in the checked-in list, at most one row in 1,000 is wrong."""

from __future__ import annotations

import pytest

from entente.screening.kernel import ScreeningKernel
from entente.screening.vocabulary import Vocabulary
from entente.substances.register import load_register
from false_alarms import descriptions, hits_on, key, mixed_precision, read_list

pytestmark = pytest.mark.shared

MOST_WRONG_PER_ROW = 0.001
LEAST_PRECISION = 0.95


@pytest.fixture(scope="module")
def rows(shared_data):
    return descriptions(shared_data / "screening")


@pytest.fixture(scope="module")
def vocabulary():
    return Vocabulary.from_register(load_register())


def test_every_hit_is_in_the_list_and_few_are_wrong(rows, vocabulary):
    listed = {key(line): line["verdict"] for line in read_list()}
    found = [key(line) for line in hits_on(rows, ScreeningKernel(vocabulary))]
    assert len(rows) > 9_000
    assert [hit for hit in found if hit not in listed] == []
    assert sum(listed[hit] == "wrong" for hit in found) <= MOST_WRONG_PER_ROW * len(rows)


def test_precision_with_one_true_row_in_twenty(rows, vocabulary):
    measured = mixed_precision(rows, ScreeningKernel(vocabulary), vocabulary)
    assert measured["precision"] >= LEAST_PRECISION
    assert measured["interval"][0] <= measured["precision"] <= measured["interval"][1]
