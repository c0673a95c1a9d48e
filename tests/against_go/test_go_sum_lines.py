"""go.sum files of any bytes: what is read of them, as the real go reads it, and never a crash."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probes.sums.own_faults import own_faults
from probes.sums.sum_findings import Fault, mending
from probes.sums.sum_lines import MOST_LINES, MOST_MALFORMED, SumBook, SumFile, parse_sum_file
from tests.against_go.sum_projects import A, B, C, D, GoProject, tidy_project
from tests.against_go.test_go_sum_faults import OTHER, without


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GoProject]:
    with tidy_project(tmp_path_factory.mktemp("lines")) as found:
        yield found


SPACE = st.sampled_from(
    [b" ", b"\t", b"  ", b"\xc2\xa0", b"\xc2\x85", b"\xe3\x80\x80", b"\x0b", b"\x0c", b" \r"]
)
GLUE = st.sampled_from([b" ", b"\xc2\xad", b"\x00", b"\x1c", b"\xa0", b"\xe2\x80\x8b", b"\xef\xbb\xbf", b"_"])
SUMS = st.sampled_from([OTHER, b"h1:x", b"h2:x", b"x", b"h1:", b"h1:" + b"B" * 43 + b"="])
WORD = st.one_of(
    st.sampled_from([path.encode() for path in (A, B, C, D)]),
    st.sampled_from([b"v1.0.0", b"v1.1.0", b"v1.2.0", b"v1.0.0/go.mod", b"<<<<<<<", b"=======", b">>>>>>>"]),
    SUMS,
    st.binary(min_size=1, max_size=6),
)
RECORD = st.tuples(
    st.sampled_from([(A, "v1.0.0"), (B, "v1.1.0"), (C, "v1.2.0"), (C, "v1.0.0"), (D, "v1.0.0")]), SPACE, SUMS,
    st.one_of(SPACE, GLUE),
).map(lambda one: one[0][0].encode() + one[1] + one[0][1].encode() + one[3] + one[2])  # fmt: skip
LINE = st.one_of(
    RECORD, RECORD, RECORD, st.just(b""), st.lists(st.one_of(WORD, SPACE, GLUE), max_size=6).map(b"".join)
)


def recorded(book: SumBook, path: str, version: str) -> str | None:
    """modfetch RecordedSum: one hash, and none where two differ."""
    sums = {line.sum for line in book.files[0].lines if line.is_heeded and line.key == (path, version)}
    sums = {one for one in sums if one.startswith("h1:")}
    return sums.pop() if len(sums) == 1 else None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(LINE, max_size=8), ends=st.sampled_from([b"\n", b"\r\n", b"\n\n"]))
def test_what_go_reads_is_what_we_read(project: GoProject, lines: list[bytes], ends: bytes) -> None:
    go_mods = [
        f"{path} {number}" for path, number in ((A, "v1.0.0"), (B, "v1.1.0"), (C, "v1.2.0"), (D, "v1.0.0"))
    ]
    good = getattr(project, "good", None) or project.sum()
    project.good = good  # type: ignore[attr-defined]
    head = without(good, *(f"{one} " for one in go_mods))
    text = head + ends.join(lines)
    project.write({"go.sum": text})
    book = SumBook()
    book([project.folder / "go.sum"])
    faults = list(own_faults(book))
    mending(faults)
    done = project.run("go list -m -json all")
    stopped = [one.go_says for one in faults if one.go_says.startswith("malformed go.sum")]
    if done.returncode:
        assert done.stderr == stopped[0] + "\n", text
        return
    assert not stopped, text
    decoder, rest, found = json.JSONDecoder(), done.stdout.strip(), []
    while rest:
        one, end = decoder.raw_decode(rest)
        found.append(one)
        rest = rest[end:].lstrip()
    ours = {
        (one["Path"], one["Version"]): recorded(book, one["Path"], one["Version"])
        for one in found
        if "Version" in one
    }
    theirs = {(one["Path"], one["Version"]): one.get("Sum") for one in found if "Version" in one}
    shown = {key: None if one is None else one.encode("utf-8", "replace") for key, one in ours.items()}
    assert shown == {
        key: None if one is None else one.encode("utf-8", "replace") for key, one in theirs.items()
    }, text


def read(data: bytes) -> SumFile:
    file = SumFile(Path("go.sum"), "go.sum")
    parse_sum_file(file, data)
    return file


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(max_size=400), st.lists(LINE, max_size=20).map(b"\n".join)))
def test_no_bytes_are_too_much(data: bytes) -> None:
    book = SumBook()
    book.files = [read(data)]
    for one in own_faults(book):
        json.dumps(one.to_json())
        assert one.line <= data.count(b"\n") + 1


def test_a_file_without_end_is_read_to_where_it_makes_sense() -> None:
    few = read(b"x\n" * (MOST_LINES + 10))
    assert few.malformed > MOST_MALFORMED
    assert len(few.lines) == MOST_MALFORMED
    many = read(b"a v1 h1:x\n" * (MOST_LINES + 10))
    assert (len(many.lines), many.left_out) == (MOST_LINES, MOST_LINES + 1)
    assert read(b"\n" * 1000 + b"a v1.0.0 h1:x").lines[0].number == 1001
    assert len(read(b"word " * 100_000).lines[0].text) <= 200


def test_files_that_are_none(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    book = SumBook()
    book([tmp_path / name for name in ("fifo", "folder", "loop", "nothing")])
    assert [bool(file.problem) for file in book.files] == [True, True, True, False]
    assert not book.files[3].exists
    assert [one.fault for one in own_faults(book)] == [Fault.UNREADABLE] * 3
