"""What was measured on a rung, in the few words that stand beside it."""

from __future__ import annotations

from probes.ladder.climber import TLSRung
from probes.ladder.content import ContentReport
from probes.ladder.faults import Judgement
from probes.ladder.http_report import HTTPReport
from probes.ladder.model import RungResult
from probes.ladder.names import NamesReport
from probes.ladder.proxy import ProxyReport
from probes.ladder.tcp import TCPReport
from probes.ladder.tls import TLSReport

_MOST_ADDRESSES = 3


def rung_summary(result: RungResult) -> str:
    """One phrase without a final dot, safe to show; "" for a rung that measured nothing."""
    match result.report:
        case ProxyReport():
            return _proxy(result.report)
        case NamesReport():
            return _names(result.report)
        case TCPReport():
            return _tcp(result.report)
        case TLSRung():
            return _tls(result.report.handshake)
        case HTTPReport():
            return _http(result.report)
        case ContentReport():
            return _content(result)
        case _:
            return ""


def _proxy(report: ProxyReport) -> str:
    answer = report.answer
    if answer is None or answer.status is None:
        return report.choice.because.rstrip(".")
    return f"{report.choice.variable}={report.choice.value}: {answer.status_line}"


def _names(report: NamesReport) -> str:
    if report.go.source == "literal":
        return "an address, no name"
    if not report.addresses:
        return report.go.words
    shown = list(report.addresses[:_MOST_ADDRESSES])
    more = len(report.addresses) - len(shown)
    where = {"files": " from the hosts file"}.get(report.go.source, "")
    return ", ".join(shown) + (f" and {more} more" if more else "") + where


def _tcp(report: TCPReport) -> str:
    alive = [attempt for attempt in report.attempts if attempt.ok]
    if report.go.winner is None:
        return "no connection" if len(report.attempts) < 2 else f"none of {len(report.attempts)} addresses"
    counted = (
        "" if len(alive) == len(report.attempts) else f" ({len(alive)} of {len(report.attempts)} addresses)"
    )
    place = next(
        (attempt.place for attempt in alive if attempt.address == report.go.winner), report.go.winner
    )
    return place + counted


def _tls(report: TLSReport) -> str:
    issuer = report.chain[0].issuer if report.chain else ""
    words = [report.version, report.alpn, f"issued by {issuer}" if issuer else ""]
    if report.chain and not report.ok:
        roots = report.roots
        roots_words = "1 root" if roots.count == 1 else f"{roots.count} roots"
        words.append(f"judged by {roots_words} of {roots.file or 'no file'} ({roots.because})")
    return ", ".join(filter(None, words)) or "no handshake"


def _http(report: HTTPReport) -> str:
    if report.status is None:
        return "no answer"
    by = f"by {report.host}" if report.redirected else ""
    return ", ".join(filter(None, [report.status_line, report.protocol, by]))


def _content(result: RungResult) -> str:
    if result.observations and result.judgement is not Judgement.OK:
        return result.observations[0].fault.value.partition(".")[2].replace("-", " ")
    report = result.report
    if isinstance(report, ContentReport) and report.status != 200:
        return f"no file: {_KINDS.get(report.kind, report.kind)}"
    return "what it should be"


_KINDS = {"empty": "nothing", "html": "a web page", "json": "JSON", "text": "a text", "binary": "bytes"}
