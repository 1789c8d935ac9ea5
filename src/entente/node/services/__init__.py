"""Use cases of a node, one module each: the one place that opens a transaction."""
