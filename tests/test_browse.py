"""The module browser's engine: who is asked, who never, and files that are whole or not there."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from probes.browse.asking import browse
from probes.browse.fetching import download
from probes.browse.proxies import file_name
from probes.browse.recorded import browse_event_from_json
from probes.browse.table import (
    BrowseEvent,
    BrowseFinished,
    BrowseStarted,
    Cell,
    ColumnKind,
    DownloadFinished,
    DownloadProgress,
    DownloadStarted,
    VersionTable,
    Wanted,
    browse_event_to_json,
)
from probes.demo.behaviour import Answer, Fault, Request, honest_answer
from probes.demo.content import simple_module
from probes.demo.server import Handler, World
from probes.demo.worlds import PATH, names, running, world_plan
from probes.golang.environment import Environment
from probes.golang.protocol import Op
from probes.net.limits import Limits
from probes.sources.environment_reader import read_environment
from tests.against_go.golang import go_command

MODULE = simple_module("m.test/Hello", "v1.0.0", "v1.2.0", "v1.10.0")
MODULES = {MODULE.path: MODULE}


def honest(request: Request) -> Answer:
    """A proxy that has the module."""
    return honest_answer(MODULES, request)


def missing(request: Request) -> Answer:
    """A proxy that has nothing."""
    return honest_answer({}, request)


def broken(request: Request) -> Answer:
    """A proxy that is broken."""
    return Answer(502, b"bad\n")


def environment(goproxy: str, **variables: str) -> Environment:
    """An environment without this machine's files."""
    return read_environment(process={"GOPROXY": goproxy, "GOENV": "off", **variables}, cwd="")


def run_browser(env: Environment, path: str = MODULE.path, *, ask_all: bool = False) -> VersionTable:
    """The table after a run of the browser; every event also goes through JSON and back."""
    table = VersionTable()
    events: list[BrowseEvent] = []
    limits = Limits(answer_s=5, stall_s=5)
    asyncio.run(browse(env, path, events.append, limits=limits, ask_all=ask_all))
    for event in events:
        table.apply(browse_event_from_json(json.loads(json.dumps(browse_event_to_json(event)))))
    assert isinstance(events[0], BrowseStarted)
    assert isinstance(events[-1], BrowseFinished)
    assert sum(isinstance(event, BrowseFinished) for event in events) == 1
    return table


def cells(table: VersionTable, version: str = "v1.2.0") -> list[Cell]:
    """What every proxy says of a version."""
    proxies = [state.column for state in table.columns if state.column.kind is ColumnKind.PROXY]
    return [table.cell(version, column.id) for column in proxies]


LISTED, NOT_LISTED, ERROR, NOT_ASKED = Cell.LISTED, Cell.NOT_LISTED, Cell.ERROR, Cell.NOT_ASKED


WALKS: list[tuple[Sequence[Handler], str, list[Cell]]] = [
    ((honest, honest), "{0},{1}", [LISTED, NOT_ASKED]),
    ((missing, honest), "{0},{1}", [ERROR, LISTED]),
    ((broken, honest), "{0},{1}", [ERROR, NOT_ASKED]),
    ((broken, honest), "{0}|{1}", [ERROR, LISTED]),
    ((missing, broken, honest), "{0},{1},{2}", [ERROR, ERROR, NOT_ASKED]),
    ((missing, honest), "{0},off,{1}", [ERROR, NOT_ASKED]),
    ((missing, honest), "{0},direct|{1}", [ERROR, NOT_ASKED]),
]


@pytest.mark.parametrize(("handlers", "goproxy", "wanted"), WALKS)
def test_only_whom_go_would_come_to_is_asked(
    handlers: Sequence[Handler], goproxy: str, wanted: list[Cell]
) -> None:
    with World(handlers) as world:
        table = run_browser(environment(goproxy.format(*world.urls)))
        assert cells(table) == wanted
        asked = {logged.proxy for logged in world.log}
        assert asked == {number for number, cell in enumerate(wanted) if cell is not NOT_ASKED}
        assert all(state.because for state in table.columns if state.answered is None)
        # What go asks for its choice as well: the newest version and its go.mod. Never a zip.
        assert {logged.request.op for logged in world.log} <= {Op.LIST, Op.LATEST, Op.INFO, Op.MOD}


@pytest.mark.parametrize("goproxy", ["{0},{1}", "{0},off,{1}", "{0},direct,{1}"])
def test_all_are_asked_when_the_caller_says_so(goproxy: str) -> None:
    with World([honest, honest]) as world:
        table = run_browser(environment(goproxy.format(*world.urls)), ask_all=True)
        assert cells(table) == [LISTED, LISTED]
        assert table.versions() == ["v1.10.0", "v1.2.0", "v1.0.0"]
        assert table.latest_at("v1.10.0") == [0, 1]


@pytest.mark.parametrize("ask_all", [False, True])
@pytest.mark.parametrize("variable", ["GOPRIVATE", "GONOPROXY"])
def test_a_private_path_is_never_told_to_anybody(ask_all: bool, variable: str) -> None:
    with World([honest, honest]) as world:
        env = environment("{},{}".format(*world.urls), **{variable: "m.test"})
        table = run_browser(env, ask_all=ask_all)
        assert cells(table) == [Cell.PRIVATE, Cell.PRIVATE]
        finished = fetch(env, Wanted("v1.2.0", Op.ZIP, 0), Path(os.devnull) / "nowhere")[-1]
        assert isinstance(finished, DownloadFinished)
        assert "private" in (finished.error or "")
        assert world.log == []


@pytest.mark.parametrize(
    ("goproxy", "path", "words"),
    [
        ("ftp://x", MODULE.path, "invalid proxy URL scheme"),
        (",", MODULE.path, "contains no entries"),
        ("https://proxy.test", "no dot", "malformed module path"),
    ],
)
def test_what_cannot_be_asked_says_why_in_gos_words(goproxy: str, path: str, words: str) -> None:
    table = run_browser(environment(goproxy), path)
    assert table.started is not None
    assert words in (table.started.error or "")


def test_the_worlds_of_the_demo_are_walked_as_go_walks_them() -> None:
    for name in names():
        if name == "hang":
            continue
        with running(world_plan(name)) as (world, variables):
            env = read_environment(process=variables, cwd="")
            run_browser(env, PATH)
            browsed = {logged.proxy for logged in world.log}
            world.log.clear()
            asyncio.run(_trace(env))
            listed = {log.proxy for log in world.log if log.request.op in (Op.LIST, Op.LATEST)}
            assert browsed == listed, name


async def _trace(env: Environment) -> None:
    from probes.trace.run import trace

    await trace(env, PATH, "latest", lambda event: None)


def test_cancelling_ends_with_an_event_and_closes_the_connection() -> None:
    async def cancelled(env: Environment) -> list[BrowseEvent]:
        events: list[BrowseEvent] = []
        asked = asyncio.Event()

        def emit(event: BrowseEvent) -> None:
            events.append(event)
            if event.kind == "browse.asked":
                asked.set()

        task = asyncio.create_task(browse(env, MODULE.path, emit))
        await asked.wait()
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return events

    with World([lambda request: Answer(fault=Fault.HANG)]) as world:
        events = asyncio.run(cancelled(environment(world.urls[0])))
    assert isinstance(events[-1], BrowseFinished)
    assert events[-1].cancelled


# -- files -------------------------------------------------------------------------------------------


def fetch(env: Environment, wanted: Wanted, folder: Path, path: str = MODULE.path) -> list[BrowseEvent]:
    """The events of one download."""
    events: list[BrowseEvent] = []
    asyncio.run(download(env, path, wanted, folder, events.append, limits=Limits(answer_s=5, stall_s=5)))
    assert sum(isinstance(event, DownloadFinished) for event in events) == 1
    return events


def left_in(folder: Path) -> list[str]:
    """Every file below a folder."""
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())


def test_files_make_a_tree_that_go_itself_can_use_as_a_proxy(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    with World([missing, honest]) as world:
        env = environment("{},{}".format(*world.urls))
        for op in (Op.INFO, Op.MOD, Op.ZIP):
            events = fetch(env, Wanted("v1.2.0", op, 1), tree)
            assert isinstance(events[0], DownloadStarted)
            finished = events[-1]
            assert isinstance(finished, DownloadFinished)
            assert finished.error is None
            assert finished.file == str(file_name(MODULE.path, "v1.2.0", op, tree))
            assert finished.bytes == Path(finished.file).stat().st_size
        assert {logged.proxy for logged in world.log} == {1}
    names = ("list", "v1.2.0.info", "v1.2.0.mod", "v1.2.0.zip")
    assert left_in(tree) == [*(f"m.test/!hello/@v/{name}" for name in names), "modtrace-manifest.json"]
    done = subprocess.run(
        [go_command(), "mod", "download", "-json", "m.test/Hello@v1.2.0"],
        cwd=tmp_path, capture_output=True, text=True,
        env={
            "PATH": os.environ["PATH"], "HOME": str(tmp_path), "GOPROXY": f"file://{tree}", "GOSUMDB": "off",
            "GOENV": "off", "GOFLAGS": "-modcacherw", "GOTOOLCHAIN": "local",
        },
    )  # fmt: skip
    assert json.loads(done.stdout)["Version"] == "v1.2.0", done.stderr


BAD: list[tuple[Op, Answer, str]] = [
    (Op.ZIP, Answer(404, b"not found: gone\n"), "404 Not Found\n\tserver response: not found: gone"),
    (Op.ZIP, Answer(200, b"<html>no zip</html>"), "zip: not a valid zip file"),
    (Op.ZIP, Answer(200, b"x" * 4000, fault=Fault.TRUNCATE), "unexpected EOF"),
    (Op.ZIP, Answer(fault=Fault.CLOSE), "EOF"),
    (Op.INFO, Answer(200, b"<html>"), "invalid character"),
    (Op.INFO, Answer(200, b'{"Version":"v9.9.9"}'), "info for version v9.9.9 instead of requested version"),
    (Op.MOD, Answer(200, b"x" * ((16 << 20) + 1)), "longer than 16 MiB"),
]


@pytest.mark.parametrize(("op", "answer", "words"), BAD)
def test_what_go_would_refuse_is_not_kept(tmp_path: Path, op: Op, answer: Answer, words: str) -> None:
    before = file_name(MODULE.path, "v1.2.0", op, tmp_path)
    before.parent.mkdir(parents=True)
    before.write_bytes(b"what was there before")
    with World([lambda request: answer]) as world:
        finished = fetch(environment(world.urls[0]), Wanted("v1.2.0", op, 0), tmp_path)[-1]
    assert isinstance(finished, DownloadFinished)
    assert finished.file is None
    assert words in (finished.error or "")
    assert left_in(tmp_path) == [str(before.relative_to(tmp_path))]
    assert before.read_bytes() == b"what was there before"


@pytest.mark.parametrize(
    ("path", "version"),
    [
        ("../../etc", "v1.0.0"),
        ("m.test/../x", "v1.0.0"),
        ("m.test/x", "../../v1.0.0"),
        ("m.test/x", "main"),
        ("m.test/x", "v1.0.0/../../y"),
        ("/m.test/x", "v1.0.0"),
    ],
)
def test_no_name_leads_out_of_the_folder(tmp_path: Path, path: str, version: str) -> None:
    folder = tmp_path / "in" / "side"
    with World([honest]) as world:
        finished = fetch(environment(world.urls[0]), Wanted(version, Op.MOD, 0), folder, path)[-1]
        assert world.log == []
    assert isinstance(finished, DownloadFinished)
    assert finished.error
    assert list(tmp_path.iterdir()) == []


def test_a_symbolic_link_does_not_lead_out_of_the_folder_either(tmp_path: Path) -> None:
    folder, outside = tmp_path / "tree", tmp_path / "outside"
    outside.mkdir()
    folder.mkdir()
    (folder / "m.test").symlink_to(outside)
    with World([honest]) as world:
        finished = fetch(environment(world.urls[0]), Wanted("v1.2.0", Op.MOD, 0), folder)[-1]
    assert isinstance(finished, DownloadFinished)
    assert "a symbolic link in" in (finished.error or "")
    assert list(outside.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_an_error_not_a_crash(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with World([honest]) as world:
        env = environment(world.urls[0])
        finished = fetch(env, Wanted("v1.2.0", Op.MOD, 0), tmp_path / "file" / "tree")[-1]
    assert isinstance(finished, DownloadFinished)
    assert "not a directory" in (finished.error or "")


def test_a_cancelled_download_leaves_nothing_and_tells_how_far_it_came(tmp_path: Path) -> None:
    async def cancelled(env: Environment) -> list[BrowseEvent]:
        events: list[BrowseEvent] = []
        moving = asyncio.Event()

        def emit(event: BrowseEvent) -> None:
            events.append(event)
            if isinstance(event, DownloadProgress):
                moving.set()

        task = asyncio.create_task(
            download(env, MODULE.path, Wanted("v1.2.0", Op.ZIP, 0), tmp_path, emit)
        )
        await moving.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return events

    with World([lambda request: Answer(200, b"x" * 100_000, fault=Fault.DRIP)]) as world:
        events = asyncio.run(cancelled(environment(world.urls[0])))
    finished = events[-1]
    assert isinstance(finished, DownloadFinished)
    assert finished.cancelled
    assert finished.file is None
    assert left_in(tmp_path) == []
    table = VersionTable()
    table.apply(BrowseStarted(0, MODULE.path, ()))
    for event in events:
        table.apply(event)
    (state,) = table.downloads.values()
    assert state.total == 100_000
    assert 0 < state.received < 100_000
