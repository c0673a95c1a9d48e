"""The part of the app that shows which credential would be used by whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from tui.keys import key
from tui.running import RunningApp

if TYPE_CHECKING:
    from probes.auth.subject import Subject


class CreditingApp(RunningApp):
    """An app that shows credentials, never their secrets."""

    HELP_TITLE = "Credentials"
    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "at",
            "credentials",
            "auth",
            "Credentials: which one go, git and ssh would use, and which are ignored",
        ),
    ]

    def action_credentials(self) -> None:
        """Show the credentials for the host at hand."""
        session = self.session
        if session.target is None:
            self.tell("whose credentials? press t and type a module path")
        elif session.IS_REPLAY:
            self._show_recorded(session.target[0])
        elif not session.stage.STARTS_PROGRAMS:
            self.tell("in a demo world nobody has credentials: nothing of this machine is read here")
        elif session.scene is None:
            self.tell("the settings are still being read")
        else:
            self._find_out(session.target[0])

    def _show_recorded(self, path: str) -> None:
        from tui.drawing.credit_rows import Credits
        from tui.screens.credit_screen import CreditScreen

        uses = [seen.use for seen in self.session.trace.origin.credentials]
        if not uses:
            self.tell("this is a replay: nobody is asked, and no credential was seen then")
            return

        def ask() -> None:
            screen.show(Credits.recorded(uses))

        def refuse() -> None:
            self.tell("this is a replay: no program is started")

        screen = CreditScreen(path, self.workbench.shown.text, ask, lambda: None, refuse)
        self.push_screen(screen)

    def _find_out(self, path: str) -> None:
        from probes.auth.subject import BadSubject
        from tui.bridge import Ended
        from tui.crediting_jobs import AuthJob
        from tui.drawing.credit_rows import Credits
        from tui.screens.credit_screen import CreditScreen

        try:
            subject = self._subject_at_hand(path)
        except BadSubject as error:
            self.tell(f"{path}: {error}")
            return
        assert self.session.scene is not None
        environment = self.session.scene.environment
        ticket: int | None = None
        latest = 0

        def ask() -> None:
            nonlocal ticket, latest
            leave()
            latest += 1
            mine = latest
            screen.show(None)

            def listen(said: object) -> None:
                if mine != latest:
                    return  # what was under way before it was asked anew
                if not isinstance(said, Ended):
                    screen.show(Credits.of_report(said))  # type: ignore[arg-type]
                elif said.error is not None:
                    self.tell(said.failure)

            job = AuthJob(environment, subject, self.session.runs)
            ticket = self.session.errand(job, listen, lasting=True)
            self.wake()

        def leave() -> None:
            nonlocal ticket
            if ticket is not None:
                self.session.end_errand(ticket)
                ticket = None

        def consent() -> None:
            before = self.session.runs
            self.action_run_programs()
            if self.session.runs is not before:  # taken back; a yes comes later, to _may_start
                ask()

        screen = CreditScreen(subject.shown, self.workbench.shown.text, ask, leave, consent)
        self.push_screen(screen)

    def _may_start(self, yes: bool | None) -> None:
        """With the user's word the list below the question is another one."""
        from tui.screens.credit_screen import CreditScreen

        super()._may_start(yes)
        for screen in self.screen_stack if yes else ():
            if isinstance(screen, CreditScreen):
                screen.action_again()

    def _subject_at_hand(self, path: str) -> Subject:
        """The host of the request under the cursor, else where the module comes from. Raises BadSubject."""
        from probes.auth.subject import for_proxy, for_repository, subject_of

        assert self.session.scene is not None
        pane, trace = self.workbench.tree_pane, self.session.trace
        number = pane.request_here() if self.workbench.active_pane is pane else None
        request = trace.requests.get(number) if number is not None else None
        if request is not None:
            environment = self.session.scene.environment
            found = for_proxy(request.started.url, environment.get("GOPROXY"))
            if found is not None:
                return found
        repository = next(
            (one.to for one in reversed(trace.origin.decided) if one.vcs == "git" and "://" in one.to), ""
        )
        return for_repository(path, repository) or subject_of(path)
