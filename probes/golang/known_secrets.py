"""The secrets that a run has come to know, masked wherever they stand from then on.

A secret has its shape where it is written down (probes.golang.redact); not where a server says it back: in a
reason, in a header of its own, in the words that git passes on as ``remote: …``. So what is read or sent as a
credential is remembered while the run lasts, and ``redact`` masks it in whatever form it comes back.

What is remembered belongs to the context (contextvars): a run opens it, and what one run has seen is nothing
to another. Without a run nothing is kept.
"""

from __future__ import annotations

import binascii
import html
import re
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from urllib.parse import quote, unquote

_SHORTEST = 6
_SHORT = 8
"""Shorter ones are kept only where they have digits and letters: a word of a sentence is no secret."""
_LONG = 12
"""One as long is found inside of other words, too."""
_WORDS = frozenset(
    ("password", "username", "anonymous", "x-oauth-basic", "x-access-token", "gitlab-ci-token")
)  # fmt: skip
"""What stands in the place of a password, or of a user, and is none."""
_NO_TOKEN = re.compile(r"[./\\@:,;*\s]|\A-")


class KnownSecrets:
    """The secrets of one run."""

    def __init__(self) -> None:
        self._texts: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def __repr__(self) -> str:
        return "KnownSecrets(…)"

    def add(self, secret: str) -> None:
        """Remember a secret, as it is and as URLs, HTML and base64 write it."""
        if secret.lower() in _WORDS or len(secret) < _SHORTEST:
            return
        if len(secret) < _SHORT and (secret.isalpha() or secret.isdigit()):
            return
        raw = secret.encode("utf-8", "surrogateescape")
        forms = {secret, quote(raw, safe=""), html.escape(secret), b64encode(raw).decode().rstrip("=")}
        if not forms <= self._texts:
            self._texts |= forms
            self._pattern = None

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where they stand in a text."""
        if not self._texts:
            return
        if self._pattern is None:
            # The longest first: one may be the beginning of another.
            ways = (
                re.escape(one) if len(one) >= _LONG else rf"(?<![A-Za-z0-9]){re.escape(one)}(?![A-Za-z0-9])"
                for one in sorted(self._texts, key=len, reverse=True)
            )  # fmt: skip
            self._pattern = re.compile("|".join(ways))
        for found in self._pattern.finditer(text):
            yield found.span()


_OPEN: ContextVar[KnownSecrets | None] = ContextVar("known secrets", default=None)


@contextmanager
def remembering() -> Iterator[None]:
    """A run: what it comes to know is kept until its end; one inside of another adds to that one."""
    if _OPEN.get() is not None:
        yield
        return
    token = _OPEN.set(KnownSecrets())
    try:
        yield
    finally:
        _OPEN.reset(token)


def known_places(text: str) -> Iterator[tuple[int, int]]:
    """Where secrets that this run knows stand in a text."""
    known = _OPEN.get()
    if known is not None:
        yield from known.spans(text)


def remember(*secrets: str) -> None:
    """Passwords and tokens: secret wherever they stand."""
    known = _OPEN.get()
    if known is not None:
        for secret in secrets:
            known.add(secret)


def remember_if_token(*words: str) -> None:
    """Words among which there may be a token: only what looks like one, and not like a name or a path."""
    for word in words:
        has_both = re.search(r"\d", word) and re.search(r"[A-Za-z]", word)
        if len(word) >= _LONG and has_both and not _NO_TOKEN.search(word):
            remember(word)


def remember_user(user: str, password: str | None = None) -> None:
    """Who somebody says to be, and what proves it. A user alone may be a token, and so may one beside it."""
    if not password:
        remember_if_token(user)
        remember(*(form.decode() for form in _pair(user, "")))
        return
    remember(password, *(form.decode() for form in _pair(user, password)))
    remember_if_token(user)


def _pair(user: str, password: str) -> Iterator[bytes]:
    """As Basic authorization has them."""
    yield b64encode(f"{user}:{password}".encode("utf-8", "surrogateescape")).rstrip(b"=")


def remember_userinfo(text: str) -> None:
    """What stands before the @ of a URL."""
    user, _, password = text.partition(":")
    remember_user(unquote(user, errors="surrogateescape"), unquote(password, errors="surrogateescape"))


def remember_authorization(value: str) -> None:
    """The value of an Authorization header."""
    scheme, _, rest = value.strip().partition(" ")
    rest = rest.strip()
    if not rest:
        remember(scheme)
        return
    remember(rest)
    if scheme.lower() == "basic":
        try:
            user, _, password = b64decode(rest).decode("utf-8", "surrogateescape").partition(":")
        except (binascii.Error, ValueError):
            return
        remember_user(user, password)
