"""All that go, git and ssh would use for one host, what wins, and what to type where nothing does."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from probes.auth.noted import Noted, Remedy
from probes.auth.remote import remote_of
from probes.auth.subject import Subject
from probes.auth.uses import Answer, answer_for
from probes.golang.credential_use import CredentialUse, Standing, Whom
from probes.golang.environment import Environment
from probes.golang.shown import shown
from probes.sources.credentials import explain
from probes.sources.programs import Programs

WOULD_RUN = (
    "git config --list", "git ls-remote --get-url", "git credential fill", "ssh -G", "ssh-add -l",
    "ssh-keygen -F", "ssh-keygen -y",
)  # fmt: skip
"""What is started when the user agrees; none of it connects to the host."""


class Verdict(StrEnum):
    """What it comes to."""

    FINE = "fine"
    """Each of them has something, or nothing is there that would be ignored."""
    IGNORED = "ignored"
    """What the user has is passed over, or ssh can use nothing."""
    UNKNOWN = "unknown"
    """git and ssh were not asked."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the three programs."""

    whom: Whom
    noted: tuple[Noted, ...]

    @property
    def winner(self) -> CredentialUse | None:
        """What it would use first; None for nothing."""
        mine = [noted.use for noted in self.noted if not noted.is_note and noted.use.kind != "known_hosts"]
        used = [use for use in mine if use.standing is Standing.USED]
        asked = [use for use in mine if use.standing is Standing.ASKED]
        return next(iter((*used, *asked)), None)

    @property
    def host_is_known(self) -> bool:
        """Whether ssh would go on past the host's key."""
        return all(
            noted.use.standing is Standing.USED for noted in self.noted if noted.use.kind == "known_hosts"
        )

    @property
    def ignored(self) -> tuple[Noted, ...]:
        """What is there, and passed over."""
        return tuple(one for one in self.noted if one.use.standing is Standing.IGNORED and not one.is_note)

    @property
    def is_wrong(self) -> bool:
        """Whether it has something and uses nothing; or cannot connect at all."""
        if self.whom is Whom.SSH:
            return self.winner is None or not self.host_is_known
        return self.winner is None and bool(self.ignored)


@dataclass(frozen=True, slots=True)
class Report:
    """The whole of it."""

    subject: Subject
    sides: tuple[Side, ...]
    """go first; then git, and ssh where git comes to it."""
    answer: Answer

    @property
    def verdict(self) -> Verdict:
        """What it comes to."""
        if any(side.is_wrong for side in self.sides if side.whom is not Whom.GIT or self.answer.was_asked):
            return Verdict.IGNORED
        return Verdict.FINE if self.answer.was_asked else Verdict.UNKNOWN

    def remedies(self) -> list[Remedy]:
        """What to type, by program; nothing where one has something and none is wrong."""
        found: list[Remedy] = []
        for side in self.sides:
            if side.is_wrong and (side.whom is not Whom.GIT or self.answer.was_asked):
                found += [noted.remedy for noted in side.noted if noted.remedy is not None]
                found += self._of_side(side)
        if not found and all(side.winner is None for side in self.sides):
            found = [one for side in self.sides for one in self._of_side(side)]
        return list(dict.fromkeys(found))

    def _of_side(self, side: Side) -> Iterator[Remedy]:
        """What helps a program that has nothing, whatever is there."""
        if side.whom is Whom.GO:
            line = f"machine {remote_of(self.subject.page).place} login USER password TOKEN"
            yield Remedy("Write into ~/.netrc, for go (git takes no port in it):", (line,))
        elif side.whom is Whom.GIT and self.answer.transport in ("https", "http"):
            name = remote_of(self.subject.repository)
            line = f'git config --global url."ssh://git@{shown(name.host)}/".insteadOf "{name.transport}://{name.place}/"'
            yield Remedy("Or let git use ssh for this host:", (line,))


async def report_for(subject: Subject, environment: Environment, *, allowed: bool) -> Report:
    """Find out; ``allowed`` is the user's word that git and ssh may be started."""
    go: Sequence[CredentialUse] = ()
    if subject.page:
        go = await asyncio.to_thread(explain, environment, subject.page)
    if not subject.repository:
        return Report(subject, (Side(Whom.GO, tuple(Noted(use) for use in go)),), Answer((), "", ""))
    programs = Programs(environment.process, allowed=allowed)
    answer = await answer_for(subject.repository, programs, environment, ask_helpers=True)
    sides = [Side(Whom.GO, tuple(Noted(use) for use in go))]
    sides += [
        Side(whom, mine)
        for whom in (Whom.GIT, Whom.SSH)
        if (mine := _of(answer.noted, whom)) or whom is Whom.GIT
    ]
    if answer.transport == "ssh":
        # git then has no say of its own: what it did was to rewrite, or to pass over rules.
        sides = [_as_notes(side) if side.whom is Whom.GIT else side for side in sides]
    return Report(subject, tuple(sides), answer)


def _of(noted: Iterable[Noted], whom: Whom) -> tuple[Noted, ...]:
    return tuple(one for one in noted if one.use.whom is whom)


def _as_notes(side: Side) -> Side:
    return Side(side.whom, tuple(Noted(one.use, one.remedy, is_note=True) for one in side.noted))
