"""Small sources for the tests of `records`, and a way to stage them."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from entente.errors import InputError
from entente.records import Limits, Mapping, StageResult, stage

#: Small bounds, so that a test crosses block and record borders with few bytes.
TIGHT = Limits(block_bytes=64, max_record_bytes=256, batch_rows=3)

HEADER = "declaration_id,date,description"


def csv_file(folder: Path, text: str | bytes, name: str = "in.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def gz_file(folder: Path, text: str, name: str = "in.csv.gz") -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()))
    return path


def xlsx_file(folder: Path, rows: list[list[Any]], name: str = "in.xlsx", title: str = "Sheet") -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    book.save(folder / name)
    return folder / name


def parquet_file(folder: Path, columns: dict[str, Any], name: str = "in.parquet", **options: Any) -> Path:
    pq.write_table(pa.table(columns), folder / name, **options)
    return folder / name


def staged(
    source: Path | list[Path], out: Path, mapping: Mapping | None = None, table: str = "shipments", **options: Any
) -> StageResult:
    sources = [source] if isinstance(source, Path) else source
    return stage(table, sources, mapping, out / "staged", **options)


def accepted(result: StageResult) -> list[dict[str, Any]]:
    return [row for part in result.parts for row in pq.read_table(part).to_pylist()]


def quarantined(result: StageResult) -> list[dict[str, Any]]:
    return pq.read_table(result.quarantine).to_pylist()


def adds_up(result: StageResult) -> bool:
    """Rows read are rows accepted and rows quarantined, by the counts and by what the files really hold."""
    return (
        result.rows_read
        == result.accepted + result.quarantined
        == len(accepted(result)) + len(quarantined(result))
        == sum(file.rows_read for file in result.files)
    )


def refused(source: Path, out: Path, mapping: Mapping | None = None, **options: Any) -> InputError:
    """The error with which a source is refused; it says what to do."""
    with pytest.raises(InputError) as caught:
        staged(source, out, mapping, **options)
    assert caught.value.remedy
    return caught.value


_CHILD = """
import json, re, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
from pathlib import Path
import pyarrow.parquet as pq
from entente.errors import InputError
from entente.records import stage
try:
    done = stage("shipments", [Path(sys.argv[1])], None, Path(sys.argv[2]))
    error = ""
except InputError as caught:
    error = str(caught)
peak = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) >> 10
if error:
    print(json.dumps({"error": error, "peak_mib": peak}))
    sys.exit()
bad = pq.read_table(done.quarantine, columns=["line", "reason"]) if sys.argv[3] == "show" else None
rows = [] if bad is None else sorted(map(list, zip(*(column.to_pylist() for column in bad.columns))))
counts = [done.rows_read, done.accepted, pq.read_metadata(done.quarantine).num_rows]
print(json.dumps({"error": "", "peak_mib": peak, "accepted": done.accepted, "reasons": rows, "counts": counts}))
"""


def in_child(source: Path, out: Path, *, within_mib: int = 700, show: bool = True) -> dict[str, Any]:
    """Stage a source in a process of its own, whose peak of memory (libraries included) must stay within a bound."""
    command = [sys.executable, "-c", _CHILD, str(source), str(out / "child"), "show" if show else "count"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["peak_mib"] <= within_mib
    return found
