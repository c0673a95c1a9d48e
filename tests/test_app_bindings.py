"""Every key of every part of the app has an effect that is to be seen, and is the one that the help promises.

The table has one entry for each binding; a binding without one fails a test of its own.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from textual.binding import Binding
from textual.dom import DOMNode
from textual.pilot import Pilot

import tui
from probes.demo.worlds import world_plan
from probes.net.limits import Limits
from screenshots.make import TROUBLED
from tests.app_support import opened, press, replay_app, screen_text, settings_app, world_app
from tests.test_app_proving import proving_app
from tests.test_app_replay import Hands, recorded, tape_of
from tui.app import ModtraceApp
from tui.bridge import Bridge
from tui.replay import Replay
from tui.session import Session
from tui.stage import DemoWorld

Keys = tuple[str, ...]


@dataclass(frozen=True)
class Case:
    """What a key does."""

    app: str
    before: Keys = ()
    """What is pressed first."""
    shows: str = ""
    """What is to be seen, or was told in passing, afterwards and not before."""
    hides: str = ""
    """What was to be seen before, and is not afterwards."""
    leaves: int | None = None
    """The code that the app is left with."""
    moves: bool = False
    """Whether the cursor of the list in front is on another row."""
    asks: str = ""
    """The class of a job that is started."""
    changes: bool = False
    """Whether the screen is another one; what is on it is tested elsewhere."""
    elsewhere: str = ""
    """The file and the test that try it, for what Pilot cannot see."""


FAILS, SETTINGS, DEMO, LIVE, TAPE, TALL = "fails", "settings", "demo", "live", "tape", "tall"
GO_LEFT = Keys(["left"] * len("http://goproxy.example"))
TRY = ("vertical_line",)

CASES = {
    # everywhere
    "trace": Case(FAILS, shows="Trace PATH@QUERY"),
    "again": Case(FAILS, asks="TraceJob"),
    "stop": Case(FAILS, shows="nothing is under way"),
    "help": Case(FAILS, shows="Here: Tree"),
    "quit": Case(FAILS, leaves=0),
    "quit.ctrl_q": Case(FAILS, ("t",), leaves=0),
    "quit.ctrl_c": Case(FAILS, leaves=130),
    "draw_anew": Case(FAILS, elsewhere="test_app_output.py"),
    "suspend": Case(FAILS, elsewhere="terminal/test_manners.py"),
    # doctor
    "look": Case(FAILS, asks="LookJob"),
    "look.compare": Case(FAILS, asks="LookJob"),
    "look.resolvers": Case(FAILS, shows="Ask public resolvers"),
    "look.capabilities": Case("fetches", asks="CapabilityJob"),
    # to take along
    "copy_as": Case(FAILS, shows="Copy as (nothing is run)"),
    "wire": Case(FAILS, shows="what was answered"),
    "privacy": Case(FAILS, shows="[private]"),
    "export": Case(FAILS, shows="Markdown"),
    "sessions": Case(FAILS, shows="Saved sessions"),
    "history": Case(FAILS, shows="keeps no history"),
    # trying
    "try.edit": Case(FAILS, shows="What if GOPROXY were"),
    "try.comma": Case(FAILS, TRY, changes=True),
    "try.pipe": Case(FAILS, shows="[what if]"),
    "try.undo": Case(FAILS, TRY, hides="[what if]"),
    "try.redo": Case(FAILS, (*TRY, "u"), shows="[what if]"),
    "try.compare": Case(FAILS, shows="What if: nothing is tried yet"),
    "try.presets": Case(FAILS, shows="Presets (nothing is written)"),
    "try.lines": Case(FAILS, TRY, shows="PowerShell"),
    "try.write": Case(FAILS, TRY, shows="nothing is written into your go env file"),
    "compare.edit": Case(FAILS, (*TRY, "w"), shows="What if GOPROXY were"),
    "compare.presets": Case(FAILS, (*TRY, "w"), shows="Presets (nothing is written)"),
    "compare.lines": Case(FAILS, (*TRY, "w"), shows="PowerShell"),
    "compare.undo": Case(FAILS, (*TRY, "w"), hides="[what if]"),
    "compare.redo": Case(FAILS, (*TRY, "w", "u"), shows="[what if]"),
    "compare.write": Case(FAILS, (*TRY, "w"), shows="nothing is written into your go env file"),
    "masked.privacy": Case(FAILS, (*TRY, "w"), shows="[private]"),
    # workbench
    "find": Case(FAILS, shows="to the list"),
    "find.next": Case(TALL, ("slash", "t", "enter"), moves=True),
    "find.before": Case(TALL, ("slash", "t", "enter"), moves=True),
    "pane.environment": Case(FAILS, shows="[1 ENV]"),
    "pane.tree": Case(FAILS, ("1",), shows="[2 TREE]"),
    "pane.modules": Case(FAILS, shows="[3 MODS]"),
    "pane.details": Case("broad", shows="›4 Details"),
    "pane.next": Case(FAILS, shows="[3 MODS]"),
    "pane.before": Case(FAILS, shows="[1 ENV]"),
    "zoom": Case(FAILS, shows="[zoom]"),
    "verdict": Case(FAILS, shows="the verdict"),
    "long_lines": Case(SETTINGS, ("1",), changes=True),
    "copy": Case(FAILS, shows="copied: export GOPROXY"),
    "back": Case(FAILS, ("z",), hides="[zoom]"),
    # lists
    "list.up": Case(FAILS, moves=True),
    "list.down": Case(FAILS, ("g",), moves=True),
    "list.page_up": Case(FAILS, ("G",), moves=True),
    "list.page_down": Case(FAILS, ("g",), moves=True),
    "list.first": Case(FAILS, moves=True),
    "list.last": Case(FAILS, moves=True),
    "list.open": Case(FAILS, shows="the list stopped before its end"),
    "list.left": Case(FAILS, hides="go waits for"),
    "list.right": Case(FAILS, ("g",), shows="not taken: on a match in GOPRIVATE"),
    "list.toggle": Case(FAILS, ("g",), shows="not taken: on a match in GOPRIVATE"),
    # module browser
    "modules.info": Case("fetches", ("3",), shows="Folder for files"),
    "modules.mod": Case("fetches", ("3",), shows="Folder for files"),
    "modules.zip": Case("fetches", ("3",), shows="Folder for files"),
    "modules.ask_all": Case("fetches", ("3",), asks="BrowseJob"),
    "modules.folder": Case("fetches", ("3",), shows="Folder for files"),
    "browse.version": Case("fetches", ("3",), asks="AskVersionJob"),
    "browse.related": Case("fetches", ("3",), shows="Beside this module"),
    "get": Case(FAILS, asks="GettingJob"),
    # inside a version
    "inspect.go_mod": Case("fetches", asks="GoModJob"),
    "inspect.files": Case("fetches", asks="ListJob"),
    "inspect.diff": Case("fetches", shows="any other version: type it"),
    "quorum": Case("fetches", asks="QuorumJob"),
    "quorum.zips": Case("fetches", ("Q",), shows="Fetch the zips into temporary files"),
    "quorum.all": Case("fetches", ("Q",), asks="QuorumJob"),
    "quorum.again": Case("fetches", ("Q",), asks="QuorumJob"),
    # who vouches
    "prove": Case(FAILS, shows="Who vouches, step by step"),
    "prove.ask": Case("proves", ("V",), asks="ProveJob"),
    "prove.open_all": Case("proves", ("V",), shows="made of"),
    # the project and the module cache
    "warm": Case(FAILS, asks="TraceJob"),
    # go.sum
    "sums": Case(FAILS, asks="ExamineJob"),
    "sums.ask": Case(FAILS, ("number_sign",), elsewhere="test_app_sums.py"),
    "sums.again": Case(FAILS, ("number_sign",), asks="ExamineJob"),
    # files of versions
    "save": Case("fetches", ("3",), shows="Folder for files"),
    "downloads": Case("fetches", shows="nothing is being saved"),
    "bundle": Case("fetches", shows="there is no project"),
    "downloads.stop": Case("fetches", elsewhere="test_app_saving.py"),
    "downloads.leave": Case("fetches", ("D",), hides="nothing is being saved"),
    # line to find things in
    "filter.next": Case(TALL, ("slash", "t"), moves=True),
    "filter.before": Case(TALL, ("slash", "t"), moves=True),
    "filter.keep": Case(FAILS, ("slash", "x"), hides="to the list"),
    "filter.close": Case(FAILS, ("slash", "x", "y"), hides="to the list"),
    # screens in front
    "overlay.leave": Case(FAILS, ("v",), hides="the verdict"),
    "overlay.copy": Case(FAILS, ("v",), shows="copied: "),
    "overlay.find": Case(FAILS, ("v",), changes=True),
    "overlay.find_next": Case(FAILS, ("question_mark", "slash", "t", "enter"), moves=True),
    "overlay.find_before": Case(FAILS, ("question_mark", "slash", "t", "enter"), moves=True),
    "overlay.quit": Case(FAILS, ("v",), leaves=0),
    "overlay.help": Case(FAILS, ("v",), shows="Everywhere"),
    "detail.copy_as": Case(FAILS, ("enter",), shows="Copy as (nothing is run)"),
    "detail.privacy": Case(FAILS, ("enter",), shows="[private]"),
    "history.leave": Case(FAILS, elsewhere="test_app_finding.py"),
    "history.privacy": Case(FAILS, elsewhere="test_app_finding.py"),
    "sessions.leave": Case(FAILS, ("R",), hides="Saved sessions"),
    "sessions.privacy": Case(FAILS, ("R",), shows="[private]"),
    "report.other_names": Case(FAILS, ("X",), shows="Names: real"),
    "prompt.next": Case("suggests", ("t",), shows="››"),
    "prompt.before": Case("suggests", ("t",), shows="››"),
    "palette.next": Case(FAILS, ("ctrl+p",), moves=True),
    "palette.before": Case(FAILS, ("ctrl+p", "down"), moves=True),
    "palette.page_down": Case(FAILS, ("ctrl+p",), moves=True),
    "palette.page_up": Case(FAILS, ("ctrl+p", "pagedown"), moves=True),
    "edit.down": Case("small", ("e",), changes=True),
    "edit.up": Case("small", ("e", "down"), changes=True),
    "edit.page_down": Case("small", ("e",), changes=True),
    "edit.page_up": Case("small", ("e", "pagedown"), changes=True),
    "apply.write": Case(FAILS, elsewhere="test_app_whatif.py"),
    # as go build
    "build": Case(FAILS, shows="there is no go.mod here"),
    "building.again": Case(FAILS, elsewhere="test_app_building.py"),
    # leaks
    "leaks": Case(FAILS, asks="LeaksJob"),
    "leaks.what_if": Case(FAILS, ("percent_sign",), elsewhere="test_app_leaks.py"),
    "leaks.all": Case(FAILS, ("percent_sign",), elsewhere="test_app_leaks.py"),
    "leaks.again": Case(FAILS, ("percent_sign",), asks="LeaksJob"),
    # module cache
    "cache": Case(FAILS, shows="Module cache:"),
    "cache.verify": Case(FAILS, ("dollar_sign",), asks="CacheLookJob"),
    "cache.fix": Case(FAILS, ("dollar_sign",), shows="still being looked at"),
    "cache.stop": Case(FAILS, ("dollar_sign",), shows="nothing is under way"),
    "cache.all": Case(FAILS, ("dollar_sign",), hides="Module cache:"),
    # programs
    "run": Case(FAILS, shows="May programs be started?"),
    "running.agree": Case(FAILS, ("exclamation_mark",), asks="TraceJob"),
    # credentials
    "auth": Case(FAILS, asks="AuthJob"),
    "credit.remedy": Case(FAILS, ("at",), shows="there is nothing to mend here"),
    "credit.again": Case(FAILS, ("at",), asks="AuthJob"),
    "credit.consent": Case(FAILS, ("at",), shows="May programs be started?"),
    # sizes
    "size.wider": Case("wide", changes=True),
    "size.narrower": Case("wide", changes=True),
    "size.more": Case("wide", changes=True),
    "size.less": Case("wide", changes=True),
    "size.default": Case("wide", ("greater_than_sign",), changes=True),
    # demo
    "worlds": Case(DEMO, shows="Which version it is"),
    "demo.fault": Case(LIVE, shows="what shall it do?"),
    "tour": Case(LIVE, shows="step 1 of"),
    "tour.pause": Case(LIVE, ("T",), shows="paused"),
    "tour.next": Case(LIVE, ("T",), shows="step 2 of"),
    "tour.before": Case(LIVE, ("T", "right_square_bracket"), shows="step 1 of"),
    # replay
    "tape.pause": Case(TAPE, shows="paused"),
    "tape.faster": Case(TAPE, shows="2x"),
    "tape.slower": Case(TAPE, shows="0.5x"),
    "tape.next": Case(TAPE, shows="2/2"),
    "tape.before": Case(TAPE, ("right_square_bracket",), shows="1/2"),
}


def _bindings() -> Iterator[Binding]:
    seen: set[str | None] = set()
    for module in pkgutil.walk_packages(tui.__path__, "tui."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, type) and issubclass(value, DOMNode) and value.__module__.startswith("tui."):
                for binding in vars(value).get("BINDINGS", ()):
                    if binding.id not in seen:
                        seen.add(binding.id)
                        yield binding


BINDINGS = {str(binding.id): binding for binding in _bindings()}
PRESSED = [(name, key) for name, binding in sorted(BINDINGS.items()) for key in binding.key.split(",")]


def test_every_binding_is_tried() -> None:
    assert set(CASES) == set(BINDINGS)


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Session]]:
    """The live sessions of a test, to be taken down after it; home and working folder are its own."""
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    sessions: list[Session] = []
    yield sessions
    for session in sessions:
        session.bridge.close()
        session.stage.close()


def _live(sessions: list[Session]) -> ModtraceApp:
    plan = world_plan("healthy")
    sessions.append(Session(DemoWorld(plan, {}), Bridge(), Limits(answer_s=10, stall_s=10)))
    return ModtraceApp(
        sessions[-1],
        target=(plan.path, plan.query),
        plan=plan,
        make_stage=lambda plan: DemoWorld(plan, {}),
    )


def _app(name: str, sessions: list[Session]) -> ModtraceApp:
    match name:
        case "settings":
            return settings_app(TROUBLED)
        case "suggests":
            return settings_app({"GOENV": "off"}, ("rsc.io/quote@v1.5.2", "rsc.io/sampler@v1.0.0"))
        case "demo":
            return world_app("healthy")
        case "fetches":
            return world_app("split-files", demo=False)
        case "proves":
            return proving_app()
        case "live":
            return _live(sessions)
        case "tape":
            return replay_app(Replay(), target=None)
    return world_app("comma-stops-on-502", demo=False)


SIZES = {"tall": (100, 60), "wide": (160, 48), "small": (80, 12), "broad": (200, 50)}


def _seen(app: ModtraceApp) -> str:
    """The screen, and what was told in passing."""
    if not app.is_running:
        return ""
    told = [str(notice.message) for notice in app._notifications]
    return " ".join([*screen_text(app).split(), *told])


def _row(app: ModtraceApp) -> object:
    front = app.workbench.active_pane if app.screen is app.workbench else app.screen
    row = front.list.cursor_row  # type: ignore[union-attr]
    return None if row is None else row.key


def _jobs(app: ModtraceApp, name: str) -> int:
    jobs = getattr(app.session.bridge, "jobs", ())
    return sum(type(job).__name__ == name for job in jobs)


@pytest.mark.parametrize(("name", "key"), [one for one in PRESSED if not CASES[one[0]].elsewhere])
async def test_a_key_does_what_the_help_says(
    name: str, key: str, made: list[Session], tmp_path: Path
) -> None:
    case = CASES[name]
    app = _app(case.app, made)
    async with opened(app, SIZES.get(case.app, (80, 24))) as pilot:
        if case.app == TAPE:
            tape = tape_of(tmp_path, [*recorded("healthy"), *recorded("portal")], seconds=60)
            app.play_tape(tape, clock=Hands())
        for one in case.before:
            await _press(pilot, one, case)
        before, row, jobs = _seen(app), _row(app), _jobs(app, case.asks)
        await _press(pilot, key, case)
        after = _seen(app)
        if case.leaves is not None:
            assert not app.is_running
            assert app.return_code == case.leaves
            return
        assert app.crash is None
        assert case.shows in after
        assert not case.shows or case.shows not in before
        assert not case.hides or (case.hides in before and case.hides not in after)
        assert not case.moves or _row(app) != row
        assert not case.asks or _jobs(app, case.asks) == jobs + 1
        assert not case.changes or after != before


async def _press(pilot: Pilot[None], key: str, case: Case) -> None:
    """Press a key; a tape whose clock stands still never ends, so nobody waits for that."""
    if case.app != TAPE:
        await press(pilot, key)
        return
    await pilot.press(key)
    assert isinstance(pilot.app, ModtraceApp)
    pilot.app.tick()
    await pilot.pause()


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.elsewhere])
def test_what_is_tried_elsewhere_is_tried_there(name: str) -> None:
    keys = {
        "draw_anew": "ctrl+l", "suspend": r"\x1a", "apply.write": '"A", "a"', "history.leave": '"H"',
        "history.privacy": '"p"', "downloads.stop": '"x"', "sums.ask": '"a"',
        "building.again": '"r"', "leaks.what_if": '"w"', "leaks.all": '"a"',
    }  # fmt: skip
    assert keys[name] in (Path(__file__).parent / CASES[name].elsewhere).read_text(encoding="utf-8")
