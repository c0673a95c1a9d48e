"""Patterns of GOPRIVATE and its kin."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.golang.patterns import (
    BadPattern,
    PatternMatch,
    explain_prefix_patterns,
    match_prefix_patterns,
    path_match,
)

SOME_PATHS = (
    "corp.com", "corp.com/x", "corp.com/x/y/v2", "git.corp.com/x", "a.b.corp.com/x", "evilcorp.com",
    "corp.com.evil/x", "github.com/me/a", "github.com/Me/a", "github.com/meme/a", "github.com", "b.com",
    "a.com",
)  # fmt: skip


@pytest.mark.parametrize(
    ("globs", "matches", "does_not_match"),
    [
        ("corp.com", "corp.com corp.com/x corp.com/x/y/v2", "git.corp.com/x corp.com.evil/x xcorp.com"),
        ("corp.com/", "corp.com corp.com/x corp.com/x/y/v2", "git.corp.com/x corp.com.evil/x xcorp.com"),
        ("*.corp.com", "git.corp.com/x a.b.corp.com/x", "corp.com/x"),
        ("*corp.com", "corp.com git.corp.com evilcorp.com", ""),
        ("corp.com/*", "corp.com/x corp.com/x/y/z", "corp.com"),
        ("corp.com/**", "corp.com/x corp.com/x/y/z", "corp.com"),
        ("corp.com/x", "corp.com/x corp.com/x/v2 corp.com/x/sub", "corp.com/xy"),
        ("github.com/me", "github.com/me/a", "github.com/Me/a github.com/meme/a"),
        ("github.com/*/x", "github.com/me/x github.com/me/x/sub", "github.com/me/xyz"),
        ("*.com/me", "github.com/me/x", "gitlab.org/me"),
        ("git.*", "git.corp.com/x git.anything/x", "github.com"),
        ("[a-c].com", "a.com b.com/x c.com", "d.com ab.com"),
        ("a?c.com", "abc.com", "ac.com abbc.com"),
        ("[^a].com", "b.com", "a.com"),
        ("[!a].com", "a.com !.com", "b.com"),
        ("[bad,corp.com", "corp.com/x", "[bad bad"),
        ("a.com, b.com", "a.com", "b.com"),
        (",,a.com,,", "a.com", "b.com"),
        ("*", " ".join(SOME_PATHS), ""),
        ("*.*", " ".join(SOME_PATHS), ""),
        ("CORP.com", "CORP.com/x", "corp.com"),
    ],
)
def test_patterns_match_leading_elements(globs: str, matches: str, does_not_match: str) -> None:
    for path in matches.split():
        assert match_prefix_patterns(globs, path), path
    for path in does_not_match.split():
        assert not match_prefix_patterns(globs, path), path


@pytest.mark.parametrize(
    "globs",
    [
        "", ",", "corp.com//", "/corp.com", ".corp.com", "!corp.com", "https://corp.com", "corp.com:8443",
        "git@corp.com", "corp.com/...", "corp.com/x.git", "[bad", "none", "direct", "off", "a.com;b.com",
        "a.com|b.com", "a.com b.com", "/", "//",
    ],
)  # fmt: skip
def test_patterns_that_match_nothing(globs: str) -> None:
    assert [path for path in SOME_PATHS if match_prefix_patterns(globs, path)] == []


def test_the_explanation_names_the_first_pattern_that_matches_and_where_it_stands() -> None:
    globs = "[bad,other.com,*.corp.com/team/,git.corp.com"
    match = explain_prefix_patterns(globs, "git.corp.com/team/x/v2")
    assert match == PatternMatch("*.corp.com/team/", "git.corp.com/team", 15)
    assert globs[match.position :].startswith(match.pattern)
    assert explain_prefix_patterns(globs, "git.corp.com") == PatternMatch("git.corp.com", "git.corp.com", 32)
    assert explain_prefix_patterns(globs, "corp.com") is None


@pytest.mark.parametrize(
    ("pattern", "name", "matched"),
    [
        ("", "", True),
        ("", "a", False),
        ("abc", "abc", True),
        ("*", "", True),
        ("*", "a/b", False),
        ("*c", "abc", True),
        ("a*", "ab/c", False),
        ("a*/b", "abc/b", True),
        ("a*b*c*d*e*/f", "axbxcxdxexxx/f", True),
        ("a*b*c*d*e*/f", "axbxcxdxexxx/fff", False),
        ("a*b?c*x", "abxbbxdbxebxczzx", True),
        ("ab[c]", "abc", True),
        ("ab[b-d]", "abc", True),
        ("ab[e-g]", "abc", False),
        ("ab[^e-g]", "abc", True),
        (r"a\*b", "a*b", True),
        (r"a\*b", "ab", False),
        ("a?b", "a☺b", True),
        ("a[^a]b", "a☺b", True),
        ("a???b", "a☺b", False),
        ("[a-ζ]*", "α", True),
        ("?x", "😀x", True),
        ("?x", "ࠀx", True),
        ("[😀]", "😀", True),
        ("a?b", "a/b", False),
        ("[^a]b", "/b", True),  # a class may take a slash
        (r"[\]a]", "]", True),
        (r"[\-x]", "-", True),
        (r"[x\-]", "z", False),
        ("*x", "xxx", True),
        ("[]", "", None),
        ("[", "a", None),
        ("[^", "a", None),
        ("[-]", "-", None),
        ("[x-]", "x", None),
        ("[a-b-c]", "a", None),
        ("a[", "b", None),  # found though "a" does not match
        ("ab*[", "x", None),
        ("\\", "a", None),
        ("[\\", "a", None),
        # Go may end a star inside a character.
        ("*??", "€", True),
        ("*??", "é", False),
        ("[\ufffd]", "\udcff", True),
        ("[\udcff]", "a", None),
    ],
)
def test_path_match(pattern: str, name: str, matched: bool | None) -> None:
    if matched is None:
        with pytest.raises(BadPattern, match=r"^syntax error in pattern$"):
            path_match(pattern, name)
    else:
        assert path_match(pattern, name) is matched


@settings(deadline=None)
@given(st.text())
def test_an_escaped_name_matches_itself_only(name: str) -> None:
    escaped = "".join("\\" + ch for ch in name)
    assert path_match(escaped, name)
    assert not path_match(escaped, name + "x")
    assert path_match(escaped + "*", name + "x")
    assert not path_match(escaped + "*", name + "/")


@settings(deadline=None)
@given(st.text(alphabet="ab*?/[]^-\\,", max_size=8), st.text(alphabet="ab/", max_size=8))
def test_a_list_matches_when_one_of_its_patterns_does(globs: str, path: str) -> None:
    alone = [match_prefix_patterns(glob, path) for glob in globs.split(",")]
    assert match_prefix_patterns(globs, path) == any(alone)
    match = explain_prefix_patterns(globs, path)
    if match is not None:
        assert path == match.prefix or path.startswith(match.prefix + "/")
        assert globs[match.position : match.position + len(match.pattern)] == match.pattern
        assert path_match(match.pattern.removesuffix("/"), match.prefix)
