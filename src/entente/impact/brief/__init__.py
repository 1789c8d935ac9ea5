"""The brief for a meeting: one data object, printed by Typst as PDF and by Jinja as one HTML page."""
