"""What git has sent to a server that now complains: remembered, so that it is masked in the complaint.

git passes on what a server says (``remote: …``), and a server may say back what it was sent: a header of
http.extraHeader, a password of a URL in url.<base>.insteadOf, or of a credential helper. git is asked for
its settings after it has failed, and its helpers for the host once more where the server's own words are in
the complaint; what they say is told to nobody.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence

from probes.golang.goauth import parse_git_auth
from probes.golang.known_secrets import remember_user
from probes.golang.remembering import remember_settings, remember_text

Ask = Callable[[Sequence[str], bytes | None, Mapping[str, str]], Awaitable[bytes]]
"""Runs git with arguments, an input and more variables; gives what it prints, b"" where it fails."""
_SERVERS_WORDS = re.compile(r"^remote: |remote error: |^error: RPC failed", re.MULTILINE)
_NAMED = "modtrace-named"
"""A remote in variables, for what is on a command line everybody can read."""


async def remember_what_git_sent(ask: Ask, arguments: Sequence[str], complaint: str, more: int) -> None:
    """Remember the secrets of git's settings, and of its helpers for the remote among ``arguments``.

    ``more``: how many settings the environment holds (GIT_CONFIG_COUNT).
    """
    entries = (await ask(("config", "--list", "-z"), None, {})).decode("utf-8", "surrogateescape").split("\0")
    settings = [(name, value) for name, _, value in (entry.partition("\n") for entry in entries)]
    remember_settings(settings)
    remote = _remote(arguments)
    has_helper = any(name.startswith("credential.") and name.endswith(".helper") for name, _ in settings)
    if not remote or not has_helper or not _SERVERS_WORDS.search(complaint):
        return
    if "://" in remote:
        named = {
            f"GIT_CONFIG_KEY_{more}": f"remote.{_NAMED}.url", f"GIT_CONFIG_VALUE_{more}": remote,
            "GIT_CONFIG_COUNT": str(more + 1),
        }  # fmt: skip
        answer = await ask(("ls-remote", "--get-url", _NAMED), None, named)
    else:
        answer = await ask(("ls-remote", "--get-url", remote), None, {})
    url = answer.decode("utf-8", "surrogateescape").strip()
    if not url.startswith(("https://", "http://")):
        return
    remember_text(url)
    filled = await ask(("credential", "fill"), f"url={url}\n\n".encode("utf-8", "surrogateescape"), {})
    _, user, password = parse_git_auth(filled.decode("utf-8", "surrogateescape"))
    if password:
        remember_user(user, password)


def _remote(arguments: Sequence[str]) -> str:
    """The remote that git was to connect to, in a command line as go makes it; "" for none."""
    words = list(arguments)
    if not {"ls-remote", "fetch"} & set(words) or "--end-of-options" not in words[:-1]:
        return ""
    return words[words.index("--end-of-options") + 1]
