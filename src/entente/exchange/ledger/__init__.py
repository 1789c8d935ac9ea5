"""Ledger: a log that only grows, what is signed about it, and what proves that somebody did not keep to it."""
