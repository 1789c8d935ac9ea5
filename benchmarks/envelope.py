"""How many messages a core seals and opens, for each suite, and how fast an attachment is encrypted.

    python benchmarks/envelope.py [messages]

Bodies are 4 KiB of text. *seal* is sealing to the peer and to oneself and the node's signature; *release* is what
comes before it, once for a content: two officers' signatures and their check. *open* is everything that
`open_message` does: form, frame signature, opening, two officers' signatures, schema. One process, processor time.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from entente.exchange import officers
from entente.exchange.attachments import decrypt, encrypt
from entente.exchange.content import Content, draft
from entente.exchange.messages import load_registry
from entente.exchange.officers import Released
from entente.exchange.opening import open_message
from entente.exchange.sealing import Position, Sealed, seal
from exchange_people import ALERT, NOW, Authority, authority, header, signed

BODY = {**ALERT, "summary": "A trade name. " * 280}
COLUMNS = ("check", "seal", "open", "bytes")
FILE = 64 * 1024 * 1024


def rate(work: Callable[[], object], count: int) -> float:
    """Units of work in a second of processor time."""
    start = time.process_time()
    work()
    return count / (time.process_time() - start)


def seal_all(released: Sequence[Released], us: Authority, mx: Authority) -> list[Sealed]:
    place, result, peer = Position(), [], mx.as_peer()
    for item in released:
        sealed = seal(
            item,
            to=peer,
            to_key=mx.sealing.record,
            node=us.node,
            place=place,
            now=NOW,
            suites=us.suites,
        )
        place = sealed.position
        result.append(sealed)
    return result


def open_all(sealed: Sequence[Sealed], us: Authority, mx: Authority) -> None:
    place, me, peer, types = Position(), mx.as_self(), us.as_peer(), load_registry()
    for item in sealed:
        opened = open_message(item.wire, me=me, peer=peer, place=place, at=NOW, suites=mx.suites, types=types)
        place = opened.position


def measure(suite: str, count: int) -> dict[str, float]:
    us, mx = authority("us-dea", suite), authority("mx-pgr", suite)
    contents: list[Content] = []
    released: list[Released] = []
    sealed: list[Sealed] = []
    me = us.as_peer()
    return {
        "sign": rate(
            lambda: contents.extend(signed(draft(header(), BODY, os.urandom), us.ann, us.bob) for _ in range(count)),
            count,
        ),
        "check": rate(
            lambda: released.extend(officers.release(item, me, us.suites, load_registry(), NOW) for item in contents),
            count,
        ),
        "seal": rate(lambda: sealed.extend(seal_all(released, us, mx)), count),
        "open": rate(lambda: open_all(sealed, us, mx), count),
        "bytes": len(sealed[0].wire),
    }


def attachments() -> dict[str, float]:
    blocks = [os.urandom(1024 * 1024)] * (FILE // 1024 // 1024)
    pieces: list[bytes] = []
    start = time.process_time()
    made = encrypt(blocks, pieces.append, name="x", media="application/octet-stream")
    middle = time.process_time()
    for _ in decrypt(made, pieces):
        pass
    end = time.process_time()
    return {"encrypt": FILE / 1e6 / (middle - start), "decrypt": FILE / 1e6 / (end - middle)}


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    load_registry().check(draft(header(), BODY, os.urandom))  # compile the validator once, before anything is timed
    results = {suite: measure(suite, count) for suite in ("S1", "S2", "S3")}
    print(f"messages of 4 KiB a second, {count} of them")
    print(f"{'suite':6}{'2 officers sign':>16}{'check':>10}{'seal':>10}{'open':>10}{'bytes':>10}")
    for suite, row in results.items():
        print(f"{suite:6}{row['sign']:>16,.0f}{''.join(f'{row[name]:>10,.0f}' for name in COLUMNS)}")
    speed = attachments()
    print(f"attachments: encrypt {speed['encrypt']:,.0f} MB/s, decrypt {speed['decrypt']:,.0f} MB/s")
    print(json.dumps({"messages": results, "attachments": speed}))


if __name__ == "__main__":
    main()
