"""The modtrace command: runs a headless command, or opens the app on a terminal.

Nothing heavy is imported before it is known what is wanted: `modtrace --version` costs little more than
Python itself, and no headless command ever loads the screen library.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # not that of typing, which takes longer to load than --version may take
    import argparse
    from typing import Any

EPILOG = """\
examples:
  modtrace                                    open the app
  modtrace github.com/pkg/errors@latest       open the app and trace this
  modtrace github.com/pkg/errors --plain      line by line, for a screen reader
  modtrace demo                               a world without network and Go
  modtrace demo comma-stops-on-502            a certain world
  modtrace trace github.com/pkg/errors        trace without a screen
  modtrace doctor                             what is wrong, and what to type
  modtrace explain build.log                  what an error or a log means
  modtrace env                                each setting: source and faults
  modtrace whatif rsc.io/quote --preset goproxy.cn
                                              what another setting changes
  modtrace apply --preset goproxy.cn          as `go env -w`; --undo is there
  modtrace replay session.jsonl --speed 2     what a colleague saw, in the app
  modtrace versions rsc.io/quote              which proxy has which versions
  modtrace download rsc.io/quote@v1.5.2 -o files
                                              a file:// GOPROXY of it
  modtrace diff rsc.io/quote@v1.5.1 rsc.io/quote@v1.5.2
                                              what changed, as a patch
  modtrace bundle -o kit                      for a machine without network
  modtrace sum rsc.io/quote@v1.5.2            the checksum database's proof
  modtrace cache --verify                     what in the cache is poisoned
  modtrace auth git.corp.example --run        what go, git and ssh would show
  modtrace leaks                              which private paths go to whom
  modtrace --resume                           go on where the line dropped
  modtrace report --last --format markdown --privacy
                                              a report with hosts masked

Without a terminal modtrace prints the plain report instead of opening the app.
"""

COMMANDS = (
    "trace", "doctor", "explain", "env", "whatif", "apply", "replay", "report", "download", "bundle",
    "versions", "diff", "sums", "sum", "cache", "auth", "leaks", "completion", "demo",
)  # fmt: skip
"""In the order of the help; each is a module of probes.commands, unless it opens the app."""
_APP = "open"
"""What nobody types: the app without a command."""
_OPENS_APP = {"replay": "tui.command_replay", "demo": "tui.command_demo", _APP: "tui.command_app"}


def main(argv: list[str] | None = None) -> int:
    """Run modtrace; returns the exit code. Never shows a traceback for what a user or a server did."""
    arguments = sys.argv[1:] if argv is None else argv
    if arguments[:1] in (["--version"], ["-V"]):
        from probes import __version__

        sys.stdout.write(f"modtrace {__version__}\n")
        return 0
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        _forget_stdout()
        return 141
    except OSError as error:
        return _bug(error) if error.filename or not _is_output_error(error) else _cannot_write(error)
    except Exception as error:
        return _bug(error)


def _run(arguments: list[str]) -> int:
    import argparse

    from probes.commands.parser import Parser

    parser: argparse.ArgumentParser = Parser(
        prog="modtrace",
        description="traceroute for Go modules: how the go command finds and downloads a\n"
        "module, and why it fails.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", "-V", action="store_true", help="print the version and exit")
    commands = parser.add_subparsers(metavar="COMMAND", dest="command")
    complaint = _mistyped(arguments)
    if complaint:
        from probes.golang.redact import redact

        sys.stderr.write(f"modtrace: {redact(complaint)}\n")
        return 2
    if not any(argument in COMMANDS for argument in arguments[:1]) and arguments[:1] not in (
        ["-h"],
        ["--help"],
    ):
        arguments = [_APP, *arguments]
    _add_parsers(commands, parser, arguments[0])
    args, others = parser.parse_known_args(arguments)
    if others:
        parser.prog = f"modtrace {arguments[0]}" if arguments[0] in COMMANDS else "modtrace"
        parser.error(f"unrecognized arguments: {' '.join(others)}")
    from probes.golang.known_secrets import remembering

    run = args.run
    with remembering():
        if any("@" in argument and ":" in argument for argument in arguments):
            from probes.golang.remembering import remember_text

            for argument in arguments:
                remember_text(argument)
        return int(run(args))


def _add_parsers(
    commands: argparse._SubParsersAction[Any],
    whole: argparse.ArgumentParser,
    wanted: str,
) -> None:
    """Make the command known that is wanted, and all of them only to what lists them: each takes its time."""
    from importlib import import_module

    names = (*COMMANDS, _APP)
    for name in (wanted,) if wanted in names and wanted != "completion" else names:
        module = import_module(_OPENS_APP.get(name, f"probes.commands.{name}"))
        if name == "completion":
            module.add_parser(commands, whole)
        else:
            module.add_parser(commands)


def _mistyped(arguments: list[str]) -> str:
    """A complaint about a first word that is neither a command nor could be a module path, or ""."""
    word = arguments[0] if arguments else "-"
    if word in COMMANDS or word.startswith("-") or any(mark in word for mark in "./@"):
        return ""
    import difflib

    near = difflib.get_close_matches(word, COMMANDS, n=1)
    hint = f"did you mean {near[0]}?" if near else "a module path has a dot in its first element"
    return f"{word!r} is neither a command nor a module path; {hint} (modtrace --help lists the commands)"


def _bug(error: Exception) -> int:
    """One line for an error that is modtrace's own; the way to it only where somebody asks for it."""
    import os

    from probes.golang.bug_words import bug_details, bug_words

    if os.environ.get("MODTRACE_TRACEBACK"):
        sys.stderr.write(bug_details(error))
    sys.stderr.write(
        f"modtrace: this is a bug in modtrace: {bug_words(error)} (MODTRACE_TRACEBACK=1 shows the details)\n"
    )
    return 3


def _is_output_error(error: OSError) -> bool:
    """Whether the output's disk is full or gone."""
    import errno

    return error.errno in (errno.EBADF, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS)


def _cannot_write(error: OSError) -> int:
    sys.stderr.write(f"modtrace: cannot write the output: {error.strerror}; it is not complete\n")
    _forget_stdout()
    return 3


def _forget_stdout() -> None:
    """Keep Python from complaining at exit about a reader that has gone away."""
    import os

    if sys.stdout is None:
        return
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
