"""Bodies that come compressed: as Go's gzip Reader has them, and never much of them at once."""

from __future__ import annotations

import asyncio
import gzip
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from probes.demo.behaviour import Answer, Request
from probes.demo.server import World
from probes.golang.errors import GoError
from probes.net.answer import gunzip
from tests.kit_support import go, library, module_version, script
from tests.modtrace import clean_environment, modtrace

ZEROS = bytes(3 << 20)
NOISE = random.Random(1).randbytes(300_000)


async def _unpacked(body: bytes, step: int) -> list[bytes]:
    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(body), step):
            yield body[at:at + step]

    return [piece async for piece in gunzip(pieces())]


@pytest.mark.parametrize("step", [7, 4096, 1 << 24])
def test_several_files_in_a_row_are_one_body_and_come_in_small_pieces(step: int) -> None:
    body = gzip.compress(NOISE) + gzip.compress(ZEROS) + gzip.compress(b"") + gzip.compress(b"end")
    found = asyncio.run(_unpacked(body, step))
    assert b"".join(found) == NOISE + ZEROS + b"end"
    assert max(map(len, found)) <= 1 << 18


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (gzip.compress(b"ab") + b"something else", "gzip: invalid header"),
        (gzip.compress(b"ab") + b"\x1f", "unexpected EOF"),
        (gzip.compress(b"ab") + gzip.compress(b"cd")[:-3], "unexpected EOF"),
    ],
    ids=["no header", "a cut header", "a cut end"],
)
def test_what_comes_behind_a_file_is_another_one_or_an_error(body: bytes, words: str) -> None:
    with pytest.raises(GoError, match=f"^{words}$"):
        asyncio.run(_unpacked(body, 7))


def test_go_and_modtrace_save_the_same_go_mod(tmp_path: Path) -> None:
    honest = script([module_version("a.test/m", "v1.0.0", library("m"))])

    def in_two_files(request: Request) -> Answer:
        answer = honest.answer(request)
        if not request.target.endswith(".mod"):
            return answer
        body = gzip.compress(answer.body[:10]) + gzip.compress(answer.body[10:])
        return Answer(200, body, headers=(("Content-Encoding", "gzip"),))

    with World([in_two_files]) as world:
        proxy = world.urls[0]
        go(tmp_path, tmp_path / "home", "mod", "download", "a.test/m@v1.0.0", GOPROXY=proxy, GOSUMDB="off")
        done = modtrace(
            "download", "a.test/m@v1.0.0", "-o", "files",
            env=clean_environment(tmp_path / "us", GOPROXY=proxy), cwd=tmp_path,
        )  # fmt: skip
    assert done.returncode == 0
    name = "a.test/m/@v/v1.0.0.mod"
    ours, theirs = tmp_path / "files", tmp_path / "home/go/pkg/mod/cache/download"
    assert (ours / name).read_bytes() == (theirs / name).read_bytes()
