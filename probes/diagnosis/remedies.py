"""Command lines that mend a setting, for the place it is set in."""

from __future__ import annotations

import shlex

from probes.golang.environment import Environment, Source
from probes.golang.variables import VARIABLE


def set_line(environment: Environment, name: str, value: str) -> str:
    """The line that gives a variable another value where its present value comes from."""
    source = environment.setting(name).source
    if source in (Source.PROCESS, Source.OVERLAY) or not can_be_written(environment, name):
        return f"export {name}={shlex.quote(value)}"
    return f"go env -w {name}={shlex.quote(value)}"


def unset_line(environment: Environment, name: str) -> str:
    """The line that takes away the setting of a variable that counts."""
    if environment.setting(name).source is Source.GOENV and can_be_written(environment, name):
        return f"go env -u {name}"
    return f"unset {name}"


def edit_line(where: str, line: str) -> str:
    """What to write in a line of a file that `go env` cannot mend."""
    return f"in {where} write: {line}"


def can_be_written(environment: Environment, name: str) -> bool:
    """Whether `go env -w` and `-u` work for a variable here. Source: envcmd checkEnvWrite.

    With GOENV=off they would write the default file, which is then not read.
    """
    if name in _READ_ONLY or environment.user_file is None:
        return False
    variable = VARIABLE.get(name)
    return variable is not None and variable.files_allowed


_READ_ONLY = frozenset({"GOROOT", "GOWORK", "GOVERSION"})
