"""Everything that a brief says, in one plain object: the PDF, the HTML page and charts of web pages read only this."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from entente.impact.brief.charts import bars, lines, tiles
from entente.impact.catalogue import label_of
from entente.impact.claims import RECORD, Checking, ClaimResult, check_claims
from entente.impact.geos import geos
from entente.impact.periods import add_months
from entente.impact.revisions import triangles
from entente.impact.store import IndicatorStore
from entente.impact.wording import day, number, percent, say

_LABELS = Path(__file__).parent / "labels.yaml"
_ALL, _T404 = "overdose-deaths", "overdose-deaths-t404"


@cache
def _labels() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(_LABELS.read_text(encoding="utf-8"))
    return found


def label(key: str, lang: str, **values: object) -> str:
    """One label of the brief with its braces filled in."""
    text: str = _labels()[key][lang]
    return text.format(**values) if values else text


@dataclass(frozen=True, slots=True)
class Record:
    """What is on record besides figures: policy acts, statements and commitments, claims (see `record/`)."""

    measures: Sequence[Mapping[str, Any]]
    statements: Sequence[Mapping[str, Any]]
    commitments: Sequence[Mapping[str, Any]]
    commitment_source: Mapping[str, Any]
    claims: list[dict[str, Any]]
    title: Mapping[str, str]


def shipped_record() -> Record:
    """The worked example: the launch of the working group on 30 January 2024."""
    group = yaml.safe_load((RECORD / "working_group.yaml").read_text(encoding="utf-8"))
    return Record(
        yaml.safe_load((RECORD / "measures.yaml").read_text(encoding="utf-8")),
        group["statements"],
        group["commitments"],
        group["commitment_source"],
        yaml.safe_load((RECORD / "claims.yaml").read_text(encoding="utf-8"))["claims"],
        group["title"],
    )


@dataclass(slots=True)
class _Sources:
    """Sources in the order in which they are first named; the number is what the text cites."""

    held: dict[tuple[str, str], int] = field(default_factory=dict)

    def cite(self, title: str, url: str = "") -> int:
        return self.held.setdefault((title, url), len(self.held) + 1)

    def cite_row(self, source: str) -> int:
        title, _, url = source.partition(" <")
        return self.cite(_PUBLISHERS.get(title, title), url.rstrip(">"))

    def cite_said(self, said: Mapping[str, Any]) -> int:
        return self.cite(str(said["title"]), str(said.get("url", "")))

    def listed(self) -> list[dict[str, Any]]:
        return [{"n": number_, "title": title, "url": url} for (title, url), number_ in self.held.items()]


_PUBLISHERS = {
    "vsrr": "NCHS, VSRR Provisional Drug Overdose Death Counts (imported file)",
    "wonder": "CDC WONDER (imported file)",
    "cbp": "US Customs and Border Protection, Drug Seizure Statistics (imported file)",
    "nflis": "DEA, NFLIS-Drug (imported file)",
    "canada": "Public Health Agency of Canada (imported file)",
}


def brief_data(store: IndicatorStore, meeting: date, lang: str, checking: Checking, record: Record) -> dict[str, Any]:
    """The brief for a meeting, with what was public on its day.

    Args:
        store: indicators.
        meeting: the day; nothing later is used.
        lang: `en`, `zh` or `es`.
        checking: how claims are checked (its `as_of` is the meeting).
        record: measures, statements, commitments, claims.

    Returns:
        Plain values only; charts are SVG texts with an alternative text each.
    """
    sources = _Sources()
    claims = {one.id: one for one in check_claims(record.claims, checking)}
    measures = sorted((one for one in record.measures if _known(one) <= meeting), key=lambda one: one["effective"])
    by_id = {str(one["id"]): one for one in measures}
    yearly = _yearly(store, meeting, lang, sources)
    figures = [yearly["chart"], *_provisional(store, meeting, lang, sources)]
    return {
        "lang": lang,
        "meeting": meeting.isoformat(),
        "words": {key: value[lang] for key, value in _labels().items() if key != "terms"},
        "title": label("title", lang),
        "subtitle": label("subtitle", lang, meeting=day(meeting, lang)),
        "about": record.title[lang],
        "as_of": label("as_of", lang, as_of=day(meeting, lang)),
        "principle": label("principle", lang),
        "figures": [one for one in figures if one],
        "no_states": "" if any(one and one["id"] == "map" for one in figures) else label("no_states", lang),
        "table": yearly["table"],
        "claims": [_claim(one, lang, sources) for one in claims.values()],
        "commitments": [_commitment(one, by_id, lang) for one in record.commitments],
        "commitment_ref": sources.cite_said(record.commitment_source),
        "statements": [
            shown for one in record.statements if (shown := _statement(one, by_id, claims, meeting, lang, sources))
        ],
        "measures": [_measure(one, lang, sources) for one in measures],
        "revisions": _revisions(store, meeting, lang),
        "glossary": [{"term": term[lang][0], "means": term[lang][1]} for term in _labels()["terms"].values()],
        "sources": sources.listed(),
    }


def _known(measure: Mapping[str, Any]) -> date:
    found: date = measure.get("announced") or measure["effective"]
    return found


def _yearly(store: IndicatorStore, meeting: date, lang: str, sources: _Sources) -> dict[str, Any]:
    """Final national figures by year: a chart and a table with the source of each number."""
    held: dict[str, dict[int, dict[str, Any]]] = {}
    for indicator in (_ALL, _T404):
        rows = store.rows(indicator=indicator, geo="US", as_of=meeting).to_pylist()
        held[indicator] = {
            row["period_start"].year: row
            for row in rows
            if row["period_kind"] == "year" and row["kind"] == "final" and row["value"] is not None
        }
    years = sorted(set(held[_ALL]) & set(held[_T404]))
    table = []
    for year in years:
        total, part = held[_ALL][year], held[_T404][year]
        table.append(
            [
                str(year),
                [number(total["value"], lang), sources.cite_row(total["source"])],
                [number(part["value"], lang), sources.cite_row(part["source"])],
                percent(part["value"] / total["value"], lang, 1),
                day(max(total["published_at"], part["published_at"]), lang),
            ]
        )
    title = label("chart_deaths", lang)
    names = (label("all_drugs", lang), label("synthetic", lang))
    values = [[held[indicator][year]["value"] for year in years] for indicator in (_ALL, _T404)]
    alt = title + ": " + "; ".join(f"{row[0]}: {row[1][0]}, {row[2][0]}" for row in table)
    chart = {
        "id": "deaths",
        "ref": None,
        "title": title,
        "alt": alt,
        "svg": bars(years, dict(zip(names, values, strict=True)), lang),
    }
    return {"chart": chart if years else None, "table": table}


def _provisional(store: IndicatorStore, meeting: date, lang: str, sources: _Sources) -> list[dict[str, Any]]:
    """Twelve-month sums as they were in each release, and a map of the last one by state."""
    figures: list[dict[str, Any]] = []
    for triangle in triangles(store, _T404, "US", meeting):
        if triangle.meaning.period_kind != "months12" or triangle.meaning.kind != "reported":
            continue
        ends = [add_months(start, 11) for start in triangle.starts]
        curves = {release.isoformat(): triangle.values[:, at].tolist() for at, release in enumerate(triangle.releases)}
        title = label("chart_m12", lang, count=len(curves))
        alt = f"{title}: {', '.join(curves)}"
        figures.append(
            {"id": "m12", "title": title, "alt": alt, "svg": lines(ends, curves, lang), "ref": sources.cite_row("vsrr")}
        )
    states = _states(store, meeting)
    if states:
        end = add_months(max(start for _, start in states), 11)
        month = f"{end.year}-{end.month:02d}"
        shown = {geo: value for (geo, start), value in states.items() if add_months(start, 11) == end}
        title = label("chart_map", lang, month=month)
        alt = (
            title
            + ": "
            + ", ".join(
                f"{geos()[geo].name} {percent(value, lang) if value is not None else label('withheld', lang)}"
                for geo, value in sorted(shown.items())
            )
        )
        svg = tiles(shown, lang, label("withheld", lang))
        figures.append({"id": "map", "title": title, "alt": alt, "svg": svg, "ref": sources.cite_row("vsrr")})
    return figures


def _states(store: IndicatorStore, meeting: date) -> dict[tuple[str, date], float | None]:
    """(state, first month) -> change of the twelve-month sum over a year; None where a cell was withheld."""
    held: dict[tuple[str, date], float | None] = {}
    for row in store.rows(indicator=_T404, as_of=meeting).to_pylist():
        geo = row["geo"].removesuffix(":rest")
        if row["period_kind"] == "months12" and row["kind"] == "reported" and geo in geos() and geos()[geo].tile:
            held[geo, row["period_start"]] = row["value"]
    changes: dict[tuple[str, date], float | None] = {}
    for (geo, start), value in held.items():
        before = held.get((geo, add_months(start, -12)))
        changes[geo, start] = value / before - 1 if value is not None and before else None
    return changes


def _claim(result: ClaimResult, lang: str, sources: _Sources) -> dict[str, Any]:
    return {
        "id": result.id,
        "text": result.text,
        "verdict": result.verdict,
        "verdict_words": say("verdict", result.verdict, lang),
        "evidence": [
            {"words": line.words, "points": line.points, "ref": sources.cite_row(line.source) if line.source else None}
            for line in result.evidence
        ],
    }


def _followed(ids: Sequence[str], by_id: Mapping[str, Mapping[str, Any]], lang: str) -> list[str]:
    """Measures that were known by the day, in writing."""
    return [f"{day(by_id[one]['effective'], lang)}: {by_id[one]['what'][lang]}" for one in ids if one in by_id]


def _commitment(one: Mapping[str, Any], by_id: Mapping[str, Mapping[str, Any]], lang: str) -> dict[str, Any]:
    return {
        "who": ", ".join(label(f"by_{who}", lang) for who in one["who"]),
        "what": one["what"][lang],
        "quote": one["quote"],
        "status": label(f"status_{one['status']}", lang),
        "open": one["status"] != "kept",
        "followed": _followed(one["evidence"], by_id, lang),
        "indicator": one["indicator"][lang],
        "lag": one["lag"][lang],
        "analysis": one["analysis"][lang],
    }


def _statement(
    one: Mapping[str, Any],
    by_id: Mapping[str, Mapping[str, Any]],
    claims: Mapping[str, ClaimResult],
    meeting: date,
    lang: str,
    sources: _Sources,
) -> dict[str, Any] | None:
    said = [item for item in one["said"] if str(item["day"]) <= meeting.isoformat()]
    if not said:
        return None
    claim = claims.get(one.get("claim", ""))
    return {
        "topic": one["topic"][lang],
        "disputed": bool(one.get("disputed")),
        "said": [
            {
                "by": label(f"by_{item['by']}", lang),
                "day": day(item["day"], lang) if isinstance(item["day"], date) else str(item["day"]),
                "words": item.get("words") or item["paraphrase"][lang],
                "quoted": "words" in item,
                "lang": item.get("lang", lang),
                "ref": sources.cite_said(item["source"]),
            }
            for item in said
        ],
        "note": one.get("note", {}).get(lang, ""),
        "followed": _followed(one["followed"], by_id, lang),
        "verdict": claim.verdict if claim else "",
        "verdict_words": say("verdict", claim.verdict, lang) if claim else "",
    }


def _measure(one: Mapping[str, Any], lang: str, sources: _Sources) -> dict[str, Any]:
    announced = one.get("announced")
    return {
        "day": day(one["effective"], lang),
        "announced": day(announced, lang) if announced else "",
        "where": ", ".join(label(f"by_{code}", lang) for code in one["jurisdictions"]),
        "what": one["what"][lang],
        "differs": one.get("differs", {}).get(lang, ""),
        "ref": sources.cite_said(one["source"]),
    }


def _revisions(store: IndicatorStore, meeting: date, lang: str) -> list[str]:
    found = []
    for indicator in (_ALL, _T404):
        for triangle in triangles(store, indicator, "US", meeting):
            mean, _, count = triangle.bias()
            meaning = triangle.meaning
            if count:
                parts = [say("basis", part, lang) for part in (meaning.period_kind, meaning.basis, meaning.kind)]
                basis = ("、" if lang == "zh" else ", ").join(parts)
                shown = percent(mean, lang, 1)
                named = label_of(indicator, lang)
                found.append(label("revision_line", lang, label=named, basis=basis, mean=shown, count=count))
    return found or [label("revision_none", lang)]
