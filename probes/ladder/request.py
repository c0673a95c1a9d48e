"""The two upper rungs: the request as go sends it, and what came back.

Source: cmd/go/internal/web/http.go (get), cmd/go/internal/modfetch/proxy.go (getBody), net/http. The requests
are those of probes.net.http, so that redirects, the second request, compression and Go's words are the same
as in a trace. Unlike the rungs below, the words here are whole: as go prints them behind "MODULE@VERSION: ",
for example ``Get "URL": EOF`` or ``reading URL: 403 Forbidden``; nothing is to be put around them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from time import monotonic

from probes.golang.errors import GoError
from probes.golang.mode import godebug
from probes.golang.protocol import Op
from probes.golang.urls import GoURL
from probes.ladder.content import Asked, Body, Judged, judge_content, read_body
from probes.ladder.content_classes import SAMPLE_BYTES
from probes.ladder.faults import Fault, Judgement, Rung
from probes.ladder.go_limits import ClimbLimits
from probes.ladder.http_judgement import (
    WORKS,
    judge_answer,
    judge_failure,
    judge_stall,
    judge_stream,
)
from probes.ladder.http_report import (
    HTTPReport,
    deciding_legs,
    digits,
    of_interest,
    schemes_of,
    second_request,
    skew,
)
from probes.ladder.http_watch import WatchedClient, WatchedExchange, watched
from probes.ladder.model import Observation, RungResult, rung_result, shown, skipped
from probes.ladder.software import Seen, identify, serves_modules
from probes.net.limits import Stalled
from probes.sources.module_proxy import HTTPError, error_detail

Authorization = Callable[[str], str | None]
_DETAIL_BYTES = 32 << 10


@dataclass(frozen=True, slots=True)
class Attempt:
    """One GET as go makes it, with everything that was seen of it."""

    exchange: WatchedExchange
    began: float
    headed: float
    """When the head of the answer was there, or the hope for it given up; monotonic, as all three."""
    ended: float
    status: int | None = None
    status_line: str = ""
    protocol: str = ""
    body: Body | None = None
    error: GoError | None = None
    """Why there is no answer."""
    stalled: bool = False
    """There is none because modtrace stopped waiting."""

    @property
    def came_through(self) -> bool:
        """Whether a whole answer came, whatever it says."""
        body = self.body
        return self.status is not None and body is not None and not body.error and not body.stalled

    @property
    def over_http2(self) -> bool:
        """Whether HTTP/2 was spoken last."""
        return (self.protocol or self.exchange.agreed) == "HTTP/2"


@dataclass(frozen=True, slots=True)
class Asking:
    """The question behind the two results, and the world that it is asked in."""

    url: GoURL
    op: Op | None
    variables: Mapping[str, str] = field(repr=False)
    """Those of the network."""
    limits: ClimbLimits
    began: float
    """monotonic() at the start of the climb."""
    authorization: Authorization | None = field(default=None, repr=False)
    http2: bool = True
    base: GoURL | None = None
    """The GOPROXY entry, where it is known: go names it in its words for a .info that it cannot read."""

    @property
    def may_http2(self) -> bool:
        """Whether go would offer HTTP/2."""
        return self.http2 and godebug(self.variables).get("http2client") != "0"


async def http_rungs(
    url: GoURL,
    op: Op | None,
    variables: Mapping[str, str],
    limits: ClimbLimits,
    *,
    began: float,
    authorization: Authorization | None = None,
    http2: bool = True,
) -> tuple[RungResult, RungResult]:
    """Climb the rungs of HTTP and of the content. Raises nothing for what networks do.

    ``began`` is monotonic() at the start of the climb; ``variables`` are those of the network. HTTP/2 is left
    out with ``http2=False`` or by GODEBUG=http2client=0.
    """
    return await ask(Asking(url, op, variables, limits, began, authorization, http2))


async def ask(asking: Asking) -> tuple[RungResult, RungResult]:
    """The same, for a question that may know the GOPROXY entry behind it."""
    url = asking.url
    if url.scheme == "http" and url.user is not None:
        return _credentials_refused(url, asking.began)
    if url.scheme not in ("http", "https"):
        return _both_skipped(f"{url.scheme or 'a URL without a scheme'} is not asked over HTTP", asking.began)
    attempt = await _attempt(asking, http2=asking.may_http2)
    without = ""
    if attempt.over_http2 and not attempt.came_through:
        without = _older(await _attempt(asking, http2=False))
    return _results(attempt, asking, without)


async def _attempt(asking: Asking, *, http2: bool) -> Attempt:
    """One GET with a client of its own; every connection is closed at the end, also when cancelled."""
    client = WatchedClient(
        asking.variables,
        asking.limits.for_net(),
        http2=http2,
        authorization=asking.authorization or (lambda url: None),
    )
    try:
        await client.warm_up(tls=asking.url.scheme == "https")
        return await get_with(client, asking.url, asking.op, asking.limits)
    finally:
        await client.aclose()


def _both_skipped(because: str, began: float) -> tuple[RungResult, RungResult]:
    moment = monotonic() - began
    return skipped(Rung.HTTP, because, began=moment), skipped(Rung.CONTENT, because, began=moment)


def _credentials_refused(url: GoURL, began: float) -> tuple[RungResult, RungResult]:
    words = f"refusing to pass credentials to insecure URL: {url.redacted()}"
    evidence = "The URL is plain http and has a user in it: go refuses before it sends anything."
    seen = Observation(Fault.HTTP_CREDENTIALS, Judgement.BROKEN, evidence)
    moment = monotonic() - began
    refused = rung_result(Rung.HTTP, [seen], words=words, began=moment, seconds=0.0, report=HTTPReport(()))
    return refused, skipped(Rung.CONTENT, "nothing was asked", began=moment)


async def get_with(client: WatchedClient, url: GoURL, op: Op | None, limits: ClimbLimits) -> Attempt:
    """One GET over a client that others may use as well."""
    exchange = watched()
    began = monotonic()

    def failed(*, error: GoError | None = None, stalled: bool = False) -> Attempt:
        now = monotonic()
        return Attempt(exchange, began, now, now, error=error, stalled=stalled)

    try:
        async with client.get(url, exchange) as answer:
            headed = monotonic()
            body = await read_body(answer, op, limits)
            return Attempt(
                exchange,
                began,
                headed,
                monotonic(),
                status=answer.status,
                status_line=answer.status_line,
                protocol=answer.protocol,
                body=body,
            )
    except GoError as error:
        return failed(error=error)
    except Stalled:
        return failed(stalled=True)


def _older(attempt: Attempt) -> str:
    """What the attempt without HTTP/2 says about the one with it."""
    if attempt.came_through:
        return f"{WORKS}: it gets {shown(attempt.status_line, limit=80)}"
    if attempt.error is not None:
        return f"HTTP/1.1 fails as well: {shown(str(attempt.error), limit=200)}"
    return "HTTP/1.1 fails as well"


# -- results ------------------------------------------------------------------------------------------------


def _results(attempt: Attempt, asking: Asking, without_http2: str) -> tuple[RungResult, RungResult]:
    report = report_of(attempt, asking.url, without_http2)
    connected = attempt.exchange.spent_connecting()
    began = attempt.began - asking.began + connected
    seconds = max(0.0, attempt.headed - attempt.began - connected)
    ended = attempt.headed - asking.began

    def http(observations: Sequence[Observation], words: str) -> RungResult:
        return rung_result(Rung.HTTP, observations, words=words, began=began, seconds=seconds, report=report)

    if attempt.status is None:
        content = skipped(Rung.CONTENT, "no answer came", began=ended)
        if attempt.error is None:
            return http(judge_stall(report, asking.limits.answer_s), ""), content
        words = str(attempt.error)
        return http(judge_failure(words, report), words), content
    assert attempt.body is not None
    judged = _judged(attempt, asking)
    words = _http_words(attempt, asking)
    stream = tuple(judge_stream(attempt.body.error, report)) if attempt.body.error else ()
    content = rung_result(
        Rung.CONTENT,
        judged.observations,
        words=judged.words,
        began=ended,
        seconds=attempt.ended - attempt.headed,
        report=judged.report,
    )
    return http((*judge_answer(report), *stream), words or (judged.words if stream else "")), content


def _http_words(attempt: Attempt, asking: Asking) -> str:
    """web.HTTPError, with the server's words where go reads them; "" for 200.

    Also "" where go never gets to say it, because the plain text of the error does not end.
    """
    assert attempt.status is not None
    assert attempt.body is not None
    if attempt.status == 200:
        return ""
    asked = _asked(attempt, asking)
    if asked.go_reads_error and attempt.body.stalled:
        return ""
    detail = error_detail(attempt.body.kept[:_DETAIL_BYTES]) if asked.go_reads_error else ""
    return str(HTTPError(asking.url.redacted(), attempt.status, attempt.status_line, detail))


def _asked(attempt: Attempt, asking: Asking) -> Asked:
    assert attempt.status is not None
    last = deciding_legs(attempt.exchange.legs)[-1]
    place = last.url.split("://", 1)[-1].split("?", 1)[0]
    return Asked(asking.url, asking.op, attempt.status, tuple(attempt.exchange.headers), place, asking.base)


def _judged(attempt: Attempt, asking: Asking) -> Judged:
    assert attempt.body is not None
    return judge_content(_asked(attempt, asking), attempt.body)


def report_of(attempt: Attempt, url: GoURL, without_http2: str = "") -> HTTPReport:
    """The measurements of one attempt."""
    legs = tuple(attempt.exchange.legs)
    report = HTTPReport(
        legs=legs,
        protocol=attempt.protocol or attempt.exchange.agreed,
        second=second_request(legs),
        host=legs[-1].host if legs else shown(url.host),
        address=legs[-1].address if legs else "",
        without_http2=without_http2,
    )
    if attempt.status is None:
        return replace(report, go_would="wait for ever: it sets no deadline" if attempt.stalled else "")
    headers = attempt.exchange.headers
    first = dict(reversed(headers))
    challenge = "proxy-authenticate" if attempt.status == 407 else "www-authenticate"
    body = "" if attempt.body is None else attempt.body.sample[:SAMPLE_BYTES].decode("utf-8", "replace")
    age_s = digits(first.get("age", ""))
    software = identify(Seen(_all_headers(attempt.exchange), body, _places(attempt, url)))
    return replace(
        report,
        status=attempt.status,
        status_line=shown(attempt.status_line, limit=200),
        headers=of_interest(headers),
        schemes=schemes_of(headers, challenge),
        retry_after=shown(first.get("retry-after", ""), limit=80),
        age_s=age_s,
        skew_s=skew(first.get("date", ""), age_s, datetime.now(UTC)),
        software=software,
        serves=serves_modules(software),
    )


def _all_headers(exchange: WatchedExchange) -> Sequence[tuple[str, str]]:
    """The last answer's headers, and the redirects of those before it."""
    return [*exchange.headers, *(("location", leg.location) for leg in exchange.legs if leg.location)]


def _places(attempt: Attempt, url: GoURL) -> Sequence[tuple[str, str]]:
    """Host name and path of each URL that was asked."""
    places = [(url.hostname().lower(), url.path)]
    for leg in attempt.exchange.legs:
        host, slash, path = leg.url.split("://", 1)[-1].partition("/")
        places.append((host.rpartition("@")[2].rsplit(":", 1)[0].lower(), slash + path.split("?", 1)[0]))
    return list(dict.fromkeys(places))
