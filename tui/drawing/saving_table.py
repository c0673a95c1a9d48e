"""What is being saved, as the module browser's own rows show it: events of its table."""

from __future__ import annotations

from collections.abc import Iterator

from probes.browse.saved import (
    FileProgress,
    FileSaved,
    FileStarted,
    FileState,
    SaveFinished,
    Saving,
    State,
    VersionFailed,
    WantState,
)
from probes.browse.table import (
    BrowseEvent,
    DownloadFinished,
    DownloadProgress,
    DownloadStarted,
    VersionTable,
    Wanted,
)


def table_events(table: VersionTable, saving: Saving, said: object) -> Iterator[BrowseEvent]:
    """What a table learns from one event of a saving, which was folded already; nothing of other modules."""
    match said:
        case FileStarted() | FileProgress() | FileSaved():
            state = saving.wants[said.want]
            wanted = _wanted(table, state, state.files[said.op])
            if wanted is None:
                return
            known = table.downloads.get(wanted)
            if isinstance(said, FileStarted) or known is None or known.finished is not None:
                yield DownloadStarted(said.at, wanted, "")
            if isinstance(said, FileProgress):
                yield DownloadProgress(said.at, wanted, said.received, said.total)
            if isinstance(said, FileSaved):
                yield DownloadFinished(said.at, wanted, said.file, said.bytes)
        case VersionFailed():
            yield from _ended(table, saving.wants[said.want], said.at, error=said.error, cancelled=False)
        case SaveFinished():
            for state in saving.wants.values():
                yield from _ended(table, state, said.at, error=said.error, cancelled=said.cancelled)
        case _:
            pass


def _wanted(table: VersionTable, state: WantState, file: FileState) -> Wanted | None:
    """The place in the table; None for another module, and for somebody who has no column."""
    if table.started is None or state.want.path != table.path:
        return None
    for column in (one.column for one in table.columns):
        if column.kind.value == "proxy" and column.spec == file.source:
            return Wanted(state.version, file.op, column.id)
    return None


def _ended(
    table: VersionTable, state: WantState, at: float, *, error: str | None, cancelled: bool
) -> Iterator[BrowseEvent]:
    """Those of its files that are not there."""
    for file in state.files.values():
        wanted = _wanted(table, state, file)
        known = None if wanted is None else table.downloads.get(wanted)
        if wanted is None or known is None or known.finished is not None:
            continue
        if file.state is not State.SAVED:
            yield DownloadFinished(at, wanted, None, error=error, cancelled=cancelled)
