"""Importers: each turns the bytes of one published form into entries, and counts what it could not read.

| form | what | published by |
|---|---|---|
| ofac-csv | SDN names with programmes and aliases (uid, name, type, programs, alternate_names) | OFAC, as republished |
| ofac-sdn | the official `sdn.csv`, twelve columns without a header, with `alt.csv` beside it | OFAC |
| bis-json | Entity List (supplement no. 4 to part 744) as JSON: name, aliases, country, address, citation | BIS |
| un-xml | consolidated list, `CONSOLIDATED_LIST` | UN Security Council |
| eu-xml | consolidated financial sanctions, `sanctionEntity` | European Union |
| ftm-json | FollowTheMoney entities, one JSON a line | OpenSanctions and others |
| sat-69b | taxpayers of article 69-B of the Código Fiscal de la Federación, CSV | SAT |
| own-csv | your own: id, name, aliases, kind, programme, country, address, born, identifiers | you |
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from entente.errors import InputError, Place, UsageError
from entente.parties.identifiers import Identifier, check, recognise
from entente.parties.watch.model import Entry, WatchList, digest
from entente.parties.watch.xml import eu_entries, un_entries

Refused = Counter[str]
_MOST_NAMES = 200
_EMPTY_MARK = "-0-"


def import_list(path: Path, form: str, *, name: str, version: str | None, today: str) -> WatchList:
    """Import a published list.

    Args:
        path: the file as published.
        form: one of `FORMS`.
        name: short name of the list.
        version: the edition, where the file does not tell it.
        today: day of the import (YYYY-MM-DD).

    Raises:
        InputError: the file cannot be read, or is not of that form.
        UsageError: neither the file nor the caller says which edition it is.
    """
    refused: Refused = Counter()
    sha = digest(path)
    try:
        told, entries = FORMS[form](path, refused)
        listed = _unique(entries, refused)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, csv.Error) as error:
        raise InputError(
            f"This file is not of the form {form}.",
            remedy=f"Give the file as it was published. Forms: {', '.join(FORMS)}.",
            place=Place(str(path)),
        ) from error
    if not listed:
        raise InputError("No entry could be read from this list.", remedy="Check --form.", place=Place(str(path)))
    edition = version or told
    if not edition:
        raise UsageError(
            "This file does not say which edition it is.",
            remedy="Say it with --edition, for example the day of publication.",
            place=Place(str(path)),
        )
    return WatchList(name, edition, path.name, sha, today, listed, tuple(sorted(refused.items())))


def _unique(entries: Iterator[Entry], refused: Refused) -> tuple[Entry, ...]:
    found: dict[str, Entry] = {}
    for entry in entries:
        names = tuple(dict.fromkeys(name.strip() for name in entry.names if name.strip()))[:_MOST_NAMES]
        if not names:
            refused["no_name"] += 1
        elif entry.id in found:
            refused["repeated_id"] += 1
        else:
            found[entry.id] = _with_names(entry, names)
    return tuple(found[key] for key in sorted(found))


def _with_names(entry: Entry, names: tuple[str, ...]) -> Entry:
    from dataclasses import replace

    return replace(entry, names=names)


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8-sig")


def _ofac_csv(path: Path, refused: Refused) -> tuple[str, Iterator[Entry]]:
    del refused
    rows = csv.DictReader(io.StringIO(_text(path), newline=""))
    return "", (
        Entry(
            row["uid"],
            (row["name"], *row["alternate_names"].split(";")),
            "person" if row["type"] == "individual" else "company" if row["type"] == "entity" else None,
            tuple(one.strip() for one in row["programs"].split(";") if one.strip()),
            source="31 CFR chapter V",
        )
        for row in rows
    )


def _ofac_sdn(path: Path, refused: Refused) -> tuple[str, Iterator[Entry]]:
    aliases: dict[str, list[str]] = {}
    beside = path.with_name(path.name.lower().replace("sdn", "alt"))
    if beside.is_file() and beside != path:
        for row in csv.reader(io.StringIO(_text(beside), newline="")):
            if len(row) >= 4:
                aliases.setdefault(row[0].strip(), []).append(row[3])

    def entries() -> Iterator[Entry]:
        for row in csv.reader(io.StringIO(_text(path), newline="")):
            if len(row) < 12:
                refused["columns"] += len(row) > 1
                continue
            cells = [cell.strip() if cell.strip() != _EMPTY_MARK else "" for cell in row]
            kind = {"individual": "person", "": "company"}.get(cells[2].lower())
            programmes = tuple(one.strip(" []") for one in cells[3].split("]") if one.strip(" []"))
            yield Entry(cells[0], (cells[1], *aliases.get(cells[0], ())), kind, programmes, source="31 CFR chapter V")

    return "", entries()


def _bis_json(path: Path, refused: Refused) -> tuple[str, Iterator[Entry]]:
    del refused
    document = json.loads(_text(path))

    def entries() -> Iterator[Entry]:
        seen: Counter[str] = Counter()
        for one in document["entities"]:
            # the list numbers nothing: an entry is its country and name, and its place among equals
            key = f"{one['country']}/{one['name']}"
            seen[key] += 1
            number = f"/{seen[key]}" if seen[key] > 1 else ""
            names = (one["name"], *(one.get("aliases") or ()))
            yield Entry(
                key + number,
                names,
                None,
                ("EAR 744 Supplement No. 4",),
                address=one.get("address") or "",
                source=one.get("federal_register") or "",
                since=one.get("effective_date") or "",
            )

    return str(document.get("extracted") or ""), entries()


def _ftm_json(path: Path, refused: Refused) -> tuple[str, Iterator[Entry]]:
    def entries() -> Iterator[Entry]:
        for line in _text(path).splitlines():
            if not line.strip():
                continue
            try:
                entity = json.loads(line)
                yield from _ftm_entity(entity)
            except (ValueError, AttributeError, TypeError, KeyError):
                refused["line"] += 1

    return "", entries()


_FTM_PERSONS = frozenset({"Person"})
_FTM_FIRMS = frozenset({"Company", "Organization", "PublicBody"})
_FTM_KINDS = {"leiCode": "lei", "imoNumber": "imo", "uscCode": "uscc", "email": "email", "publicKey": "wallet"}


def _ftm_entity(entity: Mapping[str, Any]) -> Iterator[Entry]:
    schema, properties = str(entity["schema"]), entity["properties"]
    if schema not in _FTM_PERSONS | _FTM_FIRMS | {"LegalEntity", "Vessel"}:
        return

    def of(*names: str) -> tuple[str, ...]:
        return tuple(str(value) for name in names for value in properties.get(name, ()))

    identifiers = [
        (found.kind, found.value)
        for name, kind in _FTM_KINDS.items()
        for value in of(name)
        if isinstance(found := check(kind, value), Identifier)
    ]
    yield Entry(
        str(entity["id"]),
        of("name", "alias", "previousName"),
        "person" if schema in _FTM_PERSONS else "company" if schema in _FTM_FIRMS else None,
        tuple(sorted({*of("program", "topics"), *map(str, entity.get("datasets", ()))})),
        next(iter(of("country", "jurisdiction", "nationality")), "").upper()[:2],
        next(iter(of("address")), ""),
        next(iter(of("birthDate")), ""),
        tuple(identifiers),
        next(iter(of("sourceUrl")), ""),
    )


def _sat_69b(path: Path, refused: Refused) -> tuple[str, Iterator[Entry]]:
    """The table of article 69-B: a title or two, then a header with RFC and the name, in Latin-1 or UTF-8."""
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    header = next((at for at, row in enumerate(rows[:20]) if any(cell.strip().upper() == "RFC" for cell in row)), None)
    if header is None:
        raise ValueError
    columns = [cell.strip().lower() for cell in rows[header]]
    rfc = columns.index("rfc")
    name = next(at for at, column in enumerate(columns) if column.startswith("nombre"))
    state = next((at for at, column in enumerate(columns) if column.startswith("situaci")), None)

    def entries() -> Iterator[Entry]:
        for row in rows[header + 1 :]:
            if len(row) <= max(rfc, name):
                refused["columns"] += 1
                continue
            found = check("rfc", row[rfc])
            kind = None
            if isinstance(found, Identifier):
                kind = "person" if found.detail == "person" else "company"
            programme = f"69-B {row[state].strip()}" if state is not None and state < len(row) else "69-B"
            identifiers = ((found.kind, found.value),) if isinstance(found, Identifier) else ()
            key = row[rfc].strip() or row[name].strip()
            yield Entry(key, (row[name],), kind, (programme,), "MX", identifiers=identifiers, source="CFF 69-B")

    return "", entries()


def _own_csv(path: Path, refused: Refused) -> tuple[str, Iterator[Entry]]:
    rows = csv.DictReader(io.StringIO(_text(path), newline=""))
    if "name" not in (rows.fieldnames or ()):
        raise ValueError

    def entries() -> Iterator[Entry]:
        for number, row in enumerate(rows, start=1):
            cells = {
                key: (value or "").strip()
                for key, value in row.items()
                if isinstance(key, str) and not isinstance(value, list)
            }
            identifiers = []
            for text in filter(None, (one.strip() for one in cells.get("identifiers", "").split(";"))):
                kind, colon, value = text.partition(":")
                found = check(kind, value) if colon and kind in _OWN_KINDS else recognise(text)
                if isinstance(found, Identifier):
                    identifiers.append((found.kind, found.value))
                else:
                    refused["identifier"] += 1
            kind = cells.get("kind", "").lower()
            yield Entry(
                cells.get("id") or str(number),
                (cells["name"], *cells.get("aliases", "").split(";")),
                kind if kind in {"person", "company"} else None,
                tuple(filter(None, (cells.get("programme", ""),))),
                cells.get("country", "").upper(),
                cells.get("address", ""),
                cells.get("born", ""),
                tuple(identifiers),
                cells.get("source", ""),
                cells.get("since", ""),
            )

    return "", entries()


_OWN_KINDS = frozenset({"uscc", "hk_cr", "lei", "rfc", "ein", "imo", "container", "iban", "email", "wallet", "phone"})


def _un_xml(path: Path, refused: Refused) -> tuple[str, Iterator[Entry]]:
    del refused
    return un_entries(path)


def _eu_xml(path: Path, refused: Refused) -> tuple[str, Iterator[Entry]]:
    del refused
    return eu_entries(path)


FORMS: dict[str, Callable[[Path, Refused], tuple[str, Iterator[Entry]]]] = {
    "ofac-csv": _ofac_csv,
    "ofac-sdn": _ofac_sdn,
    "bis-json": _bis_json,
    "un-xml": _un_xml,
    "eu-xml": _eu_xml,
    "ftm-json": _ftm_json,
    "sat-69b": _sat_69b,
    "own-csv": _own_csv,
}
