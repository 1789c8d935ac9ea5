"""The record of a run, kept as run.json: enough to repeat the run bit for bit, and to see what it rested on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from importlib.metadata import version
from platform import python_version
from typing import Any

from entente import __version__
from entente.engine import Engine
from entente.leads import absent, unread, untold
from entente.leads.build import LeadReport
from entente.leads.inputs import StagedInputs
from entente.leads.request import ScreenRequest
from entente.leads.weights import HitWeights
from entente.records.staged import SourceFile
from entente.screening.evaluate import RuleReport
from entente.screening.memos import PAYMENTS
from entente.screening.memos import TABLE as MEMO_MATCHES
from entente.screening.rules import RuleSet
from entente.screening.schema import ABSENT_HITS
from entente.substances.register import Register

FORMAT = "entente-run-1"

#: Libraries that can change a result; their versions are part of the record.
_LIBRARIES = ("duckdb", "hyperscan", "numpy", "opencc", "pyarrow", "rapidfuzz", "sqlglot")


def run_record(
    request: ScreenRequest,
    register: Register,
    ruleset: RuleSet,
    hit_weights: HitWeights,
    inputs: StagedInputs,
    rules: RuleReport,
    leads: LeadReport,
    engine: Engine,
    now: datetime,
) -> dict[str, Any]:
    """The record without the digests of the results and the timings, which are known later."""
    counted = _counts(inputs, leads, engine)
    return {
        "format": FORMAT,
        "entente": __version__,
        "started": now.isoformat(timespec="seconds"),
        "request": _request(request),
        "inputs": [_file(table, file) for table, staged in inputs.tables.items() for file in staged.files],
        "mappings": {table: asdict(mapping) for table, mapping in inputs.mappings.items()},
        "register": {
            "version": register.version,
            "known_at": register.known_at.isoformat() if register.known_at else None,
            "lists": [asdict(item) for item in register.lists],
        },
        "rules": {
            "version": ruleset.version,
            "files": list(ruleset.files),
            "weights": {rule.id: rule.weight for rule in ruleset.rules},
            "family_caps": dict(ruleset.caps),
            "hit_weights": {"kinds": dict(hit_weights.kinds), "cap": hit_weights.cap},
            "evaluated": list(rules.evaluated),
            "not_evaluable": {rule_id: _asked_for(missing) for rule_id, missing in rules.not_evaluable},
        },
        "counts": counted,
        "present_columns": sorted(inputs.shipments.present_columns),
        "inclusion_probability": leads.inclusion_probability,
        "warnings": [*inputs.warnings(), *untold.notes(engine, counted)],
        "platform": {"python": python_version(), **{name: version(name) for name in _LIBRARIES}},
    }


def _asked_for(missing: Sequence[str]) -> list[str]:
    """What a person can give: matches in memos follow from payments, and are not asked for beside them."""
    return [what for what in missing if what != f"table {MEMO_MATCHES}"]


def _request(request: ScreenRequest) -> dict[str, Any]:
    return {
        "inputs": [str(path) for path in request.inputs],
        "tables": {name: [str(path) for path in paths] for name, paths in request.tables.items() if paths},
        "mappings": list(request.mappings),
        "lists": [str(path) for path in request.lists],
        "rules": [str(path) for path in request.rules],
        "known_at": request.known_at.isoformat() if request.known_at else None,
        "engine": request.engine,
        "misspellings": request.misspellings,
        "sample": request.sample,
        "seed": request.seed,
        "top": request.top,
        "lang": request.lang,
    }


def _file(table: str, file: SourceFile) -> dict[str, Any]:
    return {"table": table, **asdict(file), "path": str(file.path)}


def _counts(inputs: StagedInputs, leads: LeadReport, engine: Engine) -> dict[str, int]:
    shipments = inputs.shipments
    hits = engine.fetch(
        "SELECT count(DISTINCT row_id) AS hit_records, "
        "count(DISTINCT CASE WHEN status = 'listed' THEN row_id END) AS in_force_records FROM hits"
    ).to_pylist()[0]
    return {
        "read": shipments.rows_read,
        "accepted": shipments.accepted,
        "quarantined": shipments.quarantined,
        "quarantined_naming": engine.fetch(unread.COUNT).to_pylist()[0]["n"],
        "hits": engine.count("hits") + engine.count(ABSENT_HITS),
        **hits,
        **engine.fetch(absent.COUNTS).to_pylist()[0],
        **untold.counts(engine, payments=PAYMENTS in inputs.tables),
        "flags": engine.count("flags"),
        "leads": leads.leads,
        "samples": leads.samples,
        "unflagged": leads.unflagged,
    }
