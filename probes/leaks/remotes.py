"""Where the project's repository comes from: the remotes that git knows, as host and path, never more.

git itself says them (``git remote -v``, which also follows url.*.insteadOf); its files are not read here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from probes.auth.remote import remote_of as git_remote
from probes.leaks.hosts import bare
from probes.net.limits import Stalled
from probes.sources.programs import HeldBack, Programs, RunFailed

ARGUMENTS = ("remote", "-v")
COMMAND = "git remote -v"
REMOTES_S = 10.0
"""How long it may take; it reads a file or two."""
_MOST = 50


@dataclass(frozen=True, slots=True)
class Remote:
    """One place of the repository."""

    host: str
    path: str
    """Without a slash before and without ".git"."""

    @property
    def root(self) -> str:
        """As the beginning of an import path."""
        return f"{self.host}/{self.path}" if self.path else self.host


@dataclass(frozen=True, slots=True)
class Remotes:
    """What git said, or why it did not."""

    found: tuple[Remote, ...] = ()
    held: str = ""
    """What would be run, if the user agreed."""
    problem: str = ""
    """Why git did not tell, in one line."""


NOT_ASKED = Remotes(held=COMMAND)


async def read_remotes(folder: Path, programs: Programs) -> Remotes:
    """Ask git in the project's folder. Outside of a repository there are none."""
    try:
        printed = await programs.run("git", ARGUMENTS, folder, "the project's folder")
    except HeldBack:
        return NOT_ASKED
    except RunFailed as error:
        told = str(error)
        if "not a git repository" in told:
            return Remotes()
        return Remotes(problem=" ".join(told.split())[:300])
    except Stalled as error:
        return Remotes(problem=f"{COMMAND}: {error}")
    return Remotes(parse_remotes(printed.decode("utf-8", "replace")))


def parse_remotes(printed: str) -> tuple[Remote, ...]:
    """The lines of ``git remote -v``: name, tab, URL, blank, (fetch) or (push)."""
    urls = (line.partition("\t")[2].rpartition(" (")[0] for line in printed.splitlines() if "\t" in line)
    return known(filter(None, map(remote_of, urls)))


def known(remotes: Iterable[Remote]) -> tuple[Remote, ...]:
    """Each once."""
    return tuple(dict.fromkeys(remotes))[:_MOST]


def remote_of(url: str) -> Remote | None:
    """Host and path of a repository's URL; None for a folder, and for what is neither."""
    apart = git_remote(url.strip())
    if apart.transport in ("", "file"):
        return None
    path = unquote(apart.path) if "://" in url else apart.path
    host, path = bare(apart.host), path.strip("/").removesuffix(".git").rstrip("/")
    return Remote(host, path) if re.fullmatch(r"[\w.-]+", host) else None
