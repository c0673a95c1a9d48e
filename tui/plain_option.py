"""The option `--plain`, and whether there is somebody to talk to; importing it costs nothing."""

from __future__ import annotations

import argparse
import sys


def add_plain_option(parser: argparse.ArgumentParser) -> None:
    """The option of what can also be done line by line."""
    parser.add_argument(
        "--plain",
        action="store_true",
        help="no screen: whole sentences, line by line, then a prompt; for screen readers and dumb terminals",
    )


def wants_plain(args: argparse.Namespace) -> bool:
    """Whether there is somebody to talk to line by line, and that is wanted."""
    streams = (sys.stdin, sys.stdout)
    return bool(args.plain) and all(stream is not None and stream.isatty() for stream in streams)
