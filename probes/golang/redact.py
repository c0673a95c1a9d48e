"""Secrets masked in any text, at the moment a value is made for showing.

Go masks only the password of a URL that it prints itself (net/url URL.Redacted). modtrace shows more than
Go does: settings as they stand, redirect chains, bodies of answers. So it masks more:

- user name and password of a URL, and of ``user:password@host`` without a scheme. Personal access tokens
  are often written as a user name, so the name goes too; only the ``git`` of ``ssh://git@host`` stays.
- query parameters that carry a credential or sign a URL (``token=``, ``Signature=``, ``X-Amz-…``),
- the value of an Authorization or Cookie header, the password of a netrc line,
- what stands behind "Basic" or "Bearer" and is no word,
- access tokens that can be recognised by their own prefix,
- what the run has read or sent as a credential (probes.golang.known_secrets).

When in doubt it masks: a mask too many costs a look at the file, a mask too few costs a password.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from probes.golang.known_secrets import known_places

MASK = "xxxxx"
"""What stands in the place of a secret: Go's own mask for a password."""

_SLASHES = r"[:：]\\?/\\?/"
_USER_OF_URL = re.compile(
    rf"(?P<scheme>[A-Za-z0-9+.-]{{0,20}}){_SLASHES}(?P<secret>[^\s/?#\"<>`\\]{{0,4096}})@"
)
"""RFC 3986 authority: the user information ends at the last @ before the path."""

_PASSWORD_WITH_SLASH = re.compile(
    rf"{_SLASHES}(?P<secret>(?!\[)[^\s/?#@:\"'<>]{{1,1024}}:(?!\d*(?:[/?#\"',|;)\s]|$))[^\s@]{{0,1024}})@"
)
"""A password that was not escaped ends the authority early; what follows a colon and is no port is one."""

_USER_WITHOUT_SCHEME = re.compile(
    r"(?<![^\s,|;=\"'(\[{<>/：:@])(?P<secret>[^\s/@:,|;=\"'(){}<>\[\]]+:[^\s/@:,|\"'()]+)@(?=[\w\[])"
)
_NAME_WITHOUT_SCHEME = re.compile(r"(?<![^\s,|;=\"'])(?P<secret>[^\s/@,|;=\"']+)@(?=[\w\[])")

_PARAMETER = re.compile(
    r"(?<![\w.%-])"
    r"(?:[\w.%-]{0,80}(?:token|secret|passw|signature|credential|api[_-]?key|access[_-]?key)[\w.%-]{0,80}"
    r"|x-(?:goog|amz|oss|obs|cos|ms)-[\w-]{1,80}"
    r"|(?<=[?&;])(?:sig|auth|authorization|pwd|pass|key|policy|jwt|googleaccessid|key-pair-id|hdnts|hdnea))"
    r"=(?P<secret>(?:[^&#\s\"'<>,|]"
    r"|[,|](?!(?:direct|off)\b|[a-z]+:/|[\w-]+(?:\.[\w-]+)+(?:[:/,|]|$)))+)",
    re.IGNORECASE,
)
_HEADER = re.compile(
    r"\b(?:(?:proxy-)?authorization|(?:set-)?cookie|private-token|job-token|x-api-key|x-[\w-]{0,60}token)"
    r"[\"']?\s{0,20}:\s{0,20}[\"']?(?:(?:basic|bearer|token|digest|negotiate)\s{1,20})?"
    r"(?P<secret>[^\s\"'][^\r\n\"']*)",
    re.IGNORECASE,
)
_SCHEME = re.compile(
    r"\b(?i:basic|bearer)\s{1,20}(?P<secret>(?=\S{0,4096}(?:\d|[a-z][A-Z]|=))[\w+/~.-]{8,4096}={0,2})(?![\w=\"'])"
)
"""An authorization that stands in a sentence (RFC 9110 section 11.4); `Basic realm="x"` is none."""
_JSON_FIELD = re.compile(
    r"[\"'][\w-]{0,80}(?:token|secret|passw|credential|api[_-]?key)[\w-]{0,80}[\"']"
    r"\s{0,20}:\s{0,20}[\"'](?P<secret>[^\"']+)",
    re.IGNORECASE,
)
_NETRC = re.compile(r"\blogin\s{1,20}\S{1,1024}\s{1,20}password\s{1,20}(?P<secret>\S+)", re.IGNORECASE)
_GOAUTH_TOLD = re.compile(r"\(GOAUTH=(?P<goauth>[^()\n]{0,4096})\)")
"""As go tells the value that it refuses."""
_GOAUTH_OWN = ("off", "netrc", "git")
"""go's own methods, whose words are no secrets."""
_TOKEN = re.compile(
    r"(?<![A-Za-z0-9_-])(?P<secret>gh[pousr]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|xox[abprs]-[\w-]{10,})"
)


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without its secrets that still knows where each of its characters came from."""

    text: str
    """The text for showing."""
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """What was masked, in the order of the text."""
    _cuts: tuple[tuple[int, int], ...] = field(default=(), repr=False)

    def index(self, original: int) -> int:
        """Where the character at index ``original`` of the secret text stands now; in a mask, its start."""
        moved = 0
        for start, end in self._cuts:
            if original <= start:
                break
            if original < end:
                return start + moved
            moved += len(MASK) - (end - start)
        return original + moved


def redact(text: str) -> str:
    """``text`` with every secret in it replaced by ``xxxxx``. Masking twice changes nothing."""
    return redacted(text).text


def redacted(text: str, *, is_address: bool = False, known: Iterable[str] = ()) -> Redacted:
    """``text`` with every secret replaced, and the map from its old to its new indexes.

    ``is_address`` says that the text is a URL, a host or a list of them, as in GOPROXY or HTTPS_PROXY: then
    ``name@host`` without a scheme is masked too, which in other text is a module at a version. ``known``
    are texts that are secret wherever they stand.
    """
    found = [*_secrets(text, is_address), *(span for secret in known for span in _places(secret, text))]
    cuts = _merge(sorted(found))
    pieces: list[str] = []
    end = 0
    for cut in cuts:
        pieces += [text[end : cut[0]], MASK]
        end = cut[1]
    secrets = tuple(text[start:stop] for start, stop in cuts)
    return Redacted("".join([*pieces, text[end:]]), secrets, cuts)


def _secrets(text: str, is_address: bool) -> Iterator[tuple[int, int]]:
    if "@" in text:
        yield from _spans(_USER_OF_URL, text, _is_secret_user)
        yield from _spans(_PASSWORD_WITH_SLASH, text)
        yield from _spans(_USER_WITHOUT_SCHEME, text)
        if is_address:
            yield from _spans(_NAME_WITHOUT_SCHEME, text)
    if "=" in text:
        yield from _spans(_PARAMETER, text, _is_no_switch)
    if ":" in text:
        yield from _spans(_HEADER, text)
        yield from _spans(_JSON_FIELD, text)
    yield from _spans(_NETRC, text)
    yield from _spans(_SCHEME, text)
    yield from _spans(_TOKEN, text)
    yield from known_places(text)
    for told in _GOAUTH_TOLD.finditer(text):
        yield from _words_of_commands(told["goauth"], told.start("goauth"))


def words_of_commands(goauth: str) -> Iterator[str]:
    """What stands behind the names of the commands in a value of GOAUTH: there may be a token among it."""
    return (goauth[start:end] for start, end in _words_of_commands(goauth, 0))


def _places(secret: str, text: str) -> Iterator[tuple[int, int]]:
    return (found.span() for found in re.finditer(rf"(?<!\w){re.escape(secret)}(?!\w)", text))


def _words_of_commands(goauth: str, start: int) -> Iterator[tuple[int, int]]:
    """What stands behind the name of each command in a value of GOAUTH."""
    for part in re.finditer(r"[^;]+", goauth):
        words = [(start + part.start() + word.start(), word[0]) for word in re.finditer(r"\S+", part[0])]
        if len(words) > 1 and words[0][1] not in _GOAUTH_OWN:
            yield words[1][0], words[-1][0] + len(words[-1][1])


def _spans(
    pattern: re.Pattern[str], text: str, keep: Callable[[re.Match[str]], bool] = lambda match: True
) -> Iterator[tuple[int, int]]:
    for match in pattern.finditer(text):
        if match["secret"] and keep(match):
            yield match.span("secret")


def _is_secret_user(match: re.Match[str]) -> bool:
    return not (match["secret"] == "git" and match["scheme"].lower().endswith("ssh"))


def _is_no_switch(match: re.Match[str]) -> bool:
    """``log.showsignature=false`` has no secret."""
    return match["secret"] not in ("true", "false")


def _merge(spans: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)
