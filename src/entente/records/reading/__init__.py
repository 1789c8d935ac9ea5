"""Readers: bytes of a file in, blocks of rows out, in bounded memory, and nothing lost.

Every reader gives `Block`s: Arrow columns with the record numbers of their rows, and the records that could not be
taken apart into cells.
"""

from entente.records.reading.base import Block, Source, open_source

__all__ = ["Block", "Source", "open_source"]
