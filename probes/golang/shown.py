"""Text from outside, ready for people: secrets masked, safe for a terminal, of bounded length."""

from __future__ import annotations

from probes.golang.redact import redact
from probes.golang.safetext import safe_text

MAX_SENTENCE = 600


def shown(text: str, *, limit: int = MAX_SENTENCE, lines: int = 1) -> str:
    """Text from outside, secrets masked, safe for a terminal, at most ``limit`` characters."""
    return safe_text(redact(text), limit=limit, lines=lines)


def with_tilde(path: str, home: str) -> str:
    """A path without the name of the user: ~ stands for the home folder, where there is one."""
    home = home.rstrip("/")
    return "~" + path[len(home) :] if home and path.startswith(home + "/") else path
