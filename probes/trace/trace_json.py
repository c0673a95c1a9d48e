"""A trace as the object of `modtrace trace --json`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from probes.sources.evidence import Header
from probes.trace.checksum_events import ChecksumDecided, ChecksumRouted
from probes.trace.events import Outcome, TurningTaken, milliseconds
from probes.trace.origin_events import origin_json

if TYPE_CHECKING:
    from probes.trace.fold import Request, Trace

TRACE_SCHEMA = "modtrace.trace/1"


def trace_json(trace: Trace) -> dict[str, Any]:
    """The object of `modtrace trace --json`."""
    started, finished = trace.started, trace.finished
    cause = trace.first_cause()
    return {
        "schema": TRACE_SCHEMA,
        "path": started.path if started else "",
        "query": started.query if started else "",
        "ok": finished is not None and finished.outcome is Outcome.OK,
        "outcome": finished.outcome.value if finished else "unknown",
        "detail": finished.detail if finished else "",
        "version": finished.version if finished else None,
        "why": trace.chosen.why if trace.chosen else "",
        "passed_over": _passed_over(trace),
        "sum": finished.sum if finished else None,
        "go_mod_sum": finished.go_mod_sum if finished else None,
        "served": trace.served(),
        "error": finished.error if finished else None,
        "first_cause": None
        if cause is None
        else {"hop": cause.hop, "op": cause.op, "summary": cause.summary, "rule": cause.rule},
        "requests": [_request_json(trace, request) for request in trace.requests.values()],
        "findings": [finding.to_json() for finding in trace.all_findings()],
        "project": started.project if started else "",
        "warm": started.warm if started else False,
        "turnings": [_turning_json(turned) for turned in trace.turnings],
        "checksums": [_checksum_json(decided, trace.sworn) for decided in trace.checksums],
        "toolchain": finished.toolchain if finished else "",
    } | ({"origin": origin_json(trace.origin, trace.index)} if trace.origin else {}) | (
        {"get": trace.get.to_json()} if trace.get.started else {}
    )


def _passed_over(trace: Trace) -> list[dict[str, str]]:
    versions = () if trace.chosen is None else trace.chosen.passed_over
    return [{"version": one.version, "why": one.why} for one in versions]


def _request_json(trace: Trace, request: Request) -> dict[str, Any]:
    started, finished = request.started, request.finished
    seconds = None if finished is None else finished.at - finished.began
    return {
        "hop": trace.index(started.hop),
        "op": started.op.value,
        "version": started.version or None,
        "url": started.url,
        "status": finished.status if finished else None,
        "bytes": finished.bytes if finished else request.received,
        "ms": milliseconds(seconds),
        "timing": finished.timing.to_json() if finished else None,
        "redirects": []
        if finished is None
        else [{"status": redirect.status, "url": redirect.url} for redirect in finished.redirects],
        "decision": request.decision_words,
        "rule": request.decision.rule if request.decision else None,
        "error": finished.error if finished else None,
        "request_headers": _headers_json(finished.request_headers if finished else ()),
        "response_headers": _headers_json(finished.response_headers if finished else ()),
        "body": finished.body if finished else "",
    }


def _checksum_json(decided: ChecksumDecided, sworn: list[ChecksumRouted]) -> dict[str, Any]:
    """What became of one hash, and who was to be asked about it."""
    key = decided.what, decided.path, decided.version
    routed = next((one for one in sworn if (one.what, one.path, one.version) == key), None)
    return {
        "what": decided.what,
        "path": decided.path,
        "version": decided.version,
        "sum": decided.sum,
        "verdict": decided.verdict,
        "because": decided.because,
        "sworn": None if routed is None else routed.sworn.value,
        "where": None if routed is None else routed.where or None,
        "fault": decided.fault or None,
        "error": decided.error,
    }


def _turning_json(turned: TurningTaken) -> dict[str, Any]:
    return {
        "turning": turned.turning.value, "bend": turned.bend.value, "path": turned.path,
        "version": turned.version, "because": turned.because, "where": turned.where, "to": turned.to,
        "op": turned.op, "error": turned.error, "rule": turned.rule,
    }  # fmt: skip


def _headers_json(headers: Iterable[Header]) -> list[dict[str, str]]:
    return [{"name": header.name, "value": header.value} for header in headers]
