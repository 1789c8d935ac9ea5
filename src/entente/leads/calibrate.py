"""Fit the weights to what officers found, and say whether that is an improvement.

`calibrate` is the use case: outcomes and runs in, a report and a weights file out. The shipped weights are never
touched; a person decides whether the fitted file is given to `entente screen --rules`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from entente.errors import Place, UsageError
from entente.leads.calibrate_design import Design, design, whole
from entente.leads.calibrate_file import weights_text
from entente.leads.calibrate_fit import Fit, Floats, fit
from entente.leads.calibrate_judge import judge, prior
from entente.leads.calibrate_report import Calibration, FittedValue
from entente.leads.finished import FinishedRun, open_run
from entente.leads.outcomes import read_outcomes, settle
from entente.leads.outcomes_join import Joined, join_outcomes
from entente.leads.outputs import file_digest
from entente.leads.weights import HitWeights, load_weights
from entente.screening.features import SHIPPED as SHIPPED_FEATURES
from entente.screening.rules import SHIPPED, RuleSet, load_rules

#: Fewer outcomes than this move no weight for a reason, and cannot be cross-validated.
LEAST_USED, LEAST_EACH = 30, 5
WEIGHTS_FILE, REPORT_FILE = "fitted-weights.yaml", "calibration.json"
_NAMED = 20


@dataclass(frozen=True, slots=True)
class CalibrateRequest:
    """What a fit is asked.

    Args:
        outcomes: CSV file.
        runs: folders of finished runs.
        out: folder for the results; made if it is missing.
        rules: further folders of rules or weights, as `entente screen` was given; the fit starts from them.
        prior_sd: standard deviation of the prior of each weight and cap, in milli-log-odds.
        max_weight: the most that one outcome may count.
        seed: of folds and bootstrap.
        overwrite: replace the results of an earlier fit.
    """

    outcomes: Path
    runs: tuple[Path, ...]
    out: Path
    rules: tuple[Path, ...] = ()
    prior_sd: int = 500
    max_weight: float = 10.0
    seed: int = 0
    overwrite: bool = False


def calibrate(request: CalibrateRequest, today: date) -> Calibration:
    """Fit, judge, and write `fitted-weights.yaml` and `calibration.json` into `request.out`.

    Args:
        request: files and settings.
        today: day of the fit; no outcome may be later.

    Raises:
        UsageError: there are too few outcomes, a run is missing or given twice, or the folder holds an earlier fit.
        InputError: outcomes or a run cannot be read as what they should be.
        RegisterError: a rule or weights file breaks its schema.
    """
    _refuse_earlier(request)
    runs = _open(request.runs)
    ruleset, hits = load_weights(load_rules((SHIPPED, SHIPPED_FEATURES, *request.rules)), request.rules)
    joined = join_outcomes(settle(read_outcomes(request.outcomes, today)), runs)
    _refuse_too_few(joined, request.outcomes)
    made = fit_joined(joined, ruleset, hits, request)
    source = {
        "outcomes": {"file": request.outcomes.name, "sha256": file_digest(request.outcomes)},
        "runs": [_run_source(run) for run in runs],
        "counts": dict(made.counts),
        "prior_sd": request.prior_sd,
        "max_weight": request.max_weight,
        "seed": request.seed,
        "brier": {"before": made.verdict.brier.before, "after": made.verdict.brier.after},
    }
    _write(request.out, weights_text(made, today, source), {**made.as_json(), "fitted": source})
    return made


def fit_joined(joined: Joined, ruleset: RuleSet, hits: HitWeights, request: CalibrateRequest) -> Calibration:
    """Fit the weights of a rule set and of hits to joined outcomes, without touching a file."""
    numbers = design(joined.decided, ruleset, hits, request.max_weight)
    sd = request.prior_sd / 1000
    start = prior(numbers, sd)
    made = fit(numbers.signs, start)
    free = fit(numbers.signs, start, bounded=False)
    return Calibration(
        counts=joined.counts(),
        unknown=tuple(one.lead_id for one in joined.unknown[:_NAMED]),
        contradictory=tuple(sorted({one.lead_id for one in joined.settled.contradictory})[:_NAMED]),
        weights=_weights(numbers, made, free),
        caps=_caps(numbers, made),
        intercepts=tuple(made.intercepts.tolist()),
        prior_sd=request.prior_sd,
        trimmed=numbers.trimmed,
        heaviest=numbers.heaviest,
        max_weight=request.max_weight,
        verdict=judge(numbers, sd, request.seed),
        converged=made.converged,
    )


def _weights(numbers: Design, made: Fit, free: Fit) -> tuple[FittedValue, ...]:
    new = whole(made.weights, made.caps, numbers.names)
    borne = numbers.signs.x > 0
    caps = [new.caps[family] for family in numbers.signs.family]
    return tuple(
        FittedValue(
            name,
            numbers.present.signs[at],
            new.signs[at],
            *_interval(made.weights[at], made.weights_se[at]),
            *_rests_on(borne[:, at], numbers.signs.y),
            free=round(1000 * float(free.weights[at])) if free.weights[at] < 0 else None,
            capped=cap if cap is not None and cap < new.signs[at] else None,
        )
        for at, (name, cap) in enumerate(zip(numbers.names, caps, strict=True))
    )


def _caps(numbers: Design, made: Fit) -> tuple[FittedValue, ...]:
    new = whole(made.weights, made.caps, numbers.names).caps
    values = []
    for at, family in enumerate(numbers.families):
        old, cap = numbers.present.caps[at], new[at]
        if old is not None and cap is not None:
            borne = (numbers.signs.x[:, numbers.signs.family == at] > 0).sum(axis=1) > 0
            interval = _interval(made.caps[at], made.caps_se[at])
            values.append(FittedValue(family, old, cap, *interval, *_rests_on(borne, numbers.signs.y)))
    return tuple(values)


def _interval(estimate: float, error: float) -> tuple[int, int]:
    """95 % interval in milli-log-odds, cut at 0 as the weights are."""
    half = 1.96 * float(error)
    return max(0, round(1000 * (float(estimate) - half))), max(0, round(1000 * (float(estimate) + half)))


def _rests_on(borne: npt.NDArray[np.bool_], y: Floats) -> tuple[int, int]:
    return int(borne.sum()), int(y[borne].sum())


def _refuse_earlier(request: CalibrateRequest) -> None:
    if (request.out / WEIGHTS_FILE).exists() and not request.overwrite:
        raise UsageError(
            "The folder holds the weights of an earlier fit.",
            remedy="Name another folder after --out, or replace them with --overwrite.",
            place=Place(str(request.out)),
        )


def _open(folders: Sequence[Path]) -> list[FinishedRun]:
    runs = [open_run(folder) for folder in folders]
    seen: dict[str, Path] = {}
    for run in runs:
        digest = run.record["results"]["leads.parquet"]
        if digest in seen:
            raise UsageError(
                f"This run is given twice: its leads are those of {seen[digest]}.",
                remedy="Name each run once.",
                place=Place(str(run.folder)),
            )
        seen[digest] = run.folder
    return runs


def _refuse_too_few(joined: Joined, path: Path) -> None:
    counts = joined.counts()
    if counts["read"] and counts["unknown"] == len(joined.settled.final) > 0:
        raise UsageError(
            f"None of the {counts['unknown']} decided outcomes belongs to these runs.",
            remedy="Give --run the folders of the runs that the outcomes were decided on.",
            place=Place(str(path)),
        )
    confirmed, cleared = counts["confirmed"], counts["used"] - counts["confirmed"]
    if counts["used"] < LEAST_USED or min(confirmed, cleared) < LEAST_EACH:
        raise UsageError(
            f"Too few outcomes to fit to: {confirmed} confirmed and {cleared} cleared ({_unused(counts)}).",
            remedy=f"Keep the present weights until there are {LEAST_USED} decided leads or sample rows, "
            f"at least {LEAST_EACH} of each kind. More runs may be given with --run.",
            place=Place(str(path)),
        )


def _unused(counts: dict[str, int]) -> str:
    names = ("open", "twice", "overtaken", "contradictory", "unknown")
    return ", ".join(f"{counts[name]} {name}" for name in names) + " are not used"


def _run_source(run: FinishedRun) -> dict[str, str]:
    return {
        "folder": str(run.folder),
        "started": str(run.record["started"]),
        "leads_sha256": str(run.record["results"]["leads.parquet"]),
    }


def _write(out: Path, weights: str, report: dict[str, Any]) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        whole_report = json.dumps(report, ensure_ascii=False, indent=2) + "\n"
        for name, text in ((REPORT_FILE, whole_report), (WEIGHTS_FILE, weights)):
            unfinished = out / f".unfinished-{name}"
            unfinished.write_text(text, encoding="utf-8")
            unfinished.replace(out / name)
    except OSError as error:
        raise UsageError(
            f"The results cannot be written: {error.strerror}.",
            remedy="Name another folder after --out.",
            place=Place(str(out)),
        ) from error
