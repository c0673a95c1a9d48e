"""How the app is opened, and how it is left: the terminal is asked first, and given back whatever happens."""

from __future__ import annotations

import argparse
import os
import sys
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from probes.demo.worlds import WorldPlan
    from tui.stage import Stage

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
) -> int:
    """Open the app on the terminal and return its exit code: 0 after q, 128 + n after signal n.

    Raises what crashed the app, when the terminal is the user's again.
    """
    slow = bool(args.slow or os.environ.get("SSH_CONNECTION"))
    prepare_textual(slow=slow)
    from probes.net.limits import Limits
    from tui.app import ModtraceApp
    from tui.bridge import Bridge
    from tui.session import Session

    session = Session(stage, Bridge(), Limits(answer_s=args.timeout, stall_s=args.timeout))
    app = ModtraceApp(
        session, target=target, plan=plan, make_stage=make_stage, slow=slow, handle_signals=True
    )
    sys.setswitchinterval(SWITCH_S)
    try:
        app.run(mouse=not args.no_mouse)
    finally:
        session.bridge.close(ENGINE_PATIENCE_S)
        session.stage.close()
    if app.crash is not None:
        raise app.crash
    return leave(app.return_code or 0)


def prepare_textual(*, slow: bool) -> None:
    """What Textual reads when it is imported."""
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    if slow:
        os.environ.setdefault("TEXTUAL_FPS", "10")


def leave(code: int) -> int:
    """The exit code; the process ends here where a thread that cannot be stopped would hold it up.

    Names are looked up by the operating system in threads that Python waits for at its end.
    """
    waiting = [
        thread
        for thread in threading.enumerate()
        if thread is not threading.main_thread() and thread.is_alive() and not thread.daemon
    ]
    if waiting:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code
