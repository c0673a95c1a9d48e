"""Findings about where values come from: settings that are hidden, or set to nothing.

Source: cmd/go/internal/cfg Getenv. The process beats the file that `go env -w` writes, and an empty process
variable is no variable: neither surprises go, both surprise people.
"""

from __future__ import annotations

from collections.abc import Iterator

from probes.diagnosis.about import About
from probes.diagnosis.findings import Finding, Level
from probes.golang.environment import Environment, Source
from probes.golang.variables import VARIABLES

GETENV = "cmd/go/internal/cfg/cfg.go Getenv"


def lint_layers(environment: Environment) -> Iterator[Finding]:
    """Findings about the layers of each variable."""
    for variable in VARIABLES:
        if not variable.files_allowed:
            continue
        about = About(environment, variable.name)
        if environment.process.get(variable.name) == "" and variable.name not in environment.overlay:
            yield from _empty(about)
        if about.setting.source is Source.PROCESS:
            yield from _process_wins(about)


def _empty(about: About) -> Iterator[Finding]:
    """`GOPROXY= go build` does not switch off what a file says."""
    setting = about.setting
    if not setting.value:
        return
    from_user = setting.source is Source.GOENV
    place = setting.where or "what is compiled into go"
    yield about.find(
        "layer.empty-process-variable", Level.WARNING if from_user else Level.INFO,
        f"{about.name} is set to nothing in the process, which counts as not set: the value comes from "
        f"{place}.",
        rule=GETENV,
    )  # fmt: skip


def _process_wins(about: About) -> Iterator[Finding]:
    hidden = next((v for v in about.setting.shadowed if v.source is Source.GOENV), None)
    if hidden is not None and hidden.value != about.value:
        yield about.find(
            "layer.process-wins", Level.INFO,
            f"The process variable hides {hidden.where}; `go env -w {about.name}=…` changes nothing while "
            "it is set.",
            remedy=[f"unset {about.name}"], rule=GETENV,
        )  # fmt: skip
