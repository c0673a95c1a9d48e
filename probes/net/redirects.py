"""Where redirects lead a request, which of them go refuses, and which headers go along.

Source: cmd/go/internal/web/http.go (checkRedirect, securityPreservingHTTPClient); net/http client.go (do,
makeHeadersCopier, shouldCopyHeaderOnRedirect, refererForURL).
"""

from __future__ import annotations

from collections.abc import Mapping

from probes.golang.errors import GoError
from probes.golang.goauth import Headers
from probes.golang.quote import quote
from probes.golang.urls import GoURL, resolve_reference
from probes.net.authorizing import NOTHING
from probes.net.http_words import get_error

MAX_REDIRECTS = 10
_STATUSES = frozenset({301, 302, 303, 307, 308})
_SENSITIVE = frozenset(
    ("Authorization", "Www-Authenticate", "Cookie", "Cookie2", "Proxy-Authorization", "Proxy-Authenticate")
)
"""What net/http takes from a request that is redirected to another host; any other header goes along."""


def redirection(status: int, headers: Mapping[str, str]) -> str:
    """The Location of an answer that redirects; "" for any other answer."""
    return headers.get("location", "") if status in _STATUSES else ""


class Redirects:
    """One request, from its first URL to the one that answers."""

    def __init__(self, url: GoURL, headers: Headers, *, insecure: bool) -> None:
        """``insecure``: whether https may lead to http, as for a path that GOINSECURE matches."""
        self._visited = [url]
        self._initial = headers
        self._insecure = insecure
        self.headers = headers
        """Those of the next request."""

    @property
    def current(self) -> GoURL:
        """Where the next request goes."""
        return self._visited[-1]

    def follow(self, location: str) -> GoURL:
        """Go on to where an answer leads. Raises GoError where go does not."""
        first, current = self._visited[0], self.current
        try:
            target = resolve_reference(current, location)
        except GoError as error:
            words = f"failed to parse Location header {quote(location)}: {error}"
            raise get_error(current, words) from error
        if refusal := self._refusal(target):
            raise GoError(f"Get {quote(location)}: {refusal}")
        self._visited.append(target)
        if target.host != first.host and not _keeps_credentials(
            target.hostname().lower(), first.hostname().lower()
        ):
            self._initial = {name: all_of for name, all_of in self._initial.items() if name not in _SENSITIVE}
        self.headers = {**self._initial, **_referer(current, target, self._initial)}
        return target

    def _refusal(self, target: GoURL) -> str:
        """web.checkRedirect and securityPreservingHTTPClient."""
        first, current = self._visited[0], self.current
        if first.scheme == "https" and target.scheme != "https" and not self._insecure:
            return f"redirected from secure URL {current.string()} to insecure URL {target.string()}"
        return "stopped after 10 redirects" if len(self._visited) >= MAX_REDIRECTS else ""


def _keeps_credentials(host: str, first: str) -> bool:
    """net/http shouldCopyHeaderOnRedirect: only the same host and its subdomains see the credentials."""
    return host == first or (":" not in host and host.endswith("." + first))


def _referer(current: GoURL, target: GoURL, initial: Headers) -> Headers:
    """net/http client.go refererForURL."""
    if current.scheme == "https" and target.scheme == "http":
        return NOTHING
    if any(initial.get("Referer", ())[:1]):
        return NOTHING
    return {"Referer": (current.replace(user=None, password=None).string(),)}
