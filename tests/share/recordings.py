"""Traces to save and to report: the demo's worlds as they really run, and one with everything private in it."""

from __future__ import annotations

import argparse
import asyncio
import io
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from probes.commands import replay, report
from probes.demo.worlds import WORLDS, WorldPlan, running
from probes.diagnosis.examined import Look, examined
from probes.ladder.go_limits import ClimbLimits
from probes.net.limits import Limits
from probes.share.session_file import SessionRecorder
from probes.sources.environment_reader import read_environment
from probes.trace.events import Event
from probes.trace.recording import write_recording

PLANS = {plan.name: plan for plan in WORLDS}


@cache
def events_of(name: str) -> tuple[Event, ...]:
    """What a doctor's run of a world tells."""
    told: list[Event] = []
    plan: WorldPlan = PLANS[name]
    with running(plan) as (_, variables):
        environment = read_environment(process=variables)
        limits = Limits(answer_s=0.2, stall_s=0.2)
        look = Look(limits=ClimbLimits(answer_s=0.2, stall_s=0.2))
        asyncio.run(examined(environment, plan.path, plan.query, told.append, limits=limits, look=look))
    return tuple(told)


def saved(folder: Path, events: Iterable[Event], command: str = "trace", *, close: bool = True) -> Path:
    """A session file of these events."""
    recorder = SessionRecorder(folder, command)
    for event in events:
        recorder.emit(event)
    assert not recorder.problem
    if close:
        recorder.close()
    else:
        recorder._drop()
    assert recorder.path is not None
    return recorder.path


def recording_lines(events: Iterable[Event]) -> list[bytes]:
    """The lines of a recording in the older form."""
    file = io.StringIO()
    write_recording(events, file)
    return [line.encode() + b"\n" for line in file.getvalue().splitlines()]


def command(*arguments: str) -> int:
    """`modtrace replay …` or `modtrace report …` in this process; the exit code."""
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers()
    replay.add_parser(commands)
    report.add_parser(commands)
    args = parser.parse_args(arguments)
    return int(args.run(args))


def lines_of(path: Path) -> list[dict[str, object]]:
    """The JSON objects of a file."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def raw_lines(path: Path) -> list[bytes]:
    """The lines of a file as they are."""
    return path.read_bytes().splitlines(keepends=True)
