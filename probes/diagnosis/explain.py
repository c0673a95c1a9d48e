"""What a pasted text says about modules: errors explained, wrong commands and false statements pointed at.

Pure: a text goes in, values come out, nothing is asked. A text is taken for what it is: messages of go or of
a build (log_text takes them apart, error_patterns knows them), commands and settings to paste (pasted_lint),
and what a guide claims about them (claims). Of several messages the first cause stands first: go prints the
consequences of an error as errors of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from probes.diagnosis.catalogue import Diagnosis, Rule, Shell, Transience, rule
from probes.diagnosis.claims import Statement, statements
from probes.diagnosis.error_facts import facts_of, host_of, sentence
from probes.diagnosis.error_patterns import Layer, Pattern, Printed, by_id, is_from_go, patterns
from probes.diagnosis.explain_remedies import PLACEHOLDERS, fitting, usable
from probes.diagnosis.findings import Level
from probes.diagnosis.lint_goproxy import mended
from probes.diagnosis.log_text import Block, blocks, plain_lines
from probes.diagnosis.pasted_lines import Form, windows_form
from probes.diagnosis.pasted_lint import Mistake, mistakes
from probes.golang.redact import redact

HEAD, TAIL = 300_000, 700_000
"""Characters that are looked at, at the beginning and at the end of a text: logs end with what went wrong."""
HEAD_LINES, TAIL_LINES = 5_000, 10_000
"""The same, in lines."""
MOST = 20
"""Explanations of one text."""
AFTER_MESSAGES = 10_000


@dataclass(frozen=True, slots=True)
class Explanation:
    """One cause that a text names."""

    rule: Rule
    pattern: str
    """The row of the table that fits."""
    layer: Layer
    node: str
    cause: str
    transience: Transience
    line: int
    """Number of the message's first line in the text, from 1."""
    message: str
    """That line as go wrote it."""
    facts: dict[str, str]
    remedies: tuple[str, ...]
    """Names of the rule's remedies."""
    evidence: tuple[str, ...] = ()
    times: int = 1
    """How many messages of the text have this cause."""
    rank: int = 0
    """How causal it is: the lower comes first."""
    is_message: bool = True
    """Something printed it; False for a pasted setting that is wrong."""

    @property
    def where(self) -> str:
        """Where in the text it stands, and how often."""
        return f"line {self.line} of the text" + (f", {self.times} such messages" if self.times > 1 else "")

    def diagnosis(self, shell: Shell = Shell.POSIX) -> Diagnosis:
        """The case, with remedies for a shell."""
        facts = usable(self.facts)
        remedies = fitting(self.rule, self.remedies, facts, shell)
        return Diagnosis.of(
            replace(self.rule, remedies=remedies),
            {**PLACEHOLDERS, **facts},
            cause=self.cause,
            node=self.node,
            evidence=(self.where, *self.evidence) if self.is_message else self.evidence,
            go_prints=self.message,
            transience=self.transience,
            shell=shell,
            runs=self.layer is Layer.ORIGIN,
        )


@dataclass(frozen=True, slots=True)
class Explained:
    """Everything that a text gave."""

    explanations: tuple[Explanation, ...] = ()
    """The likeliest first cause first; behind the messages the settings that cannot work."""
    mistakes: tuple[Mistake, ...] = ()
    """What is wrong with the commands and settings of the text, each with its column."""
    statements: tuple[Statement, ...] = ()
    """What the text says about modules and is not so."""
    windows: Shell | None = None
    """The shell that remedies are for when the text comes from Windows."""
    is_cut: bool = False
    """The text was longer than what is looked at: its middle was left out."""

    def __bool__(self) -> bool:
        return bool(self.explanations or self.mistakes or self.statements)


def explain(text: str) -> Explained:
    """Explain a text."""
    # A lone surrogate stands for a byte that is no UTF-8.
    parts = _parts(re.sub("[\ud800-\udfff]", "\ufffd", text.removeprefix("\ufeff")))
    beginning = parts[0][1]
    whole = "\n".join(part for _, part in parts)
    found: list[Explanation] = []
    lines: set[int] = set()
    for first, part in parts:
        for block, pattern, match in _matches(part):
            placed = replace(block, line=block.line + first - 1)
            found.append(_explanation(placed, pattern, match))
            lines |= set(range(placed.line, placed.line + len(block.lines)))
    goproxy = _goproxy_in(whole)
    messages = _merged(_with_chain(explanation, goproxy) for explanation in found)
    wrong = [mistake for mistake in mistakes(beginning) if mistake.line not in lines]
    said = (
        [] if _is_log(beginning, bool(messages)) else statements(beginning, lines | _echoed(beginning, lines))
    )
    if messages:
        # A log shows settings as they are: only what cannot work is worth a word beside its errors.
        wrong = [mistake for mistake in wrong if mistake.level is Level.ERROR]
    wrong = _without_repeats(wrong, said)
    settings = [_of_mistake(mistake) for mistake in wrong if mistake.level is Level.ERROR]
    return Explained(
        explanations=tuple([*messages, *_merged(settings)][:MOST]),
        mistakes=tuple(wrong),
        statements=tuple(said),
        windows=windows_shell(whole),
        is_cut=len(parts) > 1,
    )


def _parts(text: str) -> list[tuple[int, str]]:
    """What is looked at: the text, or its beginning and its end, each with the number of its first line."""
    if len(text) <= HEAD + TAIL and text.count("\n") <= HEAD_LINES + TAIL_LINES:
        return [(1, text)]
    head = "\n".join(text[:HEAD].split("\n", HEAD_LINES)[:HEAD_LINES])
    rest = text[max(len(head), len(text) - TAIL) :]
    tail = "\n".join(rest.rsplit("\n", TAIL_LINES)[-TAIL_LINES:])
    return [(1, head), (text.count("\n", 0, len(text) - len(tail)) + 1, tail)]


_WINDOWS = re.compile(
    r"\bconnectex: |\bwsarecv: |\bwsasend: |\bgetaddrinfow: |[\\/]pkg\\mod\\|\b[A-Z]:\\{1,2}\w[^\s\\]*\\"
    r"|: Access is denied\.|: The system cannot find |There is not enough space on the disk"
    r"|: The process cannot access the file|%(?:USERPROFILE|GOPATH|LOCALAPPDATA)%"
)


def windows_shell(text: str) -> Shell | None:
    """The shell of a text from Windows, None for one from elsewhere."""
    form = windows_form(text)
    if form is not None:
        return Shell.CMD if form is Form.CMD else Shell.POWERSHELL
    return Shell.POWERSHELL if _WINDOWS.search(text) else None


def _echoed(text: str, lines: set[int]) -> set[int]:
    """The commands that a log echoes right before the messages in ``lines``: nobody recommends them."""
    every = text.split("\n")
    before = (line - 1 for line in lines if 1 < line <= len(every))
    return {line for line in before if re.match(r"\s*(?:[$+#>%]|PS[ >]|[A-Z]:\\)", every[line - 1])}


_LOG_LINES = re.compile(
    r"(?:go: |go get: |#\d+ |\d{4}-\d\d-\d\d[T ]\d\d:|\[?\d\d:\d\d:\d\d|# get |\t|Step \d+/\d+ : )|\x1b\["
)


def _is_log(text: str, has_messages: bool) -> bool:
    """Whether a text is the output of programs: nobody claims anything there.

    A guide quotes errors too, so one that is explained makes no log by itself: most lines have to be output.
    """
    lines = [line for line in text.split("\n")[:400] if line.strip()]
    output = sum(_LOG_LINES.match(line) is not None for line in lines)
    return bool(lines) and has_messages and 2 * output >= len(lines)


def _without_repeats(wrong: list[Mistake], said: list[Statement]) -> list[Mistake]:
    """Mistakes that no statement on the same line already speaks of, unless go itself fails over them."""
    spoken = {statement.line for statement in said}
    return [mistake for mistake in wrong if mistake.level is Level.ERROR or mistake.line not in spoken]


def _of_mistake(mistake: Mistake) -> Explanation:
    row = rule(mistake.rule)
    return Explanation(
        rule=row,
        pattern=mistake.id,
        layer=Layer.SETTING,
        node=row.node,
        cause=mistake.message,
        transience=Transience.NO,
        line=mistake.line,
        message="",
        facts={},
        remedies=("show",) if any(remedy.id == "show" for remedy in row.remedies) else (),
        evidence=(f"line {mistake.line}, column {mistake.column}: {mistake.source.strip()}",),
        rank=AFTER_MESSAGES,
        is_message=False,
    )


_GO_COMMAND = re.compile(
    r"\bgo (?:get|mod|install|build|list|run|test|vet|generate|work)\b|^go: ", re.MULTILINE
)
_ORDINARY_REQUEST = re.compile(r"# get \S+: (?:[123]\d\d|404|410)\b")
"""A line of -x about an answer that is part of every walk."""
_NEAR = 6
"""Lines behind a command of go in which git's own words, without a sign of go, are still its doing."""
_REMEMBERED = 256
"""Messages whose row is remembered for when they come again: long logs say the same all the time."""


def _matches(text: str) -> Iterator[tuple[Block, Pattern, re.Match[str]]]:
    """The row that fits each message, for messages that one fits."""
    last_go = -_NEAR
    is_about_go, row_of = lru_cache(_REMEMBERED)(_is_about_go), lru_cache(_REMEMBERED)(_fitting)
    for block in blocks(text):
        about_go = is_about_go(block)
        if about_go is None:
            continue
        if about_go:
            last_go = block.line + len(block.lines) - 1
        fits = row_of(block, block.line - last_go <= _NEAR)
        if fits:
            yield block, *fits


def _is_about_go(block: Block) -> bool | None:
    """Whether a message is go's own or a command of go; None for one that nobody asks about."""
    if _ORDINARY_REQUEST.match(block.text):
        return None
    return is_from_go(block) or _GO_COMMAND.search(block.text) is not None


def _fitting(block: Block, near_go: bool) -> tuple[Pattern, re.Match[str]] | None:
    """The first row that fits a message, and where."""
    from_go = is_from_go(block)
    for pattern in patterns():
        match = pattern.search(block) if _is_believed(pattern, from_go, near_go) else None
        if match:
            return pattern, match
    return None


def _is_believed(pattern: Pattern, from_go: bool, near_go: bool) -> bool:
    match pattern.printed:
        case Printed.GO:
            return True
        case Printed.NEAR:
            return from_go or near_go
        case _:
            return near_go if pattern.origin_only else from_go


def _explanation(block: Block, pattern: Pattern, match: re.Match[str]) -> Explanation:
    line = _telling_line(block, match)
    facts = facts_of(block.own, line, match.groupdict())
    if pattern.origin_only and "host" not in facts and "module" in facts:
        # git names no host where ssh fails; a path leads to its own host, unless a go-import page leads away.
        facts["host"] = facts["module"].partition("/")[0]
    row = rule(pattern.rule)
    return Explanation(
        rule=row,
        pattern=pattern.id,
        layer=pattern.layer,
        node=pattern.node or row.node,
        cause=sentence(pattern.cause or row.cause, facts),
        transience=pattern.transience or row.transience,
        line=block.line,
        message=line,
        facts=facts,
        remedies=pattern.remedies,
        evidence=tuple(_evidence(pattern, block)),
        # What hides the answers before it, as a direct fetch does, comes behind them.
        rank=max(pattern.rank, by_id()["insecure-credentials"].rank) if pattern.origin_only else pattern.rank,
    )


def _telling_line(block: Block, match: re.Match[str]) -> str:
    """The line of the message in which the words stand, with what comes before them if it is short."""
    own = block.own
    start = own.rfind("\n", 0, match.start()) + 1
    end = own.find("\n", match.end())
    return own[start : end if end >= 0 else len(own)].replace("\n", " ").strip()


def _evidence(pattern: Pattern, block: Block) -> Iterator[str]:
    if block.said:
        yield "the server said: " + " ".join(block.said.partition(":")[2].split())
    if pattern.origin_only:
        yield "this is the error of a direct fetch; what proxies said before it is not in this text"
    if pattern.id.startswith("godebug-"):
        yield "the settings that Go has, and those that it had: internal/godebugs/table.go"


# --- The chain: what a setting in the text adds to an error

_GOPROXY = re.compile(r"\bGOPROXY[ \t]*[=:][ \t]*(?P<quote>[\"']?)(?P<value>[^\s\"']+)(?P=quote)")

_STOPS = frozenset({"overload"})


def _goproxy_in(text: str) -> str:
    """The last GOPROXY that the text itself sets, "" for none."""
    value = ""
    for raw in text.split("\n"):
        for line in plain_lines(raw) if "GOPROXY" in raw else ():
            for match in _GOPROXY.finditer(line):
                if "." in match["value"].replace("...", ""):
                    value = match["value"].rstrip("`.")
    return value


def _with_chain(explanation: Explanation, goproxy: str) -> Explanation:
    """What the GOPROXY of the text adds: the list with one thing changed, for the remedies; and rule R01.

    An answer that ends the walk behind a comma is that rule, when the text shows the comma.
    """
    if not goproxy:
        return explanation
    facts = explanation.facts | _lists(goproxy, explanation.facts.get("host", ""))
    if redact(goproxy) != goproxy:
        # No line can be written out that keeps the secret and shows it to nobody.
        facts.pop("piped", None)
    changed = replace(explanation, facts=facts)
    host = explanation.facts.get("host", "")
    separator, rest = _after(goproxy, host)
    if explanation.pattern not in _STOPS or separator != "," or not rest:
        return changed
    row = rule("R01")
    status = facts.get("status", "an error")
    return replace(
        changed,
        rule=row,
        node=row.node,
        cause=f"{host} answered {status}; behind a comma only 404 and 410 lead on, so {rest} was not asked.",
        evidence=(f"the text sets GOPROXY={goproxy}", *explanation.evidence),
        remedies=(),
    )


def _lists(goproxy: str, host: str) -> dict[str, str]:
    """The list with "|" for ",", and with another scheme in front of one host; not when it holds a secret."""
    plain = mended(goproxy)
    lists = {"piped": plain.replace(",", "|") if "," in plain else ""}
    for scheme in ("http", "https"):
        respelt = [_respelt(entry, host, scheme) for entry in re.split(r"([,|])", plain)]
        lists[f"as_{scheme}"] = "".join(respelt) if host and "".join(respelt) != plain else ""
    return {name: value for name, value in lists.items() if value and redact(value) == value}


def _respelt(entry: str, host: str, scheme: str) -> str:
    named = host_of(entry if "://" in entry else f"https://{entry}")
    return f"{scheme}://{entry.rpartition('://')[2]}" if named == host else entry


def _after(goproxy: str, host: str) -> tuple[str, str]:
    """The separator behind the entry of a list that names a host, and what comes then."""
    for match in re.finditer(r"([^,|]+)([,|]?)", goproxy):
        entry = match[1].strip()
        named = host_of(entry if "://" in entry else f"https://{entry}")
        if host and named == host:
            return match[2], goproxy[match.end() :]
    return "", ""


# --- Several messages


def _merged(explanations: Iterable[Explanation]) -> list[Explanation]:
    """One explanation for each cause, the first cause first."""
    merged: dict[tuple[str, str, str], Explanation] = {}
    for explanation in explanations:
        key = (explanation.rule.id, explanation.pattern, explanation.facts.get("host", ""))
        known = merged.get(key)
        merged[key] = explanation if known is None else replace(known, times=known.times + 1)
    return sorted(merged.values(), key=lambda explanation: (explanation.rank, explanation.line))
