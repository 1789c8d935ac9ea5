"""One screening run, from files to ranked leads.

The stages follow one another without callbacks: read -> match -> law -> rules -> leads -> report. Results are
written aside and put in place at the very end, so that a run that fails leaves nothing half done. Nothing here
reads a clock: `Clock` is handed in.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from entente.engine import Engine, open_engine
from entente.errors import UsageError
from entente.leads import absent, outputs, unread
from entente.leads.build import LeadReport, build
from entente.leads.collect import collect
from entente.leads.inputs import SHIPMENTS, StagedInputs, load_mappings, stage_inputs
from entente.leads.record import run_record
from entente.leads.report import write_report
from entente.leads.reportleads import reason_title
from entente.leads.reportwords import words
from entente.leads.request import Clock, FirstLead, Progress, RunSummary, ScreenRequest
from entente.leads.weights import HitWeights, load_weights
from entente.records.mapping import Mapping
from entente.screening.evaluate import RuleReport, evaluate
from entente.screening.features import SHIPPED as SHIPPED_FEATURES
from entente.screening.kernel import ScreeningKernel
from entente.screening.memos import PAYMENTS, find_in_memos
from entente.screening.memos import TABLE as MEMO_MATCHES
from entente.screening.rules import SHIPPED, RuleSet, load_rules
from entente.screening.structures import StructureReport, join_with_structures
from entente.screening.vocabulary import Vocabulary
from entente.substances.register import Register, load_register

#: Tables of the register that rules and reports may join.
_LAW_TABLES = ("listings", "coverage", "jurisdictions", "names", "hs", "substances")


@dataclass(frozen=True, slots=True)
class Law:
    """What a run judges by: the register, the rules, the weights of hits, and the mappings of its inputs."""

    register: Register
    ruleset: RuleSet
    hit_weights: HitWeights
    mappings: dict[str, Mapping]


@dataclass(slots=True)
class Timer:
    """Wall and CPU seconds of each stage, in order."""

    clock: Clock
    progress: Progress
    stages: dict[str, dict[str, float]] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time one stage, and say that it began and ended."""
        wall, cpu = self.clock.wall(), self.clock.cpu()
        self.progress(name, 0, None)
        yield
        self.stages[name] = {"wall_s": round(self.clock.wall() - wall, 3), "cpu_s": round(self.clock.cpu() - cpu, 3)}
        self.progress(name, 1, 1)


def _silent(_stage: str, _done: int, _total: int | None) -> None:
    """Say nothing."""


def screen_files(request: ScreenRequest, *, clock: Clock, progress: Progress = _silent) -> RunSummary:
    """Screen files and write the results into `request.out`.

    Raises:
        InputError: a file cannot be read at all; nothing is written then.
        UsageError: the request makes no sense, or the folder holds an earlier run.
        RegisterError: a control list or a rule breaks its schema.
    """
    outputs.prepare(request.out, overwrite=request.overwrite)
    law = load_law(request)
    timer = Timer(clock, progress)
    with outputs.workspace(request.out) as work:
        with timer.stage("read"):
            inputs = _read(request, law, work / "staged", progress, clock.now.date())
        with open_engine(
            request.engine, work, processes=request.processes, memory_mb=request.memory_mb, master=request.master
        ) as engine:
            summary = _screen(request, law, inputs, engine, timer, work)
        outputs.publish(work / "results", request.out)
    return summary


def load_law(request: ScreenRequest) -> Law:
    """Load everything that a run judges by, before it reads a single row."""
    register = load_register(request.lists, known_at=request.known_at)
    if not register.listings:
        raise UsageError(
            f"The register held no list yet on {request.known_at}: nothing could be screened for.",
            remedy="Give a later --known-at; `entente substances list` shows since when each list is held.",
        )
    ruleset, hit_weights = load_weights(load_rules((SHIPPED, SHIPPED_FEATURES, *request.rules)), request.rules)
    return Law(register, ruleset, hit_weights, load_mappings(request.mappings))


def _read(request: ScreenRequest, law: Law, folder: Path, progress: Progress, today: date) -> StagedInputs:
    return stage_inputs(
        request.inputs,
        request.tables,
        law.mappings,
        law.register,
        folder,
        processes=request.processes,
        progress=lambda at: progress("read", at.files_done, at.files),
        today=today,
    )


def _screen(
    request: ScreenRequest, law: Law, inputs: StagedInputs, engine: Engine, timer: Timer, work: Path
) -> RunSummary:
    for name, staged in inputs.tables.items():
        engine.register(name, staged.parts)
    for name in _LAW_TABLES:
        engine.register(name, law.register.table(name))
    with timer.stage("match"):
        vocabulary = Vocabulary.from_register(law.register)
        kernel = ScreeningKernel(vocabulary, misspellings=request.misspellings)
        engine.map(kernel, SHIPMENTS, "matches")
        unread.search(engine, kernel, inputs, timer.clock.now.date())
        if PAYMENTS in inputs.tables:
            find_in_memos(engine, vocabulary)
    with timer.stage("law"):
        structures = join_with_structures(engine, law.register, inputs.shipments.present_columns)
        engine.drop("matches")
    with timer.stage("rules"):
        rules = evaluate(
            engine,
            law.ruleset,
            available=_available(inputs),
            present_columns=inputs.present_columns,
        )
    with timer.stage("leads"):
        leads = build(
            engine,
            law.ruleset,
            seed=request.seed,
            sample=request.sample,
            rows_into="lead_rows",
            weights=law.hit_weights,
        )
    return _write(request, law, inputs, engine, timer, work, rules, leads, structures)


def _available(inputs: StagedInputs) -> frozenset[str]:
    """Tables that rules may join."""
    found = {"hits", MEMO_MATCHES} if PAYMENTS in inputs.tables else {"hits"}
    return frozenset({*inputs.tables, *_LAW_TABLES, *found})


def _write(
    request: ScreenRequest,
    law: Law,
    inputs: StagedInputs,
    engine: Engine,
    timer: Timer,
    work: Path,
    rules: RuleReport,
    leads: LeadReport,
    structures: StructureReport,
) -> RunSummary:
    folder = work / "results"
    folder.mkdir()
    with timer.stage("report"):
        for name, order in outputs.ORDER.items():
            engine.export(absent.gather(engine) if name == "hits" else name, folder / f"{name}.parquet", order_by=order)
        quarantines = {name: staged.quarantine for name, staged in inputs.tables.items()}
        unread.write_quarantine(engine, quarantines, work, folder / "quarantine.parquet")
        absent.mark(engine)
        record = run_record(
            request, law.register, law.ruleset, law.hit_weights, inputs, rules, leads, engine, timer.clock.now
        )
        structures.note_in(record)
        rules.note_in(record)
        write_report(
            collect(
                engine,
                law.register,
                law.ruleset,
                record,
                folder / "quarantine.parquet",
                top=request.top,
                lang=request.lang,
            ),
            folder / "report.html",
        )
        record["results"] = outputs.digests(folder)
    record["timings"] = timer.stages
    outputs.write_json(folder / "run.json", record)
    return RunSummary(request.out, record, first_leads(engine, law))


def first_leads(engine: Engine, law: Law, count: int = 5) -> tuple[FirstLead, ...]:
    """The first leads in English, each with the reason that counts most."""
    rows = engine.fetch(
        "SELECT rank, score, exporter, consignee, substances, reasons FROM leads "
        f"WHERE kind = 'lead' AND rank <= {int(count)} ORDER BY rank"
    )
    return tuple(_first_lead(row, law) for row in rows.to_pylist())


def _first_lead(row: dict[str, Any], law: Law) -> FirstLead:
    say = words("en")
    rules = {rule.id: rule for rule in law.ruleset.rules}
    return FirstLead(
        row["rank"],
        row["score"],
        row["exporter"] or say("party_unknown"),
        row["consignee"] or say("party_unknown"),
        say.some([law.register.substances[one].name() for one in row["substances"]], most=3),
        reason_title(row["reasons"][0]["rule_id"], rules, say) if row["reasons"] else "",
    )
