"""The GOPROXY list: its hops, its separators, and the rule that decides whether the next hop is asked.

Source: cmd/go/internal/modfetch/proxy.go (proxyList, TryProxies) and repo.go (lookup). The list is walked
anew for every operation; the separator *after* an entry decides which of that entry's errors let the next
one be asked. Everything here is pure, so that it can be asked "what if".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum, StrEnum

from probes.golang import module, patterns
from probes.golang.errors import GoError
from probes.golang.redact import redact
from probes.golang.urls import GoURL, parse_url

TRY_PROXIES = "cmd/go/internal/modfetch/proxy.go TryProxies"
PROXY_LIST = "cmd/go/internal/modfetch/proxy.go proxyList"
LOOKUP = "cmd/go/internal/modfetch/repo.go lookup"

NO_ENTRIES = "GOPROXY list is not the empty string, but contains no entries"


class HopKind(StrEnum):
    """What an entry of the GOPROXY list is."""

    NOPROXY = "noproxy"
    """The implicit first entry for paths that match GONOPROXY: fetch them directly."""
    PROXY = "proxy"
    DIRECT = "direct"
    OFF = "off"


class Separator(StrEnum):
    """The character after an entry: which of its errors let the next entry be asked."""

    COMMA = ","
    PIPE = "|"
    END = ""


@dataclass(frozen=True, slots=True)
class Hop:
    """One entry of the list as it is walked."""

    id: int
    """Position in the walk, from 0; counts the implicit noproxy entry."""
    index: int | None
    """Position among the entries of GOPROXY as written, from 0; None for the implicit noproxy entry."""
    kind: HopKind
    spec: str
    """The entry for people: secrets masked."""
    separator: Separator
    url: GoURL | None = field(default=None, repr=False)
    """The base URL of a proxy, with whatever secrets it carries. Never shown."""

    @property
    def name(self) -> str:
        """The shortest useful name: the host of a proxy, or the keyword."""
        if self.url is None:
            return self.kind.value
        if self.url.scheme == "file":
            return "file://" + self.url.path
        return self.url.host

    @property
    def falls_back_on_any_error(self) -> bool:
        """Whether any error of this hop lets the next one be asked (the entry is followed by "|")."""
        return self.separator is Separator.PIPE


@dataclass(frozen=True, slots=True)
class ProxyList:
    """GOPROXY taken apart."""

    hops: tuple[Hop, ...]
    dead: tuple[str, ...] = ()
    """Entries after "direct" or "off", which go never looks at; secrets masked."""
    error: GoError | None = None
    """What every lookup fails with when the list cannot be used at all."""

    def for_people(self) -> str:
        """The list in one line, secrets masked, dead entries left out."""
        return "".join(hop.spec + hop.separator for hop in self.hops if hop.index is not None)


_ENTRY = re.compile(r"([^,|]*)([,|]?)")


def parse_goproxy(goproxy: str, gonoproxy: str = "") -> ProxyList:
    """Take GOPROXY apart as proxyList does.

    ``gonoproxy`` is the effective GONOPROXY: when it is not empty and GOPROXY is not exactly "direct", an
    implicit noproxy entry comes first. One invalid URL poisons the whole list (``error``), even when it
    stands after a good proxy; nothing after "direct" or "off" is looked at.
    """
    hops: list[Hop] = []
    if gonoproxy and goproxy != "direct":
        hops.append(Hop(0, None, HopKind.NOPROXY, "noproxy", Separator.COMMA))
    index = -1
    ended = False
    dead: list[str] = []
    for match in _ENTRY.finditer(goproxy):
        entry = _trim(match[1])
        if not entry:
            continue
        index += 1
        if ended:
            dead.append(redact(entry))
            continue
        separator = Separator(match[2])
        if entry in ("off", "direct"):
            hops.append(Hop(len(hops), index, HopKind(entry), entry, separator))
            ended = True
            continue
        try:
            url = parse_proxy_url(entry)
        except GoError as error:
            return ProxyList(tuple(hops), tuple(dead), error)
        spec = redact(entry)
        hops.append(Hop(len(hops), index, HopKind.PROXY, spec, separator, url))
    if not hops or (len(hops) == 1 and hops[0].kind is HopKind.NOPROXY):
        return ProxyList(tuple(hops), tuple(dead), GoError(NO_ENTRIES))
    return ProxyList(tuple(hops), tuple(dead))


def entries(goproxy: str) -> list[str]:
    """The entries as they are written, those behind direct or off included; they may hold passwords."""
    return [entry for match in _ENTRY.finditer(goproxy) if (entry := _trim(match[1]))]


def with_separator(goproxy: str, index: int, separator: Separator) -> str:
    """The list with another separator behind an entry that a separator follows, all else as it is written."""
    count = -1
    for match in _ENTRY.finditer(goproxy):
        count += bool(_trim(match[1]))
        if count == index and match[2] and _trim(match[1]):
            return goproxy[: match.start(2)] + separator.value + goproxy[match.end(2) :]
    return goproxy


def _trim(text: str) -> str:
    from probes.golang.quote import trim_space

    return trim_space(text)


def parse_proxy_url(entry: str) -> GoURL:
    """The base URL of one entry, "https://" added where proxyList adds it.

    Raises GoError with the words of newProxyRepo when the entry cannot be a proxy.
    """
    if any(c in entry for c in ".:/") and ":/" not in entry and not entry.startswith("/"):
        entry = "https://" + entry
    base = parse_url(entry)
    match base.scheme:
        case "http" | "https":
            return base
        case "file":
            if base.string() != GoURL(scheme="file", path=base.path, raw_path=base.raw_path).string():
                raise GoError(f"invalid file:// proxy URL with non-path elements: {base.redacted()}")
            return base
        case "":
            raise GoError(f"invalid proxy URL missing scheme: {base.redacted()}")
        case _:
            raise GoError(f"invalid proxy URL scheme (must be https, http, file): {base.redacted()}")


class PathNotPrivate(GoError):
    """repo.go errUseProxy: the noproxy entry does not apply to this path."""

    def __init__(self) -> None:
        super().__init__("path does not match GOPRIVATE/GONOPROXY", not_exist=True)


class Rank(Enum):
    """How helpful TryProxies thinks an error is; a higher one replaces a lower one."""

    NOT_EXIST = 0
    PROXY = 1
    DIRECT = 2


class ErrorRanking:
    """The one error that TryProxies reports out of all that it meets."""

    def __init__(self) -> None:
        self.best: GoError | None = None
        self._rank = Rank.NOT_EXIST

    def add(self, hop: Hop, error: GoError) -> bool:
        """Take one hop's error; returns whether the next hop is asked."""
        applies = hop.kind is HopKind.NOPROXY and not isinstance(error, PathNotPrivate)
        if hop.kind is HopKind.DIRECT or applies:
            self.best, self._rank = error, Rank.DIRECT
        elif self._rank is not Rank.DIRECT and not error.not_exist:
            self.best, self._rank = error, Rank.PROXY
        elif self._rank is Rank.NOT_EXIST:
            self.best = error
        return error.not_exist or hop.falls_back_on_any_error


class Access(StrEnum):
    """How one hop serves one module path (repo.go lookup), known before any packet."""

    ASK = "ask"
    """The proxy is asked over the network or the file system."""
    DIRECT = "direct"
    """The module is fetched from its origin."""
    OFF = "off"
    """Not found: "module lookup disabled by GOPROXY=off"."""
    NOT_PRIVATE = "not private"
    """noproxy, and the path does not match GONOPROXY: silently not found."""
    PRIVATE = "private"
    """A private path is never asked here: "disabled by GOPRIVATE/GONOPROXY"."""


def access(hop: Hop, *, private: bool) -> Access:
    """What lookup does with a path at this hop; ``private`` is whether GONOPROXY matches the path."""
    if private:
        return Access.DIRECT if hop.kind in (HopKind.NOPROXY, HopKind.DIRECT) else Access.PRIVATE
    match hop.kind:
        case HopKind.OFF:
            return Access.OFF
        case HopKind.DIRECT:
            return Access.DIRECT
        case HopKind.NOPROXY:
            return Access.NOT_PRIVATE
        case HopKind.PROXY:
            return Access.ASK


def refusal(access: Access) -> GoError:
    """What a hop that is not asked says instead (repo.go errProxyOff, errUseProxy, errNoproxy)."""
    if access is Access.OFF:
        return GoError("module lookup disabled by GOPROXY=off", not_exist=True)
    if access is Access.NOT_PRIVATE:
        return PathNotPrivate()
    return GoError("disabled by GOPRIVATE/GONOPROXY", not_exist=True)


def is_private(path: str, gonoproxy: str) -> patterns.PatternMatch | None:
    """Which pattern of GONOPROXY matches the path, if any (x/mod/module MatchPrefixPatterns)."""
    return patterns.explain_prefix_patterns(gonoproxy, path)


def check_query_path(path: str) -> None:
    """Raise InvalidPath where modload lookupRepo refuses the path before any request."""
    if not module.is_toolchain(path):
        module.check_path(path)
