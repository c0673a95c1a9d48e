"""The rung of the content: the body of an answer, read as go reads it, classed, and judged.

Source: cmd/go/internal/modfetch/proxy.go (Versions, Stat, Latest, Zip), cmd/go/internal/web (Response.Err and
errorDetailBuffer: only a text/plain body of an error is read at all), net/http transport.go (gzip is undone
only where Go itself asked for it). Bodies are hostile and may be endless: a sample is kept, the rest is
counted, and both are bounded in bytes and in time.

Judging is pure: ``judge_content`` looks at a ``Body`` that was read before. A web page in place of a list or
of a go.mod is called broken although go says nothing there: it goes on with nothing, or with nonsense.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from time import monotonic

from probes.golang import semver
from probes.golang.errors import GoError
from probes.golang.go_import import parse_go_imports
from probes.golang.gojson import RevInfo, decode_rev_info
from probes.golang.gozip import read_directory
from probes.golang.module import canonical_version, unescape_version
from probes.golang.protocol import Op
from probes.golang.quote import fields, quote
from probes.golang.urls import GoURL
from probes.ladder.content_classes import SAMPLE_BYTES, FoundClass, classes_of
from probes.ladder.faults import Fault, Judgement
from probes.ladder.go_limits import ClimbLimits
from probes.ladder.http_report import digits
from probes.ladder.model import Observation, shown
from probes.net.answer import Answer
from probes.net.limits import Stalled

TEXT_BYTES = 4 << 20
"""How much of a list or .info is read; far more than any that is right."""
KEPT_BYTES = 1 << 20
"""How much of it is kept, to be read as JSON or as a list."""
STALE_S = 86400.0
"""An answer that has lain in a cache for longer is old."""
_SHOWN_CHARACTERS = 400
_GZIP = b"\x1f\x8b"
_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
_HTML = re.compile(
    rb"\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,2000}?-->\s*)*"
    rb"<(?:!doctype\s+html|html|head|body|title|script|meta|h1|center)\b",
    re.IGNORECASE | re.DOTALL,
)
_TITLE = re.compile(r"<title[^>]{0,200}>(.{0,400}?)</title>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Body:
    """What was read of a body, compression undone as Go undoes it."""

    kept: bytes = field(default=b"", repr=False)
    size: int = 0
    """Bytes read."""
    complete: bool = False
    """Whether the end was seen."""
    error: str = ""
    """Go's words for what broke off the body."""
    stalled: bool = False
    slow: bool = False
    seconds: float = 0.0
    longest_gap_s: float = 0.0

    @property
    def sample(self) -> bytes:
        """The beginning, for looking at its words."""
        return self.kept[:SAMPLE_BYTES]

    @property
    def whole(self) -> bool:
        """Whether all of it is here to be read as a file."""
        return self.complete and len(self.kept) == self.size

    @property
    def text(self) -> str:
        """The sample as text; what is no UTF-8 replaced."""
        return self.sample.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")

    @property
    def is_html(self) -> bool:
        """Whether this is a web page, whatever its Content-Type says."""
        return _HTML.match(self.sample.removeprefix(b"\xef\xbb\xbf")) is not None

    @property
    def bytes_per_s(self) -> float | None:
        """The rate, where it took long enough to be one."""
        return self.size / self.seconds if self.seconds > 0.05 else None


@dataclass(frozen=True, slots=True)
class ContentReport:
    """The measurements of the content rung."""

    kind: str
    """"empty", "html", "json", "zip", "gzip", "text" or "binary"."""
    content_type: str
    content_encoding: str
    size: int
    length: int | None
    """Content-Length, where the server gave one that counts these bytes."""
    complete: bool
    """False: it broke off, or modtrace had seen enough."""
    seconds: float
    longest_gap_s: float
    bytes_per_s: float | None
    title: str = ""
    """The title of a web page."""
    sample: str = ""
    """The beginning, made safe; "" for what is not text."""
    classes: tuple[FoundClass, ...] = ()
    """The causes that the body names, the most telling first."""
    versions: int | None = None
    """For a list: how many lines go takes for versions; a lower bound when not complete."""
    version: str = ""
    """For .info and @latest: the version that is named."""
    go_would: str = ""
    """What go would do with a body that does not end."""
    status: int = 200
    """What it came with: only with 200 it is the file."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a body answers to."""

    url: GoURL
    op: Op | None
    status: int
    headers: Sequence[tuple[str, str]] = ()
    """Of the answer; names in lower case."""
    place: str = ""
    """Host and path of the URL that really answered."""
    base: GoURL | None = None
    """The GOPROXY entry, where it is known: go names it when it cannot read a .info."""

    def header(self, name: str) -> str:
        """The first header of this name, or ""."""
        return next((value for known, value in self.headers if known == name), "")

    @property
    def age_s(self) -> int | None:
        """How long the answer has lain in a cache."""
        return digits(self.header("age"))

    @property
    def may_change(self) -> bool:
        """Whether the right answer can be another one tomorrow: not so for the files of a version."""
        return self.status != 200 or self.op in (Op.LIST, Op.LATEST, Op.PAGE, None)

    @property
    def go_reads_error(self) -> bool:
        """Whether go reads this error's body: plain text only (web.get)."""
        kind, _, rest = self.header("content-type").partition(";")
        charset = re.search(r"charset\s*=\s*\"?([^\s;\"]+)", rest, re.IGNORECASE)
        plain = kind.strip().lower() == "text/plain"
        return plain and (charset is None or charset[1].lower() in ("utf-8", "us-ascii"))


# -- reading ------------------------------------------------------------------------------------------------


async def read_body(answer: Answer, op: Op | None, limits: ClimbLimits) -> Body:
    """Read a body as far as it takes to judge it; raises nothing for what servers do."""
    enough = SAMPLE_BYTES if answer.status != 200 else limits.zip_bytes if op is Op.ZIP else TEXT_BYTES
    began = last = monotonic()
    patience = limits.stall_s + limits.slow_after_s
    kept = bytearray()
    size, gap = 0, 0.0
    complete = stalled = slow = False
    error = ""
    try:
        async for piece in answer.body():
            now = monotonic()
            gap, last = max(gap, now - last), now
            size += len(piece)
            kept += piece[: max(0, KEPT_BYTES - len(kept))]
            spent = now - began
            slow = spent >= limits.slow_after_s and size < limits.slow_bytes_per_s * spent
            if slow or size >= enough or spent > patience:
                break
        else:
            complete = True
    except GoError as broken:
        error = str(broken)
    except Stalled:
        stalled = True
        gap = max(gap, monotonic() - last)
    return Body(bytes(kept), size, complete, error, stalled, slow, monotonic() - began, gap)


# -- judging ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Judged:
    """What a body comes to."""

    observations: tuple[Observation, ...]
    words: str
    """Go's, inside the error of the operation; "" where go is content, or says nothing."""
    report: ContentReport


def judge_content(asked: Asked, body: Body) -> Judged:
    """Class a body and judge it as go would take it."""
    report = _report(asked, body)
    if asked.status != 200:
        found = [*_error_stall(asked, body), *_classed(report), *_stale(asked)]
        return Judged(tuple(found), "", report)
    if body.stalled:
        return Judged((_stall(body), *_stale(asked)), "", report)
    if body.error:
        return Judged(tuple(_broken_off(asked, body, report)), _read_words(asked, body.error), report)
    seen, words = _of_operation(asked, body, report)
    return Judged((*_odd_encoding(asked, body), *seen, *_slow(body, report), *_stale(asked)), words, report)


def _report(asked: Asked, body: Body) -> ContentReport:
    html = body.is_html
    kind = _kind(body)
    looked_at = asked.status != 200 or kind in ("html", "text", "json")
    classes: tuple[FoundClass, ...] = ()
    if looked_at and not (asked.status == 200 and _is_right(asked, body)):
        classes = classes_of(body.text, asked.headers, asked.place, html=html)
    title = _TITLE.search(body.text) if html else None
    plain = asked.header("content-encoding").lower() != "gzip"
    return ContentReport(
        kind=kind,
        content_type=shown(asked.header("content-type")),
        content_encoding=shown(asked.header("content-encoding")),
        size=body.size,
        length=digits(asked.header("content-length")) if plain else None,
        complete=body.complete,
        seconds=body.seconds,
        longest_gap_s=body.longest_gap_s,
        bytes_per_s=body.bytes_per_s,
        title=shown(" ".join(title[1].split()), limit=160) if title else "",
        sample=_sample(kind, body),
        classes=classes,
        versions=len(_versions(body)) if asked.op is Op.LIST and asked.status == 200 else None,
        version=_version(asked, body),
        go_would="wait for ever: it sets no deadline for bodies" if body.stalled else "",
        status=asked.status,
    )


def _sample(kind: str, body: Body) -> str:
    if kind in ("zip", "gzip", "binary"):
        return ""
    return shown(body.text[: 4 * _SHOWN_CHARACTERS], limit=_SHOWN_CHARACTERS, lines=8)


def _kind(body: Body) -> str:
    start = body.sample[:512]
    if not start.strip():
        return "empty"
    if start.startswith(_GZIP):
        return "gzip"
    if start.startswith(_ZIP_STARTS):
        return "zip"
    if body.is_html:
        return "html"
    if start.lstrip()[:1] in (b"{", b"["):
        return "json"
    control = sum(byte < 32 and byte not in b"\t\n\r\f" for byte in start)
    odd = start.decode("utf-8", "ignore")
    return "binary" if control or len(odd.encode()) < len(start) - 3 else "text"


def _versions(body: Body) -> list[str]:
    """The lines of a list that go takes for versions (proxyRepo.Versions)."""
    text = body.kept.decode("utf-8", "surrogateescape")
    lines = (fields(line) for line in text.split("\n"))
    return [line[0] for line in lines if line and semver.is_valid(line[0])]


def _info(body: Body) -> RevInfo | GoError:
    try:
        return decode_rev_info(body.kept)
    except GoError as error:
        return error


def _version(asked: Asked, body: Body) -> str:
    if asked.status != 200 or asked.op not in (Op.INFO, Op.LATEST):
        return ""
    info = _info(body)
    return "" if isinstance(info, GoError) else shown(info.version, limit=200)


def _is_right(asked: Asked, body: Body) -> bool:
    """Whether the body is what was asked for, so that its words mean nothing."""
    match asked.op:
        case Op.LIST:
            return bool(_versions(body)) and not body.is_html
        case Op.INFO | Op.LATEST:
            return not isinstance(_info(body), GoError)
        case Op.MOD:
            return not body.is_html and _kind(body) == "text"
        case Op.ZIP:
            return _kind(body) == "zip"
        case Op.PAGE:
            return _has_tags(body)
    return not body.is_html


def _has_tags(body: Body) -> bool:
    """Whether a page has any go-import tag in what is here of it."""
    try:
        return bool(parse_go_imports(body.kept, complete=True))
    except GoError:
        return False


def _classed(report: ContentReport) -> Iterator[Observation]:
    """The causes that the body itself names."""
    for found in report.classes:
        doubt = "" if found.confirmed else " (by words that were never seen in a recorded answer)"
        where = {"body": "The body says", "header": "A header says", "place": "It was answered at"}[
            found.where
        ]
        evidence = shown(f'{found.says}. {where}: "{found.phrase}"{doubt}.')
        yield Observation(found.fault, Judgement.BROKEN, evidence)


def _stall(body: Body) -> Observation:
    evidence = (
        f"After {body.size} bytes nothing more came for {body.longest_gap_s:.1f} s. go would wait for ever."
    )
    return Observation(Fault.CONTENT_STALL, Judgement.BROKEN, evidence)


def _error_stall(asked: Asked, body: Body) -> Iterator[Observation]:
    """A stall matters only where go reads the body of an error: when it is plain text."""
    if body.stalled and asked.go_reads_error:
        yield _stall(body)


def _slow(body: Body, report: ContentReport) -> Iterator[Observation]:
    if not body.slow:
        return
    rate = body.size / body.seconds
    evidence = (
        f"{body.size} bytes in {body.seconds:.1f} s, {rate:.0f} bytes a second. go has no limit and waits."
    )
    if report.length is not None and rate > 0:
        evidence += f" All {report.length} bytes would take about {report.length / rate:.0f} s."
    yield Observation(Fault.CONTENT_SLOW, Judgement.WARNING, evidence)


def _stale(asked: Asked) -> Iterator[Observation]:
    """Age counts only for what may change: the files of a version are the same for ever."""
    age = asked.age_s
    if age is None or age <= STALE_S or not asked.may_change:
        return
    what = "answer" if asked.status == 200 else f"answer {asked.status}"
    evidence = f"The {what} has lain in a cache for {age / 86400:.1f} days (Age: {age:.0f})."
    yield Observation(Fault.CONTENT_STALE, Judgement.WARNING, evidence)


def _read_words(asked: Asked, error: str) -> str:
    """Where go's words for a broken body stand: url.Error of a module proxy, web.GetBytes of the database."""
    shown_url = asked.url.redacted()
    return f"reading {shown_url}: {error}" if asked.op is Op.SUM else f"read {quote(shown_url)}: {error}"


def _broken_off(asked: Asked, body: Body, report: ContentReport) -> Iterator[Observation]:
    encoding = asked.header("content-encoding").lower()
    if body.error.startswith(("gzip:", "flate:")):
        says = f"Content-Encoding says {shown(encoding, limit=60)}, and the bytes are something else"
        evidence = f"{says}: {shown(body.error)} after {body.size} bytes."
        yield Observation(Fault.CONTENT_GZIP, Judgement.BROKEN, evidence)
    else:
        whole = "" if report.length is None else f" of {report.length}"
        evidence = f"The body broke off after {body.size}{whole} bytes: {shown(body.error)}."
        yield Observation(Fault.CONTENT_TRUNCATED, Judgement.BROKEN, evidence)
    yield from _classed(report)


def _odd_encoding(asked: Asked, body: Body) -> Iterator[Observation]:
    """Compression that is left over once Go has undone its own gzip."""
    encoding = asked.header("content-encoding").strip().lower()
    if not body.size or (asked.op not in (Op.SUM, None) and _is_right(asked, body)):
        return
    if encoding not in ("", "identity", "gzip"):
        evidence = (
            f"Content-Encoding: {shown(encoding, limit=60)}, which go did not ask for and does not undo."
        )
        yield Observation(Fault.CONTENT_GZIP, Judgement.BROKEN, evidence)
    elif _kind(body) == "gzip":
        twice = "twice" if encoding == "gzip" else "without a Content-Encoding that says so"
        evidence = f"The body is gzip {twice}; go takes it as it is."
        yield Observation(Fault.CONTENT_GZIP, Judgement.BROKEN, evidence)


def _of_operation(asked: Asked, body: Body, report: ContentReport) -> tuple[list[Observation], str]:
    """What go makes of a whole 200, operation by operation."""
    match asked.op:
        case Op.LIST:
            return _list(body, report), ""
        case Op.INFO | Op.LATEST:
            return _json(asked, body, report)
        case Op.ZIP:
            return _zip(body, report)
        case Op.MOD:
            return _page(report, "go takes it for a go.mod, and stumbles over it later"), ""
        case Op.SUM:
            return _page(report, "go looks for signed records in it"), ""
        case Op.PAGE:
            return _go_import(body, report), ""
    return _page(report, "nothing that go asks for is a web page"), ""


def _go_import(body: Body, report: ContentReport) -> list[Observation]:
    """The page of a path is meant to be HTML: what counts is a tag in its head."""
    if _has_tags(body):
        return []
    what = "The page" if report.kind == "html" else f"What came ({report.kind})"
    title = f' titled "{report.title}"' if report.title else ""
    evidence = f"{what}{title} has no go-import tag in its head."
    return [Observation(Fault.CONTENT_HTML, Judgement.BROKEN, evidence), *_classed(report)]


def _page(report: ContentReport, meaning: str) -> list[Observation]:
    """A web page in place of a file: by its class where it has one."""
    if report.kind != "html":
        return []
    return list(_classed(report)) or [_html(report, Fault.CONTENT_HTML, meaning)]


def _html(report: ContentReport, fault: Fault, meaning: str) -> Observation:
    title = f' titled "{report.title}"' if report.title else ""
    return Observation(fault, Judgement.BROKEN, shown(f"A web page{title} came with 200: {meaning}."))


def _list(body: Body, report: ContentReport) -> list[Observation]:
    if report.kind == "html":
        page = _html(
            report, Fault.CONTENT_HTML_LIST, "go reads it as a list without versions, and asks nobody else"
        )
        return [*_classed(report), page]
    if report.versions or body.slow:
        return []
    if report.kind != "empty":
        named = list(_classed(report))
        if named:
            return named
    what = "is empty" if report.kind == "empty" else "holds no line that go takes for a version"
    evidence = (
        f"The list came with 200 and {what}: go asks @latest next, and a query for a release ends in "
        '"no matching versions" without another proxy being asked.'
    )
    return [Observation(Fault.CONTENT_EMPTY_LIST, Judgement.WARNING, evidence)]


def _json(asked: Asked, body: Body, report: ContentReport) -> tuple[list[Observation], str]:
    if not body.whole:
        return [], ""  # too slow or too long to tell
    info = _info(body)
    if isinstance(info, GoError):
        base = "" if asked.base is None else f"invalid response from proxy {quote(asked.base.redacted())}: "
        found = _page(report, "go cannot read it as JSON") or list(_classed(report))
        if not found:
            evidence = f"This is not what go can read as JSON: {shown(str(info))}."
            found = [Observation(Fault.CONTENT_NOT_JSON, Judgement.BROKEN, evidence)]
        return found, base + str(info)
    wanted = _asked_version(asked)
    if asked.op is Op.INFO and wanted is not None and info.version != wanted:
        evidence = f"The .info is for version {shown(info.version, limit=80)}, not {shown(wanted, limit=80)}."
        words = f"proxy returned info for version {info.version} instead of requested version"
        return [Observation(Fault.CONTENT_NOT_JSON, Judgement.BROKEN, evidence)], words
    return [], ""


def _asked_version(asked: Asked) -> str | None:
    """The canonical version that the URL asks for; None for a branch, a commit or another URL."""
    name = asked.url.path.rpartition("/@v/")[2].removesuffix(".info")
    try:
        version = unescape_version(name)
    except GoError:
        return None
    return version if version and version == canonical_version(version) else None


def _zip(body: Body, report: ContentReport) -> tuple[list[Observation], str]:
    if body.whole:
        try:
            read_directory(io.BytesIO(body.kept), body.size)
        except GoError as error:
            return _not_zip(report, str(error))
        return [], ""
    if report.kind == "zip" or not body.size:
        return [], ""
    # A zip is read from its end, so that bytes before it do no harm; web pages never have that end.
    return _not_zip(report, "zip: not a valid zip file")


def _not_zip(report: ContentReport, words: str) -> tuple[list[Observation], str]:
    found = _page(report, "go refuses it as a zip, and asks nobody else") or list(_classed(report))
    if report.kind == "html":
        return found, words
    first = "Nothing" if report.kind == "empty" else f"What came ({report.kind})"
    evidence = f"{first} is no zip; go says so and asks nobody else, not even after |."
    return [*found, Observation(Fault.CONTENT_NOT_ZIP, Judgement.BROKEN, evidence)], words
