"""Why a channel does not go on, or a medium is refused."""

from __future__ import annotations

from entente.exchange.errors import ExchangeError, MalformedError


class SuspendedError(ExchangeError):
    """Cooperation is suspended by a signed message; only what winds it up or resumes it may pass."""

    code = "suspended"
    usual_remedy = "Wait for the resumption, which only the authority that suspended can send."


class MirrorError(ExchangeError):
    """The entries that a peer shows do not make up the checkpoint that it signed."""

    code = "mirror"
    usual_remedy = "Ask the peer again; if it goes on, keep what came and ask out of band."


class WrongdoingError(ExchangeError):
    """The peer signed what proves that it broke its word.

    `kind` says how (`fork`, `rewrite`, `omission`, `frame-fork`); `evidence` is a file that a third party can check.
    """

    code = "wrongdoing"
    usual_remedy = "Keep the evidence file, and take it to the other authority and to a third party."

    def __init__(self, message: str, kind: str, evidence: bytes) -> None:
        super().__init__(message)
        self.kind = kind
        self.evidence = evidence

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.message, self.kind, self.evidence)


class BundleError(MalformedError):
    """A file from a medium is no bundle in its one spelling: cut short, changed, swapped, or with other names."""

    code = "bundle"
    usual_remedy = "Copy the file again. If it stays so, ask the peer for a new one and keep this as evidence."
