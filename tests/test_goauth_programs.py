"""GOAUTH's programs: not started without consent, ended when they do not end, and never quoted."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from probes.golang.credential_use import CredentialUse, Standing
from probes.golang.urls import GoURL
from probes.net.authorizing import Headers, Refusal
from probes.net.limits import Stalled
from probes.sources.credentials import Credentials
from probes.sources.programs import Programs, Run
from tests.against_go.auth_server import GOOD, TARGET, AuthServer, Case, ask_both, auth_server
from tests.modtrace import modtrace

URL = "https://h.test/m/@v/list"
REFUSAL = Refusal(401, "401 Unauthorized", "HTTP/1.1", (("Www-Authenticate", "Basic"),))


@dataclass
class Witnessed:
    """Notes what it is told."""

    began: list[str] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    held_back: list[str] = field(default_factory=list)

    def begins(self, command: str, folder: str) -> int:
        self.began.append(command)
        return len(self.began)

    def ends(self, number: int, run: Run) -> None:
        self.runs.append(run)

    def held(self, command: str) -> None:
        self.held_back.append(command)


class Nobody:
    """A client that is not used."""

    async def head(self, url: GoURL, headers: Headers, protocol: str) -> int:
        return 200

    def aside(self, work: Any) -> None:
        work.close()


def script(folder: Path, text: str) -> str:
    file = folder / "helper.sh"
    file.write_text("#!/bin/sh\n" + text)
    file.chmod(0o755)
    return str(file)


def made(goauth: str, witness: Witnessed, *, allowed: bool = True, seconds: float = 20.0) -> Credentials:
    process = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}
    return Credentials(goauth, process, Programs(process, witness, seconds, allowed), "/")


async def both(credentials: Credentials) -> tuple[Headers, Headers]:
    return await credentials.first(URL), await credentials.again(URL, REFUSAL, Nobody())


def test_nothing_is_started_that_nobody_agreed_to(tmp_path: Path) -> None:
    touched = tmp_path / "touched"
    command = script(tmp_path, f"touch {touched}\n")
    witness = Witnessed()
    for goauth in (f"{command} word", f"netrc;git {tmp_path}"):
        credentials = made(goauth, witness, allowed=False)
        assert asyncio.run(both(credentials)) == ({}, {})
        assert asyncio.run(both(credentials)) == ({}, {})
        assert "GOAUTH names a program" in credentials.doubt
        assert not credentials.asks_programs
    assert witness.held_back == ["helper.sh …", "git credential fill"]
    assert not witness.began
    assert not touched.exists()
    assert made("netrc", witness).doubt == made("off", witness).doubt == ""


def test_what_does_not_end_is_ended(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    endings = {
        f"echo $$ > {pid}; exec sleep 600\n": "was not done after 0.3 s",
        "exec yes 'https://h.test'\n": "prints more than",
        f"echo $$ > {pid}; sleep 600 & wait\n": "was not done after 0.3 s",
    }
    for text, words in endings.items():
        witness = Witnessed()
        seconds = 20.0 if "yes" in text else 0.3
        credentials = made(script(tmp_path, text), witness, seconds=seconds)

        async def several(credentials: Credentials = credentials) -> list[Any]:
            return await asyncio.gather(*(credentials.first(URL) for _ in range(3)), return_exceptions=True)

        ends = asyncio.run(several())
        assert all(isinstance(end, Stalled) and words in str(end) for end in ends)
        assert len(witness.runs) == 1, "authOnce"
    assert not Path(f"/proc/{pid.read_text().strip()}").exists()


def test_a_command_that_does_not_read(tmp_path: Path) -> None:
    """os/exec takes no notice of a program that leaves its input."""
    text = "exec <&-\nprintf 'https://h.test\\n\\nA: b\\n\\n'\n"
    large = Refusal(401, "401 " + "x" * (1 << 20), "HTTP/2", ())
    credentials = made(script(tmp_path, text), Witnessed())
    assert asyncio.run(credentials.again(URL, large, Nobody())) == {"A": ("b",)}


def test_the_answer_as_a_command_reads_it(tmp_path: Path) -> None:
    credentials = made(script(tmp_path, f"cat > {tmp_path}/read; echo $# >> {tmp_path}/count\n"), Witnessed())
    headers = (("content-encoding", "gzip"), ("Content-Length", "7"), ("x-a", "1"), ("X-A", "2"))
    asyncio.run(credentials.first(URL))
    assert (tmp_path / "read").read_text() == ""
    asyncio.run(credentials.again(URL, Refusal(404, "404 Not Found", "HTTP/2", headers), Nobody()))
    assert (tmp_path / "read").read_text() == "HTTP/2.0 404 Not Found\nX-A: 1, 2\n\n"
    assert (tmp_path / "count").read_text() == "0\n1\n"


@pytest.fixture(scope="module")
def server() -> Iterator[AuthServer]:
    with auth_server() as running:
        yield running


SECRETS = ("PLANTED-argument", "PLANTED-header", "PLANTED-complaint", "PLANTED-password", "PLANTED-url")
GIVES = (
    "#!/bin/sh\necho PLANTED-complaint >&2\n"
    "printf 'https://{host}\\n\\nX-Corp: PLANTED-header\\nAuthorization: Bearer PLANTED-header\\n\\n'\n"
)
HELPER = (
    "#!/bin/sh\necho PLANTED-complaint >&2\ntr '\\0' ' ' < /proc/$PPID/cmdline >> {home}/calls\n"
    'ps -o args= >> {home}/calls 2>/dev/null\n[ "$1" = get ] || exit 0\necho username=PLANTED-argument\n'
    "echo password=PLANTED-password\n"
)
PLANTED = {
    "command": Case("{home}/helper.sh PLANTED-argument", scripts={"helper.sh": GIVES}),
    "sent on": Case("{home}/helper.sh PLANTED-argument", scripts={"helper.sh": GIVES}, place="away/p"),
    "failing": Case("{home}/helper.sh 'PLANTED-argument'", scripts={"helper.sh": GIVES + "exit 1\n"}),
    "malformed": Case("{home}/helper.sh", scripts={"helper.sh": GIVES + "echo PLANTED-header: x\n"}),
    "not there": Case("{home}/none.sh --key=PLANTED-argument"),
    "refused": Case("{home}/helper.sh PLANTED-argument;", scripts={"helper.sh": GIVES}),
    "held": Case("{home}/helper.sh PLANTED-argument", scripts={"helper.sh": GIVES}, run=False),
    "git": Case(
        "git {home}", scripts={".gitconfig": "[credential]\n\thelper = {home}/h.sh\n", "h.sh": HELPER}
    ),
    "netrc": Case(netrc="machine {host} login PLANTED-argument password PLANTED-password\n"),
    "netrc, incomplete": Case(
        netrc="machine {host} login PLANTED-argument\nmachine x password PLANTED-password\n"
    ),
    "URL": Case(place="https://PLANTED-argument:PLANTED-url@{host}/p"),
    "URL, sent on": Case(place="https://PLANTED-argument:PLANTED-url@{host}/relative/p"),
}


def test_no_secret_is_told(server: AuthServer) -> None:
    """Searched for in bytes: in all events, in the requests' notes, in what others see of our processes."""
    forms = [form for secret in SECRETS for form in (secret, json.dumps(secret)[1:-1])]
    pair = base64.b64encode(b"PLANTED-argument:PLANTED-password").decode()
    for name, case in PLANTED.items():
        go, ours = ask_both(server, case)
        assert (go.ok, len(go.gets)) == (ours.ok, len(ours.gets)) or not case.run, name
        for text in (ours.said, ours.error or ""):
            assert text or text is ours.error or not ours.error
            assert not [form for form in (*forms, pair) if form in text], name
        if name == "git":
            assert "credential" in ours.calls
            assert "PLANTED" not in ours.calls
        if name == "held":
            assert ours.outcome == "unknown"
            assert "helper.sh …" in ours.said


def test_nothing_has_a_secret_in_its_name(tmp_path: Path) -> None:
    command = script(tmp_path, "printf 'https://h.test\\n\\nAuthorization: PLANTED\\n\\n'\n") + " PLANTED"
    witness = Witnessed()
    credentials = made(command, witness)
    assert asyncio.run(credentials.first(URL)) == {"Authorization": ("PLANTED",)}
    assert "PLANTED" not in repr(
        (credentials, credentials._store, credentials._netrc, witness, credentials.explain(URL))
    )
    assert witness.runs[0].printed > 0


def test_hosts_are_told_once(tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine h.test login a password b\nmachine i.test login a\n")
    told: list[list[CredentialUse]] = []
    credentials = Credentials("", {"HOME": str(tmp_path)}, None, "/", told.append)

    async def ask() -> None:
        for url in (URL, URL, "https://i.test/x", "https://j.test/x?go-get=1", "https://k.test/x"):
            await credentials.first(url)
            await credentials.again(url, REFUSAL, Nobody())
            await credentials.again(url, REFUSAL, Nobody())
        await credentials.first("https://l.test/x")
        await credentials.again("https://l.test/x", Refusal(404, "404 Not Found", "HTTP/1.1", ()), Nobody())

    asyncio.run(ask())
    assert [[(use.host, use.standing) for use in uses] for uses in told] == [
        [("h.test", Standing.USED)],
        [("i.test", Standing.IGNORED)],
        [("j.test", Standing.MISSING)],
        [("k.test", Standing.MISSING)],
    ]


def test_a_download_asks_the_program_too_where_that_was_agreed_to(tmp_path: Path) -> None:
    helper = f'printf "https://%s\\n\\nAuthorization: %s\\n\\n" {{host}} "{GOOD}"'
    case = Case(goauth="{home}/helper", scripts={"helper": f"#!/bin/sh\ntouch $HOME/started\n{helper}\n"})
    with auth_server() as server:
        environment = case.prepare(tmp_path, server)
        arguments = ["download", TARGET, "-o", str(tmp_path / "saved"), "--json"]
        held = modtrace(*arguments, env=environment, cwd=tmp_path)
        assert (held.returncode, (tmp_path / "started").exists()) == (3, False)
        assert "--run" in held.stdout
        done = modtrace(*arguments, "--run", env=environment, cwd=tmp_path)
    assert (done.returncode, (tmp_path / "started").exists()) == (0, True), done.stdout + done.stderr
    assert GOOD not in done.stdout + done.stderr
