"""What a run shows on a terminal: a bar a stage while it works, and a summary at its end."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TaskID, TextColumn
from rich.table import Table
from rich.text import Text

from entente.leads.reportwords import words
from entente.leads.request import Clock, RunSummary

#: Stage of a run -> what a person reads beside the bar.
STAGES = {
    "read": "Reading records",
    "match": "Looking for controlled substances",
    "law": "Asking the law of each day",
    "rules": "Evaluating rules",
    "leads": "Ranking leads",
    "report": "Writing the results",
}
#: Notes on the inputs that are printed; all are in run.json.
_NOTES = 5


def clock() -> Clock:
    """The machine's clocks, handed to the rooms, which have none of their own."""
    return Clock(now=datetime.now(UTC), wall=time.perf_counter, cpu=cpu_seconds)


def cpu_seconds() -> float:
    """CPU seconds of this process and of the workers it has waited for."""
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in usage)


class _Seconds(ProgressColumn):
    """Seconds that a stage has taken so far."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.finished_time or task.elapsed or 0:7.1f} s", style="dim")


@contextmanager
def stage_progress(*, quiet: bool) -> Iterator[Callable[[str, int, int | None], None]]:
    """Show a bar a stage on standard error; say nothing when it is not a terminal or `quiet` is set."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(finished_text="✓"), TextColumn("{task.description:<34}"), BarColumn(20), _Seconds())
    with Progress(*columns, console=console, disable=quiet or not console.is_terminal) as bars:
        shown: dict[str, TaskID] = {}

        def update(stage: str, done: int, total: int | None) -> None:
            if stage not in shown:
                shown[stage] = bars.add_task(STAGES[stage], total=None)
            bars.update(shown[stage], completed=done, total=total)

        yield update


def show_summary(summary: RunSummary) -> None:
    """Print counts, what was not established, the first leads and where the results are."""
    console = Console()
    console.print()
    console.print(_counts(summary))
    for line in _reservations(summary):
        console.print(Text(line, style="yellow"))
    if summary.first_leads:
        console.print()
        console.print(_leads(summary))
    _say_where(console, summary.out)


def _counts(summary: RunSummary) -> Table:
    table = Table.grid(padding=(0, 2))
    counts = summary.counts
    shown = {
        "Rows read": counts["read"],
        "Rows in quarantine": summary.quarantined,
        "Records with a hit": counts["hit_records"],
        "  listed on their day": counts["in_force_records"],
        "Flags of rules": counts["flags"],
        "Leads": counts["leads"],
        "Random sample": counts["samples"],
    }
    for label, value in shown.items():
        table.add_row(label, Text(f"{value:,}", justify="right", style="bold"))
    return table


def _reservations(summary: RunSummary) -> Iterator[str]:
    say = words("en")
    if summary.not_evaluable:
        yield f"Rules not evaluable for want of input: {len(summary.not_evaluable)}. The report says what is missing."
    notes = list(summary.warnings)
    for note in say.warnings(notes[:_NOTES]):
        yield f"Note: {note}"
    if len(notes) > _NOTES:
        yield f"Further notes on the inputs are in run.json: {len(notes) - _NOTES}."


def _leads(summary: RunSummary) -> Table:
    table = Table(
        title="First leads", title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0), pad_edge=False
    )
    table.add_column("#", justify="right")
    table.add_column("Score", justify="right")
    table.add_column("Exporter → consignee", ratio=5, overflow="ellipsis", no_wrap=True)
    table.add_column("Substances", ratio=3, overflow="ellipsis", no_wrap=True)
    table.add_column("First reason", ratio=4, overflow="ellipsis", no_wrap=True)
    for lead in summary.first_leads:
        cells = (f"{lead.exporter} → {lead.consignee}", lead.substances, lead.reason)
        table.add_row(str(lead.rank), f"{lead.score / 1000:.2f}", *(Text(_printable(cell)) for cell in cells))
    return table


def _printable(text: str) -> str:
    """A text without what a terminal would obey: names in records come from strangers."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def _say_where(console: Console, out: Path) -> None:
    console.print()
    console.print(Text.assemble("Report   ", (str(out / "report.html"), "bold")), soft_wrap=True)
    console.print(Text.assemble("Results  ", str(out)), soft_wrap=True)
