"""The demo in the app: faults thrown into a running world, the menu of worlds, the real go beside ours."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from probes.demo.faults import FAULTS
from probes.demo.tour import steps
from probes.demo.worlds import WORLDS, names, world_plan
from probes.net.limits import Limits
from probes.trace.events import Outcome
from tests.app_support import BROAD, NARROW, opened, press, screen_text, words, world_app
from tui.app import ModtraceApp
from tui.bridge import Bridge
from tui.drawing.tour_lines import TourView
from tui.playing import row_of
from tui.screens.menu_screen import STORY_LINES, MenuScreen
from tui.session import Session
from tui.stage import DemoWorld
from tui.symbols import ASCII, UNICODE, Symbols

Demo = Callable[..., ModtraceApp]


@pytest.fixture
def demo() -> Iterator[Demo]:
    """Makes an app on a world with real servers, and takes everything down afterwards."""
    made: list[Session] = []

    def make(
        name: str = "healthy", *, limits: Limits | None = None, symbols: Symbols = UNICODE
    ) -> ModtraceApp:
        plan = world_plan(name)
        limits = limits or Limits(answer_s=10, stall_s=10)
        session = Session(DemoWorld(plan, {}), Bridge(), limits)
        made.append(session)
        return ModtraceApp(
            session,
            target=(plan.path, plan.query),
            plan=plan,
            make_stage=lambda plan: DemoWorld(plan, {}),
            symbols=symbols,
        )

    yield make
    for session in made:
        session.bridge.close()
        session.stage.close()


def world_of(app: ModtraceApp) -> DemoWorld:
    """The world with its servers."""
    assert app.demo_world is not None
    return app.demo_world


async def choose(pilot: object, app: ModtraceApp, key: object) -> None:
    """Choose an entry of the menu in front."""
    assert isinstance(app.screen, MenuScreen)
    app.screen.list.select(key)  # type: ignore[arg-type]
    await press(pilot, "enter")  # type: ignore[arg-type]


# -- faults ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [NARROW, BROAD], ids=str)
async def test_f_breaks_the_proxy_of_the_row_and_the_tree_answers_at_once(
    demo: Demo, size: tuple[int, int]
) -> None:
    app = demo("healthy")
    async with opened(app, size) as pilot:
        assert app.session.outcome is Outcome.OK
        await press(pilot, "f")
        first = world_of(app).proxies[0]
        assert f"Proxy 1, {first}: what shall it do?" in words(app)
        await choose(pilot, app, "502")
        assert app.session.outcome is Outcome.FAILS
        assert f"Proxy 1, {first}, fault: 502." in words(app)
        assert "answered 502 Bad Gateway" in words(app)


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.name not in ("timeout", "slow")],
                         ids=lambda fault: fault.name)  # fmt: skip
async def test_every_fault_can_be_thrown_in_and_go_says_the_same(demo: Demo, fault: object) -> None:
    app = demo("comma-stops-on-502")
    async with opened(app) as pilot:
        await press(pilot, "f")
        await choose(pilot, app, fault.name)  # type: ignore[attr-defined]
        assert world_of(app).faults[0] is fault
        assert fault.sentence in words(app) or "fault: " in words(app)  # type: ignore[attr-defined]
        comparison = app._beside.comparison
        assert comparison is not None
        assert comparison.agreement.value == "same", comparison.sentence


async def test_a_fault_stays_until_it_is_changed_and_stands_in_the_details_of_its_hop(demo: Demo) -> None:
    app = demo("comma-stops-on-502")
    async with opened(app) as pilot:
        await press(pilot, "f")
        assert "as planned" in words(app)
        await choose(pilot, app, "410")
        await press(pilot, "r", "r")
        assert app.session.outcome is Outcome.OK
        await press(pilot, "enter")
        assert "fault 410: 410 Gone for everything" in words(app)
        await press(pilot, "escape", "f")
        assert "› 410" in screen_text(app)
        await choose(pilot, app, "")
        assert app.session.outcome is Outcome.FAILS
        assert world_of(app).faults == {}
        assert "fault:" not in words(app)
        assert world_plan("comma-stops-on-502").story[:40] in words(app)


async def test_on_a_row_of_no_proxy_f_asks_first_which(demo: Demo) -> None:
    app = demo("healthy")
    async with opened(app) as pilot:
        await press(pilot, "1", "f")
        assert "Which proxy shall be broken?" in words(app)
        assert "as the world has it" in words(app)
        await press(pilot, "j", "enter")
        assert f"Proxy 2, {world_of(app).proxies[1]}" in words(app)
        await press(pilot, "escape")
        assert app.screen is app.workbench
        assert world_of(app).faults == {}


async def test_where_there_is_one_proxy_f_asks_no_question(demo: Demo) -> None:
    app = demo("retracted")
    async with opened(app) as pilot:
        await press(pilot, "1", "f")
        assert "Proxy 1, " in words(app)


async def test_in_the_module_browser_f_is_the_folder(demo: Demo) -> None:
    app = demo("healthy")
    async with opened(app) as pilot:
        await press(pilot, "3", "f")
        assert not isinstance(app.screen, MenuScreen)
        assert "Folder" in words(app)


async def test_honest_again_mends_a_proxy_and_its_tls(demo: Demo) -> None:
    app = demo("healthy")
    async with opened(app) as pilot:
        await press(pilot, "f")
        await choose(pilot, app, "bad-tls")
        assert "x509: certificate signed by unknown authority" in words(app)
        await press(pilot, "f")
        await choose(pilot, app, "honest")
        assert app.session.outcome is Outcome.OK
        assert world_of(app).faults == {}


async def test_a_timeout_can_be_left_at_once(demo: Demo) -> None:
    app = demo("healthy", limits=Limits(answer_s=3600, stall_s=3600))
    async with opened(app) as pilot:
        await pilot.press("f")
        assert isinstance(app.screen, MenuScreen)
        app.screen.list.select("timeout")
        await pilot.press("enter")
        while not app.session.trace.requests:
            app.tick()
            await pilot.pause()
        assert app.session.tracing
        await pilot.press("f")
        assert isinstance(app.screen, MenuScreen)
        app.screen.list.select("honest")
        await pilot.press("enter")
        await press(pilot)
        assert app.session.outcome is Outcome.OK


async def test_another_world_has_no_faults(demo: Demo) -> None:
    app = demo("healthy")
    async with opened(app) as pilot:
        await press(pilot, "f")
        await choose(pilot, app, "404")
        await press(pilot, "W")
        await choose(pilot, app, "stale")
        assert world_of(app).faults == {}
        assert "world 10/" in words(app)
        assert "fault:" not in words(app)


async def test_faults_are_masked_with_everything_else(demo: Demo) -> None:
    app = demo("healthy")
    async with opened(app) as pilot:
        await press(pilot, "f")
        await choose(pilot, app, "502")
        proxy = world_of(app).proxies[0]
        assert f"Proxy 1, {proxy}, fault: 502" in words(app)
        await press(pilot, "p")
        shown = app.workbench.shown.text(proxy)
        assert f"Proxy 1, {shown}, fault: 502" in words(app)
        await press(pilot, "f")
        assert f"Proxy 1, {shown}: what" in words(app)


async def test_outside_of_the_demo_there_is_nothing_to_break() -> None:
    app = world_app("healthy", demo=False)
    async with opened(app) as pilot:
        await press(pilot, "f", "W", "T")
        assert app.screen is app.workbench
        assert app.check_action("fault", ()) is False
    app = world_app("healthy")
    async with opened(app) as pilot:
        await press(pilot, "f")
        assert app.screen is app.workbench
        assert any("nothing can be broken here" in str(notice.message) for notice in app._notifications)


# -- the menu of worlds ------------------------------------------------------------------------------


async def test_the_menu_shows_every_world_in_groups_on_a_small_screen(demo: Demo) -> None:
    app = world_app("healthy")
    async with opened(app) as pilot:
        await press(pilot, "W")
        first = screen_text(app)
        assert " ".join(WORLDS[0].story.split()) in words(app)
        await press(pilot, "G")
        shown = first + screen_text(app)  # two screens of them
        for plan in WORLDS:
            assert f" {plan.name} " in shown
            assert plan.title in shown
        for group in {plan.group for plan in WORLDS}:
            assert group
            assert group in shown
        await press(pilot, "g")
        await press(pilot, "j")
        assert " ".join(WORLDS[1].story.split()) in words(app)


async def test_every_story_fits_below_the_menu() -> None:
    from tui.lines import wrap

    for plan in WORLDS:
        assert len(wrap(plan.story, 77)) <= STORY_LINES, plan.name
    for fault in FAULTS:
        assert len(wrap(fault.sentence, 77)) <= STORY_LINES, fault.name


async def test_the_menu_can_be_searched() -> None:
    app = world_app("healthy")
    async with opened(app) as pilot:
        await press(pilot, "W", "slash", *"retr", "enter")
        shown = screen_text(app)
        assert "retracted" in shown
        assert "forbidden" not in shown


def test_worlds_of_a_group_stand_together_only_in_the_menu() -> None:
    assert names()[:2] == ("healthy", "comma-stops-on-502")


# -- the real go -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in names() if name not in ("hang", "private-no-credentials")])
async def test_in_every_world_go_says_the_same_and_that_is_said(demo: Demo, name: str) -> None:
    app = demo(name)
    async with opened(app) as pilot:
        comparison = app._beside.comparison
        assert comparison is not None
        assert comparison.agreement.value == "same", comparison.sentence
        assert f"✓ {comparison.answer.name} says the same" in words(app)
        await press(pilot, "v", "G")
        seen = words(app)
        for _ in range(3):  # the proof of a fork is longer than the screen
            await press(pilot, "pageup")
            seen += words(app)
        assert f"what {comparison.answer.name} says" in seen


async def test_go_is_asked_with_the_separator_that_is_tried(demo: Demo) -> None:
    app = demo("comma-stops-on-502")
    async with opened(app) as pilot:
        assert app.session.outcome is Outcome.FAILS
        await press(pilot, "vertical_line")
        assert app.session.outcome is Outcome.OK
        comparison = app._beside.comparison
        assert comparison is not None
        assert comparison.sentence == f"{comparison.answer.name} says the same: v1.2.0"
        await press(pilot, "f")
        await choose(pilot, app, "bad-tls")
        assert app.session.outcome is Outcome.OK, (
            "the separator that is tried stays, and the URL follows the proxy"
        )
        comparison = app._beside.comparison
        assert comparison is not None
        assert comparison.agreement.value == "same", comparison.sentence
        assert app.session.trace.requests[0].started.url.startswith("https://")


async def test_in_the_tour_the_separator_keys_pause_and_are_undone(demo: Demo) -> None:
    app = demo("healthy")
    async with opened(app) as pilot:
        await press(pilot, "T", *["right_square_bracket"] * 4)
        assert app.session.outcome is Outcome.FAILS
        await press(pilot, "vertical_line")
        assert app.session.outcome is Outcome.OK
        assert "paused" in words(app)
        await press(pilot, "full_stop")
        assert app.session.outcome is Outcome.FAILS
        assert not app.session.trial.values


def fake_go(folder: Path, script: str) -> None:
    """A go that says what a test wants, first on PATH."""
    file = folder / "go"
    file.write_text(f"#!{sys.executable}\nimport sys, json, time, os\n{script}")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


VERSION = "if sys.argv[1] == 'version':\n    print('go version go1.27.3 linux/amd64'); sys.exit(0)\n"


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is first on PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


async def test_a_go_that_differs_is_told_loudly(demo: Demo, on_path: Path) -> None:
    fake_go(on_path, VERSION + "print(json.dumps({'Version': 'v9.9.9'}))")
    app = demo("healthy")
    async with opened(app):
        told = words(app)
        assert "✗ go 1.27.3 says otherwise; this is a bug of modtrace, please report it: v9.9.9" in told


async def test_an_older_go_that_differs_is_no_bug(demo: Demo, on_path: Path) -> None:
    fake_go(
        on_path,
        VERSION.replace("1.27.3", "1.19") + "print(json.dumps({'Error': 'x\\x1b[31my'})); sys.exit(1)",
    )
    app = demo("healthy")
    async with opened(app):
        assert "✗ go 1.19 says otherwise (modtrace speaks of go 1.27)" in words(app)
        assert "\x1b" not in screen_text(app)


async def test_a_go_that_cannot_run_is_told_and_survived(demo: Demo, on_path: Path) -> None:
    (on_path / "go").write_text("#!/nowhere/at/all\n")
    (on_path / "go").chmod(0o700)
    app = demo("healthy")
    async with opened(app):
        assert "? go could not be asked: No such file or directory" in words(app)


async def test_without_go_nothing_is_said(
    demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    app = demo("healthy")
    async with opened(app):
        assert "go 1." not in words(app)
        assert "real go" not in words(app)


async def test_another_world_stops_go_and_nothing_of_it_is_left(
    demo: Demo, on_path: Path, tmp_path: Path
) -> None:
    fake_go(
        on_path,
        VERSION
        + f"open({str(tmp_path / 'pid')!r}, 'w').write(f'{{os.getpid()}} {{os.getcwd()}}')\ntime.sleep(600)",
    )
    app = demo("healthy")
    async with app.run_test(size=NARROW) as pilot:
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            app.tick()
            await pilot.pause()
        assert "the real go is asked the same" in words(app)
        pid, folder = (tmp_path / "pid").read_text().split()
        (tmp_path / "pid").unlink()
        fake_go(on_path, VERSION + "print(json.dumps({'Version': 'v1.2.0'}))")
        app.go_to_world(world_plan("retracted"))
        assert not os.path.exists(folder)  # noqa: ASYNC240, PTH110
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid), 0)
        await press(pilot)


async def test_go_is_not_asked_where_it_would_leave_the_world(
    demo: Demo, on_path: Path, tmp_path: Path
) -> None:
    mark = tmp_path / "asked"
    fake_go(on_path, VERSION + f"open({str(mark)!r}, 'w').close()")
    app = demo("404-falls-through")
    async with app.run_test(size=NARROW) as pilot:
        world_of(app).arrange("{0},direct", {}, {})
        app.session.again()
        await press(pilot)
        mark.unlink(missing_ok=True)
        app.session.again()
        await press(pilot)
        assert app.session.outcome is Outcome.UNKNOWN
        assert not mark.exists()


async def test_in_ascii_the_menus_are_ascii(demo: Demo) -> None:
    app = demo("healthy", symbols=ASCII)
    async with opened(app) as pilot:
        for keys in ((), ("f",), ("escape", "1", "f"), ("escape", "W"), ("escape", "v")):
            await press(pilot, *keys)
            assert screen_text(app).isascii(), screen_text(app)


# -- the tour ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [NARROW, BROAD], ids=str)
async def test_the_tour_shows_what_its_captions_say(demo: Demo, size: tuple[int, int]) -> None:
    app = demo("stale")
    patient = app.session.limits
    async with opened(app, size) as pilot:
        await press(pilot, "T")
        for number, step in enumerate(steps(), 1):
            # Only where nobody answers is it waited in vain; elsewhere a busy machine may be slow.
            app.session.limits = Limits(answer_s=2, stall_s=2) if step.outcome == "waits" else patient
            if number > 1:
                await press(pilot, "right_square_bracket")
            assert f"Tour, step {number} of {len(steps())}, playing" in words(app)
            assert step.title in words(app)
            assert " ".join(step.caption.split()) in words(app)
            outcome = app.session.outcome
            assert outcome is not None
            assert outcome.value == {"waits": "unknown"}.get(step.outcome, step.outcome), step.title
            row = app.workbench.tree_pane.list.cursor_row
            assert row is not None
            assert row.key == row_of(step.row), step.title
            assert world_of(app).plan.name == step.world
        await press(pilot, "right_square_bracket")
        assert f"step {len(steps())} of" in words(app)
        assert [str(one.message) for one in app._notifications] == ["this is the last step"]


async def test_nothing_jumps_between_the_steps(demo: Demo) -> None:
    app = demo("healthy")
    async with opened(app) as pilot:
        await press(pilot, "T")
        assert app._caption is not None
        heights = set()
        for _ in steps()[:8]:
            heights.add((app._caption.region.y, app._caption.region.height))
            await press(pilot, "right_square_bracket")
        assert len(heights) == 1
        assert heights.pop()[1] <= 6


async def test_the_tour_goes_back_pauses_and_goes_on(demo: Demo) -> None:
    app = demo("healthy")
    async with opened(app) as pilot:
        await press(pilot, "T", "left_square_bracket")
        assert "step 1 of" in words(app)
        await press(pilot, "right_square_bracket", "right_square_bracket", "left_square_bracket")
        assert "step 2 of" in words(app)
        await press(pilot, "full_stop")
        assert "step 2 of 17, paused" in words(app)
        assert ". go on" in words(app)
        assert app._step_timer is None
        await press(pilot, "full_stop")
        assert "step 2 of 17, playing" in words(app)
        assert app._step_timer is not None


async def test_a_paused_tour_stays_paused_on_another_step(demo: Demo) -> None:
    app = demo("healthy")
    async with opened(app) as pilot:
        await press(pilot, "T", "full_stop", "right_square_bracket")
        assert "step 2 of 17, paused" in words(app)
        assert app._step_timer is None


@pytest.mark.parametrize("key", ["j", "1", "v", "question_mark", "tab", "space"])
async def test_any_other_key_pauses_the_tour(demo: Demo, key: str) -> None:
    app = demo("healthy")
    async with opened(app) as pilot:
        await press(pilot, "T", key)
        assert app._tour is not None
        assert not app._tour.playing
        assert app._step_timer is None


async def test_the_tour_goes_on_by_itself_and_pauses_at_its_end(demo: Demo) -> None:
    app = demo("healthy")
    async with opened(app) as pilot:
        await press(pilot, "T")
        app._step_is_over()
        await press(pilot)
        assert "step 2 of 17, playing" in words(app)
        assert app._tour is not None
        app._tour = TourView(steps(), len(steps()) - 1, playing=True)
        app._step_is_over()
        await press(pilot)
        assert "step 17 of 17, paused" in words(app)
        await press(pilot, "full_stop")
        assert "step 1 of 17, playing" in words(app)


async def test_what_was_changed_meanwhile_is_put_right_when_the_tour_goes_on(demo: Demo) -> None:
    app = demo("healthy")
    async with opened(app) as pilot:
        await press(pilot, "T", "right_square_bracket", "right_square_bracket", "f")
        await press(pilot, "escape", "escape")  # the menu, not the tour: that was paused by the key before it
        assert app._tour is None
        await press(pilot, "T", "f")
        if not isinstance(app.screen, MenuScreen):
            await press(pilot, "enter")
        await choose(pilot, app, "502")
        assert app.session.outcome is Outcome.FAILS
        assert "step 1 of 17, paused" in words(app)
        await press(pilot, "full_stop")
        assert app.session.outcome is Outcome.OK
        assert world_of(app).faults == {}


async def test_escape_ends_the_tour_in_a_world_as_it_is_told(demo: Demo) -> None:
    app = demo("healthy")
    async with opened(app) as pilot:
        await press(pilot, "T", *["right_square_bracket"] * 4)
        assert world_of(app).faults
        await press(pilot, "z", "escape")
        assert app.touring, "the first Esc ends the zoom"
        await press(pilot, "escape")
        assert not app.touring
        assert app._caption is None
        assert "Tour" not in screen_text(app)
        assert world_of(app).faults == {}
        assert "world 1/" in words(app)
        assert app.check_action("tour_pause", ()) is False


async def test_another_world_ends_the_tour(demo: Demo) -> None:
    app = demo("healthy")
    async with opened(app) as pilot:
        await press(pilot, "T", "W")
        await choose(pilot, app, "stale")
        assert not app.touring
        assert "world 10/" in words(app)


async def test_a_recording_has_no_tour() -> None:
    app = world_app("healthy")
    async with opened(app) as pilot:
        await press(pilot, "T")
        assert not app.touring


@pytest.mark.parametrize("size", [(20, 6), (40, 10), (300, 80)], ids=str)
async def test_the_tour_survives_odd_sizes(demo: Demo, size: tuple[int, int]) -> None:
    app = demo("healthy", symbols=ASCII)
    async with opened(app, size) as pilot:
        await press(pilot, "T", "right_square_bracket", "z", "f", "escape", "escape", "escape")
        assert screen_text(app).isascii()
