"""The tour of the demo: its steps, read from tour.toml beside this file.

A step is a whole state of the demo and says nothing of the step before it, so the tour can be walked in both
directions and entered anywhere.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from probes.demo.faults import DemoFault, parse_faults
from probes.demo.worlds import WorldPlan, world_plan

TABLE = Path(__file__).with_name("tour.toml")


@dataclass(frozen=True, slots=True)
class Step:
    """One step."""

    title: str
    caption: str
    world: str
    row: str
    """ "hop 1", "edge 1", "private", "checksums" or "content": what there is to look at in the tree."""
    outcome: str
    """How the trace ends: "ok", "fails", "unknown"; "waits" for one that go would never end."""
    seconds: float
    goproxy: str = ""
    """GOPROXY with {0}, {1} for the proxies; "" for the world's own."""
    faults: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def plan(self) -> WorldPlan:
        """The world."""
        return world_plan(self.world)

    @property
    def broken(self) -> dict[int, DemoFault]:
        """The faults by proxy, counted from 0."""
        pairs = (f"{number}={name}" for number, name in self.faults.items())
        return parse_faults(pairs, len(self.plan.places))


@cache
def steps() -> tuple[Step, ...]:
    """All steps, in order."""
    table: dict[str, list[dict[str, Any]]] = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return tuple(Step(**step) for step in table["step"])
