"""What a mapping can say, and what it makes of cells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from entente.errors import InputError, UsageError
from entente.records import TABLES, load_mapping, parse_mapping, schema, shipped_mapping_names, stage, table_spec
from records_files import accepted, adds_up, csv_file, gz_file, parquet_file, quarantined, refused, staged, xlsx_file


def mapping(fields: str, more: str = ""):
    base = "  declaration_id: {from: id}\n  date: {from: day, dates: [iso, DD/MM/YYYY]}\n  description: {from: goods}\n"
    return parse_mapping(f"mapping: m\ntable: shipments\n{more}\nfields:\n{base}{fields}", "m.yaml")


def one(tmp_path: Path, columns: dict[str, str], fields: str, more: str = "") -> dict[str, Any]:
    """The first row that a mapping makes of one row of cells, accepted or not."""
    cells = {"id": "A1", "day": "2024-01-02", "goods": "x", **columns}
    quoted = [",".join('"' + text.replace('"', '""') + '"' for text in line) for line in (cells, cells.values())]
    result = staged(csv_file(tmp_path, "\n".join(quoted)), tmp_path, mapping(fields, more))
    assert adds_up(result)
    warned = [(one.field, one.value, one.reason) for one in result.warnings]
    return {**(accepted(result) or quarantined(result))[0], "warned": warned}


class TestTables:
    @pytest.mark.parametrize("table", TABLES)
    def test_every_field_says_what_it_means_in_three_languages(self, table: str):
        for item in table_spec(table).fields:
            assert set(item.meaning) == {"en", "zh", "es"}
            assert all(item.meaning.values())

    @pytest.mark.parametrize("table", TABLES)
    def test_every_number_has_a_unit_or_counts_something(self, table: str):
        bare = {item.name for item in table_spec(table).fields if item.type == "float64" and not item.unit}
        assert bare == set()

    @pytest.mark.parametrize("table", TABLES)
    def test_every_country_and_currency_names_its_code_list(self, table: str):
        for item in table_spec(table).fields:
            if item.name.endswith("country") or item.name == "country":
                assert item.codes == "iso3166-1-alpha-2"
            if item.name == "currency":
                assert item.codes == "iso4217"

    def test_only_the_id_and_the_date_of_a_shipment_are_mandatory_and_one_word_on_the_goods(self):
        spec = table_spec("shipments")
        assert {item.name for item in spec.fields if item.required} == {"declaration_id", "date"}
        assert spec.any_of == ("description", "cas", "hs_code")
        wanted = (
            "declaration_id line date description cas hs_code origin_country export_country transit_countries "
            "destination_country exporter importer consignee net_mass_kg gross_mass_kg quantity unit value freight "
            "currency"
        )
        assert set(wanted.split()) <= set(schema("shipments").names)

    def test_there_is_no_other_table(self):
        with pytest.raises(UsageError, match="There is no table called 'flights'"):
            table_spec("flights")


class TestDefaults:
    @pytest.mark.parametrize("goods", ["description", "cas", "hs_code"])
    def test_one_column_on_the_goods_is_enough_and_the_line_is_one(self, tmp_path: Path, goods: str):
        result = staged(csv_file(tmp_path, f"declaration_id,date,{goods}\nA1,2024-01-02,291411\n"), tmp_path)
        assert [(row["line"], row[goods]) for row in accepted(result)] == [(1, "291411")]

    def test_an_empty_line_is_one_as_well(self, tmp_path: Path):
        text = "declaration_id,line,date,cas\nA1,,2024-01-02,67-64-1\nA1,2,2024-01-02,67-64-1\n"
        assert [row["line"] for row in accepted(staged(csv_file(tmp_path, text), tmp_path))] == [1, 2]

    def test_a_row_without_goods_goes_to_quarantine(self, tmp_path: Path):
        text = "declaration_id,date,description,cas\nA1,2024-01-02,,\nA2,2024-01-02, ,67-64-1\n"
        result = staged(csv_file(tmp_path, text), tmp_path)
        assert [(row["field"], row["reason"]) for row in quarantined(result)] == [
            ("description/cas/hs_code", "no_goods")
        ]

    @pytest.mark.parametrize("missing", ["declaration_id", "date"])
    def test_a_row_without_id_or_date_goes_to_quarantine(self, tmp_path: Path, missing: str):
        cells = {"declaration_id": "A1", "date": "2024-01-02", "description": "x", missing: ""}
        source = csv_file(tmp_path, ",".join(cells) + "\n" + ",".join(cells.values()) + "\n")
        assert [(row["field"], row["reason"]) for row in quarantined(staged(source, tmp_path))] == [
            (missing, "missing")
        ]


@pytest.mark.parametrize(
    ("cell", "marks", "kilograms"),
    [
        ("1234.5", "", 1234.5),
        ("1.234,5", 'decimal: ",", thousands: "."', 1234.5),
        ("1,234.5", 'thousands: ","', 1234.5),
        ("12,34,567.5", 'thousands: ","', 1234567.5),
        ("1 234,5", 'decimal: ",", thousands: " "', 1234.5),
        ("1\u2009234,5", 'decimal: ",", thousands: " "', 1234.5),
        ("1\u202f234,5", 'decimal: ",", thousands: " "', 1234.5),
        ("1\u00a0234,5", 'decimal: ",", thousands: " "', 1234.5),
        ("1'234.5", 'thousands: "\'"', 1234.5),
        ("１２．５", "", 12.5),
    ],
)
def test_decimal_and_thousands_marks(tmp_path: Path, cell: str, marks: str, kilograms: float):
    fields = f"  net_mass_kg: {{from: w{', ' + marks if marks else ''}}}\n"
    assert one(tmp_path, {"w": cell}, fields)["net_mass_kg"] == kilograms


@pytest.mark.parametrize("cell", ["1.23,4", "1,2,3", "1.2345,6", ",5.", "1.234.56"])
def test_marks_that_stand_wrong_are_not_guessed_at(tmp_path: Path, cell: str):
    row = one(tmp_path, {"w": cell}, '  net_mass_kg: {from: w, decimal: ",", thousands: "."}\n')
    assert (row["reason"], row["field"], row["value"]) == ("not_a_number", "net_mass_kg", cell)


@pytest.mark.parametrize(("unit", "factor"), [("g", 0.001), ("t", 1000), ("lb", 0.45359237), ("公斤", 1), ("斤", 0.5)])
def test_masses_become_kilograms(tmp_path: Path, unit: str, factor: float):
    by_file = one(tmp_path, {"w": "2"}, f"  net_mass_kg: {{from: w, unit: {unit}}}\n")
    by_row = one(tmp_path, {"w": "2", "u": unit}, "  net_mass_kg: {from: w, unit_from: u}\n")
    assert by_file["net_mass_kg"] == by_row["net_mass_kg"] == pytest.approx(2 * factor)


def test_a_mass_in_litres_is_no_mass_and_is_counted(tmp_path: Path):
    row = one(tmp_path, {"w": "2", "u": "l"}, "  net_mass_kg: {from: w, unit_from: u}\n")
    assert row["net_mass_kg"] is None
    assert ("net_mass_kg", "l", "unit_not_a_mass") in row["warned"]


def test_codes_of_units_are_translated(tmp_path: Path):
    row = one(tmp_path, {"w": "2", "u": "14"}, '  net_mass_kg: {from: w, unit_from: u, units: {"14": t}}\n')
    assert row["net_mass_kg"] == 2000


@pytest.mark.parametrize(
    ("cell", "form"),
    [
        ("20241001", "YYYYMMDD"),
        ("01/10/2024", "DD/MM/YYYY"),
        ("1/10/2024", "%d/%m/%Y"),
        ("10/01/2024", "MM/DD/YYYY"),
        ("1-oct-2024", "DD-MON-YYYY"),
        ("1 octubre 2024", "DD MON YYYY"),
        ("Oct 1, 2024", "MON DD, YYYY"),
        ("2024年10月01日", "YYYY年MM月DD日"),
        ("２０２４年１０月１日", "YYYY年MM月DD日"),
        ("45566", "excel"),
        ("44104", "excel1904"),
        ("1727740800", "epoch_s"),
        ("1727740800000", "epoch_ms"),
    ],
)
def test_date_formats(tmp_path: Path, cell: str, form: str):
    row = one(tmp_path, {"left": cell}, f"  dispatch_date: {{from: left, dates: ['{form}']}}\n")
    assert str(row["dispatch_date"]) == "2024-10-01"


def test_a_moment_becomes_the_day_of_its_zone(tmp_path: Path):
    fields = "  dispatch_date: {from: left, zone: Asia/Seoul}\n"
    assert str(one(tmp_path, {"left": "2024-01-01T20:00:00Z"}, fields)["dispatch_date"]) == "2024-01-02"


def test_constants_joins_lists_padding_nulls_and_codes(tmp_path: Path):
    fields = """
  currency: {constant: USD}
  destination_country: {from: dest, codes: {EUA: US, NO: "NO"}}
  origin_country: {from: orig}
  transit_countries: {from: via, split: "/"}
  hs_code: {from: [a, b], join: ""}
  invoice_number: {from: inv, nulls: ["-"]}
  cas: {from: c, pad: 6}
"""
    row = one(
        tmp_path,
        {"dest": "EUA", "orig": "墨西哥", "via": "PA/China", "a": "29141", "b": "1", "inv": "-", "c": "1234"},
        fields,
    )
    assert (row["currency"], row["destination_country"], row["origin_country"]) == ("USD", "US", "MX")
    assert (row["transit_countries"], row["hs_code"], row["hs6"]) == (["PA", "CN"], "291411", "291411")
    assert (row["invoice_number"], row["cas"]) == (None, "001234")


def test_norway_is_a_country_and_no_truth_value(tmp_path: Path):
    assert (
        one(tmp_path, {"dest": "NO"}, "  destination_country: {from: dest, codes: {NO: NO}}\n")["destination_country"]
        == "NO"
    )


def test_a_word_that_is_in_no_list_empties_the_cell_and_is_counted(tmp_path: Path):
    row = one(tmp_path, {"cur": "DOLLARS"}, "  currency: {from: cur}\n")
    assert row["currency"] is None
    assert ("currency", "DOLLARS", "not_in_list:iso4217") in row["warned"]


def test_rows_of_one_kind_take_the_column_and_others_a_constant(tmp_path: Path):
    fields = '  export_country: {from: c, when: {kind: ["1"]}, otherwise: MX}\n'
    assert one(tmp_path, {"c": "CN", "kind": "1"}, fields)["export_country"] == "CN"
    assert one(tmp_path, {"c": "CN", "kind": "2"}, fields)["export_country"] == "MX"


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "big5", "utf-16"])
def test_encodings(tmp_path: Path, encoding: str):
    source = csv_file(tmp_path, "id,day,goods\nA1,2024-01-02,丙酮\n", encoding=encoding)
    assert (
        accepted(staged(source, tmp_path, mapping("", f"file: {{encoding: {encoding}}}")))[0]["description"] == "丙酮"
    )


def test_files_without_a_header_with_lines_before_it_and_with_a_last_bar(tmp_path: Path):
    headless = csv_file(tmp_path, "A1;2024-01-02;x\n", name="1.csv")
    more = 'file: {delimiter: ";", columns: [id, day, goods]}'
    assert staged(headless, tmp_path / "1", mapping("", more)).accepted == 1
    titled = csv_file(tmp_path, "A title\n\nExported today\nid|day|goods|\nA1|2024-01-02|x|\n", name="2.csv")
    more = 'file: {delimiter: "|", quote: "", skip_rows: 2, trailing_delimiter: true}'
    assert staged(titled, tmp_path / "2", mapping("", more)).accepted == 1


BAD = {
    "no YAML": ("a: [", "not valid YAML"),
    "an alias": ("a: &a [1]\nb: *a", "an alias"),
    "nothing": ("", "is not of type 'object'"),
    "no table": ("mapping: m\nfields: {date: {from: a}}", "'table' is a required property"),
    "no such field": ("mapping: m\ntable: shipments\nfields: {colour: {from: a}}", "has no field 'colour'"),
    "no such key": ("mapping: m\ntable: shipments\nfields: {date: {from: a, shade: b}}", "'shade' was unexpected"),
    "from and constant": ("mapping: m\ntable: shipments\nfields: {date: {from: a, constant: b}}", "valid under each"),
    "no such date format": ("mapping: m\ntable: shipments\nfields: {date: {from: a, dates: [YY]}}", "date format"),
    "no such zone": ("mapping: m\ntable: shipments\nfields: {date: {from: a, zone: Mars/One}}", "no time zone"),
    "no such unit": ("mapping: m\ntable: shipments\nfields: {net_mass_kg: {from: a, unit: l}}", "not a unit of mass"),
    "no such encoding": (
        "mapping: m\ntable: shipments\nfile: {encoding: utf-9}\nfields: {date: {from: a}}",
        "no encoding",
    ),
    "a novel": ("#" * 2_000_000, "too long to be a mapping"),
    "very deep": ("[" * 100_000, "not valid YAML"),
}


@pytest.mark.parametrize(("text", "words"), BAD.values(), ids=BAD)
def test_a_wrong_mapping_says_what_is_wrong_where_and_what_to_do(text: str, words: str):
    with pytest.raises(InputError, match=words) as caught:
        parse_mapping(text, "m.yaml")
    assert caught.value.remedy
    assert "m.yaml" in str(caught.value.place)


@pytest.mark.parametrize("name", ["nope.yaml", "."])
def test_a_mapping_that_cannot_be_read(tmp_path: Path, name: str):
    with pytest.raises(InputError, match="The mapping cannot be read") as caught:
        load_mapping(tmp_path / name)
    assert "kcs-import-declarations" in caught.value.remedy


def test_columns_that_the_mapping_reads_must_be_there(tmp_path: Path):
    error = refused(csv_file(tmp_path, "id,day\nA1,2024-01-02\n"), tmp_path, mapping(""))
    assert "There is no column 'goods', which the mapping 'm' reads." in error.message


def test_a_mapping_of_constants_reads_nothing(tmp_path: Path):
    fields = "{declaration_id: {constant: A}, date: {constant: 2024x}, cas: {constant: c}}"
    text = f"mapping: m\ntable: shipments\nfields: {fields}"
    assert "reads no column" in refused(csv_file(tmp_path, "a\n1\n"), tmp_path, parse_mapping(text, "m")).message


def test_a_mapping_is_for_one_table(tmp_path: Path):
    with pytest.raises(UsageError, match="is for shipments, not for payments"):
        stage("payments", [csv_file(tmp_path, "id,day,goods\n")], mapping(""), tmp_path)


def test_shipped_mappings_load_and_say_where_their_format_is_published():
    names = shipped_mapping_names()
    assert {"kcs-import-declarations", "mx-data-stage-551"} <= set(names)
    for name in names:
        loaded = load_mapping(name)
        assert set(loaded.title) == {"en", "zh", "es"}
        assert "https://" in loaded.source


def test_the_mexican_format(tmp_path: Path):
    """The header is the public one of record 551; the rows are invented."""
    header = (
        "Patente|Pedimento|SeccionAduanera|Fraccion|SecuenciaFraccion|SubdivisionFraccion|DescripcionMercancia|"
        "PrecioUnitario|ValorAduana|ValorComercial|ValorDolares|CantidadUMComercial|UnidadMedidaComercial|"
        "CantidadUMTarifa|UnidadMedidaTarifa|ValorAgregado|ClaveVinculacion|MetodoValorizacion|CodigoMercanciaProducto|"
        "MarcaMercanciaProducto|ModeloMercanciaProducto|PaisOrigenDestino|PaisCompradorVendedor|EntidadFedOrigen|"
        "EntidadFedDestino|EntidadFedComprador|EntidadFedVendedor|TipoOperacion|ClaveDocumento|FechaPagoReal"
    )
    more = "|0|0||||{}|USA| | | | |{}|A1|2024-01-1{} 15:57:02|"
    bought = "3001|4000123|160|29141100|1|00|ACETONA|1|0|35|1976.88|12|1|4.8|1|" + more.format("CHN", 1, 3)
    sold = "3001|4000124|160|39100001|2|99|SILICONAS|1|0|35|10.5|12|8|4.8|8|" + more.format("USA", 2, 4)
    source = csv_file(tmp_path, f"{header}\r\n{bought}\r\n{sold}\r\n", name="551.asc")
    result = staged(source, tmp_path, load_mapping("mx-data-stage-551"))
    assert adds_up(result)
    first, second = accepted(result)
    assert (first["declaration_id"], first["line"], str(first["date"])) == ("3001-4000123-160", 1, "2024-01-13")
    assert (first["hs_code"], first["hs6"], first["description"]) == ("2914110000", "291411", "ACETONA")
    assert (first["origin_country"], first["export_country"], first["destination_country"]) == ("CN", "US", "MX")
    assert (first["net_mass_kg"], first["unit"], first["value"], first["currency"]) == (4.8, "kg", 1976.88, "USD")
    assert (second["export_country"], second["destination_country"], second["net_mass_kg"]) == ("MX", "US", None)


@pytest.mark.shared
def test_the_korean_format(tmp_path: Path, shared_data: Path):
    source = shared_data / "screening" / "kcs_syn_valid.csv"
    result = staged(source, tmp_path, load_mapping("kcs-import-declarations"))
    assert adds_up(result)
    assert result.accepted > 1000
    assert result.quarantined == 0
    first = accepted(result)[0]
    assert (first["declaration_id"], str(first["date"]), first["hs6"]) == ("56839011", "2021-01-01", "760711")
    assert (first["destination_country"], first["currency"], first["net_mass_kg"]) == ("KR", "KRW", 901.2)


def test_rows_add_up_over_many_files_and_a_bad_row_says_where_it_stands(tmp_path: Path):
    head = "declaration_id,date,description,net_mass_kg\n"
    rows = [["declaration_id", "date", "description"], ["X1", "2024-01-02", "x"], ["X2", None, "y"]]
    sources = [
        csv_file(tmp_path, head + "A1,2024-01-02,x,1\nA2,2024-01-02,y,heavy\nA3,2024-01-02\n", name="a.csv"),
        gz_file(tmp_path, head + "B1,tomorrow,x,\n", name="b.csv.gz"),
        xlsx_file(tmp_path, rows, name="c.xlsx"),
        parquet_file(
            tmp_path, {"declaration_id": ["P1"], "date": ["2024-01-02"], "description": [None]}, name="d.parquet"
        ),
    ]
    for processes in (1, 2):
        result = staged(sources, tmp_path / str(processes), processes=processes)
        assert adds_up(result)
        assert [(file.rows_read, file.accepted, file.quarantined) for file in result.files] == [
            (3, 1, 2),
            (1, 0, 1),
            (2, 1, 1),
            (1, 0, 1),
        ]
        found = {
            (Path(row["file"]).name, row["line"], row["field"], row["value"], row["reason"])
            for row in quarantined(result)
        }
        assert found == {
            ("a.csv", 2, "net_mass_kg", "heavy", "not_a_number"),
            ("a.csv", 3, None, "A3,2024-01-02", "cell_count"),
            ("b.csv.gz", 1, "date", "tomorrow", "not_a_date"),
            ("c.xlsx", 2, "date", "", "missing"),
            ("d.parquet", 1, "description/cas/hs_code", "", "no_goods"),
        }
        assert all(row["message"] and row["raw"] for row in quarantined(result))


def test_columns_of_a_file_without_a_mapping_that_are_not_read_are_named(tmp_path: Path):
    (tmp_path / "in.csv").write_text(
        "declaration_id,date,description,hscode\nA1,2024-01-02,x,291411\n", encoding="utf-8"
    )
    (warned,) = stage("shipments", [tmp_path / "in.csv"], None, tmp_path / "out").warnings
    assert (warned.field, warned.value, warned.reason, warned.count) == ("", "hscode", "unused_columns", 1)
