"""What is allowed in private matches with each peer: `match.toml` in the node's directory. Nothing is, without it.

[peers.mx-pgr]
persons = false          # natural persons; each run needs a case all the same
most = 10000             # elements of a set
window_days = 30         # how long an element counts against a budget
overlap_percent = 50     # of the smaller of two own sets that both may have
life_days = 90           # how long a run may last
kinds = ["identifier", "name-city"]

[peers.mx-pgr.budgets]   # purpose -> elements that each side may put in within the window
diversion = 50000
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from entente.errors import Place
from entente.exchange.match.controls import Policy
from entente.exchange.match.kinds import KINDS
from entente.node.errors import NodeError

FILE = "match.toml"
_MOST = 10_000_000


def read_policy(home: Path, peer: str) -> Policy:
    """The policy of one peer; one that allows nothing if none is written.

    Raises:
        NodeError: the file cannot be read, or a line is unknown or not good.
    """
    path = home / FILE
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Policy()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise NodeError(
            f"The policy of private matches cannot be read: {error}.",
            remedy="Correct the file.",
            place=Place(file=str(path)),
        ) from None
    peers = found.pop("peers", {})
    if found or not isinstance(peers, dict) or not all(isinstance(one, dict) for one in peers.values()):
        raise _wrong(path, "peers", f"Every line stands under a peer: [peers.{peer}].")
    for name, table in peers.items():  # a slip in the lines of another peer is found now, and not when it counts
        _check(path, name, table)
    return _policy(peers.get(peer, {}))


def _policy(table: Mapping[str, Any]) -> Policy:
    base = Policy()
    return Policy(
        budgets=dict(table.get("budgets", {})),
        window=timedelta(days=table.get("window_days", base.window.days)),
        most=table.get("most", base.most),
        overlap=table.get("overlap_percent", base.overlap // 10) * 10,
        kinds=frozenset(table.get("kinds", base.kinds)),
        persons=table.get("persons", base.persons),
        life=timedelta(days=table.get("life_days", base.life.days)),
    )


def _check(path: Path, peer: str, table: Mapping[str, Any]) -> None:
    for name, value in table.items():
        if name not in _GOOD:
            raise _wrong(path, f"peers.{peer}.{name}", f"The lines are: {', '.join(_GOOD)}.")
        good, remedy = _GOOD[name]
        if not good(value):
            raise _wrong(path, f"peers.{peer}.{name}", remedy)


def _wrong(path: Path, field: str, remedy: str) -> NodeError:
    return NodeError(
        f"{field!r} in the policy of private matches is not good.", remedy=remedy, place=Place(str(path), field=field)
    )


def _number(least: int, most: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and least <= value <= most


def _are_kinds(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) and one in KINDS for one in value)


def _are_budgets(value: Any) -> bool:
    return isinstance(value, dict) and all(name.strip() and _number(0, _MOST)(most) for name, most in value.items())


_GOOD: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "budgets": (_are_budgets, "Write a purpose and a number of elements, for example diversion = 50000."),
    "kinds": (_are_kinds, f"Write a list of some of: {', '.join(KINDS)}."),
    "life_days": (_number(1, 3650), "Write days, at least 1."),
    "most": (_number(1, _MOST), "Write a number of elements."),
    "overlap_percent": (_number(0, 100), "Write a percentage from 0 to 100."),
    "persons": (lambda value: isinstance(value, bool), "Write true or false."),
    "window_days": (_number(1, 3650), "Write days, at least 1."),
}
