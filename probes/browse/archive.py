"""A module's zip, brought here to be looked into: from a proxy, along the chain, or from the module cache.

It is fetched only when somebody asks for it. What is fetched is kept in a file without a name, outside of any
cache, which the system takes back when this process ends, however it ends; nothing is ever unpacked to disk.
The file is not held against go.sum or the checksum database here (probes.browse has others for that): what is
shown is what was sent.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
import weakref
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, TypeVar

from probes.browse.aside import aside
from probes.browse.local_columns import MOST_INFO_BYTES, cache_folder
from probes.browse.named import proxy_named
from probes.browse.proxies import AtProxy, at_proxy, patient, proxies_of, unusable
from probes.golang import module, modzip
from probes.golang.environment import Environment
from probes.golang.errors import GoError
from probes.golang.gojson import RevInfo, decode_rev_info
from probes.golang.goproxy import Access, ErrorRanking, Hop
from probes.golang.gozip import ZipEntry, read_directory
from probes.golang.os_errors import errno_words
from probes.golang.protocol import Op
from probes.net.limits import Limits
from probes.share.state import read_regular
from probes.trace.events import BodyProgress, Event
from probes.trace.route import Route

T = TypeVar("T")

MOST_KEPT = 8
"""Zips that are kept at a time; the one that was looked at longest ago goes first."""
MOST_KEPT_BYTES = 1 << 30

Progress = Callable[[int, int | None], None]
"""Told how many bytes have come, and of how many."""


def no_progress(received: int, total: int | None) -> None:
    """Nobody wants to know."""


# -- from whom ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Supplier:
    """Who the files of a version are taken from."""

    name: str
    """For people; secrets masked."""
    hop: Hop | None = field(default=None, repr=False)
    """One proxy. None for the chain or the cache."""
    cache: bool = False
    """The module cache alone; nobody is asked."""
    cache_first: bool = False
    """Of the chain: what is in the module cache is not asked for again, as go has it."""


CHAIN = Supplier("the chain")
"""The proxies of GOPROXY in their order, with go's rule of who is asked next."""
AS_GO = Supplier("as go would", cache_first=True)
"""The module cache where the file is in it, else the chain."""
CACHE = Supplier("the module cache", cache=True)


def supplier(environment: Environment, text: str) -> Supplier:
    """What a user means: chain, cache, or a proxy as proxy_named knows it. Raises GoError."""
    if text in ("cache", "chain"):
        return CACHE if text == "cache" else CHAIN
    hop = proxy_named(environment, text).hop
    return Supplier(hop.name, hop)


def cache_file(environment: Environment, path: str, version: str, op: Op) -> Path:
    """Where the module cache has a file; raises GoError where there is no such place."""
    return cache_folder(environment, path) / f"{module.escape_version(version)}.{op}"


def is_cached(environment: Environment, path: str, version: str, op: Op) -> bool:
    """Whether the module cache has this file."""
    try:
        return stat.S_ISREG(cache_file(environment, path, version, op).stat().st_mode)
    except (OSError, ValueError, GoError):
        return False


# -- what was brought --------------------------------------------------------------------------------


class HeldFile:
    """An open file without a name, or one of the cache; closed when nobody looks into it any more.

    It is read by offsets alone (``gozip.Source``), so that many can read it at a time.
    """

    def __init__(self, number: int) -> None:
        self.file: BinaryIO = os.fdopen(number, "rb")
        self.size = os.fstat(number).st_size
        # Not __del__: in a cycle the file could be collected first, and complain of being open.
        weakref.finalize(self, self.file.close)

    def digest(self) -> str:
        """The hexadecimal SHA-256 of all of it."""
        summary, at, number = hashlib.sha256(), 0, self.file.fileno()
        while data := os.pread(number, 1 << 20, at):
            summary.update(data)
            at += len(data)
        return summary.hexdigest()


@dataclass(frozen=True, slots=True)
class Archive:
    """A zip that is at hand, and what go says of it before it reads any content."""

    path: str
    version: str
    source: str
    """Who it came from, for people; secrets masked."""
    file: HeldFile = field(repr=False, compare=False)
    entries: tuple[ZipEntry, ...] = field(default=(), repr=False)
    """In the order of the directory; empty where that cannot be read."""
    problem: str | None = None
    """Why go refuses it, in go's words: a broken directory, names, declared sizes."""
    zip_name: str = ""
    """What go calls the file."""

    @property
    def prefix(self) -> str:
        """How every name in it begins."""
        return f"{self.path}@{self.version}/"

    @property
    def size(self) -> int:
        """Bytes of the zip."""
        return self.file.size


@dataclass(frozen=True, slots=True)
class Checked:
    """What go says of a zip once it has read all of it."""

    problem: str | None
    """Why it refuses to unpack it, in its words; None where it does."""
    h1: str | None
    """The hash that go.sum has; None where it cannot be made."""
    sha256: str
    """Of the bytes of the zip."""


class Shelf:
    """The zips that were fetched, for as long as this process looks into them."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str, Supplier], Archive] = OrderedDict()

    def find(self, path: str, version: str, who: Supplier) -> Archive | None:
        """A zip that is here already."""
        archive = self._kept.get((path, version, who))
        if archive is not None:
            self._kept.move_to_end((path, version, who))
        return archive

    def keep(self, who: Supplier, archive: Archive) -> None:
        """Put a zip on the shelf, and take off what there is no room for."""
        self._kept[archive.path, archive.version, who] = archive
        while len(self._kept) > 1 and (
            len(self._kept) > MOST_KEPT or sum(one.size for one in self._kept.values()) > MOST_KEPT_BYTES
        ):
            self._kept.popitem(last=False)

    def clear(self) -> None:
        """Let go of all of them."""
        self._kept.clear()


# -- bringing ----------------------------------------------------------------------------------------


async def bring_zip(
    environment: Environment,
    path: str,
    version: str,
    who: Supplier,
    shelf: Shelf,
    *,
    limits: Limits | None = None,
    progress: Progress = no_progress,
) -> Archive:
    """A version's zip, looked over; from the shelf if it is there. Raises GoError where none comes."""
    _check_version(path, version)
    kept = shelf.find(path, version, who)
    if kept is not None:
        return kept
    if who.cache or (who.cache_first and is_cached(environment, path, version, Op.ZIP)):
        held = await aside(_open_cached, environment, path, version)
        source = CACHE.name
    else:

        async def step(at: AtProxy) -> HeldFile:
            try:
                number = _nameless_file()
            except OSError as error:
                raise GoError(f"no place for the zip: {errno_words(error)}") from error
            held = None
            try:
                with os.fdopen(os.dup(number), "w+b") as sink:
                    await patient(at.repo.zip(version, sink))
                    sink.flush()
                held = HeldFile(number)
            except OSError as error:
                raise GoError(f"no place for the zip: {errno_words(error)}") from error
            finally:
                if held is None:
                    os.close(number)
            return held

        held, source = await _ask(environment, path, who, step, limits or Limits(), progress)
    archive = await aside(look_over, environment, path, version, source, held)
    shelf.keep(who, archive)
    return archive


async def bring_text(
    environment: Environment,
    path: str,
    version: str,
    op: Op,
    who: Supplier,
    *,
    limits: Limits | None = None,
) -> tuple[bytes, str]:
    """The .info or .mod of a version, and who it came from. Raises GoError where none comes."""
    _check_version(path, version)
    if who.cache or (who.cache_first and is_cached(environment, path, version, op)):
        return await aside(_read_cached, environment, path, version, op), CACHE.name

    async def step(at: AtProxy) -> bytes:
        if op is Op.MOD:
            return await patient(at.repo.go_mod(version))
        url = at.repo.url_of(f"@v/{module.escape_version(version)}.{op}")
        return await patient(at.narrator.request(url, op, version, at.narrator.hop))

    limits = replace(limits or Limits(), text_bytes=_most_bytes(op))
    return await _ask(environment, path, who, step, limits, no_progress)


async def bring_info(
    environment: Environment, path: str, version: str, who: Supplier, *, limits: Limits | None = None
) -> tuple[RevInfo, str]:
    """What the .info of a version says, Origin included, and who it came from. Raises GoError."""
    content, source = await bring_text(environment, path, version, Op.INFO, who, limits=limits)
    try:
        info = await aside(decode_rev_info, content)
    except GoError as error:
        raise GoError(f"the .info from {source}: {error}") from error
    if info.version != version:
        raise GoError(f"proxy returned info for version {info.version} instead of requested version")
    return info, source


def _check_version(path: str, version: str) -> None:
    module.check(path, version)
    if version != module.canonical_version(version):
        raise GoError(f"{version} is not a canonical version")


def _nameless_file() -> int:
    """A file that has no name any more, and is gone when nobody has it open."""
    number, name = tempfile.mkstemp(prefix="modtrace-")
    Path(name).unlink()
    return number


async def _ask(
    environment: Environment,
    path: str,
    who: Supplier,
    step: Callable[[AtProxy], Awaitable[T]],
    limits: Limits,
    progress: Progress,
) -> tuple[T, str]:
    """Ask one proxy, or along the chain; never about a private path."""
    route, _ = proxies_of(environment, path)
    error = unusable(route)
    if error is not None and (who.hop is None or route.error is None):
        raise GoError(error)
    if route.private is not None:
        raise GoError(
            f"{path} is private: {route.private.pattern} of GONOPROXY matches, so no proxy is asked about it"
        )

    def told(event: Event) -> None:
        if isinstance(event, BodyProgress):
            progress(event.received, event.total)

    async def at(hop: Hop) -> T:
        async with at_proxy(environment, path, hop, limits, told) as proxy:
            return await step(proxy)

    if who.hop is not None:
        return await at(who.hop), who.name
    return await _walk(route, at)


async def _walk(route: Route, at: Callable[[Hop], Awaitable[T]]) -> tuple[T, str]:
    """Along the chain, with the rule of cmd/go/internal/modfetch/proxy.go TryProxies."""
    ranking = ErrorRanking()
    for hop in route.hops:
        access = route.access(hop)
        if access is Access.DIRECT:
            raise GoError(
                f"no proxy before direct has it, and from its repository modtrace takes no files"
                f"{'' if ranking.best is None else f': {ranking.best}'}"
            )
        if access is Access.NOT_PRIVATE:
            continue
        try:
            if access is Access.OFF:
                raise GoError("module lookup disabled by GOPROXY=off", not_exist=True)
            return await at(hop), hop.name
        except GoError as error:
            if not ranking.add(hop, error):
                break
    assert ranking.best is not None, "a route has at least one hop"
    raise ranking.best.with_traceback(None)


def _most_bytes(op: Op) -> int:
    """Bytes of a .info or .mod that is read."""
    return MOST_INFO_BYTES if op is Op.INFO else modzip.MAX_GO_MOD


def _open_cached(environment: Environment, path: str, version: str) -> HeldFile:
    file = cache_file(environment, path, version, Op.ZIP)
    try:
        number = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise GoError(f"open {file}: {errno_words(error)}", not_exist=error.errno == 2) from error
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise GoError(f"{file} is not a regular file")
    return HeldFile(number)


def _read_cached(environment: Environment, path: str, version: str, op: Op) -> bytes:
    file = cache_file(environment, path, version, op)
    try:
        return read_regular(file, _most_bytes(op))
    except OSError as error:
        raise GoError(f"open {file}: {errno_words(error)}", not_exist=error.errno == 2) from error


# -- looking over ------------------------------------------------------------------------------------


def look_over(environment: Environment, path: str, version: str, source: str, held: HeldFile) -> Archive:
    """Read the directory of a zip, and say what go says of its names and declared sizes; blocks."""
    try:
        name = str(cache_file(environment, path, version, Op.ZIP))
    except GoError:
        name = f"{module.escape_version(version)}.zip"
    entries: tuple[ZipEntry, ...] = ()
    problem = None
    try:
        entries = tuple(read_directory(held.file, held.size, name=name))
        modzip.check_download(path, version, held.file, held.size, zip_name=name)
        modzip.check_listing(path, version, held.file, held.size, zip_name=name)
    except GoError as error:
        problem = str(error)
    return Archive(path, version, source, held, entries, problem, name)


def check(archive: Archive) -> Checked:
    """Read all of a zip as go does when it hashes and unpacks it, to nowhere; blocks."""
    problem, h1, held = archive.problem, None, archive.file
    try:
        h1 = modzip.hash_zip(held.file, held.size, zip_name=archive.zip_name)
        if problem is None:
            modzip.check_zip(
                archive.path, archive.version, held.file, held.size, zip_name=archive.zip_name
            )
    except GoError as error:
        problem = problem or str(error)
    return Checked(problem, h1, held.digest())
