"""Parties: names across scripts, identifiers, watch lists, linkage."""
