"""Where the source of an import path lives, as far as its name alone tells: go's table of hosts.

Source: cmd/go/internal/vcs/vcs.go (vcsPaths, repoRootFromVCSPaths, noVCSSuffix, vcsList, isSecureScheme,
urlForImportPath, RepoRootForImportPath) of Go 1.27, which knows Mercurial, Git, Subversion and Fossil, and no
Bazaar any more. Pure: the protocol of a ``.git`` path without one is found out by probes.sources.direct.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from probes.golang.errors import GoError
from probes.golang.quote import quote
from probes.golang.urls import GoURL


@dataclass(frozen=True, slots=True)
class VCS:
    """A version control system as the go command runs it (vcs.Cmd)."""

    name: str
    command: str
    """The program; "" for a module proxy, which needs none."""
    schemes: tuple[str, ...] = ()
    """What is tried for a repository that is named without a scheme, in this order."""
    ping: tuple[str, ...] = ()
    """Arguments that find out whether a repository is there; {url} stands for it. Empty: nobody is asked."""
    variables: tuple[tuple[str, str], ...] = ()
    """What go sets for that question."""


GIT = VCS("Git", "git", ("git", "https", "http", "git+ssh", "ssh"), ("ls-remote", "{url}"))
MERCURIAL = VCS(
    "Mercurial", "hg", ("https", "http", "ssh"), ("identify", "--", "{url}"), (("HGPLAIN", "+strictflags"),)
)
SUBVERSION = VCS("Subversion", "svn", ("https", "http", "svn", "svn+ssh"), ("info", "--", "{url}"))
FOSSIL = VCS("Fossil", "fossil", ("https", "http"))
MOD = VCS("mod", "")
"""No version control at all: the repository root is the URL of a module proxy."""

_SYSTEMS = (MERCURIAL, GIT, SUBVERSION, FOSSIL)
_SECURE_SCHEMES = frozenset({"https", "git+ssh", "svn+ssh", "ssh"})


def vcs_by_command(command: str) -> VCS | None:
    """vcsByCmd: the system with this program."""
    return next((system for system in _SYSTEMS if system.command == command), None)


def schemes_to_try(system: VCS, *, insecure: bool, git_allow_protocol: str = "") -> Iterator[str]:
    """The schemes that go tries for a repository without one; ``insecure`` is whether GOINSECURE matches.

    GIT_ALLOW_PROTOCOL, where it is set, says alone which schemes are secure for git.
    """
    secure = _SECURE_SCHEMES
    if system is GIT and git_allow_protocol:
        secure = frozenset(git_allow_protocol.split(":"))
    return (scheme for scheme in system.schemes if insecure or scheme in secure)


def no_protocol(*, insecure: bool) -> GoError:
    """What go says when no scheme is answered, whatever the reason was."""
    return GoError(f"no {'' if insecure else 'secure '}protocol found for repository")


@dataclass(frozen=True, slots=True)
class KnownPlace:
    """Where the table says that a path lives."""

    vcs: VCS
    root: str
    """The import path of the repository's root."""
    repository: str
    """Its URL; without a scheme where ``needs_scheme``."""
    needs_scheme: bool = False


@dataclass(frozen=True, slots=True)
class _Host:
    """One line of the table."""

    prefix: str
    pattern: re.Pattern[str]
    vcs: str = ""
    forbids_suffix: bool = False


def _host(prefix: str, pattern: str, vcs: str, *, forbids_suffix: bool = False) -> _Host:
    return _Host(prefix, re.compile(rf"{pattern}\Z", re.ASCII), vcs, forbids_suffix)


_REST = r"(/[\w.\-]+)*"
_HOSTS = (
    _host("github.com", rf"(?P<root>github\.com/[\w.\-]+/[\w.\-]+){_REST}", "git", forbids_suffix=True),
    _host("bitbucket.org", rf"(?P<root>bitbucket\.org/[\w.\-]+/[\w.\-]+){_REST}", "git", forbids_suffix=True),
    _host(
        "hub.jazz.net/git", rf"(?P<root>hub\.jazz\.net/git/[a-z0-9]+/[\w.\-]+){_REST}", "git",
        forbids_suffix=True,
    ),
    _host("git.apache.org", rf"(?P<root>git\.apache\.org/[a-z0-9_.\-]+\.git){_REST}", "git"),
    _host("git.openstack.org", rf"(?P<root>git\.openstack\.org/[\w.\-]+/[\w.\-]+)(\.git)?{_REST}", "git"),
    _host("chiselapp.com", r"(?P<root>chiselapp\.com/user/[A-Za-z0-9]+/repository/[\w.\-]+)", "fossil"),
)  # fmt: skip
_SEGMENT = re.compile(r"~?[\w.\-]+", re.ASCII)
_REPOSITORY = re.compile(r"(?P<name>~?[\w.\-]+)\.(?P<vcs>fossil|git|hg|svn)", re.ASCII)
_PORT = re.compile(r":[0-9]+\Z")
_NOT_OF_A_HOST = re.compile(r"[^a-z0-9.\-]")


def has_path_prefix(path: str, prefix: str) -> bool:
    """str.HasPathPrefix: whether ``prefix`` is ``path`` or ends before one of its slashes."""
    if not prefix or path == prefix:
        return True
    return path.startswith(prefix if prefix.endswith("/") else prefix + "/")


def is_known_host(path: str) -> bool:
    """Whether the host of a path is in the table."""
    return any(has_path_prefix(path, host.prefix) for host in _HOSTS)


def known_place(path: str, check: Callable[[VCS, str], None] = lambda vcs, root: None) -> KnownPlace | None:
    """repoRootFromVCSPaths without its ping: where a path lives, or None when its host has to be asked.

    ``check`` is GOVCS's say about a system and a root. Raises GoError in go's words.
    """
    if has_path_prefix(path, "example.net"):
        raise GoError("no modules on example.net")
    if path == "rsc.io":
        raise GoError("rsc.io is not a module")
    for scheme in ("http:", "https:"):
        if path.startswith(scheme):
            raise GoError(f"{quote(scheme + '//')} not allowed in import path")
    for host in _HOSTS:
        if has_path_prefix(path, host.prefix):
            return _at_known_host(host, path, check)
    place = _at_any_host(path)
    if place is not None:
        check(place.vcs, place.root)
    return place


def _at_any_host(path: str) -> KnownPlace | None:
    """The table's last line: ``host.name[:port]/some/where.git/below``, for any host and four endings.

    Go's expression is not anchored, so a host may stand anywhere; it is taken apart here element by element,
    for in Python it would take time that grows with the cube of the path's length.
    """
    elements = path.split("/")
    first = max((at for at, element in enumerate(elements) if not _SEGMENT.fullmatch(element)), default=0)
    for at in range(first, len(elements)):
        host = _host_at_end(elements[at])
        if not host:
            continue
        for last in range(len(elements) - 1, at, -1):  # the last of several endings counts
            matched = _REPOSITORY.fullmatch(elements[last])
            if matched is not None:
                system = vcs_by_command(matched["vcs"])
                assert system is not None, "the pattern names known systems only"
                root = "/".join([host, *elements[at + 1 : last + 1]])
                return KnownPlace(system, root, root.removesuffix("." + system.command), needs_scheme=True)
        return None
    return None


def _host_at_end(element: str) -> str:
    """The longest end of an element that is a host with a dot inside, its port included; "" for none."""
    port = _PORT.search(element)
    name = element[: port.start()] if port else element
    others = list(_NOT_OF_A_HOST.finditer(name))
    name = name[others[-1].end() :] if others else name
    return name + (port[0] if port else "") if "." in name[1:-1] else ""


def _at_known_host(host: _Host, path: str, check: Callable[[VCS, str], None]) -> KnownPlace:
    matched = host.pattern.match(path)
    if matched is None:
        raise GoError(f"invalid {host.prefix} import path {quote(path)}")
    root = matched["root"]
    if host.forbids_suffix and any(root.endswith("." + system.command) for system in _SYSTEMS):
        raise GoError(f"invalid version control suffix in {host.prefix}/ path")
    system = vcs_by_command(host.vcs)
    assert system is not None, "the table names known systems only"
    check(system, root)
    return KnownPlace(system, root, f"https://{root}")


def discovery_url(path: str) -> GoURL:
    """urlForImportPath: the page about a path, without a scheme. Raises GoError."""
    host, slash, rest = path.partition("/")
    if "." not in host:
        raise GoError("import path does not begin with hostname")
    return GoURL(host=host, path=slash + rest or "/", raw_query="go-get=1")


def unrecognized(path: str, cause: GoError) -> GoError:
    """The words around whatever went wrong while the host of a path was asked."""
    return GoError(f"unrecognized import path {quote(path)}: {cause}", not_exist=cause.not_exist)
