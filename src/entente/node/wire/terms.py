"""What both ends of the wire agree on: addresses, media types, and how much at once."""

from __future__ import annotations

PREFIX = "/entente/v1"
HEALTH = f"{PREFIX}/health"

BUNDLE = "application/vnd.entente.bundle"
FRAME = "application/vnd.entente.frame"
RECEIPT = "text/plain; charset=utf-8"
PIECE = "application/octet-stream"
REFUSAL = "application/vnd.entente.refusal+json"

MOST = 1024
"""The most frames in a meeting, each way; and receipts."""
MOST_BYTES = 8 * 1024 * 1024
"""The most bytes of the frames in a meeting, each way; one frame is given in any case."""
MOST_ENTRIES = 4096
"""The most entries of each log that are shown in a meeting."""
BODY_LIMIT = 32 * 1024 * 1024
"""The most bytes of a body, either way."""
