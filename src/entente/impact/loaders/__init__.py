"""Loaders of official files as their publishers ship them: file -> observations, every row accounted for."""

from __future__ import annotations

from entente.impact.loaders.base import Account, Loaded, Release, load
from entente.impact.loaders.layouts import LAYOUTS, SOURCES

__all__ = ["LAYOUTS", "SOURCES", "Account", "Loaded", "Release", "load"]
