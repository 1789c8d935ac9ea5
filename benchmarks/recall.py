"""Recall of the screening kernel on generated writings of every name and CAS number of the register.

    python benchmarks/recall.py [--seeds 50]

The writings are those of `variants`, which shares no code with the kernel. Each kind is drawn for every name with
every seed; recall has a 95 % interval (Wilson).
"""

from __future__ import annotations

import argparse
import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterator

import variants
from entente.screening.cas import digits_of
from entente.screening.kernel import ScreeningKernel
from entente.screening.vocabulary import Vocabulary
from entente.substances.register import load_register
from false_alarms import batch_of, wilson

LONG = 12
Asked = tuple[str, set[str]]


def _names(vocabulary: Vocabulary) -> dict[str, set[str]]:
    truth: dict[str, set[str]] = defaultdict(set)
    for name in vocabulary.names:
        truth[name.text].add(vocabulary.substances[name.substance])
    return truth


def _written(
    vocabulary: Vocabulary, write: Callable[[random.Random, str], str | None], rng: random.Random
) -> Iterator[Asked]:
    for name, substances in _names(vocabulary).items():
        text = write(rng, name)
        if text:
            yield f"chemical {text}, 25 kg drums", substances


def _numbers(
    vocabulary: Vocabulary, write: Callable[[random.Random, str], str | None], rng: random.Random
) -> Iterator[Asked]:
    for number in vocabulary.cas:
        digits = digits_of(number.packed)
        text = write(rng, f"{digits[:-3]}-{digits[-3:-1]}-{digits[-1]}")
        if text:
            yield f"goods {text} 99%", {vocabulary.substances[number.substance]}


def _misspelled(vocabulary: Vocabulary, edits: int, rng: random.Random) -> Iterator[Asked]:
    weak = {name.text for name in vocabulary.names if name.needs_context}
    for name, substances in _names(vocabulary).items():
        if len(name) >= LONG and name.isascii() and name not in weak:
            yield f"import of {variants.misspell(rng, name, edits)} 25 kg", substances


def _kinds(vocabulary: Vocabulary) -> dict[str, Callable[[random.Random], Iterator[Asked]]]:
    kinds: dict[str, Callable[[random.Random], Iterator[Asked]]] = {}
    for write in variants.WRITINGS:
        kinds[write.__name__] = lambda rng, write=write: _written(vocabulary, write, rng)  # type: ignore[misc]
    for write in (variants.cas_writing, variants.cas_scanned):
        kinds[write.__name__] = lambda rng, write=write: _numbers(vocabulary, write, rng)  # type: ignore[misc]
    for edits in (1, 2):
        kinds[f"{edits} edits"] = lambda rng, edits=edits: _misspelled(vocabulary, edits, rng)  # type: ignore[misc]
    return kinds


def recalled(kernel: ScreeningKernel, asked: list[Asked]) -> list[str]:
    """The texts that were not found."""
    found: dict[int, set[str]] = defaultdict(set)
    for match in kernel(batch_of([text for text, _ in asked])).select(["row_id", "substance_id"]).to_pylist():
        found[match["row_id"]].add(match["substance_id"])
    return [text for row, (text, wanted) in enumerate(asked) if not wanted & found[row]]


def measure(seeds: int) -> list[dict[str, object]]:
    vocabulary = Vocabulary.from_register(load_register())
    out: list[dict[str, object]] = []
    for kind, ask in _kinds(vocabulary).items():
        kernel = ScreeningKernel(vocabulary, misspellings=kind.endswith("edits"))
        asked = missed = 0
        examples: list[str] = []
        for seed in range(seeds):
            texts = list(ask(random.Random(seed)))
            lost = recalled(kernel, texts)
            asked, missed = asked + len(texts), missed + len(lost)
            examples = (examples + lost)[:5]
        low, high = wilson(asked - missed, asked)
        out.append(
            {"kind": kind, "asked": asked, "recall": 1 - missed / asked, "interval": [low, high], "missed": examples}
        )
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=50)
    results = measure(parser.parse_args().seeds)
    print(f"{'kind':>14} {'texts':>8} {'recall':>8}  95 % interval")
    for row in results:
        low, high = row["interval"]  # type: ignore[misc]
        print(f"{row['kind']:>14} {row['asked']:>8} {row['recall']:>8.4f}  {low:.4f} to {high:.4f}")
    print(json.dumps(results, ensure_ascii=False))


if __name__ == "__main__":
    main()
