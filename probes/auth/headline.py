"""What a report on credentials comes to, in one sentence for each program and one for all."""

from __future__ import annotations

from probes.auth.verdict import Report, Side, Verdict
from probes.golang.credential_use import Standing, Whom
from probes.golang.safetext import safe_text

ACTS = {Whom.GO: "go sends", Whom.GIT: "git uses", Whom.SSH: "ssh uses"}
"""What each does with a credential."""


def headline(side: Side, report: Report) -> str:
    """What one of them comes to, in one sentence."""
    winner = side.winner
    if side.whom is Whom.GIT and not report.answer.was_asked:
        return "not known: git was not asked"
    if side.whom is Whom.GIT and report.answer.transport == "ssh":
        return "nothing of its own: it starts ssh"
    if winner is None:
        ignored = side.ignored
        return (
            f"nothing: {ignored[0].use.kind} is ignored" if ignored else "nothing: none is set for this host"
        )
    text = " ".join(word for word in (winner.kind, winner.where, winner.shown) if word)
    if winner.standing is Standing.ASKED:
        text += " (would be asked)"
    if side.whom is Whom.SSH and not side.host_is_known:
        text += ", but the host's key is not accepted"
    return safe_text(text, limit=300)


def conclusion(report: Report) -> str:
    """The whole in one sentence."""
    if report.verdict is Verdict.UNKNOWN:
        return "What git and ssh would use is not known: neither was asked."
    if report.verdict is Verdict.IGNORED:
        wrong = next(side for side in report.sides if side.is_wrong)
        if wrong.ignored:
            return f"{wrong.whom} ignores what is there: {wrong.ignored[0].use.because}."
        missing = [one for one in wrong.noted if one.use.standing is Standing.MISSING]
        return (
            f"{wrong.whom} has nothing that it can use: {missing[-1].use.because}."
            if missing
            else (f"{wrong.whom} has nothing that it can use.")
        )
    if all(side.winner is None for side in report.sides):
        return "No credential is set for this host, and none is ignored: only what is public can be read."
    return "Each has what it would use, and nothing that it needs is ignored."
