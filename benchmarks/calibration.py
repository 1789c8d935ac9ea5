"""How far fitted weights are from the truth, by how much one sample row may count: a table and a line of JSON.

    python benchmarks/calibration.py [--repetitions 25]

200,000 made-up records bear eight signs. True weights are drawn around the present ones (standard deviation 0.5
log-odds). Records with a strong sign or two supporting ones are leads, as in a run. Officers decide some leads and all
rows of a random sample of the others; the weights are fitted with the sample left out, and with its rows counting up
to a limit. `not quite true` adds to the outcomes what the score cannot express: two signs that mean more together,
and a hundredth of the records that are likelier for no visible reason. Error: root mean square over weights, log-odds.
"""

from __future__ import annotations

import argparse
import json

import numpy as np

from entente.leads.calibrate_fit import Prior, Signs, fit, probability

RECORDS, SD = 200_000, 0.5
PRESENT = np.array([2, 1.2, 0.6, 0.6, 0.6, 0.5, 0.5, 1.8])
FREQUENCY = np.array([0.004, 0.004, 0.02, 0.02, 0.02, 0.02, 0.02, 0.003])
STRONG = [0, 1, 7]
LIMITS = {"no sample": 0.0, "1": 1.0, "10": 10.0, "100": 100.0, "no limit": np.inf}
CASES = ((100, 20), (300, 20), (300, 100), (2000, 200))


def errors(seed: int, leads: int, sample: int, *, true: bool) -> dict[str, float]:
    """Error of the weights under each limit, and before the fit."""
    rng = np.random.default_rng(seed)
    weights = np.maximum(0, PRESENT + rng.normal(0, SD, len(PRESENT)))
    x = (rng.random((RECORDS, len(PRESENT))) < FREQUENCY).astype(float)
    log_odds = x @ weights - 5
    if not true:
        log_odds = log_odds + 1.5 * x[:, 0] * x[:, 2] + 3 * (rng.random(RECORDS) < 0.01)
    y = (rng.random(RECORDS) < probability(log_odds)).astype(float)
    lead = x[:, STRONG].any(axis=1) | (np.delete(x, STRONG, axis=1).sum(axis=1) >= 2)
    looked = rng.permutation(np.flatnonzero(lead))[:leads]
    drawn = rng.permutation(np.flatnonzero(~lead))[:sample]
    found = {"before": root_mean_square(PRESENT - weights)}
    for name, limit in LIMITS.items():
        rows = np.concatenate([looked, drawn]) if limit else looked
        counts = np.concatenate([np.ones(len(looked)), np.full(len(rows) - len(looked), (~lead).sum() / sample)])
        signs = Signs(
            x=x[rows],
            family=np.zeros(len(PRESENT), dtype=np.int64),
            group=np.zeros(len(rows), dtype=np.int64),
            groups=1,
            y=y[rows],
            weight=np.minimum(counts, max(limit, 1.0)),
        )
        found[name] = root_mean_square(fit(signs, Prior(PRESENT, np.array([np.inf]), SD)).weights - weights)
    return found


def root_mean_square(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(values**2)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=25)
    repetitions = parser.parse_args().repetitions
    rows = []
    for true in (True, False):
        for leads, sample in CASES:
            found = [errors(seed, leads, sample, true=true) for seed in range(repetitions)]
            mean = {name: round(float(np.mean([one[name] for one in found])), 3) for name in found[0]}
            rows.append({"model": "true" if true else "not quite true", "leads": leads, "sample": sample, **mean})
    print("| " + " | ".join(rows[0]) + " |\n|" + "---|" * len(rows[0]))
    for row in rows:
        print("| " + " | ".join(str(value) for value in row.values()) + " |")
    print(json.dumps({"repetitions": repetitions, "rows": rows}))


if __name__ == "__main__":
    main()
