"""What a handshake comes to: which of the faults behind the same words it is.

Go says "certificate signed by unknown authority" for a self-signed certificate, for a server that forgot its
intermediate, for a company's own authority, and for a box that opens TLS on the way. They need different
remedies, and the chain tells them apart.
"""

from __future__ import annotations

from datetime import UTC, datetime

from probes.ladder.faults import Fault, Judgement
from probes.ladder.model import Observation, shown
from probes.ladder.tls import VERIFY_WORDS, CertificateView, TLSReport
from probes.net.addresses import Space, is_public_name, space_of

_SURELY_PUBLIC = ("golang.org", "google.com", "googleapis.com", "github.com", "goproxy.io", "goproxy.cn")
"""Domains whose servers are never inside a private network, whatever their address here."""


def judge_tls(report: TLSReport) -> tuple[Observation, ...]:
    """What is not as it should be with a handshake."""
    if report.fault is None:
        if not _is_intercepted(report):
            return ()
        evidence = f"{_intercepted(report)} A root on this machine vouches for it, so that go goes on."
        return (Observation(Fault.TLS_INTERCEPTED, Judgement.WARNING, shown(evidence)),)
    fault, evidence = _told_apart(report, report.fault, datetime.now(UTC))
    return (Observation(fault, Judgement.BROKEN, shown(evidence)),)


def _told_apart(report: TLSReport, fault: Fault, now: datetime) -> tuple[Fault, str]:
    """The fault behind Go's verdict, and the evidence for it."""
    inside = report.words.removeprefix(VERIFY_WORDS)
    if not report.chain:
        return fault, _without_chain(report, fault)
    leaf = report.chain[0]
    if fault in (Fault.TLS_EXPIRED, Fault.TLS_NOT_YET_VALID):
        return _out_of_time(report, fault, now)
    if fault in (Fault.TLS_WRONG_NAME, Fault.TLS_NO_ALTERNATIVE_NAMES):
        names = ", ".join(leaf.names[:8]) or "no name"
        return (
            fault,
            f"The certificate is for {names}, not for {report.server_name}: issued by {leaf.issuer}.",
        )
    if fault is not Fault.TLS_UNKNOWN_AUTHORITY:
        return fault, f"{report.server_name} shows {_line(report)}: {inside}."
    if report.roots.count == 0:
        return Fault.TLS_NO_ROOTS, _no_roots(report)
    if report.middlebox:
        return Fault.TLS_INTERCEPTED, f"{_intercepted(report)} No root on this machine vouches for it."
    if leaf.self_issued:
        evidence = f"The certificate of {report.server_name} is its own issuer: {leaf.subject}."
        return Fault.TLS_SELF_SIGNED, evidence
    if len(report.chain) == 1 and not leaf.is_authority and leaf.issuer_urls:
        evidence = (
            f"The server sends its own certificate alone, without that of its issuer {leaf.issuer}. Browsers "
            f"fetch it from {leaf.issuer_urls[0]}; go does not."
        )
        return Fault.TLS_MISSING_INTERMEDIATE, evidence
    if _is_intercepted(report):
        return Fault.TLS_INTERCEPTED, f"{_intercepted(report)} No root on this machine vouches for it."
    evidence = f"None of the {report.roots.count} roots from {_source(report)} vouches for {_line(report)}."
    return Fault.TLS_UNKNOWN_AUTHORITY, evidence


def _line(report: TLSReport) -> str:
    """The chain in one line: "leaf, issued by Middle, issued by Root"."""
    last = report.chain[-1]
    names = [certificate.subject for certificate in report.chain]
    if not last.self_issued:
        names.append(last.issuer)
    return ", issued by ".join(names)


def _source(report: TLSReport) -> str:
    where = [place for place in (report.roots.file, *report.roots.dirs) if place]
    return f"{', '.join(where)} ({report.roots.because})"


def _no_roots(report: TLSReport) -> str:
    places = ", ".join(place for place in (report.roots.file, *report.roots.dirs) if place) or "no place"
    return f"No root certificate is found in {places} ({report.roots.because}): go trusts nobody."


# -- without a certificate ----------------------------------------------------------------------------------


def _without_chain(report: TLSReport, fault: Fault) -> str:
    match fault:
        case Fault.TLS_TIMEOUT:
            return f"{report.server_name} says nothing for {report.seconds:.1f} s after the hello."
        case Fault.TLS_NOT_TLS:
            return f"{report.server_name} does not speak TLS on this port: {report.words}."
        case Fault.TLS_CLOSED | Fault.TLS_RESET:
            how = "resets" if fault is Fault.TLS_RESET else "closes"
            return f"The other end {how} the connection after the hello, without a word: {report.words}."
        case Fault.TLS_PROTOCOL_VERSION:
            return f"{report.server_name} wants a TLS version that go does not offer: {report.words}."
        case _:
            return f"The handshake with {report.server_name} fails: {report.words}."


# -- times --------------------------------------------------------------------------------------------------


def _out_of_time(report: TLSReport, fault: Fault, now: datetime) -> tuple[Fault, str]:
    late = fault is Fault.TLS_EXPIRED
    wrong = [one for one in report.chain if (now > one.not_after if late else now < one.not_before)]
    stamp = now.strftime("%Y-%m-%d %H:%M UTC")
    if not wrong:  # a root, which the server does not send
        return fault, f"{report.words.removeprefix(VERIFY_WORDS)}."
    if len(wrong) > 1:
        side = "over" if late else "not begun"
        evidence = (
            f"The time of {len(wrong)} certificates of the chain is {side} at once: more likely than all of "
            f"them being wrong is that this machine's clock ({stamp}) is."
        )
        return Fault.TLS_CLOCK, evidence
    return fault, f"{_times(wrong[0], late=late)}; this machine's clock says {stamp}."


def _times(certificate: CertificateView, *, late: bool) -> str:
    moment = certificate.not_after if late else certificate.not_before
    verb = "expired on" if late else "is valid from"
    return f"The certificate of {certificate.subject} {verb} {moment.strftime('%Y-%m-%d %H:%M UTC')}"


# -- interception -------------------------------------------------------------------------------------------


def _is_intercepted(report: TLSReport) -> bool:
    """Whether a box on the way put its own certificate in place of the server's.

    Its name gives it away; or the host is public and no public authority issued the certificate. A name of a
    public domain at a private address is a company's own server, with the company's own authority.
    """
    if report.middlebox:
        return True
    if not report.chain or report.public_issuer or not is_public_name(report.server_name):
        return False
    if _belongs(report.server_name):
        return True
    return report.proxied or space_of(report.address) not in (Space.PRIVATE, Space.SHARED)


def _belongs(host: str) -> bool:
    name = host.lower().rstrip(".")
    return any(name == domain or name.endswith("." + domain) for domain in _SURELY_PUBLIC)


def _intercepted(report: TLSReport) -> str:
    issuer = report.path[-1] if report.path else report.chain[-1].issuer
    said = f" ({report.middlebox})" if report.middlebox else ""
    guess = "something on the way opens TLS"
    if not report.middlebox and not _belongs(report.server_name):
        guess += ", or it is a company's own server with the company's own authority"
    return (
        f"The certificate of {report.server_name} is issued by {report.chain[0].issuer}{said} under "
        f"{issuer}, which is no public authority: {guess}."
    )
