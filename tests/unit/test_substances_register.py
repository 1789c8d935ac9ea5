"""Loading lists, the second time axis, and the tables for engines."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pyarrow as pa
import pytest

from entente.errors import RegisterError
from entente.substances import load_register
from entente.substances.document import parse_document
from entente.substances.register import SHIPPED, list_files, shipped_folders
from entente.substances.tables import TABLES
from substances_toy import PARTIAL, ids, list_text, listing, register_of, toy


@pytest.fixture(scope="module")
def shipped():
    return load_register()


def rows(register, table, **where):
    return [row for row in register.table(table).to_pylist() if all(row[key] == value for key, value in where.items())]


def test_plain_scalars_are_text_so_that_norway_is_a_country_and_a_code_no_number():
    data = parse_document(b"a: NO\nb: 2915.24\nc: 2014\nd: 2014-02-03\ne: true\nf: 'true'\ng: null\n", "x.yaml").data
    assert data == {"a": "NO", "b": "2915.24", "c": "2014", "d": "2014-02-03", "e": True, "f": "true", "g": None}


def test_the_shipped_lists_load_and_name_their_files(shipped):
    assert {x.instrument for x in shipped.lists} >= {
        "un-1988-table-1",
        "un-1988-table-2",
        "us-21cfr1310-02",
        "eu-273-2004",
        "cn-precursors",
    }
    assert all(len(x.sha256) == 64 for x in shipped.lists)
    assert len(shipped.lists) == sum(len(list_files(folder)) for folder in shipped_folders())


def test_what_is_put_into_the_private_slot_is_ignored_by_git():
    ignored = (SHIPPED / "private" / ".gitignore").read_text("utf-8").split()
    assert ignored == ["*", "!.gitignore", "!README.md"]


def test_a_folder_adds_lists_and_their_substances(tmp_path, shipped):
    tmp_path.joinpath("own.yaml").write_text(list_text(listing()), "utf-8")
    register = load_register([tmp_path])
    assert set(register.substances) - set(shipped.substances) == {"examplin", "otherine"}
    assert len(register.listings) == len(shipped.listings) + 1
    assert register.version != shipped.version


def test_equal_content_has_an_equal_version(shipped):
    assert load_register().version == shipped.version


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(RegisterError, match="no such folder"):
        load_register([tmp_path / "missing"])


def test_an_old_run_can_be_repeated_after_a_correction():
    old = list_text(listing(effective_from="2020-03-01"))
    corrected = list_text(
        listing(effective_from="2020-03-01", known_to="2024-09-01"),
        listing(effective_from="2020-04-01", known_from="2024-09-01"),
    )
    then, now = register_of(old), register_of(corrected)
    assert [x.effective_from for x in now.listings] == [date(2020, 4, 1)]
    assert now.at(date(2024, 8, 31)).version == then.at(date(2024, 8, 31)).version == then.version


def test_before_it_learned_anything_a_register_knows_nothing():
    register = toy(listing()).at(date(2023, 12, 31))
    assert (register.listings, dict(register.substances)) == ((), {})
    assert {row["coverage"] for row in rows(register, "coverage", jurisdiction="CN")} == {"partial"}


def test_names_and_numbers_are_learned_too():
    text = list_text(
        substances="substances:\n  - id: a\n    names:\n      en: [alpha, {text: beta, known_from: 2025-01-01}]\n"
    )
    assert [n.text for _, n in register_of(text, known_at=date(2024, 6, 1)).names] == ["alpha"]
    assert [n.text for _, n in register_of(text).names] == ["alpha", "beta"]


@pytest.mark.parametrize("name", sorted(TABLES))
def test_tables_keep_their_schema_also_when_empty(name, shipped):
    assert shipped.table(name).schema == TABLES[name]
    assert register_of(list_text()).table(name).schema == TABLES[name]


def test_a_listing_has_one_row_per_destination():
    register = toy(listing(destination_scope="[MM, LA]"), listing("otherine"))
    assert [(r["substance_id"], r["destination"]) for r in rows(register, "listings")] == [
        ("examplin", "LA"),
        ("examplin", "MM"),
        ("otherine", None),
    ]


def test_an_imprecise_day_is_an_interval_in_the_table():
    (row,) = rows(toy(listing(effective_from="2014-02")), "listings")
    assert (row["effective_from"], row["from_latest"]) == (date(2014, 2, 1), date(2014, 2, 28))


def test_coverage_spans_all_time_without_overlap_for_every_jurisdiction(shipped):
    spans: dict[str, list[tuple[date, date]]] = {}
    for row in rows(shipped, "coverage"):
        spans.setdefault(row["jurisdiction"], []).append((row["date_from"], row["date_to"]))
    assert set(spans) == shipped.jurisdictions.all()
    for parts in spans.values():
        assert parts[0][0] == date.min
        assert parts[-1][1] == date(9999, 12, 31)
        assert all(a[1] == b[0] for a, b in pairwise(parts))


@pytest.mark.parametrize(
    ("country", "day", "expected"),
    [
        ("DE", date(2020, 1, 1), ("EU", "DE")),
        ("HR", date(2013, 6, 30), ("HR",)),
        ("HR", date(2013, 7, 1), ("EU", "HR")),
        ("GB", date(2020, 12, 31), ("EU", "GB")),
        ("GB", date(2021, 1, 1), ("GB",)),
        ("PR", date(2020, 1, 1), ("US", "PR")),
        ("HK", date(2020, 1, 1), ("HK",)),
        ("MO", date(2020, 1, 1), ("MO",)),
        ("TW", date(2020, 1, 1), ("TW",)),
        ("CN", date(2020, 1, 1), ("CN",)),
    ],
)
def test_a_country_stands_under_its_jurisdictions_for_their_time(shipped, country, day, expected):
    assert shipped.jurisdictions.of(country, day) == expected


def test_every_shipped_listing_quotes_the_law_and_names_a_source(shipped):
    assert all(x.quote.strip() and x.sources and x.sources[0].address.startswith("http") for x in shipped.listings)


def test_every_shipped_substance_has_a_chinese_and_a_spanish_name_or_says_why(shipped):
    silent = [
        s.id for s in shipped.substances.values() if not {"zh-Hans", "es"} <= {n.lang for n in s.names} and not s.note
    ]
    assert silent == []


def test_short_forms_and_ordinary_words_need_context(shipped):
    must = {"PMK", "BMK", "4-AP", "NPP", "GBL", "MEK", "PAA", "APAA", "MAPA", "ether", "MIBK", "PPA", "P2P", "ANPP"}
    seen = {name.text: name.needs_context for _, name in shipped.names if name.text in must}
    assert seen == dict.fromkeys(must, True)


def test_a_basket_code_is_not_specific(shipped):
    own = {(r["substance_id"], r["hs6"]): r["specific"] for r in rows(shipped, "hs", edition="2022")}
    assert own["acetic-anhydride", "291524"]
    assert own["npp", "293337"]
    assert not own["4-anilinopiperidine", "293339"]


def test_the_tables_are_what_engines_take(shipped):
    assert pa.types.is_date32(shipped.table("listings").schema.field("effective_from").type)
    assert shipped.table("listings").num_rows >= len(shipped.listings)


def test_partial_lists_leave_the_jurisdiction_partial():
    assert {r["coverage"] for r in rows(toy(coverage=PARTIAL), "coverage", jurisdiction="CN")} == {"partial"}


def test_a_listing_id_says_instrument_substance_and_day():
    assert ids(toy(listing(effective_from="2014")).listings) == ["toy:examplin:2014"]
