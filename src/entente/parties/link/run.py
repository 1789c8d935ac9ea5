"""A whole linkage: mentions in, clusters, edges with evidence, and pairs for review out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from entente.parties.facts import Evidence, evidence
from entente.parties.link.columns import Nodes, make_nodes
from entente.parties.link.graph import Clusters, Edge, cluster
from entente.parties.link.judgements import SAME, Judgement, in_effect
from entente.parties.link.splinking import pairs_of
from entente.parties.link.stable import Change, name_clusters
from entente.parties.matching import Record
from entente.parties.model import Model
from entente.parties.names import Prepared, prepare
from entente.parties.scoring import MATCH, REVIEW, Likeness, likeness, probability, verdict

CLUSTERS = pa.schema([pa.field("mention_id", pa.string()), pa.field("party_id", pa.string())])
EDGES = pa.schema(
    [
        pa.field("mention_a", pa.string()),
        pa.field("mention_b", pa.string()),
        pa.field("probability", pa.float64()),
        pa.field("splink", pa.float64()),
        pa.field("verdict", pa.string()),
        pa.field("kept", pa.bool_()),
        pa.field("reasons", pa.list_(pa.string())),
    ]
)
HISTORY = pa.schema([pa.field("party_id", pa.string()), pa.field("change", pa.string()), pa.field("into", pa.string())])
#: Splink's probability from which a pair is linked without the scorers' word: of firms, and of any two records that
#: share a second, independent fact beside the name.
_SURE, _BACKED = 0.99, 0.95


@dataclass(frozen=True, slots=True)
class Options:
    """How much work is allowed: nodes of one block, and pairs that the Python scorers see."""

    block_cap: int = 100
    scored_cap: int = 200_000


@dataclass(frozen=True, slots=True)
class Linked:
    """The result: tables, and counts for the report."""

    clusters: pa.Table
    edges: pa.Table
    review: pa.Table
    history: pa.Table
    counts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Judged:
    edge: Edge
    splink: float
    verdict: str


def link(
    mentions: Iterable[Record],
    model: Model,
    judgements: Sequence[Judgement] = (),
    before: Mapping[str, str] | None = None,
    options: Options | None = None,
) -> Linked:
    """Resolve mentions to parties.

    Args:
        mentions: what records name; ids are unique.
        model: for the scorers.
        judgements: what officers said; they hold over every score.
        before: mention -> party id of an earlier run.
        options: caps.
    """
    allowed = options or Options()
    nodes = make_nodes(mentions, model, allowed.block_cap)
    number = dict(nodes.mentions)
    pairs = pairs_of(nodes.table)
    judged, scored = _judge(nodes, pairs.table, model, allowed.scored_cap)
    said = in_effect(list(judgements))
    linking = {(one.edge.left, one.edge.right): one.edge for one in judged if one.verdict == MATCH}
    apart: list[tuple[int, int]] = []
    unknown = 0
    for (a, b), one in sorted(said.items()):
        left, right = number.get(a), number.get(b)
        if left is None or right is None:
            unknown += 1
        elif one.judgement == SAME and left != right:
            linking[min(left, right), max(left, right)] = Edge(
                min(left, right), max(left, right), 1.0, firm=True, reasons=("judged_same",)
            )
        elif one.judgement != SAME:
            apart.append((left, right))
            linking.pop((min(left, right), max(left, right)), None)
    made = cluster(len(nodes.records), linking.values(), apart)
    members: dict[int, list[str]] = {}
    for mention, node in nodes.mentions:
        members.setdefault(made.of[node], []).append(mention)
    names, changes = name_clusters(members, before or {})
    counts = {
        "mentions": len(nodes.mentions),
        "distinct": len(nodes.records),
        "pairs": pairs.table.num_rows,
        "names_scored_in_python": scored,
        "not_scored": sum("not_scored" in one.edge.reasons for one in judged),
        "linked": len(linking),
        "cut": len(made.cut),
        "parties": len(members),
        "judgements": len(said),
        "judgements_of_unknown_mentions": unknown,
        "crowded_blocks": dict(nodes.crowded),
        "not_estimated": list(pairs.not_estimated),
    }
    return Linked(*_tables(nodes, judged, made, linking, names, changes), counts)


def _judge(nodes: Nodes, pairs: pa.Table, model: Model, cap: int) -> tuple[list[_Judged], int]:
    """A verdict for each pair: facts and Splink decide the sure ones, the scorers the grey band (up to the cap)."""
    prepared: dict[int, Prepared] = {}
    scores: dict[tuple[Any, Any], Likeness] = {}
    found: list[_Judged] = []

    def ready(node: int) -> Prepared:
        if node not in prepared:
            prepared[node] = prepare(nodes.records[node].name, model.lexicon, nodes.records[node].kind)
        return prepared[node]

    columns = (pairs.column(name).to_pylist() for name in ("unique_id_l", "unique_id_r", "match_probability"))
    persons = nodes.table.column("person").to_pylist()
    for one, other, chance in zip(*columns, strict=True):
        left, right = min(one, other), max(one, other)
        facts = evidence(nodes.records[left].facts, nodes.records[right].facts)
        person = persons[left] or persons[right]
        if not facts.contradicts and (chance >= _BACKED if facts.independent else chance >= _SURE and not person):
            found.append(_made(left, right, chance, chance, MATCH, facts, ("splink",)))
            continue
        a, b = ready(left), ready(right)
        key = (a.key, b.key)
        if key not in scores:
            if len(scores) >= cap:
                found.append(_made(left, right, chance, chance, REVIEW, facts, ("not_scored",)))
                continue
            scores[key] = likeness(a, [b], model)[0]
        like = scores[key]
        decided = verdict(probability(like.odds), like.reasons, facts, model)
        found.append(_made(left, right, decided.probability, chance, decided.verdict, facts, (*like.reasons, "names")))
    return found, len(scores)


def _made(
    left: int, right: int, chance: float, splink: float, decided: str, facts: Evidence, reasons: tuple[str, ...]
) -> _Judged:
    every = tuple(dict.fromkeys((*reasons, *facts.reasons)))
    return _Judged(Edge(left, right, chance, facts.settled, every), splink, decided)


def _tables(
    nodes: Nodes,
    judged: Sequence[_Judged],
    made: Clusters,
    linking: Mapping[tuple[int, int], Edge],
    names: Mapping[int, str],
    changes: Sequence[Change],
) -> tuple[pa.Table, pa.Table, pa.Table, pa.Table]:
    first = [record.id for record in nodes.records]
    cut = {(edge.left, edge.right): why for edge, why in made.cut}
    rows = []
    seen = set()
    for one in judged:
        key = (one.edge.left, one.edge.right)
        edge = linking.get(key, one.edge)
        seen.add(key)
        why = (cut[key],) if key in cut else ()
        rows.append(_row(first, edge, one.splink, one.verdict, key in linking and key not in cut, why))
    rows += [
        _row(first, edge, None, MATCH, key not in cut, (cut[key],) if key in cut else ())
        for key, edge in linking.items()
        if key not in seen
    ]
    clusters = pa.table(
        {
            "mention_id": [mention for mention, _ in nodes.mentions],
            "party_id": [names[made.of[node]] for _, node in nodes.mentions],
        },
        schema=CLUSTERS,
    )
    review = [row for row in rows if row["verdict"] == REVIEW or (row["verdict"] == MATCH and not row["kept"])]
    history = [{"party_id": one.party, "change": one.change, "into": one.into} for one in changes]
    return (
        clusters,
        pa.Table.from_pylist(rows, EDGES),
        pa.Table.from_pylist(sorted(review, key=lambda row: (-row["probability"], row["mention_a"])), EDGES),
        pa.Table.from_pylist(history, HISTORY),
    )


def _row(
    first: Sequence[str], edge: Edge, splink: float | None, decided: str, kept: bool, why: tuple[str, ...]
) -> dict[str, Any]:
    return {
        "mention_a": first[edge.left],
        "mention_b": first[edge.right],
        "probability": round(edge.probability, 6),
        "splink": splink,
        "verdict": decided,
        "kept": kept,
        "reasons": [*edge.reasons, *why],
    }
