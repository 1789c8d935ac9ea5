"""A simulated year: the same seed gives the same files, both sides tell of the same movements, truth stays apart."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from entente.errors import UsageError
from entente.records.schema import schema
from entente.simulate import Year, simulate
from entente.simulate.bundled import SAMPLE
from entente.simulate.plant import KINDS

YEAR = Year(seed=7, declarations=6000, listings=SAMPLE.listings)
SHIPMENTS = [f"{country}-{side}.parquet" for country in ("cn", "us", "mx") for side in ("exports", "imports")]
PAPERS = ["notifications", "authorisations", "invocations", "payments"]


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("year")
    simulate(YEAR, out)
    return out


@pytest.fixture(scope="module")
def db(year: Path) -> duckdb.DuckDBPyConnection:
    """Views: `declared` (all six files), the papers, and `truth_*`."""
    connection = duckdb.connect()
    files = [str(year / name) for name in SHIPMENTS]
    connection.execute(f"CREATE VIEW declared AS SELECT * FROM read_parquet({files!r})")
    for name in PAPERS:
        connection.execute(f"CREATE VIEW {name} AS SELECT * FROM '{year / name}.parquet'")
    for path in (year / "truth").iterdir():
        connection.execute(f"CREATE VIEW truth_{path.stem} AS SELECT * FROM '{path}'")
    return connection


def test_the_same_seed_gives_the_same_bytes(year: Path, tmp_path: Path):
    simulate(YEAR, tmp_path)

    written = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*.parquet")}
    assert len(written) == 16
    assert all((year / name).read_bytes() == content for name, content in written.items())


def test_another_seed_gives_another_year(year: Path, tmp_path: Path):
    simulate(Year(seed=8, declarations=6000), tmp_path)

    assert (tmp_path / "cn-exports.parquet").read_bytes() != (year / "cn-exports.parquet").read_bytes()


def test_as_many_declarations_as_asked_for_over_several_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("entente.simulate.year.BLOCK", 700)

    result = simulate(Year(seed=3, declarations=5001), tmp_path)

    assert sum(result.rows[name] for name in SHIPMENTS) == 5001
    assert pq.ParquetFile(tmp_path / "cn-exports.parquet").num_row_groups > 3


@pytest.mark.parametrize("name", SHIPMENTS)
def test_declarations_have_the_canonical_columns(year: Path, name: str):
    assert pq.read_schema(year / name).equals(schema("shipments"))


@pytest.mark.parametrize("name", PAPERS)
def test_papers_have_the_canonical_columns(year: Path, name: str):
    assert pq.read_schema(year / f"{name}.parquet").equals(schema(name))


def test_declaration_numbers_name_one_declaration_each(db):
    assert db.execute("SELECT count(*) - count(DISTINCT declaration_id) FROM declared").fetchone() == (0,)


def test_each_side_declares_its_own_country_only(db):
    odd = """SELECT count(*) FROM declared JOIN truth_declarations USING (declaration_id)
             WHERE upper(file[:2]) <> CASE side WHEN 'export' THEN export_country ELSE destination_country END"""
    assert db.execute(odd).fetchone() == (0,)


def test_a_movement_between_two_authorities_is_declared_once_on_each_side(db):
    uneven = """SELECT movement FROM truth_declarations GROUP BY movement
                HAVING count(*) FILTER (side = 'export') > 1 OR count(*) FILTER (side = 'import') > 1"""
    both = """SELECT count(*) FROM (SELECT movement FROM truth_declarations GROUP BY movement HAVING count(*) = 2)"""
    assert db.execute(uneven).fetchall() == []
    assert db.execute(both).fetchone()[0] > 1000


PAIRS = """
    SELECT x.declaration_id AS export_id, x.net_mass_kg AS left_kg, m.net_mass_kg AS arrived_kg, x.date AS left_on,
           m.date AS arrived_on, x.hs_code AS export_hs, m.hs_code AS import_hs, d.kind
    FROM truth_declarations tx JOIN truth_declarations tm USING (movement)
    JOIN declared x ON x.declaration_id = tx.declaration_id JOIN declared m ON m.declaration_id = tm.declaration_id
    LEFT JOIN truth_diversions d ON d.declaration_id = tx.declaration_id
    WHERE tx.side = 'export' AND tm.side = 'import'
"""


def test_both_sides_tell_the_same_story_but_for_small_errors(db):
    odd = f"""SELECT count(*) FROM ({PAIRS}) WHERE kind IS NULL
              AND (abs(left_kg - arrived_kg) > 0.03 * left_kg + 0.2 OR arrived_on < left_on
                   OR replace(export_hs, '.', '') <> replace(import_hs, '.', ''))"""
    differ = f"SELECT avg((left_kg <> arrived_kg)::INT) FROM ({PAIRS}) WHERE kind IS NULL"
    assert db.execute(odd).fetchone() == (0,)
    assert 0.3 < db.execute(differ).fetchone()[0] < 0.9


def test_truth_agrees_with_the_names_on_the_declarations(db):
    wrong = """SELECT count(*) FROM truth_mentions t JOIN declared d USING (declaration_id)
               WHERE t.name <> CASE t.role WHEN 'exporter' THEN d.exporter WHEN 'importer' THEN d.importer
                                           WHEN 'consignee' THEN d.consignee WHEN 'forwarder' THEN d.forwarder
                                           ELSE d.payer END"""
    assert db.execute(wrong).fetchone() == (0,)
    assert db.execute("SELECT count(*) FROM truth_mentions WHERE name IS NULL").fetchone() == (0,)


def test_notifications_and_licences_that_declarations_refer_to_exist(db):
    lost = """SELECT count(*) FROM declared d LEFT JOIN {table} p ON d.{key} = p.{key}
              WHERE d.{key} IS NOT NULL AND p.{key} IS NULL"""
    for table, key in (("notifications", "notification_id"), ("authorisations", "authorisation_id")):
        assert db.execute(lost.format(table=table, key=key)).fetchone() == (0,)
        assert db.execute(f"SELECT count(*) - count(DISTINCT {key}) FROM {table}").fetchone() == (0,)


def test_no_truth_in_the_inputs(year: Path):
    """Neither a planted kind nor a word of the truth files is found anywhere in what a screening run reads."""
    # "split" is also an air conditioner
    forbidden = [*(kind for kind in KINDS if kind != "split"), "truth", "diver", "planted", "movement", "entity"]
    for name in [*SHIPMENTS, *(f"{paper}.parquet" for paper in PAPERS)]:
        table = pq.read_table(year / name)
        texts = {
            str(value).lower() for column in table.columns for value in column.to_pylist() if isinstance(value, str)
        }
        assert not [text for text in texts for word in forbidden if word in text]


def test_planted_declarations_cannot_be_told_by_their_numbers_or_empty_columns(db):
    """A column that is filled for ordinary trade in listed goods and never for planted ones would give them away."""
    empty = """SELECT d.kind IS NOT NULL AS planted, avg((invoice_number IS NULL)::INT) AS invoice,
                      avg((exporter_address IS NULL)::INT) AS address, avg((forwarder IS NULL)::INT) AS forwarder
               FROM declared LEFT JOIN truth_diversions d USING (declaration_id) GROUP BY 1 ORDER BY 1"""
    shares = db.execute(empty).fetchall()
    for ordinary, planted in zip(shares[0][1:], shares[1][1:], strict=True):
        assert planted == pytest.approx(ordinary, abs=0.2)


def test_every_kind_of_diversion_is_planted(db):
    found = {kind for (kind,) in db.execute("SELECT DISTINCT kind FROM truth_diversions WHERE diverted").fetchall()}
    assert found == set(KINDS)
    assert db.execute("SELECT count(*) FROM truth_diversions").fetchone()[0] < 0.06 * 6000


def test_what_is_notified_but_short_left_and_did_not_arrive(db):
    short = db.execute(f"SELECT arrived_kg / left_kg FROM ({PAIRS}) WHERE kind = 'notified_but_short'").fetchall()
    assert short
    assert all(0.25 < ratio < 0.8 for (ratio,) in short)


def test_relabelling_follows_a_listing_or_an_objection(db):
    stories = db.execute("""SELECT max(date) FILTER (NOT diverted), min(date) FILTER (diverted)
                        FROM truth_diversions JOIN declared USING (declaration_id)
                        WHERE kind = 'relabelled' AND side = 'export' GROUP BY "case" """).fetchall()
    assert all(before < after for before, after in stories if before and after)
    objections = db.execute("SELECT count(*) FROM notifications WHERE reply = 'objection'").fetchone()[0]
    by_law = [after for before, after in stories if before < date(2024, 9, 1) <= after]
    assert objections + len(by_law) >= 1


def test_third_parties_pay_from_another_country(db):
    odd = db.execute("""SELECT p.payer_country, d.destination_country FROM truth_diversions t
                    JOIN truth_declarations td USING (declaration_id)
                    JOIN truth_payments tp ON td.movement = tp.movement
                    JOIN payments p USING (payment_id) JOIN declared d USING (declaration_id)
                    WHERE kind = 'third_party_payer'""").fetchall()
    assert odd
    assert all(payer != destination for payer, destination in odd)


def test_a_split_consignor_has_several_spellings_within_days(db):
    spellings, days = db.execute("""SELECT count(DISTINCT exporter), max(date) - min(date) FROM truth_diversions
                                JOIN declared USING (declaration_id) WHERE kind = 'split' AND side = 'export'
                                GROUP BY "case" ORDER BY 1 DESC LIMIT 1""").fetchone()
    assert spellings >= 4
    assert days <= 10


def test_first_time_consignors_have_sent_nothing_before(db):
    earlier = """SELECT count(*) FROM truth_diversions t JOIN truth_mentions m USING (declaration_id)
                 JOIN truth_mentions other ON other.entity = m.entity AND other.role = 'exporter'
                 LEFT JOIN truth_diversions o ON o.declaration_id = other.declaration_id
                 WHERE t.kind = 'first_time_consignor' AND m.role = 'exporter' AND o.kind IS NULL"""
    assert db.execute(earlier).fetchone() == (0,)


def test_companies_are_written_in_three_scripts(db):
    scripts = """SELECT count(*) FROM (SELECT entity FROM truth_mentions GROUP BY entity
                 HAVING bool_or(regexp_matches(name, '[一-鿿]'))
                    AND bool_or(regexp_matches(name, '^[A-Za-z .,&]+$')))"""
    spanish = "SELECT count(DISTINCT entity) FROM truth_mentions WHERE regexp_matches(name, 'Química|Autop|Import')"
    assert db.execute(scripts).fetchone()[0] > 30
    assert db.execute(spanish).fetchone()[0] > 30


def test_masses_are_lognormal_around_the_usual_for_the_goods(db):
    spread = db.execute(
        "SELECT stddev(ln(net_mass_kg)) FROM declared WHERE replace(hs_code, '.', '') = '851713'"
    ).fetchone()[0]
    typical = db.execute(
        "SELECT median(net_mass_kg) FROM declared WHERE replace(hs_code, '.', '') = '291814'"
    ).fetchone()[0]
    assert 0.3 < spread < 1.6
    assert 12_000 < typical < 33_000


def test_most_trade_is_innocent_and_of_many_chapters(db):
    chapters, chemical = db.execute("""SELECT count(DISTINCT hs_code[:2]), avg((hs_code[:2] IN ('28', '29'))::INT)
                                   FROM declared""").fetchone()
    assert chapters > 50
    assert 0.05 < chemical < 0.35


@pytest.mark.parametrize("year", [Year(1, 10), Year(1, 1000, months=2), Year(-1, 1000)])
def test_a_year_that_cannot_be_made_is_refused_with_a_remedy(year: Year, tmp_path: Path):
    with pytest.raises(UsageError) as refused:
        simulate(year, tmp_path)
    assert refused.value.remedy
    assert not list(tmp_path.iterdir())
