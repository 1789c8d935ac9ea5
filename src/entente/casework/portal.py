"""Notifications and incidents as rows of the canonical tables, and back, so that nobody types twice.

The portals that authorities use today take and give spreadsheets in layouts of their own. `records` reads such a file
with a mapping into the canonical tables `notifications` and `seizures`; from there `drafts` and `incidents` make
commands. The other way, `notification_rows` and `incident_rows` give rows, and `layouts.write` writes them with the
same mapping.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from entente.casework.model import Command, State
from entente.casework.workdays import calendar, calendars
from entente.exchange import strict

Row = Mapping[str, Any]
_ANSWERS = {"no_objection": "no-objection", "objection": "objection", "suspend": "suspend", "query": "query"}
_WRITTEN = {answer: word for word, answer in _ANSWERS.items()}


def drafts(
    rows: Iterable[Row], own: str, members: Mapping[str, str], source: str
) -> Iterator[tuple[Command, Command | None]]:
    """The commands that take notifications of a portal in.

    Args:
        rows: of the canonical table `notifications`; several with one number are one notification of several goods.
        own: this authority's country, ISO 3166-1 alpha-2.
        members: the names of authorities by country; one that is not there is called by its country.
        source: names the portal and the file.

    Yields:
        For each notification the command that begins it (`draft` for an export, `take-over` for an import), and the one
        that says that it was sent elsewhere; None for an import.
    """
    for group in _grouped(rows):
        first = group[0]
        exporting = first.get("exporting_country") == own
        fields = _fields(group)
        other = first.get("importing_country") if exporting else first.get("exporting_country")
        fields["counterpart"] = members.get(str(other), str(other or "unknown").lower())
        sent = {"elsewhere": source, "sent-on": _day(first["sent_on"])}
        if exporting:
            yield Command("draft", fields), Command("sent-elsewhere", sent)
        else:
            yield Command("take-over", {**fields, **sent}), None


def incidents(rows: Iterable[Row]) -> Iterator[Command]:
    """The commands that record seizures of the canonical table `seizures`."""
    for row in rows:
        goods = _goods([row])
        place = {"name": row["place"]} | ({"country": row["country"]} if row.get("country") else {})
        fields = {
            "kind": "seizure",
            "number": row.get("seizure_id"),
            "date": _day(row["date"]),
            "place": place if row.get("place") else None,
            "goods": goods or None,
            "origin": row.get("origin_country"),
            "summary": row.get("note") or f"Seizure {row.get('seizure_id') or ''}".strip(),
        }
        yield Command("record", _there(fields))


def notification_rows(states: Iterable[State], own: str, countries: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Rows of the canonical table `notifications`, one for each of the goods whose mass is known in kilograms or grams.

    Args:
        states: notifications; others are left out.
        own: this authority's country.
        countries: of the other authorities, by name.
    """
    for state in states:
        if state.machine == "notification":
            yield from _rows(state, own, countries.get(str(state.counterpart)))


def incident_rows(states: Iterable[State]) -> Iterator[dict[str, Any]]:
    """Rows of the canonical table `seizures`, one for each of the goods of each seizure."""
    for state in states:
        if state.machine != "incident" or state.fields.get("kind") != "seizure":
            continue
        fields = state.fields
        place = fields.get("place", {})
        row = {
            "seizure_id": fields.get("number") or state.object,
            "date": date.fromisoformat(fields["date"]),
            "country": place.get("country"),
            "place": place.get("name"),
            "origin_country": fields.get("origin"),
            "note": fields["summary"],
        }
        for item in fields.get("goods") or [{}]:
            yield _there(row | _substance(item))


def unwritable(state: State) -> tuple[str, ...]:
    """Goods that a row cannot hold: the tables know masses only, and a litre is never turned into a kilogram."""
    return tuple(
        item["substance"]["name"]
        for item in state.fields.get("goods", ())
        if item["quantity"]["unit"] not in {"kg", "g"}
    )


def _rows(state: State, own: str, other: str | None) -> Iterator[dict[str, Any]]:
    fields = state.fields
    ours = state.side == "ours"
    row = {
        "notification_id": fields["number"],
        "exporting_country": own if ours else other,
        "importing_country": other if ours else own,
        "sent_on": date.fromisoformat(fields.get("sent-on") or state.since.date().isoformat()),
        "reply_due": strict.read_moment(fields["due"], what="due").date() if "due" in fields else None,
        "reply": _WRITTEN.get(fields.get("answer", "")),
        "replied_on": strict.read_moment(fields["replied-at"], what="at").date() if "replied-at" in fields else None,
        "expected_dispatch": date.fromisoformat(fields["dispatch"]) if "dispatch" in fields else None,
        "point_of_entry": fields.get("entry", {}).get("name"),
        "authorisation": fields.get("authorisation"),
    }
    for who in ("exporter", "importer", "consignee"):
        party = fields.get(who, {})
        row |= {who: party.get("name"), f"{who}_address": party.get("address"), f"{who}_id": _identifier(party)}
    for item in fields.get("goods", ()):
        if item["quantity"]["unit"] in {"kg", "g"}:
            told = _substance(item)
            yield _there(row | {"substance": told.get("cas") or told["substance"], "quantity_kg": told["quantity_kg"]})


def _substance(item: Row) -> dict[str, Any]:
    if not item:
        return {}
    amount = Decimal(item["quantity"]["amount"])
    factor = {"kg": Decimal(1), "g": Decimal("0.001")}.get(item["quantity"]["unit"])
    return {
        "substance": item["substance"]["name"],
        "cas": item["substance"].get("cas"),
        "quantity_kg": float(amount * factor) if factor else None,
    }


def _identifier(party: Row) -> str | None:
    return next((item["value"] for item in party.get("identifiers", ())), None)


def _grouped(rows: Iterable[Row]) -> list[list[Row]]:
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        key = tuple(row.get(name) for name in ("exporting_country", "importing_country", "notification_id"))
        groups.setdefault(key, []).append(row)
    return list(groups.values())


def _fields(group: list[Row]) -> dict[str, Any]:
    first = group[0]
    fields = {
        "number": first["notification_id"],
        "origin": first.get("exporting_country"),
        "destination": first.get("importing_country"),
        "goods": _goods(group) or None,
        "dispatch": _day(first["expected_dispatch"]) if first.get("expected_dispatch") else None,
        "due": _due(first),
        "entry": {"name": first["point_of_entry"]} if first.get("point_of_entry") else None,
        "authorisation": first.get("authorisation"),
    }
    return _there(fields | {who: _party(first, who) for who in ("exporter", "importer", "consignee")})


def _party(row: Row, who: str) -> dict[str, Any] | None:
    if not row.get(who):
        return None
    number = row.get(f"{who}_id")
    identifiers = [{"kind": "other", "value": number}] if number else None
    return _there({"name": row[who], "address": row.get(f"{who}_address"), "identifiers": identifiers})


def _goods(group: Iterable[Row]) -> list[dict[str, Any]]:
    """Goods of rows that say which and how much; the amount is the exact decimal of what was read."""
    goods = []
    for row in group:
        name = row.get("substance") or row.get("substance_id")
        amount = row.get("quantity_kg")
        if name is None or amount is None:
            continue
        substance = {"name": name} | ({"cas": row["cas"]} if row.get("cas") else {})
        goods.append({"substance": substance, "quantity": {"amount": _decimal(amount), "unit": "kg"}})
    return goods


def _decimal(amount: float) -> str:
    """At most six places after the point, as amounts in messages have: a milligram."""
    text = f"{Decimal(repr(amount)):.6f}".rstrip("0").rstrip(".")
    return text or "0"


def _due(row: Row) -> str | None:
    """The end of the reply day where the importing authority is, or in UTC where no calendar says where that is."""
    if not row.get("reply_due"):
        return None
    country = row.get("importing_country")
    if country in calendars():
        return strict.write_moment(calendar(str(country)).ends(row["reply_due"]))
    return strict.write_moment(datetime.combine(row["reply_due"], time(23, 59, 59), UTC))


def _day(day: date) -> str:
    return day.isoformat()


def _there(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
