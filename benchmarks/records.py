"""How fast files are staged: a table and one line of JSON.

    python benchmarks/records.py [--rows 5000000] [--processes 1] [--profile]

The files have every canonical column of shipments that a customs extract is likely to fill: 50 k parties under three
roles, goods texts that seldom repeat, dates of nine years. CPU-seconds are of all processes; `decode` reads every
column of the same Parquet file with pyarrow, one thread, in the same run. Peak is the largest sum of proportional set
sizes of all processes.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

import data
from entente.records import StageResult, schema, stage
from measuring import Peak, timed
from screened import decode

_PARTIES = 50_000
_ROLES = ("exporter", "importer", "consignee")
_PORTS = ("CNSHA", "CNSZX", "MXZLO", "MXVER", "USLAX", "USNYC", "DEHAM", "NLRTM")
_CURRENCIES = ("USD", "EUR", "CNY", "MXN")


def _parties(seed: int) -> tuple[pa.Array, pa.Array]:
    rng = np.random.default_rng(seed)
    heads = np.array(["Golden", "Pacific", "Río", "华东", "Sunrise", "Northern", "Gulf", "Águila", "Delta", "天津"])
    tails = np.array(["Trading Co., Ltd.", "Chemicals S.A. de C.V.", "Logistics LLC", "化工有限公司", "Import-Export"])
    first, last = rng.integers(0, len(heads), _PARTIES), rng.integers(0, len(tails), _PARTIES)
    names = [f"{heads[a]} {number} {tails[b]}" for number, (a, b) in enumerate(zip(first, last, strict=True))]
    return pa.array(names), pa.array([f"{number} Harbour Road, Zone {number % 97}" for number in range(_PARTIES)])


def _some(rng: np.random.Generator, words: pa.Array, rows: int, filled: float = 1.0) -> pa.Array:
    picks = rng.integers(0, len(words), rows)
    return words.take(pa.array(picks, mask=rng.random(rows) >= filled) if filled < 1 else pa.array(picks))


def _widened(batch: pa.RecordBatch, seed: int) -> pa.Table:
    """Every canonical column, from the seven of the screening benchmark and invented others."""
    rng, rows = np.random.default_rng(seed), len(batch)
    names, addresses = _parties(9)
    countries = pa.array(["US", "CN", "MX", "DE", "IN", "NL", "BR", "KR"])
    mass = np.round(rng.lognormal(6, 2, rows), 3)
    columns: dict[str, Any] = {
        name: batch.column(name)
        for name in ("declaration_id", "date", "description", "hs_code", "export_country", "destination_country")
    }
    columns |= {
        "line": pa.array(rng.integers(1, 9, rows)),
        "cas": _some(rng, pa.array(["67-64-1", "64-19-7", "108-88-3"]), rows, 0.1),
        "hs_edition": pa.array(["2022"] * rows),
        "origin_country": _some(rng, countries, rows),
        "transit_countries": pa.array([["PA"] if x < 0.05 else None for x in rng.random(rows)], pa.list_(pa.string())),
        "payer": _some(rng, names, rows, 0.2),
        "payer_country": _some(rng, countries, rows, 0.2),
        "forwarder": _some(rng, names.slice(0, 500), rows, 0.5),
        "net_mass_kg": pa.array(mass),
        "gross_mass_kg": pa.array(np.round(mass * 1.07, 3)),
        "quantity": pa.array(rng.integers(1, 5000, rows).astype(float)),
        "unit": _some(rng, pa.array(["kg", "drum", "l", "piece"]), rows),
        "value": pa.array(np.round(mass * rng.lognormal(1, 1, rows), 2)),
        "freight": pa.array(np.round(mass * 0.1, 2)),
        "currency": _some(rng, pa.array(_CURRENCIES), rows),
        "mode_of_transport": _some(rng, pa.array(["sea", "air", "road"]), rows),
        "port_of_loading": _some(rng, pa.array(_PORTS), rows),
        "port_of_discharge": _some(rng, pa.array(_PORTS), rows),
        "free_zone": pa.array(rng.random(rows) < 0.03),
        "dispatch_date": pa.array(columns["date"].cast(pa.int32()).to_numpy() + 3).cast(pa.date32()),
        "invoice_number": pa.array([f"INV-{number}" for number in rng.integers(0, 10**8, rows).tolist()]),
    }
    for role in _ROLES:
        picks = pa.array(rng.integers(0, _PARTIES, rows))
        columns[role] = names.take(picks)
        columns[f"{role}_address"] = addresses.take(picks)
        columns[f"{role}_id"] = pa.array([f"TX{number:07d}" for number in range(_PARTIES)]).take(picks)
    wanted = [item for item in schema("shipments") if item.name in columns]
    return pa.Table.from_arrays([columns[item.name].cast(item.type) for item in wanted], schema=pa.schema(wanted))


def canonical(rows: int, kind: str) -> Path:
    """A file of `rows` shipments with all canonical columns, made once."""
    path = data.cached("canonical", data.vocabulary().fingerprint, rows, suffix=f".{kind}")
    if path.exists():
        return path
    part, source = path.with_suffix(".part"), pq.ParquetFile(data.shipments(rows, 0.02))
    tables = (_widened(batch, seed) for seed, batch in enumerate(source.iter_batches(data.ROW_GROUP)))
    first = next(tables)
    target = first if kind == "parquet" else _flat(first)
    with part.open("wb") as stream:
        writer = pq.ParquetWriter(stream, target.schema) if kind == "parquet" else csv.CSVWriter(stream, target.schema)
        with writer:
            writer.write_table(target)
            for table in tables:
                writer.write_table(table if kind == "parquet" else _flat(table))
    return part.rename(path)


def _flat(table: pa.Table) -> pa.Table:
    at = table.schema.names.index("transit_countries")
    joined = pa.array([None if x is None else ";".join(x) for x in table.column(at).to_pylist()], pa.string())
    return table.set_column(at, "transit_countries", joined)


def staged(path: Path, processes: int) -> StageResult:
    """Stage one file, and forget the parts."""
    with tempfile.TemporaryDirectory(dir=data.CACHE) as folder:
        return stage("shipments", [path], None, Path(folder), processes=processes)


def measure(rows: int, processes: int) -> list[dict[str, Any]]:
    """One line a kind of file."""
    lines = []
    for kind in ("parquet", "csv"):
        path = canonical(rows, kind)
        with Peak() as peak:
            result, cpu, wall = timed(lambda path=path: staged(path, processes))
        line = {"kind": kind, "rows": rows, "mib": path.stat().st_size >> 20, "cpu_s": round(cpu, 1)}
        line |= {"wall_s": round(wall, 1), "peak_mib": round(peak.mib), "quarantined": result.quarantined}
        if kind == "parquet":
            line["decode_cpu_s"] = round(timed(lambda path=path: decode(path))[1], 1)
        lines.append(line)
    return lines


def main() -> None:
    """Measure, print, and print again for machines."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=5_000_000)
    options.add_argument("--processes", type=int, default=1)
    options.add_argument("--profile", choices=["parquet", "csv"], help="print where the time goes, in one process")
    chosen = options.parse_args()
    if chosen.profile:
        path, profile = canonical(chosen.rows, chosen.profile), cProfile.Profile()
        profile.runcall(staged, path, 1)
        pstats.Stats(profile).sort_stats("tottime").print_stats(30)
        return
    lines = measure(chosen.rows, chosen.processes)
    print(f"{'file':<10}{'rows':>12}{'MiB':>8}{'CPU s':>8}{'wall s':>8}{'peak MiB':>10}{'decode s':>10}")
    for line in lines:
        print(
            f"{line['kind']:<10}{line['rows']:>12,}{line['mib']:>8}{line['cpu_s']:>8}{line['wall_s']:>8}"
            f"{line['peak_mib']:>10}{line.get('decode_cpu_s', ''):>10}"
        )
    print(json.dumps(lines))


if __name__ == "__main__":
    main()
