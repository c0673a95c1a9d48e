"""The commands of this room as a user runs them, without tui.launch."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

RUNNER = """
import argparse, sys
from probes.commands import apply, whatif
parser = argparse.ArgumentParser(prog="modtrace")
commands = parser.add_subparsers()
whatif.add_parser(commands)
apply.add_parser(commands)
args = parser.parse_args(sys.argv[1:])
sys.exit(args.run(args))
"""


def environment(home: Path, variables: Mapping[str, str]) -> dict[str, str]:
    return {"HOME": str(home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "SHELL": "/bin/sh", **variables}


def run(home: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", RUNNER, *arguments],
        env=environment(home, variables), cwd=home, text=True, capture_output=True,
        stdin=subprocess.DEVNULL, timeout=60,
    )  # fmt: skip


def on_a_terminal(home: Path, typed: str, *arguments: str) -> tuple[int, str]:
    """With a terminal for stdin, stdout and stderr; ``typed`` is there before it is asked for."""
    leader, follower = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", RUNNER, *arguments],
        env=environment(home, {}), cwd=home, stdin=follower, stdout=follower, stderr=follower,
    )  # fmt: skip
    os.close(follower)
    os.write(leader, typed.encode())
    said = b""
    try:
        while chunk := os.read(leader, 65536):
            said += chunk
    except OSError:
        pass  # the other side is closed
    os.close(leader)
    return process.wait(timeout=60), said.decode().replace("\r\n", "\n")
