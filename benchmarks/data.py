"""Made-up trade of any size for benchmarks: seeded, written once to benchmarks/.cache.

A file's name there holds the fingerprint of the names that it was drawn from, so that a change to the register or to
the words of chemical names makes another file, and an old one is never taken for it.

The vocabulary is the register's own names and, up to 20 k, chains of the building blocks of chemical names and of
Hanzi that chemical names are written with. The chains name nothing; their lengths and letters are like real ones.
Descriptions are those of `texts`; HS codes are real subheadings.
"""

from __future__ import annotations

import datetime as dt
import random
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import texts
from entente.screening.lexicon import latin
from entente.screening.vocabulary import Name, Vocabulary
from entente.substances.register import load_register
from entente.substances.tables import TABLES

CACHE = Path(__file__).parent / ".cache"
ROW_GROUP = 250_000
NAMES, LISTINGS = 20_000, 60_000
_SUBSTANCES, _JURISDICTIONS = 5_000, ("US", "CN", "MX", "UN")
_COUNTRIES = (
    *("US", "CN", "MX", "DE", "IN", "FR", "NL", "GB", "JP", "KR"),
    *("BR", "ZA", "TH", "VN", "TR", "ES", "IT", "BE", "PL", "CA"),
)
_HAN = "甲乙丙丁苯氯溴氨酮醛酸酯胺基哌啶喹啉吡咯唑嗪腈醇醚酚酐烯烷氧硝羟磺酰"


@cache
def vocabulary(seed: int = 1) -> Vocabulary:
    """20 k names of 5 k substances, the register's among them."""
    real = Vocabulary.from_register(load_register())
    rng, words = random.Random(seed), latin()
    groups, roots = sorted(words["groups"]), sorted(w for w in words["roots"] if len(w) > 3)
    tails = ["ine", "one", "ol", "ane", "ene", "amide", "oic acid", "al", "idine", "anol", "ketone", "azole", "oxide"]
    chains: set[str] = set()
    while len(chains) < (NAMES - len(real.names)) * 4 // 5:
        head = "-".join(rng.choice([str(rng.randrange(1, 9)), "N", "alpha", "o", "p"]) for _ in range(rng.randrange(2)))
        body = "".join(rng.choice(groups) for _ in range(rng.randrange(0, 3))) + rng.choice(roots) + rng.choice(tails)
        if len(body) > 7:
            chains.add(f"{head}-{body}" if head else body)
    while len(chains) < NAMES - len(real.names):
        chains.add("".join(rng.choice(_HAN) for _ in range(rng.randrange(4, 9))))
    made = [Name(text, number % _SUBSTANCES) for number, text in enumerate(sorted(chains))]
    ids = [f"s{number:05d}" for number in range(_SUBSTANCES)]
    return Vocabulary.of(ids, [*real.names, *made], real.cas, real.hs)


class Register:
    """60 k versions of listings: three of each substance in each of four jurisdictions."""

    def __init__(self, seed: int = 2) -> None:
        self._rng = random.Random(seed)
        self._tables = {
            "listings": self._listings(),
            "coverage": self._coverage(),
            "jurisdictions": self._jurisdictions(),
        }

    def table(self, name: str) -> pa.Table:
        """One of the flat tables that a register has."""
        return self._tables[name]

    def _listings(self) -> pa.Table:
        rows, open_end = [], dt.date(9999, 12, 31)
        for number in range(_SUBSTANCES):
            for jurisdiction in _JURISDICTIONS:
                cuts = sorted(dt.date(2005, 1, 1) + dt.timedelta(days=self._rng.randrange(7000)) for _ in range(3))
                for version, start in enumerate(cuts):
                    end = cuts[version + 1] if version < 2 else open_end
                    conditional = jurisdiction == "CN" and self._rng.random() < 0.1
                    rows.append(
                        {
                            "listing_id": f"{jurisdiction}-{number:05d}-{version}",
                            "substance_id": f"s{number:05d}",
                            "instrument": f"list of {jurisdiction}",
                            "jurisdiction": jurisdiction,
                            "kind": "precursor_list",
                            "category": str(version),
                            "effective_from": start,
                            "effective_to": end,
                            "from_latest": start,
                            "destination": "MX" if conditional else None,
                            "directions": 7,
                            "forms": 255,
                            "confidence": "high",
                            "known_from": dt.date(1, 1, 1),
                            "known_to": open_end,
                        }
                    )
        return pa.Table.from_pylist(rows, schema=TABLES["listings"])

    def _coverage(self) -> pa.Table:
        rows = [
            {"jurisdiction": j, "date_from": dt.date(1, 1, 1), "date_to": dt.date(9999, 12, 31), "coverage": "complete"}
            for j in _JURISDICTIONS
        ]
        return pa.Table.from_pylist(rows, schema=TABLES["coverage"])

    def _jurisdictions(self) -> pa.Table:
        rows = [
            {"country": c, "jurisdiction": c, "date_from": dt.date(1, 1, 1), "date_to": dt.date(9999, 12, 31)}
            for c in _COUNTRIES
        ]
        return pa.Table.from_pylist(rows, schema=TABLES["jurisdictions"])


def cached(kind: str, drawn_from: str, *parts: object, suffix: str = ".parquet") -> Path:
    """Where made-up data drawn from some names are kept; the folder is made.

    Args:
        kind: the kind of data, a word.
        drawn_from: fingerprint of the vocabulary, or version of the register, that they are drawn from.
        parts: what else they depend on, such as rows and seed.
        suffix: end of the file's name.
    """
    CACHE.mkdir(exist_ok=True)
    return CACHE / f"{'-'.join(map(str, (kind, *parts, drawn_from[:12])))}{suffix}"


def shipments(rows: int, hit_share: float, seed: int = 3) -> Path:
    """A Parquet file of `rows` shipments with seven columns, about `hit_share` of which name a substance."""
    path = cached("seven", vocabulary().fingerprint, rows, hit_share, seed)
    if not path.exists():
        part = path.with_suffix(".part")
        with pq.ParquetWriter(part, _SCHEMA, compression="snappy") as writer:
            for start in range(0, rows, ROW_GROUP):
                writer.write_table(
                    _group(start, min(ROW_GROUP, rows - start), hit_share, seed), row_group_size=ROW_GROUP
                )
        part.rename(path)
    return path


_SCHEMA = pa.schema(
    [
        pa.field("row_id", pa.int64()),
        pa.field("declaration_id", pa.string()),
        pa.field("date", pa.date32()),
        pa.field("export_country", pa.string()),
        pa.field("destination_country", pa.string()),
        pa.field("description", pa.string()),
        pa.field("hs_code", pa.string()),
    ],
)


def _group(start: int, size: int, hit_share: float, seed: int) -> pa.Table:
    rng, fast = random.Random(seed * 1_000_003 + start), np.random.default_rng([seed, start])
    names = [name for name in vocabulary().names if not name.needs_context]
    hits = (fast.random(size) < hit_share).tolist()
    countries, codes = pa.array(_COUNTRIES), pa.array(texts.hs_codes())
    columns = [
        pa.array(np.arange(start, start + size)),
        pa.array([f"DECL{number:011d}" for number in range(start, start + size)]),
        pa.array(fast.integers(13_000, 20_000, size).astype(np.int32)).cast(pa.date32()),
        countries.take(pa.array(fast.integers(0, len(countries), size))),
        countries.take(pa.array(fast.integers(0, len(countries), size))),
        pa.array([texts.description(rng, rng.choice(names).text if hit else None) for hit in hits]),
        codes.take(pa.array(fast.integers(0, len(codes), size))),
    ]
    return pa.Table.from_arrays(columns, schema=_SCHEMA)
