"""A fetcher that goes on where a download broke off.

A part of a file is asked for with Range and If-Range, so that a server whose file has changed sends all of
it (RFC 9110 §13.1.5). Only a 206 that says in Content-Range that it begins where we stopped is put behind
what is there; anything else is a new beginning. go itself never asks for ranges (modfetch/proxy.go getBody);
in the end the whole is judged as go judges it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import BinaryIO

from probes.browse.partial import Part, part_of, validator
from probes.golang.errors import GoError
from probes.golang.protocol import Op
from probes.golang.quote import quote
from probes.golang.urls import GoURL
from probes.net.answer import Answer
from probes.net.exchange import Exchange
from probes.sources.fetcher import Fetcher, Progress, Received, file_path, refuse_user
from probes.sources.module_proxy import MAX_ZIP_FILE

MOST_TRIES = 4
"""How often a body that breaks off is gone on with in one run; each time some of it has to come."""
_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)")


@dataclass(slots=True)
class Got:
    """The last answer that came whole, for the manifest."""

    url: str = ""
    etag: str = ""
    last_modified: str = ""


class _CannotGoOn(Exception):
    """The server does not give the rest: all of it has to be asked for."""


class _BrokenOff(Exception):
    """The body ended too early."""

    def __init__(self, error: GoError) -> None:
        self.error = error


class ResumingFetcher(Fetcher):
    """One for each module version; ``got`` is about the request that ended last."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self.got = Got()
        self.total: int | None = None
        """How long the file is that is being fetched, as far as the server says."""

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
        """As Fetcher.get; into a Part what is missing of it."""
        part = part_of(sink)
        if part is not None and url.scheme != "file":
            await self._resume(url, exchange, received, part, progress)
            body = b""
        else:
            if part is not None:
                part.restart(url, {})
                self.total = _file_size(url)
            body = await super().get(url, op, exchange, received, sink=sink, progress=progress)
        headers = received.headers
        self.got = Got(url.redacted(), headers.get("etag", ""), headers.get("last-modified", ""))
        return body

    async def _resume(
        self, url: GoURL, exchange: Exchange, received: Received, part: Part, progress: Progress
    ) -> None:
        refuse_user(url)
        may_go_on = True
        for left in range(MOST_TRIES - 1, -1, -1):
            known = part.resumable(url) if may_go_on else ""
            before = part.size if known else 0
            try:
                await self._once(url, exchange, received, part, progress, known)
            except _CannotGoOn:
                may_go_on = False
            except _BrokenOff as broken:
                may_go_on = True
                if not left or not part.resumable(url) or part.size <= before:
                    raise broken.error from None
            else:
                return
        raise GoError(f"read {quote(url.redacted())}: unexpected EOF")

    async def _once(
        self,
        url: GoURL,
        exchange: Exchange,
        received: Received,
        part: Part,
        progress: Progress,
        known: str,
    ) -> None:
        """One request: for the rest where ``known`` tells the file, else for all of it."""
        more = {"Range": f"bytes={part.size}-", "If-Range": known} if known else {}
        async with self._client.get(url, exchange, more) as answer:
            received.status, received.status_line = answer.status, answer.status_line
            received.headers, received.protocol = dict(answer.headers), answer.protocol
            if known and answer.status == 206:
                self._check_range(answer, part, known)
                part.go_on()
            elif known and answer.status == 416:
                raise _CannotGoOn
            elif answer.status == 200:
                part.restart(url, answer.headers)
                self.total = answer.length
            else:
                raise await self.refusal(answer, url, received)
            await self._append(answer, url, received, part, progress)

    def _check_range(self, answer: Answer, part: Part, known: str) -> None:
        """Raise _CannotGoOn unless this is the rest of the same file, from where we stopped."""
        headers = answer.headers
        match = _CONTENT_RANGE.fullmatch(headers.get("content-range", "").strip())
        encoded = headers.get("content-encoding", "identity").lower() != "identity"
        if match is None or encoded or int(match[1]) != part.size:
            raise _CannotGoOn
        total = None if match[3] == "*" else int(match[3])
        if total is not None and int(match[2]) != total - 1:
            raise _CannotGoOn  # we asked for all of the rest
        if "etag" in headers and known.startswith('"') and validator(headers) != known:
            raise _CannotGoOn
        self.total = total

    async def _append(
        self, answer: Answer, url: GoURL, received: Received, part: Part, progress: Progress
    ) -> None:
        limit = MAX_ZIP_FILE + 1
        if self.total is not None and self.total >= limit:
            part.empty()
            raise GoError("downloaded zip file too large")
        began = monotonic()
        received.size = part.size
        part.on_write(part.size)
        try:
            async for piece in answer.body():
                piece = piece[: limit - part.size]
                received.note(piece)
                part.write(piece)
                received.size = part.size
                if self.total is not None and part.size > self.total:
                    part.empty()  # more than the file has: none of it can be believed
                    raise _CannotGoOn
                progress(part.size, self.total)
                if part.size >= limit:
                    break
        except GoError as error:
            raise _BrokenOff(GoError(f"read {quote(url.redacted())}: {error}")) from error
        finally:
            received.body_seconds = monotonic() - began
        if part.size >= limit:
            part.empty()
            raise GoError("downloaded zip file too large")
        if self.total is not None and part.size != self.total:
            raise _BrokenOff(GoError(f"read {quote(url.redacted())}: unexpected EOF"))


def _file_size(url: GoURL) -> int | None:
    try:
        return Path(file_path(url)).stat().st_size
    except (OSError, ValueError, GoError):
        return None  # told when it is opened
