"""The work list as CSV for a spreadsheet, with empty columns for what officers find.

A spreadsheet runs a cell that begins with = + - @ (or their full-width forms), a tab or a line break as a formula. So
such a text gets an apostrophe in front, which spreadsheets take as "this is text" and which stays in the cell when a
program reads it. Every cell is quoted, line breaks and other controls inside a text become blanks, and the file is
UTF-8 with a byte order mark, so that names in Hanzi are not garbled.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Sequence

from entente.leads.show import LeadWords

COLUMNS = (
    "lead_id",
    "kind",
    "rank",
    "score",
    "exporter",
    "consignee",
    "substances",
    "routes",
    "first_date",
    "last_date",
    "n_records",
    "reasons",
    "records",
    "outcome",
    "decided_on",
    "note",
)
_FORMULA = frozenset("=+-@＝＋－＠|%")
#: Cells of a spreadsheet end at 32,767 characters.
_LONGEST = 32_000


def work_list(leads: Sequence[LeadWords]) -> bytes:
    """Leads and sample rows, one a row; `outcome`, `decided_on` and `note` are for the officer to fill in."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    writer.writerows(_row(lead) for lead in leads)
    return text.getvalue().encode("utf-8-sig", "backslashreplace")


def cell(text: str | None) -> str:
    """A text that no spreadsheet runs."""
    plain = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text or "")
    # Blanks and invisible signs in front do not make a formula harmless in every spreadsheet.
    visible = next((c for c in plain if not c.isspace() and unicodedata.category(c) != "Cf"), "")
    runs = visible in _FORMULA or (text or "")[:1] in ("\t", "\r", "\n")
    return ("'" if visible and runs else "") + plain[:_LONGEST]


def _row(lead: LeadWords) -> list[str]:
    row = lead.row
    reasons = (f"{reason.title} ({reason.counted / 1000:.1f})" for reason in lead.reasons)
    records = (f"{record['declaration_id']}/{record['line']}" for record in row["records"])
    return [
        row["lead_id"],
        row["kind"],
        "" if row["rank"] is None else str(row["rank"]),
        f"{row['score'] / 1000:.3f}",
        cell(row["exporter"]),
        cell(row["consignee"]),
        cell(", ".join(row["substances"])),
        cell(", ".join(row["routes"])),
        row["first_date"].isoformat(),
        row["last_date"].isoformat(),
        str(row["n_records"]),
        cell("; ".join(reasons)),
        cell(", ".join(records)),
        "",
        "",
        "",
    ]
