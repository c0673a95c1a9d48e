"""Removing what is poisoned, and nothing else.

A file is reached from the folder of the cache downwards, one folder after the other and never through a
symbolic link, and removed in the folder that was opened so: whoever puts a link somewhere meanwhile changes
nothing. The lock of the version is taken as go takes it, without waiting: where a go is at work on it, the
version is left alone. go makes folders that nobody may write to (0555); they are made writable first, as
modfetch.RemoveAll does. What root makes belongs to whom the folder belongs: a .lock of root's would stop the
go of the cache's owner. What was changed after it was looked at is left alone too.

Source: cmd/go/internal/modfetch/cache.go lockVersion; cmd/internal/lockedfile/internal/filelock (flock);
fetch.go RemoveAll, hashZip; openat(2), unlinkat(2).
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from probes.cache.entries import Entry, Lying
from probes.cache.findings import Finding
from probes.golang.errors import GoError
from probes.golang.many_hashes import HashWork, hashed
from probes.golang.modzip import MAX_ZIP_FILE
from probes.golang.os_errors import errno_words

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_DEEPEST = 400
"""Folders within each other; each needs a handle while those in it are removed."""
_WRITABLE = 0o700


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done to one version."""

    entry: Entry
    removes: tuple[str, ...]
    """As they are named below GOMODCACHE, in the order in which they go."""
    rehash: bool
    """Whether the .ziphash is written anew from the zip."""
    whys: tuple[str, ...]
    bytes: int
    """How much goes."""
    files: int
    is_apart: bool = False
    """Whether it is of no version of a module, and no lock is to be held for it."""

    @property
    def command(self) -> str:
        """What brings it back; "" where go does so by itself."""
        return f"go mod download {self.entry.name}" if self.entry.version else ""


@dataclass(frozen=True, slots=True)
class Mended:
    """What was done to one version."""

    plan: Plan
    removed: tuple[str, ...] = ()
    written: str = ""
    """The .ziphash that was written."""
    errors: tuple[str, ...] = ()

    @property
    def is_done(self) -> bool:
        """Whether all of it was done."""
        return not self.errors


def plan_of(entry: Entry, findings: list[Finding]) -> Plan | None:
    """What the findings of a version ask for; None where nothing is to be removed or written."""
    repairs = [one.repair for one in findings if one.is_bad and one.repair is not None]
    removes = dict.fromkeys(name for repair in repairs for name in repair.removes)
    zip_goes = entry.file("zip") in removes
    rehash = any(repair.rehash for repair in repairs) and not zip_goes
    if not removes and not rehash:
        return None
    # The .partial goes last: as long as it is there, no go takes the folder for whole.
    order = sorted(removes, key=lambda name: (name == entry.file("partial"), name != entry.tree_name, name))
    sizes = [measured(f"{entry.cache}/{name}") for name in order]
    whys = tuple(dict.fromkeys(repair.why for repair in repairs if repair.why))
    return Plan(entry, tuple(order), rehash, whys, sum(one[0] for one in sizes), sum(one[1] for one in sizes))


def plan_apart(cache: str, finding: Finding) -> Plan:
    """What a finding asks for that is about no version in the cache: a file of a checksum database."""
    assert finding.repair is not None
    folder, _, stem = finding.file.rpartition("/")
    entry = Entry(cache, finding.path, finding.version, folder, stem)
    sizes = [measured(f"{cache}/{name}") for name in finding.repair.removes]
    size, files = sum(one[0] for one in sizes), sum(one[1] for one in sizes)
    return Plan(entry, finding.repair.removes, False, (finding.repair.why,), size, files, is_apart=True)


def measured(place: str) -> tuple[int, int]:
    """The bytes and the files of what lies there, no link followed."""
    size = files = 0
    todo = [place]
    while todo:
        one = todo.pop()
        try:
            found = os.lstat(one)
            if stat.S_ISDIR(found.st_mode):
                with os.scandir(one) as names:
                    todo += [name.path for name in names]
                continue
        except (OSError, ValueError):
            continue
        size, files = size + (found.st_size if stat.S_ISREG(found.st_mode) else 0), files + 1
    return size, files


def mend(plan: Plan) -> Mended:
    """Do it. Raises nothing for what the disk says."""
    entry = plan.entry
    removed: list[str] = []
    try:
        with ExitStack() as held:
            root = os.open(entry.cache, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            held.callback(os.close, root)
            if not plan.is_apart:
                held.enter_context(_locked(root, entry))
            for name in plan.removes:
                _remove(root, name, _seen(entry, name))
                removed.append(name)
            written = _rehashed(root, entry) if plan.rehash else ""
        return Mended(plan, tuple(removed), written)
    except (GoError, ValueError, RecursionError) as error:
        return Mended(plan, tuple(removed), errors=(str(error) or "it is too deep",))
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return Mended(plan, tuple(removed), errors=(f"{where}{errno_words(error)}",))


@contextmanager
def _opened(root: int, folder: str) -> Iterator[int]:
    """A folder below the cache, reached without following a link."""
    here = os.dup(root)
    try:
        for part in folder.split("/") if folder else ():
            if part in ("", ".", ".."):
                raise GoError(f"{folder} is no folder of the cache")
            try:
                below = os.open(part, _FOLDER, dir_fd=here)
            except OSError as error:
                if error.errno not in (errno.ENOTDIR, errno.ELOOP):
                    raise
                raise GoError(
                    f"{folder}: {part} is a symbolic link or no folder, and is left alone"
                ) from error
            os.close(here)
            here = below
        yield here
    finally:
        os.close(here)


@contextmanager
def _locked(root: int, entry: Entry) -> Iterator[None]:
    """The lock of the version, where there is a folder to have it in."""
    with ExitStack() as held:
        with suppress(FileNotFoundError):
            folder = held.enter_context(_opened(root, entry.folder))
            flags = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
            try:
                with suppress(FileExistsError):
                    os.close(_created(f"{entry.stem}.lock", folder))
                handle = os.open(f"{entry.stem}.lock", flags, dir_fd=folder)
            except OSError as error:
                if isinstance(error, FileNotFoundError):
                    raise
                raise OSError(error.errno, error.strerror, entry.place("lock")) from error
            held.callback(os.close, handle)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise GoError(
                    "a go command is at work on it (it holds the .lock): it is left alone"
                ) from error
        yield


def _created(name: str, folder: int) -> int:
    """A new file for writing; only of a new one root may change the owner, any other may be a hard link."""
    handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666, dir_fd=folder)
    above = os.fstat(folder)
    if os.geteuid() == 0 and above.st_uid != 0:
        with suppress(OSError):  # a disk that knows no owners
            os.fchown(handle, above.st_uid, above.st_gid)
    return handle


def is_locked(entry: Entry) -> bool:
    """Whether a go command is at work on a version at this moment."""
    try:
        handle = os.open(entry.place("lock"), os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except (OSError, ValueError):
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(handle)
    return False


def _seen(entry: Entry, name: str) -> Lying | None:
    """How a file or folder lay there when it was looked at."""
    return entry.tree if name == entry.tree_name else entry.files.get(name.rpartition(".")[2])


def _remove(root: int, name: str, seen: Lying | None) -> None:
    """Remove a file or a folder below the cache. What is not there is gone already."""
    above, _, base = name.rpartition("/")
    with suppress(FileNotFoundError), _opened(root, above) as folder:
        found = os.stat(base, dir_fd=folder, follow_symlinks=False)
        if seen is not None and Lying.of(found) != seen:
            raise GoError(f"{name} was changed after it was looked at: it is left alone; look again")
        if stat.S_ISDIR(found.st_mode):
            # At once, so that no go takes half of it for whole; go itself clears what is called so (unzip).
            aside = f"{base[:200]}.tmp-{os.getpid()}-modtrace"
            os.rename(base, aside, src_dir_fd=folder, dst_dir_fd=folder)
            try:
                _remove_folder(folder, aside, 0)
            except (GoError, OSError) as error:
                words = errno_words(error) if isinstance(error, OSError) else str(error)
                raise GoError(f"what is left of it is called {aside} now: {words}") from error
        else:
            os.unlink(base, dir_fd=folder)


def _remove_folder(above: int, name: str, depth: int) -> None:
    if depth > _DEEPEST:
        raise GoError(f"there are more than {_DEEPEST} folders within each other: remove it by hand")
    folder = _open_to_remove(name, above)
    try:
        if os.fstat(folder).st_mode & _WRITABLE != _WRITABLE:
            os.fchmod(folder, 0o755)
        with os.scandir(folder) as names:
            for one in list(names):
                if one.is_dir(follow_symlinks=False):
                    _remove_folder(folder, one.name, depth + 1)
                else:
                    os.unlink(one.name, dir_fd=folder)
    finally:
        os.close(folder)
    os.rmdir(name, dir_fd=above)


def _open_to_remove(name: str, above: int) -> int:
    """A folder; also one that its owner has shut (RemoveAll changes the mode before it looks inside)."""
    try:
        return os.open(name, _FOLDER, dir_fd=above)
    except PermissionError:
        held = os.open(name, _FOLDER | getattr(os, "O_PATH", 0), dir_fd=above)
        try:
            Path(f"/proc/self/fd/{held}").chmod(0o755)
        finally:
            os.close(held)
        return os.open(name, _FOLDER, dir_fd=above)


def _rehashed(root: int, entry: Entry) -> str:
    """Write the .ziphash as hashZip does: the hash of the zip that lies there, whole or not at all."""
    found = hashed(HashWork(Path(entry.place("zip")), most_bytes=MAX_ZIP_FILE))
    if not found.sum:
        raise GoError(f"the .zip cannot be hashed: {found.error}")
    name, temporary = f"{entry.stem}.ziphash", f".{entry.stem}.ziphash.{os.getpid()}"
    with _opened(root, entry.folder) as folder:
        handle = _created(temporary, folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(found.sum.encode())
                file.flush()
                os.fsync(file.fileno())
            os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary, dir_fd=folder)
            raise
    return entry.file("ziphash")
