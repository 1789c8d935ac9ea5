"""Laundering attempts found in a world of innocent transfers, and what it costs.

A model learns from made-up attempts in one world and is judged on the public real ones in another. Alerts are taken
from the best down, as long as at least every second one is true: that is the asked "one false alert for each true one".
An alert is true if half of its transfers or more belong to attempts; an attempt is found if half of its transfers or
more stand in true alerts.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np

from entente.money.miner.members import Candidates, Shape
from entente.money.search import candidates, distinct
from entente.money.signs import SIGNS, signs
from entente.money.transfers import transfers
from money_attempts import made_up
from money_world import World, attempts, implanted, in_dollars, innocent

KNOWN = Path(__file__).resolve().parents[2] / "shared" / "data" / "money" / "laundering_attempts.json"


def mined(world: World) -> dict[str, Any]:
    """Candidates and their signs, with CPU-seconds."""
    dollars = in_dollars(world.amount, world.currency)
    begun = time.process_time()
    graph = transfers(world.payer, world.payee, world.time)
    found, left_out = candidates(graph, dollars[graph.given])
    searched = time.process_time()
    said = signs(graph, dollars[graph.given], found)
    cpu = {"search": searched - begun, "signs": time.process_time() - searched}
    return {"found": found, "signs": said, "attempt": world.attempt[graph.given], "cpu": cpu, "left_out": left_out}


def labels(found: Candidates, attempt: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """1 for a candidate that is half or more of an attempt and half or more made of it, 0 for innocent, -1 between."""
    whole = np.bincount(attempt[attempt >= 0])
    label = np.zeros(len(found), np.int64)
    size = np.diff(found.start)
    of = np.repeat(np.arange(len(found)), size)
    own = attempt[found.edge]
    pairs, many = np.unique(np.stack([of[own >= 0], own[own >= 0]]), axis=1, return_counts=True)
    for (candidate, number), count in zip(pairs.T.tolist(), many.tolist(), strict=True):
        if 2 * count >= size[candidate]:
            label[candidate] = 1 if 2 * count >= whole[number] else -1
    return label


def learned(size: int, seed: int, many: int) -> lightgbm.LGBMClassifier:
    """A model of made-up attempts in a world of its own."""
    seen = mined(implanted(innocent(size, seed), made_up(many, seed + 1), seed + 2))
    label = labels(seen["found"], seen["attempt"])
    model = lightgbm.LGBMClassifier(
        n_estimators=300, learning_rate=0.04, num_leaves=15, min_child_samples=20, subsample=0.8, subsample_freq=1,
        colsample_bytree=0.7, reg_lambda=5, n_jobs=2, verbose=-1, random_state=1, deterministic=True,
    )  # fmt: skip
    model.fit(seen["signs"][label >= 0], label[label >= 0], categorical_feature=[SIGNS.index("shape")])
    return model


def judged(seen: dict[str, Any], score: np.ndarray[Any, Any], families: tuple[str, ...]) -> dict[str, Any]:
    """Attempts found at one false alert for each true one, by family."""
    attempt, found = seen["attempt"], seen["found"]
    got = np.zeros(len(attempt), bool)
    true, false, best = 0, 0, (0, 0, got.copy())
    for candidate in distinct(found, score, 2000):
        edge = found.of(candidate)
        if 2 * int((attempt[edge] >= 0).sum()) >= len(edge):
            true += 1
            got[edge] = True
        else:
            false += 1
        if true >= false:
            best = (true, false, got.copy())
    whole = np.bincount(attempt[attempt >= 0], minlength=len(families))
    hit = np.bincount(attempt[best[2] & (attempt >= 0)], minlength=len(families)) * 2 >= whole
    names = np.array(families)
    by_family = {name: [int(hit[names == name].sum()), int((names == name).sum())] for name in sorted(set(families))}
    return {"true": best[0], "false": best[1], "recall": float(hit.mean()), "by_family": by_family}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--transfers", type=int, default=1_000_000)
    parser.add_argument("--learn", type=int, default=1_000_000, help="innocent transfers in the world to learn in")
    parser.add_argument("--attempts", type=int, default=1_000, help="made-up attempts to learn from")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    arguments = parser.parse_args()
    mined(implanted(innocent(20_000, 0), made_up(7, 0), 0))  # machine code is made once, and not measured
    model = learned(arguments.learn, 11, arguments.attempts)
    results = []
    for seed in arguments.seeds:
        world = implanted(innocent(arguments.transfers, seed), attempts(KNOWN), seed + 1)
        seen = mined(world)
        score = model.predict_proba(seen["signs"])[:, 1]
        shapes = np.bincount(seen["found"].shape, minlength=len(Shape)).tolist()
        results.append(
            judged(seen, score, world.families)
            | {"seed": seed, "cpu": seen["cpu"], "left_out": vars(seen["left_out"])}
            | {"candidates": dict(zip((shape.name for shape in Shape), shapes, strict=True))}
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"results": results, "peak_mib": peak}, indent=1))


if __name__ == "__main__":
    main()
