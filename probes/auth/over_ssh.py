"""What ssh would use for a host when git starts it, as far as this machine can tell without connecting.

Source: git(1) GIT_SSH_COMMAND, git-config(1) core.sshCommand, git(1) GIT_SSH (in this order), ssh(1),
ssh_config(5), ssh-agent(1), ssh-add(1), ssh-keygen(1) -F and -y, sshd(8) SSH_KNOWN_HOSTS FILE FORMAT. ssh
itself says which of its settings count (``ssh -G``), its tools whether a key needs a passphrase (``ssh-keygen
-y``) and whether the host is known (``ssh-keygen -F``). Whether a known host's key has changed, only a
connection would tell.

ssh takes the home folder of the user database and does not look at HOME.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from probes.auth.git_settings import ASK_S, GitSetting
from probes.auth.netrc_of_git import home_of_user
from probes.auth.noted import Noted, Remedy
from probes.auth.remote import Remote, known_hosts_name
from probes.golang.credential_use import MASK, CredentialUse, Standing, Whom
from probes.golang.safetext import safe_text
from probes.golang.shown import shown, with_tilde
from probes.sources.programs import Programs, Question, RunFailed, find_program, git_environment

_SHELL_MARKS = frozenset("|&;<>()$`*?[#~=%\n")
_NO_NAMES = "-o CanonicalizeHostname=no"
"""Else `ssh -G` may ask the DNS."""
_UNSAFE = 0o077


@dataclass(frozen=True, slots=True)
class SshCommand:
    """How git starts ssh."""

    words: tuple[str, ...] = field(repr=False)
    """() where only a shell knows what it does."""
    where: str
    """The variable or the file that says so; "" for ssh itself."""


def ssh_command(
    settings: Sequence[GitSetting], process: Mapping[str, str]
) -> tuple[SshCommand, list[SshCommand]]:
    """The command that counts, and those that it hides."""
    configured = next(
        (one for one in reversed(settings) if one.name == "core.sshcommand" and one.value), None
    )
    found = [
        SshCommand(_plain_words(value), where)
        for where, value in (
            ("GIT_SSH_COMMAND", process.get("GIT_SSH_COMMAND")),
            (configured.where if configured else "", configured.value if configured else None),
        )
        if value
    ]
    if program := process.get("GIT_SSH"):
        found.append(SshCommand((program,), "GIT_SSH"))
    return (found[0], found[1:]) if found else (SshCommand(("ssh",), ""), [])


def _plain_words(command: str) -> tuple[str, ...]:
    """A command as the shell would read it; () where it does more than start one program."""
    with suppress(ValueError):
        words = shlex.split(command)
        if words and not _SHELL_MARKS & set(command.replace("~/", "").replace("=", "")):
            return tuple(os.path.expanduser(word) for word in words)  # noqa: PTH111
    return ()


class SshReader:
    """Asks ssh and its tools about this machine."""

    def __init__(self, programs: Programs, folder: Path) -> None:
        self._programs = programs
        self._folder = folder
        self.home = home_of_user()

    async def _ask(self, *words: str, shown_words: str = "", **variables: str) -> bytes:
        process = git_environment(self._programs.process) | variables
        programs = replace(self._programs, seconds=ASK_S)
        words_seen = shown(shown_words or " ".join(words))
        return await programs.ask(Question(words, words_seen, str(self._folder), process))

    async def effective(self, command: SshCommand, remote: Remote) -> dict[str, list[str]]:
        """ssh -G: the settings for a host, each with all its values. Raises RunFailed."""
        port = ("-p", remote.port) if remote.port else ()
        # Everybody on this machine can read a command line: no user is named there but the one that all have.
        name = f"git@{remote.host}" if remote.user == "git" else remote.host
        words = (*command.words, *_NO_NAMES.split(), "-G", *port, name)
        printed = await self._ask(*words, shown_words=f"ssh -G {remote.host}")
        found: dict[str, list[str]] = {}
        for line in printed.decode("utf-8", "surrogateescape").splitlines():
            key, _, value = line.partition(" ")
            found.setdefault(key, []).append(value)
        return found

    def expanded(self, path: str) -> str:
        """A file of ssh's settings: ~ is the home folder of the user database."""
        return self.home + path[1:] if path.startswith("~/") else path

    async def keys_in_agent(self, socket: str) -> int | None:
        """How many keys an agent has; None where none answers."""
        try:
            printed = await self._ask("ssh-add", "-l", SSH_AUTH_SOCK=socket)
        except RunFailed as failed:
            return 0 if failed.status == "exit status 1" else None
        return len(printed.splitlines())

    async def opens(self, file: str) -> bool:
        """Whether a private key can be read without a passphrase."""
        shown_words = f"ssh-keygen -y -P '' -f {with_tilde(file, self.home)}"
        try:
            await self._ask("ssh-keygen", "-y", "-P", "", "-f", file, shown_words=shown_words)
        except RunFailed:
            return False
        return True

    async def known(self, name: str, file: str) -> list[tuple[str, str]]:
        """What a known_hosts file has for a host: the mark and the line's number of each entry."""
        try:
            shown_words = f"ssh-keygen -F {name} -f {with_tilde(file, self.home)}"
            printed = await self._ask("ssh-keygen", "-F", name, "-f", file, shown_words=shown_words)
        except RunFailed:
            return []
        found = []
        for line in printed.decode("utf-8", "replace").splitlines():
            if line.startswith("# Host "):
                words = line.split()
                number = words[words.index("line") + 1] if "line" in words[:-1] else ""
                found.append((words[-1] if words[-1] in ("REVOKED", "CA") else "", number))
        return found


async def over_ssh(
    remote: Remote, settings: Sequence[GitSetting], programs: Programs, folder: Path
) -> list[Noted]:
    """Everything that ssh would use for a host, and what it passes over. Raises HeldBack, Stalled."""
    process = programs.process
    command, hidden = ssh_command(settings, process)
    view = _View(remote, SshReader(programs, folder), process)
    found = [
        view.noted("ssh command", Standing.IGNORED, f"{command.where} comes before it", one.where)
        for one in hidden
    ]
    name = os.path.basename(command.words[0]) if command.words else ""  # noqa: PTH119
    if command.where:
        because = "git starts this command of the user's instead of ssh"
        found.append(view.noted("ssh command", Standing.USED, because, command.where, is_note=True))
    if name not in ("ssh", "ssh.exe"):
        because = "what this command does for a host only running it would tell; modtrace does not"
        return [*found, view.noted("ssh command", Standing.ASKED, because, command.where)]
    if find_program(command.words[0], process.get("PATH", "")) is None and "/" not in command.words[0]:
        because = "there is no ssh in PATH: git cannot connect"
        return [*found, view.noted("ssh command", Standing.MISSING, because, "PATH")]
    try:
        effective = await view.reader.effective(command, remote)
    except RunFailed:
        because = "ssh refuses its settings: `ssh -G` fails"
        return [*found, view.noted("ssh config", Standing.IGNORED, because, "~/.ssh/config", remedy=Remedy(
            "See what it complains about:", (f"ssh -G {shown(remote.host)}",)))]  # fmt: skip
    found += view.config(effective)
    if not command.where:
        found += view.home_is_another()
    found += await view.agent(effective)
    found += await view.keys(effective)
    found += await view.host_key(effective)
    return found


class _View:
    """What is found for one host."""

    def __init__(self, remote: Remote, reader: SshReader, process: Mapping[str, str]) -> None:
        self.reader = reader
        self._remote = remote
        self._process = process
        self._agent_keys = 0

    def noted(
        self, kind: str, standing: Standing, because: str, where: str = "", seen: str = "",
        rule: str = "ssh_config(5), git(1)", remedy: Remedy | None = None, *, is_note: bool = False,
    ) -> Noted:  # fmt: skip
        place = shown(with_tilde(where, self.reader.home))
        use = CredentialUse(Whom.SSH, kind, standing, self._remote.place, because, place, shown(seen), rule)
        return Noted(use, remedy, is_note)

    def config(self, effective: Mapping[str, list[str]]) -> Iterator[Noted]:
        """User, host, port and the way there."""
        user, host, port = (effective.get(key, [""])[0] for key in ("user", "hostname", "port"))
        shown_user = "git" if user == "git" else MASK
        because = (
            f"ssh connects as {shown_user} to {safe_text(host, limit=200)}, port {safe_text(port, limit=8)}"
        )
        if not self._remote.user and shown_user != "git":
            because += (
                "; the URL names no user, so it is the one that is logged in, or that of ssh's settings"
            )
        yield self.noted("ssh config", Standing.USED, because, "ssh -G", is_note=True)
        for key, words in (("proxyjump", "through another host"), ("proxycommand", "through a command")):
            if (value := effective.get(key, ["none"])[0]) != "none":
                seen = _hosts(value) if key == "proxyjump" else MASK
                yield self.noted(
                    "ssh config", Standing.USED, f"ssh connects {words}", key, seen, is_note=True
                )

    def home_is_another(self) -> Iterator[Noted]:
        """HOME is not where ssh looks."""
        home = self._process.get("HOME", "")
        if not home or os.path.realpath(home) == os.path.realpath(self.reader.home):
            return
        if _has_files(f"{home}/.ssh"):
            because = "ssh does not look at HOME: it takes the home folder of the user database"
            remedy = Remedy("Name the files of HOME to ssh:", (
                'export GIT_SSH_COMMAND="ssh -i $HOME/.ssh/KEY -o UserKnownHostsFile=$HOME/.ssh/known_hosts"',
            ))  # fmt: skip
            yield self.noted(
                "ssh config", Standing.IGNORED, because, "$HOME/.ssh", rule="ssh(1) FILES", remedy=remedy
            )

    async def agent(self, effective: Mapping[str, list[str]]) -> list[Noted]:
        """The agent and how many keys it has."""
        named = effective.get("identityagent", ["SSH_AUTH_SOCK"])[0]
        rule = "ssh-agent(1), ssh_config(5) IdentityAgent"
        if named.lower() == "none":
            return [
                self.noted(
                    "agent", Standing.IGNORED, "IdentityAgent none: ssh asks no agent", "ssh -G", rule=rule
                )
            ]
        if named == "SSH_AUTH_SOCK":
            socket, where = self._process.get("SSH_AUTH_SOCK", ""), "SSH_AUTH_SOCK"
        else:
            socket = (
                self._process.get(named[1:], "") if named.startswith("$") else self.reader.expanded(named)
            )
            where = "IdentityAgent"
        if not socket:
            return [
                self.noted(
                    "agent", Standing.MISSING, f"{where} is not set: there is no agent", where, rule=rule
                )
            ]
        count = await self.reader.keys_in_agent(socket) if os.path.exists(socket) else None  # noqa: ASYNC240, PTH110
        if count is None:
            because = f"{where} names a socket where no agent answers"
            return [self.noted("agent", Standing.IGNORED, because, where, rule=rule)]
        if not count:
            return [self.noted("agent", Standing.MISSING, "the agent has no keys", where, rule="ssh-add(1)")]
        self._agent_keys = count
        because = "ssh offers the keys of the agent first"
        if effective.get("identitiesonly", ["no"])[0] == "yes":
            because = (
                "IdentitiesOnly: ssh offers only those of the agent's keys that are named in its settings"
            )
        keys = f"{count} key{'' if count == 1 else 's'}"
        return [self.noted("agent", Standing.USED, because, where, keys, rule)]

    async def keys(self, effective: Mapping[str, list[str]]) -> list[Noted]:
        """The identity files that are there, and whether ssh can use them without anybody's help."""
        found = []
        rule = "ssh_config(5) IdentityFile"
        for named in effective.get("identityfile", ()):
            file = self.reader.expanded(named)
            try:
                status = os.stat(file)  # noqa: PTH116
            except (OSError, ValueError):
                continue
            if status.st_uid == os.getuid() and status.st_mode & _UNSAFE:
                mode = f"mode {status.st_mode & 0o777:o}"
                because = "others may read it, so ssh ignores it"
                remedy = Remedy(
                    "Keep it to yourself:", (f"chmod 600 {shlex.quote(with_tilde(file, self.reader.home))}",)
                )
                found.append(self.noted("key", Standing.IGNORED, because, file, mode, "ssh(1) FILES", remedy))
            elif not os.access(file, os.R_OK):
                found.append(self.noted("key", Standing.IGNORED, "it may not be read", file, rule=rule))
            elif await self.reader.opens(file):
                because = "ssh offers it; whether the host accepts it, only a connection tells"
                found.append(self.noted("key", Standing.USED, because, file, rule=rule))
            elif self._agent_keys:
                because = "it has a passphrase, or is no key: it counts only if the agent has it"
                found.append(self.noted("key", Standing.ASKED, because, file, rule=rule))
            else:
                because = (
                    "it has a passphrase, or is no key, and there is no agent: nobody can be asked for it"
                )
                remedy = Remedy("Load it into an agent:", (
                    "eval $(ssh-agent)", f"ssh-add {shlex.quote(with_tilde(file, self.reader.home))}",
                ))  # fmt: skip
                found.append(
                    self.noted("key", Standing.IGNORED, because, file, rule="ssh-add(1)", remedy=remedy)
                )
        if not found:
            because = "none of the files that ssh would take is there"
            names = ", ".join(effective.get("identityfile", ()))
            advice: Remedy | None = None
            if not self._agent_keys:
                advice = Remedy(
                    "Make a key, and give its public half to the host:", ("ssh-keygen -t ed25519",)
                )
            found.append(self.noted("key", Standing.MISSING, because, "ssh -G", names, rule, advice))
        return found

    async def host_key(self, effective: Mapping[str, list[str]]) -> list[Noted]:
        """Whether the host is known."""
        name = effective.get("hostkeyalias", [""])[0] or effective.get("hostname", [self._remote.host])[0]
        port = effective.get("port", ["22"])[0]
        looked = name if "hostkeyalias" in effective else known_hosts_name(name, port)
        rule = "ssh_config(5) StrictHostKeyChecking, sshd(8)"
        files = [
            self.reader.expanded(file)
            for key in ("userknownhostsfile", "globalknownhostsfile")
            for value in effective.get(key, ())
            for file in value.split()
        ]
        entries = [
            (mark, f"{file}:{line}" if line else file)
            for file in files
            if os.path.isfile(file)  # noqa: ASYNC240, PTH113
            for mark, line in await self.reader.known(looked, file)
        ]
        revoked = next((where for mark, where in entries if mark == "REVOKED"), None)
        if revoked is not None:
            because = "a key of the host is marked @revoked: ssh refuses it"
            return [self.noted("known_hosts", Standing.IGNORED, because, revoked, rule=rule)]
        if entries:
            mark, where = entries[0]
            because = "the host is known" + (" by an authority that signs its key" if mark == "CA" else "")
            because += "; a changed key would be refused"
            return [self.noted("known_hosts", Standing.USED, because, where, rule=rule)]
        return [self._unknown(effective, name, port, files, rule)]

    def _unknown(
        self, effective: Mapping[str, list[str]], name: str, port: str, files: Sequence[str], rule: str
    ) -> Noted:
        checking = effective.get("stricthostkeychecking", ["ask"])[0].lower()
        if checking in ("accept-new", "no", "off", "false"):
            because = f"the host is not known; StrictHostKeyChecking {checking}: its key is taken as it comes"
            return self.noted("known_hosts", Standing.USED, because, files[0] if files else "", rule=rule)
        because = "the host is not known: without a terminal ssh ends with `Host key verification failed`"
        place = with_tilde(files[0], self.reader.home) if files else "~/.ssh/known_hosts"
        which = "" if port == "22" else f"-p {port} "
        believed = "believes whoever answers: compare the fingerprint with what the host publishes."
        if name != effective.get("hostname", [name])[0]:
            # HostKeyAlias: the host cannot be asked by the name that its key is looked up by.
            to = shlex.quote(f"ssh://git@{shown(self._remote.place)}")
            lines = (f"ssh -T -o StrictHostKeyChecking=accept-new {to}", f"ssh-keygen -lf {place}")
            remedy = Remedy("Make the host known:", lines, f"ssh then {believed}")
        else:
            lines = (f"ssh-keyscan {which}{shlex.quote(shown(name))} >> {place}", f"ssh-keygen -lf {place}")
            remedy = Remedy("Make the host known:", lines, f"ssh-keyscan {believed}")
        where = files[0] if files else "~/.ssh/known_hosts"
        return self.noted("known_hosts", Standing.MISSING, because, where, rule=rule, remedy=remedy)


def _has_files(folder: str) -> bool:
    with suppress(OSError):
        return bool(os.listdir(folder))  # noqa: PTH208
    return False


def _hosts(jumps: str) -> str:
    """The hosts of a ProxyJump, without users."""
    return ",".join(jump.rpartition("@")[2] for jump in jumps.split(","))
