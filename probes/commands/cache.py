"""`modtrace cache`: what is in the module cache, what is wrong with it, and the smallest repair."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from probes.commands.exit_codes import ExitCode
from probes.commands.output import Output, StatusLine, size
from probes.golang.safetext import safe_text

if TYPE_CHECKING:
    from probes.cache.mending import Mended, Plan
    from probes.cache.survey import Survey, Wish

EXAMPLES = """\
examples:
  modtrace cache                       how much there is, and what looks wrong
  modtrace cache rsc.io/quote          every version of a module
  modtrace cache rsc.io/quote@v1.5.2   each file, and which request it spares
  modtrace cache --verify              hash every zip and every unpacked module
  modtrace cache --verify --fix        show what is poisoned, ask, remove that
  modtrace cache --fix --yes           the same without asking, for scripts
  modtrace cache --json | jq '.findings[].file'

Nobody is asked over the network. --verify compares with the .ziphash as `go
mod verify` does, on all processors, and not only what this project is built
from; what go.sum says is compared besides. --fix removes the poisoned files
of single versions, never the whole cache; go downloads again what it needs.
A version that a go command is at work on is left alone.

exit codes: 0 nothing wrong, or all mended · 1 something is wrong · 2 usage
            3 not all could be read · 130 interrupted · 143 terminated
            129 hung up
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Make `cache` known."""
    parser = commands.add_parser(
        "cache",
        help="what is in the module cache, what is poisoned, and the smallest repair",
        description="Look into the module cache, verify it, and remove what is poisoned.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("target", metavar="PATH[@VERSION]", nargs="?", help="a module, or one version of it")
    parser.add_argument("--verify", action="store_true", help="make the hashes too, as go mod verify does")
    parser.add_argument("--fix", action="store_true", help="remove what is poisoned, after showing it")
    parser.add_argument("--yes", action="store_true", help="with --fix: do not ask")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="look as if this were set (GOMODCACHE=…)",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    output = Output()
    wish = _wish(args, output)
    if wish is None:
        return ExitCode.USAGE
    if args.yes and not args.fix:
        output.complain("--yes is for --fix")
        return ExitCode.USAGE
    looking = _Looking(wish, args)
    try:
        with signals_stop():
            looking.look()
    except Stopped as stopped:
        looking.status.clear()
        output.complain(f"stopped by {signal.Signals(stopped.number).name}")
        return 128 + stopped.number
    looking.status.clear()
    if looking.error:
        output.complain(looking.error)
        return ExitCode.UNKNOWN
    return _tell(args, looking, output)


def _wish(args: argparse.Namespace, output: Output) -> Wish | None:
    """What is to be looked at; None after a complaint."""
    from probes.cache.at_hand import at_hand
    from probes.cache.place import look_at_place
    from probes.cache.survey import Wish
    from probes.golang import module
    from probes.golang.errors import GoError
    from probes.sources.environment_reader import read_environment

    overlay: dict[str, str] | None = {}
    if args.set:
        from probes.commands.trace import parse_overlay  # which takes longer to load than all of this

        overlay = parse_overlay(args.set, output)
    if overlay is None:
        return None
    path, _, version = (args.target or "").partition("@")
    if args.target is not None:
        try:
            module.check_path(path)
            if "@" in args.target and (not version or version != module.canonical_version(version)):
                output.complain(
                    f"@{safe_text(version)} is no exact version, such as v1.2.3: the cache knows no others"
                )
                return None
        except GoError as error:
            output.complain(safe_text(str(error)))
            return None
    environment = read_environment(overlay=overlay)
    return Wish(look_at_place(environment), at_hand(environment, Path()), path, version, args.verify)


class Stopped(BaseException):
    """A signal has come."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def signals_stop() -> Iterator[None]:
    """INT, TERM and HUP raise Stopped: whatever is under way is left at once, and hashing stops."""

    def stop(number: int, _frame: object) -> None:
        raise Stopped(number)

    before = {one: signal.signal(one, stop) for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


class _Looking:
    """The look, and how far it has come."""

    def __init__(self, wish: Wish, args: argparse.Namespace) -> None:
        self.found: Survey | None = None
        self.plans: list[Plan] = []
        self.error = ""
        self.status = StatusLine()
        self._wish = wish
        self._plans = args.fix

    def look(self) -> None:
        """Look, and with --fix find out what mends it. Raises Stopped."""
        from probes.cache.survey import plans, survey
        from probes.golang.os_errors import errno_words

        try:
            for found in survey(self._wish):
                self.found = found
                self.status.show(self._words)
            if self._plans and self.found is not None:
                self.plans = list(plans(self.found))
        except OSError as error:
            self.error = safe_text(f"{error.filename or self._wish.place.folder}: {errno_words(error)}")

    def _words(self) -> str:
        found = self.found
        assert found is not None
        bad = f", {len(found.bad):,} with something wrong" if found.bad else ""
        if self._wish.verify:
            return f"hashed {found.versions:,} versions, {size(found.hashed_bytes)}{bad}"
        return f"looked at {found.versions:,} versions{bad}"


def _tell(args: argparse.Namespace, looking: _Looking, output: Output) -> int:
    from probes.commands.cache_report import json_report, text_report

    found = looking.found
    assert found is not None
    if not args.json:
        for line in text_report(found, mends=args.fix):
            output.write(line + "\n")
    done: list[Mended] = []
    if args.fix and looking.plans:
        done = _mend(args, looking.plans, found, output)
    if args.json:
        output.write(json_report(found, looking.plans, done))
    is_mended = len(done) == found.to_mend and all(one.is_done for one in done)
    if found.place_is_bad or not (found.is_good or is_mended):
        return ExitCode.FAILS
    return ExitCode.UNKNOWN if found.unreadable else ExitCode.OK


def _mend(args: argparse.Namespace, plans: list[Plan], found: Survey, output: Output) -> list[Mended]:
    """Show what would be removed, ask, and remove it."""
    from probes.cache.survey import mended
    from probes.commands.cache_report import mended_report, plan_report

    tell = output.note if args.json else lambda text: output.write(text + "\n")
    shown = list(plan_report(plans))
    for line in shown:
        tell(line)
    if not args.yes and not _agreed(output, [] if args.json or sys.stdout.isatty() else shown):
        tell("nothing was removed")
        return []
    done = []
    for plan in plans:
        one = mended(plan, found.wish.looker)
        done.append(one)
        for line in mended_report(one):
            tell(line)
    gone = [one.plan for one in done if one.removed and one.plan.command]
    if gone:
        tell("go downloads it again where it needs it; at once:")
        for plan in gone:
            tell(f"  {safe_text(plan.command)}")
    return done


def _agreed(output: Output, unseen: list[str]) -> bool:
    """Whether somebody at the terminal says yes; what went into a file is shown there first."""
    if not (sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()):
        output.complain("there is no terminal to ask on: --yes does it without asking")
        return False
    for line in unseen:
        output.note(line)
    sys.stderr.write("Remove this? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")
