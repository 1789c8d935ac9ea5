"""How well signs made for diversion rank customs fraud, beside LightGBM on the raw columns: a table and JSON.

    python benchmarks/fraud.py [--data ../shared/data/screening] [--json FILE]

Import declarations in the format of the Korea Customs Service (synthetic, labelled; no goods text): the year 2020 to
learn from, the first quarter of 2021 to rank. Both files are screened in one run through the shipped mapping, so that
a pair seen in 2020 is not new in 2021; no label is read there. The weights are fitted to the labels of 2020 by the code
of `entente leads calibrate`, each declaration an outcome, and rank 2021. LightGBM gets the raw columns; its number of
trees is chosen on November and December 2020.

An authority can add rules of its own. `own rules` sort HS codes into three tiers by how often fraud was found under
them from January to September 2020; the weights are then fitted to the labels from October on, since the earlier ones
chose the codes.

Precision and recall at 1, 2, 5 and 10 % of the declarations of 2021. The data have no revenue column: revenue is the
duty declared, item price times tax rate, of the fraudulent declarations. Where a score ties, the expected value over
all orders of the tied is given. Intervals: 95 %, from drawing the declarations of 2021 again 500 times.
"""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import yaml

from entente.leads.calibrate_design import Design, design, score
from entente.leads.calibrate_fit import fit
from entente.leads.calibrate_judge import fitted, prior
from entente.leads.outcomes_join import Decided
from entente.leads.request import Clock, ScreenRequest
from entente.leads.run import screen_files
from entente.leads.score import HIT_FAMILY
from entente.leads.weights import HitWeights, load_weights
from entente.screening.features import SHIPPED as SHIPPED_FEATURES
from entente.screening.rules import SHIPPED, RuleSet, load_rules
from entente.screening.schema import COUNTS_FROM

SHARES = (0.01, 0.02, 0.05, 0.10)
FILES = ("kcs_syn_train.csv", "kcs_syn_valid.csv")
CATEGORIES = (
    *("Office ID", "Process Type", "Import Type", "Import Use", "Payment Type", "Mode of Transport", "Declarant ID"),
    *("Importer ID", "Seller ID", "Courier ID", "HS6 Code", "Country of Departure", "Country of Origin", "Tax Type"),
    "Country of Origin Indicator",
)
NUMBERS = ("Tax Rate", "Net Mass", "Item Price")
PRIOR_SD = 0.5
OWN_UNTIL, OWN_TIERS, OWN_SMOOTHING = "2020-10-01", (0.6, 0.45, 0.3), 20
DRAWS = 500
TUNED_FROM = "2020-11-01"
TREES = 600
SEEDS = 3


@dataclass(frozen=True)
class Labelled:
    """One file: its rows, labels and duties."""

    rows: list[dict[str, str]]
    fraud: np.ndarray
    duty: np.ndarray


def labelled(path: Path) -> Labelled:
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    fraud = np.array([float(row["Fraud"]) for row in rows])
    duty = np.array([float(row["Item Price"]) * float(row["Tax Rate"]) / 100 for row in rows])
    return Labelled(rows, fraud, duty)


# Entente


def own_rule(name: str, tier: float, codes: list[str]) -> dict[str, Any]:
    words = f"Code under which fraud was found in {tier:.0%} of cases or more"
    return {
        "id": name,
        "title": dict.fromkeys(("en", "zh", "es"), words),
        "explanation": dict.fromkeys(("en", "zh", "es"), words),
        "family": "description",
        "subject": "row",
        "strength": "supporting",
        "weight": 500,
        "weight_reason": "A starting point; the benchmark fits it.",
        "source": {"title": "Labels of the benchmark", "url": "https://arxiv.org/abs/2208.02484"},
        "predicate": "hs6 IN (" + ", ".join(f"'{code}'" for code in codes) + ")",
    }


def own_rules(train: Labelled, folder: Path) -> None:
    """Write rules on HS codes under which the first nine months found fraud often: one for each tier of the rate."""
    base = float(train.fraud.mean())
    seen: dict[str, list[float]] = defaultdict(list)
    for row, fraud in zip(train.rows, train.fraud, strict=True):
        if row["Date"] < OWN_UNTIL:
            seen[row["HS6 Code"].zfill(6)].append(float(fraud))
    rate = {code: (sum(found) + OWN_SMOOTHING * base) / (len(found) + OWN_SMOOTHING) for code, found in seen.items()}
    rules = []
    for above, tier in zip((2.0, *OWN_TIERS), OWN_TIERS, strict=False):
        codes = sorted(code for code, one in rate.items() if tier <= one < above)
        # A predicate has at most 2,000 letters.
        rules += [
            own_rule(f"own-code-{tier * 100:.0f}-{start // 150}", tier, codes[start : start + 150])
            for start in range(0, len(codes), 150)
        ]
    folder.mkdir()
    text = yaml.safe_dump({"format": "entente-rules-1", "rules": rules}, allow_unicode=True, sort_keys=False)
    (folder / "own.yaml").write_text(text, encoding="utf-8")


def screened(data: Path, out: Path, rules: tuple[Path, ...] = ()) -> dict[str, Any]:
    clock = Clock(datetime.now(UTC), time.perf_counter, time.process_time)
    inputs = tuple(data / name for name in FILES)
    request = ScreenRequest(inputs=inputs, out=out, mappings=("kcs-import-declarations",), rules=rules, sample=0)
    return dict(screen_files(request, clock=clock).record)


def signs_by_declaration(out: Path, hits: HitWeights) -> dict[str, dict[str, dict[str, Any]]]:
    """Declaration -> the signs that it bears, as reasons of a lead."""
    borne: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for row in pq.read_table(out / "flags.parquet").to_pylist():
        borne[row["declaration_id"]][row["rule_id"]] = {"rule_id": row["rule_id"], "family": row["family"]}
    for row in pq.read_table(out / "hits.parquet", filters=pc.field("match_confidence") >= COUNTS_FROM).to_pylist():
        unknown = row["reason"] == "no_listing" and row["status"] == "unknown_coverage"
        kind = "unknown_coverage" if unknown else row["reason"]
        if hits.kinds.get(kind, 0) > 0:
            name = f"{HIT_FAMILY}.{kind}"
            before = borne[row["declaration_id"]].get(name, {"value": 0.0})
            value = max(before["value"], row["match_confidence"])
            borne[row["declaration_id"]][name] = {"rule_id": name, "family": HIT_FAMILY, "value": value}
    return borne


def as_outcomes(
    file: Labelled, borne: dict[str, dict[str, dict[str, Any]]], evaluated: frozenset[str]
) -> list[Decided]:
    """Each declaration as an outcome of its own, all of them looked at."""
    return [
        Decided(
            {
                "kind": "lead",
                "inclusion_probability": 1.0,
                "reasons": list(borne.get(row["Declaration ID"], {}).values()),
            },
            bool(fraud),
            evaluated,
        )
        for row, fraud in zip(file.rows, file.fraud, strict=True)
    ]


def both_files(
    train: Labelled, valid: Labelled, record: dict[str, Any], out: Path, ruleset: RuleSet, hits: HitWeights
) -> Design:
    """The declarations of both files as outcomes, those of `train` first."""
    borne = signs_by_declaration(out, hits)
    evaluated = frozenset(record["rules"]["evaluated"])
    decided = [*as_outcomes(train, borne, evaluated), *as_outcomes(valid, borne, evaluated)]
    return design(decided, ruleset, hits, 10.0)


def own_scores(train: Labelled, valid: Labelled, data: Path, folder: Path) -> np.ndarray:
    """Scores of `valid` with the own rules beside the shipped ones."""
    own_rules(train, folder / "own")
    record = screened(data, folder / "with-own", (folder / "own",))
    ruleset, hits = load_weights(load_rules((SHIPPED, SHIPPED_FEATURES, folder / "own")))
    numbers = both_files(train, valid, record, folder / "with-own", ruleset, hits)
    dates = np.array([row["Date"] for row in (*train.rows, *valid.rows)])
    old = np.arange(len(dates)) < len(train.rows)
    return score(numbers.signs.rows(~old), fitted(numbers, numbers.signs.rows(old & (dates >= OWN_UNTIL)), PRIOR_SD))


def entente_scores(train: Labelled, numbers: Design) -> tuple[dict[str, np.ndarray], list[dict[str, Any]]]:
    """Scores of the declarations to rank by name, and the table of weights."""
    old = np.arange(len(numbers.signs.y)) < len(train.fraud)
    learnt = fitted(numbers, numbers.signs.rows(old), PRIOR_SD)
    free = fit(numbers.signs.rows(old), prior(numbers, PRIOR_SD), bounded=False)
    new = numbers.signs.rows(~old)
    scores = {
        "Entente, shipped weights": score(new, numbers.present),
        "Entente, fitted weights": score(new, learnt),
        "Entente, fitted, negative allowed": new.x @ free.weights,
    }
    caps = [learnt.caps[family] for family in numbers.signs.family]
    weights = [
        {
            "sign": name,
            "shipped": numbers.present.signs[at],
            "fitted": learnt.signs[at],
            "counts": min(learnt.signs[at], one_cap) if (one_cap := caps[at]) is not None else learnt.signs[at],
            "negative_allowed": round(1000 * float(free.weights[at])),
            "declarations": int((numbers.signs.x[old, at] > 0).sum()),
            "fraud_rate": round(float(numbers.signs.y[old][numbers.signs.x[old, at] > 0].mean()), 4),
        }
        for at, name in enumerate(numbers.names)
        if (numbers.signs.x[old, at] > 0).any()
    ]
    return scores, weights


# LightGBM


def raw_columns(train: Labelled, valid: Labelled) -> tuple[np.ndarray, np.ndarray]:
    """The raw columns as numbers; codes of categories are those of `train`, unseen ones and blanks are missing."""
    codes = {
        name: {value: code for code, value in enumerate(sorted({row[name] for row in train.rows} - {""}))}
        for name in CATEGORIES
    }

    def matrix(file: Labelled) -> np.ndarray:
        return np.array(
            [
                [codes[name].get(row[name], np.nan) for name in CATEGORIES] + [float(row[name]) for name in NUMBERS]
                for row in file.rows
            ],
            dtype=float,
        )

    return matrix(train), matrix(valid)


def boosted(x: np.ndarray, y: np.ndarray, late: np.ndarray, new: np.ndarray) -> tuple[np.ndarray, int]:
    """Mean probability over seeds, with the number of trees that is best on the late rows of `x`."""
    categories = list(range(len(CATEGORIES)))
    settings = {
        "objective": "binary",
        "metric": "auc",
        "learning_rate": 0.05,
        "num_leaves": 31,
        "min_data_in_leaf": 50,
        "feature_fraction": 0.6,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "verbose": -1,
        "num_threads": 1,
        "deterministic": True,
    }
    guesses, trees = [], 0
    for seed in range(SEEDS):
        early = lgb.Dataset(x[~late], y[~late], categorical_feature=categories, free_raw_data=False)
        held = lgb.Dataset(x[late], y[late], categorical_feature=categories, reference=early, free_raw_data=False)
        stop = lgb.early_stopping(50, verbose=False)
        tried = lgb.train({**settings, "seed": seed}, early, TREES, valid_sets=[held], callbacks=[stop])
        trees = max(tried.best_iteration, 1)
        whole = lgb.Dataset(x, y, categorical_feature=categories)
        guesses.append(lgb.train({**settings, "seed": seed}, whole, trees).predict(new))
    return np.mean(guesses, axis=0), trees


# Measures


def chosen(scores: np.ndarray, count: float) -> np.ndarray:
    """How much of each row is among the `count` best, ties shared out evenly."""
    order = np.argsort(-scores, kind="stable")
    edge = scores[order[min(len(scores), int(np.ceil(count))) - 1]]
    above, level = scores > edge, scores == edge
    return above + level * (count - above.sum()) / level.sum()


def measures(scores: np.ndarray, fraud: np.ndarray, duty: np.ndarray) -> dict[str, list[float]]:
    """Precision, recall and revenue recall at each share."""
    found: dict[str, list[float]] = {"precision": [], "recall": [], "revenue": []}
    for share in SHARES:
        taken = chosen(scores, share * len(scores))
        found["precision"].append(float(taken @ fraud / taken.sum()))
        found["recall"].append(float(taken @ fraud / fraud.sum()))
        found["revenue"].append(float(taken @ (fraud * duty) / (fraud * duty).sum()))
    return found


def with_intervals(scores: np.ndarray, fraud: np.ndarray, duty: np.ndarray) -> dict[str, list[list[float]]]:
    """Each measure as [value, low, high] at each share."""
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(DRAWS):
        rows = rng.integers(len(fraud), size=len(fraud))
        drawn.append(measures(scores[rows], fraud[rows], duty[rows]))
    value = measures(scores, fraud, duty)
    return {
        name: [
            [
                round(value[name][at], 4),
                *(round(float(q), 4) for q in np.quantile([d[name][at] for d in drawn], [0.025, 0.975])),
            ]
            for at in range(len(SHARES))
        ]
        for name in value
    }


def print_table(results: dict[str, dict[str, list[list[float]]]]) -> None:
    for name, title in (("precision", "Precision"), ("recall", "Recall"), ("revenue", "Revenue recall")):
        print(f"\n| {title} at | " + " | ".join(f"{share:.0%}" for share in SHARES) + " |")
        print("|---|" + "---|" * len(SHARES))
        for model, found in results.items():
            cells = (f"{v:.3f} ({low:.3f} to {high:.3f})" for v, low, high in found[name])
            print(f"| {model} | " + " | ".join(cells) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared/data/screening")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    train, valid = (labelled(options.data / name) for name in FILES)
    ruleset, hits = load_weights(load_rules())
    with tempfile.TemporaryDirectory() as folder:
        record = screened(options.data, Path(folder) / "run")
        numbers = both_files(train, valid, record, Path(folder) / "run", ruleset, hits)
        scores, weights = entente_scores(train, numbers)
        scores["Entente and own rules, fitted"] = own_scores(train, valid, options.data, Path(folder))
    old = len(train.fraud)
    x, new = raw_columns(train, valid)
    late = np.array([date.fromisoformat(row["Date"]) >= date.fromisoformat(TUNED_FROM) for row in train.rows])
    scores["LightGBM, raw columns"], trees = boosted(x, train.fraud, late, new)
    signs = numbers.signs.x
    both, trees_both = boosted(np.hstack([x, signs[:old]]), train.fraud, late, np.hstack([new, signs[old:]]))
    scores["LightGBM, raw columns and Entente's signs"] = both
    scores["Random"] = np.zeros(len(valid.fraud))
    results = {name: with_intervals(one, valid.fraud, valid.duty) for name, one in scores.items()}
    print(f"{old} declarations to learn from, {len(valid.fraud)} to rank; {valid.fraud.mean():.1%} of these are fraud.")
    evaluated, lacking = record["rules"]["evaluated"], record["rules"]["not_evaluable"]
    flagged = float((signs[old:] > 0).any(axis=1).mean())
    print(f"{len(evaluated)} rules evaluable, {len(lacking)} not; {len(weights)} signs fire; {flagged:.1%} bear one.")
    print_table(results)
    print(
        "\n| Sign | Shipped | Fitted | Counts | Negative allowed | Declarations | Fraud among them |\n"
        "|---|---|---|---|---|---|---|"
    )
    for row in weights:
        print("| " + " | ".join(str(value) for value in row.values()) + " |")
    report = {
        "results": results,
        "weights": weights,
        "rules_evaluated": evaluated,
        "rules_not_evaluable": sorted(lacking),
        "rules_version": record["rules"]["version"],
        "share_with_a_sign": round(flagged, 4),
        "trees": [trees, trees_both],
    }
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    else:
        print(json.dumps(report))


if __name__ == "__main__":
    main()
