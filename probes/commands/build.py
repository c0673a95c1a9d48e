"""`modtrace trace --as build`: what stops go build before, or without, any network."""

from __future__ import annotations

import argparse
import json

from probes.commands.exit_codes import ExitCode
from probes.commands.output import Output
from probes.golang.safetext import safe_text
from probes.project.as_build import Answer, AsBuild, look_at_build
from probes.project.patterns import NotCovered, check_patterns
from probes.project.selection import shown

CODES = {
    Answer.GOES_ON: ExitCode.OK,
    Answer.FETCHES: ExitCode.OK,
    Answer.STOPS: ExitCode.FAILS,
    Answer.UNKNOWN: ExitCode.UNKNOWN,
}
MARKS = {Answer.GOES_ON: "ok", Answer.FETCHES: "next", Answer.STOPS: "STOP", Answer.UNKNOWN: "?"}
HEADS = {
    Answer.GOES_ON: "go starts, and needs no network",
    Answer.FETCHES: "go starts; it has to fetch first",
    Answer.STOPS: "go stops",
    Answer.UNKNOWN: "could not tell",
}
_MOST = 4000


def run_build(args: argparse.Namespace, patterns: list[str], overlay: dict[str, str], output: Output) -> int:
    """Look, and tell; the exit code."""
    from probes.commands.place import read_place

    if args.events:
        output.complain("--events goes with a trace; with --as build there is --json")
        return ExitCode.USAGE
    try:
        check_patterns(patterns)
    except NotCovered as error:
        output.complain(safe_text(str(error), limit=300))
        return ExitCode.USAGE
    args.no_project = True  # the project is looked at here, with all that is wrong with it
    place = read_place(args, overlay, output)
    if place is None:
        return ExitCode.USAGE
    found = look_at_build(place[0], patterns)
    if args.json:
        output.write(json.dumps(found.to_json(), indent=2, ensure_ascii=True) + "\n")
    else:
        output.write(report(found, patterns))
    return CODES[found.answer]


def report(found: AsBuild, patterns: list[str]) -> str:
    """The answers in their order, the verdict first."""
    where = f" in {found.folder}" if found.folder else ""
    lines = [f"go build {' '.join(patterns) or './...'}{where}: {HEADS[found.answer]}", ""]
    lines += found.warnings
    before = ""
    for check in found.checks:
        question = "" if check.id == before else f"{check.question} "
        before = check.id
        place = f"  ({check.where})" if check.where and check.answer is not Answer.GOES_ON else ""
        lines.append(f"{MARKS[check.answer]:<5}{question}{check.finding}{place}")
        if check.go_says:
            lines.append("     go says:")
            lines += [f"       {one}" for one in check.go_says.replace("\t", "    ").split("\n")]
        if check.answer is not Answer.GOES_ON:
            lines += [f"     do:   {check.remedy}"] if check.remedy else []
            lines.append(f"     rule: {check.rule}")
    if found.go_mods:
        lines += ["", "go.mod files that go fetches next:", *(f"  {shown(one)}" for one in found.go_mods)]
        lines.append("modtrace trace PATH@VERSION shows how each is fetched.")
    if found.fetches:
        lines += [
            "",
            f"{len(found.fetches)} to fetch; modtrace trace PATH@VERSION shows how each is fetched.",
        ]
    lines += ["", f"not looked at: {', '.join(found.not_covered)}"]
    return "\n".join(safe_text(line, limit=_MOST).rstrip() for line in lines) + "\n"
