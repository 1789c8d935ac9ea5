"""Attachments: encrypted as a stream, fetched in pieces, and used only when every piece is right."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace

import pytest

from entente.exchange.attachments import PIECE, Attachment, decrypt, encrypt
from entente.exchange.errors import AttachmentError, MalformedError, OversizedError
from exchange_people import alert, known, send, take


def encrypted(data: bytes, block: int = 1_000_000) -> tuple[Attachment, list[bytes]]:
    pieces: list[bytes] = []
    blocks = (data[start : start + block] for start in range(0, len(data), block))
    return encrypt(blocks, pieces.append, name="scan.pdf", media="application/pdf"), pieces


SMALL = os.urandom(100_000)
LARGE = os.urandom(PIECE * 2 + 12_345)


@pytest.mark.parametrize("data", [b"", b"x", SMALL, LARGE[: PIECE - 56 - 16], LARGE], ids=len)
def test_a_file_comes_back(data):
    attachment, pieces = encrypted(data)
    assert b"".join(decrypt(attachment, pieces)) == data
    assert attachment.size == sum(map(len, pieces))
    assert attachment.digest == hashlib.sha256(data).digest()
    assert all(len(piece) == PIECE for piece in pieces[:-1])


def test_it_travels_in_the_signed_header():
    us, mx = known("us-dea"), known("mx-pgr")
    attachment, _ = encrypted(SMALL)
    content = alert(us, attachments=(attachment,))
    assert take(send(content, us, mx).wire, mx, us).content.header.attachments == (attachment,)


def test_the_key_is_not_shown():
    attachment, _ = encrypted(SMALL)
    assert repr(attachment.key) not in repr(attachment)


def test_two_encryptions_of_a_file_have_nothing_in_common():
    assert encrypted(SMALL)[0].id != encrypted(SMALL)[0].id


def test_only_missing_and_damaged_pieces_are_fetched_again():
    attachment, pieces = encrypted(LARGE)
    assert attachment.missing([]) == (0, 1, 2)
    assert attachment.missing([0, 2]) == (1,)
    attachment.check_piece(1, pieces[1])
    with pytest.raises(AttachmentError):
        attachment.check_piece(1, pieces[0])
    with pytest.raises(AttachmentError):
        attachment.check_piece(3, pieces[0])


@pytest.mark.parametrize("damage", ["changed", "swapped", "cut", "doubled", "none"])
def test_damage_is_found(damage):
    attachment, pieces = encrypted(LARGE)
    damaged = {
        "changed": [pieces[0], pieces[1][:-1] + b"x", pieces[2]],
        "swapped": [pieces[1], pieces[0], pieces[2]],
        "cut": pieces[:2],
        "doubled": [*pieces, pieces[2]],
        "none": [],
    }[damage]
    with pytest.raises(AttachmentError):
        list(decrypt(attachment, damaged))


def test_a_signer_who_lies_about_the_file_is_found():
    attachment, pieces = encrypted(SMALL)
    with pytest.raises(AttachmentError):
        list(decrypt(replace(attachment, digest=hashlib.sha256(b"other").digest()), pieces))
    with pytest.raises(AttachmentError):
        list(decrypt(replace(attachment, key=os.urandom(32)), pieces))


@pytest.mark.parametrize("name", ["../scan.pdf", "/etc/passwd", "a\\b", "..", ".", "", "a\0b"])
def test_a_name_leads_nowhere(name):
    attachment, _ = encrypted(b"x")
    with pytest.raises(MalformedError):
        Attachment.from_json({**attachment.as_json(), "name": name})


@pytest.mark.parametrize(
    "change",
    [{"size": 0}, {"size": -1}, {"size": 2**40}, {"size": PIECE + 1}, {"pieces": []}, {"key": "AAAA"}, {"digest": 1}],
)
def test_a_description_that_does_not_add_up(change):
    attachment, _ = encrypted(b"x")
    with pytest.raises(MalformedError):
        Attachment.from_json({**attachment.as_json(), **change})


def test_more_than_two_gibibytes_are_refused_before_they_are_written():
    written: list[bytes] = []
    with pytest.raises(OversizedError):
        encrypt([SMALL, SMALL], written.append, name="x", media="x/y", most=150_000)
    assert not written
