"""Mentions: each party as one record names it, with the record's id and the party's role there.

Later rooms resolve mentions to parties; here nothing is compared and nothing is guessed.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from entente.errors import UsageError
from entente.records.schema import schema, table_spec

#: Table -> role -> columns of the name, the identifier, the kind of identifier, the address and the country.
_ROLES: dict[str, dict[str, dict[str, str]]] = {
    "shipments": {
        "exporter": {"name": "exporter", "identifier": "exporter_id", "address": "exporter_address"},
        "importer": {"name": "importer", "identifier": "importer_id", "address": "importer_address"},
        "consignee": {"name": "consignee", "identifier": "consignee_id", "address": "consignee_address"},
        "forwarder": {"name": "forwarder"},
        "payer": {"name": "payer", "country": "payer_country"},
    },
    "payments": {
        "payer": {"name": "payer", "identifier": "payer_account", "country": "payer_country"},
        "payee": {"name": "payee", "identifier": "payee_account", "country": "payee_country"},
    },
    "notifications": {
        "exporter": {"name": "exporter", "identifier": "exporter_id", "country": "exporting_country"},
        "importer": {"name": "importer", "identifier": "importer_id", "country": "importing_country"},
        "consignee": {"name": "consignee", "identifier": "consignee_id"},
    },
    "authorisations": {"holder": {"name": "holder", "identifier": "holder_id", "country": "country"}},
}
_IDENTIFIER_TYPES = {"payments": "account"}


def mentions(records: pa.Table | pa.RecordBatch, table: str = "shipments") -> pa.Table:
    """Return the parties that records name, one row a record and role.

    Args:
        records: rows of a canonical or staged table.
        table: which one.

    Returns:
        A table in the schema of `mentions`; `record_id` is the record's id, followed by /line for a shipment. Roles
        without a name and an identifier give no row.

    Raises:
        UsageError: records of this table name no parties.
    """
    if table not in _ROLES:
        raise UsageError(f"Records of {table} name no parties.", remedy=f"Use one of: {', '.join(_ROLES)}.")
    rows = pa.Table.from_batches([records]) if isinstance(records, pa.RecordBatch) else records
    ids = _record_ids(rows, table)
    found = [_of_role(rows, ids, table, role, columns) for role, columns in _ROLES[table].items()]
    return pa.concat_tables(found).combine_chunks()


def _record_ids(rows: pa.Table, table: str) -> pa.ChunkedArray:
    key = table_spec(table).key
    ids = pc.cast(rows.column(key[0]), pa.string())
    if "line" not in key:
        return ids
    return pc.binary_join_element_wise(ids, pc.cast(rows.column("line"), pa.string()), "/")


def _of_role(rows: pa.Table, ids: pa.ChunkedArray, table: str, role: str, columns: dict[str, str]) -> pa.Table:
    target = schema("mentions")
    values = {
        "record_table": pa.repeat(pa.scalar(table), rows.num_rows),
        "record_id": ids,
        "role": pa.repeat(pa.scalar(role), rows.num_rows),
        **{
            name: pc.cast(rows.column(column), pa.string())
            for name, column in columns.items()
            if column in rows.schema.names
        },
    }
    if "identifier" in values:
        kind = pa.scalar(_IDENTIFIER_TYPES.get(table, "as_recorded"))
        values["identifier_type"] = pc.if_else(pc.is_valid(values["identifier"]), kind, pa.scalar(None, pa.string()))
    absent = pa.nulls(rows.num_rows, pa.string())
    whole = pa.Table.from_arrays([values.get(item.name, absent) for item in target], schema=target)
    return whole.filter(pc.or_(pc.is_valid(whole.column("name")), pc.is_valid(whole.column("identifier"))))
