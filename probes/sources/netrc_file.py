"""Which netrc file go reads, and reading it without ever waiting.

Source: cmd/go/internal/auth/netrc.go (netrcPath, readNetrc). What go cannot read it does without, and says
nothing; a pipe or a device it would read for as long as something comes.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path

from probes.golang.netrc import Netrc, read_netrc
from probes.golang.os_errors import errno_words
from probes.golang.shown import with_tilde

MOST_BYTES = 16 << 20
"""What is read of a netrc file; go reads all of it."""


class Found(Enum):
    """What came of looking for the file."""

    READ = "read"
    ABSENT = "absent"
    UNREADABLE = "unreadable"
    NO_HOME = "no home"
    ENDLESS = "endless"
    """A pipe, a device or more than anybody writes: go would wait, or read on."""


@dataclass(frozen=True, slots=True)
class NetrcFile:
    """One netrc file as go finds it."""

    shown: str
    """Its name, for showing."""
    found: Found
    netrc: Netrc = field(default_factory=Netrc)
    words: str = ""
    """Why it cannot be read."""
    mode: int = 0
    from_variable: bool = False
    """Whether NETRC names it."""
    has_tilde: bool = False
    """Whether NETRC begins with a ~ that no shell has put the home folder in place of."""


def netrc_file(process: Mapping[str, str], folder: str = "") -> NetrcFile:
    """The file that go reads: what NETRC names, else the one in the home folder; never waits.

    ``folder`` is where go stands, for a name that is relative.
    """
    named = process.get("NETRC", "")
    if named:
        file = _read(Path(folder, named), _shown(named, process))
        return replace(file, from_variable=True, has_tilde=named.startswith("~"))
    return home_file(process)


def other_file(process: Mapping[str, str], folder: str = "") -> NetrcFile | None:
    """The file in the home folder, where NETRC names another one; None where it does not."""
    named, home = process.get("NETRC", ""), process.get("HOME", "")
    if not named or not home or Path(folder, named).resolve() == Path(home, ".netrc").resolve():
        return None
    return home_file(process)


def home_file(process: Mapping[str, str]) -> NetrcFile:
    """The file in the home folder, which go reads where NETRC names no other."""
    home = process.get("HOME", "")
    if not home:
        return NetrcFile("~/.netrc", Found.NO_HOME, words="$HOME is not defined")
    return _read(Path(home, ".netrc"), "~/.netrc")


def _shown(name: str, process: Mapping[str, str]) -> str:
    if name.startswith("~"):
        return f"./{name}"
    return with_tilde(name, process.get("HOME", ""))


def _read(path: Path, shown: str) -> NetrcFile:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except FileNotFoundError:
        return NetrcFile(shown, Found.ABSENT)
    except (OSError, ValueError) as error:
        words = errno_words(error) if isinstance(error, OSError) else "invalid argument"
        return NetrcFile(shown, Found.UNREADABLE, words=words)
    try:
        status = os.fstat(handle)
        if not _ends(status):
            words = "it is a pipe or a device, of which go would wait for the end"
            return NetrcFile(shown, Found.ENDLESS, words=words)
        data = b"".join(_pieces(handle))
    except OSError as error:
        return NetrcFile(shown, Found.UNREADABLE, words=errno_words(error))
    finally:
        os.close(handle)
    if len(data) > MOST_BYTES:
        words = f"it is longer than {MOST_BYTES >> 20} MiB; go would read it all"
        return NetrcFile(shown, Found.ENDLESS, words=words)
    mode = stat.S_IMODE(status.st_mode)
    text = data.decode("utf-8", "surrogateescape")
    return NetrcFile(shown, Found.READ, read_netrc(text), mode=mode)


def _ends(status: os.stat_result) -> bool:
    """Whether reading comes to an end: a plain file, a folder (which cannot be read), the null device."""
    if stat.S_ISCHR(status.st_mode):
        return status.st_rdev == Path(os.devnull).stat().st_rdev
    return stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)


def _pieces(handle: int) -> list[bytes]:
    pieces: list[bytes] = []
    size = 0
    while size <= MOST_BYTES and (piece := os.read(handle, 1 << 20)):
        pieces.append(piece)
        size += len(piece)
    return pieces
