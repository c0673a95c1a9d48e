"""What somebody who had never seen the module browser stumbled over, on a small screen and by keyboard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from probes.browse.table import BrowseStarted, ColumnAnswered
from probes.browse.votes import (
    Quorum,
    QuorumStarted,
    Voter,
    VoterAnswered,
    VoterAsked,
    VoterKind,
    VoterProgress,
    What,
)
from probes.demo.content import simple_module
from probes.demo.worlds import Place, WorldPlan, world_plan
from probes.net.limits import Limits
from screenshots.make import HERE
from tests.app_support import opened, press, replay_app, screen_text
from tests.matrix_support import COLUMNS
from tui.app import ModtraceApp
from tui.bridge import Bridge
from tui.drawing.matrix_head import module_head
from tui.drawing.matrix_view import ModulesView
from tui.drawing.quorum_rows import quorum_rows
from tui.drawing.saving_rows import SavingView, Undertaking, saving_rows
from tui.replay import load
from tui.screens.downloads_screen import DownloadsScreen
from tui.screens.overlay import fitted_hint
from tui.screens.prompt_screen import PromptScreen
from tui.session import Session
from tui.stage import DemoWorld
from tui.symbols import UNICODE

Make = Callable[..., ModtraceApp]
PATH = "demo.example/hello"
SAME_TWICE = WorldPlan("one", "One", "A story.", (Place((simple_module(PATH, "v1.0.0", "v1.1.0"),)),), "{0}")


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Makes apps in a world that answers; home and working folder are the test's own."""
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    sessions: list[Session] = []

    def make(plan: WorldPlan, **variables: str) -> ModtraceApp:
        sessions.append(Session(DemoWorld(plan, variables), Bridge(), Limits(answer_s=10, stall_s=10)))
        return ModtraceApp(sessions[-1], target=(plan.path, plan.query))

    yield make
    for session in sessions:
        session.bridge.close()
        session.stage.close()


def told(app: ModtraceApp) -> str:
    """What was told in passing."""
    return " ".join(str(notice.message) for notice in app._notifications)


def foot(app: ModtraceApp) -> str:
    """The last line of the screen."""
    return screen_text(app).rstrip("\n").splitlines()[-1].strip()


def browsing(events: list[object]) -> ModtraceApp:
    """The app, browsing this."""
    recorded = load(HERE, "off-masks-404")
    recorded.browsing = events  # type: ignore[assignment]
    return replay_app(recorded)


async def test_a_version_that_go_could_not_get_is_still_the_one_that_is_meant(live: Make) -> None:
    app = live(replace(world_plan("healthy"), query="v1.9.9"))
    async with opened(app) as pilot:
        await press(pilot, "M")
        assert f"go.mod of {PATH}@v1.9.9" in screen_text(app)
        assert "404 Not Found" in screen_text(app)
        assert foot(app) == "esc back", "there is no row to open"
        await press(pilot, "escape", "S")
        assert "Folder for files" in screen_text(app)


async def test_a_version_that_nobody_has_is_told_with_what_each_said(live: Make) -> None:
    app = live(replace(world_plan("healthy"), query="v1.9.9"))
    async with opened(app) as pilot:
        await press(pilot, "3", "2", "I")
        assert "v1.9.9 was found nowhere: 127.0.0.1" in told(app)
        assert "uncached" not in told(app)


async def test_the_cursor_begins_at_the_newest_version_where_go_chose_none() -> None:
    versions = ("v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0")
    before = [BrowseStarted(0, PATH, COLUMNS[:3])]
    app = browsing([*before])
    async with opened(app) as pilot:
        await press(pilot, "3", "down", "down")
        for said in (ColumnAnswered(1, 0, versions, "v1.3.0"),):
            app.session.note_in_table(said)
        app.workbench.modules.show(app.session.table, None, "")
        await press(pilot)
        assert app.workbench.modules.version() == "v1.3.0"


def test_how_far_behind_is_never_cut() -> None:
    from tests.matrix_support import table_of

    versions = ("v1.0.0", "v1.1.0")
    said = [
        BrowseStarted(0, PATH, tuple(replace(one, name=f"127.0.0.1:4000{one.id}") for one in COLUMNS[:4]))
    ]
    said += [ColumnAnswered(0, 0, versions, "v1.1.0", "2024-01-02T00:00:00Z")]  # type: ignore[list-item]
    said += [ColumnAnswered(0, 1, versions, "v1.0.0", "2024-01-01T00:00:00Z")]  # type: ignore[list-item]
    view = ModulesView(table_of(said), 0, 52, UNICODE, longest=8, longest_short=8, height=40)
    (behind,) = [one.text for one in module_head(view) if one.text.split()[:1] == ["behind"]]
    assert behind.split() == ["behind", "newest", "24", "h"]


async def test_a_list_that_failed_is_not_called_a_list_without_the_version(live: Make) -> None:
    app = live(world_plan("comma-stops-on-502"))
    async with opened(app) as pilot:
        await press(pilot, "3", "a", "right", "d")
        assert "the same version there (its list: 502)" in screen_text(app)


async def test_privacy_leaves_the_names_of_files_alone(live: Make) -> None:
    app = live(world_plan("healthy"))
    async with opened(app) as pilot:
        await press(pilot, "M", "p")
        assert "the .info does not tell where it was taken from" in screen_text(app)
        assert PATH not in screen_text(app)


async def test_keys_in_one_piece_with_the_enter_of_a_line_are_not_lost(live: Make) -> None:
    app = live(SAME_TWICE)
    async with opened(app) as pilot:
        await press(pilot, "3", "S")
        app.simulate_key("enter")
        app.simulate_key("D")
        await press(pilot)
        assert isinstance(app.screen, DownloadsScreen)
        assert "modtrace-files" in screen_text(app)


async def test_enter_is_never_met_with_silence(live: Make) -> None:
    app = live(SAME_TWICE)
    async with opened(app) as pilot:
        await press(pilot, "D")
        assert foot(app) == "esc back"
        await press(pilot, "escape", "M", "enter")
        assert "this line names no other module" in told(app)
        await press(pilot, "escape", "3", "S", "enter", "D", "enter")
        assert "there is nothing to open here" in told(app)
        await press(pilot, "escape", "d", "enter")
        assert "all 2 files are the same" in " ".join(screen_text(app).split())
        assert foot(app) == "esc back"


@pytest.mark.parametrize("keys", [("F",), ("d", "down", "enter")])
async def test_a_very_small_screen_has_rows_and_the_way_back(live: Make, keys: tuple[str, ...]) -> None:
    files = [simple_module(PATH, "v1.2.0"), simple_module(PATH, "v1.2.0")]
    (version,) = files[1].versions
    other = replace(
        version, files=(("doc.go", b"package other\n"), *((f"f{n}.go", b"package doc\n") for n in range(9)))
    )
    places = Place((files[0],)), Place((replace(files[1], versions=(other,)),))
    app = live(WorldPlan("two", "Two", "A story.", places, "{0},{1}"))
    async with opened(app, (40, 10)) as pilot:
        await press(pilot, "3", *(("d", "enter") if keys[0] == "d" else keys))
        await press(pilot)
        lines = screen_text(app).splitlines()
        assert lines[-1].strip().endswith("esc back")
        assert sum(".go" in line or "go.mod" in line for line in lines) >= 2


def test_the_way_back_is_the_last_key_to_go() -> None:
    hint = "enter open   / find   y copy the name   esc back"
    assert fitted_hint(hint, 80) == hint
    assert fitted_hint(hint, 34) == "enter open   / find   esc back"
    assert fitted_hint(hint, 3) == "esc back"
    assert fitted_hint("esc back   / find   y copy", 20) == "esc back   / find"


async def test_many_matches_are_counted_in_full() -> None:
    versions = tuple(f"v1.{major}.{minor}" for major in range(15) for minor in range(100))
    app = browsing([BrowseStarted(0, PATH, COLUMNS[:2]), ColumnAnswered(1, 0, versions, versions[-1])])
    async with opened(app) as pilot:
        await press(pilot, "3", "slash", "v", "1", "enter", "G")
        assert "1500/1500" in screen_text(app)


async def test_any_of_very_many_versions_can_be_typed_to_compare_with(live: Make) -> None:
    names = tuple(f"v1.{major}.{minor}" for major in range(10) for minor in range(60))
    plan = WorldPlan("many", "Many", "A story.", (Place((simple_module(PATH, *names),)),), "{0}")
    app = live(plan)
    async with opened(app) as pilot:
        await press(pilot, "3", "d", "end", "enter", *"v1.0.5")
        assert isinstance(app.screen, PromptScreen)
        assert "v1.0.59" in screen_text(app), "one of the oldest"
        await press(pilot, "backspace", "backspace", "enter")
        assert "v1.0 is no exact version" in screen_text(app)
        assert app.screen.input.value == "v1.0", "what was typed stays"
        await press(pilot, "end", *".3", "enter")
        assert "v1.0.3 and v1.9.59" in screen_text(app)


def test_hashes_that_are_still_coming_in_are_no_verdict_yet() -> None:
    quorum = Quorum()
    voters = tuple(Voter(number, VoterKind.PROXY, f"proxy {number}") for number in range(3))
    quorum.apply(QuorumStarted(0, PATH, "v1.0.0", voters))
    for number, one in enumerate(("h1:AAAA", "h1:BBBB")):
        quorum.apply(VoterAnswered(0, number, What.ZIP, (one,)))
    quorum.apply(VoterAsked(0, 2, What.ZIP))
    quorum.apply(VoterProgress(0, 2, 95_000, 100_000))

    def text() -> str:
        return "\n".join(row.line.text for row in quorum_rows(quorum, 80, UNICODE, str))

    assert "so far: a tie, 1 against 1" in text()
    assert "asking    95 %" in text()
    assert "…" not in text().splitlines()[3]
    quorum.apply(VoterAnswered(0, 2, What.ZIP, ("h1:AAAA",)))
    assert "so far" not in text()


def test_of_a_download_that_brought_nothing_the_reason_is_copied() -> None:
    one = Undertaking(0, "m.test/x@v1.0.0", Path("files"), problem="there is no room", is_over=True)
    rows = saving_rows(SavingView([one], 80, UNICODE, str))
    assert {row.copy for row in rows} == {"there is no room"}


async def test_the_line_to_find_in_is_not_covered_by_what_was_told(live: Make) -> None:
    app = live(SAME_TWICE)
    async with opened(app) as pilot:
        for before in (("M",), ("escape", "3")):
            await press(pilot, *before, "y")
            assert "copied" in told(app)
            await press(pilot, "slash")
            assert not told(app)


async def test_a_long_path_beside_the_module_leaves_room_for_what_is_known_of_it(live: Make) -> None:
    path = "long.example/" + "/".join(["averyveryverylongelement"] * 4)
    app = live(
        WorldPlan("long", "L", "A story.", (Place((simple_module(path, "v1.0.0"),)),), "{0}", path=path)
    )
    async with opened(app) as pilot:
        await press(pilot, "J")
        assert "…  not asked" in screen_text(app)
        assert "not ask…" not in screen_text(app)


async def test_where_there_is_no_version_every_key_says_the_same_and_what_to_do(live: Make) -> None:
    app = live(replace(world_plan("healthy"), path="demo.example/nothing"))
    async with opened(app) as pilot:
        await press(pilot, "3")
        for pressed in "IMFdQS":
            app.clear_notifications()
            await press(pilot, pressed)
            assert "nobody names one; t with PATH@VERSION" in told(app), pressed
