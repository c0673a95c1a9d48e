"""`modtrace auth`: what go, git and ssh would use for a host, what is ignored, and nothing secret anywhere."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.modtrace import clean_environment, modtrace

SECRETS = ("s3cr3t", "al1ce", "T0KEN", "c2VjcmV0", "h3lper", "b0b")
HOST = "git.corp.test"
LIB = f"{HOST}/team/lib"
NETRC = "machine git.corp.test login al1ce password s3cr3t\n"
REWRITES = '[url "ssh://git@git.corp.test/"]\n\tinsteadOf = https://git.corp.test/\n'


class Machine:
    """A home folder, and modtrace run in it."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.home.mkdir()
        self.said: list[str] = []

    def write(self, name: str, text: str, mode: int = 0o600) -> Path:
        file = self.home / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)
        return file

    def auth(self, *arguments: str, **variables: str) -> tuple[int, str]:
        env = clean_environment(self.home, GIT_CONFIG_NOSYSTEM="1", **variables)
        done = modtrace("auth", *arguments, env=env, cwd=self.home)
        self.said += [done.stdout, done.stderr]
        assert "bug in modtrace" not in done.stderr
        return done.returncode, done.stdout + done.stderr

    def json(self, *arguments: str, **variables: str) -> dict[str, Any]:
        code, text = self.auth(*arguments, "--run", "--json", **variables)
        found: dict[str, Any] = json.loads(text)
        assert found["schema"] == "modtrace.auth/1"
        assert {"fine": 0, "ignored": 1, "unknown": 3}[found["verdict"]] == code
        return found


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path)
    yield made
    text = "\n".join(made.said)
    assert [secret for secret in SECRETS if secret in text] == []


def _found(report: Mapping[str, Any], kind: str, whom: str = "") -> list[tuple[str, str]]:
    return [
        (one["standing"], one["because"])
        for side in report["sides"] for one in side["credentials"]
        if one["kind"] == kind and whom in ("", one["whom"])
    ]  # fmt: skip


def _lines(report: Mapping[str, Any]) -> list[str]:
    return [line for remedy in report["remedies"] for line in remedy["lines"]]


def test_without_run_no_program_starts_and_files_are_read(machine: Machine, tmp_path: Path) -> None:
    machine.write(".netrc", NETRC)
    machine.write(".gitconfig", REWRITES)
    trap = tmp_path / "bin"
    trap.mkdir()
    for name in ("git", "ssh", "ssh-add", "ssh-keygen"):
        (trap / name).write_text(f"#!/bin/sh\necho {name} >>{tmp_path}/started\n")
        (trap / name).chmod(0o755)
    code, text = machine.auth(LIB, PATH=f"{trap}:{os.environ['PATH']}")
    assert code == 3
    assert not (tmp_path / "started").exists()
    assert "go sends    netrc ~/.netrc:1 login ****, password ****" in text
    assert "What git and ssh would use is not known" in text
    assert "--run would start: git config --list" in text
    assert max(map(len, text.splitlines())) <= 80


def test_a_git_that_cannot_be_run_is_said_and_nobody_is_asked_to_agree_again(machine: Machine) -> None:
    machine.write("bin/git", "\0no program", 0o755)
    code, text = machine.auth(LIB, "--run", PATH=str(machine.home / "bin"))
    assert code == 3
    assert "git could not be asked: git config --list --show-scope --show-origin -z in an empty folder: " in text
    assert "exec format error" in text
    assert "--run would start" not in text


def test_both_read_netrc(machine: Machine) -> None:
    machine.write(".netrc", NETRC)
    found = machine.json(LIB)
    assert found["verdict"] == "fine"
    assert [side["uses"] for side in found["sides"]] == ["netrc ~/.netrc:1 login ****, password ****"] * 2
    assert found["git_connects_to"] == f"https://{LIB}"
    assert found["repository_is_guess"]


def test_each_ignores_what_the_other_reads(machine: Machine) -> None:
    machine.write(".netrc", f"machine {HOST}:8443 login al1ce password s3cr3t\n")
    found = machine.json(f"{HOST}:8443/lib")
    assert found["verdict"] == "ignored"
    assert [one[0] for one in _found(found, "netrc", "go")] == ["used"]
    assert "has a port" in _found(found, "netrc", "git")[0][1]
    assert f"machine {HOST} login USER password TOKEN" in _lines(found)
    machine.write(".netrc", "default login al1ce password s3cr3t\n")
    found = machine.json(LIB)
    assert found["verdict"] == "ignored"
    assert [one[0] for one in _found(found, "netrc", "git")] == ["used"]
    assert found["sides"][0]["uses"].startswith("nothing")
    machine.write(".netrc", f"machine {HOST} login al1ce\n")
    found = machine.json(LIB)
    assert "git sends an empty one" in _found(found, "netrc", "git")[0][1]
    assert "go needs a password as well" in found["because"]


def test_netrc_the_variable_is_gos_alone(machine: Machine) -> None:
    file = machine.write("else", NETRC)
    found = machine.json(LIB, NETRC=str(file))
    assert _found(found, "netrc", "go")[0][0] == "used"
    assert "golang/go#64667" in _found(found, "netrc", "git")[0][1]
    assert 'ln -s "$NETRC" ~/.netrc' in _lines(found)


def test_a_quote_without_an_end(machine: Machine) -> None:
    machine.write(".netrc", 'machine other.test login "al1ce password s3cr3t\n')
    assert "`.netrc parser error`" in _found(machine.json(LIB), "netrc", "git")[0][1]


def test_headers_helpers_and_settings_that_do_not_count(machine: Machine) -> None:
    machine.write(
        ".gitconfig",
        '[http "https://git.corp.test/"]\n\textraHeader = AUTHORIZATION: basic c2VjcmV0\n'
        '[credential]\n\thelper = "!echo username=b0b; echo password=h3lper; :"\n'
        '[includeIf "gitdir:~/work/"]\n\tpath = work\n',
    )
    subprocess.run(["git", "init", "-q", str(machine.home)], check=True)
    machine.write(".git/config", REWRITES + "[http]\n\textraheader = AUTHORIZATION: basic c2VjcmV0\n")
    found = machine.json(LIB)
    assert found["verdict"] == "fine"
    assert found["sides"][1]["uses"] == "extraHeader ~/.gitconfig AUTHORIZATION: ****"
    assert _found(found, "helper")[0][0] == "used"
    assert "have a user and a password" in _found(found, "helper")[0][1]
    assert _found(found, "includeIf")[0][0] == "ignored"
    assert [one[0] for one in (*_found(found, "insteadof"), *_found(found, "extraheader"))] == ["ignored"] * 2


def test_helpers_that_have_nothing(machine: Machine) -> None:
    machine.write(
        ".gitconfig", "[credential]\n\thelper = store\n[credential]\n\thelper =\n\thelper = cache-not-here\n"
    )
    found = machine.json(LIB, GIT_ASKPASS="/bin/s0me", GIT_TERMINAL_PROMPT="1")
    assert [one[0] for one in _found(found, "helper")] == ["missing", "ignored"]
    assert "an empty credential.helper" in _found(found, "helper")[1][1]
    assert _found(found, "askpass")[0][0] == "asked"
    assert _found(found, "terminal")[0][0] == "asked"


def test_a_rule_that_does_not_fit_is_told(machine: Machine) -> None:
    machine.write(".gitconfig", REWRITES.replace("https:", "http:").replace("insteadOf", "pushInsteadOf")
                  + '[url "ssh://git@git.corp.test/"]\n\tinsteadOf = http://git.corp.test/\n')  # fmt: skip
    found = machine.json(LIB)
    assert _found(found, "pushInsteadOf") == [("ignored", "pushInsteadOf is for git push; go only fetches")]
    assert "does not begin with http://git.corp.test/" in _found(found, "insteadOf")[0][1]
    line = 'git config --global url."ssh://git@git.corp.test/".insteadOf "https://git.corp.test/"'
    assert line in _lines(found)


@contextmanager
def _agent(folder: Path, key: Path | None) -> Iterator[str]:
    socket = folder / "agent"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.DEVNULL)
    try:
        env = {**os.environ, "SSH_AUTH_SOCK": str(socket)}
        while subprocess.run(["ssh-add", "-l"], env=env, capture_output=True).returncode == 2:
            assert process.poll() is None
            time.sleep(0.01)
        if key is not None:
            subprocess.run(["ssh-add", "-q", str(key)], env=env, check=True)
        yield str(socket)
    finally:
        process.terminate()
        process.wait()


def test_ssh(machine: Machine, tmp_path: Path) -> None:
    machine.write(".gitconfig", REWRITES)
    keys = machine.home / ".ssh"
    keys.mkdir()
    for name, phrase in (("open", ""), ("locked", "s3cr3t")):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", phrase, "-f", str(keys / name)], check=True
        )
    public = (keys / "open.pub").read_text().split()[1]
    known = machine.write(".ssh/known", f"other.test ssh-ed25519 {public}\n")
    config = machine.write(
        ".ssh/conf",
        f"Host *\n  UserKnownHostsFile {known}\n  GlobalKnownHostsFile /dev/null\n  IdentityFile {keys}/open\n",
    )
    command = f"ssh -F {config}"

    found = machine.json(LIB, GIT_SSH_COMMAND=command, GIT_SSH="/bin/other")
    assert found["transport"] == "ssh"
    assert found["git_connects_to"] == f"ssh://git@{LIB}"
    assert _found(found, "key") == [
        ("used", "ssh offers it; whether the host accepts it, only a connection tells")
    ]
    assert _found(found, "known_hosts")[0][0] == "missing"
    assert found["verdict"] == "ignored"
    assert f"ssh-keyscan {HOST} >> " in _lines(found)[0]
    assert "compare the fingerprint" in json.dumps(found["remedies"])
    assert [one[0] for one in _found(found, "ssh command")] == ["ignored", "used"]

    # The host cannot be asked by the name that its key is looked up by: ssh itself knows how.
    alias = machine.write(".ssh/alias", f"Host *\n  HostKeyAlias elsewhere\n  UserKnownHostsFile {known}\n")
    found = machine.json(LIB, GIT_SSH_COMMAND=f"ssh -F {alias}")
    assert any(line == f"ssh -T -o StrictHostKeyChecking=accept-new ssh://git@{HOST}" for line in _lines(found))

    known.write_text(f"{HOST} ssh-ed25519 {public}\n")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(known)], check=True, capture_output=True)
    assert HOST not in known.read_text()
    found = machine.json(LIB, GIT_SSH_COMMAND=command)
    assert found["verdict"] == "fine"
    assert _found(found, "known_hosts")[0][0] == "used"
    assert _found(found, "agent")[0][0] == "missing"

    known.write_text(f"@revoked {HOST} ssh-ed25519 {public}\n")
    assert "@revoked" in machine.json(LIB, GIT_SSH_COMMAND=command)["because"]
    known.write_text(f"[{HOST}]:2222 ssh-ed25519 {public}\n")
    assert machine.json(f"ssh://git@{HOST}:2222/x", GIT_SSH_COMMAND=command)["verdict"] == "fine"
    assert machine.json(f"git@{HOST}:x/y.git", GIT_SSH_COMMAND=command)["verdict"] == "ignored"

    (keys / "open").chmod(0o644)
    found = machine.json(f"ssh://git@{HOST}:2222/x", GIT_SSH_COMMAND=command)
    assert _found(found, "key") == [("ignored", "others may read it, so ssh ignores it")]
    assert [line for line in _lines(found) if line.startswith("chmod 600 ")]
    (keys / "open").chmod(0o600)

    config.write_text(
        config.read_text().replace("/open\n", "/locked\n")
        + "  StrictHostKeyChecking accept-new\n  ProxyJump al1ce@jump.test\n"
    )
    found = machine.json(LIB, GIT_SSH_COMMAND=command)
    assert _found(found, "key")[0][0] == "ignored"
    assert "nobody can be asked" in _found(found, "key")[0][1]
    assert _found(found, "known_hosts")[0][0] == "used"
    with _agent(tmp_path, keys / "open") as socket:
        found = machine.json(LIB, GIT_SSH_COMMAND=command, SSH_AUTH_SOCK=socket)
        assert _found(found, "agent")[0][0] == "used"
        assert _found(found, "key")[0][0] == "asked"
        assert found["verdict"] == "fine"
    found = machine.json(LIB, GIT_SSH_COMMAND=command, SSH_AUTH_SOCK=str(tmp_path / "gone"))
    assert _found(found, "agent")[0][0] == "ignored"
    found = machine.json(LIB, GIT_SSH_COMMAND="~/wrapper $X")
    assert _found(found, "ssh command")[-1][0] == "asked"
    config.write_text("Nonsense yes\n")
    found = machine.json(LIB, GIT_SSH_COMMAND=command)
    assert "`ssh -G` fails" in _found(found, "ssh config")[-1][1]


def test_ssh_does_not_look_at_home(machine: Machine) -> None:
    (machine.home / ".ssh").mkdir()
    assert "does not look at HOME" not in json.dumps(machine.json(f"git@{HOST}:x"))  # nothing is passed over
    machine.write(".ssh/id_ed25519", "a key")
    found = machine.json(f"git@{HOST}:x")
    assert any("does not look at HOME" in because for _, because in _found(found, "ssh config"))


@pytest.mark.parametrize(
    ("argument", "subject", "url"),
    [
        ("git.corp.test", "git.corp.test", "https://git.corp.test/"),
        ("git.corp.test:8443", "git.corp.test:8443", "https://git.corp.test:8443/"),
        ("github.com/org/repo/sub", "github.com/org/repo/sub", "https://github.com/org/repo"),
        ("github.com/org/repo@v1.2.3", "github.com/org/repo", "https://github.com/org/repo"),
        ("git.corp.test/x.git/v2", "git.corp.test/x.git/v2", "https://git.corp.test/x"),
        ("https://b0b:s3cr3t@git.corp.test/x", "https://git.corp.test/x", "https://xxxxx@git.corp.test/x"),
        ("git@git.corp.test:x/y.git", "git.corp.test/x/y.git", "git@git.corp.test:x/y.git"),
        ("al1ce@git.corp.test:x", "git.corp.test/x", "xxxxx@git.corp.test:x"),
        ("ssh://al1ce@git.corp.test/x", "ssh://git.corp.test/x", "ssh://xxxxx@git.corp.test/x"),
        ("ssh://git@git.corp.test:22/x", "ssh://git.corp.test:22/x", "ssh://git@git.corp.test:22/x"),
        ("[::1]:8443/x", "[::1]:8443/x", "https://[::1]:8443/x"),
    ],
)  # fmt: skip
def test_what_it_is_asked_about(machine: Machine, argument: str, subject: str, url: str) -> None:
    found = machine.json(argument)
    assert (found["subject"], found["git_connects_to"]) == (subject, url)


@pytest.mark.parametrize(
    "argument",
    [
        "",
        "a b",
        "a\x1b[31m",
        "-oProxyCommand=x",
        "ssh://-oProxyCommand=x/y",
        "https://",
        "$(id)",
        "a;b/c",
        "git@-x:y",
        "../x",
    ],
)
def test_what_is_no_host(machine: Machine, argument: str) -> None:
    code, text = machine.auth("--run", "--", argument)
    assert code == 2
    assert "\x1b" not in text


def test_hostile_settings(machine: Machine) -> None:
    """Control characters, secrets in names and URLs, output without an end."""
    machine.write(
        ".gitconfig",
        '[url "https://b0b:s3cr3t@git.corp.test/\x1b[31m"]\n\tinsteadOf = https://git.corp.test/\n'
        '[credential "https://al1ce:T0KEN@git.corp.test"]\n\thelper = "/bin/h --token=T0KEN"\n'
        '[credential]\n\thelper = "!yes username=b0b; :"\n[http]\n\tproxy = http://b0b:s3cr3t@proxy.test:1\n',
    )
    machine.write(".netrc", "machine git.corp.test\x1b[2J login al1ce password s3cr3t\n" * 1000)
    code, text = machine.auth(LIB, "--run")
    assert code in (0, 1, 3)
    assert "\x1b" not in text
    (machine.home / ".netrc").unlink()
    os.mkfifo(machine.home / ".netrc")
    assert machine.auth(LIB)[0] in (1, 3)


def test_help_fits_a_terminal(machine: Machine) -> None:
    code, text = machine.auth("--help", COLUMNS="80")
    assert code == 0
    assert "modtrace auth git.corp.example" in text
    assert max(map(len, text.splitlines())) <= 80
