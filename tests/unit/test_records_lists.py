"""Lists of countries as sources write them: the code list tells which mark separates the items."""

from __future__ import annotations

import pyarrow as pa
import pytest

from entente.records.coerce import Reading, coerce
from entente.records.schema import table_spec


def _transit(word: str, reading: Reading | None = None) -> tuple[object, int]:
    spec = table_spec("shipments").field("transit_countries")
    coerced = coerce(pa.array([word]), spec, reading or Reading())
    return coerced.values.to_pylist()[0], len(coerced.warnings)


@pytest.mark.parametrize("word", ["HK;KR", "HK, KR", "HK|KR", "HK/KR", "HK、KR", "HK KR", "hk，kr", "HK; KR,"])
def test_every_usual_mark_between_countries_is_read(word: str) -> None:
    assert _transit(word) == (["HK", "KR"], 0)


def test_a_country_with_a_comma_in_its_name_is_one_country() -> None:
    assert _transit("Korea, Republic of;HK") == (["KR", "HK"], 0)


def test_a_list_with_an_unknown_item_is_warned_of_as_written() -> None:
    assert _transit("HK,QQQ")[1] == 1


def test_the_mark_that_a_mapping_names_is_the_only_one() -> None:
    assert _transit("HK,KR", Reading(split="+"))[1] == 1
