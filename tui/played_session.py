"""A saved session in the place of a live one: the same panes, the recorded times, and nobody is asked.

The app sees a session like any other. What would ask somebody is refused here, whichever key or menu it came
from: there is no engine behind it, so no thread and no socket.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from probes.browse.table import BrowseEvent, VersionTable, Wanted
from probes.golang.environment import Environment, Facts, Setting, Shadowed, Source
from probes.golang.errors import GoError
from probes.golang.variables import VARIABLE
from probes.net.limits import Limits
from probes.settings.overlay import overlay_of
from probes.share.tape import BROWSING, Tape
from probes.share.tried import really_set, tried
from probes.trace.events import Event, SettingView, TraceStarted
from probes.trace.fold import Trace
from tui.bridge import Delivery, Ended, Job
from tui.drawing.environment_rows import EnvironmentView
from tui.looks import Wish
from tui.played_head import Playhead
from tui.session import Changed, Session
from tui.stage import NOTHING, Scene, Secluded
from tui.trial import Unreal

if TYPE_CHECKING:
    from probes.settings.overlay import Overlay
    from probes.share.session_file import Header

_ALL = Changed.ENVIRONMENT | Changed.TRACE | Changed.TABLE


class PlayedStage(Secluded):
    """The settings that a session holds, and nothing of this machine."""

    WHY_NOT_WRITTEN: ClassVar[str] = "this is a replay: its settings are never written into your go env file"

    def __init__(self, tape: Tape) -> None:
        self._scene = recorded_scene(tape.whole.trace.started, tape.settings)

    def read(self, values: Mapping[str, str] = NOTHING, /) -> Scene:
        """The settings of the session."""
        return self._scene


def recorded_scene(started: TraceStarted | None, views: tuple[SettingView, ...]) -> Scene:
    """The environment as far as it was recorded, secrets masked; whoever asks for another variable finds it
    not set. Behind values that were only tried stands what is real."""
    real = () if started is None else started.real
    if not real:
        return Scene(_recorded(views, ()))
    return Scene(_recorded(views, real), real=_recorded(really_set(started, views), ()))


def _recorded(views: Iterable[SettingView], hidden: tuple[SettingView, ...]) -> Environment:
    settings = {name: Setting(name, "", Source.DEFAULT, None) for name in VARIABLE}
    settings |= {view.name: Setting(view.name, view.value, _source(view.source), None) for view in views}
    for view in hidden:
        setting = settings.get(view.name)
        if setting is not None and setting.source is Source.OVERLAY:
            below = (Shadowed(view.value, _source(view.source), None),)
            settings[view.name] = replace(setting, shadowed=below)
    return Environment(settings, {}, {}, None, None, Facts(), {})


def _source(name: str) -> Source:
    return Source(name) if name in Source.__members__.values() else Source.DEFAULT


class Nobody:
    """A bridge to nobody: whatever is asked for is over at once."""

    def __init__(self, moves: Callable[[], bool]) -> None:
        self._moves = moves
        self._said: list[Delivery] = []
        self._tickets = 0

    @property
    def idle(self) -> bool:
        """Whether nothing will change by itself."""
        return not self._said and not self._moves()

    def start(self, job: Job) -> int:
        """Do nothing."""
        return self._end()

    def call(self, work: Callable[[], object]) -> int:
        """Do nothing: the work may be anything."""
        return self._end()

    def _end(self) -> int:
        self._tickets += 1
        self._said.append((self._tickets, Ended()))
        return self._tickets

    def cancel(self, ticket: int) -> None:
        """Nothing is under way."""

    def drain(self) -> list[Delivery]:
        """That everything is over."""
        said, self._said = self._said, []
        return said

    def close(self, patience: float = 1.0) -> bool:
        """There is nothing to end."""
        return True


class PlayedSession(Session):
    """A session whose events come from a tape."""

    IS_REPLAY = True

    def __init__(self, tape: Tape, *, speed: float = 1.0, clock: Callable[[], float] = monotonic) -> None:
        self.head = Playhead(tape.length, speed, clock)
        super().__init__(PlayedStage(tape), Nobody(lambda: self._goes_on or bool(self.mishaps)), Limits())
        self.tape = tape
        self.refusal = "this is a replay; nothing is asked"
        """What is told to whoever wants something asked."""
        self.has_browsed = True
        self.scene = self.stage.read()
        self.mishaps += tape.remarks
        self._next = 0 if speed else tape.starts[-1]
        """The entry that comes next; whoever wants the end at once need not see the traces before."""
        self._began_at = 0.0
        """Where on the tape the trace began."""
        self._mark = ""

    # -- the tape ------------------------------------------------------------------------------------

    @property
    def header(self) -> Header | None:
        """The header of the file."""
        return self.tape.header

    def report_header(self) -> Header | None:
        """That of the file, for the trace that is shown."""
        if self.header is None or self.target is None:
            return self.header
        path, query = self.target
        return replace(self.header, path=path, query=query)

    @property
    def _goes_on(self) -> bool:
        return self.head.moves or self._next < self._end_of_stretch()

    def _end_of_stretch(self) -> int:
        """The number of the first entry that is not due yet; none is while somebody has stopped the tape."""
        if self.head.is_paused:
            return self._next
        place, due = self.head.place, self.tape.due
        end = self._next
        while end < len(due) and due[end] <= place:
            end += 1
        return end

    @property
    def at_end(self) -> bool:
        """Whether everything was played."""
        return self.head.at_end and self._next == len(self.tape.entries)

    def deliver(self) -> Changed:
        """Take in what is due, and say what has changed."""
        self.bridge.drain()
        changed = self._play(self._end_of_stretch())
        mark, self._mark = self._mark, self.mark
        return changed | (Changed.TRACE if mark != self._mark else Changed.NOTHING)

    def _play(self, end: int) -> Changed:
        changed = Changed.NOTHING
        for entry in self.tape.entries[self._next : end]:
            changed |= self._take_entry(entry.event, self.tape.due[self._next])
            self._next += 1
        if Changed.TRACE in changed and self.trace.finished is not None:
            self._diagnose()
        broken = self.trace.finished is None and self._next == len(self.tape.entries)
        self.failure = "the session breaks off before the trace ended" if broken else None
        return changed

    def _take_entry(self, event: Event | BrowseEvent, due: float) -> Changed:
        if event.kind.startswith(BROWSING):
            self.table.apply(event)  # type: ignore[arg-type]
            self.said.add_to_table(event, {})  # type: ignore[arg-type]
            return Changed.TABLE
        changed = Changed.TRACE
        if isinstance(event, TraceStarted):
            self._begin_trace(event, due)
            changed = _ALL
        self.trace.apply(event)  # type: ignore[arg-type]
        self.said.add(event, {})  # type: ignore[arg-type]
        return changed

    def _begin_trace(self, started: TraceStarted, due: float) -> None:
        """Another trace of the session."""
        self.trace, self.table, self.cases = Trace(), VersionTable(), ()
        self.said.begin()
        for event in self.tape.versions_before(self._next, started.path):
            self.table.apply(event)
            self.said.add_to_table(event, {})
        self.target = (started.path, started.query)
        self._began_at = due - started.at
        if started.settings:
            scene = recorded_scene(started, started.settings)
            self.scene = replace(scene, findings=tuple(f for f in started.findings if f.variable))
        self.trial.overlay = overlay_of({one.name: one.value or "" for one in tried(started)})
        self._know_unreal()

    def _know_unreal(self) -> None:
        """As far as the settings were saved; a file may hold anything."""
        try:
            super()._know_unreal()
        except (GoError, ValueError, KeyError):
            self.unreal = Unreal()

    def _diagnose(self) -> None:
        """Diagnose for the shell of whoever ran it."""
        from probes.diagnosis.catalogue import Shell
        from probes.diagnosis.diagnose import diagnose

        name = "" if self.header is None else self.header.shell
        self.cases = diagnose(
            self.trace, shell=Shell(name) if name in Shell.__members__.values() else Shell.POSIX
        )

    # -- what the keys do ----------------------------------------------------------------------------

    def toggle(self) -> bool:
        """Stop or go on; from the end, once more from the start. Returns whether it moves now."""
        if self.at_end:
            self._rewind(0)
            self.head.speed = self.head.speed or 1.0
            self.head.go_on()
        elif self.head.is_paused:
            self.head.go_on()
        else:
            self.head.pause()
        return self.head.moves

    @property
    def tape_word(self) -> str:
        """What ``toggle`` would do."""
        return "again" if self.at_end else "go on" if self.head.is_paused else "pause"

    @property
    def trace_number(self) -> int:
        """Which trace of the session this is, from 1."""
        return max(1, sum(1 for start in self.tape.starts if start < self._next))

    def jump(self, direction: int) -> bool:
        """To another trace of the session: at once to its end where nothing moves. False: there is none."""
        return self.go_to(self.trace_number + direction)

    def go_to(self, trace: int) -> bool:
        """To the trace with this number, from 1, in the same way."""
        number = trace - 1
        if not 0 <= number < len(self.tape.starts):
            return False
        stood = not self.head.moves
        self._rewind(self.tape.starts[number])
        if stood:
            self.head.pause()
            ends = (*self.tape.starts[1:], len(self.tape.entries))
            self._play(ends[number])
            self.head.jump(self.tape.due[ends[number] - 1])
        return True

    def _rewind(self, entry: int) -> None:
        self._next = entry
        self.head.jump(self.tape.due[entry])

    @property
    def mark(self) -> str:
        """What the title says: how fast, how far."""
        length, several = _clock(self.head.length), len(self.tape.starts) > 1
        which = f" {self.trace_number}/{len(self.tape.starts)}" if several else ""
        if self.at_end:
            return f"replay{which} {length}/{length}"
        what = "paused" if self.head.is_paused else "replay"
        speed = f" {self.head.speed:g}x" if self.head.speed else ""
        return f"{what}{which}{speed} {_clock(self.head.place)}/{length}"

    # -- what is known -------------------------------------------------------------------------------

    @property
    def environment_view(self) -> EnvironmentView | None:
        """The settings that the session holds."""
        view, settings = super().environment_view, self.tape.settings
        if self.trace.started is not None and self.trace.started.settings:
            settings = self.trace.started.settings
        known = {setting.name for setting in settings}
        return None if view is None else replace(view, unknown=frozenset(VARIABLE) - known)

    @property
    def tracing(self) -> bool:
        """Whether the trace goes on at this place of the tape."""
        return self.trace.started is not None and self.trace.finished is None and not self.at_end

    @property
    def looking(self) -> bool:
        """A second look is not told apart from what it says."""
        return False

    @property
    def now(self) -> float:
        """Seconds since the trace began, whole ones while it goes on."""
        if not self.tracing:
            return self.trace.now
        return max(self.trace.now, float(int(self.head.place - self._began_at)))

    # -- what is refused -----------------------------------------------------------------------------

    def _refuse(self) -> None:
        if self.refusal not in self.mishaps:
            self.mishaps.append(self.refusal)

    def read(self) -> None:
        """The settings are those of the session."""

    def trace_target(self, path: str, query: str) -> None:
        """Nothing is traced."""
        self._refuse()

    def again(self) -> None:
        """Nothing is traced."""
        self._refuse()

    def stop(self) -> bool:
        """Nothing is under way."""
        return False

    def try_overlay(self, overlay: Overlay) -> None:
        """Nothing is tried."""
        self._refuse()

    def browse(self, *, ask_all: bool = False) -> None:
        """No proxy is asked."""
        self._refuse()

    def fetch(self, wanted: Wanted, folder: Path) -> None:
        """Nothing is fetched."""
        self._refuse()

    def look(self, wish: Wish) -> bool:
        """Nobody is looked at."""
        self._refuse()
        return True

    def learn_paths(self) -> None:
        """Nothing of this machine is read."""


def _clock(seconds: float) -> str:
    """00:03, 1:00:03"""
    whole = min(int(seconds), 359_999)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes:02}:{whole % 60:02}"
