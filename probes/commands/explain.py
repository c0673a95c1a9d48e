"""`modtrace explain`: what an error, a log or a command from a blog means, and what to type instead.

Nothing is asked and nothing is run: the text is all that is looked at.
"""

from __future__ import annotations

import argparse
import codecs
import json
import os
import stat
import sys
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from probes.commands.exit_codes import ExitCode
from probes.commands.output import Output
from probes.diagnosis.catalogue_shells import Shell, shell_of
from probes.golang.safetext import safe_text

MOST_BYTES = 8 * 1024 * 1024
"""What is kept at most: the first half of it, and the last, since logs end with what went wrong."""
MOST_STREAM = 512 * 1024 * 1024
"""What is read at most of a text that may never end; a file is read at its end however long it is."""
MOST_LINES = 50_000_000
"""Lines that are left out and still counted."""

_CHUNK = 1 << 16

EXAMPLES = """\
examples:
  go mod download 2>&1 | modtrace explain
  modtrace explain build.log
  modtrace explain --json < build.log
  echo 'export GOPROXY=https://goproxy.cn，direct' | modtrace explain
  modtrace explain                      paste, then press Ctrl-D

Of a text of more than 8 MiB the beginning and the end are read. Nothing is
asked over the network. Remedies are written for the shell in $SHELL, for
PowerShell or cmd when the text comes from Windows, or for the one named by
--shell.

exit codes: 0 something was explained · 1 nothing was recognised
            2 usage, or a text that cannot be read · 3 modtrace itself failed
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Make `explain` known."""
    parser = commands.add_parser(
        "explain",
        help="explain a go error, a build log, or a command from a blog",
        description="Say what a text means: errors of go with cause and remedy and whether a retry\n"
        "may help, settings that do not do what they seem to with the exact column, and\n"
        "statements of guides that are not so.",
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
    except Unreadable as error:
        said = safe_text(str(error), limit=300)
        if args.json:
            from probes.diagnosis.explain_report import SCHEMA

            output.write(json.dumps({"schema": SCHEMA, "error": said}) + "\n")
        output.complain(f"explain: {said}")
        return ExitCode.USAGE
    if data.is_cut:
        output.complain(f"explain: {data.cut_words}")
    from probes.diagnosis.explain import explain
    from probes.diagnosis.explain_report import report, to_json

    explained = explain(data.text())
    shell = Shell(args.shell) if args.shell else explained.windows or shell_of(os.environ)
    if args.json:
        output.write(json.dumps(to_json(explained, shell), indent=2, ensure_ascii=True) + "\n")
    elif explained:
        output.write(report(explained, shell))
    if explained:
        return ExitCode.OK
    if not args.json:
        where = "the beginning and the end of this long text" if explained.is_cut else "this text"
        output.complain(
            f"explain: nothing in {where} is an error of go about modules, or a setting with a fault"
        )
    return ExitCode.FAILS


@dataclass(frozen=True, slots=True)
class Data:
    """What was read of a text: all of it, or its beginning and its end."""

    head: bytes
    tail: bytes = b""
    skipped_lines: int | None = 0
    """Line feeds between the two; None when nobody counted them."""
    has_end: bool = True
    """False for a stream that was given up."""

    @property
    def is_cut(self) -> bool:
        """Whether something is missing."""
        return bool(self.tail) or not self.has_end

    @property
    def cut_words(self) -> str:
        """What is missing, for people."""
        half = MOST_BYTES >> 21
        if not self.has_end:
            most = MOST_STREAM >> 20
            return f"only the first {half} MiB and {half} MiB before {most} MiB were read: it did not end"
        words = f"only the first and the last {half} MiB were read"
        return words if self.skipped_lines is not None else f"{words}; line numbers count these alone"

    def text(self) -> str:
        """The text; a line that was left out is an empty one, so that lines keep their numbers."""
        encoding = encoding_of(self.head)
        if not self.tail:
            return decoded(self.head)
        step = 2 if encoding is not None else 1
        feed = {"utf-16-le": b"\n\x00", "utf-16-be": b"\x00\n"}.get(encoding or "", b"\n")
        head, tail = self.head[: len(self.head) // step * step], self.tail
        # Its first line began in what was left out.
        tail = tail[tail.find(feed) + len(feed) :] if feed in tail else tail
        behind = tail.decode(encoding, errors="replace") if encoding else decoded(tail)
        return f"{decoded(head)}\n" + "\n" * (self.skipped_lines or 0) + behind


def _read(name: str) -> Data:
    """A text, at most MOST_BYTES of it. Raises Unreadable."""
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


def _take(file: BinaryIO, name: str) -> Data:
    """The beginning and the end of a file or a stream; a binary one is given up at its first chunk."""
    half = MOST_BYTES // 2
    try:
        head = _at_most(file, half, name)
        if len(head) < half:
            return Data(head)
        if (size := _size_of(file)) > MOST_STREAM:
            file.seek(size - half)
            return Data(head, _at_most(file, half), None)
        return _end_of_stream(file, head)
    except OSError as error:
        raise Unreadable(f"cannot read {name}: {error.strerror or error}") from None


def _at_most(file: BinaryIO, most: int, name: str = "") -> bytes:
    """So many bytes, or what there is. Raises Unreadable for binary data when the source has a name."""
    chunks: list[bytes] = []
    size = 0
    while size < most and (chunk := file.read(min(_CHUNK, most - size))):
        if name and not chunks and is_binary(chunk):
            raise Unreadable(f"{name} is no text but binary data")
        chunks.append(chunk)
        size += len(chunk)
    return b"".join(chunks)


def _size_of(file: BinaryIO) -> int:
    """The size of a regular file, 0 of anything else."""
    try:
        status = os.fstat(file.fileno())
    except OSError:
        return 0
    return status.st_size if stat.S_ISREG(status.st_mode) else 0


def _end_of_stream(file: BinaryIO, head: bytes) -> Data:
    """Read on, and keep what came last; the lines in between are counted."""
    half = MOST_BYTES // 2
    kept: deque[bytes] = deque()
    size, read, lines = 0, len(head), 0
    while read < MOST_STREAM and (chunk := file.read(_CHUNK)):
        kept.append(chunk)
        size += len(chunk)
        read += len(chunk)
        while size - len(kept[0]) >= half:
            dropped = kept.popleft()
            size -= len(dropped)
            lines += dropped.count(b"\n")
    tail = b"".join(kept)
    if read == len(head) + size:
        return Data(head + tail)
    return Data(head, tail, lines if lines <= MOST_LINES else None, has_end=read < MOST_STREAM)


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
