"""A node: the Django project, the one store of the product, and what an authority's node does.

`settings` and `config` say how a node is set up, `home` is its directory, `store` the tables and the unit of work,
`services` the use cases (the one place that opens a transaction), and `node.Node` all of it as one object.
"""
