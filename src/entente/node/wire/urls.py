"""Addresses of the exchange endpoint."""

from __future__ import annotations

from django.urls import path

from entente.node.wire.api import api
from entente.node.wire.terms import PREFIX

urlpatterns = [path(PREFIX.removeprefix("/") + "/", api.urls)]
