"""netrc and GOAUTH: the real go and modtrace send the same Authorization, and nothing shows it."""

from __future__ import annotations

import asyncio
import base64
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probes.demo.behaviour import Answer, Request
from probes.demo.server import World
from probes.golang.netrc import parse_netrc
from probes.sources.environment_reader import read_environment
from probes.trace.events import event_to_json
from probes.trace.run import trace
from tests.against_go.compare import environment_of, home_folder, run_go, server_tls
from tests.against_go.worlds import GeneratedWorld

PATH = "m.test/x"
PLAIN = "machine {host} login alice password s3cr3t\n"
SHAPES = {
    "one line": PLAIN,
    "several lines": "machine {host}\n  login alice\n  password s3cr3t\n",
    "password first": "machine {host} password s3cr3t login alice\n",
    "no password": "machine {host} login alice\n",
    "no login": "machine {host} password s3cr3t\n",
    "without the port": "machine 127.0.0.1 login alice password s3cr3t\n",
    "default only": "default login alice password s3cr3t\n",
    "default before": "default\nmachine {host} login alice password s3cr3t\n",
    "default with values before": "default login a password b\nmachine {host} login alice password s3cr3t\n",
    "twice": PLAIN + "machine {host} login bob password 0ther\n",
    "other machine first": "machine other.test login bob password 0ther\n" + PLAIN,
    "with the path": "machine {host}/m.test login alice password s3cr3t\n",
    "longer path wins": "machine {host} login bob password 0ther\nmachine {host}/m.test/x login alice password s3cr3t\n",
    "with the scheme": "machine https://{host} login alice password s3cr3t\n",
    "trailing slash": "machine {host}/ login alice password s3cr3t\n",
    "comment": "# a comment\n" + PLAIN,
    "comment with odd words": "# machine {host} login eve password n0\n" + PLAIN,
    "account in between": "machine {host} account x login alice password s3cr3t\n",
    "macro": "macdef init\nmachine {host} login eve password n0\n\n" + PLAIN,
    "macro without an end": "macdef init\n" + PLAIN,
    "CRLF": "machine {host} login alice password s3cr3t\r\n",
    "odd number of words": "machine {host} login alice password\n s3cr3t\n",
    "split word": "machine\n{host} login alice password s3cr3t\n",
    "tabs": "machine\t{host}\tlogin\talice\tpassword\ts3cr3t\n",
    "quotes": 'machine {host} login alice password "s3cr3t"\n',
    "colon in the password": "machine {host} login alice password a:b:c\n",
    "not ASCII": "machine {host} login alíce password größe\n",
    "no end of line": PLAIN.rstrip(),
    "empty": "",
    "upper case": "MACHINE {host} LOGIN alice PASSWORD s3cr3t\n",
    "machine without more": "machine {host}\nmachine other login alice password s3cr3t\n",
    "login over machines": "login alice machine {host} password s3cr3t\n",
}
SETTINGS = {
    "off": "off",
    "netrc": "netrc",
    "blank around": " netrc ",
    "off and netrc": "off;netrc",
    "empty command": "netrc;",
}


def _ask(netrc: str, goauth: str) -> tuple[list[str | None], list[str | None], str | None, str | None, str]:
    def refuse(request: Request) -> Answer:
        return Answer(404, b"no\n")

    with home_folder() as home, World([refuse], tls=server_tls()) as world:
        host = world.urls[0].removeprefix("https://")
        (home / ".netrc").write_text(netrc.format(host=host), newline="")
        plan = GeneratedWorld(0, PATH, "v1.0.0", (), "{0}", {"GOAUTH": goauth} if goauth else {})
        environment = environment_of(plan, world.urls, home)
        go = run_go(world, environment, f"{PATH}@v1.0.0", home)
        by_go = [logged.request.headers.get("authorization") for logged in world.log]
        world.log.clear()
        told: list[str] = []
        asyncio.run(
            trace(
                read_environment(process=environment),
                PATH,
                "v1.0.0",
                lambda event: told.append(json.dumps(event_to_json(event))),
            )
        )
        by_us = [logged.request.headers.get("authorization") for logged in world.log]
        return by_go, by_us, go.error, json.loads(told[-1])["error"], "\n".join(told)


@pytest.mark.parametrize("shape", SHAPES)
def test_netrc_as_go_reads_it(shape: str) -> None:
    by_go, by_us, go_error, error, told = _ask(SHAPES[shape], "")
    assert by_us == by_go
    assert error == go_error
    for header in filter(None, by_us):
        for secret in (header.split()[1], *base64.b64decode(header.split()[1]).decode().split(":", 1)):
            assert secret not in told


@pytest.mark.parametrize("setting", SETTINGS)
def test_goauth_as_go_reads_it(setting: str) -> None:
    by_go, by_us, go_error, error, _ = _ask(PLAIN, SETTINGS[setting])
    assert by_us == by_go
    assert error == go_error


WORDS = st.lists(
    st.sampled_from(["machine", "login", "password", "default", "macdef", "h.test", "a", "b", "\n", "\n\n", "#"]),
    max_size=24,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(WORDS)
def test_every_entry_is_complete(words: list[str]) -> None:
    for entry in parse_netrc(" ".join(words)):
        assert entry.machine
        assert entry.login
        assert entry.password


def test_an_unreadable_netrc_is_no_credentials(tmp_path: Path) -> None:
    from probes.sources.credentials import Credentials

    credentials = Credentials("netrc", {"NETRC": str(tmp_path)})
    assert credentials.authorization("https://h.test/x") is None
