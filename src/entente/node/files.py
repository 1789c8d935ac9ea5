"""Small files of a node: whole or not at all, durable, and for the owner only."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from entente.errors import Place
from entente.node.errors import NodeError


def make_private_folder(path: Path) -> None:
    """A folder that only its owner can look into.

    Raises:
        NodeError: it is there and others can look into it, or it cannot be made.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise NodeError(f"{path} cannot be made: {error.strerror}.", remedy="Choose another directory.") from None
    check_private(path)


def check_private(path: Path) -> None:
    """Return if only its owner may read or write a file or folder.

    Raises:
        NodeError: others may too.
    """
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        wanted = "700" if path.is_dir() else "600"
        raise NodeError(
            f"Others than the owner may read or write {path} (mode {mode:03o}).",
            remedy=f"chmod {wanted} {path}. If somebody else may have read keys, replace them.",
        )


def write_private(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, and return when it is durable."""
    make_private_folder(path.parent)
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_private(path: Path) -> bytes:
    """The bytes of a file that only its owner may read.

    Raises:
        NodeError: it is not there, or others may read it.
    """
    try:
        check_private(path)
        return path.read_bytes()
    except OSError as error:
        raise NodeError(
            f"The file cannot be read: {error.strerror}.",
            remedy="Restore it from a backup of the node's directory.",
            place=Place(file=str(path)),
        ) from None


def read_passphrase(path: Path) -> bytes:
    """The passphrase in a file, without the line end of its last line.

    Raises:
        NodeError: it cannot be read, others may read it, or it is empty.
    """
    text = read_private(path).rstrip(b"\r\n")
    if not text:
        raise NodeError(f"The passphrase file {path} is empty.", remedy="Write a passphrase into it.")
    return text


def read_small(path: Path, most: int = 1024 * 1024) -> bytes:
    """The bytes of a file from somebody else, if it is not larger than such a file can be.

    Raises:
        NodeError: it cannot be read, or is too large.
    """
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise NodeError(
            f"The file cannot be read: {error.strerror}.", remedy="Name another file.", place=Place(file=str(path))
        ) from None
    if len(data) > most:
        raise NodeError("The file is too large.", remedy="Name another file.", place=Place(file=str(path)))
    return data
