"""`modtrace versions`: who has which versions of a module, without a screen."""

from __future__ import annotations

import argparse
import sys

from probes.browse.table import BrowseEvent, BrowseStarted, ColumnAsked, ColumnKind, VersionTable
from probes.commands.exit_codes import ExitCode
from probes.commands.output import Output
from probes.commands.trace import (
    add_environment_options,
    add_run_option,
    parse_overlay,
    parse_target,
    run_until_signal,
)
from probes.golang import queries
from probes.golang.environment import Environment
from probes.golang.goproxy import Access, Separator
from probes.golang.safetext import safe_text
from probes.net.limits import FOR_EVER, Limits

MOST_TIMES = 20
"""Versions that --times asks for the time of."""

EXAMPLES = """\
examples:
  modtrace versions golang.org/x/text           as far as go would ask
  modtrace versions golang.org/x/text --all     all of them, and the repository
  modtrace versions rsc.io/quote --times        and when they were published
  modtrace versions rsc.io/quote@v1.5.2 --all   who has this one, from where
  modtrace versions rsc.io/quote --json | jq '.versions[0].version'
  modtrace versions rsc.io/quote --set GOPROXY=https://goproxy.io,direct

Beside the proxies stand the module cache and the go.sum of the project. The
proxies are asked for @v/list and @latest, and what go would ask for its
choice: the .info of a version and the go.mod that says what is retracted.
Never for a zip; never about a private path. What --times asks, and --all for
one version, carries Disable-Module-Fetch, so that no proxy fetches anything
because somebody looks around. Where go would come to the module's own
repository, git is run in a temporary folder, with --run; without, it is told
what would be run.

exit codes: 0 go would find a version · 1 go would find none · 2 usage
            3 could not tell · 130 interrupted · 143 terminated · 129 hung up
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Make `versions` known."""
    parser = commands.add_parser(
        "versions",
        help="which proxy has which versions of a module",
        description="Show every version of a module beside the proxies, the module cache and the\n"
        "go.sum that have it, and what go would choose.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("target", metavar="PATH[@VERSION]", help="a module path; or one version of it")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument("--all", action="store_true", help="ask those too that go would not come to")
    parser.add_argument(
        "--times", action="store_true", help=f"ask when the newest {MOST_TIMES} versions were published"
    )
    add_environment_options(parser)
    add_run_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    output = Output()
    path, version = parse_target(args.target)
    if not path or not version:
        missing = "version behind the @" if path else "module path"
        output.complain(f"no {missing}: write PATH[@VERSION], for example rsc.io/quote")
        return ExitCode.USAGE
    if version != "latest" and not queries.is_revision_query(version):
        output.complain(f"@{safe_text(version)}: name one version, or none for all of them")
        return ExitCode.USAGE
    only = "" if version == "latest" else version
    if only and args.times:
        output.complain("--times is for all versions; one version is shown with its time")
        return ExitCode.USAGE
    overlay = parse_overlay(args.set, output)
    if overlay is None:
        return ExitCode.USAGE
    from probes.commands.versions_report import json_report, text_report
    from probes.sources.environment_reader import read_environment

    environment = read_environment(overlay=overlay)
    asking = _Asking(environment, path, only, args, output)
    code = run_until_signal(asking.run)
    if code is not None:
        return code
    for piece in (json_report if args.json else text_report)(asking.table, only=only):
        output.write(piece)
    return _verdict_of_one(environment, asking.table, only) if only else _verdict(asking.table)


class _Asking:
    """What is asked, and what became of it."""

    def __init__(
        self, environment: Environment, path: str, only: str, args: argparse.Namespace, output: Output
    ) -> None:
        self.table = VersionTable()
        self._environment = environment
        self._path = path
        self._only = only
        self._all = args.all
        self._times = args.times
        self._runs = args.run_programs
        self._limits = Limits.patient(args.timeout)
        self._output = output
        self._tells = sys.stderr is not None and sys.stderr.isatty()

    def _emit(self, event: BrowseEvent) -> None:
        self.table.apply(event)
        if self._tells and isinstance(event, ColumnAsked):
            self._output.note(f"asking {safe_text(self.table.columns[event.column].column.name)}")

    async def run(self) -> None:
        """Ask."""
        from probes.browse.asking import ask_infos, ask_version, browse
        from probes.browse.proxies import columns_of, unusable

        if self._only:
            columns = columns_of(self._environment, self._path)
            private = columns.route.private
            pattern, error = None if private is None else private.pattern, unusable(columns.route)
            self._emit(BrowseStarted(0.0, self._path, columns.all, pattern, error))
            await ask_version(
                self._environment, self._path, self._only, self._emit,
                limits=self._limits, ask_all=self._all, run=self._runs,
            )  # fmt: skip
            return
        await browse(
            self._environment, self._path, self._emit,
            limits=self._limits, ask_all=self._all, reach_direct=True, run=self._runs,
        )  # fmt: skip
        column = self._who_has_most()
        if self._times and column is not None:
            newest = self.table.versions()[:MOST_TIMES]
            unknown = [version for version in newest if not self.table.published(version)]
            await ask_infos(self._environment, self._path, unknown, column, self._emit, limits=self._limits)

    def _who_has_most(self) -> int | None:
        """The proxy with the longest list."""
        answered = [
            (len(state.answered.versions), -state.column.id)
            for state in self.table.columns
            if state.answered is not None and state.column.kind is ColumnKind.PROXY
        ]
        return -max(answered)[1] if answered else None


def _verdict(table: VersionTable) -> ExitCode:
    """Whether go would find a version for latest."""
    choice = table.choices.get("latest")
    if choice is None or choice.unknown:
        return ExitCode.UNKNOWN
    return ExitCode.OK if choice.version is not None else ExitCode.FAILS


def _verdict_of_one(environment: Environment, table: VersionTable, version: str) -> ExitCode:
    """Whether go would find this version along the list, as far as the columns were asked."""
    from probes.browse.proxies import columns_of
    from probes.sources.programs import HOW_TO_AGREE

    columns = columns_of(environment, table.path)
    if table.started is not None and table.started.error:
        return ExitCode.FAILS
    is_sure = True
    for hop in columns.route.hops:
        number = columns.of_hop(hop.id)
        if number is None or columns.route.access(hop) not in (Access.ASK, Access.DIRECT):
            continue
        answer = table.columns[number].known.get(version)
        if answer is None:
            return ExitCode.UNKNOWN
        if answer.served:
            return ExitCode.OK if is_sure else ExitCode.UNKNOWN
        if FOR_EVER in (answer.error or "") or HOW_TO_AGREE in (answer.error or ""):
            return ExitCode.UNKNOWN
        if not answer.missing and hop.separator is not Separator.PIPE:
            return ExitCode.FAILS
        is_sure &= not answer.cached_only
    return ExitCode.FAILS if is_sure else ExitCode.UNKNOWN
