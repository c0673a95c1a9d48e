"""The one proxy that somebody means: a number, a host, or a URL.

A number counts the entries of GOPROXY as they are written, from 1, those that are no proxy included: as the
app and `modtrace sums` show them. What is neither an entry nor a URL with its scheme is nobody: a mistyped
host must not learn the path.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from probes.golang.environment import Environment
from probes.golang.errors import GoError
from probes.golang.goproxy import Hop, HopKind, Separator, entries, parse_proxy_url
from probes.golang.redact import MASK, redact


@dataclass(frozen=True, slots=True)
class NamedProxy:
    """One proxy, of GOPROXY or not."""

    hop: Hop
    entry: str = field(repr=False)
    """As it could stand in GOPROXY; may hold a password."""

    @property
    def names(self) -> tuple[str, ...]:
        """What it may be called."""
        host = "" if self.hop.url is None else self.hop.url.hostname()
        return self.entry, self.hop.spec, self.hop.name, host


def proxy_named(environment: Environment, text: str) -> NamedProxy:
    """The proxy that a user means. Raises GoError, without secrets, where that is nobody, or several."""
    proxies = _proxies(environment.get("GOPROXY"))
    found = [proxies[text]] if text in proxies else [one for one in proxies.values() if text in one.names]
    if len({one.entry for one in found}) > 1:
        raise GoError(f"{redact(text)} is several proxies of GOPROXY; give its number or its whole URL")
    if found:
        return found[0]
    if "://" not in text or any(separator in text for separator in ",|"):
        there = ", ".join(f"{number} ({one.hop.name})" for number, one in proxies.items()) or "none"
        words = f"{_without_user(text)} is no proxy of GOPROXY (there is: {there})"
        raise GoError(f"{words}; write a number, a host or a URL")
    try:
        return _proxy(text, 0)
    except GoError as error:
        raise GoError(redact(str(error))) from error


def _without_user(text: str) -> str:
    """Where the scheme was forgotten, a name alone before an @ may be a token."""
    shown = redact(text)
    user, at, host = shown.rpartition("@")
    return shown if not at or "://" in user else f"{MASK}@{host}"


def _proxies(goproxy: str) -> dict[str, NamedProxy]:
    """The proxies of the list by number, those that go never comes to included; without unusable ones."""
    found = {}
    for index, entry in enumerate(entries(goproxy)):
        if entry in (HopKind.DIRECT, HopKind.OFF):
            continue
        try:
            found[str(index + 1)] = _proxy(entry, index)
        except GoError:
            continue
    return found


def _proxy(entry: str, index: int) -> NamedProxy:
    url = parse_proxy_url(entry)
    return NamedProxy(Hop(0, index, HopKind.PROXY, redact(entry), Separator.END, url), entry)
