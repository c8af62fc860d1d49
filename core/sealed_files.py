"""Files at rest: encrypted in chunks, so that memory stays flat, and so that a cut or shuffled file does not open.

Layout: `HJ1`, key id and file nonce, then chunks of (length, ciphertext, tag). Each chunk's associated data names the
context, its number and whether it is the last: a torn file has no last chunk.
"""

import io
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from django.conf import settings

from core.crypto import TAG, Unreadable, derive

MAGIC = b"HJ1"
CHUNK = 256 * 1024
FILE_NONCE = 8


def _cipher_key(kid: str) -> bytes:
    if kid not in settings.FIELD_KEYS:
        raise Unreadable(f"no field key named {kid}")
    return derive(settings.FIELD_KEYS[kid], "file")


def _mode(nonce: bytes, number: int, tag: bytes | None = None) -> modes.GCM:
    return modes.GCM(nonce + struct.pack(">I", number), tag)


def _bound_to(context: str, number: int, last: bool) -> bytes:
    return f"{context}\0{number}\0{int(last)}".encode()


class SealedWriter(io.RawIOBase):
    """Write plain bytes, the file gets sealed ones. Only close() makes the file whole; discard() leaves it torn."""

    def __init__(self, out: BinaryIO, context: str) -> None:
        self._out, self._context, self._number = out, context, 0
        kid = next(iter(settings.FIELD_KEYS))
        self._key, self._nonce, self._held = _cipher_key(kid), os.urandom(FILE_NONCE), bytearray()
        out.write(MAGIC + struct.pack(">B", len(kid)) + kid.encode() + self._nonce)

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._held += data
        while len(self._held) > CHUNK:  # one chunk is always held back: the last is marked as such
            self._put(bytes(self._held[:CHUNK]), last=False)
            del self._held[:CHUNK]
        return len(data)

    def _put(self, plain: bytes, *, last: bool) -> None:
        box = Cipher(algorithms.SM4(self._key), _mode(self._nonce, self._number)).encryptor()
        box.authenticate_additional_data(_bound_to(self._context, self._number, last))
        sealed = box.update(plain) + box.finalize()
        self._out.write(struct.pack(">I", len(sealed)) + sealed + box.tag)
        self._number += 1

    def close(self) -> None:
        if not self.closed:
            self._put(bytes(self._held), last=True)
        super().close()

    def discard(self) -> None:
        """Close without the last chunk: what was written so far will not open."""
        super().close()

    def __exit__(self, kind: type | None, *rest: object) -> None:
        self.discard() if kind else self.close()

    def __enter__(self) -> Self:
        return self


def opened(source: BinaryIO, context: str) -> Iterator[bytes]:
    """The plain chunks of a sealed file; Unreadable where it is torn, altered, or sealed for something else."""
    if source.read(len(MAGIC)) != MAGIC:
        raise Unreadable(context)
    kid = source.read(source.read(1)[0]).decode()
    nonce, key, number, last = source.read(FILE_NONCE), _cipher_key(kid), 0, False
    head = source.read(4)
    while not last:
        if len(head) < 4:
            raise Unreadable(f"{context}: torn")
        sealed, tag = source.read(struct.unpack(">I", head)[0]), source.read(TAG)
        head = source.read(4)
        last = not head
        try:
            box = Cipher(algorithms.SM4(key), _mode(nonce, number, tag)).decryptor()
            box.authenticate_additional_data(_bound_to(context, number, last))
            yield box.update(sealed) + box.finalize()
        except (InvalidTag, ValueError) as broken:
            raise Unreadable(f"{context}: chunk {number}") from broken
        number += 1


def seal_file(plain: Path, target: Path, context: str) -> None:
    """Encrypt a whole file beside its name and move it there once it is on the disk."""
    with open(plain, "rb") as source:
        _seal(iter(lambda: source.read(CHUNK), b""), target, context)


def seal_bytes(plain: bytes, target: Path, context: str) -> None:
    """The same for what is in memory; the folder is made."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _seal(iter([plain]), target, context)


def seal_again(sealed: Path, context: str) -> None:
    """The same file under the newest key, in its place; Unreadable: it does not open, and stays."""
    _seal(open_file(sealed, context), sealed, context)


def kid_of(sealed: Path) -> str:
    """Which key seals the file; "" if it is no sealed file."""
    with open(sealed, "rb") as source:
        head = source.read(len(MAGIC) + 1)
        known = head.startswith(MAGIC) and len(head) > len(MAGIC)
        return source.read(head[-1]).decode("ascii", "replace") if known else ""


def _seal(pieces: Iterator[bytes], target: Path, context: str) -> None:
    beside = target.with_name(target.name + ".part")
    try:
        with open(beside, "wb", opener=_private) as out:
            with SealedWriter(out, context) as sealed:
                for data in pieces:
                    sealed.write(data)
            out.flush()
            os.fsync(out.fileno())
        os.replace(beside, target)
    finally:
        beside.unlink(missing_ok=True)


def open_file(sealed: Path, context: str) -> Iterator[bytes]:
    """Plain chunks of a file on disk; the file is closed when the iterator is."""
    with open(sealed, "rb") as source:
        yield from opened(source, context)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
