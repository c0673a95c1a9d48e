"""How well `explain` does on the corpus: `python -m tests.explain.measure [--misses]`.

Each entry was labelled, and its third chosen by the hash of its id, before any pattern was written. Precision:
of the texts that get a rule, how many get the right one. Recall: of the texts that have a rule, how many get
it. A text counts by its first explanation. Whether a retry helps is counted over the texts that have a rule
and a label for it.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from probes.diagnosis.explain import explain

CORPUS = Path(__file__).with_name("corpus.jsonl")
FRESH = Path(__file__).with_name("fresh.jsonl")


@dataclass(frozen=True, slots=True)
class Entry:
    """One text with its label."""

    id: str
    source: str
    """owner/repo#N, or the row of the specification."""
    text: str
    rule: str | None
    """The rule that its first cause belongs to; None for a text that is none of go's business."""
    transient: bool | None
    held_out: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """The counts over some entries."""

    entries: int
    answered: int
    """Texts that got a rule."""
    labelled: int
    """Texts that have one."""
    right: int
    retry_labelled: int
    retry_right: int
    misses: tuple[str, ...]

    @property
    def precision(self) -> float:
        """Right answers among answers."""
        return self.right / self.answered if self.answered else 1.0

    @property
    def recall(self) -> float:
        """Right answers among texts with a rule."""
        return self.right / self.labelled if self.labelled else 1.0

    @property
    def retry(self) -> float:
        """Right words on a retry among texts that have a label for it."""
        return self.retry_right / self.retry_labelled if self.retry_labelled else 1.0

    def line(self, name: str) -> str:
        """The figures for people."""
        return (
            f"{name:<10} {self.entries:>4} texts  precision {self.precision:.3f} ({self.right}/{self.answered})  "
            f"recall {self.recall:.3f} ({self.right}/{self.labelled})  "
            f"retry {self.retry:.3f} ({self.retry_right}/{self.retry_labelled})"
        )


def read_corpus(path: Path = CORPUS) -> list[Entry]:
    """The entries of a file of JSON lines."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [Entry(**json.loads(line)) for line in lines]


def is_held_out(entry_id: str) -> bool:
    """Whether an entry belongs to the third that no pattern was written for."""
    return int(hashlib.sha256(entry_id.encode()).hexdigest(), 16) % 3 == 0


def answer(text: str) -> tuple[str | None, bool | None]:
    """The first rule that a text gets, and whether a retry may work."""
    explanations = explain(text).explanations
    if not explanations:
        return None, None
    return explanations[0].rule.id, explanations[0].transience.as_bool


def measure(entries: Iterable[Entry]) -> Figures:
    """Ask for every entry and count."""
    answered = labelled = right = retry_labelled = retry_right = total = 0
    misses: list[str] = []
    for entry in entries:
        total += 1
        rule, transient = answer(entry.text)
        answered += rule is not None
        labelled += entry.rule is not None
        is_right = rule == entry.rule
        right += is_right and rule is not None
        has_retry = entry.rule is not None and entry.transient is not None
        retry_labelled += has_retry
        retry_right += has_retry and transient == entry.transient
        if not is_right or (has_retry and transient != entry.transient):
            misses.append(f"{entry.id}: want {entry.rule}/{entry.transient}, got {rule}/{transient}")
    return Figures(total, answered, labelled, right, retry_labelled, retry_right, tuple(misses))


def report() -> Iterator[tuple[str, Figures]]:
    """The figures of each part."""
    corpus = read_corpus()
    yield "training", measure(entry for entry in corpus if not entry.held_out)
    yield "held out", measure(entry for entry in corpus if entry.held_out)
    if FRESH.exists():
        yield "fresh", measure(read_corpus(FRESH))


def main(arguments: list[str]) -> None:
    """Print the figures; with --misses also the entries that went wrong."""
    for name, figures in report():
        sys.stdout.write(figures.line(name) + "\n")
        if "--misses" in arguments:
            sys.stdout.writelines(f"    {miss}\n" for miss in figures.misses)


if __name__ == "__main__":
    main(sys.argv[1:])
