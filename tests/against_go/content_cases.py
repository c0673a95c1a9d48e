"""Bodies that a proxy could serve, made in great numbers: good ones, and good ones damaged.

Every maker takes a random.Random, so that a test can give a seed and get the same cases again.
"""

from __future__ import annotations

import io
import json
import struct
import warnings
import zipfile
import zlib
from collections.abc import Sequence
from random import Random
from typing import Any

from tests.golang.archives import Member, archive

PATH, VERSION = "ex.test/m", "v1.0.0"
PREFIX = f"{PATH}@{VERSION}/"


def damaged(rnd: Random, text: bytes, tokens: Sequence[bytes]) -> bytes:
    """A few bytes deleted, changed or inserted, or the rest cut off; tokens are inserted whole."""
    out = bytearray(text)
    for _ in range(rnd.choice([1, 1, 1, 2, 3, 6])):
        at = rnd.randrange(len(out) + 1)
        match rnd.randrange(6):
            case 0:
                del out[at : at + rnd.choice([1, 1, 2, 5, 20])]
            case 1 | 2:
                out[at:at] = rnd.choice(tokens)
            case 3:
                out[at : at + 1] = bytes([rnd.randrange(256)])
            case 4:
                out[at : at + 1] = rnd.choice(tokens)
            case _ if rnd.random() < 0.2:
                del out[at:]
    return bytes(out)


INFO_BODIES = (
    b'{"Version":"v1.2.3","Time":"2021-08-12T16:21:28Z","Origin":{"VCS":"git","URL":"https://x.test","Ref":"r"}}',
    b'{"Version":"v1.2.3-\\u0041\\ud83d\\ude00\xc3\xa9","x":[1,-2.5e+10,null,true,false,{"a":{"b":[]}}]}',
    b'[{},[[]],"a\\n\\/",0.1E-3,-0]',
    b'{"time":"2020-02-29T4:00:00,5-24:60","ORIGIN":{"vcs":null,"Ref":"\xff"},"Origin":null,"origin":{"url":"a"}}',
    b" null ",
)
JSON_TOKENS = (
    *(bytes([char]) for char in b"{}[],:\"\\1-.e \n`'TZ+0\x00\x7f\xff"),
    b"null",
    b"true",
    b"\\u",
    b"\\ud800",
    b"\\udc00",
    b"\xe2\x82\xac",
    b"\xe2\x82",
    b"\xc2\xa0",
    b"\xef\xbf\xbd",
    b"\xc5\xbf",
    b'"Version"',
    b'"Time"',
    b'"Origin"',
    b'"2020-01-01T00:00:00Z"',
    b"99",
)
TIMES = (
    "2020-02-29T23:59:59Z",
    "2021-01-31T5:04:05.123+01:30",
    "1999-02-28T23:60:60,1-24:60",
    "2020-04-31T00:00:00.1234567891+00:00",
)


def info_body(rnd: Random) -> bytes:
    """An .info body."""
    kind = rnd.randrange(10)
    if kind == 0:
        return b"".join(rnd.choices(JSON_TOKENS, k=rnd.randrange(9)))
    if kind <= 3:
        time = damaged(
            rnd, rnd.choice(TIMES).encode(), [b"0", b"9", b"-", b":", b"T", b"Z", b"+", b",", b"."]
        )
        return json.dumps({"Time": time.decode("utf-8", "replace")}, ensure_ascii=rnd.random() < 0.5).encode()
    return damaged(rnd, rnd.choice(INFO_BODIES), JSON_TOKENS)


GO_MODS = (
    b"""\
// Deprecated: use v2
//   more
module ex.test/m // Deprecated: not this

go 1.21.0-custom

toolchain go1.22.1

require (
	golang.test/x/mod v0.1.0 // indirect
	"golang.test/x/net" v0.2.0+incompatible // indirect; why

	// about
	gopkg.in/yaml.v2 v2.2.1
)
require ex.test/a/v3 v3.0.0 // comment

// bad releases
retract (
	v1.0.0 // oops
	[v1.1.0, v1.2.0] // more
	// above
	// two
	v1.3.0

	// alone

	v1.4.0
)
retract v0.9.0 // single
exclude a v1.0.0
replace a => ./b
ignore ./x
tool ex.test/t
""",
    b'module (\n// Deprecated: x\n\nm // y\n)\nrequire ()\nretract ( ) // z\nretract "v1.0.0"\n',
    b'module "m\\x41\\u00e9\\101"\r\ngo 1.20\r\n// end\r\nrequire ex.test/m v1 // indirect\r\n',
    b"module m\n\n// first\n// second\n\n// third\nretract v1 // a\n\n// tail // x\n",
)
GO_MOD_TOKENS = (
    *(bytes([char]) for char in b"()[],{}\"`'\\\n \t/\xff\x00\x0b\x1c"),
    b"module",
    b"go",
    b"require",
    b"retract",
    b"ignore",
    b"\n\n",
    b"\r\n",
    b"//",
    b"// Deprecated: z",
    b"/*",
    b"v1.0.0",
    b"v2.0.0",
    b"v1",
    b"ex.test/m/v2",
    b"1.21",
    b"1.2x",
    b'"a"',
    b'"\\x"',
    b'"\\\n"',
    b"\xc2\xa0",
    b"\xe2\x80\xa8",
    b"\xc3\xa9",
    b"// indirect",
    b"=>",
    b"gopkg.in/x",
    b"\xef\xbf\xbd",
)


def go_mod(rnd: Random) -> bytes:
    """A go.mod file."""
    if rnd.random() < 0.3:
        return rnd.choice([b"", b" "]).join(rnd.choices(GO_MOD_TOKENS, k=rnd.randrange(14)))
    return damaged(rnd, rnd.choice(GO_MODS), GO_MOD_TOKENS)


GOOD_NAMES = (
    "go.mod",
    "a.go",
    "LICENSE",
    "sub/",
    "sub/b.go",
    "é.go",
    "a b.go",
    "d/e/f.txt",
    "k.go",
    "s.go",
    "",
)
BAD_NAMES = (
    "SUB/b.go",
    "sub",
    "A.go",
    "x/go.mod",
    "Go.mod",
    "É.go",
    "con.go",
    "../x",
    "/abs",
    "a//b",
    "a:b",
    "d",
    "\N{KELVIN SIGN}.go",
    "ſ.go",
    "x\ny",
    "./z",
    "a/",
    "/",
    "\\",
    "a\\b",
    "d/E/g",
)
_SIGNATURES = (b"PK\1\2", b"PK\3\4", b"PK\5\6", b"PK\6\6", b"PK\6\7", b"PK\7\x08")


def _content(rnd: Random) -> bytes:
    match rnd.randrange(5):
        case 0:
            return rnd.choice([b"", b"hello\n", b"module m\n"])
        case 1:
            return b"ab" * rnd.randrange(3000)
        case 2:
            return rnd.randbytes(rnd.randrange(300))
        case 3:
            return bytes(rnd.choices(b"abcdef \n", k=rnd.randrange(4000)))
        case _:
            return rnd.randbytes(50) * 20


class _Pipe(io.RawIOBase):
    """A sink that cannot seek: what is written to it needs data descriptors."""

    def __init__(self) -> None:
        self.written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.written += data
        return len(data)


def good_zip(rnd: Random, names: Sequence[str]) -> bytes:
    """An archive as Python writes it: stored and deflated, with data descriptors and zip64 fields."""
    sink: io.BytesIO | _Pipe = _Pipe() if rnd.random() < 0.4 else io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(sink, "w") as writer:
        warnings.simplefilter("ignore")  # of duplicate names
        for name in names:
            info = zipfile.ZipInfo(PREFIX + name if name != "other" else name)
            info.compress_type = rnd.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED])
            if rnd.random() < 0.05:
                info.compress_type = zipfile.ZIP_BZIP2
            with writer.open(info, "w", force_zip64=rnd.random() < 0.2) as member:
                member.write(b"" if name.endswith("/") else _content(rnd))
        if rnd.random() < 0.1:
            writer.comment = rnd.randbytes(rnd.randrange(50))
    return bytes(sink.written) if isinstance(sink, _Pipe) else sink.getvalue()


def _hit_record(rnd: Random, out: bytearray) -> None:
    """Overwrite a field of one of the archive's records."""
    signature = rnd.choice(_SIGNATURES)
    places = [at for at in range(len(out)) if out.startswith(signature, at)]
    if places:
        value = rnd.choice(
            [
                bytes(8),
                b"\xff" * 8,
                rnd.randbytes(8),
                struct.pack("<Q", rnd.randrange(2000)),
                struct.pack("<Q", len(out)),
            ]
        )
        width = rnd.choice([1, 2, 4, 8])
        at = rnd.choice(places) + 4 + rnd.randrange(52)
        out[at : at + width] = value[:width]


def zip_file(rnd: Random) -> bytes:
    """A module's zip file, good or damaged in its names, its records, its contents or its length."""
    names = rnd.sample(GOOD_NAMES, k=rnd.randrange(1, 6)) + rnd.sample(
        BAD_NAMES, k=rnd.choice([0, 0, 0, 1, 2])
    )
    if rnd.random() < 0.05:
        names += [names[0], "other"]
    out = bytearray(good_zip(rnd, names))
    if rnd.random() < 0.1:
        out[:0] = rnd.randbytes(rnd.randrange(1, 60))
    for _ in range(rnd.choice([0, 1, 1, 1, 2, 3])):
        at = rnd.randrange(len(out) + 1)
        match rnd.randrange(8):
            case 0 | 1 | 2:
                out[at : at + 1] = bytes([rnd.choice([rnd.randrange(256), 0, 255])])
            case 3:
                del out[at : at + rnd.randrange(1, 9)]
            case 4:
                out[at:at] = rnd.randbytes(rnd.randrange(1, 9))
            case 5 if rnd.random() < 0.5:
                del out[at:]
            case _:
                _hit_record(rnd, out)
    return bytes(out)


def damaged_stream(rnd: Random) -> bytes:
    """An archive that is right but for one DEFLATE stream, of any kind of blocks."""
    words = [b"func", b"return", b"err", b"\n\t", b"nil", b" ", b"{", b"}"]
    data = rnd.choice(
        [
            rnd.randbytes(rnd.randrange(2000)),
            b"".join(rnd.choices(words, k=rnd.randrange(4000))),
            bytes(rnd.choices(range(256), weights=[1.1**-i for i in range(256)], k=rnd.randrange(9000))),
            b"x" * 70_000 + rnd.randbytes(10),
        ]
    )
    engine = zlib.compressobj(rnd.choice([0, 1, 6, 9]), zlib.DEFLATED, -15, 9, rnd.choice([0, 0, 2, 3, 4]))
    body = bytearray(engine.compress(data))
    if rnd.random() < 0.3:
        body += engine.flush(zlib.Z_FULL_FLUSH)
    body += engine.flush()
    # Close to the start are the block's header and codes.
    at = rnd.randrange(min(len(body), rnd.choice([4, 20, 100, 1 << 20])))
    match rnd.randrange(5):
        case 0 | 1:
            body[at] ^= 1 << rnd.randrange(8)
        case 2:
            body[at] = rnd.randrange(256)
        case 3:
            del body[at:]
        case _:
            body = bytearray(rnd.randbytes(rnd.randrange(60)))
    size = len(data) if rnd.random() < 0.8 else rnd.choice([0, len(data) + 1, len(data) // 2])
    return archive(Member(PREFIX + "a", data, body=bytes(body), size=size))
