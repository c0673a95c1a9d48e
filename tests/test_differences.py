"""What differs between two zips: files, lines, and a patch that git takes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from random import Random

import pytest

from probes.browse import differences
from probes.browse.archive import Archive, look_over
from probes.browse.differences import Change, Why, compare, patch_of
from probes.browse.line_changes import match_lines
from probes.golang.errors import GoError
from tests.golang.archives import STORED, Member, archive
from tests.test_browse_archive import environment, held

PATH = "m.test/Hello"


def zipped(version: str, files: dict[str, bytes], *, method: int = 8) -> Archive:
    """A zip of a version."""
    members = [Member(f"{PATH}@{version}/{name}", data, method) for name, data in files.items()]
    return look_over(environment("off"), PATH, version, "somebody", held(archive(*members)))


def longest_common(old: list[str], new: list[str]) -> int:
    """How many lines could be kept at most."""
    table = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i, a in enumerate(old):
        for j, b in enumerate(new):
            table[i + 1][j + 1] = table[i][j] + 1 if a == b else max(table[i][j + 1], table[i + 1][j])
    return table[-1][-1]


@pytest.mark.parametrize("seed", range(5))
def test_lines_that_are_matched_are_equal_and_nearly_as_many_as_can_be(seed: int) -> None:
    rnd, found, possible = Random(seed), 0, 0
    for _ in range(300):
        letters = "abcdefgh"[: rnd.randrange(1, 9)]
        old = [rnd.choice(letters) for _ in range(rnd.randrange(14))]
        new = [rnd.choice(letters) for _ in range(rnd.randrange(14))]
        if rnd.random() < 0.5:
            new = old[: rnd.randrange(14)] + new[:2] + old[rnd.randrange(14) :]
        at, to, count = 0, 0, 0
        for a, b, size in match_lines(old, new).found:
            assert a >= at
            assert b >= to
            assert old[a : a + size] == new[b : b + size]
            at, to, count = a + size, b + size, count + size
        found += count
        possible += longest_common(old, new)
    assert found > 0.97 * possible


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (["x", "y"] * 10_000, ["y", "x", "x"] * 6_000),
        ([str(at % 50) for at in range(20_000)], [str(at * 7 % 50) for at in range(20_000)]),
        ([str(at) for at in range(20_000)], [str(-at) for at in range(20_000)]),
    ],
)
def test_the_effort_for_hostile_texts_is_bounded(old: list[str], new: list[str]) -> None:
    matches = match_lines(old, new, effort=50_000)
    assert all(old[a : a + count] == new[b : b + count] for a, b, count in matches.found)


def _text(rnd: Random, words: list[str]) -> str:
    return "\n".join(rnd.choice(words) for _ in range(rnd.randrange(30))) + rnd.choice(["", "\n"])


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
@pytest.mark.parametrize("seed", range(12))
def test_git_applies_the_patch(seed: int, tmp_path: Path) -> None:
    rnd = Random(seed)
    names = ["a.go", "sub/b c.txt", "é.md", "d/e/f", 'q"x', "tab\tx", "same", "gone", "new", "empty"]
    words = ["one", "two", "", "x\r", "caf\xe9", "\tindented", *map(str, range(rnd.randrange(9)))]
    old: dict[str, bytes] = {}
    new: dict[str, bytes] = {}
    for name in names:
        text = _text(rnd, words)
        other = (
            _text(rnd, words)
            if rnd.random() < 0.3
            else "\n".join(line for line in text.split("\n") if rnd.random() < 0.9)
        )
        coding = rnd.choice(["utf-8", "latin-1"])
        if name != "new":
            old[name] = text.encode(coding)
        if name != "gone":
            new[name] = old[name] if name == "same" else other.encode(coding)
    for name in [
        name for name in names if (name in old and not old[name]) or (name in new and not new[name])
    ]:
        old.pop(name, None)  # git tells nothing apart by a patch of nothing
        new.pop(name, None)
    found = compare(
        zipped("v1.0.0", {**old, "b.bin": b"\0", "z.bin": b"\0"}), zipped("v1.1.0", {**new, "b.bin": b"\0\1"})
    )
    for name, data in old.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    patch = "".join(f"{line}\n" for one in found.files for line in patch_of(one))
    if patch:
        subprocess.run(
            ["git", "apply", "--whitespace=nowarn", "-"], cwd=tmp_path, check=True,
            input=patch.encode("utf-8", "surrogateescape"), env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        )  # fmt: skip
    after = {
        str(file.relative_to(tmp_path)): file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()
    }
    assert after == new


def test_what_cannot_be_compared_line_by_line_says_so() -> None:
    old = {"bin": b"\0\1", "big": b"x\n" * 30_000, "same": b"s", "gone": b"g\n"}
    new = {"bin": b"\0\2", "big": b"y\n" * 30_000, "same": b"s", "come": b"c\n"}
    found = compare(zipped("v1.0.0", old), zipped("v1.1.0", new))
    by_name = {one.name: one for one in found.files}
    assert found.same_files == 1
    assert by_name["bin"].why_not is Why.BINARY
    assert by_name["big"].why_not is Why.LARGE
    assert by_name["bin"].added is None
    assert (by_name["gone"].change, by_name["come"].change) == (Change.REMOVED, Change.ADDED)
    assert (found.added, found.removed) == (1, 1)
    assert list(patch_of(by_name["bin"])) == ["Binary files a/bin and b/bin differ"]


def test_the_same_files_packed_otherwise_are_the_same_to_go() -> None:
    files = {"a.go": b"package a\n" * 50, "b.go": b"package a\n"}
    one, other = zipped("v1.0.0", files), zipped("v1.0.0", files, method=STORED)
    found = compare(one, other)
    assert found.is_same
    assert not found.same_bytes
    assert found.old_h1 == found.new_h1 is not None
    assert compare(one, zipped("v1.0.0", files)).same_bytes


def test_a_damaged_file_does_not_hide_the_others() -> None:
    def damaged(crc: int | None) -> Archive:
        members = [Member(f"{PATH}@v1.0.0/a", b"a"), Member(f"{PATH}@v1.0.0/b", b"b", crc32=crc)]
        return look_over(environment("off"), PATH, "v1.0.0", "somebody", held(archive(*members)))

    found = compare(damaged(None), damaged(7))
    assert [(one.name, one.why_not) for one in found.files] == [("b", Why.UNREADABLE)]
    assert found.new_h1 is None
    assert found.files[0].new is not None
    assert found.files[0].new.problem == "zip: checksum error"


def test_what_is_no_zip_is_not_compared() -> None:
    page = look_over(environment("off"), PATH, "v1.0.0", "a portal", held(b"<html>"))
    with pytest.raises(GoError, match="a portal: zip: not a valid zip file"):
        compare(zipped("v1.0.0", {"a": b""}), page)


def test_the_effort_for_all_files_together_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(differences, "MOST_EFFORT", 3000)
    old = {f"f{at:03}": b"x\ny\n" * 200 for at in range(30)}
    new = dict.fromkeys(old, b"y\nx\nx\n" * 150)
    found = compare(zipped("v1.0.0", old), zipped("v1.1.0", new))
    assert len(found.files) == 30
    assert not found.files[-1].is_shortest
    assert found.files[-1].removed == 400, "the rest is told as gone and come"
