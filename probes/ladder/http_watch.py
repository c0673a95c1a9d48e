"""go's requests, watched: every request on the wire, who answered it and when.

probes.net.http makes the requests (words, redirects and the second request are its business); here each one
is noted with the address that answered. The one thing reached into is ``HTTPClient._send``, which sends one
request of a chain of redirects.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic

from probes.golang.errors import GoError
from probes.golang.goauth import Headers
from probes.golang.urls import GoURL
from probes.ladder.model import shown
from probes.net.answer import Answer
from probes.net.authorizing import Authorizer
from probes.net.exchange import Exchange
from probes.net.http import HTTPClient
from probes.net.http_head import USER_AGENT
from probes.net.httpproxy import HTTPProxyRules
from probes.net.limits import Limits, Stalled

CONNECTING = ("names", "connect", "proxy", "tls")
"""The phases before a request can be sent."""
_HTTP2 = "h2"


@dataclass(frozen=True, slots=True)
class Leg:
    """One request on the wire, and what came of it."""

    url: str
    """Secrets and signatures masked."""
    host: str
    """The host that was asked, with its port if it has one."""
    address: str
    """The address that answered, with its port; an HTTP proxy's where one stands between. "" unknown."""
    proxied: bool
    agent: str
    """The name that go gives itself."""
    credentials: bool
    """Whether an Authorization header went along."""
    second_request: bool
    """Whether it belongs to the second request, which go sends after a 4xx over https."""
    status: int | None
    """None: no answer."""
    status_line: str
    """As Go tells it: "302 Found"."""
    protocol: str
    """"HTTP/1.1" or "HTTP/2"; what was agreed on, where no answer came."""
    location: str
    """Where a redirect leads, masked; "" for other answers."""
    connected_s: float
    """What names, connecting, a tunnel and TLS took; 0 where a connection was used again."""
    seconds: float
    """From the request to the head of the answer, or to the failure."""
    unreachable: bool = False
    """No connection: the request was never sent."""


def _ignore(phase: str, began: float, ok: bool, detail: str) -> None:
    """Nobody listens to the phases themselves."""


@dataclass(slots=True)
class WatchedExchange(Exchange):
    """A notebook that keeps every leg."""

    legs: list[Leg] = field(default_factory=list)
    headers: list[tuple[str, str]] = field(default_factory=list)
    """The headers of the last answer, names in lower case, repeated ones kept."""
    agreed: str = ""
    """The protocol that the newest TLS handshake agreed on; "" before one."""
    failed: bool = False
    """Whether names, connecting or TLS failed since the last request was begun."""

    def finish(self, phase: str, began: float, *, ok: bool, detail: str) -> None:
        """Note a phase, and whether it ended the way to the server."""
        Exchange.finish(self, phase, began, ok=ok, detail=detail)
        if phase in CONNECTING and not ok:
            self.failed = True
        if phase == "tls" and ok:
            self.agreed = "HTTP/2" if f" {_HTTP2}," in f" {detail}," else "HTTP/1.1"

    def spent_connecting(self) -> float:
        """Seconds for names, connecting, a tunnel and TLS so far."""
        return sum(self.durations.get(phase, 0.0) for phase in CONNECTING)


def watched() -> WatchedExchange:
    """A new notebook."""
    return WatchedExchange(_ignore)


class WatchedClient(HTTPClient):
    """go's client; writes each leg into a WatchedExchange, and may send headers that go does not send."""

    def __init__(
        self,
        environment: Mapping[str, str],
        limits: Limits,
        *,
        http2: bool = True,
        authorization: Authorizer | Callable[[str], str | None] = lambda url: None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(environment, limits, http2=http2, authorization=authorization)
        self._proxies = HTTPProxyRules.from_environment(environment)
        self._extra_headers = {name: (value,) for name, value in (extra_headers or {}).items()}

    def _is_proxied(self, url: GoURL) -> bool:
        try:
            return self._proxies.proxy_for(url) is not None
        except GoError:
            return False  # go refuses, and sends nothing

    async def _send(
        self, url: GoURL, headers: Headers, exchange: Exchange, method: str = "GET"
    ) -> Answer:
        assert isinstance(exchange, WatchedExchange), "a watched client needs a watched exchange"
        exchange.failed = False
        exchange.agreed = exchange.agreed if url.scheme == "https" else ""
        began, connecting = monotonic(), exchange.spent_connecting()
        answer: Answer | None = None
        unreachable = False
        try:
            answer = await super()._send(url, {**headers, **self._extra_headers}, exchange, method)
        except (GoError, Stalled):
            unreachable = exchange.failed
            raise
        finally:
            connected = exchange.spent_connecting() - connecting
            exchange.legs.append(
                Leg(
                    url=shown(url.redacted()),
                    host=shown(url.host),
                    address=_address(answer, exchange),
                    proxied=self._is_proxied(url),
                    agent=headers["User-Agent"][0],
                    credentials="Authorization" in headers,
                    second_request=headers["User-Agent"] != (USER_AGENT,),
                    status=None if answer is None else answer.status,
                    status_line="" if answer is None else shown(answer.status_line),
                    protocol=exchange.agreed if answer is None else answer.protocol,
                    location="" if answer is None else shown(answer.headers.get("location", "")),
                    connected_s=connected,
                    seconds=max(0.0, monotonic() - began - connected),
                    unreachable=unreachable,
                )
            )
        exchange.headers = [
            (name.decode("latin-1").lower(), value.decode("utf-8", "replace"))
            for name, value in answer._response.headers
        ]
        return answer


def _address(answer: Answer | None, exchange: Exchange) -> str:
    """Whose connection this was: also one that was opened for an earlier request."""
    if answer is not None:
        stream = answer._response.extensions.get("network_stream")
        remote = None if stream is None else stream.get_extra_info("server_addr")
        if isinstance(remote, str):
            return remote
    return exchange.address if exchange.dialled else ""
