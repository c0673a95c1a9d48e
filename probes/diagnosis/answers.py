"""What an answer gives away that go does not say.

Each rule looks at one finished request. The verdict stays go's; a finding only names what is behind it.
"""

from __future__ import annotations

from collections.abc import Iterator

from probes.diagnosis.findings import Finding, Level
from probes.golang.protocol import Op
from probes.trace.events import RequestFinished

_FAILED_UPSTREAM = ("bad upstream", "fetch timed out", "no secure protocol", "dial tcp", "i/o timeout")


def judge_answer(answer: RequestFinished) -> Iterator[Finding]:
    """The findings about one answer; none of a go-import page, which is a web page by right."""
    if answer.op is Op.PAGE:
        return
    yield from _portal(answer)
    yield from _redirected(answer)
    yield from _upstream(answer)


def _portal(answer: RequestFinished) -> Iterator[Finding]:
    html = "html" in answer.content_type.lower() or answer.sample.lstrip().lower().startswith(
        ("<!doctype", "<html")
    )
    if answer.status != 200 or not html:
        return
    meaning = {
        Op.LIST: "go reads it as a list without versions",
        Op.MOD: "go takes it for a go.mod",
        Op.ZIP: "go will refuse it as a zip and ask nobody else",
    }.get(answer.op, "go cannot read it as JSON")
    yield Finding(
        "answer.html",
        Level.WARNING,
        "GOPROXY",
        f"A web page came with 200 instead of {_file(answer)}: {meaning}. This looks like a log-in page, a "
        "captive portal or a URL that is no module proxy.",
        remedy=("open the URL in a browser and log in, or take this entry out of GOPROXY",),
        rule="cmd/go/internal/modfetch/proxy.go proxyRepo.Versions",
    )


def _redirected(answer: RequestFinished) -> Iterator[Finding]:
    if not answer.redirects or answer.status in (200, 404, 410, None):
        return
    host = answer.redirects[-1].url.split("//", 1)[-1].split("/", 1)[0]
    yield Finding(
        "answer.redirect-host",
        Level.WARNING,
        "GOPROXY",
        f"The {answer.status} came from {host}, where the proxy had redirected to; go names only the proxy.",
        remedy=(f"allow {host} in the firewall, or use a mirror that serves files itself",),
        rule="cmd/go/internal/web/http.go get",
    )


def _upstream(answer: RequestFinished) -> Iterator[Finding]:
    if answer.status not in (404, 410):
        return
    words = answer.sample.lower()
    for phrase in _FAILED_UPSTREAM:
        if phrase in words:
            yield Finding(
                "answer.upstream",
                Level.WARNING,
                "GOPROXY",
                f'The {answer.status} says "{phrase}": the proxy could not fetch the module itself, which '
                "does not mean that the module is missing.",
                remedy=("ask another mirror, or try again later",),
                rule="field rule R11",
            )
            return


def _file(answer: RequestFinished) -> str:
    return {Op.LIST: "@v/list", Op.LATEST: "@latest"}.get(answer.op, f".{answer.op}")
