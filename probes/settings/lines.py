"""Changes as lines to copy: for shells, for `go env`, for images, CI and services.

Sources of the quoting rules: POSIX.1 XCU 2.2; fish "Quotes"; PowerShell about_Quoting_Rules (all three by
way of probes.diagnosis.catalogue_shells); cmd.exe `set "NAME=value"`, in which %, ! and the quote itself
cannot be protected; Dockerfile reference "Environment replacement" (between double quotes a backslash
protects \\, " and $); YAML 1.2 double-quoted scalars, of which JSON strings are a part, with ${{ … }} of
GitHub Actions and $ of GitLab CI on top; systemd.exec(5) Environment= and systemd.syntax(7), where % starts a
specifier; docker run --env-file, which takes everything after the first "=" as it stands.

What cannot be said safely in a form is a problem told in words, never a line that means something else. A
secret is masked: these lines are made to be shown and pasted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from probes.diagnosis.catalogue_shells import Shell, quoted_for
from probes.golang.environment import shown_value
from probes.golang.redact import MASK
from probes.golang.safetext import safe_text
from probes.settings.env_write import Changes, is_known, refusal_of


class Form(StrEnum):
    """What the lines are for."""

    SH = "sh"
    FISH = "fish"
    POWERSHELL = "powershell"
    CMD = "cmd"
    GO_ENV = "go-env"
    GO_ENV_CMD = "go-env-cmd"
    DOCKERFILE = "dockerfile"
    DOCKER_BUILD = "docker-build"
    ENV_FILE = "env-file"
    GITHUB = "github"
    GITLAB = "gitlab"
    SYSTEMD = "systemd"


TITLES: Mapping[Form, str] = {
    Form.SH: "bash, zsh, sh",
    Form.FISH: "fish",
    Form.POWERSHELL: "PowerShell",
    Form.CMD: "cmd.exe",
    Form.GO_ENV: "go env -w (sh, zsh, fish, PowerShell)",
    Form.GO_ENV_CMD: "go env -w (cmd.exe)",
    Form.DOCKERFILE: "Dockerfile",
    Form.DOCKER_BUILD: "docker build",
    Form.ENV_FILE: "docker run --env-file",
    Form.GITHUB: "GitHub Actions",
    Form.GITLAB: "GitLab CI",
    Form.SYSTEMD: "systemd unit",
}


@dataclass(frozen=True, slots=True)
class Snippet:
    """Changes in one form."""

    form: Form
    lines: tuple[str, ...]
    notes: tuple[str, ...] = ()
    """What has to be known to use them, in whole sentences."""
    problems: tuple[str, ...] = ()
    """Which changes are not in the lines, and why."""

    @property
    def title(self) -> str:
        """The form for people."""
        return TITLES[self.form]

    @property
    def text(self) -> str:
        """The lines for a clipboard, ending in a line feed; "" when there are none."""
        return "".join(line + "\n" for line in self.lines)


def snippet(changes: Changes, form: Form) -> Snippet:
    """The changes in one form; None as a value takes a variable away."""
    write = _WRITERS[form]
    said: list[tuple[str, str]] = []
    problems: list[str] = []
    masked: list[str] = []
    for name, value in changes.items():
        shown, is_masked = _masked(name, value)
        problem = _problem(form, name, shown)
        if problem:
            problems.append(problem)
            continue
        said.append((name, write(name, shown)))
        if is_masked:
            masked.append(name)
    notes = [*_notes(form, [name for name, _ in said])]
    if masked:
        notes.append(f"{MASK} stands for the secret in {', '.join(masked)}: put it in by hand, or use netrc.")
    return Snippet(form, tuple(_framed(form, [line for _, line in said])), tuple(notes), tuple(problems))


def snippets(changes: Changes) -> tuple[Snippet, ...]:
    """The changes in every form."""
    return tuple(snippet(changes, form) for form in Form)


def _masked(name: str, value: str | None) -> tuple[str | None, bool]:
    if value is None:
        return None, False
    shown = shown_value(name, value)
    return shown.text, bool(shown.secrets)


# -- what cannot be said ------------------------------------------------------------------------------------

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SPOILS_CMD = re.compile(r"[\"%!^]|[^ -~]")


def _problem(form: Form, name: str, value: str | None) -> str | None:
    if not _NAME.fullmatch(name):
        return f"{safe_text(name, limit=60)!r} is no name of a variable."
    text = value or ""
    if safe_text(text) != text:
        return f"{name} holds characters that do not survive copying: {safe_text(text, limit=80)}"
    if form in (Form.GO_ENV, Form.GO_ENV_CMD):
        complaint = refusal_of(name, text, is_known=is_known(name))
        if complaint:
            return f"go env refuses {name}: {complaint}."
    if form in (Form.CMD, Form.GO_ENV_CMD) and (spoils := _SPOILS_CMD.search(text)):
        return f"{name}: cmd.exe has no safe way to write {spoils[0]}."
    if form is Form.GO_ENV and (spoils := re.search(r"['‘’‚‛\"\\]", text)):
        return f"{name}: no quoting of {spoils[0]} means the same in all these shells."
    if form is Form.ENV_FILE and (text != text.strip() or re.search(r"[\"'`#$\\]", text)):
        return f"{name}: programs that read such files disagree about the blanks, quotes, # or $ in it."
    return None


# -- one change in each form --------------------------------------------------------------------------------

_BARE = re.compile(r"[A-Za-z0-9_./:,+@-]+")
"""Means itself in sh, zsh and fish, also where a tilde or an = would be looked at."""


def _word(shell: Shell, text: str) -> str:
    """One word of a shell, in single quotes unless it plainly needs none."""
    if _BARE.fullmatch(text) and shell is not Shell.POWERSHELL:
        return text
    quoted = quoted_for(shell, text)
    return quoted if quoted.startswith("'") else f"'{quoted}'"


def _sh(name: str, value: str | None) -> str:
    return f"unset {name}" if value is None else f"export {name}={_word(Shell.POSIX, value)}"


def _fish(name: str, value: str | None) -> str:
    return f"set -e {name}" if value is None else f"set -gx {name} {_word(Shell.FISH, value)}"


def _powershell(name: str, value: str | None) -> str:
    if value is None:
        return f"Remove-Item Env:{name} -ErrorAction Ignore"
    return f"$env:{name} = {_word(Shell.POWERSHELL, value)}"


def _cmd(name: str, value: str | None) -> str:
    return f'set "{name}={value or ""}"'


def _go_env(name: str, value: str | None) -> str:
    return f"go env -u {name}" if value is None else f"go env -w '{name}={value}'"


def _go_env_cmd(name: str, value: str | None) -> str:
    return f"go env -u {name}" if value is None else f'go env -w "{name}={value}"'


def _dockerfile(name: str, value: str | None) -> str:
    escaped = re.sub(r'([\\"$])', r"\\\1", value or "")
    return f'ENV {name}="{escaped}"'


def _docker_build(name: str, value: str | None) -> str:
    return f"--build-arg {name}={_word(Shell.POSIX, value) if value else ''}"


def _env_file(name: str, value: str | None) -> str:
    return f"{name}={value or ''}"


def _yaml(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _github(name: str, value: str | None) -> str:
    # An expression that yields its own opening stands for it.
    return f"{name}: {_yaml((value or '').replace('${{', _OPENING))}"


_OPENING = "${{ '${{' }}"


def _gitlab(name: str, value: str | None) -> str:
    return f"{name}: {_yaml((value or '').replace('$', '$$'))}"


def _systemd(name: str, value: str | None) -> str:
    if value is None:
        return f"UnsetEnvironment={name}"
    escaped = re.sub(r'([\\"])', r"\\\1", value).replace("%", "%%")
    return f'Environment="{name}={escaped}"'


_WRITERS: Mapping[Form, Callable[[str, str | None], str]] = {
    Form.SH: _sh,
    Form.FISH: _fish,
    Form.POWERSHELL: _powershell,
    Form.CMD: _cmd,
    Form.GO_ENV: _go_env,
    Form.GO_ENV_CMD: _go_env_cmd,
    Form.DOCKERFILE: _dockerfile,
    Form.DOCKER_BUILD: _docker_build,
    Form.ENV_FILE: _env_file,
    Form.GITHUB: _github,
    Form.GITLAB: _gitlab,
    Form.SYSTEMD: _systemd,
}


# -- what stands around them --------------------------------------------------------------------------------


def _framed(form: Form, lines: list[str]) -> Iterator[str]:
    if not lines:
        return
    match form:
        case Form.GITHUB:
            yield "env:"
        case Form.GITLAB:
            yield "variables:"
        case Form.SYSTEMD:
            yield "[Service]"
        case Form.DOCKER_BUILD:
            yield " ".join(["docker build", *lines, "."])
            return
        case _:
            pass
    indent = "  " if form in (Form.GITHUB, Form.GITLAB) else ""
    yield from (indent + line for line in lines)


def _notes(form: Form, names: list[str]) -> Iterator[str]:
    if not names:
        return
    match form:
        case Form.DOCKER_BUILD:
            wanted = ", ".join(f"ARG {name}" for name in names)
            yield f"The Dockerfile has to say {wanted} in the stage that runs go."
        case Form.DOCKERFILE:
            yield "ENV stays in the image and in its history: it is no place for a password."
        case Form.GO_ENV | Form.GO_ENV_CMD:
            yield "A variable of the process goes on winning over what go env -w writes."
        case Form.SH | Form.FISH | Form.POWERSHELL | Form.CMD:
            yield "It holds for this shell and what is started from it."
        case _:
            pass
