"""Findings about GOPROXY: entries that cannot work, or do not do what they seem to.

Source: cmd/go/internal/modfetch/proxy.go proxyList and newProxyRepo. The list is cut at "," and "|", blanks
around an entry do not count, "direct" and "off" end it. One entry that is no URL makes every lookup fail.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass

from probes.diagnosis.about import About, Span
from probes.diagnosis.findings import Finding, Level
from probes.diagnosis.lookalikes import lookalikes, plain
from probes.diagnosis.nearest import nearest
from probes.diagnosis.remedies import set_line, unset_line
from probes.golang.environment import Environment
from probes.golang.errors import GoError
from probes.golang.goproxy import NO_ENTRIES, PROXY_LIST, parse_proxy_url
from probes.golang.quote import trim_space
from probes.golang.redact import MASK, redact
from probes.golang.urls import GoURL

NEW_PROXY_REPO = "cmd/go/internal/modfetch/proxy.go newProxyRepo"
WEB_GET = "cmd/go/internal/web/http.go get"

STOCK = "https://proxy.golang.org,direct"

_ENTRY = re.compile(r"([^,|]*)([,|]?)")
_SCHEME_WITHOUT_COLON = re.compile(r"(https?|file)(//|:/(?!/))", re.IGNORECASE)
_LOOKS_LIKE_ANOTHER_ENTRY = re.compile(r"\s+(#|direct\b|off\b|[a-z]+://|[\w-]+\.[\w.-]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the list, blanks around it gone."""

    text: str
    span: Span
    separator: str


def split_entries(goproxy: str) -> list[Entry]:
    """The entries of the list as written, also those that go never reaches."""
    entries = []
    for match in _ENTRY.finditer(goproxy):
        text = trim_space(match[1])
        if text:
            start = match.start() + match[1].index(text)
            entries.append(Entry(text, Span.of(text, start), match[2]))
    return entries


def mended(goproxy: str) -> str:
    """The list that was probably meant: the keyword that ends it stands last."""
    text = re.sub(r"\s#.*$", "", plain(goproxy)).replace(";", ",")
    # A blank before what looks like an entry or, at the end, like a keyword was meant to separate.
    text = re.sub(r"(?i)\s+(?=https?:|file:|[\w-]+\.|[a-z]{3,7}/?\s*$)", ",", trim_space(text))
    pieces: list[str] = []
    keywords: list[str] = []
    for entry in split_entries(text):
        word = _keyword(entry.text)
        if word is not None:
            keywords.append(word)
        else:
            mended_url = _SCHEME_WITHOUT_COLON.sub(lambda m: m[1] + "://", entry.text, count=1)
            pieces += [mended_url, entry.separator or ","]
    return "".join([*pieces, keywords[0]] if keywords else pieces[:-1])


def _meant(about: About) -> str:
    """The whole list mended; made of the shown value, because mending a secret could lay it bare."""
    return mended(about.setting.shown.text)


def _keyword(text: str) -> str | None:
    """The keyword that an entry is, or nearly is."""
    word = text.rstrip("/").lower()
    if word in ("direct", "off"):
        return word
    if any(c in text for c in ".:/"):
        return None
    return nearest(word, ("direct",), most=2) or nearest(word, ("off",), most=1)


def lint_goproxy(environment: Environment) -> Iterator[Finding]:
    """All findings about GOPROXY."""
    about = About(environment, "GOPROXY")
    value = about.value
    if not value:
        if not any(hidden.value for hidden in about.setting.shadowed):
            yield about.find(
                "goproxy.unset", Level.ERROR,
                "GOPROXY has no value: its default stands in the Go tree's go.env, and that has none. "
                f"Every lookup fails: {NO_ENTRIES}.",
                remedy=[set_line(environment, "GOPROXY", STOCK)], rule=PROXY_LIST,
            )  # fmt: skip
        return
    entries = split_entries(value)
    if not entries:
        yield about.find(
            "goproxy.no-entries", Level.ERROR, f"Every lookup fails: {NO_ENTRIES}.", Span.of(value),
            remedy=[unset_line(environment, "GOPROXY"), set_line(environment, "GOPROXY", STOCK)],
            rule=PROXY_LIST,
        )  # fmt: skip
        return
    end = next((i for i, entry in enumerate(entries) if entry.text in ("direct", "off")), len(entries))
    for entry in entries[:end]:
        yield from _lint_entry(about, entry)
    if end < len(entries):
        yield from _lint_end(about, entries, end)


def _lint_end(about: About, entries: list[Entry], end: int) -> Iterator[Finding]:
    """What the keyword that ends the list means for the rest."""
    keyword, dead = entries[end].text, entries[end + 1 :]
    if dead:
        names = ", ".join(redact(entry.text) for entry in dead)
        yield about.find(
            "goproxy.dead-entry", Level.WARNING,
            f"Nothing after {keyword} is ever used: {names} cannot be reached.",
            Span(dead[0].span.start, dead[-1].span.end),
            remedy=[set_line(about.environment, about.name, _meant(about))], rule=PROXY_LIST,
        )  # fmt: skip
    if keyword == "off" and end == 0 and (private := about.environment.get("GONOPROXY")):
        yield about.find(
            "goproxy.off-but-private", Level.INFO,
            f"GOPROXY=off forbids every download but those of private modules: what GONOPROXY ({private}) "
            "matches is still fetched directly.",
            entries[0].span, rule="cmd/go/internal/modfetch/repo.go lookup",
        )  # fmt: skip


def _lint_entry(about: About, entry: Entry) -> Iterator[Finding]:
    """The findings about one entry that go reaches; strange characters explain all other trouble."""
    strange = [*_strange_characters(about, entry), *_blanks(about, entry)]
    if strange:
        yield from strange
        return
    remedy = [set_line(about.environment, about.name, _meant(about))]
    if entry.text.endswith("/") and entry.text.rstrip("/").lower() in ("direct", "off"):
        word = entry.text.rstrip("/")
        yield about.find(
            "goproxy.keyword-slash", Level.ERROR,
            f'"{entry.text}" is not the keyword {word.lower()}: go takes it for the host of '
            f"https://{entry.text} (lookup {word}: no such host).",
            entry.span, remedy=remedy, rule=PROXY_LIST,
        )  # fmt: skip
        return
    if match := _SCHEME_WITHOUT_COLON.match(entry.text):
        yield about.find(
            "goproxy.scheme-typo", Level.ERROR,
            f'"{match[0]}" should be "{match[1].lower()}://": as it stands go finds no host there, '
            "or the wrong one.",
            Span.of(match[0], entry.span.start), remedy=remedy, rule=PROXY_LIST,
        )  # fmt: skip
        return
    try:
        url = parse_proxy_url(entry.text)
    except GoError as error:
        yield _unusable(about, entry, error)
        return
    yield from _lint_url(about, entry, url)


_STRANGE_WORDS = {
    "full-width": "does not separate anything: go takes it as part of a host name",
    "semicolon": "does not separate entries: go takes it as part of the URL. Write a comma",
    "quote": "is a quote that became part of the value: go takes it as part of the URL",
    "invisible": "cannot be seen and is part of the value: go takes it as part of the URL",
}


def _strange_characters(about: About, entry: Entry) -> Iterator[Finding]:
    for strange in lookalikes(entry.text, entry.span.start):
        yield about.find(
            f"goproxy.{strange.kind}", Level.ERROR,
            f"{strange.what} {_STRANGE_WORDS[strange.kind]}.", strange.span,
            remedy=[set_line(about.environment, about.name, _meant(about))], rule=PROXY_LIST,
        )  # fmt: skip


def _blanks(about: About, entry: Entry) -> Iterator[Finding]:
    match = _LOOKS_LIKE_ANOTHER_ENTRY.search(entry.text)
    if not match:
        return
    if match[1] == "#":
        kind, words = "comment", "A settings file knows no comments behind a value: this is part of the URL."
    else:
        kind, words = "space", "A blank does not separate entries: this is all one URL. Write a comma."
    yield about.find(
        f"goproxy.{kind}", Level.ERROR, words,
        Span(entry.span.start + match.start(), entry.span.end if kind == "comment"
             else entry.span.start + match.start(1)),
        remedy=[set_line(about.environment, about.name, _meant(about))], rule=PROXY_LIST,
    )  # fmt: skip


def _unusable(about: About, entry: Entry, error: GoError) -> Finding:
    """An entry that is no usable URL: the whole list is poisoned."""
    word = _keyword(entry.text)
    remedy: list[str] = []
    if word is not None:
        hint = f' The keyword is spelt "{word}".'
        remedy = [set_line(about.environment, about.name, _meant(about))]
    elif entry.text.lower() in ("none", "noproxy", "no", "false"):
        hint = ' "off" forbids downloads, "direct" asks no proxy.'
    elif entry.text.startswith("/"):
        hint = f" For a folder write file://{entry.text}."
        remedy = [
            set_line(about.environment, about.name, about.value.replace(entry.text, "file://" + entry.text))
        ]
    elif not any(c in entry.text for c in ".:/"):
        hint = f" Only an entry with a dot gets https:// by itself: write https://{entry.text}."
        remedy = [
            set_line(about.environment, about.name, about.value.replace(entry.text, "https://" + entry.text))
        ]
    elif scheme := _meant_scheme(entry.text):
        hint = f" The scheme is spelt {scheme}."
        by = scheme + entry.text[entry.text.index(":") :]
        remedy = [set_line(about.environment, about.name, _replaced(about.value, entry, by))]
    else:
        hint = ""
    return about.find(
        "goproxy.keyword" if word else "goproxy.invalid-url", Level.ERROR,
        f"Every lookup fails, also where another entry would do: {error}.{hint}",
        entry.span, remedy=remedy, rule=NEW_PROXY_REPO,
    )  # fmt: skip


def _meant_scheme(text: str) -> str | None:
    scheme, colon, _ = text.partition("://")
    scheme = scheme.lower()
    if not colon or scheme in ("http", "https", "file"):
        return None
    return nearest(scheme, ("https", "http", "file"), most=1)


def _lint_url(about: About, entry: Entry, url: GoURL) -> Iterator[Finding]:
    """An entry that go accepts."""
    has_user = url.user is not None
    if url.scheme != "file" and not url.host:
        yield about.find(
            "goproxy.no-host", Level.ERROR,
            f'"{redact(entry.text)}" names no host: requests to it fail.', entry.span, rule=NEW_PROXY_REPO,
        )  # fmt: skip
    if has_user and url.scheme == "http":
        yield about.find(
            "goproxy.credentials-over-http", Level.ERROR,
            "go does not send credentials without TLS: refusing to pass credentials to insecure URL: "
            f"{url.redacted()}.",
            _user_span(entry),
            remedy=[set_line(about.environment, about.name, _with_https(about.value, entry))], rule=WEB_GET,
        )  # fmt: skip
    elif has_user:
        yield about.find(
            "goproxy.credentials", Level.INFO,
            f"This entry carries credentials, shown as {MASK}. go hides only the password in its own "
            "messages; ~/.netrc is a better place.",
            _user_span(entry), rule="cmd/go/internal/auth",
        )  # fmt: skip
    if redact(entry.text) != entry.text and not has_user:
        yield about.find(
            "goproxy.secret-in-query", Level.WARNING,
            "go sends this query with every request and prints it in every error message, secrets included.",
            entry.span, rule=NEW_PROXY_REPO,
        )  # fmt: skip
    if "://" not in entry.text and _is_unlikely_https(url):
        yield about.find(
            "goproxy.assumed-https", Level.WARNING,
            f"go puts https:// before {redact(entry.text)}. If this server speaks plain HTTP, every request "
            "fails with: http: server gave HTTP response to HTTPS client.",
            entry.span,
            remedy=[set_line(about.environment, about.name, _replaced(about.value, entry, f"http://{entry.text}"))],
            rule=PROXY_LIST,
        )  # fmt: skip


def _user_span(entry: Entry) -> Span:
    scheme = entry.text.find("://")
    start = scheme + 3 if scheme >= 0 else 0
    authority = re.split("[/?#]", entry.text[start:], maxsplit=1)[0]
    return Span(entry.span.start + start, entry.span.start + start + authority.rindex("@"))


def _replaced(value: str, entry: Entry, by: str) -> str:
    return value[: entry.span.start] + by + value[entry.span.end :]


def _with_https(value: str, entry: Entry) -> str:
    return _replaced(value, entry, re.sub("^http:", "https:", entry.text, flags=re.IGNORECASE))


def _is_unlikely_https(url: GoURL) -> bool:
    host, port = url.hostname(), url.port()
    if host == "localhost" or port in ("80", "3000", "8000", "8080", "8081"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
