"""~/.netrc as git reads it for one host, beside what go's reading of the same file would lead one to expect.

Source: CURLOPT_NETRC(3) and git's http.c (CURL_NETRC_OPTIONAL); golang/go#64667: NETRC is go's variable, git
does not read it.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator, Mapping
from pathlib import Path

from probes.auth.noted import Noted, Remedy
from probes.auth.remote import Remote
from probes.golang.credential_use import LOGIN_AND_PASSWORD, MASK, CredentialUse, Standing, Whom
from probes.golang.git_netrc import BadQuote, GitNetrcEntry, find_for_git
from probes.golang.netrc import parse_netrc
from probes.golang.redact import redact
from probes.golang.shown import shown
from probes.share.state import read_regular

_RULE = "CURLOPT_NETRC(3), git's http.c"
_MOST = 1 << 20
_PLACE = "~/.netrc"


def home_of(process: Mapping[str, str]) -> str:
    """The home folder as libcurl has it: HOME, else that of the user database."""
    return process.get("HOME", "") or home_of_user()


def home_of_user() -> str:
    """The home folder in the user database, which is the one that ssh takes."""
    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return ""


def netrc_of_git(remote: Remote, process: Mapping[str, str]) -> list[Noted]:
    """What git would take from netrc for a host, and what there is that it passes over."""
    return [*_of_variable(remote, process), *_of_file(remote, process)]


def _of_file(remote: Remote, process: Mapping[str, str]) -> list[Noted]:
    text = _read(Path(home_of(process), ".netrc"))
    if text is None:
        return [_noted(remote, Standing.MISSING, "there is no such file, or it cannot be read")]
    try:
        entry = find_for_git(text, remote.host, remote.user)
    except BadQuote:
        because = "a quoted word in it has no end: git stops with `.netrc parser error`"
        return [_noted(remote, Standing.IGNORED, because, remedy=_close_quote())]
    found = [] if entry is None else [_used(remote, entry)]
    found += _passed_over(remote, text, entry)
    return found or [_noted(remote, Standing.MISSING, f"it has no machine {shown(remote.host)}")]


def _used(remote: Remote, entry: GitNetrcEntry) -> Noted:
    if remote.has_password:
        because = "the URL has a user and a password of its own, which win"
        return _noted(remote, Standing.IGNORED, because, entry.line)
    because = "git matches the host's name, whatever the port"
    if entry.is_default:
        because = "git takes its default, which counts for every host"
    if not entry.password:
        because += "; it has no password, so git sends an empty one"
    elif not entry.login:
        because += "; it has no login, so git sends an empty one"
    if remote.transport == "http":
        because += "; over http it goes in clear text"
    return _noted(remote, Standing.USED, because, entry.line, LOGIN_AND_PASSWORD)


def _passed_over(remote: Remote, text: str, taken: GitNetrcEntry | None) -> Iterator[Noted]:
    """Entries that go would read for this host, and git does not, in the order of the file."""
    for entry in parse_netrc(text):
        machine = entry.machine.removeprefix("https://")
        host = machine.partition("/")[0]
        name, colon, _ = host.rpartition(":")
        if (name if colon else host).lower() != remote.host.lower():
            continue
        line = f"machine {shown(remote.host)} login USER password TOKEN"
        remedy = Remedy("Write it into ~/.netrc once more, for git:", (line,))
        if entry.machine != machine or "/" in machine:
            because = "its machine has a scheme or a path: for git a machine is the name of a host alone"
        elif colon:
            because = "its machine has a port: for git a machine is the name of a host alone"
        elif taken is not None and taken.line < _machine_line(text, entry.line):
            because = "default stands before it" if taken.is_default else "an entry before it counts"
            remedy = Remedy("Move it up in ~/.netrc: for git the first that fits counts.", (line,))
        else:
            continue
        yield _noted(remote, Standing.IGNORED, because, entry.line, LOGIN_AND_PASSWORD, remedy)


def _machine_line(text: str, complete: int) -> int:
    """The line of the machine of an entry that is complete in line ``complete``."""
    lines = text.split("\n")[:complete]
    return max(
        (number for number, line in enumerate(lines, 1) if "machine" in line.lower()), default=complete
    )


def _of_variable(remote: Remote, process: Mapping[str, str]) -> Iterator[Noted]:
    named = process.get("NETRC", "")
    if not named or Path(named) == Path(home_of(process), ".netrc"):
        return
    remedy = Remedy(
        "Let both read the same file:",
        ('ln -s "$NETRC" ~/.netrc',),
        "Where ~/.netrc exists already, copy the lines instead.",
    )
    because = "NETRC is read by go and not by git: git always reads ~/.netrc (golang/go#64667)"
    use = CredentialUse(Whom.GIT, "netrc", Standing.IGNORED, remote.place, because, "NETRC", "", _RULE)
    yield Noted(use, remedy)


def _close_quote() -> Remedy:
    return Remedy("Close the quote, or take it away: go takes quotes as they stand.", ("edit ~/.netrc",))


def _noted(
    remote: Remote,
    standing: Standing,
    because: str,
    line: int = 0,
    seen: str = "",
    remedy: Remedy | None = None,
) -> Noted:
    where = f"{_PLACE}:{line}" if line else _PLACE
    seen = seen.replace(f"login {MASK}", "login of the URL") if remote.user and seen else seen
    return Noted(
        CredentialUse(Whom.GIT, "netrc", standing, remote.place, redact(because), where, seen, _RULE), remedy
    )


def _read(path: Path) -> str | None:
    """A file's text; None where it cannot be read, or is larger than any netrc."""
    try:
        return read_regular(path, _MOST).decode("utf-8", "surrogateescape")
    except (OSError, ValueError):
        return None
