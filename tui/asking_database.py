"""What the screen of the Merkle path shows: the proofs of the trace, or of a question asked beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from probes.trace.checksum_events import Sworn
from probes.trace.events import Outcome
from probes.trace.fold import Trace
from tui.drawing.proof_nodes import subjects
from tui.drawing.turning_questions import stopping_turning

if TYPE_CHECKING:
    from tui.fetching import FetchingApp


class DatabaseAsker:
    """Asks the checksum database when somebody wants it, and tells why there is no proof without."""

    def __init__(self, app: FetchingApp, on_news: Callable[[], None]) -> None:
        self._app = app
        self._on_news = on_news
        self._ticket: int | None = None
        self._answered: Trace | None = None
        """What was asked for beside the trace."""
        self._problem = ""

    def trace(self) -> Trace:
        """What there is to show."""
        return self._app.session.trace if self._answered is None else self._answered

    # -- asking --------------------------------------------------------------------------------------

    def ask(self) -> None:
        """Ask the database now, where go would be allowed to."""
        app = self._app
        at_hand, scene = app.version_at_hand(), app.session.scene
        if app.session.IS_REPLAY:
            app.tell("this is a replay: nobody is asked")
        elif at_hand is None:
            app.tell(f"no version is chosen yet: {app.why_no_version()}")
        elif scene is None:
            app.tell("the settings are still being read")
        else:
            self._ask(*at_hand)

    def _ask(self, path: str, version: str) -> None:
        from probes.trace.oaths import oath_of
        from tui.bridge import Ended
        from tui.proving_jobs import ProveJob

        scene = self._app.session.scene
        assert scene is not None
        oath = oath_of(scene.environment, path)
        if oath.sworn is not Sworn.DATABASE:
            self._app.tell(self._app.workbench.shown.text(f"go would not ask the database: {oath.because}"))
            return
        self.leave()
        answered = Trace()
        if self._app.session.trace.started is not None:
            answered.apply(self._app.session.trace.started)
        self._answered, self._problem = answered, ""

        def listen(said: object) -> None:
            if answered is not self._answered:
                return  # it was asked once more since
            if not isinstance(said, Ended):
                answered.apply(said)  # type: ignore[arg-type]
            elif said.error is not None:
                self._problem = said.failure
            self._on_news()

        job = ProveJob(scene.environment, path, version, self._app.session.limits)
        self._ticket = self._app.session.errand(job, listen)
        self._on_news()
        self._app.wake()

    def leave(self) -> None:
        """Stop what is under way."""
        if self._ticket is not None:
            self._app.session.end_errand(self._ticket)
            self._ticket = None

    # -- why there is none ---------------------------------------------------------------------------

    def why_not(self) -> list[str]:
        """What is to be said above the ladder, or in its place."""
        if self._problem:
            return [self._problem]
        if self._answered is not None:
            return ["Asked just now, beside the trace: the record that a download would be compared with."]
        trace = self._app.session.trace
        reasons = list(_reasons(trace))
        if reasons and self._may_ask(trace):
            reasons.append("Press a to ask the database about this version now, as go would.")
        return reasons

    def _may_ask(self, trace: Trace) -> bool:
        """Whether go would be allowed to ask, as far as the plan tells; the key itself looks once more."""
        route = trace.route
        planned = "" if route is None else route.checksum
        is_known = self._app.version_at_hand() is not None
        return planned not in ("off", "private", "") and is_known and not self._app.session.IS_REPLAY


def _reasons(trace: Trace) -> Iterator[str]:
    """Why the trace holds no proof; nothing where it does, or where one failed."""
    if trace.proofs or any(one.failed is not None for one in subjects(trace)):
        return
    sworn = {one.sworn for one in trace.sworn}
    planned = "" if trace.route is None else trace.route.checksum
    if Sworn.GO_SUM in sworn and Sworn.DATABASE not in sworn:
        yield (
            "go.sum has the hashes: they were proved when somebody added them, and go asks nobody again. So "
            "this trace holds no proof."
        )
    elif Sworn.OFF in sworn or (not sworn and planned == "off"):
        yield "GOSUMDB=off: nobody is asked, and nobody vouches for what comes."
    elif Sworn.PRIVATE in sworn or (not sworn and planned == "private"):
        yield (
            "The path is private (GONOSUMDB): the database does not know it, and must not learn of it. Only "
            "go.sum can vouch for it."
        )
    elif sworn:
        yield "The database is being asked."
    elif trace.checksums:
        yield "This is an older recording: it holds the verdicts on the hashes, and not their proofs."
    else:
        yield from _before_any_hash(trace)


def _before_any_hash(trace: Trace) -> Iterator[str]:
    turning = stopping_turning(trace)
    cause = trace.first_cause()
    if turning is not None:
        because = trace.turnings[turning].because
        yield f"go stops before it has anything to check: {because}."
    elif trace.finished is None:
        yield "Nothing has come yet whose hash could be checked."
    elif cause is not None:
        yield f"Nothing came whose hash could be checked. The first cause: {cause.summary}."
    elif trace.finished.outcome is Outcome.OK:
        yield "Everything lay in the module cache: go does not check it again."
    else:
        yield "The trace ended before anything came whose hash could be checked."
