"""What an exchange over HTTP comes to, as go would experience it: pure.

Source: cmd/go/internal/web (get, HTTPError), modfetch/proxy.go TryProxies (404 and 410 let the next proxy be
asked after a comma), net/http (the words of failed requests).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from probes.ladder.content import STALE_S
from probes.ladder.faults import Fault, Judgement, fault_of_status
from probes.ladder.http_report import HTTPReport, deciding_legs
from probes.ladder.model import Observation, shown

NO_HTTP2 = "GODEBUG=http2client=0"
_REFUSED_REDIRECTS = ("stopped after ", "redirected from secure URL ", "failed to parse Location header ")
_RESET = ("connection reset by peer", "broken pipe")
_HTTP2_WORDS = re.compile(r"stream error: |http2: |connection error: ")


def fault_of_words(words: str, report: HTTPReport) -> Fault:
    """The fault behind Go's words for a request without an answer (``Get "URL": …``)."""
    inner = re.sub(r'^Get "(?:[^"\\]|\\.)*": ', "", words)
    chain = deciding_legs(report.legs)
    if inner.startswith(_REFUSED_REDIRECTS):
        return Fault.HTTP_REDIRECT
    if chain and chain[-1].unreachable:
        return Fault.HTTP_REDIRECT_HOST if len(chain) > 1 else Fault.HTTP_ERROR
    if _HTTP2_WORDS.match(inner) or report.without_http2.startswith(WORKS):
        return Fault.HTTP_H2
    if report.protocol == "HTTP/2":
        return Fault.HTTP_RESET if inner.endswith(_RESET) else Fault.HTTP_CLOSED
    if "malformed" in inner or "invalid header" in inner:
        return Fault.HTTP_MALFORMED
    if inner.endswith("EOF"):
        return Fault.HTTP_CLOSED
    if inner.endswith(_RESET):
        return Fault.HTTP_RESET
    return Fault.HTTP_ERROR


WORKS = "HTTP/1.1 works"
"""How ``HTTPReport.without_http2`` begins where the older protocol gets through."""


def judge_failure(words: str, report: HTTPReport) -> tuple[Observation, ...]:
    """A request that got no answer, or one that go refuses to follow."""
    fault = fault_of_words(words, report)
    chain = deciding_legs(report.legs)
    where = f"{chain[-1].host}{_at(chain[-1].address, chain[-1].host)}" if chain else "The server"
    inner = re.sub(r'^Get "(?:[^"\\]|\\.)*": ', "", words)
    evidence = f"{where}: {inner}."
    if fault is Fault.HTTP_REDIRECT:
        hops = sum(1 for leg in chain if leg.location)
        evidence = f"{inner}; {hops} redirect{'s' * (hops != 1)} up to {where}."
    elif fault is Fault.HTTP_REDIRECT_HOST:
        evidence = f"{chain[0].host} redirects to {chain[-1].host}, which cannot be reached: {inner}."
    elif fault is Fault.HTTP_ERROR and chain and chain[-1].unreachable:
        evidence = f"This time there was no way to {where}: {inner}."
    if report.without_http2:
        evidence += f" {report.without_http2}."
    return (Observation(fault, Judgement.BROKEN, shown(evidence), godebug=_remedy(report)),)


def judge_stall(report: HTTPReport, seconds: float) -> tuple[Observation, ...]:
    """Asked, and no answer: go waits for ever."""
    chain = deciding_legs(report.legs)
    where = f"{chain[-1].host}{_at(chain[-1].address, chain[-1].host)}" if chain else "the server"
    evidence = (
        f"Connected and asked, and {where} gave no whole answer for {seconds:g} s. go would wait for ever."
    )
    fault = Fault.HTTP_STALL
    if report.without_http2:
        evidence += f" {report.without_http2}."
        if report.without_http2.startswith(WORKS):
            fault = Fault.HTTP_H2
    return (Observation(fault, Judgement.BROKEN, shown(evidence), godebug=_remedy(report)),)


def judge_stream(error: str, report: HTTPReport) -> Iterator[Observation]:
    """A body that an HTTP/2 stream error breaks off: the protocol's fault, not the file's."""
    if not _HTTP2_WORDS.match(error) and not report.without_http2.startswith(WORKS):
        return
    evidence = f"The stream broke in the middle of the body: {error}."
    if report.without_http2:
        evidence += f" {report.without_http2}."
    yield Observation(Fault.HTTP_H2, Judgement.BROKEN, shown(evidence), godebug=_remedy(report))


def _remedy(report: HTTPReport) -> str:
    return NO_HTTP2 if report.without_http2.startswith(WORKS) else ""


def judge_answer(report: HTTPReport) -> tuple[Observation, ...]:
    """An answer with a status, whatever it is."""
    assert report.status is not None
    found: list[Observation] = []
    if report.status != 200:
        evidence = " ".join(_status_sentences(report))
        found.append(Observation(fault_of_status(report.status), Judgement.BROKEN, shown(evidence)))
    return (*found, *_clock(report))


def _at(address: str, host: str = "") -> str:
    return f" at {address}" if address and address != host else ""


def _status_sentences(report: HTTPReport) -> Iterator[str]:
    status = report.status
    chain = deciding_legs(report.legs)
    yield f"{report.host}{_at(report.address, report.host)} answered {report.status_line}."
    if report.redirected and len(chain) > 1 and chain[0].host != report.host:
        yield f"{chain[0].host} had redirected to it; go names only {chain[0].host}."
    second = report.second
    if second is not None and second.differs:
        yield (
            f"That is the answer to go's second request, as {second.agent}; the first was answered with "
            f"{second.first_status}."
        )
    if status in (401, 407):
        wants = " or ".join(report.schemes) or "credentials, and does not say which"
        sent = any(leg.credentials for leg in chain)
        yield f"It wants {wants}; go sent {'credentials that it did not take' if sent else 'none'}."
    if status in (404, 410):
        yield "This is the class of errors that lets go ask the next proxy, after a comma too."
    if report.retry_after:
        yield f"Retry-After: {report.retry_after}; go does not wait and does not try again."
    squid = next((value for name, value in report.headers if name == "x-squid-error"), "")
    if squid:
        yield f"It is the HTTP proxy's own answer (X-Squid-Error: {squid})."


def _clock(report: HTTPReport) -> Iterator[Observation]:
    skew = report.skew_s
    if skew is None or abs(skew) <= STALE_S:
        return
    if skew < 0 and _may_be_cached(report):
        return  # an old answer out of a cache without an Age says nothing about clocks
    days = abs(skew) / 86400
    side = "ahead of" if skew > 0 else "behind"
    evidence = f"The clock of {report.host} is {days:.1f} days {side} ours; one of the two is wrong."
    yield Observation(Fault.HTTP_CLOCK, Judgement.WARNING, shown(evidence))


def _may_be_cached(report: HTTPReport) -> bool:
    names = dict(report.headers)
    return "via" in names or "age" in names or "hit" in names.get("x-cache", "").lower()
