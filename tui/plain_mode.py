"""`--plain` on a terminal: a conversation line by line, without a single escape sequence.

It needs no more of a terminal than that it prints: TERM=dumb, a printer, a braille line. The line that is
typed is the terminal's own (canonical mode); readline is not used, since it moves the cursor. What is copied
goes to a file, for the terminal's clipboard would need an escape sequence.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Coroutine, Iterator, Sequence
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any

from probes.browse.table import VersionTable
from probes.commands.exit_codes import OUTCOME_CODES, ExitCode
from probes.commands.output import Output
from probes.commands.saving import Saving
from probes.commands.trace import parse_target, run_until_signal
from probes.golang.safetext import safe_text
from probes.net.limits import Limits
from probes.trace.events import Event
from probes.trace.fold import Trace
from tui import spoken
from tui.clipboard import keep_copy, short_name
from tui.opening import kept_in
from tui.stage import Scene, Stage
from tui.symbols import ASCII, symbols_for

if TYPE_CHECKING:
    from probes.demo.worlds import WorldPlan
    from probes.diagnosis.diagnose import Case

PROMPT = "modtrace> "
STILL_WAITING_S = 10.0
_LONGEST = 8000
_NARROWEST = 40
INTERRUPTED = 130


class Speaker:
    """Says sentences, and listens."""

    def __init__(self, *, ascii_only: bool) -> None:
        self._symbols = ASCII if ascii_only else symbols_for()
        self.output = Output()

    def say(self, *sentences: str) -> None:
        """Each on its own line, or on several where it is longer than the terminal is wide."""
        width = max(_NARROWEST, shutil.get_terminal_size().columns - 1)
        for text in sentences:
            safe = self._shown(text)
            wrapped = textwrap.wrap(safe, width, break_long_words=False, break_on_hyphens=False) or [""]
            self.output.write("".join(f"{line}\n" for line in wrapped))

    def say_whole(self, text: str) -> None:
        """On one line, whatever its length: it is there to be copied."""
        self.output.write(f"{self._shown(text)}\n")

    def _shown(self, text: str) -> str:
        return self._symbols.show(safe_text(text, limit=_LONGEST).rstrip())

    def end_line(self) -> None:
        """After a key that the terminal has echoed as it likes."""
        self.output.write("\n")

    def listen(self) -> str | None:
        """The next line; None at the end of the input. Ctrl-C raises KeyboardInterrupt."""
        self.output.write(PROMPT)
        line = sys.stdin.readline()
        if not line:
            self.end_line()
        return line.strip() if line else None


class PlainTrace:
    """One stage, and the last trace on it."""

    def __init__(
        self, stage: Stage, limits: Limits, speaker: Speaker, make_saving: Callable[[], Saving] | None = None
    ) -> None:
        self._limits = limits
        self._make_saving = make_saving
        self._speaker = speaker
        self._stage = stage
        self._scene: Scene | None = None
        self.target: tuple[str, str] | None = None
        self.trace = Trace()
        self.cases: tuple[Case, ...] = ()
        self.code: int = ExitCode.OK
        """How it came out."""
        self.may_run = False
        """Whether the user has agreed that programs are started."""

    def play(self, stage: Stage) -> None:
        """Go to another stage."""
        self.close()
        self._stage, self._scene = stage, None

    def close(self) -> None:
        """Take the stage down."""
        self._stage.close()

    def read(self) -> Scene:
        """Read the settings anew."""
        self._scene = self._stage.read()
        return self._scene

    @property
    def starts_programs(self) -> bool:
        """Whether programs can be started at all where this takes place."""
        return self._stage.STARTS_PROGRAMS

    @property
    def _runs(self) -> bool:
        return self.may_run and self.starts_programs

    @property
    def scene(self) -> Scene:
        """The settings."""
        return self._scene or self.read()

    @property
    def remedies(self) -> list[spoken.Cure]:
        """What may be typed or done to mend it, and what each costs."""
        return spoken.remedies(self.trace, self.cases)

    def recall(self, target: tuple[str, str], known: Sequence[Event], cases: tuple[Case, ...]) -> None:
        """Take in what a saved session had said, and tell the steps as if they were made now."""
        self.target, self.trace, self.cases = target, Trace(), cases
        for event in known:
            self.trace.apply(event)
            self._speaker.say(*spoken.step(self.trace, event))
        finished = self.trace.finished
        self.code = ExitCode.UNKNOWN if finished is None else OUTCOME_CODES[finished.outcome]

    def begin(self, path: str, query: str) -> int | None:
        """Trace, and tell the steps; returns the exit code of a signal that ended it."""
        from probes.diagnosis.catalogue import shell_of
        from probes.diagnosis.diagnose import diagnose
        from probes.diagnosis.traced import traced

        scene = self.scene
        self.target, self.trace, self.cases = (path, query), Trace(), ()
        findings = tuple(finding for finding in scene.findings if finding.variable)
        environment, trace = scene.environment, self.trace
        saving = None if self._make_saving is None else self._make_saving()

        def emit(event: Event) -> None:
            trace.apply(event)
            if saving is not None:
                saving.emit(event)
            self._speaker.say(*spoken.step(trace, event))

        code = run_until_signal(
            lambda: self._patiently(
                traced(
                    environment, path, query, emit, limits=self._limits, findings=findings,
                    project=scene.project, warm=scene.warm, run=self._runs,
                )
            )
        )
        if saving is not None:
            saving.end(code, self._speaker.output)
        if code is None and trace.finished is not None:
            self.cases = diagnose(trace, shell=shell_of(environment.process))
            self._stage.remember(environment, path, query, trace.finished.outcome.value)
            self.code = OUTCOME_CODES[trace.finished.outcome]
        return code

    async def _patiently(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it, and say now and then what is being waited for."""
        task, began = asyncio.ensure_future(work), monotonic()
        try:
            while not (await asyncio.wait({task}, timeout=STILL_WAITING_S))[0]:
                open_ones = [one.started for one in self.trace.requests.values() if one.finished is None]
                for started in open_ones[-1:]:
                    since = monotonic() - began - started.at
                    self._speaker.say(spoken.waiting(self.trace, started, since))
        finally:
            if not task.done():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        await task

    def browse(self, path: str) -> tuple[VersionTable, int | None]:
        """Ask the proxies for their versions."""
        from probes.browse.asking import browse

        table, environment = VersionTable(), self.scene.environment
        code = run_until_signal(
            lambda: browse(environment, path, table.apply, limits=self._limits, run=self._runs)
        )
        return table, code


class PlainMode:
    """One conversation: words in, sentences out. A word returns an exit code where it is the end."""

    def __init__(
        self,
        stage: Stage,
        args: argparse.Namespace,
        *,
        plan: WorldPlan | None = None,
        make_stage: Callable[[WorldPlan], Stage] | None = None,
    ) -> None:
        self._plan = plan
        self._make_stage = make_stage
        self._speaker = Speaker(ascii_only=args.ascii)
        self._say = self._speaker.say
        limits = Limits.patient(args.timeout)
        # A world of the demo is there for every run: nothing of it need be kept.
        make_saving = None if plan is not None else partial(Saving, "trace", args)
        self._traced = PlainTrace(stage, limits, self._speaker, make_saving)
        self._args = args
        self._words: dict[str, tuple[str, Callable[[str], int | None]]] = {
            "trace": ("trace PATH@QUERY: trace a module, for example rsc.io/quote@latest", self._trace),
            "again": ("again: read the settings anew and trace once more", self._again),
            "result": ("result: the verdict, and what to type", self._result),
            "steps": ("steps: what was asked, step by step", self._steps),
            "details": ("details N: everything about step N", self._details),
            "why": ("why: the reasons, and where the rule stands", self._why),
            "env": ("env, or env NAME: the settings that go would see", self._env),
            "versions": ("versions: ask the proxies which versions they have", self._versions),
            "run": ("run: which programs go would start here; run yes lets them be started", self._run),
            "copy": ("copy N: put remedy N into a file; nothing is ever run", self._copy),
            "help": ("help: these words", self._help),
            "quit": ("quit: leave", self._quit),
        }
        if make_stage is not None:
            words = "world NAME: go to another world of the demo; world alone lists them"
            self._words["world"] = (words, self._world)

    def run(self, target: tuple[str, str] | None, *, greets: bool = True) -> int:
        """Trace, then answer until there are no more questions; returns the exit code."""
        try:
            self._say(*(self._greeting(target) if greets else ()))
            code = self._do(lambda: None if target is None else self._begin(*target))
            while code is None:
                code = self._do(self._next)
            return code
        finally:
            self._traced.close()

    def resume(
        self, said: Sequence[str], target: tuple[str, str], known: Sequence[Event], cases: tuple[Case, ...]
    ) -> int:
        """Go on with a saved session: with what is known of its trace, or without that by tracing again."""
        self._say(*map(spoken.sentence, said))
        if not known:
            return self.run(target)
        self._traced.recall(target, known, cases)
        self._result("")
        return self.run(None, greets=False)

    def _greeting(self, target: tuple[str, str] | None) -> Iterator[str]:
        if self._plan is not None:
            yield f"This is the world {self._plan.name} of the demo: {self._plan.title}."
            yield self._plan.story
        elif target is None:
            yield "This is modtrace, line by line. Type trace and a module path, or help."

    def _do(self, action: Callable[[], int | None]) -> int | None:
        """Do something; Ctrl-C ends only that."""
        try:
            code = action()
        except KeyboardInterrupt:
            self._speaker.end_line()
            self._say("Type quit to leave.")
            return None
        return None if code == INTERRUPTED else code

    def _next(self) -> int | None:
        line = self._speaker.listen()
        return self._traced.code if line is None else self._obey(line)

    def _obey(self, line: str) -> int | None:
        word, _, rest = line.partition(" ")
        if not word:
            return None
        known = {"?": "help", "exit": "quit", "q": "quit"}.get(word.lower(), word.lower())
        found = [known] if known in self._words else [one for one in self._words if one.startswith(known)]
        if len(found) == 1:
            return self._words[found[0]][1](rest.strip())
        if any(mark in word for mark in "./@") and not rest:
            return self._trace(word)
        which = f"did you mean {' or '.join(found)}?" if found else "help lists the words."
        self._say(f"The word {word} is not known here; {which}")
        return None

    # -- tracing -------------------------------------------------------------------------------------

    def _trace(self, rest: str) -> int | None:
        path, query = parse_target(rest)
        if not path:
            self._say("Say which module: trace PATH, for example trace rsc.io/quote@latest.")
            return None
        return self._begin(path, query)

    def _begin(self, path: str, query: str) -> int | None:
        code = self._traced.begin(path, query)
        return self._result("") if code is None else code

    def _again(self, rest: str) -> int | None:
        self._traced.read()
        if self._traced.target is None:
            self._say("The settings are read anew. Nothing was traced yet.")
            return None
        return self._begin(*self._traced.target)

    # -- what was found ------------------------------------------------------------------------------

    def _has_traced(self) -> bool:
        if self._traced.trace.started is None:
            self._say("Nothing was traced yet. Type trace and a module path.")
        return self._traced.trace.started is not None

    def _result(self, rest: str) -> int | None:
        if self._has_traced():
            self._say("", *spoken.result(self._traced.trace, self._traced.cases))
            for number, cure in enumerate(self._traced.remedies, 1):
                say = self._speaker.say_whole if cure.is_command else self._say
                say(f"Remedy {number}: {cure.line}")
                self._say(*([cure.risk] if cure.risk else []))
        return None

    def _steps(self, rest: str) -> int | None:
        if self._has_traced():
            self._say(*spoken.steps(self._traced.trace))
        return None

    def _details(self, rest: str) -> int | None:
        if self._has_traced():
            number = int(rest) - 1 if rest.isdecimal() else -1
            if number in self._traced.trace.requests:
                self._say(*spoken.details(self._traced.trace, number))
            else:
                self._say(f"Say which step: details 1 to details {len(self._traced.trace.requests)}.")
        return None

    def _why(self, rest: str) -> int | None:
        if self._has_traced():
            self._say(*spoken.why(self._traced.trace, self._traced.cases))
        return None

    def _env(self, rest: str) -> int | None:
        from probes.golang.environment import VARIABLE
        from tui.drawing.environment_rows import EnvironmentView

        name = next((one for one in VARIABLE if one.upper() == rest.upper()), "")
        if rest and not name:
            self._say(f"Go has no variable {rest} that matters here; env lists them all.")
            return None
        scene = self._traced.scene
        self._say(*spoken.environment(EnvironmentView(scene.environment, scene.findings), name))
        return None

    def _versions(self, rest: str) -> int | None:
        if self._traced.target is None:
            self._say("Trace a module first: the proxies are asked for its versions.")
            return None
        self._say(f"Asking the proxies which versions of {self._traced.target[0]} they have.")
        table, code = self._traced.browse(self._traced.target[0])
        if code is None:
            self._say(*spoken.versions(table))
        return code

    def _run(self, rest: str) -> int | None:
        """Ask whether programs may be started, and take the answer."""
        if not self._traced.starts_programs:
            self._say("In a world of the demo no program is ever started.")
        elif rest.lower() in ("yes", "y"):
            self._traced.may_run = True
            self._say("Git, ssh and GOAUTH commands are started from now on, as go does; run no ends that.")
            return self._again("") if self._traced.target is not None else None
        elif rest:
            self._traced.may_run = False
            self._say("No program is started: what go would run is only told of.")
        else:
            from tui.spoken_origin import programs

            self._say(*programs(self._traced.trace, may_run=self._traced.may_run))
        return None

    def _copy(self, rest: str) -> int | None:
        known = self._traced.remedies
        number = int(rest) if rest.isdecimal() else 0
        if not 1 <= number <= len(known):
            which = f"copy 1 to copy {len(known)}" if known else "there are none after this trace"
            self._say(f"Say which remedy: {which}.")
            return None
        file = keep_copy(kept_in(os.environ, self._args), safe_text(known[number - 1].line, limit=_LONGEST))
        where = "could not be written to a file" if file is None else f"is in {short_name(file, os.environ)}"
        self._say(f"Remedy {number} {where}. It was not run.")
        return None

    # -- the rest ------------------------------------------------------------------------------------

    def _world(self, rest: str) -> int | None:
        from probes.demo.worlds import WORLDS, names, world_plan

        if not rest:
            self._say(*(f"{plan.name}: {plan.title}." for plan in WORLDS))
        elif rest not in names():
            self._say(f"There is no world {rest}; world alone lists them.")
        elif self._make_stage is not None:
            self._plan = world_plan(rest)
            self._traced.play(self._make_stage(self._plan))
            self._say(*self._greeting(None))
            return self._begin(self._plan.path, self._plan.query)
        return None

    def _help(self, rest: str) -> int | None:
        self._say(
            "These words are known; a word may be cut short:", *(words for words, _ in self._words.values())
        )
        return None

    def _quit(self, rest: str) -> int | None:
        return self._traced.code
