"""How the app is opened, and how it is left: the terminal is asked first, and given back whatever happens."""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tui.themes import AUTO, THEMES, choose_theme, saved_theme

if TYPE_CHECKING:
    from probes.demo.worlds import WorldPlan
    from tui.app import ModtraceApp
    from tui.said import Recorder
    from tui.stage import Stage

TEXTUAL_THEME = "ansi-dark"
"""What Textual begins with; the app's own themes are chosen before its first frame (tui.themes)."""
SWITCH_S = 0.001
"""How long drawing may keep the engine's thread from noting the time; Python's own value is 5 ms."""
ENGINE_PATIENCE_S = 1.0
"""How long leaving waits for the engine to close its connections."""
PROPER_ENDS = (0, 128 + signal.SIGINT)
"""The exit codes of somebody who wanted to leave; a line that drops ends the app with SIGHUP."""


def add_app_options(parser: argparse.ArgumentParser) -> None:
    """The options of whatever opens the app."""
    parser.add_argument("--no-mouse", action="store_true", help="leave the mouse to the terminal")
    parser.add_argument(
        "--theme",
        choices=(AUTO, *THEMES),
        default="",
        help="colours for a dark or a light background, or none (MODTRACE_THEME)",
    )
    parser.add_argument(
        "--color",
        choices=(AUTO, "always", "never"),
        default=AUTO,
        help="whether there are colours; auto follows NO_COLOR and the terminal",
    )
    parser.add_argument(
        "--ascii", action="store_true", help="draw with ASCII only (MODTRACE_ASCII=1; or no UTF-8)"
    )
    parser.add_argument(
        "--keep-frame", action="store_true", help="leave the last frame on the terminal at the end"
    )
    parser.add_argument(
        "--slow",
        action="store_true",
        help="draw less often, for a slow line (by itself over SSH)",
    )


def has_terminal(environment: Mapping[str, str] | None = None) -> bool:
    """Whether there is a terminal to open the app on; a driver named by TEXTUAL_DRIVER counts as one."""
    environment = os.environ if environment is None else environment
    if environment.get("TEXTUAL_DRIVER"):
        return True
    if environment.get("TERM", "") in ("", "dumb"):
        return False
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))


def open_app(
    stage: Stage,
    args: argparse.Namespace,
    *,
    target: tuple[str, str] | None = None,
    plan: WorldPlan | None = None,
    make_stage: Callable[[WorldPlan], Stage] | None = None,
    begin: Callable[[ModtraceApp], None] | None = None,
    saves: bool = False,
    resumes: str = "",
) -> int:
    """Open the app on the terminal and return its exit code: 0 after q, 128 + n after signal n.

    With ``saves`` the session saves itself, unless MODTRACE_NO_SESSION is set; ``resumes`` names the one that
    it goes on with. ``begin`` is what happens first, where that is not a trace of the target.

    Raises what crashed the app, when the terminal is the user's again. Where a thread that cannot be stopped
    would hold the end up, the process ends here: the operating system looks up names in threads that nothing
    can interrupt, and Python would wait for them.
    """
    gc.disable()  # until the first frame; tui.terminal_output switches it on again
    slow = bool(args.slow or os.environ.get("SSH_CONNECTION"))
    theme = theme_for(args, os.environ)
    prepare_textual(slow=slow)
    from probes.net.limits import Limits
    from tui.app import ModtraceApp
    from tui.bridge import Bridge
    from tui.manners import Manners
    from tui.session import Session
    from tui.sizes import read_sizes, sizes_file, write_sizes
    from tui.symbols import ASCII

    limits = Limits.patient(args.timeout)
    saves = saves and not os.environ.get("MODTRACE_NO_SESSION")
    recorder = partial(make_recorder, resumes=resumes) if saves else None
    bridge = Bridge(waits=True)
    session = Session(stage, bridge, limits, recorder)
    app = ModtraceApp(
        session,
        target=target,
        plan=plan,
        make_stage=make_stage,
        slow=slow,
        symbols=ASCII if args.ascii else None,
        handle_signals=True,
        begin=begin,
    )
    app.after_first_frame.append(bridge.go_on)
    file = sizes_file(kept_in(os.environ, args) if plan is None else None)  # the demo writes nothing
    sizes = app.workbench.sizes = read_sizes(file)
    app.behave(Manners(theme, kept_in(os.environ, args), keep_frame=args.keep_frame, handles_stops=True))
    sys.setswitchinterval(SWITCH_S)
    ended = True
    try:
        app.run(mouse=not args.no_mouse)
    finally:
        session.said.close(properly=app.crash is None and app.return_code in PROPER_ENDS)
        ended = session.bridge.close(ENGINE_PATIENCE_S)
        session.stage.close()
        if app.workbench.sizes != sizes:
            write_sizes(file, app.workbench.sizes)  # that it cannot be kept is nobody's trouble
    if app.crash is not None:
        raise app.crash
    _leave_behind(app.last_frame)
    code = app.return_code or 0
    if not ended or not _terminal_is_there() or _keys_are_read():
        os._exit(code)
    return code


def make_recorder(process: Mapping[str, str], *, resumes: str = "") -> Recorder:
    """Who keeps the session, in the user's own folder."""
    from probes.diagnosis.catalogue_shells import shell_of
    from probes.share.session_file import SessionRecorder

    recorder = SessionRecorder.in_state_folder("app", shell=shell_of(process).value, process=process)
    recorder.resumes = resumes
    return recorder


def kept_in(environment: Mapping[str, str], args: argparse.Namespace) -> Path | None:
    """The folder for what the app keeps; None where nothing is to be kept."""
    from probes.share.state import state_folder

    if getattr(args, "no_session", False) or environment.get("MODTRACE_NO_SESSION"):
        return None
    return state_folder(environment)


def theme_for(args: argparse.Namespace, environment: Mapping[str, str]) -> str:
    """The theme to begin with."""
    saved = saved_theme(kept_in(environment, args))
    return choose_theme(environment, option=args.theme, color=args.color, saved=saved)


def prepare_textual(*, slow: bool) -> None:
    """What Textual reads when it is imported.

    Some terminals know no other protocol for keys than their own; asked for one, old ones print the question.
    """
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    os.environ.setdefault("TEXTUAL_THEME", TEXTUAL_THEME)
    if os.environ.get("TERM", "").startswith(("screen", "tmux", "linux", "vt", "cons25")):
        os.environ.setdefault("TEXTUAL_DISABLE_KITTY_KEY", "1")
    # What a key changes may come in two frames: the second one waits for the next tick of this clock.
    os.environ.setdefault("TEXTUAL_FPS", "10" if slow else "120")


def _leave_behind(frame: str) -> None:
    """Write the last frame where the shell's prompt comes next."""
    if not frame:
        return
    with suppress(OSError, UnicodeError):
        sys.stdout.write(frame)
        sys.stdout.flush()


def _keys_are_read() -> bool:
    """Whether the thread that reads the keys was left behind, on a terminal that is gone.

    Python waits for it at its end, and it never ends: a process that nobody sees would take a whole core.
    """
    others = (thread for thread in threading.enumerate() if thread is not threading.main_thread())
    return any(not thread.daemon and thread.name == "textual-input" for thread in others)


def _terminal_is_there() -> bool:
    """Whether what is still to be written can be: a terminal that was closed takes nothing.

    Python would complain of that at its end, with an exit code of its own.
    """
    try:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    except OSError:
        return False
    return True
