"""The extra `impact`: said in words where it is missing."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from importlib.util import find_spec
from typing import Any

from entente.errors import MissingComponentError

_MODULES = ("scipy", "statsmodels", "ruptures", "matplotlib", "typst")


def needs_impact(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let a command end with a remedy if the extra is not installed."""

    @wraps(command)
    def checked(*args: Any, **more: Any) -> Any:
        missing = [module for module in _MODULES if find_spec(module) is None]
        if missing:
            raise MissingComponentError(
                f"Effects and briefs need {', '.join(missing)}.",
                remedy="Install the extra: pip install 'entente[impact]'.",
            )
        return command(*args, **more)

    return checked
