"""A module's zip file: the checks before its hash, the hash, and the checks while it is extracted."""

from __future__ import annotations

import hashlib
import io
from base64 import b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.golang.dirhash import go_mod_hash, hash1
from probes.golang.errors import GoError
from probes.golang.folding import fold
from probes.golang.modzip import (
    MAX_ZIP_FILE,
    Collisions,
    check_download,
    check_listing,
    check_zip,
    go_mod_of,
    hash_zip,
)
from probes.golang.urls import clean
from tests.golang.archives import STORED, Member, archive

PATH, VERSION = "ex.test/m", "v1.0.0"
NOT_ON_WINDOWS = '"{}" disallowed as path element component on Windows'
PREFIX = f"{PATH}@{VERSION}/"


def member(name: str, data: bytes = b"", **fields: object) -> Member:
    return Member(PREFIX + name, data, **fields)  # type: ignore[arg-type]


def refusal(*members: Member, path: str = PATH, version: str = VERSION) -> str:
    """What extracting fails with, without "unzip m.zip: " and the prefix."""
    data = archive(*members)
    with pytest.raises(GoError) as caught:
        check_zip(path, version, io.BytesIO(data), len(data), zip_name="m.zip")
    assert str(caught.value).startswith("unzip m.zip: ")
    return str(caught.value).removeprefix("unzip m.zip: ").replace(PREFIX, "")


def accepted(*members: Member) -> None:
    data = archive(*members)
    check_download(PATH, VERSION, io.BytesIO(data), len(data))
    check_zip(PATH, VERSION, io.BytesIO(data), len(data), zip_name="m.zip")


def hash_of(*members: Member) -> str:
    data = archive(*members)
    return hash_zip(io.BytesIO(data), len(data))


def test_an_ordinary_module() -> None:
    accepted(
        member("go.mod", b"module ex.test/m\n"),
        member("a.go", b"package m\n" * 99),
        member("sub/"),
        member("sub/sub/b.go", method=STORED),
        member("LICENSE"),
        member("sub/LICENSE"),
        member(""),
    )


def test_names_outside_of_the_module_are_refused_before_hashing() -> None:
    data = archive(member("a"), Member("ex.test/m@v1.0.1/b"), Member("c"))
    with pytest.raises(GoError) as caught:
        check_download(PATH, VERSION, io.BytesIO(data), len(data))
    assert str(caught.value) == "zip for ex.test/m@v1.0.0 has unexpected file ex.test/m@v1.0.1/b"
    with pytest.raises(GoError, match=r"^zip: not a valid zip file$"):
        check_download(PATH, VERSION, io.BytesIO(b"<html>"), 6)


def test_the_hash_is_of_sorted_names_and_contents() -> None:
    lines = b"".join(
        hashlib.sha256(data).hexdigest().encode() + b"  " + name.encode() + b"\n"
        for name, data in [(PREFIX + "a", b"1"), (PREFIX + "a.go", b"3"), (PREFIX + "a/b", b"2")]
    )
    expected = "h1:" + b64encode(hashlib.sha256(lines).digest()).decode()
    assert hash_of(member("a/b", b"2"), member("a", b"1"), member("a.go", b"3", method=STORED)) == expected


def test_of_entries_with_one_name_the_last_counts_for_each() -> None:
    last = hash1(["a", "a"], lambda _: [b"new"])
    assert hash_of(Member("a", b"old"), Member("a", b"new")) == last


def test_names_are_sorted_as_bytes() -> None:
    names = ["\udcff", "\U0001f600", "a"]
    order: list[str] = []
    hash1(names, lambda name: order.append(name) or [])  # type: ignore[func-returns-value]
    assert order == ["a", "\U0001f600", "\udcff"]


def test_hashing_reports_what_is_damaged_in_the_order_of_names() -> None:
    with pytest.raises(GoError, match=r"^dirhash: filenames with newlines are not supported$"):
        hash_of(Member("b", b"x", crc32=1), Member("a\n"))
    with pytest.raises(GoError, match=r"^zip: checksum error$"):
        hash_of(Member("b\n"), Member("a", b"x", crc32=1))


def test_go_mod_hash_of_an_empty_file() -> None:
    # The well-known hash that go drops from go.sum files.
    assert go_mod_hash(b"") == "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY="


@pytest.mark.parametrize(
    ("path", "version", "text"),
    [
        (PATH, "v1.0", 'version "v1.0" is not canonical (should be "v1.0.0")'),
        (PATH, "main", 'version "main" is not canonical (should be "")'),
        (PATH, "v2.0.0", "ex.test/m@v2.0.0: invalid version: should be v0 or v1, not v2"),
        ("m!", VERSION, "malformed module path \"m!\": invalid char '!'"),
    ],
)
def test_the_module_itself_is_checked_first(path: str, version: str, text: str) -> None:
    assert refusal(path=path, version=version) == text


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (["a//b"], "a//b: file path is not clean"),
        (["a/../b"], "a/../b: file path is not clean"),
        (["a//"], "a//: file path is not clean"),
        (["/"], "/: file path is not clean"),
        (["../x"], '../x: malformed file path "../x": invalid path element ".."'),
        (["/etc/passwd"], '/etc/passwd: malformed file path "/etc/passwd": empty path element'),
        (["a:b"], "a:b: malformed file path \"a:b\": invalid char ':'"),
        (["aux.go"], 'aux.go: malformed file path "aux.go": ' + NOT_ON_WINDOWS.format("aux")),
        (["x/go.mod"], "x/go.mod: go.mod file not in module root directory"),
        (["x/GO.MOD"], "x/GO.MOD: go.mod file not in module root directory"),
        (["Go.mod"], "Go.mod: go.mod files must have lowercase names"),
        (["a", "A"], 'A: case-insensitive file name collision: "a" and "A"'),
        (["ſ", "S"], 'S: case-insensitive file name collision: "ſ" and "S"'),
        (["\N{KELVIN SIGN}", "k"], 'k: case-insensitive file name collision: "\N{KELVIN SIGN}" and "k"'),
        (["d/x", "D/y"], 'D/y: case-insensitive file name collision: "d" and "D"'),
        (["a", "a/b"], 'a/b: entry "a" is both a file and a directory'),
        (["a/b", "a"], 'a: entry "a" is both a file and a directory'),
        (["a", "a"], 'a: multiple entries for file "a"'),
        (
            ["a:", "b", "b", "c/go.mod"],
            (
                "a:: malformed file path \"a:\": invalid char ':'\n"
                'b: multiple entries for file "b"\nc/go.mod: go.mod file not in module root directory'
            ),
        ),
    ],
)
def test_names(names: list[str], text: str) -> None:
    assert refusal(*map(member, names)) == text


def test_directories_may_repeat() -> None:
    accepted(member("d/"), member("d/"), member("d/e/f"), member("go.mod/"))


def test_a_name_outside_of_the_module() -> None:
    data = archive(Member("x"))
    with pytest.raises(GoError) as caught:
        check_zip(PATH, VERSION, io.BytesIO(data), len(data), zip_name="m.zip")
    assert str(caught.value) == 'unzip m.zip: x: path does not have prefix "ex.test/m@v1.0.0/"'


def test_sizes() -> None:
    with pytest.raises(GoError) as caught:
        check_zip(PATH, VERSION, io.BytesIO(), MAX_ZIP_FILE + 1, zip_name="m.zip")
    assert str(caught.value) == (
        "unzip m.zip: module zip file is too large (524288001 bytes; limit is 524288000 bytes)"
    )
    for name in ("go.mod", "LICENSE"):
        too_large = f"{name}: {name} file too large (max size is 16777216 bytes)"
        assert refusal(member(name, size=(16 << 20) + 1)) == too_large
    total = "total uncompressed size of module contents too large (max size is 524288000 bytes)"
    assert refusal(member("a", size=MAX_ZIP_FILE), member("b", size=1), member("c:")) == total
    # Files refused by their names do not count.
    assert refusal(member("a:", size=MAX_ZIP_FILE), member("b", size=1)).startswith("a:: malformed")


def test_a_module_may_be_as_large_as_the_limit() -> None:
    for size, last in ((MAX_ZIP_FILE - 1, 1), (MAX_ZIP_FILE, 0)):
        data = archive(member("a", size=size), member("b", size=last))
        check_listing(PATH, VERSION, io.BytesIO(data), len(data), zip_name="m.zip")


def test_contents_are_checked_last_and_in_the_order_of_the_archive() -> None:
    assert refusal(member("b", b"x", crc32=1), member("a", b"x", size=0)) == "zip: checksum error"
    assert refusal(member("a", b"x", size=0), member("b", b"x", crc32=1)) == "zip: not a valid zip file"
    assert refusal(member("a", b"x", crc32=1), member("b:")).startswith("b:: malformed")


def test_go_mod() -> None:
    data = archive(member("x/go.mod.go"), member("go.mod", b"module m\n"))
    assert go_mod_of(PATH, VERSION, io.BytesIO(data), len(data)) == b"module m\n"
    without = archive(member("x"))
    assert go_mod_of(PATH, VERSION, io.BytesIO(without), len(without)) is None


def test_clean_is_gos() -> None:
    assert [clean(path) for path in ("", "//a", "/..", "a/./b/", "../../a", "a/../..")] == [
        ".",
        "/a",
        "/",
        "a/b",
        "../../a",
        "..",
    ]


PARTS = st.lists(st.sampled_from(["a", "A", "b", "ß", "ẞ", "µ", "Μ"]), min_size=1, max_size=3).map("/".join)


@settings(deadline=None)
@given(st.lists(PARTS, max_size=8, unique=True))
def test_collisions_are_found_whatever_the_order(paths: list[str]) -> None:
    """Files collide exactly when two paths fold to one, or a file folds to another's directory."""
    folded = [fold(path) for path in paths]
    parents = {path.rpartition("/")[0] for path in paths} | {
        path.split("/")[0] for path in paths if "/" in path
    }
    spelled = {fold(parent) for parent in parents if parent}
    collide = (
        len(set(folded)) < len(folded)
        or bool(spelled & set(folded))
        or len(spelled) < len({parent for parent in parents if parent})
    )
    for order in (paths, paths[::-1]):
        seen = Collisions()
        try:
            for path in order:
                seen.add(path, is_directory=False)
        except GoError:
            assert collide
        else:
            assert not collide
