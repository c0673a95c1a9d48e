"""Where a command stands: the working directory of go, and the project around it.

As with go, -C DIR is the folder that go would be started in; unlike there, files that are named elsewhere on
the command line are still seen from where the shell is.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from probes.commands.output import Output
from probes.golang.safetext import safe_text

if TYPE_CHECKING:
    from probes.golang.environment import Environment
    from probes.project.project import Project


def add_place_options(parser: argparse.ArgumentParser) -> None:
    """-C and --no-project."""
    parser.add_argument(
        "-C",
        dest="place",
        metavar="DIR",
        help="trace as go would started in this folder, with the project around it",
    )
    parser.add_argument(
        "--no-project",
        action="store_true",
        help="trace as outside of any module: no go.mod, go.work or go.sum counts",
    )


def read_place(
    args: argparse.Namespace, overlay: Mapping[str, str], output: Output
) -> tuple[Environment, Project | None] | None:
    """The environment, and the project that go would load there; None after a complaint about DIR."""
    from probes.sources.environment_reader import read_environment

    named = getattr(args, "place", None)
    if named is not None and (why := _unfit(named)):
        output.complain(f"-C {safe_text(named, limit=200)}: {why}")
        return None
    here = None if named is None else os.path.realpath(named)
    environment = read_environment(overlay=overlay, cwd=here)
    return environment, None if getattr(args, "no_project", True) else project_of(environment)


def project_of(environment: Environment) -> Project | None:
    """The project around the working directory, as go loads it; None outside of any module."""
    from probes.project.loading import load_project

    return load_project(environment)


def _unfit(named: str) -> str:
    """Why a folder cannot be the working directory; "" where it can."""
    try:
        if not named or not os.path.exists(named):  # noqa: PTH110 - a name with a NUL is only false here
            return "there is no such folder"
        if not os.path.isdir(named):  # noqa: PTH112
            return "it is no folder"
        return "" if os.access(named, os.X_OK) else "it may not be entered"
    except ValueError:
        return "there is no such folder"
