"""The doctor in the app: the broken rung, the diagnosis beside it, the keys that look again."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from rich.cells import cell_len

from probes.ladder.faults import Rung
from probes.trace.climb_events import CapabilityLearned, ComparisonMade, RungClimbed
from probes.trace.events import Event, TraceFinished
from probes.trace.fold import Trace
from screenshots.make import HERE
from tests.app_support import (
    BROAD,
    NARROW,
    WIDE,
    opened,
    press,
    replay_app,
    screen_text,
    without_looks,
    world_app,
)
from tui.app import ModtraceApp
from tui.drawing.fields import Details, detail_rows
from tui.drawing.layer_details import look_details
from tui.drawing.reports import report_fields
from tui.drawing.tree_keys import Part, TreeKey
from tui.drawing.tree_rows import tree_rows
from tui.drawing.tree_view import TreeView
from tui.jobs import CapabilityJob, LookJob, TraceJob
from tui.looking import PUBLIC_RESOLVERS
from tui.replay import Replay, load
from tui.screens.choice_screen import ChoiceScreen
from tui.symbols import UNICODE

URL = "https://goproxy.example/demo.example/hello/@v/list"
HTTP_RUNG = TreeKey(Part.LAYER, 0, Rung.HTTP.value)


def recorded(name: str = "comma-stops-on-502") -> list[Event]:
    """A recording, second looks included."""
    return list(load(HERE, name).events)


def rung(
    kind: Rung, judgement: str, *, request: int | None = 0, climb: int = 0, **more: object
) -> RungClimbed:
    """A rung of a ladder."""
    place = list(Rung).index(kind)
    made = RungClimbed(1.0 + place, climb, 0, request, URL, kind.value, judgement, 1.0 + place, 0.5)
    return replace(made, **more)  # type: ignore[arg-type]


def ladder(broken: Rung, *, climb: int = 0, request: int | None = 0, **more: object) -> list[RungClimbed]:
    """A ladder that is broken at one rung."""
    order = list(Rung)
    told = []
    for kind in order:
        if kind is broken:
            told.append(rung(kind, "broken", climb=climb, request=request, **more))
        elif order.index(kind) < order.index(broken):
            told.append(rung(kind, "ok", climb=climb, request=request, summary="fine"))
        else:
            because = f"The rung below is broken: {broken}."
            told.append(rung(kind, "skipped", climb=climb, request=request, because=because))
    return told


def looks(app: ModtraceApp) -> list[LookJob]:
    """The second looks that were asked for."""
    return [job for job in app.session.bridge.jobs if isinstance(job, LookJob)]  # type: ignore[attr-defined]


def rows(events: Sequence[Event], width: int = 80, **view: object) -> dict[TreeKey, str]:
    """The rows of the tree after these events, by key."""
    trace = Trace()
    for event in events:
        trace.apply(event)
    drawn = TreeView(trace, trace.now, width, UNICODE, **view)  # type: ignore[arg-type]
    return {row.key: row.line.text.rstrip() for row in tree_rows(drawn)}  # type: ignore[misc]


# -- the broken rung -----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [NARROW, WIDE, BROAD], ids=str)
async def test_what_failed_is_climbed_and_its_broken_rung_is_selected_and_open(size: tuple[int, int]) -> None:
    app = world_app("comma-stops-on-502")
    async with opened(app, size):
        (job,) = looks(app)
        assert (job.requests, job.compare, job.resolvers) == ((0,), None, False)
        row = app.workbench.tree_pane.list.cursor_row
        assert row is not None
        assert row.key == HTTP_RUNG
        shown = screen_text(app)
        assert "▾ ✗ http" in shown
        assert "mirror.corp.example answered 502 Bad Gateway." in shown
        assert "go waits for the first byte of the answer: for ever" in " ".join(shown.split())


async def test_a_cursor_that_was_moved_is_left_alone() -> None:
    replay = Replay(recorded(), unfinished_looks=True)
    waiting = replace(replay, events=without_looks(recorded()))
    app = replay_app(waiting)
    async with opened(app) as pilot:
        tree = app.workbench.tree_pane
        assert app.session.looking
        await press(pilot, "G")
        at = tree.list.cursor_row
        assert at is not None
        waiting.say(LookJob, [event for event in recorded() if isinstance(event, RungClimbed)][:6])
        app.wake()
        await press(pilot)
        assert not app.session.looking
        assert tree.list.cursor_row is not None
        assert tree.list.cursor_row.key == at.key
        assert any(row.key == HTTP_RUNG for row in tree.list.rows)


async def test_details_that_are_being_read_stay() -> None:
    replay = Replay(without_looks(recorded()), unfinished_looks=True)
    app = replay_app(replay)
    async with opened(app) as pilot:
        await press(pilot, "enter")
        replay.say(LookJob, [event for event in recorded() if isinstance(event, RungClimbed)][:6])
        app.wake()
        await press(pilot)
        row = app.workbench.tree_pane.list.cursor_row
        assert row is not None
        assert row.key == TreeKey(Part.REQUEST, 0)


async def test_the_rung_under_way_is_named() -> None:
    replay = Replay(without_looks(recorded()), unfinished_looks=True)
    app = replay_app(replay)
    async with opened(app) as pilot:
        assert "▸ http proxy under way" in screen_text(app)
        assert "looking closer" in screen_text(app)
        first = next(event for event in recorded() if isinstance(event, RungClimbed))
        replay._queue.append((replay._last(LookJob), first))
        app.wake()
        await press(pilot)
        assert "▸ names      under way" in screen_text(app)


async def test_stopping_a_look_forgets_what_was_not_seen_whole() -> None:
    replay = Replay(without_looks(recorded()), unfinished_looks=True)
    app = replay_app(replay)
    async with opened(app) as pilot:
        before = app.session.cases
        rungs = [event for event in recorded() if isinstance(event, RungClimbed)][:3]
        replay._queue.extend((replay._last(LookJob), event) for event in rungs)
        app.wake()
        await press(pilot, "s")
        assert not app.session.looking
        assert app.session.trace.climbs == {}
        assert app.session.cases == before
        await press(pilot, "s")
        assert len(looks(app)) == 1


@pytest.mark.parametrize("keys", [("r",), ("t", "enter")])
async def test_a_new_trace_drops_the_look(keys: tuple[str, ...]) -> None:
    replay = Replay(without_looks(recorded()), unfinished_looks=True)
    app = replay_app(replay)
    async with opened(app) as pilot:
        first = replay._last(LookJob)
        await press(pilot, *keys)
        assert first in replay.cancelled
        assert len([job for job in replay.jobs if isinstance(job, TraceJob)]) == 2
        replay._queue.extend((first, event) for event in recorded() if isinstance(event, RungClimbed))
        app.wake()
        await press(pilot)
        assert app.session.trace.climbs == {}


async def test_a_success_is_not_looked_at_again_but_told_what_it_costs() -> None:
    app = world_app("pipe-passes-502")
    async with opened(app) as pilot:
        assert looks(app) == []
        assert "⚠ R03 TRANSIENT" in screen_text(app)
        await press(pilot, "v")
        assert "seen, and go gets past it" in screen_text(app)


def test_rungs_that_were_not_reached_stand_together_with_the_reason() -> None:
    events = [*without_looks(recorded()), *ladder(Rung.TCP, summary="no connection", evidence=("refused.",))]
    shown = rows(events)
    assert shown[TreeKey(Part.LAYER, 0, "tls")].split() == (
        ["–", "tls,", "http,", "content", "The", "rung", "below", "is", "broken:", "tcp."]
    )
    assert TreeKey(Part.LAYER, 0, "http") not in shown
    assert shown[TreeKey(Part.LAYER, 0, "tcp")].startswith("      ▾ ✗ tcp")


def test_the_bars_of_a_ladder_are_a_waterfall_on_the_axis_of_the_trace() -> None:
    shown = rows([*without_looks(recorded()), *ladder(Rung.HTTP, summary="reset")], width=120)
    bars = [shown[TreeKey(Part.LAYER, 0, kind.value)] for kind in (Rung.NAMES, Rung.TCP, Rung.HTTP)]
    starts = [bar.index("▇") for bar in bars]
    assert starts == sorted(set(starts))
    assert all(bar.endswith("500 ms") for bar in bars)
    assert shown[TreeKey(Part.REQUEST, 0)].count("▇") < bars[0].count("▇"), "one scale for both"


def test_the_latest_ladder_of_a_request_is_shown() -> None:
    events = [*without_looks(recorded()), *ladder(Rung.TCP), *ladder(Rung.TLS, climb=1)]
    shown = rows(events)
    assert TreeKey(Part.LAYER, 1, "tls") in shown
    assert TreeKey(Part.LAYER, 0, "tcp") not in shown


# -- the diagnosis -------------------------------------------------------------------------------------


async def test_the_bar_names_the_cause_and_the_first_thing_to_try() -> None:
    app = world_app("comma-stops-on-502")
    async with opened(app):
        (line,) = [line for line in screen_text(app).splitlines() if "try: " in line]
        assert line.startswith(
            "  R01 FALLBACK  try: export GOPROXY='http://mirror.corp.example|htt"
        )
        assert app.workbench.verdict.region.height <= 5


async def test_beside_the_guilty_row_stands_the_diagnosis_where_there_is_room() -> None:
    app = world_app("comma-stops-on-502")
    async with opened(app, BROAD) as pilot:
        detail = [row.line.text for row in app.workbench.detail.list.rows]
        assert "R01 FALLBACK: the list stopped before its end" in detail[0]
        squeezed = "".join("".join(detail).split())
        assert "exportGOPROXY='http://mirror.corp.example|http://goproxy.example'" in squeezed
        await press(pilot, "G")
        assert not any("R01" in row.line.text for row in app.workbench.detail.list.rows)


@pytest.mark.parametrize("keys", [("enter",), ("v",)])
async def test_the_whole_diagnosis_is_one_key_away(keys: tuple[str, ...]) -> None:
    app = world_app("comma-stops-on-502")
    async with opened(app, (80, 60)) as pilot:
        await press(pilot, *keys)
        shown = " ".join(screen_text(app).split())
        for words in (
            "R01 FALLBACK: the list stopped before its end",
            "goproxy.example was never asked. A retry may work.",
            "(this shell) Behind | every error leads on",
            "or let the proxy answer 404",
            "check modtrace trace demo.example/hello",
            "see cmd/go/internal/modfetch/proxy.go TryProxies",
        ):
            assert words in shown


@pytest.mark.parametrize("keys", [(), ("enter",), ("v",)], ids=["row", "details", "verdict"])
async def test_y_copies_the_first_remedy(keys: tuple[str, ...]) -> None:
    app = world_app("comma-stops-on-502")
    async with opened(app) as pilot:
        await press(pilot, *keys, "y")
        assert app.clipboard == "export GOPROXY='http://mirror.corp.example|http://goproxy.example'"


async def test_a_bug_in_the_doctor_leaves_the_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("thrown in by a test")

    monkeypatch.setattr("probes.diagnosis.diagnose.diagnose", broken)
    app = world_app("comma-stops-on-502")
    async with opened(app):
        assert "✗ go would fail" in screen_text(app)
        assert app.session.cases == ()


def test_what_weakens_security_says_so() -> None:
    from probes.diagnosis.catalogue import Diagnosis, catalogue
    from probes.diagnosis.diagnose import Case
    from probes.diagnosis.findings import Level
    from tui.drawing.case_details import WEAKENS, case_fields

    seen = 0
    for rule in catalogue().values():
        case = Case(Level.ERROR, Diagnosis.of(rule, {}))
        fields = list(case_fields(case, UNICODE))
        for number, field in enumerate(fields):
            if field.text == WEAKENS:
                seen += 1
                assert fields[number + 1].label == "or"
        assert sum(field.text == WEAKENS for field in fields) == sum(
            r.weakens_security for r in rule.remedies
        )
        assert [field.label for field in fields].count("do") == 1
    assert seen


# -- keys ----------------------------------------------------------------------------------------------


async def test_x_climbs_the_last_request_of_the_hop() -> None:
    app = world_app("split-files")
    async with opened(app) as pilot:
        await press(pilot, "x")
        (job,) = looks(app)
        assert app.session.trace.requests[job.requests[0]].started.op.value == "zip"
        assert job.compare is None


async def test_c_does_things_in_two_ways() -> None:
    app = world_app("comma-stops-on-502")
    async with opened(app) as pilot:
        await press(pilot, "c")
        assert [job.compare for job in looks(app)] == [None, True]


async def test_a_hop_that_was_not_asked_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    app = world_app("comma-stops-on-502")
    monkeypatch.setattr(app, "tell", told.append)
    async with opened(app) as pilot:
        app.workbench.tree_pane.list.select(TreeKey(Part.HOP, 1))
        await press(pilot, "x")
        assert len(looks(app)) == 1
        assert "go never asked goproxy.example here" in told[0]


async def test_public_resolvers_are_asked_only_after_a_yes() -> None:
    app = world_app("comma-stops-on-502")
    async with opened(app) as pilot:
        await press(pilot, "P")
        assert isinstance(app.screen, ChoiceScreen)
        assert "learn the name mirror.corp.example" in " ".join(screen_text(app).split())
        await press(pilot, "escape")
        await press(pilot, "P", "enter")
        assert len(looks(app)) == 1
        await press(pilot, "P", "down", "enter")
        assert [job.resolvers for job in looks(app)] == [False, True]


def test_the_question_names_everybody_who_is_asked() -> None:
    from probes.ladder import public_resolvers

    assert {resolver.name for resolver in public_resolvers.PUBLIC_RESOLVERS} == set(PUBLIC_RESOLVERS)


async def test_what_each_proxy_can_do() -> None:
    app = world_app("split-files")
    async with opened(app, (100, 40)) as pilot:
        await press(pilot, "K")
        (job,) = [j for j in app.session.bridge.jobs if isinstance(j, CapabilityJob)]  # type: ignore[attr-defined]
        assert job.trace is not app.session.trace
        assert "can  list ✓ latest" in screen_text(app)
        app.workbench.tree_pane.list.select(TreeKey(Part.CAPABILITY, 0))
        await press(pilot, "enter")
        assert "go speaks HTTP/2 over https only" in screen_text(app)


async def test_without_a_version_there_is_nothing_to_ask_the_proxies_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[str] = []
    app = world_app("comma-stops-on-502")
    monkeypatch.setattr(app, "tell", told.append)
    async with opened(app) as pilot:
        await press(pilot, "K")
        assert told == ["no version was chosen, so there is nothing to ask the proxies for"]


async def test_no_proxy_is_asked_what_it_can_do_about_a_private_path(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    events = recorded("healthy")
    started = events[0]
    route = replace(started.route, private_pattern="demo.example")  # type: ignore[union-attr]
    app = replay_app(Replay([replace(started, route=route), *events[1:]]))  # type: ignore[arg-type]
    monkeypatch.setattr(app, "tell", told.append)
    async with opened(app) as pilot:
        await press(pilot, "K")
        assert "private" in told[0]
        assert not [j for j in app.session.bridge.jobs if isinstance(j, CapabilityJob)]  # type: ignore[attr-defined]


@pytest.mark.parametrize("key", ["x", "c", "P", "K"])
async def test_before_the_end_of_a_trace_there_is_nothing_to_look_at(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    app = replay_app(Replay(recorded()[:3], unfinished=True))
    monkeypatch.setattr(app, "tell", told.append)
    async with opened(app) as pilot:
        await press(pilot, key)
        assert told == ["the trace goes on; s stops it"]
        assert looks(app) == []


# -- comparisons and details ---------------------------------------------------------------------------

SIDES = {
    "sides": [
        {"name": "1531 bytes, as go sends it", "result": "silence", "came_through": False, "ms": 4000.0},
        {"name": "512 bytes", "result": "answered, TLSv1.3", "came_through": True, "ms": 31.0},
    ]
}


def test_what_differs_is_told_and_what_is_the_same_in_one_row() -> None:
    made = ComparisonMade(9.0, 0, 0, "size of the hello", True, "Only the small one is answered.",
                          "GODEBUG=tlsmlkem=0", SIDES)  # fmt: skip
    same = [ComparisonMade(9.0, 0, 0, what, False, "both") for what in ("TLS version", "address family")]
    events = [*without_looks(recorded()), *ladder(Rung.TLS), made, *same]
    shown = rows(events)
    assert "✗ differs by size of the hello" in shown[TreeKey(Part.COMPARISON, 0, "size of the hello")]
    assert shown[TreeKey(Part.COMPARISON, 0, "same")].endswith(
        "the same both ways: TLS version, address family"
    )
    trace = Trace()
    for event in events:
        trace.apply(event)
    details = look_details(trace, TreeKey(Part.COMPARISON, 0, "size of the hello"), UNICODE)
    text = text_of(details)
    assert "✗ 1531 bytes, as go sends it" in text
    assert "answered, TLSv1.3  31 ms" in text
    assert "GODEBUG=tlsmlkem=0" in text


def text_of(details: Details | None, width: int = 100) -> str:
    """The details as text."""
    assert details is not None
    return "\n".join(row.line.text for row in detail_rows(details, width))


REPORTS: Sequence[tuple[Rung, Mapping[str, object], Sequence[str]]] = (
    (
        Rung.PROXY,
        {
            "choice": {"variable": "HTTPS_PROXY", "value": "http://p.example:3128", "because": "It is set."},
            "answer": {"protocol": "HTTP/1.1", "status_line": "407 Proxy Authentication Required",
                       "schemes": ["NTLM"], "server": "squid", "ms": 3.0},
            "tcp": {"attempts": [{"address": "192.0.2.9", "port": 3128, "ms": 2.0}]},
        },
        ["HTTPS_PROXY=http://p.example:3128", "407 Proxy Authentication Required  HTTP/1.1", "NTLM", "192.0.2.9"],
    ),
    (
        Rung.NAMES,
        {
            "host": "a.example",
            "go": {"addresses": [], "words": "lookup a.example: no such host", "source": "dns", "ms": 20.0},
            "system": {"addresses": ["192.0.2.1"], "ms": 3.0, "error": ""},
            "asked": [
                {"server": "10.0.0.1:53", "transport": "udp", "name": "a.example.", "record": "A",
                 "reply": "nxdomain", "ms": 2.0},
                {"server": "10.0.0.2:53", "transport": "tcp", "name": "a.example.", "record": "A",
                 "reply": "addresses", "addresses": ["192.0.2.1"], "aliases": ["b.example."], "ttl": 60, "ms": 2.0},
            ],
            "public": [{"server": "1.1.1.1:53", "transport": "udp", "record": "A", "reply": "timeout"}],
            "settings": {"conf": {"path": "/etc/resolv.conf", "nameservers": [{"address": "10.0.0.1", "line": 2}]},
                         "order": {"sources": ["files", "dns"], "because": "nsswitch.conf"},
                         "hosts": [{"address": "127.0.0.2", "line": 7}], "hosts_path": "/etc/hosts"},
        },
        ["no such host", "libc finds", "10.0.0.1:53 over udp", "nxdomain", "10.0.0.2:53 over tcp",
         "by way of b.example.  for 60 s", "public resolvers", "files then dns: nsswitch.conf", "10.0.0.1 (line 2)",
         "/etc/hosts:7: 127.0.0.2"],
    ),
    (
        Rung.TCP,
        {"attempts": [{"address": "2001:db8::1", "port": 443, "ms": 8000.0, "fault": "tcp.timeout",
                       "words": "i/o timeout"}, {"address": "192.0.2.1", "port": 443, "ms": 9.0}],
         "go": {"winner": "192.0.2.1", "ms": 309.0}, "first_family": ["2001:db8::1"],
         "second_family": ["192.0.2.1"]},
        ["2001:db8::1 port 443", "i/o timeout", "connected", "192.0.2.1  after 309 ms", "0.3 s later 192.0.2.1"],
    ),
    (
        Rung.TLS,
        {"handshake": {"server_name": "a.example", "version": "TLSv1.3", "alpn": "h2", "ms": 30.0,
                       "words": "x509: certificate signed by unknown authority", "middlebox": "Zscaler",
                       "chain": [{"subject": "CN=a.example", "issuer": "CN=Corp CA", "names": ["a.example"],
                                  "not_before": "2026-01-01T00:00:00Z", "not_after": "2027-01-01T00:00:00Z",
                                  "key": "RSA 2048", "serial": "0a"}, {"subject": "CN=Corp CA"}],
                       "roots": {"file": "/etc/ssl/ca.pem", "dirs": [], "because": "SSL_CERT_FILE", "count": 140}},
         "go_hello": {"echo": "answered", "sent": 1531, "ms": 4.0}},
        ["Zscaler", "CN=a.example", "CN=Corp CA",
         "2026-01-01T00:00:00Z to 2027-01-01T00:00:00Z", "certificate 2 of the chain", "/etc/ssl/ca.pem",
         "SSL_CERT_FILE", "1531 bytes: answered"],
    ),
    (
        Rung.HTTP,
        {"legs": [{"url": "https://a.example/x", "status_line": "302 Found", "location": "https://b.example/y",
                   "address": "192.0.2.1:443", "protocol": "HTTP/2", "ms": 5.0},
                  {"url": "https://b.example/y", "unreachable": True}],
         "second": {"first_status": 403, "status": 200, "agent": "Go-http-client/1.1"},
         "headers": [["server", "nginx"], ["retry-after", "60"]], "schemes": ["Basic"], "skew_ms": -90000000.0,
         "software": [{"name": "Nexus", "kind": "repository manager", "evidence": ["server: Nexus/3"]}]},
        ["302 Found  HTTP/2", "https://b.example/y", "not sent: no connection", "403 first, then 200", "server: nginx",
         "Basic", "behind ours", "Nexus (repository manager): server: Nexus/3"],
    ),
    (
        Rung.CONTENT,
        {"kind": "html", "content_type": "text/html", "size": 142, "length": 200, "complete": False,
         "title": "Guest network", "sample": "<html>\nlog in", "longest_gap_ms": 3000.0,
         "classes": [{"says": "A portal answers", "where": "body", "phrase": "log in"}]},
        ["142 B  of 200  not to its end", "nothing came for 3.0 s", "Guest network", "by its body: log in", "<html>"],
    ),
)  # fmt: skip


@pytest.mark.parametrize(("kind", "report", "said"), REPORTS, ids=lambda value: str(value)[:10])
@pytest.mark.parametrize("width", [40, 120])
def test_the_report_of_a_rung_is_told_in_words(
    kind: Rung, report: Mapping[str, object], said: Sequence[str], width: int
) -> None:
    trace = Trace()
    for event in [*without_looks(recorded()), *ladder(kind, report=dict(report), summary="bad")]:
        trace.apply(event)
    details = look_details(trace, TreeKey(Part.LAYER, 0, kind.value), UNICODE)
    text = text_of(details, width)
    whole = " ".join(text.split())
    squeezed = "".join(text.split())
    for words in said:
        assert " ".join(words.split()) in whole or "".join(words.split()) in squeezed
    assert "{" not in text
    assert details is not None
    assert all(len(field.label) <= 10 for field in details.fields), "a label never touches its text"
    assert all(cell_len(line) <= width for line in text.splitlines())


WEIRD = [None, 7, True, "text", [], [None, 3, "x", {"a": 1}], {}, {"ms": "x", "addresses": {"a": [1]}}]


@pytest.mark.parametrize("kind", list(Rung), ids=str)
def test_a_report_of_any_shape_is_shown_or_passed_over(kind: Rung) -> None:
    """A recording is a file, and whoever wrote it may have written anything."""
    names = {name for _, report, _ in REPORTS for name in report} | {"handshake", "legs", "attempts"}
    for value in WEIRD:
        for inner in WEIRD:
            report = dict.fromkeys(names, value) | {"go": inner, "asked": [inner], "legs": [inner, value]}
            shown = list(report_fields(kind.value, report))
            assert detail_rows(Details("x", tuple(shown)), 60) is not None


HOSTILE = "\x1b]0;owned\x07\x1b[31m[red]x[/red][/oops]\u202e\x9b2J\u200f"


def _hostile(value: object) -> object:
    if isinstance(value, dict):
        return {key: _hostile(inside) for key, inside in value.items()}
    if isinstance(value, list):
        return [_hostile(inside) for inside in value]
    return HOSTILE if isinstance(value, str) else value


@pytest.mark.parametrize("kind", list(Rung), ids=str)
def test_hostile_text_is_shown_and_not_obeyed(kind: Rung) -> None:
    report = _hostile(dict(next(report for made, report, _ in REPORTS if made is kind)))
    rungs = ladder(
        kind, report=report, summary=HOSTILE, words=HOSTILE, evidence=(HOSTILE,), limits=(HOSTILE,)
    )
    made = ComparisonMade(
        9.0, 0, 0, HOSTILE, True, HOSTILE, HOSTILE, {"sides": [_hostile(SIDES["sides"][0])]}
    )
    cell = {"can": HOSTILE, "note": HOSTILE}
    learned = CapabilityLearned(
        9.0, 0, HOSTILE, {"list": cell, "serves": HOSTILE, "software": [{"name": HOSTILE}]}
    )
    events = [*without_looks(recorded()), *rungs, made, learned]
    trace = Trace()
    for event in events:
        trace.apply(event)
    shown = "\n".join(rows(events).values())
    for key in (
        TreeKey(Part.LAYER, 0, kind.value),
        TreeKey(Part.LADDER, 0),
        TreeKey(Part.COMPARISON, 0, HOSTILE),
        TreeKey(Part.CAPABILITY, 0),
    ):
        shown += text_of(look_details(trace, key, UNICODE))
    assert not {"\x1b", "\x07", "\u202e", "\x9b", "\u200f"} & set(shown)
    assert r"\x1b]0;owned\x07" in shown
    assert "[red]x[/red]" in shown


# -- replays and live runs -----------------------------------------------------------------------------


def test_a_recording_is_told_again_word_for_word() -> None:
    """What a headless run emits behind TraceFinished is what the app shows of it."""
    events = recorded("bad-zip")
    ended = next(number for number, event in enumerate(events) if isinstance(event, TraceFinished))
    assert [event.kind for event in events[ended + 1 : ended + 7]] == ["rung.climbed"] * 6


async def test_a_replay_shows_the_ladder_that_was_recorded() -> None:
    app = world_app("bad-zip")
    async with opened(app):
        replayed = app.session.trace.climbs[0]
        assert replayed == [event for event in recorded("bad-zip") if isinstance(event, RungClimbed)][:6]
        assert "asks nobody" in screen_text(app)
        row = app.workbench.tree_pane.list.cursor_row
        assert row is not None
        assert row.key == TreeKey(Part.LAYER, 0, "content")


# -- what it costs to start ----------------------------------------------------------------------------


def test_the_doctor_is_not_loaded_before_the_first_frame() -> None:
    script = (
        "import sys\n"
        "import tui.app\n"
        "heavy = ('dns', 'httpcore', 'probes.diagnosis.diagnose', 'probes.diagnosis.explain', "
        "'probes.diagnosis.examined', 'probes.ladder.climb', 'probes.ladder.chain')\n"
        "assert not [name for name in heavy if name in sys.modules]\n"
    )
    done = subprocess.run([sys.executable, "-c", script], text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
