"""The register's answers on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from entente.cli.substances_plain import Thing, form_names, value_text
from entente.substances import Check, Instrument, Listing, Register, Substance
from entente.substances.asof import Answer, Finding
from entente.substances.check import RoleAnswer
from entente.substances.diff import Change
from entente.substances.model import BEGINNING, FOREVER, Direction
from entente.substances.validate import Problem

_STATUS = {
    "listed": ("LISTED", "bold red"),
    "not_listed": ("not listed", "green"),
    "unknown_coverage": ("unknown", "bold yellow"),
}
_REASON = {
    "in_force": "in force on that day",
    "before_effective": "listed {start}, which is later",
    "after_repeal": "no longer listed from {end} on",
    "destination_outside_scope": "listed for other destinations only ({destinations})",
    "direction_outside_scope": "listed for {directions} only",
    "form_outside_scope": "listed, but the words of the list, as far as they are known, do not name this form",
    "effective_date_imprecise": "listed {start}; whether by this day is not established",
    "no_listing": "no listing",
}
_PARTIAL = "the register does not cover this law completely, so absence proves nothing"


def console() -> Console:
    """Where answers go; nothing is guessed to be markup or a path."""
    return Console(highlight=False)


def check(given: Check, register: Register) -> None:
    """Print a question and every answer to it, with the law's words and the source."""
    out = console()
    route = " to ".join(country for country in (given.exporting, *given.transit, given.importing) if country)
    out.print(Text.assemble((given.text, "bold"), *([f"   {route}"] if route else []), f"   on {given.on}"))
    if not given.known:
        out.print(Text("\nNOT KNOWN to the register, so nothing is said of its law", style="bold yellow"))
    for note in given.notes:
        out.print(Text(note, style="yellow"))
    for item in given.resolved:
        out.print(_heading(register.substances[item.substance_id], form_names(item.form)))
        for line in (a for a in given.answers if a.resolved == item):
            _role(out, line)
            # A basket code means many substances; the words of the law are printed for one that is asked about.
            if line.finding.listing and not item.note:
                _law(out, line.finding.listing)
    out.print(Text(f"register {register.version}", style="dim"))


def _heading(substance: Substance, remarks: Sequence[str]) -> Text:
    names = [substance.name(lang) for lang in ("en", "zh-Hans", "es")]
    text = Text("\n" + " · ".join(dict.fromkeys(names)), style="bold")
    return text.append(f"  ({', '.join(remarks)})", style="dim") if remarks else text


def _role(out: Console, given: RoleAnswer) -> None:
    finding = given.finding
    word, style = _STATUS[finding.status]
    where = (
        finding.jurisdiction
        if given.country in (None, finding.jurisdiction)
        else f"{given.country} ({finding.jurisdiction})"
    )
    line = Table.grid(padding=(0, 2, 0, 0))
    for width in (13, 8, 10):
        line.add_column(min_width=width, no_wrap=True)
    line.add_row(given.role, where, Text(word, style=style), reason_words(finding))
    out.print(Padding(line, (0, 0, 0, 2)))


def reason_words(finding: Finding) -> str:
    """A finding's reason as a clause a person can read."""
    words = _REASON[finding.reason]
    if finding.listing:
        words = words.format(
            start=since(finding.listing),
            end=finding.listing.effective_to,
            destinations=", ".join(sorted(finding.listing.destinations or ())),
            directions=direction_words(finding.listing),
        )
    unproven = finding.status == "unknown_coverage" and finding.coverage == "partial"
    return f"{words}; {_PARTIAL}" if unproven else words


def _law(out: Console, listing: Listing) -> None:
    entry = f", {listing.entry}" if listing.entry else ""
    lines = [f"{listing.instrument}, {listing.category}{entry}; {interval(listing)}; confidence {listing.confidence}"]
    lines += [f"“{listing.quote}”"]
    lines += [f"note: {listing.note}"] if listing.note else []
    for line in lines:
        out.print(Padding(Text(line, style="dim"), (0, 0, 0, 4)))
    for source in listing.sources:
        # An address stays on one line, so that a terminal can open it.
        out.print(Text(f"    {source.address}", style="dim"), soft_wrap=True)


def since(listing: Listing) -> str:
    """From when a listing holds, in words: a day, or a day in a month or year."""
    start, latest = listing.effective_from, listing.from_latest
    if listing.exact:
        return f"from {start}"
    return f"from a day in {start:%Y-%m}" if start.month == latest.month else f"from a day in {start.year:04}"


def interval(listing: Listing) -> str:
    """When a listing holds."""
    return since(listing) + ("" if listing.effective_to == FOREVER else f" to {listing.effective_to}")


def direction_words(listing: Listing) -> str:
    """Directions of trade that a listing speaks of."""
    return ", ".join(str(d.name).lower() for d in Direction if d & listing.directions) or "domestic transactions"


def instruments(register: Register) -> None:
    """Print all instruments with what they cover."""
    out = console()
    for item in register.instruments.values():
        count = sum(x.instrument == item.id for x in register.listings)
        held = min((span.known.start for span in item.coverage), default=None)
        since_when = f", held since {held}" if held else ", not held yet"
        out.print(
            Text.assemble(
                (item.id, "bold"), f"   {item.kind.replace('_', ' ')}, {count} listing{'s' * (count != 1)}{since_when}"
            )
        )
        spans = [f"{_start(c.start)} to {_end(c.end)}" for c in item.coverage if c.state == "complete"]
        for line in (item.titles["en"], f"complete from {', '.join(spans)}" if spans else "partial on all days"):
            out.print(Padding(Text(line, style="dim"), (0, 0, 0, 4)))


def listings(rows: Sequence[Listing], register: Register) -> None:
    """Print listings, grouped by instrument."""
    out = console()
    for name, group in groupby(rows, key=lambda x: x.instrument):
        out.print(Text(name, style="bold"))
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(min_width=34, overflow="fold")
        for x in group:
            scope = "" if x.destinations is None else f", to {' '.join(sorted(x.destinations))}"
            words = f"{x.category}, {interval(x)}{scope}, confidence {x.confidence}"
            table.add_row(register.substances[x.substance_id].name(), words)
        out.print(Padding(table, (0, 0, 0, 2)))


def answer(given: Answer, register: Register) -> None:
    """Print what was in force in a jurisdiction on a day."""
    listings(given.listings, register)
    out = console()
    if given.uncertain:
        out.print(Text("\nPerhaps in force; the first day is not established:", style="yellow"))
        listings(given.uncertain, register)
    if given.coverage == "partial":
        out.print(Text(f"\nFor {given.jurisdiction} on {given.on} {_PARTIAL}.", style="yellow"))


def whole(found: Sequence[Thing], register: Register) -> None:
    """Print all that is held on some things."""
    out = console()
    for item in found:
        if isinstance(item, Substance):
            _substance(out, item, register)
        elif isinstance(item, Instrument):
            _instrument(out, item, register)
        else:
            out.print(Text(item.id, style="bold"))
            _law(out, item)
            for clause in item.clauses:
                out.print(Text(f"    ({clause.id}) “{clause.quote}”", style="dim"))


def _substance(out: Console, given: Substance, register: Register) -> None:
    out.print(Text.assemble((given.name(), "bold"), f"   {given.id}   {given.group}"))
    table = Table.grid(padding=(0, 2, 0, 0))
    for lang, names in groupby(given.names, key=lambda name: name.lang):
        words = [f"{n.text}{_mark(form_names(n.form), context=n.needs_context)}" for n in names]
        table.add_row("short" if lang == "mul" else lang, "; ".join(words))
    codes = [f"{c.hs6[:4]}.{c.hs6[4:]} ({c.edition}{'' if c.specific else ', basket'})" for c in given.hs]
    table.add_row("CAS", "; ".join(f"{c.cas}{_mark(form_names(c.form))}" for c in given.cas) or "none given")
    table.add_row("HS", "; ".join(codes) or "none given")
    if given.note:
        table.add_row("note", given.note)
    out.print(Padding(table, (0, 0, 0, 2)))
    for x in (x for x in register.listings if x.substance_id == given.id):
        out.print(Text(f"\n  {x.jurisdiction}"))
        _law(out, x)


def _mark(forms: list[str], *, context: bool = False) -> str:
    marks = [*forms, *(["needs context"] if context else [])]
    return f" [{', '.join(marks)}]" if marks else ""


def _instrument(out: Console, given: Instrument, register: Register) -> None:
    out.print(Text.assemble((given.titles["en"], "bold"), f"   {given.id}   {given.kind}"))
    out.print(Text(f"  {given.titles['zh']}\n  {given.titles['es']}"))
    for line in (given.quote, given.note, *(source.address for source in given.sources)):
        if line:
            out.print(Text(f"  {line}", style="dim"))
    for c in given.coverage:
        out.print(Text(f"  {c.state:<9} {_start(c.start)} to {_end(c.end)}"))
        if c.note:
            out.print(Padding(Text(c.note, style="dim"), (0, 0, 0, 4)))
    listings([x for x in register.listings if x.instrument == given.id], register)


def problems(found: Sequence[Problem], files: int) -> None:
    """Print what is wrong with lists, and a count."""
    out = console()
    styles = {"error": "bold red", "warning": "yellow", "not_checked": "cyan"}
    for item in found:
        out.print(
            Text.assemble((f"{item.level.replace('_', ' ')}: ", styles[item.level]), f"{item.message} [{item.code}]")
        )
        out.print(Text(f"  {item.place}\n  {item.remedy}", style="dim"))
    counts = {level: sum(item.level == level for item in found) for level in styles}
    out.print(
        f"{files} files: {counts['error']} errors, {counts['warning']} warnings, {counts['not_checked']} not checked"
    )


def changes(found: Sequence[Change]) -> None:
    """Print differences."""
    out = console()
    styles = {"added": "green", "removed": "red", "changed": "yellow"}
    for item in found:
        values = " -> ".join(text for text in (value_text(item.before), value_text(item.after)))
        detail = "" if item.field is None else f"  {item.field}: {values}"
        out.print(Text.assemble((f"{item.what:<8}", styles[item.what]), f" {item.kind:<10} {item.id}{detail}"))
    if not found:
        out.print("No difference.")


def _start(day: date) -> str:
    return "the beginning" if day == BEGINNING else str(day)


def _end(day: date) -> str:
    return "now" if day == FOREVER else str(day)
