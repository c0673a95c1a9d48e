"""A module proxy over TLS that wants credentials, and both go and modtrace asking it."""

from __future__ import annotations

import asyncio
import json
import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from probes.demo.behaviour import honest_answer, parse_target
from probes.demo.content import Module, ModuleVersion
from probes.golang.redact import redact
from probes.net.limits import Limits
from probes.sources.environment_reader import read_environment
from probes.trace.events import event_to_json
from probes.trace.fold import Trace
from probes.trace.run import trace
from tests.against_go.compare import authority, environment_of, home_folder, normal
from tests.against_go.golang import go_binary
from tests.against_go.worlds import GeneratedWorld
from tests.forward_proxy import ForwardProxy
from tests.loopback import LoopbackServer

PATH = "m.test/x"
TARGET = f"{PATH}@v1.0.0"
GOOD = "Basic YWxpY2U6czNjcjN0"
"""alice:s3cr3t"""


@cache
def tls() -> ssl.SSLContext:
    """A server that is 127.0.0.1, localhost and the host of the module."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert("127.0.0.1", "localhost", "m.test").configure_cert(context)
    return context


@dataclass(frozen=True, order=True)
class Head:
    """One request as it came."""

    line: str
    headers: tuple[tuple[str, str], ...] = field(repr=True)
    """Sorted by name; of one name in their order."""

    @property
    def shown(self) -> list[str]:
        """The credentials in it."""
        return [value for name, value in self.headers if name == "authorization"]


class AuthServer(LoopbackServer):
    """Has one module. Below /open/ it wants nothing, below /none/ it has nothing; below /away/ and /here/ it
    sends everybody on to another name of its own, or to the same; elsewhere GOOD or a bearer of it is wanted."""

    def __init__(self) -> None:
        super().__init__(tls=tls())
        self.log: list[Head] = []
        self.proxy = ""
        """An HTTP proxy to it, for the host of the module."""
        self._modules = {PATH: Module(PATH, (ModuleVersion(PATH, "v1.0.0"),))}

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
            pairs = [
                (name.lower(), value.strip()) for name, _, value in (x.partition(":") for x in lines[1:])
            ]
            head = Head(lines[0], tuple(sorted(pairs, key=lambda pair: pair[0])))
            self.log.append(head)
            method, target, _ = lines[0].split(" ")
            status, extra, body = self._answer(target, head)
            shown = body if method == "GET" else b""
            writer.write(
                "".join([f"HTTP/1.1 {status}\r\n", *(f"{line}\r\n" for line in extra)]).encode()
                + f"Content-Length: {len(shown)}\r\n\r\n".encode()
                + shown
            )
            await writer.drain()

    def _answer(self, target: str, head: Head) -> tuple[str, list[str], bytes]:
        place, _, rest = target.removeprefix("/").partition("/")
        if place == "none":
            return "404 Not Found", ["X-Two: a", "X-Two: b"], b"no"
        if place == "away":
            return "302 Found", [f"Location: https://localhost:{self.port}/{rest}"], b""
        if place == "here":
            return "302 Found", [f"Location: https://{self.host}/{rest}"], b""
        if place == "relative":
            return "302 Found", [f"Location: /{rest}"], b""
        allowed = any(GOOD in value or value == "Bearer t0ken" for _, value in head.headers)
        if place != "open" and not allowed:
            return "401 Unauthorized", ['WWW-Authenticate: Basic realm="x"'], b"who are you?"
        if target.endswith("?go-get=1"):
            page = f'<meta name="go-import" content="{PATH} mod https://{self.host}/p">'
            return "200 OK", ["Content-Type: text/html"], page.encode()
        if target == "/":
            return "200 OK", [], b"here"
        answer = honest_answer(self._modules, parse_target(f"/{rest}", {}))
        return f"{answer.status} Whatever", [f"Content-Type: {answer.content_type}"], answer.body


@dataclass(frozen=True)
class Asked:
    """What came of asking, and what the server saw."""

    ok: bool
    error: str | None
    requests: list[Head]
    said: str = ""
    """All events as they are told."""
    calls: str = ""
    """What the scripts noted of how they were called."""
    left: Mapping[str, str] = field(default_factory=dict)
    """The scripts and files as they are afterwards."""
    outcome: str = ""

    @property
    def gets(self) -> list[Head]:
        return [head for head in self.requests if head.line.startswith("GET ")]

    @property
    def heads(self) -> list[Head]:
        return [head for head in self.requests if head.line.startswith("HEAD ")]


def remove(file: Path) -> None:
    """Whatever it is."""
    shutil.rmtree(file) if file.is_dir() and not file.is_symlink() else file.unlink(missing_ok=True)


def _fill(text: str, server: AuthServer) -> str:
    text = text.replace("{host}", server.host).replace("{port}", str(server.port))
    return text.replace("{proxy}", server.proxy)


@dataclass
class Case:
    """One setting of GOAUTH and of what belongs to it."""

    goauth: str = ""
    netrc: str | bytes | None = None
    """With {host} for the server."""
    place: str = "p"
    """Where below the server the proxy is; or a whole URL, with {host}."""
    variables: Mapping[str, str] = field(default_factory=dict)
    scripts: Mapping[str, str] = field(default_factory=dict)
    """Shell scripts by name, with {host}; they find {home} in $HOME."""
    make: Callable[[Path], None] = lambda file: None
    """What is made of ~/.netrc once it is written."""
    run: bool = True

    def prepare(self, home: Path, server: AuthServer) -> dict[str, str]:
        """Write the files; the environment."""
        if self.netrc is not None:
            data = (
                self.netrc if isinstance(self.netrc, bytes) else self.netrc.encode("utf-8", "surrogateescape")
            )
            data = data.replace(b"{host}", server.host.encode()).replace(b"{port}", str(server.port).encode())
            file = home / ".netrc"
            remove(file)
            file.write_bytes(data)
            self.make(file)
        for name, text in self.scripts.items():
            file = home / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(_fill(text.replace("{home}", str(home)), server))
            file.chmod(0o755)
        place = self.place if "://" in self.place else "https://{host}/" + self.place
        variables = {
            name: _fill(value.replace("{home}", str(home)), server)
            for name, value in {"GOAUTH": self.goauth, **self.variables}.items()
            if value
        }
        plan = GeneratedWorld(0, PATH, "v1.0.0", (), _fill(place, server), variables)
        return environment_of(plan, [], home)


@contextmanager
def auth_server() -> Iterator[AuthServer]:
    """One that runs, with its HTTP proxy."""
    with AuthServer() as server, ForwardProxy({"m.test:443": server.port}) as proxy:
        server.proxy = proxy.url
        yield server


def ask_both(server: AuthServer, case: Case) -> tuple[Asked, Asked]:
    """What go does, and what modtrace does, each in a home folder of its own.

    A helper that go has told something may still be running when go is over.
    """
    return _ask(server, case, _ask_go), _ask(server, case, _ask_modtrace)


Door = Callable[[dict[str, str], Path, bool], tuple[bool, str | None, str, str]]
"""Asks one of them: whether it worked, the error, all that was told, the outcome."""


def _ask(server: AuthServer, case: Case, door: Door) -> Asked:
    with home_folder() as home:
        environment = case.prepare(home, server)
        server.log.clear()
        ok, error, said, outcome = door(environment, home, case.run)
        requests = list(server.log)
        calls = home / "calls"
        noted = calls.read_text() if calls.exists() else ""
        left = {name: (home / name).read_text() for name in case.scripts}
        # modtrace masks the user's name as well, where go masks the password alone
        error = None if error is None else redact(normal(error) or "").replace(str(home), "HOME")
        return Asked(ok, error, requests, said, noted.replace(str(home), "HOME"), left, outcome)


def _ask_go(environment: dict[str, str], home: Path, run: bool) -> tuple[bool, str | None, str, str]:
    done = subprocess.run(
        [str(go_binary()), "mod", "download", "-json", TARGET],
        env=environment, cwd=home, text=True, capture_output=True, timeout=60,
    )  # fmt: skip
    said = json.loads(done.stdout) if done.stdout.strip() else {}
    error = said.get("Error") or (done.stderr.strip() if done.returncode else None)
    return done.returncode == 0, error, "", ""


def _ask_modtrace(environment: dict[str, str], home: Path, run: bool) -> tuple[bool, str | None, str, str]:
    result = Trace()
    told: list[str] = []

    def tell(event: object) -> None:
        told.append(json.dumps(event_to_json(event), ensure_ascii=False))  # type: ignore[arg-type]
        result.apply(event)  # type: ignore[arg-type]

    here = read_environment(process=environment, cwd=str(home))
    asyncio.run(trace(here, PATH, "v1.0.0", tell, limits=Limits(answer_s=20, stall_s=20), run=run))
    ours = result.to_json()
    return ours["ok"], ours["error"], "\n".join(told), ours["outcome"]
