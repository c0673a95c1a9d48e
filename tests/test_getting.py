"""Which module has a package: the pure rules, the search through loopback proxies, the command, the key O."""

from __future__ import annotations

import asyncio
import io
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from probes.demo.behaviour import Answer, Behaviour, Fault, Request, Script, fault, honest, status
from probes.demo.content import Module, ModuleVersion
from probes.demo.server import World
from probes.demo.worlds import world_plan
from probes.golang.errors import GoError, InvalidPath, ModuleError
from probes.golang.prefixes import (
    Argument,
    Branch,
    NotOnePackage,
    PackageNotInModule,
    Standing,
    candidates,
    clean_pattern,
    has_go_files,
    parse_argument,
    rank,
    report_error,
    standing_of,
    why,
)
from probes.golang.queries import NoMatchingVersion
from probes.net.limits import Limits
from probes.sources.environment_reader import read_environment
from probes.sources.remembered import Memory
from probes.trace.events import Event, Outcome, Verdict
from probes.trace.fold import Trace
from probes.trace.get_events import GetFinished, PrefixAnswered, PrefixAsked
from probes.trace.getting import search
from probes.trace.got import NEW_PROJECT, GetSearch
from probes.trace.recording import read_recording, write_recording
from tests.app_support import opened, press, replay_app, screen_text, settings_app
from tests.modtrace import clean_environment, modtrace
from tests.test_app_replay import Hands, recorded, tape_of
from tui.app import ModtraceApp
from tui.bridge import Bridge
from tui.replay import Replay
from tui.session import Session
from tui.stage import DemoWorld

DEEP = "corp.test/team/lib/pkg"


def module_with(path: str, *files: str, version: str = "v1.0.0") -> Module:
    """A module of one version with these files."""
    held = tuple((name, b"package code\n") for name in files)
    return Module(path, (ModuleVersion(path, version, files=held),), latest=version)


def handler(*modules: Module, **trouble: Behaviour) -> Callable[[Request], Answer]:
    """A proxy with these modules; ``trouble`` is named by the last element of a module path."""
    script = Script({module.path: module for module in modules})

    def answer(request: Request) -> Answer:
        behave = trouble.get(request.path.rpartition("/")[2].replace(".", "_"), honest)
        return behave(request, script.answer(request))

    return answer


def searched(
    text: str, goproxy: str, home: Path, memory: Memory | None = None, **variables: str
) -> list[Event]:
    """The events of one search."""
    process = clean_environment(home, GOPROXY=goproxy, GOMODCACHE=str(home / "cache"), **variables)
    events: list[Event] = []
    environment = read_environment(process=process)
    limits = Limits(answer_s=10, stall_s=10)
    asyncio.run(search(environment, text, events.append, limits=limits, memory=memory))
    return events


def folded(events: list[Event]) -> GetSearch:
    """The fold of these events."""
    found = GetSearch()
    for event in events:
        found.apply(event)
    return found


# -- pure --------------------------------------------------------------------------------------------


def test_every_prefix_that_may_be_a_module_is_a_candidate_the_longest_first() -> None:
    assert candidates("a.b/c/d") == ("a.b/c/d", "a.b/c", "a.b")
    assert candidates("a.b/c/v2/d") == ("a.b/c/v2/d", "a.b/c/v2", "a.b/c", "a.b")
    assert candidates("a.b/c/v1/d") == ("a.b/c/v1/d", "a.b/c", "a.b")  # nothing may end with /v1
    assert candidates("gopkg.in/x.v1/sub") == ("gopkg.in/x.v1", "gopkg.in")


def branches(**standings: Standing) -> list[Branch]:
    """Candidates with these standings, the longest first."""
    bad = {Standing.FOUND, Standing.MODULE}
    return [
        Branch(name, standing, "v1.0.0", None if standing in bad else GoError(name))
        for name, standing in standings.items()
    ]


@pytest.mark.parametrize(
    ("standings", "chosen", "failed"),
    [
        ((Standing.NOT_FOUND, Standing.FOUND, Standing.FOUND), 1, None),
        ((Standing.MODULE, Standing.FOUND, Standing.NOT_FOUND), 1, None),
        ((Standing.MODULE, Standing.NO_PACKAGE, Standing.ERROR), 0, None),
        ((Standing.ERROR, Standing.FOUND, Standing.FOUND), None, 0),  # a 403 on a longer prefix ends it
        ((Standing.FOUND, Standing.ERROR, Standing.NOT_FOUND), 0, None),  # on a shorter one it is ignored
        ((Standing.NO_PACKAGE, Standing.ERROR, Standing.NOT_FOUND), None, 0),
        ((Standing.NOT_FOUND, Standing.ERROR, Standing.NO_PACKAGE), None, 1),
        ((Standing.NOT_FOUND, Standing.NO_VERSION, Standing.NO_PACKAGE), None, 2),
        ((Standing.NOT_FOUND, Standing.INVALID_VERSION, Standing.INVALID_PATH), None, 2),
        ((Standing.NOT_FOUND, Standing.NOT_FOUND, Standing.NOT_FOUND), None, 0),
        ((Standing.NOT_FOUND, Standing.NO_PATCH_BASE, Standing.NO_VERSION), None, 2),
    ],
    ids=str,
)
def test_precedence(standings: tuple[Standing, ...], chosen: int | None, failed: int | None) -> None:
    all_of_them = branches(**dict(zip("abc", standings, strict=True)))
    ranked = rank(all_of_them)
    assert ranked.chosen == (None if chosen is None else all_of_them[chosen])
    assert ranked.failed == (None if failed is None else all_of_them[failed])
    assert why(ranked.chosen or ranked.failed or all_of_them[0], ranked)


def test_what_cannot_be_told_matters_only_where_nothing_longer_settles_it() -> None:
    assert rank(branches(a=Standing.FOUND, b=Standing.UNKNOWN)).chosen
    assert rank(branches(a=Standing.ERROR, b=Standing.UNKNOWN)).failed
    for before in (Standing.NOT_FOUND, Standing.NO_PACKAGE, Standing.MODULE):
        ranked = rank(branches(a=before, b=Standing.UNKNOWN, c=Standing.FOUND))
        assert (ranked.chosen, ranked.failed) == (None, None)
        assert ranked.unknown is not None


def test_the_class_of_an_error_is_that_of_its_own_type() -> None:
    assert standing_of(NoMatchingVersion("v9")) is Standing.NO_VERSION
    assert standing_of(InvalidPath("module", "x", "why")) is Standing.INVALID_PATH
    wrapped = ModuleError("x", "v1", InvalidPath("module", "x", "why"))
    assert standing_of(wrapped) is Standing.ERROR
    assert standing_of(ModuleError("x", "v1", GoError("gone", not_exist=True))) is Standing.NOT_FOUND
    assert standing_of(PackageNotInModule("x", "v1", "v1", "x/y")) is Standing.NO_PACKAGE


def test_words_of_a_module_without_the_package() -> None:
    exact = PackageNotInModule("a.b/c", "v1.0.0", "v1.0.0", "a.b/c/d")
    latest = PackageNotInModule("a.b/c", "v1.0.0", "latest", "a.b/c/d")
    assert str(exact) == "module a.b/c@v1.0.0 found, but does not contain package a.b/c/d"
    assert str(latest) == "module a.b/c@latest found (v1.0.0), but does not contain package a.b/c/d"


def test_an_error_is_printed_with_the_argument_only_where_it_leaves_it_out() -> None:
    asked = Argument("a.b/c@v1", "a.b/c", "v1")
    assert report_error(asked, "a.b/c@v1: gone") == "go: a.b/c@v1: gone"
    assert report_error(asked, "module a.b/c: gone") == "go: a.b/c@v1: module a.b/c: gone"
    assert report_error(asked, "a.b/cd@v1: gone") == "go: a.b/c@v1: a.b/cd@v1: gone"
    assert report_error(Argument("a.b/c", "a.b/c", ""), "module a.b/c: gone") == "go: module a.b/c: gone"


def test_arguments_are_cleaned_as_go_does() -> None:
    assert clean_pattern("a.b//c/../d/@v1") == "a.b/d@v1"
    assert clean_pattern("a.b\\c") == "a.b/c"
    assert clean_pattern("./x/../y") == "./y"
    assert parse_argument("a.b/c/").query == "upgrade"


@pytest.mark.parametrize("text", ["a.b/...", "./x", "/x", ".", "all", "std", "-u", "..."])
def test_what_is_no_single_package_is_refused_in_clear_words(text: str, tmp_path: Path) -> None:
    with pytest.raises(NotOnePackage):
        parse_argument(text)
    finished = folded(searched(text, "off", tmp_path)).finished
    assert finished is not None
    assert finished.outcome is Outcome.UNKNOWN
    assert finished.detail


@pytest.mark.parametrize(
    ("files", "has"),
    [
        (("pkg/a.go",), True), (("pkg/a_test.go",), True), (("pkg/_a.go",), False), (("pkg/.a.go",), False),
        (("pkg/deeper/a.go",), False), (("pkgs/a.go", "a.go"), False), (("pkg/a.txt",), False),
        (("pkg.go",), False), ((), False),
    ],
)  # fmt: skip
def test_a_package_is_a_folder_with_a_go_file(files: tuple[str, ...], has: bool) -> None:
    assert has_go_files(files, "a.b/c", "a.b/c/pkg") is has


def test_the_root_is_a_package_like_any_other() -> None:
    assert has_go_files(("a.go", "x/b.go"), "a.b/c", "a.b/c")
    assert not has_go_files(("x/b.go",), "a.b/c", "a.b/c")


# -- the search --------------------------------------------------------------------------------------


def test_all_prefixes_are_asked_for_at_once(tmp_path: Path) -> None:
    with World([handler()]) as world:
        events = searched(f"{DEEP}@latest", world.urls[0], tmp_path)
    first = [type(event) for event in events if isinstance(event, PrefixAsked | PrefixAnswered)]
    assert first[:4] == [PrefixAsked] * 4


def test_a_403_on_a_longer_prefix_ends_the_search_and_on_a_shorter_one_does_not(tmp_path: Path) -> None:
    good = module_with("corp.test/team/lib", "pkg/a.go")
    with World([handler(good, pkg=status(403, b"no\n"))]) as world:
        longer = folded(searched(f"{DEEP}@v1.0.0", world.urls[0], tmp_path)).finished
    with World([handler(good, team=status(403, b"no\n"))]) as world:
        shorter = folded(searched(f"{DEEP}@v1.0.0", world.urls[0], tmp_path)).finished
    assert longer is not None
    assert longer.outcome is Outcome.FAILS
    assert "403 Forbidden" in (longer.error or "")
    assert shorter is not None
    assert (shorter.outcome, shorter.module) == (Outcome.OK, "corp.test/team/lib")


def test_a_module_without_the_package_stops_a_comma_but_not_a_pipe(tmp_path: Path) -> None:
    without = module_with("corp.test/team", "a.go")
    good = module_with("corp.test/team/lib", "pkg/a.go")
    for separator, outcome in ((",", Outcome.FAILS), ("|", Outcome.OK)):
        with World([handler(without), handler(good)]) as world:
            found = folded(searched(f"{DEEP}@v1.0.0", separator.join(world.urls), tmp_path))
        assert found.finished is not None
        assert found.finished.outcome is outcome
        assert found.ranked[0].verdict is (Verdict.STOP if separator == "," else Verdict.NEXT)
        assert found.ranked[0].because.startswith("a module without the package")


def test_a_private_prefix_is_never_told_to_a_proxy(tmp_path: Path) -> None:
    good = module_with("corp.test/team/lib", "pkg/a.go")
    with World([handler(good)]) as world:
        found = folded(searched(f"{DEEP}@v1.0.0", world.urls[0], tmp_path, GOPRIVATE="corp.test/team"))
        asked = {logged.request.path for logged in world.log}
    assert asked <= {"corp.test"}
    assert found.rows["corp.test/team/lib"].is_private
    assert not found.rows["corp.test"].is_private


def test_the_checksum_database_is_shared_and_its_refusal_is_the_error(tmp_path: Path) -> None:
    good = module_with("corp.test/team/lib", "pkg/a.go")
    with World([handler(good)]) as world:
        found = folded(
            searched(f"{DEEP}@v1.0.0", world.urls[0], tmp_path, GOSUMDB="sum.golang.org https://127.0.0.1:1")
        )
    assert found.finished is not None
    assert found.finished.outcome is Outcome.FAILS
    assert "verifying" in (found.finished.error or "")


def test_what_a_trace_has_brought_is_not_asked_for_again(tmp_path: Path) -> None:
    good = module_with("corp.test/team/lib", "pkg/a.go")
    memory = Memory()
    with World([handler(good)]) as world:
        one = searched(f"{DEEP}@v1.0.0", world.urls[0], tmp_path, memory)
        count = len(world.log)
        two = searched(f"{DEEP}@v1.0.0", world.urls[0], tmp_path, memory)
        assert len(world.log) == count
    assert count > 0
    assert folded(one).finished == folded([*two[:-1], one[-1]]).finished
    assert folded(one).verdict() == folded(two).verdict() == "go get: ok, takes corp.test/team/lib v1.0.0"


def test_stopping_it_says_so(tmp_path: Path) -> None:
    events: list[Event] = []
    arrived: list[str] = []
    all_arrived = threading.Event()

    def hang(request: Request) -> Answer:
        arrived.append(request.path)
        if len(arrived) == len(candidates(DEEP)):
            all_arrived.set()
        return Answer(fault=Fault.HANG)

    async def stopped(url: str) -> None:
        process = clean_environment(tmp_path, GOMODCACHE=str(tmp_path / "cache"), GOPROXY=url)
        task = asyncio.create_task(search(read_environment(process=process), f"{DEEP}@latest", events.append))
        await asyncio.to_thread(all_arrived.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with World([hang]) as world:
        asyncio.run(stopped(world.urls[0]))
    assert sorted(arrived) == sorted(candidates(DEEP))
    assert isinstance(events[-1], GetFinished)
    assert events[-1].outcome is Outcome.CANCELLED


def test_the_standard_library_needs_no_module(tmp_path: Path) -> None:
    plain = folded(searched("net/http", "off", tmp_path)).finished
    asked = folded(searched("net/http@latest", "off", tmp_path)).finished
    assert plain is not None
    assert plain.outcome is Outcome.OK
    assert asked is not None
    assert asked.error == (
        'go: can\'t request explicit version "latest" of standard library package net/http'
    )


def test_the_events_of_a_search_survive_a_recording(tmp_path: Path) -> None:
    good = module_with("corp.test/team/lib", "pkg/a.go")
    with World([handler(good, pkg=fault(Fault.CLOSE)), handler(good)]) as world:
        events = searched(f"{DEEP}@latest", "|".join(world.urls), tmp_path)
    written = io.StringIO()
    write_recording(events, written)
    again = list(read_recording(written.getvalue().splitlines()))
    assert again == events
    trace = Trace()
    for event in again:
        trace.apply(event)
    assert trace.to_json()["get"] == folded(events).to_json()


def test_secrets_never_show(tmp_path: Path) -> None:
    with World([handler()]) as world:
        with_secret = world.urls[0].replace("http://", "http://user:hush@")
        events = searched(f"{DEEP}@latest", f"{with_secret}|{world.urls[0]}", tmp_path)
        events += searched("https://user:hush@corp.test/team", world.urls[0], tmp_path)
    written = io.StringIO()
    write_recording(events, written)
    assert "hush" not in written.getvalue()


# -- the command -------------------------------------------------------------------------------------


def test_both_verdicts_stand_beside_each_other(tmp_path: Path) -> None:
    good = module_with("corp.test/team/lib", "pkg/a.go")
    with World([handler(good)]) as world:
        variables = clean_environment(tmp_path, GOPROXY=world.urls[0])
        done = modtrace("trace", "--as", "get", f"{DEEP}@v1.0.0", env=variables, cwd=tmp_path)
        plain = modtrace("trace", f"{DEEP}@v1.0.0", env=variables, cwd=tmp_path)
        (tmp_path / "go.mod").write_text("module corp.test/shop\n\ngo 1.21\n")
        inside = modtrace("trace", "--as", "get", f"{DEEP}@v1.0.0", env=variables, cwd=tmp_path)
    assert NEW_PROJECT in inside.stdout
    assert NEW_PROJECT not in done.stdout
    assert done.returncode == 0  # that of go get
    assert plain.returncode == 1
    assert "  go get: ok, takes corp.test/team/lib v1.0.0" in done.stdout
    assert "  go mod download: would fail" in done.stdout
    assert "not found" in done.stdout
    assert "taken: the longest path that has the package" in done.stdout
    assert done.stdout.endswith(plain.stdout.split("\n", 3)[3][-200:]) or "go would fail:" in done.stdout
    assert "go get" not in plain.stdout.split("first cause")[0]


def test_json_has_both(tmp_path: Path) -> None:
    good = module_with("corp.test/team/lib", "pkg/a.go")
    with World([handler(good, pkg=status(403))]) as world:
        variables = clean_environment(tmp_path, GOPROXY=world.urls[0])
        done = modtrace("trace", "--as", "get", f"{DEEP}@v1.0.0", "--json", env=variables, cwd=tmp_path)
        plain = modtrace("trace", f"{DEEP}@v1.0.0", "--json", env=variables, cwd=tmp_path)
    said = json.loads(done.stdout)
    assert done.returncode == 1
    assert said["schema"] == "modtrace.trace/1"
    assert said["ok"] is False
    assert said["get"]["ok"] is False
    assert said["get"]["prefixes"][0]["hops"][0]["standing"] == "error"
    assert said["get"]["prefixes"][1]["hops"][0]["standing"] == "found"
    assert "get" not in json.loads(plain.stdout)


def test_events_and_the_saved_session_can_be_read_back(tmp_path: Path) -> None:
    good = module_with("corp.test/team/lib", "pkg/a.go")
    with World([handler(good)]) as world:
        variables = clean_environment(tmp_path, GOPROXY=world.urls[0])
        done = modtrace("trace", "--as", "get", f"{DEEP}@v1.0.0", "--events", env=variables, cwd=tmp_path)
        for command in (("replay", "--last", "--plain"), ("report", "--last", "--privacy")):
            again = modtrace(*command, env=variables, cwd=tmp_path)
            assert again.returncode in (0, 1), again.stderr
            assert again.stdout
    kinds = [json.loads(line)["event"] for line in done.stdout.splitlines()]
    assert kinds.index("trace.finished") < kinds.index("get.started")
    assert kinds[-1] == "get.finished"


# -- the app -----------------------------------------------------------------------------------------


@pytest.fixture
def asked() -> Iterator[Callable[[str, str], ModtraceApp]]:
    """Makes an app in the demo's healthy world, with a target."""
    sessions: list[Session] = []

    def make(path: str, query: str) -> ModtraceApp:
        plan = world_plan("healthy")
        sessions.append(Session(DemoWorld(plan, {}), Bridge(), Limits(answer_s=10, stall_s=10)))
        return ModtraceApp(sessions[-1], target=(path, query), plan=plan)

    yield make
    for session in sessions:
        session.bridge.close()
        session.stage.close()


App = Callable[[str, str], ModtraceApp]


async def test_the_key_shows_both_verdicts_and_enter_traces_a_module(asked: App) -> None:
    plan = world_plan("healthy")
    app = asked(f"{plan.path}/no/such", "latest")
    async with opened(app, (100, 40)) as pilot:
        await press(pilot, "O")
        text = screen_text(app)
        assert f"As go get: {plan.path}/no/such@latest" in text
        assert "go get: would fail" in text
        assert "does not contain" in text
        assert "go mod download: would fail" in text
        rows = [row.key for row in app.screen.list.rows if row.selectable]  # type: ignore[attr-defined]
        assert rows[0] == ("prefix", f"{plan.path}/no/such")
        await press(pilot, *["j"] * rows.index(("prefix", plan.path)), "enter")
        assert app.session.target is not None
        assert app.session.target[0] == plan.path
        assert "go would download" in screen_text(app)


async def test_privacy_masks_the_prefixes_too(asked: App) -> None:
    app = asked("corp.internal/hidden/lib/pkg", "v1.0.0")
    async with opened(app, (100, 40)) as pilot:
        await press(pilot, "O")
        assert "corp.internal/hidden" in screen_text(app)
        await press(pilot, "p")
        text = screen_text(app)
        assert "[private]" in text
        assert "go get: would fail" in text
        assert "corp" not in text
        assert "hidden" not in text


async def test_nothing_is_asked_before_anything_is_traced() -> None:
    app = settings_app({"GOENV": "off"})
    async with opened(app) as pilot:
        await press(pilot, "O")
        assert any("nothing is traced yet" in str(notice.message) for notice in app._notifications)


async def test_a_replay_asks_nobody(tmp_path: Path) -> None:
    app = replay_app(Replay(), target=None)
    tape = tape_of(tmp_path, recorded("healthy"), seconds=60)
    async with opened(app) as pilot:
        app.play_tape(tape, clock=Hands())
        await pilot.press("O")
        app.tick()
        await pilot.pause()
        assert any("this is a replay" in str(notice.message) for notice in app._notifications)
