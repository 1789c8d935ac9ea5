"""One screening run, from files to ranked leads.

The stages follow one another without callbacks: read -> match -> law -> rules -> leads -> report. Results are
written into a working folder beside their destination and moved there at the very end, so that a run that fails
leaves nothing half done. Nothing here reads a clock: `Clock` is handed in.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from entente.engine import Engine, open_engine
from entente.errors import UsageError
from entente.leads import outputs
from entente.leads.inputs import StagedInputs, stage_inputs
from entente.substances.register import Register, load_register

#: Called with (stage, done, total); stage is one of read, match, law, rules, leads, report.
Progress = Callable[[str, int, int | None], None]

#: Tables that are optional inputs of a run, beside the shipments.
OPTIONAL_TABLES = ("notifications", "authorisations", "invocations", "payments")


@dataclass(frozen=True, slots=True)
class Clock:
    """The clocks of a run: the moment it began (UTC), and counters of wall and CPU seconds."""

    now: datetime
    wall: Callable[[], float]
    cpu: Callable[[], float]


@dataclass(frozen=True, slots=True)
class ScreenRequest:
    """All that decides what a run gives; the same request on the same inputs gives the same results.

    Args:
        inputs: files, folders or patterns of shipments.
        out: folder for the results; made if it is missing.
        tables: optional table -> its files.
        mappings: mapping files or names of shipped mappings; each says which table it is for.
        lists: further folders of control lists.
        rules: further folders of rules or weights.
        known_at: use the register as it stood on this day; None means all that it knows.
        engine: local or spark.
        master: Spark master URL.
        processes: worker processes; None means one per core.
        memory_mb: MiB that SQL may use before it spills.
        misspellings: look for misspelt names too.
        sample: unflagged rows added to the work list at random.
        seed: seed of that choice.
        top: leads shown in full in the report.
        lang: language of the report: en, zh or es.
        overwrite: replace the results of an earlier run.
    """

    inputs: tuple[Path, ...]
    out: Path
    tables: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)
    mappings: tuple[str, ...] = ()
    lists: tuple[Path, ...] = ()
    rules: tuple[Path, ...] = ()
    known_at: date | None = None
    engine: str = "local"
    master: str | None = None
    processes: int | None = None
    memory_mb: int | None = None
    misspellings: bool = True
    sample: int = 20
    seed: int = 0
    top: int = 200
    lang: str = "en"
    overwrite: bool = False
