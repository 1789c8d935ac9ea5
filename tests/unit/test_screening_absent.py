"""What a text names as absent is found, bounded and told as such; no rule, no lead and no memo counts it."""

from __future__ import annotations

import pyarrow as pa
import pytest

from entente.engine import open_engine
from entente.screening.asof import join_absent, join_listings
from entente.screening.kernel import ScreeningKernel
from entente.screening.memos import MemoKernel
from entente.screening.output import AT_MOST, SURE
from entente.screening.schema import ABSENT_HITS, COUNTS_FROM, HITS, MATCHES
from entente.screening.vocabulary import Vocabulary
from entente.substances.register import load_register
from false_alarms import batch_of
from unit.test_screening_kernel import batch, matches, vocabulary

NEGATED = {
    "no acetone": ("acetone", "no acetone"),
    "NON-ACETONE nail polish remover": ("acetone", "NON-ACETONE"),
    "cleaner without acetone": ("acetone", "without acetone"),
    "thinner w/o  acetone": ("acetone", "w/o  acetone"),
    "no added acetone": ("acetone", "no added acetone"),
    "zero acetone": ("acetone", "zero acetone"),
    "guaranteed free of acetone": ("acetone", "free of acetone"),
    "free from potassium permanganate": ("permanganate", "free from potassium permanganate"),
    "does not contain toluene": ("toluene", "does not contain toluene"),
    "ketones other than acetone": ("acetone", "other than acetone"),
    "acetone-free": ("acetone", "acetone-free"),
    "Acetone free remover": ("acetone", "Acetone free"),
    "4-piperidone monohydrate free": ("piperidone", "4-piperidone monohydrate free"),
    "no ephedrine hydrochloride": ("ephedrine", "no ephedrine"),
    "no potasium permanganat": ("permanganate", "no potasium permanganat"),
    "no diethyl ether": ("ether", "no diethyl ether"),
    "free of а\u0441etone": ("acetone", "free of а\u0441etone"),
    "sin acetona": ("acetone", "sin acetona"),
    "disolvente SIN ACETONA 5 l": ("acetone", "SIN ACETONA"),
    "libre de tolueno": ("toluene", "libre de tolueno"),
    "exento de éter etílico": ("ether", "exento de éter etílico"),
    "no contiene acetona": ("acetone", "no contiene acetona"),
    "distinto de acetona": ("acetone", "distinto de acetona"),
    "不含丙酮": ("acetone", "不含丙酮"),
    "洗甲水 不含有丙酮": ("acetone", "不含有丙酮"),
    "无丙酮洗甲水": ("acetone", "无丙酮"),
    "無丙酮洗甲水": ("acetone", "無丙酮"),
    "非丙酮溶剂": ("acetone", "非丙酮"),
    "不含acetone": ("acetone", "不含acetone"),
    "除丙酮外的酮": ("acetone", "除丙酮外"),
    "酮类（丙酮除外）": ("acetone", "丙酮除外"),
}


@pytest.mark.parametrize("text", NEGATED)
def test_a_name_named_as_absent_is_found_with_the_words_that_say_so(text):
    (match,) = matches(text)
    assert (match["substance_id"], match["matched_text"]) == NEGATED[text]
    assert match["method"] == "absent"
    assert match["confidence"] <= 0.3


def test_each_name_of_an_open_clause_is_named_as_absent():
    found = {match["substance_id"]: match["matched_text"] for match in matches("free of toluene and acetone")}
    assert found == {"toluene": "free of toluene", "acetone": "free of toluene and acetone"}


@pytest.mark.parametrize(
    "text",
    [
        "no acetone, acetone",
        "acetone. Free of acetone",
        "free of water; acetone",
        "acetone free of charge",
        "不含水，丙酮",
        "丙酮，不含丙酮",
    ],
)
def test_a_name_that_stands_elsewhere_counts_in_full(text):
    assert [(match["method"], match["confidence"]) for match in matches(text)] == [("name", 0.98)]


def test_a_number_of_the_row_counts_beside_a_negation():
    by_method = {
        match["method"]: match["confidence"] for match in matches("no phenylacetone", cas="103-79-7", hs="291431")
    }
    assert by_method == {"absent": 0.3, "cas": 0.99, "hs": 0.6}
    assert {match["method"] for match in matches("no acetone (CAS 67-64-1)")} == {"absent", "cas"}


@pytest.mark.parametrize(
    "text", ["no acetone cyanohydrin", "free of polyacetone", "不含乙二醇乙醚", "no nitro toluene"]
)
def test_another_compound_that_is_absent_is_none(text):
    assert matches(text) == []


def test_a_negation_that_begins_another_name_is_that_name():
    found = ScreeningKernel(Vocabulary.from_register(load_register()))(batch_of(["nor (-)-ephedrine", "nor acetone"]))
    assert list(zip(*(found.column(name).to_pylist() for name in ("substance_id", "method")), strict=True)) == [
        ("norephedrine", "name"),
        ("acetone", "absent"),
    ]


def test_only_names_named_as_absent_are_less_sure_than_what_counts():
    assert AT_MOST["absent"] < COUNTS_FROM * 1000 <= min(*SURE.values(), AT_MOST["glued"], AT_MOST["reread"])


def test_a_memo_that_names_a_substance_as_absent_names_none():
    columns = {"row_id": [0, 1], "payment_id": ["a", "b"], "date": batch(["", ""]).column("date")}
    rows = pa.RecordBatch.from_pydict({**columns, "memo": ["no acetone", "acetone"]})
    assert MemoKernel(vocabulary())(rows).column("payment_id").to_pylist() == ["b"]


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    register = load_register()
    texts = ["no acetone", "acetone", "acetone-free", "paper", "no acetone, toluene"]
    found = ScreeningKernel(Vocabulary.from_register(register))(batch_of(texts))
    with open_engine("local", tmp_path_factory.mktemp("absent"), processes=1) as engine:
        engine.register("matches", pa.Table.from_batches([found]))
        join_listings(engine, register)
        join_absent(engine, register)
        yield {name: engine.fetch(f"SELECT * FROM {name}") for name in ("hits", ABSENT_HITS)}


def test_hits_that_count_and_hits_that_do_not_stand_apart(tables):
    rows = {name: set(table.column("row_id").to_pylist()) for name, table in tables.items()}
    assert rows == {"hits": {1, 4}, ABSENT_HITS: {0, 2, 4}}
    assert all(table.column_names == HITS.names for table in tables.values())


def test_the_law_is_asked_of_both_alike(tables):
    asked = ["substance_id", "role", "jurisdiction", "status", "reason", "listing_id"]
    answers = {
        name: {tuple(row.values()) for row in table.select(asked).to_pylist() if row["substance_id"] == "acetone"}
        for name, table in tables.items()
    }
    assert answers["hits"] == answers[ABSENT_HITS] != set()


def test_without_any_there_is_an_empty_table(tmp_path):
    with open_engine("local", tmp_path, processes=1) as engine:
        engine.register("matches", MATCHES.empty_table())
        join_absent(engine, load_register())
        assert (engine.columns(ABSENT_HITS), engine.count(ABSENT_HITS)) == (HITS.names, 0)
