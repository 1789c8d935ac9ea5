"""The one shape of every answer that is not what was asked for."""

from __future__ import annotations

import json
from dataclasses import dataclass

from entente.node.wire.terms import REFUSAL


@dataclass
class Refusal(Exception):  # noqa: N818 - it is an answer, and no mistake of ours
    """An answer that is not what was asked for.

    Attributes:
        status: of HTTP.
        code: one word for why, as in docs/envelope.md or docs/sync.md.
        note: a rejection (`receipts.sign_rejection`) of the request, signed by this node; empty for strangers.
        retry: seconds after which it may be asked again; 0 if that changes nothing.
    """

    status: int
    code: str
    note: str = ""
    retry: int = 0

    @property
    def headers(self) -> dict[str, str]:
        """Headers of the answer."""
        found = {"content-type": REFUSAL, "cache-control": "no-store"}
        if self.retry:
            found["retry-after"] = str(self.retry)
        if self.status == 405:
            found["allow"] = "GET, POST"
        return found

    def body(self) -> bytes:
        """Its JSON: always the same two fields."""
        return json.dumps({"code": self.code, "note": self.note}).encode()


def stranger() -> Refusal:
    """For whoever is not paired, not confirmed or not who it says: the same answer, so nobody learns who is paired."""
    return Refusal(401, "refused")
