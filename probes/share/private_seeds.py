"""Names that are known for private by the place where they stand, read out of a trace before it is masked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from probes.golang.errors import GoError
from probes.golang.module import escape_path
from probes.golang.patterns import match_prefix_patterns
from probes.ladder.issuers import MIDDLEBOXES, PUBLIC_ORGANISATIONS
from probes.share import public_names
from probes.trace.events import SettingView

PATTERN_VARIABLES = ("GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GOINSECURE")
_PRIVACY = ("GOPRIVATE", "GONOPROXY", "GONOSUMDB")
_PLACES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")

_URL_HOST = re.compile(r"://(?:[^\s/?#\"'<>@]*@)?(?P<host>\[[^\]\s]+\]|[^\s/?#\"'<>|,:@()\\]+)")
_DIALLED = re.compile(
    r"(?:\blookup (?=[\w-]+(?:: | on ))|\bdial \w+ (?=[\w-]+:)|\bon (?=[\w-]+:53\b)"
    r"|certificate is valid for (?=[\w-]+,))(?P<host>[\w-]+)"
)
EMAIL = re.compile(
    r"(?<![\w.+-])(?P<user>[\w.+-]+)@(?!v\d+(?:\.\d+)*(?:[-+][\w.+-]*)?(?![\w.-]))(?=[\w-]+(?:\.[\w-]+)+)"
)
"""user@host, and no module@version."""
_HOME_USER = re.compile(r"(?:/home/|/Users/|[A-Za-z]:[\\/]+Users[\\/]+)(?P<user>[^\s/\\:;,\"'<>|()]+)")
_ALIAS = re.compile(r"(?:host|private)-\d+\.example|user-\d+|/path-\d+|private\.example/module-\d+")
_ISSUER_KEYS = frozenset({"issuer", "subject", "organization", "organisation", "middlebox_name"})
_QUOTED_KEYS = frozenset({"title", "phrase"})
_BRANCH = re.compile(r"[\w.+/-]{3,}")
_PUBLIC_QUERY = re.compile(
    r"v\d+(?:\.\d+)*(?:[-+][\w.+-]*)?|upgrade|patch|main|master|HEAD|develop|trunk|[0-9a-f]{7,64}|branch-\d+"
)
"""Queries that many modules have."""
_SHORTEST_TEXT = 6
_SHORTEST_AUTHORITY = 3
NO_USERS = frozenset({"git", "xxxxx", "USER", "PASSWORD"})
"""What stands in the place of a user and is nobody."""


@dataclass
class Seeds:
    """What was read."""

    hosts: set[str] = field(default_factory=set)
    """Private hosts with a dot."""
    words: set[str] = field(default_factory=set)
    """Private hosts without a dot."""
    users: set[str] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)
    """Private module paths."""
    branches: set[str] = field(default_factory=set)
    """Queries that are names of branches or tags of somebody's own, also as they stand in URLs."""
    patterns: set[str] = field(default_factory=set)
    """Entries of GOPRIVATE and the like that name somebody."""
    texts: set[str] = field(default_factory=set)
    """What a private server said of itself: certificate authorities, titles of pages."""
    asked: set[str] = field(default_factory=set)
    """Every module path that was asked for, private or not."""
    vouched: set[str] = field(default_factory=set)
    """Hosts of modules that a public checksum database vouched for."""
    taken: set[str] = field(default_factory=set)
    """What looks like an alias already."""
    globs: str = ""
    """All privacy patterns, in one list."""

    @classmethod
    def collect(cls, said: Iterable[Any], settings: Iterable[SettingView]) -> Seeds:
        """Read JSON values and settings."""
        said = list(said)
        seeds = cls()
        views = [(view.name, view.value) for view in settings]
        views += [(one["name"], one["value"]) for value in said for one in _settings(value)]
        seeds._read_settings(views)
        seeds._read_modules(said)
        for value in said:
            for text in strings(value):
                seeds._read_text(text)
            seeds._read_fields(value)
        return seeds

    def is_private(self, path: str) -> bool:
        """Whether a privacy pattern matches a module path."""
        return match_prefix_patterns(self.globs, path)

    def is_vouched(self, host: str) -> bool:
        """Whether modules of this host are public by proof."""
        return host.lower() in self.vouched

    def asked_paths(self) -> Iterator[str]:
        """The paths that were asked for, as they stand in URLs."""
        for path in self.asked:
            yield path
            try:
                yield escape_path(path)
            except GoError:
                continue

    def _read_settings(self, views: Iterable[tuple[str, str]]) -> None:
        globs = []
        for name, value in views:
            if name in PATTERN_VARIABLES:
                entries = [entry for entry in value.split(",") if entry]
                if name in _PRIVACY:
                    globs += [*entries, *(entry.removesuffix("/*") for entry in entries)]
                self.patterns |= {entry for entry in entries if _names_somebody(entry)}
            elif name in _PLACES:
                for entry in re.split(r"[,\s]", value):
                    self.add_host(re.sub(r"^.*(?://|@)|[:/].*$", "", entry).strip("*."))
        self.globs = ",".join(dict.fromkeys(globs))
        for pattern in self.patterns:
            self.add_host(re.sub(r"^[*.?]+", "", pattern).partition("/")[0])

    def _read_modules(self, said: Iterable[Any]) -> None:
        verified, paths = False, ""
        sworn: dict[tuple[Any, Any, Any], Any] = {}
        for value in said:
            kind = value.get("event") if isinstance(value, dict) else None
            if kind in ("trace.started", "walk.started", "browse.started", None) and isinstance(value, dict):
                self.asked |= {path for path in [value.get("path")] if isinstance(path, str) and path}
                self._read_query(value.get("query"))
            if kind == "trace.started":
                verified = value["route"].get("checksum") in public_names.CHECKSUM_DATABASES
                paths = value["path"]
            if kind == "checksum.routed":
                sworn[value.get("what"), value.get("path"), value.get("version")] = value.get("sworn")
            if kind == "checksum.decided" and value.get("verdict") == "verified" and verified:
                path = value.get("path") or paths
                asked = sworn.get((value.get("what"), path, value.get("version")), "database")
                # What go.sum knows is known to nobody else.
                if asked == "database" and not self.is_private(path):
                    self.vouched.add(path.partition("/")[0].lower())
        for path in self.asked:
            host = path.partition("/")[0].lower()
            public = public_names.is_public_host(host) or host in self.vouched
            if self.is_private(path) or not public:
                self.modules.add(path)

    def _read_query(self, query: object) -> None:
        if not isinstance(query, str) or query in public_names.COMMON_WORDS or _PUBLIC_QUERY.fullmatch(query):
            return
        if _BRANCH.fullmatch(query):
            self.branches |= {query, re.sub("[A-Z]", lambda capital: "!" + capital[0].lower(), query)}

    def _read_text(self, text: str) -> None:
        if "://" in text:
            for match in _URL_HOST.finditer(text):
                self.add_host(match["host"])
        for match in _DIALLED.finditer(text):
            self.add_host(match["host"])
        for pattern in (_HOME_USER, EMAIL):
            self.users |= {match["user"] for match in pattern.finditer(text)} - NO_USERS
        self.taken |= set(_ALIAS.findall(text))

    def _read_fields(self, value: Any) -> None:
        if isinstance(value, list):
            for item in value:
                self._read_fields(item)
        if not isinstance(value, dict):
            return
        for name, item in value.items():
            if isinstance(item, str):
                self._read_field(name, item)
            elif name in ("search", "names") and isinstance(item, list):
                for domain in item:
                    self.add_host(str(domain))
            else:
                self._read_fields(item)

    def _read_field(self, name: str, value: str) -> None:
        if name in ("host", "server_name"):
            place = value.partition("/")[0]
            self.add_host(place.rpartition(":")[0] or place)
        elif name in _ISSUER_KEYS:
            for part in _private_parts(value):
                self._add_text(part, shortest=_SHORTEST_AUTHORITY)
        elif name in _QUOTED_KEYS:
            self._add_text(value)

    def _add_text(self, text: str, *, shortest: int = _SHORTEST_TEXT) -> None:
        """Note what a server said of itself; a host among it is a host."""
        if re.fullmatch(r"(?:\*\.)?[\w-]+(?:\.[\w-]+)+", text):
            self.add_host(text.removeprefix("*."))
        elif len(text) >= shortest and not _ALIAS.search(text):
            self.texts |= {text} if text.lower() not in public_names.COMMON_WORDS else set()

    def add_host(self, host: str) -> None:
        """Note a host, where it is private."""
        host = host.strip("[].").lower()
        if not host or ":" in host or "%" in host or re.fullmatch(r"[\d.]+", host):
            return
        if public_names.is_public_host(host) or host in self.vouched or _ALIAS.fullmatch(host):
            return
        if "." in host:
            self.hosts.add(host)
        elif re.fullmatch(r"[\w-]+", host) and host != "xxxxx":
            self.words.add(host)


def strings(value: Any) -> Iterator[str]:
    """Every text in a JSON value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from strings(item)


def _settings(value: Any) -> Iterator[dict[str, str]]:
    if isinstance(value, dict):
        real = value.get("real")
        for one in (*(value.get("settings") or ()), *(real if isinstance(real, list) else ())):
            if isinstance(one, dict) and isinstance(one.get("value"), str):
                yield one


def _names_somebody(pattern: str) -> bool:
    """Whether a pattern is more than wildcards and a host that everybody knows."""
    host, _, path = pattern.partition("/")
    return bool(re.sub(r"[*?./]", "", pattern)) and (
        bool(path.strip("*/")) or not public_names.is_public_host(host)
    )


def _private_parts(name: str) -> list[str]:
    """What of the name of a certificate authority is not known to everybody: nothing, for a public one."""
    parts = [re.sub(r"^[A-Z]+=", "", part) for part in re.split(r",\s*", name)]
    if any(_begins(part, PUBLIC_ORGANISATIONS) for part in parts):
        return []
    return [part for part in parts if not _begins(part, (word for word, _ in MIDDLEBOXES))]


def _begins(part: str, words: Iterable[str]) -> bool:
    return any(re.match(rf"{re.escape(word)}(?!\w)", part.lower()) for word in words)
