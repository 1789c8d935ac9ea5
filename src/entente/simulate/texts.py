"""Declared words that differ from a good's own: vague, false, misspelled, buried."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from entente.simulate.resources import LANGUAGES, Good, words

Triple = tuple[str, str, str]
_LOOKALIKES = str.maketrans("哌酐酮醚苯", "派肝铜迷笨")


@dataclass(slots=True)
class Texts:
    """Grows while diversions are planted; a movement refers to an entry by its position."""

    entries: list[Triple] = field(default_factory=list)

    def add(self, entry: Triple) -> int:
        """Keep an English, Chinese and Spanish text and return its position."""
        self.entries.append(entry)
        return len(self.entries) - 1


def plain_name(good: Good) -> Triple:
    """A good's first name in every language."""
    english, chinese, spanish = (names[0] for names in good.names)
    return english, chinese, spanish


def vague(rng: np.random.Generator) -> Triple:
    """Words that say next to nothing."""
    english, chinese, spanish = words()["vague"][int(rng.integers(len(words()["vague"])))]
    return english, chinese, spanish


def false_goods(rng: np.random.Generator) -> tuple[int, Triple]:
    """Another good altogether: its HS code as a number, and its names."""
    hs6, english, chinese, spanish = words()["misdeclared"][int(rng.integers(len(words()["misdeclared"])))]
    return int(hs6), (english, chinese, spanish)


def buried(rng: np.random.Generator, good: Good) -> Triple:
    """The good's own name in the middle of a long list of other goods."""
    frames = words()["buried"][int(rng.integers(len(words()["buried"])))]
    filled = [frame.format(name=name) for frame, name in zip(frames, plain_name(good), strict=True)]
    return filled[0], filled[1], filled[2]


def misspelled(rng: np.random.Generator, good: Good) -> Triple:
    """The good's name with letters swapped, dropped or doubled; in Hanzi, with characters that sound or look alike."""
    written = [
        _misspell(rng, name) if language != "zh" else name.translate(_LOOKALIKES)
        for language, name in zip(LANGUAGES, plain_name(good), strict=True)
    ]
    return written[0], written[1], written[2]


def _misspell(rng: np.random.Generator, name: str) -> str:
    letters = [index for index in range(1, len(name) - 2) if name[index].isalpha() and name[index + 1].isalpha()]
    for _ in range(2 if len(name) > 14 else 1):
        at = letters[int(rng.integers(len(letters)))]
        edit = int(rng.integers(3))
        middle = (name[at + 1] + name[at], name[at + 1], name[at] * 2 + name[at + 1])[edit]
        name = (name[:at] + middle + name[at + 2 :]).ljust(at + 3)
        letters = [index for index in letters if index + 1 < len(name.rstrip())] or [0]
    return name.rstrip()
