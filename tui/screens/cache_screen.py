"""The module cache: what is there, what is wrong, verifying and mending it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import BindingType

from tui.bridge import Ended, Job
from tui.drawing.cache_rows import Pen, cache_rows, plan_lines
from tui.drawing.figures import size
from tui.keys import key
from tui.lines import Line, Role, Row, line
from tui.messages import Say
from tui.screens.choice_screen import Choice
from tui.screens.try_screen import MaskedScreen, TryScreen
from tui.storing_jobs import (
    CacheLookJob,
    CacheMendJob,
    CachePlanJob,
    Far,
    Looked,
    MendedAll,
    Planned,
    Unreadable,
)
from tui.widgets.line_list import LineList

if TYPE_CHECKING:
    from probes.cache.mending import Mended

MOST_MASKED = 500
"""Module paths that get names of their own in privacy mode; the screen shows no more."""


@dataclass(frozen=True)
class Shelf:
    """What the screen has from the app."""

    ask: Callable[[Job, Callable[[object], None]], int]
    """Have a job done; its ticket."""
    end: Callable[[int], None]
    look: Callable[[str, str, bool], CacheLookJob]
    """The job that looks at a path (or all), a version (or all), with hashes or without."""
    masking: Callable[[Sequence[tuple[str, str]]], Callable[[str], str]]
    """How texts about these modules are shown."""
    is_demo: bool = False


class CacheScreen(MaskedScreen):
    """The list; nothing is its result."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("v", "verify", "cache.verify", "Make the hashes and compare them, as go mod verify does"),
        key("F", "fix", "cache.fix", "Show what would be removed to mend it, and ask"),
        key("x", "stop", "cache.stop", "Stop what is under way"),
        key("a", "all", "cache.all", "The whole cache, and not only this module"),
    ]
    HINT: ClassVar[str] = "v verify   F fix   enter open   a all of it   x stop   / find   y copy   esc back"

    def __init__(self, shelf: Shelf, path: str = "", version: str = "") -> None:
        super().__init__("")
        self._shelf = shelf
        self._path, self._version = path, version
        self._looked: Looked | None = None
        self._far: Far | None = None
        self._words = ""
        """What is under way; "" for nothing."""
        self._problem = ""
        self._done: list[Mended] = []
        self._ticket: int | None = None
        self._round = 0
        self._has_left = False

    def on_mount(self) -> None:
        """Look, without hashes."""
        self._begin(self._shelf.look(self._path, "", False), "looking")
        self.redraw()

    def on_unmount(self) -> None:
        """Nobody wants it any more."""
        self._has_left = True
        self._end()

    # -- asking --------------------------------------------------------------------------------------

    def _begin(self, job: Job, words: str) -> None:
        """Have something done; of what was under way nothing more is heard."""
        self._end()
        self._round += 1
        mine = self._round
        self._words, self._problem, self._far = words, "", None

        def hear(said: object) -> None:
            if mine == self._round and not self._has_left:
                self._hear(said)

        self._ticket = self._shelf.ask(job, hear)

    def _end(self) -> None:
        if self._ticket is not None:
            self._shelf.end(self._ticket)
        self._ticket = None

    def _hear(self, said: object) -> None:
        match said:
            case Far():
                self._far = said
            case Looked():
                self._looked = said
            case Unreadable(words):
                self._problem = words
            case Planned():
                self._confirm(said)
            case MendedAll(done):
                self._done = done
                verified = self._looked is not None and self._looked.survey.wish.verify
                self._begin(self._shelf.look(self._path, "", verified), "looking again")
            case Ended():
                self._words, self._ticket = "", None
                if said.error is not None:
                    self._problem = said.failure
        self.redraw()

    # -- showing -------------------------------------------------------------------------------------

    def redraw(self) -> None:
        """Everything anew; the title too, which has other names in privacy mode."""
        where = "" if self._looked is None else f" in {self._looked.survey.wish.place.folder}"
        text = self._masked()
        self._heading = text(f"Module cache: {self._path}{where}" if self._path else f"Module cache{where}")
        super().redraw()

    def _masked(self) -> Callable[[str], str]:
        names: dict[tuple[str, str], None] = {}
        if self._path:
            names[self._path, self._version or "latest"] = None
        if self._looked is not None:
            found = self._looked.survey
            names |= dict.fromkeys((one.path, one.version) for one in found.findings if one.version)
            names |= {(name.rpartition("@")[0], name.rpartition("@")[2]): None for _, name in found.biggest}
        return self._shelf.masking(list(names)[:MOST_MASKED])

    def make_rows(self, width: int) -> list[Row]:
        """What is under way, and what is known."""
        text = self._masked()
        rows = []
        if self._words:
            rows.append(
                Row(
                    "busy",
                    line("  ", (f"{self.symbols.busy} {self._progress()}", Role.BUSY)),
                    selectable=False,
                )
            )
        if self._problem:
            words = line("  ", (self.symbols.fail, Role.FAIL), f" {text(self._problem)}")
            rows.append(Row("problem", words).fitted(width))
        if self._looked is not None:
            pen = Pen(width, self.symbols, text)
            rows += cache_rows(
                self._looked, pen, self._done, is_demo=self._shelf.is_demo, at_hand=self._version
            )  # fmt: skip
        return rows

    def _progress(self) -> str:
        words = f"{self._words}{self.symbols.cut}"
        if self._far is not None:
            words += f" {self._far.versions:,} versions"
            words += f", {size(self._far.hashed_bytes)} hashed" if self._far.hashed_bytes else ""
            words += f", {self._far.bad:,} with something wrong" if self._far.bad else ""
        return f"{words}; x stops it"

    # -- keys ----------------------------------------------------------------------------------------

    def action_verify(self) -> None:
        """Make the hashes."""
        self._done = []
        self._begin(self._shelf.look(self._path, "", True), "verifying")
        self.redraw()

    def action_all(self) -> None:
        """All of the cache."""
        if not self._path:
            self.post_message(Say("this is all of it"))
            return
        self.app.push_screen(CacheScreen(self._shelf))

    def action_stop(self) -> None:
        """Stop."""
        if self._ticket is None:
            self.post_message(Say("nothing is under way"))
            return
        self._end()
        self._round += 1
        self._words, self._problem = "", "stopped: not all of it was looked at"
        self.redraw()

    def action_fix(self) -> None:
        """Find out what would be removed."""
        if self._looked is None or self._words:
            self.post_message(Say("it is still being looked at"))
        elif not self._looked.survey.bad:
            self.post_message(Say("nothing is there to mend; v makes the hashes too"))
        else:
            self._begin(CachePlanJob(self._looked.survey), "finding the smallest repair")
            self.redraw()

    def _confirm(self, planned: Planned) -> None:
        looked, plans = self._looked, planned.plans
        if looked is None or not plans:
            self.post_message(Say("there is nothing that removing would mend"))
            return

        def draw(width: int) -> list[Line]:
            return plan_lines(plans, Pen(width, self.symbols, self._masked()))

        def chosen(what: object) -> None:
            if what == "remove":
                self._begin(CacheMendJob(plans, looked.survey), "mending")
                self.redraw()

        choices = [
            Choice("keep", "keep", "everything stays as it is"),
            Choice("remove", "remove", "these files, and nothing else; go gets them again"),
        ]
        self.app.push_screen(TryScreen("Remove this from the module cache?", lambda: choices, draw), chosen)

    @on(LineList.Opened)
    def _opened(self, event: LineList.Opened) -> None:
        event.stop()
        if isinstance(event.key, tuple) and event.key[0] == "version":
            path, version = str(event.key[1]), str(event.key[2])
            self.app.push_screen(CacheScreen(self._shelf, path, version))
        else:
            self.action_verify()
