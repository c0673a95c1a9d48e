"""`modtrace completion`: what a shell needs to complete modtrace's words."""

from __future__ import annotations

import argparse

from probes.commands.exit_codes import ExitCode
from probes.commands.output import Output

SHELLS = ("bash", "zsh", "tcsh")

EXAMPLES = """\
examples:
  modtrace completion bash > ~/.local/share/bash-completion/completions/modtrace
  modtrace completion zsh > "${fpath[1]}/_modtrace"
"""


def add_parser(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], whole: argparse.ArgumentParser
) -> None:
    """Make `completion` known; ``whole`` is the parser that is completed."""
    parser = commands.add_parser(
        "completion",
        help="print the completion script for a shell",
        description="Print the script that completes modtrace's commands and options in a shell.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("shell", choices=SHELLS, help="the shell")
    parser.set_defaults(run=lambda args: run(args, whole))


def run(args: argparse.Namespace, whole: argparse.ArgumentParser) -> int:
    """Print the script."""
    import shtab

    Output().write(shtab.complete(whole, shell=args.shell) + "\n")
    return ExitCode.OK
