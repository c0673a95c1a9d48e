"""The credentials that go attaches to its own requests: GOAUTH with all its methods, for one run of go.

Source: cmd/go/internal/auth auth.go (AddCredentials, runGoAuth). Only https requests carry them. All methods
are run once, before the first of these; after each answer with 4xx they are run again with the URL. What
they give is kept for the whole run, whoever asks (credentialCache): one Credentials serves all the clients of
a trace. netrc is read; programs are started only where the user has agreed to that (Programs.allowed), and go
on without what they would have given where not.
"""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from probes.golang.credential_use import CredentialUse, Standing
from probes.golang.environment import Environment
from probes.golang.errors import Fatal, GoError
from probes.golang.goauth import (
    OFF,
    CredentialStore,
    Headers,
    Kept,
    Kind,
    Method,
    basic,
    method_of,
    no_folder,
    not_a_folder,
    parts_of,
)
from probes.golang.known_secrets import remember_user
from probes.golang.os_errors import errno_words
from probes.golang.quote import fields
from probes.golang.remembering import remember_environment
from probes.golang.urls import parse_url
from probes.net.authorizing import NOTHING, Refusal, Sender
from probes.net.limits import Stalled
from probes.sources.credential_view import Asked, uses_for
from probes.sources.goauth import Here, run_command, run_git, shown_command
from probes.sources.netrc_file import Found, NetrcFile, netrc_file, other_file
from probes.sources.programs import HOW_TO_AGREE, HeldBack, Programs

Seen = Callable[[list[CredentialUse]], None]
_ASKPASS = ("GIT_ASKPASS", "SSH_ASKPASS")
_REFUSALS = (401, 403)
_NOT_FOUND = 404
"""A host of private repositories says so to those whom it does not know."""


def credentials_of(
    environment: Environment, programs: Programs | None = None, seen: Seen | None = None
) -> Credentials:
    """The credentials of one run of go in an environment; without ``programs`` none is started."""
    folder = environment.facts.working_directory
    remember_environment(environment)
    # cmd/go/main.go: what `go env` tells is in the environment of every program.
    told = {
        name: setting.value
        for name, setting in environment.settings.items()
        if setting.value and name.startswith("GO")
    }
    process = {**environment.process, **told}
    return Credentials(environment.get("GOAUTH"), process, programs, folder, seen)


def explain(environment: Environment, url: str) -> list[CredentialUse]:
    """What go would attach to a request for a URL, and why it passes over what else could be meant for it.

    Reads netrc; sends nothing and starts nothing. A URL without a scheme is one with https.
    """
    return credentials_of(environment).explain(url)


class Credentials:
    """An Authorizer (probes.net.authorizing) that does what GOAUTH says."""

    def __init__(
        self,
        goauth: str,
        process: Mapping[str, str],
        programs: Programs | None = None,
        folder: str = "",
        seen: Seen | None = None,
    ) -> None:
        """``folder``: where go stands. ``seen`` is told once for each host that is asked over https."""
        self._goauth = goauth or "netrc"
        self._process = process
        self._programs = programs
        self._folder = folder or "/"
        self._seen = seen
        self._store = CredentialStore()
        self._once = asyncio.Lock()
        self._began = False
        self._failure: Fatal | Stalled | None = None
        self._netrc: NetrcFile | None = None
        self._held: set[str] = set()
        """Commands that go would have started here, of which was told."""
        self._told: set[str] = set()
        self._missed: set[str] = set()
        self._asked_in_vain = False

    def __repr__(self) -> str:
        return "Credentials(…)"

    # -- an Authorizer ---------------------------------------------------------------------------------------

    async def first(self, url: str) -> Headers:
        """AddCredentials before the first request. Raises Fatal where go exits, Stalled where go waits on."""
        if self._goauth != OFF:
            await self._begin()
        self._tell(url)
        return self._load(url)

    async def again(self, url: str, refusal: Refusal, sender: Sender) -> Headers:
        """AddCredentials after a 4xx: each method is asked for this URL. Raises as first does."""
        if self._goauth != OFF:
            await self._run(url, refusal, sender)
        self._tell_missing(url, refusal)
        return self._load(url)

    async def _begin(self) -> None:
        """authOnce: others wait until all methods were run. What ended go ends it for each of them."""
        async with self._once:
            if not self._began:
                try:
                    await self._run("", None, None)
                except (Fatal, Stalled) as failure:
                    self._failure = failure
                self._began = True
        if self._failure is not None:
            raise self._failure

    async def _run(self, url: str, refusal: Refusal | None, sender: Sender | None) -> None:
        """runGoAuth. What a method cannot give go does without."""
        parts = parts_of(self._goauth)
        for part in reversed(parts):
            method = self._method(part, is_alone=len(parts) == 1)
            if method.kind is Kind.OFF:
                return
            with suppress(GoError):
                if method.kind is Kind.NETRC:
                    if self._netrc is None:
                        self._netrc = await asyncio.to_thread(netrc_file, self._process, self._folder)
                    self._keep_netrc(method, self._netrc)
                else:
                    await self._ask(method, url, refusal, sender)

    async def _ask(self, method: Method, url: str, refusal: Refusal | None, sender: Sender | None) -> None:
        """Let a program give what it has. Raises GoError where go goes on without, Stalled."""
        if method.kind is Kind.GIT and not url:
            return
        if self._programs is None or method.command in self._held:
            return
        here = Here(self._programs, self._process, self._folder)
        try:
            if method.kind is Kind.COMMAND:
                given = await run_command(method, url, refusal, here)
            else:
                assert sender is not None
                assert refusal is not None
                prefix, headers = await run_git(method, url, refusal.protocol, here, sender)
                given = {prefix: headers}
        except HeldBack:
            self._held.add(method.command)  # once is enough to tell
            return
        except GoError:
            self._asked_in_vain |= any(self._process.get(name) for name in _ASKPASS)
            raise
        for prefix, headers in given.items():
            self._store.store(prefix, Kept(headers, method))

    # -- what is known without asking ------------------------------------------------------------------------

    def authorization(self, url: str) -> str | None:
        """The Authorization header that netrc has for an https URL, or None; no program is asked.

        For clients that belong to no run of go. Raises Fatal where go refuses GOAUTH, Stalled for a netrc
        that does not end.
        """
        if self._goauth != OFF and not self._began:
            parts = parts_of(self._goauth)
            for part in reversed(parts):
                method = self._method(part, is_alone=len(parts) == 1)
                if method.kind is Kind.NETRC:
                    self._keep_netrc(method, self._file())
            self._began = True
        return next(iter(self._load(url).get("Authorization", ())), None)

    @property
    def _names_program(self) -> bool:
        """Whether GOAUTH names a program; also where go would refuse it."""
        firsts = (fields(part)[:1] for part in parts_of(self._goauth))
        return any(first and first[0] not in (Kind.OFF, Kind.NETRC) for first in firsts)

    @property
    def asks_programs(self) -> bool:
        """Whether programs are started, which may have another answer next time."""
        return self._names_program and self._programs is not None and self._programs.allowed

    @property
    def doubt(self) -> str:
        """Why a refusal may have been none for go itself; "" where everything was done as go does it."""
        if self._names_program and not self.asks_programs:
            why = "which modtrace does not start here" if self._programs is None else f"and {HOW_TO_AGREE}"
            return (
                f"GOAUTH names a program, {why}; a 4xx above may be another answer to go, with the program's "
                "credentials"
            )
        if self._asked_in_vain:
            return (
                "a program of GOAUTH failed, and modtrace gave it no way to ask (GIT_ASKPASS); a 4xx above "
                "may be another answer to go"
            )
        return ""

    def explain(self, url: str) -> list[CredentialUse]:
        """What go would attach to a request for a URL, and what it passes over. Starts nothing."""
        file = self._file()
        elsewhere = other_file(self._process, self._folder)
        asked = [self._asked(part) for part in parts_of(self._goauth)]
        parsed = parse_url(url if "://" in url else f"https://{url}")
        kept = self._store.load(parsed.string())
        return uses_for(parsed, asked, file, elsewhere, kept)

    def _asked(self, part: str) -> Asked:
        parts = parts_of(self._goauth)
        try:
            method = self._method(part, is_alone=len(parts) == 1)
        except Fatal as error:
            return Asked(None, refusal=str(error))
        shown = shown_command(part) if method.kind is Kind.COMMAND else ""
        return Asked(method, shown)

    # -- helpers ---------------------------------------------------------------------------------------------

    def _method(self, part: str, *, is_alone: bool) -> Method:
        method = method_of(part, self._goauth, is_alone=is_alone)
        if method.kind is Kind.GIT:
            try:
                is_folder = stat.S_ISDIR(Path(method.folder).stat().st_mode)
            except (OSError, ValueError) as error:
                words = errno_words(error) if isinstance(error, OSError) else "invalid argument"
                raise no_folder(method.folder, words) from error
            if not is_folder:
                raise not_a_folder()
        return method

    def _file(self) -> NetrcFile:
        """The netrc file, read once (readNetrc)."""
        if self._netrc is None:
            self._netrc = netrc_file(self._process, self._folder)
        return self._netrc

    def _keep_netrc(self, method: Method, file: NetrcFile) -> None:
        """The file's entries, backwards: the first one for a machine wins. Raises Stalled."""
        if file.found is Found.ENDLESS:
            raise Stalled(f"netrc ({file.shown}): {file.words}")
        for entry in reversed(file.netrc.entries):
            remember_user(entry.login, entry.password)
            self._store.store(entry.machine, Kept(basic(entry.login, entry.password), method, entry.line))

    def _load(self, url: str) -> Headers:
        kept = self._store.load(url)
        return NOTHING if kept is None else kept.headers

    def _tell(self, url: str) -> None:
        """Tell once of a host's credentials, where there is something to tell."""
        host = parse_url(url).host
        if self._seen is None or host in self._told:
            return
        self._told.add(host)
        uses = [use for use in self.explain(url) if use.standing is not Standing.MISSING]
        if uses:
            self._seen(uses)
        else:
            self._missed.add(host)

    def _tell_missing(self, url: str, refusal: Refusal) -> None:
        """Tell once that a host refused, and that nothing was there for it."""
        parsed = parse_url(url)
        is_refusal = refusal.status in _REFUSALS or (
            refusal.status == _NOT_FOUND and parsed.raw_query == "go-get=1"
        )
        if self._seen is not None and is_refusal and parsed.host in self._missed:
            self._missed.discard(parsed.host)
            self._seen(self.explain(url))
