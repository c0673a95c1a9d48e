"""A request, a layer or a whole trace as commands to paste. modtrace never runs them.

Each line is for a POSIX shell: what a server or a setting says is one quoted word, control characters in it
are written out, and a word that could be taken for an option stands behind an option or ``--``. A line holds
no secret: USER:PASSWORD stands where one belongs, and the note says so.

What the lines do is what go does: its User-Agent, its HTTP proxy (by go's rules for NO_PROXY, which curl does
not share), its certificates, its ten redirects. Sources: net/http Client.CheckRedirect, cmd/go/internal/web;
curl(1), dig(1), kdig(1), openssl-s_client(1).
"""

from __future__ import annotations

import ipaddress
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from probes.golang.environment import Source
from probes.golang.errors import GoError
from probes.golang.mode import godebug
from probes.golang.protocol import Op
from probes.golang.redact import MASK, redact
from probes.golang.safetext import safe_text
from probes.golang.urls import GoURL, parse_url
from probes.net.httpproxy import HTTPProxyRules
from probes.trace.climb_events import RungClimbed
from probes.trace.fold import Trace

USER_AGENT = "GoCommand/1 (+https://go.dev/cmd/go)"
"""How go 1.27 names itself. Source: cmd/go/internal/web/http.go."""
CREDENTIALS = "USER:PASSWORD"
"""Stands where a secret belongs."""
_SECRET_NOTE = f"Put the user name and the password in place of {CREDENTIALS}."
_MASK_NOTE = f"Put the secret in place of {MASK}."
_MASKED_USER = re.compile(rf"(?<=://){MASK}(?=@)|(?<![^,|=]){MASK}(?=@)")
_LONGEST = 8000


class Tool(StrEnum):
    """What runs the line."""

    CURL = "curl"
    DIG = "dig"
    KDIG = "kdig"
    OPENSSL = "openssl"
    GO = "go"
    GIT = "git"
    PROGRAM = "program"
    """Another one that go starts."""
    MODTRACE = "modtrace"


@dataclass(frozen=True, slots=True)
class Command:
    """One line to paste."""

    tool: Tool
    line: str
    title: str
    """What it shows."""
    note: str = ""
    """What to put in first, or what is different from go."""


def word(text: str) -> str:
    """Any text as exactly one word of a POSIX shell, without control characters, secrets masked."""
    return shlex.quote(safe_text(redact(text), limit=_LONGEST))


# -- what there is to copy ----------------------------------------------------------------------------------


def request_commands(
    trace: Trace, request: int, *, process: Mapping[str, str] | None = None
) -> tuple[Command, ...]:
    """One request of a trace. ``process`` is the process environment, where it is at hand: it knows the
    variables that a trace does not keep (https_proxy in lower case, NETRC)."""
    asked = trace.requests[request]
    finished = asked.finished
    place = _Place(trace, asked.started.url, process)
    address = finished.address if finished is not None and not finished.redirects else ""
    return (
        *_curl(place, address, big=asked.started.op is Op.ZIP),
        *_dig(place),
        *_openssl(place),
        *_go(trace, hop=asked.started.hop),
        *_modtrace(trace),
    )


_RUNG_TOOLS = {
    "http proxy": (Tool.CURL, Tool.DIG, Tool.KDIG),
    "names": (Tool.DIG, Tool.KDIG),
    "tcp": (Tool.CURL, Tool.OPENSSL),
    "tls": (Tool.OPENSSL, Tool.CURL),
    "http": (Tool.CURL,),
    "content": (Tool.CURL, Tool.GO),
}


def rung_commands(
    trace: Trace, rung: RungClimbed, *, process: Mapping[str, str] | None = None
) -> tuple[Command, ...]:
    """One layer of a hop: what looks at this layer, the most telling first."""
    place = _Place(trace, rung.url, process)
    made = [*_curl(place, ""), *_dig(place), *_openssl(place), *_go(trace, hop=rung.hop)]
    tools = _RUNG_TOOLS.get(rung.rung, (Tool.CURL,))
    wanted = sorted((one for one in made if one.tool in tools), key=lambda one: tools.index(one.tool))
    return (*wanted, *_modtrace(trace, doctor=True))


def program_commands(trace: Trace, command: str) -> tuple[Command, ...]:
    """A program that go starts, as one would start it by hand: it must not ask for a password either.

    go runs git in a repository of its own (GIT_DIR), so what needs one gets an empty one.
    """
    words = _words_of(command)
    tool = Tool.GIT if words[0].rpartition("/")[2] == "git" else Tool.PROGRAM
    masked = _MASK_NOTE if MASK in command else ""
    if tool is Tool.PROGRAM:
        line = " ".join(map(word, words))
        return (Command(tool, line, "the program that go starts", masked), *trace_commands(trace))
    line = " ".join(["GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=", *map(word, words)])
    notes = [masked] if masked else []
    origin = _origin(trace)
    if "ls-remote" in words and words[-1] != "origin":
        pass  # it needs no repository
    elif origin and ("fetch" in words or "origin" in words):
        line = (
            f'(cd "$(mktemp -d)" && git init -q --bare && git remote add origin -- {word(origin)} && {line})'
        )
    else:
        notes.append("It works in the repository that the fetch before it was made in.")
    return (
        Command(tool, line, "what go runs, with nobody to ask for a password", " ".join(notes)),
        *trace_commands(trace),
    )


_OF_SEVERAL_WORDS = ("--format=format:%H %ct %D", "{node} {date|hgdate} {tags}")
"""Arguments of go's that have blanks in them (codehost/git.go statLocal, codehost/vcs.go)."""


def _words_of(command: str) -> list[str]:
    """The words of a command line as it is told: they stand there without quotes."""
    for number, text in enumerate(_OF_SEVERAL_WORDS):
        command = command.replace(text, f"\0{number}")
    words = command.split(" ")
    return [_OF_SEVERAL_WORDS[int(one[1:])] if one.startswith("\0") else one for one in words]


def _origin(trace: Trace) -> str:
    """The repository that git was told of: what ls-remote was run for first."""
    programs = [ran.started.command for ran in trace.origin.programs.values()]
    for command in (*programs, *(held.command for held in trace.origin.held)):
        words = command.split(" ")
        if "ls-remote" in words and "://" in words[-1]:
            return words[-1]
    found = [one.to for one in trace.origin.decided if one.vcs == "git" and "://" in one.to]
    return found[-1] if found else ""


def trace_commands(trace: Trace) -> tuple[Command, ...]:
    """The whole question: with modtrace, and with go itself."""
    return (*_modtrace(trace), *_go(trace))


# -- where a request goes -----------------------------------------------------------------------------------


class _Place:
    """A URL, and the way to it."""

    def __init__(self, trace: Trace, url: str, process: Mapping[str, str] | None) -> None:
        self.text = redact(url)
        self.settings = trace.settings
        self.process = process
        self.url: GoURL | None = None
        self.proxy: GoURL | None = None
        try:
            parsed = parse_url(url)
            if parsed.scheme in ("http", "https") and parsed.hostname():
                self.url = parsed
                self.proxy = HTTPProxyRules.from_environment(self._variables()).proxy_for(parsed)
        except GoError:
            pass  # no URL: nothing was asked; or a proxy that go refuses

    def _variables(self) -> Mapping[str, str]:
        if self.process is not None:
            return self.process
        return {name: view.value for name, view in self.settings.items()}

    def value(self, name: str) -> str:
        """A variable of the process, or of the trace."""
        if self.process is not None and name in self.process:
            return self.process[name]
        return self.settings[name].value if name in self.settings else ""

    @property
    def port(self) -> str:
        """The port, also where the URL has none."""
        assert self.url is not None
        return self.url.port() or ("443" if self.url.scheme == "https" else "80")

    @property
    def has_user(self) -> bool:
        """Whether go sends credentials that stand in the URL."""
        return self.url is not None and self.url.user is not None


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


# -- the tools ----------------------------------------------------------------------------------------------


def _curl(place: _Place, address: str, *, big: bool = False) -> Iterator[Command]:
    url = place.url
    if url is None:
        return
    notes: list[str] = []
    words = ["curl", "-q", "-gsS", "--path-as-is", "-L", "--max-redirs", "10", "--proto", "=http,https"]
    words += ["-A", USER_AGENT]
    words += ["-o", "/dev/null", "-D", "-"] if big else ["-i"]
    words += _curl_proxy(place, notes)
    if place.proxy is None:
        words += _pinned(url, place.port, address)
    if url.scheme == "https":
        for option, name in (("--cacert", "SSL_CERT_FILE"), ("--capath", "SSL_CERT_DIR")):
            if value := place.value(name):
                words += [option, value.partition(":")[0] if name == "SSL_CERT_DIR" else value]
        if godebug({"GODEBUG": place.value("GODEBUG")}).get("http2client") == "0":
            words.append("--http1.1")
        words += _netrc(place)
    if place.has_user:
        words += ["-u", CREDENTIALS]
        notes.append(_SECRET_NOTE)
    shown = redact(url.replace(user=None, password=None).string())
    words += ["--url", shown]
    if MASK in shown:
        notes.append(_MASK_NOTE)
    note = " ".join(dict.fromkeys(notes))
    yield Command(Tool.CURL, " ".join(map(word, words)), "the same request, with curl", note)


def _curl_proxy(place: _Place, notes: list[str]) -> list[str]:
    """Always said outright: curl has rules of its own for the variables."""
    proxy = place.proxy
    if proxy is None:
        return ["--noproxy", "*"]
    scheme = "socks5h" if proxy.scheme == "socks5" else proxy.scheme
    words = ["--noproxy", "", "-x", f"{scheme}://{proxy.host}"]
    if proxy.user is not None:
        words += ["-U", CREDENTIALS]
        notes.append(_SECRET_NOTE)
    return words


def _pinned(url: GoURL, port: str, address: str) -> list[str]:
    """The address that answered, so that another server of the name cannot answer instead."""
    host, _, _ = address.rpartition(":")
    host = host.strip("[]")
    if not _is_address(host) or _is_address(url.hostname()):
        return []
    return ["--resolve", f"{url.hostname()}:{port}:{_bracketed(host)}"]


def _netrc(place: _Place) -> list[str]:
    """GOAUTH's default: the user's netrc file is asked for credentials."""
    if place.has_user or place.value("GOAUTH") not in ("", "netrc"):
        return []
    file = place.value("NETRC")
    return ["--netrc-file", file] if file else ["--netrc-optional"]


def _dig(place: _Place) -> Iterator[Command]:
    server = place.proxy or place.url
    if server is None or _is_address(server.hostname()) or server.hostname() == "localhost":
        return
    name = server.hostname()
    whose = "the HTTP proxy's name" if place.proxy is not None else "the name"
    for tool in (Tool.DIG, Tool.KDIG):
        for kind in ("A", "AAAA"):
            line = " ".join([tool.value, "-q", word(name), "-t", kind])
            yield Command(tool, line, f"{whose}, {kind} records")


def _openssl(place: _Place) -> Iterator[Command]:
    url = place.url
    if url is None or url.scheme != "https":
        return
    host = url.hostname()
    words = ["openssl", "s_client", "-connect", f"{_bracketed(host)}:{place.port}"]
    words += ["-noservername"] if _is_address(host) else ["-servername", host, "-verify_hostname", host]
    words += ["-alpn", "h2,http/1.1", "-showcerts", "-verify_return_error"]
    note = ""
    proxy = place.proxy
    if proxy is not None and proxy.scheme == "http":
        words += ["-proxy", f"{_bracketed(proxy.hostname())}:{proxy.port() or '80'}"]
        if proxy.user is not None:
            words += ["-proxy_user", "USER", "-proxy_pass", "pass:PASSWORD"]
            note = "Put the user name in place of USER, and the password in place of PASSWORD."
    elif proxy is not None:
        note = f"openssl knows no {proxy.scheme} proxy: this goes past it."
    for option, name in (("-CAfile", "SSL_CERT_FILE"), ("-CApath", "SSL_CERT_DIR")):
        if value := place.value(name):
            words += [option, value.partition(":")[0] if name == "SSL_CERT_DIR" else value]
    line = " ".join(map(word, words)) + " </dev/null"
    yield Command(Tool.OPENSSL, line, "the handshake and the certificates", note)


_SET_BY_SOMEBODY = (Source.OVERLAY, Source.PROCESS, Source.GOENV)
_ADDRESSES = ("GOPROXY", "GOSUMDB", "HTTP_PROXY", "HTTPS_PROXY")


def _assignments(trace: Trace, hop: int | None) -> tuple[dict[str, str], str]:
    """The settings that somebody made, without secrets, and a note about those."""
    values = {
        name: view.value
        for name, view in trace.settings.items()
        if name != "GOENV" and (name == "GOPROXY" or (view.value and view.source in _SET_BY_SOMEBODY))
    }
    chosen = trace.hop(hop)
    if chosen is not None and "GOPROXY" in values and chosen.index is not None:
        values["GOPROXY"] = chosen.spec
    note = ""
    for name, value in values.items():
        values[name] = value = redact(value)
        if name in _ADDRESSES and _MASKED_USER.search(value):
            values[name] = value = _MASKED_USER.sub(CREDENTIALS, value)
            note = _SECRET_NOTE
        if MASK in value:
            note = _MASK_NOTE
    return values, note


def _target(trace: Trace) -> str:
    assert trace.started is not None
    return f"{trace.started.path}@{trace.started.query}"


def _safe(text: str) -> str:
    """A word that holds USER:PASSWORD, which must not be masked again."""
    return shlex.quote(safe_text(text, limit=_LONGEST))


def _go(trace: Trace, *, hop: int | None = None) -> Iterator[Command]:
    if trace.started is None:
        return
    values, note = _assignments(trace, hop)
    settings = " ".join(_safe(f"{name}={value}") for name, value in values.items())
    line = (
        f'(cd "$(mktemp -d)" && env GOENV=off GOWORK=off GOMODCACHE="$PWD/cache" {settings} '
        f"go mod download -modcacherw -x -json -- {word(_target(trace))})"
    )
    title = "the same question to go, with an empty module cache"
    title += ", of this entry alone" if hop is not None else ""
    yield Command(Tool.GO, re.sub(" +(?=go mod)", " ", line), title, note)


def _modtrace(trace: Trace, *, doctor: bool = False) -> Iterator[Command]:
    if trace.started is None:
        return
    values, note = _assignments(trace, None)
    words = ["modtrace", "doctor" if doctor else "trace"]
    words += [_safe(f"--set={name}={value}") for name, value in values.items()]
    target = word(_target(trace))
    words += ["--", target] if target.lstrip("'").startswith("-") else [target]
    yield Command(Tool.MODTRACE, " ".join(words), "the same question to modtrace", note)
