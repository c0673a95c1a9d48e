"""`modtrace diff`: what differs between two versions, or between one version at two proxies."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from probes.commands.exit_codes import ExitCode
from probes.commands.output import Output, StatusLine, size
from probes.commands.trace import add_environment_options, parse_overlay, parse_target, run_until_signal
from probes.golang.safetext import safe_text

if TYPE_CHECKING:
    from probes.browse.archive import Archive, Shelf, Supplier
    from probes.browse.differences import Difference, FileChange, Side
    from probes.golang.environment import Environment
    from probes.net.limits import Limits

EXAMPLES = """\
examples:
  modtrace diff rsc.io/quote@v1.5.1 rsc.io/quote@v1.5.2
                         what changed, as a patch that git apply takes
  modtrace diff rsc.io/quote@v1.5.1 rsc.io/quote@v1.5.2 --stat
                         only which files, and how much
  modtrace diff rsc.io/quote@v1.5.2 --from 1 --and 2
                         one version at the first and second entry of GOPROXY
  modtrace diff rsc.io/quote@v1.5.2 --from cache --and goproxy.cn
                         the module cache and a proxy of GOPROXY
  modtrace diff rsc.io/quote@v1.5.2 --from chain --and https://goproxy.io
                         what go would get, and a proxy not in GOPROXY

A and B are the number of a proxy in GOPROXY (from 1 on), its host or URL,
another URL, chain (the proxies of GOPROXY with go's rule of who is next) or
cache (the module cache; nobody is asked). Without --from a version is taken as
go would: from the module cache where it is there, else along the chain. No
proxy is ever asked about a private path (GOPRIVATE, GONOPROXY), whatever A and
B are.

The zips are fetched into a temporary file and forgotten; nothing is written
into the module cache, and they are not held against go.sum or the checksum
database. Of binary and very large files it is only told that they differ: git
apply passes over them.

exit codes: 0 the same files · 1 they differ · 2 usage · 3 could not tell
            130 interrupted · 143 terminated · 129 hung up
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Make `diff` known."""
    parser = commands.add_parser(
        "diff",
        help="what differs between two versions, or at two proxies",
        description="Compare the files of two versions of a module, or of one version from two\nplaces.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "targets", nargs="+", metavar="PATH@VERSION", help="one or two exact versions of modules"
    )
    parser.add_argument("--from", dest="first", metavar="A", help="where to take the first one from")
    parser.add_argument("--and", dest="second", metavar="B", help="where to take the second one from")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object on stdout")
    form.add_argument("--stat", action="store_true", help="which files, with counts of lines")
    form.add_argument("--name-only", action="store_true", help="only the names of the files that differ")
    add_environment_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    output = Output()
    targets = [parse_target(text) for text in args.targets]
    complaint = _misused(args, targets)
    overlay = None if complaint else parse_overlay(args.set, output)
    if overlay is None:
        if complaint:
            output.complain(complaint)
        return ExitCode.USAGE
    from probes.golang.errors import GoError
    from probes.net.limits import Limits
    from probes.sources.environment_reader import read_environment

    environment = read_environment(overlay=overlay)
    limits = Limits.patient(args.timeout)
    if len(targets) == 1:
        targets *= 2
    try:
        suppliers = _suppliers(environment, args)
    except GoError as error:
        output.complain(safe_text(str(error), limit=1000))
        return ExitCode.USAGE
    work = _Work(environment, targets, suppliers, limits)
    code = run_until_signal(work.run)
    work.status.clear()
    if code is not None:
        return code
    for words in work.errors:
        output.complain(safe_text(words, limit=4000, lines=40))
    if work.found is None:
        if args.json:
            found = failure_to_json(targets, [one.name for one in suppliers], work.errors)
            output.write(json.dumps(found, indent=2, ensure_ascii=True) + "\n")
        return ExitCode.UNKNOWN
    _report(work.found, work.errors, args, output)
    return ExitCode.OK if work.found.is_same else ExitCode.FAILS


def _misused(args: argparse.Namespace, targets: list[tuple[str, str]]) -> str:
    """What is wrong with the command line; "" for nothing."""
    from probes.golang import module

    if len(targets) > 2:
        return "that is more than two versions: write PATH@VERSION once or twice"
    for (path, version), text in zip(targets, args.targets, strict=True):
        shown = safe_text(text, limit=200)
        if "@" not in text or not path:
            return f"{shown}: write PATH@VERSION, for example rsc.io/quote@v1.5.2"
        if not module.canonical_version(version) or version != module.canonical_version(version):
            return f"{shown}: an exact version is needed; modtrace trace {shown} says which one that is"
    if len(targets) == 1 and not (args.first and args.second):
        return "one version is compared with itself from two places: add --from A --and B, or name another"
    return ""


def _suppliers(environment: Environment, args: argparse.Namespace) -> list[Supplier]:
    """Where each of the two is taken from. Raises GoError."""
    from probes.browse.archive import AS_GO, supplier

    texts = [args.first, args.second or args.first]
    return [AS_GO if text is None else supplier(environment, text) for text in texts]


class _Work:
    """Fetching both, and comparing them."""

    def __init__(
        self,
        environment: Environment,
        targets: list[tuple[str, str]],
        suppliers: list[Supplier],
        limits: Limits,
    ) -> None:
        self._environment = environment
        self._wanted = list(zip(targets, suppliers, strict=True))
        self._limits = limits
        self.status = StatusLine()
        self.errors: list[str] = []
        self.found: Difference | None = None

    async def run(self) -> None:
        """Both at once."""
        from probes.browse.archive import Shelf
        from probes.browse.aside import aside
        from probes.browse.differences import compare, served_go_mods
        from probes.golang.errors import GoError

        shelf = Shelf()
        wanted = list(dict.fromkeys(self._wanted))
        archives = await asyncio.gather(*(self._bring(*one, shelf) for one in wanted))
        sides = dict(zip(wanted, archives, strict=True))
        old, new = (sides[one] for one in self._wanted)
        if old is None or new is None:
            return
        (one, first), (other, second) = self._wanted
        go_mods = ("", "")
        if one == other and first != second:
            whos = (first, second)
            go_mods = await served_go_mods(self._environment, *one, whos, self._limits)
        for archive in dict.fromkeys((old, new)):
            if archive.problem is not None and archive.entries:
                where = f"{archive.path}@{archive.version} from {archive.source}"
                self.errors.append(f"go would refuse {where}: {archive.problem}")
        try:
            self.found = await aside(compare, old, new, go_mods)
        except GoError as error:
            self.errors.append(str(error))

    async def _bring(self, target: tuple[str, str], who: Supplier, shelf: Shelf) -> Archive | None:
        from probes.browse.archive import AS_GO, bring_zip
        from probes.golang.errors import GoError
        from probes.golang.redact import redact

        path, version = target

        def told(received: int, total: int | None) -> None:
            of = f" of {size(total)}" if total else ""
            self.status.show(lambda: f"{path}@{version}: {size(received)}{of}")

        try:
            return await bring_zip(
                self._environment, path, version, who, shelf, limits=self._limits, progress=told
            )
        except GoError as error:
            words = str(error).removeprefix(f"{path}@{version}: ")
            where = "" if who == AS_GO else f" from {who.name}"
            self.errors.append(redact(f"{path}@{version}{where}: {words}"))
        return None


# -- telling -----------------------------------------------------------------------------------------


def _report(found: Difference, errors: list[str], args: argparse.Namespace, output: Output) -> None:
    if args.json:
        told = {**difference_to_json(found), "errors": errors}
        output.write(json.dumps(told, indent=2, ensure_ascii=True) + "\n")
        return
    on_terminal = sys.stdout is not None and sys.stdout.isatty()
    if args.name_only:
        from probes.browse.differences import git_name

        _write((f"{git_name(one.name)}\n" for one in found.files), output, on_terminal)
    elif args.stat:
        _write((f"{line}\n" for line in stat_lines(found)), output, on_terminal)
    else:
        from probes.browse.differences import patch_of

        lines = (f"{line}\n" for one in found.files for line in patch_of(one))
        _write(lines, output, on_terminal, patch=True)
    output.note(safe_text(summary(found), limit=1000))


def _write(lines: Iterable[str], output: Output, on_terminal: bool, *, patch: bool = False) -> None:
    """To a terminal what it only prints; elsewhere the bytes as they are, so that a patch applies."""
    colours = on_terminal and patch and not os.environ.get("NO_COLOR")
    for line in lines:
        if on_terminal:
            text = safe_text(line.removesuffix("\n").expandtabs(8), limit=8192)
            colour = _colour(line) if colours else ""
            output.write(f"{colour}{text}{_PLAIN if colour else ''}\n")
        elif sys.stdout is None or not hasattr(sys.stdout, "buffer"):
            output.write(line)
        else:
            sys.stdout.buffer.write(line.encode("utf-8", "surrogateescape"))
    if not on_terminal and sys.stdout is not None:
        sys.stdout.flush()


_PLAIN = "\x1b[0m"


def _colour(line: str) -> str:
    """As git has it: green what came, red what went, cyan where."""
    if line.startswith(("diff --git", "--- ", "+++ ", "new file", "deleted file")):
        return "\x1b[1m"
    return {"+": "\x1b[32m", "-": "\x1b[31m", "@": "\x1b[36m"}.get(line[:1], "")


def stat_lines(found: Difference, width: int = 80) -> Iterator[str]:
    """One line a file: its name, how many lines changed, and a bar of them."""
    from probes.browse.differences import git_name

    most = max((_lines_of(one) for one in found.files), default=0)
    shown = [git_name(one.name) for one in found.files]
    names = min(max(map(len, shown), default=0), width - 34)
    for one, name in zip(found.files, shown, strict=True):
        name = name if len(name) <= names else "…" + name[-names + 1 :]
        yield f" {name:<{names}} | {_counts(one, most)}"


def _lines_of(one: FileChange) -> int:
    return (one.added or 0) + (one.removed or 0)


def _counts(one: FileChange, most: int) -> str:
    mark = {"added": " (new)", "removed": " (gone)"}.get(one.change.value, "")
    if one.why_not is not None:
        sizes = [f"{side.size}" for side in (one.old, one.new) if side is not None]
        return f"{one.why_not.value}, {' -> '.join(sizes)} bytes{mark}"
    scale = min(1.0, 20 / max(1, most))
    bar = "+" * _scaled(one.added or 0, scale) + "-" * _scaled(one.removed or 0, scale)
    return f"{_lines_of(one):>5} {bar}{mark}"


def _scaled(count: int, scale: float) -> int:
    return max(1, round(count * scale)) if count else 0


def summary(found: Difference) -> str:
    """What it comes to, in a sentence."""
    if found.go_mod_differs:
        mods = " and ".join(found.go_mods)
        return f"the .mod that they serve beside the zip differs: {mods}; {_files_summary(found)}"
    return _files_summary(found)


def _files_summary(found: Difference) -> str:
    if found.files:
        count = len(found.files)
        files = f"{count} file{'' if count == 1 else 's'} differ{'s' if count == 1 else ''}"
        not_all = any(not one.is_shortest for one in found.files)
        coarse = "; where much has changed, more lines are told than need be" if not_all else ""
        same = f"{found.same_files} {'is' if found.same_files == 1 else 'are'} the same"
        left_out = sum(one.why_not is not None for one in found.files)
        coarse = f"; {left_out} of them not line by line{coarse}" if left_out else coarse
        return f"{files}, {same}; {found.added}+ {found.removed}- lines{coarse}"
    same = "and the zips are the same byte for byte" if found.same_bytes else "though the zips are not"
    return f"all {found.same_files} files are the same, {same}; {found.old_h1 or 'no hash'}"


def difference_to_json(found: Difference) -> dict[str, object]:
    """The difference as one JSON object."""
    return {
        "schema": "modtrace.diff/1",
        "same": found.is_same,
        "same_bytes": found.same_bytes,
        "same_files": found.same_files,
        "old": _archive_to_json(found.old, found.old_h1),
        "new": _archive_to_json(found.new, found.new_h1),
        "added": found.added,
        "removed": found.removed,
        "go_mod": {"old": found.go_mods[0] or None, "new": found.go_mods[1] or None},
        "files": [_file_to_json(one) for one in found.files],
    }


def failure_to_json(
    targets: list[tuple[str, str]], whence: list[str], errors: list[str]
) -> dict[str, object]:
    """The same object where nothing could be compared."""
    sides = [
        {"path": path, "version": version, "from": name, "zip_bytes": None, "h1": None, "error": None}
        for (path, version), name in zip(targets, whence, strict=True)
    ]
    return {
        "schema": "modtrace.diff/1", "same": None, "same_bytes": None, "same_files": None,
        "old": sides[0], "new": sides[1], "added": None, "removed": None,
        "go_mod": {"old": None, "new": None}, "files": [], "errors": errors,
    }  # fmt: skip


def _archive_to_json(archive: Archive, h1: str | None) -> dict[str, object]:
    return {
        "path": archive.path,
        "version": archive.version,
        "from": archive.source,
        "zip_bytes": archive.size,
        "h1": h1,
        "error": archive.problem,
    }


def _file_to_json(one: FileChange) -> dict[str, object]:
    def side(what: Side | None) -> dict[str, object] | None:
        if what is None:
            return None
        return {"bytes": what.size, "sha256": what.sha256 or None, "error": what.problem or None}

    return {
        "name": one.name,
        "change": one.change.value,
        "old": side(one.old),
        "new": side(one.new),
        "added": one.added,
        "removed": one.removed,
        "not_compared": None if one.why_not is None else one.why_not.value,
    }
