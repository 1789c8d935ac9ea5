# ruff: noqa: INP001 - a script
"""Write the tables of docs/*.md that follow from the code: commands, columns, fields, rules, lists, errors.

A page holds `<!-- table: NAME -->` … `<!-- end -->`; what stands between is made here. `python tools/docs_tables.py`
writes the pages; `--check` only says which pages are out of date (a test does the same).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pyarrow as pa
import yaml

DOCS = Path(__file__).resolve().parents[1] / "docs"
_BLOCK = re.compile(r"(<!-- table: (?P<name>[\w:. -]+?) -->\n).*?(<!-- end -->)", re.DOTALL)

Row = tuple[str, ...]


def markdown(header: Row, rows: list[Row]) -> str:
    """A Markdown table; cells are kept on one line."""
    cells = [header, tuple("---" for _ in header), *rows]
    return "".join("| " + " | ".join(_cell(cell) for cell in row) + " |\n" for row in cells)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def commands(name: str = "entente") -> Iterator[tuple[str, click.Command]]:
    """The command called `name` and every command below it, by its full name; by default all."""
    from entente.cli import main

    command: click.Command = main
    context = click.Context(main, info_name="entente")
    for part in name.split()[1:]:
        found = command.get_command(context, part) if isinstance(command, click.Group) else None
        if found is None:
            raise KeyError(name)
        command, context = found, click.Context(found, parent=context, info_name=part)
    yield from _walk(name, command, context)


def _walk(name: str, command: click.Command, context: click.Context) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            if found is not None:
                yield from _walk(f"{name} {child}", found, click.Context(found, parent=context, info_name=child))


def _option(parameter: click.Parameter) -> Row:
    if isinstance(parameter, click.Option):
        names = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
        kind = "" if parameter.is_flag else _kind(parameter)
        return names + (f" {kind}" if kind else ""), _help(parameter)
    return f"`{parameter.human_readable_name}`", "Argument" + (", one or more." if parameter.nargs == -1 else ".")


def _kind(parameter: click.Option) -> str:
    choices = parameter.type
    return (
        " / ".join(choices.choices)
        if isinstance(choices, click.Choice)
        else parameter.make_metavar(click.Context(click.Command("x")))
    )


def _help(parameter: click.Option) -> str:
    notes = [parameter.help or ""]
    default = parameter.get_default(click.Context(click.Command("x")), call=False)
    if parameter.required:
        notes.append("Required.")
    if parameter.multiple and "more than once" not in notes[0]:
        notes.append("May be given several times.")
    if parameter.show_default and default is not None and not parameter.is_flag:
        notes.append(f"Default: `{default}`.")
    return " ".join(notes)


def options(name: str) -> str:
    """Arguments and options of one command, and of the commands below it."""
    parts = []
    for full, command in commands(name):
        if isinstance(command, click.Group):
            continue
        rows = [_option(parameter) for parameter in command.params]
        usage = " ".join(command.collect_usage_pieces(click.Context(command, info_name=full)))
        parts.append(
            f"**`{full} {usage}`**\n\n{(command.help or '').split(chr(10) * 2)[0].strip()}\n\n"
            + (markdown(("Option", "Meaning"), rows) if rows else "")
        )
    return "\n".join(parts)


def schemas() -> dict[str, pa.Schema]:
    """Arrow schemas of the outputs, by the name that docs/_data/columns.yaml gives them."""
    from entente.leads.outputs import quarantine_schema
    from entente.leads.schema import LEADS, REASON
    from entente.screening.schema import FLAGS, HITS

    reasons = pa.schema(list(REASON))
    return {"hits": HITS, "flags": FLAGS, "leads": LEADS, "reasons": reasons, "quarantine": quarantine_schema()}


def columns(name: str) -> str:
    """Columns of one output file."""
    meaning = yaml.safe_load((DOCS / "_data" / "columns.yaml").read_text(encoding="utf-8"))[name]
    return markdown(
        ("Column", "Type", "Meaning"),
        [(f"`{field.name}`", _type(field.type), meaning[field.name]) for field in schemas()[name]],
    )


def _type(kind: pa.DataType) -> str:
    if pa.types.is_list(kind):
        return f"list of {_type(kind.value_type)}"
    return {"date32[day]": "date", "double": "number", "int64": "integer", "int32": "integer"}.get(
        str(kind), "text" if str(kind) == "string" else "record"
    )


def fields(table: str) -> str:
    """Fields of one canonical table."""
    from entente.records.schema import table_spec

    spec = table_spec(table)
    rows = []
    for field in spec.fields:
        notes = [
            field.unit and f"unit: {field.unit}",
            field.codes and f"codes: {field.codes}",
            field.values and "one of " + ", ".join(field.values),
        ]
        rows.append(
            (
                f"`{field.name}`",
                field.type,
                "yes" if field.required else "",
                field.meaning["en"],
                "; ".join(note for note in notes if note),
            )
        )
    any_of = f"At least one of {', '.join(f'`{name}`' for name in spec.any_of)} is needed.\n\n" if spec.any_of else ""
    return any_of + markdown(("Field", "Type", "Needed", "Meaning", "Unit or codes"), rows)


def node_settings() -> str:
    """Settings of a node."""
    from entente.node.config import SETTINGS

    return markdown(
        ("Setting", "Variable", "Meaning"),
        [(f"`{item.name}`", f"`{item.variable}`", item.meaning) for item in SETTINGS],
    )


def rules() -> str:
    """The catalogue of rules."""
    from entente.screening.rules import load_rules

    rows = []
    for rule in sorted(load_rules().rules, key=lambda rule: (rule.family, rule.id)):
        needs = ", ".join(
            f"`{table}`" for table in sorted(rule.needs_tables - {"shipments", "hits", "hs", "memo_matches"})
        )
        rows.append((f"`{rule.id}`", rule.title["en"], rule.family, rule.strength, str(rule.weight), needs))
    return markdown(("Rule", "What it sees", "Family", "Strength", "Weight", "Also needs"), rows)


def families() -> str:
    """Families of rules and their caps."""
    from entente.screening.rules import load_rules

    found: Any = load_rules().families
    listed = found.values() if hasattr(found, "values") else found
    return markdown(
        ("Family", "About", "Cap"), [(f"`{family.id}`", family.title["en"], str(family.cap)) for family in listed]
    )


def hit_weights() -> str:
    """Weights of the kinds of hits."""
    from entente.leads.weights import load_hit_weights

    weights = load_hit_weights()
    rows = [(f"`{kind}`", str(weight), weights.reasons.get(kind, "")) for kind, weight in weights.kinds.items()]
    return markdown(("Hit", "Weight", "Why"), rows) + f"\nTogether they add at most {weights.cap}.\n"


def instruments() -> str:
    """Instruments of the shipped register, with what they cover."""
    from entente.substances.register import load_register

    register = load_register()
    rows = []
    for instrument in sorted(register.instruments.values(), key=lambda one: (one.jurisdiction, one.id)):
        count = sum(listing.instrument == instrument.id for listing in register.listings)
        spans = [f"{_day(span.start)} to {_day(span.end)}" for span in instrument.coverage if span.state == "complete"]
        rows.append(
            (
                instrument.jurisdiction,
                instrument.titles["en"],
                f"`{instrument.id}`",
                str(count),
                "; ".join(spans) or "partial throughout",
            )
        )
    return markdown(("Jurisdiction", "Instrument", "Id", "Listings", "Complete from, to"), rows)


def _day(day: Any) -> str:
    return {1: "the beginning", 9999: "now"}.get(day.year, day.isoformat())


def mappings() -> str:
    """Mappings that come with Entente."""
    from entente.records.mapping import load_mapping, shipped_mapping_names

    loaded = [load_mapping(name) for name in shipped_mapping_names()]
    return markdown(
        ("Mapping", "For", "Table"), [(f"`{one.name}`", one.title.get("en", ""), f"`{one.table}`") for one in loaded]
    )


def errors() -> str:
    """Families of errors and their exit codes."""
    from entente import errors as module

    families = [
        item for item in vars(module).values() if isinstance(item, type) and issubclass(item, module.EntenteError)
    ]
    return markdown(
        ("Family", "When", "Exit code"),
        [(f"`{item.__name__}`", (item.__doc__ or "").split("\n")[0], str(item.exit_code)) for item in families],
    )


def quarantine() -> str:
    """Reasons for which a row is not read."""
    from entente.records.shaping import MESSAGES

    return markdown(("Reason", "Means"), [(f"`{reason}`", text) for reason, text in MESSAGES.items()])


def diversions() -> str:
    """Kinds of diversion that the simulator plants."""
    from entente.simulate import plant

    return markdown(
        ("Kind", "Story"), [(f"`{kind}`", (getattr(plant, kind).__doc__ or "").split("\n")[0]) for kind in plant.KINDS]
    )


def message_types() -> str:
    """What may be said between authorities, in three languages."""
    from entente.exchange.messages import load_registry

    return markdown(
        ("Type", "English", "中文", "Español", "Required"),
        [
            (
                f"`{kind.name}` {kind.version}",
                kind.label["en"],
                kind.label["zh"],
                kind.label["es"],
                ", ".join(f"`{name}`" for name in kind.schema["required"]),
            )
            for kind in load_registry().types.values()
        ],
    )


def refusals() -> str:
    """Codes of a signed rejection."""
    import entente.exchange.channel_errors
    import entente.exchange.ledger.errors
    import entente.exchange.match.errors  # noqa: F401 - so that the table does not depend on what else was imported
    from entente.exchange.errors import ExchangeError

    def families(root: type[ExchangeError]) -> Iterator[type[ExchangeError]]:
        yield root
        for child in sorted(root.__subclasses__(), key=lambda child: child.__module__):
            yield from families(child)

    return markdown(
        ("Code", "Why"), [(f"`{item.code}`", (item.__doc__ or "").split("\n")[0]) for item in families(ExchangeError)]
    )


def machine(name: str) -> str:
    """States and commands of one machine of casework."""
    from entente.casework.tables import machine as table

    made = table(name)
    states = [
        (f"`{one.name}`", one.label["en"], one.label["zh"], one.label["es"], one.means) for one in made.states.values()
    ]
    commands = [
        (
            f"`{one.name}`",
            ", ".join(_WHO[hand.value] for hand in one.by),
            one.sides[0] if len(one.sides) == 1 else "both",
            _sources(one.sources, tuple(made.states)),
            ", ".join(one.targets()) or "stays",
            f"`{one.sends}`" if one.sends else "",
            one.means,
        )
        for one in made.commands.values()
    ]
    return (
        f"{made.means}\n\n"
        + markdown(("State", "English", "中文", "Español", "Means"), states)
        + "\n"
        + markdown(("Command", "Who", "Side", "From", "To", "Sends", "For"), commands)
    )


_WHO = {"person": "one person", "pair": "**two people**", "peer": "the peer", "node": "the node"}


def _sources(sources: tuple[str, ...], states: tuple[str, ...]) -> str:
    """States in which a command is possible; of nearly all, those in which it is not."""
    absent = [state for state in states if state not in sources]
    if not sources:
        return "(begins one)"
    if len(absent) < len(sources) and len(absent) <= 2:
        return "any" + (f" but {', '.join(absent)}" if absent else "")
    return ", ".join(sources)


def calendars() -> str:
    """Calendars of working days, what they rest on and what they do not establish."""
    from entente.casework.workdays import calendars as found

    rows = []
    for country, one in sorted(found().items()):
        notices = [f"[{year}]({notice['source']})" for year, notice in sorted(one.file.get("years", {}).items())]
        law = one.file.get("law")
        notices += [f"[{law['title']}]({law['source']}), from {law['since']}"] if law else []
        rows.append((country, str(one.zone), ", ".join(notices), one.note))
    return markdown(("Country", "Zone", "Rests on", "Not established"), rows)


_MAKERS: dict[str, Callable[..., str]] = {
    "machine": machine,
    "calendars": calendars,
    "options": options,
    "columns": columns,
    "fields": fields,
    "node_settings": node_settings,
    "rules": rules,
    "families": families,
    "hit_weights": hit_weights,
    "instruments": instruments,
    "mappings": mappings,
    "errors": errors,
    "quarantine": quarantine,
    "diversions": diversions,
    "message_types": message_types,
    "refusals": refusals,
}


def make(name: str) -> str:
    """The text of the block called `name`, such as `rules` or `columns:hits`."""
    maker, _, argument = name.partition(":")
    return _MAKERS[maker](argument) if argument else _MAKERS[maker]()


def fresh(page: str) -> str:
    """A page with every block made anew."""
    return _BLOCK.sub(lambda block: block[1] + "\n" + make(block["name"]).rstrip() + "\n\n" + block[3], page)


def blocks(page: str) -> list[str]:
    """Names of the blocks of a page."""
    return [block["name"] for block in _BLOCK.finditer(page)]


def main() -> int:
    """Write the pages that have changed, or with --check name them."""
    stale = []
    for path in sorted(DOCS.rglob("*.md")):
        page = path.read_text(encoding="utf-8")
        if fresh(page) != page:
            stale.append(path)
    if "--check" not in sys.argv[1:]:
        for path in stale:
            path.write_text(fresh(path.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write("".join(f"{path.relative_to(DOCS.parent)}\n" for path in stale))
    return int(bool(stale) and "--check" in sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
