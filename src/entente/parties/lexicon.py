"""What was learned from pairs of names: renderings, how common words are, and the weights of the scorer.

A `Lexicon` is a value; it is read from the file that the package ships, or made by `entente.parties.train`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Renderings and commonness.

    `renderings` maps a run of Hanzi to Latin words with a belief; `latin_counts` and `han_counts` say in how many of
    `names` names a word stands. Words that stand nowhere count as half a name.
    """

    renderings: Mapping[str, tuple[tuple[str, float], ...]] = field(default_factory=dict)
    latin_counts: Mapping[str, int] = field(default_factory=dict)
    han_counts: Mapping[str, int] = field(default_factory=dict)
    names: int = 1000

    def latin_weight(self, word: str) -> float:
        """Inverse frequency of a Latin word, in nats; letters alone say less than words."""
        weight = math.log((self.names + 1) / (self.latin_counts.get(word, 0) + 0.5))
        return weight * (0.5 if len(word) == 1 else 0.8 if len(word) == 2 else 1.0)

    def han_weight(self, word: str) -> float:
        """Inverse frequency of a word in Hanzi, in nats."""
        return math.log((self.names + 1) / (self.han_counts.get(word, 0) + 0.5))
