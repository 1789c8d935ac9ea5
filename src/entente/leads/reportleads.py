"""Leads and samples of the report: reasons in words, answers of the law, records with the matched words marked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from entente.engine import Engine
from entente.leads import reportquery as query
from entente.leads.reportdata import LeadView, Marked, Reason, Record, Sample
from entente.leads.reportlaw import LawWords, link
from entente.leads.reportwords import Words
from entente.screening.rules import Rule

_CLIP = 300  # characters of a goods text: a few lines of print
_BEFORE = 60  # characters kept before the first match of a long text
_HIT = "hit."

Row = Mapping[str, Any]
#: (row id, field) -> spans of hits in that field, in order.
Spans = Mapping[tuple[int, str], Sequence[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Shown:
    """Leads in full, leads in one line each, and the sample."""

    leads: tuple[LeadView, ...]
    listed: tuple[LeadView, ...]
    samples: tuple[Sample, ...]


def shown_leads(engine: Engine, law: LawWords, rules: Mapping[str, Rule], *, top: int, listed: int) -> Shown:
    """Put the first `top` leads into words, the next `listed` without law and records, and the sample.

    Args:
        engine: holds the tables of the run, and `report_picked`.
        law: says answers of the law.
        rules: by id.
        top: leads in full.
        listed: further leads in one line.
    """
    rows = engine.fetch(query.leads(top + listed)).to_pylist()
    answers = _by_rank(engine.fetch(query.answers(top)).to_pylist())
    records = _by_rank(engine.fetch(query.RECORDS_SHOWN).to_pylist())
    spans = _spans(engine.fetch(query.SPANS).to_pylist())
    absent = _absent(engine.fetch(query.ABSENT).to_pylist())
    write = _LeadWriter(law, rules, spans, absent)
    return Shown(
        tuple(write.lead(row, answers.get(row["rank"], []), records.get(row["rank"], [])) for row in rows[:top]),
        tuple(write.lead(row, [], []) for row in rows[top:]),
        tuple(_samples(engine.fetch(query.SAMPLES).to_pylist(), records.get(0, []))),
    )


def _by_rank(rows: Sequence[Row]) -> dict[int, list[Row]]:
    return {rank: list(group) for rank, group in groupby(rows, key=lambda row: int(row["rank"]))}


def _spans(rows: Sequence[Row]) -> Spans:
    found: dict[tuple[int, str], list[tuple[int, int]]] = defaultdict(list)
    for row in rows:
        found[row["row_id"], row["field"]].append((row["span_start"], row["span_end"]))
    return found


def _absent(rows: Sequence[Row]) -> Mapping[int, tuple[str, ...]]:
    groups = groupby(rows, key=lambda row: int(row["row_id"]))
    return {row_id: tuple(row["matched_text"] for row in group) for row_id, group in groups}


def _samples(drawn: Sequence[Row], rows: Sequence[Row]) -> Iterator[Sample]:
    ids = {(one["declaration_id"], one["line"]): row["lead_id"] for row in drawn for one in row["records"]}
    for row in rows:
        yield Sample(ids[row["declaration_id"], row["line"]], _record(row, {}, {}))


@dataclass(frozen=True, slots=True)
class _LeadWriter:
    law: LawWords
    rules: Mapping[str, Rule]
    spans: Spans
    absent: Mapping[int, tuple[str, ...]]

    def lead(self, row: Row, answers: Sequence[Row], records: Sequence[Row]) -> LeadView:
        nothing = self.law.words("party_unknown")
        numbers = {reason["rule_id"]: number for number, reason in enumerate(row["reasons"], 1)}
        counts = {name: row[name] for name in ("lead_id", "rank", "score", "n_records", "n_hits", "n_in_force")}
        return LeadView(
            **counts,
            exporter=row["exporter"] or nothing,
            consignee=row["consignee"] or nothing,
            first_date=row["first_date"],
            last_date=row["last_date"],
            substances=tuple(self.law.substance(one) for one in row["substances"]),
            routes=tuple(route.replace(">", " → ") for route in row["routes"]),
            reasons=tuple(self._reason(reason) for reason in row["reasons"]),
            law=tuple(self.law.answer(answer) for answer in answers),
            n_answers=answers[0]["n_answers"] if answers else 0,
            records=tuple(self._record(record, numbers) for record in records),
        )

    def _record(self, row: Row, numbers: Mapping[str, int]) -> Record:
        return replace(_record(row, self.spans, numbers), absent=self.absent.get(row["row_id"], ()))

    def _reason(self, reason: Row) -> Reason:
        common = {name: reason[name] for name in ("rule_id", "family", "strength", "weight", "counted", "n_records")}
        say = self.law.words
        title = reason_title(reason["rule_id"], self.rules, say)
        if reason["rule_id"].startswith(_HIT):
            return Reason(title=title, explanation=say("hit_explanation", value=say.short(reason["value"])), **common)
        rule = self.rules[reason["rule_id"]]
        explanation = say.pick(rule.explanation)
        for name in ("value", "reference"):
            explanation = explanation.replace(f"{{{name}}}", say.short(reason[name]))
        return Reason(
            title=title,
            explanation=explanation,
            source=link(rule.source_title, rule.source_url),
            **common,
        )


def reason_title(rule_id: str, rules: Mapping[str, Rule], say: Words) -> str:
    """Words for a rule, or for a kind of hit ("hit.in_force")."""
    if rule_id.startswith(_HIT):
        return say(f"hit_{rule_id.removeprefix(_HIT)}")
    return say.pick(rules[rule_id].title)


def _record(row: Row, spans: Spans, numbers: Mapping[str, int]) -> Record:
    fields = ("description", "cas", "hs_code")
    goods, cas, hs_code = (marked(row[name] or "", spans.get((row["row_id"], name), ())) for name in fields)
    return Record(
        declaration_id=row["declaration_id"],
        line=row["line"],
        date=row["date"],
        goods=goods,
        cas=cas,
        hs_code=hs_code,
        route=_route(row),
        exporter=row["exporter"] or "",
        consignee=row["consignee"] or row["importer"] or "",
        net_mass_kg=row["net_mass_kg"],
        value=row["value"],
        currency=row["currency"] or "",
        signs=tuple(sorted(numbers[sign] for sign in row["signs"] if sign in numbers)),
    )


def _route(row: Row) -> str:
    return f"{row['export_country'] or row['origin_country'] or '?'} → {row['destination_country'] or '?'}"


def marked(text: str, spans: Sequence[tuple[int, int]]) -> Marked:
    """Cut a text into pieces at the spans of its hits; a long text is clipped around the first of them.

    Args:
        text: as declared.
        spans: `[start, end)` in characters, sorted by start; they may overlap.
    """
    pieces: list[tuple[str, bool]] = []
    at = max(0, spans[0][0] - _BEFORE) if spans and len(text) > _CLIP else 0
    end = min(len(text), at + _CLIP)
    if at:
        pieces.append(("… ", False))
    for first, last in spans:
        start, stop = max(first, at), min(last, end)
        if start < stop:
            pieces += [(text[at:start], False), (text[start:stop], True)]
            at = stop
    pieces += [(text[at:end], False), (" …" if end < len(text) else "", False)]
    return tuple(piece for piece in pieces if piece[0])
