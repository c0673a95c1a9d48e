"""What go would attach to a request for a URL, and why it passes over what else could be meant for it.

Source: cmd/go/internal/auth auth.go (AddCredentials, loadCredential), netrc.go; net/http client.go (send, for
a user in the URL); cmd/go/internal/web/http.go get (https only). Nothing secret is kept: of an entry only its
place in the file, and of a command the name of the program.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from probes.golang.credential_use import LOGIN_AND_PASSWORD, MASK, CredentialUse, Standing, Whom
from probes.golang.goauth import Kept, Kind, Method, as_prefix, prefixes_of
from probes.golang.netrc import NetrcEntry, Passed, Why
from probes.golang.redact import redact
from probes.golang.safetext import safe_text
from probes.golang.urls import GoURL
from probes.sources.netrc_file import Found, NetrcFile

_LOAD = "cmd/go/internal/auth/auth.go loadCredential"
_RUN = "cmd/go/internal/auth/auth.go runGoAuth"
_PARSE = "cmd/go/internal/auth/netrc.go parseNetrc"
_READ = "cmd/go/internal/auth/netrc.go readNetrc"
_GET = "cmd/go/internal/web/http.go get"
_SEND = "net/http/client.go send"
_OTHERS = 0o077
_MOST_SHOWN = 120


@dataclass(frozen=True, slots=True)
class Asked:
    """One part of GOAUTH."""

    method: Method | None
    """None: go refuses GOAUTH when it comes to this part."""
    shown: str = ""
    """Of a command: what may be seen of it."""
    refusal: str = ""
    """What go says then."""


def uses_for(
    url: GoURL,
    asked: Sequence[Asked],
    file: NetrcFile,
    elsewhere: NetrcFile | None,
    kept: Kept | None = None,
) -> list[CredentialUse]:
    """All that is known of the credentials for a URL, what counts first.

    ``elsewhere``: the file in the home folder, where NETRC names another one. ``kept``: what go has at hand
    for the URL, where that is known.
    """
    view = _View(url, asked, kept)
    uses = [*view.of_url(), *view.of_goauth(), *view.of_file(file)]
    if elsewhere is not None:
        uses += view.of_other_file(elsewhere)
    order = (Standing.USED, Standing.ASKED, Standing.IGNORED, Standing.MISSING)
    return sorted(uses, key=lambda use: order.index(use.standing))


class _View:
    """One URL, and what GOAUTH says."""

    def __init__(self, url: GoURL, asked: Sequence[Asked], kept: Kept | None) -> None:
        self._url = url
        self._asked = asked
        self._kept = kept
        self._kinds = [one.method.kind for one in asked if one.method is not None]
        plain = url.replace(scheme="https", user=None, password=None, fragment="", raw_fragment="")
        self._prefixes = list(prefixes_of(plain.string()))

    def _use(
        self,
        kind: str,
        standing: Standing,
        because: str,
        *,
        where: str = "",
        shown: str = "",
        rule: str = _LOAD,
        host: str = "",
    ) -> CredentialUse:
        host = safe_text(redact(host or self._url.host), limit=_MOST_SHOWN)
        where = safe_text(redact(where), limit=_MOST_SHOWN)
        return CredentialUse(Whom.GO, kind, standing, host, because, where, shown, rule)

    # -- the URL and GOAUTH ----------------------------------------------------------------------------------

    def of_url(self) -> Iterator[CredentialUse]:
        """A user in the URL itself."""
        if self._url.user is None:
            return
        shown = f"user {MASK}" if self._url.password is None else f"user {MASK}, password {MASK}"
        if self._url.scheme != "https":
            because = "go refuses to send a user over plain http, and fails"
            yield self._use("URL", Standing.IGNORED, because, shown=shown, rule=_GET)
        else:
            because = "a user in the URL goes along, whatever GOAUTH and netrc have for the host"
            yield self._use("URL", Standing.USED, because, shown=shown, rule=_SEND)

    def of_goauth(self) -> Iterator[CredentialUse]:
        """The parts of GOAUTH that are programs, and what stops go."""
        refusal = next((one.refusal for one in self._asked if one.refusal), "")
        if refusal:
            words = safe_text(redact(refusal), limit=4 * _MOST_SHOWN)
            because = f"go stops at its first https request: {words}"
            yield self._use("GOAUTH", Standing.IGNORED, because, where="GOAUTH", rule=_RUN)
        if Kind.OFF in self._kinds:
            because = "GOAUTH=off: go looks for no credentials"
            yield self._use("GOAUTH", Standing.MISSING, because, where="GOAUTH", rule=_RUN)
        for one in self._asked:
            if one.method is not None and one.method.kind in (Kind.GIT, Kind.COMMAND):
                yield self._of_program(one, one.method)

    def _of_program(self, one: Asked, method: Method) -> CredentialUse:
        is_git = method.kind is Kind.GIT
        kind = "GOAUTH git" if is_git else "GOAUTH command"
        where = f"GOAUTH=git {method.folder}" if is_git else "GOAUTH"
        shown = "git credential fill" if is_git else one.shown
        standing, rule = Standing.ASKED, _RUN
        if is_git:
            because = "after an answer with 4xx go asks git's credential helpers, as that folder sets them"
        else:
            because = "go runs it before its first https request, and with the URL after an answer with 4xx"
        if self._url.scheme != "https":
            standing, because, rule = Standing.IGNORED, "go asks it for https only", _GET
        elif self._kept is not None and self._kept.source == method:
            standing, because = Standing.USED, "it gave what goes along to this host"
        elif self._url.user is not None:
            standing, because = Standing.IGNORED, "the URL has a user of its own"
        return self._use(kind, standing, because, where=where, shown=shown, rule=rule)

    # -- netrc -----------------------------------------------------------------------------------------------

    def of_file(self, file: NetrcFile) -> Iterator[CredentialUse]:
        """The netrc file that go reads."""
        blocked = self._blocked()
        if file.found is Found.READ:
            found = list(self._of_entries(file, blocked))
            yield from found
            is_there = any(use.standing is Standing.USED or blocked for use in found)
            if not is_there and not blocked:
                because = f"no entry in it {'counts' if found else 'is'} for {self._url.host}"
                yield self._use("netrc", Standing.MISSING, because, where=file.shown)
            return
        if blocked:
            return
        if file.found is Found.NO_HOME:
            because = f"go finds no netrc: {file.words}"
            yield self._use("netrc", Standing.MISSING, because, where=file.shown, rule=_READ)
        elif file.found is Found.ABSENT:
            because = "there is no such file"
            if file.from_variable:
                because = "NETRC names this file, which is not there"
                if file.has_tilde:
                    because += ": go does not read ~ as the home folder"
            yield self._use("netrc", Standing.MISSING, because, where=file.shown, rule=_READ)
        elif file.found is Found.UNREADABLE:
            because = f"go cannot read this file ({file.words}) and goes on without a word"
            yield self._use("netrc", Standing.IGNORED, because, where=file.shown, rule=_READ)
        else:
            yield self._use("netrc", Standing.IGNORED, file.words, where=file.shown, rule=_READ)

    def of_other_file(self, file: NetrcFile) -> Iterator[CredentialUse]:
        """The file in the home folder, which go does not read where NETRC names another one."""
        because = "NETRC names another file, so go does not read this one"
        for entry in file.netrc.entries:
            if as_prefix(entry.machine) in self._prefixes:
                yield self._entry(file, entry, Standing.IGNORED, because, _READ)

    def _blocked(self) -> str:
        """Why no entry of netrc counts at all; "" where one may."""
        if self._url.scheme != "https":
            return "go sends credentials over https only"
        if Kind.OFF in self._kinds:
            return "GOAUTH=off"
        if any(one.refusal for one in self._asked):
            return "go stops at GOAUTH"
        if Kind.NETRC not in self._kinds:
            return "GOAUTH does not name netrc"
        if self._url.user is not None:
            return "the URL has a user of its own, and with that it fits no machine"
        if self._kept is not None and self._kept.source.kind is not Kind.NETRC:
            return "what a program of GOAUTH gave goes before it"
        return ""

    def _of_entries(self, file: NetrcFile, blocked: str) -> Iterator[CredentialUse]:
        known: dict[str, NetrcEntry] = {}
        for entry in file.netrc.entries:
            known.setdefault(as_prefix(entry.machine), entry)
        used = next((known[prefix] for prefix in self._prefixes if prefix in known), None)
        for entry in file.netrc.entries:
            if entry is used:
                yield self._first(file, entry, blocked)
            elif why := self._why_not(entry, used, known):
                yield self._entry(file, entry, Standing.IGNORED, why, _LOAD)
        for passed in file.netrc.passed:
            if self._counts_on(passed, used):
                where = f"{file.shown}:{passed.line}"
                yield self._use("netrc", Standing.IGNORED, passed.why.value, where=where, rule=_PARSE)

    def _first(self, file: NetrcFile, entry: NetrcEntry, blocked: str) -> CredentialUse:
        if blocked:
            return self._entry(file, entry, Standing.IGNORED, blocked, _LOAD)
        because = "goes along with every https request to this host, from the first one on"
        if "/" in as_prefix(entry.machine):
            because = "goes along with every https request below this path, from the first one on"
        if any(kind in (Kind.GIT, Kind.COMMAND) for kind in self._kinds):
            because += ", unless a program of GOAUTH gives another one"
        if file.mode & _OTHERS:
            because += f"; that its mode is {file.mode:04o} does not matter to go"
        return self._entry(file, entry, Standing.USED, because, _LOAD)

    def _entry(
        self, file: NetrcFile, entry: NetrcEntry, standing: Standing, because: str, rule: str
    ) -> CredentialUse:
        where = f"{file.shown}:{entry.begins}"
        host = as_prefix(entry.machine).rpartition("@")[2]
        seen = LOGIN_AND_PASSWORD
        return self._use("netrc", standing, because, where=where, shown=seen, rule=rule, host=host)

    def _why_not(
        self, entry: NetrcEntry, used: NetrcEntry | None, known: dict[str, NetrcEntry]
    ) -> str:
        """Why an entry that could be meant for the URL is not used; "" where it is for somebody else."""
        prefix = as_prefix(entry.machine)
        if prefix in self._prefixes:
            first = known[prefix]
            if first is not entry:
                return f"line {first.begins} has the same machine, and the first one counts"
            return "" if used is None else f"line {used.begins} is for a longer part of the URL"
        return self._near_miss(prefix)

    def _counts_on(self, passed: Passed, used: NetrcEntry | None) -> bool:
        """Whether somebody could think that what was passed over is for the URL."""
        if passed.why is Why.DEFAULT:
            return used is None
        prefix = as_prefix(passed.machine)
        return prefix in self._prefixes or bool(self._near_miss(prefix))

    def _near_miss(self, prefix: str) -> str:
        """What keeps a machine from being the URL's; "" where they have nothing to do with each other."""
        url = self._url
        if prefix.startswith("http://"):
            other = prefix.removeprefix("http://")
            is_near = other in self._prefixes or self._near_miss(other)
            return f"go knows no scheme here but https://: write `machine {url.host}`" if is_near else ""
        place, slash, _ = prefix.partition("/")
        _, at, host = place.rpartition("@")
        if at and host.lower() == url.host.lower():
            return f"a machine has no user name: write `machine {url.host}`"
        if place == url.host:
            if slash and url.raw_query and prefix == self._prefixes[0].partition("?")[0]:
                return (
                    "go compares the ?query as well, so a machine with the whole path does not fit: "
                    f"write `machine {url.host}`"
                )
            return "it is for another path of this host"
        if place.lower() == url.host.lower():
            return f"go compares letter by letter: write `machine {url.host}`"
        name, _, _ = place.partition(":")
        if name.lower() == url.hostname().lower():
            there = f"the port {url.port()}" if url.port() else "no port"
            return f"the URL has {there}: write `machine {url.host}`"
        if name.startswith("*.") and url.hostname().endswith(name[1:]):
            return f"go knows no wildcards: write `machine {url.host}`"
        if "." in name and url.hostname().lower().endswith("." + name.lower()):
            return f"go does not look at parent domains: write `machine {url.host}`"
        return ""
