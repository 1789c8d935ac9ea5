"""The temporal pattern miner: shapes that laundering leaves in transfers.

Each module finds one shape. All work on `Transfers`, look at accounts and times only (amounts need not be conserved,
and fees, currencies and channels change on the way), and bound their work: where a bound was reached, the result says
how often, so that nothing is left out in silence.
"""
