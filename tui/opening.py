"""How the app is opened, and how it is left: the terminal is asked first, and given back whatever happens."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from probes.demo.worlds import WorldPlan
    from tui.said import Recorder
    from tui.stage import Stage

DEFAULT_THEME = "ansi-dark"
SWITCH_S = 0.001
"""How long drawing may keep the engine's thread from noting the time; Python's own value is 5 ms."""
ENGINE_PATIENCE_S = 1.0
"""How long leaving waits for the engine to close its connections."""


def add_app_options(parser: argparse.ArgumentParser) -> None:
    """The options of whatever opens the app."""
    parser.add_argument("--no-mouse", action="store_true", help="leave the mouse to the terminal")
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
    saves: bool = False,
) -> int:
    """Open the app on the terminal and return its exit code: 0 after q, 128 + n after signal n.

    With ``saves`` the session saves itself, unless MODTRACE_NO_SESSION is set.

    Raises what crashed the app, when the terminal is the user's again. Where a thread that cannot be stopped
    would hold the end up, the process ends here: the operating system looks up names in threads that nothing
    can interrupt, and Python would wait for them.
    """
    slow = bool(args.slow or os.environ.get("SSH_CONNECTION"))
    prepare_textual(slow=slow)
    from probes.net.limits import Limits
    from tui.app import ModtraceApp
    from tui.bridge import Bridge
    from tui.session import Session

    limits = Limits(answer_s=args.timeout, stall_s=args.timeout)
    saves = saves and not os.environ.get("MODTRACE_NO_SESSION")
    session = Session(stage, Bridge(), limits, make_recorder if saves else None)
    app = ModtraceApp(
        session, target=target, plan=plan, make_stage=make_stage, slow=slow, handle_signals=True
    )
    sys.setswitchinterval(SWITCH_S)
    ended = True
    try:
        app.run(mouse=not args.no_mouse)
    finally:
        session.said.close()
        ended = session.bridge.close(ENGINE_PATIENCE_S)
        session.stage.close()
    if app.crash is not None:
        raise app.crash
    code = app.return_code or 0
    if not ended or not _terminal_is_there():
        os._exit(code)
    return code


def make_recorder(process: Mapping[str, str]) -> Recorder:
    """Who keeps the session, in the user's own folder."""
    from probes.diagnosis.catalogue import shell_of
    from probes.share.session_file import SessionRecorder

    return SessionRecorder.in_state_folder("app", shell=shell_of(process).value, process=process)


def prepare_textual(*, slow: bool) -> None:
    """What Textual reads when it is imported.

    With an ANSI theme the terminal's own colours are used, and NO_COLOR really drops them.
    """
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    os.environ.setdefault("TEXTUAL_THEME", DEFAULT_THEME)
    if "NO_COLOR" in os.environ:
        os.environ["TEXTUAL_THEME"] = DEFAULT_THEME
    if slow:
        os.environ.setdefault("TEXTUAL_FPS", "10")


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
