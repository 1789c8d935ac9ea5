"""Records: the canonical tables, and the readers and mappings that turn any source into them.

Nothing is lost here: every record of a source is either accepted into a staged Parquet part or stands in the
quarantine with file, line, field, value and reason. `rows_read == accepted + quarantined`, always.
"""

# ruff: noqa: TC004 - what `__all__` names is fetched when it is asked for
from typing import TYPE_CHECKING

from entente.exports import show

if TYPE_CHECKING:
    from entente.records.converting import Converted, convert
    from entente.records.describing import Column, Description, describe
    from entente.records.keys import party_key
    from entente.records.limits import Limits
    from entente.records.mapping import Mapping, load_mapping, parse_mapping, shipped_mapping_names
    from entente.records.mentioning import mentions
    from entente.records.schema import QUARANTINE, TABLES, schema, staged_schema, table_spec
    from entente.records.staged import Progress, SourceFile, StageResult, Warned
    from entente.records.staging import stage

__all__ = [
    "QUARANTINE",
    "TABLES",
    "Column",
    "Converted",
    "Description",
    "Limits",
    "Mapping",
    "Progress",
    "SourceFile",
    "StageResult",
    "Warned",
    "convert",
    "describe",
    "load_mapping",
    "mentions",
    "parse_mapping",
    "party_key",
    "schema",
    "shipped_mapping_names",
    "stage",
    "staged_schema",
    "table_spec",
]

show(
    __name__,
    {
        "converting": "Converted convert",
        "describing": "Column Description describe",
        "keys": "party_key",
        "limits": "Limits",
        "mapping": "Mapping load_mapping parse_mapping shipped_mapping_names",
        "mentioning": "mentions",
        "schema": "QUARANTINE TABLES schema staged_schema table_spec",
        "staged": "Progress SourceFile StageResult Warned",
        "staging": "stage",
    },
)
