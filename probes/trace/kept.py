"""The zip of one version where the module cache may have it already, and what was unpacked of it.

A zip with its hash beside it is neither fetched nor hashed again, but the recorded hash must be vouched for
as ever. A zip without one is hashed where it lies. What is unpacked is not looked at, but for its go.mod.

Source: cmd/go/internal/modfetch/fetch.go (DownloadZip, downloadZip, hashZip, checkMod, Download, download).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO

from probes.cache.warm import KeptZip
from probes.golang import modzip
from probes.golang.errors import Fatal, GoError, ModuleError, unwrap
from probes.golang.os_errors import errno_words
from probes.golang.protocol import Op
from probes.golang.quote import quote
from probes.net.limits import Stalled
from probes.share.state import open_regular
from probes.trace import zips
from probes.trace.events import Purpose
from probes.trace.repositories import Repositories
from probes.trace.walk import Walker


async def zip_and_go_mod(
    repositories: Repositories,
    walker: Walker,
    path: str,
    version: str,
    hashed: Callable[[str], None] = lambda total: None,
    *,
    purpose: Purpose = Purpose.ZIP,
    look: Callable[[BinaryIO], None] = lambda file: None,
) -> bytes | None:
    """DownloadZip and Download: returns the go.mod of the unpacked module, None where it has none.

    ``hashed`` is told the "h1:" hash before anything is unpacked; ``look`` may look at a zip that was. Raises
    GoError, Fatal where go exits, and Stalled.
    """
    kept = repositories.kept_zip(path, version)
    if kept is None or not kept.has_zip:
        with zips.spool() as file:
            total = await zips.fetch_zip(repositories, walker, purpose, path, version, file)
            hashed(total)
            if kept is not None and kept.is_unpacked():
                return kept.go_mod()
            text = zips.unzip(repositories, path, version, file)
            look(file)
            return text
    repositories.spared(Op.ZIP, path, version, kept.zip)
    return await _Kept(repositories, kept, path, version, look).run(hashed)


async def unpacked_go_mod(
    repositories: Repositories, kept: KeptZip, path: str, version: str
) -> bytes | None:
    """Download of what was unpacked before: its zip need not be there, but somebody must vouch for its hash.

    Raises GoError, and Fatal where go exits.
    """
    repositories.spared(Op.ZIP, path, version, kept.folder)
    await _Kept(repositories, kept, path, version).check_recorded()
    return kept.go_mod()


class _Kept:
    """A zip that is there."""

    def __init__(
        self,
        repositories: Repositories,
        kept: KeptZip,
        path: str,
        version: str,
        look: Callable[[BinaryIO], None] = lambda file: None,
    ) -> None:
        self._look = look
        self._repositories = repositories
        self._kept = kept
        self._path = path
        self._version = version

    async def run(self, hashed: Callable[[str], None]) -> bytes | None:
        """See zip_and_go_mod."""
        is_late = self._kept.has_hash and self._repositories.has_sum(self._path, self._version)
        if is_late:
            total = ""
            with suppress(GoError):
                total = self._kept.read_hash()  # go.sum has a hash of it; they are compared at the end
        elif self._kept.has_hash:
            total = await self.check_recorded()
        else:
            total = await self._hash()
        hashed(total)
        is_unpacked = self._kept.is_unpacked()
        text = None if is_unpacked else self._unzip()
        if is_late:
            await self.check_recorded()
        return self._kept.go_mod() if is_unpacked else text

    async def check_recorded(self) -> str:
        """checkMod. Raises Fatal."""
        try:
            total = self._kept.read_hash()
            if not total:
                return await self._hash()
        except GoError as error:
            raise Fatal(f"verifying {self._about(error)}") from error
        if not total.startswith("h1:"):
            words = GoError(f"unexpected ziphash: {quote(total)}")
            raise Fatal(f"verifying {self._about(words)}")
        try:
            await self._repositories.checksums.check(self._path, self._version, total)
        except GoError as error:
            raise Fatal(str(error)) from error
        return total

    def _about(self, error: GoError) -> GoError:
        """module.VersionError."""
        known = unwrap(error, ModuleError)
        if isinstance(known, ModuleError) and (known.path, known.version) == (self._path, self._version):
            return error
        return ModuleError(self._path, self._version, error)

    async def _hash(self) -> str:
        """hashZip. Raises GoError, Fatal and Stalled."""
        with self._opened() as file:
            size = file.seek(0, 2)
            if (unpacked := modzip.most_unpacked(file, size)) > zips.MOST_UNPACKED:
                raise Stalled(f"the zip unpacks to {unpacked >> 30} GiB; go would hash all of it")
            total = modzip.hash_zip(file, size, zip_name=str(self._kept.zip))
        await self._repositories.checksums.check(self._path, self._version, total)
        return total

    def _unzip(self) -> bytes | None:
        with self._opened() as file:
            text = zips.unzip(self._repositories, self._path, self._version, file)
            self._look(file)
            return text

    def _opened(self) -> BinaryIO:
        try:
            return open_regular(self._kept.zip)
        except OSError as error:
            raise GoError(f"open {self._kept.zip}: {errno_words(error)}") from None
