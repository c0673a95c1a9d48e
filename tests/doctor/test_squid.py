"""A real squid between go and the module proxy: it lets through, wants a password, or forbids."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from probes.demo.server import World
from tests.against_go.compare import authority_file, tls_for
from tests.doctor.ailments import GOOD
from tests.doctor.practice import Ailment, admitted, errors_of, examine, go_says, settled, treated

SQUID = shutil.which("squid") or "/usr/sbin/squid"
FAKE_AUTH = Path("/usr/lib/squid/basic_fake_auth")
"""Believes every password; it comes with squid."""

pytestmark = pytest.mark.skipif(
    not Path(SQUID).exists(), reason="squid is not installed (.ci/run installs it)"
)


@contextmanager
def squid(folder: Path, *rules: str) -> Iterator[int]:
    """A squid with these access rules; names are looked up in a hosts file of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    (folder / "hosts").write_text("127.0.0.1 mirror.test\n")
    lines = (
        f"http_port 127.0.0.1:{port}", f"hosts_file {folder}/hosts", f"pid_filename {folder}/pid",
        "access_log none", "cache_log /dev/null", "cache deny all", "shutdown_lifetime 0 seconds",
        "dns_nameservers 127.0.0.1", "visible_hostname squid.test", f"coredump_dir {folder}", *rules,
    )  # fmt: skip
    (folder / "squid.conf").write_text("\n".join(lines) + "\n")
    process = subprocess.Popen(
        [SQUID, "-N", "-f", str(folder / "squid.conf")], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        _wait_until_it_listens(port, process)
        yield port
    finally:
        process.kill()
        process.communicate()


def _wait_until_it_listens(port: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            continue
        return
    raise AssertionError(f"squid did not start: {process.communicate()[1].decode()}")


def _ailment(proxy: int, world: World, rule: str, **words: str) -> Ailment:
    port = world.urls[0].rsplit(":", 1)[1]
    return Ailment(
        rule, f"https://mirror.test:{port}", rung="http proxy", words=words,
        process={"HTTPS_PROXY": f"http://127.0.0.1:{proxy}", "SSL_CERT_FILE": str(authority_file())},
    )  # fmt: skip


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that squid, which gives up being root, can read: pytest's own are closed to others."""
    with tempfile.TemporaryDirectory(prefix="modtrace-squid-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_squid_lets_through(folder: Path, tmp_path: Path) -> None:
    with (
        World([GOOD.answer], tls=tls_for("mirror.test")) as world,
        squid(folder, "http_access allow all") as port,
    ):
        patient = admitted(_ailment(port, world, ""), tmp_path, in_file=False)
        code, said, _ = examine(patient)
        assert go_says(patient) == (True, "")
    assert said["ok"]
    assert said["cases"] == []
    assert code == 0


def test_squid_wants_a_password(folder: Path, tmp_path: Path) -> None:
    rules = (
        f"auth_param basic program {FAKE_AUTH}", "auth_param basic realm corp",
        "acl known proxy_auth REQUIRED", "http_access allow known", "http_access deny all",
    )  # fmt: skip
    with World([GOOD.answer], tls=tls_for("mirror.test")) as world, squid(folder, *rules) as port:
        ailment = _ailment(port, world, "R19", USER="alice", PASSWORD="s3cret")
        patient = admitted(ailment, tmp_path, in_file=False)
        _, said, _ = examine(patient)
        case = errors_of(said)[0]
        assert [case["rule"], case["rung"]] == ["R19", "http proxy"]
        assert "Basic" in " ".join(case["evidence"])
        assert settled(said["error"]) == go_says(patient)[1]
        after = treated(patient, ailment, case["remedies"][0])
        assert examine(after)[1]["ok"]
        assert go_says(after)[0]


def test_squid_forbids(folder: Path, tmp_path: Path) -> None:
    with (
        World([GOOD.answer], tls=tls_for("mirror.test")) as world,
        squid(folder, "http_access deny all") as port,
    ):
        patient = admitted(_ailment(port, world, "R19"), tmp_path, in_file=False)
        code, said, _ = examine(patient)
        case = errors_of(said)[0]
        assert [case["rule"], case["rung"]] == ["R19", "http proxy"]
        assert settled(said["error"]) == go_says(patient)[1]
    assert code == 1
    assert "squid" in " ".join(case["evidence"]).lower()
