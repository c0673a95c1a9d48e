"""Where the secrets of a run are read from: its settings, headers and lines of commands (known_secrets)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from probes.golang.environment import Environment
from probes.golang.known_secrets import (
    remember,
    remember_authorization,
    remember_if_token,
    remember_userinfo,
)
from probes.golang.redact import redacted, words_of_commands

_SECRET_VARIABLE = re.compile(
    r"TOKEN|SECRET|PASSW|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|CREDENTIAL|_PAT$|_AUTH$", re.IGNORECASE
)
"""Variables whose values are secret, by their names."""
_SECRET_HEADER = re.compile(r"auth|token|cookie|key|secret|passw|credential|session", re.IGNORECASE)
_PLACE = re.compile(r"[/~]|\w+://")
_COOKIES_BYTES, _COOKIE_WORDS = 1 << 16, 7


def remember_environment(environment: Environment) -> None:
    """What the settings and the variables of a process hold."""
    for setting in environment.settings.values():
        for value in (setting.value, *(one.value for one in setting.shadowed)):
            _remember_found(setting.show(value).secrets)
    for text in words_of_commands(environment.get("GOAUTH")):
        remember_words(text)
    for name, value in environment.process.items():
        if _SECRET_VARIABLE.search(name) and not _PLACE.match(value):
            if re.search(r"\d", value):  # "vault", "production" and the like are no secrets
                remember(value)
        elif "@" in value or name.startswith("GIT_CONFIG_"):
            remember_text(value)


def remember_text(text: str, *, is_address: bool = False) -> None:
    """What ``redact`` knows as secret in a text."""
    _remember_found(redacted(text, is_address=is_address).secrets)


def _remember_found(secrets: Iterable[str]) -> None:
    for secret in secrets:
        if not re.search(r"\s", secret):
            remember_userinfo(secret)


def remember_header(name: str, value: str) -> None:
    """A header that goes to a server."""
    if name.lower() in ("authorization", "proxy-authorization"):
        remember_authorization(value)
    elif _SECRET_HEADER.search(name):
        remember(value.strip())
    else:
        remember_if_token(value.strip())


def remember_words(command: str) -> None:
    """The words of a command's line: what looks like a token among them."""
    remember_if_token(*re.split(r"[\s'\"=:;]+", command))


def remember_settings(settings: Iterable[tuple[str, str]]) -> None:
    """Names and values of git's settings (git-config(1)): what git would send, and what helpers are told."""
    for name, value in settings:
        remember_text(name)
        remember_text(value, is_address=True)
        key = name.rpartition(".")[2].lower()
        if key == "extraheader":
            header, _, content = value.partition(":")
            remember_header(header.strip(), content)
        elif key == "cookiefile":
            _remember_cookies(value)
        elif key in ("helper", "askpass", "sshcommand", "username"):
            remember_words(value)


def _remember_cookies(file: str) -> None:
    """A file of cookies as curl reads it: the value is the last of seven words, or header lines."""
    try:
        if not os.path.isfile(os.path.expanduser(file)):  # noqa: PTH111, PTH113
            return
        with open(os.path.expanduser(file), encoding="utf-8", errors="surrogateescape") as opened:  # noqa: PTH111
            lines = opened.read(_COOKIES_BYTES).splitlines()
    except (OSError, ValueError):
        return
    for line in lines:
        words = line.split("\t")
        if len(words) == _COOKIE_WORDS:
            remember(words[-1].strip())
        elif line.lower().startswith("set-cookie:"):
            remember(line.partition("=")[2].partition(";")[0].strip())
