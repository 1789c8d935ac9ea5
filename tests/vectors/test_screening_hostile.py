"""Hostile texts and awkward arrays: nothing is lost, nothing invented, and no row is read in its neighbours' light."""

from __future__ import annotations

import unicodedata
from datetime import date
from functools import cache

import pyarrow as pa
import pytest

from entente.screening import text
from entente.screening.kernel import ScreeningKernel
from entente.screening.schema import MATCHES
from entente.substances.forms import Form
from unit.test_screening_kernel import batch, vocabulary

KIB, MIB = 1 << 10, 1 << 20


@cache
def kernel(*, misspellings=True):
    return ScreeningKernel(vocabulary(), misspellings=misspellings)


def found(rows):
    return [
        (match["row_id"], match["substance_id"], match["method"], match["span_start"], match["span_end"])
        for match in sorted(kernel()(rows).to_pylist(), key=repr)
    ]


def named(description):
    """Substances that the description names, other than as absent."""
    return {substance for _, substance, method, *_ in found(batch([description])) if method != "absent"}


REPEATS = {
    "one letter": "a" * (64 * KIB),
    "the beginning of a name": "aceton" * (10 * KIB),
    "a name without a break": "acetone" * (9 * KIB),
    "a name's last letters": "cetone " * (9 * KIB),
    "only delimiters": " -\t,.;:/|()[]{}'\"" * (4 * KIB),
    "hyphens": "-" * (64 * KIB),
    "hyphens and digits": "1-2-" * (16 * KIB),
    "digits": "7" * (64 * KIB),
    "digit-like letters": "O0-lI-" * (10 * KIB),
    "open brackets": "(" * (64 * KIB),
    "closed brackets": ")" * (64 * KIB),
    "spaces": " " * (64 * KIB),
    "combining marks": "e" + "\u0301" * (64 * KIB),
    "marks of every kind": "".join(map(chr, range(0x300, 0x370))) * 600,
    "zero-width": "\u200b\u200c\u200d\ufeff" * (16 * KIB),
    "bidi controls": "\u202e\u202d\u2066\u2069\u200f" * (13 * KIB),
    "arabic and latin in turns": "ابجد abcd " * (7 * KIB),
    "NUL": "\0" * (64 * KIB),
    "one Hanzi": "酮" * (32 * KIB),
    "ligatures that unfold": "\ufdfa" * (8 * KIB),
    "outside the basic plane": "𠀀𝒂👍🏽" * (8 * KIB),
    "a prefix": "methyl" * (10 * KIB),
    "a negation": "not " * (16 * KIB),
    "an exclusion": "other than " * (6 * KIB),
    "nearly a name": "potasium permangnat " * (3 * KIB),
    "references": "&amp;&#97;&nbsp;&" * (4 * KIB),
    "a reference escaped again and again": "&" + "amp;" * (16 * KIB),
    "tags": "<b><i x=1></" * (5 * KIB),
    "open tags": "<a " * (20 * KIB),
    "percent": "%41%" * (16 * KIB),
    "backslashes": "\\\\n" * (16 * KIB),
    "look-alikes": "аb" * (32 * KIB),
    "glue": "acetone9x" * (7 * KIB),
    "pieces of a name": "potas sium perman ganate " * (3 * KIB),
}


@pytest.mark.parametrize("kind", REPEATS)
def test_kilobytes_of_repeats_do_not_hide_a_name_in_the_next_row_nor_make_one(kind):
    rows = found(batch([REPEATS[kind], "toluene", REPEATS[kind]]))
    assert [row for row in rows if row[0] == 1] == [(1, "toluene", "name", 0, 7)]
    assert "toluene" not in {row[1] for row in rows if row[0] != 1}


@pytest.mark.parametrize("kind", sorted(set(REPEATS) - {"a negation", "an exclusion"}))
def test_kilobytes_of_repeats_before_and_behind_do_not_hide_a_name(kind):
    surrounded = f"{REPEATS[kind]} ; {'x ' * 90}toluene{' x' * 90} ; {REPEATS[kind]}"
    assert "toluene" in named(surrounded)


def test_a_name_in_a_cell_of_a_megabyte_has_its_place():
    around = "machinery parts and 机械 " * (MIB // 30)
    ((_, substance, _, start, end),) = found(batch([f"{around} toluene {around}"]))
    assert (substance, start, end) == ("toluene", len(around) + 1, len(around) + 8)


@pytest.mark.parametrize(
    "description",
    [
        "ace\0tone",
        "ace\u202etone",
        "\u2067acetone\u2069",
        "a\u0301\u0302\u0303c\u0304e\u0305t\u0306one",
        "a" + "\u0300" * 500 + "cetone",
        "a\u0345c\u0345etone",  # a mark that becomes a letter in upper case
        "ace\U000e0061\U000e0020tone",  # tags of plane 14
        "ace\ufe0ftone",
        "\ufeffacetone",
        "ace\u00adtone",
        "ace\u200d\u200ctone",
        "(((((acetone)))))",
        "-acetone-",
        "ⒶⒸⒺⓉⓄⓃⒺ",
        "𝐚𝐜𝐞𝐭𝐨𝐧𝐞",
        "ａｃｅｔｏｎｅ",
        "acetone\0",
        "&nbsp;acetone&nbsp;",
        "<b>acetone</b>",
        "acetone\u2028toluenes",
    ],
)
def test_a_disguised_name_is_found(description):
    assert "acetone" in named(description)


@pytest.mark.parametrize(
    "description",
    [
        "аxcetone lamps",
        "acet\u0661one",
        "xacetone",
        "acetonex",
        "acetone5x",
        "é" + "acetone",
        "acetone" + "é",
        "acetone" + "я",
        "ーacetoneｘ",
        "ace;tone",
        "ace|tone",
        "ace/tone",
        "aceto\u3002ne",
    ],
)
def test_part_of_a_longer_word_or_across_other_signs_is_no_name(description):
    assert "acetone" not in named(description)


GLUED = """
    ACETONE99% | ACETONE99.5%MIN | 25kgacetone | 200Lacetone | 1x20GPacetone | 80drums25kgacetone | UN1090ACETONE
    ACETONEUN1090 | ACETONE160KGX80DRUMS | CAS67-64-1acetone | acetone25kg/drum | acetone5 | acetone\u0661 | 99acetone
    25 KGACETONE | 25&nbsp;kgacetone | 25кгacetone | acetone25кг | №5acetone | ½acetone | acetone25㎏
    2xacetone | acetone25mgtablets | ＡＣＥＴＯＮＥ９９％ | 共25kgacetone | acetone25公斤 | ACETONE99,5% | (25KGACETONE)
"""


@pytest.mark.parametrize("description", [text.strip() for text in GLUED.replace("\n", "|").split("|") if text.strip()])
def test_a_long_name_glued_to_a_number_is_found_a_little_less_sure(description):
    (match,) = [m for m in kernel()(batch([description])).to_pylist() if m["method"] == "name"]
    assert (match["substance_id"], match["confidence"]) == ("acetone", 0.9)
    assert unicodedata.normalize("NFKC", match["matched_text"]).lower() == "acetone"


@pytest.mark.parametrize(
    "description",
    [
        "testacetone99%",
        "25kgtestacetone",
        "99%acetonexyz",
        "25kgpolyether",
        "polyether25kg",
        "25kgnitrotoluene",
        "nitrotoluene25kg",
        "x2acetone",
        "acetone2x",
        "acetone2ol",
        "acetone99.5abc",
        "5mephedrine",
        "14piperidone",
        "1-phenyl-2-propanone2-ol",
        "toluene2,4-diisocyanate",
        "toluene2,4diisocyanate",
        "toluene4-sulfonic acid",
        "ether99%",
        "25kgether",
    ],
)
def test_letters_that_are_no_unit_part_no_name_from_a_longer_word(description):
    assert [m for m in kernel()(batch([description])).to_pylist() if m["method"] == "name"] == []


@pytest.mark.parametrize(
    "description",
    ["EPHEDRINEHCL", "ephedrineHCl25kg", "ephedrinehydrobromide 99%", "ephedrinetartrate99%", "25kgephedrineHCl"],
)
def test_a_salt_glued_to_its_base_is_told(description):
    (match,) = [m for m in kernel()(batch([description])).to_pylist() if m["method"] == "name"]
    assert (match["substance_id"], match["form"], match["confidence"]) == ("ephedrine", Form.SALT, 0.9)


@pytest.mark.parametrize(
    "description", ["ephedrinehclx", "ephedrinehcl2x", "acetonesalad", "methylephedrineHCl", "toluenesale"]
)
def test_letters_that_begin_like_a_salt_are_none(description):
    assert named(description) == set()


def test_a_run_of_numbers_and_units_longer_than_any_quantity_is_a_word_of_its_own():
    run = "9x9kg" * (12 * KIB)
    assert named(f"{run}acetone ; acetone{run}") == named(f"acetone{'9' * (64 * KIB)}x") == set()


MARKUP = {
    "acetic&nbsp;anhydride": "acetic&nbsp;anhydride",
    "acetic&nbspanhydride": "acetic&nbspanhydride",
    "acetic&#160;anhydride 99%": "acetic&#160;anhydride",
    "acetic&#xA0;anhydride": "acetic&#xA0;anhydride",
    "x &amp; acetic&amp;nbsp;anhydride": "acetic&amp;nbsp;anhydride",
    "acetic&#38;nbsp;anhydride": "acetic&#38;nbsp;anhydride",
    "&#97;cetic anhydrid&#101;": "&#97;cetic anhydrid&#101;",
    "ace&shy;tic an&zwj;hydride": "ace&shy;tic an&zwj;hydride",
    "<b>acetic</b><br>anhydride": "acetic</b><br>anhydride",
    "<td>acetic<BR />anhydride</td>": "acetic<BR />anhydride",
    "acetic_x000D_\nanhydride_x000D_\n": "acetic_x000D_\nanhydride",
    "醋酸酐&nbsp;99%": "醋酸酐",
    "&#37259;酸&#x9150;": "&#37259;酸&#x9150;",
    "&eacute;ter &acetic anhydride;": "acetic anhydride",
    "R&D; acetic anhydride": "acetic anhydride",
    "a&#1;&#0;&#xD800;&#x110000; acetic anhydride": "acetic anhydride",
    "&gt;&gt;acetic anhydride&lt;": "acetic anhydride",
    "<p>acetic anhydride": "acetic anhydride",
    "&amp;" * 40 + " acetic anhydride": "acetic anhydride",
}


@pytest.mark.parametrize("description", MARKUP)
def test_markup_is_read_as_what_it_stands_for_and_the_span_is_that_of_the_original(description):
    (match,) = [m for m in kernel()(batch(["acetone", description])).to_pylist() if m["row_id"] == 1]
    assert (match["substance_id"], match["matched_text"]) == ("anhydride", MARKUP[description])
    assert description[match["span_start"] : match["span_end"]] == MARKUP[description]


@pytest.mark.parametrize("description", ["acetone&amp;toluene", "<b>acetone</b>toluene", "acetone<br>toluene"])
def test_markup_parts_names_that_stand_on_both_sides(description):
    assert named(description) == {"acetone", "toluene"}


ESCAPES = {
    "acetic%20anhydride": ("anhydride", "acetic%20anhydride"),
    "acetone\\ntoluene": ("toluene", "toluene"),  # a backslash and a letter, as JSON and some exports write
    "acetic\\r\\n anhydride": ("anhydride", "acetic\\r\\n anhydride"),
    "acetic\\\\tanhydride": ("anhydride", "acetic\\\\tanhydride"),
    "\\u4e19\\u916e": ("acetone", "\\u4e19\\u916e"),
    "%E4%B8%99%E9%85%AE 25kg": ("acetone", "%E4%B8%99%E9%85%AE"),
    "ace\\u00adtone": ("acetone", "ace\\u00adtone"),
    'acetic<br class="x">anhydride': ("anhydride", 'acetic<br class="x">anhydride'),
    "acetic<o:p></o:p> anhydride": ("anhydride", "acetic<o:p></o:p> anhydride"),
    "acetic<!-- x -->anhydride": ("anhydride", "acetic<!-- x -->anhydride"),
    "аcetic%20anhydride": ("anhydride", "аcetic%20anhydride"),  # and a Cyrillic letter
}


@pytest.mark.parametrize("description", ESCAPES)
def test_escapes_are_read_in_a_second_reading_and_make_a_match_less_sure(description):
    substance, text = ESCAPES[description]
    (match,) = [m for m in kernel()(batch(["x", description])).to_pylist() if m["substance_id"] == substance]
    assert (match["matched_text"], match["confidence"]) == (text, 0.9)
    assert description[match["span_start"] : match["span_end"]] == text


@pytest.mark.parametrize(
    "description", ["99%ACETONE", "acetone%20", "C:\\acetone", "x\\nacetone acetone", "<!-- acetone -->"]
)
def test_what_only_looks_like_an_escape_hides_nothing(description):
    (match,) = kernel()(batch([description])).to_pylist()
    assert (match["substance_id"], match["confidence"]) == ("acetone", 0.98)


@pytest.mark.parametrize(
    "description", ["toluene\\ndiisocyanate", "free of\\nacetone", "\\nitrotoluene", "poly%20tolueneX"]
)
def test_a_second_reading_knows_the_grammar(description):
    assert [m for m in kernel()(batch([description])).to_pylist() if m["confidence"] == 0.9] == []


def test_what_a_tag_holds_does_not_vanish():
    assert named('<b title="acetone">goods</b> <i toluene>') == {"acetone", "toluene"}


def test_references_in_a_column_of_cas_numbers_are_read():
    ((_, substance, method, start, end),) = found(batch(["x"], ["67&#45;64&ndash;1"]))
    assert (substance, method, start, end) == ("acetone", "cas", 0, 17)


LOOKALIKES = {
    "aсеtone": "acetone",  # Cyrillic es and ie
    "асetone": "acetone",
    "АСЕТОNЕ 99%": "acetone",
    "acetοne": "acetone",  # Greek omicron
    "αcetone": "acetone",
    "ΑCΕΤΟNΕ": "acetone",
    "tоluene": "toluene",
    "асеtiс аnhуdride": "anhydride",
    "acetic anhуdridе99%": "anhydride",
    "phenylacetic асіԁ": "paa",  # a whole word of look-alikes
    "eрhedrine hydrochloride": "ephedrine",
    "p\u0456реridine": "piperidine",
    "potаsium permangnate": "permanganate",
    "асe&shy;tone": "acetone",
    "асе\u200btone": "acetone",
    "acetօne": "acetone",  # Armenian
    "1О8-88-3": "toluene",  # a Cyrillic letter for a zero
}


@pytest.mark.parametrize("description", LOOKALIKES)
def test_letters_of_another_script_hide_no_name_and_make_it_less_sure(description):
    (match,) = kernel()(batch(["丙烷", description])).to_pylist()
    assert match["substance_id"] == LOOKALIKES[description]
    assert match["confidence"] <= 0.9
    assert match["matched_text"] == description[match["span_start"] : match["span_end"]]


@pytest.mark.parametrize(
    "description",
    [
        "ацетон",  # Russian for acetone: no list has it in Russian
        "толуол и ацетон",
        "асеtonitrile",
        "tetraасetone",
        "5 μm filter",
        "λmax 280 nm",
        "РМК",  # Russian initials, not PMK
        "РМК химия 98%",
        "free of асetone",
    ],
)
def test_other_words_in_another_script_are_no_name(description):
    assert named(description) == set()


@pytest.mark.parametrize("alpha", ["α-", "Α-", "α ", "alpha-", "α", "𝛂-"])
def test_a_greek_letter_of_a_name_stays_what_it_is(alpha):
    (match,) = kernel()(batch([f"{alpha}phenylacetoacetonitrile 5 μm"])).to_pylist()
    assert (match["substance_id"], match["confidence"]) == ("apaan", 0.98)


def test_a_second_reading_takes_nothing_away_and_adds_only_what_it_changes():
    rows = found(batch(["acetone and tоluene, no ether", "acetone"]))
    assert rows == [
        (0, "acetone", "name", 0, 7),
        (0, "ether", "absent", 21, 29),
        (0, "toluene", "name", 12, 19),
        (1, "acetone", "name", 0, 7),
    ]


@pytest.mark.parametrize(
    "rows",
    [
        ["ace", "tone"],
        ["acetic", "anhydride"],
        ["硫", "酸"],
        ["potassium perman", "ganate"],
        ["103-79", "-7"],
        ["10", "3-79-7"],
        ["CAS", "103797"],
        ["4-AP", "powder chemical"],
        ["acetic ", "", None, " anhydride"],
        ["\u4e19", "\u916e"],
        ["ace&", "shy;tone"],
        ["аce", "tоne"],
        ["25kg", "&nbsp;"],
    ],
)
def test_no_match_spans_rows(rows):
    assert found(batch(rows)) == []


@pytest.mark.parametrize("rows", [["free of ", "acetone"], ["poly", "acetone"], ["12,", "acetone", " cyanohydrin"]])
def test_no_row_is_read_in_the_light_of_another(rows):
    assert [row[:2] for row in found(batch(rows))] == [(1, "acetone")]


def test_no_rows_and_only_nulls_give_no_matches():
    empty = batch([])
    assert kernel()(empty).schema == MATCHES
    assert found(empty) == found(batch([None] * 5)) == found(batch([""] * 5)) == []


def test_a_batch_of_one_null_row_among_texts_keeps_the_row_numbers():
    assert found(batch([None, "acetone", None, "丙酮", None])) == [
        (1, "acetone", "name", 0, 7),
        (3, "acetone", "name", 0, 2),
    ]


MIXED = [
    "acetone",
    None,
    "盐酸伪麻黄碱 25kg",
    "",
    "4-AP 23056-29-3",
    "α-phenylacetoacetonitrile",
    "x" * 300,
    "103 79 7",
]
CAS = [None, "67-64-1", "", "103797; 1O8-88-3", None, "x", "67-64-1", None]
HS = ["291431", None, "2914.31.00", "", "94", "２９１４３１", "x", "2914 31"]


def _types():
    string, large, view = pa.string(), pa.large_string(), pa.string_view()
    return [string, large, view, pa.dictionary(pa.int8(), string), pa.dictionary(pa.int32(), large)]


@pytest.mark.parametrize("kind", _types(), ids=str)
def test_every_arrow_type_of_text_reads_alike(kind):
    rows = batch(MIXED, CAS, HS)
    columns = [
        pa.array(column.to_pylist(), kind.value_type).dictionary_encode().cast(kind)
        if pa.types.is_dictionary(kind)
        else column.cast(kind)
        for column in (rows.column(name) for name in ("description", "cas", "hs_code"))
    ]
    for name, column in zip(("description", "cas", "hs_code"), columns, strict=True):
        rows = rows.set_column(rows.schema.get_field_index(name), name, column)
    assert found(rows) == found(batch(MIXED, CAS, HS)) != []


@pytest.mark.parametrize("name", ["description", "cas", "hs_code"])
def test_a_column_of_the_null_type_is_an_empty_column(name):
    rows = batch(["acetone", "x"], [None, "103-79-7"], ["291411", None])
    blank = rows.set_column(rows.schema.get_field_index(name), name, pa.nulls(2))
    strings = rows.set_column(rows.schema.get_field_index(name), name, pa.nulls(2, pa.string()))
    assert found(blank) == found(strings)


@pytest.mark.parametrize(("start", "length"), [(0, 3), (1, 4), (3, 5), (7, 1), (8, 0)])
def test_a_slice_reads_as_the_rows_alone(start, length):
    whole = batch(MIXED, CAS, HS)
    copied = pa.RecordBatch.from_pylist(whole.slice(start, length).to_pylist(), schema=whole.schema)
    assert found(whole.slice(start, length)) == found(copied)


def test_every_cut_into_batches_finds_the_same():
    whole = batch(MIXED * 3, CAS * 3, HS * 3)
    for size in (1, 2, 5, 7, 23):
        cut = [row for start in range(0, len(whole), size) for row in found(whole.slice(start, size))]
        assert sorted(cut) == sorted(found(whole))


@pytest.mark.parametrize("rows", [1, 2, 3, 7])
def test_every_size_of_block_finds_the_same(rows, monkeypatch):
    whole = batch(MIXED * 3, CAS * 3, HS * 3)
    wanted = found(whole)
    monkeypatch.setattr(text, "BLOCK_ROWS", rows)
    assert found(whole) == wanted


@pytest.mark.parametrize("size", [1, 8, 15, 64])
def test_every_size_of_block_in_bytes_finds_the_same(size, monkeypatch):
    whole = batch(MIXED * 3, CAS * 3, HS * 3)
    wanted = found(whole)
    monkeypatch.setattr(text, "BLOCK_BYTES", size)
    assert found(whole) == wanted


def test_the_last_row_before_the_edge_of_a_block_and_the_first_behind_it_are_read():
    rows = ["goods"] * (text.BLOCK_ROWS + 2)
    rows[text.BLOCK_ROWS - 1] = rows[text.BLOCK_ROWS] = rows[-1] = "acetone"
    assert [row[0] for row in found(batch(rows))] == [text.BLOCK_ROWS - 1, text.BLOCK_ROWS, text.BLOCK_ROWS + 1]


@pytest.mark.parametrize("day", [date(1, 1, 1), date(1987, 12, 31), date(9999, 12, 31)])
def test_any_day_of_the_calendar_is_read(day):
    assert {row[1] for row in found(batch(["acetone"], None, ["291431"], day))} >= {"acetone"}


@pytest.mark.parametrize("code", ["\0", "9" * 400, "-1-1-1", "²⁹¹⁴³¹", "٢٩١٤٣١", "2914.3", "29143१", "\n291431"])
def test_odd_codes_are_read_without_harm(code):
    assert {row[2] for row in found(batch(["x"], None, [code]))} <= {"hs"}


@pytest.mark.parametrize(
    "numbers", ["-" * 5000, "1-" * 5000, "99999999-99-9", "0000000-00-0", "\0", "67-64-1" * 2000, "٦٧-٦٤-١"]
)
def test_odd_numbers_are_no_cas_numbers(numbers):
    assert found(batch(["x"], [numbers])) == []
