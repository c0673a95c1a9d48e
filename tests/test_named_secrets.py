"""A proxy that is named with a password and makes no sense: the words about it do not show the password."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.modtrace import clean_environment, modtrace


@pytest.mark.parametrize("command", ["download", "diff"])
@pytest.mark.parametrize(
    "proxy",
    [
        "http://me:hunter2@127.0.0.1:1x",
        "http://hunter2@127.0.0.1:1x",
        "hunter2@127.0.0.1:1",
        "me:hunter2@127.0.0.1",
        "http://me:hunter2@127.0.0.1:1,direct",
        "ftp://me:hunter2@127.0.0.1/",
        "http://me:hunter2@127.0.0.1/%zz",
    ],
)
def test_what_is_no_proxy_is_told_without_its_password(tmp_path: Path, command: str, proxy: str) -> None:
    rest = ("--and", "cache") if command == "diff" else ("-o", str(tmp_path / "files"))
    environment = clean_environment(tmp_path, GOPROXY="off")
    done = modtrace(command, "a.test/m@v1.0.0", "--from", proxy, *rest, env=environment, cwd=tmp_path)
    assert done.returncode != 0
    assert done.stderr
    assert "hunter2" not in done.stdout + done.stderr
    assert "bug in modtrace" not in done.stderr
