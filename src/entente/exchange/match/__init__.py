"""Private match: two authorities count, and then perhaps reveal, what both hold, without showing the rest."""
