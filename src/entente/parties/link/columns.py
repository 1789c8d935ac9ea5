"""Mentions as distinct nodes with token columns, which Splink compares in SQL.

Equal mentions (name and all facts) are one node, however many records name it. A Chinese name gets the Latin words
that it most likely has, so that one set of columns serves both scripts: `words` (sorted, in one spelling), `brand`
(the rare ones joined), `bones` (consonants of the brand).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa

from entente.parties.align import skeleton
from entente.parties.facts import Facts
from entente.parties.fold import fold
from entente.parties.han import glossary, places
from entente.parties.latin_tokens import spell
from entente.parties.lexicon import Lexicon
from entente.parties.matching import Record
from entente.parties.model import Model
from entente.parties.names import Prepared, prepare
from entente.parties.romanise import readings

NODES = pa.schema(
    [
        pa.field("unique_id", pa.int64()),
        pa.field("person", pa.bool_()),
        pa.field("words_key", pa.string()),
        pa.field("words", pa.list_(pa.string())),
        pa.field("brand", pa.string()),
        pa.field("bones", pa.string()),
        pa.field("identifier", pa.string()),
        pa.field("phone", pa.string()),
        pa.field("address", pa.string()),
        pa.field("born", pa.string()),
        pa.field("country", pa.string()),
        pa.field("block_words", pa.string()),
        pa.field("block_brand", pa.string()),
        pa.field("block_bones", pa.string()),
        pa.field("block_address", pa.string()),
        pa.field("block_phone", pa.string()),
    ]
)
_BLOCKS = {
    "block_words": "words_key",
    "block_brand": "brand",
    "block_bones": "bones",
    "block_address": "address",
    "block_phone": "phone",
}


@dataclass(frozen=True, slots=True)
class Nodes:
    """Distinct mentions: one record each, which node every mention is of, and the columns for Splink.

    `crowded` counts the values of each blocking column that are shared by more nodes than the cap, and so block
    nothing.
    """

    records: tuple[Record, ...]
    mentions: tuple[tuple[str, int], ...]
    table: pa.Table
    crowded: Mapping[str, int]


def make_nodes(mentions: Iterable[Record], model: Model, cap: int) -> Nodes:
    """Find the distinct mentions and give them their columns."""
    numbers: dict[tuple[str, str | None, Facts], int] = {}
    records: list[Record] = []
    of: list[tuple[str, int]] = []
    for mention in mentions:
        key = (mention.name, mention.kind, mention.facts)
        number = numbers.setdefault(key, len(records))
        if number == len(records):
            records.append(mention)
        of.append((mention.id, number))
    prepared: dict[tuple[str, str | None], dict[str, object]] = {}
    rows = []
    for number, record in enumerate(records):
        name = (record.name, record.kind)
        if name not in prepared:
            prepared[name] = _of_name(prepare(record.name, model.lexicon, record.kind), model.lexicon)
        rows.append({"unique_id": number, **prepared[name], **_of_facts(record.facts)})
    crowded = _cap_blocks(rows, cap)
    return Nodes(tuple(records), tuple(of), pa.Table.from_pylist(rows, NODES), crowded)


def _of_name(name: Prepared, lexicon: Lexicon) -> dict[str, object]:
    words = latin_words(name)
    weights = {word: lexicon.latin_weight(word) for word in words}
    rarest = sorted(words, key=lambda word: (-weights[word], word))[:2]
    brand = "".join(word for word in words if word in rarest)
    bones = skeleton(brand)
    return {
        "person": name.person,
        "words_key": " ".join(sorted(words)) or None,
        "words": sorted(words),
        "brand": brand or None,
        "bones": bones if len(bones) > 2 else None,
    }


def latin_words(name: Prepared) -> list[str]:
    """The words of a name in Latin letters; those of a Chinese name by place, pinyin of the brand and glossary."""
    if name.latin is not None:
        return list(dict.fromkeys(name.latin.name.words))
    if name.han is None:
        return []
    found: dict[str, None] = {}
    for segment in name.han.expansion.name.segments:
        text = segment.text
        bare = text[:-1] if segment.kind == "place" and text not in places() else text
        renderings = glossary().get(text, ()) if segment.kind == "industry" else ()
        if segment.kind == "latin":
            found[spell(text)] = None
        elif renderings:
            found.update(dict.fromkeys(spell(word) for word in renderings[0]))
        elif segment.kind == "place" and places().get(bare):
            found.update(dict.fromkeys(places()[bare][0].split()))
        elif name.person:
            found.update(dict.fromkeys(readings(bare)))
        else:
            found["".join(readings(bare))] = None
    return list(found)


def _of_facts(facts: Facts) -> dict[str, object]:
    settling = [
        f"{one.kind}:{one.value}" for one in facts.identifiers if one.kind not in {"phone", "email", "recorded"}
    ]
    contact = [one.value for one in facts.identifiers if one.kind in {"phone", "email", "recorded"}]
    address = " ".join(sorted(fold(facts.address).text.replace(",", " ").split()))
    return {
        "identifier": min(settling, default=None),
        "phone": min(contact, default=None),
        "address": address if any(char.isdigit() for char in address) else None,
        "born": facts.born or None,
        "country": facts.country or None,
    }


def _cap_blocks(rows: list[dict[str, object]], cap: int) -> dict[str, int]:
    """Give each row its blocking values; a value that more nodes share than `cap` blocks nothing."""
    crowded: dict[str, int] = {}
    for block, column in _BLOCKS.items():
        counts: dict[object, int] = {}
        for row in rows:
            counts[row[column]] = counts.get(row[column], 0) + 1
        crowded[block] = sum(count > cap for value, count in counts.items() if value is not None)
        for row in rows:
            row[block] = row[column] if counts[row[column]] <= cap else None
    return crowded
