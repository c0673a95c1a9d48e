"""The module browser's pane."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from probes.browse.table import (
    BrowseEvent,
    BrowseFinished,
    BrowseStarted,
    Column,
    ColumnAnswered,
    ColumnAsked,
    DownloadFinished,
    DownloadProgress,
    DownloadStarted,
    VersionTable,
    Wanted,
)
from probes.golang.protocol import Op
from screenshots.make import HERE
from tests.app_support import WIDE, opened, press, replay_app, screen_text
from tui.drawing.matrix_head import module_head
from tui.drawing.matrix_view import ModulesView, fitted_names
from tui.drawing.module_rows import first_with, module_rows
from tui.jobs import BrowseJob, DownloadJob
from tui.lines import cells
from tui.replay import load
from tui.symbols import UNICODE

ANY = Wanted("v1.0.0", Op.ZIP, 0)


def table_of(events: Sequence[BrowseEvent]) -> VersionTable:
    """The fold of these events."""
    table = VersionTable()
    for event in events:
        table.apply(event)
    return table


def shown(events: Sequence[BrowseEvent], *, column: int = 0, width: int = 100) -> list[list[str]]:
    """Head and rows of the pane, as words."""
    view = ModulesView(table_of(events), column, width, UNICODE, longest=12)
    lines = [*module_head(view), *(row.line for row in module_rows(view))]
    return [line.text.split() for line in lines]


def columns(count: int, *, private: bool = False) -> tuple[Column, ...]:
    """Columns p0, p1, …"""
    return tuple(Column(n, n, f"p{n}", f"https://p{n}", private, dead=False) for n in range(count))


def test_versions_stand_in_gos_order_the_newest_first_with_a_cell_a_proxy() -> None:
    lines = shown(
        [
            BrowseStarted(0, "m.test/x", columns(3)),
            ColumnAsked(0, 0),
            ColumnAnswered(0, 0, ("v1.2.0", "v1.10.0-rc.1", "v1.10.0"), "v1.10.0"),
            ColumnAnswered(0, 1, ("v1.2.0",), "v1.2.0"),
            BrowseFinished(0),
        ]
    )
    assert lines == [
        ["version", "[p0]", "p1", "p2"],
        ["✓", "3", "listed", "✓", "1", "listed", "·", "not", "asked"],
        ["@latest", "v1.10.0", "v1.2.0"],
        ["v1.10.0", "[✓", "listed]", "–", "·", "@latest", "of", "p0"],
        ["~v1.10.0-rc.1", "[✓", "listed]", "–", "·", "pre-release"],
        ["v1.2.0", "[✓", "listed]", "✓", "·", "@latest", "of", "p1"],
    ]


def test_an_error_says_which_and_a_private_path_is_never_asked() -> None:
    events = list(load(HERE, "comma-stops-on-502").browsing)
    assert shown(events)[1][0] == "✗502"
    lines = shown([BrowseStarted(0, "x.corp/y", columns(1, private=True), "*.corp"), BrowseFinished(0)])
    assert lines[1] == ["–", "private"]
    assert " ".join(lines[2]) == "private: *.corp of GONOPROXY matches, so no proxy is ever asked"


@pytest.mark.parametrize("column", [0, 5, 11])
def test_the_selected_proxy_is_always_in_sight(column: int) -> None:
    answers = [ColumnAnswered(0, n, ("v1.0.0",)) for n in range(12)]
    lines = shown([BrowseStarted(0, "m.test/x", columns(12)), *answers], column=column, width=80)
    assert f"[p{column}]" in lines[0]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_names_that_differ_still_do_when_they_are_cut(width: int) -> None:
    names = ["127.0.0.1:43821", "127.0.0.1:43822", "goproxy.a-very-long-name.corp.example"]
    started = tuple(Column(n, n, name, f"http://{name}", False, dead=False) for n, name in enumerate(names))
    events = [BrowseStarted(0, "m.test/x", started), *(ColumnAnswered(0, n, ("v1.0.0",)) for n in range(3))]
    head = shown(events, width=width)[0]
    seen = [word.strip("[]") for word in head if word != "version"]
    assert seen[0].endswith(":43821") or seen[0].endswith("43821")
    assert seen[1].endswith("43822")


@pytest.mark.parametrize("width", range(4, 30))
def test_fitted_names_fit(width: int) -> None:
    names = ["same-beginning-1-same-end", "same-beginning-2-same-end", "short"]
    fitted = fitted_names(names, width, "…")
    assert all(cells(name) <= width for name in fitted)
    assert len(set(fitted)) == 3
    assert fitted_names(["a", "b"], width, "…") == ["a", "b"]


def test_the_proxy_that_is_chosen_by_itself_has_something() -> None:
    failed = ColumnAnswered(0, 0, error="404 Not Found")
    begun = [BrowseStarted(0, "m.test/x", columns(3)), failed]
    assert first_with(table_of(begun), None) == 0
    assert first_with(table_of([*begun, ColumnAnswered(0, 1, ("v1.0.0",))]), None) == 1
    both = [*begun, ColumnAnswered(0, 1, ("v1.0.0",)), ColumnAnswered(0, 2, ("v1.0.0", "v1.1.0"))]
    assert first_with(table_of(both), "v1.1.0") == 2
    assert first_with(VersionTable(), "v1.0.0") == 0


async def test_enter_offers_a_proxy_that_has_the_version_until_another_is_chosen(tmp_path: Path) -> None:
    app = replay_app(load(HERE, "404-falls-through"))
    app.folder = tmp_path
    async with opened(app) as pilot:
        await press(pilot, "3", "enter")
        assert "fetch it from goproxy.example" in screen_text(app)
        await press(pilot, "escape", "left", "a", "enter")
        assert "fetch it from mirror.corp.example" in screen_text(app)


async def test_keys_in_one_piece_have_their_effects_in_order(tmp_path: Path) -> None:
    replay = load(HERE, "404-falls-through")
    app = replay_app(replay)
    app.folder = tmp_path
    async with opened(app) as pilot:
        await press(pilot, "3")
        await pilot.press("left", "m", "right", "Z")
        await press(pilot)
        jobs = [job for job in replay.jobs if isinstance(job, DownloadJob)]
        assert [(job.wanted.op, job.wanted.column) for job in jobs] == [(Op.MOD, 0), (Op.ZIP, 1)]


async def test_a_failed_download_says_why_once(tmp_path: Path) -> None:
    replay = load(HERE, "split-files")
    replay.downloads = [
        DownloadStarted(0, ANY, "hello.zip"),
        DownloadFinished(1, ANY, None, error="reading hello.zip: 403 Forbidden"),
    ]
    app = replay_app(replay)
    app.folder = tmp_path
    async with opened(app) as pilot:
        await press(pilot, "3", "Z", "j")
        told = [str(notice.message) for notice in app._notifications]
        words = "the .zip of v1.2.0 did not come from mirror.corp.example: reading hello.zip: 403 Forbidden"
        assert told == [words]
        replay.downloads = []
        await press(pilot, "k", "p")
        assert len(app._notifications) == 1


async def to_modules(pilot: Pilot[None]) -> None:
    """Bring the module browser to the front."""
    await press(pilot, "3")


async def test_the_proxies_are_asked_when_the_pane_comes_into_sight() -> None:
    replay = load(HERE, "split-files")
    app = replay_app(replay)
    async with opened(app) as pilot:
        assert not [job for job in replay.jobs if isinstance(job, BrowseJob)]
        await to_modules(pilot)
        (job,) = [job for job in replay.jobs if isinstance(job, BrowseJob)]
        assert (job.path, job.ask_all) == ("demo.example/hello", False)
        assert "← go chose" in screen_text(app)
        await press(pilot, "2", "3")
        assert len([job for job in replay.jobs if isinstance(job, BrowseJob)]) == 1


async def test_on_a_wide_screen_they_are_asked_once_the_trace_is_over() -> None:
    replay = load(HERE, "split-files")
    async with opened(replay_app(replay), WIDE):
        assert [type(job).__name__ for job in replay.jobs] == ["TraceJob", "BrowseJob"]


async def test_a_asks_all() -> None:
    replay = load(HERE, "split-files")
    async with opened(replay_app(replay)) as pilot:
        await press(pilot, "3", "a")
        assert [job.ask_all for job in replay.jobs if isinstance(job, BrowseJob)] == [False, True]


async def test_a_file_is_fetched_into_the_folder_that_is_asked_for_once(tmp_path: Path) -> None:
    replay = load(HERE, "split-files")
    replay.downloads = [
        DownloadStarted(0, ANY, "hello.zip"),
        DownloadFinished(1, ANY, "hello.zip", 2048),
    ]
    app = replay_app(replay)
    async with opened(app) as pilot:
        await press(pilot, "3", "Z")
        assert isinstance(app.focused, Input)
        assert app.focused.value == "modtrace-files"
        app.focused.value = str(tmp_path / "tree")
        await press(pilot, "enter")
        assert "zip ✓" in screen_text(app)
        await press(pilot, "m", "i")
        assert app.screen is app.workbench
        jobs = [job for job in replay.jobs if isinstance(job, DownloadJob)]
        assert [job.wanted.op for job in jobs] == [Op.ZIP, Op.MOD, Op.INFO]
        assert {job.wanted.version for job in jobs} == {"v1.2.0"}
        assert {job.folder for job in jobs} == {tmp_path / "tree"}
        await press(pilot, "enter", "enter")
        assert "2.0 KB from mirror.corp.example" in screen_text(app)


async def test_progress_stands_in_the_row_and_escape_stops_it(tmp_path: Path) -> None:
    replay = load(HERE, "split-files")
    replay.unfinished_downloads = True
    replay.downloads = [DownloadStarted(0, ANY, "hello.zip"), DownloadProgress(0, ANY, 500, 1000)]
    app = replay_app(replay)
    app.folder = tmp_path
    async with opened(app) as pilot:
        await press(pilot, "3", "Z")
        assert "zip 50% ▇▇▇▇▇" in screen_text(app)
        await press(pilot, "escape")
        assert len(replay.cancelled) == 1


async def test_a_proxy_that_was_not_asked_is_asked_for_no_file(tmp_path: Path) -> None:
    replay = load(HERE, "split-files")
    app = replay_app(replay)
    app.folder = tmp_path
    async with opened(app) as pilot:
        await press(pilot, "3", "l", "Z")
        assert not [job for job in replay.jobs if isinstance(job, DownloadJob)]
        assert "go would not come to goproxy.example" in "".join(
            str(notification.message) for notification in app._notifications
        )


async def test_enter_offers_what_to_do_with_a_version(tmp_path: Path) -> None:
    replay = load(HERE, "split-files")
    app = replay_app(replay)
    app.folder = tmp_path
    async with opened(app) as pilot:
        await press(pilot, "3", "enter")
        assert "fetch it from mirror.corp.example" in screen_text(app)
        await press(pilot, "j", "enter")
        assert app.session.target == ("demo.example/hello", "v1.2.0")
