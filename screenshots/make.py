"""Pictures of the app, rendered from recordings; anyone can make them again.

    python screenshots/make.py             render the recordings beside this script into SVG
    python screenshots/make.py --record    record the worlds of the demo anew first

A recording is what the engine really said in a world of the demo. Ports, which differ from run to run, become
names, addresses those that are kept for documentation, and times those of a network at some distance, the
same in every run: so the recordings, the pictures and the tests that compare screens change only when
modtrace does.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from probes.browse.asking import browse
from probes.browse.table import BrowseEvent, browse_event_to_json
from probes.demo.trust_worlds import TRUST_WORLDS
from probes.demo.worlds import WorldPlan, names, running, world_plan
from probes.golang.environment import Environment
from probes.trace.climb_events import CapabilityLearned
from probes.trace.events import Event, event_to_json
from probes.trace.recording import event_from_json, write_recording
from tui.app import ModtraceApp
from tui.replay import RecordedStage, Replay, load
from tui.session import Session
from tui.stage import scene_of
from tui.symbols import UNICODE, Symbols

HERE = Path(__file__).parent
PROXIES = ("mirror.corp.example", "goproxy.example", "sumdb.example")
"""What the proxies of a world are called in a recording."""
TRUSTED = ("vouched", "passed-on", "forged-record")
"""The worlds of the checksum database that are recorded; the others have a project, or a module cache."""
UNRECORDED = ("hang", *(plan.name for plan in TRUST_WORLDS if plan.name not in TRUSTED))
"""And a world whose trace does not end."""


# -- recording ---------------------------------------------------------------------------------------


def record(plan: WorldPlan) -> None:
    """Trace and browse a world, and write both recordings."""
    from probes.diagnosis.examined import Look, examined

    events: list[Event] = []
    browsing: list[BrowseEvent] = []
    with running(plan) as (world, variables):
        environment = world_environment(variables)
        look = Look(capability=True)
        asyncio.run(examined(environment, plan.path, plan.query, events.append, look=look))
        asyncio.run(browse(environment, plan.path, browsing.append))
        hosts = [url.removeprefix("http://") for url in world.urls]
    rename = _renaming(hosts)
    told = [
        _second_look(json.loads(rename(json.dumps(event_to_json(event))))) for event in _last_rows(events)
    ]
    told = _Clock().retime(told)
    with (HERE / f"{plan.name}.jsonl").open("w", encoding="utf-8") as file:
        write_recording([event_from_json(event) for event in told], file)
    with (HERE / f"{plan.name}.modules.jsonl").open("w", encoding="utf-8") as file:
        for browse_event in browsing:
            data = json.loads(rename(json.dumps(browse_event_to_json(browse_event))))
            file.write(json.dumps(_without_times(data)) + "\n")


def world_environment(variables: Mapping[str, str]) -> Environment:
    """The environment of a world: its variables, and a name for the module cache."""
    return scene_of({"GOMODCACHE": "/demo/pkg/mod", **variables}).environment


def _renaming(hosts: Iterable[str]) -> Callable[[str], str]:
    pairs = list(zip(hosts, PROXIES, strict=False))

    def rename(text: str) -> str:
        for host, name in pairs:
            text = text.replace(host, name)
        return text

    return rename


def _last_rows(events: list[Event]) -> list[Event]:
    """Without the capability rows that were not whole yet: their cells come in any order."""
    rows = {event.hop: event for event in events if isinstance(event, CapabilityLearned)}
    return [event for event in events if not isinstance(event, CapabilityLearned) or rows[event.hop] is event]


ADDRESS = "192.0.2.7"
"""The address of every proxy of a recording."""


def _second_look(event: dict[str, Any]) -> dict[str, Any]:
    """A rung as it would be where the proxies have names, an address, and a port that is always the same."""
    if event["event"] not in ("rung.climbed", "capability", "comparison"):
        return event
    event = _measured(event)
    host = event.get("url", "").partition("://")[2].partition("/")[0]
    if event.get("rung") == "names":
        event["summary"] = ADDRESS
        event["report"]["host"] = host
        event["report"]["go"] |= {"source": "dns", "name": f"{host}."}
    if event.get("rung") == "tcp":
        event["summary"] = f"{ADDRESS}:80"
    if "evidence" in event:
        event["evidence"] = [text.replace(f" at {host}", f" at {ADDRESS}:80") for text in event["evidence"]]
    return event


def _measured(data: Any, name: str = "") -> Any:
    """The same with times, ports and addresses that do not differ from run to run."""
    if isinstance(data, dict):
        return {key: _measured(value, key) for key, value in data.items()}
    if isinstance(data, list):
        return [_measured(item, name) for item in data]
    if data is not None and (name == "ms" or name.endswith("_ms")):
        return 12.5
    if isinstance(data, int) and name == "port":
        return 80
    return ADDRESS if data == "127.0.0.1" else "" if name == "local" else data


def _without_times(data: Any, name: str = "") -> Any:
    """The same at time 0: the module browser shows no times but those of downloads."""
    if isinstance(data, dict):
        return {key: None if name == "timing" else _without_times(value, key) for key, value in data.items()}
    if isinstance(data, list):
        return [_without_times(item) for item in data]
    return 0.0 if name in ("at", "began") else data


_PHASE_S = {"connect": 0.0112, "first_byte": 0.061, "body": 0.0043}
_RUNG_S = {"names": 0.0032, "tcp": 0.0112, "tls": 0.028, "http": 0.061, "content": 0.0043}


@dataclass
class _Clock:
    """Gives the events of a recording the times of a network that is the same in every run."""

    now: float = 0.0
    timing: dict[str, float] = field(default_factory=dict)

    def retime(self, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The events with other times."""
        for event in events:
            self._one(event)
        return events

    def _one(self, event: dict[str, Any]) -> None:
        match event["event"]:
            case "request.started":
                self.timing = {"began": self.now}
            case "phase.finished":
                event["began"] = self.now
                self.now += self._takes(event["phase"], event)
                self.timing[event["phase"]] = self.now - event["began"]
            case "request.finished":
                self._finish(event)
            case "rung.climbed":
                event["began"] = self.now
                event["seconds"] = 0.0 if event["judgement"] == "skipped" else _RUNG_S.get(event["rung"], 0.0)
                self.now += event["seconds"]
        event["at"] = round(self.now, 6)
        if "began" in event:
            event["began"] = round(event["began"], 6)

    def _takes(self, phase: str, event: dict[str, Any]) -> float:
        """The further a request stands in the trace, the slower it is, so that bars differ."""
        number: int = event["request"]
        return _PHASE_S.get(phase, 0.003) * (1 + 0.21 * (number % 4))

    def _finish(self, event: dict[str, Any]) -> None:
        timing = event["timing"]
        if timing["body"] is not None:
            self.timing["body"] = self._takes("body", event) + event["bytes"] / 2_000_000
            self.now += self.timing["body"]
        for phase in timing:
            timing[phase] = round(self.timing[phase] * 1000, 3) if phase in self.timing else None
        event["began"] = self.timing["began"]


# -- replaying ---------------------------------------------------------------------------------------


def world_app(
    name: str, *, replay: Replay | None = None, symbols: Symbols = UNICODE, demo: bool = True
) -> ModtraceApp:
    """The app on a recording; it asks the replay instead of the engine."""
    from probes.net.limits import Limits

    plan = world_plan(name)
    goproxy = plan.goproxy.format(*(f"http://{proxy}" for proxy in PROXIES))
    variables = {
        "GOMODCACHE": "/demo/pkg/mod",
        "GOPROXY": goproxy,
        "GOSUMDB": "off",
        "GOENV": "off",
    }
    session = Session(RecordedStage(variables), replay or load(HERE, name), Limits())
    return ModtraceApp(session, target=(plan.path, plan.query), plan=plan if demo else None, symbols=symbols)


def settings_app(variables: Mapping[str, str], suggestions: tuple[str, ...] = ()) -> ModtraceApp:
    """The app on settings alone, with nothing traced."""
    from probes.net.limits import Limits

    session = Session(RecordedStage(variables, suggestions), Replay(), Limits())
    return ModtraceApp(session, symbols=UNICODE)


TROUBLED = {
    "GOPROXY": "https://goproxy.example，https://mirror.corp.example,direct,https://late.example",
    "GOPRIVATE": "*.corp.example, git.example.com",
    "GOSUMDB": "off",
    "GOFLAGS": "-mod=mod",
    "GOENV": "off",
    "GOMODCACHE": "/home/gopher/go/pkg/mod",
    "HTTPS_PROXY": "http://gopher:secret@proxy.corp.example:3128",
}
"""Settings with something wrong in most of them."""


@dataclass(frozen=True)
class Picture:
    """One picture."""

    name: str
    app: Callable[[], ModtraceApp]
    size: tuple[int, int]
    keys: tuple[str, ...] = ()


PICTURES = (
    Picture("tree-80x24", lambda: world_app("comma-stops-on-502", demo=False), (80, 24)),
    Picture("environment-80x24", lambda: settings_app(TROUBLED), (80, 24), ("1",)),
    Picture("modules-80x24", lambda: world_app("split-files", demo=False), (80, 24), ("3",)),
    Picture("wide-160x42", lambda: world_app("pipe-passes-502"), (160, 42)),
    Picture("broad-200x46", lambda: world_app("off-masks-404"), (200, 46)),
    Picture(
        "what-if-120x36",
        lambda: world_app("comma-stops-on-502", demo=False),
        (120, 36),
        ("e", *["left"] * len("http://goproxy.example"), "backspace", "vertical_line"),
    ),
    Picture("vouched-80x24", lambda: world_app("vouched", demo=False), (80, 24), ("V",)),
    Picture("direct-80x24", lambda: world_app("private-no-credentials", demo=False), (80, 24)),
    Picture("worlds-80x24", lambda: world_app("healthy"), (80, 24), ("W",)),
)


async def settle(pilot: Any) -> None:
    """Wait until the app has shown everything that the replay says."""
    app = pilot.app
    await pilot.pause()
    while not app.session.bridge.idle:
        app.tick()
        await pilot.pause()


async def render(picture: Picture) -> str:
    """One picture as SVG."""
    app = picture.app()
    async with app.run_test(size=picture.size) as pilot:
        await settle(pilot)
        for key in picture.keys:
            await pilot.press(key)
            await settle(pilot)
        return without_web_fonts(app.export_screenshot(title="modtrace"))


def without_web_fonts(svg: str) -> str:
    """The SVG without fonts from elsewhere, and with the same names inside in every run."""
    svg = re.sub(r"<!-- Generated with .*?-->", "", svg)
    svg = re.sub(r"@font-face\s*\{.*?\}\s*", "", svg, flags=re.DOTALL)
    svg = svg.replace("Fira Code", "Fira Code, Menlo, Consolas, DejaVu Sans Mono")
    return re.sub(r"terminal-\d+-", "terminal-", svg)


def main() -> None:
    """Record where told to, then render everything."""
    parser = argparse.ArgumentParser(description="Render the pictures of the app.")
    parser.add_argument("--record", action="store_true", help="record the worlds of the demo anew first")
    if parser.parse_args().record:
        for name in names():
            if name not in UNRECORDED:
                record(world_plan(name))
    for picture in PICTURES:
        svg = asyncio.run(render(picture))
        (HERE / f"{picture.name}.svg").write_text(svg, encoding="utf-8")
        sys.stdout.write(f"{picture.name}.svg\n")


if __name__ == "__main__":
    main()
