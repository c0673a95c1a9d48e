"""Writing the GOENV file for real: the result of `go env -w`, in one step that can be taken back.

go itself (cmd/go/internal/envcmd updateEnvFile, os.WriteFile) truncates the file and writes it anew: mode
0666 less the umask for a new file, folders 0777 less the umask, everything kept for an old one, a link
followed. The result here is the same, but the bytes arrive by a rename, so that nobody ever reads half of
them, and a copy of what was there is kept first. Where a rename would change more than the bytes (a file with
several names, an owner or attributes that cannot be given to a new file, a folder that takes no new file) the
file is written in place as go does, and put back when that fails.

Nothing is overwritten that was not seen: a file that changed since it was read is left alone, and so it is
when a change is undone.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from probes.golang.safetext import safe_text
from probes.settings.env_write import EnvChange
from probes.share.state import read_regular

SCHEMA = "modtrace.applied/1"
_MOST_BYTES = 10_000_000
"""Of a record or a backup: many times what a go env file holds."""


class CannotApply(Exception):
    """The file could not be written, or was not: ``str(error)`` is one line for people."""


class FileChanged(CannotApply):
    """Somebody else changed the file meanwhile; nothing was written."""


@dataclass(frozen=True, slots=True)
class Applied:
    """A change that was made, with all that is needed to take it back."""

    path: str
    """The file as go opens it."""
    target: str
    """The file that was written: ``path`` with links followed."""
    existed: bool
    before: bytes = field(repr=False)
    """What it held; b"" when it did not exist."""
    after_sha256: str
    """Of what it holds since."""
    made_folders: tuple[str, ...]
    """Folders that were made for it, the outermost first."""
    at: str
    """When, as the time stamp of the backup: UTC, to the microsecond."""
    backup: str | None
    """The copy of the old file; None when there was none."""
    record: str
    """The file that ``latest`` reads this from."""


def apply(change: EnvChange, backup_dir: Path, *, now: datetime | None = None) -> Applied:
    """Make the change. Raises CannotApply in one line; then the file is as it was.

    ``backup_dir`` keeps the old bytes and a record, readable by the user alone: GOPROXY may hold a password.
    """
    target = os.path.realpath(change.path)
    old = _look(change.path, target)
    if (None if old is None else old.data) != change.before:
        raise FileChanged(f"{_shown(change.path)} changed since it was read: nothing was written")
    stamp = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%S.%fZ")
    applied = Applied(
        path=change.path,
        target=target,
        existed=old is not None,
        before=b"" if old is None else old.data,
        after_sha256=_digest(change.after),
        made_folders=_missing_folders(change.path, target),
        at=stamp,
        backup=None,
        record="",
    )
    applied = _keep(applied, backup_dir)
    try:
        with _one_line(change.path):
            for folder in applied.made_folders:
                Path(folder).mkdir(0o777)
        _write(change.path, target, old, change.after)
    except BaseException:
        _remove_folders(applied.made_folders)
        _forget(applied)
        raise
    return applied


def undo(applied: Applied) -> None:
    """Put everything back: the bytes, or that there was no file. Raises CannotApply in one line."""
    now = _look(applied.path, applied.target)
    if now is None or _digest(now.data) != applied.after_sha256:
        raise FileChanged(
            f"{_shown(applied.path)} changed since modtrace wrote it: it was left alone"
            + (f"; the old one is {_shown(applied.backup)}" if applied.backup else "")
        )
    if applied.existed:
        _write(applied.path, applied.target, now, applied.before)
    else:
        with _one_line(applied.path):
            Path(applied.target).unlink()
        _remove_folders(applied.made_folders)
    with contextlib.suppress(OSError):
        record = Path(applied.record)
        record.rename(record.with_suffix(".undone"))


def backup_folder(process: Mapping[str, str]) -> Path | None:
    """Where backups are kept: below the XDG state folder; None when no such place is known."""
    state = process.get("XDG_STATE_HOME", "")
    if not state.startswith("/"):
        home = process.get("HOME", "")
        if not home.startswith("/"):
            return None
        state = f"{home}/.local/state"
    return Path(state) / "modtrace" / "goenv"


def latest(backup_dir: Path, path: str | None = None) -> Applied | None:
    """The last change that was not undone, of one file or of any. Raises CannotApply for a broken record."""
    try:
        records = sorted(backup_dir.glob("*.json"), reverse=True)
    except OSError:
        return None
    for record in records:
        applied = _read_record(record)
        if path is None or applied.path == path:
            return applied
    return None


# -- the file as it is --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Found:
    """A file that is there."""

    data: bytes
    status: os.stat_result


def _look(path: str, target: str) -> _Found | None:
    with _one_line(path):
        try:
            status = os.stat(target)  # noqa: PTH116
        except FileNotFoundError:
            return None
        if not stat.S_ISREG(status.st_mode):
            raise CannotApply(f"{_shown(path)} is not a regular file: nothing was written")
        return _Found(Path(target).read_bytes(), status)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _shown(path: str) -> str:
    return safe_text(path, limit=300)


_WORDS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the quota of this user is used up",
    errno.EFBIG: "the file may not grow that large here",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.ENOTDIR: "a part of its path is a file, not a folder",
    errno.EISDIR: "it is a folder",
    errno.ELOOP: "its symbolic links lead in a circle",
    errno.ENOENT: "its folder does not exist and cannot be made",
}


def _sentence(path: str, error: OSError) -> str:
    words = _WORDS.get(error.errno or 0) or safe_text(error.strerror or str(error))
    return f"cannot write {_shown(path)}: {words}"


@contextlib.contextmanager
def _one_line(path: str) -> Any:
    """Any error of the system in one line."""
    try:
        yield
    except (OSError, ValueError) as error:
        sentence = _sentence(path, error) if isinstance(error, OSError) else f"cannot write {_shown(path)}"
        raise CannotApply(sentence) from error


# -- writing ------------------------------------------------------------------------------------------------


def _missing_folders(path: str, target: str) -> tuple[str, ...]:
    """What os.MkdirAll would make, the outermost first: the folders of the path, not of what it links to."""
    if os.path.lexists(Path(target).parent):
        return ()
    folder = Path(path).parent
    missing = [str(place) for place in (folder, *folder.parents) if not os.path.lexists(place)]
    return tuple(reversed(missing))


def _remove_folders(folders: tuple[str, ...]) -> None:
    """Take back folders that were made, unless something else is in them by now."""
    for folder in reversed(folders):
        with contextlib.suppress(OSError):
            Path(folder).rmdir()


_KNOWS_EFFECTIVE = os.access in os.supports_effective_ids


def _write(path: str, target: str, old: _Found | None, data: bytes) -> None:
    with _one_line(path):
        if old is not None and not os.access(target, os.W_OK, effective_ids=_KNOWS_EFFECTIVE):
            # go opens the file itself; a rename would get around its mode.
            raise PermissionError(errno.EACCES, "permission denied")
        if old is not None and old.status.st_nlink > 1:
            _write_in_place(path, target, old, data)
            return
        try:
            temporary = _write_beside(target, old, data)
        except OSError as error:
            if old is None or error.errno not in (errno.EACCES, errno.EPERM, errno.ENOTSUP):
                raise
            _write_in_place(path, target, old, data)
            return
        try:
            _must_be_unchanged(path, target, old)
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        _sync_folder(str(Path(target).parent))


def _must_be_unchanged(path: str, target: str, old: _Found | None) -> None:
    now = _look(path, target)
    if (now and now.data) != (old and old.data):
        raise FileChanged(f"{_shown(path)} changed since it was read: nothing was written")


def _write_beside(target: str, old: _Found | None, data: bytes) -> str:
    """A finished file in the same folder, with the mode and the owner that the file will have."""
    temporary = str(Path(target).with_name(f".modtrace-{secrets.token_hex(8)}"))
    # 0666 here is less the umask, and the folder's default access list applies: as with go.
    number = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if old is None else 0o600)
    try:
        try:
            _write_all(number, data)
            if old is not None:
                _dress(number, target, old.status)
            os.fsync(number)
        finally:
            os.close(number)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return temporary


def _dress(number: int, target: str, status: os.stat_result) -> None:
    """Owner, mode and extended attributes of the old file. Raises OSError where one cannot be given."""
    mine = os.fstat(number)
    if (mine.st_uid, mine.st_gid) != (status.st_uid, status.st_gid):
        os.fchown(number, status.st_uid, status.st_gid)
    if hasattr(os, "listxattr"):
        names: list[str] = []
        with contextlib.suppress(OSError):
            names = os.listxattr(target)
        for name in names:
            os.setxattr(number, name, os.getxattr(target, name))
    os.fchmod(number, stat.S_IMODE(status.st_mode))


def _write_in_place(path: str, target: str, old: _Found, data: bytes) -> None:
    _must_be_unchanged(path, target, old)
    try:
        _overwrite(target, data)
    except BaseException:
        _overwrite(target, old.data)
        raise


def _overwrite(target: str, data: bytes) -> None:
    number = os.open(target, os.O_WRONLY)
    try:
        _write_all(number, data)
        os.ftruncate(number, len(data))
        os.fsync(number)
    finally:
        os.close(number)


def _write_all(number: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(number, left) :]


def _sync_folder(folder: str) -> None:
    """Make the rename last; some file systems cannot, and the rename holds all the same."""
    with contextlib.suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


# -- backups ------------------------------------------------------------------------------------------------


def _keep(applied: Applied, backup_dir: Path) -> Applied:
    """The old bytes and the record, before anything is written."""
    base = backup_dir / f"goenv-{applied.at}-{secrets.token_hex(3)}"
    applied = replace(
        applied,
        backup=str(base.with_name(base.name + ".env")) if applied.existed else None,
        record=str(base.with_name(base.name + ".json")),
    )
    try:
        backup_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if applied.backup is not None:
            _write_private(applied.backup, applied.before)
        _write_record(applied)
    except OSError as error:
        _forget(applied)
        raise CannotApply(
            f"{_sentence(str(backup_dir), error)}; without a backup nothing is changed"
        ) from error
    return applied


def _write_record(applied: Applied) -> None:
    record = {
        "schema": SCHEMA,
        "path": applied.path,
        "target": applied.target,
        "existed": applied.existed,
        "after_sha256": applied.after_sha256,
        "made_folders": list(applied.made_folders),
        "at": applied.at,
        "backup": applied.backup,
    }
    _write_private(applied.record, json.dumps(record, indent=2).encode() + b"\n")


def _write_private(path: str, data: bytes) -> None:
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        _write_all(number, data)
        os.fsync(number)
    finally:
        os.close(number)


def _forget(applied: Applied) -> None:
    for path in (applied.backup, applied.record):
        if path:
            with contextlib.suppress(OSError):
                Path(path).unlink()


def _read_record(record: Path) -> Applied:
    try:
        data = json.loads(read_regular(record, _MOST_BYTES))
        if data["schema"] != SCHEMA:
            raise ValueError(data["schema"])
        backup = data["backup"]
        return Applied(
            path=str(data["path"]),
            target=str(data["target"]),
            existed=bool(data["existed"]),
            before=read_regular(Path(backup), _MOST_BYTES) if backup is not None else b"",
            after_sha256=str(data["after_sha256"]),
            made_folders=tuple(str(folder) for folder in data["made_folders"]),
            at=str(data["at"]),
            backup=None if backup is None else str(backup),
            record=str(record),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CannotApply(f"the record {_shown(str(record))} cannot be read: nothing was undone") from error
