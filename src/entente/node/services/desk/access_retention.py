"""Reads of how long objects are kept."""

from __future__ import annotations

from collections.abc import Sequence

from entente.node.store.desk_models import LegalHold, RetentionRule


def days_of(alias: str, machine: str) -> int | None:
    """How many days an object of a machine is kept after it ended; None if two people have not said."""
    return RetentionRule.objects.using(alias).filter(machine=machine).values_list("days", flat=True).first()


def holds_on(alias: str, name: str) -> Sequence[int]:
    """Numbers of the legal holds that stand on an object."""
    rows = LegalHold.objects.using(alias).filter(object=name, lifted=None)
    return list(rows.order_by("pk").values_list("pk", flat=True))
