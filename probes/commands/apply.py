"""`modtrace apply`: write the GOENV file as `go env -w` would, show it first, and take it back."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from probes.commands.exit_codes import ExitCode
from probes.commands.output import Output
from probes.commands.setting_options import Wanted, about_preset, add_setting_options, wanted, wrapped
from probes.golang.safetext import safe_text

if TYPE_CHECKING:
    from probes.golang.environment import Environment
    from probes.settings.env_write import DiffLine, EnvChange

EXAMPLES = """\
examples:
  modtrace apply --set 'GOPROXY=https://goproxy.cn|direct'
                                        show, ask, write
  modtrace apply --preset goproxy.cn --yes
                                        write without asking
  modtrace apply --unset GOPRIVATE      as go env -u GOPRIVATE
  modtrace apply --undo                 take the last one back

The file is the one that `go env GOENV` names; its new bytes are those that `go
env -w` and `go env -u` would leave, and what go refuses is refused. It changes
in one step, and a copy of the old one is kept first. A file that somebody else
changed meanwhile is left alone.

exit codes: 0 written, or nothing to do · 1 the answer was no
            2 usage, go refuses, or nobody to ask
            3 the file could not be written
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Make `apply` known."""
    parser = commands.add_parser(
        "apply",
        help="write settings as go env -w would, with a way back",
        description="Write settings into the GOENV file, after showing the difference and what would\n"
        "still win over it.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="write this value, as go env -w does (repeatable)",
    )
    add_setting_options(
        parser, unset_help="take this setting out of the file, as go env -u does (repeatable)"
    )
    parser.add_argument("--undo", action="store_true", help="take the last change back")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    from probes.settings.env_apply import CannotApply, backup_folder

    output = Output()
    folder = backup_folder(os.environ)
    if folder is None:
        output.complain("apply: neither XDG_STATE_HOME nor HOME says where a backup could go")
        return ExitCode.USAGE
    asked = wanted(args, output)
    if asked is None:
        return ExitCode.USAGE
    if bool(asked.changes) is bool(args.undo):
        output.complain("apply: either --set, --unset or --preset, or --undo")
        return ExitCode.USAGE
    try:
        return _undo(args, folder, output) if args.undo else _apply(args, asked, folder, output)
    except CannotApply as error:
        output.complain(f"apply: {safe_text(str(error), limit=1000)}")
        return ExitCode.UNKNOWN


# -- forth --------------------------------------------------------------------------------------------------


def _apply(args: argparse.Namespace, asked: Wanted, folder: Path, output: Output) -> ExitCode:
    from probes.settings.env_apply import apply
    from probes.settings.env_write import NeverRead, Refused, plan_write
    from probes.sources.environment_reader import read_environment

    environment = read_environment()
    try:
        change = plan_write(environment, asked.changes)
    except Refused as refused:
        from probes.golang.redact import redact

        for line in refused.stderr.splitlines():
            output.complain("go refuses: " + safe_text(redact(line), limit=1000))
        return ExitCode.USAGE
    except NeverRead as error:
        output.complain(f"apply: {safe_text(str(error), limit=1000)}")
        for line in _shell_lines(asked.changes):
            output.complain(f"type this instead: {line}")
        return ExitCode.USAGE
    if not change.is_needed:
        output.write(f"{safe_text(change.path)} says so already: nothing to write.\n")
        output.write(_text(_still_wins(environment, asked.changes)))
        return ExitCode.OK
    output.write(_text(_plan(environment, change, asked)))
    code = _agreed(args, "Write this?", output)
    if code is not None:
        return code
    apply(change, folder)
    output.write("Written. `modtrace apply --undo` takes it back.\n")
    return ExitCode.OK


def _plan(environment: Environment, change: EnvChange, asked: Wanted) -> Iterator[str]:
    from probes.diagnosis.findings import Level
    from probes.settings.whatif import as_written, lint_changes

    if asked.preset is not None:
        yield from about_preset(asked.preset)
        yield ""
    yield safe_text(change.path) + ("" if change.before is not None else "  (a new file)")
    yield from _diff(change.diff)
    yield from _still_wins(environment, asked.changes)
    gained, _ = lint_changes(environment, as_written(environment, change))
    for finding in gained:
        if finding.level is not Level.INFO:
            where = f"{finding.variable}: " if finding.variable else ""
            yield from wrapped(f"{finding.level}: ", where + finding.message)


def _still_wins(environment: Environment, changes: Mapping[str, str | None]) -> Iterator[str]:
    from probes.settings.env_write import shadowed

    found = shadowed(environment, changes)
    for shadow in found:
        yield from wrapped("still wins: ", shadow.words)
    in_process = [shadow.name for shadow in found if shadow.by == shadow.name]
    for line in _shell_lines(dict.fromkeys(in_process)):
        yield f"to make the file count: {line}"


def _shell_lines(changes: Mapping[str, str | None]) -> tuple[str, ...]:
    from probes.diagnosis.catalogue_shells import Shell, shell_of
    from probes.settings.lines import Form, snippet

    return snippet(changes, Form.FISH if shell_of(os.environ) is Shell.FISH else Form.SH).lines


def _diff(lines: Iterable[DiffLine]) -> Iterator[str]:
    for line in lines:
        yield f"{line.sign} {line.text}".rstrip()


# -- back ---------------------------------------------------------------------------------------------------


def _undo(args: argparse.Namespace, folder: Path, output: Output) -> ExitCode:
    from probes.settings.env_apply import FileChanged, latest, undo
    from probes.settings.env_write import EnvChange

    applied = latest(folder)
    if applied is None:
        output.complain("apply: there is nothing to take back")
        return ExitCode.USAGE
    try:
        now = Path(applied.target).read_bytes()
    except OSError as error:
        raise FileChanged(f"{applied.path} cannot be read any more: {error.strerror}") from error
    lines = [f"{safe_text(applied.path)}  back to what it was before {applied.at}"]
    if not applied.existed:
        lines.append("The file did not exist and goes away.")
    lines += _diff(EnvChange(applied.path, now, applied.before).diff)
    output.write(_text(lines))
    code = _agreed(args, "Take it back?", output)
    if code is not None:
        return code
    undo(applied)
    output.write("Done.\n")
    return ExitCode.OK


# -- asking -------------------------------------------------------------------------------------------------


def _agreed(args: argparse.Namespace, question: str, output: Output) -> ExitCode | None:
    """None to go on, else the exit code."""
    if args.yes:
        return None
    if sys.stdin is None or not (sys.stdin.isatty() and sys.stdout.isatty()):
        output.complain("apply: nobody to ask: nothing was written; --yes writes without asking")
        return ExitCode.USAGE
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() in ("y", "yes"):
        return None
    output.write("Nothing was written.\n")
    return ExitCode.FAILS


def _text(lines: Iterable[str]) -> str:
    return "".join(line + "\n" for line in lines)
