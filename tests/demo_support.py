"""Worlds of the demo in tests: traced without a screen."""

from __future__ import annotations

import asyncio

from probes.net.limits import Limits
from probes.trace.fold import Trace
from probes.trace.run import trace
from tui.stage import DemoWorld


def traced_in(stage: DemoWorld, *, limits: Limits | None = None) -> Trace:
    """The trace of what the world is about."""
    result = Trace()
    scene = stage.read()
    limits = limits or Limits(answer_s=20, stall_s=20)
    asyncio.run(
        trace(
            scene.environment, stage.plan.path, stage.plan.query, result.apply, limits=limits,
            project=scene.project, warm=scene.warm,
        )
    )  # fmt: skip
    return result
