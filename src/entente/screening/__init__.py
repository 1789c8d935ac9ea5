"""Goods text to matches, matches to hits, rows to flags."""
