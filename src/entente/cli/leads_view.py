"""Leads and fits on a terminal. Every text of a record goes through `printable` first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from entente.leads.calibrate import WEIGHTS_FILE
from entente.leads.calibrate_judge import Change
from entente.leads.calibrate_report import Calibration, FittedValue
from entente.leads.reportwords import words
from entente.leads.show import LeadWords, ReasonWords, printable
from entente.screening.schema import COUNTS_FROM

#: Records, hits and names of one lead that are shown; the files have all.
MOST = 50
_FEW = 5
_BAR = 10
_POINTS_PER_BAR = 2500


def listing(leads: Sequence[LeadWords], counts: Mapping[str, int], *, samples: bool) -> None:
    """Print leads one below the other, best first, and what else is on the work list."""
    out = _console()
    for lead in leads:
        _head(out, lead)
        for reason in lead.reasons[:_FEW]:
            out.print(Padding(_reason(reason, lead.row["n_records"]), (0, 0, 0, 2)))
        _more(out, len(lead.reasons) - _FEW, "reasons")
        out.print()
    if samples:
        out.print(
            f"{len(leads)} rows of the random sample. They bear no reason to look; what is found counts all the same."
        )
        return
    out.print(
        f"{len(leads)} of {counts['leads']} leads. The random sample has {_count(counts['samples'], 'row')}: --samples."
    )
    out.print("A lead is a reason to look, not a finding. One in full: --lead NUMBER.")


def whole(lead: LeadWords, hits: Sequence[Mapping[str, Any]], lang: str) -> None:
    """Print one lead with all reasons (given in `lang`), its records and what matched in them."""
    out = _console()
    _head(out, lead)
    for reason in lead.reasons:
        out.print(Padding(_reason(reason, lead.row["n_records"]), (0, 0, 0, 2)))
        if reason.explanation:
            out.print(Padding(Text(printable(reason.explanation, 400), style="dim"), (0, 0, 0, 19)))
    records = [(record["declaration_id"], record["line"]) for record in lead.row["records"]]
    out.print(Text("\nRecords (declaration/line)", style="bold"))
    names = "  ".join(f"{printable(name, 60)}/{line}" for name, line in records[:MOST])
    out.print(Padding(Text(names), (0, 0, 0, 2)))
    _more(out, len(records) - MOST, "records: see leads.parquet")
    _hits(out, [hit for hit in hits if (hit["declaration_id"], hit["line"]) in set(records)], lang)


def _head(out: Console, lead: LeadWords) -> None:
    row = lead.row
    place = "sample" if row["rank"] is None else f"#{row['rank']}"
    out.print(
        Text.assemble(
            (f"{place}  score {row['score'] / 1000:.1f}", "bold"),
            f"   {row['lead_id']}   {row['first_date']} to {row['last_date']}   {_count(row['n_records'], 'record')}",
        )
    )
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(overflow="fold")
    grid.add_row("Exporter", Text(printable(row["exporter"])))
    grid.add_row("Consignee", Text(printable(row["consignee"])))
    for label, values in (("Substances", row["substances"]), ("Routes", row["routes"])):
        if values:
            grid.add_row(label, Text(_some([printable(value, 60) for value in values])))
    out.print(Padding(grid, (0, 0, 0, 2)))


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")


def _some(values: Sequence[str]) -> str:
    rest = len(values) - _FEW
    return ", ".join(values[:_FEW]) + (f" and {rest} more" if rest > 0 else "")


def _reason(reason: ReasonWords, n_records: int) -> Table:
    bar = "█" * max(1, min(_BAR, round(_BAR * reason.counted / _POINTS_PER_BAR))) if reason.counted else ""
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(min_width=5, no_wrap=True)
    grid.add_column(min_width=_BAR, no_wrap=True)
    grid.add_column(overflow="fold")
    capped = f", {reason.weight / 1000:.1f} before its family's cap" if reason.counted < reason.weight else ""
    words = f"{printable(reason.title)} (in {reason.n_records} of {_count(n_records, 'record')}{capped})"
    grid.add_row(f"{reason.counted / 1000:+.1f}", Text(bar, style="red"), Text(words))
    return grid


def _hits(out: Console, hits: Sequence[Mapping[str, Any]], lang: str) -> None:
    if not hits:
        return
    out.print(Text("\nWhat matched, and what the law of the day said", style="bold"))
    table = _table("record", "matched text", "substance", "law of", "status", "reason", "listed from")
    absent = f" ({words(lang)('absent_label')})"
    for hit in hits[:MOST]:
        matched = printable(hit["matched_text"], 60) + (absent if hit["match_confidence"] < COUNTS_FROM else "")
        cells = [f"{printable(hit['declaration_id'], 40)}/{hit['line']}", matched]
        cells += [printable(str(hit[name])) for name in ("substance_id", "jurisdiction", "status", "reason")]
        table.add_row(*(Text(cell) for cell in [*cells, str(hit["listed_from"] or "–")]))
    out.print(Padding(table, (0, 0, 0, 2)))
    _more(out, len(hits) - MOST, "hits: see hits.parquet")


def _more(out: Console, count: int, what: str) -> None:
    if count > 0:
        out.print(Text(f"  and {count} more {what}", style="dim"))


def calibration(made: Calibration, folder: Path) -> None:
    """Print what became of the outcomes, the weights before and after, and whether that is better."""
    out = _console()
    counts = made.counts
    out.print(
        f"{counts['read']} outcomes read: {counts['used']} used ({counts['confirmed']} confirmed, "
        f"{counts['samples']} of sample rows), {counts['open']} open, {counts['twice']} given twice, "
        f"{counts['overtaken']} overtaken by a later decision, {counts['contradictory']} contradictory, "
        f"{counts['unknown']} of no lead of these runs."
    )
    for what, ids in (("contradictory", made.contradictory), ("unknown", made.unknown)):
        if ids:
            out.print(Text(f"{what}: {', '.join(ids)}", style="yellow"))
    if made.trimmed:
        out.print(
            f"{made.trimmed} sample rows count {made.max_weight:g} each in place of up to {made.heaviest:,.0f} "
            "(--max-weight)."
        )
    _values(out, "Weight", made.weights)
    _values(out, "Cap of family", made.caps)
    _verdict(out, made)
    out.print(Text(f"\nWritten: {folder / WEIGHTS_FILE}"), soft_wrap=True)
    out.print(Text(f"To use it: entente screen ... --rules {folder}"), soft_wrap=True)


def _values(out: Console, what: str, values: Sequence[FittedValue]) -> None:
    out.print()
    table = _table(what, "old", "new", "95 % interval", "outcomes", "confirmed", "")
    for column in table.columns[1:6]:
        column.justify = "right"
    for value in values:
        note = f"set to 0; the fit alone says {value.free}" if value.free is not None else ""
        if value.capped is not None:
            note = f"{value.capped} of it counts: the cap of its family"
        interval = f"{value.low} to {value.high}"
        table.add_row(
            Text(printable(value.name)),
            *map(str, (value.old, value.new)),
            interval,
            str(value.outcomes),
            str(value.confirmed),
            note,
        )
    out.print(table)


def _verdict(out: Console, made: Calibration) -> None:
    verdict = made.verdict
    out.print(Text(f"\nOn outcomes not seen in fitting ({verdict.folds} folds); smaller is better", style="bold"))
    table = _table("", "base rate", "old", "new", "change", "95 % interval")
    for label, change in (
        ("Brier, all", verdict.brier),
        ("log loss, all", verdict.log_loss),
        ("Brier, leads", verdict.leads_brier),
        ("log loss, leads", verdict.leads_log_loss),
    ):
        if change is not None:
            table.add_row(label, *_change(change))
    out.print(table)
    if verdict.better:
        out.print(Text("The new weights are better on outcomes that they have not seen.", style="green"))
    else:
        words = "Not shown to be better: keep the present weights until there are more outcomes."
        out.print(Text(words, style="yellow"))
    if not made.converged:
        out.print(Text("The fit stopped before it reached its optimum.", style="yellow"))


def _change(change: Change) -> tuple[str, ...]:
    figures = (change.base, change.before, change.after)
    return (*(f"{one:.4f}" for one in figures), f"{change.difference:+.4f}", f"{change.low:+.4f} to {change.high:+.4f}")


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _console() -> Console:
    """Nothing is guessed to be markup or a path."""
    return Console(highlight=False, markup=False)
