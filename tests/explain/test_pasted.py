"""Commands out of a blog: what each shell makes of them, and the exact place of what is wrong."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from probes.diagnosis.explain import explain
from probes.diagnosis.findings import Level
from probes.diagnosis.godebug_names import KNOWN, OLD_VALUES, REMOVED, complaint
from probes.diagnosis.pasted import read
from probes.diagnosis.pasted_lint import mistakes
from tests.against_go.golang import go_command, goroot

WRONG = [
    # (line, what the caret stands under, the rule's id, what to write instead)
    ("export GOPROXY=https://goproxy.cn，direct", "，", "goproxy.full-width", "export GOPROXY=https://goproxy.cn,direct"),
    ("export GOPROXY=https://goproxy.cn;direct", ";", "pasted.operator", "export GOPROXY=https://goproxy.cn,direct"),
    ("export GOPROXY=https://goproxy.cn|direct", "|", "pasted.operator", "export GOPROXY='https://goproxy.cn|direct'"),
    ("go env -w GOPROXY=https://goproxy.cn|direct", "|", "pasted.operator", "go env -w GOPROXY='https://goproxy.cn|direct'"),
    ("export GOPROXY=“https://goproxy.cn,direct”", "“", "goproxy.quote", "export GOPROXY=https://goproxy.cn,direct"),
    ("export GOPROXY=https//goproxy.cn,direct", "https//", "goproxy.scheme-typo", "export GOPROXY=https://goproxy.cn,direct"),
    ("export GOPROXY=https://goproxy.cn,direct/", "direct/", "goproxy.keyword-slash", "export GOPROXY=https://goproxy.cn,direct"),
    ("export GOPROXY=https://goproxy.cn,Direct", "Direct", "goproxy.keyword", "export GOPROXY=https://goproxy.cn,direct"),
    ("export GOPROXY = https://goproxy.cn", " =", "pasted.blank", "export GOPROXY=https://goproxy.cn"),
    ('export GOPROXY="https://goproxy.cn', '"', "pasted.quote", "export GOPROXY=https://goproxy.cn"),
    ("export GOPRIVATE=a.example, b.example", " ", "pasted.blank-in-value", "export GOPRIVATE=a.example,b.example"),
    ('export GOPRIVATE="a.example, b.example"', " ", "pattern.space", "export GOPRIVATE=a.example,b.example"),
    ("go env -w GOPRIVATE=https://git.corp.example", "https://", "pattern.scheme", "go env -w GOPRIVATE=git.corp.example"),
    ("go env -w GOPROXY https://goproxy.cn", "GOPROXY", "pasted.no-equals", "go env -w GOPROXY=https://goproxy.cn"),
    ("go env -w GONOSUMCHECK=1", "GONOSUMCHECK", "pasted.cannot-write", ""),
    ("go env -w HTTPS_PROXY=http://proxy:3128", "HTTPS_PROXY", "pasted.cannot-write", ""),
    ("export GONOSUMCHECK=1", "GONOSUMCHECK", "variable.unknown", ""),
    ("go env -w GOPROXY=https://goproxy.cn,direct GOPRIVATE=git.corp.example:8443", ":8443", "pattern.port",
     "go env -w GOPRIVATE=git.corp.example"),
    ('set GOPROXY="https://goproxy.cn,direct"', '"', "goproxy.quote", 'set "GOPROXY=https://goproxy.cn,direct"'),
    ("set GOPROXY = https://goproxy.cn", " ", "pasted.blank", 'set "GOPROXY=https://goproxy.cn"'),
    ("set GOPROXY=https://goproxy.cn|direct", "|", "pasted.operator", 'set "GOPROXY=https://goproxy.cn|direct"'),
    ("setx GOPROXY=https://goproxy.cn", "=", "pasted.setx-equals", 'setx GOPROXY "https://goproxy.cn"'),
    ('setx GOPROXY "https://goproxy.cn，direct"', "，", "goproxy.full-width", 'setx GOPROXY "https://goproxy.cn,direct"'),
    ("$env:GOPROXY = https://goproxy.cn", "https://goproxy.cn", "pasted.powershell-quotes", "$env:GOPROXY = 'https://goproxy.cn'"),
    ('$env:GOPROXY = "https://goproxy.cn；direct"', "；", "goproxy.full-width", "$env:GOPROXY = 'https://goproxy.cn,direct'"),
    ('$GOPROXY = "https://goproxy.cn"', "$", "pasted.powershell-variable", "$env:GOPROXY = 'https://goproxy.cn'"),
    ("set -gx GOPROXY=https://goproxy.cn", "=", "pasted.fish-equals", "set -gx GOPROXY https://goproxy.cn"),
    ("set -gx GOPROXY https://goproxy.cn direct", " ", "pasted.blank-in-value", "set -gx GOPROXY https://goproxy.cn,direct"),
    ("set -gx GOPRIVATE https://git.corp.example", "https://", "pattern.scheme", "set -gx GOPRIVATE git.corp.example"),
    ("setenv GOPROXY=https://goproxy.cn", "=", "pasted.setenv-equals", "setenv GOPROXY https://goproxy.cn"),
    ("ENV GOPROXY=https://goproxy.cn;direct", ";", "goproxy.semicolon", "ENV GOPROXY=https://goproxy.cn,direct"),
    ("ENV GOPROXY https://goproxy.cn，direct", "，", "goproxy.full-width", "ENV GOPROXY=https://goproxy.cn,direct"),
    ("ARG GOPROXY='https://goproxy.cn,direct/'", "direct/", "goproxy.keyword-slash", "ENV GOPROXY=https://goproxy.cn,direct"),
    ("#14 [builder 4/7] ENV GOPROXY=https//goproxy.cn", "https//", "goproxy.scheme-typo", "ENV GOPROXY=https://goproxy.cn"),
    ('  GOPROXY: "https://goproxy.cn，direct"', "，", "goproxy.full-width", 'GOPROXY: "https://goproxy.cn,direct"'),
    ("      - GOPRIVATE=https://git.corp.example", "https://", "pattern.scheme", "GOPRIVATE=git.corp.example"),
    ('    "GOPROXY": "https://goproxy.cn,direct;",', ";", "goproxy.semicolon", 'GOPROXY: "https://goproxy.cn,direct"'),
    ("GODEBUG=gomod2graph=1 go mod download", "gomod2graph", "godebug.unknown", ""),
    ("export GODEBUG=http2client=0,tls10server=1", "tls10server", "godebug.unknown", ""),
    ("docker run -e GOPROXY=direct/ golang go version", "direct/", "goproxy.keyword-slash", "GOPROXY=direct"),
    ("设置 `export GOPROXY=https://goproxy.cn、direct` 即可", "、", "goproxy.full-width", "export GOPROXY=https://goproxy.cn,direct"),
    ("- Run `go env -w GOPROXY=goproxy` first.", "goproxy", "goproxy.invalid-url", "go env -w GOPROXY=https://goproxy"),
    ('export GOSUMDB="sum.golang.org https://goproxy.cn"', "https://goproxy.cn", "gosumdb.base-path", "export GOSUMDB=sum.golang.org"),
    ("GOSUMDB=https://sum.golang.google.cn/", "https://", "gosumdb.key", "GOSUMDB=sum.golang.google.cn"),
    ("export GOFLAGS=mod=mod", "mod=mod", "goflags.unusable", "export GOFLAGS=-mod=mod"),
    ("PS C:\\> set GOPROXY=https://goproxy.cn,direct", "set", "pasted.powershell-set", "$env:GOPROXY = 'https://goproxy.cn,direct'"),
    ("PS C:\\work> export GOPROXY=https://goproxy.cn", "export", "pasted.powershell-set", "$env:GOPROXY = 'https://goproxy.cn'"),
    ("go env –w GOPROXY=https://goproxy.cn,direct", "–w", "pasted.dash", "go env -w GOPROXY=https://goproxy.cn,direct"),
    ("Run go env —w GOPROXY=https://goproxy.cn,direct and retry.", "—w", "pasted.dash", "go env -w GOPROXY=https://goproxy.cn,direct"),
    ("go env GOPROXY=https://goproxy.cn,direct", "GOPROXY=", "pasted.no-w", "go env -w GOPROXY=https://goproxy.cn,direct"),
    ("If it does not work set GOPROXY=https://goproxy.cn，direct", "，", "goproxy.full-width", "GOPROXY=https://goproxy.cn,direct"),
    ("Don't forget to set GOPRIVATE=https://a.example.", "https://", "pattern.scheme", "GOPRIVATE=a.example"),
    ("user@host:~/src$ export GOTOOLCHAIN=1.22.0", "1.22.0", "gotoolchain.invalid", "export GOTOOLCHAIN=auto"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "under", "mistake_id", "better"), WRONG)
def test_a_wrong_command_is_pointed_at(line: str, under: str, mistake_id: str, better: str) -> None:
    found = [mistake for mistake in explain(line).mistakes if mistake.level is Level.ERROR]
    mistake = found[0]
    assert mistake.id == mistake_id
    start = mistake.column - 1
    assert line[start : start + mistake.length] == under
    assert mistake.better == better
    assert (mistake.line, mistake.source) == (1, line)


@pytest.mark.parametrize(("line", "under", "mistake_id", "better"), WRONG)
def test_what_is_to_be_written_instead_is_right(line: str, under: str, mistake_id: str, better: str) -> None:
    assert [mistake for mistake in mistakes(better) if mistake.level is Level.ERROR] == []


@pytest.mark.parametrize(("line", "under", "mistake_id", "better"), WRONG)
def test_a_wrong_command_has_a_rule(line: str, under: str, mistake_id: str, better: str) -> None:
    explanation = explain("Some text.\n\n" + line).explanations[0]
    assert explanation.rule.id in ("R02", "R06", "R16", "R19")
    assert explanation.line == 3
    assert explanation.transience.as_bool is False


RIGHT = [
    "export GOPROXY=https://goproxy.cn,direct",
    'export GOPROXY="https://goproxy.cn|direct"  # quoted',
    "export GOPRIVATE='*.corp.example,corp.example,github.com/acme'",
    "go env -w GOPROXY=https://goproxy.cn,direct GOPRIVATE=git.corp.example",
    "go env -w GOPROXY=https://goproxy.cn,direct && go mod download",
    'go env -w GOPROXY="https://goproxy.cn|direct"',
    "go env -u GOPROXY",
    "set GOPROXY=https://goproxy.cn,direct",
    'set "GOPROXY=https://goproxy.cn|direct"',
    'setx GOPROXY "https://goproxy.cn,direct"',
    "$env:GOPROXY = “https://goproxy.cn,direct”",  # PowerShell takes typographic quotes
    "$env:GOPROXY='https://goproxy.cn,direct'; go mod download",
    "set -gx GOPROXY https://goproxy.cn,direct",
    "ENV GOPROXY=https://goproxy.cn,direct GOPRIVATE=git.corp.example",
    "ENV GOPROXY https://goproxy.cn,direct",
    "ARG GOPROXY",
    "  GOPROXY: https://goproxy.cn,direct # the mirror",
    "  GOPROXY: ${{ vars.GOPROXY }}",
    "export GOPROXY=$MIRROR,direct",
    "export GOPROXY=<your proxy>",
    "GODEBUG=tlsmlkem=0,gctrace=1,cpu.avx=off go mod download",
    "然后执行 go env -w GOPROXY=https://goproxy.cn,direct，然后重试。",
    "Set GOPROXY to your proxy and run go mod download.",
    "The value of GOPROXY: a list of URLs",
    "Set GOPROXY=https://goproxy.cn,direct and try again.",
    "Please set GOPRIVATE=git.corp.example, then retry.",
    "GOOGLE_APPLICATION_CREDENTIALS=/x;y",
    "export PATH=$PATH:/usr/local/go/bin",
    "go env --w GOPROXY=https://goproxy.cn,direct",  # Go takes two dashes as well
    "go env GOPROXY",
    "go env -json GOPROXY GOSUMDB",
    "Do not set GOSUMDB=off.",
    "Never run `export GOPROXY=https://goproxy.cn，direct`.",
    "It is not recommended to use GOSUMDB=off.",
    "请勿设置 `GOINSECURE=*`",
    "set GOPATH=C:\\Users\\x\\go",
]  # fmt: skip


@pytest.mark.parametrize("line", RIGHT)
def test_a_right_command_is_left_alone(line: str) -> None:
    assert [mistake for mistake in mistakes(line) if mistake.level is not Level.INFO] == []


def test_a_removed_setting_of_godebug_is_refused_for_its_old_value_alone() -> None:
    assert "no program that Go 1.27 built starts" in mistakes("export GODEBUG=tls3des=1")[0].message
    assert "switches nothing" in mistakes("export GODEBUG=tls3des=0")[0].message


def test_powershell_is_known_by_its_prompt() -> None:
    line = 'PS C:\\work> go env -w GOPROXY="https://goproxy.cn|direct"'
    assert mistakes(line) == []
    assert mistakes("PS C:\\work> go env -w GOPROXY=https://goproxy.cn|direct")[0].id == "pasted.operator"


def test_the_values_of_a_text_are_judged_together() -> None:
    text = "export GOPROXY=https://go.corp.example\nexport GOSUMDB='sum.golang.org https://go.corp.example'\n"
    assert [(m.id, m.line) for m in mistakes(text)] == [("gosumdb.base-path", 2)]


def test_a_secret_is_masked_and_the_column_still_right() -> None:
    mistake = mistakes("export GOPROXY=https://user:hunter22@go.corp.example，direct")[0]
    assert "hunter22" not in repr(mistake)
    assert mistake.source[mistake.column - 1] == "，"


def test_weakening_settings_are_told() -> None:
    explained = explain("ENV GOSUMDB=off\n")
    assert explained.statements[0].claim.id == "A25"
    assert explain("export GOINSECURE=*\n").mistakes[0].level is Level.WARNING


@pytest.mark.parametrize(
    "name",
    ["HTTP_PROXY", "GONOSUMCHECK", "GODEBUG", "GOENV", "GOWORK", "GOROOT", "GOVERSION", "GOEXE", "GOTOOLDIR"],
)
def test_go_env_refuses_in_the_words_of_go(tmp_path: Path, name: str) -> None:
    environment = {"GOENV": str(tmp_path / "env"), "HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [go_command(), "env", "-w", f"{name}=x"], env=environment, capture_output=True, text=True
    )
    words = done.stderr.strip().removeprefix("go: ")
    mistake = mistakes(f"go env -w {name}=x")[0]
    assert done.returncode != 0
    assert words in mistake.message
    assert mistake.column == 11


def test_what_a_line_sets_is_read_as_the_shell_would() -> None:
    found, slips = read("export GOPROXY=https://a.example'|'dir\\ect GOPRIVATE=\"b.example\"")
    assert [(a.name, a.value) for a in found] == [
        ("GOPROXY", "https://a.example|direct"),
        ("GOPRIVATE", "b.example"),
    ]
    assert slips == []


def test_godebug_names_are_those_of_go(oracle_godebugs: tuple[set[str], set[str]]) -> None:
    known, removed = oracle_godebugs
    assert known <= KNOWN
    assert removed == set(REMOVED) == set(OLD_VALUES)
    assert complaint("http2client") is None
    assert "http2client" in (complaint("http2clien") or "")


@pytest.fixture(scope="module")
def oracle_godebugs() -> tuple[set[str], set[str]]:
    """The names in the installed Go's own table."""
    table = (goroot() / "src" / "internal" / "godebugs" / "table.go").read_text(encoding="utf-8")
    current, _, gone = table.partition("var Removed")
    names = re.compile(r'\{Name: "(\w+)"')
    return set(names.findall(current)), set(names.findall(gone))
