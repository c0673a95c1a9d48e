"""Where in a repository a module is, what its go.mod says it is, and what its untagged commits are called.

Source: cmd/go/internal/modfetch/coderepo.go (newCodeRepo, isMajor, LegacyGoMod), x/mod modfile.ModulePath,
module.PseudoVersion and module.PathMajorPrefix.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from probes.golang import gomod, module, semver
from probes.golang.errors import GoError
from probes.golang.quote import quote
from probes.golang.urls import join
from probes.golang.vcs_paths import has_path_prefix


@dataclass(frozen=True, slots=True)
class ModulePlace:
    """Where in a repository a module is looked for."""

    path: str
    root: str
    """The import path of the repository's root."""
    folder: str
    """codeDir: the module's folder in the repository, "" for its root; tags carry it as prefix."""
    prefix: str
    """The module path without its major version."""
    major: str
    """The suffix of the path that says the major version: "", "/v2", ".v2", ".v2-unstable"."""

    @property
    def tag_prefix(self) -> str:
        """What the tags of this module begin with."""
        return self.folder + "/" if self.folder else ""


def place_module(path: str, root: str, subdirectory: str = "") -> ModulePlace:
    """newCodeRepo: where a module is in the repository of ``root``. Raises GoError."""
    if not has_path_prefix(path, root):
        raise GoError(f"mismatched repo: found {root} for {path}")
    prefix, major, ok = module.split_path_version(path)
    if not ok:
        raise GoError(f"invalid module path {quote(path)}")
    if root == path:
        prefix = path
    folder = ""
    if root != path:
        if not has_path_prefix(prefix, root):
            raise GoError(f"repository rooted at {root} cannot contain module {path}")
        folder = prefix[len(root) :].strip("/")
    if subdirectory:
        folder = join(folder, subdirectory)
    return ModulePlace(path, root, folder, prefix, major)


def legacy_go_mod(path: str) -> bytes:
    """LegacyGoMod: what go makes up for a module without a go.mod."""
    return f"module {path}\n".encode()


def module_path(go_mod: bytes) -> str:
    """modfile.ModulePath: the path that a go.mod declares, "" when there is none to be found."""
    for raw in go_mod.split(b"\n"):
        line = raw.partition(b"//")[0].decode("utf-8", "surrogateescape").strip()
        rest = line.removeprefix("module")
        if rest == line or not rest.strip() or rest == rest.strip():
            continue
        token = rest.strip()
        if token[0] == "`":
            return token[1:-1] if len(token) > 1 and token.find("`", 1) == len(token) - 1 else ""
        if token[0] != '"':
            return token
        try:
            return gomod.unquote(token)
        except GoError:
            return ""
    return ""


def is_major(declared: str, major: str) -> bool:
    """isMajor: whether a go.mod that declares this path may be that of a module with this major version."""
    if not declared:
        return False
    _, found, ok = module.split_path_version(declared)
    if not ok:
        return False
    if not major:
        return major_prefix(found) in ("", "v0", "v1")
    return bool(found) and major[1:] == found[1:]


def major_prefix(major: str) -> str:
    """module.PathMajorPrefix: the major version that a suffix of a path stands for."""
    return major[1:].removesuffix("-unstable") if major else ""


def pseudo_version(major: str, older: str, time: datetime, revision: str) -> str:
    """module.PseudoVersion: the name of an untagged commit that comes after the tag ``older``, if any."""
    segment = f"{time.astimezone(UTC):%Y%m%d%H%M%S}-{revision}"
    build = semver.build(older)
    older = semver.canonical(older)
    if not older:
        return f"{major or 'v0'}.0.0-{segment}"
    if semver.prerelease(older):
        return f"{older}.0.{segment}{build}"
    head, _, patch = older.rpartition(".")
    return f"{head}.{_increment(patch)}-0.{segment}{build}"


def _increment(decimal: str) -> str:
    """The number after, in digits: a tag may have more of them than int() takes."""
    head = decimal.rstrip("9")
    if not head:
        return "1" + "0" * len(decimal)
    return head[:-1] + str(int(head[-1]) + 1) + "0" * (len(decimal) - len(head))
