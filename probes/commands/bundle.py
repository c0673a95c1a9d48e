"""`modtrace bundle`: a kit of all that a project needs, for a machine without a network."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from probes.commands.download import (
    add_saving_options,
    check_folder,
    environment_of,
    named_place,
    plan_of,
    save_until_signal,
    words_of,
)
from probes.commands.exit_codes import ExitCode
from probes.commands.output import Output, size
from probes.golang.safetext import safe_text

if TYPE_CHECKING:
    from probes.browse.bundling import Kit
    from probes.browse.saved import Saving
    from probes.project.project import Project

SCHEMA = "modtrace.bundle/1"
FOLDER = "modtrace-kit"

EXAMPLES = """\
examples:
  modtrace bundle -o kit
                         a kit of the project in this folder
  modtrace bundle -C ~/src/app -o kit --tar kit.tar.gz
                         of that project, and as one file to carry
  modtrace bundle -o kit --toolchain linux-amd64
                         with the Go release that the project asks for
  modtrace bundle --check kit
                         is all of it still what was saved?
  GOPROXY=file://$PWD/kit GONOPROXY=none go build ./...
                         on the other machine; kit/README.txt has all lines

The kit holds what go.sum names; where that is missing or lacks lines, what the
requirement graph leads to as well. Everything is vouched for by go.sum or by
the checksum database, as it would be for go. What GONOPROXY matches and go
would take from its repository is part of the kit with --run, for which git is
started; without it, it is listed. A kit that was begun is gone on with.

exit codes: 0 complete · 1 something is lacking (0 with --allow-missing)
            2 usage · 3 could not be written
            130 interrupted · 143 terminated · 129 hung up
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Make `bundle` known."""
    parser = commands.add_parser(
        "bundle",
        help="make an air-gap kit of a project",
        description="Save all modules that a project needs, so that go build works without a\nnetwork.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "-C", dest="place", type=named_place, metavar="DIR", default=".", help="the folder of the project"
    )
    parser.add_argument(
        "-o", "--output", type=named_place, metavar="KIT", default=FOLDER,
        help=f"where to (default {FOLDER})",
    )  # fmt: skip
    parser.add_argument(
        "--tar", type=named_place, metavar="FILE",
        help="also as one .tar.gz, always the same for the same kit",
    )  # fmt: skip
    parser.add_argument(
        "--toolchain", action="append", default=[], type=_platform, metavar="OS-ARCH",
        help="with the Go release that the project asks for, for this platform (repeatable)",
    )  # fmt: skip
    parser.add_argument("--allow-missing", action="store_true", help="exit 0 although something is lacking")
    parser.add_argument(
        "--check", type=named_place, metavar="KIT", help="only compare a kit with its manifest"
    )
    add_saving_options(parser)
    parser.set_defaults(run=run)


def _platform(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+-[a-z0-9]+", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no platform such as linux-amd64")
    return text


def run(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    output = Output()
    if args.check is not None:
        return check_folder(Path(args.check), output, is_json=args.json, schema="modtrace.bundle.check/1")
    environment = environment_of(args, output)
    if environment is None:
        return ExitCode.USAGE
    from probes.browse.bundling import toolchain_version
    from probes.browse.needed import Needs
    from probes.golang.errors import GoError
    from probes.project.project import read_project

    try:
        project = read_project(Path(args.place), environment)
    except (GoError, OSError, ValueError) as error:
        output.complain(words_of(error))
        return ExitCode.USAGE
    if args.toolchain and not project.toolchain:
        output.complain("--toolchain: go.mod has no go line, so no release is asked for")
        return ExitCode.USAGE
    plan = plan_of(args, environment, Path(args.output), project.go_sum, output)
    if plan is None:
        return ExitCode.USAGE
    needs = Needs(project, [toolchain_version(project.toolchain, one) for one in args.toolchain])
    from probes.commands.download_report import Progress

    progress = Progress(output, events=args.events)
    code = save_until_signal(plan, needs.first(), progress, needs)
    if code is not None:
        return code
    return _finish(args, progress.saving, project, plan.folder, environment, output)


def _finish(
    args: argparse.Namespace,
    saving: Saving,
    project: Project,
    folder: Path,
    environment: Any,
    output: Output,
) -> int:
    from probes.browse.bundling import finish, write_tar
    from probes.browse.tree import Tree
    from probes.golang.os_errors import errno_words

    assert saving.finished is not None
    if saving.finished.error is not None:
        output.complain(saving.finished.error)
        return ExitCode.UNKNOWN
    try:
        kit = finish(Tree(folder), project, saving, environment)
        if args.tar:
            write_tar(Tree(folder), Path(args.tar))
    except OSError as error:
        output.complain(f"{error.filename or folder}: {errno_words(error)}")
        return ExitCode.UNKNOWN
    code = ExitCode.FAILS if kit.lacking and not args.allow_missing else ExitCode.OK
    if args.json:
        found = _json(kit, saving, project, args.tar, is_ok=code is ExitCode.OK)
        output.write(json.dumps(found, indent=2, ensure_ascii=True) + "\n")
    elif not args.events:
        output.write(_report(kit, args.tar))
    return code


def _report(kit: Kit, tar: str | None) -> str:
    from probes.commands.download_report import file_url

    lines = [f"lacks  {one.what}: {one.why}" for one in kit.lacking]
    lines += [f"note   {note}" for note in kit.notes]
    lines.append(f"{kit.versions} modules, {kit.files} files, {size(kit.bytes)} in {kit.folder}")
    if tar:
        lines.append(f"and as one file: {tar}")
    values = " ".join(f"{name}={value}" for name, value in kit.variables)
    lines.append(f"to use it: export GOPROXY={file_url(kit.folder)} {values}   (README.txt has more)")
    return "".join(f"{safe_text(line, limit=2000)}\n" for line in lines)


def _json(kit: Kit, saving: Saving, project: Project, tar: str | None, *, is_ok: bool) -> dict[str, Any]:
    from probes.commands.download_report import file_url, versions_json

    return {
        "schema": SCHEMA,
        "ok": is_ok,
        "kit": str(kit.folder),
        "goproxy": file_url(kit.folder),
        "variables": dict(kit.variables),
        "tar": tar,
        "modules": kit.versions,
        "files": kit.files,
        "bytes": kit.bytes,
        "go_sum": project.has_sums,
        "toolchain": project.toolchain or None,
        "lacking": [{"what": one.what, "why": one.why, "private": one.is_private} for one in kit.lacking],
        "notes": list(kit.notes),
        "versions": versions_json(saving),
    }
