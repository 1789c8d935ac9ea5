"""An encrypted archive: a tar stream under Cobblestone-256 (C2SP chunked-encryption), with a key of its own.

    12 bytes  "ENTBACKUP", 0, 0 and the version 1
    32 bytes  salt
    the rest  the stream; its key is HKDF-SHA256 of the secret in `keys/unlock.json` and the salt

Every chunk is authenticated before anything of it is used, and an archive that was cut short does not end. Nothing is
unpacked by name: the reader of an archive asks for what it knows.
"""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from entente.errors import Place
from entente.node.errors import BackupError
from entente.node.files import sync_folder

MAGIC = b"ENTBACKUP\x00\x00\x01"
_SALT = 32
_CONTEXT = b"entente backup 1"
_BLOCK = 256 * 1024


class Archive:
    """Takes the members of a new archive."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar

    def add(self, name: str, data: bytes) -> None:
        """Add a member from memory."""
        self._add(name, io.BytesIO(data), len(data))

    def add_file(self, name: str, path: Path) -> None:
        """Add a member from a file, in bounded memory.

        Raises:
            FileNotFoundError: it is not there.
        """
        with path.open("rb") as file:
            self._add(name, file, os.fstat(file.fileno()).st_size)

    def _add(self, name: str, file: IO[bytes], size: int) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mode = size, 0o600
        self._tar.addfile(info, file)


@contextmanager
def writing(path: Path, secret: bytes) -> Iterator[Archive]:
    """A new archive, for its owner only; it is there when it is whole and durable, and not before.

    Raises:
        BackupError: the file is there already, or cannot be written.
    """
    if path.exists():
        raise BackupError(f"{path} is there already.", remedy="Name another file.")
    new = path.with_name(f".{path.name}.part")
    try:
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as file:
            sink = _Sink(file, secret)
            with tarfile.open(fileobj=sink, mode="w|", bufsize=_BLOCK) as tar:
                yield Archive(tar)
            sink.finish()
            os.fsync(handle)
        new.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise BackupError(
            f"The backup cannot be written: {error.strerror}.",
            remedy="Make room, or name another place.",
            place=Place(file=str(path)),
        ) from error
    finally:
        new.unlink(missing_ok=True)


class _Sink(io.RawIOBase):
    """Encrypts what is written to it."""

    def __init__(self, file: IO[bytes], secret: bytes) -> None:
        salt = os.urandom(_SALT)
        self._file, self._cipher = file, Cobblestone256Encryptor(_key(secret, salt), _CONTEXT)
        file.write(MAGIC + salt)

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: Any) -> int:
        """Encrypt some bytes."""
        self._file.write(self._cipher.update(bytes(data)))
        return len(data)

    def finish(self) -> None:
        """Write the end of the stream."""
        self._file.write(self._cipher.finalize())
        self._file.flush()


@contextmanager
def reading(path: Path, secret: bytes) -> Iterator[Iterator[tuple[str, IO[bytes]]]]:
    """The members of an archive, in order, each to be read before the next.

    Raises:
        BackupError: it is none, is damaged or cut short, or is another node's.
    """
    try:
        with path.open("rb") as file:
            source = _Source(file, secret)
            with tarfile.open(fileobj=source, mode="r|", bufsize=_BLOCK) as tar:
                yield _members(tar)
            source.finish()
    except (InvalidTag, tarfile.TarError, EOFError, ValueError) as error:
        raise _damaged(path, error) from None
    except OSError as error:
        raise BackupError(
            f"The backup cannot be read: {error.strerror}.", remedy="Name another file.", place=Place(file=str(path))
        ) from error


def _members(tar: tarfile.TarFile) -> Iterator[tuple[str, IO[bytes]]]:
    for info in tar:
        file = tar.extractfile(info)
        if file is None:
            raise tarfile.TarError("a member is no file")
        yield info.name, file


class _Source(io.RawIOBase):
    """Decrypts what is read from it."""

    def __init__(self, file: IO[bytes], secret: bytes) -> None:
        head = file.read(len(MAGIC) + _SALT)
        if len(head) != len(MAGIC) + _SALT or not head.startswith(MAGIC):
            raise ValueError("no backup of a known version")
        self._file = file
        self._cipher: Any = Cobblestone256Decryptor(_key(secret, head[len(MAGIC) :]), _CONTEXT)
        self._held, self._ended = bytearray(), False

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Some decrypted bytes."""
        while not self._ended and (size < 0 or len(self._held) < size):
            block = self._file.read(_BLOCK)
            self._held += self._cipher.update(block) if block else self._cipher.finalize()
            self._ended = not block
        size = len(self._held) if size < 0 else size
        data = bytes(self._held[:size])
        del self._held[:size]
        return data

    def finish(self) -> None:
        """Read to the end, so that a cut is seen."""
        while self.read(_BLOCK):
            pass


def _key(secret: bytes, salt: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt, _CONTEXT).derive(secret)


def _damaged(path: Path, error: Exception) -> BackupError:
    detail = f" ({error})" if str(error) else ""
    return BackupError(
        f"This is no backup of the node with these keys, or it is damaged or cut short{detail}.",
        remedy="Use the keys of the node it was made from, or another copy of the backup.",
        place=Place(file=str(path)),
    )
