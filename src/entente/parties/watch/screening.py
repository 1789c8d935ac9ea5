"""Mentions against watch lists: every hit names list, entry, programme and alias; a second run says what changed.

What counts as changed: a hit that was not there, one that is gone, or one whose verdict, name or programmes differ. A
new edition that lists the same entry under the same name changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from entente.parties.matching import Candidates, Record
from entente.parties.model import Model
from entente.parties.scoring import NO_MATCH
from entente.parties.watch.model import Entry, WatchList

HITS = pa.schema(
    [
        pa.field("mention_id", pa.string()),
        pa.field("list", pa.string()),
        pa.field("edition", pa.string()),
        pa.field("entry", pa.string()),
        pa.field("listed_name", pa.string()),
        pa.field("matched_name", pa.string()),
        pa.field("alias", pa.bool_()),
        pa.field("programmes", pa.list_(pa.string())),
        pa.field("source", pa.string()),
        pa.field("score", pa.float64()),
        pa.field("verdict", pa.string()),
        pa.field("reasons", pa.list_(pa.string())),
        pa.field("change", pa.string()),
    ]
)
_PER_MENTION = 20
NEW, CHANGED, GONE, SAME = "new", "changed", "gone", "same"


def screen(mentions: Iterable[Record], lists: Sequence[WatchList], model: Model) -> Iterator[dict[str, Any]]:
    """Hits of mentions on lists: the best name of each entry, `match` and `review` only, best first.

    Equal mentions (name, kind and facts) are compared once.
    """
    entries: dict[str, tuple[WatchList, Entry]] = {
        f"{watch.name}\x1f{entry.id}": (watch, entry) for watch in lists for entry in watch.entries
    }
    candidates = Candidates((record for watch in lists for record in watch.records()), model)
    known: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for mention in mentions:
        key = (mention.name, mention.kind, mention.facts)
        if key not in known:
            known[key] = list(_hits(mention, candidates, entries))
        for hit in known[key]:
            yield {"mention_id": mention.id, **hit}


def _hits(
    mention: Record, candidates: Candidates, entries: Mapping[str, tuple[WatchList, Entry]]
) -> Iterator[dict[str, Any]]:
    seen: set[str] = set()
    for found in candidates.find(mention, _PER_MENTION):
        listed, _, number = found.candidate.rpartition("\x1f")
        if found.scored.verdict == NO_MATCH or listed in seen:
            continue
        seen.add(listed)
        watch, entry = entries[listed]
        yield {
            "list": watch.name,
            "edition": watch.version,
            "entry": entry.id,
            "listed_name": entry.names[0],
            "matched_name": entry.names[int(number)],
            "alias": number != "0",
            "programmes": list(entry.programmes),
            "source": entry.source,
            "score": found.scored.probability,
            "verdict": found.scored.verdict,
            "reasons": list(found.scored.reasons),
            "change": NEW,
        }


def changes(now: Sequence[Mapping[str, Any]], before: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Mark hits against those of an earlier run; hits that are gone are added with the words they had."""
    old = {_key(hit): hit for hit in before if hit["change"] != GONE}
    marked: list[dict[str, Any]] = []
    for hit in now:
        earlier = old.pop(_key(hit), None)
        marked.append({**hit, "change": NEW if earlier is None else SAME if _told(hit) == _told(earlier) else CHANGED})
    marked += [{**hit, "change": GONE} for hit in old.values()]
    return marked


def _key(hit: Mapping[str, Any]) -> tuple[str, str, str]:
    return hit["mention_id"], hit["list"], hit["entry"]


def _told(hit: Mapping[str, Any]) -> tuple[Any, ...]:
    return hit["verdict"], hit["matched_name"], tuple(hit["programmes"])
