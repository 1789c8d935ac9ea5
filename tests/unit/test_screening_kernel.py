"""What the screening kernel finds in a description, a CAS column and an HS code, and what it leaves alone."""

from __future__ import annotations

import pickle
from datetime import date
from functools import cache

import pyarrow as pa
import pytest

from entente.engine.base import Kernel
from entente.errors import RegisterError
from entente.screening.cas import check_digit, packed_cas
from entente.screening.kernel import ScreeningKernel
from entente.screening.matcher import Matcher
from entente.screening.schema import CARRIED, MATCHES
from entente.screening.vocabulary import CasNumber, HsCode, Name, Vocabulary
from entente.substances.forms import Form

NAMES = {
    "p2p": ["1-phenyl-2-propanone", "phenylacetone", "1-苯基-2-丙酮", "benzyl methyl ketone", "*P2P", "*BMK"],
    "acetone": ["acetone", "丙酮", "acetona", "2-propanone"],
    "toluene": ["toluene", "甲苯", "tolueno"],
    "ether": ["ethyl ether", "diethyl ether", "乙醚", "二乙醚", "éter etílico", "*ether"],
    "ephedrine": ["ephedrine", "麻黄碱", "efedrina"],
    "pseudoephedrine": ["pseudoephedrine", "伪麻黄碱", "pseudoefedrina"],
    "hydrochloric": ["hydrochloric acid", "盐酸", "ácido clorhídrico"],
    "sulphuric": ["sulphuric acid", "硫酸", "ácido sulfúrico"],
    "4-ap": ["4-anilinopiperidine", "4-苯胺基哌啶", "*4-AP"],
    "mek": ["methyl ethyl ketone", "甲基乙基酮", "*MEK"],
    "paa": ["phenylacetic acid", "苯乙酸", "ácido fenilacético"],
    "apaan": ["alpha-phenylacetoacetonitrile", "α-苯乙酰乙腈"],
    "piperidine": ["piperidine", "哌啶"],
    "anhydride": ["acetic anhydride", "醋酸酐"],
    "iodine": ["iodine", "碘"],
    "benzyl-chloride": ["benzyl chloride", "氯化苄"],
    "benzyl-cyanide": ["benzyl cyanide"],
    "piperidone": ["4-piperidone"],
    "pmk": ["3,4-methylenedioxyphenyl-2-propanone", "*PMK"],
    "permanganate": ["potassium permanganate", "高锰酸钾"],
}
CAS = {"p2p": "103-79-7", "acetone": "67-64-1", "4-ap": "23056-29-3", "toluene": "108-88-3"}
HS = {"p2p": (291431, 2022), "acetone": (291411, 2002)}


@cache
def vocabulary() -> Vocabulary:
    ids = list(NAMES)
    names = [
        Name(text.lstrip("*"), ids.index(s), 0, text.startswith("*")) for s, texts in NAMES.items() for text in texts
    ]
    numbers = [CasNumber(packed_cas(number) or 0, ids.index(s)) for s, number in CAS.items()]
    codes = [HsCode(code, edition, ids.index(s)) for s, (code, edition) in HS.items()]
    return Vocabulary.of(ids, names, numbers, codes)


def batch(descriptions, cas=None, hs=None, day=date(2024, 1, 1)) -> pa.RecordBatch:
    size = len(descriptions)
    given = {"row_id": range(size), "declaration_id": map(str, range(size)), "line": [1] * size, "date": [day] * size}
    given |= {"description": descriptions, "cas": cas or [None] * size, "hs_code": hs or [None] * size}
    fields = [
        *(MATCHES.field(name) for name in CARRIED),
        *(pa.field(c, pa.string()) for c in ("description", "cas", "hs_code")),
    ]
    columns = [pa.array(given.get(field.name, [None] * size), field.type) for field in fields]
    return pa.RecordBatch.from_arrays(columns, schema=pa.schema(fields))


def matches(text=None, cas=None, hs=None, *, misspellings=True, day=date(2024, 1, 1)):
    return ScreeningKernel(vocabulary(), misspellings=misspellings)(batch([text], [cas], [hs], day)).to_pylist()


def named(text, **options):
    """Substances that the text names, other than as absent."""
    return {match["substance_id"] for match in matches(text, **options) if match["method"] != "absent"}


def form_of(text, substance):
    (match,) = [match for match in matches(text) if match["substance_id"] == substance]
    return Form(match["form"])


def test_the_kernel_keeps_the_engines_contract():
    kernel = ScreeningKernel(vocabulary())
    assert isinstance(kernel, Kernel)
    assert kernel.input_columns == (*CARRIED, "description", "cas", "hs_code")
    assert kernel(batch([])).schema == kernel.output_schema == MATCHES


def test_a_pickled_kernel_finds_the_same():
    rows = batch(["acetone", "4-AP powder", "pseudo ephedrine"])
    kernel = ScreeningKernel(vocabulary())
    assert pickle.loads(pickle.dumps(kernel))(rows).equals(kernel(rows))  # noqa: S301 - made here


def test_a_matcher_travels_compiled_and_is_compiled_again_where_that_cannot_be_read():
    matcher = Matcher(["acetone", "丙酮"])
    texts, _ = matcher.__getstate__()
    for database in (matcher.__getstate__()[1], b"written by another version", b""):
        there = Matcher([])
        there.__setstate__((texts, database))
        found = there.scan("xacetone丙酮".encode())
        assert list(zip(found.pattern, found.start, found.end, strict=True)) == [(0, 1, 8), (1, 8, 14)]


@pytest.mark.parametrize(
    ("text", "substance"),
    [
        ("ACETONE 99.5% in drums", "acetone"),
        ("ＡＣＥＴＯＮＥ", "acetone"),
        ("丙酮 160公斤", "acetone"),
        ("ace\u00adtone", "acetone"),
        ("acetic\r\n anhydride", "anhydride"),
        ("1‑phenyl–2—propanone", "p2p"),
        ("1 phenyl 2 propanone", "p2p"),
        ("3. 4-methylenedioxyphenyl 2 propanone", "pmk"),
        ("(3,4-methylenedioxyphenyl)-2-propanone", "pmk"),
        ("α-phenylacetoacetonitrile", "apaan"),
        ("alpha phenylacetoacetonitrile", "apaan"),
        ("alpha-苯乙酰乙腈", "apaan"),
        ("鹽酸偽麻黃鹼 500 kg", "pseudoephedrine"),
        ("伪麻黃碱", "pseudoephedrine"),
        ("acido fenilacetico", "paa"),
        ("ÁCIDO SULFÚRICO 98%", "sulphuric"),
        ("sulfuric acid", "sulphuric"),
        ("二乙醚", "ether"),
        ("丙酮acetone", "acetone"),
        ("pseudo-ephedrine", "pseudoephedrine"),
        ("ethyl ether of high purity", "ether"),
        ("éter etílico de alta pureza", "ether"),
        ("ethyl ether of the glycol plant", "ether"),
    ],
)
def test_a_name_is_found_however_it_is_written(text, substance):
    assert named(text, misspellings=False) == {substance}


@pytest.mark.parametrize(
    "text",
    [
        "testacetonexyz",
        "polyether polyol",
        "petroleum ether, solvent grade",
        "甲苯二异氰酸酯",
        "二甲苯",
        "硝基甲苯",
        "丙酮酸",
        "丙酮氰醇",
        "环己酮",
        "硫酸铜",
        "硫酸钠",
        "盐酸二甲双胍片",
        "乙二醇乙醚",
        "聚乙醚",
        "加碘盐",
        "toluene diisocyanate",
        "toluene-2,4-diisocyanate",
        "p-toluenesulfonic acid",
        "toluene sulfonyl chloride",
        "acetone cyanohydrin",
        "methyl ethyl ketone peroxide",
        "methyl ethyl ketoxime",
        "peróxido de acetona",
        "nitro toluene",
        "N-methyl ephedrine",
        "dibenzyl chloride",
        "piperidine-4-carboxylic acid",
        "phenylacetic acid derivatives",
        "sodium sulfate",
        "iodine number tester",
        "toluene-free",
        "acetone N-oxide",
        "propylene glycol ethyl ether",
        "ethyl ether of propylene glycol",
        "éter etílico de etilenglicol",
        "éter etílico de hidroxietilcelulosa",
        "乙二醇单乙醚",
        "sulphuric acid resistant gloves",
        "guantes resistentes a acetona",
        "dye soluble in toluene",
        "acetone free remover",
        "free of acetone and toluene",
        "ketones, other than acetone (2-propanone) or toluene",
        "sin acetona",
        "不含丙酮",
        "MEK",
        "PMK sofa",
        "4 ap",
        "methyl, ethyl ketone",
        "12,4-piperidone",
    ],
)
def test_another_compound_or_none_is_left_alone(text):
    assert named(text) == set()


@pytest.mark.parametrize(
    "text",
    [
        "ACETONE FREE SAMPLE",
        "acetone free of charge",
        "free of charge acetone",
        "Price excl VAT acetone",
        "excluding freight acetone",
        "salvo error u omisión, acetona",
        "libre de cargo acetona",
        "acetone, free base",
        "不含税丙酮",
        "价格不含运费 丙酮",
        "除锈剂丙酮",
        "去除丙酮",
        "不含氯 丙酮",
    ],
)
def test_what_is_given_away_or_priced_without_a_charge_is_not_taken_away(text):
    assert named(text) == {"acetone"}


@pytest.mark.parametrize("text", ["ephedrine free base", "ephedrine (free base)", "EPHEDRINE FREE FORM"])
def test_a_free_base_is_the_substance(text):
    assert named(text) == {"ephedrine"}


@pytest.mark.parametrize(
    "text",
    ["acetone-free base coat", "除丙酮外的酮", "除丙酮、丁酮以外", "除了丙酮以外", "溶剂 不含 丙酮", "不含有丙酮"],
)
def test_what_the_text_takes_away_is_no_name(text):
    assert named(text) == set()


@pytest.mark.parametrize(
    "text", ["ACETONE\u2122", "acetone \u2122 200 kg", "acetone\u2120", "\u2116acetone", "acetone\u21165"]
)
def test_signs_made_of_letters_are_no_part_of_a_word(text):
    assert named(text) == {"acetone"}


def test_hanzi_names_in_a_list_without_commas_are_each_found():
    assert named("甲苯丙酮") == {"toluene", "acetone"}


@pytest.mark.parametrize(
    ("text", "substance", "form"),
    [
        ("ephedrine hydrochloride", "ephedrine", Form.SALT),
        ("ephedrine (hydrochloride)", "ephedrine", Form.SALT),
        ("ephedrine sulfate", "ephedrine", Form.SALT),
        ("clorhidrato de efedrina", "ephedrine", Form.SALT),
        ("4-piperidone dihydrochloride", "piperidone", Form.DIHYDROCHLORIDE),
        ("diclorhidrato de efedrina", "ephedrine", Form.DIHYDROCHLORIDE),
        ("麻黄碱二盐酸盐", "ephedrine", Form.DIHYDROCHLORIDE),
        ("salts of ephedrine", "ephedrine", Form.SALT),
        ("盐酸伪麻黄碱", "pseudoephedrine", Form.SALT),
        ("麻黄碱盐酸盐", "ephedrine", Form.SALT),
        ("4-piperidone monohydrate hydrochloride", "piperidone", Form.SALT),
        ("4-piperidone monohydrate", "piperidone", Form.BASE),
        ("phenylacetic acid, sodium salt", "paa", Form.SALT),
        ("苯乙酸钠", "paa", Form.SALT),
        ("phenylacetic acid methyl ester", "paa", Form.ESTER),
        ("苯乙酸乙酯", "paa", Form.ESTER),
        ("(+)-pseudoephedrine", "pseudoephedrine", Form.ISOMER),
        ("l-ephedrine", "ephedrine", Form.ISOMER),
        ("左旋麻黄碱", "ephedrine", Form.ISOMER),
        ("4-piperidone ethylene ketal", "piperidone", Form.ACETAL),
        ("d-ephedrine hydrochloride", "ephedrine", Form.ISOMER | Form.SALT),
        ("5 l acetone", "acetone", Form.BASE),
        ("hydrochloric acid (HCl) 33%", "hydrochloric", Form.BASE),
    ],
)
def test_the_form_named_is_told(text, substance, form):
    assert form_of(text, substance) == form


@pytest.mark.parametrize(
    ("text", "cas", "hs"),
    [
        ("4-AP", None, "29333990"),
        ("4-AP", "50-00-0; 23056-29-3", None),
        ("4-AP dihydrochloride", None, None),
        ("4-AP, purity 99%", None, None),
        ("4-AP 23056-29-3", None, None),
    ],
)
def test_an_acronym_counts_among_chemicals(text, cas, hs):
    assert "4-ap" in {match["substance_id"] for match in matches(text, cas, hs) if match["field"] == "description"}


@pytest.mark.parametrize("hs", [None, "94016100", "2", ""])
def test_an_acronym_alone_does_not_count(hs):
    assert matches("4-AP", None, hs) == []


@pytest.mark.parametrize(
    "text",
    [
        "103-79-7",
        "103 79 7",
        "103–79–7",
        "１０３－７９－７",
        "103 - 79 - 7",
        "CAS103797",
        "CAS No. 103797",
        "(CAS:103-79-7)",
        "No.103-79-7",
        "N0.103-79-7",  # a zero for the o
        "CAS N0. 103-79-7",
        "CASN0.103797",
        "n0 103 79 7",
        "NO103-79-7",
        "编号103-79-7号",
        "CAS103-79-7purity",
    ],
)
def test_a_cas_number_is_found_in_every_writing(text):
    (match,) = matches(f"goods {text} 99%")
    assert (match["substance_id"], match["method"], match["confidence"]) == ("p2p", "cas", 0.99)


@pytest.mark.parametrize("text", ["1O3-79-7", "l03-79-7", "103-7g-7 1O3-79-7"])
def test_letters_read_for_digits_make_a_less_sure_match(text):
    (match,) = matches(text)
    assert (match["substance_id"], match["confidence"]) == ("p2p", 0.7)


@pytest.mark.parametrize(
    "text",
    [
        *("103-79-8", "103797", "1103-79-7", "103-79-71", "12 103 79 7", "50-00-0", "103-79-7-2", "N10.103-79-7"),
        *("0.103-79-7", "xn0.103-79-7", "103-79-7A", "A103-79-7", "N0.5-103-79-7", "N0103-79-7"),
    ],
)
def test_other_numbers_are_no_cas_number(text):
    assert matches(text) == []


def test_the_cas_column_may_hold_several_numbers():
    found = {(match["substance_id"], match["matched_text"]) for match in matches(cas="67-64-1; 103797/108-88-3,1-11-1")}
    assert found == {("acetone", "67-64-1"), ("p2p", "103797"), ("toluene", "108-88-3")}


@pytest.mark.parametrize(
    "code",
    [
        *(
            "291431",
            "2914.31.00",
            "2914 31 00 10",
            "２９１４３１",
            "HS 2914.31",
            "HTSUS2914.31.0000",
            "HS CODE: 291431",
        ),
        *("'29143100", '"2914.31"', "(291431)", "ex 2914 31 00", "税号2914310000", "稅號：291431", "Nº 2914.31"),
    ],
)
def test_a_code_of_its_own_is_a_match(code):
    (match,) = matches(hs=code)
    assert (match["substance_id"], match["method"], match["matched_text"]) == ("p2p", "hs", code)


@pytest.mark.parametrize("code", ["example 291431", "X291431", "AB 2914.31", "HSX291431", "HS", "'", ""])
def test_digits_behind_other_words_are_no_code(code):
    assert matches(hs=code) == []


def test_a_code_counts_in_its_own_edition_only():
    assert matches(hs="291431", day=date(2021, 12, 31)) == []
    assert {m["substance_id"] for m in matches(hs="291411", day=date(2006, 12, 31))} == {"acetone"}
    assert matches(hs="291411", day=date(2007, 1, 1)) == []


@pytest.mark.parametrize("cas", ["0067-64-1", "000067-64-1", "0000067641", "67.64.1", "67_64_1", "CAS no 000067641"])
def test_zeros_before_a_number_and_points_in_it_hide_none_in_a_column_of_numbers(cas):
    assert {match["substance_id"] for match in matches(cas=cas)} == {"acetone"}


@pytest.mark.parametrize("cas", ["10067-64-1", "1-0067-64-1", "67.64_1"])
def test_what_is_part_of_another_number_is_none(cas):
    assert matches(cas=cas) == []


@pytest.mark.parametrize("text", ["CAS 0067-64-1", "CAS 67.64.1", "CAS: 67_64_1"])
def test_behind_the_word_they_hide_none_in_a_text(text):
    assert named(text) == {"acetone"}


@pytest.mark.parametrize("text", ["part 0067-64-1", "dated 67.64.1", "no 0067641"])
def test_without_the_word_they_are_other_numbers(text):
    assert named(text) == set()


def test_misspelled_long_names_are_found_with_less_confidence():
    (one,), (two,) = matches("acetic anhydryde"), matches("potasium permangnate 25 kg")
    assert (one["substance_id"], one["method"], one["confidence"]) == ("anhydride", "misspelling", 0.8)
    assert (two["matched_text"], two["confidence"]) == ("potasium permangnate", 0.65)


@pytest.mark.parametrize(
    "text",
    ["ACET1C ANHYDRIDE", "acetic anhydr1de", "P0TASSIUM PERMANGANATE", "P0TASS1UM permanganate", "4-ANILIN0PIPERIDINE"],
)
def test_digits_that_look_like_letters_of_a_long_name_are_misspellings(text):
    (match,) = matches(text)
    assert (match["matched_text"], match["method"]) == (text, "misspelling")


@pytest.mark.parametrize("text", ["acetic2 anhydride", "7-anilinopiperidine", "40-anilinopiperidine"])
def test_digits_that_no_letter_of_the_name_looks_like_are_none(text):
    assert not [match for match in matches(text) if match["method"] == "misspelling"]


@pytest.mark.parametrize(
    "text",
    [
        "benzoyl cyanide",
        "acetic anhydrate",
        "4-anilinopiperazine",
        "1-phenyl-1-propanone",
        "methyl propyl ketone",
        "sulphonic acid",
    ],
)
def test_an_edit_that_makes_another_compound_is_no_misspelling(text):
    assert named(text) == set()


def test_one_match_per_substance_field_and_method():
    found = matches("acetone ACETONE acetona 2-propanone 67-64-1", "67-64-1")
    assert sorted((match["field"], match["method"]) for match in found) == [
        ("cas", "cas"),
        ("description", "cas"),
        ("description", "name"),
    ]


def test_the_bare_compound_is_kept_before_its_salt():
    assert form_of("ephedrine hydrochloride and ephedrine", "ephedrine") == Form.BASE


def test_megabytes_in_one_row_are_read_to_the_end():
    text = "x" * 40 + " polyether " * 400_000 + "acetone"
    (match,) = matches(text)
    assert match["span_start"] == len(text) - len("acetone")


def test_a_wrong_check_digit_in_the_register_is_refused():
    names = pa.table({"substance_id": ["x"], "name": ["x"], "form": [0], "needs_context": [False]})
    cas = pa.table({"substance_id": ["x"], "cas": ["1609-66-5"], "form": [0]})
    hs = pa.table({"substance_id": ["x"], "hs6": ["291431"], "edition": ["2022"], "specific": [True]})
    with pytest.raises(RegisterError, match="1609-66-5"):
        Vocabulary.from_tables(names, cas, hs)


def test_check_digits_are_those_of_the_registry():
    assert [check_digit(body) for body in ("773218", "10379", "6764", "160966")] == [5, 7, 1, 1]
