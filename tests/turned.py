"""Hand-made events of what stands around the walks: turnings, and who vouches for a hash."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from probes.golang.goproxy import TRY_PROXIES, HopKind, Separator
from probes.golang.goproxy import Access as Reach
from probes.golang.protocol import Op
from probes.trace.checksum_events import (
    ChecksumDecided,
    ChecksumRouted,
    HeadChecked,
    ProofStep,
    RecordProved,
    Sworn,
)
from probes.trace.events import (
    Bend,
    Event,
    HopDecided,
    Outcome,
    Purpose,
    RequestFinished,
    RequestStarted,
    SettingView,
    Timing,
    TraceFinished,
    TraceStarted,
    Turning,
    TurningTaken,
    Verdict,
    VersionChosen,
    WalkFinished,
    WalkStarted,
)
from probes.trace.fold import Trace
from probes.trace.route import HopView, RouteView

PATH, VERSION, NAME = "demo.example/hello", "v1.2.0", "sums.demo.example"
ROOT, LEAF = "cm9vdA==" * 4, "bGVhZg==" * 4
SUM = "h1:ukh8H/U9cYJ0tqN1mAZ9ysUBtLR99hhHPw6E7TPOyc8="
SUMS = "cmd/go/internal/modfetch/sumdb.go useSumDB"


def route(*hops: str, checksum: str = NAME) -> RouteView:
    """A route along these proxies, joined by commas."""
    last = len(hops) - 1
    views = tuple(
        HopView(
            number, number, HopKind.DIRECT if name == "direct" else HopKind.PROXY, name, name,
            Separator.END if number == last else Separator.COMMA,
            Reach.DIRECT if name == "direct" else Reach.ASK,
        )
        for number, name in enumerate(hops)
    )  # fmt: skip
    return RouteView(",".join(hops), views, (), None, None, checksum)


def started(*, project: str = "", warm: bool = False, planned: RouteView | None = None) -> TraceStarted:
    """The beginning of a trace."""
    settings = (SettingView("GOSUMDB", NAME, "process"),)
    planned = planned or route("mirror.corp", "goproxy.cn")
    return TraceStarted(0.0, PATH, "latest", planned, settings=settings, project=project, warm=warm)


def turned(turning: Turning, bend: Bend, because: str, **more: str) -> TurningTaken:
    """One turning."""
    return TurningTaken(0.001, turning, bend, PATH, "", because, "cmd/go/internal/modload x", **more)


def failed(error: str, walk: int | None = None) -> TraceFinished:
    """A failure at the end."""
    return TraceFinished(0.9, Outcome.FAILS, VERSION, None, None, error, failed_walk=walk)


def asked_for_support(*answers: tuple[int, int, Verdict], served_by: int | None = None) -> list[Event]:
    """The walk that looks for a proxy which passes on: (hop, status, verdict) each."""
    events: list[Event] = [WalkStarted(0.1, 9, Purpose.CHECKSUM_BASE, NAME, "")]
    for number, (hop, status, verdict) in enumerate(answers, 90):
        url = f"http://hop{hop}/sumdb/{NAME}/supported"
        reason = f"{status} {'OK' if status == 200 else 'Not Found' if status == 404 else 'Forbidden'}"
        error = None if status == 200 else f"reading {url}: {reason}"
        common = (Op.SUM, "", url)
        events += [
            RequestStarted(0.1, number, 9, hop, *common),
            RequestFinished(0.2, number, 9, hop, *common, status, reason, 3, 0.1, Timing()),
            HopDecided(0.2, 9, hop, verdict, f"{status}", TRY_PROXIES, number, error, status == 404),
        ]
    last = events[-1]
    error = last.error if isinstance(last, HopDecided) and served_by is None else None
    return [*events, WalkFinished(0.2, 9, served_by, error)]


def lookup(url: str = f"https://{NAME}", *, status: int = 200, hop: int | None = None) -> list[Event]:
    """The request for the record."""
    where = f"{url}/lookup/{PATH}@{VERSION}"
    reason = "200 OK" if status == 200 else "404 Not Found"
    return [
        RequestStarted(0.3, 100, None, hop, Op.SUM, "", where),
        RequestFinished(0.4, 100, None, hop, Op.SUM, "", where, status, reason, 300, 0.3, Timing()),
    ]


def routed(what: str = "module", sworn: Sworn = Sworn.DATABASE, because: str = "not there") -> ChecksumRouted:
    """Who is asked."""
    where = "go.sum:12" if sworn is Sworn.GO_SUM else ""
    return ChecksumRouted(0.25, what, PATH, VERSION, sworn, because, SUMS, where)


def head(size: int = 4, *, known: int = 0, by: str = "", when: str = "future") -> HeadChecked:
    """A tree head."""
    return HeadChecked(0.4, NAME, size, ROOT, known, by, when)


def proved(*, size: int = 4, count: int = 2) -> RecordProved:
    """A proof of so many steps."""
    steps = tuple(
        ProofStep(level, "right" if level % 2 else "left", f"{level}" * 43 + "=",
                  ROOT if level == count else f"{level}" * 20 + "node" + "=" * 4, f"8/0/000.p/{size}")
        for level in range(1, count + 1)
    )  # fmt: skip
    lines = (f"{PATH} {VERSION} {SUM}", f"{PATH} {VERSION}/go.mod {SUM}")
    tiles = (f"8/0/000.p/{size}",)
    return RecordProved(0.5, NAME, PATH, VERSION, 2, lines, LEAF, size, ROOT, steps, tiles)


def decided(
    what: str = "module", verdict: str = "verified", error: str | None = None, fault: str = ""
) -> ChecksumDecided:
    """The verdict on a hash."""
    because = (error or f"vouched for by {NAME}").split("\n", 1)[0]
    return ChecksumDecided(0.6, what, VERSION, SUM, verdict, because, PATH, fault, error)


def well(version: str = VERSION) -> list[Event]:
    """The end of a trace that went well."""
    return [
        VersionChosen(0.7, version, "latest", "the newest"),
        TraceFinished(0.9, Outcome.OK, version, SUM, SUM, None),
    ]


def proving() -> list[Event]:
    """A whole trace whose hashes the database vouches for, through the second proxy."""
    return [
        started(), *asked_for_support((0, 404, Verdict.NEXT), (1, 200, Verdict.SERVED), served_by=1),
        routed("go.mod"), *lookup("http://hop1/sumdb/" + NAME, hop=1), head(known=3, by="go"), proved(),
        decided("go.mod"), routed(), decided(), *well(),
    ]  # fmt: skip


def folded(events: Iterable[Event]) -> Trace:
    """The trace that they make."""
    trace = Trace()
    for event in events:
        trace.apply(event)
    return trace


def with_project(events: list[Event], project: str) -> list[Event]:
    """The same in a project."""
    return [replace(e, project=project) if isinstance(e, TraceStarted) else e for e in events]
