"""What `download` and `bundle` say: progress while it runs, then what is there and what is not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from probes.browse.manifest import Checked
from probes.browse.saved import (
    FileProgress,
    SaveEvent,
    SaveFinished,
    SaveStarted,
    Saving,
    State,
    WantState,
    save_event_to_json,
)
from probes.commands.exit_codes import ExitCode
from probes.commands.output import Output, StatusLine, size
from probes.golang.safetext import safe_text
from probes.trace.events import Outcome

MOST_FLAWS = 50


def file_url(folder: Path) -> str:
    """The folder as an entry of GOPROXY."""
    return "file://" + quote(str(folder.absolute()), safe="/")


class Progress:
    """Shows a saving while it runs: JSON lines where that is wanted, else a line on a terminal."""

    def __init__(self, output: Output, *, events: bool) -> None:
        self.saving = Saving()
        self._output = output
        self._events = events
        self._line = StatusLine()

    def emit(self, event: SaveEvent) -> None:
        """Take an event in."""
        self.saving.apply(event)
        if self._events:
            self._output.write(json.dumps(save_event_to_json(event), ensure_ascii=True) + "\n")
        elif isinstance(event, SaveFinished):
            self.clear()
        elif not isinstance(event, SaveStarted):
            self._line.show(lambda: progress_line(self.saving, event))

    def clear(self) -> None:
        """Take the line off the terminal."""
        self._line.clear()


def progress_line(saving: Saving, event: SaveEvent) -> str:
    """How far all of it is, and the file that has just moved."""
    done = len(saving.of(State.SAVED)) + len(saving.of(State.FAILED))
    parts = [f"{done}/{len(saving.wants)}", size(saving.bytes)]
    if saving.rate:
        parts.append(f"{size(saving.rate)}/s")
    if isinstance(event, FileProgress):
        state = saving.wants[event.want]
        file = state.files[event.op]
        share = f" {file.received / file.total:.0%}" if file.total else ""
        if file.remaining_s is not None:
            parts.append(f"{file.remaining_s:.0f} s left")
        parts.append(f"{state.words} {event.op}{share}")
    return "  ".join(parts)


# -- the end -----------------------------------------------------------------------------------------


def failures(saving: Saving) -> list[WantState]:
    """What is not there, each version once."""
    found: dict[str, WantState] = {}
    for state in saving.of(State.FAILED):
        found.setdefault(state.words, state)
    return list(found.values())


def code_of(saving: Saving) -> ExitCode:
    """The exit code of a saving."""
    failed = [state.failed.outcome for state in saving.of(State.FAILED) if state.failed is not None]
    if any(outcome is Outcome.FAILS for outcome in failed):
        return ExitCode.FAILS
    finished = saving.finished
    if failed or finished is None or finished.error is not None or finished.cancelled:
        return ExitCode.UNKNOWN
    return ExitCode.OK


def report(saving: Saving, folder: Path) -> str:
    """Each version in a line or two, then the whole."""
    lines = [line for state in saving.wants.values() for line in _version_lines(state)]
    saved = saving.of(State.SAVED)
    total = sum(file.received for state in saved for file in state.files.values())
    count = sum(len(state.files) for state in saved)
    lines.append(f"{_count(len(saved), 'version')}, {_count(count, 'file')}, {size(total)} in {folder}")
    if saved:
        lines.append(f"to use it: export GOPROXY={file_url(folder)} GONOPROXY=none")
    return "".join(f"{safe_text(line, limit=2000)}\n" for line in lines)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _version_lines(state: WantState) -> Iterator[str]:
    if state.saved is not None:
        files = " ".join(
            f"{op} {size(file.received)}{' (was there)' if file.saved and file.saved.was_there else ''}"
            for op, file in state.files.items()
        )
        yield f"saved   {state.words}  {files}"
        if state.saved.note:
            yield f"        note: {state.saved.note}"
        return
    if state.failed is not None:
        yield f"failed  {state.words}: {state.failed.words}"


def versions_json(saving: Saving) -> list[dict[str, Any]]:
    """Each version as an object."""
    return [_version_json(state) for state in saving.wants.values()]


def _version_json(state: WantState) -> dict[str, Any]:
    found: dict[str, Any] = {
        "path": state.want.path,
        "query": state.want.query,
        "version": state.version or None,
        "state": state.state.value,
        "only_mod": state.want.only_mod,
        "files": [
            {
                "kind": op.value,
                "file": file.saved.file,
                "bytes": file.saved.bytes,
                "h1": file.saved.h1 or None,
                "checked": file.saved.checked or None,
                "source": file.saved.source,
                "was_there": file.saved.was_there,
                "was_resumed": file.saved.was_resumed,
            }
            for op, file in state.files.items()
            if file.saved is not None
        ],
    }
    if state.saved is not None:
        saved = state.saved
        found |= {"sum": saved.sum, "go_mod_sum": saved.go_mod_sum, "note": saved.note or None}
    if state.failed is not None:
        found |= {
            "error": state.failed.error,
            "outcome": state.failed.outcome.value,
            "needs_direct": state.failed.needs_direct,
            "private": state.failed.is_private,
        }
    return found


# -- a folder that was looked over -------------------------------------------------------------------


def check_report(checked: Checked, folder: Path) -> str:
    """What a folder is like."""
    lines = [f"wrong  {flaw.file}: {flaw.words}" for flaw in checked.flaws[:MOST_FLAWS]]
    if len(checked.flaws) > MOST_FLAWS:
        lines.append(f"…and {len(checked.flaws) - MOST_FLAWS} more")
    lines += [f"note   {flaw.file}: {flaw.words}" for flaw in checked.notes[:MOST_FLAWS]]
    verdict = "all is as the manifest says" if not checked.flaws else f"{len(checked.flaws)} wrong"
    lines.append(f"{_count(checked.files, 'file')}, {size(checked.bytes)} in {folder}: {verdict}")
    return "".join(f"{safe_text(line, limit=2000)}\n" for line in lines)


def check_json(checked: Checked, folder: Path, schema: str) -> dict[str, Any]:
    """The same as one object."""
    return {
        "schema": schema,
        "folder": str(folder),
        "ok": not checked.flaws,
        "files": checked.files,
        "bytes": checked.bytes,
        "wrong": [{"file": flaw.file, "why": flaw.words} for flaw in checked.flaws],
        "notes": [{"file": flaw.file, "why": flaw.words} for flaw in checked.notes],
    }
