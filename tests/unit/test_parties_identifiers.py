"""Identifiers: valid ones in one spelling, others with a reason."""

from __future__ import annotations

import pytest

from entente.parties.identifiers import KINDS, Identifier, NotValid, check, recognise

VALID = [
    ("uscc", "9111 0000-8021 00433B", "91110000802100433B"),
    ("lei", "529900T8BM49AURSDO55", "529900T8BM49AURSDO55"),
    ("imo", "IMO 9074729", "9074729"),
    ("container", "CSQU 305438-3", "CSQU3054383"),
    ("iban", "GB82 WEST 1234 5698 7654 32", "GB82WEST12345698765432"),
    ("ein", "12-3456789", "123456789"),
    ("hk_cr", "1234567", "01234567"),
    ("email", "Someone@Example.ORG", "someone@example.org"),
    ("phone", "+86 10 6552 9988", "+861065529988"),
    ("wallet", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
    ("wallet", "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"),
    (
        "wallet",
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
    ),
    ("wallet", "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
]


@pytest.mark.parametrize(("kind", "text", "value"), VALID)
def test_valid(kind: str, text: str, value: str):
    found = check(kind, text)
    assert isinstance(found, Identifier)
    assert (found.kind, found.value) == (kind, value)


@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        ("uscc", "911100001011100170", "check_digit"),
        ("uscc", "nonsense", "form"),
        ("lei", "529900T8BM49AURSDO56", "check_digit"),
        ("imo", "9074728", "check_digit"),
        ("container", "CSQU3054384", "check_digit"),
        ("iban", "GB82WEST12345698765431", "check_digit"),
        ("ein", "07-3456789", "unassigned"),
        ("email", "a..b@example.org", "form"),
        ("phone", "+86 12345", "unassigned"),
        ("wallet", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", "check_digit"),
        ("wallet", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", "check_digit"),
        ("wallet", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD", "check_digit"),
        ("wallet", "not a wallet", "form"),
        ("rfc", "XXXX", "form"),
        ("hk_cr", "12", "form"),
    ],
)
def test_not_valid(kind: str, text: str, reason: str):
    assert check(kind, text) == NotValid(kind, reason)


def test_rfc_says_whether_it_is_a_persons():
    found = check("rfc", "GODE561231GR8")
    assert isinstance(found, Identifier)
    assert found.detail == "person"
    found = check("rfc", "MAB-930714 8T4")
    assert isinstance(found, Identifier)
    assert found.detail == "legal_entity"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("text", "reason"), [("", "empty"), ("x" * 500, "too_long"), ("'; DROP TABLE parties; --", None), ("=1+1", None)]
)
def test_every_kind_refuses_nonsense_with_a_reason(kind: str, text: str, reason: str | None):
    found = check(kind, text)
    assert isinstance(found, NotValid)
    assert reason in {None, found.reason}


def test_an_identifier_tells_itself_only_by_its_check_digits():
    assert recognise("529900T8BM49AURSDO55") == Identifier("lei", "529900T8BM49AURSDO55")
    assert recognise("12-3456789") is None
    assert recognise("hello") is None
