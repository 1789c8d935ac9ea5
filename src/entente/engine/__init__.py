"""Engines know two verbs: map a kernel over batches, and run SQL.

`base` says what an engine and a kernel are; `local` runs them on this machine (a process pool and DuckDB),
`spark` on a Spark cluster. Rules and kernels never know which one runs them.
"""

from entente.engine.base import Engine, Kernel, open_engine

__all__ = ["Engine", "Kernel", "open_engine"]
