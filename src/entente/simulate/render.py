"""From movements to each side's declarations, in the canonical columns of the table `shipments`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from entente.records.schema import schema
from entente.simulate.movement import Movements
from entente.simulate.parties import Ints, Parties
from entente.simulate.resources import authority_count, countries, goods
from entente.simulate.wording import Floats, Phrases, codes_of, describe, name_variants, names, take

_MODES = pa.array(["sea", "air", "road"])
_SEA, _AIR, _ROAD = range(3)
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Block:
    """A block of movements with what both sides agree on: numbers, dates, transport.

    `number` counts the movements of the year from 0; `notice` counts its notifications, -1 for none; `arrival` is the
    day of the import declaration (days since the start).
    """

    rows: Movements
    number: Ints
    notice: Ints
    invoice: Ints
    mode: Ints
    dispatch: Ints
    arrival: Ints
    freight_usd: Floats

    def subset(self, chosen: Ints) -> Block:
        """The movements at the given positions."""
        return Block(**{name: getattr(self, name)[chosen] for name in self.__dataclass_fields__})


def usd_value(rows: Movements) -> Floats:
    """Value of what left, in US dollars."""
    price = np.array([good.usd_per_kg for good in goods()])[rows["good"]]
    value: Floats = rows["kg"] * price * rows["price"]
    return value


def make_block(rng: np.random.Generator, rows: Movements, number: int, notice: int) -> Block:
    """Give a block of movements its numbers, transport and dates.

    Args:
        rng: source of all chance.
        rows: movements in order of day.
        number: first movement number of the block.
        notice: first notification number of the block.
    """
    size = len(rows)
    noticed = rows["notified_kg"] > 0
    overland = (
        (rows["dispatch"] > 0)
        & (rows["dispatch"] < authority_count())
        & (rows["destination"] > 0)
        & (rows["destination"] < authority_count())
    )
    by_air = (rows["kg"] < 300) | (rng.random(size) < 0.04)
    mode = np.where(overland & (rng.random(size) < 0.85), _ROAD, np.where(by_air, _AIR, _SEA))
    dispatch = np.floor(rows["day"]).astype(np.int64) + rng.integers(0, 5, size)
    days = np.where(
        mode == _SEA,
        rng.integers(14, 36, size),
        np.where(mode == _AIR, rng.integers(1, 6, size), rng.integers(0, 4, size)),
    )
    rate = np.array([0.11, 2.6, 0.18])[mode] * np.exp(0.2 * rng.standard_normal(size))
    numbers = number + np.arange(size)
    return Block(
        rows=rows,
        number=numbers,
        notice=np.where(noticed, notice + np.cumsum(noticed) - 1, -1),
        invoice=scrambled(numbers),
        mode=mode,
        dispatch=dispatch,
        arrival=dispatch + days + np.where(rows["transit"] >= 0, 6, 0),
        freight_usd=40.0 + rows["kg"] * rate,
    )


def dates(start: date, days: npt.NDArray[np.integer]) -> pa.Array:
    """Days since the start as dates."""
    return pa.array((days + (start - _EPOCH).days).astype(np.int32)).cast(pa.date32())


def numbered(prefix: str, numbers: Ints) -> pa.Array:
    """`prefix` and a number of eight digits or more; null where the number is negative."""
    digits = pc.utf8_lpad(pa.array(np.maximum(numbers, 0)).cast(pa.string()), width=8, padding="0")
    return pc.if_else(pa.array(numbers >= 0), pc.binary_join_element_wise(prefix, digits, ""), None)


def _hs(rows: Movements, override: str, *, dotted: bool) -> pa.Array:
    own = np.array([int(good.hs6) for good in goods()])[rows["good"]]
    six = pc.utf8_lpad(
        pa.array(np.where(rows[override] >= 0, rows[override], own)).cast(pa.string()), width=6, padding="0"
    )
    return pc.utf8_replace_slice(six, 4, 4, ".") if dotted else six


def ports_of(rng: np.random.Generator, country: Ints) -> pa.Array:
    """A port of each country; its first ones come more often."""
    ports = [port for place in countries() for port in place.ports]
    sizes = np.array([len(place.ports) for place in countries()])
    first = np.cumsum(sizes) - sizes
    return take(pa.array(ports), first[country] + (rng.random(len(country)) ** 1.6 * sizes[country]).astype(np.int64))


@dataclass(frozen=True, slots=True)
class Side:
    """One file: what one authority sees in one direction."""

    authority: int
    export: bool

    @property
    def code(self) -> str:
        """ISO code of the authority."""
        return countries()[self.authority].code

    @property
    def file(self) -> str:
        """Name of the file, e.g. `cn-exports.parquet`."""
        return f"{self.code.lower()}-{'exports' if self.export else 'imports'}.parquet"

    @property
    def prefix(self) -> str:
        """What this customs' declaration numbers begin with."""
        return f"{self.code}{'X' if self.export else 'M'}"


def sides() -> tuple[Side, ...]:
    """The six files of the year."""
    return tuple(Side(authority, export) for authority in range(authority_count()) for export in (True, False))


def declare(
    rng: np.random.Generator, parties: Parties, phrases: Phrases, block: Block, side: Side, start: date, first: int
) -> tuple[pa.Table, pa.Table]:
    """Declare a block of movements on one side.

    Args:
        rng: source of all chance.
        parties: the companies.
        phrases: the year's words.
        block: movements that this side sees, in order of their declaration.
        side: whose declarations.
        start: first day of the year.
        first: number of the first declaration.

    Returns:
        The declarations, and the truth about the companies they name.
    """
    rows, size = block.rows, len(block.rows)
    declaration_id = numbered(side.prefix, first + np.arange(size))
    text, code = ("text_export", "hs_export") if side.export else ("text_import", "hs_import")
    description, cas = describe(rng, phrases, rows, rows[text].astype(np.int64), side.authority)
    columns: dict[str, pa.Array] = {
        "declaration_id": declaration_id,
        "line": pa.array(np.ones(size, np.int64)),
        "date": dates(start, np.floor(rows["day"]).astype(np.int64) if side.export else block.arrival),
        "description": description,
        "cas": cas,
        "hs_code": _hs(rows, code, dotted=side.code != "CN"),
        "hs_edition": pa.array(["2022"] * size),
        "dispatch_date": dates(start, block.dispatch),
        "notification_id": pc.if_else(
            pa.array(rng.random(size) < (0.97 if side.export else 0.8)), numbered("PEN", block.notice), None
        ),
        "invoice_number": pc.if_else(pa.array(rng.random(size) < 0.75), numbered("INV", block.invoice), None),
        "mode_of_transport": take(_MODES, block.mode),
    }
    columns |= _places(rng, block) | _amounts(rng, block, side)
    named, truth = _named(rng, parties, block, side, declaration_id)
    columns |= named | {"authorisation_id": _authorisation(block, side)}
    target = schema("shipments")
    filled = [columns.get(field.name, pa.nulls(size, field.type)) for field in target]
    return pa.table(filled, schema=target), truth


def _places(rng: np.random.Generator, block: Block) -> dict[str, pa.Array]:
    rows = block.rows
    dispatch, destination = rows["dispatch"].astype(np.int64), rows["destination"].astype(np.int64)
    seen = (rows["transit"] >= 0) & (rng.random(len(rows)) < 0.9)
    transit = codes_of(np.where(seen, rows["transit"], -1))
    offsets = pa.array(np.concatenate([[0], np.cumsum(seen)]).astype(np.int32))
    zone = np.array([place.free_zone for place in countries()])
    return {
        "origin_country": codes_of(rows["origin"]),
        "export_country": codes_of(dispatch),
        "destination_country": codes_of(destination),
        "transit_countries": pa.ListArray.from_arrays(offsets, pc.drop_null(transit), mask=pa.array(~seen)),
        "port_of_loading": ports_of(rng, dispatch),
        "port_of_discharge": ports_of(rng, destination),
        "free_zone": pa.array(zone[dispatch] | zone[destination]),
    }


def _amounts(rng: np.random.Generator, block: Block, side: Side) -> dict[str, pa.Array]:
    """Masses and money; the two sides differ by small errors, and by freight (FOB leaves, CIF arrives)."""
    rows, size = block.rows, len(block.rows)
    kg = rows["kg"] if side.export else rows["kg"] * rows["arrived"]
    error = np.where(rng.random(size) < 0.35, 1.0 + 0.004 * rng.standard_normal(size), 1.0)
    net = np.maximum(np.round(kg * error, 1), 0.1)
    unit_kg = np.array([good.unit_kg for good in goods()])[rows["good"]]
    per_usd = np.where(rng.random(size) < 0.5, countries()[side.authority].per_usd, 1.0)
    value = usd_value(rows) * (kg / rows["kg"]) + (0 if side.export else block.freight_usd)
    currency = np.where(per_usd == 1.0, "USD", countries()[side.authority].currency)
    return {
        "net_mass_kg": pa.array(net),
        "gross_mass_kg": pa.array(np.round(net * (1.03 + 0.08 * rng.random(size)), 1)),
        "quantity": pa.array(np.maximum(np.round(net / unit_kg), 1.0)),
        "unit": take(pa.array([good.unit for good in goods()]), rows["good"].astype(np.int64)),
        "value": pa.array(np.round(value * per_usd, 2)),
        "freight": pa.array(np.round(block.freight_usd * per_usd, 2)),
        "currency": pa.array(currency),
    }


def _authorisation(block: Block, side: Side) -> pa.Array:
    numbers = scrambled(licences(block.rows, export=side.export))
    return numbered(f"AUT-{side.code}-", np.where(block.rows["authorised"], numbers, -1))


def scrambled(numbers: Ints) -> Ints:
    """Distinct numbers below 2**31 for distinct numbers below 2**31, without their order."""
    return (numbers * 48_271 + 1_234_567) % 2_147_483_647


def licences(rows: Movements, *, export: bool) -> Ints:
    """One number per holder, good and direction; holders have one licence a year for each."""
    holder = (rows["exporter"] if export else rows["importer"]).astype(np.int64)
    numbers: Ints = (holder * 1024 + rows["good"]) * 2 + export
    return numbers


def _named(
    rng: np.random.Generator, parties: Parties, block: Block, side: Side, declaration_id: pa.Array
) -> tuple[dict[str, pa.Array], pa.Table]:
    """Names, identifiers and addresses; an authority knows the identifiers of its own companies only."""
    rows, size = block.rows, len(block.rows)
    columns: dict[str, pa.Array] = {}
    truths: list[pa.Table] = []
    shown = {"forwarder": rng.random(size) < 0.9, "payer": rng.random(size) < (0.0 if side.export else 0.5)}
    for role in ("exporter", "importer", "consignee", "forwarder", "payer"):
        who = np.where(shown.get(role, True), rows[role], -1).astype(np.int64)
        across = rows["importer" if role == "exporter" else "exporter"].astype(np.int64)
        variants = name_variants(parties, who, across, side.authority, rng.random(size))
        if role == "exporter":
            variants = np.where(rows["alias"] >= 0, rows["alias"], variants)
        columns[role] = names(parties, who, variants)
        if role in {"exporter", "importer", "consignee"}:
            home = parties.country[np.maximum(who, 0)] == side.authority
            identified = home & (rows["alias"] < 0) & (rng.random(size) < 0.85)
            columns[f"{role}_id"] = take(parties.identifiers, who, identified)
            foreign = np.where(home, 0, 1)
            columns[f"{role}_address"] = take(parties.addresses, who * 2 + foreign, rng.random(size) < 0.8)
        present = pa.array(who >= 0)
        truths.append(
            pa.table(
                {"declaration_id": declaration_id, "role": [role] * size, "name": columns[role], "entity": who}
            ).filter(present)
        )
    columns["payer_country"] = codes_of(np.where(rows["payer"] >= 0, parties.country[np.maximum(rows["payer"], 0)], -1))
    columns["payer_country"] = pc.if_else(pc.is_valid(columns["payer"]), columns["payer_country"], None)
    return columns, pa.concat_tables(truths)
