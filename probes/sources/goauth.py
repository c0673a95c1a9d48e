"""The programs of GOAUTH: a command of the user's, and git for its credential helpers.

Source: cmd/go/internal/auth userauth.go (runAuthCommand, writeResponseToStdin) and gitauth.go (runGitAuth,
updateGitCredentialHelper). What they print is secret and is told to nobody; of a command's line only the
program's name is shown, for the rest may be a secret as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import PurePath

from probes.golang.errors import GoError
from probes.golang.goauth import Headers, Method, basic, canonical_name, parse_git_auth, parse_user_auth
from probes.golang.mode import split_quoted
from probes.golang.quote import fields
from probes.golang.redact import redact
from probes.golang.safetext import safe_text
from probes.golang.urls import parse_url
from probes.net.authorizing import Refusal, Sender
from probes.net.limits import Stalled
from probes.sources.programs import NotRun, Programs, Question

_OK, _UNAUTHORIZED = 200, 401
_MAX_TRIES = 3
_MOST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Here:
    """Where and how programs are started."""

    programs: Programs
    process: Mapping[str, str] = field(repr=False)
    """The environment of go itself."""
    folder: str
    """Where go stands."""


def shown_command(command: str, url: str = "") -> str:
    """A GOAUTH command for showing: the program's name, that there are words behind it, and the URL."""
    try:
        words = split_quoted(command)
    except GoError:
        words = fields(command)
    name = safe_text(redact(PurePath(words[0]).name or words[0]), limit=_MOST_SHOWN)
    return " ".join([name, *["…"] * (len(words) > 1), *[redact(url)] * bool(url)])


async def run_command(
    method: Method, url: str, refusal: Refusal | None, here: Here
) -> dict[str, Headers]:
    """What a GOAUTH command gives, by prefix.

    Raises GoError where go goes on without it; HeldBack, Stalled.
    """
    words = split_quoted(method.command)
    if url:
        words.append(url)
    question = Question(
        tuple(words),
        shown_command(method.command, url),
        here.folder,
        here.process,
        given=None if refusal is None else _as_read(refusal),
    )
    printed = await here.programs.ask(question)
    return parse_user_auth(printed.decode("utf-8", "surrogateescape"))


def _as_read(refusal: Refusal) -> bytes:
    """The head of an answer as a GOAUTH command reads it, in the order of the names; go's order is any."""
    protocol = {"HTTP/2": "HTTP/2.0"}.get(refusal.protocol, refusal.protocol)
    headers: dict[str, list[str]] = {}
    for name, value in refusal.headers:
        headers.setdefault(canonical_name(name), []).append(value)
    headers.pop("Transfer-Encoding", None)
    if headers.get("Content-Encoding", [""])[0].lower() == "gzip":  # net/http unpacks it, and says no more
        del headers["Content-Encoding"]
        headers.pop("Content-Length", None)
    lines = [f"{protocol} {refusal.status_line}"]
    lines += [f"{name}: {', '.join(values)}" for name, values in sorted(headers.items())]
    return "".join(line + "\n" for line in [*lines, ""]).encode("utf-8", "surrogateescape")


async def run_git(
    method: Method, url: str, protocol: str, here: Here, sender: Sender
) -> tuple[str, Headers]:
    """What git's credential helpers have for a URL, and the prefix that it is for.

    The helpers are told, beside the requests, whether the server takes it. Raises as run_command does.
    """
    question = Question(
        ("git", "credential", "fill"), "git credential fill", method.folder, here.process,
        sets_pwd=True, given=f"url={url}\n".encode("utf-8", "surrogateescape"), together=True,
    )  # fmt: skip
    printed = await here.programs.ask(question)
    prefix, username, password = parse_git_auth(printed.decode("utf-8", "surrogateescape"))
    if not prefix or not url.startswith(prefix):
        raise GoError("'git credential fill' gave no credential for this URL")
    headers = basic(username, password)
    parse_url(prefix)
    sender.aside(_tell_helpers(prefix, headers, protocol, printed, here, sender))
    return prefix, headers


async def _tell_helpers(
    prefix: str, headers: Headers, protocol: str, printed: bytes, here: Here, sender: Sender
) -> None:
    """updateGitCredentialHelper: a HEAD request decides whether the helpers keep the credential."""
    url = parse_url(prefix)
    for _ in range(_MAX_TRIES):
        try:
            status = await sender.head(url, headers, protocol)
        except (GoError, Stalled):
            continue
        if status in (_OK, _UNAUTHORIZED):
            action = "approve" if status == _OK else "reject"
            words = ("git", "credential", action)
            with suppress(GoError, NotRun, Stalled):  # go takes no notice either
                question = Question(words, " ".join(words), here.folder, here.process, given=printed)
                await here.programs.ask(question)
            return
