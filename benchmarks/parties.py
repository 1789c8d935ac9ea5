"""Names across scripts: the figures of the model card, beside rapidfuzz on pinyin, in one run.

    python benchmarks/parties.py [--part cross|latin|transfer|linkage|throughput ...]

Trains on two thirds of the listed companies (by a hash of the Chinese name) and asks with the held-out third: 3,844
Latin names less the answers of half the queries, and 5,000 unrelated names of the OFAC and BIS lists. Intervals are
95 %, by bootstrap over queries.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import math
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rapidfuzz import fuzz, process

from entente.parties import train as training
from entente.parties.fold import fold
from entente.parties.latin_tokens import latin_name
from entente.parties.matching import Candidates, Record
from entente.parties.model import Model, from_raw
from entente.parties.names import prepare
from entente.parties.romanise import readings

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "parties"
SEED = 9
DISTRACTORS = 5000
#: Best candidate of a query: (score, id) or None; truth: id, or None where the answer was removed.
Best = list[tuple[float, str]]
Truth = list[str | None]


def pairs() -> list[tuple[str, str]]:
    """Chinese and English name of every listed company."""
    with (DATA / "company_names_zh_en.csv").open(encoding="utf-8-sig", newline="") as file:
        return [(row["name_zh"], row["name_en"]) for row in csv.DictReader(file)]


def held_out(name: str) -> bool:
    """Whether a company is in the third that is never trained on."""
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % 3 == 0


def strangers() -> list[str]:
    """Names of entities on the OFAC and BIS lists, shuffled."""
    with (DATA / "ofac-sdn.kindrat86.csv").open(encoding="utf-8", newline="") as file:
        names = {row["name"] for row in csv.DictReader(file) if row["type"] == "entity"}
    names |= {entity["name"] for entity in json.loads((DATA / "bis_entity_list.json").read_text())["entities"]}
    shuffled = sorted(names)
    random.Random(5).shuffle(shuffled)
    return shuffled


def train_on_two_thirds() -> Model:
    """The model of the reported figures."""
    known = [pair for pair in pairs() if not held_out(pair[0])]
    document = training.train(
        known, strangers()[DISTRACTORS : DISTRACTORS + 2000], version="two thirds", trained_on="two thirds"
    )
    return from_raw(document)


def recall_at(best: Best, truth: Truth, precision: float | None) -> float:
    """Recall at rank 1, or the highest recall at which precision holds, over queries that have an answer."""
    right = np.array([answer is not None and one[1] == answer for one, answer in zip(best, truth, strict=True)])
    answers = sum(answer is not None for answer in truth)
    if precision is None:
        return float(right.sum() / answers)
    scores = np.array([one[0] for one in best])
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(right[order])
    held = hits / np.arange(1, len(hits) + 1) >= precision
    # a threshold cannot part equal scores
    ends = np.append(np.diff(scores[order]) != 0, True)
    return float((hits * (held & ends)).max() / answers)


def with_interval(best: Best, truth: Truth, precision: float | None) -> tuple[float, float, float]:
    """The figure and its 95 % interval by bootstrap over queries."""
    rng = np.random.default_rng(1)
    draws = []
    for _ in range(400):
        chosen = rng.integers(0, len(best), len(best))
        draws.append(recall_at([best[i] for i in chosen], [truth[i] for i in chosen], precision))
    low, high = np.quantile(draws, [0.025, 0.975])
    return recall_at(best, truth, precision), float(low), float(high)


def say(what: str, best: Best, truth: Truth) -> None:
    for name, precision in (("recall at rank 1", None), ("recall at precision .95", 0.95)):
        figure, low, high = with_interval(best, truth, precision)
        print(f"| {what} | {name} | {figure:.3f} ({low:.3f} to {high:.3f}) |", flush=True)


def best_of(candidates: Candidates, queries: Sequence[tuple[str, str]]) -> Best:
    found = []
    for number, name in queries:
        listed = candidates.find(Record(number, name, "company"), 1)
        found.append((listed[0].scored.probability, listed[0].candidate) if listed else (0.0, ""))
    return found


def by_pinyin(queries: Sequence[str], names: Sequence[tuple[str, str]]) -> Best:
    """The baseline: pinyin of the Hanzi against folded Latin names, token set ratio of rapidfuzz."""
    choices = [" ".join(latin_name(fold(name).text).words) for _, name in names]
    asked = [" ".join(readings("".join(prepare_units(query)))) for query in queries]
    joined = ["".join(choice.split()) for choice in choices]
    found = []
    for text in asked:
        score = process.cdist([text.replace(" ", "")], joined, scorer=fuzz.ratio)[0]
        at = int(score.argmax())
        found.append((float(score[at]), names[at][0]))
    return found


def prepare_units(query: str) -> tuple[str, ...]:
    from entente.parties.han import han_name

    return tuple(unit for unit in han_name(fold(query).text).units if not unit.isascii())


def cross(model: Model) -> None:
    everyone = pairs()
    asked = [pair for pair in everyone if held_out(pair[0])]
    removed = {han for han, _ in random.Random(SEED).sample(asked, len(asked) // 2)}
    others = [(f"x{at}", name) for at, name in enumerate(strangers()[:DISTRACTORS])]
    truth: Truth = [None if han in removed else han for han, _ in asked]

    latin = [(han, name) for han, name in everyone if han not in removed] + others
    candidates = Candidates((Record(number, name, "company") for number, name in latin), model)
    say("Hanzi to Latin", best_of(candidates, [(han, han) for han, _ in asked]), truth)
    found = [han in candidates.candidates_of(han, 100) for han, _ in asked if han not in removed]
    print(f"| Hanzi to Latin | recall at 100 candidates | {np.mean(found):.3f} |", flush=True)
    say("baseline: rapidfuzz on pinyin", by_pinyin([han for han, _ in asked], latin), truth)

    hanzi = [(han, han) for han, _ in everyone if han not in removed] + others
    back = Candidates((Record(number, name, "company") for number, name in hanzi), model)
    say("Latin to Hanzi", best_of(back, [(han, name) for han, name in asked]), truth)
    calibration(candidates, asked, truth)
    invariance(candidates, [han for han, _ in asked])


def calibration(candidates: Candidates, asked: Sequence[tuple[str, str]], truth: Truth) -> None:
    """How often the best candidate is right, by its probability."""
    rows = [
        (one[0], answer is not None and one[1] == answer)
        for one, answer in zip(best_of(candidates, [(han, han) for han, _ in asked]), truth, strict=True)
    ]
    for low, high in ((0, 0.1), (0.1, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 0.95), (0.95, 1.01)):
        inside = [right for score, right in rows if low <= score < high]
        said = [score for score, right in rows if low <= score < high]
        if inside:
            print(
                f"| calibration {low} to {min(high, 1)} | {len(inside)} |"
                f" said {np.mean(said):.2f}, right {np.mean(inside):.2f} |"
            )


def invariance(candidates: Candidates, names: Sequence[str]) -> None:
    """The same best candidate for a name in traditional characters (OpenCC s2t, word by word)."""
    import opencc

    convert = opencc.OpenCC("s2t").convert
    simple = best_of(candidates, [(name, name) for name in names])
    other = best_of(candidates, [(name, convert(name)) for name in names])
    print(
        f"| traditional/simplified invariance | {np.mean([a == b for a, b in zip(simple, other, strict=True)]):.4f} |"
    )


def latin(model: Model) -> None:
    """Best F1 on the labelled Latin pairs, which nothing was trained on."""
    from entente.parties.scoring import likeness

    scored: list[tuple[float, bool]] = []
    with (DATA / "name_bench_cases.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            kind = "person" if row["schema"] == "Person" else "company"
            one, other = (prepare(row[column], model.lexicon, kind) for column in ("name1", "name2"))
            scored.append((likeness(one, [other], model)[0].odds, row["is_match"] == "true"))
    figure = best_f1(scored)
    rng = random.Random(1)
    draws = sorted(best_f1([scored[rng.randrange(len(scored))] for _ in scored]) for _ in range(100))
    print(f"| name_bench_cases best F1 | {figure:.3f} ({draws[2]:.3f} to {draws[97]:.3f}) |")


def best_f1(scored: Sequence[tuple[float, bool]]) -> float:
    ordered = sorted(scored, reverse=True)
    truths = sum(right for _, right in scored)
    hits, best = 0, 0.0
    for at, (score, right) in enumerate(ordered, start=1):
        hits += right
        if at == len(ordered) or ordered[at][0] != score:
            best = max(best, 2 * hits / (at + truths))
    return best


def throughput(model: Model) -> None:
    """Queries a CPU-second against 40,000 names, and the time to index a million."""
    rng = random.Random(2)
    base = [name for _, name in pairs()] + strangers()
    brands = [
        "".join(rng.choice(("lo", "ka", "mi", "tan", "ver", "sol", "qi", "zen", "dra", "po")) for _ in range(3))
        for _ in range(5000)
    ]
    made = base + [f"{rng.choice(brands)} {name}" for name in rng.choices(base, k=40_000 - len(base))]
    candidates = Candidates((Record(str(at), name, "company") for at, name in enumerate(made)), model)
    asked = [Record(han, han, "company") for han, _ in pairs() if held_out(han)][:300]
    start = time.process_time()
    for query in asked:
        candidates.find(query)
    print(
        f"| Hanzi queries a CPU-second against {len(made):,} names |"
        f" {len(asked) / (time.process_time() - start):.0f} |",
        flush=True,
    )
    asked = [Record(name, name, "company") for han, name in pairs() if held_out(han)][:300]
    start = time.process_time()
    for query in asked:
        candidates.find(query)
    print(f"| Latin queries a CPU-second | {len(asked) / (time.process_time() - start):.0f} |", flush=True)
    million = [f"{rng.choice(brands)} {name}" for name in rng.choices(base, k=1_000_000)]
    start, wall = time.process_time(), time.monotonic()
    Candidates((Record(str(at), name, "company") for at, name in enumerate(million)), model)
    print(
        f"| index of 1,000,000 Latin names | {time.process_time() - start:.0f} CPU-s,"
        f" {time.monotonic() - wall:.0f} s by the clock |"
    )


def transfer(model: Model) -> None:
    """Names from another source: Western firms and persons as two Chinese official announcements write them."""
    with (Path(__file__).parent / "party_pairs_official.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    others = [Record(f"x{at}", name) for at, name in enumerate(strangers()[:DISTRACTORS])]
    known = [Record(row["name_zh"], row["name_en"], row["kind"]) for row in rows]
    candidates = Candidates([*known, *others], model)
    best, verdicts = [], []
    for row in rows:
        (first, *_) = candidates.find(Record("q", row["name_zh"], row["kind"]), 1) or [None]
        best.append((first.scored.probability, first.candidate) if first else (0.0, ""))
        if first and first.scored.verdict == "match":
            verdicts.append(first.candidate == row["name_zh"])
    say(f"{len(rows)} official pairs, Western names in Hanzi", best, [row["name_zh"] for row in rows])
    print(f"| official pairs, verdict match at the shipped thresholds | {sum(verdicts)} right of {len(verdicts)} |")


def linkage(model: Model) -> None:
    """Pairwise precision, recall and F1 of `link` on a simulated trade year, beside equal names."""
    import subprocess
    import sys
    import tempfile
    from collections import Counter

    import pyarrow.parquet as pq

    from entente.parties.facts import Facts
    from entente.parties.link.run import link

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "year"
        command = [sys.executable, "-c", "from entente.cli import main; main()", "simulate", "--out", str(out)]
        subprocess.run(command, check=True, capture_output=True)
        addresses = {
            (path.name, row["declaration_id"], role): row[f"{role}_address"] or ""
            for path in out.glob("*ports.parquet")
            for row in pq.read_table(path).to_pylist()
            for role in ("exporter", "importer", "consignee")
        }
        truth, names, mentions = {}, {}, []
        for row in pq.read_table(out / "truth" / "mentions.parquet").to_pylist():
            key = (row["file"], row["declaration_id"], row["role"])
            number = "/".join(key)
            truth[number], names[number] = row["entity"], row["name"]
            mentions.append(Record(number, row["name"], "company", Facts(address=addresses.get(key, ""))))
    start, wall = time.process_time(), time.monotonic()
    done = link(mentions, model)
    spent = f"{time.process_time() - start:.0f} CPU-s, {time.monotonic() - wall:.0f} s by the clock"
    made = dict(zip(*(done.clusters.column(at).to_pylist() for at in (0, 1)), strict=True))
    for what, clusters in (("link", made), ("equal names", names)):
        both = Counter((clusters[one], truth[one]) for one in truth)
        together, right = (sum(math.comb(n, 2) for n in Counter(of.values()).values()) for of in (clusters, truth))
        hits = sum(math.comb(n, 2) for n in both.values())
        print(
            f"| {what}, {len(truth):,} mentions of {len(set(truth.values())):,} firms |"
            f" precision {hits / together:.3f}, recall {hits / right:.3f}, F1 {2 * hits / (together + right):.3f} |"
        )
    print(f"| link | {spent}; {done.counts} |")


PARTS: dict[str, Callable[[Model], Any]] = {
    "cross": cross,
    "latin": latin,
    "transfer": transfer,
    "linkage": linkage,
    "throughput": throughput,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", action="append", choices=list(PARTS))
    chosen = parser.parse_args().part or list(PARTS)
    model = train_on_two_thirds()
    print(f"| renderings learned | {len(model.lexicon.renderings)} |")
    for part in chosen:
        PARTS[part](model)


if __name__ == "__main__":
    main()
