"""What a run shows on a terminal: a bar a stage while it works, and a summary at its end."""

from __future__ import annotations

import resource
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TaskID, TextColumn
from rich.table import Table
from rich.text import Text

from entente.leads.reportwords import words
from entente.leads.request import Clock, FirstLead, RunSummary

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


@contextmanager
def stoppable() -> Iterator[None]:
    """Let a person or the machine stop a run cleanly: what it had begun is removed, and a line says so.

    Raises:
        SystemExit: with 128 and the number of the signal, as a shell has it.
    """
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    earlier = {number: signal.signal(number, _stop) for number in signals}
    try:
        yield
    except _Stopped as stopped:
        click.echo("Stopped. Nothing was written; earlier results are as they were.", err=True)
        raise SystemExit(128 + stopped.number) from None
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)


class _Stopped(KeyboardInterrupt):
    """A signal asked for the end of the run."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def _stop(number: int, _frame: object) -> None:
    for other in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(other, signal.SIG_IGN)  # a second one must not end the cleaning up half way
    raise _Stopped(number)


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
    naming = summary.counts["quarantined_naming"]
    if naming:
        console.print(Text(words("en")("unread_short", rows=f"{naming:,}"), style="bold yellow"))
    if summary.counts["absent_records"]:
        numbers = {"rows": "absent_records", "signs": "absent_records_with_signs"}
        shown = {name: f"{summary.counts[count]:,}" for name, count in numbers.items()}
        console.print(Text(words("en")("absent_short", **shown), style="yellow"))
    for reservation in _reservations(summary):
        console.print(Text(reservation, style="yellow"))
    if summary.first_leads:
        console.print()
        for line in _leads(summary.first_leads):
            console.print(line, no_wrap=True, overflow="ellipsis")
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
    if summary.quarantined:
        yield say("quarantine_short", rows=f"{summary.quarantined:,}")
    if summary.not_evaluable:
        yield f"Rules not evaluable for want of input: {len(summary.not_evaluable)}. The report says what is missing."
    notes = list(summary.warnings)
    for note in say.warnings(notes[:_NOTES]):
        yield f"Note: {note}"
    if len(notes) > _NOTES:
        yield f"Further notes on the inputs are in run.json: {len(notes) - _NOTES}."


def _leads(leads: Sequence[FirstLead]) -> Iterator[Text]:
    """Two lines a lead: who, and why."""
    yield Text("First leads", style="bold")
    for lead in leads:
        number = Text.assemble(f"{lead.rank:>3}  ", (f"{lead.score / 1000:5.2f}", "bold"))
        yield Text.assemble(number, f"  {_printable(lead.exporter)} → {_printable(lead.consignee)}")
        why = " · ".join(part for part in (lead.substances, lead.reason) if part)
        yield Text.assemble(" " * len(number), f"  {_printable(why)}", style="dim")


def _printable(text: str) -> str:
    """A text without what a terminal would obey: names in records come from strangers."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def _say_where(console: Console, out: Path) -> None:
    console.print()
    console.print(Text.assemble("Report   ", (str(out / "report.html"), "bold")), soft_wrap=True)
    console.print(Text.assemble("Results  ", str(out)), soft_wrap=True)
