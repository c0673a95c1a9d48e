"""Events of the module browser, back from the JSON that browse_event_to_json wrote."""

from __future__ import annotations

import typing
from typing import Any

from probes.browse.table import BrowseEvent
from probes.trace.recording import built

_KINDS: dict[str, type[Any]] = {kind.kind: kind for kind in typing.get_args(BrowseEvent)}


def browse_event_from_json(data: dict[str, Any]) -> BrowseEvent:
    """The event. Raises KeyError, TypeError or ValueError for anything else."""
    event: BrowseEvent = built(_KINDS, data)
    return event
