"""What go would attach to a request for a URL, and why it passes over what the user counts on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from probes.golang.credential_use import CredentialUse, Standing, Whom
from probes.golang.netrc import Why
from probes.sources.credentials import explain
from probes.sources.environment_reader import read_environment

HOST = "git.corp.test"
USED, IGNORED, MISSING, ASKED = Standing.USED, Standing.IGNORED, Standing.MISSING, Standing.ASKED
FULL = "login alice password s3cr3t"


def seen(
    home: Path, url: str, netrc: str | None, variables: Mapping[str, str] | None = None
) -> list[CredentialUse]:
    if netrc is not None:
        (home / ".netrc").write_text(netrc)
        (home / ".netrc").chmod(0o600)
    process = {"HOME": str(home), "GOENV": "off", **(variables or {})}
    uses = explain(read_environment(process=process, cwd=str(home)), url)
    for use in uses:
        assert use.whom is Whom.GO
        assert use.rule
        assert "\n" not in use.because
        for secret in ("alice", "s3cr3t"):
            assert secret not in repr(use)
    return uses


ENTRIES = {
    f"machine {HOST} {FULL}": [(USED, 1, "every https request")],
    f"machine {HOST}/team {FULL}": [(USED, 1, "below this path")],
    f"\n\nmachine {HOST}\nlogin alice\npassword s3cr3t": [(USED, 3, "every https request")],
    f"machine {HOST} {FULL}\nmachine {HOST} login bob password x": [
        (USED, 1, ""),
        (IGNORED, 2, "line 1 has the same"),
    ],
    f"machine {HOST} {FULL}\nmachine {HOST}/team login b password x": [
        (USED, 2, ""),
        (IGNORED, 1, "line 2 is for a longer"),
    ],
    f"machine {HOST} login alice": [(IGNORED, 1, "password"), (MISSING, 0, "no entry")],
    f"machine {HOST} password s3cr3t": [(IGNORED, 1, "login"), (MISSING, 0, "no entry")],
    f"machine {HOST} login alice\nmachine x.test password s3cr3t": [
        (IGNORED, 1, "password"),
        (MISSING, 0, ""),
    ],
    f"machine {HOST}:8443 {FULL}": [(IGNORED, 1, "no port: write `machine git.corp.test`"), (MISSING, 0, "")],
    f"machine Git.Corp.test {FULL}": [(IGNORED, 1, "letter by letter"), (MISSING, 0, "")],
    f"machine corp.test {FULL}": [(IGNORED, 1, "parent domains"), (MISSING, 0, "")],
    f"machine *.corp.test {FULL}": [(IGNORED, 1, "wildcards"), (MISSING, 0, "")],
    f"machine http://{HOST} {FULL}": [(IGNORED, 1, "no scheme here but https"), (MISSING, 0, "")],
    f"machine alice@{HOST} {FULL}": [(IGNORED, 1, "no user name"), (MISSING, 0, "")],
    f"machine {HOST}/other {FULL}": [(IGNORED, 1, "another path"), (MISSING, 0, "")],
    f"machine {HOST}/team/x {FULL}": [(IGNORED, 1, "?query as well"), (MISSING, 0, "")],
    f"default {FULL}": [(IGNORED, 1, "does not use `default`"), (MISSING, 0, "")],
    f"machine {HOST} {FULL}\ndefault login b password c": [(USED, 1, "")],
    f"default\nmachine {HOST} {FULL}": [(IGNORED, 1, "`default`"), (IGNORED, 2, "behind"), (MISSING, 0, "")],
    f"macdef init\nmachine {HOST} {FULL}": [(IGNORED, 2, "macdef above"), (MISSING, 0, "")],
    f"macdef init\r\n\r\nmachine {HOST} {FULL}\r\n": [(IGNORED, 3, "macdef above"), (MISSING, 0, "")],
    f"MACHINE {HOST} {FULL}": [(IGNORED, 1, "small letters"), (MISSING, 0, "")],
    f"machine\n{HOST} {FULL}": [(IGNORED, 2, "one line"), (MISSING, 0, "")],
    f"x machine {HOST} {FULL}": [(IGNORED, 1, "in pairs"), (MISSING, 0, "")],
    f"# machine {HOST} {FULL}": [(MISSING, 0, "no entry")],
    f"machine x.test {FULL}": [(MISSING, 0, f"no entry in it is for {HOST}")],
    "": [(MISSING, 0, "no entry")],
}
"""What ~/.netrc holds, and what becomes of it for a go-import page."""


@pytest.mark.parametrize("netrc", ENTRIES)
def test_entries(tmp_path: Path, netrc: str) -> None:
    uses = seen(tmp_path, f"https://{HOST}/team/x?go-get=1", netrc)
    wanted = [(how, f"~/.netrc:{line}" if line else "~/.netrc") for how, line, _ in ENTRIES[netrc]]
    assert [(use.standing, use.where) for use in uses] == wanted
    for use, (_, _, words) in zip(uses, ENTRIES[netrc], strict=True):
        assert words in use.because


def test_every_reason_is_seen() -> None:
    told = " ".join(words for rows in ENTRIES.values() for _, _, words in rows)
    for why in Why:
        assert any(word in told for word in (why.value, *why.value.split())), why


GOOD = f"machine {HOST} {FULL}"
SETTINGS = {
    ("https://git.corp.test/x", "GOAUTH=off"): [(IGNORED, "netrc", "GOAUTH=off"), (MISSING, "GOAUTH", "GOAUTH=off")],
    ("https://git.corp.test/x", "GOAUTH=/x/helper --token=abc"): [
        (ASKED, "GOAUTH command", "first https request"), (IGNORED, "netrc", "does not name netrc"),
    ],
    ("https://git.corp.test/x", "GOAUTH=git {home};netrc"): [
        (USED, "netrc", "unless a program"), (ASKED, "GOAUTH git", "after an answer with 4xx"),
    ],
    ("https://git.corp.test/x", "GOAUTH=netrc;"): [
        (IGNORED, "GOAUTH", "empty command"), (IGNORED, "netrc", "stops at GOAUTH"),
    ],
    ("https://git.corp.test/x", "GOAUTH=git /none/x"): [
        (IGNORED, "GOAUTH", "cannot stat"), (IGNORED, "netrc", "stops at GOAUTH"),
    ],
    ("http://git.corp.test/x", ""): [(IGNORED, "netrc", "over https only")],
    ("http://git.corp.test/x", "GOAUTH=netrc;helper"): [
        (IGNORED, "GOAUTH command", "https only"), (IGNORED, "netrc", "over https only"),
    ],
    ("https://alice:s3cr3t@git.corp.test/x", ""): [
        (USED, "URL", "whatever GOAUTH and netrc"), (IGNORED, "netrc", "user of its own"),
    ],
    ("https://alice@git.corp.test/x", "GOAUTH=helper;netrc"): [
        (USED, "URL", "whatever GOAUTH and netrc"), (IGNORED, "GOAUTH command", "user of its own"),
        (IGNORED, "netrc", "user of its own"),
    ],
    ("http://alice:s3cr3t@git.corp.test/x", ""): [
        (IGNORED, "URL", "refuses to send a user"), (IGNORED, "netrc", "over https only"),
    ],
    ("https://git.corp.test/x", "NETRC={home}/mine"): [
        (IGNORED, "netrc", "NETRC names another file"), (MISSING, "netrc", "which is not there"),
    ],
    ("https://git.corp.test/x", "NETRC=~/.netrc"): [
        (IGNORED, "netrc", "NETRC names another file"), (MISSING, "netrc", "does not read ~"),
    ],
    ("https://git.corp.test:8443/x", ""): [
        (IGNORED, "netrc", "write `machine git.corp.test:8443`"), (MISSING, "netrc", "no entry"),
    ],
    ("git.corp.test", ""): [(USED, "netrc", "")],
    ("https://git.corp.test/x", "HOME="): [(MISSING, "netrc", "$HOME is not defined")],
}  # fmt: skip


@pytest.mark.parametrize(("url", "setting"), SETTINGS)
def test_settings(tmp_path: Path, url: str, setting: str) -> None:
    name, _, value = setting.partition("=")
    variables = {name: value.replace("{home}", str(tmp_path))} if name else {}
    uses = seen(tmp_path, url, GOOD, variables)
    wanted = SETTINGS[url, setting]
    assert [(use.standing, use.kind) for use in uses] == [(how, kind) for how, kind, _ in wanted]
    for use, (_, _, words) in zip(uses, wanted, strict=True):
        assert words in use.because
        assert "abc" not in use.shown


def test_files(tmp_path: Path) -> None:
    url = f"https://{HOST}/x"
    assert [use.because for use in seen(tmp_path, url, None)] == ["there is no such file"]
    seen(tmp_path, url, GOOD)
    (tmp_path / ".netrc").chmod(0o644)
    (used,) = explain(read_environment(process={"HOME": str(tmp_path), "GOENV": "off"}, cwd="/"), url)
    assert "its mode is 0644 does not matter to go" in used.because
    assert used.shown == "login ****, password ****"
    (tmp_path / ".netrc").unlink()
    (tmp_path / ".netrc").mkdir()
    (use,) = seen(tmp_path, url, None)
    assert (use.standing, use.because) == (
        IGNORED, "go cannot read this file (is a directory) and goes on without a word"
    )  # fmt: skip
    (tmp_path / ".netrc").rmdir()
    os.mkfifo(tmp_path / ".netrc")
    (use,) = seen(tmp_path, url, None)
    assert "a pipe or a device" in use.because


def test_what_is_hostile_is_made_harmless(tmp_path: Path) -> None:
    uses = seen(tmp_path, f"https://{HOST}/x", f"machine {HOST}/\x1b[31m\u202e {FULL}\n" * 3)
    assert uses
    assert not any(ch in repr(uses) for ch in "\x1b\u202e")
    assert not any("\x1b" in use.host or "\u202e" in use.host for use in uses)
