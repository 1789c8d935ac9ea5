"""Kinds of keys: one form for each, check digits, persons, and what is too easy to guess. Frozen under version 1."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from entente.errors import InputError
from entente.exchange.match import checkdigits
from entente.exchange.match.errors import ControlError, LowEntropyError, MatchKeyError
from entente.exchange.match.folds import PlainFold
from entente.exchange.match.kinds import KINDS, Persons, kind
from entente.exchange.match.sets import make_set, read_csv

FOLD = PlainFold()

# Published examples: of the standards, of their registrars, and of the Bitcoin proposals.
PUBLISHED = [
    (checkdigits.uscc, "91350100M000100Y43"),
    (checkdigits.lei, "5493001KJTIIGC8Y1R12"),
    (checkdigits.iban, "GB82WEST12345698765432"),
    (checkdigits.clabe, "032180000118359719"),
    (checkdigits.rfc, "GODE561231GR8"),
    (checkdigits.container, "CSQU3054383"),
    (checkdigits.imo, "9074729"),
    (checkdigits.base58check, "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
    (checkdigits.base58check, "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"),
    (checkdigits.bech32, "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"),
    (checkdigits.bech32, "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"),
]


@pytest.mark.parametrize(("check", "text"), PUBLISHED, ids=lambda value: getattr(value, "__name__", value))
def test_a_published_example_adds_up_and_a_wrong_digit_does_not(check, text):
    assert check(text)
    digits = [(place, one) for place, one in enumerate(text) if one.isdigit()]
    slips = [text[:at] + other + text[at + 1 :] for at, one in digits for other in "0123456789" if other != one]
    # Ship and container numbers are weaker than the rest: two remainders, or even weights, fall together.
    missed = {checkdigits.imo: 0.15, checkdigits.container: 0.05}.get(check, 0)
    assert sum(map(check, slips)) <= missed * len(slips)


@pytest.mark.parametrize("check", sorted({check for check, _ in PUBLISHED}, key=lambda check: check.__name__))
@pytest.mark.parametrize("text", ["", "1", " ", "1" * 200, "é" * 18, "A" * 18, "１２３４５６７", "bc1", "\0" * 7])
def test_nonsense_is_no_identifier_and_no_crash(check, text):
    assert check(text) is False


# One key of each kind and each branch, as it stands in the hashed element. A change here is a new version.
FROZEN = {
    "uscc": ("identifier", {"scheme": "uscc", "value": " 91350100-M000100Y43 "}, "uscc\x1f91350100M000100Y43"),
    "lei": ("identifier", {"scheme": "LEI", "value": "5493001kjtiigc8y1r12"}, "lei\x1f5493001KJTIIGC8Y1R12"),
    "rfc": ("identifier", {"scheme": "rfc", "value": "gode-561231-gr8"}, "rfc\x1fGODE561231GR8"),
    "name": ("name-city", {"name": "ＡＣＭＥ, S.A. de C.V.", "city": "León"}, "acme s a de c v\x1fleón"),
    "hanzi": ("name-city", {"name": "福州 化工（有限）公司", "city": "福州"}, "福州 化工 有限 公司\x1f福州"),
    "phone": ("phone-name", {"phone": "0052 (55) 1234-5678", "name": "Ana  Ruiz"}, "+525512345678\x1fana ruiz"),
    "email": ("email", {"email": " Sales@BÜCHER.example "}, "sales@xn--bcher-kva.example"),
    "iban": ("account", {"account": "GB82 WEST 1234 5698 7654 32"}, "iban\x1fGB82WEST12345698765432"),
    "clabe": ("account", {"account": "032 180 00011835971 9"}, "clabe\x1f032180000118359719"),
    "bank": ("account", {"account": "00 1234-5678", "bank": "icbkcnbjxxx"}, "ICBKCNBJ\x1f12345678"),
    "evm": (
        "wallet",
        {"wallet": "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"},
        "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
    ),
    "segwit": ("wallet", {"wallet": PUBLISHED[9][1].upper()}, PUBLISHED[9][1]),
    "tron": ("wallet", {"wallet": PUBLISHED[8][1]}, PUBLISHED[8][1]),
    "day": ("container", {"container": "CSQU 305438-3", "week": "2026-11-24"}, "CSQU3054383\x1f2026-W48"),
    "week": ("container", {"container": "csqu3054383", "week": "2026-w48"}, "CSQU3054383\x1f2026-W48"),
    "turn of the year": ("vessel", {"imo": "IMO 9074729", "week": "2027-01-01"}, "9074729\x1f2026-W53"),
    "address": ("address", {"address": "Av. Juárez 12, piso 3", "city": "León"}, "av juárez 12 piso 3\x1fleón"),
}


@pytest.mark.parametrize("name", FROZEN)
def test_a_key_has_one_form(name):
    kind_, row, expected = FROZEN[name]
    assert kind(kind_).key(row, FOLD).text == expected


def test_all_kinds_are_frozen():
    assert {kind_ for kind_, _, _ in FROZEN.values()} == set(KINDS)
    said = "\n".join(f"{one.name} {one.version} {one.columns} {one.persons} {one.entropy}" for one in KINDS.values())
    assert hashlib.sha256(said.encode()).hexdigest()[:16] == "b9385ef1b00d6d1c"


REFUSED = {
    "a wrong check digit": ("identifier", {"scheme": "uscc", "value": "91350100M000100Y44"}),
    "an unknown scheme": ("identifier", {"scheme": "passport", "value": "X1234567"}),
    "the public at large": ("identifier", {"scheme": "rfc", "value": "XAXX010101000"}),
    "a date that is none": ("identifier", {"scheme": "rfc", "value": "GODE561331GR8"}),
    "nobody": ("name-city", {"name": "TO ORDER OF BANK", "city": "León"}),
    "no city": ("name-city", {"name": "ACME", "city": " - "}),
    "a phone without country": ("phone-name", {"phone": "55 1234 5678", "name": "Ana Ruiz"}),
    "a placeholder": ("phone-name", {"phone": "+52 00 0000 0000", "name": "Ana Ruiz"}),
    "no mailbox": ("email", {"email": "sales at example"}),
    "a wrong IBAN": ("account", {"account": "GB82WEST12345698765433"}),
    "a bank that is none": ("account", {"account": "12345678", "bank": "a bank"}),
    "a slip in base58": ("wallet", {"wallet": "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb"}),
    "a slip in bech32": ("wallet", {"wallet": "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5"}),
    "mixed case in bech32": ("wallet", {"wallet": "bc1QW508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"}),
    "the zero address": ("wallet", {"wallet": "0x" + "0" * 40}),
    "a week that is none": ("container", {"container": "CSQU3054383", "week": "2026-W54"}),
    "another week": ("container", {"container": "CSQU3054383", "week": "24/11/2026"}),
    "a street": ("address", {"address": "Calle Juárez", "city": "León"}),
    "neither yes nor no": ("email", {"email": "a@b.example", "person": "maybe"}),
    "a person by name and city": ("name-city", {"name": "Ana Ruiz", "city": "León", "person": "yes"}),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_key_is_refused(name):
    kind_, row = REFUSED[name]
    with pytest.raises(MatchKeyError) as caught:
        kind(kind_).key(row, FOLD)
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("kind_", "row"),
    [
        ("identifier", {"scheme": "phone", "value": "+525512345678"}),
        ("identifier", {"scheme": "imo", "value": "9074729"}),
        ("identifier", {"scheme": "container", "value": "CSQU3054383"}),
        ("identifier", {"scheme": "name", "value": "Ana Ruiz"}),
        ("account", {"account": "12345678"}),
    ],
)
def test_what_can_all_be_tried_is_refused_alone_and_it_says_what_to_add(kind_, row):
    with pytest.raises(LowEntropyError) as caught:
        kind(kind_).key(row, FOLD)
    assert any(word in caught.value.remedy for word in ("phone-name", "BIC"))


def test_there_is_no_kind_that_is_a_name_or_a_phone():
    for name in ("name", "phone", ""):
        with pytest.raises(ControlError):
            kind(name)


def test_persons_are_assumed_unless_the_row_says_no_and_a_number_may_say_it_itself():
    assert kind("email").key({"email": "a@b.example"}, FOLD).person
    assert not kind("email").key({"email": "a@b.example", "person": "no"}, FOLD).person
    assert kind("identifier").key({"scheme": "rfc", "value": "GODE561231GR8", "person": "no"}, FOLD).person
    assert not kind("identifier").key({"scheme": "lei", "value": "5493001KJTIIGC8Y1R12"}, FOLD).person
    assert [one.name for one in KINDS.values() if one.persons is Persons.NEVER] == ["name-city", "container", "vessel"]


def test_a_doubt_is_said_and_the_row_is_kept():
    key = kind("identifier").key({"scheme": "rfc", "value": "GODE561231GR7"}, FOLD)
    assert "check digit" in key.doubt
    assert "network" in kind("wallet").key({"wallet": "4" + "A1b2C3d4" * 11}, FOLD).doubt


def test_order_and_duplicates_do_not_matter_and_no_row_is_lost():
    rows = [
        (2, {"email": "B@x.example", "reference": "r2"}),
        (3, {"email": "a@x.example", "person": "no"}),
        (4, {"email": "b@x.example", "reference": "r1", "person": "no"}),
        (5, {"email": "nobody"}),
    ]
    made = make_set(kind("email"), FOLD, rows, file="keys.csv")
    assert made.items == make_set(kind("email"), FOLD, reversed(rows)).items
    assert [(item.key, item.references, item.person) for item in made.items] == [
        ("a@x.example", (), False),
        ("b@x.example", ("r1", "r2"), True),
    ]
    assert made.rows == 4
    assert [(remark.place.line, remark.place.field, remark.refused) for remark in made.remarks] == [(5, "email", True)]
    assert "example" not in repr(made.items)


def test_a_file_is_read_with_its_lines(tmp_path: Path):
    path = tmp_path / "keys.csv"
    path.write_text('﻿name,city,reference\n"ACME, Ltd",León,r1\nBeta,"Le\non",r2\n', encoding="utf-8")
    rows = read_csv(path, kind("name-city"))
    assert [line for line, _ in rows] == [2, 4]
    assert rows[0][1]["name"] == "ACME, Ltd"


@pytest.mark.parametrize(
    "text",
    [
        "city,reference\nLeón,r\n",
        "name,city,city\na,b,c\n",
        "name,city\na,b,c\n",
        "name,city\na\n",
        'name,city\n"a',
        "",
    ],
)
def test_a_file_that_is_not_right_is_refused_with_its_place(tmp_path: Path, text: str):
    path = tmp_path / "keys.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_csv(path, kind("name-city"))
    assert caught.value.place is not None
    assert caught.value.place.file == str(path)


def test_a_file_in_another_encoding_is_refused(tmp_path: Path):
    path = tmp_path / "keys.csv"
    path.write_bytes("name,city\nLeón,x\n".encode("latin-1"))
    with pytest.raises(InputError, match="cannot be read"):
        read_csv(path, kind("name-city"))


def test_a_check_that_is_handed_in_refuses_rows_and_changes_no_key():
    good, bad = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed"

    def check(kind_name, row):
        assert kind_name == "wallet"
        return "Its capitals are not those of EIP-55." if row["wallet"] == bad else ""

    rows = [(2, {"wallet": good}), (3, {"wallet": bad})]
    plain, checked = make_set(kind("wallet"), FOLD, rows), make_set(kind("wallet"), FOLD, rows, check=check)
    assert plain.keys == checked.keys == (good.lower(),)
    assert [(one.place.line, one.refused) for one in checked.remarks] == [(3, True)]
    assert "EIP-55" in checked.remarks[0].text
