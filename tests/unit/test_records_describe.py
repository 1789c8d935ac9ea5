"""`describe` proposes a mapping that works; `convert` writes what was read; `mentions` names who is named."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from entente.errors import InputError, UsageError
from entente.records import convert, describe, mentions, parse_mapping, party_key, schema
from entente.records.keys import name_key
from records_files import accepted, adds_up, csv_file, parquet_file, staged, xlsx_file

SHAPES = {
    "english": (
        "Entry Number,Filing Date,Description of Goods,HS Code,Net Weight,Currency",
        ",",
        "12/31/2024",
        "1,234.5",
    ),
    "chinese": ("报关单号,申报日期,商品名称,商品编码,净重,币制", ",", "20241231", "1234.5"),
    "chinese_long": ("报关单编号\t申報日期\t货物名称\t税则号列\t净重（千克）\t币种", "\t", "2024年12月31日", "1234.5"),
    "spanish": (
        "Pedimento;Fecha de pago;Descripción de la mercancía;Fracción arancelaria;Peso neto;Moneda",
        ";",
        "31/12/2024",
        "1.234,5",
    ),
    "korean": ("신고번호|신고일자|품명|세번부호|순중량|통화", "|", "2024.12.31", "1234.5"),
}


def rows_of(shape: str, rows: int = 20) -> str:
    header, mark, day, mass = SHAPES[shape]
    goods = "丙酮" if shape.startswith("chinese") else "acetona técnica" if shape == "spanish" else "acetone"
    lines = [mark.join((f"A{n}", f'"{day}"', goods, "29141100", f'"{mass}"', "USD")) for n in range(rows)]
    return "\n".join([header, *lines, ""])


@pytest.mark.parametrize("shape", SHAPES)
def test_the_proposed_mapping_reads_the_file(tmp_path: Path, shape: str):
    source = csv_file(tmp_path, rows_of(shape))
    found = describe(source)
    assert (found.missing, found.canonical) == ((), False)
    result = staged(source, tmp_path, parse_mapping(found.mapping, "proposed"))
    assert (result.accepted, result.quarantined) == (20, 0)
    row = accepted(result)[0]
    assert (row["declaration_id"], str(row["date"]), row["net_mass_kg"]) == ("A0", "2024-12-31", 1234.5)
    assert (row["hs6"], row["currency"]) == ("291411", "USD")


@pytest.mark.parametrize(("shape", "encoding"), [("chinese", "gb18030"), ("spanish", "latin-1")])
def test_a_guessed_encoding_is_called_a_guess_and_written_into_the_mapping(tmp_path: Path, shape: str, encoding: str):
    source = csv_file(tmp_path, rows_of(shape), encoding=encoding)
    found = describe(source)
    assert not found.encoding_sure
    assert staged(source, tmp_path, parse_mapping(found.mapping, "proposed")).accepted == 20


def test_workbooks_and_parquet_files(tmp_path: Path):
    header = ["Entry Number", "Filing Date", "Commodity", "Gross Weight"]
    rows = [["A1", "2024-01-02", "acetone", 12.5], ["A2", "2024-01-03", "toluene", 1]]
    book = xlsx_file(tmp_path, [header, *rows])
    table = parquet_file(tmp_path, {name: [row[at] for row in rows] for at, name in enumerate(header)})
    for source in (book, table):
        result = staged(source, tmp_path / source.suffix[1:], parse_mapping(describe(source).mapping, "proposed"))
        assert [(row["description"], row["gross_mass_kg"]) for row in accepted(result)] == [
            ("acetone", 12.5),
            ("toluene", 1),
        ]


def test_a_canonical_file_needs_no_mapping(tmp_path: Path):
    assert describe(csv_file(tmp_path, "declaration_id,date,cas\nA1,2024-01-02,67-64-1\n")).canonical


def test_days_and_months_that_cannot_be_told_apart_are_said_to_be_so(tmp_path: Path):
    source = csv_file(tmp_path, "Entry Number,Entry Date,Goods\n" + "A1,01/02/2024,x\n" * 9)
    why = {column.name: column.guess.why for column in describe(source).columns if column.guess}
    assert "day and month cannot be told apart, check" in why["Entry Date"]


def test_what_is_missing_and_what_is_unused_is_said(tmp_path: Path):
    found = describe(csv_file(tmp_path, "colour,Goods\nred,acetone\n"))
    assert found.missing == ("declaration_id", "date")
    assert "# not used: 'colour'" in found.mapping


@pytest.mark.shared
def test_the_korean_file_describes_itself(tmp_path: Path, shared_data: Path):
    source = shared_data / "screening" / "kcs_syn_valid.csv"
    found = describe(source)
    assert found.missing == ()
    result = staged(source, tmp_path, parse_mapping(found.mapping, "proposed"))
    assert adds_up(result)
    assert result.quarantined == 0
    row = accepted(result)[0]
    assert (row["declaration_id"], str(row["date"]), row["hs6"], row["net_mass_kg"]) == (
        "56839011",
        "2021-01-01",
        "760711",
        901.2,
    )


class TestConvert:
    TEXT = (
        "declaration_id,date,description,transit_countries\nA1,2024-01-02,=1+1,PA;CN\nA2,soon,y,\nA3,2024-01-02,丙酮,\n"
    )

    def test_parquet_has_the_canonical_schema_and_every_cell_as_it_is(self, tmp_path: Path):
        done = convert("shipments", [csv_file(tmp_path, self.TEXT)], None, tmp_path / "out.parquet")
        table = pq.read_table(done.path)
        assert table.schema.equals(schema("shipments"))
        assert table.column("description").to_pylist() == ["=1+1", "丙酮"]
        assert pq.read_table(done.quarantine).column("value").to_pylist() == ["soon"]

    def test_csv_disarms_formulas_and_comes_back(self, tmp_path: Path):
        done = convert("shipments", [csv_file(tmp_path, self.TEXT)], None, tmp_path / "out.csv")
        with done.path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        assert [row["description"] for row in rows] == ["'=1+1", "丙酮"]
        assert [row["transit_countries"] for row in accepted(staged(done.path, tmp_path))] == [["PA", "CN"], None]

    def test_a_second_run_replaces_the_first_and_its_quarantine(self, tmp_path: Path):
        for text, quarantine in ((self.TEXT, True), (self.TEXT.replace("soon", "2024-01-02"), False)):
            done = convert("shipments", [csv_file(tmp_path, text)], None, tmp_path / "out.parquet")
            assert (tmp_path / "out.parquet.quarantine.parquet").exists() is quarantine
        assert done.staged.accepted == 3
        assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.parquet"]

    def test_other_kinds_of_result_and_places_that_cannot_be_written(self, tmp_path: Path):
        source = csv_file(tmp_path, self.TEXT)
        with pytest.raises(UsageError, match=r"neither \.parquet nor \.csv"):
            convert("shipments", [source], None, tmp_path / "out.xlsx")
        with pytest.raises(InputError, match="The result cannot be written"):
            convert("shipments", [source], None, source / "out.csv")


class TestMentions:
    def test_each_party_that_a_record_names_once_a_role(self, tmp_path: Path):
        text = (
            "declaration_id,line,date,cas,exporter,exporter_id,exporter_address,importer,payer,payer_country\n"
            "A1,2,2024-01-02,67-64-1,Sun Ltd,T1,Road 1,,Someone,PA\n"
            "A2,1,2024-01-02,67-64-1,,,,,,\n"
        )
        result = staged(csv_file(tmp_path, text), tmp_path)
        found = mentions(pq.read_table(result.parts[0]))
        assert found.schema.equals(schema("mentions"))
        assert [
            (row["record_table"], row["record_id"], row["role"], row["name"], row["identifier"], row["identifier_type"])
            for row in found.to_pylist()
        ] == [
            ("shipments", "A1/2", "exporter", "Sun Ltd", "T1", "as_recorded"),
            ("shipments", "A1/2", "payer", "Someone", None, None),
        ]
        assert [(row["address"], row["country"]) for row in found.to_pylist()] == [("Road 1", None), (None, "PA")]

    def test_payments_notifications_and_authorisations(self):
        payments = pa.table(
            {"payment_id": ["P1"], "payer": ["a"], "payee": ["b"], "payer_account": ["1"], "payer_country": ["CN"]}
        )
        found = mentions(payments, "payments").to_pylist()
        assert [(row["role"], row["identifier"], row["identifier_type"]) for row in found] == [
            ("payer", "1", "account"),
            ("payee", None, None),
        ]
        papers = pa.table({"authorisation_id": ["L1"], "holder": ["a"], "country": ["MX"]})
        assert [row["country"] for row in mentions(papers, "authorisations").to_pylist()] == ["MX"]

    def test_tables_that_name_nobody(self):
        with pytest.raises(UsageError, match="Records of seizures name no parties"):
            mentions(pa.table({}), "seizures")


class TestPartyKeys:
    def test_case_width_and_punctuation_do_not_matter_spelling_does(self):
        assert name_key("ＳＵＮ  Trading, Co.") == name_key("sun trading co") == "sun trading co"
        assert name_key("Sun Tradng Co") != name_key("Sun Trading Co")
        assert name_key("华东化工（有限）公司") == name_key("华东化工(有限)公司")
        assert name_key("...") is None

    def test_an_identifier_goes_before_a_name(self):
        keys = party_key(pa.array(["Sun", "Sun", None]), pa.array(["T-1", None, "t1"]))
        assert keys.to_pylist() == ["id:t1", "sun", "id:t1"]

    @pytest.mark.parametrize("rows", [10, 500, 200_000])
    def test_keys_are_the_same_however_many_names_there_are_and_were(self, rows: int):
        """Distinct names are looked up in what earlier batches found; more than are kept start afresh."""
        names = [f"Company {number} S.A." for number in range(rows)]
        for start in (0, rows // 2):
            some = [*names[start:], None, *names[:start], "Company 0 S.A."]
            assert party_key(pa.array(some)).to_pylist() == [None if name is None else name_key(name) for name in some]
