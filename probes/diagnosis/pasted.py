"""Commands and settings out of a blog, a Dockerfile or a CI file, read as the shell in question would.

A value that is copied from a page breaks twice: the page changes characters (typographic quotes, full-width
commas), and the shell changes the value (cmd keeps quotes, a POSIX shell ends it at "|" or at a blank). So
each line is read with the rules of its own shell, and what go would get is judged by the same lint as a real
environment (pasted_lint). Everything points back at a column of the pasted line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from probes.diagnosis.lint_names import meant
from probes.diagnosis.pasted_lines import (
    NAME,
    Assignment,
    Form,
    Place,
    Slip,
    is_known,
    stretches,
    windows_form,
)
from probes.diagnosis.pasted_words import DOCKERFILE, POSIX, POWERSHELL, Grammar, Word, words
from probes.golang.variables import KNOWN_ENV, VARIABLE


def read(text: str) -> tuple[list[Assignment], list[Slip]]:
    """What the lines of a text set, and where a shell would not do what is meant."""
    assignments: list[Assignment] = []
    slips: list[Slip] = []
    windows = windows_form(text)
    for place in stretches(text):
        for found in _read_stretch(place, windows):
            if isinstance(found, Slip):
                slips.append(found)
            else:
                assignments.append(found)
    return assignments, slips


# --- Reading one stretch

_GO_ENV_W = re.compile(r"go(?:\.exe)?\s+env\s+(?:--?\w+\s+)*--?w(?=\s)")
_GO_ENV_OTHER = re.compile(
    rf"go(?:\.exe)?\s+env\s+(?P<flag>[–—−‐‑－]+\s?w\s+|)(?P<name>{NAME})=(?=\S)", re.IGNORECASE
)
_PS_PROMPT = re.compile(r"\s*(?:[-*+]\s+)?`{0,3}PS(?: [^>\n]{0,80})?>", re.IGNORECASE)
_EXPORT = re.compile(rf"export\s+(?P<name>{NAME})=(?P<value>\S*)")
_FISH_SET = re.compile(r"set\s+(?:-\w+\s+|--\w+\s+)+")
_CMD_SET = re.compile(rf"set\s+(?P<quote>\"?)(?P<name>{NAME})(?P<gap>\s*)=(?P<value>.*)$", re.IGNORECASE)
_SETX = re.compile(
    rf"setx\s+(?:/M\s+)?(?P<name>{NAME})(?P<between>\s+|\s*=\s*)(?P<value>.*?)(?:\s+/M)?\s*$", re.IGNORECASE
)
_PS_SET = re.compile(rf"\$(?P<env>env:)?(?P<name>{NAME})\s*=\s*", re.IGNORECASE)
_PS_NET = re.compile(
    rf"\[(?:System\.)?Environment\]::SetEnvironmentVariable\(\s*[\"'](?P<name>{NAME})[\"']\s*,\s*",
    re.IGNORECASE,
)
_YAML = re.compile(rf"(?:-\s+)?[\"']?(?P<name>{NAME})[\"']?\s*:\s+(?P<value>\S.*?)\s*,?\s*$")
_CSH = re.compile(rf"setenv\s+(?P<name>{NAME})(?P<equals>=?)\s*")
_DOCKER_OLD = re.compile(rf"ENV\s+(?P<name>{NAME})\s+(?!=)(?P<value>\S.*?)\s*$")


def _read_stretch(place: Place, windows: Form | None) -> Iterator[Assignment | Slip]:
    text, start = place.text, place.start
    rest = text[start:]
    if match := _GO_ENV_W.match(text, start):
        yield from _go_env(place, match.end(), windows)
    elif match := _GO_ENV_OTHER.match(text, start):
        yield from _go_env_without_w(place, match)
    elif _PS_PROMPT.match(text) and (match := _CMD_SET.match(text, start) or _EXPORT.match(text, start)):
        yield from _foreign_to_powershell(place, match)
    elif _FISH_SET.match(text, start):
        yield from _fish(place)
    elif match := _CSH.match(text, start):
        yield from _csh(place, match)
    elif match := _SETX.match(text, start):
        yield from _setx(place, match)
    elif match := _CMD_SET.match(text, start):
        yield from _cmd_set(place, match)
    elif (match := _PS_NET.match(text, start)) or (match := _PS_SET.match(text, start)):
        yield from _powershell(place, match)
    elif rest.startswith("ENV ") and (match := _DOCKER_OLD.match(text, start)) and "=" not in match["name"]:
        yield from _whole_value(place, match, Form.DOCKERFILE)
    elif rest.startswith(("ENV ", "ARG ")):
        yield from _shell_words(place, start + 4, DOCKERFILE, Form.DOCKERFILE)
    elif match := _YAML.match(text, start):
        yield from _yaml(place, match)
    else:
        if match := re.match(r"RUN\s+export\s", rest):
            yield from _lost_export(place, match)
        head = re.match(r"RUN\s+", rest)
        form = Form.EXPORT if re.match(r"(?:RUN\s+)?(?:export|declare|typeset)\s", rest) else Form.ASSIGN
        yield from _shell_words(place, start + (head.end() if head else 0), POSIX, form)


def _slip(place: Place, slip_id: str, name: str, message: str, start: int, end: int, **more: object) -> Slip:
    value, form = str(more.get("meant", "")), more.get("form", Form.EXPORT)
    return Slip(
        f"pasted.{slip_id}", name, message, place.number, place.source, start, max(end, start + 1), value,
        form if isinstance(form, Form) else Form.EXPORT, bool(more.get("is_error", True)),
    )  # fmt: skip


def _assignment(place: Place, name: str, word: Word, form: Form, start: int) -> Assignment:
    return Assignment(
        name,
        word.text,
        form,
        place.number,
        place.source,
        start,
        word.places,
        word.expands or "<" in word.text,
    )


def _raw(text: str, start: int, end: int) -> Word:
    """A stretch of a line as it stands."""
    return Word(text[start:end], tuple(range(start, end + 1)), start, end)


def _shell_words(place: Place, start: int, grammar: Grammar, form: Form) -> Iterator[Assignment | Slip]:
    """NAME=value among the words of a command."""
    line = words(place.text, start, grammar)
    for at, word in enumerate(line):
        if word.operator:
            continue
        parts = word.partition()
        if parts is None or not re.fullmatch(NAME, parts[0]) or not is_known(parts[0]):
            yield from _blank_before_equals(place, line, at, form)
            continue
        name, value = parts
        yield from _broken_value(place, line, at, name, value, form)
        yield _assignment(place, name, value, form, word.start)


def _blank_before_equals(place: Place, line: list[Word], at: int, form: Form) -> Iterator[Slip]:
    """`export GOPROXY = value`: three words, of which the shell takes none as it is meant."""
    word = line[at]
    behind = line[at + 1] if at + 1 < len(line) else None
    if behind is None or behind.operator or not behind.text.startswith("=") or word.text not in VARIABLE:
        return
    value = behind.text[1:] or (line[at + 2].text if at + 2 < len(line) else "")
    message = (
        f"No blank may stand before or behind the = of {word.text}: as it stands the variable is not set."
    )
    yield _slip(place, "blank", word.text, message, word.end, behind.start + 1, meant=value, form=form)


_ENTRY = re.compile(r"(?:direct|off|none)\b|https?:|file:|[\w*-]+\.[\w.*-]+|[,|]")


def _broken_value(
    place: Place, line: list[Word], at: int, name: str, value: Word, form: Form
) -> Iterator[Slip]:
    """A value that the shell ends before it is meant to end."""
    if value.unclosed is not None:
        message = f"The quote that begins here never ends, so the shell waits for more and sets no {name}."
        yield _slip(
            place, "quote", name, message, value.unclosed, value.unclosed + 1, meant=value.text, form=form
        )
        return
    behind = line[at + 1] if at + 1 < len(line) else None
    if behind is None or value.quoted:
        return
    after = line[at + 2] if at + 2 < len(line) else None
    if behind.operator:
        if behind.text in "|;&" and after is not None and not after.operator and _ENTRY.match(after.text):
            what = {"|": "a pipe", ";": "the end of the command", "&": "a background job"}[behind.text]
            separator = behind.text if behind.text == "|" else ","
            message = (
                f'Without quotes the shell takes "{behind.text}" for {what}: {name} becomes '
                f"{value.text or 'empty'}, and {after.text} is run as a command."
            )
            whole = f"{value.text}{separator}{after.text}"
            yield _slip(place, "operator", name, message, behind.start, behind.end, meant=whole, form=form)
        return
    continues = value.text.endswith((",", "|", "，")) or behind.text[:1] in ",|"
    in_list = form in (Form.EXPORT, Form.GO_ENV, Form.DOCKERFILE) and "=" not in behind.text
    if continues or (in_list and _ENTRY.match(behind.text) and name in VARIABLE and name.startswith("GO")):
        message = (
            f"The blank ends the value: {name} becomes {value.text}, and {behind.text} is a word of its own."
        )
        whole = f"{value.text}{'' if continues else ','}{behind.text}"
        yield _slip(place, "blank-in-value", name, message, value.end, behind.start, meant=whole, form=form)


def _lost_export(place: Place, match: re.Match[str]) -> Iterator[Slip]:
    start = place.start + match.start()
    name = re.match(NAME, place.text[place.start + match.end() :])
    if name and is_known(name[0]) and "&&" not in place.text:
        message = (
            f"A RUN line ends its shell: {name[0]} is forgotten before the next line. Write ENV, or ARG."
        )
        yield _slip(
            place, "run-export", name[0], message, start, place.start + match.end() - 1, is_error=False
        )


# --- go env -w

_READ_ONLY = frozenset(
    {"GOEXE", "GOGCCFLAGS", "GOHOSTARCH", "GOHOSTOS", "GOMOD", "GOROOT", "GOTOOLDIR", "GOVERSION", "GOWORK"}
)
_PROCESS_ONLY = frozenset({"GODEBUG", "GOENV"})


def _go_env(place: Place, start: int, windows: Form | None) -> Iterator[Assignment | Slip]:
    """Source of the complaints: cmd/go/internal/envcmd runEnvW and checkEnvWrite."""
    grammar = POWERSHELL if windows is Form.POWERSHELL else POSIX
    line = words(place.text, start, grammar)
    for at, word in enumerate(line):
        if word.operator:
            break
        parts = word.partition()
        if parts is None or not re.fullmatch(NAME, parts[0]):
            if at == 0 or not line[at - 1].text.endswith((",", "|", "，")):
                yield from _no_equals(place, line, at)
            break
        name, value = parts
        if (complaint := _cannot_write(name)) is not None:
            yield _slip(
                place, "cannot-write", name, f"go env -w fails: {complaint}",
                word.start, word.start + len(name), form=Form.GO_ENV,
            )  # fmt: skip
            continue
        yield from _broken_value(place, line, at, name, value, Form.GO_ENV)
        yield _assignment(place, name, value, Form.GO_ENV, word.start)


def _go_env_without_w(place: Place, match: re.Match[str]) -> Iterator[Slip]:
    """`go env NAME=value`, which reads, and `–w` with a dash that is none: cmd/go/internal/envcmd runEnv."""
    name = match["name"]
    if not is_known(name):
        return
    value = words(place.text, match.end(), POSIX)
    meant_value = value[0].text if value and not value[0].operator else ""
    if flag := match["flag"].strip():
        start = match.start("flag")
        what = f'The dash of "{flag}" is a typographic one, so go takes it for a name and sets nothing.'
        yield _slip(place, "dash", name, what, start, start + len(flag), meant=meant_value, form=Form.GO_ENV)
        return
    message = f"Without -w `go env` only shows variables and sets nothing: it looks for one named {name}=…"
    yield _slip(place, "no-w", name, message, match.start("name"), match.end(),
                meant=meant_value, form=Form.GO_ENV)  # fmt: skip


def _foreign_to_powershell(place: Place, match: re.Match[str]) -> Iterator[Slip]:
    """`set NAME=value` and `export` at PowerShell's prompt."""
    name = match["name"].upper()
    if not is_known(name):
        return
    first = match[0].split()[0]
    if first.lower() == "set":
        message = (
            f"In PowerShell `set` makes a variable of PowerShell's own: {name} of the environment is not set."
        )
    else:
        message = f"PowerShell knows no `{first}`: {name} is not set."
    value = match["value"].strip().strip("\"'")
    yield _slip(place, "powershell-set", name, message, match.start(), match.start() + len(first),
                meant=value, form=Form.POWERSHELL)  # fmt: skip


def _cannot_write(name: str) -> str | None:
    """Why go env -w refuses a variable, in go's words and perhaps a hint; None when it does not."""
    if name in _READ_ONLY:
        return f"{name} cannot be modified."
    if name in _PROCESS_ONLY:
        return f"{name} can only be set using the OS environment."
    if name in KNOWN_ENV:
        return None
    near = meant(name)
    if name in VARIABLE:
        hint = " It is read from the process alone: export it."
    else:
        hint = f" Did you mean {near}?" if near and near != name else ""
    return f"unknown go command variable {name}.{hint}"


def _no_equals(place: Place, line: list[Word], at: int) -> Iterator[Slip]:
    word = line[at]
    name = word.text if word.text in VARIABLE else ""
    if name:
        value = "".join(other.text for other in line[at + 1 : at + 3] if not other.operator).removeprefix("=")
        message = f"go env -w fails: arguments must be KEY=VALUE: invalid argument: {name}."
        yield _slip(place, "no-equals", name, message, word.start, word.end, meant=value, form=Form.GO_ENV)
    elif at:
        name = line[at - 1].text.partition("=")[0]
        if _ENTRY.match(word.text):
            return
        message = f"go env -w fails: arguments must be KEY=VALUE: invalid argument: {word.text}."
        yield _slip(place, "no-equals", name, message, word.start, word.end, form=Form.GO_ENV)


# --- fish, csh, cmd, setx, PowerShell, Dockerfile, YAML


def _fish(place: Place) -> Iterator[Assignment | Slip]:
    line = words(place.text, place.start, POSIX)
    options = [word for word in line[1:] if word.text.startswith("-")]
    rest = [word for word in line[1:] if not word.text.startswith("-") and not word.operator]
    if not rest:
        return
    name, values = rest[0], rest[1:]
    if parts := name.partition():
        if is_known(parts[0]):
            message = f"fish takes {name.text} for the name of a variable: write a blank instead of the =."
            yield _slip(
                place, "fish-equals", parts[0], message, parts[1].start - 1, parts[1].start,
                meant=parts[1].text, form=Form.FISH,
            )  # fmt: skip
        return
    if not is_known(name.text) or not values:
        return
    exported = any(re.fullmatch(r"-[a-zA-Z]*x[a-zA-Z]*|--export", word.text) for word in options)
    if not exported:
        message = f"Without -x fish keeps {name.text} to itself: go never sees it."
        yield _slip(place, "fish-not-exported", name.text, message, options[0].start, options[0].end,
                    meant=values[0].text, form=Form.FISH)  # fmt: skip
    if len(values) > 1 and name.text.startswith("GO"):
        message = (
            f"fish makes a list of the words, and go gets them with blanks between: {name.text} is one word."
        )
        whole = ",".join(word.text.strip(",") for word in values)
        yield _slip(place, "blank-in-value", name.text, message, values[0].end, values[1].start,
                    meant=whole, form=Form.FISH)  # fmt: skip
        return
    yield _assignment(place, name.text, values[0], Form.FISH, name.start)


def _csh(place: Place, match: re.Match[str]) -> Iterator[Assignment | Slip]:
    name = match["name"]
    line = words(place.text, match.end(), POSIX)
    if not is_known(name) or not line:
        return
    if match["equals"]:
        message = "setenv takes a blank between name and value, not an =."
        yield _slip(place, "setenv-equals", name, message, match.start("equals"), match.end("equals"),
                    meant=line[0].text, form=Form.CSH)  # fmt: skip
    yield _assignment(place, name, line[0], Form.CSH, match.start("name"))


def _cmd_set(place: Place, match: re.Match[str]) -> Iterator[Assignment | Slip]:
    """cmd takes everything behind the = as it stands, quotes and blanks included."""
    name = match["name"].upper()
    if not is_known(name) or match["name"].islower():
        return
    start, end = match.span("value")
    if _is_sentence(place, match):
        # "Set GOSUMDB=off for private modules": a verb, no command.
        end = start + len(
            match["value"].split(maxsplit=1)[0].rstrip(".,;:!?)") if match["value"].split() else ""
        )
        yield _assignment(place, name, _raw(place.text, start, end), Form.ASSIGN, match.start("name"))
        return
    if match["gap"]:
        message = (
            f'cmd takes the blank before the = for a part of the name: "{match["name"]} " is set, not {name}.'
        )
        yield _slip(place, "blank", name, message, match.start("gap"), match.end("gap"),
                    meant=match["value"].strip(), form=Form.CMD)  # fmt: skip
        return
    if match["quote"] and '"' in match["value"]:
        end = start + match["value"].rindex('"')
    else:
        stop = re.search(r"\s*(?:&|(?<!\^)[<>])", match["value"])
        end = start + stop.start() if stop else end
    value = _raw(place.text, start, end)
    pipe = re.search(r"(?<!\^)\|", value.text)
    if pipe and not match["quote"] and value.text[:1] != '"':
        at = start + pipe.start()
        message = (
            f'Without quotes cmd takes "|" for a pipe, and {name} is not set. Put the whole pair in quotes.'
        )
        yield _slip(place, "operator", name, message, at, at + 1, meant=value.text, form=Form.CMD)
        return
    yield _assignment(place, name, value, Form.CMD, match.start("name"))


def _is_sentence(place: Place, match: re.Match[str]) -> bool:
    """Whether `set` is the verb of a sentence."""
    words_behind = match["value"].split()[1:]
    in_words = len(words_behind) > 1 and all(
        re.fullmatch(r"[\w'-]+[.,;:!?)]*", word) for word in words_behind
    )
    return not match["gap"] and (place.is_prose or match[0].startswith("Set") or in_words)


def _setx(place: Place, match: re.Match[str]) -> Iterator[Assignment | Slip]:
    name = match["name"].upper()
    if not is_known(name):
        return
    if "=" in match["between"]:
        message = "setx takes a blank between name and value, not an =."
        at = match.start("between") + match["between"].index("=")
        yield _slip(
            place, "setx-equals", name, message, at, at + 1, meant=match["value"].strip('"'), form=Form.SETX
        )
        return
    start, end = match.span("value")
    if place.text[start : start + 1] == '"' and '"' in place.text[start + 1 : end]:
        start, end = start + 1, place.text.index('"', start + 1)
    yield _assignment(place, name, _raw(place.text, start, end), Form.SETX, match.start("name"))


def _powershell(place: Place, match: re.Match[str]) -> Iterator[Assignment | Slip]:
    name = match["name"].upper()
    line = words(place.text.rstrip(")"), match.end(), POWERSHELL)
    if not is_known(name) or not line or line[0].operator:
        return
    value = line[0]
    if "env" in match.re.groupindex and not match["env"]:
        message = (
            f"${match['name']} is a variable of PowerShell itself, which go never sees: write $env:{name}."
        )
        yield _slip(place, "powershell-variable", name, message, match.start(), match.start() + 1,
                    meant=value.text, form=Form.POWERSHELL)  # fmt: skip
        return
    if place.text[value.start] in "$(":
        return
    if value.unclosed is not None:
        message = f"The quote that begins here never ends, so PowerShell waits for more and sets no {name}."
        yield _slip(place, "quote", name, message, value.unclosed, value.unclosed + 1,
                    meant=value.text, form=Form.POWERSHELL)  # fmt: skip
        return
    if not value.quoted:
        message = "PowerShell takes a value without quotes for a command to run: put it in quotes."
        yield _slip(place, "powershell-quotes", name, message, value.start, value.end,
                    meant=value.text, form=Form.POWERSHELL)  # fmt: skip
        return
    yield _assignment(place, name, value, Form.POWERSHELL, match.start("name"))


def _whole_value(place: Place, match: re.Match[str], form: Form) -> Iterator[Assignment | Slip]:
    """The old `ENV NAME value`: everything behind the name, quotes taken off as in other words."""
    if is_known(match["name"]):
        line = words(place.text, match.start("value"), DOCKERFILE)
        whole = _raw(place.text, *match.span("value"))
        value = line[0] if len(line) == 1 else whole
        yield _assignment(place, match["name"], value, form, match.start("name"))


def _yaml(place: Place, match: re.Match[str]) -> Iterator[Assignment | Slip]:
    """`NAME: value` of YAML, and of JSON."""
    name = match["name"]
    if not is_known(name):
        return
    start, end = match.span("value")
    value = match["value"]
    quote = value[:1]
    if quote in "\"'" and quote in value[1:]:
        start, end = start + 1, start + value.index(quote, 1)
    else:
        comment = re.search(r"\s#", value)
        end = start + comment.start() if comment else end
    word = _raw(place.text, start, end)
    if "$" in word.text or "{" in word.text:
        return
    yield _assignment(place, name, word, Form.YAML, match.start("name"))
