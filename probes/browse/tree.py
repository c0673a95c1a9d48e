"""The folder that files are saved into: a tree that the go command can use as a file:// GOPROXY.

The layout is that of the module cache's download folder (cmd/go/internal/modfetch/cache.go CachePath), with
`@v/list` as go keeps it there (rewriteVersionList): the canonical versions whose `.mod` is there, in order.

Nothing is ever written outside of the folder: names come from escaped paths, which have no ".." and nothing
absolute, and a symbolic link on the way that leads out is refused. What has a file's final name is whole: it
was written under another name, brought to the disk, and renamed.
"""

from __future__ import annotations

import errno
import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from probes.browse.proxies import file_name
from probes.golang import module, semver
from probes.golang.errors import GoError
from probes.golang.protocol import Op
from probes.share.state import open_regular

PART = ".part"
"""A file that is being fetched, beside the place where it belongs."""
NOTE = ".part.json"
"""What is known of it."""


class Tree:
    """One folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()

    def make(self) -> None:
        """Make the folder itself. Raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True)

    def file(self, path: str, version: str, op: Op) -> Path:
        """Where a file of a version belongs. Raises GoError for what is no path or version."""
        return file_name(path, version, op, self.folder)

    def name(self, path: str, version: str, op: Op) -> str:
        """The same below the folder, with slashes: the name in the manifest."""
        return self.file(path, version, op).relative_to(self.folder).as_posix()

    def make_room(self, path: str, version: str) -> Path:
        """The folder of a version's files, made. Raises GoError where a link leads out, and OSError."""
        parent = self.file(path, version, Op.MOD).parent
        if not parent.resolve().is_relative_to(self.folder.resolve()):
            raise GoError(f"a symbolic link in {parent} leads out of {self.folder}")
        parent.mkdir(parents=True, exist_ok=True)
        return parent

    def open(self, file: Path) -> int | None:
        """A file that is there already, open for reading; None where there is none, or it is none of ours."""
        if file.is_symlink() or not file.parent.resolve().is_relative_to(self.folder.resolve()):
            return None
        try:
            with open_regular(file) as opened:
                return os.dup(opened.fileno())
        except (OSError, ValueError):
            return None

    def part(self, target: Path) -> Path:
        """The name under which a file is begun."""
        return target.with_name(f".{target.name}{PART}")

    def write(self, target: Path, content: bytes) -> None:
        """Write a small file whole, or not at all. Raises OSError."""
        handle, name = tempfile.mkstemp(prefix=f".{target.name[:80]}.", suffix=".tmp", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                os.fchmod(file.fileno(), 0o644)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(target)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise
        sync_folder(target.parent)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Alone with the lists and the manifest: another modtrace waits, for as long as writing them takes.

        The lock is one on the folder itself, so that nothing of it is left.
        """
        handle = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def versions(self, room: Path) -> list[str]:
        """The versions that a list in this folder has to name (rewriteVersionList)."""
        found = []
        for entry in os.scandir(room):
            name, dot, kind = entry.name.rpartition(".")
            if not dot or kind != Op.MOD or name.startswith("."):
                continue
            try:
                version = module.unescape_version(name)
            except GoError:
                continue
            if module.canonical_version(version) == version:
                found.append(version)
        return semver.sort(found)

    def write_list(self, room: Path) -> None:
        """Bring `@v/list` up to date; call it with the lock held. Raises OSError."""
        content = "".join(f"{version}\n" for version in self.versions(room)).encode()
        target = room / "list"
        handle = self.open(target)
        if handle is not None:
            with os.fdopen(handle, "rb") as file:
                if file.read(len(content) + 1) == content:
                    return
        self.write(target, content)


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk; a file system that cannot do that is left alone."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
            raise
    finally:
        os.close(handle)
