"""git's settings as go's git has them: read, matched with a URL and evaluated by git itself.

Source: git-config(1) (--list -z --show-origin --show-scope, --get-urlmatch, GIT_CONFIG_COUNT, includeIf) and
git-credential(1). go runs git in a folder of the module cache, with GIT_DIR set to it: no settings of the
repository that one stands in, no ``includeIf "gitdir:…"`` of one's working folders. So does this reader, in a
repository that is empty.

Which of several ``http.<url>.*`` or ``credential.<url>.*`` count for a URL is found out by handing git the
same URLs with harmless keys or helpers of our own (``GIT_CONFIG_COUNT``), without the user's files: no helper
of the user's runs, and no rule of git's is written down here once more. None of it connects to anybody.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from probes.golang.redact import redact
from probes.golang.remembering import remember_settings
from probes.golang.shown import with_tilde
from probes.sources.programs import Programs, Question, RunFailed, git_environment

ASK_S = 10.0
"""How long a question to git or ssh may take that is answered on this machine."""
HELPER_S = 20.0
"""How long the user's credential helpers may take."""
_FROM_OUTSIDE = ("GIT_CONFIG",)
"""Variables that count for `git config` alone, and not for the git that connects."""


@dataclass(frozen=True, slots=True)
class GitSetting:
    """One line of a configuration, as git lists it."""

    name: str = field(repr=False)
    """Section and key in lower case, the middle as it was written: "url.ssh://git@host/.insteadof"."""
    value: str | None = field(repr=False)
    """None where there is not even a "="."""
    where: str
    """The file, with ~ for the home folder, or where else it comes from."""
    scope: str
    """ "system", "global", "local", "worktree", "command"."""

    @property
    def section(self) -> str:
        """What stands before the first dot."""
        return self.name.partition(".")[0]

    @property
    def key(self) -> str:
        """What stands behind the last dot."""
        return self.name.rpartition(".")[2]

    @property
    def subsection(self) -> str:
        """What stands between section and key: a URL; "" for none."""
        return self.name[len(self.section) + 1 : -len(self.key) - 1] if self.name.count(".") > 1 else ""


def settings_of(printed: bytes, home: str) -> list[GitSetting]:
    """What `git config --list -z --show-scope --show-origin` prints."""
    words = printed.decode("utf-8", "surrogateescape").split("\0")
    found = []
    for scope, origin, entry in zip(words[0::3], words[1::3], words[2::3], strict=False):
        name, equals, value = entry.partition("\n")
        kind, _, place = origin.partition(":")
        where = with_tilde(place, home) if kind == "file" else "the environment (GIT_CONFIG_COUNT)"
        found.append(GitSetting(name, value if equals else None, where, scope))
    return found


@dataclass(frozen=True, slots=True)
class HelperDialogue:
    """What git would ask its credential helpers, and which."""

    helpers: tuple[GitSetting, ...] = ()
    """In the order in which they are asked."""
    has_path: bool = False
    """Whether they are told the path (credential.useHttpPath)."""
    has_user: bool = False
    """Whether they are told a user name."""


class GitReader:
    """Asks the real git about its settings, in an empty folder."""

    def __init__(self, programs: Programs, folder: Path) -> None:
        self._programs = programs
        self._folder = folder
        self._home = programs.process.get("HOME", "")
        # An empty repository: in anything less git reads no file that is included under a condition.
        for name in ("objects", "refs"):
            (folder / name).mkdir(exist_ok=True)
        (folder / "HEAD").write_text("ref: refs/heads/main\n")

    async def _git(
        self, *arguments: str, given: bytes | None = None, seconds: float = ASK_S, folder: str = "",
        variables: Mapping[str, str] | None = None,
    ) -> bytes:  # fmt: skip
        """What git prints. Raises RunFailed, Stalled, HeldBack; nothing that it says is told."""
        process = {
            name: value
            for name, value in git_environment(self._programs.process).items()
            if name not in _FROM_OUTSIDE
        }
        if not folder:
            process |= {"GIT_DIR": str(self._folder)}
        process |= dict(variables or {})
        programs = replace(self._programs, seconds=seconds)
        shown = redact(" ".join(("git", *arguments)))
        words = ("git", *arguments)
        return await programs.ask(
            Question(words, shown, folder or str(self._folder), process, sets_pwd=True, given=given)
        )

    async def settings(self) -> list[GitSetting]:
        """All that counts for go's git, the later the stronger."""
        listing = await self._git("config", "--list", "--show-scope", "--show-origin", "-z")
        found = [setting for setting in settings_of(listing, self._home) if setting.scope != "local"]
        remember_settings((setting.name, setting.value or "") for setting in found)
        return found

    async def of_repository(self, folder: str) -> list[GitSetting]:
        """The settings of the repository around a folder, which do not count for go's git."""
        try:
            listing = await self._git(
                "config", "--local", "--list", "--show-scope", "--show-origin", "-z", folder=folder
            )
        except RunFailed:
            return []  # no repository, or none that git trusts
        return [replace(setting, where=f"{setting.where} of the repository here")
                for setting in settings_of(listing, self._home)]  # fmt: skip

    async def rewritten(self, url: str) -> str:
        """What git makes of a URL before it connects; it may be secret, so it is on no command line."""
        process = self._programs.process
        count = process.get("GIT_CONFIG_COUNT", "") or "0"
        if not count.isdecimal():
            count = "0"  # git refuses it, and says so
        variables = {f"GIT_CONFIG_KEY_{count}": "remote.modtrace.url", f"GIT_CONFIG_VALUE_{count}": url}
        variables["GIT_CONFIG_COUNT"] = str(int(count) + 1)
        printed = await self._git("ls-remote", "--get-url", "modtrace", variables=variables)
        return printed.decode("utf-8", "surrogateescape").removesuffix("\n")

    async def counting(
        self, url: str, settings: Sequence[GitSetting], many: Iterable[str]
    ) -> dict[str, list[GitSetting]]:
        """The ``http.*`` settings that count for a URL, by key; more than one only for the keys in ``many``.

        For those git takes each that fits no worse than all before it; an empty one drops what was there.
        """
        http = [setting for setting in settings if setting.section == "http"]
        if not http:
            return {}
        several = frozenset(many)
        pairs: list[tuple[str, str | None]] = [("http.always", "0")]  # git says 1 where nothing at all fits
        for number, setting in enumerate(http):
            middle = f"{setting.subsection}." if setting.subsection else ""
            if setting.key not in several:
                pairs.append((f"http.{middle}k{setting.key}", str(number)))
                continue
            later = range(number, len(http))
            pairs += [(f"http.{middle}m{to}", str(number)) for to in later if http[to].key == setting.key]
        printed = await self._git("config", "-z", "--get-urlmatch", "http", url, variables=_only(pairs))
        found: dict[str, list[GitSetting]] = {}
        for entry in printed.decode().split("\0")[:-1]:
            name, _, written = entry.partition("\n")
            setting = http[int(written)]
            if name.startswith("http.k"):
                found[setting.key] = [setting]
            elif name == f"http.m{written}":
                found.setdefault(setting.key, []).append(setting)
        for key in several & found.keys():
            kept: list[GitSetting] = []
            for setting in sorted(found[key], key=http.index):
                kept = [*kept, setting] if setting.value else []
            found[key] = kept
        return found

    async def helpers(self, url: str, settings: Sequence[GitSetting]) -> HelperDialogue:
        """Which helpers git would ask for a URL, in order, and with what.

        git runs a dialogue with helpers of ours that write down what they are asked and answer nothing.
        """
        mine = [setting for setting in settings if setting.section == "credential"]
        note = self._folder / "asked"
        pairs: list[tuple[str, str | None]] = []
        for number, setting in enumerate(mine):
            value = setting.value or ""
            if setting.key == "helper" and value:
                value = f'!{{ echo modtrace-helper={number}; cat; }} >>"$MODTRACE_NOTE"; :'
            pairs.append((setting.name, None if setting.value is None else value))
        with suppress(RunFailed):  # nobody answers
            await self._git(
                "credential", "fill", given=f"url={url}\n\n".encode("utf-8", "surrogateescape"),
                variables={**_only(pairs), "MODTRACE_NOTE": str(note)},
            )  # fmt: skip
        with suppress(OSError):
            lines = note.read_text(errors="surrogateescape").splitlines()
            note.unlink()
            asked = [line.partition("=") for line in lines]
            helpers = [mine[int(value)] for name, _, value in asked if name == "modtrace-helper"]
            names = {name for name, _, _ in asked}
            return HelperDialogue(tuple(helpers), "path" in names, "username" in names)
        return HelperDialogue()

    async def answered(self, url: str) -> bool:
        """Whether the user's own helpers have a user name and a password. What they say is forgotten."""
        try:
            said = await self._git(
                "credential", "fill", given=f"url={url}\n\n".encode("utf-8", "surrogateescape"),
                seconds=HELPER_S,
            )  # fmt: skip
        except RunFailed:
            return False
        return b"\npassword=" in b"\n" + said and b"\nusername=" in b"\n" + said


def _only(pairs: Sequence[tuple[str, str | None]]) -> Mapping[str, str]:
    """Variables by which git sees these settings and none of the user's; None is a name without "="."""
    bare = [name.replace("'", "'\\''") for name, value in pairs if value is None]
    valued = [(name, value) for name, value in pairs if value is not None]
    variables = {
        "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_COUNT": str(len(valued)),
        "GIT_CONFIG_PARAMETERS": " ".join(f"'{name}'" for name in bare),
    }  # fmt: skip
    for number, (name, value) in enumerate(valued):
        variables |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    return variables
