"""Queries against candidates: an index over all candidates, a short list a query, a score for each of the list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from entente.parties.facts import NO_FACTS, NOTHING, Facts, evidence
from entente.parties.index import Postings, top
from entente.parties.keys import han_documents, han_keys, han_query, latin_keys, latin_query, weigh
from entente.parties.model import Model
from entente.parties.names import Prepared, prepare
from entente.parties.scoring import Likeness, Scored, compete, likeness, probability, verdict

#: Names of each index that are scored for a query.
SHORT_LIST = 40
_EACH = 200


@dataclass(frozen=True, slots=True)
class Record:
    """A party as a file names it: id, name, kind (`person`, `company` or None) and facts.

    `party` is equal for records that are known to be one party, such as the aliases of an entry of a list.
    """

    id: str
    name: str
    kind: str | None = None
    facts: Facts = NO_FACTS
    party: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A candidate of a query: its place in the list, and its score."""

    query: str
    candidate: str
    rank: int
    scored: Scored


class Candidates:
    """Candidates, indexed once. Equal names are indexed once, whatever their number."""

    def __init__(self, records: Iterable[Record], model: Model) -> None:
        self.records = list(records)
        self.model = model
        groups: dict[tuple[tuple[str, ...], str | None], list[int]] = {}
        self._prepared: list[Prepared] = []
        self._members: list[list[int]] = []
        by_text: dict[tuple[str, str | None], list[int]] = {}
        for at, record in enumerate(self.records):
            by_text.setdefault((record.name, record.kind), []).append(at)
        for (name, kind), members in by_text.items():
            one = prepare(name, model.lexicon, kind)
            same = groups.setdefault((one.key, kind), [])
            if not same:
                self._prepared.append(one)
                self._members.append(same)
            same.extend(members)
        self._by_identifier = _identifiers(self.records)
        self._index()

    def _index(self) -> None:
        lexicon = self.model.lexicon

        def weight(key: str, count: int, names: int) -> float:
            return weigh(key, count, names, lexicon)

        self._latin = [at for at, one in enumerate(self._prepared) if one.latin is not None]
        self._han = [at for at, one in enumerate(self._prepared) if one.han is not None]
        latin = [self._prepared[at].latin for at in self._latin]
        han = [self._prepared[at].han for at in self._han]
        self._latin_index = Postings(
            (latin_keys(one.name, lexicon) for one in latin if one), [one.total for one in latin if one], weight
        )
        totals = [one.total for one in han if one]
        self._han_index = Postings((han_documents(one) for one in han if one), totals, weight)
        self._same_index = Postings((han_keys(one) for one in han if one), totals, _han_weight)

    def find(self, query: Record, count: int = 10) -> list[Found]:
        """The best candidates of a query, best first; ties by the order of the records."""
        name = prepare(query.name, self.model.lexicon, query.kind)
        settled = [at for one in query.facts.identifiers for at in self._by_identifier.get((one.kind, one.value), ())]
        groups = self._short_list(name)
        others = [self._prepared[at] for at in groups]
        likes = likeness(name, others, self.model)
        chances = self._chances(groups, likes)
        scored = [
            (chance, like.reasons, member)
            for at, like, chance in zip(groups, likes, chances, strict=True)
            for member in self._members[at][:_EACH]
        ]
        listed = {member for _, _, member in scored}
        scored += [(0.0, ("by_identifier",), at) for at in dict.fromkeys(settled) if at not in listed]
        return _ranked(query, self.records, scored, self.model, count)

    def _chances(self, groups: Sequence[int], likes: Sequence[Likeness]) -> list[float]:
        """Across scripts the candidates compete; inside a script a name agrees or it does not."""
        chances = [probability(one.odds) for one in likes]
        crossed = [at for at, one in enumerate(likes) if "across_scripts" in one.reasons]
        owners = [self.records[self._members[groups[at]][0]].party or self._prepared[groups[at]].key for at in crossed]
        shared = compete([likes[at].odds for at in crossed], owners, self.model.calibration.absent)
        for at, chance in zip(crossed, shared, strict=True):
            chances[at] = chance
        return chances

    def _short_list(self, name: Prepared) -> list[int]:
        found: list[int] = []
        if name.han is not None:
            found += [self._latin[at] for at in top(self._latin_index.scores(han_query(name.han)), SHORT_LIST)]
            same = self._same_index.scores(dict.fromkeys(han_keys(name.han), 1.0))
            found += [self._han[at] for at in top(same, SHORT_LIST // 2)]
        elif name.latin is not None:
            asked = latin_query(name.latin.name, self.model.lexicon)
            found += [self._latin[at] for at in top(self._latin_index.scores(asked), SHORT_LIST)]
            found += [self._han[at] for at in top(self._han_index.scores(asked), SHORT_LIST)]
        return found

    def candidates_of(self, query: str, count: int = 100) -> list[str]:
        """Ids of the names that the index finds for a query, before any score; to measure the index alone."""
        name = prepare(query, self.model.lexicon)
        if name.han is not None:
            positions = [self._latin[at] for at in top(self._latin_index.scores(han_query(name.han)), count)]
        elif name.latin is not None:
            asked = latin_query(name.latin.name, self.model.lexicon)
            positions = [self._han[at] for at in top(self._han_index.scores(asked), count)]
        else:
            positions = []
        return [self.records[member].id for member in chain.from_iterable(self._members[at][:1] for at in positions)]


def _han_weight(key: str, count: int, names: int) -> float:
    import math

    return math.log((names + 1) / (count + 0.5)) * (1.0 if len(key) > 1 else 0.4)


def _identifiers(records: Sequence[Record]) -> dict[tuple[str, str], list[int]]:
    found: dict[tuple[str, str], list[int]] = {}
    for at, record in enumerate(records):
        for one in record.facts.identifiers:
            members = found.setdefault((one.kind, one.value), [])
            if len(members) < _EACH:
                members.append(at)
    return found


def _ranked(
    query: Record,
    records: Sequence[Record],
    scored: Sequence[tuple[float, tuple[str, ...], int]],
    model: Model,
    count: int,
) -> list[Found]:
    # facts move a score by a bounded amount, so only names near the top can end there; with no facts, the top itself
    scored = sorted(scored, key=lambda one: (-one[0], one[2]))[: count if query.facts is NO_FACTS else None]
    decided = []
    for chance, reasons, member in scored:
        other = records[member].facts
        facts = NOTHING if query.facts is NO_FACTS or other is NO_FACTS else evidence(query.facts, other)
        decided.append((verdict(chance, reasons, facts, model), member))
    decided.sort(key=lambda one: (-one[0].probability, one[1]))
    return [
        Found(query.id, records[member].id, rank, one) for rank, (one, member) in enumerate(decided[:count], start=1)
    ]


def match(queries: Iterable[Record], candidates: Candidates, count: int = 10) -> Iterator[Found]:
    """Find candidates for each query, in order."""
    for query in queries:
        yield from candidates.find(query, count)
