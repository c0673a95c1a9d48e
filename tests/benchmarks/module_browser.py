"""What the module browser costs with long lists: 20,000 versions at each of six proxies.

    python tests/benchmarks/module_browser.py [--versions N] [--proxies N] [--screen] [--quick]

The proxies run in a process of their own, so that the memory is that of the browser alone. The lists differ a
bit, as those of mirrors do.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from probes.browse.asking import browse
from probes.browse.table import BrowseEvent, ColumnAnswered, ColumnKind, VersionTable
from probes.demo.behaviour import Answer, Request
from probes.demo.server import Handler, World
from probes.golang.protocol import Op
from probes.sources.environment_reader import read_environment

PATH = "m.test/long"


def versions(count: int) -> list[str]:
    """A long history: releases, pre-releases, and +incompatible ones."""
    found = []
    for number in range(count):
        version = f"v{number // 8000}.{number // 50 % 160}.{number % 50}"
        if number % 5 == 0:
            version += f"-rc.{number % 7}"
        found.append(version + "+incompatible" * version.startswith(("v2", "v3")))
    return found


def proxy(number: int, count: int) -> Handler:
    """A proxy that lacks a few of the versions; the lists are in no order."""
    names = [name for place, name in enumerate(versions(count)) if place % 997 != number]
    text = "\n".join(names[number * 100 :] + names[: number * 100]).encode()

    def answer(request: Request) -> Answer:
        match request.op:
            case Op.LIST:
                return Answer(body=text)
            case Op.MOD:
                return Answer(body=f"module {PATH}\n\ngo 1.20\n\nretract [v0.1.0, v0.1.9] // bad\n".encode())
            case Op.INFO | Op.LATEST:
                version = request.version or names[-1]
                body = json.dumps({"Version": version, "Time": f"2024-01-{number + 1:02}T00:00:00Z"})
                return Answer(body=body.encode())
            case _:
                return Answer(404)

    return answer


def serve(count: int, proxies: int) -> None:
    """The proxies; ends with its standard input."""
    with World([proxy(number, count) for number in range(proxies)]) as world:
        print(",".join(world.urls), flush=True)
        sys.stdin.read()


def peak_mb() -> float:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Run:
    """What one run of the browser says, and how long the table takes to put a list in order."""

    def __init__(self) -> None:
        self.table = VersionTable()
        self.told: list[ColumnAnswered] = []
        self.looks: list[float] = []

    def take(self, event: BrowseEvent) -> None:
        """Take one event in, and look at the rows as a screen would."""
        self.table.apply(event)
        if not isinstance(event, ColumnAnswered):
            return
        if self.table.columns[event.column].column.kind is ColumnKind.PROXY:
            began = time.perf_counter()
            self.table.versions()
            self.looks.append(time.perf_counter() - began)
            self.told.append(event)


def measure(urls: str) -> None:
    """Browse, and print the figures."""
    environment = read_environment(process={"GOPROXY": urls, "GOENV": "off", "HOME": "/nonexistent"}, cwd="/")
    for ask_all in (False, True):
        run = Run()
        began = time.perf_counter()
        asyncio.run(browse(environment, PATH, run.take, ask_all=ask_all))
        seconds = time.perf_counter() - began
        lists = [one.at for event in run.told for one in event.requests if one.op is Op.LIST]
        print(f"{'all proxies' if ask_all else 'as go would ask'}:")
        print(f"  first list has come          {min(lists) * 1000:8.0f} ms")
        print(f"  first ColumnAnswered         {run.told[0].at * 1000:8.0f} ms")
        print(f"  all has been told            {seconds * 1000:8.0f} ms")
        print(f"  a new list put in order, most{max(run.looks) * 1000:8.1f} ms")
    table = run.table
    began = time.perf_counter()
    for version in table.versions():
        for state in table.columns:
            table.cell(version, state.column.id)
    print(f"every cell once                {(time.perf_counter() - began) * 1000:8.0f} ms")
    print(f"rows                           {len(table.versions()):8,}")
    print(f"most memory                    {peak_mb():8.0f} MB")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--versions", type=int, default=20_000)
    parser.add_argument("--proxies", type=int, default=6)
    parser.add_argument("--screen", action="store_true", help="the real app in a terminal, too")
    parser.add_argument("--quick", action="store_true", help="fewer keys")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.versions, options.proxies)
        return
    numbers = ["--versions", str(options.versions), "--proxies", str(options.proxies)]
    command = [sys.executable, __file__, "--serve", *numbers]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin
        assert server.stdout
        measure(server.stdout.readline().strip())
        server.stdin.close()
    if options.screen:
        from tests.benchmarks.module_browser_screen import print_screen

        print_screen(quick=options.quick)


if __name__ == "__main__":
    main()
