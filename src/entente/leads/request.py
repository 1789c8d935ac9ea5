"""What a screening run is asked, the clocks it is given, and what it says when it is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

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


@dataclass(frozen=True, slots=True)
class FirstLead:
    """A lead in one line of a terminal; `score` in milli-log-odds."""

    rank: int
    score: int
    exporter: str
    consignee: str
    substances: str
    reason: str


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a finished run says of itself; `record` is the content of run.json."""

    out: Path
    record: Mapping[str, Any]
    first_leads: tuple[FirstLead, ...]

    @property
    def counts(self) -> Mapping[str, int]:
        """Counts by name; those of rows are of shipments. See `record.run_record`."""
        counts: Mapping[str, int] = self.record["counts"]
        return counts

    @property
    def quarantined(self) -> int:
        """Rows of all tables that could not be read."""
        return sum(file["quarantined"] for file in self.record["inputs"])

    @property
    def not_evaluable(self) -> Mapping[str, list[str]]:
        """Rule id -> what the run lacks for it."""
        lacking: Mapping[str, list[str]] = self.record["rules"]["not_evaluable"]
        return lacking

    @property
    def warnings(self) -> list[dict[str, Any]]:
        """What a person should know about the inputs, see `StagedInputs.warnings`."""
        warnings: list[dict[str, Any]] = self.record["warnings"]
        return warnings

    def as_json(self) -> dict[str, Any]:
        """The record of the run and where its results are."""
        return {"out": str(self.out), **self.record}
