"""What a paired peer can ask for: a meeting (a bundle for a bundle), and single things by their number or digest.

Every operation may be asked for again at any time and does the same again. The gate has checked who asks.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from typing import Annotated, Any

from asgiref.sync import sync_to_async
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI, Path, Query

from entente.exchange.bundle import read_bundle, write_bundle
from entente.exchange.channel import Channel
from entente.exchange.channel_errors import SuspendedError, WrongdoingError
from entente.exchange.channel_parcel import pack
from entente.exchange.channel_pieces import give_piece
from entente.exchange.errors import AttachmentError, ExchangeError
from entente.exchange.ledger.errors import RestoreError
from entente.exchange.outbox import pull
from entente.exchange.receipts import sign_rejection
from entente.exchange.store import Way
from entente.node.wire.gate import CALL, Call
from entente.node.wire.refusal import Refusal
from entente.node.wire.terms import BUNDLE, FRAME, MOST, MOST_BYTES, MOST_ENTRIES, PIECE, PREFIX, RECEIPT, REFUSAL

_LARGEST = 2**53 - 1
_RANGE = re.compile(r"bytes=(\d{1,9})-(\d{1,9})?")


def _answers(*media: str, status: int = 200) -> dict[int, Any]:
    """What an operation says of its answers in OpenAPI."""
    binary = {"schema": {"type": "string", "contentEncoding": "binary"}}
    return {status: {"description": "What was asked for", "content": dict.fromkeys(media, binary)}}


_REFUSALS: dict[int, Any] = {
    status: {
        "description": why,
        "content": {
            REFUSAL: {
                "schema": {
                    "type": "object",
                    "required": ["code", "note"],
                    "additionalProperties": False,
                    "properties": {"code": {"type": "string"}, "note": {"type": "string"}},
                }
            }
        },
    }
    for status, why in {
        400: "Not well-formed, or signed for something else; the note is signed",
        401: "Not signed by a confirmed peer",
        403: "Not now: cooperation is suspended; the note is signed",
        404: "There is no such thing",
        405: "No such method",
        408: "The body did not come",
        409: "What was shown proves that its signer broke its word; the note is signed",
        411: "The length of the body must be told",
        413: "Too large",
        416: "No such range",
        422: "Refused; the note is signed",
        429: "Too much at once for one peer: come again",
        503: "Too much at once, or restored and waiting: come again",
    }.items()
}

api = NinjaAPI(
    title="Entente: exchange between nodes",
    version="1",
    description="Every request carries the header `Entente-Request`; see docs/sync.md.",
    docs_url=None,
    openapi_url=None,
    urls_namespace="wire",
)

Sequence = Annotated[int, Path(ge=1, le=_LARGEST)]
Digest = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
Count = Annotated[int, Query(ge=0, le=MOST)]
Bytes = Annotated[int, Query(ge=0, le=MOST_BYTES)]


def _extra(*media: str, body: bool = False, part: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = {"responses": {**_answers(*media), **_REFUSALS}}
    if part:
        found["responses"] |= _answers(*media, status=206)
    if body:
        content = {BUNDLE: {"schema": {"type": "string", "contentEncoding": "binary"}}}
        found["requestBody"] = {"required": True, "content": content}
    return found


_THREADS = ThreadPoolExecutor(4, thread_name_prefix="wire")
"""All work is done in these few threads: a thread for each request would each keep memory of its own."""


def _worker(view: Callable[..., HttpResponse]) -> Callable[..., Awaitable[HttpResponse]]:
    """Answer in one of the threads; what is refused there is said in the one shape."""

    @wraps(view)
    async def run(request: HttpRequest, **given: Any) -> HttpResponse:
        work = sync_to_async(_work, thread_sensitive=False, executor=_THREADS)
        return await work(view, request, given)

    return run


def _work(view: Callable[..., HttpResponse], request: HttpRequest, given: dict[str, Any]) -> HttpResponse:
    close_old_connections()
    try:
        return view(request, **given)
    except Refusal as refusal:
        return _refuse(refusal)
    except ExchangeError as error:
        return _explain(request, error)
    finally:
        close_old_connections()


@api.post("/parcels", operation_id="meet", openapi_extra=_extra(BUNDLE, body=True))
@_worker
def post_parcel(request: HttpRequest, most: Count = MOST, most_bytes: Bytes = MOST_BYTES) -> HttpResponse:
    """Meet: take in what the peer gives, and give what it lacks. Both are bundles."""
    call, end = _call(request)
    parcel = read_bundle(call.body, channel=end.id, sender=call.peer, recipient=call.node.name)
    call.node.take(call.peer, parcel)
    given = pack(call.node.parts.uow, end, most=most, most_bytes=most_bytes, most_entries=MOST_ENTRIES)
    data = write_bundle(given, channel=end.id, sender=call.node.name, recipient=call.peer)
    return _answer(data, BUNDLE)


@api.get("/frames/{sequence}", operation_id="frame", openapi_extra=_extra(FRAME))
@_worker
def get_frame(request: HttpRequest, sequence: Sequence) -> HttpResponse:
    """A frame that this node sent to the peer."""
    call, end = _call(request)
    found = pull(call.node.parts.uow, end, sequence - 1, most=1)
    return _answer(_there(found), FRAME)


@api.get("/receipts/{sequence}", operation_id="receipt", openapi_extra=_extra(RECEIPT))
@_worker
def get_receipt(request: HttpRequest, sequence: Sequence) -> HttpResponse:
    """The receipt for a frame that the peer sent."""
    call, end = _call(request)
    with call.node.parts.uow.transaction(end.id) as tx:
        found = tx.receipts(Way.TAKEN, sequence, sequence + 1)
    return _answer(_there(tuple(found.values())), RECEIPT)


@api.get("/pieces/{piece}", operation_id="piece", openapi_extra=_extra(PIECE, part=True))
@_worker
def get_piece(request: HttpRequest, piece: Digest) -> HttpResponse:
    """A piece of an attachment of a message that was sent to the peer; a range of it, to go on where it broke off."""
    call, end = _call(request)
    data = give_piece(call.node.parts.uow, end, piece)
    asked = request.headers.get("range")
    if asked is None:
        return _answer(data, PIECE)
    start, stop = _span(asked, len(data))
    answer = _answer(data[start:stop], PIECE, 206)
    answer["content-range"] = f"bytes {start}-{stop - 1}/{len(data)}"
    return answer


def _span(asked: str, size: int) -> tuple[int, int]:
    """The range that is asked for (RFC 9110, section 14): one, from a byte on."""
    found = _RANGE.fullmatch(asked)
    start = int(found[1]) if found else size
    stop = min(int(found[2]) + 1, size) if found and found[2] else size
    if start >= stop:
        raise Refusal(416, "range")
    return start, stop


def _refuse(refusal: Refusal) -> HttpResponse:
    return HttpResponse(refusal.body(), status=refusal.status, headers=refusal.headers)


def _explain(request: HttpRequest, error: ExchangeError) -> HttpResponse:
    """Tell the peer the code, signed; the sentence stays here."""
    call, end = _call(request)
    header = request.headers["Entente-Request"].encode("latin-1")
    note = "" if isinstance(error, RestoreError) else _note(header, error, call, end)
    status, retry = next((found for kind, *found in _STATUS if isinstance(error, kind)), (422, 0))
    return _refuse(Refusal(status, error.code, note, retry))


def _note(header: bytes, error: ExchangeError, call: Call, end: Channel) -> str:
    return sign_rejection(header, error.code, call.node.parts.clock(), end.log).decode()


_STATUS: tuple[tuple[type[ExchangeError], int, int], ...] = (
    (SuspendedError, 403, 0),
    (AttachmentError, 404, 0),
    (WrongdoingError, 409, 0),
    (RestoreError, 503, 60),
)


def _call(request: HttpRequest) -> tuple[Call, Channel]:
    call: Call = request.scope[CALL]  # type: ignore[attr-defined]
    return call, call.node.channel(call.peer)


def _there(found: tuple[bytes, ...]) -> bytes:
    if not found:
        raise Refusal(404, "missing")
    return found[0]


def _answer(data: bytes, media: str, status: int = 200) -> HttpResponse:
    return HttpResponse(
        data, content_type=media, status=status, headers={"cache-control": "no-store", "content-length": str(len(data))}
    )


def document() -> dict[str, Any]:
    """The OpenAPI 3.1 document of the endpoint."""
    return dict(api.get_openapi_schema(path_prefix=f"{PREFIX}/"))
