"""Every screen at three sizes, with its colours: a snapshot is its text, then the style of each stretch of it.

The text must be the same in all three themes, for no colour may be the only sign of anything; so a file holds it
once, and below it the styles of the dark, the light and the monochrome theme. After a change that is meant:

    MODTRACE_UPDATE_GOLDENS=1 python -m pytest tests/test_app_snapshots.py

writes them anew, and `git diff tests/snapshots` shows what the change does.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from rich.style import Style
from textual.pilot import Pilot
from textual.strip import Strip

from probes.demo.worlds import world_plan
from probes.net.limits import Limits
from probes.settings.overlay import Overlay
from probes.share.history import History
from probes.trace.events import Event
from screenshots.make import TROUBLED
from tests.app_support import opened, press, replay_app, screen_text, settings_app, world_app
from tests.originated import PATH, held_back, refused, went_well
from tui.app import ModtraceApp
from tui.bridge import Bridge
from tui.replay import Replay
from tui.screens.apply_screen import ApplyScreen
from tui.session import Session
from tui.stage import DemoWorld, ThisMachine
from tui.symbols import UNICODE
from tui.themes import DARK, LIGHT, MONO

SNAPSHOTS = Path(__file__).parent / "snapshots"
SIZES = ((80, 24), (120, 36), (200, 50))
ALL = slice(None)
SESSIONS = ("2026-01-02T03:04:05Z", "2026-01-03T03:04:05Z")


@dataclass(frozen=True)
class Shot:
    """One screen."""

    name: str
    app: Callable[[], ModtraceApp]
    keys: tuple[str, ...] = ()


def _world(name: str) -> Callable[[], ModtraceApp]:
    return lambda: world_app(name)


def _settings() -> ModtraceApp:
    return settings_app(TROUBLED)


def _direct(events: list[Event]) -> ModtraceApp:
    """A trace of a private module, made by hand."""
    settings = {"GOENV": "off", "GOPROXY": "https://proxy.corp.example,direct"}
    return replay_app(Replay(events), settings, target=(PATH, "latest"))


SHOTS = (
    Shot("success", _world("split-files")),
    Shot("failure", _world("comma-stops-on-502")),
    Shot("decisions", _world("retracted"), ("g", "l", "G", "k", "k", "l")),
    Shot("environment", _settings, ("1",)),
    Shot("modules", _world("split-files"), ("3",)),
    Shot("nothing-yet", lambda: settings_app({"GOENV": "off"}, ("rsc.io/quote@v1.5.2",))),
    Shot("details", _world("comma-stops-on-502"), ("z", "enter")),
    Shot("wire", _world("forbidden"), ("b",)),
    Shot("verdict", _world("bad-zip"), ("v",)),
    Shot("capabilities", _world("split-files"), ("K",)),
    Shot("help", _world("healthy"), ("question_mark",)),
    Shot("find", _world("comma-stops-on-502"), ("slash", "5", "0", "2")),
    Shot("prompt", _world("healthy"), ("t",)),
    Shot("worlds", _world("healthy"), ("W",)),
    Shot("copy-as", _world("comma-stops-on-502"), ("Y",)),
    Shot("palette", _world("healthy"), ("ctrl+p", "c", "o", "p", "y")),
    Shot("edit", _world("comma-stops-on-502"), ("1", "e")),
    Shot("presets", _world("comma-stops-on-502"), ("E",)),
    Shot("what-if", _world("comma-stops-on-502"), ("vertical_line", "w")),
    Shot("copy-settings", _world("comma-stops-on-502"), ("vertical_line", "C")),
    Shot("fault", _world("healthy"), ("f",)),
    Shot("report", _world("comma-stops-on-502"), ("X",)),
    Shot("sessions", _world("healthy"), ("R",)),
    Shot("privacy", _settings, ("1", "p")),
    Shot("proof", _world("vouched"), ("V", "j", "j", "j", "enter")),
    Shot("not-proved", _world("forged-record"), ("V",)),
    Shot("checksums", _world("forged-record")),
    Shot("direct", lambda: _direct(went_well()), ("g", "j", "j", "j", "l", *["j"] * 8, "l")),
    Shot("direct-refused", lambda: _direct(refused())),
    Shot("may-run", lambda: _direct(held_back()), ("exclamation_mark",)),
)


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home that is the same in every run, for a screen may name it; nobody may write there."""
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, "/dev/null/gopher")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("shot", SHOTS, ids=lambda shot: shot.name)
async def test_the_screen_in_every_theme(shot: Shot, size: tuple[int, int]) -> None:
    app = shot.app()
    async with opened(app, size) as pilot:
        await press(pilot, *shot.keys)
        await _compare(pilot, shot.name, size)


async def _compare(
    pilot: Pilot[None], name: str, size: tuple[int, int], mask: Callable[[str], str] = str, rows: slice = ALL
) -> None:
    """Compare the screen, or some of its rows, with its snapshot in all themes."""
    app = pilot.app
    text = screen_text(app)
    parts: list[str] = []
    for theme in (DARK, LIGHT, MONO):
        app.theme = theme
        await press(pilot)
        assert screen_text(app) == text, f"the {theme} theme says something else"
        strips = app.screen._compositor.render_strips()[rows]
        parts.append(f"-- {theme} --\n" + "".join(f"{one}\n" for one in _styles(strips)))
    file = SNAPSHOTS / f"{name}-{size[0]}x{size[1]}.txt"
    kept = "".join(text.splitlines(keepends=True)[rows])
    shown = mask(kept) + "".join(parts)
    if os.environ.get("MODTRACE_UPDATE_GOLDENS"):
        SNAPSHOTS.mkdir(exist_ok=True)
        file.write_text(shown, encoding="utf-8")
    assert shown == file.read_text(encoding="utf-8")


# -- screens that need a world, or a home --------------------------------------------------------------


@pytest.fixture
def live() -> Iterator[ModtraceApp]:
    """A world of the demo that runs."""
    plan = world_plan("healthy")
    session = Session(DemoWorld(plan, {}), Bridge(), Limits(answer_s=10, stall_s=10))
    yield ModtraceApp(
        session,
        symbols=UNICODE,
        target=(plan.path, plan.query),
        plan=plan,
        make_stage=lambda plan: DemoWorld(plan, {}),
    )
    session.bridge.close()
    session.stage.close()


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home with a GOENV file and a history, whose name is always as long."""
    with TemporaryDirectory(prefix="gopher-", dir="/tmp") as folder:
        for name in list(os.environ):
            if name.startswith(("GO", "XDG")) or name.lower().endswith("_proxy"):
                monkeypatch.delenv(name)
        monkeypatch.setenv("HOME", folder)
        monkeypatch.chdir(folder)
        goenv = Path(folder) / ".config" / "go" / "env"
        goenv.parent.mkdir(parents=True)
        goenv.write_text("GOSUMDB=off\n# mine\nGOPRIVATE=git.corp.example\n")
        history = History.in_state_folder({"HOME": folder})
        for day, outcome in enumerate(("ok", "fails", "cancelled"), 1):
            history.remember(
                f"rsc.io/quote{day}", "latest", time=f"2026-01-0{day}T12:00:00Z", outcome=outcome
            )
        yield Path(folder)


def _same_ports(text: str) -> str:
    return re.sub(r"127\.0\.0\.1:[0-9]+", lambda found: re.sub("[0-9]{5}$", "#####", found[0]), text)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_menu_of_faults(live: ModtraceApp, size: tuple[int, int]) -> None:
    async with opened(live, size) as pilot:
        await press(pilot, "f")
        await _compare(pilot, "faults", size, _same_ports)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_tour(live: ModtraceApp, size: tuple[int, int]) -> None:
    async with opened(live, size) as pilot:
        await press(pilot, "T", "full_stop", "right_square_bracket")
        await _compare(pilot, "tour", size, _same_ports, slice(1, live.workbench.verdict.region.y))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_what_would_be_written(home: Path, size: tuple[int, int]) -> None:
    app = ModtraceApp(Session(ThisMachine({}), Bridge(), Limits()), symbols=UNICODE)
    async with opened(app, size) as pilot:
        app.session.try_overlay(Overlay().set("GOPROXY", "https://a.example|https://b.example,direct"))
        app.wake()
        await press(pilot)
        await press(pilot, "A")
        assert isinstance(app.screen, ApplyScreen)
        await _compare(pilot, "apply", size, lambda text: text.replace(home.name, "gopher-########"))
    app.session.bridge.close()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_history(home: Path, size: tuple[int, int]) -> None:
    app = ModtraceApp(Session(ThisMachine({}), Replay(), Limits()), symbols=UNICODE)
    async with opened(app, size) as pilot:
        await press(pilot, "H")
        await app.workers.wait_for_complete()
        await press(pilot)
        await _compare(pilot, "history", size)


SETTINGS = {
    "GOENV": "off", "GOPROXY": "off", "GOSUMDB": "off", "GOMODCACHE": "pkg", "GOTOOLCHAIN": "local",
    "GO111MODULE": "on",
}  # fmt: skip
GO_MOD = "module shop.example\n\ngo 1.21\n\nrequire corp.example/lib v1.2.0\n"
MAIN = 'package main\n\nimport (\n\t"fmt"\n\t"corp.example/lib"\n)\n\nfunc main() { fmt.Println(lib.X) }\n'
ON_THIS_MACHINE = {"cache": "dollar_sign", "sums": "number_sign", "building": "asterisk"}
"""The screens about a project and a module cache, and their keys."""


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", ON_THIS_MACHINE)
async def test_what_lies_on_this_machine(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str, size: tuple[int, int]
) -> None:
    (home / "go.mod").write_text(GO_MOD)
    (home / "main.go").write_text(MAIN)
    (home / "go.sum").write_text("corp.example/lib v1.2.0 h1:\ncorp.example/lib v1.2.0\n")
    cache = home / "pkg"
    downloads = cache / "cache/download/corp.example/lib/@v"
    downloads.mkdir(parents=True)
    (downloads / "v1.2.0.mod").write_text("<html>log in</html>")
    (downloads / "v1.2.0.ziphash").write_text("garbage")
    for variable, value in (SETTINGS | {"GOMODCACHE": str(cache)}).items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setenv("PATH", "/nowhere")
    free = os.statvfs_result((4096, 4096, 1 << 24, 1 << 23, 1 << 23, 1 << 20, 1 << 19, 1 << 19, 0, 255))
    monkeypatch.setattr(os, "statvfs", lambda place: free)
    app = ModtraceApp(Session(ThisMachine({}), Bridge(), Limits()), symbols=UNICODE)
    async with opened(app, size) as pilot:
        await press(pilot, ON_THIS_MACHINE[name])
        await _compare(pilot, name, size, lambda text: text.replace(home.name, "gopher-########"))
    app.session.bridge.close()


OF_PRIVATE_MODULES = {"credentials": "at", "leaks": "percent_sign"}
"""The screens about private modules, and their keys."""


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", OF_PRIVATE_MODULES)
async def test_who_is_shown_and_told_what(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str, size: tuple[int, int]
) -> None:
    """Files are read, and no program is started: nobody was asked."""
    (home / "go.mod").write_text(GO_MOD)
    (home / ".netrc").write_text("machine corp.example:8443 login gopher password secret\n")
    is_traced = name == "credentials"
    goproxy = "off" if is_traced else "https://proxy.golang.org,direct"
    own = {"GOMODCACHE": str(home / "pkg"), "GOENV": "off", "GOPROXY": goproxy, "GOSUMDB": "sum.golang.org"}
    for variable, value in (SETTINGS | own).items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setattr("probes.leaks.machine.machine_resolvers", lambda: lambda host: ())
    target = ("corp.example/lib", "v1.2.0") if is_traced else None
    app = ModtraceApp(Session(ThisMachine({}), Bridge(), Limits()), symbols=UNICODE, target=target)
    async with opened(app, size) as pilot:
        await press(pilot, OF_PRIVATE_MODULES[name])
        await _compare(pilot, name, size, lambda text: text.replace(home.name, "gopher-########"))
    app.session.bridge.close()


def test_no_snapshot_is_left_over() -> None:
    screens = {shot.name for shot in SHOTS} | {"faults", "tour", "apply", "history"}
    screens |= {*ON_THIS_MACHINE, *OF_PRIVATE_MODULES}
    names = {f"{name}-{width}x{height}" for name in screens for width, height in SIZES}
    assert {file.stem for file in SNAPSHOTS.glob("*.txt")} == names


def _styles(strips: Iterable[Strip]) -> Iterable[str]:
    """One line for each row that is not plain: where which style begins."""
    for number, strip in enumerate(strips, 1):
        at, runs, before = 1, [], ""
        for segment in strip:
            style = _words(segment.style)
            if style != before:
                runs.append(f"{at} {style or 'plain'}")
                before = style
            at += segment.cell_length
        if runs and runs != ["1 plain"]:
            yield f"{number}: {', '.join(runs)}"


def _words(style: Style | None) -> str:
    if style is None:
        return ""
    words = [name for name in ("bold", "dim", "italic", "underline", "reverse") if getattr(style, name)]
    if style.color is not None and not style.color.is_default:
        words.append(style.color.name)
    if style.bgcolor is not None and not style.bgcolor.is_default:
        words.append(f"on {style.bgcolor.name}")
    return " ".join(words)
