"""Party keys of whole columns: the identifier's key where there is one, else the name's; coded or not."""

from __future__ import annotations

import pyarrow as pa
import pytest

from entente.records import arrays
from entente.records.keys import identifier_key, name_key, party_key

NAMES = ["Golden Trading Co., Ltd.", "golden  trading co ltd", "---", None, "华东化工有限公司", "Águila S.A."]
IDENTIFIERS = ["TX-1", None, None, "tx 1", "  ", None]
EXPECTED = ["id:tx1", "golden trading co ltd", None, "id:tx1", "华东化工有限公司", "águila s a"]


@pytest.mark.parametrize("coded", [False, True])
def test_a_row_without_an_identifier_is_known_by_its_name(coded: bool) -> None:
    names, identifiers = pa.array(NAMES), pa.array(IDENTIFIERS)
    if coded:
        names, identifiers = names.dictionary_encode(), identifiers.dictionary_encode()
    assert party_key(names, identifiers).to_pylist() == EXPECTED


def test_identifiers_in_every_row_need_no_names() -> None:
    assert party_key(pa.array(["a", None]), pa.array(["X1", "x-1"])).to_pylist() == ["id:x1", "id:x1"]


def test_names_alone_are_keys_too() -> None:
    assert party_key(pa.array(["A & B", None]), pa.nulls(2, pa.string())).to_pylist() == ["a b", None]


def test_equal_keys_are_one_value_of_the_dictionary() -> None:
    assert party_key(pa.array(["A B", "a-b"])).dictionary.to_pylist() == ["a b"]


def test_words_met_before_and_new_ones_keep_their_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "_MOST_KNOWN", 300)
    monkeypatch.setattr(arrays, "_KNOWN", {})
    for start in (0, 50, 120, 20, 400, 0):
        words = [None if number % 17 == 0 else f"Firm {number}" for number in range(start, start + 200)]
        expected = [None if word is None else name_key(word) for word in words]
        assert arrays.map_uniques(pa.array(words), name_key).to_pylist() == expected
        assert len(arrays._KNOWN[name_key][0]) <= 300


def test_more_words_than_are_kept_are_still_mapped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "_MOST_KNOWN", 100)
    monkeypatch.setattr(arrays, "_KNOWN", {})
    for start in (0, 90):
        words = [f"N {number}" for number in range(start, start + 150)]
        found = arrays.map_uniques(pa.array(words), identifier_key).to_pylist()
        assert found == [identifier_key(word) for word in words]


@pytest.mark.parametrize(
    "nobody",
    [
        "N/A",
        "n.a.",
        "NULL",
        "-",
        "TO ORDER",
        "To the order of Bank of Example",
        "A la orden",
        "SIN NOMBRE",
        "不详",
        "凭指示",
        "凭指示银行",
    ],
)
def test_a_text_that_names_nobody_has_no_key(nobody: str) -> None:
    assert party_key(pa.array([nobody]), pa.array(["N/A"])).to_pylist() == [None]
    assert party_key(pa.array([nobody]), pa.array(["TX 7"])).to_pylist() == ["id:tx7"]


@pytest.mark.parametrize(
    "company", ["NA Trading", "Unknown Pleasures Ltd.", "Made to Order GmbH", "无锡样本化工有限公司"]
)
def test_a_name_that_only_holds_such_words_is_a_name(company: str) -> None:
    assert party_key(pa.array([company])).to_pylist() == [name_key(company)]


def test_long_names_are_keyed_like_short_ones_and_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "_KNOWN", {})
    for start in (0, 1000, 0):
        words = [f"Firm {number} " + "x" * 50_000 for number in range(start, start + 400)]
        found = party_key(pa.array(words)).to_pylist()
        assert found == [word.lower() for word in words]
        assert sum(part.nbytes for known in arrays._KNOWN.values() for part in known) <= arrays._MOST_BYTES
