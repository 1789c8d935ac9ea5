"""Packages that show names of their modules, and read a module only when one of its names is asked for.

A process that maps a kernel needs three small modules of `records` and `substances`. To read all that these packages
show, with the libraries behind it, took it as long as everything else that it does before its first row.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import Any


class _Package(ModuleType):
    """A package whose names are fetched from its modules on first use (PEP 562 says how Python asks for them)."""

    _homes: Mapping[str, str]

    def __getattr__(self, name: str) -> Any:
        home = self._homes.get(name)
        if home is None:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{self.__name__}.{home}"), name)
        setattr(self, name, value)
        return value

    def __setattr__(self, name: str, value: object) -> None:
        # Python puts a module into its package under its own name; a name that the package shows comes first
        if isinstance(value, ModuleType) and self._homes.get(name) == name:
            value = getattr(value, name)
        super().__setattr__(name, value)


def show(package: str, modules: Mapping[str, str]) -> None:
    """Let a package show names without reading their modules.

    Args:
        package: its `__name__`.
        modules: names of each module, parted by spaces.
    """
    shown = sys.modules[package]
    shown.__dict__["_homes"] = {name: module for module, names in modules.items() for name in names.split()}
    shown.__class__ = _Package
