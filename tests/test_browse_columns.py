"""The columns beside the lists: this machine's, one version by name, what go would choose; hostile answers."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from probes.browse.asking import ask_infos, ask_version, browse
from probes.browse.recorded import browse_event_from_json
from probes.browse.saved import SaveEvent, VersionFailed, VersionSaved, Want
from probes.browse.saving import Plan, save
from probes.browse.table import (
    BrowseEvent,
    BrowseStarted,
    Cell,
    Choice,
    ColumnAnswered,
    ColumnKind,
    Origin,
    VersionAnswered,
    VersionAsked,
    VersionTable,
    browse_event_to_json,
)
from probes.demo.behaviour import Answer, Fault, Request, honest_answer
from probes.demo.content import Module, ModuleVersion, simple_module
from probes.demo.server import World
from probes.diagnosis.traced import traced
from probes.golang import semver
from probes.golang.environment import Environment
from probes.golang.protocol import Op
from probes.net.limits import Limits
from probes.sources.environment_reader import read_environment
from probes.sources.remembered import Memory
from probes.trace.fold import Trace
from tests.origins import Commit, Page, serving
from tests.origins import Origin as Repositories

PATH = "m.test/Hello"
MODULE = simple_module(PATH, "v1.0.0", "v1.2.0", "v1.10.0")
LIMITS = Limits(answer_s=5, stall_s=5)


def honest(request: Request) -> Answer:
    """A proxy that has the module."""
    return honest_answer({PATH: MODULE}, request)


def missing(request: Request) -> Answer:
    """A proxy that has nothing."""
    return honest_answer({}, request)


def broken(request: Request) -> Answer:
    """A proxy that is broken."""
    return Answer(502, b"bad\n")


def environment(goproxy: str, cwd: Path | str = "", **variables: str) -> Environment:
    """An environment without this machine's files."""
    return read_environment(process={"GOPROXY": goproxy, "GOENV": "off", **variables}, cwd=str(cwd))


def browsed(
    env: Environment,
    path: str = PATH,
    *,
    ask_all: bool = False,
    reach_direct: bool = False,
    run: bool = False,
) -> VersionTable:
    """The table; every event goes through JSON and back."""
    table = VersionTable()

    def emit(event: BrowseEvent) -> None:
        table.apply(browse_event_from_json(json.loads(json.dumps(browse_event_to_json(event)))))

    asyncio.run(browse(env, path, emit, limits=LIMITS, ask_all=ask_all, reach_direct=reach_direct, run=run))
    return table


def by_name(env: Environment, version: str, *, ask_all: bool = False) -> list[BrowseEvent]:
    """What ask_version says."""
    events: list[BrowseEvent] = []
    asyncio.run(ask_version(env, PATH, version, events.append, limits=LIMITS, ask_all=ask_all))
    asked = [(e.column, e.version) for e in events if isinstance(e, VersionAsked)]
    answered = [(e.column, e.version) for e in events if isinstance(e, VersionAnswered)]
    assert sorted(asked) == sorted(answered)
    return events


def answers(events: list[BrowseEvent]) -> dict[int, VersionAnswered]:
    """The answers by column."""
    return {event.column: event for event in events if isinstance(event, VersionAnswered)}


def of_kind(table: VersionTable, kind: ColumnKind) -> int:
    """The number of the one column of this kind."""
    (found,) = [state.column.id for state in table.columns if state.column.kind is kind]
    return found


# -- this machine ------------------------------------------------------------------------------------


def fill_cache(folder: Path) -> None:
    """A module cache with a version, one of which only the go.mod is there, and other things."""
    versions = folder / "cache/download/m.test/!hello/@v"
    versions.mkdir(parents=True)
    info = {"Version": "v1.2.0", "Time": "2024-01-02T03:04:06Z", "Origin": {"VCS": "git", "URL": "u"}}
    (versions / "v1.2.0.info").write_text(json.dumps(info))
    for name in (
        "v1.2.0.mod",
        "v1.2.0.zip",
        "v1.0.0.mod",
        "v1.0.0.lock",
        "list",
        "not a version.info",
        "!!.mod",
    ):
        (versions / name).write_text("")
    (versions / "v3.0.0.info").mkdir()
    os.mkfifo(versions / "v1.9.0.info")


def test_the_module_cache_and_go_sum_stand_beside_the_proxies(tmp_path: Path) -> None:
    fill_cache(tmp_path / "cache")
    below = tmp_path / "project/below"
    below.mkdir(parents=True)
    (tmp_path / "project/go.mod").write_text("module p.test\n")
    (tmp_path / "project/go.sum").write_text(
        f"{PATH} v1.10.0 h1:x=\n{PATH} v1.10.0/go.mod h1:x=\n{PATH} v0.5.0/go.mod h1:x=\n"
        f"other.test v9.0.0 h1:x=\nno line\n{PATH} nonsense h1:x=\n"
    )
    with World([honest]) as world:
        env = environment(world.urls[0], below, GOMODCACHE=str(tmp_path / "cache"))
        table = browsed(env)
    cache, go_sum = of_kind(table, ColumnKind.CACHE), of_kind(table, ColumnKind.GO_SUM)
    said = {n: answered for n in (cache, go_sum) if (answered := table.columns[n].answered)}
    assert said[cache].versions == ("v1.0.0", "v1.2.0")
    assert said[cache].only_mod == ("v1.0.0",)
    assert said[go_sum].versions == ("v0.5.0", "v1.10.0")
    assert said[go_sum].only_mod == ("v0.5.0",)
    assert table.cell("v1.2.0", cache) is Cell.LISTED
    assert table.cell("v1.2.0", go_sum) is Cell.NOT_LISTED
    assert table.versions() == ["v1.10.0", "v1.2.0", "v1.0.0", "v0.5.0"]
    found = answers(by_name(env, "v1.2.0"))
    assert found[cache].time == "2024-01-02T03:04:06Z"
    assert found[cache].origin == Origin("git", "u")
    assert not found[go_sum].served
    assert found[go_sum].missing


def test_a_private_path_shows_what_this_machine_has(tmp_path: Path) -> None:
    fill_cache(tmp_path)
    with World([honest]) as world:
        env = environment(world.urls[0], GOMODCACHE=str(tmp_path), GOPRIVATE="m.test")
        table = browsed(env)
        found = answers(by_name(env, "v1.2.0"))
        assert world.log == []
    cache = of_kind(table, ColumnKind.CACHE)
    assert table.versions() == ["v1.2.0", "v1.0.0"]
    assert [state.column.id for state in table.columns if state.answered] == [cache]
    assert [number for number, answer in found.items() if answer.served] == [cache]
    assert table.choices["latest"].unknown


@pytest.mark.parametrize(
    ("cache", "words"),
    [("", "module cache not found"), ("relative", "must be absolute path"), ("/dev/null", "not a directory")],
)
def test_a_module_cache_that_cannot_be_is_an_error_in_words(cache: str, words: str) -> None:
    table = browsed(environment("off", GOMODCACHE=cache))
    answered = table.columns[of_kind(table, ColumnKind.CACHE)].answered
    assert answered is not None
    assert words in (answered.error or "")


def test_a_fifo_for_a_go_sum_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text("module p.test\n")
    os.mkfifo(tmp_path / "go.sum")
    table = browsed(environment("off", tmp_path))
    answered = table.columns[of_kind(table, ColumnKind.GO_SUM)].answered
    assert answered is not None
    assert (answered.error or "").startswith(f"{tmp_path}/go.sum: ")


# -- one version by name -----------------------------------------------------------------------------


def headers(world: World) -> dict[int, str]:
    """What each proxy got as Disable-Module-Fetch with its .info requests."""
    return {
        logged.proxy: {name.lower(): value for name, value in logged.request.headers.items()}.get(
            "disable-module-fetch", ""
        )
        for logged in world.log
        if logged.request.op is Op.INFO
    }


def test_one_version_is_asked_for_as_far_as_go_would_come() -> None:
    with World([missing, honest, honest]) as world:
        found = answers(by_name(environment("{},{},{}".format(*world.urls)), "v1.2.0"))
        assert headers(world) == {0: "", 1: ""}
    assert (found[0].served, found[0].missing, found[0].cached_only) == (False, True, False)
    assert (found[1].served, found[1].time) == (True, "2024-01-02T03:04:06Z")
    assert 2 not in found


def test_everybody_is_asked_on_request_and_to_fetch_nothing() -> None:
    with World([honest, missing, broken]) as world:
        # direct is asked as well: there is nobody at this path.
        env = environment("{},off,{},{}".format(*world.urls), HTTPS_PROXY=world.urls[2])
        found = answers(by_name(env, "v1.2.0", ask_all=True))
        assert headers(world) == {0: "true", 1: "true", 2: "true"}
    assert found[0].served
    assert (found[1].missing, found[1].cached_only) == (True, True)
    assert "was asked not to fetch it" in (found[1].error or "")
    assert "404 Not Found" in (found[1].error or "")
    assert (found[2].missing, found[2].served) == (False, False)
    assert "502" in (found[2].error or "")


def test_several_infos_come_from_one_proxy_and_carry_the_header() -> None:
    events: list[BrowseEvent] = []
    with World([honest]) as world:
        env = environment(world.urls[0])
        asyncio.run(ask_infos(env, PATH, ["v1.0.0", "v1.2.0", "v9.0.0"], 0, events.append, limits=LIMITS))
        assert headers(world) == {0: "true"}
        assert len(world.log) == 3
    served = {e.version: e.served for e in events if isinstance(e, VersionAnswered)}
    assert served == {"v1.0.0": True, "v1.2.0": True, "v9.0.0": False}


def test_who_gives_up_waiting_leaves_no_cell_that_waits() -> None:
    events: list[BrowseEvent] = []

    async def given_up(env: Environment) -> None:
        asked = asyncio.Event()

        def emit(event: BrowseEvent) -> None:
            events.append(event)
            if isinstance(event, VersionAsked) and event.column == 0:
                asked.set()

        task = asyncio.create_task(ask_version(env, PATH, "v1.2.0", emit))
        await asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with World([lambda request: Answer(fault=Fault.HANG)]) as world:
        env = environment(world.urls[0])
        asyncio.run(given_up(env))
    answer = answers(events)[0]
    assert (answer.served, answer.missing) == (False, False)
    assert "stopped" in (answer.error or "")


# -- what go would choose ----------------------------------------------------------------------------


def retracting(*lines: str) -> Module:
    """A module whose newest go.mod has these lines."""
    text = "\n".join((f"// Deprecated: use another.\nmodule {PATH}", "go 1.20", *lines)).encode()
    older = ModuleVersion(PATH, "v1.0.0"), ModuleVersion(PATH, "v1.1.0")
    return Module(PATH, (*older, ModuleVersion(PATH, "v1.2.0", go_mod=text)), latest="v1.2.0")


def test_the_choices_say_from_whom_and_what_is_retracted() -> None:
    module = retracting("retract v1.2.0 // oh no")
    with World([missing, lambda request: honest_answer({PATH: module}, request)]) as world:
        table = browsed(environment("{},{}".format(*world.urls)))
    assert (table.choices["latest"].version, table.choices["latest"].column) == ("v1.1.0", 1)
    assert table.choices["patch"].version is None
    assert 'can\'t query version "patch" of module' in (table.choices["patch"].error or "")
    assert table.module is not None
    assert (table.module.version, table.module.column, table.module.deprecated) == (
        "v1.2.0",
        1,
        "use another.",
    )
    retraction = table.retraction("v1.2.0")
    assert retraction is not None
    assert retraction.rationale == "oh no"
    assert table.published("v1.1.0")


def test_upgrade_and_patch_start_from_what_the_project_requires(tmp_path: Path) -> None:
    module = simple_module(PATH, "v1.0.0", "v1.0.5", "v1.1.0", "v1.2.0")
    (tmp_path / "go.mod").write_text(f"module p.test\n\nrequire {PATH} v1.0.0\n\nexclude {PATH} v1.2.0\n")
    with World([lambda request: honest_answer({PATH: module}, request)]) as world:
        table = browsed(environment(world.urls[0], tmp_path))
    chosen = {query: (choice.version, choice.current) for query, choice in table.choices.items()}
    assert chosen == {
        "latest": ("v1.1.0", "v1.0.0"), "upgrade": ("v1.1.0", "v1.0.0"), "patch": ("v1.0.5", "v1.0.0"),
    }  # fmt: skip


def test_nothing_is_asked_twice() -> None:
    with World([honest]) as world:
        env = environment(world.urls[0])
        browsed(env)
        asked = [logged.request.target for logged in world.log]
        assert len(asked) == len(set(asked))
        world.log.clear()
        memory = Memory()
        for _ in range(2):
            asyncio.run(browse(env, PATH, lambda event: None, limits=LIMITS, memory=memory))
            memory.begin()
        again = [logged.request.target for logged in world.log]
        assert len(again) == len(set(again))


def test_a_proxy_that_hangs_is_waited_for_once() -> None:
    with World([lambda request: Answer(fault=Fault.HANG)]) as world:
        table = VersionTable()
        limits = Limits(answer_s=0.2, stall_s=0.2)
        asyncio.run(browse(environment(world.urls[0]), PATH, table.apply, limits=limits))
        assert sorted(str(logged.request.op) for logged in world.log) == ["latest", "list"]
    assert {choice.unknown for choice in table.choices.values() if choice.query != "patch"} == {True}


def test_without_an_at_latest_the_newest_of_the_list_has_a_time() -> None:
    old = replace(MODULE, versions=MODULE.versions[:2], latest=None)
    with World([honest, lambda request: honest_answer({PATH: old}, request)]) as world:
        env = environment("{},{}".format(*world.urls), HTTPS_PROXY="http://127.0.0.1:1")
        table = browsed(env, ask_all=True)
    assert table.lag_s(1) == 0.0
    assert table.columns[1].known["v1.2.0"].time == "2024-01-02T03:04:06Z"


# -- hostile answers ---------------------------------------------------------------------------------


def test_an_info_of_any_size_is_not_held() -> None:
    big = b'{"Version":"v1.10.0","Time":"' + b"x" * (100 << 20)

    def answer(request: Request) -> Answer:
        return Answer(200, big) if request.op in (Op.INFO, Op.LATEST) else honest(request)

    with World([answer]) as world:
        table = VersionTable()
        asyncio.run(browse(environment(world.urls[0]), PATH, table.apply, limits=LIMITS))
    answered = table.columns[0].answered
    assert answered is not None
    assert answered.versions == ("v1.0.0", "v1.2.0", "v1.10.0")
    assert "latest is longer than 1 MiB" in (answered.latest_error or "")
    assert sum(request.bytes for request in answered.requests) < 4 << 20
    assert "info is longer than 1 MiB" in (table.choices["latest"].error or "")
    assert table.choices["latest"].unknown


HOSTILE_LIST = (
    b"v1.0.0\nv1.0.1\x1b]0;owned\x07\n\xff\xfe\nv1.1.0\r\n\x1b[31mv1.2.0\nv1.3.0 \xe2\x80\xae\n\x00\n"
    b"<html>v9.9.9</html>\nv1.4.0-\x1b\n" + b"v" * 70_000 + b"\n"
)


def test_of_a_hostile_list_only_versions_are_taken() -> None:
    with World([lambda r: Answer(200, HOSTILE_LIST) if r.op is Op.LIST else honest(r)]) as world:
        table = browsed(environment(world.urls[0]))
    answered = table.columns[0].answered
    assert answered is not None
    assert answered.versions == ("v1.0.0", "v1.1.0", "v1.3.0")
    assert answered.list_bytes == len(HOSTILE_LIST)


def test_a_list_of_a_million_lines_is_read() -> None:
    count = 1_000_000
    body = b"".join(b"v1.%d.%d\n" % (number // 1000, number % 1000) for number in range(count))
    with World([lambda r: Answer(200, body) if r.op is Op.LIST else honest(r)]) as world:
        table = VersionTable()
        asyncio.run(browse(environment(world.urls[0]), PATH, table.apply, limits=LIMITS))
    assert len(table.versions()) == count
    assert table.versions()[0] == "v1.999.999"
    assert table.choices["latest"].version is None  # its .info is not there


# -- the table ---------------------------------------------------------------------------------------


def started(table: VersionTable, columns: int) -> None:
    """Columns of proxies."""
    env = environment(",".join(f"https://p{number}.test" for number in range(columns)))
    from probes.browse.proxies import columns_of

    table.apply(BrowseStarted(0.0, PATH, columns_of(env, PATH).all))


@pytest.mark.parametrize("first", [[], ["v1.5.0", "v0.0.1"], ["v9.0.0"]])
def test_lists_that_come_one_after_the_other_are_one_list(first: list[str]) -> None:
    names = semver.sort(
        f"v1.{number // 9}.{number % 9}" + "-pre" * (number % 4 == 0) for number in range(900)
    )
    table = VersionTable()
    started(table, 4)
    lists = [first, names[100:700], [*names[:5], *names[350:]], [name for name in names if name[-1] != "3"]]
    said: set[str] = set()
    for number, listed in enumerate(lists):
        table.apply(ColumnAnswered(0.0, number, tuple(semver.sort(listed)), "v1.50.1-late"))
        said |= {*listed, "v1.50.1-late"}
        if number % 2:
            assert table.versions() == semver.sort(said)[::-1]
    table.apply(VersionAnswered(0.0, 0, "v1.2.3-named", True))
    assert table.versions() == semver.sort(said | {"v1.2.3-named"})[::-1]


def test_a_long_list_is_told_before_at_latest_answers() -> None:
    body = b"".join(b"v1.0.%d\n" % number for number in range(3000))
    seen: list[BrowseEvent] = []
    with World([lambda r: Answer(200, body) if r.op is Op.LIST else honest(r)]) as world:
        asyncio.run(browse(environment(world.urls[0]), PATH, seen.append, limits=LIMITS))
    partial, whole = [event for event in seen if isinstance(event, ColumnAnswered) and event.column == 0]
    assert (partial.is_partial, whole.is_partial) == (True, False)
    assert partial.versions == whole.versions
    assert (partial.latest, whole.latest) == (None, "v1.10.0")
    assert sum(isinstance(event, Choice) for event in seen) == 3


# -- the module's own repository ---------------------------------------------------------------------


def corp_origin(folder: Path, path: str) -> Repositories:
    """A repository of two versions, the second one withdrawn by its own go.mod."""
    origin = Repositories(folder / "origin")
    page = f'<meta name="go-import" content="{path} git https://code.corp.test/x">'
    origin.pages[path] = Page(page)
    go_mod = f"module {path}\n"
    origin.add(
        "code.corp.test", "x",
        (
            Commit({"go.mod": go_mod}, tags=("v1.0.0",)),
            Commit({"go.mod": f"{go_mod}\ngo 1.20\n\nretract v1.1.0 // no\n"}, tags=("v1.1.0",)),
        ),
    )  # fmt: skip
    return origin


@pytest.mark.parametrize(
    ("goproxy", "variables", "comes"),
    [
        ("{0},direct", {"GOPRIVATE": "*.corp.test"}, True),
        ("{0},direct", {}, True),
        ("{1},direct", {}, False),
        ("{0},off,direct", {}, False),
        ("direct", {}, True),
    ],
)
def test_the_repository_is_asked_where_go_would_come_to_it(
    tmp_path: Path, goproxy: str, variables: dict[str, str], comes: bool
) -> None:
    path = "git.corp.test/x"
    origin = corp_origin(tmp_path, path)
    with serving(origin) as network, World([missing, lambda request: Answer(502)]) as world:
        env = environment(
            goproxy.format(*world.urls), PATH=os.environ["PATH"], HOME=str(tmp_path), **variables, **network
        )
        assert not browsed(env, path).choices["latest"].version
        assert not origin.log
        untold = browsed(env, path, reach_direct=True)
        assert not origin.git_log, "nobody agreed to git"
        told = untold.columns[of_kind(untold, ColumnKind.DIRECT)].answered
        assert (told is not None and "go would run `git " in (told.error or "")) is comes
        table = browsed(env, path, reach_direct=True, run=True)
    assert table.choices["latest"].version == ("v1.0.0" if comes else None)
    assert bool(origin.log) is comes


def test_on_request_the_repository_is_asked_and_the_choices_come_from_it(tmp_path: Path) -> None:
    path = "git.corp.test/x"
    origin = corp_origin(tmp_path, path)
    with serving(origin) as network, World([honest]) as world:
        variables = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "GOPRIVATE": "*.corp.test", **network}
        env = environment(f"{world.urls[0]},direct", **variables)
        untold = browsed(env, path)
        assert not origin.log
        table = browsed(env, path, ask_all=True, run=True)
        events: list[BrowseEvent] = []
        asyncio.run(ask_version(env, path, "v1.1.0", events.append, limits=LIMITS, ask_all=True, run=True))
        missed = asyncio.run(_by_name(env, path, "v7.0.0"))
        assert world.log == []
    direct = of_kind(table, ColumnKind.DIRECT)
    assert {choice.unknown for choice in untold.choices.values() if choice.query != "patch"} == {True}
    assert (table.choices["latest"].version, table.choices["latest"].column) == ("v1.0.0", direct)
    assert table.retraction("v1.1.0") is not None
    assert answers(events)[direct].served
    assert answers(missed)[direct].missing


def test_a_module_is_saved_from_its_repository_where_git_may_run(tmp_path: Path) -> None:
    """What go takes from the folder then has the hashes that it has from the repository."""
    path = "git.corp.test/x"
    origin = corp_origin(tmp_path, path)
    with serving(origin) as network:
        env = environment("direct", PATH=os.environ["PATH"], HOME=str(tmp_path), GOSUMDB="off", **network)
        told: dict[bool, list[SaveEvent]] = {False: [], True: []}
        for run, events in told.items():
            plan = Plan(env, tmp_path / "saved", limits=LIMITS, run=run)
            asyncio.run(save(plan, [Want(path, "v1.0.0")], events.append))
        trace = Trace()
        asyncio.run(traced(env, path, "v1.0.0", trace.apply, run=True))
    failed = next(event for event in told[False] if isinstance(event, VersionFailed))
    assert "--run" in failed.words
    saved = next(event for event in told[True] if isinstance(event, VersionSaved))
    assert trace.finished is not None
    assert (saved.sum, saved.go_mod_sum) == (trace.finished.sum, trace.finished.go_mod_sum)
    info = json.loads((tmp_path / "saved" / path / "@v" / "v1.0.0.info").read_text())
    assert info["Version"] == "v1.0.0"
    assert info["Origin"]["URL"] == "https://code.corp.test/x"


async def _by_name(env: Environment, path: str, version: str) -> list[BrowseEvent]:
    events: list[BrowseEvent] = []
    await ask_version(env, path, version, events.append, limits=LIMITS, ask_all=True, run=True)
    return events


def test_who_go_comes_to_for_its_choice_is_a_column_that_has_answered() -> None:
    def without_infos(request: Request) -> Answer:
        return missing(request) if request.op is Op.INFO else honest(request)

    old = replace(MODULE, versions=MODULE.versions[:2], latest="v1.2.0")
    with World([without_infos, lambda request: honest_answer({PATH: old}, request)]) as world:
        table = browsed(environment("{},{}".format(*world.urls)))
        asked = [logged.request.target for logged in world.log if logged.proxy == 1]
        assert len(asked) == len(set(asked))
    assert (table.choices["latest"].version, table.choices["latest"].column) == ("v1.2.0", 1)
    assert table.cell("v1.2.0", 1) is Cell.LISTED
