"""Entente: the shared system of a counternarcotics working group.

Each authority runs a node of its own. This package screens trade records against the law as it was on the
day of the shipment and hands on ranked leads. See ARCHITECTURE.md for the rooms and the direction of imports.
"""

__version__ = "0.1.0"
