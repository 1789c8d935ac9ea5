"""The engine: what it computes, what it never believes, and what it says when it cannot run."""

from __future__ import annotations

import sys

import pytest

from entente.errors import MissingComponentError
from entente.exchange.match.engine import POINT, Part, read_points, write_points
from entente.exchange.match.errors import MatchError, TranscriptError
from entente.exchange.match.openmined import OpenMined
from match_engine import elements, engine

SERVER, CLIENT = elements("a", "b", "c", "d"), elements("x", "d", "y", "b", "z")
SIZES = (len(SERVER), len(CLIENT))


@pytest.fixture(scope="module")
def keys():
    return engine().new_key(), engine().new_key()


@pytest.fixture(scope="module")
def run(keys):
    setup = engine().setup(keys[0], SERVER)
    request = engine().request(keys[1], CLIENT)
    return setup, request


def test_only_the_number_first_and_then_the_places(keys, run):
    setup, request = run
    count = engine().response(keys[0], request, size=SIZES[1], reveal=False)
    assert engine().result(keys[1], setup, count, sizes=SIZES) == 2
    shown = engine().response(keys[0], request, size=SIZES[1], reveal=True)
    assert engine().revealed(keys[1], setup, shown, sizes=SIZES) == (1, 3)
    assert sorted(read_points(Part.REVEAL, shown, SIZES[1])) == read_points(Part.COUNT, count, SIZES[1])


def test_a_response_to_count_does_not_say_which(keys, run):
    count = engine().response(keys[0], run[1], size=SIZES[1], reveal=False)
    with pytest.raises(TranscriptError, match="form, part or size"):
        engine().revealed(keys[1], run[0], count, sizes=SIZES)


def test_the_same_key_and_set_give_the_same_bytes_and_another_key_gives_others(keys, run):
    assert engine().setup(keys[0], list(reversed(SERVER))) == run[0]
    assert engine().request(keys[1], CLIENT) == run[1]
    assert engine().request(engine().new_key(), CLIENT) != run[1]


def test_keys_are_fresh_and_of_one_length():
    assert len({engine().new_key() for _ in range(3)}) == 3
    assert {len(engine().new_key()) for _ in range(3)} == {32}


def test_a_key_with_a_leading_zero_is_as_good_as_any():
    key = b"\0" + engine().new_key()[1:]
    other = engine().new_key()
    count = engine().response(key, engine().request(other, CLIENT), size=SIZES[1], reveal=False)
    assert engine().result(other, engine().setup(key, SERVER), count, sizes=SIZES) == 2


def hostile(points: list[bytes]) -> list[tuple[str, bytes]]:
    good = write_points(Part.REQUEST, points)
    count = len(points).to_bytes(4, "big")
    return [
        ("nothing", b""),
        ("cut short", good[:-1]),
        ("something behind", good + b"\0"),
        ("another part", good.replace(b"Q", b"S", 1)),
        ("another magic", b"X" + good[1:]),
        ("more than it says", good + points[0]),
        ("a size that nobody can hold", good.replace(count, b"\xff\xff\xff\xff", 1)),
        ("a protobuf", b"\x0a\x21" + points[0] + b"\x12\xff\xff\xff\xff\x0f"),
        ("random", bytes(range(256)) * 20),
        ("the point at infinity", write_points(Part.REQUEST, [*points[:-1], bytes(POINT)])),
        ("an uncompressed point", write_points(Part.REQUEST, [*points[:-1], b"\x04" + points[-1][1:]])),
        ("a point twice", write_points(Part.REQUEST, [points[0], *points[:-1]])),
    ]


def test_a_malformed_request_is_refused_and_ends_no_process(keys, run):
    for name, data in hostile(read_points(Part.REQUEST, run[1], SIZES[1])):
        with pytest.raises(TranscriptError):
            engine().response(keys[0], data, size=SIZES[1], reveal=False)
        assert name


@pytest.mark.parametrize("x", [b"\xff" * 32, (2**256 - 2**224 + 2**192 + 2**96 - 1).to_bytes(32, "big")])
def test_a_coordinate_outside_the_field_is_refused_by_the_library(keys, run, x):
    points = read_points(Part.REQUEST, run[1], SIZES[1])
    with pytest.raises(TranscriptError, match="refused"):
        engine().response(keys[0], write_points(Part.REQUEST, [*points[:-1], b"\x02" + x]), size=SIZES[1], reveal=False)


def test_an_answer_that_repeats_one_common_element_makes_nothing_common(keys, run):
    """The attack: the server answers every element with the answer for one that is common."""
    setup, request = run
    shown = read_points(Part.REVEAL, engine().response(keys[0], request, size=SIZES[1], reveal=True), SIZES[1])
    forged = write_points(Part.REVEAL, [shown[1]] * SIZES[1])
    with pytest.raises(TranscriptError, match="repeats"):
        engine().revealed(keys[1], setup, forged, sizes=SIZES)


def test_a_setup_is_a_full_list_in_its_order_and_of_its_size(keys, run):
    setup, request = run
    count = engine().response(keys[0], request, size=SIZES[1], reveal=False)
    points = read_points(Part.SETUP, setup, SIZES[0])
    for forged in (write_points(Part.SETUP, points[::-1]), write_points(Part.SETUP, [*points, b"\x03" + b"\xff" * 32])):
        with pytest.raises(TranscriptError):
            engine().result(keys[1], forged, count, sizes=SIZES)


def test_a_native_crash_ends_the_worker_and_not_this_process():
    crashing = OpenMined([sys.executable, "-c", "import os; os.abort()"])
    with pytest.raises(MatchError, match="stopped with code"):
        crashing.new_key()


def test_a_worker_that_gives_too_little_is_not_believed():
    with pytest.raises(MatchError, match="something else"):
        OpenMined([sys.executable, "-c", "import sys; sys.stdin.buffer.read()"]).setup(b"1" * 32, SERVER)


@pytest.mark.parametrize(
    "reason", ["No module named 'private_set_intersection'", "/lib/libc.so.6: version `GLIBC_2.35' not found"]
)
def test_without_the_extra_or_with_an_old_glibc_it_says_what_to_do(reason):
    code = (
        "import sys; from entente.exchange.match import worker\n"
        "class Finder:\n"
        "    def find_spec(self, name, *_):\n"
        f"        if name.startswith('private_set'): raise ImportError({reason!r})\n"
        "sys.meta_path.insert(0, Finder()); raise SystemExit(worker.main())"
    )
    with pytest.raises(MissingComponentError) as caught:
        OpenMined([sys.executable, "-c", code]).new_key()
    assert reason in caught.value.message
    assert "entente[match]" in caught.value.remedy
    assert "glibc 2.35" in caught.value.remedy
