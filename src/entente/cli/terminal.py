"""What a run shows on a terminal: a line a stage while it works, and a summary at its end."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from entente.leads.run import Clock, RunSummary

#: Stage of a run -> what a person reads beside the bar.
STAGES = {
    "read": "Reading records",
    "match": "Looking for controlled substances",
    "law": "Asking the law of each day",
    "rules": "Evaluating rules",
    "leads": "Ranking leads",
    "report": "Writing the results",
}


def clock() -> Clock:
    """The machine's clocks, handed to the rooms, which have none of their own."""
    from entente.leads.run import Clock

    return Clock(now=datetime.now(UTC), wall=time.perf_counter, cpu=cpu_seconds)


def cpu_seconds() -> float:
    """CPU seconds of this process and of the workers it has waited for."""
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in usage)


@contextmanager
def stage_progress(*, quiet: bool) -> Iterator[Callable[[str, int, int | None], None]]:
    """Show a bar a stage on standard error; say nothing when it is not a terminal or `quiet` is set."""
    console = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description:<34}"),
        BarColumn(24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=quiet or not console.is_terminal) as bars:
        shown: dict[str, TaskID] = {}

        def update(stage: str, done: int, total: int | None) -> None:
            if stage not in shown:
                shown[stage] = bars.add_task(STAGES.get(stage, stage), total=total)
            bars.update(shown[stage], completed=done, total=total)

        yield update


def show_summary(summary: RunSummary) -> None:
    """Print counts, the first leads and where the results are."""
    console = Console()
    console.print()
    console.print(_counts(summary))
    if summary.not_evaluable:
        console.print(
            Text(
                f"Not evaluable for want of input: {len(summary.not_evaluable)} rules (listed in the report).",
                style="yellow",
            )
        )
    for warning in summary.warnings:
        console.print(Text(f"Note: {warning}", style="yellow"))
    if summary.first_leads:
        console.print(_leads(summary))
    console.print(f"\nReport: [bold]{summary.out / 'report.html'}[/bold]", soft_wrap=True, highlight=False)


def _counts(summary: RunSummary) -> Table:
    table = Table.grid(padding=(0, 2))
    for label, value in summary.headline():
        table.add_row(label, Text(f"{value:,}", justify="right", style="bold"))
    return table


def _leads(summary: RunSummary) -> Table:
    table = Table(
        title="First leads",
        title_justify="left",
        title_style="bold",
        box=None,
        padding=(0, 2, 0, 0),
        header_style="dim",
    )
    table.add_column("#", justify="right")
    table.add_column("Score", justify="right")
    for name in ("Exporter", "Consignee", "Substances", "First reason"):
        table.add_column(name, overflow="ellipsis", no_wrap=True)
    for lead in summary.first_leads:
        table.add_row(
            str(lead.rank),
            f"{lead.score / 1000:.1f}",
            *(Text(cell) for cell in (lead.exporter, lead.consignee, lead.substances, lead.reason)),
        )
    return table
