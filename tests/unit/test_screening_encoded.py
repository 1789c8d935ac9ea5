"""Columns that come dictionary-encoded are read as those that do not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from entente.engine import open_engine
from entente.screening.hs import read_codes

_SEVERAL = ["2914.11; 2909.11", "7607.11", "760711/290911", None, "2914.11; 2909.11"]


@pytest.mark.parametrize(
    "values",
    [["291431", None, "2914.31", "x", "", "29", "29143100", "2914.31"], [], [None, None], ["123456", "12"], _SEVERAL],
)
def test_codes_are_the_same(values):
    plain = pa.array(values, pa.string())
    one, other = read_codes(plain), read_codes(plain.dictionary_encode())
    np.testing.assert_array_equal(one.hs6, other.hs6)
    np.testing.assert_array_equal(one.chapter, other.chapter)
    np.testing.assert_array_equal(one.is_chemical(), other.is_chemical())
    np.testing.assert_array_equal(one.is_elsewhere(), other.is_elsewhere())
    further = [sorted(zip(codes.more_row, codes.more_hs6, strict=True)) for codes in (one, other)]
    assert further[0] == further[1]


def test_further_codes_of_a_cell_stand_beside_the_first():
    codes = read_codes(pa.array(_SEVERAL, pa.string()))
    np.testing.assert_array_equal(codes.hs6, [291411, 760711, 760711, -1, 291411])
    assert sorted(zip(codes.more_row.tolist(), codes.more_hs6.tolist(), strict=True)) == [
        (0, 290911),
        (2, 290911),
        (4, 290911),
    ]
    np.testing.assert_array_equal(codes.is_chemical(), [True, False, True, False, True])
    np.testing.assert_array_equal(codes.is_elsewhere(), [False, True, False, False, False])


def test_codes_are_the_same_in_a_slice_and_with_a_null_in_the_dictionary():
    encoded = pa.DictionaryArray.from_arrays(pa.array([1, 0, None, 2], pa.int32()), ["291431", None, "38"])
    sliced = encoded.slice(1, 3)
    np.testing.assert_array_equal(read_codes(sliced).hs6, [291431, -1, -1])
    np.testing.assert_array_equal(read_codes(sliced).is_chemical(), [True, False, True])


@dataclass(frozen=True)
class Kinds:
    """Says of which type a column comes."""

    input_columns = ("country", "text")
    repeated_columns = ("country",)
    output_schema = pa.schema([("kind", pa.string()), ("country", pa.string())])

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        kinds = f"{batch.column('country').type} {batch.column('text').type}"
        columns = [pa.array([kinds] * len(batch)), batch.column("country").cast(pa.string())]
        return pa.RecordBatch.from_arrays(columns, schema=self.output_schema)


def test_the_local_engine_sends_repeated_columns_encoded(tmp_path):
    countries = ["MX", None, "CN", "MX"]
    pq.write_table(pa.table({"country": countries, "text": ["a", "b", "c", "d"]}), tmp_path / "in.parquet")
    with open_engine("local", tmp_path, processes=1) as engine:
        engine.register("rows", tmp_path / "in.parquet")
        engine.map(Kinds(), "rows", "kinds")
        got = engine.fetch("SELECT * FROM kinds").to_pydict()
    assert got["country"] == countries
    assert set(got["kind"]) == {"dictionary<values=string, indices=int32, ordered=0> string"}
