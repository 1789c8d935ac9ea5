"""The indicator store: one Parquet file for each imported file, never changed, found again by its SHA-256.

A store is a folder. Importing the same bytes of the same release twice changes nothing. A vintage is a set of rows with
a day of release; reading `as_of` a day takes, for every number, the last release that was there on that day.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from entente.errors import InputError
from entente.impact.facts import fact_table
from entente.impact.loaders.base import Account, Loaded
from entente.impact.observations import KEY, OBSERVATION

_KEY = ", ".join(KEY)


@dataclass(frozen=True, slots=True)
class IndicatorStore:
    """Observations of all imports in `folder`, and the yearly facts that the program ships.

    Args:
        folder: where the imports lie; None for the shipped facts alone.
    """

    folder: Path | None = None

    def add(self, loaded: Loaded) -> bool:
        """Keep an import; False if it was there already.

        Raises:
            InputError: the store has no folder.
        """
        if self.folder is None:
            raise InputError("There is no store to write to.", remedy="Name a folder with --store.")
        days = {str(day) for day in loaded.observations["published_at"].unique().to_pylist()}
        name = f"{loaded.account.source}-{loaded.account.sha256[:16]}-{min(days, default='None')}.parquet"
        path = self.folder / name
        if path.exists():
            return False
        self.folder.mkdir(parents=True, exist_ok=True)
        account = {"entente.account": json.dumps(_plain(loaded.account)).encode()}
        part = path.with_suffix(f".{os.getpid()}.part")
        pq.write_table(loaded.observations.replace_schema_metadata(account), part, compression="zstd")
        part.replace(path)
        return True

    def rows(
        self,
        *,
        indicator: str | None = None,
        geo: str | None = None,
        as_of: date | None = None,
        latest: bool = True,
    ) -> pa.Table:
        """Observations, ordered by key and release.

        Args:
            indicator: only this one.
            geo: only this place.
            as_of: as it stood on that day; what has no known day of release is left out.
            latest: only the last release of each number; False for every release.

        Returns:
            A table with the columns of `OBSERVATION`.
        """
        where, given = [], {}
        for name, value in (("indicator", indicator), ("geo", geo)):
            if value is not None:
                where.append(f"{name} = ${name}")
                given[name] = value
        if as_of is not None:
            where.append("published_at <= $as_of")
            given["as_of"] = as_of  # type: ignore[assignment]
        condition = f"where {' and '.join(where)}" if where else ""
        newest = (
            f"qualify row_number() over (partition by {_KEY} order by published_at desc nulls last, "
            f"retrieved_at desc, source_sha256) = 1"
            if latest
            else ""
        )
        with duckdb.connect() as con:
            con.execute("set timezone = 'UTC'")
            con.register("facts", fact_table())
            parts = ["select * from facts"]
            if files := self._files():
                listed = ", ".join("'" + str(path).replace("'", "''") + "'" for path in files)
                parts.append(f"select * from read_parquet([{listed}])")
            union = " union all by name ".join(parts)
            query = f"select * from ({union}) {condition} {newest} order by {_KEY}, published_at nulls first, "
            "source_sha256, row"
            return con.sql(query, params=given).to_arrow_table().cast(OBSERVATION)

    def indicators(self) -> list[tuple[str, str, str, str, int]]:
        """(indicator, period kind, basis, kind, places) of everything that the store holds."""
        table = self.rows()
        with duckdb.connect() as con:
            con.register("held", table)
            sql = "select indicator, period_kind, basis, kind, count(distinct geo) from held group by all order by all"
            return con.execute(sql).fetchall()

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("*.parquet")) if self.folder is not None and self.folder.is_dir() else []


def _plain(account: Account) -> dict[str, object]:
    return {
        "source": account.source,
        "layout": account.layout,
        "sha256": account.sha256,
        "rows": account.rows,
        "fates": account.fates,
        "observations": account.observations,
        "quarantine": [list(item) for item in account.quarantine],
        "notes": list(account.notes),
    }
