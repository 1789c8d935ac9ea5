"""One line to the server of a peer: signed requests over TLS 1.3 to the pinned key, patient, and in bounded memory."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

import httpx

from entente.exchange import strict
from entente.exchange.channel import Channel
from entente.exchange.errors import AttachmentError, ExchangeError
from entente.exchange.ledger.errors import LedgerError
from entente.exchange.receipts import open_rejection
from entente.exchange.requests import HEADER, sign_request
from entente.node.node import Node
from entente.node.wire.errors import RefusedError, WireError
from entente.node.wire.pinning import pinned_context
from entente.node.wire.terms import BODY_LIMIT, BUNDLE, PREFIX

TRIES = 6
LEAST_BYTES = 64 * 1024
"""Of frames in a meeting, however bad the connection is."""
_REFUSAL_LIMIT = 16 * 1024
_AGAIN = frozenset({408, 429, 503})
_LONGEST_WAIT = 60.0
_TIMEOUT = httpx.Timeout(60.0, connect=15.0)
_REACH = "Check the network and the peer's server; what waits is sent at the next meeting, or by bundle."
_WORDS = {
    "refused": "does not let this node in: it is not paired there, not confirmed, or its key is no longer good there",
    "clock": "refused: the clocks of the two nodes are more than ten minutes apart",
    "suspended": "refused: cooperation is suspended",
    "wrongdoing": "says that this node signed what contradicts its own history",
    "restore": "came back from a backup and waits for its other peers",
    "busy": "is busy",
    "oversized": "does not take that much at once",
}


class _AgainError(Exception):
    """It may work a little later; `wait` seconds if the peer said so; less at once if the connection `broke`."""

    def __init__(self, why: WireError, wait: float = 0.0, *, broken: bool = False) -> None:
        super().__init__(str(why))
        self.why, self.wait, self.broken = why, wait, broken


class Line:
    """The server of a peer; one connection that is kept.

    Args:
        node: this node, unlocked.
        peer: the name of a confirmed peer.
        url: where its server is; host and port count.
        pin: SHA-256 of its server's public key, in hexadecimal.
        tries: how often something is tried.
        sleep: waits so many seconds.
    """

    def __init__(
        self,
        node: Node,
        peer: str,
        url: str,
        pin: str,
        *,
        tries: int = TRIES,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if not url or not pin:
            raise WireError(f"{peer} has no server.", remedy="Exchange bundles instead: entente bundle export")
        self._node, self._peer, self._tries, self._sleep = node, peer, tries, sleep
        self._base = httpx.URL(url)
        self._http = httpx.Client(verify=pinned_context(pin), timeout=_TIMEOUT, trust_env=False, follow_redirects=False)

    def __enter__(self) -> Self:
        """The line."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up."""
        self._http.close()

    def meet(self, bundle: Callable[[int], bytes], most: int, most_bytes: int) -> bytes:
        """Give a bundle, and get one. Where a connection broke, less is tried, each way.

        Args:
            bundle: makes it, with at most so many bytes of frames.
            most: frames, and receipts.
            most_bytes: of frames.

        Raises:
            WireError: the peer could not be reached, refused, or is not who it was.
        """

        def once(broken: int) -> bytes:
            room = max(most_bytes >> 2 * broken, min(most_bytes, LEAST_BYTES))
            target = f"{PREFIX}/parcels?most={most}&most_bytes={room}"
            return self._once("POST", target, bundle(room), bytearray(), BODY_LIMIT)

        return self._patient(once)

    def piece(self, digest: str, size: int) -> bytes:
        """A piece of an attachment; where the connection breaks, it goes on from the last byte that came.

        Raises:
            AttachmentError: what came has another digest.
            WireError: as `meet`.
        """
        held = bytearray()

        def once(_: int) -> bytes:
            if hashlib.sha256(held).hexdigest() == digest:  # it broke behind the last byte
                return bytes(held)
            return self._once("GET", f"{PREFIX}/pieces/{digest}", b"", held, size)

        data = self._patient(once)
        if hashlib.sha256(data).hexdigest() != digest:
            raise AttachmentError("A piece that came is not the one that was asked for.")
        return data

    def _patient(self, once: Callable[[int], bytes]) -> bytes:
        """Try, and try again with growing pauses what may work later; a try is told how often a connection broke."""
        broken = 0
        for attempt in range(self._tries):
            try:
                return once(broken)
            except _AgainError as again:
                if attempt + 1 == self._tries or again.wait > _LONGEST_WAIT:
                    raise again.why from None
                broken += again.broken
                pause = min(2.0**attempt, _LONGEST_WAIT / 2) * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load
                self._sleep(max(again.wait, pause))
        raise AssertionError  # pragma: no cover - the last attempt returned or raised

    def _once(self, method: str, target: str, body: bytes, held: bytearray, limit: int) -> bytes:
        """One try. For `GET`, `held` keeps what came before the connection broke, and the rest is asked for."""
        end = self._node.channel(self._peer)
        signed = self._sign(end, method, target, body)
        headers = {HEADER: signed, **({"Range": f"bytes={len(held)}-"} if held else {})}
        if body:
            headers["Content-Type"] = BUNDLE
        url = self._base.copy_with(raw_path=target.encode())
        try:
            with self._http.stream(method, url, headers=headers, content=body or None) as answer:
                if answer.status_code not in {200, 206}:
                    raise self._refusal(answer, signed, end)
                if answer.status_code == 200:
                    held.clear()
                for chunk in answer.iter_raw():
                    held += chunk
                    if len(held) > limit:
                        raise WireError(
                            f"{self._peer} answers with more than it may.", remedy="Tell the peer's administrator."
                        )
        except (httpx.TransportError, OSError) as error:
            why = WireError(f"{self._peer} could not be reached: {_plain(error)}.", remedy=_REACH)
            raise _AgainError(why, broken=not isinstance(error, httpx.ConnectError)) from None
        return bytes(held)

    def _sign(self, end: Channel, method: str, target: str, body: bytes) -> str:
        parts = self._node.parts
        return sign_request(method, target, body, to=self._peer, node=end.node, at=parts.clock(), random=parts.random)

    def _refusal(self, answer: httpx.Response, signed: str, end: Channel) -> Exception:
        """What a refusal means. Its code is believed as it stands; whether it is signed is said."""
        code, note = "refused", ""
        with suppress(ExchangeError, httpx.TransportError):
            value = strict.read_object(_read(answer), limit=_REFUSAL_LIMIT, what="refusal")
            code, note = str(value.get("code")), str(value.get("note"))
        words = _WORDS.get(code, f"refused with the code {code!r} (status {answer.status_code})")
        proof = " (signed)" if self._is_signed(note, code, signed, end) else ""
        error = RefusedError(f"{self._peer} {words}{proof}.", remedy=_remedy(code), code=code)
        if answer.status_code in _AGAIN:
            return _AgainError(error, _seconds(answer.headers.get("retry-after", "")))
        return error

    def _is_signed(self, note: str, code: str, signed: str, end: Channel) -> bool:
        try:
            found = open_rejection(note.encode(), end.peer_log)
        except (LedgerError, ExchangeError):
            return False
        return (found.digest, found.code) == (hashlib.sha256(signed.encode()).hexdigest(), code)


def _read(answer: httpx.Response) -> bytes:
    data = bytearray()
    for chunk in answer.iter_raw():
        data += chunk
        if len(data) > _REFUSAL_LIMIT:
            break
    return bytes(data)


def _remedy(code: str) -> str:
    return {
        "clock": "Set the clock of both machines by the same time service.",
        "suspended": "Wait for the resumption, which only the authority that suspended can send.",
        "refused": "Ask the peer's person whether this node is confirmed there, and compare fingerprints.",
        "busy": "Try again in a minute.",
        "restore": "Try again when it has heard all its peers.",
    }.get(code, "Ask the peer's administrator, with the code and the time.")


def _seconds(text: str) -> float:
    return float(text) if text.isdigit() and len(text) < 6 else 0.0


def _plain(error: Exception) -> str:
    """An error of the network in few words."""
    kinds = ((httpx.TimeoutException, "no answer in time"), (httpx.ConnectError, "no connection"))
    found = next((words for kind, words in kinds if isinstance(error, kind)), "the connection broke")
    detail = str(error).split("(_ssl.c", maxsplit=1)[0].strip()
    return f"{found} ({detail})" if detail else found
