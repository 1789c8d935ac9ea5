"""Watch lists: importers that keep version, date and provenance, and screening of mentions against them."""
