"""One request to a source, over HTTP or from the file system, told as events.

Source: cmd/go/internal/web (Get, getFile, Response.Err) and modfetch/proxy.go (getBytes, getBody).
"""

from __future__ import annotations

import errno
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import BinaryIO

from probes.golang.errors import GoError
from probes.golang.os_errors import errno_words
from probes.golang.protocol import Op
from probes.golang.quote import quote
from probes.golang.redact import redact
from probes.golang.safetext import safe_text
from probes.golang.urls import GoURL
from probes.net.answer import Answer
from probes.net.exchange import Exchange
from probes.net.http import HTTPClient
from probes.net.limits import FOR_EVER, Limits, Stalled, TooLong
from probes.share.state import open_regular
from probes.sources.evidence import KEPT_BYTES
from probes.sources.module_proxy import MAX_ZIP_FILE, HTTPError, error_detail

_SAMPLE_CHARACTERS = 400
_ERROR_BODY_BYTES = 32 << 10
_PIECE = 1 << 18


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
        self.more_headers: Mapping[str, str] = {}
        """Headers that go does not send."""

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
            return self._get_file(url, op, received, sink)
        refuse_user(url)
        async with self._client.get(url, exchange, self.more_headers) as answer:
            received.status = answer.status
            received.status_line = answer.status_line
            received.headers = dict(answer.headers)
            received.protocol = answer.protocol
            if answer.status != 200:
                raise await self.refusal(answer, url, received)
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
        kept = io.BytesIO()
        limit = self._limit(op, sink)
        began = monotonic()
        try:
            async for piece in answer.body():
                piece = piece[: limit - received.size]
                received.size += len(piece)
                received.note(piece)
                (kept if sink is None else sink).write(piece)
                progress(received.size, answer.length)
                if received.size >= limit:
                    break
        except GoError as error:
            raise GoError(f"read {quote(url.redacted())}: {error}") from error
        finally:
            received.body_seconds = monotonic() - began
        self._refuse_too_long(received, op, sink)
        return kept.getvalue()

    def _limit(self, op: Op, sink: BinaryIO | None) -> int:
        """Where reading ends: go's own limit for zips, ours for what go would read without end."""
        if sink is not None:
            return MAX_ZIP_FILE + 1
        limits = self._limits
        if op in (Op.INFO, Op.LATEST):
            return min(limits.text_bytes, limits.info_bytes)
        if op is Op.SUM:
            return min(limits.text_bytes, limits.sum_bytes)
        return min(limits.text_bytes, limits.mod_bytes) if op is Op.MOD else limits.text_bytes

    def _refuse_too_long(self, received: Received, op: Op, sink: BinaryIO | None) -> None:
        limit = self._limit(op, sink)
        if received.size < limit:
            return
        if sink is not None:
            raise GoError("downloaded zip file too large")
        what = "the checksum database's answer" if op is Op.SUM else f"{op}"
        raise TooLong(f"{what} is longer than {limit >> 20} MiB; go would read it all into memory")

    async def refusal(self, answer: Answer, url: GoURL, received: Received) -> HTTPError:
        """The error that an answer is which is not 200, with the server's words in it."""
        body = await self._error_body(answer)
        received.size = len(body)
        received.note(body)
        detail = error_detail(body) if is_plain_text(received.headers) else ""
        return HTTPError(url.redacted(), answer.status, answer.status_line, detail)

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

    def _get_file(self, url: GoURL, op: Op, received: Received, sink: BinaryIO | None) -> bytes:
        """web.getFile: a file of a file:// proxy. Its size is no more to be trusted than a server's."""
        kept = io.BytesIO()
        limit = self._limit(op, sink)
        for piece in self._pieces(url, limit, received):
            received.size += len(piece)
            received.note(piece)
            (kept if sink is None else sink).write(piece)
        received.status, received.status_line = 200, "OK"
        self._refuse_too_long(received, op, sink)
        return kept.getvalue()

    def _pieces(self, url: GoURL, limit: int, received: Received) -> Iterator[bytes]:
        """The beginning of a file, up to ``limit`` bytes of it. Raises GoError, Stalled for a FIFO."""
        path = file_path(url)
        try:
            with open_regular(Path(path)) as file:
                while limit and (piece := file.read(min(_PIECE, limit))):
                    limit -= len(piece)
                    yield piece
        except FileNotFoundError as error:
            received.status, received.status_line = 404, "Not Found"
            raise HTTPError(url.redacted(), 404, errno_words(error)) from error
        except PermissionError as error:
            received.status, received.status_line = 403, "Forbidden"
            raise HTTPError(url.redacted(), 403, errno_words(error)) from error
        except ValueError as error:
            raise GoError(f"open {path}: invalid argument") from error
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise GoError(f"open {path}: {errno_words(error)}") from error
            if Path(path).is_dir():
                raise GoError(f"read {quote(url.redacted())}: read {path}: is a directory") from error
            # A FIFO, or a device: go waits for what comes out of it.
            raise Stalled(f"{path} is no plain file; {FOR_EVER}") from error


def refuse_user(url: GoURL) -> None:
    """Raise what go says of credentials that anybody on the way could read."""
    if url.scheme == "http" and url.user is not None:
        raise GoError(f"refusing to pass credentials to insecure URL: {url.redacted()}")


def file_path(url: GoURL) -> str:
    """web urlToFilePath: the path of a file:// URL. Raises GoError where there is a host or no path."""
    if not url.path:
        raise GoError("file URL missing path")
    if url.host not in ("", "localhost"):
        raise GoError("file URL specifies non-local host")
    if not url.path.startswith("/"):
        raise GoError("path is not absolute")
    return url.path


def is_plain_text(headers: dict[str, str]) -> bool:
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
