"""Fetching one file of a module from one proxy.

Files are saved in the layout of the module cache's download folder (cmd/go/internal/modfetch/cache.go
CachePath), so that the folder can serve as a file:// GOPROXY for exact versions.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic

from probes.browse.manifest import came, merge, sha256_of
from probes.browse.partial import Part
from probes.browse.proxies import authorization_of, file_name, proxies_of
from probes.browse.resuming import ResumingFetcher
from probes.browse.table import BrowseEmit, DownloadFinished, DownloadProgress, DownloadStarted, Wanted
from probes.browse.tree import Tree
from probes.golang import dirhash, module, modzip
from probes.golang.environment import Environment
from probes.golang.errors import GoError
from probes.golang.gojson import decode_rev_info
from probes.golang.goproxy import Hop
from probes.golang.os_errors import errno_words
from probes.golang.protocol import Op
from probes.golang.redact import redact
from probes.net.limits import Limits, Stalled
from probes.sources.module_proxy import ProxyRepo
from probes.trace.events import BodyProgress, Event, RequestFinished
from probes.trace.narrator import Attempt, Narrator
from probes.trace.run import new_client

MAX_TEXT_FILE = modzip.MAX_GO_MOD
"""Bytes of a .info or .mod that is saved."""
BY_HAND = "nobody was asked: this file alone was fetched"
"""Who vouches for the hash."""
FILE_OPS = (Op.INFO, Op.MOD, Op.ZIP)
"""What can be fetched."""


async def download(
    environment: Environment,
    path: str,
    wanted: Wanted,
    folder: Path,
    emit: BrowseEmit,
    *,
    limits: Limits | None = None,
) -> None:
    """Fetch one file from one proxy into ``folder``, as ``<escaped path>/@v/<version>.<ext>`` below it.

    The proxy is asked because the caller says so, whether go would come to it or not, but never about a
    private path. A file is written under a temporary name and put in its place only when it is whole and of
    a kind that go would take; whatever was there before stays until then. A zip that broke off is gone on
    with by the next download of it, where the server can do that. The last event is
    DownloadFinished, also when the task is cancelled. Raises nothing for what networks, servers, settings or
    the file system do.
    """
    began = monotonic()
    told: list[RequestFinished] = []

    def now() -> float:
        return monotonic() - began

    def on_event(event: Event) -> None:
        if isinstance(event, BodyProgress):
            emit(DownloadProgress(now(), wanted, event.received, event.total))
        elif isinstance(event, RequestFinished):
            told.append(event)

    finished = DownloadFinished(0.0, wanted, None, cancelled=True)
    try:
        hop, target = _destination(environment, path, wanted, folder)
        emit(DownloadStarted(now(), wanted, str(target)))
        limits = replace(limits or Limits(), text_bytes=MAX_TEXT_FILE, mod_bytes=MAX_TEXT_FILE)
        async with _at(environment, path, hop, limits, on_event) as place:
            size = await _save(place, path, wanted, hop, Tree(folder))
        finished = replace(finished, file=str(target), bytes=size, cancelled=False)
    except (GoError, Stalled) as error:
        finished = replace(finished, error=redact(str(error)), cancelled=False)
    except OSError as error:
        where = error.filename or folder
        finished = replace(finished, error=f"{where}: {errno_words(error)}", cancelled=False)
    finally:
        emit(replace(finished, at=now(), request=told[-1] if told else None))


def _destination(environment: Environment, path: str, wanted: Wanted, folder: Path) -> tuple[Hop, Path]:
    """The proxy that is asked, and where the file goes. Raises GoError when either may not be."""
    _, columns = proxies_of(environment, path)
    hops = {column.id: hop for column, hop in columns}
    if any(column.private for column, _ in columns):
        raise GoError(f"{path} is private: GONOPROXY forbids to ask a proxy about it")
    if wanted.column not in hops or wanted.op not in FILE_OPS:
        raise GoError("no such proxy or file")
    module.check(path, wanted.version)
    if wanted.version != module.canonical_version(wanted.version):
        raise GoError(f"{wanted.version} is not a canonical version")
    return hops[wanted.column], file_name(path, wanted.version, wanted.op, folder)


@dataclass(frozen=True, slots=True)
class _Place:
    """One module at one proxy, asked so that what broke off can be gone on with."""

    repo: ProxyRepo
    narrator: Narrator
    fetcher: ResumingFetcher


@asynccontextmanager
async def _at(
    environment: Environment, path: str, hop: Hop, limits: Limits, emit: Callable[[Event], None]
) -> AsyncIterator[_Place]:
    assert hop.url is not None
    client = new_client(environment, limits, authorization=authorization_of(environment))
    fetcher = ResumingFetcher(client, limits)
    narrator = Narrator(emit, fetcher)
    attempt = Attempt(0, hop)
    narrator.begin(attempt)
    try:
        await client.warm_up(tls=hop.url.scheme == "https")
        yield _Place(ProxyRepo(hop.url, path, narrator.asker(hop)), narrator, fetcher)
    finally:
        narrator.end(attempt)
        await client.aclose()


async def _save(place: _Place, path: str, wanted: Wanted, hop: Hop, tree: Tree) -> int:
    """Fetch beside the target, look the content over, put it in place and into the manifest; its size."""
    tree.make()
    room = tree.make_room(path, wanted.version)
    target = tree.file(path, wanted.version, wanted.op)
    url = place.repo.url_of(f"@v/{module.escape_version(wanted.version)}.{wanted.op}")
    h1 = ""
    if wanted.op is Op.ZIP:
        part = await Part.begin(tree, target)
        try:
            await place.narrator.request(url, wanted.op, wanted.version, hop, part.sink())
            size = part.size
            digest, h1 = await asyncio.to_thread(_look, part, path, wanted.version)
            await asyncio.to_thread(part.put_in_place)
        except GoError:
            if part.was_resumed or not part.resumable(url):
                part.empty()
            raise
        finally:
            part.close()
    else:
        content = await place.narrator.request(url, wanted.op, wanted.version, hop)
        if wanted.op is Op.INFO:
            _check_info(content, wanted.version)
        else:
            h1 = dirhash.go_mod_hash(content)
        size, digest = len(content), hashlib.sha256(content).hexdigest()
        tree.write(target, content)
    entry = came(size, digest, hop.spec, place.fetcher.got, h1, BY_HAND)
    name = tree.name(path, wanted.version, wanted.op)
    await asyncio.to_thread(merge, tree, {name: entry}, {room})
    return size


def _look(part: Part, path: str, version: str) -> tuple[str, str]:
    """The SHA-256 and the h1 of a zip that go would take. Raises GoError; then it is not kept."""
    with part.reader() as file:
        try:
            modzip.check_download(path, version, file, part.size)
            h1 = modzip.hash_zip(file, part.size)
        except GoError:
            part.empty()
            raise
        return sha256_of(file), h1


def _check_info(content: bytes, version: str) -> None:
    found = decode_rev_info(content).version
    if found != version:
        raise GoError(f"proxy returned info for version {found} instead of requested version")
