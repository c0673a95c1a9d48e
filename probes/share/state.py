"""Where modtrace keeps what it remembers, and files that are written whole or not at all.

Source: XDG Base Directory Specification (XDG_STATE_HOME: an absolute path, else $HOME/.local/state). Folders
are made with mode 0700 and files with 0600: what somebody traced is nobody else's business.

What is read there may have been put there by anybody. Opening a FIFO waits until somebody writes into it
(fifo(7)), so everything is opened without waiting, and only what is a regular file is read. Links are
followed: people keep their settings elsewhere and link them.
"""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


def state_folder(process: Mapping[str, str] | None = None) -> Path | None:
    """The folder of modtrace's state; None where there is no home. It need not exist yet."""
    process = os.environ if process is None else process
    base = process.get("XDG_STATE_HOME", "")
    if base.startswith("/"):
        return Path(base) / "modtrace"
    home = process.get("HOME", "")
    return Path(home) / ".local" / "state" / "modtrace" if home.startswith("/") else None


def make_private(folder: Path) -> None:
    """Make a folder and those above it that are missing, each for its owner alone.

    Raises OSError, also for what would stand in the root: a home that is not there is not made by us.
    """
    if folder.parent.parent == folder.parent and not folder.exists():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(folder))
    if not folder.parent.exists() and folder.parent != folder:
        make_private(folder.parent)  # with parents=True those would have the mode of the umask
    folder.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading, and never wait for a FIFO or a device. Raises OSError, ValueError for a name
    that no file can have."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "it is no plain file", str(path))
        return os.fdopen(handle, "rb")
    except OSError:
        os.close(handle)
        raise


class TooLarge(OSError):
    """A file of state is larger than anything that was ever written there."""


def read_regular(path: Path, most_bytes: int) -> bytes:
    """A whole file. Raises TooLarge where it holds more than that, else as open_regular."""
    with open_regular(path) as file:
        data = file.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise TooLarge(errno.EFBIG, f"it is larger than {most_bytes} bytes", str(path))
    return data


def write_private(path: Path, text: str) -> None:
    """Write a state file of mode 0600 whole, in place of what was there. Raises OSError."""
    make_private(path.parent)
    temporary = _written_beside(path, text, PRIVATE_FILE)
    try:
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


class WouldOverwrite(OSError):
    """The file is there already."""


def write_output(path: Path, text: str, *, force: bool = False) -> None:
    """Write a file that somebody asked for, whole or not at all; another's file only with ``force``.

    Raises WouldOverwrite where something is there, and OSError. With ``force`` a symbolic link is followed,
    and what is no plain file (a device, a folder) is refused all the same.
    """
    place = path.resolve() if force else path
    if place.exists() and not place.is_file():
        raise OSError(f"{path} is no plain file")
    if not force and (path.exists() or path.is_symlink()):
        raise WouldOverwrite(f"{path} is there already")
    temporary = _written_beside(place, text, 0o666 & ~_umask())
    try:
        if force:
            temporary.replace(place)
        else:
            os.link(temporary, place)  # unlike a rename, it never takes the place of a file
    except FileExistsError as error:
        raise WouldOverwrite(f"{path} is there already") from error
    finally:
        temporary.unlink(missing_ok=True)


def _written_beside(path: Path, text: str, mode: int) -> Path:
    """The text in a new file in the same folder, safely on the disk."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name[:80]}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(text.encode("utf-8", "backslashreplace"))
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
    return Path(name)


def _umask() -> int:
    """The process's umask; it can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
