"""Machine code from plain loops over arrays, by numba.

numba publishes no types for its decorator; here it gets one, so that what it decorates stays checked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from entente.errors import MissingComponentError

try:
    import numba
except ModuleNotFoundError as error:  # pragma: no cover - the tests run with every extra
    raise MissingComponentError(
        "The pattern miner needs numba.", remedy="Install it: pip install 'entente[money]'."
    ) from error

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile at the first call, keep the machine code beside the module, and run without the interpreter's lock."""
    return cast("Callable[P, R]", numba.njit(cache=True, nogil=True)(function))
