"""GOAUTH as pure rules: what a value names, what its programs print, which credentials a URL gets.

Source: cmd/go/internal/auth auth.go (runGoAuth, storeCredential, loadCredential), userauth.go
(parseUserAuth), gitauth.go (parseGitAuth) and httputils.go. Nothing here starts a program or reads a file.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum

from probes.golang.errors import Fatal, GoError
from probes.golang.quote import fields, trim_space
from probes.golang.urls import GoURL, parse_request_uri

DEFAULT = "netrc"
OFF = "off"

Headers = Mapping[str, tuple[str, ...]]
"""Headers by their canonical name; several values are several lines."""

_NAME = re.compile(r"[!#$%&'*+.0-9A-Z^_`a-z|~-]+")
_BAD_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_GIT_DIR = "go: GOAUTH=git dir method requires an absolute path to the git working directory"


class Kind(StrEnum):
    """What one part of GOAUTH is."""

    OFF = "off"
    NETRC = "netrc"
    GIT = "git"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class Method:
    """One part of GOAUTH."""

    kind: Kind
    command: str = field(repr=False)
    """As it is written, without blanks around it; may hold a secret."""
    folder: str = ""
    """What `git DIR` names."""


def parts_of(goauth: str) -> list[str]:
    """The parts of a GOAUTH value in the order in which they count, blanks around them cut off."""
    return [trim_space(part) for part in (goauth or DEFAULT).split(";")]


def method_of(part: str, goauth: str, *, is_alone: bool) -> Method:
    """What one part means. Raises Fatal where go refuses the whole value when it comes to this part.

    Whether the folder of `git DIR` is there is not looked at.
    """
    words = fields(part)
    if not words:
        raise Fatal(f"go: GOAUTH encountered an empty command (GOAUTH={goauth})")
    match words[0]:
        case "off":
            if not is_alone:
                raise Fatal(
                    "go: GOAUTH=off cannot be combined with other authentication commands "
                    f"(GOAUTH={goauth})"
                )
            return Method(Kind.OFF, part)
        case "netrc":
            return Method(Kind.NETRC, part)
        case "git":
            if len(words) != 2:
                raise Fatal(_GIT_DIR)
            if not words[1].startswith("/"):
                raise Fatal(f"{_GIT_DIR}, dir is not absolute")
            return Method(Kind.GIT, part, words[1])
    return Method(Kind.COMMAND, part)


def no_folder(folder: str, words: str) -> Fatal:
    """What go says where the folder of `git DIR` cannot be looked at."""
    return Fatal(f"go: GOAUTH=git encountered an error; cannot stat {folder}: stat {folder}: {words}")


def not_a_folder() -> Fatal:
    """What go says where it is no folder."""
    return Fatal(f"{_GIT_DIR}, dir is not a directory")


def basic(login: str, password: str) -> Headers:
    """http.Request.SetBasicAuth."""
    token = f"{login}:{password}".encode("utf-8", "surrogateescape")
    return {"Authorization": ("Basic " + base64.b64encode(token).decode(),)}


def canonical_name(name: str) -> str:
    """textproto.CanonicalMIMEHeaderKey of a valid header name."""
    return "-".join(word[:1].upper() + word[1:].lower() for word in name.split("-"))


@dataclass(frozen=True, slots=True)
class Kept:
    """The headers for one prefix, and the method that gave them."""

    headers: Headers = field(repr=False)
    source: Method
    line: int = 0
    """Of netrc: the line in which the entry became complete."""


@dataclass(slots=True)
class CredentialStore:
    """go's credentialCache: headers by the beginning of a URL, without its scheme."""

    _kept: dict[str, Kept] = field(default_factory=dict, repr=False)

    def store(self, prefix: str, kept: Kept) -> None:
        """storeCredential: keep them in place of what was there; no headers delete it."""
        prefix = as_prefix(prefix)
        if kept.headers:
            self._kept[prefix] = kept
        else:
            self._kept.pop(prefix, None)

    def load(self, url: str) -> Kept | None:
        """loadCredential: those of the longest prefix of a URL that there is."""
        return next((self._kept[prefix] for prefix in prefixes_of(url) if prefix in self._kept), None)


def as_prefix(written: str) -> str:
    """What go makes of a `machine`, or of a URL that a program printed."""
    return written.removeprefix("https://").removesuffix("/")


def prefixes_of(url: str) -> Iterable[str]:
    """What is looked up for a URL, the longest first: it is cut at each slash, one in a query too."""
    prefix = as_prefix(url)
    while True:
        yield prefix
        prefix, slash, _ = prefix.rpartition("/")
        if not slash:
            return


def parse_user_auth(printed: str) -> dict[str, Headers]:
    """What a GOAUTH command printed: headers by prefix. Raises GoError, in words that may be secret."""
    credentials: dict[str, Headers] = {}
    rest = printed
    while rest:
        lines, rest = _block(rest, "URLs", _check_url)
        urls = [parse_request_uri(line).string() for line in lines]
        lines, rest = _block(rest, "headers", _check_header)
        headers: dict[str, tuple[str, ...]] = {}
        for name, _, value in (line.partition(": ") for line in lines):
            name = canonical_name(name)
            headers[name] = (*headers.get(name, ()), trim_space(value))
        for url in urls:
            credentials[url.removeprefix("https://")] = headers
    return credentials


def _block(text: str, what: str, check: Callable[[str], None]) -> tuple[list[str], str]:
    """The lines up to the first empty one, each checked, and what comes behind that."""
    lines: list[str] = []
    while True:
        line, newline, text = text.partition("\n")
        if not newline:
            raise GoError(f"invalid format: missing empty line after {what}")
        if not line:
            return lines, text
        check(line)
        lines.append(line)


def _check_url(line: str) -> None:
    try:
        parse_request_uri(line)
    except GoError as error:
        raise GoError(f"could not parse URL {line}: {error}") from error


def _check_header(line: str) -> None:
    name, colon, value = line.partition(": ")
    if not colon or not _NAME.fullmatch(name) or _BAD_VALUE.search(trim_space(value)):
        raise GoError("invalid format: invalid header line")


def parse_git_auth(printed: str) -> tuple[str, str, str]:
    """The URL, the user name and the password that `git credential fill` printed; any may be empty."""
    url, username, password = GoURL(), "", ""
    for line in printed.split("\n"):
        key, equals, value = trim_space(line).partition("=")
        if not equals:
            continue
        match key:
            case "protocol":
                url = url.replace(scheme=value)
            case "host":
                url = url.replace(host=value)
            case "path":
                url = url.replace(path=value)
            case "username":
                username = value
            case "password":
                password = value
            case "url":
                with suppress(GoError):
                    url = parse_request_uri(value)
    return url.string(), username, password
