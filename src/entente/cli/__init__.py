"""The `entente` command. Commands parse, call one room and print; they hold no rules."""

from entente.cli.app import main

__all__ = ["main"]
