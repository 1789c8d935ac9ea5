"""Party keys: the exact normalised name or identifier that groups records of one party.

This is no name matching: two spellings of one company keep two keys. A name is folded by NFKC and case; every run
of punctuation and space becomes one space. An identifier keeps its letters and digits only.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

from entente.records.arrays import map_uniques

_GAP_ASCII = re.compile(r"[^a-z0-9]+")
_GAP = re.compile(r"[\W_]+")


@lru_cache(maxsize=1 << 17)
def name_key(name: str) -> str | None:
    """Return the key of one name, or None when nothing but punctuation is left."""
    if name.isascii():
        return _GAP_ASCII.sub(" ", name.lower()).strip() or None
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return _GAP.sub(" ", folded).strip() or None


@lru_cache(maxsize=1 << 17)
def identifier_key(identifier: str) -> str | None:
    """Return the key of one identifier, or None when it holds no letter or digit."""
    key = name_key(identifier)
    return None if key is None else "id:" + key.replace(" ", "")


def party_key(names: pa.Array, identifiers: pa.Array | None = None) -> pa.Array:
    """Return the party keys of an array of names, with the identifier's key where there is one.

    Args:
        names: strings, plain or dictionary-encoded.
        identifiers: strings of the same length, or None.

    Returns:
        Strings, dictionary-encoded; null where neither a name nor an identifier says anything.
    """
    keys = map_uniques(names, name_key)
    if identifiers is None or identifiers.null_count == len(identifiers):
        return keys
    by_id = map_uniques(identifiers, identifier_key)
    plain = pc.coalesce(by_id.cast(pa.string()), keys.cast(pa.string()))
    return pc.dictionary_encode(plain)
