"""go.mod files of dependencies, and Go's own versions."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.golang import gover
from probes.golang.errors import GoError
from probes.golang.gomod import GoModFile, Requirement, Retraction, go_mod_lookup, parse_lax, unquote

FULL = b"""\
// Deprecated: use example.test/m/v2
// instead.
//
// Really.
module "example.test/m"

go 1.21.0

toolchain go1.22.1

require (
\tgolang.test/x/mod v0.1.0 // indirect
\tgolang.test/x/net v1.2 // indirect; for a reason
\t"gopkg.in/yaml.v2" v2.2.1 // indirectly
)

require old.test/m v3.0.0+incompatible
exclude nonsense
replace a => ../a
ignore ./testdata

// These were wrong.
retract (
\tv1.0.0 // Oops.
\t// Worse.
\t[v1.1.0, v1.2.0] // Much.

\tv1.3.0
)
retract v0.1.0
"""


def retracts(text: str) -> list[tuple[str, str, str]]:
    return [(r.low, r.high, r.rationale) for r in parse_lax(text.encode()).retracts]


def refusal(text: str | bytes) -> str:
    with pytest.raises(GoError) as caught:
        parse_lax(text.encode() if isinstance(text, str) else text)
    return str(caught.value)


def test_everything_that_matters_in_a_dependency() -> None:
    assert parse_lax(FULL) == GoModFile(
        module_path="example.test/m",
        deprecated="use example.test/m/v2\ninstead.",
        go_version="1.21.0",
        requires=(
            Requirement("golang.test/x/mod", "v0.1.0", indirect=True),
            Requirement("golang.test/x/net", "v1.2.0", indirect=True),
            Requirement("gopkg.in/yaml.v2", "v2.2.1", indirect=False),
            Requirement("old.test/m", "v3.0.0+incompatible", indirect=False),
        ),
        retracts=(
            Retraction("v1.0.0", "v1.0.0", "Oops."),
            Retraction("v1.1.0", "v1.2.0", "Worse.\nMuch."),
            # The blank line above it is a comment too, an empty one: so it has not its block's.
            Retraction("v1.3.0", "v1.3.0", ""),
            Retraction("v0.1.0", "v0.1.0", ""),
        ),
        ignores=("./testdata",),
    )


def test_what_a_dependency_may_say_without_being_heard() -> None:
    nothing = GoModFile()
    for text in (
        "",
        "\n// x\n",
        "verb of the future ( a\nb )\n",
        "verb (\n[{,}] (\n)\n",
        "go (\n1.21\n)\n",
        "toolchain what ever\n",
        "module m (\n1\n)\n",
        '"module" m\n',
        "retract [v1, v2)\nretract (\n\n)\n",
    ):
        assert parse_lax(text.encode()) == nothing, text


@pytest.mark.parametrize(
    ("line", "version"),
    [
        ("1.21", "1.21"),
        ("1.21rc1", "1.21rc1"),
        ("v1.20.1", "1.20"),
        ("1.20-custom", "1.20"),
        ("1.20.1.2", "1.20"),
    ],
)
def test_lax_go_versions(line: str, version: str) -> None:
    assert parse_lax(f"go {line}\n".encode()).go_version == version


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("<!DOCTYPE html>\nx (", "go.mod:2:4: syntax error (unterminated block started at go.mod:2:1)"),
        ("require (\n\ta v1\n", "go.mod:3: syntax error (unterminated block started at go.mod:1:1)"),
        ("require (\n) x\n", "go.mod:2:4: syntax error (expected newline after closing paren)"),
        ("/* x */", "go.mod:1: mod files must use // comments (not /* */ comments)"),
        ("module a/*b", "go.mod:1:9: mod files must use // comments (not /* */ comments)"),
        ('module "a\n"', "go.mod:1:10: unexpected newline in string"),
        ('module "a', "go.mod:1:8: unexpected EOF in string"),
        ("module `a", "go.mod:1:8: unexpected EOF in string"),
        ("module a\x00b", "go.mod:1:9: unexpected input character '\\x00'"),
        ("é \xa0", "go.mod:1:3: unexpected input character '\\u00a0'"),
        ("go 1.20\ngo 1.21\n", "go.mod:2: repeated go statement"),
        ("go\n", "go.mod:1: go directive expects exactly one argument"),
        ("go v1.20\n", "go.mod:1: invalid go version 'v1.20': must match format 1.23.0"),
        ("go 1\n", "go.mod:1: invalid go version '1': must match format 1.23.0"),
        ("go 1.2x 3", "go.mod:1: go directive expects exactly one argument"),
        ("module a\nmodule b", "go.mod:2: repeated module statement"),
        ("module", "go.mod:1: usage: module module/path"),
        ("module 'a'", "go.mod:1: invalid quoted string: unquoted string cannot contain quote"),
        ("module `a`", "go.mod:1: invalid quoted string: unquoted string cannot contain quote"),
        ('module "\\y"', "go.mod:1: invalid quoted string: invalid syntax"),
        ("ignore", "go.mod:1: ignore directive expects exactly one argument"),
        ("require a", "go.mod:1: usage: require module/path v1.2.3"),
        ("require a v1x", 'go.mod:1: require a: version "v1x" invalid: must be of the form v1.2.3'),
        (
            "require a v'1'",
            "go.mod:1: require a: version \"v'1'\" invalid: unquoted string cannot contain quote",
        ),
        ("require gopkg.in/x v1.0.0", "go.mod:1: invalid module path"),
        (
            "require (\n\ta/v2 v1.0.0\n\tb v2\n)",
            'go.mod:2:2: require a/v2: version "v1.0.0" invalid: should be v2, not v1\n'
            'go.mod:3:2: require b: version "v2.0.0" invalid: should be v0 or v1, not v2',
        ),
    ],
)
def test_errors(text: str, error: str) -> None:
    assert refusal(text) == error


def test_the_file_can_have_another_name() -> None:
    with pytest.raises(GoError, match=r"^vendor/go\.mod:1: usage: module module/path$"):
        parse_lax(b"module", file="vendor/go.mod")


def test_whose_comment_it_is() -> None:
    assert retracts("// a\n\n// b\nretract v1 // c\n// d\n") == [("v1", "v1", "b\nc")]
    assert retracts("// a\nretract v1\n") == [("v1", "v1", "a")]
    assert retracts("// block\nretract ( // left\n v1\n) // right\n") == [("v1", "v1", "block")]
    assert retracts("// block\nretract (\n v1 // own\n)") == [("v1", "v1", "own")]
    assert retracts("retract (\n\n // above\n\n // near\n v1\n)") == [("v1", "v1", "above\nnear")]
    # A string over two lines cannot own a comment, so the line before it does.
    assert retracts('retract v1\n"\\\n" // stray\n') == [("v1", "v1", "stray")]


def test_retracted_versions_are_taken_as_they_are() -> None:
    assert retracts("retract what [ever\nretract [a, \"b\"] c\nretract [a b]\nretract 'a'") == [
        ("what", "what", ""),
        ("a", "b", ""),
    ]


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("Deprecated: gone", "gone"),
        ("Deprecated:   gone\n// for good\n//\n// more", "gone\nfor good"),
        ("Hello.\n//\n// Deprecated: gone", "gone"),
        ("Hello.\n// Deprecated: gone", ""),
        ("deprecated: gone", ""),
        ("Deprecated:", ""),
    ],
)
def test_deprecation(comment: str, message: str) -> None:
    assert parse_lax(f"// {comment}\nmodule m\n".encode()).deprecated == message
    assert parse_lax(f"module (\n// {comment}\nm\n)\n".encode()).deprecated == message


def test_strings() -> None:
    assert unquote(r'"a\n\x41\101\u00e9\U0001f600\\\""') == 'a\nAAé\N{GRINNING FACE}\\"'
    assert unquote(r'"\xe2\x82\xac\xff"') == "€\udcff"
    assert unquote('"a\udcff"') == "a\ufffd"
    for wrong in (
        '"',
        '"a',
        '"a"b',
        r'"\'"',
        r'"\400"',
        r'"\ud800"',
        r'"\U00110000"',
        r'"\x4"',
        '"a\n"',
        '"\\\n"',
    ):
        with pytest.raises(GoError, match=r"^invalid syntax$"):
            unquote(wrong)


def test_lookup_reads_lines_not_syntax() -> None:
    text = b"module m\r\n  go\t1.21rc1 // why\ngo 1.3\ntoolchain  go1.22.1\n(((\n"
    assert go_mod_lookup(text, "go") == "1.21rc1"
    assert go_mod_lookup(text, "toolchain") == "go1.22.1"
    assert go_mod_lookup(text, "mod") == ""
    assert go_mod_lookup(b"go\ngo", "go") == ""
    assert go_mod_lookup(b"go (\n\t1.21\n)", "go") == "("


@settings(deadline=None)
@given(st.binary(max_size=80) | st.text(' \n\t()[],"`\\/module retract v1.0', max_size=60).map(str.encode))
def test_any_bytes_give_a_file_or_a_go_error(data: bytes) -> None:
    with suppress(GoError):
        assert isinstance(parse_lax(data), GoModFile)


def test_a_long_file_is_read() -> None:
    lines = "".join(f"\tex.test/m{i} v1.0.{i} // indirect\n" for i in range(5_000))
    assert len(parse_lax(f"require (\n{lines})\n".encode()).requires) == 5_000


ORDERED = [
    "",
    "1",
    "1.0.1",
    "1.5alpha1",
    "1.20rc1",
    "1.20",
    "1.20.1",
    "1.21",
    "1.21beta1",
    "1.21rc1",
    "1.21rc2",
    "1.21rc10",
    "1.21.0",
    "1.21.1",
    "1.22",
    "1.100",
    "2",
    "99999999999999999999.0",
]


def test_go_versions_in_their_order() -> None:
    for i, x in enumerate(ORDERED):
        for j, y in enumerate(ORDERED):
            assert gover.compare(x, y) == (i > j) - (i < j), (x, y)
    assert gover.compare("1.20", "1.20.0") == 0 == gover.compare("1", "1.0")


@pytest.mark.parametrize(
    ("version", "valid", "is_lang", "lang", "prerelease"),
    [
        ("1", True, False, "1", False),
        ("1.0", True, False, "1", False),
        ("1.20", True, False, "1.20", False),
        ("1.21", True, True, "1.21", False),
        ("1.21.0", True, False, "1.21", False),
        ("1.21rc", True, False, "1.21", True),
        ("1.21rc3", True, False, "1.21", True),
        ("1.21.1rc3", False, False, "", False),
        ("go1.21", False, False, "", False),
        ("1.021", False, False, "", False),
        ("1.21RC1", False, False, "", False),
        ("1.21 ", False, False, "", False),
        ("1.21\n", False, False, "", False),
        ("", False, False, "", False),
    ],
)
def test_what_a_go_version_is(version: str, valid: bool, is_lang: bool, lang: str, prerelease: bool) -> None:
    assert gover.is_valid(version) is valid
    assert gover.is_lang(version) is is_lang
    assert gover.lang(version) == lang
    assert gover.is_prerelease(version) is prerelease
