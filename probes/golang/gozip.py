"""Zip archives as Go's archive/zip reads them, verdict by verdict.

Python's zipfile cannot stand in for it: it trusts the entry count and the local headers where Go trusts
neither, refuses overlapping entries and duplicate names with words of its own, corrects data put before the
archive by another rule (Go first tries to do without), reads names as code page 437, and treats checksums
of zero, data descriptors and short or overlong contents differently. What go says about a damaged download
is exactly what these rules say, so they are restated here.

Source: archive/zip/reader.go NewReader, readDirectoryEnd, readDirectoryHeader, File.Open, checksumReader.
Nothing of an entry's content is kept: it streams, and it ends at one byte more than its declared size. A
small entry is read, inflated and checked in one go; the moment anything about it is odd, it takes the long
way like all others, whose words are Go's.
(Go's "zip: invalid comment length" has no counterpart: an end record whose comment does not fit is already
not found.)
"""

from __future__ import annotations

import io
import os
import stat
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from probes.golang import flate
from probes.golang.errors import GoError

ERR_FORMAT = "zip: not a valid zip file"
ERR_ALGORITHM = "zip: unsupported compression algorithm"
ERR_CHECKSUM = "zip: checksum error"
EOF = "EOF"
UNEXPECTED_EOF = flate.UNEXPECTED_EOF

STORED, DEFLATED = 0, 8
CHUNK = 1 << 16
WHOLE = 1 << 20
"""Bytes, packed and unpacked, up to which an entry is read at once: nearly every file of a module."""
_SLACK = 64
"""Bytes that a local header's extra field may have beside what the directory tells; else one more read."""

_DIRECTORY_HEADER = struct.Struct("<IHHHHHHIIIHHHHHII")
_LOCAL_HEADER = struct.Struct("<I22xHH")
_END = struct.Struct("<IHHHHIIH")
_LOCATOR_64 = struct.Struct("<IIQI")
_END_64 = struct.Struct("<IQHHIIQQQQ")

_DIRECTORY_SIGNATURE = 0x02014B50
_LOCAL_SIGNATURE = 0x04034B50
_DESCRIPTOR_SIGNATURE = b"PK\x07\x08"
_END_MAGIC = b"PK\x05\x06"
_LOCATOR_64_SIGNATURE = 0x07064B50
_END_64_SIGNATURE = 0x06064B50
_ZIP64_EXTRA = 1
_HAS_DESCRIPTOR = 0x8

_UNIX, _MAC_OS_X = 3, 19
_DOS = (0, 11, 14)
_DOS_DIRECTORY = 0x10
_KINDS = (stat.S_IFBLK, stat.S_IFCHR, stat.S_IFDIR, stat.S_IFIFO, stat.S_IFLNK, stat.S_IFSOCK)

_MAX16, _MAX32 = 0xFFFF, 0xFFFFFFFF
_MAX_INT64 = (1 << 63) - 1


def _int64(value: int) -> int:
    """Go's conversion to int64, and its overflow."""
    return (value + (1 << 63)) % (1 << 64) - (1 << 63)


@dataclass(frozen=True, slots=True)
class Source:
    """The archive's bytes."""

    file: BinaryIO
    size: int
    name: str = ""
    """The file's name, for the one error that the operating system's layer adds."""
    descriptor: int = -1
    """Of a file of the operating system, to be read at any place without moving in it; else -1."""

    @classmethod
    def of(cls, file: BinaryIO, size: int, name: str) -> Source:
        """The bytes of a file; what was written to it and not yet handed on goes out first."""
        if not isinstance(file, io.FileIO | io.BufferedReader | io.BufferedRandom):
            return cls(file, size, name)
        try:
            file.flush()
            return cls(file, size, name, file.fileno())
        except io.UnsupportedOperation:
            return cls(file, size, name)

    def read_at(self, offset: int, count: int) -> bytes:
        """Up to ``count`` bytes; fewer only at the end. Raises GoError for a negative offset."""
        if offset < 0:
            raise GoError(f"readat {self.name}: negative offset")
        if offset >= self.size:
            return b""
        count = min(count, self.size - offset)
        if self.descriptor >= 0 and not self.file.closed:
            return self._pread(offset, count)
        self.file.seek(offset)
        return self.file.read(count)

    def _pread(self, offset: int, count: int) -> bytes:
        data = os.pread(self.descriptor, count, offset)
        while len(data) < count:
            more = os.pread(self.descriptor, count - len(data), offset + len(data))
            if not more:
                break
            data += more
        return data

    def exactly(self, offset: int, count: int) -> bytes:
        """ReadAt into a buffer of ``count`` bytes. Raises GoError "EOF" when there are fewer."""
        data = self.read_at(offset, count)
        if len(data) < count:
            raise GoError(EOF)
        return data

    def section(self, start: int, count: int) -> Iterator[bytes]:
        """io.SectionReader: ``count`` bytes from ``start`` in chunks, or as many as there are.

        A count that, as an int64, is negative or overflows means "all that there is".
        """
        count = _int64(count)
        end = self.size if count < 0 else min(start + count, self.size)
        while start < end and (chunk := self.read_at(start, min(CHUNK, end - start))):
            start += len(chunk)
            yield chunk


@dataclass(frozen=True, slots=True)
class ZipEntry:
    """One entry of the central directory. Nothing in it has been compared with its local header."""

    name: str
    """As stored; bytes that are not UTF-8 are spelled with surrogate escapes."""
    flags: int
    method: int
    crc32: int
    compressed_size: int
    uncompressed_size: int
    """The declared size."""
    header_offset: int
    """Of the local header, from the start of the file; what a hostile archive says may be negative."""
    source: Source = field(repr=False, compare=False)
    kind: int = 0
    """What sort of file it says it is, as in stat.S_IFMT: S_IFLNK for a symbolic link, 0 for a plain one."""

    def open(self) -> Iterator[bytes]:
        """The decompressed content, in chunks.

        Raises GoError at once for what Go's File.Open returns (``EOF``, ``zip: not a valid zip file``,
        ``zip: unsupported compression algorithm``), and from the iterator for what reading returns
        (``zip: checksum error``, ``unexpected EOF``, ``flate: corrupt input before offset N``, and
        ``zip: not a valid zip file`` for more content than declared).
        """
        local = self.source.exactly(self.header_offset, 30)
        signature, name_size, extra_size = _LOCAL_HEADER.unpack(local)
        if signature != _LOCAL_SIGNATURE:
            raise GoError(ERR_FORMAT)
        body = self.header_offset + 30 + name_size + extra_size
        if self.name.endswith("/"):
            return self._directory()
        if self.method not in (STORED, DEFLATED):
            raise GoError(ERR_ALGORITHM)
        return self._checked(body)

    def whole(self) -> bytes | None:
        """The content of a small entry that is sound in every respect; None for all others, which ``open``
        judges."""
        size, packed, at = self.uncompressed_size, self.compressed_size, self.header_offset
        if not 0 <= size <= WHOLE or packed > WHOLE or at < 0 or self.name.endswith("/"):
            return None
        data = self.source.read_at(at, 30 + 2 * len(self.name) + _SLACK + packed + 16)
        if len(data) < 30:
            return None
        signature, name_size, extra_size = _LOCAL_HEADER.unpack_from(data)
        start = 30 + name_size + extra_size
        end = start + packed
        if end + 16 > len(data):
            data = self.source.read_at(at, end + 16)
        if signature != _LOCAL_SIGNATURE or end > len(data):
            return None
        content = self._unpacked(data, start, end)
        if content is None or len(content) != size:
            return None
        if self.flags & _HAS_DESCRIPTOR:
            at = end + 4 if data.startswith(_DESCRIPTOR_SIGNATURE, end) else end
            if len(data) < at + 12 or int.from_bytes(data[at:at + 4], "little") != self.crc32:
                return None
        elif self.crc32 == 0:
            return content
        return content if zlib.crc32(content) == self.crc32 else None

    def _unpacked(self, data: bytes, start: int, end: int) -> bytes | None:
        """The content of an entry, at most a byte more than was declared; None where it is damaged."""
        if self.method == STORED:
            return data[start:end]
        if self.method != DEFLATED:
            return None
        engine = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            content = engine.decompress(memoryview(data)[start:end], self.uncompressed_size + 1)
        except zlib.error:
            return None
        return content if engine.eof else None

    def _directory(self) -> Iterator[bytes]:
        if self.uncompressed_size:
            raise GoError(ERR_FORMAT)
        yield from ()

    def _checked(self, body: int) -> Iterator[bytes]:
        """The content with checksumReader's verdicts. More than was declared wins over a damaged stream."""
        produced = checksum = 0
        try:
            for chunk in self._decompressed(body):
                produced += len(chunk)
                if produced > self.uncompressed_size:
                    raise GoError(ERR_FORMAT)
                checksum = zlib.crc32(chunk, checksum)
                yield chunk
        except flate.BadStream:
            failure = flate.explain(lambda: self._raw(body), self.uncompressed_size)
            if failure.produced > self.uncompressed_size:
                raise GoError(ERR_FORMAT) from None
            raise failure.error from None
        if produced != self.uncompressed_size:
            raise GoError(UNEXPECTED_EOF)
        if self.flags & _HAS_DESCRIPTOR:
            self._check_descriptor(_int64(body + self.compressed_size))
        elif self.crc32 == 0:
            return  # It was never set, as far as one can tell.
        if checksum != self.crc32:
            raise GoError(ERR_CHECKSUM)

    def _raw(self, body: int) -> Iterator[bytes]:
        return self.source.section(body, self.compressed_size)

    def _decompressed(self, body: int) -> Iterator[bytes]:
        return self._raw(body) if self.method == STORED else flate.inflate(lambda: self._raw(body))

    def _check_descriptor(self, offset: int) -> None:
        """The data descriptor repeats the checksum, after a signature or without one."""
        data = self.source.read_at(offset, 16)
        signed = data.startswith(_DESCRIPTOR_SIGNATURE)
        if len(data) < (16 if signed else 12):
            raise GoError(UNEXPECTED_EOF)
        if int.from_bytes(data[4:8] if signed else data[:4], "little") != self.crc32:
            raise GoError(ERR_CHECKSUM)


class _Cursor:
    """A buffered reader from one offset to the end."""

    def __init__(self, source: Source, offset: int) -> None:
        self._source = source
        self._next = offset
        self._buffer = b""
        self._at = 0

    def exactly(self, count: int) -> bytes:
        """io.ReadFull. Raises GoError "EOF" when nothing is left, "unexpected EOF" when too little is."""
        if self._at + count > len(self._buffer):
            more = self._source.read_at(self._next, max(CHUNK, count))
            self._next += len(more)
            self._buffer, self._at = self._buffer[self._at:] + more, 0
        data = self._buffer[self._at:self._at + count]
        if len(data) < count:
            raise GoError(UNEXPECTED_EOF if data else EOF)
        self._at += count
        return data


@dataclass(frozen=True, slots=True)
class _End:
    """The end of central directory record, with zip64's values where they apply."""

    position: int
    """Where the record is: the zip64 one if there is one."""
    records: int
    size: int
    offset: int
    """Of the directory, as the record has it."""


def read_directory(file: BinaryIO, size: int, *, name: str = "") -> list[ZipEntry]:
    """The entries of the archive in ``file``, which has ``size`` bytes, in the directory's order.

    Headers are read until one is bad; only then is their number compared with the declared one, and only
    in its lower 16 bits. Raises GoError ``zip: not a valid zip file``, ``unexpected EOF`` or ``EOF``.
    ``name`` is what go calls the file.
    """
    source = Source.of(file, size, name)
    end = _directory_end(source)
    start = end.position - end.size
    if not 0 <= start < size:
        raise GoError(ERR_FORMAT)
    base = start - end.offset
    if base > 0 and _has_header_at(source, end.offset):
        # The records say that bytes were put before the archive, but a directory is where it would be
        # without them.
        base, start = 0, end.offset
    cursor = _Cursor(source, start)
    entries: list[ZipEntry] = []
    while True:
        try:
            entries.append(_read_header(cursor, source, base))
        except GoError as error:
            if error.text == EOF:
                raise
            if len(entries) & _MAX16 != end.records & _MAX16:
                raise
            return entries


def _directory_end(source: Source) -> _End:
    position, record = _find_end(source)
    _, _, _, _, records, size, offset, _ = _END.unpack(record)
    end = _End(position, records, size, offset)
    if records == _MAX16 or size == _MAX32 or offset == _MAX32:
        end = _directory_end_64(source, end)
    if end.size > _MAX_INT64 or end.offset > _MAX_INT64:
        raise GoError(ERR_FORMAT)
    return end


def _find_end(source: Source) -> tuple[int, bytes]:
    """The last end record, sought in the last 1 KiB and then in the last 65 KiB."""
    for window in (1024, 65 * 1024):
        window = min(window, source.size)
        tail = source.read_at(source.size - window, window)
        at = tail.rfind(_END_MAGIC, 0, max(len(tail) - _END.size, -1) + len(_END_MAGIC))
        if at >= 0:
            record = tail[at:at + _END.size]
            comment_size = int.from_bytes(record[-2:], "little")
            # A signature with a comment that does not fit hides the ones before it.
            if at + _END.size + comment_size <= len(tail):
                return source.size - window + at, record
        if window == source.size:
            break
    raise GoError(ERR_FORMAT)


def _directory_end_64(source: Source, end: _End) -> _End:
    """The zip64 end record, if the locator before ``end`` leads to one; else ``end`` itself."""
    locator_at = end.position - _LOCATOR_64.size
    if locator_at < 0:
        return end
    signature, disk, position, disks = _LOCATOR_64.unpack(source.exactly(locator_at, _LOCATOR_64.size))
    if signature != _LOCATOR_64_SIGNATURE or disk != 0 or disks != 1 or position > _MAX_INT64:
        return end
    fields = _END_64.unpack(source.exactly(position, _END_64.size))
    if fields[0] != _END_64_SIGNATURE:
        raise GoError(ERR_FORMAT)
    *_, records, size, offset = fields
    return _End(position, records, size, offset)


def _has_header_at(source: Source, offset: int) -> bool:
    try:
        _read_header(_Cursor(source, offset), source, 0)
    except GoError:
        return False
    return True


def _read_header(cursor: _Cursor, source: Source, base: int) -> ZipEntry:
    fields = _DIRECTORY_HEADER.unpack(cursor.exactly(_DIRECTORY_HEADER.size))
    if fields[0] != _DIRECTORY_SIGNATURE:
        raise GoError(ERR_FORMAT)
    _, _, _, flags, method, _, _, crc32, compressed, size, name_size, extra_size, comment_size = fields[:13]
    offset = fields[16]
    rest = name_size + extra_size + comment_size
    data = cursor.exactly(rest) if rest else b""
    wide = {"size": size, "compressed": compressed, "offset": offset}
    for tag, value in _extras(data[name_size:name_size + extra_size]):
        if tag == _ZIP64_EXTRA:
            _widen(wide, value, size, compressed)
    return ZipEntry(
        data[:name_size].decode("utf-8", "surrogateescape"),
        flags, method, crc32, wide["compressed"], wide["size"], _int64(wide["offset"] + base), source,
        _kind(fields[1] >> 8, fields[15]),
    )


def _kind(creator: int, attributes: int) -> int:
    """FileHeader.Mode, without permissions: who made the entry says what its attributes mean."""
    if creator in (_UNIX, _MAC_OS_X):
        kind = stat.S_IFMT(attributes >> 16)
        return kind if kind in _KINDS else 0
    return stat.S_IFDIR if creator in _DOS and attributes & _DOS_DIRECTORY else 0


def _extras(extra: bytes) -> Iterator[tuple[int, bytes]]:
    """The extra fields, up to the first that does not fit."""
    while len(extra) >= 4:
        tag, size = struct.unpack_from("<HH", extra)
        if len(extra) < 4 + size:
            return
        yield tag, extra[4:4 + size]
        extra = extra[4 + size:]


def _widen(wide: dict[str, int], value: bytes, size: int, compressed: int) -> None:
    """Take from a zip64 field the values that do not fit the header: in this order, without gaps."""
    wanted = []
    if size == _MAX32:
        wanted.append("size")
    if compressed == _MAX32:
        wanted.append("compressed")
    if wide["offset"] == _MAX32:
        wanted.append("offset")
    for key in wanted:
        if len(value) < 8:
            raise GoError(ERR_FORMAT)
        number, value = int.from_bytes(value[:8], "little"), value[8:]
        wide[key] = _int64(number) if key == "offset" else number
