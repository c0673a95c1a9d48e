"""Findings about the user's go/env file: lines that go ignores, values that are not what they look like.

Source: cmd/go/internal/cfg readEnvFile. `go env -w` writes the file well; people and deployment tools write
it like a shell script, with quotes, comments, "export" and blanks, none of which it knows.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from probes.diagnosis.about import About, Span
from probes.diagnosis.findings import Finding, Level
from probes.diagnosis.lint_names import unknown_variable
from probes.diagnosis.remedies import can_be_written, edit_line, set_line, unset_line
from probes.golang.env_file import EnvFile, Line
from probes.golang.environment import Environment, Source
from probes.golang.redact import redact
from probes.golang.variables import KNOWN_ENV, VARIABLE

READ = "cmd/go/internal/cfg/cfg.go readEnvFile"

PRIVACY = frozenset({"GOPRIVATE", "GONOPROXY", "GONOSUMDB"})

_ASSIGNMENT = re.compile(
    r"(?P<bom>\ufeff)?(?P<indent>[ \t]*)(?P<export>(?:export|set|setenv|declare -x)[ \t]+)?"
    r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<gap>[ \t]*)(?P<equals>=?)[ \t]*(?P<value>.*?)[ \t\r]*$",
    re.DOTALL,
)
_WRAPPED_IN_QUOTES = re.compile(r"\s*[\"'“‘`].*[\"'”’`]\s*", re.DOTALL)


def lint_settings_file(environment: Environment) -> Iterator[Finding]:
    """All findings about the user's file."""
    file = environment.user_file
    if file is None:
        return
    if file.problem is not None:
        yield About(environment, "GOENV").find(
            "settings-file.unreadable", Level.WARNING,
            f"{file.path} cannot be read ({file.problem}). go says nothing and goes on without it.",
            rule=READ,
        )  # fmt: skip
    elif (
        environment.setting("GOENV").source is not Source.DEFAULT
        and file.path in environment.facts.missing_paths
    ):
        yield About(environment, "GOENV").find(
            "settings-file.missing", Level.WARNING,
            f"GOENV names {file.path}, and there is no such file. go says nothing and goes on without it.",
            rule=READ,
        )  # fmt: skip
    for line in file.lines:
        if line.key is None:
            yield from _ignored_line(environment, file, line)
        else:
            yield from _counted_line(environment, file, line)
    yield from _carriage_returns(file)
    yield from _values(environment, file)


# --- Lines that go ignores.

_WHY_IGNORED = {
    "bom": "begins with a byte order mark, which go takes as part of the line",
    "export": 'begins with "{0}", as in a shell script',
    "indent": "begins with a blank",
    "lower-case": "begins with a small letter",
    "no-equals": 'has no "="',
}


def _ignored_line(environment: Environment, file: EnvFile, line: Line) -> Iterator[Finding]:
    match = _ASSIGNMENT.fullmatch(line.text)
    if match is None or not line.text.strip() or line.text.lstrip().startswith("#"):
        return
    name = match["name"].upper()
    if name not in KNOWN_ENV and name not in VARIABLE:
        return
    if match["bom"]:
        kind = "bom"
    elif not match["equals"]:
        kind = "no-equals"
    elif match["export"]:
        kind = "export"
    else:
        kind = "indent" if match["indent"] else "lower-case"
    why = _WHY_IGNORED[kind].format((match["export"] or "").strip())
    yield _silent(environment, file, line, f"settings-file.{kind}", name, match["value"], f"it {why}")


def _silent(
    environment: Environment, file: EnvFile, line: Line, finding_id: str, name: str, value: str, why: str
) -> Finding:
    """A line that looks like a setting and does nothing."""
    value = _without_comment(_unquoted(value))
    where = file.where(line)
    is_known = name in environment.settings
    in_force = is_known and environment.get(name) == value
    level = Level.ERROR if name in PRIVACY and value else Level.WARNING
    if in_force:
        level = Level.INFO
    message = f"go ignores {where}, which seems to set {name}: {why}."
    mend = edit_line(where, f"{name}={value}")
    if can_be_written(environment, name):
        mend = f"go env -w {name}={shlex.quote(value)}"
    return Finding(
        id=finding_id,
        level=level,
        variable=name if is_known else None,
        message=redact(message),
        remedy=() if in_force else (redact(mend),),
        rule=READ,
    )


def _unquoted(value: str) -> str:
    return value.strip()[1:-1] if _WRAPPED_IN_QUOTES.fullmatch(value) and len(value.strip()) > 1 else value


def _without_comment(value: str) -> str:
    return re.sub(r"\s+#.*$", "", value, flags=re.DOTALL)


# --- Lines that count.


def _counted_line(environment: Environment, file: EnvFile, line: Line) -> Iterator[Finding]:
    key = line.key or ""
    name = key.strip()
    where = file.where(line)
    if name != key and (name in KNOWN_ENV or name in VARIABLE):
        why = f'the blank before "=" makes it set a variable called "{key}"'
        yield _silent(
            environment, file, line, "settings-file.blank-before-equals", name, line.value.strip(), why
        )
        return
    if key in VARIABLE and not VARIABLE[key].files_allowed:
        message = f"go never reads {key} from a file: {where} does nothing."
        value = _unquoted(line.value.strip())
        yield Finding(
            id="settings-file.never-read",
            level=Level.WARNING,
            variable=key,
            message=message,
            remedy=(redact(f"export {key}={shlex.quote(value)}"),) if key != "GOVERSION" else (),
            rule="cmd/go/internal/cfg/cfg.go Getenv",
        )
    elif key not in KNOWN_ENV:
        yield unknown_variable(key, f"{where} sets {redact(key)}", always=True)
        return
    hidden = [other for other in file.entries(key)[1:] if other == line]
    if hidden and line.value != file.entries(key)[0].value:
        counts = file.where(file.entries(key)[0])
        yield Finding(
            id="settings-file.duplicate",
            level=Level.WARNING,
            variable=key if key in VARIABLE else None,
            message=f"{where} does nothing: {counts} sets {key} again, and the last line counts.",
            rule=READ,
        )


def _carriage_returns(file: EnvFile) -> Iterator[Finding]:
    lines = [line for line in file.lines if line.key is not None and line.text.endswith("\r")]
    if lines:
        places = ", ".join(str(line.number) for line in lines[:5]) + (", …" if len(lines) > 5 else "")
        yield Finding(
            id="settings-file.carriage-return",
            level=Level.WARNING,
            variable=None,
            message=f"{file.path} has Windows line ends (line {places}): go keeps the carriage return at "
            "the end of every value.",
            remedy=(f"sed -i 's/\\r$//' {shlex.quote(file.path)}",),
            rule=READ,
        )


# --- Values from the file that count.

_TRIMMED_BY_GO = frozenset({"GOPROXY", "GOVCS", "GOAUTH", "GOFLAGS", "GODEBUG"})
_HAVE_RULES_OF_THEIR_OWN = frozenset({"GOPROXY", "GOSUMDB", "GOINSECURE", *PRIVACY})


def _values(environment: Environment, file: EnvFile) -> Iterator[Finding]:
    for setting in environment.settings.values():
        if setting.source is not Source.GOENV or not file.entries(setting.name):
            continue
        about = About(environment, setting.name)
        if not setting.value:
            yield from _masked(about)
        elif setting.name not in _HAVE_RULES_OF_THEIR_OWN:
            yield from _decorated(about)


def _masked(about: About) -> Iterator[Finding]:
    """An empty line that hides what go.env says."""
    hidden = next((value for value in about.setting.shadowed if value.value), None)
    if hidden is None:
        return
    fails = {
        "GOPROXY": "every lookup fails: GOPROXY list is not the empty string, but contains no entries",
        "GOSUMDB": "every download that is not in go.sum yet fails: missing GOSUMDB",
        "GOTOOLCHAIN": "no other toolchain is ever selected",
    }
    effect = fails.get(about.name, "the variable counts as not set")
    yield about.find(
        "settings-file.masks-go-env",
        Level.ERROR if about.name in ("GOPROXY", "GOSUMDB") else Level.WARNING,
        f"{about.setting.where} sets {about.name} to nothing, which hides {hidden.value} "
        f"({hidden.where}): {effect}.",
        Span(0, 0), remedy=[unset_line(about.environment, about.name)],
        rule="cmd/go/internal/cfg/cfg.go initEnvCache",
    )  # fmt: skip


def _decorated(about: About) -> Iterator[Finding]:
    """Quotes, comments and blanks that became part of a value."""
    value = about.value
    text = value.rstrip("\r")
    if about.name != "GOFLAGS" and _WRAPPED_IN_QUOTES.fullmatch(text):
        yield _plain(about, "quotes", "A settings file knows no quotes: they are part of the value.",
                     Span.of(text), _unquoted(text))  # fmt: skip
    elif match := re.search(r"\s+#.*$", text):
        yield _plain(about, "comment", "A settings file knows no comments behind a value; this is part.",
                     Span.of(match[0], match.start()), text[: match.start()])  # fmt: skip
    elif text != text.strip() and about.name not in _TRIMMED_BY_GO:
        start = 0 if text[0].isspace() else len(text.rstrip())
        yield _plain(about, "blank", "Blanks at the ends of a value are part of it.",
                     Span(start, start + 1), text.strip())  # fmt: skip


def _plain(about: About, kind: str, words: str, span: Span, meant: str) -> Finding:
    return about.find(
        f"settings-file.{kind}", Level.WARNING, f"{words} ({about.setting.where})", span,
        remedy=[set_line(about.environment, about.name, meant)], rule=READ,
    )  # fmt: skip
