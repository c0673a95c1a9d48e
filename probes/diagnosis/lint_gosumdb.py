"""Findings about GOSUMDB: forms that cannot work, and what they were meant to be.

Source: cmd/go/internal/modfetch/sumdb.go dbDial: one field, a key or the name of a known one, and perhaps a
second, the URL to reach the database at; golang.org/x/mod/sumdb/note NewVerifier for the key.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from probes.diagnosis.about import About, Span
from probes.diagnosis.findings import Finding, Level
from probes.diagnosis.goproxy_hosts import is_proxy
from probes.diagnosis.lookalikes import lookalikes, plain
from probes.diagnosis.remedies import set_line, unset_line
from probes.golang.environment import Environment
from probes.golang.errors import GoError
from probes.golang.quote import fields
from probes.golang.urls import GoURL, parse_url

DIAL = "cmd/go/internal/modfetch/sumdb.go dbDial"

KNOWN = "sum.golang.org"
ALIAS = "sum.golang.google.cn"
"""The same database under a name that can be reached from mainland China."""

_STOCK_HOSTS = frozenset({KNOWN, ALIAS})


def lint_gosumdb(environment: Environment) -> Iterator[Finding]:
    """All findings about GOSUMDB."""
    about = About(environment, "GOSUMDB")
    value = about.value
    if not value:
        if not any(hidden.value for hidden in about.setting.shadowed):
            yield _fails(about, "gosumdb.unset", "missing GOSUMDB", None)
        return
    if value == "off":
        yield about.find(
            "gosumdb.off", Level.WARNING,
            "Modules that are not in go.sum yet are accepted without verification. For private modules "
            "GOPRIVATE is enough; golang.org/toolchain is verified all the same.",
            Span.of(value), remedy=[set_line(environment, "GOSUMDB", KNOWN)],
            rule="cmd/go/internal/modfetch/sumdb.go useSumDB",
        )  # fmt: skip
        return
    words = fields(value)
    if not words:
        yield _fails(about, "gosumdb.unset", "missing GOSUMDB", Span.of(value))
    elif len(words) > 2:
        start = value.index(words[2], _end(value, words[:2]))
        text = "invalid GOSUMDB: too many fields"
        yield _fails(about, "gosumdb.too-many-fields", text, Span(start, len(value)))
    else:
        faults = list(_lint_key(about, words[0]))
        yield from faults
        if len(words) == 2 and not faults:
            yield from _lint_url(about, words[0], words[1], value.rindex(words[1]))


def _end(value: str, words: list[str]) -> int:
    at = 0
    for word in words:
        at = value.index(word, at) + len(word)
    return at


def _fails(about: About, finding_id: str, text: str, span: Span | None, hint: str = "") -> Finding:
    """A finding that go refuses the value, with go's words."""
    meant = _meant(about.value)
    remedy = [set_line(about.environment, "GOSUMDB", meant)]
    if about.setting.source.value == "goenv":
        remedy.insert(0, unset_line(about.environment, "GOSUMDB"))
    message = f"Every download that is not in go.sum yet fails: {text}.{hint}"
    return about.find(finding_id, Level.ERROR, message, span, remedy=remedy, rule=DIAL)


def _meant(value: str) -> str:
    text = plain(value).lower()
    if text.strip() == "off":
        return "off"
    return ALIAS if ALIAS in text else KNOWN


def _lint_key(about: About, key: str) -> Iterator[Finding]:
    start = about.value.index(key)
    if key == KNOWN or (key == ALIAS and about.value == ALIAS):
        return
    span = Span.of(key, start)
    strange = lookalikes(key, start)
    hint = ""
    if strange:
        span, hint = strange[0].span, f" {strange[0].what} is part of the value."
    elif key.lower() == "off":
        hint = ' Only the exact value "off" switches the database off.'
    elif key == ALIAS:
        hint = f" {ALIAS} stands alone, without a URL."
    elif match := re.match(r"[a-z]+:/+", key, re.IGNORECASE):
        span, hint = Span.of(match[0], start), " Write the name without a scheme."
    try:
        _check_key(key)
    except GoError as error:
        yield _fails(about, "gosumdb.key", f"invalid GOSUMDB: {error}", span, hint)


def _check_key(key: str) -> None:
    """note.NewVerifier, spared its cryptography when the key is no key at all."""
    if key.count("+") < 2:
        raise GoError("malformed verifier id")
    from probes.golang.note import new_verifier

    name = new_verifier(key).name
    try:
        url = parse_url("https://" + name)
    except GoError:
        url = GoURL()
    if name.endswith("/") or not url.host or url != GoURL(scheme="https", host=url.host, path=url.path):
        raise GoError(f"invalid sumdb name (must be host[/path]): {name}")


def _lint_url(about: About, key: str, text: str, start: int) -> Iterator[Finding]:
    """The second field: go asks URL/lookup/…, and no proxy any more."""
    span = Span.of(text, start)
    name = key.split("+")[0]
    try:
        url = parse_url(text)
        if not url.scheme:
            # web.get tries https where there is no scheme.
            url = parse_url("https://" + text)
    except GoError as error:
        yield _fails(about, "gosumdb.url", f"invalid GOSUMDB URL: {error}", span)
        return
    if url.scheme not in ("https", "http", "file"):
        yield _fails(about, "gosumdb.url", f"unsupported scheme: {text.rstrip('/')}/lookup/…", span)
        return
    if url.scheme != "file" and not url.host:
        text = f'Get "{text.rstrip("/")}/lookup/…": http: no Host in request URL'
        yield _fails(about, "gosumdb.url", text, span)
        return
    if url.scheme == "file" or url.hostname() in _STOCK_HOSTS or url.hostname() == name.split("/")[0]:
        return
    path = url.path.rstrip("/")
    if path.endswith(f"/sumdb/{name}"):
        return
    base = f"{url.scheme}://{url.host}{path.removesuffix('/sumdb')}/sumdb/{name}"
    if is_proxy(url, about.environment) or path.endswith("/sumdb"):
        yield about.find(
            "gosumdb.base-path", Level.ERROR,
            f"go asks {text.rstrip('/')}/lookup/…, which no module proxy serves: the base would be {base}. "
            f"It is not needed either: a proxy in GOPROXY that serves {name} is found without it.",
            span,
            remedy=[set_line(about.environment, "GOSUMDB", form) for form in (key, f"{key} {base}")],
            rule=DIAL,
        )  # fmt: skip
    else:
        yield about.find(
            "gosumdb.explicit-url", Level.INFO,
            f"go asks {text.rstrip('/')}/lookup/… directly and never through GOPROXY. If this is a module "
            f"proxy, the base is {base}.",
            span, rule=DIAL,
        )  # fmt: skip
