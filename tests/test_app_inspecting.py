"""Looking into a version in the app: its go.mod, its files, what differs; on real proxies of loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from probes.browse.archive import CHAIN, Shelf, look_over
from probes.browse.contents import contents_of
from probes.demo.content import Module, ModuleVersion
from probes.demo.worlds import Place, WorldPlan, world_plan
from probes.golang.protocol import Op
from probes.net.limits import Limits
from tests.app_support import BROAD, NARROW, opened, press, replay_app, screen_text
from tests.golang.archives import Member, archive
from tests.test_app_replay import Hands, recorded, tape_of
from tests.test_browse_archive import environment, held
from tui.app import ModtraceApp
from tui.bridge import Bridge, Ended
from tui.inspecting_jobs import Failed, Listed, ListJob, Look
from tui.replay import Replay
from tui.rows_on_demand import RowsOnDemand
from tui.screens.files_screen import FilesScreen
from tui.screens.inspect_screen import Desk
from tui.session import Session
from tui.stage import DemoWorld

PATH = "demo.example/hello"
GO_MOD = b"""// Deprecated: use demo.example/hi instead.
module demo.example/hello

go 1.21

toolchain go1.22.1

godebug panicnil=1

require (
\tdemo.example/other v1.0.0 // why not
\tdemo.example/deep v0.1.0 // indirect
)

replace demo.example/deep => ../deep

exclude demo.example/other v0.9.0

// loses data
retract [v1.0.0, v1.0.5]

tool demo.example/hello/cmd/x

ignore ./node_modules
"""
MIT = (
    b"MIT License\n\nPermission is hereby granted, free of charge, to any person obtaining a copy\n"
    b"The above copyright notice and this permission notice shall be included\n"
)
FILES = (
    ("LICENSE", MIT),
    ("doc.go", b"// Package doc \x1b]0;owned\x07[red]is[/red] here.\npackage doc\n"),
    ("cmd/x/main.go", b"package main\n\nfunc main() {}\n"),
    ("cmd/x/data.bin", b"\x00\x01\x02" * 20),
    ("web/long.txt", b"word " * 99 + b"the end\nsecond\n"),
    ("\x1b[2Jevil.txt", b"evil\n"),
)


def _module(path: str = PATH, extra: bytes = b"") -> Module:
    newest = ModuleVersion(
        path, "v1.1.0", go_mod=GO_MOD, files=(*FILES, ("new.go", b"package doc\n" + extra))
    )
    older = ModuleVersion(path, "v1.0.0", go_mod=GO_MOD, files=FILES[:3])
    return Module(path, (older, newest), "v1.1.0")


OTHER = Module("demo.example/other", (ModuleVersion("demo.example/other", "v1.0.0"),), "v1.0.0")
PLAN = WorldPlan(
    "inside",
    "Inside",
    "A story.",
    (Place((_module(), OTHER)), Place((_module(extra=b"// more\n"),))),
    "{0},{1}",
)

Make = Callable[..., ModtraceApp]


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Makes apps in a world; home and working folder are the test's own."""
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    sessions: list[Session] = []

    def make(plan: WorldPlan = PLAN, **variables: str) -> ModtraceApp:
        sessions.append(Session(DemoWorld(plan, variables), Bridge(), Limits(answer_s=10, stall_s=10)))
        return ModtraceApp(sessions[-1], target=(plan.path, plan.query))

    yield make
    for session in sessions:
        session.bridge.close()
        session.stage.close()


async def select(pilot: Pilot[None], text: str) -> None:
    """Put the cursor on the first row that holds this."""
    rows = pilot.app.screen.list  # type: ignore[attr-defined]
    rows.select(next(row.key for row in rows.rows if text in row.line.text))
    await press(pilot)


def shown(app: ModtraceApp) -> str:
    """The screen in one line."""
    return " ".join(screen_text(app).split())


@pytest.mark.parametrize("size", [NARROW, BROAD])
async def test_the_go_mod_is_read_line_by_line(live: Make, size: tuple[int, int]) -> None:
    app = live()
    async with opened(app, size) as pilot:
        await press(pilot, "M")
        text = shown(app)
        for words in ("go.mod of demo.example/hello@v1.1.0", "use demo.example/hi instead", "go 1.21"):
            assert words in text
        rows = " ".join(row.line.text for row in app.screen.list.rows)  # type: ignore[attr-defined]
        for words in (
            "go1.22.1", "panicnil=1", "demo.example/other  v1.0.0", "// why not", "demo.example/deep => ../deep",
            "v0.9.0", "[v1.0.0, v1.0.5]", "loses data", "demo.example/hello/cmd/x", "./node_modules",
            "2024-01-02T03:04:06Z", "the file as it is",
        ):  # fmt: skip
            assert words in rows


async def test_a_requirement_leads_to_its_go_mod_and_back(live: Make) -> None:
    app = live()
    async with opened(app) as pilot:
        await press(pilot, "M")
        await select(pilot, "demo.example/other  v1.0.0")
        await press(pilot, "enter", "enter")
        assert "go.mod of demo.example/other@v1.0.0" in shown(app)
        await press(pilot, "escape")
        assert "go.mod of demo.example/hello@v1.1.0" in shown(app)
        await select(pilot, "demo.example/deep  v0.1.0")
        await press(pilot, "enter", "enter")
        assert "404" in shown(app)
        await press(pilot, "escape")
        await select(pilot, "demo.example/other  v1.0.0")
        await press(pilot, "enter", "down", "down", "enter")
        assert app.screen is app.workbench
        assert app.session.target == ("demo.example/other", "v1.0.0")


async def test_files_are_a_tree_that_folds_and_is_searched(live: Make) -> None:
    app = live()
    async with opened(app) as pilot:
        await press(pilot, "F")
        text = shown(app)
        for words in ("8 files", "invalid char '\\x1b'", "MIT (LICENSE)", "2 files", "main.go"):
            assert words in text
        assert "\\x1b[2Jevil.txt" in text
        await select(pilot, "cmd/")
        await press(pilot, "left")
        assert "main.go" not in screen_text(app)
        await press(pilot, "slash", "m", "a", "i", "n", "enter")
        assert "cmd/x/main.go" in screen_text(app)
        assert "LICENSE  " not in screen_text(app)
        await press(pilot, "enter")
        assert "3 func main() {}" in shown(app)
        await press(pilot, "escape", "escape")
        assert "LICENSE" in screen_text(app)


async def test_a_sound_zip_is_called_sound(live: Make) -> None:
    app = live(world_plan("healthy"))
    async with opened(app) as pilot:
        await press(pilot, "F")
        assert "names and contents are sound; h1:" in shown(app)
        assert "no file names one" in shown(app)


async def test_a_file_is_shown_and_never_obeyed(live: Make) -> None:
    app = live()
    async with opened(app) as pilot:
        await press(pilot, "F")
        await select(pilot, "doc.go")
        await press(pilot, "enter")
        assert "1 // Package doc \\x1b]0;owned\\x07[red]is[/red] here." in shown(app)
        await press(pilot, "escape")
        await select(pilot, "data.bin")
        await press(pilot, "enter")
        assert "00000000 00 01 02 00" in shown(app)
        await press(pilot, "escape")
        await select(pilot, "long.txt")
        await press(pilot, "enter")
        assert "the end 2 second" in shown(app), "a long line is shown to its end"


async def test_versions_and_proxies_are_compared(live: Make) -> None:
    app = live()
    async with opened(app) as pilot:
        await press(pilot, "3", "d")
        assert "the version before it" in shown(app)
        await press(pilot, "enter")
        text = shown(app)
        for words in ("v1.0.0 and v1.1.0", "+ new.go", "1+ 0-", "binary, 60 B", "4 differ, 4 are the same"):
            assert words in text
        await select(pilot, "new.go")
        await press(pilot, "enter")
        assert "+package doc" in shown(app)
        await press(pilot, "escape", "escape", "d")
        await select(pilot, "the same version there")
        await press(pilot, "enter")
        assert "1 differs, 7 are the same; 1+ 0- lines" in shown(app)


async def test_n_goes_from_change_to_change(live: Make) -> None:
    many = "".join(f"line {at}\n" for at in range(100))
    changed = many.replace("line 20\n", "line twenty\n").replace("line 70\n", "line seventy\n")
    places = tuple(
        Place((Module(PATH, (ModuleVersion(PATH, "v1.0.0", files=(("a.txt", text.encode()),)),), "v1.0.0"),))
        for text in (many, changed)
    )
    app = live(WorldPlan("x", "X", "A story.", places, "{0},{1}"))
    async with opened(app) as pilot:
        await press(pilot, "d")
        await select(pilot, "the same version there")
        if "not asked" in shown(app):
            await press(pilot, "down")
        await press(pilot, "enter", "enter", "n")
        places_seen = []
        for key in ("n", "n", "N"):
            row = app.screen.list.cursor_row  # type: ignore[attr-defined]
            places_seen.append(row.line.text.strip())
            await press(pilot, key)
        assert places_seen[:2] == ["@@ -18,7 +18,7 @@", "@@ -68,7 +68,7 @@"]


async def test_nobody_is_asked_about_a_private_path(live: Make) -> None:
    app = live(GOPRIVATE="demo.example")
    async with opened(app) as pilot:
        for key in "MFd":
            await press(pilot, key)
            await press(pilot, "escape")
        stage = app.session.stage
        assert isinstance(stage, DemoWorld)
        assert stage._world.log == []


async def test_what_is_no_zip_says_so_in_gos_words(live: Make) -> None:
    app = live(world_plan("bad-zip"))
    async with opened(app) as pilot:
        await press(pilot, "3", "F")
        assert "zip: not a valid zip file" in shown(app)
        assert "what was sent instead begins so" in shown(app)
        await press(pilot, "escape", "d")
        await select(pilot, "the same version there")
        await press(pilot, "enter")
        assert "zip: not a valid zip file" in shown(app)


async def test_other_settings_are_another_chain(live: Make) -> None:
    app = live()
    async with opened(app) as pilot:
        stage = app.session.stage
        assert isinstance(stage, DemoWorld)
        await press(pilot, "F", "escape")
        count = len(stage._world.log)
        await press(pilot, "F", "escape")
        assert len(stage._world.log) == count, "what was fetched is not asked for again"
        stage.arrange("{1}", {}, {})
        await press(pilot, "r", "F")
        assert stage.proxies[1] in screen_text(app)
        assert any(one.proxy == 1 and one.request.op is Op.ZIP for one in stage._world.log[count:])


async def test_privacy_masks_these_screens_too(live: Make) -> None:
    app = live()
    async with opened(app) as pilot:
        for key in "MF":
            await press(pilot, key)
            assert PATH in screen_text(app)
            await press(pilot, "p")
            assert "[private]" in screen_text(app)
            assert PATH not in screen_text(app)
            await press(pilot, "p", "escape")


async def test_a_replay_asks_nobody(tmp_path: Path) -> None:
    app = replay_app(Replay(), target=None)
    async with opened(app) as pilot:
        app.play_tape(tape_of(tmp_path, recorded("healthy"), seconds=0), clock=Hands())
        await press(pilot)
        for key in "MFd":
            app.clear_notifications()
            await press(pilot, key)
            told = " ".join(str(notice.message) for notice in app._notifications)
            assert "this is a replay: nobody is asked" in told


# -- without an engine -------------------------------------------------------------------------------


class Alone:
    """The desk of a screen, with the test in the place of the engine."""

    def __init__(self) -> None:
        self.listeners: list[Callable[[object], None]] = []
        self.ended: list[int] = []
        look = Look(environment("off"), Limits(), Shelf())
        nothing: Any = lambda *arguments: None  # noqa: E731
        self.desk = Desk(
            self._ask, self.ended.append, lambda text: text, lambda: False, nothing, nothing, nothing, look
        )

    def _ask(self, job: object, listener: Callable[[object], None]) -> int:
        self.listeners.append(listener)
        return len(self.listeners)


async def test_of_very_many_files_only_those_in_sight_are_drawn() -> None:
    prefix = "m.test/Hello@v1.2.0/"
    members = [Member(f"{prefix}p{at % 256}/f{at}.go") for at in range(65_540)]
    found = look_over(environment("off"), "m.test/Hello", "v1.2.0", "somebody", held(archive(*members)))
    alone = Alone()
    app = replay_app(Replay(), target=None)
    async with opened(app) as pilot:
        app.push_screen(FilesScreen(alone.desk, ListJob(alone.desk.look, "m.test/Hello", "v1.2.0", CHAIN)))
        await press(pilot)
        alone.listeners[0](Listed(found, contents_of(found)))
        await press(pilot)
        assert "65,540 files" in screen_text(app)
        await press(pilot, "slash", "9", ".", "g", "o", "enter", "G", "n", "pageup")
        rows = app.screen.list.rows  # type: ignore[attr-defined]
        assert isinstance(rows, RowsOnDemand)
        assert len(rows) == 6554
        assert len(rows._made) < 200


async def test_who_leaves_stops_the_fetching() -> None:
    alone = Alone()
    app = replay_app(Replay(), target=None)
    async with opened(app) as pilot:
        app.push_screen(FilesScreen(alone.desk, ListJob(alone.desk.look, "m.test/Hello", "v1.2.0", CHAIN)))
        await press(pilot)
        assert "asking" in screen_text(app)
        await press(pilot, "escape")
        assert alone.ended == [1]
        alone.listeners[0](Failed("too late"))
        alone.listeners[0](Ended())
        await press(pilot)
        assert "too late" not in screen_text(app)


async def test_a_bug_is_told_and_not_shown_as_gos_words() -> None:
    alone = Alone()
    app = replay_app(Replay(), target=None)
    async with opened(app) as pilot:
        app.push_screen(FilesScreen(alone.desk, ListJob(alone.desk.look, "m.test/Hello", "v1.2.0", CHAIN)))
        await press(pilot)
        alone.listeners[0](Ended(ValueError("oh")))
        await press(pilot)
        assert "modtrace itself failed: ValueError" in shown(app)
        assert "ValueError: oh" not in shown(app), "there may be a secret in it"
