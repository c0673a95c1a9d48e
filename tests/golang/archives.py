"""Zip archives written field by field, so that any of them can be wrong."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

STORED, DEFLATED = 0, 8


def deflate(data: bytes) -> bytes:
    """A raw DEFLATE stream."""
    engine = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return engine.compress(data) + engine.flush()


@dataclass(frozen=True)
class Member:
    """One file of an archive. What is None follows from the data."""

    name: str
    data: bytes = b""
    method: int = DEFLATED
    flags: int = 0
    body: bytes | None = None
    """The compressed bytes as they stand in the archive."""
    descriptor: bytes = b""
    crc32: int | None = None
    size: int | None = None
    compressed_size: int | None = None
    offset: int | None = None
    extra: bytes = b""
    comment: bytes = b""

    @property
    def stored_body(self) -> bytes:
        """The bytes after the local header."""
        if self.body is not None:
            return self.body
        return deflate(self.data) if self.method == DEFLATED else self.data

    def header(self, offset: int) -> bytes:
        """The central directory's header, for a local header at this offset."""
        name = self.name.encode("utf-8", "surrogateescape")
        return (
            struct.pack(
                "<IHHHHHHIIIHHHHHII",
                0x02014B50,
                20,
                20,
                self.flags,
                self.method,
                0,
                0,
                zlib.crc32(self.data) if self.crc32 is None else self.crc32,
                len(self.stored_body) if self.compressed_size is None else self.compressed_size,
                len(self.data) if self.size is None else self.size,
                len(name),
                len(self.extra),
                len(self.comment),
                0,
                0,
                0,
                offset if self.offset is None else self.offset,
            )
            + name
            + self.extra
            + self.comment
        )

    def local(self) -> bytes:
        """The local header, the content, and the data descriptor."""
        name = self.name.encode("utf-8", "surrogateescape")
        head = struct.pack(
            "<IHHHHHIIIHH", 0x04034B50, 20, self.flags, self.method, 0, 0, 0, 0, 0, len(name), 0
        )
        return head + name + self.stored_body + self.descriptor


def archive(
    *members: Member,
    before: bytes = b"",
    comment: bytes = b"",
    records: int | None = None,
    zip64: bool = False,
) -> bytes:
    """An archive of these members.

    ``before`` is put in front, and no offset allows for it; ``records`` overrides the number of entries;
    ``zip64`` puts the directory's place into a zip64 end record only.
    """
    body = bytearray()
    directory = bytearray()
    for member in members:
        directory += member.header(len(body))
        body += member.local()
    count = len(members) if records is None else records
    size, offset = len(directory), len(body)
    end = bytes(body + directory)
    if zip64:
        end += struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, count, count, size, offset)
        end += struct.pack("<IIQI", 0x07064B50, 0, len(before) + size + offset, 1)
        count, size, offset = 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF
    end += struct.pack(
        "<IHHHHIIH", 0x06054B50, 0, 0, count & 0xFFFF, count & 0xFFFF, size, offset, len(comment)
    )
    return before + end + comment
