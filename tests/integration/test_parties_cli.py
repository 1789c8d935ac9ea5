"""`entente parties`: files in, files out."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from entente.cli import main

QUERIES = "id,name,country\nq1,武汉某某科技有限公司,CN\nq2,山东好大化工有限公司,CN\n"
KNOWN = "id,name\nc1,Wuhan Moumou Technology\nc2,Shandong Haoda Chemical Co Ltd\nc3,Acme Trading\n"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "q.csv").write_text(QUERIES, encoding="utf-8-sig")
    (tmp_path / "c.csv").write_text(KNOWN, encoding="utf-8")
    return tmp_path


def run(*args: object) -> str:
    result = CliRunner().invoke(main, [str(arg) for arg in args])
    assert result.exit_code == 0, result.output
    return result.output


def test_match_from_csv_to_parquet(files: Path):
    out = files / "m.parquet"
    answer = json.loads(run("parties", "match", files / "q.csv", files / "c.csv", "--out", out, "--json"))
    rows = pq.read_table(out).to_pylist()
    best = {row["query_id"]: (row["candidate_id"], row["verdict"]) for row in rows if row["rank"] == 1}
    assert best == {"q1": ("c1", "match"), "q2": ("c2", "match")}
    assert (answer["queries"], answer["candidates"], answer["rows"]) == (2, 3, len(rows))


def test_match_from_parquet_gives_the_same(files: Path):
    pq.write_table(pa.table({"id": ["q1"], "name": ["武汉某某科技有限公司"]}), files / "q.parquet")
    run("parties", "match", files / "q.parquet", files / "c.csv", "--out", files / "m.csv", "--top", 1)
    assert (files / "m.csv").read_text(encoding="utf-8").splitlines()[1].startswith("q1,c1,1,")


def test_a_file_without_names_is_refused_with_a_remedy(files: Path):
    (files / "bad.csv").write_text("id,nom\n1,x\n", encoding="utf-8")
    result = CliRunner().invoke(
        main, ["parties", "match", str(files / "bad.csv"), str(files / "c.csv"), "--out", "x.csv"]
    )
    assert result.exit_code == 2
    assert "no column `name`" in result.output
    assert "What to do" in result.output


def test_explain_speaks_three_languages(files: Path):
    said = {
        lang: run("parties", "explain", "武汉某某化工", "Wuhan Moumou Chemical", "--lang", lang)
        for lang in ("en", "zh", "es")
    }
    assert len(set(said.values())) == 3
    assert "拼音" in said["zh"]


def test_a_file_that_is_no_model_is_refused(files: Path):
    result = CliRunner().invoke(main, ["parties", "explain", "a b", "c d", "--model", str(files / "c.csv")])
    assert result.exit_code == 2
    assert "no model file" in result.output


def test_training_again_gives_the_same_bytes(files: Path):
    brands = ["某某", "好大", "天成", "金石", "远方", "宏达", "永利", "新源", "东升", "海天"]
    latin = [
        "Moumou",
        "Haoda",
        "Tiancheng",
        "Jinshi",
        "Yuanfang",
        "Hongda",
        "Yongli",
        "Xinyuan",
        "Dongsheng",
        "Haitian",
    ]
    trades = [
        ("化工", "Chemical"),
        ("科技", "Technology"),
        ("贸易", "Trading"),
        ("纺织", "Textile"),
        ("机械", "Machinery"),
    ]
    towns = [("武汉", "Wuhan"), ("上海", "Shanghai"), ("济南", "Jinan"), ("广州", "Guangzhou")]
    rows = [
        f"{town}{brand}{trade}有限公司,{town_en} {brand_en} {trade_en} Co. Ltd"
        for brand, brand_en in zip(brands, latin, strict=True)
        for trade, trade_en in trades
        for town, town_en in towns
    ]
    (files / "pairs.csv").write_text("name_zh,name_en\n" + "\n".join(rows) + "\n", encoding="utf-8")
    pytest.importorskip("lightgbm")
    for out in ("one.json.gz", "two.json.gz"):
        run("parties", "train", files / "pairs.csv", "--out", files / out, "--trained-on", "made-up firms")
    assert (files / "one.json.gz").read_bytes() == (files / "two.json.gz").read_bytes()
    assert "match" in run(
        "parties", "explain", "武汉某某化工有限公司", "Wuhan Moumou Chemical", "--model", files / "one.json.gz"
    )


def test_import_screen_and_screen_again(files: Path):
    (files / "own.csv").write_text("id,name\ne1,Wuhan Moumou Technology Co Ltd\n", encoding="utf-8")
    own = files / "own.json"
    run(
        "parties",
        "watchlist",
        "import",
        files / "own.csv",
        "--form",
        "own-csv",
        "--name",
        "HOUSE",
        "--edition",
        "1",
        "--out",
        own,
    )
    assert "HOUSE, edition 1: 1 entries" in run("parties", "watchlist", "show", own)
    first, second, changed = files / "h1.parquet", files / "h2.parquet", files / "changed.csv"
    answer = json.loads(run("parties", "screen", files / "q.csv", "--watchlist", own, "--out", first, "--json"))
    assert (answer["hits"], answer["lists"]) == (1, {"HOUSE": "1"})
    run(
        "parties",
        "screen",
        files / "q.csv",
        "--watchlist",
        own,
        "--out",
        second,
        "--since",
        first,
        "--changes",
        changed,
    )
    assert pq.read_table(second).column("change").to_pylist() == ["same"]
    assert len(changed.read_text(encoding="utf-8").splitlines()) == 1


def test_link_writes_parties_and_keeps_their_ids(files: Path):
    rows = [
        "id,name,kind",
        "a,武汉某某科技有限公司,company",
        "b,Wuhan Moumou Technology,company",
        "c,Acme Trading,company",
    ]
    (files / "m.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    run("parties", "link", files / "m.csv", "--out", files / "one")
    first = pq.read_table(files / "one" / "clusters.parquet").to_pylist()
    party = {row["mention_id"]: row["party_id"] for row in first}
    assert party["a"] == party["b"] != party["c"]
    head = "mention_a,mention_b,judgement,officer,decided_on,reason"
    (files / "j.csv").write_text(f"{head}\na,b,different,X,2026-01-01,\n", encoding="utf-8")
    earlier = ("--previous", files / "one", "--judgements", files / "j.csv")
    answer = json.loads(run("parties", "link", files / "m.csv", "--out", files / "two", *earlier, "--json"))
    again = {
        row["mention_id"]: row["party_id"] for row in pq.read_table(files / "two" / "clusters.parquet").to_pylist()
    }
    assert again["a"] != again["b"]
    assert party["a"] in {again["a"], again["b"]}
    assert again["c"] == party["c"]
    assert answer["judgements"] == 1
    changes = {row["change"] for row in pq.read_table(files / "two" / "history.parquet").to_pylist()}
    assert changes == {"new", "split"}


def test_the_seam_of_mentions_is_read_as_it_is(files: Path):
    from entente.records.schema import schema

    row = {"record_table": "shipments", "record_id": "D1/1", "role": "exporter", "name": "Moumou", "identifier": "77"}
    pq.write_table(pa.Table.from_pylist([row, {**row, "role": "importer"}], schema("mentions")), files / "m.parquet")
    run("parties", "link", files / "m.parquet", "--out", files / "one")
    rows = pq.read_table(files / "one" / "clusters.parquet").to_pylist()
    assert [row["mention_id"] for row in rows] == ["shipments/D1/1/exporter", "shipments/D1/1/importer"]
    assert len({row["party_id"] for row in rows}) == 1
