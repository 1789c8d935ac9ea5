"""A node that is put back to old backups now and then, on a real store: nothing is signed twice, nothing is lost.

The same life as `Backups` of the exchange, with the real backup and restore, contents read at the end.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from entente.exchange.ledger.errors import RestoreError
from entente.exchange.store import Way
from entente.exchange.suites import builtin
from entente.node.home import Home
from entente.node.node import Node
from entente.node.services.backup import backup
from entente.node.services.restoring import restore
from entente.node.store import models
from exchange_people import NOW
from node_people import MX, PASS, US, Office, meet, offices


class Life:
    def __init__(self, folder: Path) -> None:
        self.folder, self.number = folder, 0
        made = offices(folder, US, MX)
        self.us, self.mx = made[US], made[MX]
        self.back_up()

    def send(self) -> None:
        self.us.send(MX)

    def answer(self) -> None:
        self.mx.send(US)

    def meet(self) -> None:
        meet(self.us, self.mx)

    def back_up(self) -> None:
        self.number += 1
        backup(self.us.node.parts, self.folder / f"b{self.number}", self.folder / f"k{self.number}")

    def restore(self) -> None:
        meet(self.us, self.mx, 2)
        keys = self.us.node.parts.home.keys
        self.us.node.close()
        home, file = Home(self.folder / f"r{random.random()}"), self.folder / f"b{self.number}"
        restore(file, home, keys, PASS, builtin(), lambda: NOW, keys_file=self.folder / f"k{self.number}")
        self.us = Office(Node.open(home.path, lambda: NOW, PASS), self.us.ann, self.us.bob)
        with pytest.raises(RestoreError):
            self.send()
        meet(self.us, self.mx, 3)


@pytest.mark.parametrize("seed", range(3))
def test_lives_with_old_backups(tmp_path, seed):
    life, chance = Life(tmp_path), random.Random(seed)
    for _ in range(25):
        acts = [life.send, life.answer, life.meet, life.back_up, life.restore]
        chance.choices(acts, [4, 4, 4, 1, 2])[0]()
    meet(life.us, life.mx, 4)
    for here, there in ((life.us, life.mx), (life.mx, life.us)):
        sent = here.node.messages(there.name, Way.SENT)
        taken = there.node.messages(here.name, Way.TAKEN)
        if here is life.mx:  # what was sent before a backup was lost is with the peer only
            assert [row.content for row in taken] == [row.content for row in sent]
        assert {row.content for row in sent} <= {row.content for row in taken}
        assert [row.sequence for row in taken] == list(range(1, len(taken) + 1))
        assert [row.refused for row in taken] == [""] * len(taken)
        assert [there.node.read(row).id for row in taken] == [row.content for row in taken]
        assert models.EvidenceFile.objects.using(here.node.parts.alias).count() == 0
    states = [status for one in (life.us, life.mx) for status in one.node.status()]
    assert [(status.waiting, status.signing) for status in states] == [(0, True)] * 2
    assert states[0].entries == states[1].mirrored == states[0].sent + states[0].taken
