"""What may be a module path, an import path and a module version, and how they are escaped.

Source: golang.org/x/mod/module (module.go, pseudo.go); is_toolchain is cmd/go/internal/gover/mod.go. Module
paths end up in URLs and in file systems that ignore case, so they are ASCII only and an upper-case letter is
written as "!" and its lower-case letter. The checks come in Go's order, since only the first one that fails
is reported.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import Enum

from probes.golang import semver
from probes.golang.errors import GoError, InvalidPath, InvalidVersion, ModuleError, unwrap
from probes.golang.quote import is_letter, quote, quote_rune


class PathKind(Enum):
    """The three kinds of slash-separated paths, each with the ASCII characters of its elements."""

    MODULE = "module", r"[-._~0-9A-Za-z]"
    IMPORT = "import", r"[-+._~0-9A-Za-z]"
    FILE = "file", r"[-!#$%&()+,.=@\[\]^_{}~ 0-9A-Za-z]"

    def __init__(self, word: str, characters: str) -> None:
        self.word = word
        self._allowed = re.compile(characters)

    def allows(self, ch: str) -> bool:
        """Whether the character may stand in an element; a file name may hold any letter of Unicode."""
        if self._allowed.match(ch):
            return True
        return self is PathKind.FILE and not ch.isascii() and is_letter(ch)


_NOT_UTF8 = re.compile("[\ud800-\udfff]")
_NOT_IN_FIRST_ELEMENT = re.compile("[^-.0-9a-z]")
_SHORT_NAME = re.compile(r".*~[0-9]+", re.DOTALL)
_WINDOWS_NAMES = frozenset(
    ["CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(1, 10))]
)


def check_path(path: str) -> None:
    """module.CheckPath: raise InvalidPath unless ``path`` may name a module that can be downloaded."""
    reason = _fault_of_path(path, PathKind.MODULE) or _fault_of_module_path(path)
    if reason:
        raise InvalidPath(PathKind.MODULE.word, path, reason)


def check_import_path(path: str) -> None:
    """module.CheckImportPath: raise InvalidPath unless ``path`` may name a package."""
    if reason := _fault_of_path(path, PathKind.IMPORT):
        raise InvalidPath(PathKind.IMPORT.word, path, reason)


def check_file_path(path: str) -> None:
    """module.CheckFilePath: raise InvalidPath unless ``path`` may name a file of a module zip."""
    if reason := _fault_of_path(path, PathKind.FILE):
        raise InvalidPath(PathKind.FILE.word, path, reason)


def _fault_of_path(path: str, kind: PathKind) -> str:
    if _NOT_UTF8.search(path):
        return "invalid UTF-8"
    if not path:
        return "empty string"
    if path[0] == "-" and kind is not PathKind.FILE:
        return "leading dash"
    if "//" in path:
        return "double slash"
    if path[-1] == "/":
        return "trailing slash"
    return next(filter(None, (_fault_of_element(elem, kind) for elem in path.split("/"))), "")


def _fault_of_element(elem: str, kind: PathKind) -> str:
    """Why ``elem`` is no path element of this kind; "" when it is one."""
    if not elem:
        return "empty path element"
    if not elem.strip("."):
        return f"invalid path element {quote(elem)}"
    if elem[0] == "." and kind is PathKind.MODULE:
        return "leading dot in path element"
    if elem[-1] == ".":
        return "trailing dot in path element"
    for ch in elem:
        if not kind.allows(ch):
            return f"invalid char {quote_rune(ch)}"
    # What Windows cannot store under this name is refused everywhere.
    stem = elem.partition(".")[0]
    if stem.upper() in _WINDOWS_NAMES:
        return f"{quote(stem)} disallowed as path element component on Windows"
    if kind is not PathKind.FILE and _SHORT_NAME.fullmatch(stem):
        return "trailing tilde and digits in path element"
    return ""


def _fault_of_module_path(path: str) -> str:
    # Go also asks for a leading slash and a leading dash here; both have been found before.
    first = path.partition("/")[0]
    if "." not in first:
        return "missing dot in first path element"
    if bad := _NOT_IN_FIRST_ELEMENT.search(first):
        return f"invalid char {quote_rune(bad[0])} in first path element"
    if not split_path_version(path)[2]:
        return "invalid version"
    return ""


_MAJOR_SUFFIX = re.compile(r"/v(?P<number>[0-9.]*)\Z")
_GOPKG_SUFFIX = re.compile(r"\.v(?:0|[1-9][0-9]*|(?:[1-9][0-9]*)?-unstable)\Z")


def split_path_version(path: str) -> tuple[str, str, bool]:
    """module.SplitPathVersion: the path without its major version suffix, the suffix, and whether it is good.

    The suffix is "" or "/vN" with N of 2 and more; under gopkg.in ".vN" with any N, or ".vN-unstable" with
    N of 1 and more or none at all. A bad suffix ("/v1", "/v0", "/v02", "/v2.1", or none under gopkg.in) gives
    ``(path, "", False)``.
    """
    if path.startswith("gopkg.in/"):
        return _split_gopkg_in(path)
    found = _MAJOR_SUFFIX.search(path)
    if found is None or not found["number"]:
        return path, "", True
    number = found["number"]
    if "." in number or number[0] == "0" or number == "1":
        return path, "", False
    return path[: found.start()], found[0], True


def _split_gopkg_in(path: str) -> tuple[str, str, bool]:
    found = _GOPKG_SUFFIX.search(path)
    if found is None:
        return path, "", False
    return path[: found.start()], found[0], True


def _disagreement(v: str, path_major: str) -> GoError | None:
    """What module.CheckPathMajor has against this version, before it is wrapped."""
    if path_major.startswith(".v"):
        path_major = path_major.removesuffix("-unstable")
    if v.startswith("v0.0.0-") and path_major == ".v1":
        # Pseudo-versions of gopkg.in modules once got the wrong major version; they are in many go.mod files.
        return None
    major = semver.major(v)
    if not path_major:
        if major in ("v0", "v1") or semver.build(v) == "+incompatible":
            return None
        wanted = "v0 or v1"
    elif path_major[0] in "/.":
        wanted = path_major[1:]
        if major == wanted:
            return None
    else:
        wanted = path_major
    return GoError(f"should be {wanted}, not {major}")


def check_path_major(v: str, path_major: str) -> None:
    """module.CheckPathMajor: raise InvalidVersion unless the version fits the path's major version suffix."""
    if cause := _disagreement(v, path_major):
        raise InvalidVersion(v, cause)


def matches_path_major(v: str, path_major: str) -> bool:
    """module.MatchPathMajor: whether the version fits the path's major version suffix."""
    return _disagreement(v, path_major) is None


def check(path: str, version: str) -> None:
    """module.Check: raise InvalidPath or ModuleError unless the pair may be a module version."""
    check_path(path)
    if not semver.is_valid(version):
        raise ModuleError(path, "", InvalidVersion(version, GoError("not a semantic version")))
    if cause := _disagreement(version, split_path_version(path)[1]):
        raise ModuleError(path, "", InvalidVersion(version, cause))


def canonical_version(v: str) -> str:
    """module.CanonicalVersion: semver.Canonical, except that "+incompatible" stays."""
    suffix = "+incompatible" if semver.build(v) == "+incompatible" else ""
    return semver.canonical(v) + suffix


def _escape(text: str) -> str:
    if "!" in text or not text.isascii():
        raise GoError("internal error: inconsistency in EscapePath")
    return re.sub("[A-Z]", lambda upper: "!" + upper[0].lower(), text)


_ESCAPED = re.compile(r"(?:[\x00-\x20\x22-@\[-\x7f]|![a-z])*")


def _unescape(escaped: str) -> str | None:
    if not _ESCAPED.fullmatch(escaped):
        return None
    return re.sub("!(.)", lambda letter: letter[1].upper(), escaped)


def escape_path(path: str) -> str:
    """module.EscapePath: the escaped path, as in URLs and the module cache. Raises InvalidPath."""
    check_path(path)
    return _escape(path)


def escape_version(v: str) -> str:
    """module.EscapeVersion: the escaped form of a version, branch or commit.

    Raises InvalidVersion when it could not be a file name, and GoError with Go's "internal error" when it is
    a file name with letters that are not ASCII.
    """
    if _fault_of_element(v, PathKind.FILE) or "!" in v:
        raise InvalidVersion(v, GoError("disallowed version string"))
    return _escape(v)


def unescape_path(escaped: str) -> str:
    """module.UnescapePath: the module path of an escaped path. Raises GoError."""
    path = _unescape(escaped)
    if path is None:
        raise GoError(f"invalid escaped module path {quote(escaped)}")
    try:
        check_path(path)
    except InvalidPath as error:
        raise GoError(f"invalid escaped module path {quote(escaped)}: {error}") from error
    return path


def unescape_version(escaped: str) -> str:
    """module.UnescapeVersion: the version of an escaped version. Raises GoError."""
    v = _unescape(escaped)
    if v is None:
        raise GoError(f"invalid escaped version {quote(escaped)}")
    if reason := _fault_of_element(v, PathKind.FILE):
        # Go shows the version here, not its escaped form.
        raise GoError(f"invalid escaped version {quote(v)}: {reason}")
    return v


_PSEUDO_VERSION = re.compile(
    r"(?P<base>v[0-9]+\.(?:0\.0(?=-)|[0-9]+\.[0-9]+-(?:[^+]*\.)?0(?=\.)))"
    r"[-.](?P<time>[0-9]{14})-(?P<rev>[A-Za-z0-9]+)"
    r"(?P<build>\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
)
"""base is "vX.0.0" (and a dash follows), "vX.Y.Z-0" or "vX.Y.Z-pre.0" (and a dot follows)."""


def _match_pseudo_version(v: str) -> re.Match[str] | None:
    return _PSEUDO_VERSION.fullmatch(v) if semver.is_valid(v) else None


def is_pseudo_version(v: str) -> bool:
    """module.IsPseudoVersion: whether ``v`` names an untagged commit by its time and hash."""
    return _match_pseudo_version(v) is not None


def _parse_pseudo_version(v: str) -> re.Match[str]:
    matched = _match_pseudo_version(v)
    if matched is None:
        raise InvalidVersion(v, GoError("syntax error"), pseudo=True)
    return matched


def pseudo_version_time(v: str) -> datetime:
    """module.PseudoVersionTime: the commit time in a pseudo-version, in UTC. Raises InvalidVersion.

    Year 0, which Go accepts and Python does not have, becomes the first moment of year 1.
    """
    stamp = _parse_pseudo_version(v)["time"]
    year = int(stamp[:4])
    month, day, hour, minute, second = (int(stamp[at : at + 2]) for at in range(4, 14, 2))
    try:
        # Year 0 is a leap year, as 2000 is.
        moment = datetime(year or 2000, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        raise InvalidVersion(v, GoError(f"malformed time {quote(stamp)}"), pseudo=True) from None
    return moment if year else datetime.min.replace(tzinfo=UTC)


def pseudo_version_rev(v: str) -> str:
    """module.PseudoVersionRev: the commit in a pseudo-version, usually 12 digits. Raises InvalidVersion."""
    return _parse_pseudo_version(v)["rev"]


def pseudo_version_base(v: str) -> str:
    """module.PseudoVersionBase: the tag that a pseudo-version stands after, "" when there is none.

    Raises InvalidVersion when ``v`` is no pseudo-version or cannot come after any tag.
    """
    matched = _parse_pseudo_version(v)
    base, build = matched["base"], matched["build"] or ""
    release, dash, pre = base.partition("-")
    if not dash:
        if build:
            cause = GoError(f"lacks base version, but has build metadata {quote(build)}")
            raise InvalidVersion(v, cause, pseudo=True)
        return ""
    if pre != "0":
        return base.removesuffix(".0") + build
    kept, _, patch = release.rpartition(".")
    before = _decrement(patch)
    if not before:
        cause = GoError(f"version before {release} would have negative patch number")
        raise InvalidVersion(v, cause, pseudo=True)
    return f"{kept}.{before}{build}"


def _decrement(decimal: str) -> str:
    """The number before, in digits; "" before zero. int() refuses thousands of digits, Go does not."""
    head = decimal.rstrip("0")
    if not head:
        return ""
    lower = head[:-1] + str(int(head[-1]) - 1) + "9" * (len(decimal) - len(head))
    return lower[1:] if lower[0] == "0" and len(lower) > 1 else lower


def version_error(path: str, version: str, cause: GoError) -> GoError:
    """module.VersionError: ``cause`` as an error about this module version; itself when it already is one."""
    inner = unwrap(cause, ModuleError)
    if isinstance(inner, ModuleError) and (inner.path, inner.version) == (path, version):
        return cause
    return ModuleError(path, version, cause)


def is_toolchain(path: str) -> bool:
    """gover.IsToolchain: "go" and "toolchain", the two names of go.mod lines that are no modules."""
    return path in ("go", "toolchain")


def cached_zip(cache: str, path: str, version: str) -> str:
    """Where go keeps a zip below the module cache, as its errors name it (modfetch/cache.go CachePath).

    Raises InvalidPath or InvalidVersion.
    """
    return f"{cache}/cache/download/{escape_path(path)}/@v/{escape_version(version)}.zip"
