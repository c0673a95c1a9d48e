"""Which credentials git, and ssh where git comes to it, would use for a repository's URL.

go hands git a URL; git rewrites it (url.<base>.insteadOf), and what it connects to then decides whether its
own credentials count or those of ssh. None of this connects to anybody.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from probes.auth.git_settings import GitReader, GitSetting
from probes.auth.noted import Noted, Remedy, of_git
from probes.auth.over_http import over_http
from probes.auth.over_ssh import over_ssh
from probes.auth.remote import Remote, remote_of, shown_url
from probes.auth.rewriting import rule_for, rules_of
from probes.golang.credential_use import CredentialUse, Standing
from probes.golang.environment import Environment
from probes.golang.shown import shown
from probes.net.limits import Stalled
from probes.sources.programs import HeldBack, Programs, RunFailed, Unwatched, find_program

_REWRITING = "git-config(1) url.<base>.insteadOf"
_OWN = ("url", "http", "credential")
_OWN_KEYS = ("insteadof", "extraheader", "helper", "sshcommand")


@dataclass(frozen=True, slots=True)
class Answer:
    """What git and ssh would do for one URL."""

    noted: tuple[Noted, ...]
    connects_to: str
    """The URL that git connects to, secrets masked; "" where git was not asked."""
    transport: str
    """ "https", "http", "ssh", …; that of the URL itself where git was not asked."""
    was_asked: bool = True
    was_held: bool = False
    """Whether that was for want of the user's word."""
    failures: tuple[str, ...] = field(default=())
    """What could not be found out."""


async def uses_for(url: str, programs: Programs, environment: Environment) -> list[CredentialUse]:
    """What git and ssh would use for a URL that go hands to git."""
    return [noted.use for noted in (await answer_for(url, programs, environment)).noted]


async def answer_for(
    url: str, programs: Programs, environment: Environment, *, ask_helpers: bool = False
) -> Answer:
    """All of it. Without the user's word (``programs.allowed``) only files are read, and no program starts.

    ``ask_helpers``: whether the credential helpers are asked if they have something, which is forgotten.
    """
    folder = Path(tempfile.mkdtemp(prefix="modtrace-auth-"))
    programs = replace(programs, witness=Unwatched())  # go runs none of these
    remote = remote_of(url)
    try:
        reader = GitReader(programs, folder)
        if find_program("git", programs.process.get("PATH", "")) is None:
            return await _without_git(
                remote, reader, environment, "there is no git in PATH: go cannot fetch either"
            )
        settings = await reader.settings()
        target = await reader.rewritten(url)
        remote = remote_of(target)
        found = _rewriting(url, target, settings)
        found += await _elsewhere(settings, reader, environment)
        if remote.transport == "ssh":
            found += await over_ssh(remote, settings, programs, folder)
        elif remote.transport in ("http", "https"):
            found += await over_http(remote, settings, reader, programs.process, ask_helpers=ask_helpers)
        return Answer(tuple(found), shown_url(target), remote.transport)
    except HeldBack as held:
        return replace(await _without_git(remote, reader, environment, str(held)), was_held=True)
    except (RunFailed, Stalled) as failure:
        words = str(failure).replace(str(folder), "an empty folder")
        return await _without_git(remote, reader, environment, f"git could not be asked: {shown(words)}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _without_git(remote: Remote, reader: GitReader, environment: Environment, why: str) -> Answer:
    """What files and variables alone tell."""
    found = [
        of_git(
            remote, "its settings", Standing.ASKED, "git was not started, so they are not known", ""
        )
    ]
    if remote.transport in ("http", "https"):
        found += await over_http(remote, None, reader, environment.process, ask_helpers=False)
    return Answer(tuple(found), "", remote.transport, was_asked=False, failures=(why,))


def _rewriting(url: str, target: str, settings: Sequence[GitSetting]) -> list[Noted]:
    """The rule that counts, and those for the same host that do not."""
    remote = remote_of(url)
    rules = rules_of(settings)
    rule = rule_for(url, rules)
    found: list[Noted] = []
    if target != url:
        because = f"git connects to {shown_url(target)} instead"
        seen = "" if rule is None else f"{shown_url(rule.prefix)} → {shown_url(rule.base)}"
        found.append(
            of_git(
                remote,
                "insteadOf",
                Standing.USED,
                because,
                rule.where if rule else "",
                seen,
                _REWRITING,
                is_note=True,
            )
        )
    for one in rules:
        if one is rule or not (remote.host and remote.host in one.prefix):
            continue
        if one.is_push:
            because = "pushInsteadOf is for git push; go only fetches"
        elif url.startswith(one.prefix):
            because = (
                "another rule fits a longer part of the URL"
                if rule and len(rule.prefix) > len(one.prefix)
                else ("another rule with a prefix as long stands before it")
            )
        else:
            because = f"the URL that go hands to git does not begin with {shown_url(one.prefix)}"
        seen = f"{shown_url(one.prefix)} → {shown_url(one.base)}"
        kind = "pushInsteadOf" if one.is_push else "insteadOf"
        found.append(
            of_git(
                remote,
                kind,
                Standing.IGNORED,
                because,
                one.where,
                seen,
                _REWRITING,
                is_note=one.is_push or rule is not None,
            )
        )
    return found


async def _elsewhere(
    settings: Sequence[GitSetting], reader: GitReader, environment: Environment
) -> list[Noted]:
    """Settings that count where one works, and not in the module cache, where go's git does."""
    nowhere = Remote("")
    found = []
    cache = environment.get("GOMODCACHE")
    for setting in settings:
        condition = setting.subsection
        if setting.section != "includeif" or not condition.startswith(("gitdir:", "gitdir/i:")):
            continue
        folder = condition.partition(":")[2].replace("~/", environment.process.get("HOME", "") + "/", 1)
        if cache and cache.startswith(folder.rstrip("*")):
            continue
        because = "go's git works in the module cache, not in that folder: the file is not read"
        remedy = Remedy("Say it for all folders:", ("git config --global NAME VALUE",))
        found.append(
            of_git(
                nowhere,
                "includeIf",
                Standing.IGNORED,
                because,
                setting.where,
                shown(condition),
                "git-config(1) Conditional includes",
                remedy,
                is_note=True,
            )
        )
    here = environment.facts.working_directory
    for setting in await reader.of_repository(here) if here else ():
        if setting.section in (*_OWN, "core") and setting.key in _OWN_KEYS:
            because = "go's git works in the module cache: the settings of the repository here do not count"
            remedy = Remedy(
                "Say it for all repositories:", (f"git config --global {shown(setting.name)} VALUE",)
            )
            found.append(
                of_git(
                    nowhere,
                    setting.key,
                    Standing.IGNORED,
                    because,
                    setting.where,
                    shown(setting.name),
                    "git-config(1) SCOPES",
                    remedy,
                )
            )
    return found
