"""What a rung measured, as labelled texts.

A report is JSON, and may come from a file: nothing about its shape is sure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from probes.ladder.faults import Rung
from tui.drawing.fields import Field, heading
from tui.drawing.figures import duration, size
from tui.lines import Role

Report = Mapping[str, Any]


def report_fields(rung: str, report: Report) -> Iterator[Field]:
    """The whole report of a rung; nothing for one that measured nothing."""
    make = _MAKERS.get(rung)
    if make is not None and report:
        yield from make(report)


# -- reading JSON ------------------------------------------------------------------------------------


def part(report: Report, name: str) -> Report:
    """An object inside; empty where there is none."""
    value = report.get(name)
    return value if isinstance(value, dict) else {}


def parts(report: Report, name: str) -> list[Report]:
    """The objects of a list inside."""
    value = report.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def words(report: Report, name: str) -> str:
    """A text inside; "" for nothing."""
    value = report.get(name)
    return "" if value is None or isinstance(value, dict | list) else str(value)


def texts(report: Report, name: str) -> list[str]:
    """The texts of a list inside."""
    value = report.get(name)
    return [str(item) for item in value if item is not None] if isinstance(value, list) else []


def took(report: Report, name: str = "ms") -> str:
    """A duration inside; "" for nothing."""
    value = report.get(name)
    return duration(value / 1000) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def counted(report: Report, name: str) -> str:
    """A number of bytes inside; "" for nothing."""
    value = report.get(name)
    return size(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _some(label: str, text: str, role: Role = Role.PLAIN, *, verbatim: bool = False) -> Iterator[Field]:
    """A field, unless there is nothing to say."""
    if text:
        yield Field(label, text, role, verbatim=verbatim)


def _beside(*pieces: str) -> str:
    return "  ".join(filter(None, pieces))


# -- HTTP proxy --------------------------------------------------------------------------------------


def _proxy(report: Report) -> Iterator[Field]:
    choice = part(report, "choice")
    variable = words(choice, "variable")
    if variable:
        yield Field("variable", f"{variable}={words(choice, 'value')}")
    yield from _some("why", words(choice, "because"))
    yield from _some("refused", words(choice, "refusal"), Role.FAIL)
    yield from _some("connected", words(report, "address"))
    answer = part(report, "answer")
    if answer:
        yield heading("what the proxy said")
        yield from _some(
            "answer", _beside(words(answer, "status_line"), words(answer, "protocol"), took(answer))
        )
        yield from _some("wants", ", ".join(texts(answer, "schemes")))
        yield from _some("server", words(answer, "server"))
        yield from _some("page", words(answer, "sample"))
    for name, title, make in (
        ("names", "the proxy's name", _names),
        ("tcp", "connecting to the proxy", _tcp),
    ):
        inside = part(report, name)
        if inside:
            yield heading(title)
            yield from make(inside)


# -- names -------------------------------------------------------------------------------------------


def _names(report: Report) -> Iterator[Field]:
    go = part(report, "go")
    yield from _some("host", words(report, "host"))
    source = {"literal": "an address, no name", "files": "the hosts file", "dns": "the DNS"}.get(
        words(go, "source"), ""
    )
    addresses = ", ".join(texts(go, "addresses"))
    yield from _some(
        "go finds",
        _beside(addresses, source if addresses else "", took(go) if source != "an address, no name" else ""),
    )
    yield from _some("go says", words(go, "words"), Role.FAIL)
    system = part(report, "system")
    if system:
        found = ", ".join(texts(system, "addresses")) or words(system, "error") or "nothing"
        yield Field("libc finds", _beside(found, took(system)))
    yield from _answers("the nameservers, side by side", parts(report, "asked"))
    yield from _answers("public resolvers", parts(report, "public"))
    yield from _resolver_files(part(report, "settings"))


def _answers(title: str, asked: list[Report]) -> Iterator[Field]:
    if asked:
        yield heading(title)
    before = ""
    for answer in asked:
        server = f"{words(answer, 'server')} over {words(answer, 'transport')}, {words(answer, 'name')}"
        if server != before:
            yield Field("asked", server)
        before = server
        came = ", ".join(texts(answer, "addresses")) or words(answer, "reply")
        through = ", ".join(texts(answer, "aliases"))
        lives = words(answer, "ttl")
        text = _beside(
            came,
            words(answer, "detail"),
            f"by way of {through}" if through else "",
            f"for {lives} s" if lives else "",
            took(answer),
        )
        is_answer = words(answer, "reply") in ("addresses", "no data")
        yield Field(f"  {words(answer, 'record')}", text, Role.PLAIN if is_answer else Role.FAIL)


def _resolver_files(settings: Report) -> Iterator[Field]:
    if not settings:
        return
    conf, order = part(settings, "conf"), part(settings, "order")
    yield heading("where go looks")
    sources = " then ".join(texts(order, "sources"))
    yield from _some("order", f"{sources}: {words(order, 'because')}" if sources else "")
    servers = [f"{words(one, 'address')} (line {words(one, 'line')})" for one in parts(conf, "nameservers")]
    yield from _some("asks", _beside(", ".join(servers), f"by {words(conf, 'path')}") if servers else "")
    yield from _some("ignored", ", ".join(texts(conf, "ignored")), Role.WARN)
    yield from _some("search", ", ".join(texts(conf, "search")))
    for found in parts(settings, "hosts"):
        yield Field(
            "hosts", f"{words(settings, 'hosts_path')}:{words(found, 'line')}: {words(found, 'address')}"
        )


# -- TCP ---------------------------------------------------------------------------------------------


def _tcp(report: Report) -> Iterator[Field]:
    for attempt in parts(report, "attempts"):
        place = words(attempt, "address")
        failed = bool(words(attempt, "fault"))
        said = words(attempt, "words") or ("no connection" if failed else "connected")
        place += f" port {words(attempt, 'port')}"
        yield Field("tried", _beside(place, took(attempt)), Role.FAIL if failed else Role.OK)
        yield Field("", said, Role.FAIL if failed else Role.FAINT)
    go = part(report, "go")
    winner = words(go, "winner")
    yield from _some("go takes", _beside(winner, f"after {took(go)}" if took(go) else "") if winner else "")
    yield from _some("go says", words(go, "words"), Role.FAIL)
    first, second = texts(report, "first_family"), texts(report, "second_family")
    if second:
        yield Field("order", f"{', '.join(first)}; and 0.3 s later {', '.join(second)}")


# -- TLS ---------------------------------------------------------------------------------------------


def _tls(report: Report) -> Iterator[Field]:
    shake = part(report, "handshake")
    yield from _some("name", words(shake, "server_name"))
    yield from _some("address", words(shake, "address"))
    agreed = ", ".join(filter(None, (words(shake, "version"), words(shake, "cipher"), words(shake, "alpn"))))
    yield from _some("agreed on", _beside(agreed, took(shake)))
    yield from _some("middlebox", words(shake, "middlebox"), Role.WARN)
    for number, certificate in enumerate(parts(shake, "chain")):
        yield heading("the certificate" if number == 0 else f"certificate {number + 1} of the chain")
        yield from _certificate(certificate)
    roots = part(shake, "roots")
    if roots:
        yield heading("the roots that counted")
        where = [words(roots, "file"), *texts(roots, "dirs")]
        yield from _some("from", ", ".join(filter(None, where)) or "nowhere")
        yield from _some("count", words(roots, "count"))
        yield from _some("why", words(roots, "because"))
        yield from _some("leads by", "; ".join(texts(shake, "path")))
    hellos = [("as go", part(report, "go_hello")), ("smaller", part(report, "small_hello"))]
    if any(hello for _, hello in hellos):
        yield heading("the hello alone")
    for label, hello in hellos:
        if hello:
            text = f"{words(hello, 'sent')} bytes: {words(hello, 'echo')}"
            yield Field(label, _beside(text, words(hello, "words"), took(hello)))


def _certificate(certificate: Report) -> Iterator[Field]:
    yield from _some("subject", words(certificate, "subject"))
    yield from _some("names", ", ".join(texts(certificate, "names")))
    issuer = words(certificate, "issuer")
    yield from _some("issuer", issuer + (" (itself)" if certificate.get("self_issued") is True else ""))
    yield from _some("valid", f"{words(certificate, 'not_before')} to {words(certificate, 'not_after')}")
    yield from _some("key", words(certificate, "key"))
    yield from _some("serial", words(certificate, "serial"))
    yield from _some("its issuer", ", ".join(texts(certificate, "issuer_urls")))


# -- HTTP --------------------------------------------------------------------------------------------


def _http(report: Report) -> Iterator[Field]:
    legs = parts(report, "legs")
    for number, leg in enumerate(legs):
        yield heading("the request" if number == 0 else f"request {number + 1}")
        yield from _leg(leg)
    second = part(report, "second")
    if second:
        yield heading("the second request, which go sends after a 4xx over https")
        text = f"{words(second, 'first_status')} first, then {words(second, 'status') or 'no answer'}"
        yield Field("status", f"{text}, as {words(second, 'agent')}")
    headers = report.get("headers")
    if isinstance(headers, list) and headers:
        yield heading("headers")
        for pair in headers:
            if isinstance(pair, list) and len(pair) == 2:
                yield Field("", f"{pair[0]}: {pair[1]}")
    yield from _rest_of_http(report)


def _leg(leg: Report) -> Iterator[Field]:
    yield from _some("URL", words(leg, "url"), verbatim=True)
    answered = words(leg, "status_line")
    if leg.get("unreachable") is True:
        yield Field("answer", "not sent: no connection", Role.FAIL)
    else:
        role = Role.PLAIN if answered else Role.FAIL
        yield Field("answer", _beside(answered or "none came", words(leg, "protocol"), took(leg)), role)
    by = "the HTTP proxy " if leg.get("proxied") is True else ""
    yield from _some("from", f"{by}{words(leg, 'address')}" if words(leg, "address") else "")
    yield from _some("leads to", words(leg, "location"), verbatim=True)
    yield from _some("as", words(leg, "agent"))
    if leg.get("credentials") is True:
        yield Field("sent", "with credentials")


def _rest_of_http(report: Report) -> Iterator[Field]:
    fields = [
        *_some("wants", ", ".join(texts(report, "schemes"))),
        *_some("retry in", words(report, "retry_after")),
        *_some("age", took(report, "age_ms")),
        *_some("clock", _skew(report)),
        *_some("HTTP/1.1", words(report, "without_http2")),
        *_some("go would", words(report, "go_would")),
    ]
    serves = words(report, "serves")
    if serves not in ("", "unknown"):
        fields.append(Field("served by", serves))
    for found in parts(report, "software"):
        signs = "; ".join(texts(found, "evidence"))
        fields.append(Field("seen", f"{words(found, 'name')} ({words(found, 'kind')}): {signs}"))
    if fields:
        yield heading("what that says")
        yield from fields


def _skew(report: Report) -> str:
    value = report.get("skew_ms")
    if not isinstance(value, int | float) or isinstance(value, bool) or abs(value) < 2000:
        return ""
    return f"the server's is {duration(abs(value) / 1000)} {'ahead of' if value > 0 else 'behind'} ours"


# -- content -----------------------------------------------------------------------------------------


def _content(report: Report) -> Iterator[Field]:
    yield from _some(
        "kind",
        _beside(words(report, "kind"), words(report, "content_type"), words(report, "content_encoding")),
    )
    length = words(report, "length")
    ended = "" if report.get("complete") is True else "not to its end"
    promised = f"of {length}" if length and length != words(report, "size") else ""
    yield from _some("size", _beside(counted(report, "size"), promised, ended, took(report)))
    gap = report.get("longest_gap_ms")
    if isinstance(gap, int | float) and gap >= 1000:
        yield Field("gap", f"nothing came for {took(report, 'longest_gap_ms')}")
    yield from _some("title", words(report, "title"))
    yield from _some("versions", words(report, "versions"))
    yield from _some("version", words(report, "version"))
    yield from _some("go would", words(report, "go_would"))
    for found in parts(report, "classes"):
        yield Field(
            "looks like",
            f"{words(found, 'says')}, by its {words(found, 'where')}: {words(found, 'phrase')}",
            Role.WARN,
        )
    sample = words(report, "sample")
    if sample:
        yield heading("the body begins")
        yield Field("", sample, verbatim=True)


_MAKERS: dict[str, Callable[[Report], Iterator[Field]]] = {
    Rung.PROXY.value: _proxy,
    Rung.NAMES.value: _names,
    Rung.TCP.value: _tcp,
    Rung.TLS.value: _tls,
    Rung.HTTP.value: _http,
    Rung.CONTENT.value: _content,
}
