"""Who vouches: the Merkle path in the app, on events that are made by hand."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from probes.sources.sum_faults import SumFault
from probes.trace.checksum_events import Sworn
from probes.trace.events import Bend, Event, Turning, Verdict
from tests.app_support import BROAD, NARROW, opened, press, replay_app, screen_text, words
from tests.turned import (
    LEAF,
    NAME,
    PATH,
    ROOT,
    SUM,
    VERSION,
    asked_for_support,
    decided,
    failed,
    head,
    lookup,
    proved,
    proving,
    route,
    routed,
    started,
    turned,
    well,
)
from tui.app import ModtraceApp
from tui.drawing.vouched import STEP_OF_FAULT
from tui.replay import Replay
from tui.symbols import ASCII, UNICODE, Symbols

SETTINGS = {"GOENV": "off", "GOPROXY": "https://mirror.corp,https://goproxy.cn", "GOSUMDB": "sum.golang.org"}


def proving_app(events: Sequence[Event] = (), *, symbols: Symbols = UNICODE, **more: str) -> ModtraceApp:
    """The app on a trace whose hashes the database vouches for, or on these events."""
    return replay_app(Replay(list(events) or proving()), {**SETTINGS, **more}, symbols=symbols)


async def shown(app: ModtraceApp, size: tuple[int, int] = NARROW, *keys: str) -> str:
    """What V shows, once these keys were pressed as well."""
    async with opened(app, size) as pilot:
        await press(pilot, "V", *keys)
        assert app.crash is None
        return words(app)


async def test_the_ladder_goes_from_the_record_to_the_signed_root() -> None:
    text = await shown(proving_app())
    steps = ["is vouched for, and that is proved", "asked", "record", "leaf", "step 1", "step 2", "root",
             "signed", "history", "go.mod", "module"]  # fmt: skip
    places = [text.index(step) for step in steps]
    assert places == sorted(places)
    assert "of all 4 records: signed" in text
    assert "through goproxy.cn, which passes on every request" in text
    assert "continues the one of 3 (go remembers)" in text


@pytest.mark.parametrize("size", [NARROW, BROAD], ids=str)
async def test_each_node_opens_and_says_what_it_proves(size: tuple[int, int]) -> None:
    app = proving_app()
    async with opened(app, size) as pilot:
        await press(pilot, "V")
        for node, proof in (
            ("record", "nothing by itself"), ("leaf", "SHA-256 of a zero byte"), ("step 1", "8/0/000.p/4"),
            ("root", LEAF[:8]), ("signed", "only the owner of the private key"), ("known", "(no fork)"),
        ):  # fmt: skip
            app.screen.list.select((0, node))  # type: ignore[attr-defined]
            before = words(app)
            await press(pilot, "enter")
            after = words(app)
            if node != "root":
                assert proof in after, node
                assert proof not in before, node
            await press(pilot, "h")
            assert words(app) == before, node


async def test_y_copies_the_node() -> None:
    app = proving_app()
    async with opened(app) as pilot:
        await press(pilot, "V")
        app.screen.list.select((0, "leaf"))  # type: ignore[attr-defined]
        await press(pilot, "y")
        assert f"copied: {LEAF}" in " ".join(str(n.message) for n in app._notifications)


async def test_a_broad_screen_draws_the_path_and_a_plain_terminal_does_so_in_ascii() -> None:
    text = await shown(proving_app(), BROAD)
    assert "┴" in text
    assert ROOT in text
    async with opened(proving_app(symbols=ASCII), BROAD) as pilot:
        await press(pilot, "V", "o")
        assert isinstance(pilot.app, ModtraceApp)
        assert screen_text(pilot.app).isascii()


FORK = (
    "SECURITY ERROR\ngo.sum database server misbehavior detected!\n\nold database:\n\tgo.sum database tree\n\t4\n"
    "\tOLDROOT\nnew database:\n\tgo.sum database tree\n\t5\n\tNEWROOT\nproof of misbehavior:\n\tPROOFHASH\n"
)
LOOKED = f"{PATH}@{VERSION}: verifying module: {PATH}@{VERSION}"
BROKEN = [
    ("fork", FORK, ["two histories", "OLDROOT", "NEWROOT", "PROOFHASH", "Trust nothing it said"]),
    ("wrong key", f"{LOOKED}: reading tree note: note has no verifiable signatures\nnote:\nNOTE", ["NOTE"]),
    ("not found", f"{LOOKED}: reading https://{NAME}/lookup/x: 404 Not Found", ["404 Not Found", "GOPRIVATE"]),
    ("record beyond the tree", f"{LOOKED}: cannot validate record 9 in tree of size 4", ["record 9"]),
    ("mismatch", f"{PATH}@{VERSION}: verifying module: checksum mismatch\n\tdownloaded: h1:A\n\t{NAME}: h1:B",
     ["downloaded: h1:A", "the tag was moved"]),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "error", "seen"), BROKEN, ids=[one[0] for one in BROKEN])
async def test_a_failure_is_drawn_open_where_it_happens(fault: str, error: str, seen: list[str]) -> None:
    events = [
        started(planned=route("mirror.corp")), routed(), *lookup(),
        decided("module", "failed", error, fault), failed(error),
    ]  # fmt: skip
    app = proving_app(events)
    async with opened(app, (100, 60)) as pilot:
        await press(pilot, "V")
        text = words(app)
        assert "is not vouched for" in text
        for piece in seen:
            assert piece in text


async def test_without_a_proof_it_says_why_and_what_can_be_done() -> None:
    route_off, private = route("mirror.corp", checksum="off"), route("mirror.corp", checksum="private")
    stop = turned(Turning.READONLY, Bend.STOPS, "go.sum has no line for it", error="missing go.sum entry")
    cases: list[tuple[list[Event], str, bool]] = [
        ([started(), routed("go.mod", Sworn.GO_SUM, "go.sum has it"), decided("go.mod"), *well()],
         "go.sum has the hashes", True),
        ([started(planned=route_off), routed("module", Sworn.OFF, "GOSUMDB=off"),
          decided("module", "skipped"), *well()], "GOSUMDB=off: nobody is asked", False),
        ([started(planned=private), routed("module", Sworn.PRIVATE, "GONOSUMDB matches"),
          decided("module", "skipped"), *well()], "must not learn of it", False),
        ([started(project="/w/go.mod"), stop, failed("missing go.sum entry")], "go stops before", False),
        ([started(), decided(), *well()], "an older recording", True),
        ([started(), failed("mirror.corp answered 502")], "Nothing came whose hash could be checked", False),
    ]  # fmt: skip
    for events, why, may_ask in cases:
        text = await shown(proving_app(events))
        assert why in text
        assert ("Press a to ask the database" in text) is may_ask, why


async def test_go_would_not_ask_about_a_private_path_so_neither_does_a() -> None:
    app = proving_app(GONOSUMDB="demo.example")
    async with opened(app) as pilot:
        await press(pilot, "V", "a")
        assert not any(type(job).__name__ == "ProveJob" for job in app.session.bridge.jobs)  # type: ignore[attr-defined]
        assert "go would not ask the database" in " ".join(str(n.message) for n in app._notifications)


async def test_privacy_hides_the_private_names_here_too() -> None:
    app = proving_app()
    async with opened(app) as pilot:
        await press(pilot, "V", "o", "p")
        text = screen_text(app)
        assert "[private]" in text
        assert "mirror.corp" not in text


def test_every_fault_has_its_step() -> None:
    assert set(STEP_OF_FAULT) <= {fault.value for fault in SumFault}
    asking = {fault for fault in SumFault if fault.value not in STEP_OF_FAULT}
    assert {one.name for one in asking} == {
        "BAD_NAME", "NOT_FOUND", "REFUSED", "SERVER", "STATUS", "PROXY_REFUSES", "TIMEOUT", "UNREACHABLE",
        "OTHER", "TOO_LONG",
    }  # fmt: skip


async def test_hostile_lines_of_a_record_stay_text() -> None:
    from dataclasses import replace

    evil = replace(proved(), lines=(f"{PATH} \x1b[31m[red]x[/] {SUM}",))
    events = [started(), routed(), *lookup(), head(), evil, decided(), *well()]
    app = proving_app(events)
    async with opened(app) as pilot:
        await press(pilot, "V", "o")
        assert "\x1b[31m" not in screen_text(app)
        assert "[red]x[/]" in words(app)


async def test_the_way_closed_by_a_proxy_is_told() -> None:
    error = f"{LOOKED}: reading http://hop0/sumdb/{NAME}/supported: 403 Forbidden"
    events = [
        started(), *asked_for_support((0, 403, Verdict.STOP)), routed(),
        decided("module", "failed", error, "proxy refuses"), failed(error),
    ]  # fmt: skip
    text = await shown(proving_app(events), (100, 50))
    assert "403 Forbidden (hop0/sumdb" in text
    assert "only 404 and 410 mean no" in text


async def test_what_the_database_says_when_asked_is_shown_as_a_ladder() -> None:
    """The key asks a real server: a database of a demo world."""
    from probes.demo.worlds import world_plan
    from probes.net.limits import Limits
    from probes.trace.fold import Trace
    from tui.drawing.proof_nodes import nodes, subjects
    from tui.proving_jobs import ProveJob
    from tui.stage import DemoWorld

    stage = DemoWorld(world_plan("tampered"), {})
    try:
        environment = stage.read().environment
        for version, is_there in (("v1.1.0", True), ("v9.9.9", False)):
            trace = Trace()
            job = ProveJob(environment, PATH, version, Limits(answer_s=20, stall_s=20))
            await job.run(trace.apply)  # type: ignore[arg-type]
            (subject,) = subjects(trace)
            ladder = {node.key: node for node in nodes(trace, subject)}
            if is_there:
                assert [node for node in ladder if node.startswith("step")] == ["step 1", "step 2"]
                assert ladder["root"].role.value == "ok"
                assert ladder["hash 0"].words == "the record has its hash"
            else:
                assert "404 Not Found" in ladder["asked"].words
                assert ladder["hash 0"].role.value == "fail"
    finally:
        stage.close()
