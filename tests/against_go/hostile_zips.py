"""Module zips written byte by byte, each of which breaks one rule; and random damage to their records.

Python's zipfile writes none of these. What breaks which rule is said by the case's name; what go says of it
is for go to say: nothing here knows a verdict.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from random import Random

STORED, DEFLATED = 0, 8
MIB = 1 << 20
LIMIT = 500 * MIB
"""Go's for a zip file and for all that it extracts to."""
SYMLINK, FIFO, DEVICE, FOLDER, SETUID = 0o120777, 0o010644, 0o020666, 0o040755, 0o104755
"""Unix modes, for the upper half of the external attributes."""
ZIP64 = 1
"""The tag of zip64's extra field."""

_LOCAL, _HEADER, _END, _END_64, _LOCATOR_64 = b"PK\3\4", b"PK\1\2", b"PK\5\6", b"PK\6\6", b"PK\6\7"
_MAX16, _MAX32 = 0xFFFF, 0xFFFFFFFF


def deflate(data: bytes, level: int = 9) -> bytes:
    """A raw DEFLATE stream."""
    engine = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return engine.compress(data) + engine.flush()


def extra_field(tag: int, value: bytes, size: int | None = None) -> bytes:
    """One extra field; ``size`` is the one that it lies about."""
    return struct.pack("<HH", tag, len(value) if size is None else size) + value


@dataclass(frozen=True)
class Entry:
    """One entry. What is None follows from the data."""

    name: bytes
    data: bytes = b""
    method: int = STORED
    flags: int = 0
    body: bytes | None = None
    """The bytes behind the local header."""
    crc32: int | None = None
    size: int | None = None
    """The declared size."""
    packed: int | None = None
    """The declared compressed size."""
    offset: int | None = None
    """Where the directory says the local header is."""
    mode: int = 0o100644
    creator: int = 3
    """The system that made it: 3 is Unix, 0 MS-DOS."""
    extra: bytes = b""
    comment: bytes = b""
    disk: int = 0
    signature: bytes = _HEADER
    local_name: bytes | None = None
    local_extra: bytes = b""
    local_signature: bytes = _LOCAL
    descriptor: bytes = b""
    is_elsewhere: bool = False
    """No local header and no content of its own: ``offset`` points at another's."""

    @property
    def stored(self) -> bytes:
        """The bytes behind the local header."""
        if self.body is not None:
            return self.body
        return deflate(self.data) if self.method == DEFLATED else self.data

    @property
    def sum(self) -> int:
        """The checksum that stands in the headers."""
        return zlib.crc32(self.data) if self.crc32 is None else self.crc32

    def local(self) -> bytes:
        """Local header, content, descriptor."""
        if self.is_elsewhere:
            return b""
        name = self.name if self.local_name is None else self.local_name
        head = struct.pack(
            "<HHHHHIIIHH",
            *(
                20,
                self.flags,
                self.method,
                0,
                0,
                self.sum,
                len(self.stored) & _MAX32,
                len(self.data) & _MAX32,
            ),
            *(len(name), len(self.local_extra)),
        )
        return self.local_signature + head + name + self.local_extra + self.stored + self.descriptor

    def header(self, offset: int) -> bytes:
        """The entry of the central directory."""
        head = struct.pack(
            "<BBHHHHHIIIHHHHHII",
            *(20, self.creator, 20, self.flags, self.method, 0, 0x21, self.sum),
            len(self.stored) if self.packed is None else self.packed,
            len(self.data) if self.size is None else self.size,
            *(len(self.name), len(self.extra), len(self.comment), self.disk, 0),
            *(self.mode << 16, offset if self.offset is None else self.offset),
        )
        return self.signature + head + self.name + self.extra + self.comment


@dataclass(frozen=True)
class Archive:
    """A whole file. What is None is right."""

    entries: tuple[Entry, ...]
    before: bytes = b""
    """In front of everything, as a self-extractor has it."""
    shifted: bool = False
    """Whether the offsets allow for it."""
    gap: bytes = b""
    """Between the last content and the directory."""
    after_directory: bytes = b""
    after_end: bytes = b""
    comment: bytes = b""
    comment_size: int | None = None
    records: int | None = None
    size: int | None = None
    offset: int | None = None
    disk: int = 0
    zip64: dict[str, int] | None = None
    """Write zip64's end and locator: what here stands in for the right values, "records" and so on."""
    plain: dict[str, int] = field(default_factory=dict)
    """With zip64: what the plain end record says all the same."""

    def file(self) -> bytes:
        """The file."""
        shift = len(self.before) if self.shifted else 0
        out = bytearray(self.before)
        directory = bytearray()
        for entry in self.entries:
            directory += entry.header(len(out) - len(self.before) + shift)
            out += entry.local()
        out += self.gap
        at = len(out) - len(self.before) + shift
        out += directory + self.after_directory
        records = len(self.entries) if self.records is None else self.records
        size = len(directory) if self.size is None else self.size
        offset = at if self.offset is None else self.offset
        if self.zip64 is not None:
            out += self._zip64(len(out), records, size, offset)
            said = {"records": _MAX16, "size": _MAX32, "offset": _MAX32} | self.plain
            records, size, offset = said["records"], said["size"], said["offset"]
        comment_size = len(self.comment) if self.comment_size is None else self.comment_size
        end = struct.pack(
            "<HHHHIIH", self.disk, self.disk, records & _MAX16, records & _MAX16, size, offset, comment_size
        )
        return bytes(out + _END + end + self.comment + self.after_end)

    def _zip64(self, at: int, records: int, size: int, offset: int) -> bytes:
        said = {"records": records, "size": size, "offset": offset, "at": at, "disks": 1, "disk": 0}
        said |= self.zip64 or {}
        end = struct.pack(
            "<QHHIIQQQQ", 44, 45, 45, 0, 0, said["records"], said["records"], said["size"], said["offset"]
        )
        signature = _END_64 if "signature" not in said else struct.pack("<I", said["signature"])
        locator = _LOCATOR_64 if "locator" not in said else struct.pack("<I", said["locator"])
        return signature + end + locator + struct.pack("<IQI", said["disk"], said["at"], said["disks"])


Make = Callable[[bytes], bytes]
"""Makes a zip for a prefix (b"PATH@VERSION/")."""


def files(*names: bytes | str) -> Make:
    """A good archive but for the names in it."""

    def make(prefix: bytes) -> bytes:
        raw = [name.encode() if isinstance(name, str) else name for name in names]
        return Archive(
            tuple(Entry(prefix + name, b"" if name.endswith(b"/") else b"x") for name in raw)
        ).file()

    return make


def verbatim(*names: bytes) -> Make:
    """A good archive of names as they are: a "%" is the prefix."""
    return lambda prefix: Archive(tuple(Entry(name.replace(b"%", prefix), b"x") for name in names)).file()


def one(**fields: object) -> Make:
    """A go.mod and one entry with these fields."""

    def make(prefix: bytes) -> bytes:
        entry = replace(Entry(prefix + b"a.go", b"package a\n" * 9), **fields)  # type: ignore[arg-type]
        return Archive((Entry(prefix + b"go.mod", b"module m\n"), entry)).file()

    return make


def whole(**fields: object) -> Make:
    """A good archive but for these fields of it."""

    def make(prefix: bytes) -> bytes:
        return replace(good(prefix), **fields).file()  # type: ignore[arg-type]

    return make


def good(prefix: bytes) -> Archive:
    """A good archive: stored, deflated, with a descriptor, in folders."""
    text = b"package m\n" * 20
    descriptor = struct.pack("<4sIII", b"PK\7\x08", zlib.crc32(text), len(deflate(text)), len(text))
    return Archive(
        (
            Entry(prefix + b"go.mod", b"module m\n"),
            Entry(prefix + b"m.go", text, DEFLATED),
            Entry(prefix + b"sub/d.go", text, DEFLATED, flags=8, descriptor=descriptor),
            Entry(prefix + b"sub/LICENSE", b"free"),
        )
    )


def _names() -> Iterator[tuple[str, Make]]:
    yield "no files", files()
    yield "absolute", verbatim(b"/etc/passwd")
    yield "absolute behind the prefix", files("/etc/passwd")
    yield "up", verbatim(b"../../evil")
    yield "up behind the prefix", files("../evil")
    yield "up and down", files("a/../b")
    yield "up in the middle", files("a/../../../../evil")
    yield "dots only", files("...")
    yield "dot", files("./a")
    yield "dot alone", files(".")
    yield "dot dot folder", files("../")
    yield "slash alone", files("/")
    yield "double slash", files("a//b")
    yield "backslashes", files("..\\..\\evil")
    yield "backslash drive", files("C:\\evil")
    yield "drive", files("C:/evil")
    yield "stream of NTFS", files("a.go:b")
    for name in (
        "con",
        "NUL.txt",
        "aux.go",
        "com1",
        "LPT9.x.y",
        "prn/a",
        "a/CON/b",
        "conin$",
        "com0",
        "com¹",
    ):
        yield f"Windows name {name}", files(name)
    yield "trailing dot", files("a.")
    yield "trailing space", files("a ")
    yield "leading space", files(" a")
    yield "leading dash", files("-rf")
    yield "short name of Windows", files("progra~1")
    yield "question mark and star", files("a?", "b*", "c<", "d>", 'e"', "f|")
    yield "NUL byte", files(b"a\0b")
    yield "newline", files("a\nb")
    yield "carriage return", files("a\rb")
    yield "escape sequence", files("a\x1b]0;pwned\x07b")
    yield "C1 control", files("a\N{CONTROL SEQUENCE INTRODUCER}2Jb")
    yield "bidi", files("a\N{RIGHT-TO-LEFT OVERRIDE}og.b")
    yield "invalid UTF-8", files(b"a\xffb")
    yield "half a character", files(b"a\xe2\x82")
    yield "a surrogate in UTF-8", files(b"a\xed\xa0\x80b")
    yield "overlong slash", files(b"a\xc0\xafb")
    yield "beyond Unicode", files(b"a\xf4\x90\x80\x80b")
    yield "U+FFFD itself", files("a\ufffdb")
    yield "empty name", verbatim(b"")
    yield "only the prefix", files("")
    yield "prefix without its slash", lambda prefix: Archive((Entry(prefix[:-1], b"x"),)).file()
    yield "other module", verbatim(b"other.test/m@v1.0.0/a")
    yield "other version", lambda prefix: files("a")(prefix.replace(b"v1.0.0", b"v1.0.1"))
    yield "prefix of another case", lambda prefix: files("a")(prefix.upper())
    yield "one of another module", verbatim(b"%a", b"x/b", b"y/c")
    yield "no prefix, and a bad name", verbatim(b"%a\xff", b"\x1b[2J")
    yield "255 bytes", files("a" * 255)
    yield "256 bytes", files("a" * 256)
    yield "256 bytes of a folder", files("a" * 256 + "/b")
    yield "256 bytes of an empty folder", files("a" * 256 + "/")
    yield "long characters", files("é" * 128)
    yield "4,000 bytes in all", files("/".join(["a" * 200] * 20))
    yield "4,200 bytes in all", files("/".join(["a" * 200] * 21))
    yield "65,000 bytes", files("a" * 65_000)
    yield "two hundred folders deep", files("a/" * 200 + "b")


def _collisions() -> Iterator[tuple[str, Make]]:
    yield "file and file", files("README", "readme")
    yield "file and folder", files("Doc", "doc/a")
    yield "folder and file", files("doc/a", "Doc")
    yield "folder and folder", files("doc/a", "DOC/b")
    yield "folder entry and file", files("doc/", "doc")
    yield "file and folder entry", files("doc", "doc/")
    yield "file and what is below it", files("doc", "doc/a")
    yield "below it and the file", files("doc/a/b", "doc/a")
    yield "folder twice", files("doc/", "doc/", "doc/a")
    yield "file twice", files("a", "a")
    yield "file three times", files("a", "b", "a", "a")
    yield "Kelvin", files("k.go", "\N{KELVIN SIGN}.go")
    yield "long s", files("s.go", "ſ.go")
    yield "sharp s", files("ß.go", "ẞ.go", "ss.go")
    yield "dotless i", files("i.go", "ı.go", "I.go")
    yield "dotted I", files("İ.go", "i.go")
    yield "sigma", files("σ", "ς", "Σ")
    yield "micro", files("µ", "μ")
    yield "Angstrom", files("å", "\N{ANGSTROM SIGN}")
    yield "composed and decomposed", files("é", "e\u0301")
    yield "letters of two, of three cases", files("ǆ", "ǅ", "Ǆ")
    yield "Cherokee", files("ꭰ", "Ꭰ")
    yield "Deseret", files("𐐀", "𐐨")
    yield "iota below", files("ᾳ", "ᾼ")
    yield "combining iota", files("\u0345", "ι")
    yield "many collisions", files("a", "A", "b", "B", "c/d", "C/D", "C/d")


def _modules() -> Iterator[tuple[str, Make]]:
    yield "go.mod below", files("go.mod", "sub/go.mod", "sub/a.go")
    yield "go.mod below, of another case", files("sub/GO.MOD")
    yield "go.mod of another case", files("Go.mod")
    yield "both", files("go.mod", "GO.MOD")
    yield "go.mod as a folder", files("go.mod/a")
    yield "go.mod as a folder entry", files("go.mod/")
    yield "go.mod with a Kelvin", files("go.mod", "\N{KELVIN SIGN}go.mod")
    yield (
        "go.mod twice",
        lambda prefix: Archive(
            (Entry(prefix + b"go.mod", b"module a\n"), Entry(prefix + b"go.mod", b"module b\n"))
        ).file(),
    )
    yield "go.mod of nonsense", lambda prefix: Archive((Entry(prefix + b"go.mod", b"\xff((\0"),)).file()
    yield (
        "go.mod of a later Go",
        lambda prefix: Archive((Entry(prefix + b"go.mod", b"module m\n\ngo 1.999\n"),)).file(),
    )
    yield "vendor", files("vendor/modules.txt", "vendor/x.test/a/a.go", "sub/vendor/b.go")
    yield "git folder", files(".git/config", ".git/HEAD", ".hg_archival.txt", ".gitattributes")
    for name in ("go.mod", "LICENSE", "sub/LICENSE", "license", "LICENSE.md"):
        for size in (16 * MIB, 16 * MIB + 1):
            raw = name.encode()
            yield f"{name} of {size} bytes", _large(raw, size)


def _large(name: bytes, size: int) -> Make:
    return lambda prefix: Archive(
        (
            Entry(
                prefix + name, _zeros(size), DEFLATED, body=_packed_zeros(size), crc32=_sum_of_zeros(size)
            ),
        )
    ).file()


@cache
def _zeros(size: int) -> bytes:
    return bytes(size)


@cache
def _packed_zeros(size: int) -> bytes:
    return deflate(_zeros(size))


@cache
def _sum_of_zeros(size: int) -> int:
    return zlib.crc32(_zeros(size))


def overlapping(prefix: bytes, size: int, count: int, *, last: int = 0) -> bytes:
    """``count`` entries that share the content of one, of ``size`` bytes each, and one of ``last`` bytes."""
    first = Entry(
        prefix + b"0", _zeros(size), DEFLATED, body=_packed_zeros(size), crc32=_sum_of_zeros(size)
    )  # fmt: skip
    others = (
        replace(first, name=prefix + str(number).encode(), offset=0, is_elsewhere=True)
        for number in range(1, count)
    )
    return Archive((first, *others, Entry(prefix + b"last", bytes(last)))).file()


def _sizes() -> Iterator[tuple[str, Make]]:
    yield "overlapping, just below the limit", lambda prefix: overlapping(prefix, 125 * MIB, 4)
    yield "overlapping, just above the limit", lambda prefix: overlapping(prefix, 125 * MIB, 4, last=1)
    yield "overlapping, few", lambda prefix: overlapping(prefix, 1000, 20)
    yield "more than declared", one(method=DEFLATED, body=deflate(bytes(MIB)), size=10)
    yield "far more than declared", one(method=DEFLATED, body=deflate(bytes(64 * MIB)), size=1)
    yield "more than declared: nothing", one(method=DEFLATED, body=deflate(b"x"), size=0)
    yield "less than declared", one(method=DEFLATED, body=deflate(b"x"), size=10)
    yield "declared 4 GiB", one(method=DEFLATED, size=_MAX32)
    yield "declared 4 GiB less 1", one(method=DEFLATED, size=_MAX32 - 1)
    yield "stored, more than declared", one(size=5)
    yield "stored, less than declared", one(size=500)
    yield "stored, packed says more than there is", one(packed=5000, size=5000)
    yield "stored, packed says less", one(packed=5)
    yield "packed says less", one(method=DEFLATED, packed=3)
    yield "packed says more", one(method=DEFLATED, packed=5000)
    yield "packed says 4 GiB", one(method=DEFLATED, packed=_MAX32)
    yield "content behind the stream", one(method=DEFLATED, body=deflate(b"package a\n" * 9) + b"junk")
    yield "two streams", one(method=DEFLATED, body=deflate(b"x") + deflate(b"y"), size=2)
    yield "folder with content", lambda prefix: Archive((Entry(prefix + b"d/", b"x"),)).file()
    yield (
        "folder with packed content",
        lambda prefix: Archive((Entry(prefix + b"d/", b"", DEFLATED, body=deflate(b"")),)).file(),
    )
    yield "folder without header", lambda prefix: Archive((Entry(prefix + b"d/", offset=9999),)).file()
    for size, packed, offset in (
        (2, 2, 0), (1 << 40, 1 << 40, 0), (1 << 63, 1, 0), (1, 1 << 63, 0), ((1 << 64) - 1, 1, 0),
        (1, (1 << 64) - 1, 0), (1, 1, 1 << 63), (1, 1, (1 << 64) - 1), (1, 1, 1 << 40),
    ):  # fmt: skip
        yield f"zip64 says {size}, {packed}, {offset}", one(
            size=_MAX32, packed=_MAX32, offset=_MAX32,
            extra=extra_field(ZIP64, struct.pack("<QQQ", size, packed, offset)),
        )  # fmt: skip


def _entries() -> Iterator[tuple[str, Make]]:
    for name, mode in (
        ("symlink", SYMLINK), ("pipe", FIFO), ("device", DEVICE), ("folder mode", FOLDER), ("setuid", SETUID),
        ("no rights", 0o100000), ("all bits", 0xFFFF),
    ):  # fmt: skip
        yield name, one(mode=mode, data=b"../../../etc/passwd")
        yield f"{name} of DOS", one(mode=mode, creator=0, data=b"/etc/passwd")
    yield (
        "symlink, then a file behind it",
        lambda prefix: Archive(
            (Entry(prefix + b"l", b"/tmp", mode=SYMLINK), Entry(prefix + b"l/evil", b"x"))
        ).file(),
    )
    for method in (1, 6, 9, 12, 14, 93, 95, 97, 98, 99, _MAX16):
        yield f"method {method}", one(method=method)
    for flags in (0x1, 0x9, 0x20, 0x40, 0x41, 0x800, 0x2000, _MAX16 & ~8):
        yield f"flags {flags:#x}", one(flags=flags)
    yield "encrypted by AES", one(flags=1, method=99, extra=extra_field(0x9901, b"\2\0AE\3\0\0"))
    content = b"package a\n" * 9
    crc = zlib.crc32(content)
    described = {
        "signed": struct.pack("<4sIII", b"PK\7\x08", crc, 90, 90),
        "unsigned": struct.pack("<III", crc, 90, 90),
        "of zip64": struct.pack("<4sIQQ", b"PK\7\x08", crc, 90, 90),
        "missing": b"",
        "of another checksum": struct.pack("<4sIII", b"PK\7\x08", crc ^ 1, 90, 90),
        "of other sizes": struct.pack("<4sIII", b"PK\7\x08", crc, 1, 1 << 31),
        "twice": struct.pack("<4sIII", b"PK\7\x08", crc, 90, 90) * 2,
    }
    for name, descriptor in described.items():
        yield f"descriptor {name}", one(flags=8, descriptor=descriptor)
        yield f"descriptor {name}, no flag", one(descriptor=descriptor)
    yield "descriptor behind the end", one(flags=8, packed=1 << 30, size=1 << 30)
    yield "checksum wrong", one(crc32=crc ^ 1)
    yield "checksum of zero", one(crc32=0)
    yield "checksum of zero with descriptor", one(crc32=0, flags=8, descriptor=bytes(16))
    yield "checksum of zero, deflated", one(method=DEFLATED, crc32=0)
    for at in range(0, 24, 3):
        stream = bytearray(deflate(b"package a\n" + bytes(range(97, 122)) * 4))
        stream[at] ^= 0x55
        yield f"stream damaged at {at}", one(method=DEFLATED, body=bytes(stream), size=110)
    yield "stream cut off", one(method=DEFLATED, body=deflate(content)[:-2])
    yield "stream empty", one(method=DEFLATED, body=b"")
    yield "header elsewhere", one(offset=1)
    yield "header in the other's content", one(offset=30)
    yield (
        "header at the directory",
        lambda prefix: Archive(
            (Entry(prefix + b"a", b"x" * 99), Entry(prefix + b"b", b"x", offset=len(prefix) + 130))
        ).file(),
    )
    yield "header behind the end", one(offset=1 << 30)
    yield "header at the very end", one(offset=_MAX32 - 1)
    yield "local signature wrong", one(local_signature=b"PK\3\5")
    yield "local name other", one(local_name=b"../../evil")
    yield "local name long", one(local_name=b"x" * 65_535)
    yield "local extra", one(local_extra=b"x" * 500)
    yield "disk 7", one(disk=7)
    yield "entry's signature wrong", one(signature=b"PK\1\3")
    yield "comment of escapes", one(comment=b"\x1b[2J\xff")
    yield "long comment and extra", one(comment=b"c" * 60_000, extra=extra_field(9, b"x" * 60_000))
    zip64 = extra_field(ZIP64, struct.pack("<QQ", 90, 90))
    yield "extra too short", one(extra=b"\1\0")
    yield "extra longer than it is", one(extra=extra_field(ZIP64, b"12345678", 80))
    yield "zip64 where none is needed", one(extra=zip64)
    yield "zip64 twice", one(size=_MAX32, packed=_MAX32, extra=zip64 * 2)
    yield "zip64 too short", one(size=_MAX32, extra=extra_field(ZIP64, b"1234"))
    yield "zip64 without one of two", one(size=_MAX32, packed=_MAX32, extra=extra_field(ZIP64, bytes(8)))
    yield "zip64 behind another", one(size=_MAX32, extra=extra_field(0xCAFE, b"") + zip64)
    yield "zip64 missing", one(size=_MAX32)
    yield "NTFS, Unix, time", one(
        extra=extra_field(10, bytes(4) + struct.pack("<HHq", 1, 24, -(1 << 62)) + bytes(16))
        + extra_field(0x5455, b"\1\xff\xff\xff\xff") + extra_field(13, b"\xff" * 8)
    )  # fmt: skip
    yield (
        "NTFS cut off",
        one(extra=extra_field(10, b"123") + extra_field(0x5455, b"") + extra_field(13, b"1")),
    )
    yield "NTFS that lies", one(extra=extra_field(10, bytes(4) + struct.pack("<HH", 1, 9999)))


def _directories() -> Iterator[tuple[str, Make]]:
    yield "nothing at all", lambda _: b""
    yield "a web page", lambda _: b"<!doctype html><title>Sign in</title>"
    yield "an end record alone", lambda _: _END + bytes(18)
    yield "half an end record", lambda _: _END + bytes(9)
    yield "two files", lambda prefix: good(prefix).file() * 2
    yield "prepended, offsets as before", whole(before=b"#!/bin/sh\n" * 9)
    yield "prepended, offsets shifted", whole(before=b"#!/bin/sh\n" * 9, shifted=True)
    yield "prepended zip", lambda prefix: replace(good(prefix), before=files("evil")(b"x/")).file()
    yield "gap", whole(gap=b"\0" * 50)
    yield (
        "gap with a header in it",
        lambda prefix: replace(good(prefix), gap=Entry(prefix + b"evil", b"x").header(0)).file(),
    )
    yield "between directory and end", whole(after_directory=b"\0" * 50)
    yield (
        "one more header than told",
        lambda prefix: replace(good(prefix), after_directory=Entry(prefix + b"evil", b"x").header(0)).file(),
    )
    yield "after the end", whole(after_end=b"junk")
    yield "after the end, much", whole(after_end=b"j" * 70_000)
    yield "comment", whole(comment=b"hello \x1b[2J \xff")
    yield "comment of 65,535 bytes", whole(comment=b"c" * 65_535)
    yield "comment of 1,003 bytes", whole(comment=b"c" * 1003)
    yield "comment longer than the file", whole(comment_size=50)
    yield "comment shorter than it is", whole(comment=b"c" * 50, comment_size=10)
    yield "comment with an end record", whole(comment=_END + bytes(18))
    yield "comment with a bad end record", whole(comment=_END + b"\xff" * 18)
    yield "comment with the signature only", whole(comment=_END + b"\xff\xff")
    yield "comment with a whole zip", lambda prefix: replace(good(prefix), comment=files("b")(prefix)).file()
    yield "comment hides the first window", whole(comment=b"c" * 2000 + _END + b"\xff" * 20 + b"c" * 500)
    for count in (0, 1, 3, 5, _MAX16, _MAX16 - 1):
        yield f"says {count} entries", whole(records=count)
    for size in (0, 1, 46, 9999, _MAX32, _MAX32 - 1, 1 << 31):
        yield f"says {size} bytes of directory", whole(size=size)
    for offset in (0, 1, 9999, _MAX32, _MAX32 - 1, 1 << 31):
        yield f"says the directory is at {offset}", whole(offset=offset)
    yield "disk 1", whole(disk=1)
    yield "disk 65535", whole(disk=_MAX16)
    yield "zip64", whole(zip64={})
    yield "zip64 and plain agree", lambda prefix: replace(good(prefix), zip64={}, plain={"records": 4}).file()
    yield "zip64 and plain values", whole(zip64={}, plain={"records": 4, "size": 1, "offset": 1})
    for name, value in (
        ("at", 0), ("at", 1), ("at", 1 << 40), ("at", 1 << 63), ("at", (1 << 64) - 1), ("disks", 0), ("disks", 2),
        ("disk", 1), ("signature", 0), ("locator", 0), ("records", 0), ("records", 5), ("records", 1 << 40),
        ("records", 65_540), ("records", (1 << 64) - 1), ("size", 0), ("size", 1 << 40), ("size", 1 << 63),
        ("size", (1 << 63) - 1), ("size", (1 << 64) - 1), ("offset", 0), ("offset", 1 << 40),
        ("offset", 1 << 63), ("offset", (1 << 63) - 1), ("offset", (1 << 64) - 1),
    ):  # fmt: skip
        yield f"zip64 lies: {name} {value}", whole(zip64={name: value})
    yield "zip64 lies twice", whole(zip64={"size": (1 << 63) - 1, "offset": (1 << 63) - 1})
    yield "negative base", whole(zip64={"size": 10, "offset": (1 << 63) - 1})


def _numbered(count: int, **fields: object) -> Make:
    """So many entries, of which the last collides with the first."""

    def make(prefix: bytes) -> bytes:
        entries = (*(Entry(prefix + b"f%d" % number) for number in range(count - 1)), Entry(prefix + b"F0"))
        return replace(Archive(entries), **fields).file()  # type: ignore[arg-type]

    return make


def _many() -> Iterator[tuple[str, Make]]:
    for count in (65_535, 65_537):
        # What is written takes go a while: a name that it refuses at the end keeps it to the checks.
        yield f"{count} entries", _numbered(count)
        yield f"{count} entries with zip64", _numbered(count, zip64={})
    yield "65,536 entries, says 1", _numbered(65_536, records=1)


GROUPS: dict[str, Callable[[], Iterable[tuple[str, Make]]]] = {
    "names": _names,
    "collisions": _collisions,
    "modules": _modules,
    "sizes": _sizes,
    "entries": _entries,
    "directories": _directories,
    "many": _many,
}


_SIGNATURES = (_LOCAL, _HEADER, _END, _END_64, _LOCATOR_64, b"PK\7\x08")


def mutated(rnd: Random, prefix: bytes) -> bytes:
    """Damage in combination: a good archive, or a bad one, with bytes of its records changed."""
    start = rnd.choice(
        [
            good(prefix),
            replace(good(prefix), zip64={}),
            replace(good(prefix), before=b"x" * 40),
            replace(good(prefix), comment=_END + bytes(30)),
            Archive(
                tuple(Entry(prefix + name, b"x" * 40, rnd.choice([0, 8])) for name in (b"a", b"b", b"d/"))
            ),
        ]
    )
    out = bytearray(start.file())
    for _ in range(rnd.choice([1, 1, 2, 3, 5])):
        signature = rnd.choice(_SIGNATURES)
        places = [at for at in range(len(out)) if out.startswith(signature, at)]
        at = rnd.choice(places) + rnd.randrange(56) if places else rnd.randrange(len(out) + 1)
        match rnd.randrange(8):
            case 0 | 1 | 2:
                out[at : at + 1] = bytes([rnd.choice([0, 1, 0xFF, 0x7F, 0x80, rnd.randrange(256)])])
            case 3:
                width = rnd.choice([2, 4, 8])
                value = rnd.choice(
                    [0, 1, _MAX16, _MAX32, 1 << 31, 1 << 63, len(out), rnd.randrange(len(out) + 1)]
                )
                out[at : at + width] = value.to_bytes(8, "little")[:width]
            case 4:
                del out[at : at + rnd.randrange(1, 9)]
            case 5:
                out[at:at] = rnd.randbytes(rnd.randrange(1, 9))
            case 6:
                out[at:at] = out[rnd.randrange(len(out) + 1) :][: rnd.randrange(1, 80)]
            case _ if rnd.random() < 0.3:
                del out[at:]
    return bytes(out)
