"""The route of one query, planned from the environment before any packet moves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from probes.golang.errors import GoError
from probes.golang.goproxy import (
    Access,
    Hop,
    HopKind,
    ProxyList,
    Separator,
    access,
    is_private,
    parse_goproxy,
)
from probes.golang.redact import redact

if TYPE_CHECKING:
    from probes.golang.environment import Environment
    from probes.golang.patterns import PatternMatch


@dataclass(frozen=True, slots=True)
class HopView:
    """A hop as it is shown: no secrets."""

    id: int
    index: int | None
    kind: HopKind
    spec: str
    name: str
    separator: Separator
    access: Access


@dataclass(frozen=True, slots=True)
class RouteView:
    """A route as it is shown and recorded: no secrets."""

    goproxy: str
    hops: tuple[HopView, ...]
    dead: tuple[str, ...]
    error: str | None
    private_pattern: str | None
    """The GONOPROXY pattern that matches the path, or None."""
    checksum: str
    """Who vouches: "off", "private", or the name of the checksum database."""


@dataclass(frozen=True, slots=True)
class Route:
    """The ordered hops for one path and query."""

    path: str
    query: str
    proxies: ProxyList
    private: PatternMatch | None
    checksum: str

    @property
    def hops(self) -> tuple[Hop, ...]:
        """The hops in the order of the walk."""
        return self.proxies.hops

    @property
    def error(self) -> GoError | None:
        """What every lookup fails with when the list itself is unusable."""
        return self.proxies.error

    def access(self, hop: Hop) -> Access:
        """How this hop serves this path."""
        return access(hop, private=self.private is not None)

    @property
    def uses_tls(self) -> bool:
        """Whether anything on it is likely to be asked over https."""
        return any(
            self.access(hop) is Access.DIRECT or (hop.url is not None and hop.url.scheme == "https")
            for hop in self.hops
        )

    def view(self) -> RouteView:
        """The route without secrets."""
        hops = tuple(
            HopView(h.id, h.index, h.kind, h.spec, h.name, h.separator, self.access(h)) for h in self.hops
        )
        return RouteView(
            goproxy=self.proxies.for_people(),
            hops=hops,
            dead=self.proxies.dead,
            error=None if self.error is None else redact(str(self.error)),
            private_pattern=None if self.private is None else self.private.pattern,
            checksum=self.checksum,
        )


def plan(environment: Environment, path: str, query: str) -> Route:
    """Plan the route of a query: pure, no I/O, microseconds.

    Source: modfetch proxyList and lookup; modfetch useSumDB for ``checksum``.
    """
    gonoproxy = environment.get("GONOPROXY")
    return Route(
        path=path,
        query=query,
        proxies=parse_goproxy(environment.get("GOPROXY"), gonoproxy),
        private=is_private(path, gonoproxy),
        checksum=_checksum_plan(environment, path),
    )


def _checksum_plan(environment: Environment, path: str) -> str:
    from probes.golang.gosumdb import use_sum_db  # the app shows itself before it plans

    gosumdb = environment.get("GOSUMDB")
    asked = use_sum_db(
        path,
        "",
        gosumdb=gosumdb,
        gonosumdb=environment.get("GONOSUMDB"),
        goproxy=environment.get("GOPROXY"),
        process_env={"GIT_HTTP_USER_AGENT": environment.process.get("GIT_HTTP_USER_AGENT", "")},
    )
    if asked:
        return gosumdb.split("+")[0].split(" ")[0] or "missing GOSUMDB"
    return "off" if gosumdb == "off" else "private"
