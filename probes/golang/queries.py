"""Version queries: which of a module's versions does "latest", "v1.2" or "<v1.5.0" mean.

Source: cmd/go/internal/modload/query.go (newQueryMatcher, queryMatcher, IsRevisionQuery). Pure: what needs
the network (retractions, the go.mod of the last compatible version) comes in from the caller.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from probes.golang import mod_versions, module
from probes.golang.errors import GoError, ModuleError, unwrap
from probes.golang.quote import quote


class NoMatchingVersion(GoError):
    """modload NoMatchingVersionError: the module is there, but no version fits. Never "not found"."""

    def __init__(self, query: str) -> None:
        super().__init__(f"no matching versions for query {quote(query)}")


class NoPatchBase(GoError):
    """modload NoPatchBaseError: "patch" without a version to start from."""

    def __init__(self, path: str) -> None:
        super().__init__(f'can\'t query version "patch" of module {path}: no existing version is required')


@dataclass(frozen=True, slots=True)
class QueryMatcher:
    """What a query asks for."""

    path: str
    revision: bool = False
    """The query is asked of the hop as it stands (Stat): a commit, a branch, a tag or an exact version."""
    prefix: str = ""
    accepts: Callable[[str], bool] | None = None
    prefer_lower: bool = False
    may_use_latest: bool = False
    prefer_incompatible: bool = False

    def matches(self, version: str) -> bool:
        """Whether a version passes the prefix and the range; retractions are the caller's."""
        # The language version 1.21 belongs to "1.21." of go and toolchain.
        is_lang = module.is_toolchain(self.path) and version == self.prefix.removesuffix(".")
        if not version.startswith(self.prefix) and not is_lang:
            return False
        return self.accepts is None or self.accepts(version)


def is_revision_query(query: str, path: str = "") -> bool:
    """modload IsRevisionQuery: whether the query names one revision rather than chooses among versions.

    ``path`` matters for "go" and "toolchain" only.

    For a revision query neither exclusions nor retractions are looked at.
    """
    if query in ("latest", "upgrade", "patch") or query.startswith(("<", ">")):
        return False
    return not (mod_versions.is_valid(path, query) and mod_versions.is_prefix(path, query))


def parse_query(path: str, query: str, current: str = "") -> QueryMatcher:
    """newQueryMatcher; ``current`` is the version that is required now, "" where none is.

    Raises GoError for a query that go refuses before any request.
    """
    matcher = _matcher(path, query, current)
    return replace(matcher, prefer_incompatible=True) if current.endswith("+incompatible") else matcher


def _matcher(path: str, query: str, current: str) -> QueryMatcher:
    if query == "latest" or (query == "upgrade" and not current):
        return QueryMatcher(path, may_use_latest=True)
    if query == "patch" and not current:
        raise NoPatchBase(path)
    if query in ("upgrade", "patch"):
        return QueryMatcher(
            path,
            prefix=f"{mod_versions.major_minor(path, current)}." if query == "patch" else "",
            accepts=lambda version: mod_versions.compare(path, version, current) >= 0,
            may_use_latest=module.is_pseudo_version(current),
        )
    for operator, test in _OPERATORS.items():
        if query.startswith(operator):
            return _range(path, query, operator, test)
    if not mod_versions.is_valid(path, query):
        return QueryMatcher(path, revision=True)
    incompatible = not _matches_major(path, query)
    if mod_versions.is_prefix(path, query):
        return QueryMatcher(
            path,
            prefix=query + ".",
            accepts=lambda version: mod_versions.compare(path, version, query) >= 0,
            prefer_incompatible=incompatible,
        )
    return QueryMatcher(path, revision=True, prefer_incompatible=incompatible)


_OPERATORS: dict[str, Callable[[int], bool]] = {
    "<=": lambda order: order <= 0,
    "<": lambda order: order < 0,
    ">=": lambda order: order >= 0,
    ">": lambda order: order > 0,
}
"""The operators of a range, longer ones first, and the comparison result that each accepts."""


def _range(path: str, query: str, operator: str, test: Callable[[int], bool]) -> QueryMatcher:
    bound = query.removeprefix(operator)
    if not mod_versions.is_valid(path, bound):
        raise GoError(f"invalid semantic version {quote(bound)} in range {quote(query)}")
    if operator in ("<=", ">") and mod_versions.is_prefix(path, bound):
        # "v1.2" might mean any v1.2.x: go refuses to say on which side of it v1.2.3 is.
        raise GoError(f"ambiguous semantic version {quote(bound)} in range {quote(query)}")
    return QueryMatcher(
        path,
        accepts=lambda version: test(mod_versions.compare(path, version, bound)),
        prefer_lower=operator.startswith(">"),
        prefer_incompatible=not _matches_major(path, bound),
    )


def _matches_major(path: str, version: str) -> bool:
    _, path_major, ok = module.split_path_version(path)
    return ok and module.matches_path_major(version, path_major)


def describe_error(path: str, version: str, error: GoError) -> str:
    """The Error field for a query that failed (modload modinfoError): the module named exactly once."""
    if isinstance(error, NoMatchingVersion):
        return str(ModuleError(path, "", error))
    if unwrap(error, ModuleError) is None:
        return str(ModuleError(path, version, error))
    return str(error)
