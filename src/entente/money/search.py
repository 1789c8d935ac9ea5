"""All shapes at once: every candidate that a set of transfers holds."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from entente.money.miner.chains import chains
from entente.money.miner.cycles import CycleLimits, find_cycles
from entente.money.miner.fans import fans_in, fans_out, gather_scatters
from entente.money.miner.members import Candidates, Shape, join, of_paths, of_scatters, of_windows
from entente.money.miner.scatters import scatter_gathers
from entente.money.transfers import Transfers

_DAY = 86_400


@dataclass(frozen=True)
class Look:
    """What to look for.

    The days come from real labelled attempts, of which 88 % fit into four days; what is gathered is scattered within
    twice that. In nine of ten of their hops an amount passes on within a fifth up or down.

    Attributes:
        cycles: how cycles are searched; its window is that of all shapes, but that gathering and scattering may take
            twice as long.
        fan: fewest counterparts of a fan.
        both: fewest on either side, where money is gathered and scattered.
        between: fewest accounts between two.
        low, high: bounds of an amount as a share of the one before, in chains.
        hops: fewest transfers in a chain.
    """

    cycles: CycleLimits = field(default_factory=lambda: CycleLimits(4 * _DAY, each=8))
    fan: int = 3
    both: int = 2
    between: int = 2
    low: float = 0.8
    high: float = 1.25
    hops: int = 2

    @property
    def window(self) -> int:
        """Seconds of one attempt."""
        return self.cycles.window


@dataclass(frozen=True)
class LeftOut:
    """What limits kept from being searched, so that nothing is left out in silence.

    Attributes:
        roots: transfers whose search for cycles was given up.
        cycles: transfers that begin more cycles than are kept.
        hubs: times that an account with too many transfers was not passed through.
        payers: windows of payers that were cut.
    """

    roots: int
    cycles: int
    hubs: int
    payers: int


def candidates(
    graph: Transfers, amount: npt.NDArray[np.float64], look: Look | None = None
) -> tuple[Candidates, LeftOut]:
    """Every set of transfers that has a shape.

    Args:
        graph: the transfers.
        amount: shape (transfers,), in one currency, in the order of the graph.
        look: what to look for.
    """
    look = look or Look()
    cycles = list(find_cycles(graph, look.cycles))
    scatters = scatter_gathers(graph, look.window, look.between)
    passed = chains(graph, amount, look.window, low=look.low, high=look.high, least=look.hops)
    found = join(
        [
            *(of_paths(batch) for batch in cycles),
            of_windows(graph, fans_in(graph, look.window, look.fan), Shape.FAN_IN),
            of_windows(graph, fans_out(graph, look.window, look.fan), Shape.FAN_OUT),
            of_windows(graph, gather_scatters(graph, 2 * look.window, look.both), Shape.GATHER_SCATTER),
            of_scatters(graph, scatters, look.window),
            of_paths(passed),
        ]
    )
    left_out = LeftOut(
        roots=sum(batch.out_of_steps for batch in cycles),
        cycles=sum(batch.not_kept for batch in cycles),
        hubs=sum(batch.hubs for batch in cycles) + scatters.hubs + passed.hubs,
        payers=scatters.cut,
    )
    return found, left_out


def distinct(found: Candidates, score: npt.NDArray[np.float64], most: int) -> list[int]:
    """The best candidates, of which none shares more than half of its transfers with better ones.

    Args:
        found: candidates.
        score: shape (candidates,), higher is better; ties go to the one that was found first.
        most: how many are wanted.
    """
    used = np.zeros(int(found.edge.max()) + 1 if len(found.edge) else 0, np.bool_)
    kept: list[int] = []
    for candidate in np.argsort(-score, kind="stable").tolist():
        edge = found.of(candidate)
        if len(kept) == most:
            break
        if len(edge) and 2 * int(used[edge].sum()) <= len(edge):
            used[edge] = True
            kept.append(candidate)
    return kept
