"""Watch lists: every form of import, hits with their provenance, and what changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from entente.errors import InputError, UsageError
from entente.parties.facts import Facts
from entente.parties.identifiers import Identifier
from entente.parties.matching import Record
from entente.parties.model import load as load_model
from entente.parties.watch.model import WatchList, dump, load
from entente.parties.watch.reading import FORMS, import_list
from entente.parties.watch.screening import changes, screen

MODEL = load_model()
OFAC = '36,"MOUMOU TRADING CO., LTD.","-0- ","SDNTK] [CUBA",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n'
OFAC += '37,"DOE, Juan","individual","SDNTK",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\nshort,row\r\n\x1a\r\n'
UN = """<CONSOLIDATED_LIST dateGenerated="2026-08-01T00:00:00Z"><INDIVIDUALS><INDIVIDUAL><DATAID>1</DATAID>
<FIRST_NAME>Juan</FIRST_NAME><SECOND_NAME>Doe</SECOND_NAME><UN_LIST_TYPE>X</UN_LIST_TYPE>
<REFERENCE_NUMBER>Xi.001</REFERENCE_NUMBER><LISTED_ON>2020-01-02</LISTED_ON>
<NAME_ORIGINAL_SCRIPT>胡安</NAME_ORIGINAL_SCRIPT>
<INDIVIDUAL_ALIAS><ALIAS_NAME>Johnny Doe</ALIAS_NAME></INDIVIDUAL_ALIAS>
<INDIVIDUAL_DATE_OF_BIRTH><DATE>1970-01-02</DATE></INDIVIDUAL_DATE_OF_BIRTH></INDIVIDUAL></INDIVIDUALS>
<ENTITIES><ENTITY><FIRST_NAME>Moumou Trading</FIRST_NAME><REFERENCE_NUMBER>Xe.001</REFERENCE_NUMBER></ENTITY></ENTITIES>
</CONSOLIDATED_LIST>"""
EU = """<export xmlns="http://eu.europa.ec/fpi/fsd/export" generationDate="2026-08-01T10:00:00">
<sanctionEntity euReferenceNumber="EU.1.2" logicalId="1"><regulation programme="ABC" numberTitle="2020/1 (OJ L1)"
publicationDate="2020-01-02"/><subjectType code="enterprise"/><nameAlias wholeName="Moumou Trading"/>
<nameAlias wholeName="Haoda Chemicals"/><address countryIso2Code="CN" street="Road 1"/></sanctionEntity></export>"""
FTM = '{"id":"x1","schema":"Company","datasets":["test"],"properties":{"name":["Moumou Trading"],'
FTM += '"alias":["MMT Trading"],"leiCode":["529900T8BM49AURSDO55"],"jurisdiction":["cn"]}}\n'
FTM += '{"id":"x2","schema":"Address","properties":{}}\nbroken\n'
SAT = "Información actualizada\nNo,RFC,Nombre del Contribuyente,Situación del contribuyente\n"
SAT += "1,MAB9307148T4,MOUMOU DE MÉXICO SA DE CV,Definitivo\n2,GODE561231GR8,DOE GÓMEZ JUAN,Presunto\n"
OWN = "id,name,aliases,kind,programme,country,identifiers\n"
OWN += "a,Moumou Trading,MMT;Moumou,company,house,cn,lei:529900T8BM49AURSDO55;x\n"
BIS = {
    "extracted": "2026-07-09",
    "entities": [
        {"name": "Moumou", "aliases": ["MMT"], "country": "China", "address": "x", "federal_register": "84 FR 1"},
        {"name": "Moumou", "aliases": [], "country": "China", "address": "y", "federal_register": "84 FR 2"},
    ],
}
SAMPLES = {
    "ofac-csv": "uid,name,type,programs,alternate_names\n36,MOUMOU TRADING,entity,CUBA; SDNTK,MMT; MM TRADE\n",
    "ofac-sdn": OFAC,
    "bis-json": json.dumps(BIS),
    "un-xml": UN,
    "eu-xml": EU,
    "ftm-json": FTM,
    "sat-69b": SAT,
    "own-csv": OWN,
}


def imported(form: str, folder: Path, text: str | None = None, encoding: str = "utf-8") -> WatchList:
    path = folder / "list.sdn"
    path.write_bytes((SAMPLES[form] if text is None else text).encode(encoding))
    return import_list(path, form, name="TEST", version="1", today="2026-01-02")


def test_every_form_has_a_sample():
    assert set(SAMPLES) == set(FORMS)


@pytest.mark.parametrize("form", SAMPLES)
def test_an_imported_list_keeps_where_it_came_from_and_reads_back(form: str, tmp_path: Path):
    made = imported(form, tmp_path)
    assert (made.name, made.version, made.file, made.imported) == ("TEST", "1", "list.sdn", "2026-01-02")
    assert len(made.sha256) == 64
    assert all(entry.names and entry.id for entry in made.entries)
    (tmp_path / "made.json").write_text(dump(made), encoding="utf-8")
    assert load(tmp_path / "made.json") == made


def test_ofac_official(tmp_path: Path):
    (tmp_path / "list.alt").write_text('36,1,"aka","MOUMOU LTD",-0- \r\n', encoding="utf-8")
    made = imported("ofac-sdn", tmp_path)
    assert [(one.id, one.kind, one.programmes) for one in made.entries] == [
        ("36", "company", ("SDNTK", "CUBA")),
        ("37", "person", ("SDNTK",)),
    ]
    assert made.entries[0].names == ("MOUMOU TRADING CO., LTD.", "MOUMOU LTD")
    assert made.refused == (("columns", 1),)


def test_un_and_eu(tmp_path: Path):
    person, firm = imported("un-xml", tmp_path).entries[::-1]
    assert (person.names, person.born, person.since) == (("Juan Doe", "胡安", "Johnny Doe"), "1970-01-02", "2020-01-02")
    assert firm.kind == "company"
    (entry,) = imported("eu-xml", tmp_path).entries
    assert (entry.id, entry.programmes, entry.country, entry.since) == ("EU.1.2", ("ABC",), "CN", "2020-01-02")


def test_followthemoney_keeps_valid_identifiers_and_counts_broken_lines(tmp_path: Path):
    made = imported("ftm-json", tmp_path)
    assert made.entries[0].identifiers == (("lei", "529900T8BM49AURSDO55"),)
    assert made.refused == (("line", 1),)


def test_sat_tells_persons_from_firms_in_either_encoding(tmp_path: Path):
    for encoding in ("utf-8", "cp1252"):
        made = imported("sat-69b", tmp_path, encoding=encoding)
        assert {one.id: (one.kind, one.programmes) for one in made.entries} == {
            "MAB9307148T4": ("company", ("69-B Definitivo",)),
            "GODE561231GR8": ("person", ("69-B Presunto",)),
        }


def test_equal_entries_of_a_list_without_numbers_stay_apart(tmp_path: Path):
    assert [one.id for one in imported("bis-json", tmp_path).entries] == ["China/Moumou", "China/Moumou/2"]


def test_a_list_without_an_edition_is_refused(tmp_path: Path):
    path = tmp_path / "list.csv"
    path.write_text(OWN, encoding="utf-8")
    with pytest.raises(UsageError, match="which edition"):
        import_list(path, "own-csv", name="T", version=None, today="2026-01-02")


@pytest.mark.parametrize("form", SAMPLES)
@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "\x00\x01",
        '<!DOCTYPE x [<!ENTITY a "b">]><CONSOLIDATED_LIST>&a;</CONSOLIDATED_LIST>',
        "[]",
        "{}",
    ],
)
def test_what_is_no_list_is_refused_with_a_remedy(form: str, text: str, tmp_path: Path):
    with pytest.raises(InputError) as caught:
        imported(form, tmp_path, text)
    assert caught.value.remedy


def test_a_hit_names_list_entry_programme_and_alias(tmp_path: Path):
    watch = imported("eu-xml", tmp_path)
    hits = list(screen([Record("m", "HAODA QUIMICA S.A. DE C.V."), Record("n", "Unrelated Chemicals")], [watch], MODEL))
    assert [(hit["mention_id"], hit["list"], hit["entry"], hit["alias"], hit["programmes"]) for hit in hits] == [
        ("m", "TEST", "EU.1.2", True, ["ABC"])
    ]


def test_a_person_on_a_list_is_never_matched_on_the_name_alone(tmp_path: Path):
    watch = imported("un-xml", tmp_path)
    alone, known = (
        next(iter(screen([Record("m", "Juan Doe", "person", facts)], [watch], MODEL)))
        for facts in (Facts(), Facts(born="1970-01-02"))
    )
    assert (alone["verdict"], known["verdict"]) == ("review", "match")


def test_an_identifier_finds_an_entry_under_another_name(tmp_path: Path):
    facts = Facts((Identifier("lei", "529900T8BM49AURSDO55"),))
    (hit,) = screen([Record("m", "Quite Another Name Ltd", None, facts)], [imported("own-csv", tmp_path)], MODEL)
    assert (hit["verdict"], hit["entry"]) == ("match", "a")
    assert "same_lei" in hit["reasons"]


def test_a_second_run_says_only_what_changed(tmp_path: Path):
    watch = imported("eu-xml", tmp_path)
    before = list(screen([Record("m", "Moumou Trading Ltd"), Record("k", "Moumou Trading Ltd")], [watch], MODEL))
    again = list(screen([Record("m", "Moumou Trading Ltd"), Record("new", "Moumou Trading Ltd")], [watch], MODEL))
    assert {(hit["mention_id"], hit["change"]) for hit in changes(again, before)} == {
        ("m", "same"),
        ("new", "new"),
        ("k", "gone"),
    }
    other = [{**hit, "programmes": ["OTHER"]} for hit in before]
    assert {hit["change"] for hit in changes(before, other)} == {"changed"}
    assert {hit["change"] for hit in changes(before, changes([], before))} == {"new"}


@pytest.mark.shared
def test_the_real_lists_import_whole(shared_data: Path):
    for file, form, size in (
        ("ofac-sdn.kindrat86.csv", "ofac-csv", 19_000),
        ("bis_entity_list.json", "bis-json", 3_409),
    ):
        made = import_list(shared_data / "parties" / file, form, name="X", version="1", today="2026-01-02")
        assert len(made.entries) >= size
        assert not made.refused
