"""Whatever a stranger sends: a verified object or an `ExchangeError`, never another exception."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entente.exchange import dsse, strict
from entente.exchange.content import PAYLOAD_TYPE, read_content
from entente.exchange.errors import ExchangeError
from entente.exchange.fingerprint import confirm, fingerprint
from entente.exchange.frame import split
from exchange_people import alert, known, send, take

US, MX = known("us-dea"), known("mx-pgr")
CONTENT = alert(US)
WIRE = send(CONTENT, US, MX).wire
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-strict.MAX_INTEGER, strict.MAX_INTEGER) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.data())
def test_a_damaged_message_is_refused(data):
    damaged = bytearray(WIRE)
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, len(damaged) - 1))
        kind = data.draw(st.sampled_from(["change", "cut", "insert", "double"]))
        if kind == "change":
            damaged[position] = (damaged[position] + data.draw(st.integers(1, 255))) % 256
        elif kind == "cut":
            del damaged[position : position + data.draw(st.integers(1, 50))]
        elif kind == "insert":
            damaged[position:position] = data.draw(st.binary(min_size=1, max_size=20))
        else:
            damaged[position:position] = damaged[position : position + 20]
        damaged = damaged or bytearray(b"x")
    if bytes(damaged) != WIRE:
        with pytest.raises(ExchangeError):
            take(bytes(damaged), MX, US)


@given(st.binary(max_size=300), st.sampled_from([b"", WIRE[:14], WIRE[:200]]))
def test_any_bytes_are_refused(tail, head):
    with pytest.raises(ExchangeError):
        split(head + tail)


@given(st.binary(max_size=300))
def test_any_content_is_a_content_or_an_error(payload):
    with pytest.raises(ExchangeError):
        read_content(dsse.Envelope(PAYLOAD_TYPE, payload).as_bytes())
    with pytest.raises(ExchangeError):
        read_content(payload)


@given(st.dictionaries(st.sampled_from(["header", "body"]), JSON))
def test_any_object_is_a_content_or_an_error(value):
    with pytest.raises(ExchangeError):
        read_content(dsse.Envelope(PAYLOAD_TYPE, strict.write_object(value)).as_bytes())


@given(st.data())
def test_any_header_field_may_be_anything(data):
    value = json.loads(CONTENT.envelope.payload)
    name = data.draw(
        st.sampled_from([*value["header"], "until", "evaluation", "predicate", "attachments", "withdraws"])
    )
    value["header"][name] = data.draw(JSON)
    try:
        read_content(dsse.Envelope(PAYLOAD_TYPE, strict.write_object(value)).as_bytes())
    except ExchangeError as error:
        assert error.code  # noqa: PT017 - a value may also happen to be right


@given(st.dictionaries(st.text(), JSON))
def test_strict_json_reads_back(value):
    data = strict.write_object(value)
    try:
        assert strict.read_object(data, limit=10**6, what="it") == value
    except ExchangeError as error:
        assert error.code == "oversized"  # noqa: PT017 - only depth may stand in the way


@given(st.binary())
def test_base64_reads_back_and_has_one_spelling(data):
    assert strict.read_base64(strict.write_base64(data), what="it") == data


@given(st.text(alphabet="ABab01+/=-_ \n", max_size=12))
def test_base64_that_is_read_is_the_canonical_one(text):
    try:
        assert strict.write_base64(strict.read_base64(text, what="it")) == text
    except ExchangeError as error:
        assert error.code == "base64"  # noqa: PT017 - most texts are none


@given(st.text(max_size=20), st.binary(max_size=50), st.text(max_size=20), st.binary(max_size=50))
def test_two_pairs_are_never_encoded_alike(one_type, one, other_type, other):
    alike = dsse.pae(one_type, one) == dsse.pae(other_type, other)
    assert alike == ((one_type, one) == (other_type, other))


@given(st.lists(st.text(max_size=5)), st.integers(0, 39), st.integers(1, 9))
def test_one_wrong_digit_is_always_a_slip(keys, position, change):
    spoken = fingerprint("us-dea", keys)
    confirm(spoken, spoken)
    digits = list(spoken)
    position %= len(digits)
    if digits[position] == " ":
        position += 1
    digits[position] = str((int(digits[position]) + change) % 10)
    with pytest.raises(ExchangeError, match="slip"):
        confirm("".join(digits), spoken)


def test_the_salt_makes_two_equal_contents_different():
    assert len({alert(US).id for _ in range(50)}) == 50
