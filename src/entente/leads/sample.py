"""A small random sample of records that no sign speaks against, for the work list.

Officers learn nothing about what they never look at: weights fitted to inspected leads alone believe that everything
else is clean. So each run adds some unflagged records, drawn without regard to anything, and says with which
probability each of them was drawn; fitting weighs them by its inverse (Horvitz and Thompson, 1952).

The draw is the `n` smallest SHA-256 values over seed, declaration and line: a simple random sample without
replacement that is the same on every engine, in every order of rows and on every rerun.
"""

from __future__ import annotations

from entente.engine.dialect import literal
from entente.errors import UsageError


def sample_query(seed: int, size: int) -> str:
    """SQL that draws `size` rows (`row_id`) from the shipments that are not in `leads_evidence`.

    Raises:
        UsageError: the size is negative.
    """
    if size < 0:
        raise UsageError("A sample cannot have less than no rows.", remedy="Use --sample 0 to draw none.")
    return f"""
SELECT s.row_id,
  sha256({literal(str(int(seed)))} || '|' || s.declaration_id || '|' || CAST(s.line AS VARCHAR)) AS draw
FROM shipments s LEFT JOIN leads_evidence e ON s.row_id = e.row_id
WHERE e.row_id IS NULL
ORDER BY draw, s.row_id LIMIT {int(size)}
"""


def inclusion_probability(size: int, unflagged: int) -> float:
    """Chance that one of `unflagged` rows is in a sample of `size`; 1 when all of them are, or there are none."""
    return min(1.0, size / unflagged) if unflagged else 1.0
