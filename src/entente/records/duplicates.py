"""Count rows whose key stands more than once: worth a warning, never a reason to drop one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb


def duplicate_keys(parts: Sequence[Path], key: Sequence[str], memory_mb: int = 512) -> int:
    """Return how many rows of staged parts repeat the key of another row.

    Keys are compared by a 64-bit hash first, and in full only where hashes meet, so that the common case (none)
    stays cheap. DuckDB spills beside the parts when memory is short.
    """
    columns = ", ".join(f'"{name}"' for name in key)
    files = {"files": [str(part) for part in parts]}
    spill = str(parts[0].parent / ".spill").replace("'", "''")
    with duckdb.connect() as connection:
        connection.execute(f"SET memory_limit='{memory_mb}MB'; SET threads=1; SET temp_directory='{spill}'")
        counted = f"SELECT count(*), count(DISTINCT hash({columns})) FROM read_parquet($files)"
        rows, distinct = connection.execute(counted, files).fetchall()[0]
        if rows == distinct:
            return 0
        groups = f"SELECT count(*) AS n FROM read_parquet($files) GROUP BY {columns} HAVING count(*) > 1"
        repeated = connection.execute(f"SELECT coalesce(sum(n - 1), 0) FROM ({groups})", files).fetchall()[0][0]
        return int(repeated)
