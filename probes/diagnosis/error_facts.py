"""What a message of go says besides its words: the host, the module, the version, the resolver.

Source of the forms: cmd/go/internal/modfetch (proxy.go, repo.go, codehost), net/url Error, net OpError and
DNSError, golang.org/x/mod/module ModuleError, and what git prints. Facts come from a text that a server had a
part in: they are strings and no more; whoever puts them into a command quotes them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from probes.auth.remote import known_hosts_name
from probes.diagnosis.explain_std import SINCE
from probes.diagnosis.godebug_names import refusal
from probes.golang.redact import MASK, redact

FORGES = frozenset(
    {"github.com", "gitlab.com", "bitbucket.org", "gitee.com", "codeberg.org", "git.sr.ht", "gitea.com"}
)
"""Hosts of many owners: there a private pattern names the owner too."""

WORDS: Mapping[str, str] = {
    "host": "the server",
    "module": "this module",
    "address": "that address",
    "resolver": "in use",
    "status": "an error",
    "tool": "a tool",
    "variable": "of the process",
    "query": "that was asked",
    "go": "of a newer release",
    "running": "here",
    "complaint": "go does not know a setting in GODEBUG.",
    "declared": "that was asked for",
}
"""What a sentence says where the message does not tell."""

_MODULE = r"[a-zA-Z0-9][\w-]*(?:\.[\w-]+)+(?:/[\w.~!%+-]+)*"
_VERSION = r"v\d[\w.+!-]*"

_URL = re.compile(r"(?P<url>(?:https?|file)://[^\s\"'<>`]+?)(?=[\"'`>\s),]|:(?:\s|$)|$)")
_SSH_HOST = re.compile(
    r"(?:(?<![\w./-])git@|connect to host |\bssh://(?:[^\s@/]*@)?|\bhostname )(?P<host>[\w.-]+\w)"
)
_RESOLVED = re.compile(
    r"\blookup (?P<looked>[^\s:;]+)(?= on \S+: |: )"
    r"|Could not resolve host(?:name)?:? (?P<host>[^\s:;]+[^\s:;.,])"
)
_DOCUMENTATION = re.compile(r"https?://(?:golang\.org|go\.dev)/(?:doc|s|issue|ref|blog|wiki)\b")
_RESOLVER = re.compile(r"\blookup \S+ on (?P<resolver>\S+?):\s")
_DIALLED = re.compile(
    r"(?:dial|connect) tcp (?P<address>\[[0-9a-fA-F:.%\w]+\]:\d+|[\w.-]+:\d+)"
    r"|Failed to connect to (?P<host>\S+) port (?P<port>\d+)"
)
_IN_URL = re.compile(
    rf"https?://[^/\s\"]+/(?P<module>[\w.!%~+/-]+?)/@(?:v/(?P<version>{_VERSION})\.(?:info|mod|zip)|v/list|latest)"
)
_LOOKED_UP = re.compile(rf"/lookup/(?P<module>[^\s@]+)@(?P<version>{_VERSION})")
_AT_VERSION = re.compile(rf"(?<![\w/@.%:-])(?P<module>{_MODULE})@(?P<version>{_VERSION})")
_AT_QUERY = re.compile(rf"(?<![\w/@.%:-])(?P<module>{_MODULE})@(?P<query>[\w./<>=+-]+)")
_NAMED = re.compile(
    rf"\b(?:module|package|import path|providing package|import) \"?(?P<module>{_MODULE})(?=[\s\":;,)]|$)"
)
_IMPORTED = re.compile(rf"^\s*(?P<module>{_MODULE}):? ", re.MULTILINE)


def urls(text: str) -> Iterator[str]:
    """The URLs that a message names, in its order."""
    for match in _URL.finditer(text):
        if not _DOCUMENTATION.match(match["url"]):
            yield match["url"].rstrip(".")


def host_of(url: str) -> str:
    """The host of a URL with its port, without user information."""
    authority = re.split(r"[/?#]", url.partition("://")[2], maxsplit=1)[0]
    return unquote(authority.rpartition("@")[2])


def facts_of(own: str, line: str, found: Mapping[str, str | None]) -> dict[str, str]:
    """The facts of a message: what its pattern caught, and what stands in it for everybody to see.

    ``line`` is the one that holds the pattern's words: of several modules in a chain it names the one meant.
    """
    facts = {name: value for name, value in found.items() if value}
    named = [*urls(line), *urls(own)]
    if named:
        facts.setdefault("url", redact(named[0]))
        facts.setdefault("host", host_of(named[0]))
    for pattern in (_RESOLVED, _SSH_HOST):
        if "host" not in facts and (match := pattern.search(own)):
            facts["host"] = next(filter(None, match.groupdict().values()), "")
    if match := _RESOLVER.search(own):
        facts.setdefault("resolver", match["resolver"].removesuffix(":53"))
    if match := _DIALLED.search(own):
        facts.setdefault("address", match["address"] or f"{match['host']}:{match['port']}")
    _add_module(line, facts)
    _add_module(own, facts)
    if "module" in facts:
        facts["private"] = private_pattern(facts["module"])
    for url in named:
        if "base" not in facts and (base := base_of(url, facts.get("module", ""))):
            facts["base"] = base
    if "base" in facts and MASK not in facts["base"]:
        facts["piped"] = f"{facts['base']}|direct"
    if "package" in facts:
        facts.setdefault("go", SINCE.get(facts["package"], ""))
    if "godebug" in facts:
        facts["complaint"] = _about_godebug(own, facts)
    if "lacking" in facts:
        facts["tool"] = _TOOLS.get(facts["lacking"], "")
    if "root" in facts:
        facts["private"] = facts["root"]
    facts |= {name: fact for name, fact in place_facts(facts).items() if name not in facts}
    if "host" in facts:
        facts.setdefault("other", other_proxy(facts["host"]))
        if facts["host"] == "goproxy.cn":
            facts.setdefault("proxies", "https://proxy.golang.org|https://goproxy.io|direct")
    return {name: redact(value) for name, value in facts.items() if value}


_TOOLS = {"Git": "git", "Mercurial": "hg", "Subversion": "svn", "Fossil": "fossil", "Bazaar": "bzr"}
"""What vcs.go calls them when they are missing."""


def place_facts(facts: Mapping[str, str]) -> dict[str, str]:
    """What follows from a host for the lines of remedies: its name and its port, and ssh's name for it."""
    more = {"privates": facts["private"]} if "private" in facts else {}
    if remote := _REMOTE.search(facts.get("url", "")):
        more["repository"] = remote[0]
    if "host" not in facts:
        return more
    name, _, port = facts["host"].rpartition(":")
    if not name or not port.isdecimal():
        name, port = facts["host"], facts.get("port", "")
    name = name.strip("[]")
    known = known_hosts_name(name, "" if port == "443" else port)
    return more | {"name": name, "port": port if port not in ("", "443") else "22", "known": known}


_REMOTE = re.compile(r"^[a-z+]+://[^\s?]+$")


def _add_module(text: str, facts: dict[str, str]) -> None:
    """The first module that a text names, with its version, in the surest form that it has."""
    for pattern in (_LOOKED_UP, _AT_VERSION, _AT_QUERY, _NAMED, _IN_URL, _IMPORTED):
        if "module" in facts:
            return
        for match in pattern.finditer(text):
            found = match.groupdict()
            module = _module_path(_unescaped(found["module"] or ""))
            if module:
                facts["module"] = module
                if version := found.get("version"):
                    facts.setdefault("version", _unescaped(version))
                break


def _about_godebug(own: str, facts: Mapping[str, str]) -> str:
    """What is wrong with a GODEBUG setting that go ends over."""
    since = f"1.{facts['since']}" if "since" in facts else ""
    in_environment = "in environment" in own
    return refusal(facts["godebug"], facts.get("value", ""), since, in_environment=in_environment)


_ASKED = re.compile(r"(?P<base>(?:https?|file)://[^/\s]+(?:/[^\s?#]*?)?)/@(?:v/|latest\b)")


def base_of(url: str, module: str) -> str:
    """The entry of GOPROXY that a URL was made from, secrets masked; "" when the URL does not tell.

    Source: cmd/go/internal/modfetch/proxy.go newProxyRepo: the entry, a slash and the escaped module path.
    """
    asked = _ASKED.match(url)
    if asked is None or "/sumdb/" in asked["base"]:
        return ""
    scheme, _, rest = asked["base"].partition("://")
    authority, _, path = rest.partition("/")
    parts = path.split("/")
    for at in range(len(parts)):
        tail = _unescaped("/".join(parts[at:]))
        if tail == module or (not module and _module_path(tail) == tail):
            return redact("/".join([f"{scheme}://{authority}", *parts[:at]]))
    return ""


_FILES = (".go", ".mod", ".sum", ".json", ".yaml", ".yml", ".txt", ".zip", ".toml")


def _module_path(path: str) -> str:
    """A module path, which begins with a host, out of a path that may have a proxy's own in front."""
    parts = path.strip("/").split("/")
    for at, part in enumerate(parts):
        if re.fullmatch(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}", part) and not part.endswith(_FILES):
            return "/".join(parts[at:])
    return ""


def _unescaped(text: str) -> str:
    """Escapes of the proxy protocol and of URLs undone."""
    return re.sub(r"!([a-z])", lambda match: match[1].upper(), unquote(text))


def private_pattern(module: str) -> str:
    """The pattern of GOPRIVATE that covers a module and its neighbours."""
    parts = module.split("/")
    return "/".join(parts[:2]) if parts[0] in FORGES and len(parts) > 1 else parts[0]


def other_proxy(host: str) -> str:
    """A public module proxy that is not this one."""
    is_google = host.split(":")[0].endswith(("golang.org", "googleapis.com"))
    return "https://goproxy.cn" if is_google else "https://proxy.golang.org"


def sentence(template: str, facts: Mapping[str, str]) -> str:
    """A cause with its gaps filled by facts, or by words where there is none."""
    return re.sub(r"\{(\w+)\}", lambda match: facts.get(match[1]) or WORDS.get(match[1], match[1]), template)
