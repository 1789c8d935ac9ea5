"""A bundle: a parcel as one file for a removable medium.

It is a zip with stored members, and it has one spelling: what is read is written again and must give the same bytes.
So nothing can hide between, before or behind the members, no name can be other than it looks, no member can be
compressed, encrypted, doubled or in another place. Nothing is ever unpacked to a folder, and no name becomes a path.

    manifest.json             who to whom; size and SHA-256 of every member
    contact.json, contact.note
    frames/000000000001 ...   in the order of their sequence
    receipts/000000000001 ... by the sequence of the frame they are for
    rejections/000000000001 ..
    pieces/000000000001 ...   of attachments

A copy that was cut short is refused as a whole. A bundle can be taken in any number of times; what does not fit into
one goes into the next. It is acknowledged by the bundle that comes back, which carries the receipts.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Mapping

from entente.errors import Place
from entente.exchange import strict
from entente.exchange.channel_errors import BundleError
from entente.exchange.channel_parcel import Parcel
from entente.exchange.errors import OversizedError
from entente.exchange.frame import digest

LIMIT = 256 * 1024 * 1024
"""The most bytes of a bundle; all of it is held in memory."""
MOST_MEMBERS = 4096
_FORMAT = "entente.bundle/1"
_MANIFEST, _CONTACT, _NOTE = "manifest.json", "contact.json", "contact.note"
_NAME = re.compile(r"contact\.json|contact\.note|(?:frames|receipts|rejections|pieces)/[0-9]{12}")
_MANIFEST_LIMIT = 1024 * 1024
_DATE = (1980, 1, 1, 0, 0, 0)
_BROKEN = (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError, OSError, struct.error)


def write_bundle(parcel: Parcel, *, channel: str, sender: str, recipient: str) -> bytes:
    """A parcel as a file.

    Raises:
        OversizedError: more than one bundle may hold; pack less.
    """
    members = {_CONTACT: parcel.contact}
    if parcel.note is not None:
        members[_NOTE] = parcel.note
    members |= {f"frames/{number:012d}": data for number, data in enumerate(parcel.frames, 1)}
    members |= {f"receipts/{sequence:012d}": data for sequence, data in parcel.receipts}
    members |= {f"rejections/{number:012d}": data for number, data in enumerate(parcel.rejections, 1)}
    members |= {f"pieces/{number:012d}": data for number, data in enumerate(parcel.pieces, 1)}
    manifest = {
        "channel": channel,
        "format": _FORMAT,
        "from": sender,
        "members": {name: {"sha256": digest(data), "size": len(data)} for name, data in members.items()},
        "to": recipient,
    }
    data = _zip({_MANIFEST: strict.write_object(manifest), **members})
    if len(data) > LIMIT or len(members) >= MOST_MEMBERS:
        raise OversizedError("This is more than one bundle may hold.", remedy="Put less into one bundle.")
    return data


def read_bundle(data: bytes, *, channel: str, sender: str, recipient: str) -> Parcel:
    """The parcel in a file from a medium.

    Raises:
        OversizedError: it is larger than a bundle may be, or would be if it were unpacked.
        BundleError: it is no bundle, is damaged, or is of another channel or direction.
    """
    if len(data) > LIMIT:
        raise OversizedError("The file is larger than a bundle may be.")
    members = _members(data)
    if _MANIFEST not in members:
        raise BundleError("The file is a zip without what a bundle has.")
    manifest = strict.read_object(members.pop(_MANIFEST), limit=_MANIFEST_LIMIT, what="manifest")
    expected = {"channel": channel, "format": _FORMAT, "from": sender, "to": recipient}
    if any(manifest.get(name) != value for name, value in expected.items()):
        raise BundleError("The bundle is not from this peer to this node.")
    _check_digests(manifest, members)
    return Parcel(
        contact=members[_CONTACT],
        note=members.get(_NOTE),
        frames=_of(members, "frames/"),
        receipts=tuple(
            (int(name.removeprefix("receipts/")), content)
            for name, content in members.items()
            if name.startswith("receipts/")
        ),
        rejections=_of(members, "rejections/"),
        pieces=_of(members, "pieces/"),
    )


def _of(members: Mapping[str, bytes], folder: str) -> tuple[bytes, ...]:
    return tuple(content for name, content in members.items() if name.startswith(folder))


def _members(data: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            _check_infos(infos, len(data))
            members = {info.filename: archive.read(info) for info in infos}
    except _BROKEN:
        raise BundleError("The file is no bundle, or it is cut short or damaged.") from None
    if _zip(members) != data:
        raise BundleError("The file has something in it that a bundle has not.")
    return members


def _check_infos(infos: list[zipfile.ZipInfo], size: int) -> None:
    """Before anything is read: how many, which names, and that nothing grows."""
    if len(infos) > MOST_MEMBERS or sum(info.file_size for info in infos) > size:
        raise OversizedError("The bundle would grow when it is unpacked, or has too many members.")
    for info in infos:
        if info.filename != _MANIFEST and not _NAME.fullmatch(info.orig_filename):
            raise BundleError(f"A bundle has no member {info.orig_filename[:80]!r}.")
        if info.compress_type != zipfile.ZIP_STORED or info.flag_bits:
            raise BundleError("A member of the bundle is compressed or encrypted.", place=Place(field=info.filename))
    if len({info.filename for info in infos}) != len(infos):
        raise BundleError("A member stands in the bundle twice.")


def _check_digests(manifest: Mapping[str, object], members: Mapping[str, bytes]) -> None:
    found = {name: {"sha256": digest(data), "size": len(data)} for name, data in members.items()}
    if manifest.get("members") != found or _CONTACT not in members:
        raise BundleError("The members of the bundle are not those of its manifest.")


def _zip(members: Mapping[str, bytes]) -> bytes:
    """The one spelling, by the names in the order of the manifest first, then sorted."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED, allowZip64=False) as archive:
        for name in sorted(members, key=lambda name: (name != _MANIFEST, name)):
            info = zipfile.ZipInfo(name, _DATE)
            info.create_system, info.external_attr = 3, 0o600 << 16
            archive.writestr(info, members[name])
    return target.getvalue()
