"""A table with one of each: made by hand, for the version matrix."""

from __future__ import annotations

from collections.abc import Sequence

from probes.browse.table import (
    BrowseEvent,
    BrowseFinished,
    BrowseStarted,
    Choice,
    Column,
    ColumnAnswered,
    ColumnAsked,
    ColumnKind,
    ColumnSkipped,
    ModuleRead,
    Origin,
    Retracted,
    VersionAnswered,
    VersionTable,
)

PSEUDO = "v0.0.0-20191109021931-daa7c04131f5"
RETRACTED, INCOMPATIBLE, PRERELEASE, NEWEST = "v1.1.0", "v2.0.0+incompatible", "v1.3.0-rc.1", "v1.4.0"
UNLISTED = "v1.3.1"

COLUMNS = (
    Column(0, 0, "mirror.corp.example", "https://mirror.corp.example", private=False, dead=False),
    Column(1, 1, "goproxy.example", "https://goproxy.example", private=False, dead=False),
    Column(2, 2, "backup.example", "https://backup.example", private=False, dead=True),
    Column(3, -1, "direct", "", private=False, dead=False, kind=ColumnKind.DIRECT),
    Column(4, -1, "module cache", "/home/me/go/pkg/mod", private=False, dead=False, kind=ColumnKind.CACHE),
    Column(5, -1, "go.sum", "/home/me/src/app/go.sum", private=False, dead=False, kind=ColumnKind.GO_SUM),
)

LISTED = ("v1.0.0", RETRACTED, "v1.2.0", PRERELEASE, "v1.3.0", NEWEST, INCOMPATIBLE)

ONE_OF_EACH: Sequence[BrowseEvent] = (
    BrowseStarted(0, "demo.example/hello", COLUMNS),
    ColumnAsked(0, 0),
    ColumnAnswered(
        0.2, 0, LISTED[:5], "v1.3.0", "2024-01-02T03:04:06Z", list_bytes=41, seconds=0.184
    ),
    ColumnAnswered(0.3, 1, LISTED, NEWEST, "2024-01-05T03:04:06Z", list_bytes=71, seconds=0.061),
    ColumnAnswered(0.4, 2, error="reading https://backup.example/@v/list: 403 Forbidden", seconds=0.3),
    ColumnSkipped(0.4, 3, "goproxy.example has answered, so go would not come here"),
    ColumnAnswered(0.4, 4, ("v1.2.0",)),
    ColumnAnswered(0.4, 5, ("v1.2.0", PSEUDO)),
    ModuleRead(
        0.5, NEWEST, 1, (Retracted(RETRACTED, RETRACTED, "loses data"),), deprecated="use demo.example/hi instead"
    ),
    Choice(0.5, "latest", NEWEST, 1),
    Choice(0.5, "upgrade", NEWEST, 1, "v1.2.0"),
    Choice(0.5, "patch", "v1.2.0", 0, "v1.2.0"),
    VersionAnswered(
        0.6, 1, UNLISTED, served=True, time="2024-01-03T00:00:00Z",
        origin=Origin("git", "https://git.example/hello", "", "refs/tags/v1.3.1", "c0ffee" * 6 + "beef"),
    ),
    VersionAnswered(0.6, 0, UNLISTED, served=False, error="reading …: 404 Not Found", missing=True),
    VersionAnswered(0.6, 2, UNLISTED, served=False, error="reading …: 403 Forbidden"),
    BrowseFinished(0.7),
)  # fmt: skip


def table_of(events: Sequence[BrowseEvent]) -> VersionTable:
    """The fold of these events."""
    table = VersionTable()
    for event in events:
        table.apply(event)
    return table
