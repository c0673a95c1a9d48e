"""A finding: one thing worth saying about a setting or an answer, with its place and its remedy.

A finding is a value: rules make it, the commands print it, the app points at it, recordings keep it. It is
text for people that may hold what a file or a server said, so its maker masks secrets (redact) and whoever
shows it makes it safe for a terminal (safe_text).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """How much a finding matters."""

    INFO = "info"
    """Good to know; nothing has to change."""
    WARNING = "warning"
    """Something silently does nothing, or not what it seems to."""
    ERROR = "error"
    """The go command itself would fail, or the name of a private module leaks."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing worth saying."""

    id: str
    """Stable name of the rule that fired, such as "goproxy.dead-entry"."""
    level: Level
    variable: str | None
    """The variable it is about; None when it is about a file or the whole environment."""
    message: str
    """Whole sentences; Go's own words in them are to the letter."""
    position: int | None = None
    """Index of the first character concerned in the variable's value as go has it, counted
    from 0; None when the finding is about no place in a value."""
    length: int | None = None
    """How many characters are concerned; 0 marks a gap."""
    remedy: tuple[str, ...] = ()
    """Command lines (or lines to write in a named file) that mend it; the first is the best."""
    rule: str = ""
    """Where the rule comes from: file and function in cmd/go, or the document."""

    def to_json(self) -> dict[str, Any]:
        """The finding as one JSON object."""
        return {
            "id": self.id,
            "level": self.level.value,
            "variable": self.variable,
            "message": self.message,
            "position": self.position,
            "length": self.length,
            "remedy": list(self.remedy),
            "rule": self.rule,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Finding:
        """The finding that ``to_json`` wrote. Raises KeyError or ValueError on anything else."""
        return cls(
            id=data["id"],
            level=Level(data["level"]),
            variable=data["variable"],
            message=data["message"],
            position=data["position"],
            length=data["length"],
            remedy=tuple(data["remedy"]),
            rule=data["rule"],
        )
