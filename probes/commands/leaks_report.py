"""What `modtrace leaks` found out, as text and as JSON."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

from probes.commands.output import some
from probes.golang.safetext import safe_text
from probes.leaks.audit import RELATED, Audit, Audited, Checked, asked_by_get
from probes.leaks.hosts import FORGES
from probes.leaks.looks import Confidence, Sign
from probes.leaks.told import Told, What, When, Who
from probes.leaks.words import headline, line_words, told_words

SCHEMA = "modtrace.leaks/1"
_WIDEST = 60
_WIDTH = 79
_MOST_HOSTS = 12


def report(audit: Audit, *, shows_all: bool) -> str:
    """The table, who they are, the line."""
    lines = [*headline(audit), ""]
    rows = audit.of(Confidence.CERTAIN, Confidence.LIKELY)
    rows += [row for row in audit.of(Confidence.PERHAPS) if row.look.sign is not Sign.UNKNOWN_HOST]
    strangers = [row for row in audit.of(Confidence.PERHAPS) if row.look.sign is Sign.UNKNOWN_HOST]
    if shows_all:
        rows = [*audit.rows]
    lines += _table(rows)
    if strangers and not shows_all:
        lines += [*_unknown(strangers), ""]
    lines += _who(row for row in rows if row.told)
    if audit.line is not None:
        lines += line_words(audit.line)
    if audit.line_if is not None:
        lines += ["", *_if_private(audit, audit.line_if)]
    lines += _asides(audit)
    return "\n".join(line for text in _squeezed(lines) for line in _fitted(safe_text(text))) + "\n"


_HANGS = re.compile(r" *(?:! )?")


def _fitted(line: str) -> list[str]:
    """A line cut at spaces, further lines hanging below; a command stays in one, to be copied."""
    if len(line) <= _WIDTH or line.lstrip().startswith(("go env -w ", "export ", "setx ", "$env:")):
        return [line]
    match = _HANGS.match(line)
    below = " " * (match.end() + 8 if match and match.end() else 2)
    return textwrap.wrap(
        line, _WIDTH, subsequent_indent=below, break_long_words=False, break_on_hyphens=False,
        drop_whitespace=True, replace_whitespace=False,
    )  # fmt: skip


def _squeezed(lines: Iterable[str]) -> Iterator[str]:
    """Without a blank line at the end, or two in a row."""
    is_parted = False
    for line in lines:
        if line:
            yield from ("", line) if is_parted else (line,)
        is_parted = not line


def _table(rows: list[Audited]) -> Iterator[str]:
    if not rows:
        return
    width = min(max(len(safe_text(row.path)) for row in rows), _WIDEST)
    yield f"  {'path':{width}}  looks    told to (! a stranger)"
    for row in rows:
        yield f"  {safe_text(row.path):{width}}  {row.look.confidence.word:<8} {told_words(row)}".rstrip()
        why = row.look.why + (f"; {row.subject.note}" if row.subject.note else "")
        yield f"      {why}"
    yield ""


def _unknown(rows: list[Audited]) -> Iterator[str]:
    """Paths at hosts of which nothing is known: their hosts."""
    hosts = list(dict.fromkeys(row.path.partition("/")[0] for row in rows))
    named = ", ".join(hosts[:_MOST_HOSTS])
    more = f" and {len(hosts) - _MOST_HOSTS} more" if len(hosts) > _MOST_HOSTS else ""
    yield f"  {some(len(rows), 'path')} at hosts that are not known to be public: {named}{more}"
    yield "      --private HOST, where one of them is yours; --all lists them all"


def _who(rows: Iterable[Audited]) -> Iterator[str]:
    """Everybody who would be told, in what part and when; each once."""
    paths: dict[tuple[str, str], Told] = {}
    hosts: dict[tuple[str, str, bool], dict[str, None]] = {}
    for row in rows:
        for one in row.told:
            if one.what is What.HOST:
                hosts.setdefault((one.who, one.name, one.is_own), {})[row.path.partition("/")[0]] = None
            elif one.who is not Who.ORIGIN:
                paths.setdefault((one.who, one.name), one)
    for one in paths.values():
        occasion = one.words or ("first" if one.when is When.FIRST else str(one.when))
        yield f"{'!' if one.is_leak else ' '} {one.name}: {one.who}, {occasion}"
    for (who, name, is_own), named in hosts.items():
        some_hosts = ", ".join([*named][:_MOST_HOSTS]) + (" …" if len(named) > _MOST_HOSTS else "")
        public = "" if is_own else " (a public one; no line mends that)"
        yield f"  {name}: {who}{public}, the host's name alone, where go fetches directly: {some_hosts}"
    if paths or hosts:
        yield ""


def _if_private(audit: Audit, line: Checked) -> Iterator[str]:
    related = [row.path for row in audit.rows if row.look.sign in RELATED and row.leaks]
    owners = dict.fromkeys(
        "/".join(path.split("/")[:2]) if path.split("/")[0] in FORGES else path for path in related
    )
    yield f"If {', '.join(owners)} is private as well:"
    yield f"  {line.line.command}"


def _asides(audit: Audit) -> Iterator[str]:
    if audit.doubts and audit.leaking:
        names = ", ".join(audit.doubts)
        option = " ".join(f"--own {name}" for name in audit.doubts)
        yield ""
        yield f"Not known to be yours: {names}. If it is: modtrace leaks {option}"
    for note in audit.notes:
        yield from ("", note)
    if audit.remotes.held:
        yield ""
        yield f"Not run: {audit.remotes.held}, which tells whose repository this is (--run runs it)."
    elif audit.remotes.problem:
        yield ""
        yield f"git did not tell its remotes: {audit.remotes.problem}"


# -- as JSON -----------------------------------------------------------------------------------------


def to_json(audit: Audit) -> dict[str, Any]:
    """Everything as one object of schema modtrace.leaks/1."""
    return {
        "schema": SCHEMA,
        "where": audit.where,
        "mains": list(audit.mains),
        "remotes": [one.root for one in audit.remotes.found],
        "would_run": audit.remotes.held or None,
        "remotes_problem": audit.remotes.problem or None,
        "error": audit.error or None,
        "notes": list(audit.notes),
        "counts": {
            confidence.word: len(audit.of(confidence)) for confidence in sorted(Confidence, reverse=True)
        },
        "leaking": [row.path for row in audit.leaking],
        "not_known_to_be_own": list(audit.doubts),
        "paths": [_row_json(row, audit) for row in audit.rows],
        "line": _line_json(audit.line),
        "line_if_same_owner": _line_json(audit.line_if),
    }


def _row_json(row: Audited, audit: Audit) -> dict[str, Any]:
    is_public = row.look.confidence is Confidence.PUBLIC
    return {
        "path": row.path,
        "versions": list(row.subject.versions),
        "part": str(row.subject.part),
        "note": row.subject.note or None,
        "refused": row.subject.refused or None,
        "in_go_sum": row.subject.vouched,
        "looks": row.look.confidence.word,
        "sign": str(row.look.sign),
        "why": row.look.why,
        "leaks": row.is_leak,
        "told": [
            {
                "who": str(one.who), "name": one.name, "what": str(one.what), "when": str(one.when),
                "own": one.is_own, "leak": one.is_leak and not is_public, "words": one.words or None,
            }
            for one in row.told
        ],
        "go_get_also_asks_for": list(asked_by_get(row, audit)),
    }  # fmt: skip


def _line_json(checked: Checked | None) -> dict[str, Any] | None:
    if checked is None:
        return None
    return {
        "settings": dict(checked.line.settings),
        "command": checked.line.command,
        "export": checked.line.export,
        "notes": list(checked.line.notes),
        "leaking_before": checked.before,
        "leaking_after": list(checked.still),
        "public_without_proxy": list(checked.lost_proxy),
        "public_without_database": list(checked.lost_database),
    }
