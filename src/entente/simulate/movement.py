"""A movement: what really happened, before anybody declared it.

Movements are rows of a structured NumPy array, so that a block of them is one object and planted ones mix with
ordinary ones. Companies, goods and countries are numbers (positions in their lists); -1 means none.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

EXPORT_SIDE, IMPORT_SIDE = 1, 2

#: `day`: days since the start (fraction = order within the day). `text_*`, `hs_*`: what a side declares in place of
#: the good's own words and code. `text_*` is a position in the year's `Texts`, `hs_*` a six-digit number.
#: `notified_kg` > 0: a notification for that mass exists. `kind`: position in `plant.KINDS`, -1 for ordinary trade,
#: -2 for the lawful part of a story.
#: `alias`: position in `parties.VARIANTS` that the exporter hides behind, -1 for the usual mixture.
MOVEMENT = np.dtype(
    [
        ("day", np.float64),
        ("good", np.int32),
        ("exporter", np.int32),
        ("importer", np.int32),
        ("consignee", np.int32),
        ("payer", np.int32),
        ("forwarder", np.int32),
        ("origin", np.int16),
        ("dispatch", np.int16),
        ("destination", np.int16),
        ("transit", np.int16),
        ("sides", np.int8),
        ("kg", np.float64),
        ("arrived", np.float64),
        ("price", np.float64),
        ("notified_kg", np.float64),
        ("reply", np.int8),
        ("authorised", np.bool_),
        ("text_export", np.int32),
        ("text_import", np.int32),
        ("hs_export", np.int32),
        ("hs_import", np.int32),
        ("alias", np.int8),
        ("kind", np.int8),
        ("case", np.int32),
    ],
)

#: Answers to a notification, by `reply` of a movement.
REPLIES = ("no_objection", "objection", "query", None)

Movements = npt.NDArray[np.void]


def blank(count: int) -> Movements:
    """`count` movements with nothing special about them: as much arrives as left, at the usual price."""
    rows = np.zeros(count, MOVEMENT)
    for name in ("consignee", "payer", "forwarder", "transit", "text_export", "text_import", "hs_export", "hs_import"):
        rows[name] = -1
    rows["alias"] = rows["kind"] = rows["case"] = -1
    rows["arrived"] = rows["price"] = 1.0
    return rows


def declared(rows: Movements) -> npt.NDArray[np.int64]:
    """How many declarations each movement makes among the authorities: 0, 1 or 2."""
    return ((rows["sides"] & EXPORT_SIDE) > 0).astype(np.int64) + ((rows["sides"] & IMPORT_SIDE) > 0)
