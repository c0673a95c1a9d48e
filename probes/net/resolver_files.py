"""The files that decide how a name is looked up, read as Go reads them.

Source: net/dnsconfig_unix.go (dnsReadConfig), net/dnsclient_unix.go (nameList), net/hosts.go (readHosts),
net/nss.go (parseNSSConf) and net/conf.go (lookupOrder). The released go command is built without cgo, so it
never asks the C library: sources of nsswitch.conf other than "files" and "dns" do not exist for it.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from pathlib import Path

from probes.golang.errors import GoError
from probes.golang.netip import parse_addr
from probes.net.dial import join_host_port
from probes.net.limits import GO_ATTEMPTS, GO_QUESTION_S

MAX_NAMESERVERS = 3
MAX_NDOTS = 15
MAX_NAME = 254
DEFAULT_NAMESERVERS = ("127.0.0.1", "::1")
"""net/dnsconfig.go defaultNS."""


@dataclass(frozen=True, slots=True)
class ResolverFiles:
    """Where the files are; tests put theirs here."""

    resolv_conf: Path = Path("/etc/resolv.conf")
    hosts: Path = Path("/etc/hosts")
    nsswitch: Path = Path("/etc/nsswitch.conf")
    port: int = 53
    """The port of the nameservers; resolv.conf has no way to say another."""


@dataclass(frozen=True, slots=True)
class Nameserver:
    """One nameserver."""

    address: str
    port: int = 53
    line: int | None = None
    """Its line in resolv.conf, counted from 1; None when it is Go's default."""

    @property
    def shown(self) -> str:
        """As Go names it: "192.0.2.1:53"."""
        return join_host_port(self.address, self.port)


@dataclass(frozen=True, slots=True)
class ResolvConf:
    """resolv.conf as Go understands it."""

    path: str
    found: bool
    nameservers: tuple[Nameserver, ...]
    ignored: tuple[str, ...] = ()
    """Nameservers that do not count: after the third, or no address."""
    search: tuple[str, ...] = ()
    """Suffixes, each ending in a dot."""
    ndots: int = 1
    timeout_s: float = GO_QUESTION_S
    attempts: int = GO_ATTEMPTS
    rotate: bool = False
    single_request: bool = False
    use_tcp: bool = False
    unknown: tuple[str, ...] = ()
    """Directives and options that Go does not know."""

    def names_for(self, host: str) -> tuple[str, ...]:
        """The full names that are asked for one after the other (nameList)."""
        rooted = host.endswith(".")
        if len(host) > MAX_NAME or (len(host) == MAX_NAME and not rooted):
            return ()
        if rooted:
            return () if _is_onion(host) else (host,)
        name = host + "."
        suffixed = [name + suffix for suffix in self.search if len(name + suffix) <= MAX_NAME]
        names = [name, *suffixed] if host.count(".") >= self.ndots else [*suffixed, name]
        return tuple(full for full in names if not _is_onion(full))

    def worst_case_s(self, host: str) -> float:
        """How long go asks when no nameserver answers, before its limit for dialling cuts it short."""
        return len(self.names_for(host)) * self.attempts * len(self.nameservers) * self.timeout_s


def _is_onion(name: str) -> bool:
    return name.rstrip(".").lower().endswith(".onion")


def parse_resolv_conf(
    text: str | None, *, path: str = "/etc/resolv.conf", port: int = 53, hostname: str = ""
) -> ResolvConf:
    """Read resolv.conf; ``text`` is None where there is no such file.

    ``hostname``: the machine's own, whose domain is the search list where none is given.
    """
    reader = _Reader(port)
    for number, line in enumerate((text or "").split("\n"), start=1):
        if not line.startswith((";", "#")):
            reader.read(_fields(line), number)
    default = tuple(Nameserver(address, port) for address in DEFAULT_NAMESERVERS)
    return ResolvConf(
        path=path,
        found=text is not None,
        nameservers=tuple(reader.nameservers) or default,
        ignored=tuple(reader.ignored),
        search=tuple(reader.search) or _default_search(hostname),
        ndots=min(reader.numbers.get("ndots", 1), MAX_NDOTS),
        timeout_s=float(max(reader.numbers.get("timeout", int(GO_QUESTION_S)), 1)),
        attempts=max(reader.numbers.get("attempts", GO_ATTEMPTS), 1),
        rotate="rotate" in reader.flags,
        single_request=bool(reader.flags & {"single-request", "single-request-reopen"}),
        use_tcp=bool(reader.flags & {"use-vc", "usevc", "tcp"}),
        unknown=tuple(reader.unknown),
    )


_KNOWN_FLAGS = frozenset({
    "rotate", "single-request", "single-request-reopen", "use-vc", "usevc", "tcp", "trust-ad", "edns0",
    "no-reload",
})  # fmt: skip


class _Reader:
    """The lines of a resolv.conf, one after the other."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.nameservers: list[Nameserver] = []
        self.ignored: list[str] = []
        self.search: list[str] = []
        self.numbers: dict[str, int] = {}
        self.flags: set[str] = set()
        self.unknown: list[str] = []

    def read(self, words: list[str], number: int) -> None:
        match words:
            case []:
                return
            case ["nameserver", address, *_]:
                self._nameserver(address, number)
            case ["domain", domain, *_]:
                self.search = [_rooted(domain)]
            case ["search", *domains]:
                self.search = [_rooted(domain) for domain in domains if domain != "."]
            case ["options", *options]:
                for option in options:
                    self._option(option)
            case ["nameserver"] | ["domain"] | ["lookup", *_]:
                return
            case [directive, *_]:
                self.unknown.append(directive)

    def _nameserver(self, address: str, number: int) -> None:
        try:
            parse_addr(address)
        except GoError:
            self.ignored.append(address)
            return
        if len(self.nameservers) == MAX_NAMESERVERS:
            self.ignored.append(address)
        else:
            self.nameservers.append(Nameserver(address, self._port, number))

    def _option(self, option: str) -> None:
        name, colon, value = option.partition(":")
        if colon and name in ("ndots", "timeout", "attempts"):
            digits = re.match("[0-9]*", value)
            assert digits is not None
            self.numbers[name] = int(digits[0][:6] or 0)
        elif option in _KNOWN_FLAGS:
            self.flags.add(option)
        else:
            self.unknown.append(option)


def _fields(line: str) -> list[str]:
    return [word for word in re.split("[ \r\t\n]+", line) if word]


def _rooted(name: str) -> str:
    return name if name.endswith(".") else name + "."


def _default_search(hostname: str) -> tuple[str, ...]:
    domain = hostname.partition(".")[2]
    return (_rooted(domain),) if domain else ()


@dataclass(frozen=True, slots=True)
class HostsLine:
    """One line of the hosts file that names a host."""

    address: str
    line: int


def hosts_lines(text: str, host: str) -> tuple[HostsLine, ...]:
    """The lines of a hosts file for this host, in order; all their addresses count (readHosts)."""
    wanted = host.lower().rstrip(".")
    found = []
    for number, line in enumerate(text.split("\n"), start=1):
        address, *names = _fields(line.partition("#")[0]) or [""]
        if wanted not in (name.lower().rstrip(".") for name in names):
            continue
        try:
            ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            continue
        found.append(HostsLine(address, number))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class LookupOrder:
    """Which sources go asks, and in which order."""

    sources: tuple[str, ...]
    """"files" (the hosts file) and "dns"."""
    because: str
    strangers: tuple[str, ...] = ()
    """Sources that only the C library asks, such as "mdns4_minimal" or "resolve"."""


def lookup_order(nsswitch: str | None) -> LookupOrder:
    """The order of net/conf.go lookupOrder for a go without cgo; None where there is no nsswitch.conf."""
    if nsswitch is None:
        return LookupOrder(("files", "dns"), "there is no nsswitch.conf")
    hosts = _hosts_database(nsswitch)
    if hosts is None:
        return LookupOrder(("files", "dns"), "nsswitch.conf cannot be understood")
    if not hosts:
        return LookupOrder(("files", "dns"), "nsswitch.conf says nothing about hosts")
    strangers = tuple(name for name in hosts if name not in ("files", "dns"))
    order = []
    for name in hosts:
        # A source that Go does not know counts as the DNS, where the list has no "dns" of its own.
        known = name if name in ("files", "dns") else "dns" if "dns" not in hosts else None
        if known is not None and known not in order:
            order.append(known)
    return LookupOrder(tuple(order), "hosts: " + " ".join(hosts), strangers)


def _hosts_database(text: str) -> list[str] | None:
    """The sources of the line "hosts:"; None when the file makes Go give up."""
    sources: list[str] = []
    for line in text.split("\n"):
        line = line.partition("#")[0].strip(" \t\r\n")
        if not line:
            continue
        database, colon, rest = line.partition(":")
        if not colon or rest.count("[") != rest.count("]"):
            return None
        if database.strip(" \t") == "hosts":
            sources += _fields(re.sub(r"\[[^\]]*\]", " ", rest))
    return sources


@dataclass(frozen=True, slots=True)
class ResolverSettings:
    """All that the files say about one host."""

    conf: ResolvConf
    hosts: tuple[HostsLine, ...]
    hosts_path: str
    order: LookupOrder

    @property
    def shadow(self) -> tuple[HostsLine, ...]:
        """The lines of the hosts file that go uses instead of the DNS."""
        return self.hosts if self.order.sources and self.order.sources[0] == "files" else ()


def read_resolver_files(files: ResolverFiles, host: str) -> ResolverSettings:
    """Read the files for one host; what cannot be read counts as missing, as it does for Go."""
    return ResolverSettings(
        conf=parse_resolv_conf(
            _text(files.resolv_conf),
            path=str(files.resolv_conf),
            port=files.port,
            hostname=socket.gethostname(),
        ),
        hosts=hosts_lines(_text(files.hosts) or "", host),
        hosts_path=str(files.hosts),
        order=lookup_order(_text(files.nsswitch)),
    )


def _text(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except OSError:
        return None
