"""GOVCS: which version control systems a direct fetch may use, as rules.

Source: cmd/go/internal/vcs parseGOVCS, checkGOVCS. A rule is ``pattern:vcs|vcs``; rules are separated by
commas, blanks around any part do not count. The words "public" and "private" stand for what GOPRIVATE does
not match and does. One bad rule makes every direct fetch fail.
"""

from __future__ import annotations

from dataclasses import dataclass

from probes.golang.errors import GoError
from probes.golang.patterns import match_prefix_patterns
from probes.golang.quote import quote, trim_space


@dataclass(frozen=True, slots=True)
class VCSRule:
    """Which systems the repositories that match a pattern may use."""

    pattern: str
    allowed: tuple[str, ...]
    """Names such as "git", or "all" and "off"."""


def parse_govcs(govcs: str) -> tuple[VCSRule, ...]:
    """Take GOVCS apart. Raises GoError with the words that every direct fetch then fails with."""
    if not trim_space(govcs):
        return ()
    rules: list[VCSRule] = []
    seen: dict[str, str] = {}
    for piece in trim_space(govcs).split(","):
        item = trim_space(piece)
        if not item:
            raise GoError("empty entry in GOVCS")
        rule = _parse_rule(item)
        if rule.pattern in seen:
            raise GoError(f"unreachable pattern in GOVCS: {quote(item)} after {quote(seen[rule.pattern])}")
        seen[rule.pattern] = item
        if not all(rule.allowed):
            raise GoError(f"empty VCS name in GOVCS: {quote(item)}")
        rules.append(rule)
    return tuple(rules)


def _parse_rule(item: str) -> VCSRule:
    pattern, colon, allowed = item.partition(":")
    if not colon:
        raise GoError(f"malformed entry in GOVCS (missing colon): {quote(item)}")
    pattern, allowed = trim_space(pattern), trim_space(allowed)
    if not pattern:
        raise GoError(f"empty pattern in GOVCS: {quote(item)}")
    if not allowed:
        raise GoError(f"empty VCS list in GOVCS: {quote(item)}")
    if pattern in (".", "..") or pattern.startswith(("./", "../")):
        raise GoError(f"relative pattern not allowed in GOVCS: {quote(pattern)}")
    return VCSRule(pattern, tuple(trim_space(name) for name in allowed.split("|")))


DEFAULT_RULES = (VCSRule("private", ("all",)), VCSRule("public", ("git", "hg")))
"""What stands behind the rules of GOVCS, always."""


def check_govcs(govcs: str, goprivate: str, command: str, root: str) -> None:
    """checkGOVCS: raise GoError unless ``command`` may be used for the repository root ``root``.

    The first rule that matches decides. "private" is what GOPRIVATE matches, not GONOPROXY.
    """
    rules = (*parse_govcs(govcs), *DEFAULT_RULES)
    private = match_prefix_patterns(goprivate, root)
    what = "private" if private else "public"
    for rule in rules:
        if rule.pattern == what or (
            rule.pattern not in ("private", "public") and match_prefix_patterns(rule.pattern, root)
        ):
            if command in rule.allowed or "all" in rule.allowed:
                return
            break
    raise GoError(f"GOVCS disallows using {command} for {what} {root}; see 'go help vcs'")
