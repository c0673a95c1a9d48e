"""Which module has a package? What `go get` makes of its argument, and how it ranks what it finds.

Every prefix of an import path may be the module that holds the package. go asks for all of them at once and
then looks at the answers from the longest path to the shortest. Pure: what the answers are comes in from the
caller (probes.trace.getting).

Source: cmd/go/internal/modload/query.go (QueryPattern, modulePrefixesExcludingTarget, queryPrefixModules,
PackageNotInModuleError), modload/modfile.go (ModuleRetractedError, ShortMessage), modload/import.go
(dirInModule), modget/query.go (newQuery, validate, reportError), modget/get.go (parseArgs, disambiguate,
chooseArbitrarily), internal/search/search.go (CleanPatterns, IsStandardImportPath).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from probes.golang import module
from probes.golang.errors import GoError, InvalidPath, InvalidVersion, unwrap
from probes.golang.queries import NoMatchingVersion, NoPatchBase
from probes.golang.quote import is_graphic, is_space, quote, trim_space
from probes.golang.urls import clean

QUERY_PREFIXES = "cmd/go/internal/modload/query.go queryPrefixModules"
PARSE_ARGUMENTS = "cmd/go/internal/modget/get.go parseArgs"

META_PACKAGES = ("std", "cmd", "tool", "work", "all")
_MOST_MESSAGE_BYTES = 500


class NotOnePackage(Exception):
    """An argument that go takes, but not as one package: a pattern, a folder, a name for many."""


# -- the argument ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of `go get`."""

    raw: str
    """Cleaned, as go repeats it in its errors."""
    path: str
    raw_query: str
    """What stands behind the @; "" where there is none."""

    @property
    def query(self) -> str:
        """The version query: without one, "upgrade"."""
        return self.raw_query or "upgrade"


def parse_argument(text: str) -> Argument:
    """One argument as parseArgs takes it.

    Raises GoError with what go prints for one that it refuses, NotOnePackage for what is no single package.
    """
    if text.startswith("-"):
        raise NotOnePackage(f"{text} begins with a dash: go takes it for an option")
    raw = clean_pattern(text)
    path, at, query = raw.partition("@")
    if at and query.startswith(("-", "/")):
        raise GoError(f"go: invalid module version {quote(query)}")
    if at and ("@" in query or not query):
        raise GoError(f"go: invalid module version syntax {quote(raw)}")
    _validate(Argument(raw, path, query))
    if raw.endswith(".go") and not query and "/" not in raw:
        raise GoError(f"go: {raw}: arguments must be package or module paths")
    if "..." in path:
        raise NotOnePackage(
            f"{path} is a pattern, which may match packages of several modules; name one package, "
            "for example without the part from /... on"
        )
    return Argument(raw, path, query)


def _validate(argument: Argument) -> None:
    """query.validate, in a project that is not the package's own."""
    path = argument.path
    if path in (".", "..") or path.startswith(("/", "./", "../")):
        if argument.raw_query:
            words = f"can't request explicit version {quote(argument.raw_query)} of path {quote(path)}"
            raise GoError(f"go: {words} in main module")
        raise NotOnePackage(f"{path} is a folder of the project: go get fetches nothing for itself here")
    if path == "all":
        if argument.query not in ("upgrade", "patch"):
            words = f'can\'t request version {quote(argument.query)} of pattern "all"'
            raise GoError(f"go: {words} that includes the main module")
        raise NotOnePackage("all means every package of the project, which is not traced; name one package")
    if path in META_PACKAGES:
        if path != argument.raw and path == "tool":
            raise GoError('go: can\'t request explicit version of "tool" pattern')
        if path != argument.raw:
            raise GoError(f"go: can't request explicit version of standard-library pattern {quote(path)}")
        raise NotOnePackage(f"{path} is a name for many packages, which is not traced; name one package")


def clean_pattern(text: str) -> str:
    """search.CleanPatterns of one argument."""
    if text in (".", "..") or text.startswith(("./", "../", "/")):
        path, query = text, ""
    else:
        path, at, rest = text.partition("@")
        query = at + rest
    if path.startswith("/"):
        return clean(path) + query
    path = path.replace("\\", "/")
    if path.startswith("./"):
        path = "./" + clean(path)
        return ("." if path == "./." else path) + query
    return clean(path) + query


def is_standard_import_path(path: str) -> bool:
    """search.IsStandardImportPath: no dot in the first element."""
    return "." not in path.partition("/")[0]


def report_error(argument: Argument, text: str) -> str:
    """modget reportError: what go prints for an error; the argument only where the error leaves it out."""
    try:
        argument.raw.encode()
    except UnicodeEncodeError:
        return f"go: {text}"
    named = re.search('(?m)(?:[ \t("`]|^)' + re.escape(argument.path) + '(?:[ @:;)"`]|$)', text)
    if named and (
        not argument.raw_query
        or re.search('(?m)(?:[ @("`]|^)' + re.escape(argument.query) + '(?:[ :;)"`]|$)', text)
    ):
        return f"go: {text}"
    return f"go: {argument.raw}: {text}"


def conflict(argument: Argument, path: str, version: str, cause: str) -> str:
    """modget updateBuildList: what go prints where the chosen module cannot be taken into the build list."""
    if path != argument.path:
        as_asked = argument.raw if version == argument.query else f"{argument.path}@{argument.query}"
        reason = f"{path}@{version} (matching {as_asked})"
    elif version != argument.query:
        reason = f"{path}@{argument.query} ({version})"
    else:
        reason = argument.raw
    return f"go: {reason} requires {path}@{version}: {cause}"


# -- the errors --------------------------------------------------------------------------------------


class PackageNotInModule(GoError):
    """modload PackageNotInModuleError: the module is there, the package is not. Never "not found"."""

    def __init__(self, path: str, version: str, query: str, package: str) -> None:
        found = "" if query == version else f" ({version})"
        super().__init__(f"module {path}@{query} found{found}, but does not contain package {package}")


def short_message(message: str, when_empty: str) -> str:
    """modload ShortMessage: the first line, if it is short and can be printed."""
    message = trim_space(message.partition("\n")[0])
    if not message:
        return when_empty
    if len(message.encode("utf-8", "surrogateescape")) > _MOST_MESSAGE_BYTES:
        return "(message omitted: too long)"
    if not all(is_graphic(ch) or is_space(ch) for ch in message):
        return "(message omitted: contains non-printable characters)"
    return message


# -- the candidates ----------------------------------------------------------------------------------


def candidates(path: str) -> tuple[str, ...]:
    """modulePrefixesExcludingTarget: the prefixes that may be modules, the longest first.

    Those that can be no module path at all are among them, for they could be replaced; only a major version
    that no path may end with is left out.
    """
    prefixes = []
    while True:
        if module.split_path_version(path)[2]:
            prefixes.append(path)
        path, slash, _ = path.rpartition("/")
        if not slash:
            return tuple(prefixes)


def has_go_files(names: Iterable[str], prefix: str, package: str) -> bool:
    """dirInModule with the module index: whether one of these files, by its name in the module, is a Go file
    of the package. What begins with "_" or "." does not count."""
    folder = package.removeprefix(prefix).lstrip("/")
    folder += "/" if folder else ""
    return any(_is_go_file(name[len(folder) :]) for name in names if name.startswith(folder))


def _is_go_file(name: str) -> bool:
    return name.endswith(".go") and "/" not in name and not name.startswith(("_", "."))


# -- the ranking -------------------------------------------------------------------------------------


class Standing(StrEnum):
    """What became of one candidate at one entry of the list."""

    FOUND = "found"
    """The module is there and has the package."""
    MODULE = "module"
    """The argument is the module's own path, and there is no package in its root."""
    NO_PACKAGE = "no package"
    NO_VERSION = "no version"
    NO_PATCH_BASE = "no patch base"
    INVALID_PATH = "invalid path"
    INVALID_VERSION = "invalid version"
    NOT_FOUND = "not found"
    ERROR = "error"
    """Any other error: it ends the search, unless a longer path was found."""
    UNKNOWN = "unknown"
    """modtrace could not tell."""

    @property
    def is_there(self) -> bool:
        """Whether go counts the module as found."""
        return self in (Standing.FOUND, Standing.MODULE)


def standing_of(error: GoError) -> Standing:
    """The class that queryPrefixModules puts an error into: by its own type, not by that of its causes."""
    kinds = (
        (PackageNotInModule, Standing.NO_PACKAGE),
        (NoMatchingVersion, Standing.NO_VERSION),
        (NoPatchBase, Standing.NO_PATCH_BASE),
        (InvalidPath, Standing.INVALID_PATH),
    )
    for kind, standing in kinds:
        if isinstance(error, kind):
            return standing
    if error.not_exist:
        return Standing.NOT_FOUND
    return Standing.INVALID_VERSION if unwrap(error, InvalidVersion) else Standing.ERROR


@dataclass(frozen=True, slots=True)
class Branch:
    """One candidate at one entry of the list."""

    prefix: str
    standing: Standing
    version: str = ""
    error: GoError | None = None


@dataclass(frozen=True, slots=True)
class Ranked:
    """What the candidates come to at one entry."""

    chosen: Branch | None = None
    """The module that go takes."""
    failed: Branch | None = None
    """The candidate whose error is that of the entry."""
    unknown: Branch | None = None
    """The candidate that could have changed everything, and that modtrace cannot tell about."""


_PRECEDENCE = (
    Standing.NO_PACKAGE, Standing.NO_VERSION, Standing.NO_PATCH_BASE, Standing.INVALID_PATH,
    Standing.INVALID_VERSION, Standing.NOT_FOUND,
)  # fmt: skip
"""Where nothing was found and nothing is a hard error: the most telling class, its longest path."""


def rank(branches: Sequence[Branch]) -> Ranked:
    """queryPrefixModules and what `go get` makes of it; the branches from the longest path to the shortest.

    Of several modules that have the package the longest path wins. The module of the very path is taken only
    when none has the package.
    """
    packages = [branch for branch in branches if branch.standing is Standing.FOUND]
    there = [branch for branch in branches if branch.standing.is_there]
    hard = _hard_error(branches)
    unknown = next((branch for branch in branches if branch.standing is Standing.UNKNOWN), None)
    if unknown is not None:
        longer = branches[: branches.index(unknown)]
        settled = any(branch.standing is Standing.FOUND for branch in longer) or hard in longer
        if not settled:
            return Ranked(unknown=unknown)
    if hard is not None:
        return Ranked(failed=hard)
    if there:
        return Ranked(chosen=(packages or there)[0])
    for standing in _PRECEDENCE:
        for branch in branches:
            if branch.standing is standing:
                return Ranked(failed=branch)
    raise ValueError("no candidates")


def _hard_error(branches: Sequence[Branch]) -> Branch | None:
    """The error that ends the search: the first of no known class, with nothing there at a longer path."""
    for branch in branches:
        if branch.standing.is_there or branch.standing is Standing.NO_PACKAGE:
            return None
        if branch.standing is Standing.ERROR:
            return branch
    return None


def why(branch: Branch, ranked: Ranked) -> str:
    """What a candidate's standing means for the search, in a few words."""
    if branch is ranked.chosen:
        if branch.standing is Standing.MODULE:
            return "taken as a module: no module has it as a package"
        return "taken: the longest path that has the package"
    if branch is ranked.failed:
        return _FAILED.get(branch.standing, "its error is the one that counts")
    if branch is ranked.unknown:
        return "it could have changed everything"
    winner = ranked.chosen or ranked.failed
    if branch.standing is Standing.FOUND and ranked.chosen:
        return f"has the package too, but {ranked.chosen.prefix} is longer"
    if branch.standing is Standing.FOUND and winner:
        return f"has the package, but the error of {winner.prefix}, which is longer, ends the search"
    if branch.standing is Standing.MODULE and ranked.chosen:
        return "the module is there, but not the package: another module has it"
    if branch.standing is Standing.ERROR:
        return "ignored: a longer path was found" if ranked.chosen else "another error counts"
    return ""


_FAILED = {
    Standing.NO_PACKAGE: "no module has the package; this one at least is there",
    Standing.ERROR: "neither 404 nor 410, and nothing longer is there: it ends the search",
    Standing.NOT_FOUND: "nobody has any of them: the longest path's error counts",
}
