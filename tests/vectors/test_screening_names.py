"""Names as people write them, against the shipped register: what is hit, what is named as absent, what is neither."""

from __future__ import annotations

from datetime import date
from functools import cache

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entente.screening.kernel import ScreeningKernel
from entente.screening.numbers import _POINTED, _is_no_date
from entente.screening.vocabulary import Vocabulary
from entente.substances.register import load_register
from false_alarms import batch_of


@cache
def _kernel():
    return ScreeningKernel(Vocabulary.from_register(load_register()))


def found(text, hs=None, cas=None):
    """Substance -> method of each match in one row; the surest method of a substance."""
    batch = batch_of([text])
    for name, value in (("hs_code", hs), ("cas", cas)):
        at = batch.schema.get_field_index(name)
        batch = batch.set_column(at, batch.schema.field(at), pa.array([value], pa.string()))
    matches = sorted(_kernel()(batch).to_pylist(), key=lambda match: match["confidence"])
    return {match["substance_id"]: match["method"] for match in matches}


P2P, PROPIOPHENONE = "1-phenyl-2-propanone", "propiophenone"


@pytest.mark.parametrize(
    ("text", "substances"),
    [
        ("1-苯丙酮", {PROPIOPHENONE}),
        ("1-苯丙酮 25kg", {PROPIOPHENONE}),
        ("1-苯基-1-丙酮", {PROPIOPHENONE}),
        ("1-苯基-2-丙酮", {P2P}),
        ("1-苯-2-丙酮", {P2P}),
        ("苯基丙酮", {P2P}),
        # the bare name is in use for both, and the answer says so
        ("苯丙酮", {P2P, PROPIOPHENONE}),
        ("针对苯丙酮", {P2P, PROPIOPHENONE}),
        ("间苯丙酮", set()),
        ("对-苯丙酮", set()),
        ("m-苯丙酮", set()),
        ("邻苯乙酸", set()),
        ("2-苯乙酸", {"phenylacetic-acid"}),
        ("2-苯基-1-丙酮", set()),
        ("1,3-二氯-2-丙酮", set()),
        ("4-羟基-4-甲基-2-丙酮", set()),
        ("1-丙酮 2-乙醚", {"acetone", "ethyl-ether"}),
        ("1-丙酮，2-甲苯", {"acetone", "toluene"}),
        ("丙酮-乙醚", {"acetone", "ethyl-ether"}),
    ],
)
def test_locants_before_and_in_a_name_in_hanzi(text, substances):
    assert set(found(text)) == substances


@pytest.mark.parametrize(
    ("text", "substances"),
    [
        ("neither acetone nor ephedrine", {"acetone", "ephedrine"}),
        ("no acetone nor ephedrine", {"acetone", "ephedrine"}),
        ("no (-)-ephedrine", {"ephedrine"}),
        ("no l-ephedrine", {"ephedrine"}),
        ("no (acetone)", {"acetone"}),
        ("acetone: none", {"acetone"}),
        ("acetone : nil, ethanol 5 %", {"acetone"}),
        ("acetone: none detected", {"acetone"}),
        ("toluene nil", {"toluene"}),
        ("toluene not detected", {"toluene"}),
        ("acetone excluded", {"acetone"}),
        ("excl. acetone", {"acetone"}),
        ("no toluene or benzene", {"toluene", "benzene"}),
        ("no toluene/benzene", {"toluene", "benzene"}),
        ("no toluene, benzene or acetone", {"toluene", "benzene", "acetone"}),
        ("sin acetona", {"acetone"}),
        ("sin tolueno o acetona", {"toluene", "acetone"}),
        ("acetona: ninguna", {"acetone"}),
        ("libre de acetona", {"acetone"}),
        ("无 丙酮", {"acetone"}),
        ("洗甲水 无 丙酮", {"acetone"}),
        ("丙酮-free", {"acetone"}),
        ("丙酮 free", {"acetone"}),
        ("no 丙酮", {"acetone"}),
        ("free of 丙酮", {"acetone"}),
        ("丙酮：无", {"acetone"}),
        ("丙酮未检出", {"acetone"}),
        ("不含 丙酮、乙醚", {"acetone", "ethyl-ether"}),
    ],
)
def test_named_as_absent(text, substances):
    assert found(text) == dict.fromkeys(substances, "absent")


@pytest.mark.parametrize(
    "text",
    [
        "no. 5 acetone",
        "No 2 acetone",
        "CAS No acetone",
        "Item No acetone",
        "UN No 1090 acetone",
        "not less than 99 % acetone",
        "no more than 5 % water or acetone",
        "drums no 5 or acetone",
        "acetone, none other",
        "acetone none other",
        "acetone not for resale",
        "acetone: non flammable",
        "acetone free sample",
        "acetone, freight not included",
        "excl. VAT acetone",
        "excl. water. Acetone",
        "no acetone, acetone",
        "品牌:无 丙酮",
        "品牌 无 丙酮",
        "丙酮 无色液体",
        "丙酮：无色",
        "丙酮无水",
    ],
)
def test_named_in_full(text):
    assert found(text) == {"acetone": "name"}


def test_nor_begins_a_name_where_nothing_is_denied():
    assert found("nor ephedrine") == {"norephedrine": "name"}
    assert found("nor-ephedrine") == {"norephedrine": "name"}
    assert found("no nor-ephedrine") == {"norephedrine": "absent"}


@pytest.mark.parametrize(
    ("text", "hs", "cas", "substances"),
    [
        ("MAPA chemical gloves", "401519", None, {}),
        ("GBL lights, chemical resistant", "9405.11", None, {}),
        ("GBL chemical", "9405.11; 9405.19", None, {}),
        ("MAPA chemical", "401519", "16648-44-5", {"mapa": "cas"}),
        ("MAPA chemical, CAS 16648-44-5", "401519", None, {"mapa": "cas"}),
        ("GBL chemical", None, None, {"gamma-butyrolactone": "name"}),
        ("GBL chemical", "3814.00", None, {"gamma-butyrolactone": "name"}),
        ("GBL solvent", "2710.12", None, {"gamma-butyrolactone": "name"}),
        ("GBL chemical", "9405.11; 2932.20", None, {"gamma-butyrolactone": "name"}),
        ("acetone", "401519", None, {"acetone": "name"}),
    ],
)
def test_a_tariff_code_of_other_goods_outweighs_a_chemical_word_beside_an_acronym(text, hs, cas, substances):
    assert found(text, hs, cas) == substances


@pytest.mark.parametrize(
    "cell",
    [
        *("2914.11; 2909.11", "291411/290911", "2914.11,2909.11", "291411 290911", "HS 2914.11 and HS 2909.11"),
        *(
            "29141100 | 29091100",
            "2914.11\n2909.11",
            "2914.11、2909.11",
            "税号2914.11；2909.11",
            "7607.11; 2914.11; 2909.11",
        ),
    ],
)
def test_each_tariff_code_of_a_cell_is_looked_up(cell):
    assert found("goods", cell) == {"acetone": "hs", "ethyl-ether": "hs"}


@pytest.mark.parametrize(
    ("text", "is_hit"),
    [
        ("CAS 67/64/1", True),
        ("CAS No. 67.64.1", True),
        ("67/64/1 solvent", True),
        ("purity 99% 67.64.1", True),
        ("试剂 67/64/1", True),
        ("67/64/1", False),
        ("67.64.1", False),
        ("1/67/64/1 solvent", False),
        ("solvent 67.64.1.5", False),
        ("solvent 67/64/12", False),
    ],
)
def test_cas_numbers_with_slashes_or_points_need_a_label_or_a_chemical_word(text, is_hit):
    assert found(text) == ({"acetone": "cas"} if is_hit else {})


@pytest.mark.parametrize("cell", ["67/64/1", "67.64.1", "67_64_1", "000067/64/1", "67-64-1 / 60-29-7"])
def test_a_column_of_cas_numbers_is_read_in_any_writing(cell):
    assert found("goods", cas=cell)["acetone"] == "cas"


@given(
    st.dates(date(1990, 1, 1), date(2039, 12, 31)),
    st.sampled_from(["{d}{s}{m:02}{s}{y1}", "{m}{s}{d:02}{s}{y1}", "{y}{s}{m:02}{s}{d}", "{y2:02}{s}{m:02}{s}{d}"]),
    st.sampled_from("/."),
)
def test_no_date_is_a_cas_number_whatever_its_check_digit(day, writing, sign):
    parts = {"d": day.day, "m": day.month, "y": day.year, "y1": day.year % 10, "y2": day.year % 100, "s": sign}
    written = _POINTED.fullmatch(writing.format(**parts))
    assert written is None or not _is_no_date(written)


@pytest.mark.parametrize(
    ("text", "substance"),
    [
        ("acetic acid anhydride", "acetic-anhydride"),
        ("ethanoic anhydride", "acetic-anhydride"),
        ("acid, sulphuric", "sulphuric-acid"),
        ("Acid, sulfuric 98%, 25 kg", "sulphuric-acid"),
        ("acid, muriatic", "hydrochloric-acid"),
        ("ether, ethyl", "ethyl-ether"),
        ("anhydride, acetic", "acetic-anhydride"),
        ("phosphorus, red", "red-phosphorus"),
        ("permanganate, potassium", "potassium-permanganate"),
        ("acetone, technical", "acetone"),
        ("KMnO4", "potassium-permanganate"),
        ("精碘", "iodine"),
        ("粗碘 25kg", "iodine"),
        ("碘粒", "iodine"),
    ],
)
def test_further_names_and_names_turned_round(text, substance):
    assert found(text) == {substance: "name"}


@pytest.mark.parametrize(
    ("text", "substances"),
    [
        ("H2SO4 98%", {"sulphuric-acid"}),
        ("HCl 33%", {"hydrochloric-acid"}),
        ("25 kg HCl reagent", {"hydrochloric-acid"}),
        ("hydrochloric acid (HCl) 33%", {"hydrochloric-acid"}),
        ("碘片 试剂", {"iodine"}),
        ("Ac2O reagent", {"acetic-anhydride"}),
        ("ephedrine HCl 99%", {"ephedrine"}),
        # the salt of something else is no hydrochloric acid
        ("lidocaine HCl 99%", set()),
        ("lidocaine (HCl) powder", set()),
        ("thiamine-HCl 98 %", set()),
        ("利多卡因HCl 99%", set()),
        # formulas are whole words, and need a chemical context
        ("CHCl3 solvent", set()),
        ("H2SO4", set()),
        ("HCl", set()),
        ("碘片", set()),
        # a comma turns a name round only behind the class of compound
        ("acid, citric; sulphuric", set()),
        ("acetic, anhydride", set()),
    ],
)
def test_formulas_need_a_context_and_are_no_salts_of_others(text, substances):
    assert set(found(text)) == substances
