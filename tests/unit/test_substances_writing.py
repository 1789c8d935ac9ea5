"""What stands in place of a name's characters: markup, look-alikes, traditional Hanzi, spellings by rule."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest

from entente.substances.markup import Edit, decoded, edits, marked_places
from entente.substances.writing import readings, simplified, spellings, unmask


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("x&#45;y", "x-y"),
        ("x&#45y", "x-y"),
        ("x&#x2D;y", "x-y"),
        ("x&nbspy", "x\u00a0y"),
        ("&NBSP;", "\u00a0"),
        ("&Eacute;&eacute;", "Éé"),
        ("&amp;", "&"),
        ("&amp;amp;", "&"),
        ("&#38;amp;#x26;", "&"),
        ("&amp;nbsp;", "\u00a0"),
        ("a<br>b<BR/>c</p >d", "a b c d"),
        ("a_x000D_b_x00A0_", "a\rb\u00a0"),
        ("&#0;&#xD800;&#x110000;", "\ufffd\ufffd\ufffd"),
        ("&#1;", ""),
    ],
)
def test_markup_stands_for(text, means):
    assert decoded(text, edits(text)) == means
    assert len(marked_places(text.encode())) == len(list(edits(text)))


@pytest.mark.parametrize(
    "text",
    [
        "R&D;",
        "&notacetone;",
        "&acetone;",
        "& nbsp;",
        "a<b and c>d",
        '<b class="x">',
        "<acetone>",
        "<script>",
        "_x0041_",
        "_x000d",
        "&#xA0",
        "&",
    ],
)
def test_what_is_no_markup_stays(text):
    assert list(edits(text)) == []


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("a%20b%2Cc", "a b,c"),
        ("%e4%b8%99", "丙"),
        ("99%ACID", "99%ACID"),
        ("5%", "5%"),
        ("a\\nb\\\\tc", "a b c"),
        ("\\u00e9\\xe9", "éé"),
        ("\\ud83d\\ude00", "  "),
        ('<br class="x"><!-- y --><o:p>', "   "),
        ("a < b > c <1% d>", "a < b > c <1% d>"),
        ("&amp;%20", "& "),
    ],
)
def test_escapes_stand_for(text, means):
    assert decoded(text, edits(text, escapes=True)) == means
    assert decoded(text, edits(text)) == text.replace("&amp;", "&")


def test_an_edit_says_where_and_what():
    assert list(edits("ab&#45;c&bogus;<br>")) == [Edit(2, 7, "-"), Edit(15, 19, " ")]


@pytest.mark.parametrize(
    ("text", "looks"),
    [
        ("aсеtone", "acetone"),
        ("асіԁ", "acid"),
        ("АСЕТОNЕ", "acetoNe"),
        ("ΝΗ3Υa", "nh3ya"),
        ("acetοne", "acetone"),
        ("сa\u0301se", "ca\u0301se"),
        ("с\u200bas", "c\u200bas"),
        ("1О8", "1o8"),
    ],
)
def test_a_word_that_mixes_scripts_or_looks_all_latin_is_read_as_latin(text, looks):
    assert list(readings(text)) == [text, looks]


@pytest.mark.parametrize("text", ["ацетон", "РМК", "α-methyl", "5 µm", "λmax", "acetone", "丙酮", "é", "", "и мы"])
def test_other_words_are_read_as_they_are(text):
    assert list(readings(text)) == [text]


def test_words_do_not_go_on_from_one_text_to_the_next():
    text = "сaсa"  # two texts: a Cyrillic letter alone, then a mixed word
    codes = np.array(list(map(ord, text)), np.uint32)
    apart = unmask(codes, np.array([0, 1]))
    assert apart is not None
    assert apart[1].tolist() == [False, False, True, False]


def test_look_alikes_are_letters_of_another_script_for_plain_latin_ones():
    for code in range(0x370, 0x590):
        word = f"x{chr(code)}x"
        for looks in list(readings(word))[1:]:
            assert looks.isascii() or unicodedata.combining(chr(code))
            assert len(looks) == len(word)


def test_hanzi_are_simplified_one_for_one():
    assert simplified("鹽酸偽麻黃鹼 硷醯 acid") == "盐酸伪麻黄碱 碱酰 acid"


def test_spellings_by_rule():
    assert set(spellings("tablettingmachine")) == {"tablettingmachine", "tabletingmachine"}
    assert set(spellings("sulfuricacid")) == {"sulfuricacid", "sulphuricacid"}
    assert list(spellings("acetone")) == ["acetone"]
