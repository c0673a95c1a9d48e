"""`modtrace auth`: which credential go, git and ssh would use for a host, and which are ignored."""

from __future__ import annotations

import argparse
import json

from probes.commands.exit_codes import ExitCode
from probes.commands.output import Output
from probes.commands.place import read_place
from probes.commands.trace import add_run_option, add_set_option, parse_overlay, run_until_signal

EXAMPLES = """\
examples:
  modtrace auth git.corp.example                 what is known of this host
  modtrace auth git.corp.example/team/lib --run  and what git and ssh say of it
  modtrace auth github.com/org/private --run     a module path
  modtrace auth git.corp.example:8443 --run      a port counts in go's netrc
  modtrace auth ssh://git@git.corp.example/lib --run
  modtrace auth git.corp.example --run --json | jq -r '.remedies[].lines[]'

go itself sends credentials to module proxies and go-import pages: GOAUTH and
netrc, by go's rules. Repositories are fetched by git, which has its own:
url.<base>.insteadOf, http.extraHeader, netrc by other rules, helpers; or by
ssh: agent, keys, known_hosts. All of them are listed, with what is ignored
and why; no secret is shown.

Without --run only files and variables are read. --run starts git, ssh and
their tools to ask for their settings, and the credential helpers, whether
they have something; modtrace itself connects to nobody, a helper may.

exit codes: 0 a credential would be used, or none is ignored
            1 what is there is ignored, or ssh has nothing that it can use
            2 usage · 3 could not tell without --run
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Make `auth` known."""
    parser = commands.add_parser(
        "auth",
        help="which credential go, git and ssh would use for a host",
        description="Show which credential go, git and ssh would use for a host, and why\n"
        "others are ignored. Secrets are never shown.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("subject", metavar="HOST[/PATH]", help="a host, a module path or a URL")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    add_set_option(parser)
    parser.add_argument("-C", dest="place", metavar="DIR", help="as go would started in this folder")
    add_run_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    output = Output()
    from probes.auth.subject import BadSubject, subject_of

    try:
        subject = subject_of(args.subject)
    except BadSubject as error:
        output.complain(str(error))
        return ExitCode.USAGE
    overlay = parse_overlay(args.set, output, any_name=True)
    place = None if overlay is None else read_place(args, overlay, output)
    if place is None:
        return ExitCode.USAGE
    from probes.auth.verdict import Report, Verdict, report_for
    from probes.commands.auth_report import json_report, text_report

    reports: list[Report] = []

    async def ask() -> None:
        reports.append(await report_for(subject, place[0], allowed=args.run_programs))

    code = run_until_signal(ask)
    if code is not None:
        return code
    report = reports[0]
    if args.json:
        output.write(json.dumps(json_report(report), indent=2, ensure_ascii=True) + "\n")
    else:
        output.write("".join(text_report(report)))
    if args.run_programs:
        for failure in report.answer.failures:
            output.complain(failure)
    return {Verdict.FINE: ExitCode.OK, Verdict.IGNORED: ExitCode.FAILS, Verdict.UNKNOWN: ExitCode.UNKNOWN}[
        report.verdict
    ]
