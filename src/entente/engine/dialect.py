"""SQL is written once, in DuckDB's dialect; other engines get a transpiled copy.

Quoting is here and nowhere else: an identifier or a text that comes from outside enters SQL only through `quote`
or `literal`.
"""

from __future__ import annotations


def quote(identifier: str) -> str:
    """An identifier in double quotes, whatever it holds."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as an SQL literal, whatever it holds."""
    return "'" + text.replace("'", "''") + "'"
