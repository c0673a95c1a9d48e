"""From what a ladder measured to the rule of the catalogue.

The table is fault_rules.toml; this reads it. A fault is what happened on one rung; a rule is what it means
for somebody who wants a module.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

from probes.diagnosis.catalogue import Rule, Transience, rule
from probes.ladder.faults import Fault


@dataclass(frozen=True, slots=True)
class FaultRule:
    """What a fault means."""

    rule: Rule
    remedies: tuple[str, ...]
    """Names of the rule's remedies, the best first; () for all as listed."""
    cause: str
    """One sentence with {gaps}; the rule's own where the table says nothing."""
    transience: Transience


@lru_cache(maxsize=1)
def fault_rules() -> Mapping[Fault, FaultRule]:
    """The whole table. Raises ValueError or KeyError for a row that the catalogue does not bear."""
    text = files("probes.diagnosis").joinpath("fault_rules.toml").read_text(encoding="utf-8")
    table: dict[Fault, FaultRule] = {}
    for rows in tomllib.loads(text).values():
        for name, row in rows.items():
            meant = rule(row["rule"])
            remedies = tuple(row.get("remedies", ()))
            meant.choose(remedies)
            table[Fault(name)] = FaultRule(
                meant,
                remedies,
                row.get("cause", meant.cause),
                Transience(row["transient"]) if "transient" in row else meant.transience,
            )
    return MappingProxyType(table)
