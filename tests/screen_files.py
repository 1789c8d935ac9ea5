"""Small files to screen, and a run over them with clocks that stand still."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from entente.leads.request import Clock, RunSummary, ScreenRequest
from entente.leads.run import screen_files

HEADER = "declaration_id,date,description,hs_code,export_country,destination_country,exporter,consignee,net_mass_kg"
#: One declaration of a listed substance, one of a substance listed later, some that say nothing, one unreadable.
ROWS = (
    "D1,2024-03-01,Ephedrine hydrochloride 99%,2939.41,CN,MX,Alpha Chem,Beta SA,250",
    "D2,2024-07-01,1-Boc-4-piperidone,2933.39,CN,MX,Alpha Chem,Gamma SA,25",
    "D3,2024-03-02,Cotton shirts,6205.20,CN,MX,Delta Textil,Beta SA,900",
    "D4,2024-03-03,Steel coils,7208.10,US,CA,Epsilon,Zeta,20000",
    "D5,2024-13-45,Steel coils,7208.10,US,CA,Epsilon,Zeta,20000",
)


def write_rows(path: Path, rows: Sequence[str] = ROWS) -> Path:
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return path


def still_clock() -> Clock:
    """Clocks that give the same on every run."""
    ticks = count()
    return Clock(datetime(2026, 11, 24, tzinfo=UTC), lambda: float(next(ticks)), lambda: 0.0)


def run(source: Path, out: Path, **options: Any) -> RunSummary:
    request = ScreenRequest(inputs=(source,), out=out, **{"processes": 1, **options})
    return screen_files(request, clock=still_clock())
