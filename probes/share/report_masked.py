"""A report in which everything private stands under other names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from probes.diagnosis.diagnose import Case
from probes.share.privacy import Mask
from probes.share.report import Report, make_report
from probes.share.session_file import Header
from probes.trace.events import Event


def masked_report(events: Sequence[Event], cases: Iterable[Case], *, header: Header | None = None) -> Report:
    """The report of these events. The diagnoses are those of the real trace, so that they are the same."""
    mask = Mask.of(events, header=header)
    shown = None if header is None else mask.header(header)
    return make_report(mask.trace(events), mask.cases(cases), header=shown, private=True)
