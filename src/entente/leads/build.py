"""From the tables of one screening to its ranked leads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from entente.engine import Engine
from entente.leads import group, score
from entente.leads.finish import Finish
from entente.leads.sample import inclusion_probability, sample_query
from entente.leads.weights import HitWeights, load_hit_weights


@dataclass(frozen=True, slots=True)
class LeadReport:
    """Counts of one build.

    Args:
        leads: leads found.
        samples: records drawn at random.
        evidence: records in leads.
        unflagged: records in no lead, from which the sample was drawn.
        inclusion_probability: chance that one unflagged record had of being drawn.
    """

    leads: int
    samples: int
    evidence: int
    unflagged: int
    inclusion_probability: float


def build(
    engine: Engine,
    ruleset: score.Capped,
    *,
    seed: int,
    sample: int,
    into: str = "leads",
    rows_into: str | None = None,
    weights: HitWeights | None = None,
) -> LeadReport:
    """Group, score and rank; read tables `shipments`, `hits` and `flags`, and make table `into` (schema `LEADS`).

    Args:
        engine: holds the three tables.
        ruleset: gives the cap of each family.
        seed: of the random sample.
        sample: how many unflagged records to add to the work list.
        into: name of the table to make.
        rows_into: name of a table that says which record stands in which lead (see `LEAD_ROWS`); None makes none.
        weights: of the hit family; the shipped ones by default.
    """
    hit_weights = weights or load_hit_weights()
    signs = score.signs_table(engine.fetch(score.FIRED), ruleset, hit_weights)
    with _scratch(engine) as keep:
        for name, table in (("leads_hit_weights", hit_weights.table()), ("leads_signs", signs)):
            engine.register(name, table)
            keep(name)
        for name, query in _steps(seed, sample):
            engine.sql(query, name)
            keep(name)
        evidence, drawn = engine.count("leads_evidence"), engine.count("leads_sample")
        unflagged = engine.count("shipments") - evidence
        probability = inclusion_probability(drawn, unflagged)
        engine.sql(_whole(probability), "leads_whole")
        keep("leads_whole")
        rows = engine.map(Finish(signs), "leads_whole", into)
        if rows_into is not None:
            engine.sql(LEAD_ROWS, rows_into)
    return LeadReport(rows - drawn, drawn, evidence, unflagged, probability)


def _steps(seed: int, sample: int) -> list[tuple[str, str]]:
    return [
        ("leads_hits", score.HITS),
        ("leads_flagged", group.FLAGGED_ROWS),
        ("leads_evidence", group.EVIDENCE),
        ("leads_sample", sample_query(seed, sample)),
        ("leads_groups", group.GROUPS),
        ("leads_rows", group.ROWS),
        ("leads_facts", group.FACTS),
        ("leads_hits_of_leads", score.HITS_OF_LEADS),
        ("leads_hit_facts", score.HIT_FACTS),
        ("leads_flag_signs", score.FLAG_SIGNS),
        ("leads_hit_signs", score.HIT_SIGNS),
        ("leads_reasons", score.REASONS),
        ("leads_scores", score.SCORES),
        ("leads_ranks", RANKS),
    ]


#: Leads by score; what is equal comes by how much is listed, how many records, how recent, and at last by name.
RANKS = """
SELECT g.lead_no, row_number() OVER (PARTITION BY g.kind ORDER BY
  s.score DESC, coalesce(h.n_in_force, CAST(0 AS BIGINT)) DESC, f.n_records DESC, f.last_date DESC,
  coalesce(g.exporter_key, ''), coalesce(g.consignee_key, ''), g.declaration_id) AS place
FROM leads_groups g
JOIN leads_facts f ON g.lead_no = f.lead_no
JOIN leads_scores s ON g.lead_no = s.lead_no
LEFT JOIN leads_hit_facts h ON g.lead_no = h.lead_no
WHERE g.kind = 'lead'
"""

#: Records of leads and of the sample with the rank of their lead (null: sample); `route` as in `LEADS`.
LEAD_ROWS = """
SELECT k.place AS rank, r.row_id, r.declaration_id, r.line, r.date, r.route
FROM leads_rows r LEFT JOIN leads_ranks k ON r.lead_no = k.lead_no
"""


def _whole(probability: float) -> str:
    """SQL that puts the parts of each lead together."""
    return f"""
SELECT g.kind, r.place AS rank, coalesce(s.score, CAST(0 AS BIGINT)) AS score,
  g.exporter, g.exporter_key, g.consignee, g.consignee_key, g.declaration_id, g.line,
  f.n_records, coalesce(h.n_hits, CAST(0 AS BIGINT)) AS n_hits, coalesce(h.n_in_force, CAST(0 AS BIGINT)) AS n_in_force,
  f.first_date, f.last_date, coalesce(h.substances, CAST([] AS VARCHAR[])) AS substances, f.routes,
  s.signs, f.records,
  CASE WHEN g.kind = 'sample' THEN CAST({probability!r} AS DOUBLE) ELSE CAST(1 AS DOUBLE) END AS inclusion_probability
FROM leads_groups g
JOIN leads_facts f ON g.lead_no = f.lead_no
LEFT JOIN leads_scores s ON g.lead_no = s.lead_no
LEFT JOIN leads_hit_facts h ON g.lead_no = h.lead_no
LEFT JOIN leads_ranks r ON g.lead_no = r.lead_no
"""


@contextmanager
def _scratch(engine: Engine) -> Iterator[Callable[[str], None]]:
    """Note tables by name, and drop them at the end, whatever happens."""
    names: list[str] = []
    try:
        yield names.append
    finally:
        for name in reversed(names):
            engine.drop(name)
