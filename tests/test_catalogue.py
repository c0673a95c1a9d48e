"""The catalogue of diagnoses: its law, its twelve lines, and facts that stay one word of any shell."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.diagnosis.catalogue import (
    MAX_LINES,
    WIDTH,
    Diagnosis,
    Remedy,
    Scope,
    Shell,
    catalogue,
    check_order,
    render,
    rule,
    shell_of,
    weakens_security,
)
from probes.diagnosis.catalogue_shells import STAND_INS, quoted_for
from probes.diagnosis.columns import columns, cut, wrapped
from probes.golang.safetext import safe_text

RULES = list(catalogue().values())
SHELLS = (Shell.POSIX, Shell.FISH, Shell.POWERSHELL, Shell.CMD)
HOSTILE = (
    "x; touch owned", "x$(touch owned)", "x`touch owned`", "x' ; touch owned ; '", 'x" & touch owned & "',
    "x\ntouch owned", "x | touch owned", "x > owned", "--exec=touch owned", "x\\", "%PATH%", "x ’; touch owned; ‘",
)  # fmt: skip


def _facts(value: str) -> dict[str, str]:
    return dict.fromkeys(STAND_INS, value)


def test_the_nineteen_rules_of_the_field_study_are_there() -> None:
    assert list(catalogue())[:19] == [f"R{number:02}" for number in range(1, 20)]
    assert all(found.beyond_field_study for found in RULES[19:])


@pytest.mark.parametrize("found", RULES, ids=lambda found: found.id)
def test_a_rule_is_whole(found: object) -> None:
    one = rule(getattr(found, "id", ""))
    assert one.title
    assert one.prints
    assert one.remedies
    assert one.rules_out
    assert one.references
    assert one.cause.endswith(".")
    assert one.cause.count(". ") == 0, "a cause is one sentence"
    assert set(one.rules_out) <= set(catalogue())
    assert len({remedy.id for remedy in one.remedies}) == len(one.remedies)
    for remedy in one.remedies:
        assert len(remedy.lines) <= 2
        for line in remedy.lines:
            assert not re.search(r"['\"][^'\"]*\{\w+\}[^'\"]*['\"]", line), (
                "a gap is quoted when it is filled"
            )


@pytest.mark.parametrize("found", RULES, ids=lambda found: found.id)
def test_a_remedy_that_weakens_security_is_never_first_and_is_marked(found: object) -> None:
    one = rule(getattr(found, "id", ""))
    assert not one.remedies[0].weakens_security
    for remedy in one.remedies:
        assert remedy.weakens_security or not any(weakens_security(line) for line in remedy.lines)
    for shell in SHELLS:
        text = "\n".join(render(Diagnosis.of(one, {}, shell=shell)))
        for remedy in one.remedies:
            if remedy.weakens_security and remedy.lines[0] in text:
                assert "WEAKENS SECURITY" in text


@pytest.mark.parametrize(
    "line",
    [
        "go env -w GOSUMDB=off", "export GONOSUMDB='*'", "GOPRIVATE=* go get x", "go env -w GOINSECURE=a.example",
        "git config http.sslVerify false", "curl -sk https://x", "rm -f go.sum", "export GONOSUMCHECK=1",
        "GIT_SSL_NO_VERIFY=1 go get x",
    ],
)  # fmt: skip
def test_what_weakens_security_is_known(line: str) -> None:
    assert weakens_security(line)
    bad = Remedy("x", (line,), Shell.POSIX, Scope.USER, "Some risk.")
    with pytest.raises(ValueError, match="not marked"):
        check_order((bad,))
    with pytest.raises(ValueError, match="the first"):
        check_order((Remedy("x", (line,), Shell.POSIX, Scope.USER, "Some risk.", True),))
    with pytest.raises(ValueError, match="no risk"):
        check_order((Remedy("x", ("go version",), Shell.POSIX, Scope.USER, ""),))


def test_what_does_not_weaken_security_is_not_called_so() -> None:
    for line in ("go env -w GOSUMDB=sum.golang.org", "go env -w GOPRIVATE=*.corp.example", "go mod tidy"):
        assert not weakens_security(line)


TEXTS = st.text(max_size=400) | st.sampled_from(["", "git.example.org", "a/" * 120, "漢字" * 60, *HOSTILE])


@given(
    found=st.sampled_from(RULES),
    shell=st.sampled_from(SHELLS),
    facts=st.dictionaries(st.sampled_from(sorted(STAND_INS)), TEXTS),
    cause=TEXTS,
    evidence=st.lists(TEXTS, max_size=4),
    go_prints=TEXTS,
    width=st.sampled_from([40, 80, 132]),
)
def test_never_more_than_twelve_lines_nor_columns_nor_control_characters(
    found: object,
    shell: Shell,
    facts: dict[str, str],
    cause: str,
    evidence: list[str],
    go_prints: str,
    width: int,
) -> None:
    one = rule(getattr(found, "id", ""))
    diagnosis = Diagnosis.of(
        one, facts, cause=cause, evidence=tuple(evidence), go_prints=go_prints, shell=shell
    )
    lines = render(diagnosis, width)
    if width >= WIDTH:
        assert len(lines) <= MAX_LINES
    assert all(columns(line) <= width for line in lines)
    assert not any(unicodedata.category(character) == "Cc" for line in lines for character in line)
    json.dumps(diagnosis.to_json())


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("found", RULES, ids=lambda found: found.id)
def test_the_first_remedy_is_whole_with_scope_and_risk(found: object, shell: Shell) -> None:
    one = rule(getattr(found, "id", ""))
    full = Diagnosis.of(one, {"module": "a.example/m", "version": "v1.0.0"}, evidence=("a" * 300, "b" * 300),
                        go_prints="c" * 300, shell=shell)  # fmt: skip
    text = " ".join(" ".join(render(full)).split())
    remedy = full.remedies[0]
    assert f"({remedy.scope.value}" in text
    assert remedy.risk.split()[0] in text
    assert "try" in text
    assert full.to_json()["references"]


@pytest.mark.parametrize("found", RULES, ids=lambda found: found.id)
@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_fact_stays_one_word_of_a_posix_shell(tmp_path: Path, value: str, found: object) -> None:
    """The words of each remedy are as many as with an innocent fact, and sh counts the same."""
    one = rule(getattr(found, "id", ""))
    for remedy in one.remedies:
        if remedy.shell not in (Shell.POSIX, Shell.ANY):
            continue
        innocent, hostile = remedy.filled(_facts("a.example")), remedy.filled(_facts(value))
        for template, a, b in zip(remedy.lines, innocent.lines, hostile.lines, strict=True):
            words = shlex.split(a)
            assert len(shlex.split(b)) == len(words)
            if "{" in template and not re.search(r"[$;&|<>]", template):
                done = subprocess.run(
                    ["sh", "-c", f"printf '%s\\n' {b} | wc -l"], cwd=tmp_path, capture_output=True, text=True
                )
                assert int(done.stdout) == len(words)
    assert list(tmp_path.iterdir()) == []


def _fish_word(text: str) -> str:
    return re.sub(r"\\(['\\])", r"\1", text[1:-1])


def _powershell_word(text: str) -> str:
    return re.sub("(['‘’‚‛])\\1", r"\1", text[1:-1])


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1))
def test_a_quoted_value_reads_back_in_each_shell(value: str) -> None:
    assert shlex.split(quoted_for(Shell.POSIX, value)) == [value]
    fish = quoted_for(Shell.FISH, value)
    assert (fish if fish[0] != "'" else _fish_word(fish)) == value
    powershell = quoted_for(Shell.POWERSHELL, value)
    assert (powershell if powershell[0] != "'" else _powershell_word(powershell)) == value
    # Between the quotes none stands alone, so that the word ends where it should.
    if powershell[0] == "'":
        assert re.fullmatch("(?:[^'‘’‚‛]|(['‘’‚‛])\\1)*", powershell[1:-1])
    if fish[0] == "'":
        assert re.fullmatch(r"(?:[^'\\]|\\['\\])*", fish[1:-1])


@pytest.mark.parametrize("found", RULES, ids=lambda found: found.id)
@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_fact_breaks_out_of_no_other_shell(value: str, found: object) -> None:
    one = rule(getattr(found, "id", ""))
    for remedy in one.remedies:
        for shell in (Shell.FISH, Shell.POWERSHELL, Shell.CMD):
            filled = remedy.filled(_facts(value), shell)
            if filled.shell not in (shell, Shell.POSIX):
                continue
            bare = "\n".join(_outside_quotes(line, filled.shell) for line in filled.lines)
            assert "touch" not in bare, (shell, filled.lines)
            assert "%PATH%" not in "\n".join(filled.lines) or shell is not Shell.CMD


def _outside_quotes(line: str, shell: Shell) -> str:
    """A line without what stands in quotes of its shell."""
    if shell is Shell.CMD:
        return re.sub(r'"[^"]*"', "", line)
    if shell is Shell.FISH:
        return re.sub(r"'(?:[^'\\]|\\['\\])*'", "", line)
    if shell is Shell.POWERSHELL:
        return re.sub("'(?:[^'‘’‚‛]|(['‘’‚‛])\\1)*'", "", line)
    return re.sub(r"'[^']*'|\"[^\"]*\"", "", line)


def test_remedies_are_written_for_the_shell() -> None:
    mirror = rule("R07").remedy("mirror")
    http = rule("R07").remedy("http-proxy")
    debug = rule("R03").remedy("http1")
    facts = {"proxies": "https://a.example|direct"}
    assert mirror.filled(facts).lines == ("go env -w GOPROXY='https://a.example|direct'",)
    assert mirror.filled(facts, Shell.FISH).lines == ("go env -w 'GOPROXY=https://a.example|direct'",)
    assert mirror.filled(facts, Shell.CMD).lines == ('go env -w "GOPROXY=https://a.example|direct"',)
    assert http.filled({}, Shell.FISH).lines == ("set -gx HTTPS_PROXY http://proxy.corp.example:3128",)
    assert http.filled({}, Shell.POWERSHELL).lines == ("$env:HTTPS_PROXY = 'http://proxy.corp.example:3128'",)
    assert http.filled({}, Shell.CMD).lines == ('set "HTTPS_PROXY=http://proxy.corp.example:3128"',)
    assert debug.filled({}, Shell.CMD).lines == ('set "GODEBUG=http2client=0" & go mod download',)
    unset = rule("R02").remedy("unset-goproxy")
    assert unset.filled({}, Shell.POWERSHELL).lines == ("Remove-Item Env:GOPROXY",)
    loop = rule("R03").remedy("loop").filled({}, Shell.POWERSHELL)
    assert loop.shell is Shell.POSIX
    assert "in sh)" in "\n".join(render(Diagnosis.of(rule("R03"), {}, shell=Shell.POWERSHELL)))


@pytest.mark.skipif(shutil.which("fish") is None, reason="there is no fish here")
@pytest.mark.parametrize("value", HOSTILE)
def test_fish_itself_takes_a_hostile_fact_for_one_word(tmp_path: Path, value: str) -> None:
    line = rule("R07").remedy("mirror").filled({"proxies": value}, Shell.FISH).lines[0]
    script = f"function go; count $argv; end; {line}"
    done = subprocess.run(["fish", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=20,
                          env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)})  # fmt: skip
    assert done.stdout.strip() == "3"
    assert not (tmp_path / "owned").exists()


def test_the_shell_is_that_of_the_process() -> None:
    assert shell_of({"SHELL": "/usr/bin/fish"}) is Shell.FISH
    assert shell_of({"SHELL": "/bin/zsh"}) is Shell.POSIX
    assert shell_of({}) is Shell.POSIX


def test_secrets_are_masked_when_a_diagnosis_is_made() -> None:
    url = "https://user:hunter22@go.corp.example"
    diagnosis = Diagnosis.of(
        rule("R01"), {"piped": f"{url}|direct"}, cause=f"{url} failed.", evidence=(url,), go_prints=url
    )
    assert "hunter22" not in json.dumps(diagnosis.to_json()) + "\n".join(render(diagnosis))


@given(st.text(max_size=300).map(safe_text), st.integers(4, 100), st.integers(1, 4))
def test_text_is_made_to_fit(text: str, width: int, most: int) -> None:
    assert columns(cut(text, width)) <= width
    lines = wrapped(text, width, most)
    assert len(lines) <= most
    assert all(columns(line) <= width for line in lines)
