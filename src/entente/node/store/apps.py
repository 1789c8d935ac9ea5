"""The Django application of the store."""

from __future__ import annotations

from django.apps import AppConfig


class StoreConfig(AppConfig):
    """Label and place of the tables."""

    name = "entente.node.store"
    label = "store"
    verbose_name = "Entente store"
