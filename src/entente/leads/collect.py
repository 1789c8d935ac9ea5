"""Gather what a report shows from the tables of a finished screening, with small queries only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from entente.engine import Engine
from entente.leads import absent, unread
from entente.leads import reportquery as query
from entente.leads.reportdata import Bar, InputFile, ListVersion, Missing, NotEstablished, ReportData, UnreadRow
from entente.leads.reportlaw import LawWords, since
from entente.leads.reportleads import shown_leads
from entente.leads.reportwords import Words, words
from entente.screening.rules import RuleSet
from entente.substances.register import Register

#: Leads after the first `top` that the report shows in one line each.
LISTED = 300


def collect(
    engine: Engine,
    register: Register,
    ruleset: RuleSet,
    record: Mapping[str, Any],
    quarantine: Path,
    *,
    top: int,
    lang: str,
) -> ReportData:
    """All that the report of one run shows.

    Args:
        engine: holds shipments, hits, flags, leads and lead_rows.
        register: the lists that the run judged by.
        ruleset: the rules that it asked.
        record: content of run.json, results and timings aside.
        quarantine: the run's quarantine.parquet.
        top: leads shown in full.
        lang: en, zh or es.
    """
    say = words(lang)
    law = LawWords(register, say, {listing.id: listing for listing in register.listings})
    with _scratch(engine, record, quarantine, top):
        rules = {rule.id: rule for rule in ruleset.rules}
        shown = shown_leads(engine, law, rules, top=top, listed=LISTED)
        return ReportData(
            lang=lang,
            started=record["started"],
            counts=record["counts"],
            inputs=tuple(_input(file) for file in record["inputs"]),
            run=tuple(_facts(record, say)),
            lists=tuple(_list_version(item, law) for item in record["register"]["lists"]),
            n_evaluated=len(record["rules"]["evaluated"]),
            not_evaluable=tuple(_missing(rule_id, lacking, ruleset, say) for rule_id, lacking in _lacking(record)),
            leads=shown.leads,
            listed=shown.listed,
            samples=shown.samples,
            **_charts(engine, law),
            **_doubts(engine, law),
            quarantine=tuple(_quarantined(engine, say)),
            warnings=tuple(say.warnings(record["warnings"])),
            inclusion_probability=record["inclusion_probability"],
            unread=tuple(_unread(row, law) for row in engine.fetch(unread.ROWS).to_pylist()),
            absent=tuple(absent.shown(engine, law)) if record["counts"]["absent_records"] else (),
        )


@contextmanager
def _scratch(engine: Engine, record: Mapping[str, Any], quarantine: Path, top: int) -> Iterator[None]:
    """The tables that the report's queries read beside those of the run; dropped at the end."""
    kinds = record["rules"]["hit_weights"]["kinds"]
    weights = pa.table({"kind": pa.array(kinds, pa.string()), "weight": pa.array(kinds.values(), pa.int64())})
    made: list[str] = []
    try:
        for name, source in (("report_weights", weights), ("quarantine", quarantine)):
            engine.register(name, source)
            made.append(name)
        for name, sql in (("report_picked", query.picked(top)), ("report_charted", query.CHARTED)):
            engine.sql(sql, name)
            made.append(name)
        yield
    finally:
        for name in reversed(made):
            engine.drop(name)


def _input(file: Mapping[str, Any]) -> InputFile:
    counts = {name: file[name] for name in ("accepted", "quarantined", "bytes")}
    return InputFile(file["path"], file["table"], file["sha256"], read=file["rows_read"], **counts)


def _facts(record: Mapping[str, Any], say: Words) -> Iterator[tuple[str, str]]:
    """Facts of the run as pairs of words; options and versions that decide its results."""
    asked = record["request"]
    yield say("run_version"), record["entente"]
    yield say("run_register"), record["register"]["version"]
    yield say("run_rules"), record["rules"]["version"]
    if record["register"]["known_at"]:
        yield say("run_known_at"), record["register"]["known_at"]
    yield say("run_engine"), asked["engine"]
    yield say("run_misspellings"), say("yes" if asked["misspellings"] else "no")
    yield say("run_sample"), say("run_sample_value", size=asked["sample"], seed=asked["seed"])
    if asked["mappings"]:
        yield say("run_mappings"), ", ".join(asked["mappings"])


def _list_version(item: Mapping[str, Any], law: LawWords) -> ListVersion:
    instrument = law.register.instruments.get(item["instrument"] or "")
    title = law.words.pick(instrument.titles) if instrument else item["file"]
    return ListVersion(title, instrument.jurisdiction if instrument else "–", item["version"], item["sha256"])


def _lacking(record: Mapping[str, Any]) -> Sequence[tuple[str, Sequence[str]]]:
    lacking: Mapping[str, Sequence[str]] = record["rules"]["not_evaluable"]
    return tuple(lacking.items())


def _missing(rule_id: str, lacking: Sequence[str], ruleset: RuleSet, say: Words) -> Missing:
    return Missing(rule_id, say.pick(ruleset.rule(rule_id).title), tuple(say.missing(one) for one in lacking))


def _charts(engine: Engine, law: LawWords) -> dict[str, Any]:
    substances = engine.fetch(query.BY_SUBSTANCE).to_pylist()
    routes = engine.fetch(query.by_record("route")).to_pylist()
    months = engine.fetch(query.by_record("month")).to_pylist()
    return {
        "by_substance": _most([{**row, "label": law.substance(row["label"])} for row in substances], law.words),
        "by_route": _most([{**row, "label": row["label"].replace(">", " → ")} for row in routes], law.words),
        "by_month": _months(months),
    }


def _most(rows: Sequence[Mapping[str, Any]], say: Words) -> tuple[Bar, ...]:
    """The longest bars, and one for all others."""
    bars = [_bar(row) for row in rows[: query.BARS]]
    rest = [_bar(row) for row in rows[query.BARS :]]
    if rest:
        label = say("others", n=say.number(len(rest)))
        bars.append(Bar(label, sum(bar.in_force for bar in rest), sum(bar.other for bar in rest)))
    return tuple(bars)


def _bar(row: Mapping[str, Any]) -> Bar:
    return Bar(row["label"], row["in_force"], row["total"] - row["in_force"])


def _months(rows: Sequence[Mapping[str, Any]]) -> tuple[Bar, ...]:
    """Months in order, those without records too; years in their place where there are too many months."""
    if not rows:
        return ()
    counts: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    first, last = (extreme(row["label"] for row in rows) for extreme in (min, max))
    yearly = (last // 100 - first // 100) * 12 + last % 100 - first % 100 >= query.MONTHS
    for row in rows:
        count = counts[row["label"] // 100 if yearly else row["label"]]
        count[0] += row["in_force"]
        count[1] += row["total"] - row["in_force"]
    if yearly:
        labels = [
            (year, str(year)) for year in range(max(first // 100, last // 100 - query.MONTHS + 1), last // 100 + 1)
        ]
    else:
        labels = [(at, f"{at // 100}-{at % 100:02}") for at in range(first, last + 1) if 1 <= at % 100 <= 12]
    return tuple(Bar(label, *counts[at]) for at, label in labels)


def _doubts(engine: Engine, law: LawWords) -> dict[str, Any]:
    doubted = engine.fetch(query.DOUBTED).to_pylist()
    imprecise = [row for row in doubted if row["reason"] == "effective_date_imprecise"]
    unsure = sorted(
        (row for row in doubted if row["reason"] != "effective_date_imprecise"),
        key=lambda row: (law.listings[row["listing_id"]].confidence != "low", -row["n_records"], row["listing_id"]),
    )
    return {
        "unknown": tuple(_unknown(row, law.words) for row in engine.fetch(query.UNKNOWN).to_pylist()),
        "imprecise": tuple(_imprecise(row, law) for row in imprecise[: query.DOUBTS]),
        "doubted": tuple(_doubted(row, law) for row in unsure[: query.DOUBTS]),
        "more_doubted": max(0, len(unsure) - query.DOUBTS),
    }


def _unknown(row: Mapping[str, Any], say: Words) -> NotEstablished:
    days = {"first": row["first_date"].isoformat(), "last": row["last_date"].isoformat()}
    return NotEstablished(row["jurisdiction"], say("unknown_coverage_detail", **days), row["n_records"])


def _imprecise(row: Mapping[str, Any], law: LawWords) -> NotEstablished:
    listing = law.listings[row["listing_id"]]
    what = f"{law.substance(listing.substance_id)}, {law.instrument(listing.instrument)}"
    return NotEstablished(what, law.words("law_effective_date_imprecise", since=since(listing)), row["n_records"])


def _doubted(row: Mapping[str, Any], law: LawWords) -> NotEstablished:
    listing = law.listings[row["listing_id"]]
    level = law.words(f"level_{listing.confidence}")
    names = {"substance": law.substance(listing.substance_id), "instrument": law.instrument(listing.instrument)}
    return NotEstablished(law.words("listing_doubt", level=level, **names), listing.note or "", row["n_records"])


def _quarantined(engine: Engine, say: Words) -> Iterator[tuple[str, str, int]]:
    for row in engine.fetch(query.QUARANTINED).to_pylist():
        where = f"{row['table']}.{row['field']}" if row["field"] else row["table"]
        yield where, say(f"quarantine_{row['reason']}"), row["n"]


#: Characters of the goods of a row in quarantine that are shown.
_GOODS_SHOWN = 300


def _unread(row: Mapping[str, Any], law: LawWords) -> UnreadRow:
    goods = " · ".join(part for part in (row["description"], row["cas"], row["hs_code"]) if part.strip())
    clipped = goods[:_GOODS_SHOWN] + ("…" if len(goods) > _GOODS_SHOWN else "")
    names = tuple(law.substance(one) for one in row["substances"])
    return UnreadRow(row["file"], row["record"], row["declaration_id"], clipped, names)
