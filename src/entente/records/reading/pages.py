"""What a Parquet file's pages say of themselves, read before any of them is unpacked.

The footer of a file says how big its columns are, and may lie; a reader then makes room for what each page's own header
says. So the headers are walked here, and what a page would take is known before it is taken.

Headers are structs of Thrift's compact protocol (https://github.com/apache/thrift, thrift-compact-protocol.md); fields
are those of `PageHeader` in https://github.com/apache/parquet-format, parquet.thrift.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

#: A header is some ten bytes long, or longer where it holds statistics.
_WINDOW, _WIDEST = 1 << 12, 16 << 20
_DEEPEST = 16
_UNPACKED, _PACKED, _DATA, _DATA_2, _COUNT = 2, 3, 5, 8, 1


class PagesError(ValueError):
    """The headers of a column's pages cannot be followed."""


@dataclass(frozen=True, slots=True)
class Pages:
    """A column of a row group, as its pages have it.

    Args:
        largest: bytes of the page that unpacks to the most.
        total: bytes of all pages, unpacked.
        values: values of all pages, those of lists and nulls included.
    """

    largest: int
    total: int
    values: int


def pages_of(file: int, chunk: Any) -> Pages:
    """Walk the page headers of a column chunk.

    Args:
        file: descriptor.
        chunk: `pyarrow.parquet.ColumnChunkMetaData`.

    Raises:
        PagesError: a header is broken, or leads out of the file.
    """
    starts = [chunk.data_page_offset, *([chunk.dictionary_page_offset] if chunk.has_dictionary_page else [])]
    at = min(start for start in starts if start)
    end = at + chunk.total_compressed_size
    largest = total = values = 0
    while at < end:
        fields, length = _header(file, at)
        unpacked, packed = fields.get(_UNPACKED), fields.get(_PACKED)
        if not isinstance(unpacked, int) or not isinstance(packed, int) or unpacked < 0 or packed < 0:
            raise PagesError("a page without a size")
        largest, total = max(largest, unpacked), total + unpacked
        values += _values(fields)
        at += length + packed
    return Pages(largest, total, values)


def _values(fields: dict[int, Any]) -> int:
    for kind in (_DATA, _DATA_2):
        if isinstance(fields.get(kind), dict):
            count = fields[kind].get(_COUNT)
            return count if isinstance(count, int) and count > 0 else 0
    return 0


def _header(file: int, at: int) -> tuple[dict[int, Any], int]:
    size = _WINDOW
    while True:
        data = os.pread(file, size, at)
        try:
            reader = _Compact(data)
            return reader.struct(0), reader.at
        except IndexError:
            if len(data) < size or size >= _WIDEST:
                raise PagesError("a page header without end") from None
            size *= 16


class _Compact:
    """Reads structs of whole numbers; everything else in them is passed over."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def struct(self, depth: int) -> dict[int, Any]:
        """Fields by number: whole numbers and structs; None for any other kind."""
        if depth > _DEEPEST:
            raise PagesError("structs nested too deep")
        fields: dict[int, Any] = {}
        number = 0
        while head := self._byte():
            kind, step = head & 15, head >> 4
            number = number + step if step else self._signed()
            fields[number] = self._value(kind, depth)
        return fields

    def _value(self, kind: int, depth: int) -> Any:
        if kind in _WHOLE:
            return self._signed()
        if kind == _STRUCT:
            return self.struct(depth + 1)
        if kind == _BYTES:
            self._pass(self._varint())
        elif kind in (_LIST, _SET):
            self._pass_list(depth)
        elif kind in _SIZES:
            self._pass(_SIZES[kind])
        else:
            raise PagesError(f"a field of the unknown kind {kind}")
        return None

    def _byte(self) -> int:
        byte = self._data[self.at]
        self.at += 1
        return byte

    def _varint(self) -> int:
        number = 0
        for shift in range(0, 70, 7):
            byte = self._byte()
            number |= (byte & 127) << shift
            if byte < 128:
                return number
        raise PagesError("a number without end")

    def _signed(self) -> int:
        number = self._varint()
        return (number >> 1) ^ -(number & 1)

    def _pass(self, size: int) -> None:
        self.at += size
        if self.at > len(self._data):
            raise IndexError(size)

    def _pass_list(self, depth: int) -> None:
        head = self._byte()
        size = head >> 4 if head >> 4 < 15 else self._varint()
        for _ in range(size):
            if head & 15 in (1, 2):  # truths in a list have a byte each
                self._pass(1)
            else:
                self._value(head & 15, depth + 1)


_BYTES, _LIST, _SET, _STRUCT = 8, 9, 10, 12
_WHOLE = (4, 5, 6)
#: Bytes of a value by its kind: truths are in the kind itself.
_SIZES = {1: 0, 2: 0, 3: 1, 7: 8}
