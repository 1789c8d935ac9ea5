"""Small control lists, written as YAML, for tests of the register."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from entente.substances.document import parse_document
from entente.substances.register import Register, build_register

HEAD = """\
format: entente/list/1
known_from: {known_from}
instrument:
  id: {id}
  jurisdiction: {jurisdiction}
  kind: {kind}
  title: {{en: Toy list, zh: 玩具清单, es: Lista de juguete}}
  sources:
    - address: https://example.org/act
  coverage:
{coverage}
  forms: [salt]
"""
SUBSTANCES = """\
substances:
  - id: examplin
    names:
      en: [examplin, {text: examplin acetate ester, form: [ester]}]
      zh-Hans: [示例碱]
      es: [examplina]
    acronyms: [EXN]
    cas:
      - cas: 64-17-5
      - {cas: 67-64-1, form: [salt]}
    hs:
      - {code: 2933.39, edition: 2022, specific: false}
  - id: otherine
    names:
      en: [otherine]
"""
COMPLETE = "    - {from: 0001-01-01, state: complete}"
PARTIAL = "    - {from: 0001-01-01, state: partial}"


def listing(substance: str = "examplin", effective_from: str = "2020-03-01", **fields: str) -> str:
    """One listing as YAML; further fields replace or add to the usual ones."""
    values = {
        "substance": substance,
        "category": "Schedule 1",
        "effective_from": effective_from,
        "quote": "Examplin",
        "quote_lang": "en",
        "confidence": "low",
        **fields,
    }
    lines = [f"{key}: {value}" for key, value in values.items()]
    return "  - " + "\n    ".join(lines) + "\n"


def list_text(
    *listings: str,
    id: str = "toy",  # noqa: A002 - the field's own name
    jurisdiction: str = "CN",
    kind: str = "precursor_list",
    coverage: str = COMPLETE,
    substances: str = SUBSTANCES,
    known_from: str = "2024-01-01",
) -> str:
    """A whole list file."""
    head = HEAD.format(id=id, jurisdiction=jurisdiction, kind=kind, coverage=coverage, known_from=known_from)
    return head + substances + ("listings:\n" + "".join(listings) if listings else "")


def register_of(*texts: str, known_at: date | None = None) -> Register:
    """A register made of list texts only, without the shipped lists."""
    documents = [parse_document(text.encode(), f"list{i}.yaml") for i, text in enumerate(texts)]
    return build_register(documents, known_at=known_at)


def toy(*listings: str, coverage: str = COMPLETE) -> Register:
    """A register of one list of China."""
    return register_of(list_text(*listings, coverage=coverage))


def ids(listings: Sequence[object]) -> list[str]:
    """Ids of listings."""
    return [str(getattr(item, "id", None)) for item in listings]
