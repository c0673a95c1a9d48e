"""Remedies that suit the system a text comes from, and gaps that look like gaps."""

from __future__ import annotations

import re

import pytest

from probes.diagnosis.catalogue import Remedy, Shell, rule, weakens_security
from probes.diagnosis.error_patterns import Layer, Pattern, patterns
from probes.diagnosis.explain import Explanation, explain
from probes.diagnosis.explain_remedies import _tables

ROWS = patterns()
SHELLS = (Shell.POSIX, Shell.FISH, Shell.POWERSHELL, Shell.CMD)
FACTS = {
    "host": "git.corp.test", "module": "git.corp.test/a/b", "version": "v1.0.0", "private": "git.corp.test",
    "url": "https://go.corp.test/git.corp.test/a/b/@v/v1.0.0.zip", "declared": "git.corp.test/a/c",
}  # fmt: skip


def _case(row: Pattern, facts: dict[str, str]) -> Explanation:
    found = rule(row.rule)
    return Explanation(
        found, row.id, Layer.SETTING, found.node, found.cause, found.transience, 1, "", facts, row.remedies
    )


def _remedies(row: Pattern, facts: dict[str, str], shell: Shell) -> tuple[Remedy, ...]:
    return _case(row, facts).diagnosis(shell).remedies


def _name(row: Pattern) -> str:
    return row.id


@pytest.mark.parametrize("facts", [{}, FACTS], ids=["nothing known", "known"])
@pytest.mark.parametrize("row", ROWS, ids=_name)
def test_on_windows_no_remedy_is_for_another_system(row: Pattern, facts: dict[str, str]) -> None:
    for shell in (Shell.POWERSHELL, Shell.CMD):
        remedies = _remedies(row, facts, shell)
        assert remedies
        assert not remedies[0].weakens_security
        for remedy in remedies:
            assert remedy.shell is not Shell.POSIX
            text = "\n".join(remedy.lines)
            assert not re.search(r"\bsudo\b|\bfor n in\b|/etc/|~/|\$\(|<<E|\bRUN apk\b|\bprintf\b", text), (
                text
            )


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("row", ROWS, ids=_name)
def test_a_missing_fact_looks_like_a_gap(row: Pattern, shell: Shell) -> None:
    for remedy in _remedies(row, {}, shell):
        text = "\n".join(remedy.lines)
        assert "git.example.org" not in text
        assert "HOST,direct" not in text
        if remedy.shell is not Shell.WORDS:
            assert not re.search(r"ssh-keyscan|known_hosts", text), text


@pytest.mark.parametrize("host", ["a b.example", "x;id", "$(id)", "漢字.example", "-oProxyCommand=x y"])
@pytest.mark.parametrize("shell", SHELLS)
def test_a_host_that_is_none_is_not_put_into_a_command(host: str, shell: Shell) -> None:
    for row in ROWS:
        for remedy in _remedies(row, {"host": host}, shell):
            assert host not in "\n".join(remedy.lines)
            assert "git.example.org" not in "\n".join(remedy.lines)


def test_the_file_names_remedies_that_are_there() -> None:
    windows, without = _tables()
    for (rule_id, remedy_id), replacement in [*windows.items(), *without.items()]:
        assert rule(rule_id).remedy(remedy_id).id == remedy_id
        if replacement.remedy is not None:
            assert replacement.remedy.risk
            assert not any(weakens_security(line) for line in replacement.remedy.lines)
            is_quoted_alike = replacement.remedy.shell in (Shell.WORDS, Shell.ANY)
            assert is_quoted_alike or not re.search(r"\{\w+\}(?!;)", "".join(replacement.remedy.lines))


WINDOWS_TEXTS = [
    "go: a.example/x@v1: dial tcp: lookup goproxy.cn: getaddrinfow: No such host is known.",
    "go: a.example/x@v1.0.0: rename C:\\Users\\me\\go\\pkg\\mod\\cache\\download\\x.tmp C:\\Users\\me\\go\\x: Access is denied.",
    'go: a.example/x@v1.0.0: read "https://p.example/a.example/x/@v/v1.0.0.zip": read tcp 192.0.2.1:5->192.0.2.2:443: wsarecv: An existing connection was forcibly closed by the remote host.',
    "PS> go mod download\ngo: a.example/x@v1.0.0: zip: not a valid zip file",
    "PS C:\\work> go mod download\ngo: a.example/x@v1.0.0: zip: not a valid zip file",
    "go: open D:\\src\\go.mod: The system cannot find the path specified.\ngo: go.mod file not found in current directory or any parent directory",
]  # fmt: skip


@pytest.mark.parametrize("text", WINDOWS_TEXTS)
def test_a_text_of_windows_is_known(text: str) -> None:
    assert explain(text + "\r\n").windows is Shell.POWERSHELL


def test_a_text_of_windows_is_known_by_its_end_too() -> None:
    filler = "compiling\n" * 60_000
    assert explain(filler + WINDOWS_TEXTS[2] + "\n").windows is Shell.POWERSHELL
    assert explain("C:\\work> go mod download\n").windows is Shell.CMD
    assert explain("go: a.example/x@v1.0.0: zip: not a valid zip file\n").windows is None


HOST_KEY = "git ls-remote -q origin in /x: exit status 128:\n\tHost key verification failed.\n\tfatal: Could not read from remote repository.\n"


def test_a_key_is_asked_of_the_host_in_the_text_alone() -> None:
    known = explain(f"go: git.corp.test/a/b@v1.0.0: {HOST_KEY}").explanations[0].diagnosis()
    assert known.remedies[0].lines == ("ssh-keyscan git.corp.test >> ~/.ssh/known_hosts",)
    unknown = explain(f"$ go mod download\n{HOST_KEY}").explanations[0].diagnosis()
    assert unknown.remedies[0].shell is Shell.WORDS
    assert "ssh-keyscan" not in "".join("".join(remedy.lines) for remedy in unknown.remedies)
