"""Start of Django in this process, once, and a plain word where the extra is not installed."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

from entente.errors import MissingComponentError

_NEEDED = ("django", "cryptography", "fastjsonschema")


def require_extra() -> None:
    """Return if what a node needs is installed.

    Raises:
        MissingComponentError: it is not.
    """
    if missing := [name for name in _NEEDED if find_spec(name) is None]:
        raise MissingComponentError(
            f"A node needs {missing[0]}, which is not installed.", remedy='Install it: pip install "entente[node]"'
        )


def default_home() -> Path:
    """The directory of the node that is meant when none is named: `ENTENTE_HOME`, else `~/.entente`."""
    return Path(os.environ.get("ENTENTE_HOME") or "~/.entente").expanduser()


def boot() -> None:
    """Make Django ready with the settings of this package, unless somebody has made it ready already.

    Raises:
        MissingComponentError: the extra is not installed.
    """
    require_extra()
    import django
    from django.apps import apps

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "entente.node.settings")
    if not apps.ready:
        django.setup()
