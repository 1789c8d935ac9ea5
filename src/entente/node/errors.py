"""What can be wrong with a node itself: its directory, its settings, its database, a backup."""

from __future__ import annotations

from entente.errors import EntenteError


class NodeError(EntenteError):
    """A node is not there, is not set up rightly, or cannot do now what was asked."""

    exit_code = 2


class StoreError(NodeError):
    """The database or the ciphertext of a node is not as it must be."""


class BackupError(NodeError):
    """A backup cannot be made, read or restored."""


class PairingError(NodeError):
    """A peer is not known, not confirmed, revoked, or its invitation is not one."""
