"""What-if in the app: other settings are drafted at each key, tried at Enter, taken back, taken along, written."""

from __future__ import annotations

import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from probes.demo.server import World
from probes.demo.worlds import running, world_plan
from probes.golang.environment import Environment
from probes.golang.variables import VARIABLES
from probes.net.limits import Limits
from probes.settings.lines import Form
from probes.trace.events import Outcome
from screenshots.make import HERE
from tests.against_go.golang import go_command
from tests.app_support import NARROW, WIDE, opened, press, replay_app, screen_text, settings_app, world_app
from tui.app import ModtraceApp
from tui.bridge import Bridge
from tui.drawing.tree_keys import Part, TreeKey
from tui.jobs import TraceJob
from tui.replay import RecordedStage, Replay, load
from tui.session import Session
from tui.stage import DemoWorld, ThisMachine
from tui.symbols import ASCII, UNICODE, Symbols
from tui.trial import known_answers

TARGET = ("demo.example/hello", "latest")
FIRST, SECOND = TreeKey(Part.HOP, 0), TreeKey(Part.HOP, 1)
EDGE = TreeKey(Part.EDGE, 0)


@dataclass
class Noting(RecordedStage):
    """Settings that are given; notes what is to be remembered."""

    noted: list[str] = field(default_factory=list)

    def remember(self, environment: Environment, path: str, query: str, outcome: str) -> str:
        """Note it."""
        self.noted.append(f"{path}@{query} {outcome}")
        return ""


@dataclass
class Live:
    """An app on real proxies."""

    app: ModtraceApp
    pilot: Pilot[None]
    world: World
    stage: Noting

    def asked(self) -> list[tuple[int, str]]:
        """Who was asked for what since the last time, in order: the proxy, the end of the path."""
        made = [(one.proxy, one.request.target.rpartition("/")[2]) for one in self.world.log]
        self.world.log.clear()
        return made

    async def press(self, *keys: str) -> str:
        """Press keys, and wait until all that follows has been shown; the screen."""
        await press(self.pilot, *keys)
        return screen_text(self.app)

    async def write(self, text: str) -> str:
        """Type into the line in front, in place of what stands there."""
        self.app.screen.query_one(Input).value = text
        return await self.press()

    @property
    def goproxy(self) -> str:
        """The GOPROXY that counts."""
        assert self.app.session.scene is not None
        return self.app.session.scene.environment.get("GOPROXY")


_KEYS = {",": "comma", "|": "vertical_line", ":": "colon", "/": "slash", ".": "full_stop"}


@asynccontextmanager
async def live(
    name: str, size: tuple[int, int] = NARROW, *, symbols: Symbols = UNICODE, **variables: str
) -> AsyncIterator[Live]:
    """The app on a world with real proxies, and on no stage of the demo; its own requests are forgotten."""
    plan = world_plan(name)
    with running(plan) as (world, given):
        stage = Noting({"GOMODCACHE": "/demo/pkg/mod", **given, **variables})
        session = Session(stage, Bridge(), Limits())
        app = ModtraceApp(session, target=(plan.path, plan.query), symbols=symbols)
        try:
            async with opened(app, size) as pilot:
                world.log.clear()
                yield Live(app, pilot, world, stage)
        finally:
            session.bridge.close(20)


def told(app: ModtraceApp) -> str:
    """What was said in passing."""
    return "\n".join(str(notice.message) for notice in app._notifications)


def settings_of(app: ModtraceApp) -> Environment:
    """The settings as the panes show them."""
    assert app.session.scene is not None
    return app.session.scene.environment


# -- editing -----------------------------------------------------------------------------------------


async def test_typing_shows_what_would_change_and_asks_nobody() -> None:
    async with live("comma-stops-on-502") as it:
        first, second = it.world.urls
        shown = await it.press("e")
        assert "What if GOPROXY were" in shown
        assert "nothing changes for go" in shown
        shown = await it.write(f"{first}|{second}")
        host = second.removeprefix("http://")
        assert f"Enter asks {host} first." in shown
        assert "goes on after any error" in shown
        assert "✗ go would fail" in shown
        assert "not asked yet: Enter asks" in shown
        for sign in f"{first},{second}|off":
            await it.press(_KEYS.get(sign, sign))
            assert not it.asked(), "at each key, nobody"
        shown = await it.write("off")
        assert "disabled by GOPROXY=off" in shown, "known at once"
        assert "Enter asks nobody" in shown
        assert "not asked yet" not in shown
        assert not it.asked()
        await it.press("escape")
        assert it.goproxy == f"{first},{second}"
        assert "[what if]" not in screen_text(it.app)
        assert not it.asked()


async def test_enter_takes_it_and_asks_only_what_is_not_known() -> None:
    async with live("comma-stops-on-502") as it:
        first, second = it.world.urls
        await it.press("e")
        await it.write(f"{first}|{second}")
        shown = await it.press("enter")
        assert it.asked() == [
            (1, "list"), (1, "v1.2.0.info"), (0, "v1.2.0.mod"), (1, "v1.2.0.mod"), (0, "v1.2.0.zip"),
            (1, "v1.2.0.zip"),
        ]  # fmt: skip
        assert "✓ go would download demo.example/hello@v1.2.0" in shown
        assert "6 of 7 answers asked for, 1 known from before." in told(it.app)
        assert known_answers(it.app.session.trace) == {0}
        it.app.workbench.tree_pane.list.select(FIRST)
        shown = await it.press("l")
        assert "list, known" in shown
        assert shown.count(", known") == 1


async def test_what_is_not_real_says_so_everywhere() -> None:
    async with live("comma-stops-on-502", (100, 40)) as it:
        first, second = it.world.urls
        it.app.workbench.tree_pane.list.select(EDGE)
        shown = await it.press("vertical_line")
        assert "[what if]" in shown.splitlines()[0]
        assert "≈ with your what-if values, not real: GOPROXY   u back  w compare" in shown
        assert "≈ what if | goes on" in shown
        await it.press("e")
        await it.write(f"{first}|{second}/")
        shown = await it.press("enter")
        assert shown.count("≈ what if |") == 1
        await it.press("e")
        await it.write(f"{second},{first}")
        shown = await it.press("enter")
        assert "your real settings do not lead here" not in shown
        await it.press("e")
        await it.write(f"{first},{second}/other")
        shown = await it.press("enter")
        assert "≈ what if: your real settings do not lead here" in shown
        shown = await it.press("1")
        assert "≈GOPROXY" in shown
        assert "what if, not real" in shown
        assert "hides" in shown
        shown = await it.press("enter")
        assert "what if, not real" in shown


async def test_a_variable_that_is_taken_out_of_the_process_is_marked_too() -> None:
    async with live("healthy") as it:
        await it.press("1", "e")
        await it.write("")
        shown = await it.press("enter")
        assert "as if the process did not set it" in shown
        assert settings_of(it.app).get("GOPROXY") == "https://proxy.golang.org,direct"


async def test_ascii_terminals_read_the_same() -> None:
    async with live("comma-stops-on-502", symbols=ASCII) as it:
        it.app.workbench.tree_pane.list.select(FIRST)
        shown = await it.press("vertical_line") + await it.press("w") + await it.press("escape", "1")
        assert shown.isascii()
        assert "* with your what-if values" in shown


async def test_the_value_that_it_has_changes_nothing() -> None:
    async with live("healthy") as it:
        await it.press("e", "enter")
        assert not it.asked()
        assert not it.app.session.trial.values
        it.app.workbench.tree_pane.list.select(FIRST)
        await it.press("vertical_line")
        assert it.app.session.trial.values
        await it.press("e")
        await it.write(",".join(it.world.urls))
        await it.press("enter")
        assert not it.app.session.trial.values
        assert not it.asked()
        assert "nobody was asked: all 4 answers were known" in told(it.app)


async def test_a_setting_that_changes_every_answer_asks_everything() -> None:
    async with live("healthy", NARROW) as it:
        await it.press("1", "end")
        environment = it.app.workbench.environment
        environment.list.select(("variable", "NETRC"))
        await it.press("e")
        await it.write("/nowhere/netrc")
        await it.press("enter")
        assert [file for _, file in it.asked()] == ["list", "v1.2.0.info", "v1.2.0.mod", "v1.2.0.zip"]
        assert "NETRC could change every answer." in told(it.app)


async def test_a_setting_that_does_not_matter_here_asks_nobody() -> None:
    async with live("healthy") as it:
        it.app.workbench.show_pane("environment")
        await it.press()
        it.app.workbench.environment.list.select(("variable", "GOPRIVATE"))
        await it.press("e")
        await it.write("*.corp.example")
        await it.press("enter")
        assert not it.asked()
        assert settings_of(it.app).get("GONOPROXY") == "*.corp.example"


async def test_the_lint_stands_under_the_value_with_carets() -> None:
    async with live("healthy") as it:
        await it.press("e")
        shown = await it.write("https://a.example;https://b.example")
        lines = shown.splitlines()
        carets = next(number for number, text in enumerate(lines) if "^" in text)
        assert lines[carets][lines[carets - 1].index(";")] == "^"
        assert "does not separate entries" in shown


async def test_secrets_that_are_typed_are_never_shown() -> None:
    async with live("healthy", WIDE) as it:
        await it.press("e")
        shown = await it.write("https://me:hunter2@host.example;https://b.example,off")
        assert "hunter2" not in shown
        assert "xxxxx@host.example" in shown
        shown = await it.write("https://me:hunter2@host.example,off")
        for keys in (("escape", "e"), ("escape", "w"), ("escape", "1"), ("C",)):
            shown += await it.press(*keys)
        assert "hunter2" not in shown


async def test_hostile_values_are_drawn_and_not_obeyed() -> None:
    hostile = "https://a.example/\x1b]0;owned\x07\u202e[red]x[/red][/oops]"
    app = settings_app({"GOENV": "off", "GOPROXY": hostile, "GOPRIVATE": "a\x1b[31m"})
    async with opened(app) as pilot:
        for keys in (("1", "e"), ("escape", "w"), ("escape", "C"), ("escape",)):
            await press(pilot, *keys)
            shown = screen_text(app)
            assert not any(ord(sign) < 32 or sign == "\u202e" for sign in shown.replace("\n", ""))


async def test_the_row_decides_which_variable_is_edited() -> None:
    app = world_app("healthy", demo=False)
    async with opened(app) as pilot:
        for key, name in ((TreeKey(Part.PRIVATE), "GOPRIVATE"), (TreeKey(Part.CHECKSUMS), "GOSUMDB")):
            app.workbench.tree_pane.list.select(key)
            await press(pilot, "e")
            assert f"What if {name} were" in screen_text(app)
            await press(pilot, "escape")
        await press(pilot, "3", "e")
        shown = screen_text(app)
        assert "Which variable?" in shown
        await press(pilot, "j", "enter")
        assert f"What if {VARIABLES[1].name} were" in screen_text(app)


async def test_a_variable_that_chooses_files_is_read_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home(tmp_path, monkeypatch)
    other = tmp_path / "other.env"
    other.write_text("GOPROXY=off\n")
    app = machine_app()
    async with opened(app) as pilot:
        await press(pilot, "1")
        app.workbench.environment.list.select(("variable", "GOENV"))
        await press(pilot, "e")
        app.screen.query_one(Input).value = str(other)
        await press(pilot)
        assert "decides which files are read" in screen_text(app)
        await press(pilot, "enter")
        assert settings_of(app).get("GOPROXY") == "off"
        await press(pilot, "u")
        assert settings_of(app).get("GOPROXY") == "https://proxy.golang.org,direct"
    app.session.bridge.close(20)


# -- back and forth ----------------------------------------------------------------------------------


async def test_undo_and_redo_ask_nobody() -> None:
    async with live("comma-stops-on-502") as it:
        before = screen_text(it.app)
        ladders = it.app.session.trace.climbs
        assert ladders
        it.app.workbench.tree_pane.list.select(FIRST)
        await it.press("vertical_line")
        it.asked()
        shown = await it.press("u")
        assert not it.asked(), "what failed was looked at before"
        assert len(it.app.session.trace.climbs) == len(ladders)
        assert "[what if]" not in shown
        it.app.clear_notifications()
        await it.press()
        assert verdict(screen_text(it.app)) == verdict(before)
        shown = await it.press("U")
        assert "✓ go would download" in shown
        shown = await it.press("u", "ctrl+r")
        assert "✓ go would download" in shown
        assert not it.asked()


def verdict(shown: str) -> list[str]:
    """The lines about go's error, without times."""
    return [text for text in shown.splitlines() if "would fail" in text or "first cause" in text]


async def test_there_is_nothing_to_take_back_at_first() -> None:
    app = world_app("healthy", demo=False)
    async with opened(app) as pilot:
        await press(pilot, "u", "U")
        assert "nothing was tried" in told(app)
        assert "nothing was taken back" in told(app)


async def test_another_trace_and_r_ask_everything_and_keep_the_values() -> None:
    async with live("comma-stops-on-502") as it:
        it.app.workbench.tree_pane.list.select(FIRST)
        await it.press("vertical_line")
        it.asked()
        shown = await it.press("r")
        assert (0, "list") in it.asked()
        assert "[what if]" in shown
        assert "✓ go would download" in shown


async def test_what_was_tried_is_no_history() -> None:
    async with live("comma-stops-on-502") as it:
        noted = list(it.stage.noted)
        assert noted == ["demo.example/hello@latest fails"]
        it.app.workbench.tree_pane.list.select(FIRST)
        await it.press("vertical_line", "r")
        assert it.app.session.outcome is Outcome.OK
        assert it.stage.noted == noted


async def test_another_world_forgets_what_was_tried() -> None:
    plan = world_plan("comma-stops-on-502")
    session = Session(DemoWorld(plan, {}), Bridge(), Limits())
    app = ModtraceApp(
        session, target=(plan.path, plan.query), plan=plan, make_stage=lambda plan: DemoWorld(plan, {})
    )
    async with opened(app) as pilot:
        app.workbench.tree_pane.list.select(FIRST)
        await press(pilot, "vertical_line")
        assert "[what if]" in screen_text(app)
        await press(pilot, "W", "j", "enter")
        assert "[what if]" not in screen_text(app)
        assert not session.trial.values
    session.bridge.close(20)
    session.stage.close()


# -- the separator -----------------------------------------------------------------------------------


async def test_comma_and_pipe_set_what_stands_behind_the_hop_of_the_row() -> None:
    async with live("comma-stops-on-502") as it:
        first, second = it.world.urls
        for key in (FIRST, EDGE):
            it.app.workbench.tree_pane.list.select(key)
            await it.press("vertical_line")
            assert it.goproxy == f"{first}|{second}"
            row = it.app.workbench.tree_pane.list.cursor_row
            assert row is not None
            assert row.key == EDGE, "the cursor goes to what changes, and stays there"
            await it.press("comma")
            assert it.goproxy == f"{first},{second}"
            assert not it.app.session.trial.values


async def test_where_there_is_no_separator_that_is_said() -> None:
    async with live("healthy") as it:
        pane = it.app.workbench.tree_pane.list
        pane.select(FIRST)
        await it.press("comma")
        assert "stands behind" in told(it.app)
        assert "already" in told(it.app)
        pane.select(SECOND)
        await it.press("vertical_line")
        assert "there is no separator to set" in told(it.app)
        pane.select(TreeKey(Part.PRIVATE))
        await it.press("vertical_line")
        assert "choose the row of a hop" in told(it.app)
        await it.press("1", "vertical_line")
        assert "go to a hop of the tree first" in told(it.app)
        assert not it.app.session.trial.values
        assert not it.asked()


async def test_the_demo_toggles_in_place_and_asks_nobody_outside() -> None:
    plan = world_plan("comma-stops-on-502")
    stage = DemoWorld(plan, {})
    session = Session(stage, Bridge(), Limits())
    app = ModtraceApp(session, target=(plan.path, plan.query), plan=plan)
    async with opened(app) as pilot:
        app.workbench.tree_pane.list.select(FIRST)
        await press(pilot, "vertical_line")
        assert "✓ go would download" in screen_text(app)
        await press(pilot, "e")
        app.screen.query_one(Input).value = "https://b.example"
        await press(pilot)
        shown = " ".join(screen_text(app).split())
        assert "b.example is none of them" in shown, "while it is typed"
        assert "Enter asks" not in shown
        await press(pilot, "enter")
        assert "b.example is none of them" in told(app)
        assert app.screen.query_one(Input).value == "https://b.example", "nothing that was typed is lost"
        await press(pilot, "escape", "E", "j", "enter")
        shown = " ".join(screen_text(app).split())
        assert "Not tried here" in shown
        assert "goproxy.cn is none of them" in shown
        await press(pilot, "enter", "escape")
        assert len(session.trial.overlay.past) == 1
        await press(pilot, "A")
        shown = screen_text(app)
        assert "this is the demo" in shown
        assert "+ GOPROXY=" in shown
        await press(pilot, "a", "enter", "escape")
        assert len(session.trial.overlay.past) == 1
    session.bridge.close(20)
    stage.close()


# -- before and after --------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_a_remedy_is_tried_before_it_is_typed(size: tuple[int, int]) -> None:
    async with live("comma-stops-on-502", size) as it:
        first, second = it.world.urls
        shown = await it.press("w")
        assert "nothing is tried yet" in shown
        assert "try " in shown
        assert f"GOPROXY='{first}|{second}'" in shown
        shown = await it.press("enter")
        assert "Enter asks" in shown
        assert not it.asked()
        await it.press("enter")
        assert it.goproxy == f"{first}|{second}"
        assert it.asked()
        shown = await it.press("w")
        assert "before and after" in shown
        shown += await it.press("end")
        for words in (
            "now, the real settings",
            "with what is tried",
            "✗ go would fail",
            "✓ go would download",
        ):
            assert words in shown
        assert " tree " in shown
        assert "[what if]" in shown.splitlines()[0]
        assert "↓ | goes on ≈ (what if)" in shown
        assert not it.asked()


async def test_back_to_the_real_settings_is_one_choice() -> None:
    async with live("comma-stops-on-502") as it:
        it.app.workbench.tree_pane.list.select(FIRST)
        await it.press("vertical_line", "w")
        rows = [row.key for row in it.app.screen.list.rows]  # type: ignore[attr-defined]
        it.app.screen.list.select(rows[rows.index(("choice", "back"))])  # type: ignore[attr-defined]
        await it.press("enter")
        assert not it.app.session.trial.values
        await it.press("u")
        assert it.app.session.trial.values, "that is a step like any other"


async def test_the_screen_of_before_and_after_knows_the_same_keys() -> None:
    async with live("comma-stops-on-502") as it:
        first, second = it.world.urls
        it.app.workbench.tree_pane.list.select(FIRST)
        await it.press("vertical_line")
        it.asked()
        shown = await it.press("w", "u")
        assert "[what if]" not in shown
        assert "presets" in shown, "with nothing tried there are the ways on"
        shown = await it.press("U")
        assert f"what if {first}|{second}" in shown
        assert not it.asked()
        for sign, words in (("e", "What if GOPROXY were"), ("E", "Presets"), ("C", "as lines")):
            assert words in await it.press(sign)
            await it.press("escape", "w")
        await it.press("A")
        assert "these settings were recorded" in told(it.app)


async def test_without_a_before_that_is_said() -> None:
    async with live("comma-stops-on-502") as it:
        it.app.workbench.tree_pane.list.select(FIRST)
        await it.press("vertical_line")
        it.app.trace_target("demo.example/hello@v1.0.0")
        await it.press()
        shown = await it.press("w")
        assert "not traced with the real" in shown


async def test_the_screens_hide_what_is_private() -> None:
    names = ("mirror.corp", "goproxy.example", "demo.example")
    app = world_app("comma-stops-on-502", demo=False)
    async with opened(app, WIDE) as pilot:
        app.workbench.tree_pane.list.select(FIRST)
        await press(pilot, "vertical_line", "p")
        for keys in (("w",), ("end",), ("escape", "C"), ("y",), ("p", "p"), ("escape",)):
            await press(pilot, *keys)
            shown = screen_text(app)
            assert "[private]" in shown
            assert not [name for name in names if name in shown + app.clipboard], shown
        assert "host-1.example" in app.clipboard
        await press(pilot, "w", "p")
        assert "mirror.corp" in screen_text(app), "p shows everything again, here too"
        await press(pilot, "p", "escape", "e")
        assert "p ends privacy first" in told(app)


async def test_a_draft_hides_names_that_were_never_seen_before() -> None:
    names = ("bigcorp", "nexus", "mirror.corp")
    app = world_app("comma-stops-on-502", demo=False)
    async with opened(app, WIDE) as pilot:
        await press(pilot, "p", "E", *["j"] * 7, "enter")
        for answer in ("nexus.bigcorp.internal/repo", "git.bigcorp.internal"):
            app.screen.query_one(Input).value = answer
            await press(pilot, "enter")
        for keys in ((), ("enter",), ("w",), ("escape", "1")):
            await press(pilot, *keys)
            assert "[private]" in screen_text(app)
            assert not [name for name in names if name in screen_text(app) + told(app)], screen_text(app)
        assert settings_of(app).get("GOPROXY") == "https://nexus.bigcorp.internal/repo,off"


# -- presets -----------------------------------------------------------------------------------------


async def test_presets_say_whose_they_are_and_are_drafted_before_anybody_is_asked() -> None:
    async with live("comma-stops-on-502", (100, 40)) as it:
        shown = await it.press("E")
        assert "Google; the default of every Go release" in shown
        assert "health" in shown
        assert "not verified from here" in shown
        shown = await it.press("j")
        assert "Aofei Sheng" in shown
        assert "Google;" not in shown
        shown = await it.press("enter")
        assert "What if: preset goproxy.cn" in shown
        assert "newly learns the path: goproxy.cn (module proxy)" in shown
        assert not it.asked()
        await it.press("escape")
        assert not it.app.session.trial.values


async def test_a_preset_asks_for_what_only_the_user_knows() -> None:
    async with live("comma-stops-on-502") as it:
        host = it.world.urls[1].removeprefix("http://")
        await it.press("E", *["j"] * 7)
        shown = await it.press("enter")
        assert "host and path of your company's module proxy" in shown
        await it.write(host)
        await it.press("enter")
        await it.write("a b")
        shown = await it.press("enter")
        assert "it holds a blank" in told(it.app)
        assert host in shown, "what was answered is kept"
        await it.press("enter")
        await it.write("git.corp.example")
        shown = await it.press("enter")
        assert "What if: preset corporate-off" in shown
        assert f"https://{host},off" in shown
        await it.press("enter")
        assert it.goproxy == f"https://{host},off"
        assert it.app.session.trial.overlay.undo_label == "preset corporate-off"


# -- lines -------------------------------------------------------------------------------------------


async def test_what_is_tried_is_copied_in_any_form() -> None:
    async with live("comma-stops-on-502", (100, 60)) as it:
        first, second = it.world.urls
        it.app.workbench.tree_pane.list.select(FIRST)
        await it.press("vertical_line")
        shown = await it.press("C")
        for words in ("bash, zsh, sh", "fish", "PowerShell", "Dockerfile", "GitHub Actions", "GitLab CI"):
            assert words in shown
        assert f"go env -w 'GOPROXY={first}|{second}'" in shown
        it.app.screen.list.select(Form.POWERSHELL)  # type: ignore[attr-defined]
        await it.press("enter")
        assert it.app.clipboard == f"$env:GOPROXY = '{first}|{second}'"
        assert "copied" in told(it.app)


async def test_without_anything_tried_the_settings_themselves_are_offered() -> None:
    app = settings_app({"GOENV": "off", "GOPROXY": "https://me:hunter2@a.example", "GOPRIVATE": "x.example"})
    async with opened(app) as pilot:
        await press(pilot, "C", "enter")
        assert app.clipboard == "export GOPROXY=https://xxxxx@a.example\nexport GOPRIVATE=x.example"


# -- writing -----------------------------------------------------------------------------------------


async def test_nothing_is_ever_written_from_a_demo_or_a_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home(tmp_path, monkeypatch)
    plan = world_plan("comma-stops-on-502")
    demo = ModtraceApp(Session(DemoWorld(plan, {}), Bridge(), Limits()), target=TARGET, plan=plan)
    recorded = world_app("comma-stops-on-502", demo=False)
    for app, words in ((demo, "this is the demo"), (recorded, "these settings were recorded")):
        async with opened(app) as pilot:
            app.workbench.tree_pane.list.select(FIRST)
            await press(pilot, "vertical_line", "A")
            assert words in told(app) + " ".join(screen_text(app).split())
            assert "Write this?" not in screen_text(app)
        app.session.bridge.close(20)
        app.session.stage.close()
    assert not written(tmp_path)


def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **variables: str) -> Path:
    """A home of its own, with no Go settings; returns where the GOENV file is."""
    for name in list(os.environ):
        if name.startswith(("GO", "XDG")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return tmp_path / ".config" / "go" / "env"


def read(path: Path) -> bytes:
    """What a file holds."""
    return path.read_bytes()


def write(path: Path, text: str) -> None:
    """Somebody else writes a file."""
    path.write_text(text)


def written(folder: Path) -> list[Path]:
    """Every GOENV file in a folder."""
    return list(folder.rglob("env"))


def machine_app() -> ModtraceApp:
    """The app on this machine's settings, with nothing traced."""
    return ModtraceApp(Session(ThisMachine({}), Bridge(), Limits()), symbols=UNICODE)


async def edit(pilot: Pilot[None], name: str, value: str) -> None:
    """Give a variable a what-if value."""
    app = pilot.app
    assert isinstance(app, ModtraceApp)
    app.workbench.show_pane("environment")
    await press(pilot)
    app.workbench.environment.list.select(("variable", name))
    await press(pilot, "e")
    app.screen.query_one(Input).value = value
    await press(pilot, "enter")


@pytest.fixture
def goenv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A GOENV file with something in it."""
    path = home(tmp_path, monkeypatch)
    path.parent.mkdir(parents=True)
    path.write_text("GOSUMDB=off\n# mine\nGOPRIVATE=git.example\nGOPRIVATE=git.corp.example\n")
    return path


def as_go_writes(goenv: Path, *arguments: str) -> bytes:
    """What the real `go env -w` makes of a copy of the file."""
    copy = goenv.with_name("copy")
    copy.write_bytes(goenv.read_bytes())
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "GOENV": str(copy)}
    environment["GOTOOLCHAIN"] = "local"
    subprocess.run([go_command(), "env", "-w", *arguments], env=environment, check=True)
    written = copy.read_bytes()
    copy.unlink()
    return written


async def test_it_is_written_as_go_writes_and_taken_back_with_one_key(goenv: Path) -> None:
    before = read(goenv)
    app = machine_app()
    async with opened(app) as pilot:
        await edit(pilot, "GOPROXY", "https://a.example|https://b.example,direct")
        await edit(pilot, "GOPRIVATE", "*.corp.example")
        values = ("GOPROXY=https://a.example|https://b.example,direct", "GOPRIVATE=*.corp.example")
        wanted = as_go_writes(goenv, *values)
        await press(pilot, "A")
        shown = screen_text(app)
        assert "Write this?" in shown
        assert "- GOPRIVATE=git.corp.example" in shown
        assert "+ GOPRIVATE=*.corp.example" in shown
        assert read(goenv) == before
        await press(pilot, "escape")
        assert read(goenv) == before
        await press(pilot, "A", "a")
        assert read(goenv) == wanted
        assert "u takes it back" in told(app)
        assert not app.session.trial.values
        assert "[what if]" not in screen_text(app)
        assert settings_of(app).get("GOPROXY").startswith("https://a.example|")
        await press(pilot, "u")
        assert read(goenv) == before
        assert "[what if]" in screen_text(app), "the values are what-if again"
        assert settings_of(app).get("GOPRIVATE") == "*.corp.example"
    app.session.bridge.close(20)


async def test_the_last_one_can_be_taken_back_later(goenv: Path) -> None:
    before = read(goenv)
    first = machine_app()
    async with opened(first) as pilot:
        await edit(pilot, "GOPROXY", "off")
        await press(pilot, "A", "enter")
        assert read(goenv) != before
    first.session.bridge.close(20)
    later = machine_app()
    async with opened(later) as pilot:
        await press(pilot, "A")
        assert "Take back what was written?" in screen_text(later)
        assert "- GOPROXY=off" in screen_text(later)
        await press(pilot, "enter")
        assert read(goenv) == before
        await press(pilot, "A")
        assert "nothing is tried, so there is nothing to write" in told(later)
    later.session.bridge.close(20)


async def test_a_file_that_changed_meanwhile_is_left_alone(goenv: Path) -> None:
    app = machine_app()
    async with opened(app) as pilot:
        await edit(pilot, "GOPROXY", "off")
        await press(pilot, "A")
        write(goenv, "GOPROXY=direct\n")
        await press(pilot, "enter")
        assert read(goenv).decode() == "GOPROXY=direct\n"
        assert told(app).count("nothing was written") == 1
        assert app.session.trial.values
    app.session.bridge.close(20)


async def test_what_go_refuses_is_refused_in_its_words(goenv: Path) -> None:
    before = read(goenv)
    app = machine_app()
    async with opened(app) as pilot:
        await edit(pilot, "HTTPS_PROXY", "http://proxy.example")
        await press(pilot, "A")
        assert "go refuses: go: unknown go command variable HTTPS_PROXY" in screen_text(app)
        await press(pilot, "a", "enter")
        assert read(goenv) == before
        await press(pilot, "escape", "u")
        await edit(pilot, "GOPATH", "relative")
        await press(pilot, "A")
        assert "go refuses: go: GOPATH entry is relative" in screen_text(app)
    app.session.bridge.close(20)


async def test_what_still_wins_is_said_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    goenv = home(tmp_path, monkeypatch, GOPROXY="https://shell.example", SHELL="/bin/bash")
    app = machine_app()
    async with opened(app) as pilot:
        await edit(pilot, "GOPROXY", "off")
        await press(pilot, "A")
        shown = screen_text(app)
        assert "(a new file)" in shown
        assert "still wins: The process sets GOPROXY=https://shell.example" in shown
        assert "unset GOPROXY" in shown
        await press(pilot, "enter")
        assert read(goenv).decode() == "GOPROXY=off\n"
        assert settings_of(app).get("GOPROXY") == "https://shell.example"
        await press(pilot, "u")
        assert not goenv.exists()
        assert not goenv.parent.exists(), "a folder that was made for it goes away with it"
    app.session.bridge.close(20)


async def test_with_goenv_off_the_shell_lines_are_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home(tmp_path, monkeypatch, GOENV="off")
    app = machine_app()
    async with opened(app) as pilot:
        await edit(pilot, "GOPROXY", "off")
        await press(pilot, "A")
        shown = screen_text(app)
        assert "which go does not read while GOENV is off" in shown
        assert "export GOPROXY=off" in shown
        await press(pilot, "a")
    app.session.bridge.close(20)
    assert not written(tmp_path)


# -- what does not run -------------------------------------------------------------------------------


async def test_a_trace_under_way_begins_anew_with_what_is_tried() -> None:
    whole = load(HERE, "portal")
    replay = Replay(whole.events[:4], unfinished=True)
    app = replay_app(replay, {"GOENV": "off", "GOPROXY": "http://mirror.corp.example,http://goproxy.example"})
    async with opened(app) as pilot:
        app.workbench.tree_pane.list.select(FIRST)
        await press(pilot, "vertical_line")
        jobs = [job for job in replay.jobs if isinstance(job, TraceJob)]
        assert [job.environment.get("GOPROXY") for job in jobs] == [
            "http://mirror.corp.example,http://goproxy.example",
            "http://mirror.corp.example|http://goproxy.example",
        ]
        assert replay.cancelled


# -- what is promised, and what is said afterwards -----------------------------------------------------


@pytest.mark.parametrize(
    ("variable", "value", "promised", "words", "outcome"),
    [
        ("GOPROXY", "off", "Enter asks nobody.", "disabled by GOPROXY=off", Outcome.FAILS),
        ("GOPROXY", "{0},ftp://x", "every lookup fails", "go would fail: invalid proxy URL", Outcome.FAILS),
        ("HTTPS_PROXY", "http://127.0.0.1:9", "Enter asks nobody.", "go would download v1.2.0", Outcome.OK),
    ],
)
async def test_where_nobody_has_to_be_asked_the_outcome_is_known_at_once(
    variable: str, value: str, promised: str, words: str, outcome: Outcome
) -> None:
    """And it comes true: no request, and that outcome."""
    async with live("healthy", WIDE) as it:
        await it.press("1")
        it.app.workbench.environment.list.select(("variable", variable))
        await it.press("e")
        shown = " ".join((await it.write(value.format(*it.world.urls))).split())
        assert promised in shown
        assert words in shown
        assert "noproxy" not in shown
        assert "not asked yet" not in shown
        await it.press("enter")
        assert not it.asked()
        assert it.app.session.outcome is outcome
        assert "would end" not in told(it.app)
        assert "not known" not in told(it.app)


async def test_a_private_path_is_asked_for_at_its_origin() -> None:
    async with live("healthy", WIDE) as it:
        await it.press("1")
        it.app.workbench.environment.list.select(("variable", "GOPRIVATE"))
        await it.press("e")
        shown = " ".join((await it.write("demo.example")).split())
        assert "Enter asks the origin first. Go would go to demo.example itself (direct)" in shown
        assert "noproxy" not in shown


async def test_nobody_is_to_vouch_for_what_never_comes() -> None:
    async with live("comma-stops-on-502") as it:
        await it.press("1")
        it.app.workbench.environment.list.select(("variable", "GOSUMDB"))
        await it.press("e")
        shown = " ".join((await it.write("sum.golang.org")).split())
        assert "Enter asks nobody" in shown
        assert "ends before anybody is asked to vouch" in shown


async def test_what_is_said_after_a_try_is_about_what_was() -> None:
    async with live("comma-stops-on-502") as it:
        it.app.workbench.tree_pane.list.select(FIRST)
        await it.press("vertical_line")
        assert "would" not in told(it.app)
        assert "The query took another way" in told(it.app)


async def test_the_lines_carry_the_risk_of_what_they_set() -> None:
    async with live("healthy", WIDE, GOSUMDB="sum.golang.org") as it:
        await it.press("1")
        it.app.workbench.environment.list.select(("variable", "GOSUMDB"))
        await it.press("e")
        await it.write("off")
        shown = await it.press("enter", "C")
        assert "GOSUMDB: " in shown
        assert shown.index("GOSUMDB: ") < shown.index("export GOSUMDB")


async def test_the_line_of_keys_names_what_takes_a_what_if_along() -> None:
    async with live("comma-stops-on-502", WIDE) as it:
        assert "A apply" not in screen_text(it.app)
        it.app.workbench.tree_pane.list.select(FIRST)
        keys = (await it.press("vertical_line")).splitlines()[-1]
        assert "A apply" in keys
        assert "C copy settings" in keys
