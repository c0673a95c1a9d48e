"""The capability row against loopback proxies that can some things and not others."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from probes.demo.behaviour import PORTAL_HTML, Answer, Request, Script
from probes.demo.content import simple_module
from probes.demo.server import World
from probes.golang.protocol import Op
from probes.golang.urls import parse_url
from probes.ladder.capability import (
    NOBODY_HAS,
    TOOLCHAIN,
    TOOLCHAIN_VERSION,
    Can,
    CapabilityCell,
    CapabilityQuestion,
    CapabilityRow,
    cells,
    ipv6_cell,
    learn_capability,
)
from tests.against_go.compare import authority, authority_file
from tests.h2_server import H2Proxy
from tests.ladder.climbing import PATH, QUICK, VERSION
from tests.ladder.sockets import closed_port, hang, serving
from tests.tls_servers import issued

MODULE = simple_module(PATH, VERSION)
ROOTS = {"SSL_CERT_FILE": str(authority_file()), "SSL_CERT_DIR": str(authority_file().parent / "none")}
QUESTION = CapabilityQuestion(PATH, VERSION)
LONG = replace(QUICK, answer_s=5.0, stall_s=5.0)
FILES = ("list", "latest", "info", "mod", "zip")
Handler = Callable[[Request], Answer]


def goproxy(*, sumdb: bool = True, toolchain: bool = True, honours: bool = True) -> Handler:
    """A module proxy as goproxy/goproxy answers, with parts of it left out."""
    modules = {PATH: MODULE}
    if toolchain:
        modules[TOOLCHAIN] = simple_module(TOOLCHAIN, TOOLCHAIN_VERSION)
    script = Script(modules)

    def answer(request: Request) -> Answer:
        if request.op is Op.SUM:
            return Answer(200 if sumdb and request.target.endswith("/supported") else 404)
        good = script.answer(request)
        if good.status == 404 and honours and request.headers.get("disable-module-fetch") == "true":
            return Answer(404, b"not found: temporarily unavailable")
        return good

    return answer


async def learn(
    base: str, variables: Mapping[str, str] = ROOTS, question: CapabilityQuestion = QUESTION, **more: Any
) -> CapabilityRow:
    """The row, and what must hold of any."""
    rows: list[CapabilityRow] = []
    row = await learn_capability(
        question, parse_url(base), variables, more.pop("limits", LONG), rows.append, **more
    )
    assert rows[-1] == row
    known = [sum(cell.cell.note != "not asked yet" for cell in cells(one)) for one in rows]
    assert known == sorted(known), "a cell that is known stays known"
    assert all(cell.cell.note != "not asked yet" for cell in cells(row))
    said = json.loads(json.dumps(row.to_json()))
    assert set(said) >= {*FILES, "sumdb", "toolchain", "cached_only", "http2", "ipv6", "software"}
    return row


def verdicts(row: CapabilityRow) -> dict[str, Can]:
    return {cell.name: cell.cell.can for cell in cells(row)}


async def test_a_proxy_that_can_everything() -> None:
    with World([goproxy()]) as world:
        row = await learn(world.urls[0])
        targets = [logged.request.target for logged in world.log]
    assert verdicts(row) == {
        **dict.fromkeys(FILES, Can.YES), "sumdb": Can.YES, "toolchain": Can.YES, "cached_only": Can.YES,
        "http2": Can.NO, "ipv6": Can.NO,
    }  # fmt: skip
    assert all(cell.cell.status in (200, 404, None) for cell in cells(row))
    assert row.info.seconds is not None
    assert row.info.seconds > 0
    assert row.info.note == ""
    assert row.serves == "goproxy, perhaps"
    assert len(targets) == len(set(targets)) == 8, "each question is asked once"


async def test_what_is_sent_is_what_go_sends() -> None:
    with World([goproxy()]) as world:
        await learn(world.urls[0])
        asked = [logged.request for logged in world.log]
    for request in asked:
        assert request.headers["user-agent"].startswith("GoCommand/1 ")
        assert "range" not in request.headers
    only = [request.target for request in asked if "disable-module-fetch" in request.headers]
    assert only == [f"/{PATH}/@v/{NOBODY_HAS}.info"]


async def test_a_base_with_a_path_and_a_path_with_capitals() -> None:
    with World([lambda request: Answer(404)]) as world:
        await learn(world.urls[0] + "/api/go/remote/", question=CapabilityQuestion("m.test/Xy", "v1.0.0"))
        targets = {logged.request.target for logged in world.log}
    assert "/api/go/remote/m.test/%21xy/@v/list" in targets
    assert "/api/go/remote/sumdb/sum.golang.org/supported" in targets
    assert f"/api/go/remote/{TOOLCHAIN}/@v/list" in targets


async def test_a_mirror_without_checksums_and_toolchains() -> None:
    with World([goproxy(sumdb=False, toolchain=False, honours=False)]) as world:
        row = await learn(world.urls[0])
    assert (row.sumdb.can, row.toolchain.can) == (Can.NO, Can.NO)
    assert (row.sumdb.status, row.toolchain.status) == (404, 404)
    assert row.cached_only.can is Can.NO
    assert row.cached_only.note == "it went and looked all the same"


async def test_toolchains_without_a_list() -> None:
    script = Script(
        {TOOLCHAIN: simple_module(TOOLCHAIN, TOOLCHAIN_VERSION)}, {Op.LIST: lambda request, good: Answer(404)}
    )
    with World([script.answer]) as world:
        row = await learn(world.urls[0])
    assert row.toolchain.can is Can.YES
    assert row.toolchain.note == "no list, but files"


@pytest.mark.parametrize(
    ("body", "vary", "status", "can"),
    [
        (b"not found: temporarily unavailable", "", 404, Can.YES),
        (b"not found", "Disable-Module-Fetch", 404, Can.YES),
        (b"not found: m.test/x@v0: invalid version: unknown revision 0123456789ab", "", 404, Can.NO),
        (b"not found: fetch timed out", "", 404, Can.NO),
        (b"not found", "", 404, Can.UNKNOWN),
        (b"", "", 403, Can.UNKNOWN),
        (b"", "", 500, Can.UNKNOWN),
        (b"{}", "", 200, Can.NO),
    ],
)
async def test_whether_it_honours_a_request_not_to_fetch(
    body: bytes, vary: str, status: int, can: Can
) -> None:
    headers = (("Vary", vary),) if vary else ()
    with World([lambda request: Answer(status, body, headers=headers)]) as world:
        row = await learn(world.urls[0])
    assert row.cached_only.can is can
    assert row.cached_only.status == status


@pytest.mark.parametrize(
    ("status", "can"),
    [(404, Can.NO), (410, Can.NO), (401, Can.NO), (403, Can.NO), (418, Can.NO), (429, Can.UNKNOWN), (500, Can.UNKNOWN), (504, Can.UNKNOWN)],
)  # fmt: skip
async def test_statuses(status: int, can: Can) -> None:
    with World([lambda request: Answer(status)]) as world:
        row = await learn(world.urls[0])
    for name in (*FILES, "sumdb", "toolchain"):
        cell: CapabilityCell = getattr(row, name)
        assert (cell.can, cell.status) == (can, status), name
        assert str(status) in cell.note


async def test_a_portal_can_nothing() -> None:
    """Everything is 200, and nothing is what go needs."""
    with World([lambda request: Answer(200, PORTAL_HTML, "text/html")]) as world:
        row = await learn(world.urls[0])
    for name in (*FILES, "sumdb", "toolchain"):
        cell: CapabilityCell = getattr(row, name)
        assert (cell.can, cell.status) == (Can.NO, 200), name
        assert "portal" in cell.note, name


async def test_an_empty_list_is_a_list() -> None:
    with World([Script({PATH: replace(MODULE, versions=())}).answer]) as world:
        row = await learn(world.urls[0])
    assert (row.list.can, row.list.note) == (Can.YES, "the list is empty")


async def test_silence_is_unknown() -> None:
    async with serving(hang) as port:
        row = await learn(f"http://127.0.0.1:{port}", limits=QUICK)
    for name in (*FILES, "sumdb", "toolchain", "cached_only"):
        cell: CapabilityCell = getattr(row, name)
        assert (cell.can, cell.status) == (Can.UNKNOWN, None), name
        assert "for ever" in cell.note


async def test_nobody_there_is_unknown() -> None:
    with closed_port() as port:
        row = await learn(f"https://127.0.0.1:{port}")
    assert set(verdicts(row).values()) == {Can.UNKNOWN, Can.NO}
    assert [name for name, can in verdicts(row).items() if can is Can.NO] == ["ipv6"]
    assert "connection refused" in row.info.note


async def test_a_zip_that_does_not_end_is_dropped() -> None:
    gone = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if b".zip " not in head:
            writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\nPK\x03\x04" + b"x" * 8192)
        while await reader.read(100):
            pass
        gone.set()

    async with serving(talk) as port:
        row = await learn(f"http://127.0.0.1:{port}")
        async with asyncio.timeout(20):
            await gone.wait()
    assert row.zip.can is Can.YES


# -- HTTP/2 and IPv6 ----------------------------------------------------------------------------------------


async def test_http2() -> None:
    with H2Proxy(goproxy(), issued(authority(), "127.0.0.1")) as proxy:
        row = await learn(f"https://127.0.0.1:{proxy.port}")
    assert row.http2.can is Can.YES
    assert row.info.can is Can.YES


async def test_https_without_http2() -> None:
    with World([goproxy()], tls=issued(authority(), "127.0.0.1")) as world:
        row = await learn(world.urls[0])
    assert row.http2.can is Can.NO
    assert "HTTP/1.1" in row.http2.note


async def test_ipv6() -> None:
    with World([goproxy()], host="::1") as world:
        row = await learn(world.urls[0])
    assert row.ipv6.can is Can.YES
    assert row.info.can is Can.YES


@pytest.mark.parametrize(
    ("base", "variables", "can", "why"),
    [
        ("http://127.0.0.1:1", {}, Can.NO, "no IPv6 address"),
        (
            "http://modules.test",
            {"HTTP_PROXY": "http://127.0.0.1:1"},
            Can.UNKNOWN,
            "an HTTP proxy makes the connections",
        ),
        ("http://modules.test", {"HTTP_PROXY": "http://p", "REQUEST_METHOD": "GET"}, Can.UNKNOWN, "CGI"),
    ],
)
async def test_ipv6_elsewhere(base: str, variables: dict[str, str], can: Can, why: str) -> None:
    cell = await ipv6_cell(parse_url(base), variables, QUICK)
    assert cell.can is can
    assert why in cell.note


async def test_ipv6_that_refuses() -> None:
    with closed_port("::1") as port:
        cell = await ipv6_cell(parse_url(f"http://[::1]:{port}"), {}, QUICK)
    assert cell.can is Can.NO
    assert "connection refused" in cell.note


# -- care ---------------------------------------------------------------------------------------------------


async def test_what_no_url_can_be_made_of_is_not_asked() -> None:
    with World([goproxy()]) as world:
        for question in (CapabilityQuestion("bad path", "v1.0.0"), CapabilityQuestion(PATH, "v1!0")):
            row = await learn(world.urls[0], question=question)
            assert set(verdicts(row).values()) == {Can.UNKNOWN}
        assert world.log == []


async def test_secrets_are_not_shown() -> None:
    with World([goproxy()], tls=issued(authority(), "127.0.0.1")) as world:
        base = world.urls[0].replace("https://", "https://me:hunter2@")
        row = await learn(base, authorization=lambda url: "Basic c2VjcmV0OmtleQ==")
    everything = json.dumps(row.to_json()) + repr(row)
    assert "hunter2" not in everything
    assert "c2VjcmV0" not in everything
    assert row.info.can is Can.YES


async def test_cancelled_in_the_middle() -> None:
    """Every connection is closed: the server sees each of them end."""
    opened, closed = 0, 0
    three, all_gone = asyncio.Event(), asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal opened, closed
        opened += 1
        if opened == 3:
            three.set()
        try:
            while await reader.read(1000):
                pass
        finally:
            closed += 1
            if closed == opened:
                all_gone.set()

    async with serving(talk) as port:
        base = parse_url(f"http://127.0.0.1:{port}")
        task = asyncio.ensure_future(learn_capability(QUESTION, base, {}, LONG))
        async with asyncio.timeout(20):
            await three.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with asyncio.timeout(20):
            await all_gone.wait()
    assert closed == opened


async def test_an_error_of_the_listener_comes_out() -> None:
    def broken(row: CapabilityRow) -> None:
        raise RuntimeError("the listener's own")

    with World([goproxy()]) as world, pytest.raises(RuntimeError, match="listener"):
        await learn_capability(QUESTION, parse_url(world.urls[0]), {}, LONG, broken)
