"""Every value of the environment against `go env -json`: generated processes, GOENV files and Go trees."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.diagnosis.environment_lint import lint
from probes.diagnosis.findings import Level
from probes.golang.environment import VARIABLES, Environment
from probes.sources.environment_reader import ASKED, ask_go, compare_with_go, read_environment
from tests.against_go.golang import go_binary, goroot

FILE_KEYS = [
    "GOPROXY", "GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GOSUMDB", "GOINSECURE", "GOVCS", "GOAUTH", "GOFLAGS",
    "GOTOOLCHAIN", "GO111MODULE", "GOPATH", "GOMODCACHE", "GOWORK", "GODEBUG", "GOENV", "GOVERSION",
    "HTTPS_PROXY", "NETRC", "GOPROXYS",
]  # fmt: skip

TEXT = st.one_of(
    st.sampled_from(
        [
            "", "", "https://proxy.example", "https://a.example,https://b.example|direct", "direct", "off",
            "\"https://a.example\"", "'direct'", "git.corp.example,*.corp.example", "none", "*", "a b",
            " leading", "trailing ", "x # comment", "a=b=c", "https://a.example，direct", "sum.golang.org",
            "netrc", "auto", "on", "value\r", "\ttab", "-mod=mod", "«quoted»", "\x7f\x01", "ÿ",
        ]
    ),
    st.text(st.characters(codec="utf-8", exclude_characters="\n\x00"), max_size=12),
)  # fmt: skip

PATHS = st.sampled_from(
    ["", "/srv/go", "/srv//go/", "/srv/a:/srv/b", ":/srv/b", "/srv/go/../x", "relative", "~/go"]
)


def _value_for(name: str) -> st.SearchStrategy[str]:
    if name == "GO111MODULE":
        return st.sampled_from(["", "on", "off", "auto", "on\r", "bogus"])
    if name in ("GOPATH", "GOMODCACHE"):
        return PATHS
    if name == "GOWORK":
        return st.sampled_from(["", "off", "auto", "/srv/go.work", "relative/go.work"])
    if name == "GOFLAGS":
        return st.sampled_from(
            ["", "-mod=mod", "mod=mod", "-mod mod", "'-tags=a b'", "-nope", '"-x', "-insecure"]
        )
    return TEXT


SETTINGS = st.fixed_dictionaries({}, optional={name: _value_for(name) for name in FILE_KEYS})


@st.composite
def env_files(draw: st.DrawFn) -> bytes:
    """A settings file as people, editors and `go env -w` leave it."""
    lines: list[bytes] = []
    for _ in range(draw(st.integers(0, 6))):
        key = draw(st.sampled_from(FILE_KEYS))
        value = draw(_value_for(key))
        shape = draw(
            st.sampled_from(["plain"] * 6 + ["spaces", "export", "lower", "indent", "comment", "bare"])
        )
        lines.append(
            {
                "plain": f"{key}={value}",
                "spaces": f"{key} = {value}",
                "export": f"export {key}={value}",
                "lower": f"{key.lower()}={value}",
                "indent": f"  {key}={value}",
                "comment": f"# {key}={value}",
                "bare": key,
            }[shape].encode()
        )
    if draw(st.integers(0, 9)) == 0:
        lines.append(b"GOPROXY=https://\xff\xfe.example\xe2\x82")
    end = draw(st.sampled_from([b"\n", b"\n", b"\r\n"]))
    bom = draw(st.sampled_from([b"", b"", b"", b"\xef\xbb\xbf"]))
    return bom + end.join(lines) + draw(st.sampled_from([b"", end, end + end]))


@dataclass
class Machine:
    """A machine on disk: a home, a working directory, a Go tree of symbolic links with its own go.env."""

    root: Path

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def work(self) -> Path:
        return self.root / "work/inner"

    @property
    def tree(self) -> Path:
        return self.root / "tree"

    def process(self, variables: dict[str, str]) -> dict[str, str]:
        base = {"PATH": str(go_binary().parent), "HOME": str(self.home), "GOTOOLCHAIN": "local"}
        return {**base, **variables}

    def write_goenv(self, data: bytes) -> None:
        file = self.home / ".config/go/env"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)

    def write_go_env(self, data: bytes | None) -> None:
        (self.tree / "go.env").unlink(missing_ok=True)
        if data is not None:
            (self.tree / "go.env").write_bytes(data)


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    with tempfile.TemporaryDirectory() as folder:
        machine = Machine(Path(folder).resolve())
        machine.work.mkdir(parents=True)
        machine.home.mkdir()
        machine.tree.mkdir()
        for name in ("bin", "pkg", "src", "lib", "VERSION"):
            (machine.tree / name).symlink_to(goroot() / name)
        yield machine


def go_env(process: dict[str, str], cwd: Path, names: tuple[str, ...] = ASKED) -> tuple[dict[str, str], str]:
    """What go prints; on failure no values and what it says."""
    done = subprocess.run([go_binary(), "env", "-json", *names], env=process, cwd=cwd, capture_output=True)
    if done.returncode != 0:
        assert done.stderr
        return {}, done.stderr.decode("utf-8", "surrogateescape")
    return json.loads(done.stdout), ""


def differences(environment: Environment, values: dict[str, str]) -> dict[str, tuple[str, str]]:
    def as_json(value: str) -> str:
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace_go")

    return {
        name: (environment.get(name), value)
        for name, value in values.items()
        if as_json(environment.get(name)) != value
    }


def _replace_go(error: UnicodeError) -> tuple[str, int]:
    """encoding/json: U+FFFD for each byte that is not UTF-8."""
    assert isinstance(error, UnicodeDecodeError)
    return "�", error.start + 1


import codecs  # noqa: E402

codecs.register_error("replace_go", _replace_go)


def check(process: dict[str, str], cwd: Path) -> None:
    """go and modtrace agree on every variable; where go refuses to run, modtrace has an error finding."""
    values, failure = go_env(process, cwd)
    environment = read_environment(process, cwd=str(cwd))
    if failure:
        assert any(finding.level is Level.ERROR for finding in lint(environment)), failure
        return
    assert set(values) == set(ASKED)
    assert differences(environment, values) == {}


@settings(max_examples=150, deadline=None)
@given(process=SETTINGS, goenv=env_files())
def test_process_and_file(machine: Machine, process: dict[str, str], goenv: bytes) -> None:
    machine.write_goenv(goenv)
    process = {
        name: value for name, value in process.items() if name not in ("GOENV", "GODEBUG", "GOTOOLCHAIN")
    }
    check(machine.process(process), machine.work)


@settings(max_examples=100, deadline=None)
@given(
    process=SETTINGS,
    goenv=env_files(),
    go_env_file=st.one_of(st.none(), env_files()),
    through_file=st.booleans(),
    goenv_variable=st.sampled_from(["", "off", "/nonexistent/go/env", "other", "own"]),
)
def test_go_tree_with_its_own_go_env(
    machine: Machine,
    process: dict[str, str],
    goenv: bytes,
    go_env_file: bytes | None,
    through_file: bool,
    goenv_variable: str,
) -> None:
    """The tree is named by the GOROOT variable or by the user's file; GOENV=off leaves go.env in force."""
    machine.write_go_env(go_env_file)
    process = {name: value for name, value in process.items() if name not in ("GODEBUG", "GOTOOLCHAIN")}
    if through_file:
        goenv += b"\nGOROOT=" + str(machine.tree).encode() + b"/./\n"
    else:
        process["GOROOT"] = str(machine.tree) + "//"
    machine.write_goenv(goenv)
    (machine.work / "other").write_bytes(b"GOPROXY=https://other.example\n" + goenv)
    own = str(machine.home / ".config/go/env")
    process["GOENV"] = {"own": own}.get(goenv_variable, goenv_variable)
    check(machine.process(process), machine.work)


@settings(max_examples=60, deadline=None)
@given(
    home=st.sampled_from([None, "", "relative", "/", "~", "/srv/./home//", "{home}", "{tree}/..", "a:/b"]),
    config=st.sampled_from([None, "", "relative", "{home}/.config", "{home}//.config/"]),
    root=st.sampled_from([None, "{tree}", "{home}/go"]),
    gopath=st.sampled_from([None, "", "/srv/a:/srv/b"]),
)
def test_places(
    machine: Machine, home: str | None, config: str | None, root: str | None, gopath: str | None
) -> None:
    """GOENV, GOPATH and GOMODCACHE from HOME, XDG_CONFIG_HOME and GOROOT in all their odd forms."""
    machine.write_go_env(b"GOPROXY=direct\n")
    machine.write_goenv(b"GOPRIVATE=from.file\n")
    beside = machine.home / "go"
    if not beside.exists():
        beside.symlink_to(machine.tree)
    process = machine.process({})
    named = {"HOME": home, "XDG_CONFIG_HOME": config, "GOROOT": root, "GOPATH": gopath}
    for name, value in named.items():
        process.pop(name, None)
        if value is not None:
            process[name] = value.format(home=machine.home, tree=machine.tree)
    check(process, machine.work)


@pytest.mark.parametrize("gowork", [None, "", "off", "auto", "/srv/go.work", "relative"])
@pytest.mark.parametrize("place", ["inner", "outer", "folder", "none"])
def test_workspace(machine: Machine, tmp_path: Path, gowork: str | None, place: str) -> None:
    inner = tmp_path / "outer/inner"
    inner.mkdir(parents=True)
    machine.write_goenv(b"")
    if place == "folder":
        (inner / "go.work").mkdir()
    elif place != "none":
        (tmp_path / "outer" / ("inner/go.work" if place == "inner" else "go.work")).write_text("go 1.27\n")
    check(machine.process({} if gowork is None else {"GOWORK": gowork}), inner)


@pytest.mark.parametrize(
    "value", ["auto", "path", "local", "local+auto", "local+x", "go1.27.3", "go1.27.3+path", "garbage",
              "go1.21+nope", "+auto", "go1.x", "go01.2", "go1.27.3-corp+auto", "local\r", ""],
)  # fmt: skip
@pytest.mark.parametrize("in_file", [False, True])
def test_toolchain(machine: Machine, value: str, in_file: bool) -> None:
    """`go env GOTOOLCHAIN` answers for every value; every other command fails for a bad one."""
    process = machine.process({})
    del process["GOTOOLCHAIN"]
    machine.write_goenv(b"")
    if in_file:
        machine.write_goenv(b"GOTOOLCHAIN=" + value.encode() + b"\n")
    else:
        process["GOTOOLCHAIN"] = value
    environment = read_environment(process, cwd=str(machine.work))
    answer = ask_go(["GOTOOLCHAIN", "GOPROXY"], process, str(machine.work))
    assert answer is not None
    assert compare_with_go(environment, answer) == []
    _, failure = go_env({**process, "GOPROXY": "off", "PATH": "/nonexistent"}, machine.work, ("GOPROXY",))
    errors = [f for f in lint(environment) if f.variable == "GOTOOLCHAIN" and f.level is Level.ERROR]
    if failure.startswith("go: invalid GOTOOLCHAIN"):
        assert [failure.strip() in error.message for error in errors] == [True]
    else:
        assert errors == []


def test_working_directory_reached_through_a_link(machine: Machine, tmp_path: Path) -> None:
    """os.Getwd believes PWD, so GOWORK is spelt with the link."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "real/go.work").write_text("go 1.27\n")
    machine.write_goenv(b"")
    process = machine.process({"PWD": str(tmp_path / "link")})
    values, _ = go_env(process, tmp_path / "link", ("GOWORK",))
    assert values == {"GOWORK": str(tmp_path / "link/go.work")}
    assert read_environment(process, cwd=str(tmp_path / "link")).get("GOWORK") == values["GOWORK"]


@pytest.mark.parametrize("script", ['exec {go} "$@"', 'GOROOT={tree} exec {go} "$@"'])
@pytest.mark.parametrize("goroot_variable", [None, "tree", "real"])
def test_go_behind_a_wrapper_script(
    machine: Machine, tmp_path: Path, script: str, goroot_variable: str | None
) -> None:
    """A shim that runs go from elsewhere, and one that sets GOROOT by itself."""
    wrapper = tmp_path / "bin/go"
    wrapper.parent.mkdir()
    wrapper.write_text("#!/bin/sh\n" + script.format(go=go_binary(), tree=machine.tree) + "\n")
    wrapper.chmod(0o755)
    machine.write_goenv(b"")
    machine.write_go_env(b"GOPROXY=https://tree.example\n")
    process = machine.process({"PATH": f"{wrapper.parent}:/bin:/usr/bin"})
    if goroot_variable:
        process["GOROOT"] = str({"tree": machine.tree, "real": goroot()}[goroot_variable])
    done = subprocess.run(
        [wrapper, "env", "-json", *ASKED], env=process, cwd=machine.work, capture_output=True, check=True
    )
    environment = read_environment(process, cwd=str(machine.work))
    assert differences(environment, json.loads(done.stdout)) == {}


def test_every_variable_that_go_knows_is_asked() -> None:
    assert {"GOPROXY", "GOVERSION", "GODEBUG", "GOENV", "GOWORK", "GOMODCACHE"} <= set(ASKED)
    assert len(ASKED) == len([v for v in VARIABLES if v.name.startswith("GO")])
