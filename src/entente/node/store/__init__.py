"""Tables of a node, and the unit of work over them."""
