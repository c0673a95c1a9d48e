"""netrc as the go command reads it, which is not as git or curl read it.

Source: cmd/go/internal/auth/netrc.go (parseNetrc) and auth.go (runGoAuth, loadCredential). Words come in
pairs within a line; a machine counts once both login and password were seen after it, in either order;
"default" counts for nobody; the first entry for a machine wins.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from probes.golang.quote import fields


@dataclass(frozen=True, slots=True)
class NetrcEntry:
    """What netrc holds for one machine: a host, a host with a port, or one with a path."""

    machine: str
    login: str = field(repr=False)
    password: str = field(repr=False)
    line: int
    """The line, from 1, in which the entry became complete."""


def parse_netrc(text: str) -> list[NetrcEntry]:
    """The entries that go would use, in the order of the file."""
    entries: list[NetrcEntry] = []
    machine = login = password = ""
    in_macro = False
    for number, line in enumerate(text.split("\n"), 1):
        if in_macro:
            in_macro = line != ""
            continue
        words = fields(line)
        for name, value in zip(words[::2], words[1::2], strict=False):
            match name:
                case "machine":
                    machine, login, password = value, "", ""
                case "login":
                    login = value
                case "password":
                    password = value
                case "macdef":
                    in_macro = True
            if machine and login and password:
                entries.append(NetrcEntry(machine, login, password, number))
                machine = login = password = ""
        if len(words) % 2 and words[-1] == "default":
            break
    return entries


def find_entry(entries: Iterable[NetrcEntry], url: str) -> NetrcEntry | None:
    """The entry for a URL: its longest prefix that is a machine, the path shortened element by element."""
    known: dict[str, NetrcEntry] = {}
    for entry in entries:
        known.setdefault(entry.machine.removeprefix("https://").removesuffix("/"), entry)
    prefix = url.removeprefix("https://").removesuffix("/")
    while prefix not in known:
        prefix, slash, _ = prefix.rpartition("/")
        if not slash:
            return None
    return known[prefix]
