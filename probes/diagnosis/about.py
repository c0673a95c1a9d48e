"""Making findings about one variable: secrets masked, places taken from the value as go has it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from probes.diagnosis.findings import Finding, Level
from probes.golang.environment import Environment, Setting
from probes.golang.redact import MASK, redact

_SHORTEST_PIECE = 4
"""Characters of a secret that give it away; shorter ones stand in any text."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a value."""

    start: int
    end: int

    @classmethod
    def of(cls, text: str, start: int = 0) -> Span:
        """The stretch that ``text`` takes when it begins at ``start``."""
        return cls(start, start + len(text))


@dataclass(frozen=True, slots=True)
class About:
    """The variable that a rule looks at."""

    environment: Environment
    name: str

    @property
    def setting(self) -> Setting:
        """Its setting."""
        return self.environment.setting(self.name)

    @property
    def value(self) -> str:
        """Its value, secrets included."""
        return self.setting.value

    def find(
        self,
        finding_id: str,
        level: Level,
        message: str,
        span: Span | None = None,
        *,
        remedy: Iterable[str] = (),
        rule: str,
    ) -> Finding:
        """A finding about it. Message and remedy lose their secrets here."""
        return Finding(
            id=finding_id,
            level=level,
            variable=self.name,
            message=self._without_secrets(message),
            position=None if span is None else span.start,
            length=None if span is None else span.end - span.start,
            remedy=tuple(
                dict.fromkeys(self._without_secrets(self.setting.mask(line)) for line in remedy)
            ),
            rule=rule,
        )

    def _without_secrets(self, text: str) -> str:
        """``text`` redacted, also of pieces of the value's secrets that stand where no rule knows them.

        go cuts a list at every comma, also at one in a password, and quotes the pieces in its errors.
        """
        text = redact(text)
        for secret in self.setting.shown.secrets:
            password = secret.partition(":")[2] or secret
            for piece in (secret, *re.split("[,|;:/?#@]", password)):
                if len(piece) >= _SHORTEST_PIECE:
                    text = text.replace(piece, MASK)
        return text


def as_shown(environment: Environment, finding: Finding) -> Finding:
    """The finding with its place counted in the value as it is shown, with secrets masked."""
    if finding.variable is None or finding.position is None or finding.length is None:
        return finding
    shown = environment.setting(finding.variable).shown
    start = shown.index(finding.position)
    end = shown.index(finding.position + finding.length)
    if finding.length and end <= start:
        end = start + len(MASK)
    return replace(finding, position=start, length=end - start)
