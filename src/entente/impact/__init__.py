"""Did it work? Indicators with their vintages, effects that must pass gates, claims, and the brief.

The room is pure: files are named by the caller, the day and the random seed are arguments.
"""
