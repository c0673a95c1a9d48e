"""Why a list is walked, what is decided at each edge of it, and how a trace ends."""

from __future__ import annotations

from enum import StrEnum


class Purpose(StrEnum):
    """Why the chain is being walked: one walk is one operation of the go command."""

    QUERY = "query"
    """Resolve the version query (modload Query)."""
    RETRACTIONS = "retractions"
    """Find the newest version, whose go.mod says what is retracted (modload CheckRetractions)."""
    CONFIRM = "confirm"
    """Ask for the chosen version once more (modload moduleInfo); the caches nearly always answer."""
    INFO = "info"
    MOD = "mod"
    ZIP = "zip"
    TOOLCHAINS = "toolchains"
    """Find a toolchain that is new enough (toolchain autoToolchains)."""
    TOOLCHAIN = "toolchain"
    """Download the toolchain that was selected (toolchain Exec): its zip only."""
    CHECKSUM_BASE = "checksum base"
    """Find who serves the checksum database (modfetch dbClient.initBase)."""


class Verdict(StrEnum):
    """What the edge behind a hop decides."""

    SERVED = "served"
    NEXT = "next"
    STOP = "stop"
    UNKNOWN = "unknown"
    """modtrace could not tell: a way it does not trace, or it ran out of patience before go would."""


class Outcome(StrEnum):
    """How the trace ends."""

    OK = "ok"
    FAILS = "fails"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"
