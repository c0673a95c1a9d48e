"""What is known of one credential for one host: who would use it, or why it is passed over. Never the secret.

Sources: cmd/go/internal/auth for what go attaches to a request, git-credential(7), gitcredentials(7),
git-config(1) and curl's netrc for what git does, ssh_config(5) for ssh.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MASK = "****"
"""What stands for every user name, password and header."""
LOGIN_AND_PASSWORD = f"login {MASK}, password {MASK}"


class Whom(StrEnum):
    """The program that would use it."""

    GO = "go"
    """For https requests to module proxies, go-import pages and checksum databases."""
    GIT = "git"
    """For repositories over http and https."""
    SSH = "ssh"


class Standing(StrEnum):
    """What becomes of a credential."""

    USED = "used"
    IGNORED = "ignored"
    """It is there, and this program passes it over: ``because`` says why."""
    ASKED = "asked"
    """A program would be asked for it: what it gives is not known before it runs."""
    MISSING = "missing"
    """It was looked for, and is not there."""


@dataclass(frozen=True, slots=True)
class CredentialUse:
    """One credential, or one place where one was looked for."""

    whom: Whom
    kind: str
    """ "netrc", "GOAUTH git", "GOAUTH command", "URL", "helper", "extraHeader", "insteadOf", "askpass",
    "agent", "key", "known_hosts", "ssh config" …"""
    standing: Standing
    host: str
    """What it is for: "git.corp.example:8443", "git.corp.example/team"; a URL has no userinfo."""
    because: str
    """One short sentence."""
    where: str = ""
    """Where it stands: "~/.netrc:3", "~/.gitconfig", a variable's name."""
    shown: str = ""
    """What may be seen of it, secrets and user names masked: "login ****, password ****"."""
    rule: str = ""
    """File and function in cmd/go, or the manual page."""

    @property
    def named(self) -> str:
        """ "netrc (~/.netrc:3)": what it is, and where it stands."""
        return f"{self.kind} ({self.where})" if self.where else self.kind
