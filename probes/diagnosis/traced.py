"""A trace with its findings: what modtrace adds to what go would say, as the answers come in."""

from __future__ import annotations

from collections.abc import Sequence

from probes.diagnosis.answers import judge_answer
from probes.diagnosis.findings import Finding
from probes.golang.environment import Environment
from probes.net.limits import Limits
from probes.project.project import Project
from probes.sources.remembered import Memory
from probes.trace.events import Emit, Event, FindingMade, RequestFinished
from probes.trace.run import trace


async def traced(
    environment: Environment,
    path: str,
    query: str,
    emit: Emit,
    *,
    limits: Limits | None = None,
    findings: Sequence[Finding] = (),
    memory: Memory | None = None,
    project: Project | None = None,
    warm: bool = False,
    run: bool = False,
) -> None:
    """trace.run.trace, with a FindingMade event behind each answer that deserves one."""
    told: set[tuple[int | None, str]] = set()

    def emit_with_findings(event: Event) -> None:
        emit(event)
        if not isinstance(event, RequestFinished):
            return
        for finding in judge_answer(event):
            if (event.hop, finding.id) not in told:
                told.add((event.hop, finding.id))
                emit(FindingMade(event.at, finding, event.hop, event.request))

    await trace(
        environment,
        path,
        query,
        emit_with_findings,
        limits=limits,
        findings=findings,
        memory=memory,
        project=project,
        warm=warm,
        run=run,
    )
