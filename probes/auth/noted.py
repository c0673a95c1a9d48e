"""One credential that was looked at, with the smallest thing that would mend it."""

from __future__ import annotations

from dataclasses import dataclass

from probes.auth.remote import Remote
from probes.golang.credential_use import CredentialUse, Standing, Whom
from probes.golang.shown import shown


@dataclass(frozen=True, slots=True)
class Remedy:
    """What to type."""

    words: str
    """What it does, in one sentence."""
    lines: tuple[str, ...]
    """Commands, or lines of a file; what the user has to put in stands in capitals."""
    warning: str = ""
    """What to look at before."""


@dataclass(frozen=True, slots=True)
class Noted:
    """A credential, or a place where one was looked for, and its remedy."""

    use: CredentialUse
    remedy: Remedy | None = None
    is_note: bool = False
    """It is no credential: a certificate, a proxy, what a URL is rewritten to."""


def of_git(
    remote: Remote, kind: str, standing: Standing, because: str, where: str = "", seen: str = "",
    rule: str = "git-config(1)", remedy: Remedy | None = None, *, is_note: bool = False,
) -> Noted:  # fmt: skip
    """What git makes of one for a repository; ``where`` is made safe for showing, ``seen`` has to be."""
    use = CredentialUse(Whom.GIT, kind, standing, remote.place, because, shown(where), seen, rule)
    return Noted(use, remedy, is_note)
