"""Texts that were damaged before they came here are valid and wrong: a person is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from entente.records import StageResult, describe
from entente.records.garbled import damage
from records_files import HEADER, TIGHT, accepted, adds_up, csv_file, refused, staged, xlsx_file

GOODS = ["anhídrido acético", "丙酮", "盐酸麻黄碱 25公斤", "éther éthylique", "ацетон", "무수초산 99%"]


def misread(text: str, written: str, read: str) -> str:
    return text.encode(written).decode(read)


def notes(result: StageResult) -> list[tuple[str, str, str, int]]:
    assert adds_up(result)
    kinds = {"misread", "lost_letters", "rounded_number"}
    return [(one.field, one.reason, one.value, one.count) for one in result.warnings if one.reason in kinds]


class TestTexts:
    @pytest.mark.parametrize("text", GOODS)
    def test_utf8_that_was_read_as_latin1(self, text: str):
        assert damage(misread(text, "utf-8", "latin-1")) == "misread"

    @pytest.mark.parametrize("text", ["anhídrido acético", "éther éthylique"])
    def test_utf8_that_was_read_as_windows_1252(self, text: str):
        assert damage(text.encode("utf-8").decode("cp1252", "replace")) in ("misread", "lost_letters")

    @pytest.mark.parametrize("text", ["丙酮", "无水醋酸 液体"])
    def test_hanzi_that_were_read_as_latin1(self, text: str):
        assert damage(misread(text, "gb18030", "latin-1")) == "misread"

    @pytest.mark.parametrize("text", ["anh\ufffddrido", "????", "ACETONE ??? DRUMS"])
    def test_letters_that_an_encoding_lacked(self, text: str):
        assert damage(text) == "lost_letters"

    @pytest.mark.parametrize(
        "text",
        [
            *GOODS,
            *(
                "Société Générale",
                "PEÑA Y CÍA",
                "ÅÄÖ AB",
                "Grün & Söhne",
                "naïve café",
                "São João",
                "50°C ±5",
                "½” tube",
            ),
            *("What?", "Really??", "«Ацетон»", "", "x", "100 µm", "ÁÉÍÓÚ", "AÇÃO", "Señor", "Œuvre", "“quoted”", "Ï·Î"),
            *("CAMIÓN ELÉCTRICO", "übergröße", "ÀÈÌÒÙ", "coração", "PRODUÇÃO"),
        ],
    )
    def test_texts_as_they_should_be(self, text: str):
        assert damage(text) is None


class TestFiles:
    def test_are_read_as_they_stand_and_noted_with_their_places(self, tmp_path: Path):
        wrong = [misread("丙酮", "utf-8", "latin-1"), "acetone", misread("丙酮", "gb18030", "latin-1"), "??????"]
        rows = [f"A{at},2024-01-02,{text}" for at, text in enumerate(wrong)]
        result = staged(csv_file(tmp_path, "\n".join([HEADER, *rows])), tmp_path)
        assert notes(result) == [
            ("description", "lost_letters", "4: ??????", 1),
            ("description", "misread", f"1: {wrong[0]}, 3: {wrong[2]}", 2),
        ]
        assert [row["description"] for row in accepted(result)] == wrong

    def test_a_file_of_good_texts_has_no_note(self, tmp_path: Path):
        rows = [f"A{at},2024-01-02,{text}" for at, text in enumerate(GOODS)]
        assert notes(staged(csv_file(tmp_path, "\n".join([HEADER, *rows])), tmp_path, limits=TIGHT)) == []

    def test_of_a_long_file_some_rows_are_looked_at(self, tmp_path: Path):
        rows = [f"A{at},2024-01-02,????" for at in range(20_000)]
        ((field, reason, _, count),) = notes(staged(csv_file(tmp_path, "\n".join([HEADER, *rows])), tmp_path))
        assert (field, reason) == ("description", "lost_letters")
        assert 1000 < count <= 4096

    def test_numbers_that_a_spreadsheet_has_rounded(self, tmp_path: Path):
        rows = ["2.02411E+17,2024-01-02,x", "2.02411E+17,2024-01-03,x", "E+17,2024-01-02,x", "1E,2024-01-02,x"]
        result = staged(csv_file(tmp_path, "\n".join([HEADER, *rows])), tmp_path)
        assert notes(result) == [("declaration_id", "rounded_number", "1: 2.02411E+17, 2: 2.02411E+17", 2)]

    def test_and_one_that_a_workbook_holds_so(self, tmp_path: Path):
        result = staged(xlsx_file(tmp_path, [HEADER.split(","), [2.02411e17, "2024-01-02", "x"]]), tmp_path)
        assert [one[1] for one in notes(result)] == ["rounded_number"]

    def test_files_that_were_joined_end_to_end(self, tmp_path: Path):
        """The second file's byte-order mark is no part of the first cell."""
        text = f"\ufeff{HEADER}\nA1,2024-01-02,x\n\ufeffA2,2024-01-02,\ufeffy\n"
        rows = accepted(staged(csv_file(tmp_path, text), tmp_path))
        assert [(row["declaration_id"], row["description"]) for row in rows] == [("A1", "x"), ("A2", "y")]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_hanzi_in_utf16_without_a_mark_are_refused_with_their_encoding(tmp_path: Path, encoding: str):
    """Half of an ordinary text in UTF-16 is NULs, which tells it; a text of Hanzi has few."""
    rows = [f"A{at},2024-01-02,{'丙酮盐酸麻黄碱' * 12}" for at in range(50)]
    path = csv_file(tmp_path, "\n".join([HEADER, *rows, ""]), encoding=encoding)
    assert f"it looks like {encoding}" in refused(path, tmp_path).message
    assert describe(path).encoding == encoding
