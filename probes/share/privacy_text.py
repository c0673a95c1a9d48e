"""One text with everything private in it under other names: what Mask does to each text of a trace.

First URLs and what is known by its place, then whatever looks like a name. Each hit is replaced by a mark
that no later step looks into, and the marks by aliases at the end.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from contextlib import suppress

from probes.golang.errors import GoError
from probes.golang.module import escape_path, unescape_path
from probes.golang.patterns import match_prefix_patterns
from probes.share import public_names
from probes.share.aliases import Aliases
from probes.share.privacy_programs import KEPT_BACK, in_errors
from probes.share.private_seeds import EMAIL, NO_USERS, Seeds

Hide = Callable[[str], str]
"""Takes an alias, gives the mark that stands for it until the end."""

_MARK = "\ue000\ue001"
URL = re.compile(
    r"(?<![A-Za-z0-9+.-])(?P<scheme>[A-Za-z0-9+.-]+)://(?P<auth>[^\s/?#\"'`<>|,\\()]*)(?P<rest>[^\s\"'`<>|,\\()]*)"
)
_SCP = re.compile(r"(?<![\w./-])(?P<user>[\w.-]+)@(?P<host>[\w-]+(?:\.[\w-]+)+):(?P<path>[\w~][\w.~/-]*)")
_IPV4 = re.compile(r"(?<![\w.-])\d{1,3}(?:\.\d{1,3}){3}(?![\w-]|\.\d)")
_IPV6 = re.compile(r"(?<![\w:.])(?=[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:)[0-9A-Fa-f:.]+(?:%[\w-]+)?")
_SEGMENT = r"(?:/|%2[Ff])[\w.~!+*-]+"
_NAME = re.compile(rf"(?<![\w.-])(?P<lead>[.-]*)(?P<host>[\w.-]*\.[^\W\d][\w-]*)(?P<path>(?:{_SEGMENT})*)")
_HOME = re.compile(
    r"(?P<root>/home/|/Users/|[A-Za-z]:[\\/]+Users[\\/]+)(?P<user>[^\s/\\:;,\"'`<>|()]+)(?P<tail>(?:[/\\][^\s:;,\"'`<>|()]*)?)"
)
_TILDE = re.compile(r"(?<![\w/.~-])~/[\w.@+-][\w./@+-]*(?<![./])")
_PATH = re.compile(r"(?<![\w/:.~@\ue001-])(?:/[\w.@+~!-]+)+|(?<!\w)(?:[A-Za-z]:|\\)\\[^\s:;,\"'<>|()]+")
_RESPONSE = re.compile(r"(?<=server response:)[\s\S]+")


class TextMask:
    """Gives aliases to what is private in texts; the same name always gets the same alias."""

    def __init__(self, seeds: Seeds) -> None:
        self._seeds = seeds
        self._aliases = Aliases(seeds.taken)
        self._cache: dict[str, str] = {}
        for pattern in sorted(seeds.patterns):
            matches = any(match_prefix_patterns(pattern, module) for module in seeds.modules)
            self._aliases.pattern(pattern, matches=matches)
        for module in sorted(seeds.modules):
            self._aliases.module(module)
        self._known = self._literals()

    def text(self, text: str) -> str:
        """One text."""
        if text not in self._cache:
            self._cache[text] = self._masked(text)
        return self._cache[text]

    def _literals(self) -> re.Pattern[str] | None:
        """Everything that is known by its place, the longest first."""
        dotted = {
            *self._seeds.hosts,
            *self._seeds.modules,
            *self._seeds.patterns,
            *self._seeds.texts,
            *self._seeds.branches,
        }
        for module in self._seeds.modules:
            with suppress(GoError):
                dotted.add(escape_path(module))
        longest = sorted(sorted(text for text in dotted if text), key=len, reverse=True)
        words = sorted(sorted(self._seeds.words | self._seeds.users), key=len, reverse=True)
        parts = [rf"(?<![\w.-]){re.escape(text)}(?![\w-])(?:{_SEGMENT})*" for text in longest]
        parts += [
            rf"(?://|lookup ){re.escape(text)}(?![\w.-])|(?<![\w.-]){re.escape(text)}(?=:\d)"
            if text in public_names.COMMON_WORDS
            else rf"(?<![^\W_]){re.escape(text)}(?![^\W_])"
            for text in words
        ]
        return re.compile("|".join(parts), re.IGNORECASE) if parts else None

    def _masked(self, text: str) -> str:
        put: list[str] = []

        def hide(alias: str) -> str:
            put.append(alias)
            return f"\ue000{len(put) - 1}\ue001"

        text = text.translate({ord(mark): "\ufffd" for mark in _MARK})
        text = URL.sub(lambda match: self._url(match, hide), text)
        text = _TILDE.sub(lambda match: hide(self._tilde(match[0])), text)
        text = _HOME.sub(lambda match: self._home(match, hide), text)
        text = _SCP.sub(lambda match: self._scp(match, hide), text)
        text = EMAIL.sub(lambda match: self._email(match, hide), text)
        if self._known is not None:
            text = self._known.sub(lambda match: self._literal(match[0], hide), text)
        text = _IPV6.sub(lambda match: self._address(match[0], hide), text)
        text = _IPV4.sub(lambda match: self._address(match[0], hide), text)
        text = _NAME.sub(lambda match: self._name(match, hide), text)
        text = _PATH.sub(lambda match: self._path(match[0], hide), text)
        if put:
            text = in_errors(_RESPONSE.sub(f" {KEPT_BACK}", text))
        while "\ue000" in text:
            text = re.sub("\ue000(\\d+)\ue001", lambda match: put[int(match[1])], text)
        return text

    def _literal(self, text: str, hide: Hide) -> str:
        lead = next((lead for lead in ("//", "lookup ") if text.lower().startswith(lead)), "")
        bare = text[len(lead) :]
        return lead + (hide(self._alias(bare)))

    def _alias(self, text: str) -> str:
        if text.lower() in {user.lower() for user in self._seeds.users}:
            return self._aliases.user(text)
        if text in self._seeds.branches:
            return self._aliases.branch(text)
        if text.lower() in self._seeds.hosts:
            return self._aliases.host(text)
        if text in self._seeds.modules:
            return self._aliases.module(text)
        if text in self._seeds.texts:
            return KEPT_BACK
        if text in self._seeds.patterns:
            return self._aliases.pattern(text, matches=False)
        return self._aliases.module(_unescaped(text)) if "/" in text else self._aliases.host(text)

    def _url(self, match: re.Match[str], hide: Hide) -> str:
        """A URL: another host in the place of a private one, and nothing of the path that is not go's."""
        user, at, place = match["auth"].rpartition("@")
        host = host_of(place)
        head = f"{match['scheme']}://"
        if at and user not in NO_USERS and not self._aliases.is_alias(user):
            user = hide(self._aliases.user(user))
        rest = match["rest"]
        if not host and rest.strip("/") and _HOME.match(rest) is None:  # file:///srv/…
            return f"{head}{hide(self._aliases.path(rest))}"
        if not host or self._is_kept(host):
            return f"{head}{user}{at}{place}{rest}"
        port = place[len(place.rpartition(":")[0]) :] if re.search(r":\d+$", place) else ""
        shown = self._address(host, hide) if _as_address(host) else (hide(self._aliases.host(host)))
        shown = f"[{shown}]" if ":" in host else shown
        return f"{head}{user}{at}{shown}{port}{self._rest(rest, hide)}"

    def _rest(self, rest: str, hide: Hide) -> str:
        """The path of a URL on a private host: its base under another name, then what the protocol says."""
        if rest in ("", "/"):
            return rest
        at = self._protocol_part(rest)
        if at is None:
            return hide(self._aliases.path(rest))
        base, tail = rest[:at], rest[at:]
        shown = (hide(self._aliases.path(base))) if base.strip("/") else ""
        path, mark, _ = tail.partition("?")
        return shown + path + (mark + KEPT_BACK.replace(" ", "-") if mark else "")

    def _protocol_part(self, rest: str) -> int | None:
        """Where a module path or /sumdb/ begins."""
        found = re.search(r"/sumdb/|/(?:lookup|tile)/|/(?:supported|latest)$", rest)
        places = [found.start()] if found else []
        end = re.search(r"/@(?:v/[^/?#]*|latest)(?:$|\?)", rest)
        if end is not None:
            known = [rest.find("/" + path) for path in self._seeds.asked_paths()]
            places += [at for at in known if at >= 0]
            if not places:
                dotted = re.search(r"/[\w-]+(?:\.[\w-]+)+/", rest[: end.start() + 1])
                places += [dotted.start()] if dotted else [end.start()]
        return min(places, default=None)

    def _home(self, match: re.Match[str], hide: Hide) -> str:
        written = match["tail"]
        tail = written.replace("\\", "/").strip("/")
        if tail and tail not in public_names.HOME_TAILS and not self._aliases.is_path("/" + tail):
            written = written[0] + self._aliases.path("/" + tail)[1:]
        return hide(match["root"] + self._aliases.user(match["user"]) + written)

    def _tilde(self, text: str) -> str:
        """A file in the home folder that goes by the same name in everybody's, or one under another name."""
        tail = text.removeprefix("~/")
        if tail in public_names.HOME_TAILS or self._aliases.is_path("/" + tail):
            return text
        return "~" + self._aliases.path("/" + tail)

    def _scp(self, match: re.Match[str], hide: Hide) -> str:
        """git@host:path, as git writes an address of ssh."""
        user, host, path = match["user"], match["host"], match["path"]
        if re.fullmatch(r"\d+(?:/.*)?", path) or self._aliases.is_path("/" + path):
            return match[0]
        if self._is_kept(host):
            module = f"{host}/{path.removesuffix('.git')}"
            if not self._seeds.is_private(module):
                return match[0]
            return f"{user}@{host}:{hide(self._aliases.module(module))}"
        name = user if user in NO_USERS else hide(self._aliases.user(user))
        return f"{name}@{hide(self._aliases.host(host))}:{hide(self._aliases.path('/' + path)[1:])}"

    def _email(self, match: re.Match[str], hide: Hide) -> str:
        user = match["user"]
        if user in NO_USERS or self._aliases.is_alias(user):
            return match[0]
        return f"{hide(self._aliases.user(user))}@"

    def _address(self, text: str, hide: Hide) -> str:
        bare = text.rstrip(":.")
        if _as_address(bare) is None or public_names.is_public_address(bare):
            return text
        return f"{hide(self._aliases.address(bare))}{text[len(bare) :]}"

    def _name(self, match: re.Match[str], hide: Hide) -> str:
        """A dotted name, with or without a path behind it."""
        path = match["path"].rstrip(".")
        dots = match["path"][len(path) :]
        lead, host = match["lead"], match["host"]
        if self._is_kept(host):
            module = _unescaped(host + path).partition("/@")[0]
            if path and self._seeds.is_private(module):
                return f"{lead}{hide(self._aliases.module(module))}{dots}"
            return match[0]
        if not path:
            return f"{lead}{hide(self._aliases.host(host))}{match['path']}"
        return f"{lead}{hide(self._aliases.module(_unescaped(host + path)))}{dots}"

    def _is_kept(self, host: str) -> bool:
        lower = host.lower()
        return (
            public_names.is_public_host(lower)
            or public_names.is_no_host(host)
            or self._seeds.is_vouched(lower)
            or self._aliases.is_alias(lower)
        )

    def _path(self, text: str, hide: Hide) -> str:
        first = text.strip("/").partition("/")[0]
        if (
            text in public_names.PUBLIC_FILES
            or first in public_names.PROTOCOL_ROOTS
            or self._aliases.is_path(text)
        ):
            return text
        if "." in first and self._is_kept(first):
            return text
        return hide(self._aliases.path(text))

    def via(self, text: str) -> str:
        """Server and Via: the names of machines in Via are hosts without a dot."""

        def machine(match: re.Match[str]) -> str:
            name = match["name"]
            if "." in name or name.lower() in public_names.VIA_PRODUCTS or self._aliases.is_alias(name):
                return match[0]
            return f"{match['version']} {self._aliases.host(name)}"

        return re.sub(r"(?P<version>\b(?:HTTP/)?\d\.\d) (?P<name>[\w.-]+)", machine, text)

    def patterns(self, value: str) -> str:
        """A list of patterns: each private one under another name, the wildcards with it."""
        return ",".join(
            self._aliases.pattern(entry, matches=False) if entry in self._seeds.patterns else entry
            for entry in value.split(",")
        )


def host_of(place: str) -> str:
    """The host of host:port, without brackets."""
    if place.startswith("["):
        return place[1:].partition("]")[0]
    head, colon, port = place.rpartition(":")
    return head if colon and port.isdigit() and ":" not in head else place


def _as_address(text: str) -> object | None:
    try:
        return ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None


def _unescaped(text: str) -> str:
    """A module path without its "!" letters; as it is where it is none."""
    head, mark, tail = text.partition("/@")
    with suppress(GoError):
        head = unescape_path(head)
    return head + mark + tail
