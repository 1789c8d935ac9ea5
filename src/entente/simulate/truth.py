"""What really happened, kept in a folder of its own: no input of a screening run refers to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from entente.simulate.movement import Movements
from entente.simulate.parties import VARIANTS, Ints, Parties
from entente.simulate.plant import KINDS, LAWFUL
from entente.simulate.render import Block, Side, dates
from entente.simulate.resources import goods
from entente.simulate.wording import codes_of, take
from entente.simulate.writing import Writers


@dataclass(frozen=True, slots=True)
class Truth:
    """Writes `truth/declarations`, `diversions`, `mentions`, `payments` and `movements`."""

    writers: Writers

    def declarations(self, side: Side, table: pa.Table, block: Block, mentions: pa.Table) -> None:
        """Which movement a declaration is of, which diversion it belongs to, and which companies it names."""
        own = pa.table(
            {
                "file": [side.file] * len(block.rows),
                "declaration_id": table["declaration_id"],
                "movement": block.number,
                "side": ["export" if side.export else "import"] * len(block.rows),
            },
        )
        self.writers.write("truth/declarations.parquet", own)
        self.writers.write(
            "truth/mentions.parquet", mentions.add_column(0, "file", pa.array([side.file] * len(mentions)))
        )
        planted = np.flatnonzero(block.rows["case"] >= 0)
        self.writers.write("truth/diversions.parquet", _diversions(own.take(planted), block.rows[planted]))

    def payments(self, table: pa.Table, block: Block, chosen: Ints) -> None:
        """Which movement a payment is for, and between which companies it is."""
        rows = block.rows[chosen]
        own = {"payment_id": table["payment_id"], "movement": block.number[chosen]}
        ends = {"payer": rows["payer"].astype(np.int64), "payee": rows["exporter"].astype(np.int64)}
        self.writers.write("truth/payments.parquet", pa.table(own | ends))

    def movements(self, block: Block, start: date) -> None:
        """What really moved: the good, the companies, how much left and how much arrived."""
        rows = block.rows
        columns = {
            "movement": block.number,
            "date": dates(start, np.floor(rows["day"]).astype(np.int64)),
            "hs6": take(pa.array([good.hs6 for good in goods()]), rows["good"].astype(np.int64)),
            "cas": take(pa.array([good.cas or None for good in goods()]), rows["good"].astype(np.int64)),
            "name": take(pa.array([good.names[0][0] for good in goods()]), rows["good"].astype(np.int64)),
            "exporter": rows["exporter"],
            "importer": rows["importer"],
            "payer": rows["payer"],
            "dispatch": codes_of(rows["dispatch"]),
            "destination": codes_of(rows["destination"]),
            "left_kg": rows["kg"],
            "arrived_kg": rows["kg"] * rows["arrived"],
        }
        self.writers.write(
            "truth/movements.parquet",
            pa.table(
                {
                    name: pa.array(column) if isinstance(column, np.ndarray) else column
                    for name, column in columns.items()
                }
            ),
        )


def _diversions(declarations: pa.Table, rows: Movements) -> pa.Table:
    """`diverted` is false for the lawful beginning of a story (before a relabelling)."""
    kinds = take(pa.array(KINDS), _kind_of_case(rows))
    return (
        declarations.append_column("case", pa.array(rows["case"]))
        .append_column("kind", kinds)
        .append_column("diverted", pa.array(rows["kind"] != LAWFUL))
    )


def _kind_of_case(rows: Movements) -> Ints:
    """Stories are told in turn, so a case's number gives its kind, also for its lawful beginning."""
    return rows["case"].astype(np.int64) % len(KINDS)


def entity_table(parties: Parties) -> pa.Table:
    """Every company: its number, country, identifier and the ways its name is written."""
    written = {
        f"name_{variant}": parties.names.take(pa.array(np.arange(len(parties)) * len(VARIANTS) + index))
        for index, variant in enumerate(VARIANTS)
    }
    return pa.table(
        {
            "entity": np.arange(len(parties)),
            "country": codes_of(parties.country),
            "identifier": parties.identifiers,
            **written,
        }
    )
