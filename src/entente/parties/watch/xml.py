"""The consolidated lists of the United Nations and the European Union, from their XML.

Entities and external references in a document are refused (defusedxml): a list is data from outside.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import parse

from entente.parties.watch.model import Entry

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def _root(path: Path) -> Element:
    from xml.etree.ElementTree import ParseError

    try:
        root = parse(path).getroot()
    except (ParseError, DefusedXmlException) as error:
        raise ValueError from error
    if root is None:
        raise ValueError
    return root


def _local(element: Element) -> str:
    return element.tag.rsplit("}", 1)[-1]


def _texts(element: Element, *names: str) -> list[str]:
    return [
        (child.text or "").strip() for name in names for child in element.findall(name) if (child.text or "").strip()
    ]


def un_entries(path: Path) -> tuple[str, Iterator[Entry]]:
    """Edition and entries of the UN list (`CONSOLIDATED_LIST`, individuals and entities)."""
    root = _root(path)
    if _local(root) != "CONSOLIDATED_LIST":
        raise ValueError
    return root.get("dateGenerated", "")[:10], _un(root)


def _un(root: Element) -> Iterator[Entry]:
    for tag, kind in (("INDIVIDUAL", "person"), ("ENTITY", "company")):
        for one in root.iter(tag):
            parts = _texts(one, "FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME")
            names = [" ".join(parts), *_texts(one, "NAME_ORIGINAL_SCRIPT")]
            for alias in one.findall(f"{tag}_ALIAS"):
                names += _texts(alias, "ALIAS_NAME")
            born = [day for place in one.findall("INDIVIDUAL_DATE_OF_BIRTH") for day in _texts(place, "DATE")]
            address = [text for place in one.findall(f"{tag}_ADDRESS") for text in _texts(place, "STREET", "CITY")]
            yield Entry(
                next(iter(_texts(one, "REFERENCE_NUMBER", "DATAID")), ""),
                tuple(names),
                kind,
                tuple(_texts(one, "UN_LIST_TYPE")),
                address=", ".join(address[:4]),
                born=born[0][:10] if len(born) == 1 else "",
                source=f"UN {next(iter(_texts(one, 'REFERENCE_NUMBER')), '')}",
                since=next(iter(_texts(one, "LISTED_ON")), "")[:10],
            )


def eu_entries(path: Path) -> tuple[str, Iterator[Entry]]:
    """Edition and entries of the EU list (`export` of `sanctionEntity`, schema 1.1)."""
    root = _root(path)
    if _local(root) != "export":
        raise ValueError
    return root.get("generationDate", "")[:10], _eu(root)


def _eu(root: Element) -> Iterator[Entry]:
    for one in root:
        if _local(one) != "sanctionEntity":
            continue
        children: dict[str, list[Element]] = {}
        for child in one:
            children.setdefault(_local(child), []).append(child)
        kind = next((child.get("code", "") for child in children.get("subjectType", ())), "")
        acts = children.get("regulation", [])
        days = {child.get("birthdate", "") for child in children.get("birthdate", ())} - {""}
        yield Entry(
            one.get("euReferenceNumber") or one.get("logicalId") or "",
            tuple(child.get("wholeName", "") for child in children.get("nameAlias", ())),
            {"person": "person", "enterprise": "company"}.get(kind),
            tuple(sorted({act.get("programme", "") for act in acts} - {""})),
            next((child.get("countryIso2Code", "") for child in children.get("address", ())), "").replace("00", ""),
            next((child.get("street", "") for child in children.get("address", ())), ""),
            days.pop() if len(days) == 1 else "",
            source=next((act.get("numberTitle", "") for act in acts), ""),
            since=min((act.get("publicationDate", "") for act in acts if act.get("publicationDate")), default=""),
        )
