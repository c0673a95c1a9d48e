"""`modtrace explain`: what an error, a log or a command from a blog means, and what to type instead.

Nothing is asked and nothing is run: the text is all that is looked at.
"""

from __future__ import annotations

import argparse
import codecs
import json
import os
import sys
from pathlib import Path
from typing import BinaryIO

from probes.commands.exit_codes import ExitCode
from probes.commands.output import Output
from probes.diagnosis.catalogue_shells import Shell, shell_of
from probes.golang.safetext import safe_text

MOST_BYTES = 32 * 1024 * 1024
"""What is read at most; stdin may never end."""

_CHUNK = 1 << 16

EXAMPLES = """\
examples:
  go mod download 2>&1 | modtrace explain
  modtrace explain build.log
  modtrace explain --json < build.log
  echo 'export GOPROXY=https://goproxy.cn，direct' | modtrace explain
  modtrace explain                            paste, then press Ctrl-D

Nothing is asked over the network. Remedies are written for the shell in $SHELL, for PowerShell or cmd when
the text comes from Windows, or for the one named by --shell.

exit codes: 0 something was explained · 1 nothing was recognised · 2 usage, or a text that cannot be read
            3 modtrace itself failed
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Make `explain` known."""
    parser = commands.add_parser(
        "explain",
        help="explain a go error, a build log, or a command from a blog",
        description="Say what a text means: errors of go with cause and remedy and whether a retry may\n"
        "help, settings that do not do what they seem to with the exact column, and statements\n"
        "of guides that are not so.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", metavar="FILE", nargs="?", default="-", help="the text; - is stdin (default)")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument(
        "--shell",
        choices=[shell.value for shell in (Shell.POSIX, Shell.FISH, Shell.POWERSHELL, Shell.CMD)],
        help="what to write remedies for",
    )
    parser.set_defaults(run=run)


class Unreadable(Exception):
    """A text that cannot be read; its words say why."""


def run(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    output = Output()
    try:
        data = _read(args.file)
        text = decoded(data[:MOST_BYTES])
    except Unreadable as error:
        output.complain(f"explain: {safe_text(str(error), limit=300)}")
        return ExitCode.USAGE
    if len(data) > MOST_BYTES:
        output.complain(
            f"explain: only the first {MOST_BYTES >> 20} MiB were read; `tail` gives the end of a log"
        )
    from probes.diagnosis.explain import explain
    from probes.diagnosis.explain_report import report, to_json

    explained = explain(text)
    shell = Shell(args.shell) if args.shell else explained.windows or shell_of(os.environ)
    if args.json:
        output.write(json.dumps(to_json(explained, shell), indent=2, ensure_ascii=True) + "\n")
    elif explained:
        output.write(report(explained, shell))
    if explained:
        return ExitCode.OK
    if not args.json:
        output.complain(
            "explain: nothing in this text is an error of go about modules, or a setting with a fault"
        )
    return ExitCode.FAILS


def _read(name: str) -> bytes:
    """At most one byte more than MOST_BYTES. Raises Unreadable."""
    if name == "-":
        if sys.stdin is None:
            raise Unreadable("stdin is closed")
        if sys.stdin.isatty():
            Output().note("explain: paste the text, then press Ctrl-D on an empty line")
        return _take(sys.stdin.buffer, "stdin")
    shown = safe_text(name, limit=120)
    try:
        with Path(name).open("rb") as file:
            return _take(file, shown)
    except (OSError, ValueError) as error:
        raise Unreadable(f"cannot read {shown}: {getattr(error, 'strerror', None) or error}") from None


def _take(file: BinaryIO, name: str) -> bytes:
    """The bytes of a file; a binary one is given up at its first chunk."""
    chunks: list[bytes] = []
    size = 0
    try:
        while size <= MOST_BYTES and (chunk := file.read(_CHUNK)):
            if not chunks and is_binary(chunk):
                raise Unreadable(f"{name} is no text but binary data")
            chunks.append(chunk)
            size += len(chunk)
    except OSError as error:
        raise Unreadable(f"cannot read {name}: {error.strerror or error}") from None
    return b"".join(chunks)


_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def encoding_of(data: bytes) -> str | None:
    """The encoding that a text shows by itself: PowerShell's `>` writes UTF-16; None when it shows none."""
    for mark, encoding in _UTF16.items():
        if data.startswith(mark):
            return encoding
    sample = data[:512]
    half = len(sample) // 2
    if half >= 4 and sample[1::2].count(0) > 0.8 * half and sample[::2].count(0) == 0:
        return "utf-16-le"
    if half >= 4 and sample[::2].count(0) > 0.8 * half and sample[1::2].count(0) == 0:
        return "utf-16-be"
    return None


def is_binary(data: bytes) -> bool:
    """Whether data are no text in any encoding that is read here."""
    return encoding_of(data) is None and b"\x00" in data


def decoded(data: bytes) -> str:
    """The text of a file from any system: UTF-8, UTF-16, GB 18030 (Chinese Windows), or Windows-1252."""
    encoding = encoding_of(data)
    if encoding is not None:
        return data.decode(encoding, errors="replace").removeprefix("\ufeff")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.start >= len(data) - 4:
            # Cut in the middle of a character, by MOST_BYTES or by whoever made the file.
            return data.decode("utf-8-sig", errors="replace")
    try:
        text = data.decode("gb18030")
        if any("\u4e00" <= character <= "\u9fff" for character in text):
            return text
    except UnicodeDecodeError:
        pass
    return data.decode("cp1252", errors="replace")
