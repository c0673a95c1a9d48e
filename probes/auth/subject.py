"""What `modtrace auth` is asked about: a host, a host with a path, a module path or a URL.

Source: cmd/go/internal/vcs (vcsPaths): where the table of hosts knows a path's repository, git gets its URL;
of any other path only its go-import page says it, and here the URL is taken that most hosts have.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from probes.auth.remote import remote_of
from probes.golang.errors import GoError
from probes.golang.redact import MASK
from probes.golang.shown import shown
from probes.golang.urls import parse_url
from probes.golang.vcs_paths import known_place

_HOST = re.compile(r"(?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?", re.ASCII)
_BAD = re.compile(r"[\s\x00-\x1f\x7f\\\"'<>`|]")
_SCP = re.compile(r"(?:[^@/:]+@)?[\w.-]+:(?!\d{1,5}(?:/|\Z))[^:]", re.ASCII)


class BadSubject(Exception):
    """It is none of these; the text says what to write."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One host or path, as go and as git would come to it."""

    shown: str
    """For showing: without a user."""
    page: str = field(repr=False)
    """The https URL that go itself would ask; "" where it would not, as of an ssh URL."""
    repository: str = field(repr=False)
    """The URL that go would hand to git; "" where git has nothing to do with it, as of a module proxy."""
    is_guess: bool = False
    """Whether only the host's go-import page knows the repository."""


def subject_of(text: str) -> Subject:
    """Understand an argument. Raises BadSubject."""
    text = text.strip()
    if not text or _BAD.search(text) or text.startswith("-"):
        raise BadSubject(
            "write HOST[:PORT][/PATH], a module path or a URL, for example git.corp.example/team/lib"
        )
    if "://" in text:
        return _of_url(text)
    if _SCP.match(text):
        remote = remote_of(text)
        if not remote.host or remote.host.startswith("-"):
            raise BadSubject("an ssh address is USER@HOST:PATH")
        return Subject(
            shown(f"{remote.host}/{remote.path.lstrip('/')}"), _page(remote.host, remote.path), text
        )
    path, at, _ = text.partition("@")
    path = path if at else text
    host, slash, rest = path.partition("/")
    if not _HOST.fullmatch(host) or not host.strip(".:[]"):
        raise BadSubject(
            f"{shown(host, limit=80)!r} is no host: write HOST[:PORT][/PATH], a module path or a URL"
        )
    page = f"https://{host}/{rest}"
    if not slash or not rest:
        return Subject(shown(host), page, page)
    try:
        place = known_place(path)
    except GoError:
        place = None
    if place is None:
        return Subject(shown(path), page, page, is_guess=True)
    return Subject(
        shown(path), page, f"https://{place.repository}" if place.needs_scheme else place.repository
    )


def _page(host: str, path: str) -> str:
    name = f"[{host}]" if ":" in host else host
    return f"https://{name}/{path.strip('/').removesuffix('.git')}"


def _of_url(text: str) -> Subject:
    try:
        parsed = parse_url(text)
    except GoError:
        raise BadSubject("this is no URL that go would take") from None
    if not parsed.host or parsed.host.startswith("-"):
        raise BadSubject("this URL has no host")
    bare = parsed.replace(user=None, password=None)
    if parsed.scheme in ("http", "https"):
        page = parsed.string()
    elif remote_of(text).transport == "ssh":
        page = _page(parsed.hostname(), parsed.path)
    else:
        page = ""
    return Subject(shown(bare.string()), page, text)


def for_proxy(url: str, goproxy: str) -> Subject | None:
    """A module proxy of GOPROXY that a request went to, with the user of its URL; git has no part in it."""
    host = _host_of(url)
    for entry in re.split("[,|]", goproxy):
        if host and "://" in entry and _host_of(entry.strip()) == host:
            return Subject(shown(host), entry.strip(), "")
    return None


def for_repository(path: str, repository: str) -> Subject | None:
    """A module whose repository a trace has found; None where that is no URL, or one with a masked user.

    The user of an ssh URL ("git@") is no secret, and decides which settings of ssh count.
    """
    user, at, _ = repository.partition("://")[2].partition("/")[0].rpartition("@")
    if "://" not in repository or (at and (MASK in user or remote_of(repository).transport != "ssh")):
        return None
    return Subject(shown(path), f"https://{path}", repository)


def _host_of(url: str) -> str:
    try:
        return parse_url(url).host
    except GoError:
        return ""
