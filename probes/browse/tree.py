"""The folder that files are saved into: a tree that the go command can use as a file:// GOPROXY.

The layout is that of the module cache's download folder (cmd/go/internal/modfetch/cache.go CachePath), with
`@v/list` as go keeps it there (rewriteVersionList): the canonical versions whose `.mod` is there, in order.

Nothing is ever written outside of the folder: names come from escaped paths, which have no ".." and nothing
absolute, and no symbolic link below the folder is followed. Each folder on the way is opened from within the
one before it (openat(2) with O_NOFOLLOW), so that nobody who changes a folder into a link at the wrong moment
leads us elsewhere. What has a file's final name is whole: it was written under another name, brought to the
disk, and renamed. Modes are those of the umask: such folders are made to be passed on.
"""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from probes.browse.proxies import file_name
from probes.golang import module, semver
from probes.golang.errors import GoError
from probes.golang.protocol import Op

PART = ".part"
"""A file that is being fetched, beside the place where it belongs."""
NOTE = ".part.json"
"""What is known of it."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY | os.O_NOFOLLOW


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
        """The folder of a version's files, made. Raises GoError where a link is in the way, and OSError."""
        parent = self.file(path, version, Op.MOD).parent
        try:
            os.close(self.enter(parent, make=True))
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise GoError(f"a symbolic link in {parent}: nothing is written through one") from error
            raise
        return parent

    def enter(self, folder: Path, *, make: bool = False) -> int:
        """A handle on a folder in this one, for the caller to close. Raises OSError, with ELOOP at a link,
        and ValueError for what is not below it."""
        names = folder.relative_to(self.folder).parts
        if ".." in names:
            raise ValueError(f"{folder} leads out of the folder")
        handle = os.open(self.folder, _FOLDER)
        at = self.folder
        for name in names:
            at /= name
            try:
                if make:
                    with suppress(FileExistsError):
                        os.mkdir(name, dir_fd=handle)
                inner = _enter(name, handle)
            except OSError as error:
                error.filename = str(at)
                raise
            finally:
                os.close(handle)
            handle = inner
        return handle

    @contextmanager
    def _inside(self, folder: Path) -> Iterator[int]:
        handle = self.enter(folder)
        try:
            yield handle
        finally:
            os.close(handle)

    def open(self, file: Path) -> int | None:
        """A file that is there already, open for reading; None where there is none, or it is none of ours."""
        try:
            with self._inside(file.parent) as folder:
                handle = os.open(file.name, _FILE, dir_fd=folder)
        except (OSError, ValueError):
            return None
        if stat.S_ISREG(os.fstat(handle).st_mode):
            return handle
        os.close(handle)
        return None

    def part(self, target: Path) -> Path:
        """The name under which a file is begun."""
        return target.with_name(f".{target.name}{PART}")

    def write(self, target: Path, content: bytes) -> None:
        """Write a small file whole, or not at all. Raises OSError."""
        with self._inside(target.parent) as folder:
            try:
                write_in(folder, target.name, content)
            except OSError as error:
                error.filename = str(target)
                error.filename2 = None
                raise

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Alone with the lists and the manifest: another modtrace waits, for as long as writing them takes.

        The lock is one on the folder itself, so that nothing of it is left.
        """
        handle = os.open(self.folder, _FOLDER)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def versions(self, room: Path) -> list[str]:
        """The versions that a list in this folder has to name (rewriteVersionList)."""
        found = []
        with self._inside(room) as folder:
            names = [entry.name for entry in os.scandir(folder)]
        for one in names:
            name, dot, kind = one.rpartition(".")
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


def _enter(name: str, folder: int) -> int:
    try:
        return os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
    except NotADirectoryError:  # what Linux says of a link here, as of a file
        if stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from None
        raise


def write_in(folder: int, name: str, content: bytes) -> None:
    """Write a small file whole, or not at all, into an open folder. Raises OSError."""
    temporary = f".{name[:80]}.{secrets.token_hex(6)}.tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(temporary, flags, 0o666, dir_fd=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary, dir_fd=folder)
        raise
    sync_handle(folder)


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk; a file system that cannot do that is left alone."""
    handle = os.open(folder, _FOLDER)
    try:
        sync_handle(handle)
    finally:
        os.close(handle)


def sync_handle(folder: int) -> None:
    """The same for an open folder."""
    try:
        os.fsync(folder)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
            raise
