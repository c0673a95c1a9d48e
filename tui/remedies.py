"""Which settings a remedy sets, so that it can be tried before it is typed."""

from __future__ import annotations

import re
from collections.abc import Iterable

from probes.golang.environment import Environment
from probes.golang.redact import MASK
from probes.golang.variables import VARIABLE

_UNSET = re.compile(r"(?:unset|set -e)\s+(?P<names>[A-Za-z_ ]+)|Remove-Item Env:(?P<name>[A-Za-z_]+)")


def settings_of(lines: Iterable[str], environment: Environment) -> dict[str, str]:
    """The variables that lines to type set, or with "" take out of the process; {} where they do neither.

    The secrets that a line does not show are put back from the setting that it was made of.
    """
    from probes.diagnosis.pasted import read

    values: dict[str, str] = {}
    for text in lines:
        for found in read(text)[0]:
            if found.expands or found.name not in VARIABLE:
                return {}
            whole = _with_secrets(found.value, found.name, environment)
            if whole is None:
                return {}
            values[found.name] = whole
        if match := _UNSET.match(text):
            names = (match["names"] or match["name"]).split()
            values |= {name: "" for name in names if name in VARIABLE and name in environment.process}
    return values


def _with_secrets(value: str, name: str, environment: Environment) -> str | None:
    """The value with its secrets; None where it is not known which they are."""
    secrets = environment.setting(name).shown.secrets
    pieces = value.split(MASK)
    if len(pieces) == 1:
        return value
    if len(pieces) != len(secrets) + 1:
        return None
    return "".join(piece + secret for piece, secret in zip(pieces, (*secrets, ""), strict=True))
