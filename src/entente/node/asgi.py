"""The node's exchange endpoint for an ASGI server of your own: `entente.node.asgi:application`.

`entente node serve` is the usual way, and sees to TLS 1.3 with the key that peers have pinned. Another server must do
that too: its certificate and key are `keys/tls.pem` and `keys/tls.key`. The node is the one in `ENTENTE_HOME`, and
`ENTENTE_PASSPHRASE_FILE` names the file with its passphrase.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from entente.node.boot import boot, default_home

boot()

from entente.node.errors import NodeError  # noqa: E402 - after boot
from entente.node.files import read_passphrase  # noqa: E402
from entente.node.home import Home  # noqa: E402
from entente.node.node import Node  # noqa: E402
from entente.node.wire.server import application as endpoint  # noqa: E402


def _passphrase() -> bytes:
    file = os.environ.get("ENTENTE_PASSPHRASE_FILE")
    if not file:
        raise NodeError(
            "The node's passphrase is needed.", remedy="Set ENTENTE_PASSPHRASE_FILE to a file that holds it."
        )
    return read_passphrase(Path(file))


_USED = Home(default_home()).used()
_USED.__enter__()  # until the process ends: what may not have company (restore, sweep) is refused meanwhile
application = endpoint(Node.open(default_home(), lambda: datetime.now(UTC), _passphrase(), environ=os.environ))
