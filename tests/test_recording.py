"""Recordings: what is written is read back, and what is no recording is refused in one line."""

from __future__ import annotations

import asyncio
import io
import json

import pytest

from probes.demo.worlds import WORLDS, WorldPlan, running
from probes.diagnosis.traced import traced
from probes.net.limits import Limits
from probes.sources.environment_reader import read_environment
from probes.trace.events import Event
from probes.trace.fold import Trace
from probes.trace.recording import BadRecording, read_recording, write_recording


def _events(plan: WorldPlan) -> list[Event]:
    told: list[Event] = []
    with running(plan) as (_, variables):
        environment = read_environment(process=variables)
        limits = Limits(answer_s=0.2, stall_s=0.2)
        asyncio.run(traced(environment, plan.path, plan.query, told.append, limits=limits))
    return told


@pytest.mark.parametrize("plan", WORLDS, ids=lambda plan: plan.name)
def test_every_world_survives_its_recording(plan: WorldPlan) -> None:
    told = _events(plan)
    file = io.StringIO()
    write_recording(told, file)
    file.seek(0)
    read = list(read_recording(file))
    live, replayed = Trace(), Trace()
    for event in told:
        live.apply(event)
    for event in read:
        replayed.apply(event)
    assert replayed.to_json() == live.to_json()
    assert live.finished is not None
    assert {event.kind for event in read} == {event.kind for event in told}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("hello\n", "line 1"),
        ("{}\n", "not a modtrace recording"),
        ('{"schema":"modtrace.recording/9"}\n', "not a modtrace recording"),
        ('{"schema":"modtrace.recording/1"}\n{"event":"nosuch"}\n', "line 2"),
        ('{"schema":"modtrace.recording/1"}\n{"event":"version.chosen","at":0}\n', "line 2"),
        ('{"schema":"modtrace.recording/1"}\n{"event":"version.chosen","at":"x","version":"","because":""}\n', "line 2"),
        ('{"schema":"modtrace.recording/1"}\n[]\n', "line 2"),
        ("null\n", "line 1"),
    ],
)
def test_what_is_no_recording_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(BadRecording, match=complaint):
        list(read_recording(io.StringIO(text)))


def test_events_hold_json_only() -> None:
    for event in _events(WORLDS[0]):
        file = io.StringIO()
        write_recording([event], file)
        for line in file.getvalue().splitlines():
            json.loads(line)
