"""The pages of hosts that say where a module lives, fetched as cmd/go fetches them.

Source: cmd/go/internal/web/http.go (get, securityPreservingDefaultClient, impatientInsecureHTTPClient),
api.go (Response.Err) and cmd/go/internal/vcs (parseMetaGoImports, metaImportsForPrefix and its cache).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from probes.golang.errors import GoError
from probes.golang.go_import import GoImport, NeedsMore, parse_go_imports
from probes.golang.redact import redact
from probes.golang.urls import GoURL
from probes.golang.vcs_paths import discovery_url
from probes.net.answer import Answer
from probes.net.http import HTTPClient
from probes.net.limits import Stalled
from probes.sources.answer_cache import AnswerCache
from probes.sources.fetcher import is_plain_text
from probes.sources.module_proxy import HTTPError, error_detail
from probes.sources.origin_teller import Asking, OriginTeller

MOST_OF_A_PAGE = 1 << 20
"""Bytes that are read of a page in search of the end of its head; go has no such limit."""
_FIRST_LOOK = 1 << 14
_MOST_AT_ONCE = 1 << 16
"""Bytes of a page that are read on the spot, in a few hundredths of a second; more of it in a thread."""
_ERROR_BODY_BYTES = 32 << 10
_IMPATIENCE_S = 5.0
"""impatientInsecureHTTPClient's Timeout."""


@dataclass(frozen=True, slots=True)
class Page:
    """What a host said about a path."""

    url: str
    """As go names it: of the request, whatever it was redirected to."""
    imports: tuple[GoImport, ...] = ()
    failure: GoError | None = None
    """Why it has no tags, where it could not be read."""
    refused: HTTPError | None = None
    """Its status, where that is not 200 and it has no tags."""


class Network:
    """The HTTP clients of one go command."""

    def __init__(self, secure: Callable[[], HTTPClient], insecure: Callable[[], HTTPClient]) -> None:
        """Each is called once, when it is first needed; the second is to take any certificate."""
        self._make = {False: secure, True: insecure}
        self._made: dict[bool, HTTPClient] = {}

    def secure(self) -> HTTPClient:
        """securityPreservingDefaultClient."""
        return self._client(insecure=False)

    def insecure(self) -> HTTPClient:
        """impatientInsecureHTTPClient: takes any certificate, speaks no HTTP/2."""
        return self._client(insecure=True)

    def _client(self, *, insecure: bool) -> HTTPClient:
        if insecure not in self._made:
            self._made[insecure] = self._make[insecure]()
        return self._made[insecure]

    async def aclose(self) -> None:
        """Close what was made."""
        for client in self._made.values():
            await client.aclose()


class Pages:
    """The pages that one go command asks for."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._of_prefixes = AnswerCache[Page]()
        self._lock = asyncio.Lock()

    async def of_prefix(self, prefix: str, teller: OriginTeller, *, insecure: bool) -> Page:
        """The page of the root of a repository, which is asked for once. Raises GoError, the same again."""
        async with self._lock:
            return await self._of_prefixes.do(
                prefix, lambda: self.get(discovery_url(prefix), teller, insecure=insecure)
            )

    async def get(self, url: GoURL, teller: OriginTeller, *, insecure: bool) -> Page:
        """web.Get for a URL without a scheme: https, and with GOINSECURE http after it."""
        if not insecure:
            return await self._read(self._network.secure(), url.replace(scheme="https"), teller)
        try:
            return await self._read(
                self._network.insecure(), url.replace(scheme="https"), teller, _IMPATIENCE_S
            )
        except GoError:
            return await self._read(self._network.secure(), url.replace(scheme="http"), teller)

    async def _read(
        self, client: HTTPClient, url: GoURL, teller: OriginTeller, seconds: float | None = None
    ) -> Page:
        """One page. Raises GoError when no answer comes."""
        with teller.asking_page(url) as asking:
            async with _deadline(seconds), client.get(url, asking.exchange) as answer:
                page = await _page_of(answer, url.redacted(), asking)
            wrong = page.refused or page.failure
            asking.error = None if wrong is None else redact(str(wrong))
            return page


@asynccontextmanager
async def _deadline(seconds: float | None) -> AsyncIterator[None]:
    """http.Client.Timeout, over answer and body."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise GoError("context deadline exceeded (Client.Timeout exceeded while awaiting headers)") from None


async def _page_of(answer: Answer, url: str, asking: Asking) -> Page:
    """Read a page as far as its head goes; some more of it, where it is an error without tags."""
    received = asking.received
    received.status, received.status_line = answer.status, answer.status_line
    received.headers, received.protocol = dict(answer.headers), answer.protocol
    body = bytearray()
    broken: GoError | None = None
    look_at = _FIRST_LOOK
    try:
        async for piece in answer.body():
            body += piece
            received.size += len(piece)
            received.note(piece)
            if len(body) < look_at:
                continue
            look_at = min(2 * len(body), MOST_OF_A_PAGE + 1)
            with suppress(NeedsMore):
                return await _judged(answer, url, bytes(body), complete=False)
            if len(body) > MOST_OF_A_PAGE:
                size = MOST_OF_A_PAGE >> 20
                raise Stalled(f"the head of {url} is longer than {size} MiB; go would read on")
    except GoError as error:
        broken = error
    return await _judged(answer, url, bytes(body), broken=broken)


async def _judged(
    answer: Answer, url: str, body: bytes, *, complete: bool = True, broken: GoError | None = None
) -> Page:
    """What a page says, as far as it has come. Raises NeedsMore."""
    try:
        if len(body) <= _MOST_AT_ONCE:
            imports = parse_go_imports(body, complete=complete, broken=broken)
        else:
            imports = await asyncio.to_thread(parse_go_imports, body, complete=complete, broken=broken)
    except GoError as error:
        return _without_tags(answer, url, body, error)
    return _with_status(answer, url, body, imports)


def _without_tags(answer: Answer, url: str, body: bytes, error: GoError) -> Page:
    """A page that could not be read: its status comes before that."""
    page = _with_status(answer, url, body, ())
    return page if page.refused is not None else Page(url, failure=error)


def _with_status(answer: Answer, url: str, body: bytes, imports: tuple[GoImport, ...]) -> Page:
    """Response.Err, which counts only for a page without tags."""
    if imports or answer.status in (0, 200):
        return Page(url, imports)
    detail = error_detail(body[:_ERROR_BODY_BYTES]) if is_plain_text(dict(answer.headers)) else ""
    return Page(url, refused=HTTPError(url, answer.status, answer.status_line, detail))
