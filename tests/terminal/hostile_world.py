"""A proxy that puts what a terminal would obey into everything that it says.

Each field has a mark of its own beside the payload, so that a test can tell that it came to the screen.
"""

from __future__ import annotations

import asyncio
import io
import json
import zipfile

from probes.demo.behaviour import Request, parse_target
from probes.golang.protocol import Op
from tests.loopback import LoopbackServer

PATH = "evil.test/hello"
VERSIONS = ("v1.0.0", "v1.1.0", "v1.2.0")
PAYLOAD = (
    "\x1b]0;pwned\x07"  # a title
    "\x1b]52;c;cHduZWQ=\x07"  # the clipboard
    "\x1b[2J\x1b[3J\x1b[66;6H"  # an empty screen, and the cursor elsewhere
    "\x1bP$qm\x1b\\\x1b_Gpwned\x1b\\\x1b^x\x1b\\\x1bXx\x1b\\\x1bc"  # device control, application, reset
    "\x9b2J\x9d0;pwned\x9c\x90pwned\x9c\x85"  # the same in one byte each
    "\u202egnp.\u2066\u200b\u2028\ufeff\U000e0041"  # another order, no width
    "\r\x08\x0b\x0c\x00\x7f\x0e\x1b(0\x05\x1bZ\x1b[6n\x1b[?1049l"  # overprint, other letters, answers, screens
)
"""As text: what a JSON string, a comment or a name can hold."""
RAW = PAYLOAD.encode() + b"\x9b2J\x9d0;pwned\x9c\xff\xc2"
"""As bytes: C1 in eight bits, and what is not UTF-8."""
TEXT = PAYLOAD.replace("\x00", "").encode()
"""As the text of a file: shown as text, where a NUL or what is not UTF-8 makes it a dump."""
HEADER = b"\x9b2J\x9d0;pwned\x9c \xc2\x9b2J\xc2\x9d0;pwned\xc2\x9c \xe2\x80\xaegnp.\xe2\x81\xa6\xff"
"""What go's own reader takes in a header: no C0, and anything else."""

GO_MOD = (
    b"// Deprecated: MARKdeprecated " + RAW.replace(b"\r", b"") + b"\n"
    b"module evil.test/hello // MARKmodule " + RAW.replace(b"\r", b"") + b"\n\n"
    b"go 1.21\n\n"
    b"require other.test/MARKrequire v1.0.0 // " + RAW.replace(b"\r", b"") + b"\n"
    b'replace "other.test/x\\x1b[2J\\u202e" => "../MARKreplace\\x1b]0;pwned\\x07\\u009b2J"\n'
    b"retract v1.0.0 // MARKretract " + RAW.replace(b"\r", b"") + b"\n"
    b'godebug "x\\x1b[2J=1"\n'
    b'tool "x.test/\\u202e\\x1b]0;pwned\\a"\n'
)


def go_mod(version: str) -> bytes:
    """The .mod of a version."""
    return GO_MOD + b"// " + version.encode() + b"\n"


def info(version: str) -> bytes:
    """The .info of a version."""
    origin = {
        "VCS": "git MARKvcs" + PAYLOAD, "URL": "https://evil.test/MARKurl" + PAYLOAD, "Ref": "refs/MARKref" + PAYLOAD,
        "Hash": "MARKhash" + PAYLOAD, "Subdir": "MARKsubdir" + PAYLOAD, "TagSum": "MARKtagsum" + PAYLOAD,
        "RepoSum": PAYLOAD, "TagPrefix": PAYLOAD,
    }  # fmt: skip
    said = {
        "Version": version,
        "Time": "2024-01-02T03:04:06Z",
        "Origin": origin,
        "Name": PAYLOAD,
        PAYLOAD: PAYLOAD,
    }
    return json.dumps(said).encode()


def zipped(version: str, *names: str) -> bytes:
    """The .zip of a version: hostile contents, and hostile names where they are given."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.comment = RAW
        prefix = f"{PATH}@{version}/"
        archive.writestr(prefix + "go.mod", go_mod(version))
        archive.writestr(prefix + "LICENSE", b"MIT License MARKlicence " + RAW + b"\n")
        archive.writestr(prefix + "README.md", b"# MARKreadme " + version.encode() + TEXT + b"\n")
        archive.writestr(
            prefix + "a.go",
            b"package a // MARKcode " + version.encode() + TEXT + b'\nvar x = "' + TEXT + b'"\n',
        )
        for name in names:
            archive.writestr(prefix + name, b"x")
    return buffer.getvalue()


def evil_name(prefix: str) -> str:
    """The name of a file in a zip."""
    return prefix + PAYLOAD.replace("\x00", "")


class HostileProxy(LoopbackServer):
    """Answers raw bytes, head and all: h11 would refuse to send such headers."""

    def __init__(self, *, refuses: bool = False, bad_names: bool = False, header: bytes = HEADER) -> None:
        super().__init__()
        self._header = header
        self._refuses = refuses
        self._bad_names = bad_names

    @property
    def url(self) -> str:
        """What stands in GOPROXY."""
        return f"http://127.0.0.1:{self.port}"

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = await reader.readline()
        while (await reader.readline()).strip():
            pass
        if not line:
            return  # somebody has only looked whether the port is open
        status, body = self._answer(parse_target(line.split()[1].decode(), {}))
        headers = [
            b"Content-Length: %d" % len(body), b"Connection: close", b"Content-Type: text/plain; x=MARKtype",
            b"Server: MARKserver " + self._header, b"Via: 1.1 MARKvia " + self._header, b"X-Cache: MARKcache " + self._header,
            b"Age: " + self._header, b"Retry-After: " + self._header, b"Etag: " + self._header, b"X-" + b"Evil: " + self._header,
        ]  # fmt: skip
        if b"302" in status:
            headers.append(b"Location: /MARKlocation" + self._header)
        writer.write(b"HTTP/1.1 " + status + b"\r\n" + b"\r\n".join(headers) + b"\r\n\r\n" + body)
        await writer.drain()

    def _answer(self, request: Request) -> tuple[bytes, bytes]:
        if self._refuses:
            if request.op is Op.LATEST:
                return b"302 Found", b""
            return (
                b"404 MARKstatus " + self._header,
                b"MARKerror not found: " + RAW + b"\nMARKsecond " + RAW + b"\n",
            )
        version = request.version or VERSIONS[-1]
        match request.op:
            case Op.LIST:
                odd = b"v0.3.0" + RAW + b"\nv0.9.0 MARKlist" + RAW + b"\n" + RAW + b"\n"
                return b"200 OK", b"".join(b"%s\n" % known.encode() for known in VERSIONS) + odd
            case Op.INFO | Op.LATEST if version in VERSIONS:
                return b"200 OK " + self._header, info(version)
            case Op.MOD if version in VERSIONS:
                return b"200 OK", go_mod(version)
            case Op.ZIP if version in VERSIONS:
                names = (evil_name("MARKname"), "../MARKup", evil_name("d/")) if self._bad_names else ()
                return b"200 OK", zipped(version, *names)
        return b"404 Not Found", b"MARKmissing " + RAW + b"\n"
