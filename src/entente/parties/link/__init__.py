"""Linkage: mentions of many records to parties, with Splink on DuckDB, judgements kept and ids stable."""
