"""What git makes of a URL before it connects: url.<base>.insteadOf.

Source: git-config(1) url.<base>.insteadOf and pushInsteadOf, git's remote.c (alias_url): the rule with the
longest prefix wins; of two as long, the one whose base stands first in the settings. It is applied once, not
to its own result. pushInsteadOf is for git push only, which go never runs.

What git itself makes of it is asked of git (probes.auth.git_settings); here is told which rule that was.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from probes.auth.git_settings import GitSetting


@dataclass(frozen=True, slots=True)
class Rule:
    """One prefix of URLs and what stands for it."""

    base: str = field(repr=False)
    """What is written instead."""
    prefix: str = field(repr=False)
    """What a URL has to begin with."""
    where: str
    is_push: bool = False
    """pushInsteadOf."""


def rules_of(settings: Iterable[GitSetting]) -> list[Rule]:
    """The rules in git's order: by what is said first of a base, of either kind; then as they stand."""
    by_base: dict[tuple[str, bool], list[Rule]] = {}
    for setting in settings:
        if setting.section != "url" or not setting.subsection or setting.value is None:
            continue
        if setting.key in ("insteadof", "pushinsteadof"):
            rule = Rule(setting.subsection, setting.value, setting.where, setting.key == "pushinsteadof")
            by_base.setdefault((rule.base, rule.is_push), []).append(rule)
    return [rule for rules in by_base.values() for rule in rules]


def rule_for(url: str, rules: Iterable[Rule], *, push: bool = False) -> Rule | None:
    """The rule that counts for a URL."""
    fitting = [rule for rule in rules if rule.is_push is push and url.startswith(rule.prefix)]
    return max(fitting, key=lambda rule: len(rule.prefix.encode("utf-8", "surrogateescape")), default=None)
