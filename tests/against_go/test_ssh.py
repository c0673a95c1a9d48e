"""Repositories over ssh: known, unknown and changed host keys, keys and agents, as the real go fares with them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from probes.golang.vcs_words import Complaint, classify
from tests.against_go.downloading import go_downloads, our_traces
from tests.against_go.golang import go_binary
from tests.origins import Commit, Origin, Page, meta, run_git, serving
from tests.ssh_server import SSHServer, agent, serving_ssh


@dataclass(frozen=True)
class SSHWorld:
    """A server, its clients' settings, and go's environment."""

    home: Path
    ssh: SSHServer
    variables: Mapping[str, str]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SSHWorld]:
    folder = tmp_path_factory.mktemp("ssh")
    home = folder / "home"
    home.mkdir()
    origin = Origin(folder / "origin")
    origin.add("repos", "x", (Commit({"go.mod": "module known.corp.test/x\n", "x.go": "package x\n"}, ("v1.0.0",)),))
    with ExitStack() as stack:
        ssh = stack.enter_context(serving_ssh(folder / "ssh", origin.folder / "repos"))
        for host in ("known", "unknown", "changed", "nokey", "otherkey", "locked", "wronguser", "gone", "static", "agent"):
            name = "none" if host == "gone" else "x"
            path = f"{host}.corp.test/x"
            origin.pages[path] = Page(meta(path, "git", f"ssh://{host}.corp.test/{name}"))
        settings = {f"{host}.corp.test": f"IdentityFile {ssh.key()}" for host in ("known", "unknown", "changed", "gone", "static")}
        settings |= {
            "nokey.corp.test": "", "agent.corp.test": "", "otherkey.corp.test": f"IdentityFile {ssh.key('other_key')}",
            "locked.corp.test": f"IdentityFile {ssh.key('locked_key')}",
            "wronguser.corp.test": f"User nobody;IdentityFile {ssh.key()}",
        }  # fmt: skip
        known = {host: ssh.host_key for host in settings if host != "unknown.corp.test"}
        known["changed.corp.test"] = ssh.other_host_key
        ssh.client(ssh.configured(settings, known=known), folder / "tools")
        network = stack.enter_context(serving(origin))
        (home / ".gitconfig").write_text('[url "ssh://static.corp.test/"]\n\tinsteadOf = https://github.com/u/\n')
        yield SSHWorld(home, ssh, {
            "HOME": str(home), "PATH": f"{folder}/tools:{os.environ['PATH']}", "GOPROXY": "direct", "GOSUMDB": "off",
            "GOROOT": str(go_binary().parent.parent), "GOFLAGS": "-modcacherw", "GOTOOLCHAIN": "local", "GOENV": "off",
            "GOMODCACHE": str(home / "cache"), "DISPLAY": "", **network,
        })  # fmt: skip


def _compared(world: SSHWorld, folder: Path, targets: list[str], **more: str) -> list[str]:
    """What both say, in short: the sum, or the error."""
    variables = {**world.variables, "GOMODCACHE": str(folder / "cache"), **more}
    theirs = go_downloads(variables, folder, targets)
    ours = asyncio.run(our_traces(variables, targets))
    theirs = [replace(one, time="") for one in theirs]
    differing = {t: pair for t, *pair in zip(targets, theirs, ours, strict=True) if pair[0] != pair[1]}
    assert not differing
    return [one.error or one.sum for one in theirs]


def test_host_keys_and_keys_fare_as_with_go(world: SSHWorld, tmp_path: Path) -> None:
    hosts = ("known", "unknown", "changed", "nokey", "otherkey", "locked", "wronguser", "gone")
    said = _compared(
        world, tmp_path, [*(f"{host}.corp.test/x@v1.0.0" for host in hosts), "known.corp.test/x@v1.1.0", "github.com/u/x@main"]
    )  # fmt: skip
    known, unknown, changed, nokey, otherkey, locked, wrong, gone, missing, static = said
    assert known.startswith("h1:")
    assert "Host key verification failed." in unknown
    assert "REMOTE HOST IDENTIFICATION HAS CHANGED" in changed
    for refused in (nokey, otherkey, locked, wrong):
        assert "Permission denied (publickey)." in refused
    assert "ERROR: Repository not found." in gone
    assert missing.endswith("unknown revision v1.1.0")
    kinds = [classify(words.partition(":\n")[2]) for words in (unknown, changed, nokey, locked, wrong, gone)]
    assert kinds == [
        Complaint.HOST_KEY_UNKNOWN, Complaint.HOST_KEY_CHANGED, Complaint.NO_KEY_ACCEPTED, Complaint.NO_KEY_ACCEPTED,
        Complaint.NO_KEY_ACCEPTED, Complaint.NOT_FOUND_OR_REFUSED,
    ]  # fmt: skip
    assert "ssh" not in static
    assert "unknown.corp.test" not in (world.ssh.folder / "known_hosts").read_text()
    _all_gone(world)


def test_an_agent_and_commands_for_ssh_count_as_with_go(world: SSHWorld, tmp_path: Path) -> None:
    key = world.ssh.key()
    with agent(tmp_path, key) as (socket, pid):
        [with_agent, locked] = _compared(
            world, tmp_path, ["agent.corp.test/x@v1.0.0", "locked.corp.test/x@v1.0.0"], SSH_AUTH_SOCK=socket
        )
        assert with_agent.startswith("h1:")
        assert locked.startswith("h1:")
    assert not Path(f"/proc/{pid}").exists()
    for command, good in (
        (f"ssh -i {key}", True), ("ssh -o BatchMode=yes", False), ("no-such-ssh", False),
    ):  # fmt: skip
        folder = tmp_path / command.partition(" ")[2].replace("/", "_").replace(" ", "_")
        folder.mkdir(exist_ok=True)
        [said] = _compared(world, folder, ["nokey.corp.test/x@v1.0.0"], GIT_SSH_COMMAND=command)
        assert said.startswith("h1:") == good
    run_git("config", "-f", str(tmp_path / "gitconfig"), "core.sshCommand", f"ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -i {key}")
    [said] = _compared(world, tmp_path, ["unknown.corp.test/x@v1.0.0"], GIT_CONFIG_GLOBAL=str(tmp_path / "gitconfig"))
    assert said.startswith("h1:")
    _all_gone(world)


def _all_gone(world: SSHWorld) -> None:
    """No server outlives its connection."""
    for pid in world.ssh.server.started:
        assert not Path(f"/proc/{pid}").exists()
