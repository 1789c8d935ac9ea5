"""False alarms of the screening kernel on real goods descriptions, and precision on a mixed set.

    python benchmarks/false_alarms.py list     writes tests/shared/false_alarms.csv; verdicts already given are kept
    python benchmarks/false_alarms.py report   prints wrong hits per row and precision with its interval

The list is for a second reader, who gives each hit a verdict (right or wrong) without the matcher's reasons: it
shows the row's text, the substance and nothing of method, form or confidence. A substance that the text names as
absent is listed with the words that say so; right there means that they do. Such hits do not count as found. The texts
are HS 2022 headings and what British traders wrote, from ../shared/data/screening.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import json
import math
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from entente.screening.kernel import ScreeningKernel
from entente.screening.schema import CARRIED, COUNTS_FROM, MATCHES
from entente.screening.vocabulary import Vocabulary
from entente.substances.register import load_register

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"
LISTED = ROOT / "tests" / "shared" / "false_alarms.csv"
COLUMNS = ("source", "row", "text_sha256", "text", "substance", "matched_text", "verdict", "note")
_SHOWN = 400
#: The mixed set: one true row in so many.
ONE_TRUE_IN = 20
_Z = 1.959964


class Row(NamedTuple):
    """One description and where it is from; rows count from 1, headers not counted."""

    source: str
    number: int
    text: str


def _csv_column(path: Path, column: str | int) -> Iterator[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        if isinstance(column, str):
            yield from (record[column] or "" for record in csv.DictReader(file))
        else:
            yield from (record[column] if record else "" for record in csv.reader(file))


def descriptions(folder: Path) -> list[Row]:
    """All descriptions of the shared data, in order."""
    sources = {
        "hs_en.csv": _csv_column(folder / "hs_en.csv", "description"),
        "uk_fpo_extra_references.csv": _csv_column(folder / "uk_fpo_extra_references.csv", "Goods Description"),
        "uk_fpo_search_references.json": iter(
            json.loads((folder / "uk_fpo_search_references.json").read_text("utf-8"))
        ),
        "uk_fpo_vague_terms.csv": _csv_column(folder / "uk_fpo_vague_terms.csv", 0),
    }
    return [
        Row(source, number, text) for source, texts in sources.items() for number, text in enumerate(texts, start=1)
    ]


def batch_of(texts: list[str]) -> pa.RecordBatch:
    """A batch of shipments of which only the descriptions are known."""
    size = len(texts)
    known = {
        "row_id": range(size),
        "declaration_id": map(str, range(size)),
        "line": [1] * size,
        "date": [dt.date(2024, 1, 1)] * size,
        "description": texts,
    }
    names = [
        *(MATCHES.field(name) for name in CARRIED),
        *(pa.field(c, pa.string()) for c in ("description", "cas", "hs_code")),
    ]
    schema = pa.schema(names)
    columns = [pa.array(known.get(field.name, [None] * size), field.type) for field in schema]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def hits_on(rows: list[Row], kernel: ScreeningKernel) -> list[dict[str, str]]:
    """Every match of the kernel on these rows, as lines of the list."""
    lines = []
    for match in kernel(batch_of([row.text for row in rows])).to_pylist():
        row = rows[match["row_id"]]
        lines.append(
            {
                "source": row.source,
                "row": str(row.number),
                "text_sha256": hashlib.sha256(row.text.encode()).hexdigest()[:16],
                "text": row.text[:_SHOWN],
                "substance": match["substance_id"],
                "matched_text": match["matched_text"],
            }
        )
    return sorted(lines, key=lambda line: (line["source"], int(line["row"]), line["substance"]))


def key(line: dict[str, str]) -> tuple[str, ...]:
    """What makes a line of the list the same hit."""
    return tuple(line[name] for name in ("source", "row", "text_sha256", "substance", "matched_text"))


def read_list(path: Path = LISTED) -> list[dict[str, str]]:
    """The checked-in list."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def wilson(good: int, total: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927, https://doi.org/10.1080/01621459.1927.10502953)."""
    if not total:
        return 0.0, 1.0
    share, square = good / total, _Z * _Z
    middle = (share + square / (2 * total)) / (1 + square / total)
    half = _Z / (1 + square / total) * math.sqrt(share * (1 - share) / total + square / (4 * total * total))
    return middle - half, middle + half


def write_list(lines: list[dict[str, str]]) -> None:
    """Write the list for the reader, keeping verdicts that are there."""
    known = {key(line): line for line in read_list()}
    with LISTED.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for line in lines:
            before = known.get(key(line), {})
            writer.writerow({**line, "verdict": before.get("verdict", ""), "note": before.get("note", "")})


def mixed_precision(
    rows: list[Row], kernel: ScreeningKernel, vocabulary: Vocabulary, seed: int = 7
) -> dict[str, object]:
    """Precision where one row in twenty names a substance: true rows are a real row's text with a name put in.

    A hit is right if it is of the substance put in, or if the second reader called it right on the real row. Names
    named as absent are left out: they count for nothing.
    """
    rng = random.Random(seed)
    right = {key(line) for line in read_list() if line["verdict"] == "right"}
    planted = rng.sample(range(len(rows)), len(rows) // ONE_TRUE_IN)
    names = [name for name in vocabulary.names if not name.needs_context]
    truth = {index: rng.choice(names) for index in planted}
    mixed = [row._replace(text=f"{truth[i].text}, {row.text}") if i in truth else row for i, row in enumerate(rows)]
    good = total = found = 0
    for match in kernel(batch_of([row.text for row in mixed])).to_pylist():
        if match["confidence"] < COUNTS_FROM:
            continue
        index = match["row_id"]
        own = index in truth and match["substance_id"] in _same_name(vocabulary, truth[index].text)
        line = {**_line(rows[index]), "substance": match["substance_id"], "matched_text": match["matched_text"]}
        total += 1
        good += own or key(line) in right
        found += own
    low, high = wilson(good, total)
    return {
        "rows": len(rows),
        "true_rows": len(truth),
        "hits": total,
        "precision": good / total,
        "interval": [low, high],
        "recalled": found,
    }


def _same_name(vocabulary: Vocabulary, text: str) -> set[str]:
    return {vocabulary.substances[name.substance] for name in vocabulary.names if name.text == text}


def _line(row: Row) -> dict[str, str]:
    digest = hashlib.sha256(row.text.encode()).hexdigest()[:16]
    return {"source": row.source, "row": str(row.number), "text_sha256": digest}


def _named_as_absent(rows: list[Row], kernel: ScreeningKernel) -> int:
    found = kernel(batch_of([row.text for row in rows])).column("confidence")
    return sum(confidence < COUNTS_FROM for confidence in found.to_pylist())


def main(command: str) -> None:
    vocabulary = Vocabulary.from_register(load_register())
    kernel = ScreeningKernel(vocabulary)
    rows = descriptions(SHARED / "screening")
    lines = hits_on(rows, kernel)
    if command == "list":
        write_list(lines)
        print(f"{len(lines)} hits in {len(rows)} rows: {LISTED}")
        return
    verdicts = {key(line): line["verdict"] for line in read_list()}
    told = [verdicts.get(key(line), "") for line in lines]
    wrong, open_ = told.count("wrong"), told.count("")
    low, high = wilson(wrong, len(rows))
    report = {"rows": len(rows), "hits": len(lines), "wrong": wrong, "without_verdict": open_}
    report["named_as_absent"] = _named_as_absent(rows, kernel)
    report["wrong_per_row"] = {"share": wrong / len(rows), "interval": [low, high]}
    report["mixed"] = mixed_precision(rows, kernel, vocabulary)
    for name, value in report.items():
        print(f"{name:>18}  {value}")
    print(json.dumps(report))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "report")
