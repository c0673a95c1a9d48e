"""What becomes of an answer, or of an error, in the events of the module browser."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

from probes.browse.asked_once import UNTOLD
from probes.browse.table import Origin, VersionAnswered
from probes.golang.errors import Fatal, GoError
from probes.golang.gojson import RevInfo
from probes.golang.redact import redact

T = TypeVar("T")


async def outcome_of(answer: Coroutine[Any, Any, T]) -> tuple[T | None, GoError | None]:
    """An answer, or the error; what leaves open what go would see is an error like any other here."""
    try:
        return await answer, None
    except GoError as error:
        return None, error
    except (Fatal, *UNTOLD) as error:
        return None, GoError(str(error))


def about_version(at: float, column: int, version: str, info: RevInfo) -> VersionAnswered:
    """A version that is served, as its .info describes it."""
    return VersionAnswered(at, column, version, True, info.time_text, origin_of(info))


def origin_of(info: RevInfo) -> Origin | None:
    """Where a proxy says that it took a version from, without secrets."""
    if not info.origin:
        return None
    named = {name: redact(text) for name, text in info.origin.items()}
    return Origin(*(named.get(name, "") for name in ("VCS", "URL", "Subdir", "Ref", "Hash")))
