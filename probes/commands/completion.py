"""`modtrace completion`: what a shell needs to complete modtrace's words."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from probes.commands.exit_codes import ExitCode
from probes.commands.output import Output

SHELLS = ("bash", "zsh", "fish", "tcsh")

EXAMPLES = """\
examples:
  modtrace completion bash \\
      > ~/.local/share/bash-completion/completions/modtrace
  modtrace completion zsh > "${fpath[1]}/_modtrace"
  modtrace completion fish > ~/.config/fish/completions/modtrace.fish
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
    if args.shell == "fish":
        Output().write("\n".join(_fish(whole)) + "\n")
        return ExitCode.OK
    import shtab

    Output().write(shtab.complete(whole, shell=args.shell) + "\n")
    return ExitCode.OK


def _fish(whole: argparse.ArgumentParser) -> Iterator[str]:
    """The lines for fish, which shtab does not know: commands, options, the words that one may be."""
    commands = next(one for one in whole._actions if isinstance(one, argparse._SubParsersAction))
    helps = {one.dest: one.help or "" for one in commands._choices_actions}
    yield from _fish_options("__fish_use_subcommand", whole)
    for name, parser in commands.choices.items():
        about = _fish_quoted(helps.get(name, ""))
        yield f"complete -c modtrace -n __fish_use_subcommand -f -a {name} -d {about}"
        yield from _fish_options(f"__fish_seen_subcommand_from {name}", parser)


def _fish_options(condition: str, parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction) or action.help == argparse.SUPPRESS:
            continue
        words = ["complete -c modtrace", "-n", _fish_quoted(condition)]
        for option in action.option_strings:
            words += ["-l" if option.startswith("--") else "-s", option.lstrip("-")]
        if action.choices is not None:
            words += ["-x" if action.option_strings else "-f"]
            words += ["-a", _fish_quoted(" ".join(map(str, action.choices)))]
        elif not action.option_strings:
            continue
        elif action.nargs != 0:
            words.append("-r")
        help_text = (action.help or "") % {"default": action.default, "prog": parser.prog}
        yield " ".join([*words, "-d", _fish_quoted(help_text)])


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
