"""How often a peer is asked whether operations overlap: whoever could ask without end could fish."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from entente.casework.model import Command, State
from entente.node.services.desk.access_cases import node_count
from entente.node.services.parts import Parts

PERIOD = timedelta(days=30)
MOST = 10
"""Queries to one peer in a period."""


def metered(parts: Parts, state: State, command: Command) -> Command:
    """The command with what the node counted, whatever was given; others stay as they are."""
    if (state.machine, command.name) != ("deconfliction", "ask"):
        return command
    used = node_count(parts.alias, state.counterpart or "", "ask", parts.clock() - PERIOD)
    return replace(command, data={**command.data, "used": used, "most": MOST})
