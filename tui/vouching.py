"""The part of the app that compares the hashes of a version from everybody who has one."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from tui.inspecting import InspectingApp
from tui.keys import key


class VouchingApp(InspectingApp):
    """An app that can show who vouches for a version."""

    HELP_TITLE = "Who vouches"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("Q", "hash_quorum", "quorum", "The hashes of the version: every proxy, cache, go.sum, database"),
    ]

    def action_hash_quorum(self) -> None:
        """Show the hashes of the version at hand, and ask for them."""
        at_hand, scene = self.version_at_hand(), self.session.scene
        if self.session.IS_REPLAY:
            self.tell("this is a replay: nobody is asked, and no hashes were compared then")
        elif at_hand is None:
            self.tell(f"no version is chosen yet: {self.why_no_version()}")
        elif scene is None:
            self.tell("the settings are still being read")
        else:
            self._compare_hashes(*at_hand)

    def _compare_hashes(self, path: str, version: str) -> None:
        from probes.browse.votes import Quorum
        from tui.bridge import Ended
        from tui.screens.quorum_screen import QuorumScreen
        from tui.vouching_jobs import QuorumJob

        ticket: int | None = None
        round_number = 0

        def ask(zips: bool, everybody: bool) -> None:
            nonlocal ticket, round_number
            leave()
            if self.session.scene is None:
                return
            round_number += 1
            this_round = round_number
            screen.quorum = Quorum()

            def listen(said: object) -> None:
                if this_round != round_number:
                    return  # what was under way before the question was asked anew
                if not isinstance(said, Ended):
                    screen.quorum.apply(said)  # type: ignore[arg-type]
                elif said.error is not None:
                    self.tell(said.failure)
                screen.show_news()

            environment, limits = self.session.scene.environment, self.session.limits
            job = QuorumJob(environment, path, version, limits, zips, everybody)
            ticket = self.session.errand(job, listen)
            screen.show_news()
            self.wake()

        def leave() -> None:
            nonlocal ticket
            if ticket is not None:
                self.session.end_errand(ticket)
                ticket = None

        screen = QuorumScreen(path, version, self.workbench.shown.text, ask, leave)
        self.push_screen(screen)
