"""JSON and base64 as strangers may send them: one way to read the bytes, and bounds before any work is done.

Refused: duplicate keys, NaN and infinities, integers that a reader with doubles would round, lone surrogates, a byte
order mark, anything but UTF-8, nesting deeper than `MAX_DEPTH`, base64 that is not the canonical spelling of its
bytes. Signatures are over exact bytes, so nothing here rewrites what it read.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, NoReturn

from entente.errors import Place
from entente.exchange.errors import Base64Error, JsonError, MalformedError, OversizedError

MAX_DEPTH = 32
MAX_INTEGER = 2**53 - 1
"""The largest integer that every JSON reader keeps exactly (RFC 8259, section 6)."""

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def read_object(data: bytes, *, limit: int, what: str) -> dict[str, Any]:
    """The JSON object in some bytes.

    Args:
        data: UTF-8 without a byte order mark.
        limit: the most bytes that are looked at.
        what: names the part in errors, for example "frame".

    Raises:
        OversizedError: more bytes than `limit`, or nested deeper than `MAX_DEPTH`.
        JsonError: not strict JSON, or not an object.
    """
    if len(data) > limit:
        raise OversizedError(f"The {what} has {len(data)} bytes; at most {limit} are allowed.")
    _check_depth(data, what)
    value = _parse(data, what)
    if not isinstance(value, dict):
        raise JsonError(f"The {what} is not a JSON object.")
    return value


def write_object(value: Mapping[str, Any]) -> bytes:
    """JSON bytes of an object: sorted keys, no spaces, UTF-8. The same value gives the same bytes."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8")


def read_base64(text: object, *, what: str, size: int | None = None) -> bytes:
    """The bytes of canonical, padded base64 (RFC 4648, section 4).

    Raises:
        Base64Error: not text, other characters, missing padding, stray bits, or not `size` bytes.
    """
    if not isinstance(text, str):
        raise Base64Error(f"{what} is not base64 text.")
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise Base64Error(f"{what} is not base64.") from None
    if write_base64(data) != text:
        raise Base64Error(f"{what} is not the canonical base64 of its bytes.")
    if size is not None and len(data) != size:
        raise Base64Error(f"{what} has {len(data)} bytes; it must have {size}.")
    return data


def write_base64(data: bytes) -> str:
    """Canonical, padded base64."""
    return base64.b64encode(data).decode("ascii")


def read_moment(text: object, *, what: str) -> datetime:
    """A moment in UTC, to the second, as `2026-11-24T09:00:00Z`.

    Raises:
        MalformedError: anything else.
    """
    if not isinstance(text, str) or not _MOMENT.fullmatch(text):
        raise MalformedError(f"{what} is not a moment in UTC such as 2026-11-24T09:00:00Z.", place=Place(field=what))
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise MalformedError(f"{what} is no moment: {text}.", place=Place(field=what)) from None


def write_moment(moment: datetime) -> str:
    """A moment in UTC, to the second.

    Raises:
        MalformedError: the moment has no time zone.
    """
    if moment.tzinfo is None:
        raise MalformedError("A moment without a time zone cannot be written.")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_day(text: object, *, what: str) -> date:
    """A day as `2026-11-24`.

    Raises:
        MalformedError: anything else.
    """
    if not isinstance(text, str) or not _DAY.fullmatch(text):
        raise MalformedError(f"{what} is not a day such as 2026-11-24.", place=Place(field=what))
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise MalformedError(f"{what} is no day: {text}.", place=Place(field=what)) from None


def field(value: Mapping[str, Any], name: str, kind: type, *, what: str) -> Any:
    """One required field of an object, of exactly one type (a boolean is no integer).

    Raises:
        MalformedError: it is missing or of another type.
    """
    found = value.get(name)
    if type(found) is not kind:
        raise MalformedError(f"The {what} needs {name!r} as {kind.__name__}.", place=Place(field=name))
    return found


def texts(value: Mapping[str, Any], name: str, *, what: str, most: int = 64) -> tuple[str, ...]:
    """A list of different texts; an absent field is an empty list.

    Raises:
        MalformedError: no list, not of texts, or one twice.
        OversizedError: more than `most`.
    """
    found = value.get(name, [])
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise MalformedError(f"{name!r} of the {what} is not a list of texts.", place=Place(field=name))
    if len(found) > most:
        raise OversizedError(f"{name!r} of the {what} has {len(found)} entries; at most {most} are allowed.")
    if len(set(found)) != len(found):
        raise MalformedError(f"{name!r} of the {what} has an entry twice.", place=Place(field=name))
    return tuple(found)


def _check_depth(data: bytes, what: str) -> None:
    if data.count(b"[") + data.count(b"{") <= MAX_DEPTH:
        return
    depth = 0
    for bracket in _BRACKET.findall(_STRING.sub(b"", data)):
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_DEPTH:
            raise OversizedError(f"The {what} is nested deeper than {MAX_DEPTH} levels.")


def _parse(data: bytes, what: str) -> Any:
    try:
        value = _DECODER.decode(data.decode("utf-8"))
        if b"\\u" in data:
            json.dumps(value, ensure_ascii=False).encode("utf-8")  # a lone surrogate cannot be written
    except (ValueError, RecursionError) as error:
        raise JsonError(f"The {what} is not strict JSON: {error}") from None
    return value


def _pairs(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key stands twice")
    return value


def _integer(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > MAX_INTEGER:
        raise ValueError("an integer is too large")
    return int(text)


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_int=_integer, parse_float=_number, parse_constant=_constant)
