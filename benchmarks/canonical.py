"""Shipments with all canonical columns for the end-to-end benchmark: seeded, written once to benchmarks/.cache.

Parties come from a pool in which few trade often and many seldom (Zipf). Each exporter has a handful of usual
receivers and of usual goods and leaves them seldom, as companies do: where every pair was new, half of the file would
be rare trade. Masses and values are log-normal; one row in `ONE_LISTED_IN` names a substance of the register, under
one of its HS codes.
"""

from __future__ import annotations

import random
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

import data
import texts
from entente.records.schema import schema as schema_of
from entente.screening.vocabulary import Vocabulary
from entente.substances.register import load_register

ONE_LISTED_IN = 50
_PARTIES = 60_000
#: Usual receivers and usual goods of an exporter, and how often it leaves them.
_RECEIVERS, _GOODS, _UNUSUAL = 4, 6, 0.01
_COUNTRIES = ("CN", "MX", "US", "DE", "IN", "NL", "KR", "BR", "GT", "VN", "HK", "SG")
_PORTS = ("CNSHA", "CNNGB", "MXZLO", "MXLZC", "USLAX", "USHOU", "DEHAM", "NLRTM", "INNSA", "KRPUS", "BRSSZ", "HKHKG")
_EPOCH_DAY = 18_993  # 2022-01-01

Ints = npt.NDArray[np.int64]


@cache
def _vocabulary() -> Vocabulary:
    return Vocabulary.from_register(load_register())


@cache
def _names() -> list[tuple[str, str | None]]:
    """Names of the register, each with an HS code of its substance, if it has one."""
    register, vocabulary = load_register(), _vocabulary()
    codes = {row["substance_id"]: row["hs6"] for row in register.table("hs").to_pylist() if row["edition"] == "2022"}
    substances = vocabulary.substances
    return [(name.text, codes.get(substances[name.substance])) for name in vocabulary.names if not name.needs_context]


@cache
def parties(seed: int = 5) -> pa.Table:
    """Names, identifiers, addresses and countries of companies that do not exist."""
    words = yaml.safe_load((files("entente.simulate") / "data" / "words.yaml").read_text("utf-8"))
    rng, rows = random.Random(seed), []
    industries = [industry for industry in words["industries"] if industry[0] != "logistics"]
    for number in range(_PARTIES):
        country = rng.choice(_COUNTRIES)
        group = country if country in words["towns"] else "other"
        brand = "".join(rng.choice(words["latin"][part])[0] for part in ("first", "middle", "last"))
        industry, legal = rng.choice(industries), rng.choice(words["legal"][group])
        hanzi = "".join(rng.choice(words["hanzi"][part])[0] for part in ("first", "second"))
        chinese = country == "CN" and rng.random() < 0.3
        name = f"{hanzi}{industry[1]}{legal[0]}" if chinese else f"{brand} {industry[2]} {legal[0]}"
        town, street = rng.choice(words["towns"][group]), rng.choice(words["streets"][group])
        address = f"{street[1]} {rng.randrange(1, 2000)}, {town[1]}, {country}"
        rows.append({"name": name, "id": f"{country}{number:08d}", "address": address, "country": country})
    return pa.Table.from_pylist(rows)


def shipments(rows: int, seed: int = 11) -> Path:
    """A Parquet file of `rows` shipments with every canonical column."""
    path = data.cached("trade", _vocabulary().fingerprint, rows, seed)
    if not path.exists():
        part = path.with_suffix(".part")
        with pq.ParquetWriter(part, schema_of("shipments"), compression="snappy") as writer:
            for start in range(0, rows, data.ROW_GROUP):
                writer.write_table(_group(start, min(data.ROW_GROUP, rows - start), seed))
        part.rename(path)
    return path


def _group(start: int, size: int, seed: int) -> pa.Table:
    rng, fast = random.Random(seed * 1_000_003 + start), np.random.default_rng([seed, start])
    exporters = _often(fast, size, _PARTIES)
    columns = {
        "declaration_id": pa.array([f"{number // 3:011d}" for number in range(start, start + size)]),
        "line": pa.array(np.arange(start, start + size) % 3 + 1),
        **_goods(rng, fast, exporters),
        **_sides(fast, exporters),
        **_amounts(fast, size),
    }
    schema = schema_of("shipments")
    arrays = [
        columns[field.name].cast(field.type) if field.name in columns else pa.nulls(size, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def _goods(rng: random.Random, fast: np.random.Generator, exporters: Ints) -> dict[str, pa.Array]:
    size = len(exporters)
    hits = [rng.choice(_names()) if hit else None for hit in (fast.random(size) < 1 / ONE_LISTED_IN).tolist()]
    days = pa.array((_EPOCH_DAY + fast.integers(0, 1400, size)).astype(np.int32)).cast(pa.date32())
    codes = texts.hs_codes()
    usual = _usual(fast, exporters, _GOODS, len(codes)).tolist()
    own = [hit[1] if hit and hit[1] else codes[at] for hit, at in zip(hits, usual, strict=True)]
    return {
        "date": days,
        "description": pa.array([texts.description(rng, hit[0] if hit else None) for hit in hits]),
        "cas": pa.array(["108-88-3" if hit and rng.random() < 0.2 else None for hit in hits], pa.string()),
        "hs_code": pa.array(own),
        "hs_edition": pa.array(["2022"] * size),
        "invoice_number": pa.array([f"INV-{number:08d}" for number in fast.integers(0, 10**8, size).tolist()]),
    }


def _often(fast: np.random.Generator, size: int, among: int) -> Ints:
    """Indices of which few come often, by a power law."""
    return (among * fast.random(size) ** 2.5).astype(np.int64)


def _usual(fast: np.random.Generator, whose: Ints, choices: int, among: int) -> Ints:
    """For each company one of its few usual choices among `among`, and seldom any other."""
    place = _often(fast, len(whose), choices)
    usual = (whose * 7_919 + place * 104_729 + choices) % among
    return np.where(fast.random(len(whose)) < _UNUSUAL, fast.integers(0, among, len(whose)), usual)


def _sides(fast: np.random.Generator, exporters: Ints) -> dict[str, pa.Array]:
    pool, out, size = parties(), {}, len(exporters)
    receivers = _usual(fast, exporters, _RECEIVERS, _PARTIES)
    through = (receivers * 31 + 17) % _PARTIES  # the usual importer of a receiver that does not import itself
    importers = np.where(receivers % 5 == 0, through, receivers)
    for role, who in (("exporter", exporters), ("importer", importers), ("consignee", receivers)):
        columns = (("", "name"), ("_id", "id"), ("_address", "address"))
        out |= {f"{role}{suffix}": pool[column].combine_chunks().take(pa.array(who)) for suffix, column in columns}
        out[f"{role}_country"] = pool["country"].combine_chunks().take(pa.array(who))
    ports = pa.array(_PORTS)
    transit = pa.array([None, [], ["HK"], ["SG", "PA"], ["KR"]], pa.list_(pa.string()))
    return {
        **{name: column for name, column in out.items() if not name.endswith("_country")},
        "origin_country": out["exporter_country"],
        "export_country": out["exporter_country"],
        "destination_country": out["consignee_country"],
        "transit_countries": transit.take(pa.array(fast.choice(5, size, p=[0.6, 0.2, 0.1, 0.05, 0.05]))),
        "forwarder": pool["name"].combine_chunks().take(pa.array(_PARTIES - 1 - exporters % 500)),
        "payer": out["importer"],
        "payer_country": out["importer_country"],
        "port_of_loading": ports.take(pa.array(fast.integers(0, len(ports), size))),
        "port_of_discharge": ports.take(pa.array(fast.integers(0, len(ports), size))),
        "mode_of_transport": pa.array(["1", "4", "3"]).take(pa.array(fast.choice(3, size, p=[0.7, 0.2, 0.1]))),
        "free_zone": pa.array(fast.random(size) < 0.05),
    }


def _amounts(fast: np.random.Generator, size: int) -> dict[str, pa.Array]:
    net = np.round(fast.lognormal(6, 2, size), 3)
    value = np.round(net * fast.lognormal(1.5, 1, size), 2)
    unit = pa.array(["KGM", "PCE", "LTR"]).take(pa.array(fast.choice(3, size, p=[0.6, 0.3, 0.1])))
    return {
        "net_mass_kg": pa.array(net),
        "gross_mass_kg": pa.array(np.round(net * (1.02 + 0.1 * fast.random(size)), 3)),
        "quantity": pa.array(np.round(net, 0)),
        "unit": unit,
        "value": pa.array(value),
        "freight": pa.array(np.round(value * 0.08 * fast.lognormal(0, 0.5, size), 2)),
        "currency": pa.array(["USD", "CNY", "MXN", "EUR"]).take(pa.array(fast.choice(4, size, p=[0.6, 0.2, 0.1, 0.1]))),
    }
