"""The questions that go answers on its way to a build, and how each comes out."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from probes.golang.redact import redact
from probes.project.selection import Version, shown

NOT_COVERED = (
    "tests of packages", "whether the code compiles", "import cycles", "//go:embed", "cgo and pkg-config",
    "build tags of GOEXPERIMENT",
)  # fmt: skip
"""What may stop go and is not looked at."""


class Answer(StrEnum):
    """How a question comes out."""

    GOES_ON = "goes on"
    STOPS = "stops"
    FETCHES = "fetches"
    """Go has to fetch something before more can be told."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Check:
    """One question that go answers on its way."""

    id: str
    question: str
    answer: Answer
    finding: str
    """What is so, in one sentence."""
    rule: str
    """File and function in go's source."""
    where: str = ""
    """The setting, or the file and line, that decides."""
    go_says: str = ""
    """Go's own words where it stops."""
    remedy: str = ""
    """The command that mends it."""


@dataclass(slots=True)
class AsBuild:
    """All questions of a build."""

    checks: list[Check] = field(default_factory=list)
    folder: str = ""
    mod: str = ""
    reason: str = ""
    packages: list[str] = field(default_factory=list)
    fetches: list[Version] = field(default_factory=list)
    """What go fetches next: versions whose zip is not unpacked here."""
    go_mods: list[Version] = field(default_factory=list)
    """Versions whose go.mod go fetches next."""
    warnings: list[str] = field(default_factory=list)
    not_covered: tuple[str, ...] = NOT_COVERED

    @property
    def answer(self) -> Answer:
        """How the build comes out, as far as it can be told here."""
        answers = {check.answer for check in self.checks}
        order = (Answer.STOPS, Answer.UNKNOWN, Answer.FETCHES)
        return next((one for one in order if one in answers), Answer.GOES_ON)

    @property
    def go_says(self) -> str:
        """What go prints where it stops, its warnings not among it."""
        return "\n".join(check.go_says for check in self.checks if check.go_says)

    def to_json(self) -> dict[str, object]:
        """For --json."""
        return {
            "schema": "modtrace.build/1",
            "answer": self.answer.value,
            "folder": self.folder,
            "mod": self.mod,
            "mod_reason": self.reason,
            "packages": self.packages,
            "go_says": self.go_says,
            "warnings": self.warnings,
            "checks": [
                {name: str(getattr(one, name)) for name in Check.__slots__} for one in self.checks
            ],
            "fetches": [shown(one) for one in self.fetches],
            "fetches_go_mod": [shown(one) for one in self.go_mods],
            "not_covered": list(self.not_covered),
        }  # fmt: skip


class Stopped(Exception):
    """Nothing more is asked."""


class Asking:
    """The questions so far."""

    def __init__(self) -> None:
        self.result = AsBuild()

    def say(
        self, check: str, question: str, answer: Answer, finding: str, rule: str, *,
        where: str = "", go_says: str = "", remedy: str = "",
    ) -> None:  # fmt: skip
        """One more answer."""
        told = redact(go_says)
        self.result.checks.append(Check(check, question, answer, finding, rule, where, told, remedy))

    def stop(
        self, check: str, question: str, finding: str, rule: str, go_says: str, *,
        where: str = "", remedy: str = "",
    ) -> Stopped:  # fmt: skip
        """The answer at which go stops; to be raised."""
        self.say(check, question, Answer.STOPS, finding, rule, where=where, go_says=go_says, remedy=remedy)
        return Stopped()
