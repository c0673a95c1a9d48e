"""Module paths and versions: what go accepts, how it escapes them, what it says against the rest."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from probes.golang import module, semver
from probes.golang.errors import GoError, InvalidPath, InvalidVersion, ModuleError

ELEMENTS = st.from_regex(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,6}[A-Za-z0-9_-]", fullmatch=True)
PATHS = st.builds(
    lambda host, elements: "/".join([host, *elements]),
    st.from_regex(r"[a-z0-9]{1,5}\.[a-z]{2,3}", fullmatch=True),
    st.lists(ELEMENTS, max_size=3),
)
VERSIONS = st.one_of(
    st.from_regex(r"v[0-9]\.[0-9]\.[0-9](-[A-Za-z]{1,4})?(\+incompatible)?", fullmatch=True),
    st.from_regex(r"[A-Za-z0-9._-]{1,12}", fullmatch=True),
)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("", "empty string"),
        ("example", "missing dot in first path element"),
        ("example/x.y", "missing dot in first path element"),
        ("Example.com/x", "invalid char 'E' in first path element"),
        ("exa_mple.com/x", "invalid char '_' in first path element"),
        ("-example.com", "leading dash"),
        ("/example.com", "empty path element"),
        ("example.com//x", "double slash"),
        ("example.com/x/", "trailing slash"),
        ("example.com/.x", "leading dot in path element"),
        ("example.com/x.", "trailing dot in path element"),
        ("example.com/..", 'invalid path element ".."'),
        ("example.com/x y", "invalid char ' '"),
        ("example.com/it's", r"invalid char '\''"),
        ("example.com/x@v1", "invalid char '@'"),
        ("example.com/a+b", "invalid char '+'"),
        ("example.com/世", "invalid char '世'"),
        ("example.com/\udcff", "invalid UTF-8"),
        ("example.com/con", '"con" disallowed as path element component on Windows'),
        ("example.com/COM9.x", '"COM9" disallowed as path element component on Windows'),
        ("example.com/x~1", "trailing tilde and digits in path element"),
        ("example.com/x~12.y", "trailing tilde and digits in path element"),
        ("example.com/m/v1", "invalid version"),
        ("example.com/m/v0", "invalid version"),
        ("example.com/m/v02", "invalid version"),
        ("example.com/m/v2.1", "invalid version"),
        ("gopkg.in/yaml", "invalid version"),
        ("gopkg.in/yaml.v01", "invalid version"),
        ("gopkg.in/yaml.v0-unstable", "invalid version"),
        ("gopkg.in/yaml/v2", "invalid version"),
    ],
)
def test_check_path_says_what_is_wrong(path: str, reason: str) -> None:
    with pytest.raises(InvalidPath) as caught:
        module.check_path(path)
    assert (caught.value.kind, caught.value.path, caught.value.reason) == ("module", path, reason)
    assert str(caught.value).startswith('malformed module path "')
    assert str(caught.value).endswith(f'": {reason}')


@pytest.mark.parametrize(
    "path",
    [
        "example.com", "github.com/Azure/azure-sdk-for-go", "golang.org/x/text", "example.com/m/v2",
        "a.b/c/v10", "1.2/x", "example.com/_x/y~z/~", "example.com/x~1a", "example.com/m/v2/sub", "a.b/v",
        "x.y/com0",
        "gopkg.in/yaml.v0", "gopkg.in/yaml.v2", "gopkg.in/yaml.v3-unstable", "gopkg.in/a/yaml.v1", "a.b-c/d",
        "gopkg.in/yaml.v-unstable",
    ],
)  # fmt: skip
def test_check_path_accepts(path: str) -> None:
    module.check_path(path)


def test_import_paths_and_file_names_may_hold_more() -> None:
    module.check_import_path("cmd/g++/.x")
    module.check_file_path("-a/é世/[x] (1)/{~1}/!$.go")
    with pytest.raises(InvalidPath, match=r'^malformed import path "-x": leading dash$'):
        module.check_import_path("-x")
    with pytest.raises(InvalidPath, match=r'^malformed import path "a/b:c": invalid char \':\'$'):
        module.check_import_path("a/b:c")
    with pytest.raises(InvalidPath, match=r'^malformed file path "a\*": invalid char \'\*\'$'):
        module.check_file_path("a*")
    with pytest.raises(InvalidPath, match=r'^malformed file path "nul.txt": "nul" disallowed'):
        module.check_file_path("nul.txt")


@pytest.mark.parametrize(
    ("path", "split"),
    [
        ("example.com/m", ("example.com/m", "", True)),
        ("example.com/m/v2", ("example.com/m", "/v2", True)),
        ("example.com/m/v10", ("example.com/m", "/v10", True)),
        ("example.com/m/v", ("example.com/m/v", "", True)),
        ("example.com/m/2", ("example.com/m/2", "", True)),
        ("example.com/m/v1", ("example.com/m/v1", "", False)),
        ("example.com/m/v2.0", ("example.com/m/v2.0", "", False)),
        ("gopkg.in/yaml.v2", ("gopkg.in/yaml", ".v2", True)),
        ("gopkg.in/yaml.v0", ("gopkg.in/yaml", ".v0", True)),
        ("gopkg.in/yaml.v2-unstable", ("gopkg.in/yaml", ".v2-unstable", True)),
        ("gopkg.in/yaml.v-unstable", ("gopkg.in/yaml", ".v-unstable", True)),
        ("gopkg.in/yaml", ("gopkg.in/yaml", "", False)),
    ],
)
def test_split_path_version(path: str, split: tuple[str, str, bool]) -> None:
    assert module.split_path_version(path) == split


@pytest.mark.parametrize(
    ("v", "path_major", "reason"),
    [
        ("v1.2.3", "", None),
        ("v0.1.0", "", None),
        ("v2.0.0", "", "should be v0 or v1, not v2"),
        ("v2.0.0+incompatible", "", None),
        ("v2.0.0", "/v2", None),
        ("v2.0.0+incompatible", "/v2", None),
        ("v1.0.0", "/v2", "should be v2, not v1"),
        ("junk", "/v2", "should be v2, not "),
        ("v2.2.1", ".v2", None),
        ("v2.2.1", ".v2-unstable", None),
        ("v1.2.1", ".v2", "should be v2, not v1"),
        ("v0.0.0-20161208181325-20d25e280405", ".v1", None),
        ("v0.0.0-20161208181325-20d25e280405", ".v2", "should be v2, not v0"),
        ("v0.0.0", ".v1", "should be v1, not v0"),
    ],
)
def test_check_path_major(v: str, path_major: str, reason: str | None) -> None:
    assert module.matches_path_major(v, path_major) is (reason is None)
    if reason is None:
        module.check_path_major(v, path_major)
        return
    with pytest.raises(InvalidVersion) as caught:
        module.check_path_major(v, path_major)
    assert str(caught.value) == f'version "{v}" invalid: {reason}'


def test_check_wants_a_path_and_a_version_that_belong_together() -> None:
    module.check("example.com/m", "v1.0.0")
    module.check("example.com/m", "v2.0.0+incompatible")
    module.check("example.com/m/v2", "v2.0.0")
    with pytest.raises(InvalidPath):
        module.check("m", "v1.0.0")
    with pytest.raises(ModuleError) as caught:
        module.check("example.com/m", "latest")
    assert str(caught.value) == "example.com/m@latest: invalid version: not a semantic version"
    with pytest.raises(ModuleError) as caught:
        module.check("example.com/m", "v2.0.0")
    assert str(caught.value) == "example.com/m@v2.0.0: invalid version: should be v0 or v1, not v2"


def test_the_canonical_version_keeps_incompatible_only() -> None:
    assert module.canonical_version("v2.0.0+incompatible") == "v2.0.0+incompatible"
    assert module.canonical_version("v2+incompatible") == ""
    assert module.canonical_version("v1.2") == "v1.2.0"
    assert module.canonical_version("v1.2.3+meta") == "v1.2.3"
    assert module.canonical_version("master") == ""


def test_upper_case_is_escaped() -> None:
    assert module.escape_path("github.com/Azure/azure-SDK") == "github.com/!azure/azure-!s!d!k"
    assert module.escape_version("v1.0.0-RC1") == "v1.0.0-!r!c1"
    assert module.escape_version("feature") == "feature"


@pytest.mark.parametrize(
    ("escape", "text", "words"),
    [
        (module.escape_path, "M", 'malformed module path "M": missing dot in first path element'),
        (module.escape_version, "feature/x", 'version "feature/x" invalid: disallowed version string'),
        (module.escape_version, "a!b", 'version "a!b" invalid: disallowed version string'),
        (module.escape_version, "", 'version "" invalid: disallowed version string'),
        (module.escape_version, "vé", "internal error: inconsistency in EscapePath"),
        (module.unescape_path, "example.com/A", 'invalid escaped module path "example.com/A"'),
        (module.unescape_path, "example.com/!A", 'invalid escaped module path "example.com/!A"'),
        (module.unescape_path, "example.com/a!", 'invalid escaped module path "example.com/a!"'),
        (
            module.unescape_path,
            "!m",
            'invalid escaped module path "!m": malformed module path "M": missing dot in first path element',
        ),
        (module.unescape_version, "vA", 'invalid escaped version "vA"'),
        (module.unescape_version, "!v/x", "invalid escaped version \"V/x\": invalid char '/'"),
    ],
)
def test_what_cannot_be_escaped_or_unescaped(escape: Callable[[str], str], text: str, words: str) -> None:
    with pytest.raises(GoError) as caught:
        escape(text)
    assert str(caught.value) == words


@settings(deadline=None)
@given(PATHS)
def test_unescape_path_undoes_escape_path(path: str) -> None:
    try:
        escaped = module.escape_path(path)
    except InvalidPath:
        with pytest.raises(InvalidPath):
            module.check_path(path)
        return
    assert escaped == escaped.lower()
    assert module.unescape_path(escaped) == path


@settings(deadline=None)
@given(VERSIONS)
def test_unescape_version_undoes_escape_version(v: str) -> None:
    try:
        escaped = module.escape_version(v)
    except InvalidVersion:
        return
    assert escaped == escaped.lower()
    assert module.unescape_version(escaped) == v


@settings(deadline=None)
@given(st.lists(PATHS, min_size=2, max_size=2, unique=True))
def test_no_two_paths_differ_in_case_alone_once_they_are_escaped(paths: list[str]) -> None:
    try:
        first, second = (module.escape_path(path).lower() for path in paths)
    except InvalidPath:
        assume(False)
    assert first != second


@settings(deadline=None)
@given(PATHS)
def test_the_two_halves_of_a_path_make_the_path(path: str) -> None:
    prefix, path_major, ok = module.split_path_version(path)
    assert prefix + path_major == path
    if ok and path_major.startswith("/"):
        v = f"{path_major[1:]}.0.0"
        assert semver.is_valid(v)
        assert module.matches_path_major(v, path_major)
        assert not module.matches_path_major("v1.0.0", path_major)


MOMENT = datetime(2019, 12, 31, 23, 59, 58, tzinfo=UTC)


@pytest.mark.parametrize(
    ("v", "base"),
    [
        ("v0.0.0-20191231235958-abcdef123456", ""),
        ("v2.0.0-20191231235958-abcdef123456", ""),
        ("v1.2.4-0.20191231235958-abcdef123456", "v1.2.3"),
        ("v1.2.10-0.20191231235958-abcdef123456", "v1.2.9"),
        ("v1.2.100-0.20191231235958-abcdef123456", "v1.2.99"),
        ("v2.3.4-0.20191231235958-abcdef123456+incompatible", "v2.3.3+incompatible"),
        ("v1.2.3-pre.0.20191231235958-abcdef123456", "v1.2.3-pre"),
        ("v1.2.3-pre.0.0.20191231235958-abcdef123456", "v1.2.3-pre.0"),
        ("v2.3.4-rc-1.0.20191231235958-abcdef123456+incompatible", "v2.3.4-rc-1+incompatible"),
    ],
)
def test_the_parts_of_a_pseudo_version(v: str, base: str) -> None:
    assert module.is_pseudo_version(v)
    assert module.pseudo_version_time(v) == MOMENT
    assert module.pseudo_version_rev(v) == "abcdef123456"
    assert module.pseudo_version_base(v) == base
    if base:
        assert semver.compare(base, v) == -1


@pytest.mark.parametrize(
    "v",
    [
        "v1.2.3", "v1.2.3-pre", "v1.2.3-20191231235958-abcdef123456", "v1.0.0-0-20191231235958-abcdef123456",
        "v1.0.0.20191231235958-abcdef123456", "v0.0.0-2019123123595-abcdef123456", "v0.0.0-20191231235958",
        "v0.0.0-20191231235958-abc.def", "v0.0.0-20191231235958-", "v01.0.0-20191231235958-abcdef123456",
        "0.0.0-20191231235958-abcdef123456", "v0.0.0-20191231235958-abcdef123456\n", "",
        "v0.0.0-２0191231235958-abcdef123456",
    ],
)  # fmt: skip
def test_what_is_no_pseudo_version(v: str) -> None:
    assert not module.is_pseudo_version(v)
    for part in (module.pseudo_version_time, module.pseudo_version_rev, module.pseudo_version_base):
        with pytest.raises(InvalidVersion, match=r"(?s)^pseudo-version \".*\" invalid: syntax error$"):
            part(v)


@pytest.mark.parametrize(
    "stamp", ["20190229000000", "20191301000000", "20190101240000", "20190101000060", "00000000000000"]
)
def test_a_time_that_never_was(stamp: str) -> None:
    v = f"v0.0.0-{stamp}-abcdef123456"
    with pytest.raises(InvalidVersion) as caught:
        module.pseudo_version_time(v)
    assert str(caught.value) == f'pseudo-version "{v}" invalid: malformed time "{stamp}"'


def test_times_at_the_edge() -> None:
    assert module.pseudo_version_time("v0.0.0-00010101000000-000000000000") == datetime(1, 1, 1, tzinfo=UTC)
    # Go's year 0 comes before every year that Python has.
    assert module.pseudo_version_time("v0.0.0-00000229120000-000000000000") == datetime(1, 1, 1, tzinfo=UTC)
    assert module.pseudo_version_time("v0.0.0-20200229000000-0") == datetime(2020, 2, 29, tzinfo=UTC)


@pytest.mark.parametrize(
    ("v", "reason"),
    [
        ("v2.0.0-20191231235958-abc+meta", 'lacks base version, but has build metadata "+meta"'),
        ("v1.2.0-0.20191231235958-abc", "version before v1.2.0 would have negative patch number"),
        ("v2.0.0-0.20191231235958-abc", "version before v2.0.0 would have negative patch number"),
    ],
)
def test_a_pseudo_version_that_comes_after_nothing(v: str, reason: str) -> None:
    with pytest.raises(InvalidVersion) as caught:
        module.pseudo_version_base(v)
    assert str(caught.value) == f'pseudo-version "{v}" invalid: {reason}'


def test_an_error_is_about_one_module_version_once() -> None:
    cause = GoError("gone", not_exist=True)
    error = module.version_error("example.com/m", "v1.0.0", cause)
    assert str(error) == "example.com/m@v1.0.0: gone"
    assert error.not_exist
    assert module.version_error("example.com/m", "v1.0.0", error) is error
    other = module.version_error("example.com/m", "v1.1.0", error)
    assert str(other) == "example.com/m@v1.1.0: example.com/m@v1.0.0: gone"
    # Only the first module error in the chain counts.
    again = module.version_error("example.com/m", "v1.0.0", other)
    assert str(again) == "example.com/m@v1.0.0: example.com/m@v1.1.0: example.com/m@v1.0.0: gone"
    assert str(module.version_error("example.com/m", "", cause)) == "module example.com/m: gone"


def test_the_names_that_are_no_modules() -> None:
    assert module.is_toolchain("go")
    assert module.is_toolchain("toolchain")
    assert not module.is_toolchain("golang.org/toolchain")
