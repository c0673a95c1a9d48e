"""Lines to copy: the shells that are here really run them, the other forms are read back by their own rules."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.golang.safetext import safe_text
from probes.settings.lines import TITLES, Form, snippet, snippets

NASTY = [
    "https://goproxy.cn|direct", "a b", " a ", "$HOME", "${{ secrets.X }}", "$(id)", "`id`", "a'b", '"', "\\", "a\\", "\\'",
    "%PATH%", "!x", "~/go", "a:~root", "=ls", "*", "[a]", "{a,b}", "a;id", "a&b", "<x", "#c", "a#c", "-n", "--", "&&",
    "ü，‘’", "^", "(", "@x", "a\\nb", "%n", "$$", "${", "'", "''", "\\\\", "\\$", "-mod=mod", "\\x41",
]  # fmt: skip
VALUES = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.sampled_from("ab'\"\\$ `%!~{}()[]*?;&|<>#=-^@:,./ü"), min_size=1, max_size=8),
    st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=5),
).filter(lambda value: safe_text(value) == value)
SHELLS = [
    ("bash", Form.SH, 'printf "%s" "$GOFLAGS"'),
    ("sh", Form.SH, 'printf "%s" "$GOFLAGS"'),
    ("dash", Form.SH, 'printf "%s" "$GOFLAGS"'),
    ("zsh", Form.SH, 'printf "%s" "$GOFLAGS"'),
    ("fish", Form.FISH, 'printf "%s" "$GOFLAGS"'),
]


def run(shell: str, script: str) -> str:
    found = shutil.which(shell)
    if found is None:
        pytest.skip(f"no {shell} here")
    flags = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]}.get(shell, [])
    with tempfile.TemporaryDirectory() as home:  # fish makes folders there
        env = {"PATH": "/usr/bin:/bin", "HOME": home, "LANG": "C.UTF-8", "GOPRIVATE": "was set"}
        done = subprocess.run([found, *flags, "-c", script], env=env, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


@pytest.mark.parametrize(("shell", "form", "show"), SHELLS)
def test_shells_read_back_every_nasty_value(shell: str, form: Form, show: str) -> None:
    """All in one script, each shown behind the line that sets it."""
    values = [value for value in NASTY if snippet({"GOFLAGS": value}, form).lines]
    assert values == NASTY
    separator = "printf '\\n----\\n'"
    script = "\n".join(f"{snippet({'GOFLAGS': value}, form).text}{show}\n{separator}" for value in values)
    assert run(shell, script).split("\n----\n")[:-1] == values


@pytest.mark.parametrize(("shell", "form", "show"), SHELLS)
@settings(max_examples=15, deadline=None)
@given(values=st.lists(VALUES, min_size=1, max_size=20))
def test_shells_read_back_any_value(shell: str, form: Form, show: str, values: list[str]) -> None:
    made = {value: snippet({"GOFLAGS": value}, form) for value in values}
    values = [value for value in values if not made[value].notes[1:]]  # a mask is not the value
    script = "\n".join(f"{made[value].text}{show}\nprintf '\\n----\\n'" for value in values)
    assert run(shell, script or "true").split("\n----\n")[:-1] == values


@pytest.mark.parametrize(("shell", "form", "_"), SHELLS)
def test_shells_forget(shell: str, form: Form, _: str) -> None:
    assert "GOPRIVATE" in run(shell, "env")
    assert "GOPRIVATE" not in run(shell, snippet({"GOPRIVATE": None}, form).text + "env")


@pytest.mark.parametrize("shell", ["bash", "sh", "dash", "zsh", "fish"])
def test_go_env_gets_its_arguments(shell: str) -> None:
    """One line for all of these shells; what they would read differently is told."""
    function = (
        "function go; printf '%s\\n' $argv; end\n" if shell == "fish" else "go() { printf '%s\\n' \"$@\"; }\n"
    )
    written = [value for value in NASTY if snippet({"GOFLAGS": value}, Form.GO_ENV).lines]
    assert len(written) > len(NASTY) / 2
    script = function + "".join(snippet({"GOFLAGS": value}, Form.GO_ENV).text for value in written)
    expected = "".join(f"env\n-w\nGOFLAGS={value}\n" for value in written)
    assert (
        run(shell, script + snippet({"GOPROXY": None}, Form.GO_ENV).text) == expected + "env\n-u\nGOPROXY\n"
    )


# -- forms without a program here: read back by the rule that the program documents


def dockerfile(text: str) -> str:
    body = re.fullmatch(r'ENV GOFLAGS="(.*)"', text)
    assert body
    assert not re.search(r'(?<!\\)(?:\\\\)*["$]', body[1])
    return re.sub(r'\\([\\"$])', r"\1", body[1])


def systemd(text: str) -> str:
    body = re.fullmatch(r'Environment="GOFLAGS=(.*)"', text)
    assert body
    assert "%" not in body[1].replace("%%", "")
    return re.sub(r'\\([\\"])', r"\1", body[1]).replace("%%", "%")


def github(text: str) -> str:
    value = json.loads(text.removeprefix("  GOFLAGS: "))
    assert "${{" not in value.replace("${{ '${{' }}", "")
    return str(value).replace("${{ '${{' }}", "${{")


def gitlab(text: str) -> str:
    value = json.loads(text.removeprefix("  GOFLAGS: "))
    assert "$" not in value.replace("$$", "")
    return str(value).replace("$$", "$")


def powershell(text: str) -> str:
    body = re.fullmatch(r"\$env:GOFLAGS = '(.*)'", text)
    assert body
    assert not re.search("['‘’‚‛]", re.sub(r"(['‘’‚‛])\1", "", body[1]))
    return re.sub(r"(['‘’‚‛])\1", r"\1", body[1])


def cmd(text: str) -> str:
    body = re.fullmatch(r'set "GOFLAGS=([^"%!^]*)"', text)
    assert body
    return body[1]


READERS = {
    Form.DOCKERFILE: dockerfile, Form.SYSTEMD: systemd, Form.GITHUB: github, Form.GITLAB: gitlab,
    Form.POWERSHELL: powershell, Form.CMD: cmd,
}  # fmt: skip


@pytest.mark.parametrize("form", READERS)
@given(value=VALUES)
def test_other_forms_read_back(form: Form, value: str) -> None:
    made = snippet({"GOFLAGS": value}, form)
    if made.problems:
        assert form is Form.CMD
        assert not made.lines
        assert re.search(r"[\"%!^]|[^ -~]", value)
    elif "stands for the secret" not in " ".join(made.notes):
        assert READERS[form](made.lines[-1]) == value


CHANGES = {"GOPROXY": "https://goproxy.cn|direct", "GOPRIVATE": None}


def test_every_form_at_a_glance() -> None:
    said = {made.form: list(made.lines) for made in snippets(CHANGES)}
    assert said == {
        Form.SH: ["export GOPROXY='https://goproxy.cn|direct'", "unset GOPRIVATE"],
        Form.FISH: ["set -gx GOPROXY 'https://goproxy.cn|direct'", "set -e GOPRIVATE"],
        Form.POWERSHELL: [
            "$env:GOPROXY = 'https://goproxy.cn|direct'",
            "Remove-Item Env:GOPRIVATE -ErrorAction Ignore",
        ],
        Form.CMD: ['set "GOPROXY=https://goproxy.cn|direct"', 'set "GOPRIVATE="'],
        Form.GO_ENV: ["go env -w 'GOPROXY=https://goproxy.cn|direct'", "go env -u GOPRIVATE"],
        Form.GO_ENV_CMD: ['go env -w "GOPROXY=https://goproxy.cn|direct"', "go env -u GOPRIVATE"],
        Form.DOCKERFILE: ['ENV GOPROXY="https://goproxy.cn|direct"', 'ENV GOPRIVATE=""'],
        Form.DOCKER_BUILD: [
            "docker build --build-arg GOPROXY='https://goproxy.cn|direct' --build-arg GOPRIVATE= ."
        ],
        Form.ENV_FILE: ["GOPROXY=https://goproxy.cn|direct", "GOPRIVATE="],
        Form.GITHUB: ["env:", '  GOPROXY: "https://goproxy.cn|direct"', '  GOPRIVATE: ""'],
        Form.GITLAB: ["variables:", '  GOPROXY: "https://goproxy.cn|direct"', '  GOPRIVATE: ""'],
        Form.SYSTEMD: [
            "[Service]",
            'Environment="GOPROXY=https://goproxy.cn|direct"',
            "UnsetEnvironment=GOPRIVATE",
        ],
    }
    assert set(TITLES) == set(Form)


@pytest.mark.parametrize("form", Form)
def test_secrets_are_masked_and_told(form: Form) -> None:
    made = snippet({"GOPROXY": "https://me:s3cret@p.example,direct"}, form)
    assert "s3cret" not in repr(made)
    assert "xxxxx@p.example" in made.text
    assert any("stands for the secret in GOPROXY" in note for note in made.notes)


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("value", ["a\nb", "a\x1b[2Jb", "a\u202eb", "\udcff", "a\x00b"])
def test_what_does_not_survive_copying_is_told(form: Form, value: str) -> None:
    made = snippet({"GOFLAGS": value, "GOPROXY": "off"}, form)
    assert "GOFLAGS" not in made.text
    assert "GOPROXY" in made.text
    assert len(made.problems) == 1
    assert safe_text(made.problems[0]) == made.problems[0]


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("name", ["", "A B", "A;id", "A=B", "-x", "Ä", "1A"])
def test_names_are_names(form: Form, name: str) -> None:
    assert snippet({name: "x"}, form).lines == ()


def test_go_env_is_not_offered_what_it_refuses() -> None:
    made = snippet(
        {"HTTPS_PROXY": "p:1", "GODEBUG": "x=1", "GO111MODULE": "yes", "GOPROXY": "off"}, Form.GO_ENV
    )
    assert made.lines == ("go env -w 'GOPROXY=off'",)
    assert made.problems == (
        "go env refuses HTTPS_PROXY: unknown go command variable HTTPS_PROXY.",
        "go env refuses GODEBUG: GODEBUG can only be set using the OS environment.",
        'go env refuses GO111MODULE: invalid GO111MODULE value "yes".',
    )


@pytest.mark.parametrize("value", [" a", "a ", "a'b", 'a"b', "a#b", "a$b", "a\\b"])
def test_env_files_are_read_in_many_ways(value: str) -> None:
    assert snippet({"GOFLAGS": value}, Form.ENV_FILE).lines == ()
