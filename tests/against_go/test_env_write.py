"""`go env -w` and `go env -u` against plan_set, plan_unset and plan_write: bytes, exit code, stderr."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.golang.env_file import EnvFile
from probes.settings.build_config import EXPERIMENTS, PLATFORMS
from probes.settings.env_apply import apply, undo
from probes.settings.env_write import EnvChange, NeverRead, Refused, plan_set, plan_unset, plan_write
from probes.settings.whatif import as_written
from probes.sources.environment_reader import read_environment
from tests.against_go.golang import go_binary, goroot

NAMES = [
    "GOPROXY", "GOPROXY", "GOPRIVATE", "GOPRIVATE", "GONOPROXY", "GOSUMDB", "GOFLAGS", "GO", "GO386", "GOOS",
    "GOARCH", "GOEXPERIMENT", "GOTOOLCHAIN", "GO111MODULE", "GOPATH", "GOMODCACHE", "GOTMPDIR", "CC", "CXX",
    "GOENV", "GODEBUG", "GOROOT", "GOWORK", "GOVERSION", "GOMOD", "GOPROXYS", "HTTPS_PROXY", "goproxy",
    "AR", "AR\n\tCC", "", " GOPROXY", "GOPROXY ", "UNKNOWN", "GOTELEMETRY", "GOEXE", "GOVCS", "É",
]  # fmt: skip
VALUES = st.one_of(
    st.sampled_from(
        [
            "", "", "direct", "off", "https://goproxy.cn|direct", "a=b", " x ", "x # y", "#", "on", "auto",
            "local", "go1.99", "bogus", "/srv/go", "/srv/a:b", "~/go", "rel/ative", "linux", "windows",
            "plan9", "arm64", "amd64", "386", "none", "noregabi", "arenas,nosimd", "noarenas,,x", "no",
            "gcc -m32", "'gcc", "./cc", "a/", "/", " ", '"', "'' x", "\v", "a\rb", "a\nb", "\f\t", "ü",
            "\udcff", "，", "\U000e0001", "\x7f",
        ]
    ),
    st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=6),
)  # fmt: skip
ARGUMENTS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(NAMES), VALUES).map("=".join),
        st.tuples(st.sampled_from(NAMES[:6]), VALUES).map("=".join),
        st.sampled_from(["GOPROXY", "", "=", "=x"]),
    ),
    max_size=4,
)
FILE_LINES = st.one_of(
    st.tuples(st.sampled_from([n for n in NAMES if "\n" not in n]), VALUES).map(
        lambda pair: "=".join(pair).replace("\n", "")
    ),
    st.tuples(st.sampled_from(NAMES[:8]), st.sampled_from(["a", "b", ""])).map("=".join),
    st.sampled_from(
        ["", "", "# comment", "# GOPROXY=x", "junk", "GO#PROXY=x", "=x", "Z", " ", "lower=1", "UNKNOWN=1"]
    ),
)
FILES = st.one_of(
    st.none(),
    st.tuples(st.lists(FILE_LINES, max_size=10), st.sampled_from(["\n", "\n", "\r\n"]), st.booleans()).map(
        lambda made: (made[1].join(made[0]) + made[1] * made[2]).encode("utf-8", "surrogateescape")
    ),
    st.binary(max_size=20),
)
PROCESS = st.fixed_dictionaries(
    {},
    optional={
        "GOPROXY": st.sampled_from(["direct", "off", ""]),
        "GOPRIVATE": st.sampled_from(["a", ""]),
        "GOOS": st.sampled_from(["linux", "plan9", "", "bogus"]),
        "GOARCH": st.sampled_from(["386", "arm64"]),
        "GO111MODULE": st.sampled_from(["off", "auto"]),
        "GOPATH": st.sampled_from(["/srv/go", "rel", "~/x"]),
        "GOFLAGS": st.sampled_from(["-mod=mod", "'", "nonsense"]),
        "GOWORK": st.sampled_from(["rel", "/srv/go.work", "off"]),
        "GOTOOLCHAIN": st.sampled_from(["local+auto", "local+path", "nonsense"]),
        "GOEXPERIMENT": st.sampled_from(["bogus", "none"]),
    },
)


@dataclass
class Home:
    root: Path

    @property
    def file(self) -> Path:
        return self.root / "config/go/env"

    def process(self, variables: dict[str, str]) -> dict[str, str]:
        base = {
            "PATH": str(go_binary().parent),
            "HOME": str(self.root / "home"),
            "XDG_CONFIG_HOME": str(self.root / "config"),
            "GOTOOLCHAIN": "local",
        }
        return {**base, **variables}

    def put(self, data: bytes | None) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.unlink(missing_ok=True)
        if data is not None:
            self.file.write_bytes(data)

    def get(self) -> bytes | None:
        return self.file.read_bytes() if self.file.exists() else None

    def go(self, process: dict[str, str], *arguments: str) -> tuple[int, str]:
        argv = [os.fsencode(part) for part in (str(go_binary()), "env", *arguments)]
        done = subprocess.run(argv, env=process, cwd=self.root, capture_output=True, timeout=60)
        assert done.stdout == b""
        return done.returncode, done.stderr.decode("utf-8", "surrogateescape")


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "home").mkdir()
        yield Home(Path(folder))


def attempt(plan: Callable[..., EnvChange], *arguments: object) -> EnvChange | Refused | NeverRead:
    """What is planned, or why it is not."""
    try:
        return plan(*arguments)
    except (Refused, NeverRead) as error:
        return error


def ours(
    home: Home, process: dict[str, str], option: str, arguments: Sequence[str]
) -> tuple[int, str, bytes | None]:
    environment = read_environment(process, cwd=str(home.root))
    plan = plan_set if option == "-w" else plan_unset
    try:
        change = plan(environment, arguments)
    except Refused as refused:
        return refused.exit_code, refused.stderr, home.get()
    return 0, "".join(line + "\n" for line in change.warnings), change.after


def same(home: Home, process: dict[str, str], option: str, arguments: Sequence[str]) -> tuple[int, str]:
    """Both on the same file; the real go last."""
    expected = ours(home, process, option, arguments)
    dashes = ["--"] if len(arguments) != 1 else []
    code, stderr = home.go(process, option, *dashes, *arguments)
    assert expected == (code, stderr, home.get())
    return code, stderr


@settings(max_examples=120, deadline=None)
@given(FILES, PROCESS, ARGUMENTS)
def test_set(home: Home, data: bytes | None, variables: dict[str, str], arguments: list[str]) -> None:
    home.put(data)
    same(home, home.process(variables), "-w", arguments)


@settings(max_examples=60, deadline=None)
@given(
    FILES,
    PROCESS,
    st.lists(st.one_of(st.sampled_from(NAMES[:9]), st.sampled_from([*NAMES, "A=b"])), max_size=3),
)
def test_unset(home: Home, data: bytes | None, variables: dict[str, str], names: list[str]) -> None:
    home.put(data)
    same(home, home.process(variables), "-u", names)


SETTABLE = ["GOPROXY", "GOPRIVATE", "GONOSUMDB", "GOFLAGS", "GOSUMDB", "GO386", "PKG_CONFIG", "AR", "GOVCS"]


@settings(max_examples=120, deadline=None)
@given(
    FILES,
    st.dictionaries(st.sampled_from(SETTABLE), st.one_of(st.none(), st.sampled_from(["", "x", "a=#b"])), min_size=1),
)  # fmt: skip
def test_accepted_changes_written_and_undone(
    home: Home, data: bytes | None, changes: dict[str, str | None]
) -> None:
    """Mostly accepted ones: two commands of go, one change of ours, and the way back."""
    home.put(data)
    process = home.process({})
    environment = read_environment(process, cwd=str(home.root))
    values = [f"{name}={value}" for name, value in changes.items() if value is not None]
    names = [name for name, value in changes.items() if value is None]
    change = attempt(plan_write, environment, changes)
    if isinstance(change, Refused):
        results = [home.go(process, o, "--", *a) for o, a in (("-w", values), ("-u", names)) if a]
        assert (change.exit_code, change.stderr) == results[-1]
        return
    assert isinstance(change, EnvChange)
    applied = apply(change, home.root / "backups")
    written = home.get()
    foreseen = as_written(environment, change).settings
    assert dict(read_environment(process, cwd=str(home.root)).settings) == dict(foreseen)
    undo(applied)
    assert home.get() == data
    for option, arguments in (("-w", values), ("-u", names)):
        if arguments:
            assert home.go(process, option, "--", *arguments) == (0, "")
    assert home.get() == written


@pytest.mark.parametrize(
    ("option", "arguments", "words"),
    [
        ("-w", ["GOPROXY"], "go: arguments must be KEY=VALUE: invalid argument: GOPROXY"),
        ("-w", ["GOPROXY=a", "GOPROXY=b"], "go: multiple values for key: GOPROXY"),
        ("-w", ["GOTMPDIR=x"], "go: GOTMPDIR must be an absolute path"),
        ("-w", ["GOTMPDIR="], ""),
        ("-w", ["GOOS=windows", "GOARCH=riscv64"], "go: unsupported GOOS/GOARCH pair windows/riscv64"),
        ("-w", ["GOOS="], "go: unsupported GOOS/GOARCH pair /"),
        ("-w", ["GOEXPERIMENT=nofoo"], "go: unknown GOEXPERIMENT foo"),
        ("-w", ["GO111MODULE=yes"], 'go: invalid GO111MODULE value "yes"'),
        ("-w", ["GODEBUG=x=1"], "go: GODEBUG can only be set using the OS environment"),
        ("-w", ["GOROOT=/x"], "go: GOROOT cannot be modified"),
        ("-w", ["GOPROXY=https://goproxy.cn，direct"], ""),
        ("-w", ["GOFLAGS=nonsense"], ""),
        ("-w", ["GOTOOLCHAIN=nonsense"], ""),
        ("-w", ["CC= "], "go: CC entry cannot contain only space"),
        ("-w", ["CXX='x"], "go: invalid CXX: unterminated ' string"),
        ("-w", [], "go: no KEY=VALUE arguments given"),
        ("-u", [], "go: 'go env -u' requires an argument"),
        ("-u", ["GOPROXY"], "go: reading go env config: open "),
    ],
)
def test_words(home: Home, option: str, arguments: list[str], words: str) -> None:
    home.put(None)
    code, stderr = same(home, home.process({}), option, arguments)
    assert stderr.startswith(words)
    assert bool(code) == bool(words)


@pytest.mark.parametrize("goenv", ["off", "relative/env", "home", "{root}/file/env", ""])
@pytest.mark.parametrize("places", [{}, {"XDG_CONFIG_HOME": "rel"}, {"XDG_CONFIG_HOME": "", "HOME": ""}])
@pytest.mark.parametrize("option", ["-w", "-u"])
def test_where_the_file_is(tmp_path: Path, goenv: str, places: dict[str, str], option: str) -> None:
    """Off, relative, a folder, below a file (which the reader takes for missing), nowhere."""
    home = Home(tmp_path)
    (tmp_path / "home").mkdir()
    (tmp_path / "file").write_text("x")
    process = home.process({**places, "GOENV": goenv.format(root=tmp_path)})
    environment = read_environment(process, cwd=str(tmp_path))
    argument = "GOPROXY=off" if option == "-w" else "GOPROXY"
    plan = plan_set if option == "-w" else plan_unset
    change = attempt(plan, environment, [argument])
    if isinstance(change, NeverRead):
        assert goenv == "off"
        assert change.path == str(home.file)
        home.put(b"GOPROXY=direct\nGOPRIVATE=a\n")
        change = plan(environment, [argument], unread=EnvFile(change.path, home.get()))
    if isinstance(change, Refused):
        if "file/env" not in goenv:
            assert home.go(process, option, argument) == (change.exit_code, change.stderr)
        return
    if "file/env" in goenv:
        assert home.go(process, option, argument)[0] == 1
        return
    assert home.go(process, option, argument) == (0, "")
    assert Path(change.path).read_bytes() == change.after


@pytest.mark.parametrize("value", ["auto", "local", "nonsense", "go1.x", "local+bad", "go1.99.0+bogus", ""])
@pytest.mark.parametrize("argument", ["GOTOOLCHAIN=local", "GOPROXY=off"])
@pytest.mark.parametrize("module_mode", ["", "on", "off"])
def test_a_bad_gotoolchain_can_be_mended(home: Home, value: str, argument: str, module_mode: str) -> None:
    home.put(f"GOTOOLCHAIN={value}\nGO111MODULE={module_mode}\n".encode())
    process = home.process({})
    del process["GOTOOLCHAIN"]
    same(home, process, "-w", [argument])


@pytest.mark.parametrize("variables", [{"GOPATH": "{goroot}"}, {"GOROOT": "/nonexistent"}])
def test_what_is_said_first(home: Home, variables: dict[str, str]) -> None:
    home.put(b"")
    process = home.process({name: value.format(goroot=goroot()) for name, value in variables.items()})
    _, stderr = same(home, process, "-w", ["GOPROXY=off"])
    assert stderr


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
@pytest.mark.parametrize("existing", [None, 0o600, 0o644, 0o664, 0o755])
def test_mode_of_the_written_file(home: Home, umask: int, existing: int | None) -> None:
    modes = []
    for by_go in (True, False):
        home.put(None if existing is None else b"GOPROXY=direct\n")
        if existing is not None:
            home.file.chmod(existing)
        process = home.process({})
        change = plan_set(read_environment(process, cwd=str(home.root)), ["GOPROXY=off"])
        old = os.umask(umask)
        try:
            if by_go:
                assert home.go(process, "-w", "GOPROXY=off") == (0, "")
            else:
                apply(change, home.root / "backups")
        finally:
            os.umask(old)
        modes.append(home.file.stat().st_mode)
    assert modes[0] == modes[1]


def test_tables_of_this_go() -> None:
    """Every platform and experiment of the go at hand, and no other."""
    listed = subprocess.run(
        [go_binary(), "tool", "dist", "list"], env={"PATH": "", "HOME": "/", "GOENV": "off", "GOTOOLCHAIN": "local"},
        capture_output=True, text=True,
    )  # fmt: skip
    if listed.returncode == 0:
        pairs = {tuple(line.split("/")) for line in listed.stdout.split()}
        assert pairs <= PLATFORMS
    source = goroot() / "src/internal/platform/zosarch.go"
    text = source.read_text().partition("var List")[2].partition("\n}")[0]
    found = {
        tuple(part.strip('", ') for part in line.strip("\t{},").split(",")) for line in text.split("\n")[1:]
    }
    assert found == PLATFORMS
    flags = (goroot() / "src/internal/goexperiment/flags.go").read_text()
    fields = {
        line.split()[0].lower()
        for line in flags.splitlines()
        if line.startswith("\t") and line.endswith(" bool")
    }
    assert fields == EXPERIMENTS
