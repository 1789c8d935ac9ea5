"""Places that indicators speak of: codes (ISO 3166-2 where there is one), names, and their tile on a grid map."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyarrow as pa
import yaml

_FILE = Path(__file__).parent / "geos.yaml"


@dataclass(frozen=True, slots=True)
class Geo:
    """A place; `tile` is (column, row) on the tile-grid map of its country, None for what has no tile."""

    code: str
    name: str
    tile: tuple[int, int] | None = None


@cache
def geos() -> dict[str, Geo]:
    """All places by code."""
    raw = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    found = {}
    for code, said in raw.items():
        name, *tile = said if isinstance(said, list) else [said]
        found[code] = Geo(code, name, (int(tile[0]), int(tile[1])) if tile else None)
    return found


@cache
def spellings() -> pa.Table:
    """Lower-case name or postal code -> code, for the joins of the loaders: columns `spelt`, `code`."""
    rows: dict[str, str] = {}
    for geo in geos().values():
        rows[geo.name.lower()] = geo.code
        if geo.code.startswith("US") and ":" not in geo.code:
            rows[geo.code.removeprefix("US-").lower()] = geo.code
    # The provisional counts report New York City apart from the rest of New York State.
    rows |= {"yc": "US-NY:city", "new york city": "US-NY:city", "us": "US"}
    return pa.table({"spelt": list(rows), "code": list(rows.values())})
