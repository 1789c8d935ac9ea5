"""What can go wrong between this node and the server of a peer."""

from __future__ import annotations

from entente.errors import EntenteError


class WireError(EntenteError):
    """A peer could not be reached, or did not answer as it must. What was to be sent waits in the outbox."""

    exit_code = 4


class PinError(WireError):
    """The server that answered has another key than the peer's server, as it was paired."""


class RefusedError(WireError):
    """The peer's server answered, and refused. `code` is its word for why (docs/envelope.md)."""

    def __init__(self, message: str, *, remedy: str, code: str = "refused") -> None:
        super().__init__(message, remedy=remedy)
        self.code = code

    def __reduce__(self) -> tuple[object, ...]:
        return _again, (self.message, self.remedy, self.code)


def _again(message: str, remedy: str, code: str) -> RefusedError:
    return RefusedError(message, remedy=remedy, code=code)
