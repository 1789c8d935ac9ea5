"""Reads of how long objects are kept."""

from __future__ import annotations

from entente.node.store.desk_models import RetentionRule


def days_of(alias: str, machine: str) -> int | None:
    """How many days an object of a machine is kept after it ended; None if two people have not said."""
    return RetentionRule.objects.using(alias).filter(machine=machine).values_list("days", flat=True).first()
