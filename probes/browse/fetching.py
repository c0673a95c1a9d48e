"""Fetching one file of a module from one proxy.

Files are saved in the layout of the module cache's download folder (cmd/go/internal/modfetch/cache.go
CachePath), so that the folder can serve as a file:// GOPROXY for exact versions.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import replace
from pathlib import Path
from time import monotonic

from probes.browse.proxies import AtProxy, at_proxy, file_name, proxies_of
from probes.browse.table import BrowseEmit, DownloadFinished, DownloadProgress, DownloadStarted, Wanted
from probes.golang import module, modzip
from probes.golang.environment import Environment
from probes.golang.errors import GoError
from probes.golang.gojson import decode_rev_info
from probes.golang.goproxy import Hop
from probes.golang.protocol import Op
from probes.golang.redact import redact
from probes.net.dial import errno_words
from probes.net.limits import Limits, Stalled
from probes.trace.events import BodyProgress, Event, RequestFinished

MAX_TEXT_FILE = 16 << 20
"""Bytes of a .info or .mod that is saved: x/mod/zip MaxGoMod."""
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
    a kind that go would take; whatever was there before stays until then. The last event is
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
        limits = replace(limits or Limits(), text_bytes=MAX_TEXT_FILE)
        async with at_proxy(environment, path, hop, limits, on_event) as proxy:
            size = await _save(proxy, path, wanted, hop, folder, target)
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


async def _save(proxy: AtProxy, path: str, wanted: Wanted, hop: Hop, folder: Path, target: Path) -> int:
    """Fetch into a temporary file beside the target, look the content over, put it in place; its size."""
    _make_folder(folder, target.parent)
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    url = proxy.repo.url_of(f"@v/{module.escape_version(wanted.version)}.{wanted.op}")
    file = part.open("x+b")
    try:
        with file:
            if wanted.op is Op.ZIP:
                await proxy.narrator.request(url, wanted.op, wanted.version, hop, file)
                size = file.seek(0, os.SEEK_END)
                modzip.check_download(path, wanted.version, file, size)
            else:
                content = await proxy.narrator.request(url, wanted.op, wanted.version, hop)
                if wanted.op is Op.INFO:
                    _check_info(content, wanted.version)
                size = file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return size


def _make_folder(folder: Path, parent: Path) -> None:
    """Make the folder of a file; refuse one that a symbolic link leads out of the folder the user named."""
    if not parent.resolve().is_relative_to(folder.resolve()):
        raise GoError(f"a symbolic link in {parent} leads out of {folder}")
    parent.mkdir(parents=True, exist_ok=True)


def _check_info(content: bytes, version: str) -> None:
    found = decode_rev_info(content).version
    if found != version:
        raise GoError(f"proxy returned info for version {found} instead of requested version")
