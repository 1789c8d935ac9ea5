"""Lay out a report: one HTML file that loads nothing from elsewhere and runs no script.

The page's policy (`Content-Security-Policy`) allows nothing but its own style sheet, by hash. All text is escaped by
the template engine; addresses become links only where they are web addresses (`reportlaw.link`).
"""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from entente.leads.reportdata import ReportData
from entente.leads.reportwords import words

_TEMPLATES = Path(__file__).parent / "templates"
#: Characters that HTML does not allow, and controls that turn the direction of the text around them.
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")

_LANGUAGE_TAGS = {"en": "en", "zh": "zh-Hans", "es": "es"}


def write_report(data: ReportData, path: Path) -> None:
    """Write the report of a run to one file, piece by piece."""
    style = (_TEMPLATES / "report.css").read_text(encoding="utf-8")
    page = _environment().get_template("report.html.j2")
    pieces = page.generate(
        data=data,
        say=words(data.lang),
        lang=_LANGUAGE_TAGS[data.lang],
        style=Markup(style),  # noqa: S704 - our own file
        style_hash=b64encode(sha256(style.encode()).digest()).decode("ascii"),
        longest_bar=max((reason.weight for lead in data.leads for reason in lead.reasons), default=1),
    )
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(pieces)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_clean,
    )
    made.filters["share"] = _share
    return made


def _clean(value: object) -> object:
    """Show what may not stand in a page as U+FFFD: a goods text can hold anything."""
    return _FORBIDDEN.sub("\ufffd", value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _share(part: float, whole: float, length: float = 100) -> str:
    """A part of a whole as a length, with two decimals."""
    return f"{length * part / whole if whole else 0:.2f}".rstrip("0").rstrip(".")
