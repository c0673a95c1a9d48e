"""Origins of modules on loopback: hosts with go-import pages and with real git repositories behind them.

Any host name works: both go and git are sent through a forward proxy that knows no DNS, and every host is
this one server, over TLS and without.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import trustme

from tests.forward_proxy import ForwardProxy
from tests.loopback import LoopbackServer

HOSTS = ("corp.test", "*.corp.test", "github.com", "bitbucket.org", "gopkg.in", "golang.org")
"""Names that the server's certificate is good for."""
FIRST_COMMIT_S = 1_700_000_000
COMMIT_EVERY_S = 86_400
_NO_PART = b"001dERR no part of a history\n"
"""A pkt-line (gitprotocol-common(5)) that ends a fetch."""


@dataclass(frozen=True)
class Commit:
    """All files of a commit, and what points to it."""

    files: Mapping[str, str | bytes]
    """A name may hold bytes that are no UTF-8, as surrogate escapes."""
    tags: tuple[str, ...] = ()
    annotated: tuple[str, ...] = ()
    branch: str = "main"
    parent: int | None = -1
    """The number of the commit before; -1 for the last of the list so far, None for none."""
    links: Mapping[str, str] = field(default_factory=dict)
    """Symbolic links."""
    submodules: tuple[str, ...] = ()
    programs: Mapping[str, str] = field(default_factory=dict)
    """Files that may be executed."""


@dataclass(frozen=True)
class Page:
    """What a host says at one path."""

    body: str | bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "text/html"})


def meta(prefix: str, vcs: str, repository: str, subdirectory: str = "") -> str:
    """A page with one go-import tag."""
    content = f"{prefix} {vcs} {repository} {subdirectory}".strip()
    return f'<!DOCTYPE html><html><head><meta name="go-import" content="{content}"></head><body>hi</body>'


@dataclass
class Origin:
    """Everything that the server has."""

    folder: Path
    pages: dict[str, Page] = field(default_factory=dict)
    """By "host/path", as go asks for it; of other paths there is a 404."""
    files: dict[str, bytes] = field(default_factory=dict)
    """By "host/path": what a module proxy has."""
    refuse_git: int = 0
    """A status that git gets instead of a repository."""
    refused: dict[str, int] = field(default_factory=dict)
    """The same for one host."""
    dumb: set[str] = field(default_factory=set)
    """Hosts that have the files of their repositories, and no program that knows git."""
    deep: set[str] = field(default_factory=set)
    """Hosts that give nobody a part of a history."""
    moved: dict[str, str] = field(default_factory=dict)
    """By host: where git is sent on, in place of an answer."""
    locked: dict[str, str] = field(default_factory=dict)
    """By host: the Authorization without which git gets a 401."""
    to_members: dict[str, Page] = field(default_factory=dict)
    """By "host/path": the page for who shows the Authorization of a locked host."""
    log: list[str] = field(default_factory=list)
    """The questions of go, as "https host/path"."""
    git_log: list[str] = field(default_factory=list)
    """The requests of git."""
    credentials: list[str] = field(default_factory=list)
    """What go showed, as "https host/path Basic …"."""

    def add(self, host: str, name: str, commits: tuple[Commit, ...]) -> None:
        """A repository at https://HOST/NAME."""
        place = self.folder / host / name
        for folder in ("objects", "refs"):
            (place / folder).mkdir(parents=True, exist_ok=True)
        (place / "HEAD").write_text("ref: refs/heads/main\n")
        (place / "config").write_text("[core]\n\trepositoryformatversion = 0\n\tbare = true\n")
        if commits:
            run_git("fast-import", "--quiet", folder=place, data=_fast_import(commits))
        if host in self.dumb:
            run_git("update-server-info", folder=place)


def run_git(*arguments: str, folder: Path | None = None, data: bytes | None = None) -> str:
    """The real git, without settings of the user's."""
    environment = {
        "PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull,
    }  # fmt: skip
    done = subprocess.run(["git", *arguments], cwd=folder, env=environment, input=data, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def _fast_import(commits: tuple[Commit, ...]) -> bytes:
    out = bytearray()
    for number, commit in enumerate(commits, 1):
        when = f"T <t@corp.test> {FIRST_COMMIT_S + number * COMMIT_EVERY_S} +0000"
        if commit.parent is None:
            out += f"reset refs/heads/{commit.branch}\n".encode()
        out += f"commit refs/heads/{commit.branch}\nmark :{number}\ncommitter {when}\ndata 1\nc\n".encode()
        parent = number - 1 if commit.parent == -1 else (commit.parent or 0)
        if parent:
            out += f"from :{parent}\n".encode()
        out += b"deleteall\n"
        for kind, files in (("100644", commit.files), ("120000", commit.links), ("100755", commit.programs)):
            for name, text in files.items():
                data = text.encode() if isinstance(text, str) else text
                out += b"M %s inline %s\ndata %d\n%s\n" % (kind.encode(), _quoted(name), len(data), data)
        for name in commit.submodules:
            out += b"M 160000 %s %s\n" % (b"1" * 40, _quoted(name))
        for tag in commit.tags:
            out += f"reset refs/tags/{tag}\nfrom :{number}\n\n".encode()
        for tag in commit.annotated:
            out += f"tag {tag}\nfrom :{number}\ntagger {when}\ndata 1\nt\n".encode()
    return bytes(out)


def _quoted(name: str) -> bytes:
    """A path as git-fast-import(1) takes any."""
    raw = name.encode("utf-8", "surrogateescape")
    return b'"' + b"".join(b"\\%03o" % byte for byte in raw) + b'"'


class OriginServer(LoopbackServer):
    """Answers go and git."""

    def __init__(self, origin: Origin, *, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(tls=tls)
        self._origin = origin
        self._scheme = "http" if tls is None else "https"

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ")
        headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])
        }
        host = headers["host"].partition(":")[0]
        path, _, query = target.partition("?")
        is_member = headers.get("authorization", "") == self._origin.locked.get(host, None)
        if query == "go-get=1":
            self._origin.log.append(f"{self._scheme} {host}{path}")
            if "authorization" in headers:
                self._origin.credentials.append(f"{self._origin.log[-1]} {headers['authorization']}")
            page = self._origin.pages.get(
                host + path, Page("nothing here", 404, {"Content-Type": "text/plain"})
            )
            if is_member:
                page = self._origin.to_members.get(host + path, page)
            body = page.body.encode() if isinstance(page.body, str) else page.body
            lines = [f"{name}: {value}" for name, value in page.headers.items()]
            writer.write(_answer(f"{page.status} Whatever", lines, body))
        elif host + path in self._origin.files:
            self._origin.log.append(f"{self._scheme} {host}{path}")
            writer.write(_answer("200 OK", [], self._origin.files[host + path]))
        elif status := self._refusal(host, is_member=is_member):
            lines = ['WWW-Authenticate: Basic realm="git"'] if status == 401 else []
            writer.write(_answer(f"{status} No", lines, b"no"))
        elif host in self._origin.moved:
            self._origin.git_log.append(f"{method} {self._scheme}://{host}{target}")
            writer.write(_answer("301 Moved", [f"Location: {self._origin.moved[host]}{target}"], b""))
        else:
            body = await _body(reader, headers)
            self._origin.git_log.append(f"{method} {self._scheme}://{host}{target}")
            if host in self._origin.deep and b"deepen" in body:
                writer.write(_answer("200 OK", ["Content-Type: application/x-git-upload-pack-result"], _NO_PART))
            elif host in self._origin.dumb:
                file = self._origin.folder / host / path.strip("/")
                found = file.is_file()
                writer.write(_answer("200 OK" if found else "404 No", [], file.read_bytes() if found else b""))
            else:
                writer.write(await self._backend(method, host, path, query, headers, body))
        await writer.drain()

    def _refusal(self, host: str, *, is_member: bool) -> int:
        """The status that git gets instead of a repository, 0 for none."""
        if host in self._origin.locked and not is_member:
            return 401
        return self._origin.refused.get(host, self._origin.refuse_git)

    async def _backend(
        self, method: str, host: str, path: str, query: str, headers: Mapping[str, str], body: bytes
    ) -> bytes:
        """git http-backend, as a CGI program (git-http-backend(1))."""
        environment = {
            "PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": str(self._origin.folder / host), "PATH_INFO": path,
            "GIT_HTTP_EXPORT_ALL": "1", "REQUEST_METHOD": method, "QUERY_STRING": query,
            "CONTENT_TYPE": headers.get("content-type", ""), "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": headers.get("content-encoding", ""), "REMOTE_ADDR": "127.0.0.1",
            "GIT_PROTOCOL": headers.get("git-protocol", ""),
        }  # fmt: skip
        process = await asyncio.create_subprocess_exec(
            "git", "http-backend", env=environment, stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        said, _ = await process.communicate(body)
        head, _, content = said.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        status = next((line[8:] for line in lines if line.startswith("Status: ")), "200 OK")
        return _answer(status, [line for line in lines if line and not line.startswith("Status: ")], content)


def _answer(status: str, lines: list[str], body: bytes) -> bytes:
    head = [f"HTTP/1.1 {status}", *lines, f"Content-Length: {len(body)}", "Connection: close", "", ""]
    return "\r\n".join(head).encode("latin-1") + body


async def _body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    if headers.get("transfer-encoding", "") == "chunked":
        body = b""
        while size := int(await reader.readline(), 16):
            body += await reader.readexactly(size)
            await reader.readline()
        return body
    return await reader.readexactly(int(headers.get("content-length", "0")))


class _Everywhere(dict[str, int]):
    """Every host is this machine: the two servers at their usual ports, others at theirs."""

    def __init__(self, secure: int, plain: int) -> None:
        super().__init__()
        self._ports = {"443": secure, "80": plain}

    def __missing__(self, authority: str) -> int:
        port = authority.rpartition(":")[2]
        return self._ports.get(port, int(port))


@cache
def authority() -> trustme.CA:
    """Who has signed the server's certificate."""
    return trustme.CA()


@contextmanager
def serving(origin: Origin, *, names: tuple[str, ...] = HOSTS) -> Iterator[dict[str, str]]:
    """Serve an origin; the variables that lead go and git to it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert(*names).configure_cert(context)
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="modtrace-ca-"))
        authority().cert_pem.write_to_path(f"{folder}/ca.pem")
        secure = stack.enter_context(OriginServer(origin, tls=context))
        plain = stack.enter_context(OriginServer(origin))
        proxy = stack.enter_context(ForwardProxy(_Everywhere(secure.port, plain.port)))
        proxies = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy")
        yield {
            **dict.fromkeys(proxies, proxy.url),
            "SSL_CERT_FILE": f"{folder}/ca.pem",
            "SSL_CERT_DIR": folder,
            "GIT_SSL_CAINFO": f"{folder}/ca.pem",
            "GIT_CONFIG_NOSYSTEM": "1",
        }
