"""The first thing that really went wrong: what go's one error may hide.

Source: cmd/go/internal/modfetch/proxy.go TryProxies, which reports the last error of the class that counts
most, and not the one that came first.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from probes.golang.goproxy import HopKind
from probes.golang.protocol import Op
from probes.trace.events import Bend, HopDecided, Outcome, Purpose, TraceFinished, Verdict
from probes.trace.origin_causes import failed_step, step_words

if TYPE_CHECKING:
    from probes.trace.fold import Request, Trace, Walk

_NO_VERSION = "no matching versions for query"
_SECURITY_ERROR = "SECURITY ERROR"
"""How the error of a database begins that signed two histories; it says nothing by itself."""
_PROXY_REFUSES = "proxy refuses"
"""The fault of a way to the checksum database that is closed (probes.sources.sum_faults, loaded later)."""
_CHECKED = "cmd/go/internal/modfetch/fetch.go checkModSum"
"""Where go exits for a hash that go.sum or the database contradicts."""
_PURPOSE_OPS = {
    Purpose.QUERY: "query",
    Purpose.RETRACTIONS: "query",
    Purpose.CONFIRM: "info",
    Purpose.INFO: "info",
    Purpose.MOD: "mod",
    Purpose.ZIP: "zip",
    Purpose.TOOLCHAINS: "list",
    Purpose.TOOLCHAIN: "zip",
    Purpose.CHECKSUM_BASE: "sum",
}
_ABOUT_A_HASH = re.compile(r"^\S+@\S+: verifying (?:go\.mod|module): (?:\S+@\S+: )?")
"""What stands before each error of the checksum database; whose hash it is stands elsewhere."""


@dataclass(frozen=True, slots=True)
class FirstCause:
    """The first thing that really went wrong in the walk whose failure go reports."""

    hop: int | None
    """Index into the GOPROXY list as written."""
    op: str
    summary: str
    rule: str
    hop_id: int | None = None


def first_cause(trace: Trace) -> FirstCause | None:
    """The first real cause of a failure: what go's one error may hide.

    Within the failed walk: the first error that is not of the not-found class; else the first answer of
    that class by a proxy; else whatever came first.
    """
    finished = trace.finished
    if finished is None or finished.outcome is not Outcome.FAILS:
        return None
    decision = failing_decision(trace)
    if decision is None:
        return _without_walk(trace, finished)
    walk = trace.walks[decision.walk]
    cause = _cause(trace, decision, walk)
    if walk.started.purpose is not Purpose.TOOLCHAIN:
        return cause
    return dataclasses.replace(cause, summary=f"for the toolchain that go wants, {cause.summary}")


def failing_decision(trace: Trace) -> HopDecided | None:
    """The edge of the failed walk where the first real cause lies; None when no walk failed."""
    finished = trace.finished
    if finished is None or finished.outcome is not Outcome.FAILS or finished.failed_walk is None:
        return None
    walk = trace.walks[finished.failed_walk]
    failures = [decision for decision in walk.decisions if decision.error is not None]
    hard = [decision for decision in failures if not decision.not_exist]
    asked = [one for one in failures if one.request is not None or one.program is not None]
    real = [d for d in failures if (hop := trace.hop(d.hop)) is not None and hop.kind is HopKind.PROXY]
    return next(iter(hard or asked or real or failures), None)


def telling_request(trace: Trace, decision: HopDecided) -> Request | None:
    """The request that a decision goes back to: for "no version fits" the list, else its own."""
    own = None if decision.request is None else trace.requests[decision.request]
    if _NO_VERSION in (decision.error or ""):
        return _list_request(trace, decision) or own
    return own


def _without_walk(trace: Trace, finished: TraceFinished) -> FirstCause | None:
    text = (finished.error or "").split("\n", 1)[0]
    if not text:
        return None
    stops = [turned for turned in trace.turnings if turned.bend is Bend.STOPS]
    if stops:
        where = f" ({stops[-1].where})" if stops[-1].where else ""
        summary = f"{stops[-1].turning}{where}: {stops[-1].because}"
        return FirstCause(None, stops[-1].turning.value, summary, stops[-1].rule)
    zips = [request for request in trace.requests.values() if request.started.op is Op.ZIP]
    refused = next((check for check in trace.checksums if check.fault), None)
    text = text if refused is None or text != _SECURITY_ERROR else refused.because
    if not zips and refused is not None:
        summary = f"the hash of the {refused.what} is not vouched for: {refused.because}"
        return FirstCause(None, Op.SUM.value, summary, finished.rule or _CHECKED)
    if not zips:
        return FirstCause(None, "query", text, finished.rule)
    hop = trace.hop(zips[-1].started.hop)
    name = hop.name if hop is not None else "?"
    summary = f"{name} sent this .zip with 200: {text}"
    return FirstCause(
        trace.index(zips[-1].started.hop), "zip", summary, finished.rule, zips[-1].started.hop
    )


def _cause(trace: Trace, decision: HopDecided, walk: Walk) -> FirstCause:
    request = telling_request(trace, decision)
    hop = trace.hop(decision.hop)
    name = hop.name if hop is not None else "?"
    number = failed_step(trace, decision.hop, decision.error or "", decision.walk)
    if number is not None:
        step, index = trace.origin.decided[number], trace.index(decision.hop)
        return FirstCause(index, step.step.value, step_words(hop, step), step.rule, decision.hop)
    op = request.started.op.value if request is not None else _PURPOSE_OPS[walk.started.purpose]
    if request is None:  # refused before anybody was asked
        text = (decision.error or "").split("\n", 1)[0]
        return FirstCause(trace.index(decision.hop), op, text, decision.rule, decision.hop)
    if request.started.hop is None and request.started.op is Op.SUM:
        return _database_cause(request, decision, name)
    closed = _closed_way(trace, decision)
    if closed is not None:
        return closed
    summary = f"{name} {_what_was_said(request, decision)}"
    if decision.verdict is Verdict.STOP and not decision.not_exist and hop and hop.separator == ",":
        summary += ', and "," passes on only for 404 and 410'
    return FirstCause(trace.index(decision.hop), op, summary, decision.rule, decision.hop)


def _closed_way(trace: Trace, decision: HopDecided) -> FirstCause | None:
    """Where nobody could be asked about a hash: the entry that failed when asked for /supported."""
    closed = [check.error or check.because for check in trace.checksums if check.fault == _PROXY_REFUSES]
    if not any(error.split("\n", 1)[0] in (decision.error or "") for error in closed):
        return None
    for walk in trace.walks.values():
        hard = [d for d in walk.decisions if d.error is not None and not d.not_exist]
        if walk.started.purpose is not Purpose.CHECKSUM_BASE or not hard or not decision.error:
            continue
        request = None if hard[0].request is None else trace.requests[hard[0].request]
        hop = trace.hop(hard[0].hop)
        name = hop.name if hop is not None else "?"
        said = _what_was_said(request, hard[0])
        summary = f"{name} {said} when asked whether it passes the checksum database on"
        if hop is not None and hop.separator == ",":
            summary += ', and "," passes on only for 404 and 410'
        return FirstCause(trace.index(hard[0].hop), Op.SUM.value, summary, hard[0].rule, hard[0].hop)
    return None


def _database_cause(request: Request, decision: HopDecided, served_by: str) -> FirstCause:
    """The checksum database was asked by itself, not through an entry, and does not vouch."""
    host = request.started.url.partition("://")[2].partition("/")[0]
    said = _what_was_said(request, decision)
    summary = f"{host} {said}, so nobody vouches for what {served_by} sent"
    return FirstCause(None, Op.SUM.value, summary, decision.rule)


def _list_request(trace: Trace, decision: HopDecided) -> Request | None:
    """The list that a hop was asked for in this walk or before: what "no version fits" goes back to."""
    lists = [r for r in trace.requests_at(decision.hop) if r.started.op is Op.LIST]
    return lists[0] if lists else None


def _what_was_said(request: Request | None, decision: HopDecided) -> str:
    """ "answered 502 Bad Gateway" and the like: what a hop did, in a few words."""
    finished = request.finished if request is not None else None
    if finished is not None and finished.status == 200 and "html" in finished.content_type.lower():
        return f"answered {finished.op} with 200 and a web page ({finished.content_type})"
    if finished is not None and finished.status == 200 and _NO_VERSION in (decision.error or ""):
        return f"has a list, but {_NO_VERSION} {(decision.error or '').rsplit(' ', 1)[-1]}"
    if finished is None or (finished.status == 200 and finished.error is None):
        return "said: " + _ABOUT_A_HASH.sub("", (decision.error or "").split("\n", 1)[0])
    if finished.status is not None and finished.status != 200:
        where = f" (by {_host(finished.redirects[-1].url)})" if finished.redirects else ""
        return f"answered {finished.reason or finished.status}{where}"
    text = finished.error or decision.error or ""
    return "failed: " + text.split("\n", 1)[0].removeprefix(f'Get "{finished.url}": ')


def _host(url: str) -> str:
    return url.split("//", 1)[-1].split("/", 1)[0]
