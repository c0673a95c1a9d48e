"""A report of what is on the screen: asked for, made, and written where the user says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from probes.golang.safetext import safe_text
from tui.messages import Copy
from tui.screens.prompt_screen import PromptScreen
from tui.screens.report_screen import ReportScreen, ReportWish
from tui.session import Session

if TYPE_CHECKING:
    from tui.replaying import ReplayingApp

SUFFIX = {"markdown": "md", "html": "html", "text": "txt", "json": "json", "svg": "svg"}


def made_report(session: Session, wish: ReportWish) -> str:
    """The report of the session's trace."""
    from probes.share.report import make_report
    from probes.share.report_forms import Form, write
    from probes.share.report_masked import masked_report

    trace, header = session.trace, session.report_header()
    form = Form.MARKDOWN if wish.form == "clipboard" else Form(wish.form)
    if wish.private:
        return write(masked_report(session.said.in_trace, session.cases, header=header), form)
    return write(make_report(trace, session.cases, header=header), form)


def default_name(session: Session, form: str, *, private: bool) -> str:
    """A file name that says what is in it; nothing of a private path."""
    path, _ = session.target or ("", "")
    last = "" if private else re.sub(r"[^A-Za-z0-9._-]+", "-", path.rpartition("/")[2])[:60].strip("-.")
    return f"modtrace-{last or 'report'}.{SUFFIX[form]}"


class Exporter:
    """Leads through one export."""

    def __init__(self, app: ReplayingApp) -> None:
        self._app = app
        self._session = app.session

    def ask(self) -> None:
        """Ask for the form."""
        self._app.push_screen(ReportScreen(must_be_private=self._app.is_private), self._chosen)

    def _chosen(self, wish: ReportWish | None) -> None:
        if wish is None:
            return
        from probes.share.played import consistent
        from probes.share.session_reader import BadSession

        try:
            with consistent("the trace"):
                text = made_report(self._session, wish)
        except BadSession as error:
            self._app.tell(f"there can be no report: {safe_text(str(error), limit=300)}")
            return
        if wish.form == "clipboard":
            self._app.post_message(Copy(text))
            return
        name = default_name(self._session, wish.form, private=wish.private)
        self._ask_name(text, name, "a file in this folder, or a path")

    def _ask_name(self, text: str, name: str, note: str, *, replaces: str = "") -> None:
        def named(typed: str | None) -> None:
            if typed:
                self._write(text, typed, replaces=replaces)

        verb = "replace the file" if replaces else "write the file"
        screen = PromptScreen("Write the report into", name, note=note, verb=verb)
        self._app.push_screen(screen, named)

    def _write(self, text: str, typed: str, *, replaces: str) -> None:
        from probes.share.state import WouldOverwrite, write_output

        path = Path(typed).expanduser()
        try:
            write_output(path, text, force=typed == replaces)
        except WouldOverwrite:
            note = f"{typed} is there already: enter once more replaces it, another name keeps it"
            self._ask_name(text, typed, note, replaces=typed)
        except (OSError, ValueError, RuntimeError) as error:
            words = getattr(error, "strerror", None) or str(error)
            self._ask_name(text, typed, f"it cannot be written there: {words}")
        else:
            self._app.tell(f"the report is in {path.absolute()}")
