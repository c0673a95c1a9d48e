"""What a symptom comes to, before it is written out as a case: a rule, a cause, names of remedies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from probes.diagnosis.catalogue import Remedy, Rule, Transience
from probes.diagnosis.fault_rules import fault_rules
from probes.ladder.faults import Fault


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a symptom comes to."""

    rule: Rule
    cause: str = ""
    """One sentence with {gaps}; "": the rule's own."""
    remedies: tuple[str, ...] = ()
    """Names of the rule's remedies, the best first; () for all as listed."""
    transience: Transience | None = None
    first: Remedy | None = None
    """A remedy of its own, before those of the rule."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """What fills gaps besides the facts of the case, or in their place."""
    evidence: tuple[str, ...] = ()
    """What shows it, before what the request shows."""


def of_fault(fault: Fault) -> Meaning:
    """What the table says of a fault."""
    row = fault_rules()[fault]
    return Meaning(row.rule, row.cause, row.remedies, row.transience)
