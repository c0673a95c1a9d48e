"""An OpenSSH server on loopback that gives out git repositories, its client's settings, and an agent.

sshd is started for each connection, as inetd would (sshd -i), with a host key and settings of its own; it
works as root and without. The client never looks into the user's own folder: it is told all by ``-F``.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.inetd import InetdServer

_SSHD = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
_PRIVILEGE_SEPARATION = Path("/run/sshd")
"""Debian's sshd wants this folder when root runs it; its service makes it."""
_SERVER = """
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/key.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
AcceptEnv GIT_PROTOCOL
LogLevel QUIET
ForceCommand {folder}/serve
"""
_SERVE = """#!/bin/sh
name=${{SSH_ORIGINAL_COMMAND#git-upload-pack \\'/}}
name=${{name%\\'}}
case "$name" in */*|.*|-*|"") name=none;; esac
test -d {repositories}/"$name" || {{ echo "ERROR: Repository not found." >&2; exit 1; }}
exec {git} upload-pack {repositories}/"$name"
"""


@dataclass(frozen=True)
class SSHServer:
    """A server that runs."""

    folder: Path
    port: int
    user: str
    server: InetdServer

    @property
    def host_key(self) -> str:
        """The public host key, as it stands in a known_hosts file behind the host's name."""
        return " ".join((self.folder / "host_key.pub").read_text().split()[:2])

    @property
    def other_host_key(self) -> str:
        """A key that the server does not have."""
        return " ".join((self.folder / "other_key.pub").read_text().split()[:2])

    def key(self, name: str = "key") -> Path:
        """A private key: "key" is let in, "other_key" is not, "locked_key" is the same as "key" with a passphrase."""
        return self.folder / name

    def configured(self, hosts: dict[str, str], *, known: dict[str, str]) -> Path:
        """Settings for the client: lines for each host, and host keys that are known; the file to give to -F."""
        lines = []
        for host, settings in hosts.items():
            lines += [f"Host {host}", "  HostName 127.0.0.1", f"  Port {self.port}", f"  HostKeyAlias {host}"]
            lines += [f"  {setting}" for setting in settings.split(";") if setting]
        known_hosts = self.folder / "known_hosts"
        lines += [
            "Host *", f"  UserKnownHostsFile {known_hosts}", "  GlobalKnownHostsFile /dev/null",
            f"  User {self.user}", "  IdentitiesOnly no", f"  IdentityFile {self.folder}/no_such_key",
        ]  # fmt: skip
        known_hosts.write_text("".join(f"{host} {key}\n" for host, key in known.items()))
        file = self.folder / "ssh_config"
        file.write_text("\n".join(lines) + "\n")
        return file

    def client(self, config: Path, folder: Path) -> None:
        """Make ``folder`` have an ssh that uses these settings, as if they were the user's."""
        folder.mkdir(exist_ok=True)
        (folder / "ssh").write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {config} "$@"\n')
        (folder / "ssh").chmod(0o755)


def _make_key(file: Path, passphrase: str = "") -> None:
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", "test", "-f", str(file)], check=True,
        stdin=subprocess.DEVNULL, capture_output=True,
    )  # fmt: skip


@contextmanager
def serving_ssh(folder: Path, repositories: Path) -> Iterator[SSHServer]:
    """Serve the git repositories in a folder: ssh://HOST/NAME for each."""
    assert _SSHD, "the tests need sshd: apt-get install openssh-server"
    folder.mkdir()
    for name in ("host_key", "key", "other_key"):
        _make_key(folder / name)
    shutil.copy(folder / "key", folder / "locked_key")
    subprocess.run(
        ["ssh-keygen", "-q", "-p", "-P", "", "-N", "correct horse", "-f", str(folder / "locked_key")], check=True,
        stdin=subprocess.DEVNULL, capture_output=True,
    )  # fmt: skip
    (folder / "sshd_config").write_text(_SERVER.format(folder=folder))
    (folder / "serve").write_text(_SERVE.format(repositories=repositories, git=shutil.which("git")))
    (folder / "serve").chmod(0o755)
    if os.geteuid() == 0:
        with suppress(FileExistsError):
            _PRIVILEGE_SEPARATION.mkdir(mode=0o755)
    with InetdServer(_SSHD, "-i", "-f", str(folder / "sshd_config")) as server:
        yield SSHServer(folder, server.port, pwd.getpwuid(os.getuid()).pw_name, server)


@contextmanager
def agent(folder: Path, *keys: Path) -> Iterator[tuple[str, int]]:
    """An agent that has these keys: its socket, and its process."""
    socket = folder / "agent"
    process = subprocess.Popen(
        ["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout is not None
        process.stdout.readline()  # it listens from then on
        for key in keys:
            subprocess.run(
                ["ssh-add", "-q", str(key)], env={"PATH": os.environ["PATH"], "SSH_AUTH_SOCK": str(socket)},
                check=True, stdin=subprocess.DEVNULL, capture_output=True,
            )  # fmt: skip
        yield str(socket), process.pid
    finally:
        process.kill()
        process.communicate()
