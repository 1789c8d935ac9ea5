"""Names taken apart and read: folding, legal forms, segments, romanisation."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from entente.parties.fold import fold
from entente.parties.han import han_name
from entente.parties.latin_tokens import latin
from entente.parties.romanise import cantonese, readings, surname_reading, wade_giles

HOMOGLYPH = "Wuh\u0430n Trading"  # the third letter is Cyrillic


def segments(name: str) -> list[tuple[str, str]]:
    return [(one.text, one.kind) for one in han_name(fold(name).text).segments]


def test_traditional_and_full_width_fold_to_one():
    assert fold("武漢東亞化學").text == fold("武汉东亚化学").text
    assert fold("ＡＢＣ　Ｃｏ").text == "abc co"


def test_a_homoglyph_is_folded_and_flagged():
    assert fold(HOMOGLYPH).text == "wuhan trading"
    assert fold(HOMOGLYPH).flags == ("homoglyph",)


def test_a_cyrillic_name_is_romanised_and_not_flagged():
    assert fold("ООО Газпром") == fold("OOO Gazprom")


def test_accents_and_special_letters():
    assert fold("Química Müller-Straße Ærø").text == "quimica muller-strasse aero"


@pytest.mark.parametrize(
    ("name", "words", "form"),
    [
        ("Química del Norte, S.A. de C.V.", ("chemical", "norte"), "joint_stock"),
        ("Moumou Tecnología S. de R.L. de C.V.", ("moumou", "technology"), "limited"),
        ("Wuhan Moumou Technology Co., Ltd.", ("wuhan", "moumou", "technology"), "limited"),
        ("Moumou (Hong Kong) Limited", ("moumou", "hong", "kong"), "limited"),
        ("Siemens Aktiengesellschaft", ("siemen",), "joint_stock"),
        ("GASPROM OAO", ("gasprom",), "joint_stock"),
    ],
)
def test_legal_forms_of_latin_names(name: str, words: tuple[str, ...], form: str):
    found = latin(name)
    assert (found.words, found.form) == (words, form)


def test_a_name_that_is_only_a_legal_form_keeps_it():
    assert latin("Co Ltd").words == ("co", "ltd")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("武汉某某科技有限公司", [("武汉", "place"), ("某某", "brand"), ("科技", "industry")]),
        ("某某科技(上海)有限公司", [("某某", "brand"), ("科技", "industry"), ("上海", "place")]),
        ("深圳市某某化工股份有限公司", [("深圳市", "place"), ("某某", "brand"), ("化工", "industry")]),
        ("TCL科技集团股份有限公司", [("tcl", "latin"), ("科技", "industry"), ("集团", "industry")]),
    ],
)
def test_segments_of_a_chinese_name(name: str, expected: list[tuple[str, str]]):
    assert segments(name) == expected


def test_legal_forms_of_chinese_names():
    forms = {"某某股份有限公司": "joint_stock", "某某有限责任公司": "limited", "某某有限公司": "limited", "某某": ""}
    assert {name: han_name(name).form for name in forms} == forms


def test_polyphones_and_surnames():
    assert readings("重庆") == ["chong", "qing"]
    assert readings("长安") == ["chang", "an"]
    assert [surname_reading(one) for one in ("单", "曾", "仇", "王")] == ["shan", "zeng", "qiu", "wang"]


def test_wade_giles_and_cantonese():
    assert [wade_giles(one) for one in ("mao", "ze", "dong", "zhou", "xie")] == ["mao", "tse", "tung", "chou", "hsieh"]
    assert [cantonese(one)[0] for one in "陈黄梁吴"] == ["chan", "wong", "leung", "ng"]


@pytest.mark.shared
def test_the_legal_forms_of_the_world_list_are_known_where_this_project_looks(shared_data: Path):
    """Of the abbreviations of ISO 20275 in the states that matter most here, most are taken away from a name."""
    known = total = 0
    with (shared_data / "parties" / "legal_forms_elf_1.4.1.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            if row["Country Code (ISO 3166-1)"] not in {"CN", "MX", "US", "HK", "DE", "ES"}:
                continue
            for form in filter(None, row["Abbreviations Local language"].split(";")):
                total += 1
                known += "zzyzx" in latin(f"Zzyzx {form}").words and len(latin(f"Zzyzx {form}").words) == 1
    assert total > 50
    assert known / total > 0.3
