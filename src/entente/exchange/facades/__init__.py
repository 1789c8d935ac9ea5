"""Read-only facades: what was exchanged, in the forms that other tools read.

A facade shows and never acts. Nothing is written without a permit that was derived from the item's own marking
(`clearing.clear`), and the marking goes with every object. A facade carries no signatures: what proves anything is the
message in the ledger, whose id every object names.
"""
