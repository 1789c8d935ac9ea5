"""Casework: what a desk may do with notifications, incidents, requests, cases and undertakings, and who may do it.

Pure: `transition(state, command, by, now)` gives the new state and the events, and reads no clock. What is allowed in
which state, who may do it and what it sends is data (`machines/*.yaml`); the pages draw the same tables.
"""
