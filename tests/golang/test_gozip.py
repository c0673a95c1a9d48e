"""Zip archives, by archive/zip's verdicts."""

from __future__ import annotations

import io
import struct
import tracemalloc
import warnings
import zipfile
import zlib
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.golang import flate
from probes.golang.errors import GoError
from probes.golang.gozip import (
    EOF,
    ERR_ALGORITHM,
    ERR_CHECKSUM,
    ERR_FORMAT,
    UNEXPECTED_EOF,
    ZipEntry,
    read_directory,
)
from tests.golang.archives import STORED, Member, archive, deflate


def entries_of(data: bytes) -> list[ZipEntry]:
    return read_directory(io.BytesIO(data), len(data), name="x.zip")


def contents(data: bytes) -> list[bytes]:
    return [b"".join(entry.open()) for entry in entries_of(data)]


def refusal(data: bytes) -> str:
    """What reading the archive, or else one of its entries, fails with."""
    with pytest.raises(GoError) as caught:
        contents(data)
    return str(caught.value)


HELLO = Member("hello", b"hello, world\n" * 40)


@pytest.mark.parametrize("method", [0, 8])
def test_contents(method: int) -> None:
    data = archive(Member("a", b"x" * 100, method), Member("b/", b"", STORED), Member("", b"y", method))
    assert contents(data) == [b"x" * 100, b"", b"y"]
    assert [entry.name for entry in entries_of(data)] == ["a", "b/", ""]


def test_no_archive() -> None:
    assert refusal(b"") == ERR_FORMAT
    assert refusal(b"<html>captive portal</html>") == ERR_FORMAT
    assert refusal(archive(HELLO)[:-1]) == ERR_FORMAT


def test_an_empty_archive_needs_room_for_its_directory() -> None:
    # The directory of no entries starts at its own end record, and that is inside of the file.
    assert entries_of(archive()) == []


def test_the_end_record_is_sought_in_the_last_65_kib() -> None:
    assert len(entries_of(archive(HELLO, comment=b"c" * 65_000))) == 1
    assert refusal(archive(HELLO) + b"\0" * 66_600) == ERR_FORMAT


def test_a_comment_cut_short_hides_the_record() -> None:
    assert refusal(archive(HELLO, comment=b"comment")[:-3]) == ERR_FORMAT


@pytest.mark.parametrize("zip64", [False, True])
def test_bytes_before_the_archive_are_allowed_for(zip64: bool) -> None:
    assert contents(archive(HELLO, before=b"#!/bin/sh\n", zip64=zip64)) == [HELLO.data]


def test_a_directory_that_is_where_it_says_wins_over_the_arithmetic() -> None:
    # Junk between directory and end record looks like a prefix to the sum of sizes.
    data = archive(HELLO)
    assert contents(data[:-22] + b"junk" + data[-22:]) == [HELLO.data]


def test_names_are_bytes() -> None:
    assert [entry.name for entry in entries_of(archive(Member("caf\udce9"), Member("café")))] == [
        "caf\udce9",
        "café",
    ]


def test_the_number_of_entries_counts_modulo_65536() -> None:
    many = [Member("a", method=STORED)] * 65_537
    assert len(entries_of(archive(*many))) == 65_537
    assert refusal(archive(HELLO, HELLO, records=1)) == UNEXPECTED_EOF
    # 46 bytes that are no header follow: then it is the format that is wrong.
    assert refusal(archive(HELLO, HELLO, records=1, comment=b"c" * 30)) == ERR_FORMAT


def test_a_directory_that_ends_with_the_file_is_an_end_of_file() -> None:
    # The "end record" is the name of the last entry: after it, nothing is left to stop at.
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 1, 1, 46, 0, 0)
    header = Member(end.decode("latin-1")).header(0)[:46]
    assert refusal(header + end) == EOF


def test_zip64_sizes_and_offsets() -> None:
    large = 0xFFFFFFFF
    body = deflate(HELLO.data)
    extra = struct.pack("<HHHHQQQ", 0x9999, 0, 1, 24, len(HELLO.data), len(body), 0)
    assert contents(
        archive(
            Member(
                "a",
                HELLO.data,
                size=large,
                compressed_size=large,
                offset=large,
                extra=extra,
            )
        )
    ) == [HELLO.data]
    short = struct.pack("<HHQ", 1, 8, len(HELLO.data))
    assert refusal(archive(Member("a", size=large, compressed_size=large, extra=short))) == ERR_FORMAT


def test_hostile_offsets() -> None:
    assert refusal(archive(Member("a", offset=10_000))) == EOF
    assert refusal(archive(Member("a", offset=7))) == ERR_FORMAT
    negative = struct.pack("<HHq", 1, 8, -5)
    assert refusal(archive(Member("a", offset=0xFFFFFFFF, extra=negative))) == "readat x.zip: negative offset"


def test_a_zip64_end_record_must_be_one() -> None:
    data = bytearray(archive(HELLO, zip64=True))
    data[data.index(b"PK\x06\x06")] ^= 1
    assert refusal(bytes(data)) == ERR_FORMAT


def test_methods() -> None:
    assert refusal(archive(Member("a", b"x", method=12, body=b"x"))) == ERR_ALGORITHM


def test_a_directory_must_be_empty() -> None:
    assert contents(archive(Member("d/", method=99, body=b"odd", size=0, crc32=0))) == [b""]
    assert refusal(archive(Member("d/", b"x"))) == ERR_FORMAT


def test_checksums() -> None:
    assert refusal(archive(Member("a", b"x", crc32=1))) == ERR_CHECKSUM
    assert contents(archive(Member("a", b"x", crc32=0))) == [b"x"]
    good = struct.pack("<III", zlib.crc32(b"x"), 9, 9)
    for descriptor in (good, b"PK\x07\x08" + good):
        assert contents(archive(Member("a", b"x", flags=8, descriptor=descriptor))) == [b"x"]
    assert refusal(archive(Member("a", b"x", flags=8, descriptor=b"\0" * 12))) == ERR_CHECKSUM
    assert refusal(archive(Member("a", b"x", flags=8, crc32=0, descriptor=b"\0" * 12))) == ERR_CHECKSUM
    truncated = archive(Member("a", b"x", STORED, flags=8, compressed_size=95))
    assert refusal(truncated) == ERR_FORMAT


@pytest.mark.parametrize("method", [0, 8])
def test_contents_of_another_size_than_declared(method: int) -> None:
    assert refusal(archive(Member("a", b"abc", method, size=2))) == ERR_FORMAT
    assert refusal(archive(Member("a", b"abc", method, size=4))) == UNEXPECTED_EOF


def test_truncated_stream() -> None:
    body = deflate(HELLO.data)[:-3]
    assert refusal(archive(Member("a", HELLO.data, body=body))) == UNEXPECTED_EOF
    # More than was declared comes out before the stream breaks off.
    assert refusal(archive(Member("a", HELLO.data, body=body, size=1))) == ERR_FORMAT


@pytest.mark.parametrize(
    ("body", "offset"),
    [
        (b"\x07", 1),  # block type 3
        (b"\x01\x05\x00\x00\x00", 5),  # stored length and its complement disagree
        (b"\x03\x02", 2),  # a distance further back than there are bytes
        (b"\xfd\xff\x01", 3),  # 288 literal codes
        (b"\x05\x00\x04\x00", 4),  # an incomplete code for the code lengths
        (b"\x05\x00\x02\x00", 4),  # the first code length repeats the one before it
    ],
)
def test_where_a_stream_is_corrupt(body: bytes, offset: int) -> None:
    member = Member("a", b"x" * 99, body=body + b"\0" * 9)
    assert refusal(archive(member)) == f"flate: corrupt input before offset {offset}"


def test_beyond_the_limit_zlib_tells_the_offset(monkeypatch: pytest.MonkeyPatch) -> None:
    text = b" ".join(str(i).encode() for i in range(5000))
    body = bytearray(deflate(text))
    body[len(body) // 2] ^= 0x55
    damaged = archive(Member("a", text, body=bytes(body)))
    exact = refusal(damaged)
    assert exact.startswith("flate: corrupt input before offset ")
    monkeypatch.setattr(flate, "RETRACE_LIMIT", 0)
    assert refusal(damaged) == exact


def test_a_bomb_is_left_at_its_declared_size() -> None:
    bomb = archive(Member("a", b"\0" * (64 << 20), size=100_000))
    tracemalloc.start()
    assert refusal(bomb) == ERR_FORMAT
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 << 20


def test_contents_come_in_small_pieces() -> None:
    data = archive(Member("a", b"\0" * (8 << 20)))
    assert max(map(len, entries_of(data)[0].open())) <= 1 << 16


NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(NAMES, st.binary(max_size=400), st.sampled_from([0, 8])), max_size=8),
    st.binary(max_size=9),
)
def test_what_python_writes_go_reads(files: list[tuple[str, bytes, int]], before: bytes) -> None:
    sink = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(sink, "w") as writer:
        warnings.simplefilter("ignore")
        for name, data, method in files:
            writer.writestr(zipfile.ZipInfo(name), data if not name.endswith("/") else b"", method)
    archived = before + sink.getvalue()
    assert [entry.name for entry in entries_of(archived)] == [name for name, _, _ in files]
    assert contents(archived) == [b"" if name.endswith("/") else data for name, data, _ in files]


@settings(deadline=None, max_examples=150)
@given(st.binary(max_size=200), st.integers(0, 400), st.binary(max_size=8))
def test_any_bytes_give_contents_or_a_go_error(data: bytes, at: int, patch: bytes) -> None:
    good = bytearray(archive(HELLO, Member("b", data, STORED)))
    good[at : at + len(patch)] = patch
    for hostile in (bytes(good), data, data + archive(HELLO)[-22:]):
        with suppress(GoError):
            assert isinstance(contents(hostile), list)
