"""The small sample that the package carries, and how it is made."""

from __future__ import annotations

import csv
import io
import tempfile
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from entente.simulate.render import sides
from entente.simulate.year import Year, YearResult, simulate

#: The sample's year. China's additions of 2024-09-01 (three chemicals, notice announced on 2024-08-02) fall into it.
SAMPLE = Year(
    seed=2024,
    declarations=2000,
    listings=tuple((cas, date(2024, 9, 1)) for cas in ("23056-29-3", "125541-22-2", "1609-66-1")),
)
_DECLARATIONS = {side.file for side in sides()}
#: Written as CSV beside the Parquet files, so that a demonstration reads both.
_AS_CSV = ("mx-imports.parquet", "us-imports.parquet")


def write_sample(path: Path) -> YearResult:
    """Write the sample to the folder `path`.

    Declarations go to `shipments/` (two files as CSV, four as Parquet), papers stand beside it, and of the truth only
    `truth/diversions.parquet` comes along.
    """
    with tempfile.TemporaryDirectory() as folder:
        result = simulate(SAMPLE, Path(folder))
        for source in sorted(Path(folder).rglob("*.parquet")):
            name = source.relative_to(folder)
            if name.parent.name == "truth" and name.stem != "diversions":
                continue
            target = path / "shipments" / name if name.name in _DECLARATIONS else path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.name in _AS_CSV:
                target.with_suffix(".csv").write_text(_csv(pq.read_table(source)), encoding="utf-8", newline="")
            else:
                target.write_bytes(source.read_bytes())
    return result


def _csv(table: pa.Table) -> str:
    """Rows as CSV, without columns that hold nothing; a list is written with semicolons."""
    kept = [name for name in table.column_names if table[name].null_count < table.num_rows]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(kept)
    for row in table.select(kept).to_pylist():
        writer.writerow([";".join(value) if isinstance(value, list) else value for value in row.values()])
    return text.getvalue()
