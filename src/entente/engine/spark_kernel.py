"""What Spark's Python workers do: run a kernel over the Arrow batches of a partition.

The kernel travels as a file, as it does to the processes of the local engine, and every worker builds it once. Spark
turns an exception of a worker into a text, so an error that is meant for a person travels as a file as well.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pyarrow as pa

from entente.engine.parts import load_kernel
from entente.errors import EntenteError

_RAISED = ".raised"


@dataclass(frozen=True, slots=True)
class MapBatches:
    """Function for `mapInArrow`; `kernel` is the file that holds the pickled kernel."""

    kernel: Path

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Map the batches of one partition."""
        kernel = load_kernel(self.kernel)
        names = list(kernel.input_columns)
        try:
            for batch in batches:
                result = kernel(batch.select(names))
                if result.num_rows:
                    yield result
        except EntenteError as error:
            self.kernel.with_name(f"{uuid4().hex}{_RAISED}").write_bytes(pickle.dumps(error))
            raise


def raised(kernel: Path) -> EntenteError | None:
    """The error that a worker left beside the kernel's file, if one did."""
    for path in sorted(kernel.parent.glob(f"*{_RAISED}")):
        error: EntenteError = pickle.loads(path.read_bytes())  # noqa: S301 - our own file, in a folder of our own
        return error
    return None
