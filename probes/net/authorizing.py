"""What an HTTP client asks about credentials, and what it offers to those who know them.

Source: cmd/go/internal/web/http.go get, which calls cmd/go/internal/auth AddCredentials before an https
request, and once more where the answer is a 4xx.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol

from probes.golang.goauth import Headers
from probes.golang.urls import GoURL

NOTHING: Headers = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Refusal:
    """The answer with 4xx, of which a GOAUTH command is told."""

    status: int
    status_line: str
    """"401 Unauthorized"."""
    protocol: str
    """"HTTP/1.1" or "HTTP/2"."""
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    """In their order, repeated ones too."""


class Sender(Protocol):
    """The client that met the refusal."""

    async def head(self, url: GoURL, headers: Headers, protocol: str) -> int:
        """The status of a HEAD request, after redirects. Raises GoError, Stalled."""

    def aside(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside the requests; it ends with the client at the latest."""


class Authorizer(Protocol):
    """Knows what goes with a request over https."""

    @property
    def asks_programs(self) -> bool:
        """Whether programs are asked for it, which may have another answer next time."""

    async def first(self, url: str) -> Headers:
        """For the first request of a URL. Raises Fatal where go exits, Stalled where go waits on."""

    async def again(self, url: str, refusal: Refusal, sender: Sender) -> Headers:
        """For the second one, after a 4xx. Raises as first does."""


class HeaderOf:
    """An Authorizer made of a function that gives the Authorization header of a URL, or None."""

    def __init__(self, function: Callable[[str], str | None]) -> None:
        self._function = function
        self.asks_programs = False

    async def first(self, url: str) -> Headers:
        header = self._function(url)
        return NOTHING if header is None else {"Authorization": (header,)}

    async def again(self, url: str, refusal: Refusal, sender: Sender) -> Headers:
        return await self.first(url)
