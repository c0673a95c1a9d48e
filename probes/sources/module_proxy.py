"""A module proxy, asked as cmd/go asks it.

Source: cmd/go/internal/modfetch/proxy.go (proxyRepo), cmd/go/internal/web/api.go (HTTPError, the server's
words in it) and cmd/go/internal/modfetch/cache.go (cachingRepo: each answer of each hop is remembered for
the time of one command, errors too).
"""

from __future__ import annotations

import io
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import BinaryIO, Protocol, TypeVar

from probes.golang import module, semver
from probes.golang.errors import GoError, InvalidVersion, ModuleError, unwrap
from probes.golang.gojson import RevInfo, decode_rev_info
from probes.golang.gotime import parse_rfc3339
from probes.golang.protocol import Op
from probes.golang.quote import first_fields, is_graphic, is_space, quote, trim_space
from probes.golang.urls import GoURL, escape_request_path, join
from probes.net.limits import Stalled
from probes.sources.answer_cache import AnswerCache

MAX_ZIP_FILE = 500 << 20
"""codehost.MaxZipFile, in bytes."""
_MAX_DETAIL_LINES = 8
_MAX_DETAIL_BYTES = _MAX_DETAIL_LINES * 81

T = TypeVar("T")


class HTTPError(GoError):
    """web.HTTPError: an answer that is not 200."""

    def __init__(self, url: str, status: int, status_line: str, detail: str = "") -> None:
        text = f"reading {url}: {status_line}"
        if detail:
            text += "\n\tserver response:" + ("\n\t" if "\n" in detail else " ") + detail
        super().__init__(text, not_exist=status in (404, 410))
        self.status = status


def error_detail(body: bytes) -> str:
    """The server's words as go repeats them (web errorDetailBuffer and formatErrorDetail).

    Up to the first blank line, at most 8 lines and 648 bytes; nothing at all when the text is not UTF-8 or
    holds anything that is neither graphic nor space.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    if not all(is_graphic(ch) or is_space(ch) for ch in text):
        return ""
    detail = ""
    for number, line in enumerate(text.split("\n")):
        if not trim_space(line):
            break
        if number > 0:
            detail += "\n\t"
        if number >= _MAX_DETAIL_LINES:
            return detail + "[Truncated: too many lines.]"
        if len(detail.encode()) + len(line.encode()) > _MAX_DETAIL_BYTES:
            return detail + "[Truncated: too long.]"
        detail += line
    return detail


class Ask(Protocol):
    """How a repository reaches its proxy; the engine provides it, so that every request is an event."""

    async def __call__(self, url: GoURL, op: Op, version: str, sink: BinaryIO | None = None) -> bytes:
        """GET; the body, or b"" when it went into ``sink``. Raises GoError with go's text."""


class Repo(Protocol):
    """modfetch.Repo: one module as one hop serves it. Every method raises GoError."""

    async def versions(self, prefix: str) -> list[str]:
        """The listed versions with this prefix, sorted; pseudo-versions left out."""

    async def stat(self, revision: str) -> RevInfo:
        """What the hop says of a version or revision."""

    async def latest(self) -> RevInfo:
        """What the hop says is the latest."""

    async def go_mod(self, version: str) -> bytes:
        """The go.mod of a version."""

    async def zip(self, version: str, sink: BinaryIO) -> None:
        """Write the module zip of a version into ``sink``."""


class RefusingRepo:
    """modfetch errRepo: a hop that says the same to everything, without a packet."""

    def __init__(self, error: GoError) -> None:
        self._error = error

    def _refuse(self) -> GoError:
        return self._error.with_traceback(None)

    async def versions(self, prefix: str) -> list[str]:
        raise self._refuse()

    async def stat(self, revision: str) -> RevInfo:
        raise self._refuse()

    async def latest(self) -> RevInfo:
        raise self._refuse()

    async def go_mod(self, version: str) -> bytes:
        raise self._refuse()

    async def zip(self, version: str, sink: BinaryIO) -> None:
        raise self._refuse()


class ProxyRepo:
    """modfetch proxyRepo: one module path at one module proxy (or file tree)."""

    def __init__(self, base: GoURL, path: str, ask: Ask) -> None:
        escaped = module.escape_path(path)
        self.path = path
        self._base = base.redacted()
        self._url = base.replace(
            path=base.path.removesuffix("/") + "/" + escaped,
            raw_path=base.raw_path.removesuffix("/") + "/" + escape_request_path(escaped),
        )
        self._ask = ask
        self._from_list: Callable[[], Awaitable[RevInfo]] | None = None

    def url_of(self, suffix: str) -> GoURL:
        """The URL of one file of this module (proxyRepo.getBody)."""
        return self._url.replace(
            path=join(self._url.path, suffix), raw_path=join(self._url.raw_path, escape_request_path(suffix))
        )

    async def _get(self, suffix: str, op: Op, version: str) -> bytes:
        return await self._ask(self.url_of(suffix), op, version)

    def _version_error(self, version: str, cause: GoError) -> ModuleError:
        """proxyRepo.versionError: name the module, and call a version that is not canonical invalid."""
        if version and version != module.canonical_version(version):
            known = unwrap(cause, InvalidVersion)
            pseudo = module.is_pseudo_version(version)
            return ModuleError(self.path, "", known or InvalidVersion(version, cause, pseudo=pseudo))
        return ModuleError(self.path, version, cause)

    async def versions(self, prefix: str) -> list[str]:
        try:
            data = await self._get("@v/list", Op.LIST, "")
        except GoError as error:
            failure = self._version_error("", error)

            async def failed() -> RevInfo:
                raise failure

            self._from_list = self._from_list or failed
            raise failure from error
        listed = _read_list(data)
        del data  # of a long list it is much
        if self._from_list is None:
            # go works out the newest pseudo-version of the list here and now, needed or not, and asks for
            # its .info: a request on the wire that a lazy reading of the protocol would not expect.
            self._from_list = _once(lambda: self._latest_from_list(listed))
            with suppress(GoError):
                await self._from_list()
        return semver.sort(version for version in listed.tagged if version.startswith(prefix))

    async def _latest_from_list(self, listed: _Listed) -> RevInfo:
        """proxyRepo.latestFromList: the newest pseudo-version, or the newest of the dated lines."""
        best: tuple[datetime, str] | None = None
        for version, stamp in listed.dated:
            when = _line_time(version, stamp)
            if (best is None or best[0] < when) and when > _ZERO_TIME:
                best = (when, version)
        if best is None:
            raise self._version_error("", GoError("no commits", not_exist=True))
        return await self.stat(best[1])

    async def stat(self, revision: str) -> RevInfo:
        try:
            escaped = module.escape_version(revision)
            data = await self._get(f"@v/{escaped}.info", Op.INFO, revision)
        except GoError as error:
            raise self._version_error(revision, error) from error
        info = self._decode(data, revision)
        if info.version != revision and revision == module.canonical_version(revision):
            try:
                module.check(self.path, revision)
            except GoError:
                return info
            text = f"proxy returned info for version {info.version} instead of requested version"
            raise self._version_error(revision, GoError(text))
        return info

    def _decode(self, data: bytes, version: str) -> RevInfo:
        try:
            return decode_rev_info(data)
        except GoError as error:
            text = f"invalid response from proxy {quote(self._base)}: {error}"
            raise self._version_error(version, GoError(text)) from error

    async def latest(self) -> RevInfo:
        try:
            data = await self._get("@latest", Op.LATEST, "")
        except GoError as error:
            if not error.not_exist:
                raise self._version_error("", error) from error
        else:
            return self._decode(data, "")
        if self._from_list is None:
            listed = _read_list(await self._get("@v/list", Op.LIST, ""))
            self._from_list = _once(lambda: self._latest_from_list(listed))
        return await self._from_list()

    async def go_mod(self, version: str) -> bytes:
        try:
            if version != module.canonical_version(version):
                raise GoError("internal error: version passed to GoMod is not canonical")
            return await self._get(f"@v/{module.escape_version(version)}.mod", Op.MOD, version)
        except GoError as error:
            raise self._version_error(version, error) from error

    async def zip(self, version: str, sink: BinaryIO) -> None:
        try:
            if version != module.canonical_version(version):
                raise GoError("internal error: version passed to Zip is not canonical")
            url = self.url_of(f"@v/{module.escape_version(version)}.zip")
            await self._ask(url, Op.ZIP, version, sink)
        except GoError as error:
            raise self._version_error(version, error) from error


_ZERO_TIME = datetime(1, 1, 1, tzinfo=UTC)


MAX_VERSION = 1 << 16
"""Characters of a version in a list; go has no such limit, but no disk takes a name of more than 255."""


@dataclass(slots=True)
class _Listed:
    """The lines of @v/list that begin with a valid version."""

    tagged: list[str] = field(default_factory=list)
    """The versions that are no pseudo-versions."""
    dated: list[tuple[str, str]] = field(default_factory=list)
    """The lines that tell a time: version and the time beside it, "" for a pseudo-version without one."""


_PLAIN = re.compile(
    rb"(?:v(?:0|[1-9][0-9]{0,9}+)\.(?:0|[1-9][0-9]{0,9}+)\.(?:0|[1-9][0-9]{0,9}+)\n){1,4096}+"
)
"""Lines with nothing but a release, as nearly all are; matched without a way back, which would take room."""


def _read_list(data: bytes) -> _Listed:
    """Read @v/list line by line: it may have millions. Plain releases are read many at a time.

    Raises Stalled for a version that is longer than any that could be kept.
    """
    listed, lines = _Listed(), io.BytesIO(data)
    while True:
        at = lines.tell()
        while plain := _PLAIN.match(data, at):
            at = plain.end()
            listed.tagged += plain[0].decode("ascii").split("\n")[:-1]
        lines.seek(at)
        line = lines.readline()
        if not line:
            return listed
        if b"v" not in line:
            continue
        text = line.decode("utf-8", "surrogateescape")
        version, words = text[:-1] if text.endswith("\n") else text, [""]
        if not semver.is_valid(version):  # it is, but for lines that say more, and those that say nothing
            words = first_fields(text, 2)
            if not words or not semver.is_valid(words[0]):
                continue
            version = words[0]
        if len(version) > MAX_VERSION:
            raise Stalled(f"the list names a version of {len(version)} characters; go would work with it")
        is_pseudo = "-" in version and module.is_pseudo_version(version)
        if not is_pseudo:
            listed.tagged.append(version)
        if is_pseudo or len(words) > 1:
            listed.dated.append((version, words[1] if len(words) > 1 else ""))


def _line_time(version: str, stamp: str) -> datetime:
    """When a line of the list says its version was made."""
    if stamp:
        try:
            return parse_rfc3339(stamp.encode("utf-8", "surrogateescape")).datetime() or _ZERO_TIME
        except GoError:
            return _ZERO_TIME
    try:
        return module.pseudo_version_time(version)
    except GoError:
        return _ZERO_TIME


def _once(make: Callable[[], Awaitable[T]]) -> Callable[[], Awaitable[T]]:
    """sync.Once for one answer or error."""
    cache = AnswerCache[T]()

    async def answer() -> T:
        return await cache.do("", make)

    return answer


@dataclass(slots=True)
class ModuleCache:
    """The part of the module cache that one command fills and reads back: .info and .mod by version.

    It begins empty: a trace shows what go would ask with a cold cache.
    """

    infos: dict[str, RevInfo]
    mods: dict[str, bytes]

    def info(self, revision: str) -> RevInfo | None:
        """The .info that is there (readDiskStat)."""
        return self.infos.get(revision)

    def has_info(self, version: str) -> bool:
        """Whether it is there, for who does not need it."""
        return version in self.infos

    async def go_mod(self, version: str) -> bytes | None:
        """The .mod that is there, and was vouched for (readDiskGoMod). Raises Fatal where go exits."""
        return self.mods.get(version)

    @staticmethod
    def may_hold(version: str) -> bool:
        """Whether the cache has a file name for this version (modfetch CachePath)."""
        return semver.is_valid(version) and module.canonical_version(version) == version


class CachingRepo:
    """modfetch cachingRepo: a Repo whose answers are asked for once, with the module cache behind it."""

    def __init__(
        self,
        make: Callable[[], Awaitable[Repo]],
        disk: ModuleCache,
        check_go_mod: Callable[[str, bytes], Awaitable[None]],
    ) -> None:
        self._make = make
        self._disk = disk
        self._check_go_mod = check_go_mod
        self._repo: Repo | None = None
        self._versions: AnswerCache[list[str]] = AnswerCache()
        self._stats: AnswerCache[RevInfo] = AnswerCache()
        self._latest: AnswerCache[RevInfo] = AnswerCache()
        self._mods: AnswerCache[bytes] = AnswerCache()

    async def repo(self) -> Repo:
        """The repository behind, made when it is first needed; a failure to make it answers everything."""
        if self._repo is None:
            try:
                self._repo = await self._make()
            except GoError as error:
                self._repo = RefusingRepo(error)
        return self._repo

    async def versions(self, prefix: str) -> list[str]:
        async def ask() -> list[str]:
            return await (await self.repo()).versions(prefix)

        return list(await self._versions.do(prefix, ask))

    async def stat(self, revision: str) -> RevInfo:
        return await self._stats.do(revision, lambda: self._stat(revision))

    async def _stat(self, revision: str) -> RevInfo:
        known = self._disk.info(revision)
        if known is not None:
            return known
        info = await (await self.repo()).stat(revision)
        self._remember(info)
        return info

    def _remember(self, info: RevInfo) -> None:
        self._stats.know(info.version, info)
        if ModuleCache.may_hold(info.version) and not self._disk.has_info(info.version):
            self._disk.infos[info.version] = info

    async def latest(self) -> RevInfo:
        async def ask() -> RevInfo:
            info = await (await self.repo()).latest()
            self._remember(info)
            return info

        return await self._latest.do("", ask)

    async def go_mod(self, version: str) -> bytes:
        async def ask() -> bytes:
            known = await self._disk.go_mod(version)
            if known is not None:
                return known
            text = await (await self.repo()).go_mod(version)
            await self._check_go_mod(version, text)
            if ModuleCache.may_hold(version):
                self._disk.mods[version] = text
            return text

        return await self._mods.do(version, ask)

    async def zip(self, version: str, sink: BinaryIO) -> None:
        await (await self.repo()).zip(version, sink)
