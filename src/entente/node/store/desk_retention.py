"""Holds, rules of retention and erasure, as rows. Under the desk's lock only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from entente.node.store import desk_rows, desk_vault
from entente.node.store.desk_models import CaseObject, LegalHold, RetentionRule


def put_hold(alias: str, name: str, reference: str, person: int, at: datetime) -> None:
    """Place a hold."""
    LegalHold.objects.using(alias).create(object=name, reference=reference[:200], placed=at, placed_by_id=person)


def copy_holds(alias: str, name: str, to: str) -> None:
    """Place the holds of an object, as far as they are not lifted, on another one."""
    rows = LegalHold.objects.using(alias).filter(object=name, lifted=None).order_by("pk")
    for reference, person, at in list(rows.values_list("reference", "placed_by_id", "placed")):
        put_hold(alias, to, reference, person, at)


def lift_holds(alias: str, name: str, holds: Sequence[int], by: tuple[int, int], at: datetime) -> None:
    """Lift some holds of an object, by their numbers; others stay."""
    rows = LegalHold.objects.using(alias).filter(pk__in=holds, object=name, lifted=None)
    rows.update(lifted=at, first_id=by[0], second_id=by[1])


def put_rule(alias: str, machine: str, days: int, by: tuple[int, int]) -> None:
    """Set how long objects of a machine are kept."""
    values = {"days": days, "first_id": by[0], "second_id": by[1]}
    RetentionRule.objects.using(alias).update_or_create(machine=machine, defaults=values)


def erase(alias: str, name: str, at: datetime) -> None:
    """Shred an object: its key goes, what is left says that it was."""
    desk_vault.destroy(alias, desk_rows.KIND, name)
    CaseObject.objects.using(alias).filter(pk=name).update(erased=at, due=None, wake=None)
