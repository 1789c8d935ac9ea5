"""Use cases of the desk that are killed at every write: each is done wholly or not at all, and can be done again."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from casework_data import NOTIFICATION
from desk_checks import check
from desk_people import SAID, Desk, desk, notify, talk
from entente.node.errors import StoreError
from entente.node.services.desk import acting, erasing, leads, opening, releasing
from entente.node.store.desk_models import AccountLeaf
from leads_runs import lead, reason, write_run
from ledger_toy import PowerCutError
from node_crash import Disk, apart
from node_people import CN, MX, offices

Act = Callable[[], Any]
MOST = 500


@dataclass
class Scene:
    """Two desks before an act of one of them."""

    mx: Desk
    cn: Desk
    folder: Path


def _begin(scene: Scene) -> tuple[Desk, Act]:
    mx, data = scene.mx, {**NOTIFICATION, "counterpart": CN}
    return mx, lambda: opening.begin(mx.parts, mx.who("Ann"), "notification", "draft", data).object


def _act(scene: Scene) -> tuple[Desk, Act]:
    mx = scene.mx
    name = mx.begin("case", "open", {"title": "x", "purpose": "y"})
    return mx, lambda: acting.act(mx.parts, mx.who("Ann"), name, "add", {"kind": "note", "text": "?"}).events


def _release(scene: Scene) -> tuple[Desk, Act]:
    mx = scene.mx
    name = mx.begin("notification", "draft", {**NOTIFICATION, "counterpart": CN})
    act = releasing.prepare(mx.parts, mx.who("Ann"), name, "release", said=SAID)
    mx.sign(act.id, ("Ann",))
    return mx, lambda: releasing.sign(mx.parts, mx.who("Bob"), act.id, mx.keys["Bob"]).outcome


def _take(scene: Scene) -> tuple[Desk, Act]:
    mx, cn = scene.mx, scene.cn
    notify(mx, CN)
    cn.office.node.take(MX, mx.office.node.give(CN))
    notify(mx, CN, number="MX-2")
    parcel = mx.office.node.give(CN)
    return cn, lambda: len(cn.office.node.take(MX, parcel).taken)


def _follow(scene: Scene) -> tuple[Desk, Act]:
    mx, cn = scene.mx, scene.cn
    notify(mx, CN)
    for _ in range(2):
        cn.office.node.take(MX, mx.office.node.give(CN))
        parcel = cn.office.node.give(MX)
        if not parcel.receipts:
            mx.office.node.take(CN, parcel)
    return mx, lambda: len(mx.office.node.take(CN, parcel).taken)


def _erase(scene: Scene) -> tuple[Desk, Act]:
    mx = scene.mx
    name = mx.begin("case", "open", {"title": "x", "purpose": "y"})
    mx.act(name, "set-aside", {"reason": "?"})
    act = erasing.prepare(mx.parts, mx.who("Bob"), name, "retention")
    mx.sign(act.id, ("Bob",))
    mx.sign(_second(mx), ("Ida", "Joe"))
    return mx, lambda: releasing.sign(mx.parts, mx.who("Ann"), act.id, mx.keys["Ann"]).outcome


def _second(mx: Desk) -> str:
    """Ann becomes a releasing officer too."""
    from entente.node.services.desk import people
    from entente.node.services.desk.rules import Role

    return people.prepare_grant(mx.parts, mx.who("Ida"), "Ann", [Role.RELEASING]).id


def _import(scene: Scene) -> tuple[Desk, Act]:
    mx, folder = scene.mx, scene.folder / "run"
    write_run(folder, [lead(number, [reason("R1", "hit")]) for number in range(1, 6)])
    return mx, lambda: leads.import_run(mx.parts, mx.who("Ann"), folder).leads


ACTS = {
    "begin": _begin,
    "act": _act,
    "release": _release,
    "take": _take,
    "follow": _follow,
    "erase": _erase,
    "import": _import,
}


def kill_at_every_point(scene: Scene, name: str, *, step: int = 1, start: int = 0) -> int:
    """Kill an act before its first write, its second, and so on, until it is done; how often it was killed."""
    one, work = ACTS[name](scene)
    disk, chance = Disk(one.parts.home.path), random.Random(name)
    before = AccountLeaf.objects.using(one.alias).count()
    deaths = 0
    for cut in range(start, MOST, step):
        try:
            apart(work, cut, disk.log, full=cut % 5 == 4)
        except (PowerCutError, StoreError):
            deaths += 1
        else:
            break
        finally:
            disk.replay()
            disk.cut_power(chance)
        connections.close_all()
        check(one)
        if name != "import" and AccountLeaf.objects.using(one.alias).count() != before:
            break  # it was killed behind its commit
    else:
        pytest.fail(f"{name} was not done after {MOST} writes")
    connections.close_all()
    check(one)
    talk(scene.mx, scene.cn)
    check(scene.mx)
    check(scene.cn)
    return deaths


@pytest.mark.parametrize(("name", "step"), [("release", 7), ("take", 9)])
def test_an_act_that_is_killed_is_done_wholly_or_not_at_all(tmp_path, name, step):
    made = offices(tmp_path, MX, CN)
    assert kill_at_every_point(Scene(desk(made[MX]), desk(made[CN]), tmp_path), name, step=step, start=2) > 1


@pytest.mark.soak
@pytest.mark.parametrize("name", list(ACTS))
def test_every_act_is_killed_at_every_write(tmp_path, databases, name):
    made = offices(tmp_path, MX, CN, databases=databases)
    assert kill_at_every_point(Scene(desk(made[MX]), desk(made[CN]), tmp_path), name) > 3
