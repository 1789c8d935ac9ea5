"""Learning renderings and commonness from pairs of names in Hanzi and in Latin letters.

What pinyin, places and the glossary explain of a pair is set aside first; the words that stay are counted against the
runs of Hanzi beside them. A rendering is kept where a run has the word in a good part of its names and much more
often than chance. No name is kept, only runs that stand in at least two names.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

from entente.parties.align import explain_words, han_side, latin_side
from entente.parties.fold import fold
from entente.parties.han import HanName, glossary, han_name
from entente.parties.latin_tokens import LatinName, latin_name, spell
from entente.parties.lexicon import Lexicon

_LONGEST = 4
_FEWEST = 2
_LEAST_SHARE = 0.12
_LEAST_LIFT = 6.0
#: How a run's share becomes a belief: shares of few names are believed less.
_DOUBT = 0.6


def parse(pairs: Sequence[tuple[str, str]]) -> list[tuple[HanName, LatinName]]:
    """Fold and take apart pairs of a Chinese and a Latin name."""
    return [(han_name(fold(han).text), latin_name(fold(latin).text)) for han, latin in pairs]


def learn(pairs: Sequence[tuple[HanName, LatinName]]) -> Lexicon:
    """Learn a lexicon from pairs of names of the same party."""
    plain = commonness(pairs)
    runs: Counter[str] = Counter()
    left: Counter[str] = Counter()
    together: dict[str, Counter[str]] = defaultdict(Counter)
    for han, latin in pairs:
        pieces = _runs(han.units)
        runs.update(pieces)
        side = han_side(han, plain)
        words = {
            one.word
            for one in explain_words(side, latin_side(latin, plain))
            if one.way is None or one.way.belief < 0.5 or one.way.kind in {"near", "sound", "compound", "initials"}
        }
        left.update(words)
        for piece in pieces:
            together[piece].update(words)
    return Lexicon(
        renderings=_keep(together, runs, left, len(pairs)),
        latin_counts=plain.latin_counts,
        han_counts=plain.han_counts,
        names=len(pairs),
    )


def commonness(pairs: Sequence[tuple[HanName, LatinName]]) -> Lexicon:
    """Only the counts: in how many names each word stands. Words of the glossary count as common wherever they are."""
    latin: Counter[str] = Counter()
    han: Counter[str] = Counter()
    for one, other in pairs:
        han.update({segment.text for segment in one.segments})
        latin.update(set(other.words))
    floor = max(2, len(pairs) // 400)
    for word, renderings in glossary().items():
        for rendering in renderings:
            for part in rendering:
                if len(word) > 1:
                    latin[spell(part)] = max(latin[spell(part)], floor)
        if len(word) > 1 and renderings:
            han[word] = max(han[word], floor)
    kept_latin = {word: count for word, count in latin.items() if count > 1}
    return Lexicon({}, kept_latin, {word: count for word, count in han.items() if count > 1}, len(pairs))


def _runs(units: tuple[str, ...]) -> set[str]:
    return {
        "".join(units[start:end])
        for start in range(len(units))
        for end in range(start + 1, min(len(units), start + _LONGEST) + 1)
    }


def _keep(
    together: dict[str, Counter[str]], runs: Counter[str], left: Counter[str], names: int
) -> dict[str, tuple[tuple[str, float], ...]]:
    shares: dict[tuple[str, str], float] = {}
    for run, words in together.items():
        if runs[run] < _FEWEST:
            continue
        for word, count in words.items():
            share = count / runs[run]
            if count >= _FEWEST and share >= _LEAST_SHARE and share * names / left[word] >= _LEAST_LIFT:
                shares[run, word] = share * count / (count + _DOUBT)
    kept: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for (run, word), belief in shares.items():
        inner = (run[a:b] for a in range(len(run)) for b in range(a + 1, len(run) + 1) if b - a < len(run))
        if max((shares.get((piece, word), 0.0) for piece in inner), default=0.0) < 0.95 * belief:
            kept[run].append((word, round(min(0.95, belief * 1.3), 3)))
    return {run: tuple(sorted(words, key=lambda one: (-one[1], one[0]))[:6]) for run, words in sorted(kept.items())}


def expected_information(count: int, names: int) -> float:
    """Nats that a word says that stands in `count` of `names` names."""
    return math.log((names + 1) / (count + 0.5))
