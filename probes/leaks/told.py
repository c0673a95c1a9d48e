"""Who would be told of a path: the walk of probes.trace.route, with an eye for everybody it comes by.

With an empty module cache, in the order in which go asks:

- each proxy of GOPROXY, as long as GONOPROXY does not match; the separators say when the next one is;
- the origin, where the walk comes to ``direct`` (or GONOPROXY matches): the host in the path, or the one that
  its page names. The resolver is told the host's name, unless an HTTP proxy is: CONNECT names the host alone,
  but of an http:// URL it is told all;
- the checksum database, as long as GONOSUMDB does not match and go.sum has no hash: at the URL in GOSUMDB;
  else through the first proxy that offers to pass such questions on, whatever GONOPROXY says; else itself.

Source: cmd/go/internal/modfetch/proxy.go TryProxies, repo.go lookup, sumdb.go useSumDB and initBase;
internal/vcs/vcs.go repoRootForImportPath.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from probes.golang.environment import Environment
from probes.golang.errors import GoError
from probes.golang.goproxy import Access, Hop, HopKind, ProxyList, Separator, access, parse_goproxy
from probes.golang.gosumdb import Database, dial, use_sum_db
from probes.golang.govcs import check_govcs
from probes.golang.patterns import match_prefix_patterns
from probes.golang.urls import GoURL
from probes.golang.vcs_paths import VCS, known_place, schemes_to_try
from probes.leaks.hosts import bare, host_of
from probes.leaks.subjects import Subject
from probes.net.httpproxy import HTTPProxyRules


class Who(StrEnum):
    """In what part somebody is told."""

    PROXY = "module proxy"
    DATABASE = "checksum database"
    FORWARD = "HTTP proxy"
    RESOLVER = "resolver"
    ORIGIN = "origin"


class What(StrEnum):
    """What is told."""

    PATH = "path"
    HOST = "host"
    """Only the name of the host in it."""


class When(StrEnum):
    """Under what circumstances."""

    FIRST = "always"
    NOT_FOUND = "after 404 or 410"
    FAILURE = "after any error"
    NEW = "not in go.sum"
    """For versions of which go.sum has no hash."""
    UPDATE = "updates"
    """When go looks for updates; what is fetched is something else."""


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody who would be told."""

    who: Who
    name: str
    what: What
    when: When
    is_own: bool = False
    """Whether it is one of the user's own, or the path's own host."""
    words: str = ""
    """On what occasion, where that is not the fetching itself."""
    after: tuple[Separator, ...] = ()
    """What stands behind the proxies that are asked before: each must be taken for this one to be asked."""

    @property
    def is_leak(self) -> bool:
        """Whether a private path would be in strange hands."""
        return self.what is What.PATH and self.who in (Who.PROXY, Who.DATABASE) and not self.is_own


IsOwn = Callable[[str], bool]
"""Whether a host is the user's own."""
Resolvers = Callable[[str], tuple[str, ...]]
"""Who is asked for the address of a host; nobody, where the hosts file has it."""


def nobody_known(host: str) -> tuple[str, ...]:
    """Resolvers, where nobody has looked which there are."""
    return ("the resolver",)


@dataclass
class Teller:
    """Tells for many paths what would happen with one environment."""

    environment: Environment
    is_own: IsOwn
    resolvers: Resolvers = nobody_known
    _of_proxies: dict[bool, tuple[Told, ...]] = field(default_factory=dict)
    _of_database: dict[bool, tuple[Told, ...]] = field(default_factory=dict)
    _directs: dict[bool, tuple[Hop | None, tuple[Separator, ...]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        get = self.environment.get
        self._gonoproxy, self._gonosumdb = get("GONOPROXY"), get("GONOSUMDB")
        self._goprivate, self._govcs, self._goinsecure = get("GOPRIVATE"), get("GOVCS"), get("GOINSECURE")
        self._git_protocols = self.environment.process.get("GIT_ALLOW_PROTOCOL", "")
        self._rules = HTTPProxyRules.from_environment(self.environment.process)

    @cached_property
    def proxies(self) -> ProxyList:
        """The list, the same for every path."""
        return parse_goproxy(self.environment.get("GOPROXY"), self._gonoproxy)

    @cached_property
    def database(self) -> Database | None:
        """The database; None where there is none, or go stops instead of asking it."""
        try:
            return dial(self.environment.get("GOSUMDB"))
        except GoError:
            return None

    def is_noproxy(self, path: str) -> bool:
        """Whether no proxy is asked for a path."""
        return match_prefix_patterns(self._gonoproxy, path)

    def is_vouched_for(self, path: str) -> bool:
        """Whether the database is asked about a path, if go.sum has no hash."""
        return use_sum_db(
            path, "", gosumdb=self.environment.get("GOSUMDB"), gonosumdb=self._gonosumdb,
            goproxy=self.environment.get("GOPROXY"), process_env=self.environment.process,
        )  # fmt: skip

    def told(self, subject: Subject) -> tuple[Told, ...]:
        """Everybody who may come to know of a path, in the order in which go comes to them."""
        if subject.refused or self.proxies.error is not None:
            return ()
        path = subject.path
        noproxy = self.is_noproxy(path)
        found: list[Told] = []
        shared = self._proxies_told(noproxy)
        direct = next(
            (hop for hop in self.proxies.hops if access(hop, private=noproxy) is Access.DIRECT), None
        )
        if direct is None:
            found += shared
        else:
            origin = list(self._origin_told(path, self._way_to(direct, noproxy)))
            found += [*origin, *shared] if direct.kind is HopKind.NOPROXY else [*shared, *origin]
        if not subject.is_fetched:
            words = "go list -m -u, go get -u"
            found = [_on_occasion(one, When.UPDATE, words) for one in found]
        elif (shared or direct is not None or self._has_files(noproxy)) and self.is_vouched_for(path):
            found += self._database_told(subject.vouched)
        return tuple(dict.fromkeys(found))

    # -- proxies ---------------------------------------------------------------------------------------

    def _asked(self, noproxy: bool) -> Iterator[Hop]:
        return (hop for hop in self.proxies.hops if access(hop, private=noproxy) is Access.ASK)

    def _direct(self, noproxy: bool) -> tuple[Hop | None, tuple[Separator, ...]]:
        """The entry at which the origin is asked, and what stands behind the proxies before it."""
        if noproxy not in self._directs:
            hops = (hop for hop in self.proxies.hops if access(hop, private=noproxy) is Access.DIRECT)
            direct = next(hops, None)
            self._directs[noproxy] = direct, () if direct is None else self._way_to(direct, noproxy)
        return self._directs[noproxy]

    def _has_files(self, noproxy: bool) -> bool:
        return any(hop.url is not None and hop.url.scheme == "file" for hop in self._asked(noproxy))

    def _way_to(self, wanted: Hop, noproxy: bool) -> tuple[Separator, ...]:
        """What stands behind the proxies that are asked before a hop."""
        return tuple(hop.separator for hop in self._asked(noproxy) if hop.id < wanted.id)

    def _proxies_told(self, noproxy: bool) -> tuple[Told, ...]:
        if noproxy not in self._of_proxies:
            self._of_proxies[noproxy] = tuple(self._ask_proxies(noproxy))
        return self._of_proxies[noproxy]

    def _ask_proxies(self, noproxy: bool) -> Iterator[Told]:
        for hop in self._asked(noproxy):
            if hop.url is None or hop.url.scheme == "file":
                continue
            way = self._way_to(hop, noproxy)
            yield Told(Who.PROXY, hop.name, What.PATH, when(way), self.is_own(hop.url.host), after=way)
            if hop.url.scheme == "http" and (through := self._through(hop.url)):
                words = f"on the way to {hop.name}, for the URL is http://"
                yield Told(Who.FORWARD, through, What.PATH, when(way), self.is_own(through), words, way)

    # -- the origin ------------------------------------------------------------------------------------

    def _origin_told(self, path: str, way: tuple[Separator, ...]) -> Iterator[Told]:
        """The host of a path, and who is told its name on the way there."""

        def check(system: VCS, root: str) -> None:
            if self._govcs or system.command not in ("git", "hg"):  # those two are always allowed by default
                check_govcs(self._govcs, self._goprivate, system.command, root)

        insecure = match_prefix_patterns(self._goinsecure, path)
        try:
            place = known_place(path, check)
            words = "" if place is None else f"{place.vcs.command or 'go'} asks for {place.root}"
        except GoError:
            return  # go refuses it before anything is asked
        host = host_of(path if place is None else place.repository.partition("://")[2] or place.repository)
        why = words or "its page says where the repository is"
        yield Told(Who.ORIGIN, host, What.PATH, when(way), True, why, way)
        schemes = ["https", *(["http"] if insecure else [])]
        if place is not None and place.needs_scheme:
            tried = list(schemes_to_try(place.vcs, insecure=insecure, git_allow_protocol=self._git_protocols))
            schemes = [one for one in tried if one in ("https", "http")] or schemes[:0]
            if len(tried) > len(schemes):
                yield from self._resolved(host, way)
        for scheme in schemes:
            yield from self._on_the_way(scheme, host, way)

    def _on_the_way(self, scheme: str, host: str, way: tuple[Separator, ...]) -> Iterator[Told]:
        through = self._through(GoURL(scheme=scheme, host=host, path="/"))
        if through is None:
            yield from self._resolved(host, way)
            return
        what = What.HOST if scheme == "https" else What.PATH
        words = f"CONNECT {host}" if scheme == "https" else f"on the way to {host}, for the URL is http://"
        yield Told(Who.FORWARD, through, what, when(way), self.is_own(through), words, way)

    def _resolved(self, host: str, way: tuple[Separator, ...]) -> Iterator[Told]:
        name = bare(host)
        if name.replace(".", "").isdigit():
            return
        for resolver in self.resolvers(name):
            own = self.is_own(resolver) or resolver == "the resolver"
            yield Told(Who.RESOLVER, resolver, What.HOST, when(way), own, f"looks up {name}", way)

    def _through(self, url: GoURL) -> str | None:
        """The HTTP proxy that a request goes through."""
        try:
            proxy = self._rules.proxy_for(url)
        except GoError:
            return None
        return None if proxy is None else proxy.host

    # -- the database ----------------------------------------------------------------------------------

    def _database_told(self, vouched: bool) -> tuple[Told, ...]:
        """The database, and who passes the question on."""
        if vouched not in self._of_database:
            self._of_database[vouched] = tuple(self._ask_database(When.NEW if vouched else When.FIRST))
        return self._of_database[vouched]

    def _ask_database(self, occasion: When) -> Iterator[Told]:
        database = self.database
        if database is None:
            return
        if database.explicit is not None:
            host = database.explicit.host
            if host:
                yield Told(
                    Who.DATABASE, host, What.PATH, occasion, self.is_own(host), "at the URL in GOSUMDB"
                )
            return
        names: list[str] = []
        for hop in self._asked(noproxy=False):
            if hop.url is None or hop.url.scheme == "file":
                continue
            way = self._way_to(hop, noproxy=False)
            words = f"passes on the questions to {database.name}, if it offers that"
            own = self.is_own(hop.url.host)
            yield Told(Who.PROXY, hop.name, What.PATH, occasion, own, words, way)
            names.append(hop.name)
        host = database.direct.host
        words = f"through {' or '.join(names)}, or directly" if names else "directly"
        yield Told(Who.DATABASE, host, What.PATH, occasion, self.is_own(host), words)


def _on_occasion(one: Told, occasion: When, words: str) -> Told:
    return Told(one.who, one.name, one.what, occasion, one.is_own, words, one.after)


def when(way: tuple[Separator, ...]) -> When:
    """What has to happen at the proxies before."""
    if not way:
        return When.FIRST
    return When.FAILURE if all(one is Separator.PIPE for one in way) else When.NOT_FOUND
