"""Made-up laundering attempts to learn from, so that the real ones are kept for the test.

Only what the public description of the shapes says is used: how many accounts, within how many days, and that amounts
change a little from hop to hop. Returned in the form of the public patterns, so that `money_world.implanted` takes
them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

Legs = list[tuple[int, int, float, float]]  # payer, payee, days from the begin, US dollars
FAMILIES = ("CYCLE", "FAN-IN", "FAN-OUT", "GATHER-SCATTER", "SCATTER-GATHER", "RANDOM", "STACK")


def made_up(many: int, seed: int) -> list[dict[str, Any]]:
    """So many attempts, of all families alike."""
    rng = np.random.default_rng(seed)
    return [_attempt(rng, FAMILIES[i % len(FAMILIES)]) for i in range(many)]


def _attempt(rng: np.random.Generator, family: str) -> dict[str, Any]:
    legs = _LEGS[family](rng)
    currency = str(rng.choice(["US Dollar", "Euro"]))
    day = datetime(2022, 9, 1, tzinfo=UTC)
    return {
        "pattern_family": family,
        "transactions": [
            {
                "timestamp": f"{day + timedelta(days=days):%Y/%m/%d %H:%M}",
                "from_account": f"a{payer}",
                "to_account": f"a{payee}",
                "amount_paid": round(dollars, 2),
                "payment_currency": currency,
            }
            for payer, payee, days, dollars in legs
        ],
    }


def _sum(rng: np.random.Generator) -> float:
    return float(np.exp(rng.normal(np.log(9000), 0.9)))


def _on(rng: np.random.Generator, dollars: float) -> float:
    return float(dollars * np.exp(rng.normal(-0.01, 0.07)))


def _hops(rng: np.random.Generator, hops: int, *, back: bool) -> Legs:
    days, dollars = np.sort(rng.uniform(0, 3.9, hops)), _sum(rng)
    legs = []
    for hop in range(hops):
        legs.append((hop, (hop + 1) % hops if back else hop + 1, float(days[hop]), dollars))
        dollars = _on(rng, dollars)
    return legs


def _cycle(rng: np.random.Generator) -> Legs:
    return _hops(rng, int(rng.integers(2, 13)), back=True)


def _random(rng: np.random.Generator) -> Legs:
    return _hops(rng, int(rng.integers(2, 13)), back=False)


def _fan_in(rng: np.random.Generator) -> Legs:
    return [(i + 1, 0, float(rng.uniform(0, 3.9)), _sum(rng)) for i in range(int(rng.integers(3, 17)))]


def _fan_out(rng: np.random.Generator) -> Legs:
    return [(0, i + 1, float(rng.uniform(0, 3.9)), _sum(rng)) for i in range(int(rng.integers(3, 17)))]


def _gather_scatter(rng: np.random.Generator) -> Legs:
    into, out = int(rng.integers(2, 17)), int(rng.integers(2, 17))
    legs = [(i + 1, 0, float(rng.uniform(0, 3.9)), _sum(rng)) for i in range(into)]
    return legs + [(0, into + 1 + i, float(rng.uniform(3.5, 7.5)), _sum(rng)) for i in range(out)]


def _scatter_gather(rng: np.random.Generator) -> Legs:
    legs: Legs = []
    for i in range(int(rng.integers(2, 15))):
        first, second = rng.uniform(0, 3.9, 2)
        if rng.random() < 0.6:
            first, second = min(first, second), max(first, second)
        dollars = _sum(rng)
        legs += [(0, i + 2, float(first), dollars), (i + 2, 1, float(second), _on(rng, dollars))]
    return legs


def _stack(rng: np.random.Generator) -> Legs:
    legs: Legs = []
    for i in range(int(rng.integers(1, 10))):
        first, second = np.sort(rng.uniform(0, 3.9, 2))
        dollars = _sum(rng)
        legs += [(3 * i, 3 * i + 1, float(first), dollars), (3 * i + 1, 3 * i + 2, float(second), _on(rng, dollars))]
    return legs


_LEGS = {
    "CYCLE": _cycle,
    "FAN-IN": _fan_in,
    "FAN-OUT": _fan_out,
    "GATHER-SCATTER": _gather_scatter,
    "SCATTER-GATHER": _scatter_gather,
    "RANDOM": _random,
    "STACK": _stack,
}
