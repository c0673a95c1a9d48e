"""What stands around the walks in the tree: turnings, the module cache, and the branch of the checksums."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from probes.demo.worlds import world_plan
from probes.trace.checksum_events import Sworn
from probes.trace.events import Bend, Event, TraceStarted, Turning, Verdict
from probes.trace.fold import Trace
from tests.app_support import opened, press, screen_text
from tests.demo_support import traced_in
from tests.test_app_proving import FORK, LOOKED, proving_app
from tests.turned import (
    NAME,
    PATH,
    VERSION,
    asked_for_support,
    decided,
    failed,
    folded,
    head,
    lookup,
    proving,
    route,
    routed,
    started,
    turned,
    well,
)
from tui.drawing.fields import detail_rows
from tui.drawing.trace_details import trace_details
from tui.drawing.tree_keys import Part, TreeKey
from tui.drawing.tree_rows import tree_rows
from tui.drawing.tree_view import TreeView, guilty_row
from tui.drawing.verdict import verdict_lines
from tui.spoken import result, step, steps
from tui.stage import DemoWorld
from tui.symbols import ASCII, UNICODE, Symbols


def rows(
    events: Sequence[Event], *opened_rows: TreeKey, width: int = 100, symbols: Symbols = UNICODE
) -> dict[TreeKey, str]:
    """The rows of the tree after these events, by key."""
    trace = folded(events)
    view = TreeView(trace, trace.now, width, symbols, dict.fromkeys(opened_rows, True))
    return {row.key: row.line.text.rstrip() for row in tree_rows(view)}  # type: ignore[misc]


def details(trace: Trace, key: TreeKey) -> str:
    """What Enter on a row shows."""
    found = trace_details(trace, key, trace.now, UNICODE)
    assert found is not None, key
    return " ".join(" ".join(row.line.text for row in detail_rows(found, 200)).split())


CHECKSUMS = TreeKey(Part.CHECKSUMS)
REPLACED = turned(
    Turning.REPLACE, Bend.LEADS, "go.mod says so", to="demo.example/fork@v1.1.0", where="go.mod:7"
)
IN_PROJECT: list[Event] = [
    started(project="/home/me/mine/go.mod"), turned(Turning.WORKSPACE, Bend.STRAIGHT, "there is no go.work"),
    REPLACED, turned(Turning.EXCLUDE, Bend.STRAIGHT, "no line excludes it"),
]  # fmt: skip


# -- turnings ----------------------------------------------------------------------------------------


def test_turnings_stand_before_the_walks_and_those_that_change_nothing_inside() -> None:
    shown = rows([*IN_PROJECT, *well()])
    assert list(shown)[:3] == [TreeKey(Part.PROJECT), TreeKey(Part.TURNING, 1), TreeKey(Part.PRIVATE)]
    assert "yes: replace   mine/go.mod" in shown[TreeKey(Part.PROJECT)]
    assert "leads away: to demo.example/fork@v1.1.0   go.mod:7" in shown[TreeKey(Part.TURNING, 1)]
    unfolded = rows([*IN_PROJECT, *well()], TreeKey(Part.PROJECT), TreeKey(Part.TURNING, 1))
    assert "there is no go.work" in unfolded[TreeKey(Part.TURNING, 0)]
    dim = [text for key, text in unfolded.items() if key.part is Part.BRANCH]
    assert any("not taken: without a replace line" in text for text in dim)
    assert any("cmd/go/internal/modload" in text for text in dim)


def test_each_turning_has_details_with_its_rule_and_its_line() -> None:
    trace = folded([*IN_PROJECT, *well()])
    text = details(trace, TreeKey(Part.TURNING, 1))
    for piece in ("leads away", "go.mod:7", "demo.example/fork@v1.1.0", "cmd/go/internal/modload"):
        assert piece in text
    assert "there is no go.work" in details(trace, TreeKey(Part.PROJECT))


@pytest.mark.parametrize("turning", list(Turning), ids=str)
def test_every_turning_can_be_drawn_whatever_its_bend(turning: Turning) -> None:
    for bend in Bend:
        event = turned(turning, bend, "it is so", to="x", op="mod", where="there:1", error="no")
        for symbols in (UNICODE, ASCII):
            shown = rows([started(project="/w/go.mod", warm=True), event, failed("no")],
                         TreeKey(Part.PROJECT), TreeKey(Part.CACHE), width=60, symbols=symbols)  # fmt: skip
            assert any(turning.value in text or "mod" in text for text in shown.values())
        trace = folded([started(), event, failed("no")])
        assert "it is so" in details(trace, TreeKey(Part.TURNING, 0))


def test_a_turning_that_stops_carries_the_failure_and_is_the_first_cause() -> None:
    stop = turned(Turning.READONLY, Bend.STOPS, "go.sum has no line for it", error="missing go.sum entry",
                  where="go.sum")  # fmt: skip
    events = [started(project="/w/go.mod"), stop, failed("missing go.sum entry for go.mod file")]
    trace = folded(events)
    assert guilty_row(trace) == TreeKey(Part.TURNING, 0)
    shown = rows(events)
    assert "■ readonly?" in shown[TreeKey(Part.TURNING, 0)]
    assert TreeKey(Part.CONTENT) not in shown, "said once"
    verdict = " ".join(line.text for line in verdict_lines(trace, 1.0, 100, UNICODE))
    assert "first cause: readonly (go.sum): go.sum has no line for it" in verdict
    assert "missing go.sum entry" in details(trace, TreeKey(Part.TURNING, 0))


async def test_the_cursor_jumps_to_the_turning_that_stopped() -> None:
    stop = turned(Turning.READONLY, Bend.STOPS, "go.sum has no line for it", error="missing go.sum entry")
    app = proving_app([started(project="/w/go.mod"), stop, failed("missing go.sum entry")])
    async with opened(app) as pilot:
        row = app.workbench.tree_pane.list.cursor_row
        assert row is not None
        assert row.key == TreeKey(Part.TURNING, 0)
        await press(pilot, "enter")
        assert "stops here" in screen_text(app)
        await press(pilot, "escape", "h")
        assert app.crash is None


def test_what_the_cache_spares_stands_at_the_operation() -> None:
    events = [
        started(warm=True), turned(Turning.CACHE, Bend.ANSWERS, "the .mod lies there", op="mod"),
        turned(Turning.CACHE, Bend.ANSWERS, "the zip lies there", op="zip"), *well(),
    ]  # fmt: skip
    shown = rows(events, TreeKey(Part.CACHE))
    assert next(iter(shown)) == TreeKey(Part.CACHE)
    assert "answers: mod, zip: nobody is asked" in shown[TreeKey(Part.CACHE)]
    assert "the zip lies there" in shown[TreeKey(Part.TURNING, 1)]
    hop = " ".join(shown[TreeKey(Part.HOP, 0)].split())
    assert "info · mod disk zip disk" in hop


def test_a_trace_without_such_events_is_drawn_as_before() -> None:
    old = [event for event in proving() if isinstance(event, TraceStarted)]
    shown = rows([*old, decided(), *well()], CHECKSUMS)
    assert next(iter(shown)) == TreeKey(Part.PRIVATE)
    assert not {key.part for key in shown} & {Part.PROJECT, Part.TURNING, Part.SWORN, Part.HEAD, Part.SUM_WAY}
    assert list(shown)[-1] == TreeKey(Part.CACHE)


# -- the branch of the checksums ---------------------------------------------------------------------


def test_the_branch_shows_the_way_the_head_and_each_hash() -> None:
    shown = rows(proving(), CHECKSUMS, TreeKey(Part.SWORN, 0))
    assert "go.mod and module verified by sums.demo.example" in shown[CHECKSUMS]
    assert "through goproxy.cn" in shown[TreeKey(Part.SUM_WAY)]
    assert "mirror.corp  /supported 404 Not Found" in shown[TreeKey(Part.SUM_WAY, 1)]
    assert "continues the one of 3 (go remembers)" in shown[TreeKey(Part.HEAD, 0)]
    steps_shown = [key.name for key in shown if key.part is Part.SWORN and key.number == 0]
    assert steps_shown == ["", "go.sum?", "GOSUMDB?", "GONOSUMDB?", "database", "tree head", "record", "proof",
                           "equal?"]  # fmt: skip


WAYS = [
    ([*asked_for_support((0, 404, Verdict.NEXT), (1, 404, Verdict.STOP)), routed(), *lookup()],
     f"at its own address, https://{NAME}"),
    ([routed(), *lookup("http://127.0.0.1:1")], "at http://127.0.0.1:1, which GOSUMDB names"),
    ([*asked_for_support((0, 403, Verdict.STOP)), routed(),
      decided("module", "failed", f"{LOOKED}: reading http://hop0/sumdb/{NAME}/supported: 403 Forbidden",
              "proxy refuses")], "by no way"),
]  # fmt: skip


@pytest.mark.parametrize(("events", "words"), WAYS, ids=["direct", "explicit", "closed"])
def test_the_way_to_the_database(events: list[Event], words: str) -> None:
    shown = rows([started(), *events], CHECKSUMS)
    assert words in shown[TreeKey(Part.SUM_WAY)]
    trace = folded([started(), *events])
    assert words.split(",")[0] in details(trace, TreeKey(Part.SUM_WAY))


def test_a_hash_that_nobody_is_asked_about_says_why() -> None:
    cases = [
        (Sworn.GO_SUM, "go.sum has it (go.sum:12)", "not looked at: go.sum decides"),
        (Sworn.OFF, "accepted unseen: GOSUMDB=off", "not asked: GOSUMDB=off"),
        (Sworn.PRIVATE, "accepted unseen: GONOSUMDB matches", "it would learn of a private path"),
    ]
    for sworn, words, branch in cases:
        planned = route("mirror.corp", checksum={"off": "off", "private": "private"}.get(sworn.value, NAME))
        events = [started(planned=planned), routed("module", sworn, "GONOSUMDB matches"), *well()]
        shown = rows(events, CHECKSUMS, TreeKey(Part.SWORN, 0))
        assert words in shown[TreeKey(Part.SWORN, 0)]
        assert any(branch in text for text in shown.values()), sworn
        assert TreeKey(Part.SUM_WAY) not in shown


def test_a_refused_hash_is_unfolded_where_it_broke() -> None:
    events = [started(), routed(), *lookup(), head(), decided("module", "failed", FORK, "fork"), failed(FORK)]
    trace = folded(events)
    assert guilty_row(trace) == TreeKey(Part.SWORN, 0)
    shown = rows(events)
    assert "✗ tree head" in shown[TreeKey(Part.SWORN, 0, "tree head")]
    assert "· record      not reached" in shown[TreeKey(Part.SWORN, 0, "record")]
    assert "two histories" in shown[TreeKey(Part.HEAD, -1)]
    for key in (TreeKey(Part.SWORN, 0), TreeKey(Part.HEAD, -1), TreeKey(Part.HEAD, 0)):
        assert details(trace, key)
    assert "OLDROOT" in details(trace, TreeKey(Part.SWORN, 0))


def test_a_trace_under_way_says_that_the_database_is_asked() -> None:
    shown = rows([started(), *asked_for_support((0, 404, Verdict.NEXT)), routed()], CHECKSUMS)
    assert "the database is asked about the module" in shown[CHECKSUMS]
    assert "▸" in shown[TreeKey(Part.SWORN, 0)]


def test_no_row_is_wider_than_the_pane_and_none_needs_more_than_ascii() -> None:
    for width in (40, 80, 200):
        every = rows([*IN_PROJECT, *proving()[1:]], CHECKSUMS, TreeKey(Part.SWORN, 0), TreeKey(Part.SWORN, 1),
                     width=width, symbols=ASCII)  # fmt: skip
        assert all(len(text) <= width and ASCII.show(text).isascii() for text in every.values())


# -- aloud -------------------------------------------------------------------------------------------


def test_turnings_and_proofs_are_read_out_in_whole_sentences() -> None:
    trace, said = Trace(), []
    for event in [*IN_PROJECT, *proving()[1:]]:
        trace.apply(event)
        said += list(step(trace, event))
    text = " ".join(said)
    assert "By replace, at go.mod:7, demo.example/fork@v1.1.0 takes the place of demo.example/hello" in text
    assert "For the checksum of the module, the checksum database is asked: not there." in text
    assert "signed a tree of 4 records; it continues the one of 3 records that go remembers." in text
    assert "Record 2 is proved to be in that tree, in 2 steps." in text
    assert "Looked at go.work: there is no go.work." in text
    assert all(line.endswith((".", "!", "?", ":")) for line in said)
    again = list(steps(trace))
    assert any("Record 2 is proved" in line for line in again)
    stop = turned(Turning.CACHE, Bend.STOPS, "the zip is broken", error="zip: not a valid zip file")
    broken = folded([started(warm=True), stop, failed("zip: not a valid zip file")])
    assert any("First cause: module cache: the zip is broken." in line for line in result(broken, ()))


# -- worlds ------------------------------------------------------------------------------------------

WORLDS = {
    "vouched": (None, "go.mod and module verified by sums.demo.example"),
    "passed-on": (None, "verified by sums.demo.example"),
    "supported-403": (Part.REQUEST, "403 Forbidden"),
    "private-404": (Part.SWORN, "404 Not Found"),
    "wrong-key": (Part.SWORN, "no verifiable signatures"),
    "forged-record": (Part.SWORN, "cannot authenticate"),
    "forged-tile": (Part.SWORN, "inconsistent tile"),
    "fork": (Part.SWORN, "two histories"),
    "begun-anew": (Part.SWORN, "inconsistent tile"),
    "go-sum": (Part.SWORN, "checksum mismatch"),
}


@pytest.mark.parametrize("name", WORLDS)
def test_the_cursor_goes_to_where_each_world_breaks(name: str) -> None:
    """That the real go says the same in each of them is tested with the demo in the app."""
    part, words = WORLDS[name]
    stage = DemoWorld(world_plan(name), {})
    try:
        trace = traced_in(stage)
    finally:
        stage.close()
    guilty = guilty_row(trace)
    assert (None if guilty is None else guilty.part) == part
    shown = rows_of(trace)
    assert words in shown[CHECKSUMS], shown[CHECKSUMS]
    assert f"{PATH}@{VERSION}" in f"{trace.sworn[0].path}@{VERSION}"


def rows_of(trace: Trace) -> dict[TreeKey, str]:
    """The rows of a finished trace."""
    view = TreeView(trace, trace.now, 120, UNICODE)
    return {row.key: row.line.text for row in tree_rows(view)}  # type: ignore[misc]


def test_the_table_of_what_if_lists_turnings_and_checksums_too() -> None:
    from tui.drawing.whatif_table import Look
    from tui.drawing.whatif_trees import tree_lines
    from tui.trial import Unreal

    before = folded([*IN_PROJECT, *proving()[1:]])
    error = f"{LOOKED}: cannot authenticate record data in server response"
    after = folded([started(), routed(), *lookup(), decided("module", "failed", error, "false record"),
                    failed(error)])  # fmt: skip
    text = " ".join(
        " ".join(line.text for line in tree_lines(before, after, Unreal(), Look(160, UNICODE))).split()
    )
    assert "replace: leads away: to demo.example/fork@v1.1.0" in text
    assert "✓ checksums yes: go.mod and module verified by" in text
    assert "✗ checksums refused: module: cannot authenticate record data" in text
