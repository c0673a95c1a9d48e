"""The names of the rows of the tree."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Part(StrEnum):
    """What a row of the tree is about."""

    HINT = "hint"
    SUGGESTION = "suggestion"
    BROKEN = "broken"
    PRIVATE = "private"
    HOP = "hop"
    REQUEST = "request"
    RUNG = "rung"
    EDGE = "edge"
    BRANCH = "branch"
    DEAD = "dead"
    CONTENT = "content"
    CHECKSUMS = "checksums"
    CACHE = "cache"
    VERSION = "version"
    FINDING = "finding"
    LADDER = "ladder"
    LAYER = "layer"
    NOTE = "note"
    COMPARISON = "comparison"
    CAPABILITY = "capability"
    CASE = "case"
    PROJECT = "project"
    TURNING = "turning"
    SUM_WAY = "way to the database"
    HEAD = "tree head"
    SWORN = "hash"
    ORIGIN = "origin"
    """A step on the way to the module's own repository."""
    PROGRAM = "program"
    HELD = "held"
    """A program that would be started."""
    CREDENTIALS = "credentials"
    CREDENTIAL = "credential"


@dataclass(frozen=True, slots=True)
class TreeKey:
    """One row of the tree; stays the same while the trace goes on."""

    part: Part
    number: int = 0
    """The hop, the request, the entry, the finding, the ladder, the diagnosis, the turning, the hash, the
    step, the program or the credential, from 0 on."""
    name: str = ""
    """The rung's phase, the layer of a ladder, what was compared, a step of a hash, or a suggested module."""
