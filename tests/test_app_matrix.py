"""The version matrix: what stands in its head, its cells, its marks, and what the keys I and J do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from probes.browse.table import (
    BrowseEvent,
    BrowseFinished,
    BrowseStarted,
    Choice,
    ColumnAnswered,
    ModuleRead,
    VersionAnswered,
    VersionAsked,
)
from probes.demo.worlds import world_plan
from probes.net.limits import Limits
from probes.trace.events import Outcome
from screenshots.make import HERE
from tests.app_support import BROAD, NARROW, WIDE, opened, press, replay_app, screen_text
from tests.matrix_support import (
    COLUMNS,
    INCOMPATIBLE,
    NEWEST,
    ONE_OF_EACH,
    PRERELEASE,
    PSEUDO,
    RETRACTED,
    UNLISTED,
    table_of,
)
from tui.app import ModtraceApp
from tui.bridge import Bridge
from tui.drawing.column_details import column_details
from tui.drawing.matrix_head import module_head
from tui.drawing.matrix_view import ModulesView, arranged
from tui.drawing.module_rows import module_rows
from tui.drawing.package_hint import is_no_module
from tui.drawing.version_details import module_details
from tui.drawing.version_marks import marks_width
from tui.drawing.version_words import lag_words, short_version, span_words, version_words
from tui.jobs import AskVersionJob, TraceJob
from tui.lines import Role, cells
from tui.replay import load
from tui.screens.related_screen import RelatedScreen
from tui.session import Session
from tui.stage import DemoWorld
from tui.symbols import ASCII, UNICODE, Symbols

TABLE = table_of(ONE_OF_EACH)


def view_of(
    events: Sequence[BrowseEvent] = ONE_OF_EACH,
    *,
    width: int = 80,
    height: int = 24,
    column: int = 0,
    symbols: Symbols = UNICODE,
    in_full: bool = False,
) -> ModulesView:
    """The view as the pane makes it."""
    table = table_of(events)
    view = ModulesView(
        table,
        column,
        width,
        symbols,
        "v1.2.0",
        longest=34,
        longest_short=22,
        in_full=in_full,
        height=height,
        asked_for=frozenset({UNLISTED}),
    )
    return replace(view, marks=marks_width(view, has_kinds=True))


def row_of(version: str, view: ModulesView) -> str:
    """The row of a version, with one blank between words."""
    rows = {row.key: row.line.text for row in module_rows(view)}
    return " ".join(rows[version].split())


def app_with(events: Sequence[BrowseEvent], symbols: Symbols = UNICODE) -> ModtraceApp:
    """The app, browsing this table."""
    replay = load(HERE, "split-files")
    replay.browsing = events
    return replay_app(replay, symbols=symbols)


# -- rows --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("symbols", [UNICODE, ASCII])
@pytest.mark.parametrize("width", [80, 120, 200])
def test_kinds_of_versions_differ_by_sign_word_and_colour(symbols: Symbols, width: int) -> None:
    kinds = ("v1.0.0", PRERELEASE, PSEUDO, INCOMPATIBLE, RETRACTED)
    words = [version_words(TABLE, version, symbols) for version in kinds]
    assert len({one.sign for one in words}) == len({one.word for one in words}) == 5
    assert len({one.role for one in words}) == 5
    view = view_of(width=width, symbols=symbols)
    for version, one in zip(kinds, words, strict=True):
        row = row_of(version, view)
        assert row.startswith(one.sign.strip() + version[:1]) or one.word == "commit"
        assert one.word in row


@pytest.mark.parametrize("width", [60, 80, 100, 160])
@pytest.mark.parametrize("column", range(6))
def test_rows_and_head_are_never_wider_than_the_pane(width: int, column: int) -> None:
    view = view_of(width=width, column=column)
    for text in [*module_head(view), *(row.line for row in module_rows(view))]:
        assert text.width <= width
    assert any(state.column.id == column for state, _ in arranged(view).columns)


def test_cells_say_which_of_all() -> None:
    view = view_of(width=200)
    assert "[✓ listed]" in row_of("v1.0.0", view)
    unlisted = row_of(UNLISTED, view)
    assert "[– missing]" in unlisted
    assert "✓ unlisted" in unlisted
    assert "✗403" in unlisted
    assert "not listed]" in row_of(NEWEST, view)
    asking = [*ONE_OF_EACH[:-1], VersionAsked(1, 1, "v1.0.0")]
    assert "▸ asking" in row_of("v1.0.0", view_of(asking, width=200, column=1))
    private = replace(COLUMNS[0], private=True)
    begun = BrowseStarted(0, "demo.example/hello", (private, *COLUMNS[1:]))
    assert "[– private]" in row_of("v1.2.0", view_of([begun, *ONE_OF_EACH[1:]], width=200))
    assert "[· not asked]" in row_of("v1.2.0", view_of(width=200, column=3))


@pytest.mark.parametrize(
    ("error", "word"),
    [
        ("reading https://x/@v/v1.info: 403 Forbidden", "✗403"),
        ("dial tcp: lookup x: no such host", "✗ no host"),
        ("dial tcp 10.0.0.1:443: connect: connection refused", "✗ refused"),
        ("tls: failed to verify certificate: x509: unknown authority", "✗ cert"),
        ("net/http: TLS handshake timeout", "✗ timeout"),
        ("something nobody thought of", "✗ failed"),
    ],
)
def test_an_error_says_which(error: str, word: str) -> None:
    told = VersionAnswered(1, 1, "v1.0.0", served=False, error=error)
    assert word in row_of("v1.0.0", view_of([*ONE_OF_EACH, told], width=200))


def test_what_go_would_choose_is_marked_and_from_whom() -> None:
    wide = view_of(width=200)
    assert row_of(NEWEST, wide).endswith("← latest, upgrade from goproxy.example")
    assert "← go chose, patch from mirror.corp.example" in row_of("v1.2.0", wide)
    narrow = view_of(width=80)
    assert row_of(NEWEST, narrow).endswith("← latest, upgrade")
    assert row_of("v1.2.0", narrow).endswith("← go chose, patch")


def test_pseudo_versions_are_short_and_whole_in_full() -> None:
    assert "20191109-daa7c04131f5" in row_of(PSEUDO, view_of())
    assert PSEUDO in row_of(PSEUDO, view_of(in_full=True))
    assert short_version("v1.2.4-0.20191109021931-daa7c04131f5", 29, "…") == "v1.2.4-0…20191109-daa7c04131f5"[
        :0
    ] + ("…20191109-daa7c04131f5")
    assert short_version("v1.2.4-0.20191109021931-daa7c04131f5", 30, "…") == "v1.2.4-0…20191109-daa7c04131f5"
    assert cells(short_version("v1.0.0-" + "x" * 60, 20, "…")) <= 20


def test_the_date_of_a_version_that_was_asked_for_by_name_stands_in_its_row() -> None:
    assert row_of(UNLISTED, view_of()).endswith("2024-01-03")


@pytest.mark.parametrize(
    ("needle", "found"),
    [
        ("retracted", [RETRACTED]),
        ("incompat", [INCOMPATIBLE]),
        ("commit", [PSEUDO]),
        ("pre-rel", [PRERELEASE]),
        ("upgrade", [NEWEST]),
        ("go chose", ["v1.2.0"]),
        ("2024-01-03", [UNLISTED]),
        ("v1.3", [UNLISTED, "v1.3.0", PRERELEASE]),
        ("DAA7", []),
    ],
)
def test_what_one_may_look_for(needle: str, found: list[str]) -> None:
    assert [row.key for row in module_rows(view_of(), needle)] == found


# -- head and details --------------------------------------------------------------------------------


def test_the_head_takes_no_room_from_the_list() -> None:
    many = tuple(f"v1.0.{n}" for n in range(300))
    events = [
        BrowseStarted(0, "m.test/x", COLUMNS[:2]),
        ColumnAnswered(0, 0, many, many[-1], "2024-01-02T00:00:00Z"),
    ]
    lines = {height: len(module_head(view_of(events, height=height))) for height in (0, 12, 18, 40)}
    assert lines[0] == lines[12] == 3
    assert 3 < lines[18] < 16
    assert lines[18] <= lines[40] <= 7


def test_low_heads_say_how_far_behind_beside_the_latest() -> None:
    many = tuple(f"v1.0.{n}" for n in range(300))
    events = [
        BrowseStarted(0, "m.test/x", COLUMNS[:2]),
        ColumnAnswered(0, 0, many, many[-1], "2024-01-02T00:00:00Z"),
        ColumnAnswered(0, 1, many, many[-2], "2024-01-01T00:00:00Z"),
    ]
    *_, last = module_head(view_of(events, height=12))
    assert last.text.split() == ["@latest", "v1.0.299", "-24", "h"]


def test_high_heads_have_a_line_for_each_fact() -> None:
    text = "\n".join(one.text for one in module_head(view_of(height=40)))
    for words in ("deprecated: use", "✗403", "3 d behind", "newest", "2024-01-05", "184 ms", "41 B"):
        assert words in text


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "newest"), (59, "59 s behind"), (7200, "2 h behind"), (259200, "3 d behind"), (4e7, "15 mo behind")],
)
def test_lags(seconds: float, words: str) -> None:
    assert lag_words(seconds) == words
    assert span_words(1e9) == "31 y"


def test_details_of_a_version_say_all_of_it() -> None:
    text = "\n".join(field.text for field in module_details(view_of(), UNLISTED).fields)
    for words in (
        "Time 2024-01-03",
        "Origin URL https://git.example",
        "Origin Ref refs/tags",
        "404 Not Found",
    ):
        assert words in text
    text = "\n".join(field.text for field in module_details(view_of(), RETRACTED).fields)
    assert "loses data" in text
    assert "use demo.example/hi instead" in text


def test_details_of_a_column_say_all_of_it() -> None:
    fields = {field.label: field.text for field in column_details(view_of(), 1).fields}
    assert fields["list"] == "7 versions, 71 B"
    assert fields["@latest"] == NEWEST
    assert fields["behind"] == "newest"
    assert fields["patch"] == "v1.2.0 from mirror.corp.example"


def test_what_cannot_be_told_says_why() -> None:
    events = [*ONE_OF_EACH, Choice(1, "patch", error="the proxy did not answer", unknown=True)]
    fields = {field.label: field.text for field in column_details(view_of(events), 1).fields}
    assert fields["patch"] == "cannot be told: the proxy did not answer"


HOSTILE = "\x1b[31m\x9b1m\u202e[red]x"


def test_what_a_server_says_is_drawn_safe() -> None:
    column = replace(COLUMNS[0], name=HOSTILE)
    events: list[BrowseEvent] = [
        BrowseStarted(0, "m.test/x", (column,)),
        ColumnAnswered(0, 0, ("v1.0.0",), HOSTILE, HOSTILE, latest_error=HOSTILE),
        ModuleRead(0, HOSTILE, 0, deprecated=HOSTILE),
        VersionAnswered(0, 0, "v1.0.0", served=True, time=HOSTILE),
        BrowseFinished(0),
    ]
    view = view_of(events, width=120, height=40)
    drawn = [*module_head(view), *(row.line for row in module_rows(view))]
    assert all(mark not in one.text for one in drawn for mark in "\x1b\x9b\u202e")


# -- in the app --------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [NARROW, WIDE, BROAD])
@pytest.mark.parametrize("symbols", [UNICODE, ASCII])
async def test_the_matrix_is_on_the_screen(size: tuple[int, int], symbols: Symbols) -> None:
    app = app_with(ONE_OF_EACH, symbols)
    async with opened(app, size) as pilot:
        await press(pilot, "3")
        text = screen_text(app)
        assert f"{symbols.warn} deprecated: use demo.example/hi instead" in text
        assert f"{symbols.back} latest" in text
        assert "retracted" in text


async def test_enter_opens_the_column_and_the_key_of_an_action_runs_it() -> None:
    app = app_with(ONE_OF_EACH)
    async with opened(app) as pilot:
        await press(pilot, "3", "l", "enter", "G", "enter")
        assert "demo.example/hello at goproxy.example" in screen_text(app)
        await press(pilot, "escape", "enter")
        for _ in range(7):
            await press(pilot, "j")
        await press(pilot, "enter")
        (job,) = [one for one in app.session.bridge.jobs if isinstance(one, AskVersionJob)]  # type: ignore[attr-defined]
        assert job.version == "v1.2.0"


async def test_a_column_without_versions_can_be_opened() -> None:
    events = [
        BrowseStarted(0, "m.test/x", (replace(COLUMNS[2], id=0),)),
        ColumnAnswered(0.4, 0, error="reading https://backup.example/@v/list: 403 Forbidden"),
        BrowseFinished(0.5),
    ]
    app = app_with(events)
    async with opened(app) as pilot:
        await press(pilot, "3", "enter")
        assert "m.test/x at backup.example" in screen_text(app)


async def test_i_asks_every_column_and_shows_what_they_say() -> None:
    replay = load(HERE, "split-files")
    replay.browsing = ONE_OF_EACH
    replay.named = [VersionAnswered(1, 0, "v1.2.0", served=True, time="2023-05-06T00:00:00Z")]
    app = replay_app(replay)
    async with opened(app) as pilot:
        await press(pilot, "3")
        assert "2023-05-06" not in screen_text(app)
        await press(pilot, "I")
        assert "2023-05-06" in screen_text(app)


async def test_j_shows_what_is_beside_the_module_and_traces_what_is_chosen() -> None:
    app = app_with(ONE_OF_EACH)
    async with opened(app) as pilot:
        jobs = len([job for job in app.session.bridge.jobs if isinstance(job, TraceJob)])  # type: ignore[attr-defined]
        await press(pilot, "3", "J")
        assert isinstance(app.screen, RelatedScreen)
        assert "demo.example/hello/v2" in screen_text(app)
        assert len([job for job in app.session.bridge.jobs if isinstance(job, TraceJob)]) == jobs  # type: ignore[attr-defined]
        await press(pilot, "enter")
        assert app.session.target == ("demo.example/hello/v2", "latest")
        assert app.workbench.active_pane is app.workbench.modules


async def test_privacy_masks_the_matrix() -> None:
    app = app_with(ONE_OF_EACH)
    async with opened(app, WIDE) as pilot:
        await press(pilot, "3", "p")
        text = screen_text(app)
        assert "corp.example" not in text
        await press(pilot, "l", "enter", "G", "enter")
        assert "corp.example" not in screen_text(app)


async def test_a_path_that_may_be_a_package_is_told_of_o() -> None:
    replay = load(HERE, "404-falls-through")
    app = replay_app(replay)
    async with opened(app) as pilot:
        await press(pilot, "3")
        assert not is_no_module(app.session.trace)
        trace = app.session.trace
        assert trace.started is not None
        assert trace.finished is not None
        trace.started = replace(trace.started, path="demo.example/hello/pkg")
        trace.finished = replace(trace.finished, outcome=Outcome.FAILS)
        for request in trace.requests.values():
            assert request.finished is not None
            request.finished = replace(request.finished, status=404)
        assert is_no_module(trace)
        app.session.table = table_of(
            [BrowseStarted(0, "demo.example/hello/pkg", COLUMNS[:2]), BrowseFinished(0)]
        )
        app.wake()
        await press(pilot)
        assert "O looks at all prefixes" in screen_text(app)
        assert "a package, no module? O" in screen_text(app)
        assert "O as go get" in screen_text(app)


async def test_a_private_path_is_told_to_no_proxy_whatever_is_pressed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    plan = world_plan("stale")
    world = DemoWorld(plan, {"GONOPROXY": "demo.example"})
    session = Session(world, Bridge(), Limits(answer_s=10, stall_s=10))
    app = ModtraceApp(session, target=(plan.path, plan.query), symbols=UNICODE)
    try:
        async with opened(app) as pilot:
            await press(pilot, "3", "a", "I", "J")
            assert isinstance(app.screen, RelatedScreen)
            await press(pilot, "enter", "a", "I")
            assert session.target == (f"{plan.path}/v2", "latest")
            assert any(state.column.private for state in session.table.columns)
        assert world._world.log == []
    finally:
        session.bridge.close()
        world.close()


async def test_what_if_brings_another_matrix() -> None:
    app = app_with(ONE_OF_EACH)
    async with opened(app, WIDE) as pilot:
        await press(pilot, "3", "vertical_line")
        assert "deprecated: use demo.example/hi" in screen_text(app)


def test_faint_is_what_nobody_asked() -> None:
    rows = {row.key: row.line for row in module_rows(view_of(width=200))}
    faint = [span.text.strip() for span in rows["v1.0.0"].spans if span.role is Role.FAINT]
    assert "·" in faint
