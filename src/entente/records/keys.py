"""Party keys: the exact normalised name or identifier that groups records of one party.

This is no name matching: two spellings of one company keep two keys. A name is folded by NFKC and case; every run
of punctuation and space becomes one space. An identifier keeps its letters and digits only. Texts that name nobody
(`nobody.yaml`) have no key: two records without a party have no party in common.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache, lru_cache, wraps
from importlib.resources import files

import pyarrow as pa
import pyarrow.compute as pc
import yaml

from entente.records.arrays import as_dictionary, map_uniques

_GAP_ASCII = re.compile(r"[^a-z0-9]+")
_GAP = re.compile(r"[\W_]+")
#: Texts whose keys are remembered, by function, and the longest of them in characters: real names are shorter, and a
#: stranger's file may hold any number of any length. Together, a function remembers 130 MB at the most.
_REMEMBERED, _LONGEST = 1 << 17, 120

KeyOf = Callable[[str], str | None]


def _remembering(function: KeyOf) -> KeyOf:
    """Remember the keys of short texts."""
    remembered = lru_cache(maxsize=_REMEMBERED)(function)

    @wraps(function)
    def key_of(text: str) -> str | None:
        return remembered(text) if len(text) <= _LONGEST else function(text)

    return key_of


def name_key(name: str) -> str | None:
    """Return the key of one name, or None when nothing but punctuation is left."""
    if name.isascii():
        return _GAP_ASCII.sub(" ", name.lower()).strip() or None
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return _GAP.sub(" ", folded).strip() or None


@cache
def _nobody() -> tuple[frozenset[str], tuple[str, ...]]:
    """Texts that name nobody, and how those begin that name only to whose order the goods go."""
    words = yaml.safe_load((files("entente.records") / "nobody.yaml").read_text(encoding="utf-8"))
    return frozenset(words["whole"]), tuple(f"{start} " if start.isascii() else start for start in words["before"])


def _party_name_key(name: str) -> str | None:
    key = name_key(name)
    whole, before = _nobody()
    return None if key is None or key in whole or key.startswith(before) else key


@_remembering
def party_name_key(name: str) -> str | None:
    """Return the key of a party's name, or None where the text names nobody ("N/A", "TO ORDER", 不详)."""
    return _party_name_key(name)


@_remembering
def identifier_key(identifier: str) -> str | None:
    """Return the key of one identifier, or None when it holds no letter or digit, or says that there is none."""
    key = _party_name_key(identifier)
    return None if key is None else "id:" + key.replace(" ", "")


def party_key(names: pa.Array, identifiers: pa.Array | None = None) -> pa.Array:
    """Return the party keys of an array of names, with the identifier's key where there is one.

    Args:
        names: strings, plain or dictionary-encoded.
        identifiers: strings of the same length, or None.

    Returns:
        Strings, dictionary-encoded; null where neither a name nor an identifier says anything.
    """
    if identifiers is None or identifiers.null_count == len(identifiers):
        return map_uniques(names, party_name_key)
    by_id = map_uniques(identifiers, identifier_key)
    return by_id if by_id.null_count == 0 else _or_names(by_id, names)


def _or_names(by_id: pa.DictionaryArray, names: pa.Array) -> pa.DictionaryArray:
    """Give the rows without an identifier the keys of their names; the two kinds of keys share no text."""
    coded = as_dictionary(names)
    needed = pc.if_else(pc.is_null(by_id), coded.indices, pa.scalar(None, coded.indices.type))
    places = pc.dictionary_encode(needed)  # names of other rows need no key
    keys = map_uniques(
        pa.DictionaryArray.from_arrays(places.indices, pc.take(coded.dictionary, places.dictionary)), party_name_key
    )
    shifted = pc.add(keys.indices, len(by_id.dictionary))
    return pa.DictionaryArray.from_arrays(
        pc.coalesce(by_id.indices, shifted), pa.concat_arrays([by_id.dictionary, keys.dictionary])
    )
