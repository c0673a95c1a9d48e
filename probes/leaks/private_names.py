"""What is somebody's own in an audit, for showing it under other names."""

from __future__ import annotations

from collections.abc import Iterable

from probes.leaks.audit import Audit
from probes.leaks.looks import Confidence
from probes.share.private_seeds import Seeds
from probes.trace.events import SettingView


def private_names(audit: Audit, settings: Iterable[SettingView], most: int) -> Seeds:
    """Everything that may be private: paths, the modules of the project, remotes, patterns of the lines.

    A path at a public forge is not masked for its host's sake, so each is named; of very many only the first,
    which are those that are shown.
    """
    private = [row.path for row in audit.rows if row.look.confidence is not Confidence.PUBLIC][:most]
    own = [*private, *audit.mains, *(one.root for one in audit.remotes.found)]
    seeds = Seeds.collect([{"path": path} for path in own], settings)
    seeds.modules |= {path for path in own if "/" in path}
    for checked in (audit.line, audit.line_if):
        for pattern in "" if checked is None else _patterns(checked.line.settings.values()):
            if "/" in pattern or "*" in pattern:
                seeds.patterns.add(pattern)
            else:
                seeds.add_host(pattern)
    return seeds


def _patterns(values: Iterable[str]) -> Iterable[str]:
    return (piece for value in values for piece in value.split(",") if piece and piece != "none")
