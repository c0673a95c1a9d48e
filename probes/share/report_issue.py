"""Answers to the questions of the Go project's issue template that no other part of a report gives.

Source: golang/go .github/ISSUE_TEMPLATE/00-bug.yml; cmd/go/internal/envcmd/env.go PrintEnv, for the quotes.
"""

from __future__ import annotations

from collections.abc import Iterator

from probes.golang.safetext import safe_text
from probes.share.report_blocks import LONGEST, Block, flowing, shell_block, text_block
from probes.share.report_tried import really, tried_blocks
from probes.share.session_file import Header
from probes.trace.events import Outcome, SettingView
from probes.trace.fold import Trace

_MACHINES = {"x86_64": "amd64", "aarch64": "arm64", "i686": "386", "i386": "386", "armv7l": "arm"}
"""What the kernel calls a machine, and what go does."""


def go_version(trace: Trace, header: Header | None) -> Iterator[Block]:
    """The line that `go version` prints, as far as it is known."""
    version = trace.started.go_version if trace.started is not None else None
    if version is None:
        yield from text_block(flowing("no go command was found; the settings are those of a stock Go"))
        return
    system, _, machine = (header.platform if header is not None else "").partition("/")
    platform = f" {system}/{_MACHINES.get(machine, machine)}" if system else ""
    yield from text_block(flowing(f"go version {version}{platform}"))


def go_env(trace: Trace, header: Header | None) -> Iterator[Block]:
    """The variables that decide about modules, as `go env` prints them; secrets are masked.

    Of values that were tried the real ones stand there, and below it those that were tried.
    """
    views: tuple[SettingView, ...] = () if header is None else header.settings
    if trace.started is not None and trace.started.settings:
        views = trace.started.settings
    lines = [f"{view.name}={_quoted(view.value)}" for view in really(trace.started, views)]
    if lines:
        yield shell_block(*lines)
    yield from tried_blocks(trace.started)


def _quoted(value: str) -> str:
    """A value as go quotes it for a shell."""
    safe = safe_text(value, limit=LONGEST)
    return "'" + safe.replace("'", "'\\''") + "'"


def expectation(trace: Trace) -> Iterator[Block]:
    """What somebody who downloads a module expects; a first draft, for the reporter to mend."""
    started, finished = trace.started, trace.finished
    if started is None:
        return
    target = f"{started.path}@{started.query}"
    if finished is not None and finished.outcome is Outcome.OK:
        words = f"This: {target} downloads."
    else:
        words = f"That go downloads {target}. (Say here what you expected instead.)"
    yield from text_block(flowing(words))
