"""Linkage: nodes, clusters and their cuts, judgements, stable ids, a whole run."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from entente.errors import InputError
from entente.parties.facts import NO_FACTS, Facts
from entente.parties.identifiers import Identifier
from entente.parties.link.columns import latin_words, make_nodes
from entente.parties.link.graph import Edge, cluster, components
from entente.parties.link.judgements import Judgement, in_effect, read
from entente.parties.link.run import link
from entente.parties.link.stable import name_clusters
from entente.parties.matching import Record
from entente.parties.model import load
from entente.parties.names import prepare

MODEL = load()
FIRMS = [
    "武汉某某科技有限公司",
    "Wuhan Moumou Technology Co., Ltd.",
    "WUHAN MOUMOU TECH",
    "Shandong Haoda Chemical Co Ltd",
]


def groups(of: tuple[int, ...]) -> set[frozenset[int]]:
    return {frozenset(at for at, root in enumerate(of) if root == one) for one in of}


def edges(*pairs: tuple[int, int], firm: bool = False) -> list[Edge]:
    return [Edge(a, b, 0.96, firm=firm) for a, b in pairs]


def test_one_weak_bridge_does_not_merge_two_groups():
    triangles = edges((0, 1), (1, 2), (0, 2), (3, 4), (4, 5), (3, 5))
    made = cluster(6, [*triangles, *edges((2, 3))])
    assert groups(made.of) == {frozenset({0, 1, 2}), frozenset({3, 4, 5})}
    assert [(edge.left, edge.right, why) for edge, why in made.cut] == [(2, 3, "bridge")]


def test_a_firm_bridge_and_a_leaf_stay():
    triangles = edges((0, 1), (1, 2), (0, 2), (3, 4), (4, 5), (3, 5))
    assert len(groups(cluster(6, [*triangles, *edges((2, 3), firm=True)]).of)) == 1
    assert len(groups(cluster(4, edges((0, 1), (1, 2), (0, 2), (2, 3))).of)) == 1


def test_judged_different_are_parted_at_the_weakest_edge():
    made = cluster(3, [Edge(0, 1, 0.99), Edge(1, 2, 0.96)], [(0, 2)])
    assert groups(made.of) == {frozenset({0, 1}), frozenset({2})}
    made = cluster(2, edges((0, 1), firm=True), [(0, 1)])
    assert len(groups(made.of)) == 2


def test_components_and_bridges_are_those_of_a_slow_search():
    rng = random.Random(7)
    for _ in range(60):
        size = rng.randrange(2, 14)
        chosen = {(a, b) for a in range(size) for b in range(a + 1, size) if rng.random() < 0.2}
        made = cluster(size, [Edge(a, b, 0.96) for a, b in chosen])
        whole = components(size, chosen)
        expected = set()
        for edge in chosen:
            parted = components(size, chosen - {edge})
            sides = [parted.count(parted[end]) for end in edge]
            if parted[edge[0]] != parted[edge[1]] and min(sides) >= 2:
                expected.add(edge)
        assert {(edge.left, edge.right) for edge, _ in made.cut} == expected
        assert list(made.of) == components(size, chosen - expected)
        assert len(set(whole)) <= len(set(made.of))


def test_a_long_chain_needs_no_recursion():
    size = 50_000
    assert len(set(cluster(size, [Edge(at, at + 1, 0.96, firm=True) for at in range(size - 1)]).of)) == 1


def test_ids_stay_through_merge_and_split():
    first, none = name_clusters({0: ["a", "b"], 1: ["c"]}, {})
    assert none == []
    before = {"a": first[0], "b": first[0], "c": first[1]}
    merged, changes = name_clusters({0: ["a", "b", "c"]}, before)
    assert merged == {0: first[0]}
    assert [(one.party, one.change, one.into) for one in changes] == [(first[1], "merged", first[0])]
    split, changes = name_clusters({0: ["a"], 1: ["b"], 2: ["c"]}, before)
    assert first[0] in split.values()
    assert len(set(split.values())) == 3
    assert {one.change for one in changes} == {"split", "new"}


def test_the_same_mentions_have_the_same_ids_whatever_their_order():
    one, _ = name_clusters({0: ["a", "b"], 1: ["c"]}, {})
    other, _ = name_clusters({5: ["c"], 9: ["b", "a"]}, {})
    assert set(one.values()) == set(other.values())


def test_equal_mentions_are_one_node_and_crowded_values_block_nothing():
    mentions = [Record(str(at), "Moumou Trading Ltd") for at in range(50)]
    mentions += [Record(f"x{at}", "Haoda Trading Ltd", None, Facts(address=f"Road {at}")) for at in range(5)]
    nodes = make_nodes(mentions, MODEL, cap=3)
    assert len(nodes.records) == 6
    assert nodes.crowded["block_words"] == 1
    assert nodes.table.column("block_words").to_pylist() == ["moumou trading", *[None] * 5]


def test_a_chinese_name_gets_the_words_that_its_english_name_has():
    words = [latin_words(prepare(name, MODEL.lexicon)) for name in FIRMS[:2]]
    assert set(words[0]) == set(words[1]) == {"wuhan", "moumou", "technology"}


def linked(mentions: list[Record], *judgements: Judgement, before: dict[str, str] | None = None) -> set[frozenset[str]]:
    table = link(mentions, MODEL, judgements, before).clusters.to_pylist()
    parties = {row["party_id"] for row in table}
    return {frozenset(row["mention_id"] for row in table if row["party_id"] == one) for one in parties}


def test_a_whole_run_across_scripts_and_judgements_that_hold():
    mentions = [Record(str(at), name, "company") for at, name in enumerate(FIRMS)]
    mentions += [Record(f"d{at}", f"Unrelated {at} Machinery Works {at * 7} Ltd", "company") for at in range(30)]
    apart = Judgement("1", "2", "different", "officer", "2026-01-01", "")
    same = Judgement("0", "3", "same", "officer", "2026-01-01", "")
    assert frozenset({"0", "1", "2"}) in linked(mentions)
    parted = linked(mentions, apart)
    assert not any({"1", "2"} <= one for one in parted)
    assert any({"0", "3"} <= one for one in linked(mentions, same))


def test_persons_are_linked_by_a_second_fact_only():
    phone = Facts((Identifier("phone", "+861065529988"),))
    mentions = [Record("a", "Wang Wei", "person"), Record("b", "WANG WEI", "person"), Record("c", "王伟", "person")]
    assert all(len(one) == 1 for one in linked(mentions))
    mentions = [Record("a", "Wang Wei", "person", phone), Record("c", "王伟", "person", phone), Record("d", "Wei Wang")]
    assert frozenset({"a", "c"}) in linked(mentions)


def test_one_mention_and_none():
    assert linked([Record("a", "Moumou", None, NO_FACTS)]) == {frozenset({"a"})}
    assert linked([]) == set()


def test_judgements_are_read_with_the_last_in_effect(tmp_path: Path):
    path = tmp_path / "j.csv"
    head = "mention_a,mention_b,judgement,officer,decided_on,reason\n"
    path.write_text(head + "b,a,same,X,2026-01-01,\na,b,different,Y,2026-01-02,looked again\n", encoding="utf-8")
    assert in_effect(read(path))["a", "b"].judgement == "different"
    path.write_text(head + "a,b,perhaps,X,2026-01-01,\n", encoding="utf-8")
    with pytest.raises(InputError, match="no judgement"):
        read(path)
