"""Leads as rows: taken in many at once, and decided one by one. Under the desk's lock only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import connections

from entente.node.store import desk_vault
from entente.node.store.desk_models import Lead, LeadRun
from entente.node.store.rows import insert

KIND = "lead"
CLEAR = ("kind", "rank", "score", "n_records", "n_hits", "n_in_force", "first_date", "last_date")
"""Columns that stay in the clear; with substances and routes."""
_AT_ONCE = 500


def put_leads(alias: str, run: str, unit: int | None, rows: Sequence[Mapping[str, Any]]) -> int:
    """Take in leads; one that is there is brought up to date and keeps its outcome, its unit and its key.

    Args:
        alias: of the database.
        run: digest of the run.
        unit: whose new ones are.
        rows: each with the columns of `CLEAR`, `lead_id`, `substances`, `routes`, and `secret`, a JSON object.

    Returns:
        How many are new.
    """
    names = [row["lead_id"] for row in rows]
    there = _there(alias, names)
    keys = desk_vault.keys(alias, KIND, there) | desk_vault.make(
        alias, KIND, [one for one in names if one not in there]
    )
    fresh = [row for row in rows if row["lead_id"] not in there]
    known = [row for row in rows if row["lead_id"] in there and row["lead_id"] in keys]  # the others were erased
    columns = ("lead", "run", *CLEAR, "substances", "routes", "secret")
    values = [_values(alias, run, row, keys[row["lead_id"]]) for row in fresh]
    insert(alias, Lead, (*columns, "unit", "outcome"), [(*one, unit, "") for one in values])
    _update(alias, columns, [_values(alias, run, row, keys[row["lead_id"]]) for row in known])
    return len(fresh)


def put_run(alias: str, digest: str, at: datetime, leads: int) -> None:
    """Note that all leads of a run are in."""
    LeadRun.objects.using(alias).update_or_create(digest=digest, defaults={"at": at, "leads": leads})


def decide(alias: str, name: str, outcome: str, day: date, person: int) -> None:
    """Note what somebody made of a lead."""
    rows = Lead.objects.using(alias).filter(pk=name)
    rows.update(outcome=outcome, decided=day, decided_by_id=person)


def open_lead(key: bytes, row: Lead) -> dict[str, Any]:
    """What a lead says of parties and records."""
    return desk_vault.open_(key, f"{KIND}/{row.lead}", bytes(row.secret))


def _there(alias: str, names: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(names), _AT_ONCE):
        rows = Lead.objects.using(alias).filter(lead__in=names[start : start + _AT_ONCE])
        found |= set(rows.values_list("lead", flat=True))
    return found


def _values(alias: str, run: str, row: Mapping[str, Any], key: bytes) -> tuple[Any, ...]:
    day = connections[alias].ops.adapt_datefield_value
    clear = [day(row[name]) if name.endswith("_date") else row[name] for name in CLEAR]
    secret = desk_vault.close(key, f"{KIND}/{row['lead_id']}", row["secret"])
    return (row["lead_id"], run, *clear, " ".join(row["substances"]), " ".join(row["routes"]), secret)


def _update(alias: str, columns: Sequence[str], values: Sequence[tuple[Any, ...]]) -> None:
    """Many rows with one statement each, prepared once: an upsert would need the columns that stay as they are."""
    if not values:
        return
    connection = connections[alias]
    quote = connection.ops.quote_name
    table = quote(Lead._meta.db_table)  # noqa: SLF001 - Django's own name for it
    news = ", ".join(f"{quote(name)} = %s" for name in columns[1:])
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {table} SET {news} WHERE {quote('lead')} = %s",
            [(*row[1:], row[0]) for row in values],
        )
