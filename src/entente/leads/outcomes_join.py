"""Outcomes joined to the leads and sample rows of the runs that they were decided on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from entente.leads.finished import FinishedRun
from entente.leads.outcomes import CONFIRMED, Outcome, Settled


@dataclass(frozen=True, slots=True)
class Decided:
    """A lead or sample row with its outcome.

    Args:
        lead: row of leads.parquet.
        confirmed: what was found.
        evaluated: rules that the run could evaluate.
    """

    lead: Mapping[str, Any]
    confirmed: bool
    evaluated: frozenset[str]


@dataclass(frozen=True, slots=True)
class Joined:
    """What can be fitted to, and what cannot: rows read = decided + unknown + the unused rows of `settled`."""

    decided: tuple[Decided, ...]
    unknown: tuple[Outcome, ...]
    settled: Settled

    def counts(self) -> dict[str, int]:
        """Rows by what became of them; `read` is the sum of the others but `confirmed` and `samples`."""
        return {
            "read": self.settled.read,
            "used": len(self.decided),
            "open": len(self.settled.open),
            "twice": len(self.settled.twice),
            "overtaken": len(self.settled.overtaken),
            "contradictory": len(self.settled.contradictory),
            "unknown": len(self.unknown),
            "confirmed": sum(one.confirmed for one in self.decided),
            "samples": sum(one.lead["kind"] == "sample" for one in self.decided),
        }


def join_outcomes(settled: Settled, runs: Sequence[FinishedRun]) -> Joined:
    """Find the lead of each outcome.

    A lead keeps its number from run to run, and its signs change. It is taken from the latest run that began on or
    before the day of the decision, which is what the officer can have seen; or else from the earliest that has it.
    It counts once, however many runs hold it.
    """
    ids = pa.array([one.lead_id for one in settled.final], pa.string())
    ordered = sorted(runs, key=lambda run: run.started)
    found: dict[str, list[tuple[FinishedRun, dict[str, Any]]]] = {}
    for run in ordered:
        for row in run.leads(pc.field("lead_id").isin(ids)):
            found.setdefault(row["lead_id"], []).append((run, row))
    decided, unknown = [], []
    for outcome in settled.final:
        if outcome.lead_id not in found:
            unknown.append(outcome)
            continue
        run, row = _seen(found[outcome.lead_id], outcome.decided_on or date.max)
        decided.append(Decided(row, outcome.outcome == CONFIRMED, run.evaluated))
    return Joined(tuple(decided), tuple(unknown), settled)


def _seen(where: Sequence[tuple[FinishedRun, dict[str, Any]]], day: date) -> tuple[FinishedRun, dict[str, Any]]:
    before = [one for one in where if one[0].started <= day]
    return before[-1] if before else where[0]
