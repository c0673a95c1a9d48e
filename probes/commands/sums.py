"""`modtrace sums`: the hashes of one version from everybody who has them, side by side."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from probes.commands.exit_codes import ExitCode
from probes.commands.output import Output, StatusLine, size
from probes.commands.trace import add_environment_options, parse_overlay, parse_target, run_until_signal
from probes.golang.safetext import safe_text

if TYPE_CHECKING:
    from probes.browse.votes import Quorum, QuorumEvent, VoterState, What

EXAMPLES = """\
examples:
  modtrace sums golang.org/x/text@v0.14.0
                         the hash of its go.mod, as far as go would ask
  modtrace sums golang.org/x/text@v0.14.0 --zip
                         fetch the zip as well, and hash it
  modtrace sums rsc.io/quote@v1.5.2 --all --zip
                         every proxy of GOPROXY, those go would not come to too
  modtrace sums rsc.io/quote@v1.5.2 --json
                         one JSON object on stdout

Compared are the proxies of GOPROXY, the module cache, the go.sum of the
project around, and the checksum database. The database is believed before all
others, as go does; then go.sum; then the larger number. A private path is told
to nobody. Zips are hashed from temporary files, which are gone at the end.

exit codes: 0 all agree · 1 they differ, or go would refuse something · 2 usage
            3 nobody could be asked · 130 interrupted · 143 terminated
            129 hung up
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Make `sums` known."""
    parser = commands.add_parser(
        "sums",
        help="compare the hashes of a version from proxies, cache, go.sum and checksum database",
        description="Compare the h1: hashes of a version from everybody who has them, and name the\nodd one.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("target", metavar="PATH@VERSION", help="a module path and an exact version")
    parser.add_argument("--zip", action="store_true", help="fetch the zips too, and say what differs in them")
    parser.add_argument("--all", action="store_true", help="ask the proxies that go would not come to, too")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    add_environment_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    output = Output()
    path, version = parse_target(args.target)
    overlay = parse_overlay(args.set, output)
    if overlay is None:
        return ExitCode.USAGE
    from probes.browse.quorum import quorum, refused_version
    from probes.browse.votes import Quorum
    from probes.golang import module
    from probes.net.limits import Limits
    from probes.sources.environment_reader import read_environment

    refused = refused_version(path, version)
    if "@" not in args.target or not version or refused is not None:
        why = (refused or "no version") if "@" in args.target and version else "no version"
        words = f"{why}: write PATH@VERSION with an exact version, such as v1.2.3"
        if version and module.canonical_version(version) != version:
            words += f"; modtrace trace {path}@{version} says which one that is"
        output.complain(safe_text(words, limit=1000))
        return ExitCode.USAGE
    environment = read_environment(overlay=overlay)
    table, status = Quorum(), StatusLine()

    def emit(event: QuorumEvent) -> None:
        table.apply(event)
        status.show(lambda: _under_way(table))

    limits = Limits.patient(args.timeout)
    code = run_until_signal(
        lambda: quorum(environment, path, version, emit, zips=args.zip, ask_all=args.all, limits=limits)
    )
    status.clear()
    if code is not None:
        return code
    if args.json:
        output.write(json.dumps(to_json(table), indent=2, ensure_ascii=True) + "\n")
    else:
        output.write(report(table, zips=args.zip, asks_all=args.all))
    return exit_code(table, zips=args.zip)


def exit_code(table: Quorum, *, zips: bool) -> ExitCode:
    """What the table means for a script; where zips were asked for, a hash of one must have been said."""
    from probes.browse.votes import Agreement, What

    verdicts = [table.verdict(what).agreement for what in What]
    if Agreement.DIFFER in verdicts or Agreement.TIE in verdicts or table.go_refuses():
        return ExitCode.FAILS
    asked = [table.verdict(What.ZIP).agreement] if zips else verdicts
    if all(verdict is Agreement.NOBODY for verdict in asked):
        return ExitCode.UNKNOWN
    return ExitCode.OK


def _under_way(table: Quorum) -> str:
    """Who is being asked for what, in a line."""
    return "  ".join(
        f"{state.voter.name}: {what}{_received(state)}" for state in table.voters for what in state.asking
    )


def _received(state: VoterState) -> str:
    if not state.received:
        return ""
    return f" {size(state.received)}" + (f" of {size(state.total)}" if state.total else "")


# -- as text -----------------------------------------------------------------------------------------


def report(table: Quorum, *, zips: bool, asks_all: bool) -> str:
    """The table, the verdict, what differs, what go says, for people."""
    from probes.browse.votes import NOT_COME, What

    assert table.started is not None
    lines = [f"{table.started.path}@{table.started.version}", ""]
    if table.started.error is not None:
        return "\n".join([*lines, f"Nobody can be asked: {table.started.error}", ""])
    width = max([len(state.voter.name) for state in table.voters] + [4])
    lines.append(f"  {'':{width}}  {'go.mod':<24} zip")
    for state in table.voters:
        cells = [cell(table, state, what) for what in What]
        lines.append(f"  {state.voter.name:{width}}  {cells[0]:<24} {cells[1]}".rstrip())
    lines.append("")
    for what in What:
        verdict = table.verdict(what)
        lines += [f"{what}: {_sentence(words)}" for words in verdict.words]
        if verdict.sum:
            lines.append(f"  {verdict.sum}")
    lines += _differences(table)
    lines += _details(table)
    skipped = any(NOT_COME in text for state in table.voters for text in state.because.values())
    if skipped and not asks_all:
        lines += ["", "--all asks the other proxies as well."]
    if not zips:
        lines += [*([] if skipped and not asks_all else [""]), "--zip fetches and hashes the zips as well."]
    return "\n".join(safe_text(line.replace("\t", "    ")) for line in lines) + "\n"


def _sentence(words: str) -> str:
    return words if words.endswith(".") else f"{words}."


def cell(table: Quorum, state: VoterState, what: What) -> str:
    """What one voter says of one hash: a word, and as much of the hash as tells it from the others."""
    from probes.browse.votes import short_sum

    sums = state.sums(what)
    word = str(table.mark(state.voter.id, what))
    shown = f"  {short_sum(sums[0], table.camps(what))}" if sums else ""
    return f"{word}{shown}"


def _differences(table: Quorum) -> list[str]:
    from probes.browse.votes import What

    lines: list[str] = []
    for one in table.differences:
        here, there = (table.voters[number].voter.name for number in (one.voter, one.other))
        lines += ["", f"What differs in the {one.what} of {here} from that of {there}:"]
        kinds = ("only here", "only there", "other content")
        named = (one.only_here, one.only_there, one.changed)
        for kind, count, names in zip(kinds, one.counts, named, strict=True):
            lines += [f"  {kind}: {name}" for name in names]
            if count > len(names):
                lines.append(f"  {kind}: {count - len(names)} more")
        if not any(one.counts) and one.what is What.GO_MOD:
            lines.append("  the same lines in another order")
    return lines


def _details(table: Quorum) -> list[str]:
    """Why somebody was not asked, and what go says of what somebody has."""
    from probes.browse.votes import ON_REQUEST, What

    lines: list[str] = []
    for state in table.voters:
        reasons = [reason for reason in dict.fromkeys(state.because.values()) if reason != ON_REQUEST]
        about = [f"  {_whats(state, reason)}not asked: {reason}" for reason in reasons]
        for what in What:
            words = table.go_says(state.voter.id, what)
            if words:
                first, *more = words.rstrip("\n").split("\n")
                about += [f"  {what}: {first}", *(f"    {line}" for line in more)]
        if about:
            lines += ["", f"{state.voter.name}:", *about]
    return lines


def _whats(state: VoterState, reason: str) -> str:
    whats = [what for what, because in state.because.items() if because == reason]
    return f"{whats[0]}: " if len(whats) == 1 else ""


# -- as JSON -----------------------------------------------------------------------------------------


def to_json(table: Quorum) -> dict[str, object]:
    """Everything that was found out."""
    from probes.browse.votes import What

    started = table.started
    assert started is not None
    return {
        "schema": "modtrace.sums/1",
        "path": started.path,
        "version": started.version,
        "error": started.error,
        "private_pattern": started.private_pattern,
        "verdicts": {
            str(what): {
                "agreement": str(verdict.agreement),
                "sum": verdict.sum or None,
                "odd": list(verdict.odd),
                "words": list(verdict.words),
            }
            for what in What
            for verdict in [table.verdict(what)]
        },
        "go_refuses": table.go_refuses(),
        "voters": [_voter_json(table, state) for state in table.voters],
        "differences": [
            {
                "what": str(one.what),
                "voter": one.voter,
                "other": one.other,
                "only_here": list(one.only_here),
                "only_there": list(one.only_there),
                "changed": list(one.changed),
                "counts": list(one.counts),
            }
            for one in table.differences
        ],
    }


def _voter_json(table: Quorum, state: VoterState) -> dict[str, object]:
    from probes.browse.votes import What
    from probes.golang.redact import redact
    from probes.trace.events import event_to_json

    voter = state.voter
    found: dict[str, object] = {
        "id": voter.id, "kind": str(voter.kind), "name": voter.name, "where": redact(voter.spec),
    }  # fmt: skip
    for what in What:
        answer = state.answers.get(what)
        found[str(what)] = {
            "mark": table.mark(voter.id, what).name.lower(),
            "sums": list(state.sums(what)),
            "not_asked": state.because.get(what),
            "go_says": table.go_says(voter.id, what),
            "bytes": None if answer is None else answer.bytes,
            "files": None if answer is None else answer.files,
            "requests": [] if answer is None else [event_to_json(one) for one in answer.requests],
        }
    return found
