"""A module's own repository where versions are saved: its .info is written as go writes it, its zip is made.

Source: cmd/go/internal/modfetch/cache.go (writeDiskStat: json.Marshal of a RevInfo), coderepo.go Zip.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import BinaryIO

from probes.browse.partial import part_of
from probes.browse.resuming import Got, ResumingFetcher
from probes.golang.gojson import RevInfo
from probes.golang.protocol import Op
from probes.sources.module_proxy import Repo
from probes.trace.zips import spool

_PIECE = 1 << 20

Came = tuple[bytes, str, Got]
"""The bytes of a file, from whom, with which headers."""


class KeepingOrigin:
    """A Repo whose .info and go.mod are kept, and whose zip replaces whatever was begun."""

    def __init__(
        self,
        repo: Repo,
        source: str,
        fetcher: ResumingFetcher,
        kept: tuple[dict[str, Came], dict[str, Came]],
        begins: Callable[[str, Op], None],
    ) -> None:
        """``kept``: where .info and go.mod are noted; ``begins`` is told of each file that is asked for."""
        self._repo = repo
        self._source = source
        self._fetcher = fetcher
        self._infos, self._mods = kept
        self._begins = begins

    async def versions(self, prefix: str) -> list[str]:
        """As the repository has them."""
        return await self._repo.versions(prefix)

    async def stat(self, revision: str) -> RevInfo:
        """A revision; its .info is kept."""
        self._begins(revision, Op.INFO)
        return self._keep(await self._repo.stat(revision))

    async def latest(self) -> RevInfo:
        """The tip; its .info is kept."""
        return self._keep(await self._repo.latest())

    async def go_mod(self, version: str) -> bytes:
        """The go.mod, kept."""
        self._begins(version, Op.MOD)
        data = await self._repo.go_mod(version)
        self._mods[version] = data, self._source, Got()
        return data

    async def zip(self, version: str, sink: BinaryIO) -> None:
        """The zip as it is made; what another source began of it is thrown away."""
        self._begins(version, Op.ZIP)
        part = part_of(sink)
        with spool() as room:
            await self._repo.zip(version, room)
            room.seek(0)
            if part is not None:
                part.empty()
            self._fetcher.got = Got()
            while piece := room.read(_PIECE):
                sink.write(piece)  # which tells how far it is, and so belongs to this thread
                await asyncio.sleep(0)

    def _keep(self, info: RevInfo) -> RevInfo:
        said: dict[str, object] = {"Version": info.version, "Time": info.time_text}
        if info.origin:
            said["Origin"] = dict(info.origin)
        text = json.dumps(said, separators=(",", ":"), ensure_ascii=False)
        self._infos[info.version] = text.encode(), self._source, Got()
        return info
