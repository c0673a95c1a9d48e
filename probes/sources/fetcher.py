"""One request to a source, over HTTP or from the file system, told as events.

Source: cmd/go/internal/web (Get, getFile, Response.Err) and modfetch/proxy.go (getBytes, getBody).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import BinaryIO

from probes.golang.errors import GoError
from probes.golang.protocol import Op
from probes.golang.quote import quote
from probes.golang.redact import redact
from probes.golang.safetext import safe_text
from probes.golang.urls import GoURL
from probes.net.dial import errno_words
from probes.net.exchange import Exchange
from probes.net.http import Answer, HTTPClient
from probes.net.limits import Limits, Stalled
from probes.sources.evidence import KEPT_BYTES
from probes.sources.module_proxy import MAX_ZIP_FILE, HTTPError, error_detail

_SAMPLE_CHARACTERS = 400
_ERROR_BODY_BYTES = 32 << 10


@dataclass(slots=True)
class Received:
    """What one request brought, for the event that reports it."""

    status: int | None = None
    status_line: str = ""
    size: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    protocol: str = ""
    body_seconds: float | None = None
    beginning: bytes = b""
    """The first bytes of the body."""
    is_known: bool = False
    """Nobody was asked: a trace before has brought it (probes.sources.remembered)."""

    @property
    def sample(self) -> str:
        """The beginning of the body, made safe; at most some hundred characters."""
        return sample_text(self.beginning)

    def note(self, body: bytes) -> None:
        """Keep how the body begins."""
        if len(self.beginning) < KEPT_BYTES:
            self.beginning += body[: KEPT_BYTES - len(self.beginning)]


Progress = Callable[[int, int | None], None]
"""Called with (bytes so far, bytes in all if known)."""


class Fetcher:
    """Makes requests with go's rules; one for each trace."""

    def __init__(self, client: HTTPClient, limits: Limits) -> None:
        self._client = client
        self._limits = limits
        self.skipped_s = 0.0
        """Seconds that known answers took when they came, and not again now."""

    async def get(
        self,
        url: GoURL,
        op: Op,
        exchange: Exchange,
        received: Received,
        *,
        sink: BinaryIO | None = None,
        progress: Progress = lambda done, total: None,
    ) -> bytes:
        """The body of a URL; written into ``sink`` (and b"" returned) where one is given.

        Raises GoError with go's words for anything but a complete 200, Stalled when modtrace gives up
        waiting. ``received`` is filled as far as the request came, also when it fails.
        """
        if url.scheme == "file":
            return self._get_file(url, received, sink)
        if url.scheme == "http" and url.user is not None:
            raise GoError(f"refusing to pass credentials to insecure URL: {url.redacted()}")
        async with self._client.get(url, exchange) as answer:
            received.status = answer.status
            received.status_line = answer.status_line
            received.headers = dict(answer.headers)
            received.protocol = answer.protocol
            if answer.status != 200:
                body = await self._error_body(answer)
                received.size = len(body)
                received.note(body)
                detail = error_detail(body) if _is_plain_text(received.headers) else ""
                raise HTTPError(url.redacted(), answer.status, answer.status_line, detail)
            return await self._body(answer, url, op, received, sink, progress)

    async def _body(
        self,
        answer: Answer,
        url: GoURL,
        op: Op,
        received: Received,
        sink: BinaryIO | None,
        progress: Progress,
    ) -> bytes:
        kept = bytearray()
        limit = MAX_ZIP_FILE + 1 if sink is not None else self._limits.text_bytes
        began = monotonic()
        try:
            async for piece in answer.body():
                piece = piece[: limit - received.size]
                received.size += len(piece)
                received.note(piece)
                if sink is not None:
                    sink.write(piece)
                else:
                    kept += piece
                progress(received.size, answer.length)
                if received.size >= limit:
                    break
        except GoError as error:
            raise GoError(f"read {quote(url.redacted())}: {error}") from error
        finally:
            received.body_seconds = monotonic() - began
        if received.size >= limit:
            if sink is not None:
                raise GoError("downloaded zip file too large")
            raise Stalled(f"{op} is longer than {limit >> 20} MiB; go would read it all into memory")
        return bytes(kept)

    async def _error_body(self, answer: Answer) -> bytes:
        kept = bytearray()
        try:
            async for piece in answer.body():
                kept += piece
                if len(kept) >= _ERROR_BODY_BYTES:
                    break
        except (GoError, Stalled):
            pass  # cmd/go ignores a broken body of an error as well: formatErrorDetail uses what came
        return bytes(kept)

    def _get_file(self, url: GoURL, received: Received, sink: BinaryIO | None) -> bytes:
        """web.getFile: a file of a file:// proxy."""
        path = file_path(url)
        try:
            with open(path, "rb") as file:
                data = file.read()
        except FileNotFoundError as error:
            received.status, received.status_line = 404, "Not Found"
            raise HTTPError(url.redacted(), 404, errno_words(error)) from error
        except PermissionError as error:
            received.status, received.status_line = 403, "Forbidden"
            raise HTTPError(url.redacted(), 403, errno_words(error)) from error
        except IsADirectoryError as error:
            raise GoError(f"read {quote(url.redacted())}: read {path}: is a directory") from error
        except OSError as error:
            raise GoError(f"open {path}: {errno_words(error)}") from error
        received.status, received.status_line, received.size = 200, "OK", len(data)
        received.note(data)
        if sink is None:
            return data
        sink.write(data)
        return b""


def file_path(url: GoURL) -> str:
    """web urlToFilePath: the path of a file:// URL. Raises GoError where there is a host or no path."""
    if not url.path:
        raise GoError("file URL missing path")
    if url.host not in ("", "localhost"):
        raise GoError("file URL specifies non-local host")
    if not url.path.startswith("/"):
        raise GoError("path is not absolute")
    return url.path


def _is_plain_text(headers: dict[str, str]) -> bool:
    """Whether cmd/go repeats the words of such an answer: text/plain in UTF-8, ASCII or nothing said."""
    kind, _, parameters = headers.get("content-type", "").partition(";")
    if kind.strip().lower() != "text/plain":
        return False
    charset = ""
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            charset = value.strip().strip('"').lower()
    return charset in ("", "utf-8", "us-ascii")


def sample_text(body: bytes) -> str:
    """The beginning of a body, made safe for a screen."""
    text = body[: 4 * _SAMPLE_CHARACTERS].decode("utf-8", "replace")
    return safe_text(redact(text), limit=_SAMPLE_CHARACTERS, lines=8)
