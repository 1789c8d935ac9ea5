"""A made-up trade year of three authorities (US, CN, MX), with planted diversions and their truth kept apart.

Each authority sees its own side: what left it (exports) and what reached it (imports). The generator makes
*movements* (what really happened) as NumPy blocks in time order, and renders each side's declaration of a movement
with that side's language, names, currency and small errors. Everything follows from the seed.
"""

from __future__ import annotations

from entente.simulate.bundled import write_sample
from entente.simulate.year import Year, YearResult, simulate

__all__ = ["Year", "YearResult", "simulate", "write_sample"]
