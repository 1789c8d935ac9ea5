"""The papers beside the declarations: notifications, authorisations, invocations and payments."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from entente.records.schema import schema
from entente.simulate.movement import REPLIES
from entente.simulate.parties import VARIANTS, Ints, Parties
from entente.simulate.render import Block, dates, numbered, ports_of, scrambled, usd_value
from entente.simulate.resources import authority_count, countries, goods
from entente.simulate.wording import Phrases, codes_of, name_variants, names, take

_ENGLISH = VARIANTS.index("english")
_SILENT = REPLIES.index(None)


def _conform(table: str, columns: dict[str, pa.Array], size: int) -> pa.Table:
    target = schema(table)
    return pa.table([columns.get(field.name, pa.nulls(size, field.type)) for field in target], schema=target)


def first_names() -> pa.Array:
    """The first English name of every good."""
    return pa.array([good.names[0][0] for good in goods()])


def notifications(rng: np.random.Generator, parties: Parties, block: Block, start: date) -> pa.Table:
    """Pre-export notifications of a block's notified movements, with their replies."""
    told = block.subset(np.flatnonzero(block.notice >= 0))
    rows, size = told.rows, len(told.rows)
    sent = told.dispatch - rng.integers(9, 31, size)
    due = sent + 15
    late = rng.random(size) < 0.04
    replied = np.where(late, due + 5, np.minimum(sent + rng.integers(2, 14, size), told.dispatch - 1))
    answered = rows["reply"] != _SILENT
    columns = {
        "notification_id": numbered("PEN", told.notice),
        "exporting_country": codes_of(rows["dispatch"]),
        "importing_country": codes_of(rows["destination"]),
        "substance": take(first_names(), rows["good"].astype(np.int64)),
        "quantity_kg": pa.array(rows["notified_kg"]),
        "sent_on": dates(start, sent),
        "reply_due": dates(start, due),
        "reply": take(
            pa.array([reply for reply in REPLIES if reply]), np.where(answered, rows["reply"], -1).astype(np.int64)
        ),
        "replied_on": pc.if_else(pa.array(answered), dates(start, replied), None),
        "expected_dispatch": dates(start, told.dispatch),
        "point_of_entry": ports_of(rng, rows["destination"].astype(np.int64)),
    }
    for role in ("exporter", "importer", "consignee"):
        who, across = (
            rows[role].astype(np.int64),
            rows["importer" if role == "exporter" else "exporter"].astype(np.int64),
        )
        authority = np.minimum(rows["dispatch"], authority_count() - 1)
        written = np.zeros(size, np.int64)
        fresh = rng.random(size)
        for code in range(authority_count()):
            chosen = authority == code
            written[chosen] = name_variants(parties, who[chosen], across[chosen], code, fresh[chosen])
        columns[role] = names(parties, who, written)
    return _conform("notifications", columns, size)


def authorisations(parties: Parties, numbers: Ints, year: date) -> pa.Table:
    """One licence per holder, good and direction that the year's declarations refer to.

    Args:
        parties: the companies.
        numbers: distinct licence numbers, as `render.licences` makes them.
        year: first day of the year.
    """
    export, good, holder = numbers % 2, numbers // 2 % 1024, numbers // 2048
    mine = parties.country[holder] < authority_count()
    export, good, holder, numbers = export[mine], good[mine], holder[mine], numbers[mine]
    country = codes_of(parties.country[holder])
    prefix = pc.binary_join_element_wise("AUT-", country, "-", "")
    kg = np.array([kind.kg for kind in goods()])[good]
    columns = {
        "authorisation_id": pc.binary_join_element_wise(prefix, numbered("", scrambled(numbers)), ""),
        "country": country,
        "holder": names(parties, holder, np.zeros(len(holder), np.int64)),
        "holder_id": take(parties.identifiers, holder),
        "substance": take(first_names(), good),
        "direction": take(pa.array(["import", "export"]), export),
        "valid_from": dates(year, np.full(len(holder), -31)),
        "valid_to": dates(year, np.full(len(holder), 420)),
        "quantity_kg": pa.array(np.round(kg * 60)),
    }
    return _conform("authorisations", columns, len(holder))


def invocations(start: date) -> pa.Table:
    """Every authority of this invented year has asked to be told of every listed good; the dates are made up."""
    listed = [good.names[0][0] for good in goods() if good.role == "listed"]
    pairs = [(place.code, name) for place in countries() if place.authority for name in listed]
    columns = {
        "country": pa.array([country for country, _ in pairs]),
        "substance": pa.array([name for _, name in pairs]),
        "invoked_from": pa.array([start - timedelta(days=3650)] * len(pairs), pa.date32()),
        "note": pa.array(["Simulated"] * len(pairs)),
    }
    return _conform("invocations", columns, len(pairs))


def payments(
    rng: np.random.Generator, parties: Parties, phrases: Phrases, block: Block, start: date, first: int
) -> tuple[pa.Table, Ints]:
    """Payments for about half of a block's movements, and the positions of the movements they are for.

    Args:
        rng: source of all chance.
        parties: the companies.
        phrases: the year's words.
        block: movements.
        start: first day of the year.
        first: number of the first payment.
    """
    chosen = np.flatnonzero((rng.random(len(block.rows)) < 0.55) | (block.rows["payer"] != block.rows["importer"]))
    paid = block.subset(chosen)
    rows, size = paid.rows, len(paid.rows)
    payer, payee = rows["payer"].astype(np.int64), rows["exporter"].astype(np.int64)
    invoice = numbered("INV", paid.invoice)
    goods_named = pc.if_else(
        pa.array(rng.random(size) < 0.2),
        take(first_names(), rows["good"].astype(np.int64), rows["text_export"] < 0),
        None,
    )
    cas = pc.binary_join_element_wise(
        "CAS", take(phrases.cas, rows["good"].astype(np.int64), rng.random(size) < 0.05), " "
    )
    english = np.full(size, _ENGLISH)
    columns = {
        "payment_id": numbered("PAY", first + np.arange(size)),
        "date": dates(start, np.floor(rows["day"]).astype(np.int64) + rng.integers(-20, 46, size)),
        "payer": names(parties, payer, english),
        "payer_country": codes_of(parties.country[payer]),
        "payee": names(parties, payee, np.where(rng.random(size) < 0.8, english, VARIANTS.index("capitals"))),
        "payee_country": codes_of(parties.country[payee]),
        "amount": pa.array(np.round(usd_value(rows), 2)),
        "currency": pa.array(["USD"] * size),
        "memo": pc.binary_join_element_wise(invoice, goods_named, cas, " / ", null_handling="skip"),
        "invoice_number": pc.if_else(pa.array(rng.random(size) < 0.8), invoice, None),
        "channel": take(pa.array(["bank", "exchange"]), (rng.random(size) < 0.06).astype(np.int64)),
        "payer_account": numbered("ACC", scrambled(payer * 2 + 1)),
        "payee_account": numbered("ACC", scrambled(payee * 2)),
    }
    return _conform("payments", columns, size), chosen
