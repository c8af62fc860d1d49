"""A zip archive written as a stream and deflated by isal where it is installed (zipfile cannot change its deflate)."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

deflater: Callable[[], Any]
inflater: Callable[[], Any]
crc32: Callable[[bytes, int], int]
DeflateError: tuple[type[Exception], ...]
try:
    from isal import isal_zlib
except ImportError:
    crc32 = zlib.crc32
    DeflateError = (zlib.error,)

    def deflater() -> Any:
        return zlib.compressobj(4, zlib.DEFLATED, -15)

    def inflater() -> Any:
        return zlib.decompressobj(-15)
else:
    crc32 = isal_zlib.crc32
    DeflateError = (cast(type[Exception], isal_zlib.error),)

    def deflater() -> Any:
        return isal_zlib.compressobj(2, isal_zlib.DEFLATED, -15)

    def inflater() -> Any:
        return isal_zlib.decompressobj(-15)


_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_DATE = (2026 - 1980) << 9 | 1 << 5 | 1  # constant: the same rows make the same bytes


@dataclass
class _Member:
    name: bytes
    offset: int
    crc: int = 0
    packed: int = 0
    size: int = 0


class ZipStream:
    """Write members one after another into a seekable file; `finish` writes the directory. No member above 4 GB."""

    def __init__(self, out: BinaryIO) -> None:
        self.out = out
        self.members: list[_Member] = []
        self._deflate: Any = None

    def start(self, name: str) -> None:
        """Begin a member; `write` its bytes, then `end` it."""
        member = _Member(name.encode(), self.out.tell())
        self.members.append(member)
        self.out.write(self._local(member))
        self._deflate = deflater()

    def write(self, data: bytes) -> None:
        member = self.members[-1]
        member.crc = crc32(data, member.crc)
        member.size += len(data)
        packed = self._deflate.compress(data)
        if packed:
            member.packed += len(packed)
            self.out.write(packed)

    def end(self) -> None:
        member = self.members[-1]
        packed = self._deflate.flush()
        member.packed += len(packed)
        self.out.write(packed)
        if max(member.size, member.packed) >= 2**32:
            raise ValueError("a part of the workbook is larger than 4 GB")
        here = self.out.tell()
        self.out.seek(member.offset)
        self.out.write(self._local(member))
        self.out.seek(here, io.SEEK_SET)

    def add(self, name: str, data: bytes) -> None:
        self.start(name)
        self.write(data)
        self.end()

    def finish(self) -> None:
        begin = self.out.tell()
        for m in self.members:
            self.out.write(
                _CENTRAL.pack(
                    b"PK\1\2",
                    20,
                    20,
                    0x800,
                    8,
                    0,
                    _DATE,
                    m.crc,
                    m.packed,
                    m.size,
                    len(m.name),
                    0,
                    0,
                    0,
                    0,
                    0,
                    m.offset,
                )
                + m.name
            )
        count, size = len(self.members), self.out.tell() - begin
        self.out.write(_END.pack(b"PK\5\6", 0, 0, count, count, size, begin, 0))

    @staticmethod
    def _local(m: _Member) -> bytes:
        return (
            _LOCAL.pack(b"PK\3\4", 20, 0x800, 8, 0, _DATE, m.crc, m.packed, m.size, len(m.name), 0) + m.name
        )


def unpacked(path: Path, name: str) -> Iterator[bytes]:
    """The bytes of one member, in pieces; OSError at the end if they are not all there and as they were written."""
    with zipfile.ZipFile(path) as archive:
        member, raw, crc, size = archive.getinfo(name), archive.fp, 0, 0
        assert raw is not None
        raw.seek(member.header_offset + 30 + len(name.encode()))
        inflate, left = inflater(), member.compress_size
        while left and (packed := raw.read(min(left, 1 << 18))):
            left -= len(packed)
            piece = inflate.decompress(packed)
            crc, size = crc32(piece, crc), size + len(piece)
            yield piece
        if left or not inflate.eof or crc != member.CRC or size != member.file_size:
            raise OSError(f"{path.name}: what was written cannot be read back")
