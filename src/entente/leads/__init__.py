"""Hits and flags of the same parties, grouped and ranked, each with every reason and the records behind it.

`build` turns the tables of one screening into ranked leads; `report` writes them for a person; `calibrate` fits the
weights to what officers found. A score ranks and explains. It accuses nobody and blocks nothing.
"""
