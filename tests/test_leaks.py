"""Which private paths would be sent to whom, and the line against it: what it is, and what it never does."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.golang.environment import Environment, layer_environment
from probes.golang.gomod_full import read_full
from probes.golang.goproxy import Access
from probes.golang.patterns import match_prefix_patterns
from probes.leaks.audit import Audit, Beside, audit_paths, audit_project
from probes.leaks.hosts import has_prefix
from probes.leaks.looks import Confidence, Sign
from probes.leaks.remotes import Remote, Remotes, parse_remotes, remote_of
from probes.leaks.told import Who
from probes.project.project import MainModule, Project
from probes.trace.route import plan
from tests.modtrace import clean_environment, modtrace

STOCK = "https://proxy.golang.org,direct"
HERE = Path("/nowhere")


def environment(**variables: str) -> Environment:
    """Settings without a file."""
    return layer_environment(
        {"GOENV": "off", "GOPROXY": STOCK, "GOSUMDB": "sum.golang.org", **variables}, None, None
    )


def project(module: str, *requires: str, more: str = "") -> Project:
    """A module that requires these."""
    lines = "".join(f"require {path} v1.0.0\n" for path in requires)
    text = f"module {module}\n\ngo 1.22\n\n{lines}{more}".replace("/v2 v1.0.0", "/v2 v2.0.0")
    parsed = read_full(text.encode())
    assert not parsed.errors, parsed.errors
    return Project(HERE, [MainModule(HERE, parsed)])


def audit(
    module: str, *requires: str, remotes: Sequence[str] = (), more: str = "", told: str = "",
    own: Sequence[str] = (), **variables: str,
) -> Audit:  # fmt: skip
    """What comes out for such a project."""
    found = Remotes(tuple(one for url in remotes if (one := remote_of(url)) is not None))
    beside = Beside(told=told, own=frozenset(own), remotes=found)
    return audit_project(project(module, *requires, more=more), environment(**variables), beside, "go.mod")


def looks(found: Audit) -> dict[str, tuple[Confidence, Sign]]:
    return {row.path: (row.look.confidence, row.look.sign) for row in found.rows}


# -- what looks private ------------------------------------------------------------------------------

CERTAIN, LIKELY, PERHAPS, PUBLIC = (
    Confidence.CERTAIN, Confidence.LIKELY, Confidence.PERHAPS, Confidence.PUBLIC,
)  # fmt: skip
LOOKS: list[tuple[str, str, dict[str, Any], Confidence, Sign]] = [
    ("git.acme.com/app", "git.acme.com/lib", {}, LIKELY, Sign.SAME_HOST),
    ("m.local/app", "git.acme.com/lib", {"remotes": ["ssh://git@git.acme.com:22/app.git"]}, LIKELY, Sign.SAME_HOST),
    ("m.local/app", "git.acme.com/lib", {"remotes": ["git@git.acme.com:team/app.git"]}, LIKELY, Sign.SAME_HOST),
    ("m.local/app", "build.internal/lib", {}, LIKELY, Sign.INNER_HOST),
    ("m.local/app", "x.corp/lib", {}, LIKELY, Sign.INNER_HOST),
    ("m.local/app", "nas.lan/lib", {}, LIKELY, Sign.INNER_HOST),
    ("m.local/app", "10.1.2.3/lib", {}, LIKELY, Sign.INNER_HOST),
    ("m.local/app", "192.168.0.9/lib", {}, LIKELY, Sign.INNER_HOST),
    ("git.acme.com/app", "go.acme.com/kit", {}, PERHAPS, Sign.SAME_DOMAIN),
    ("github.com/acme/app", "github.com/acme/lib", {}, PERHAPS, Sign.SAME_OWNER),
    ("m.local/app", "gitlab.com/acme/sub/lib", {"remotes": ["https://gitlab.com/acme/sub/app.git"]}, PERHAPS,
     Sign.SAME_OWNER),
    ("github.com/acme/app", "github.com/acmecorp/lib", {}, PUBLIC, Sign.PUBLIC_HOST),
    ("github.com/acme/app", "golang.org/x/text", {}, PUBLIC, Sign.PUBLIC_HOST),
    ("github.com/acme/app", "who.knows.io/x", {}, PERHAPS, Sign.UNKNOWN_HOST),
    ("github.com/acme/app", "github.com/acme/lib", {"told": "github.com/acme"}, CERTAIN, Sign.TOLD),
    ("m.local/app", "git.acme.com/lib", {"GOPRIVATE": "*.acme.com"}, CERTAIN, Sign.PATTERN),
    ("m.local/app", "git.acme.com/lib", {"GONOSUMDB": "git.acme.com"}, CERTAIN, Sign.PATTERN),
    ("m.local/app", "golang.org/x/text", {"GOPRIVATE": "*"}, PUBLIC, Sign.PUBLIC_HOST),
    ("m.local/app", "github.com/pkg/errors", {"GOPRIVATE": "github.com"}, PUBLIC, Sign.PUBLIC_HOST),
]  # fmt: skip
NEAR = (
    " git.acme.com", "https://git.acme.com", "git.acme.com:8443", "git.acme.com/team@main", "git.acme.com|x.corp",
    "a.corp\uff0cgit.acme.com", "Git.acme.com", "*.git.acme.com", "git.acme.com/team/lib/*", "git@git.acme.com:team",
    ".acme.com", "git.acme.com/Team", "git.acme.com/...", "a.corp;git.acme.com", "\u200bgit.acme.com",
)  # fmt: skip


@pytest.mark.parametrize(("main", "path", "how", "confidence", "sign"), LOOKS)
def test_what_looks_private(
    main: str, path: str, how: Mapping[str, Any], confidence: Confidence, sign: Sign
) -> None:
    assert looks(audit(main, path, **how))[path] == (confidence, sign)


@pytest.mark.parametrize("pattern", NEAR)
def test_a_pattern_that_misses_is_mended_where_it_stands(pattern: str) -> None:
    found = audit(
        "m.local/app",
        "git.acme.com/team/lib",
        "github.com/pkg/errors",
        GOPRIVATE=f"first.corp,{pattern},last.corp",
    )
    [row] = [row for row in found.rows if row.path == "git.acme.com/team/lib"]
    assert row.look.sign is Sign.NEAR_MISS
    assert found.line is not None
    value = found.line.line.settings["GOPRIVATE"]
    assert value.startswith("first.corp,")
    assert value.endswith(",last.corp")
    assert pattern not in value.split(",") or pattern.startswith("*.")
    assert found.line.still == ()
    assert match_prefix_patterns(value, "git.acme.com/team/lib")


def test_what_a_public_database_has_is_public(tmp_path: Path) -> None:
    lookup = tmp_path / "cache/download/sumdb/sum.golang.org/lookup"
    lookup.mkdir(parents=True)
    (lookup / "git.acme.com/!lib@v1.0.0").parent.mkdir()
    (lookup / "git.acme.com/!lib@v1.0.0").write_text("1\n")
    found = audit("git.acme.com/app", "git.acme.com/Lib", "git.acme.com/own", GOMODCACHE=str(tmp_path))
    assert looks(found)["git.acme.com/Lib"] == (PUBLIC, Sign.PUBLISHED)
    assert found.line is not None
    assert found.line.line.settings == {"GOPRIVATE": "git.acme.com/own"}


REMOTES = {
    "https://alice:s3cr3t@git.acme.com:8443/team/app.git": Remote("git.acme.com", "team/app"),
    "git@github.com:acme/app.git": Remote("github.com", "acme/app"),
    "github.com:acme/app": Remote("github.com", "acme/app"),
    "ssh://git@GIT.acme.com/~x/app": Remote("git.acme.com", "~x/app"),
    "file:///srv/git/app.git": None,
    "/srv/git/app.git": None,
    "../app": None,
    "": None,
    "https://[::1": None,
    "x:\x1b]0;evil\x07": Remote("x", "\x1b]0;evil\x07"),
}


def test_remotes_are_host_and_path() -> None:
    for url, wanted in REMOTES.items():
        assert remote_of(url) == wanted, url
    printed = (
        "origin\tgit@github.com:acme/app.git (fetch)\norigin\tgit@github.com:acme/app.git (push)\nrubbish\n"
    )
    assert parse_remotes(printed) == (Remote("github.com", "acme/app"),)


# -- the line ----------------------------------------------------------------------------------------

OWN_PROXY = "https://goproxy.acme.com"
LINES: dict[str, tuple[dict[str, Any], list[str], dict[str, str]]] = {
    "nothing set": ({}, ["git.acme.com/lib", "github.com/pkg/errors"], {"GOPRIVATE": "git.acme.com"}),
    "what is set stays": (
        {"GOPRIVATE": "x.corp"}, ["git.acme.com/lib"], {"GOPRIVATE": "x.corp,git.acme.com"},
    ),
    "what can match nothing is mended as well": (
        {"GOPRIVATE": "a.corp, b.corp/team, https://github.com,git.acme.com:22"}, ["git.acme.com/lib"],
        {"GOPRIVATE": "a.corp,b.corp/team, https://github.com,git.acme.com"},
    ),
    "one pattern for one host": (
        {}, ["git.acme.com/a", "git.acme.com/b/v2", "x.internal/c"], {"GOPRIVATE": "git.acme.com,x.internal"},
    ),
    "the user's own": (
        {"told": "github.com/acme/secret-*"}, ["github.com/acme/secret-x", "github.com/acme/open"],
        {"GOPRIVATE": "github.com/acme/secret-*"},
    ),
    "a private proxy in front": (
        {"GOPROXY": OWN_PROXY}, ["git.acme.com/lib"], {"GONOPROXY": "none", "GOPRIVATE": "git.acme.com"},
    ),
    "a private proxy in front, and GONOPROXY is none": (
        {"GOPROXY": OWN_PROXY, "GONOPROXY": "none", "GOPRIVATE": "x.corp"}, ["git.acme.com/lib"],
        {"GOPRIVATE": "x.corp,git.acme.com"},
    ),
    "a private proxy in front, and GOPRIVATE goes past it": (
        {"GOPROXY": OWN_PROXY, "GOPRIVATE": "x.corp"}, ["git.acme.com/lib"], {"GONOSUMDB": "x.corp,git.acme.com"},
    ),
    "a private proxy, and a stranger behind it": (
        {"GOPROXY": f"{OWN_PROXY}|https://proxy.golang.org"}, ["git.acme.com/lib"], {"GOPRIVATE": "git.acme.com"},
    ),
    "GONOSUMDB for itself": (
        {"GONOSUMDB": "x.corp"}, ["git.acme.com/lib"],
        {"GOPRIVATE": "git.acme.com", "GONOSUMDB": "x.corp,git.acme.com"},
    ),
    "GONOPROXY for itself": (
        {"GONOPROXY": "x.corp"}, ["git.acme.com/lib"],
        {"GONOPROXY": "x.corp,git.acme.com", "GOPRIVATE": "git.acme.com"},
    ),
    "no database": ({"GOSUMDB": "off"}, ["git.acme.com/lib"], {"GOPRIVATE": "git.acme.com"}),
    "no proxy": ({"GOPROXY": "direct"}, ["git.acme.com/lib"], {"GOPRIVATE": "git.acme.com"}),
}  # fmt: skip


@pytest.mark.parametrize("name", LINES)
def test_the_line(name: str) -> None:
    how, requires, wanted = LINES[name]
    found = audit("git.acme.com/app", *requires, **how)
    assert found.line is not None
    assert dict(found.line.line.settings) == wanted
    assert found.line.still == found.line.lost_proxy == found.line.lost_database == ()
    if "GOPRIVATE" not in how:
        assert found.line.line.export.startswith("export ")


def test_there_is_no_line_where_nothing_leaks() -> None:
    for how in (
        {"GOPRIVATE": "git.acme.com"},
        {"GOPROXY": OWN_PROXY, "GOSUMDB": "off"},
        {"GOPROXY": "bad://x"},
    ):
        found = audit("git.acme.com/app", "git.acme.com/lib", **how)
        assert found.line is None, how
        assert not found.leaking, how


def test_subgroups_and_owners_never_the_whole_forge() -> None:
    paths = ["gitlab.com/acme/team/lib", "gitlab.com/acme/team/other/v2", "gitlab.com/other/thing"]
    remotes = ["git@gitlab.com:acme/team/app.git"]
    found = audit("gitlab.com/acme/team/app", *paths, remotes=remotes)
    assert found.line is None
    assert found.line_if is not None
    assert dict(found.line_if.line.settings) == {"GOPRIVATE": "gitlab.com/acme/team"}
    found = audit("github.com/acme/app", "github.com/acme/lib", "github.com/pkg/errors")
    assert found.line_if is not None
    assert dict(found.line_if.line.settings) == {"GOPRIVATE": "github.com/acme"}


def test_a_workspace_with_several_modules() -> None:
    one, other = (
        project("git.acme.com/a", "x.corp/lib"),
        project("github.com/acme/b", "y.corp/lib", "git.acme.com/a"),
    )
    both = Project(HERE, [*one.modules, *other.modules])
    found = audit_project(both, environment(), Beside(), "go.work")
    assert [row.path for row in found.leaking] == ["x.corp/lib", "y.corp/lib"]
    assert found.line is not None
    assert dict(found.line.line.settings) == {"GOPRIVATE": "x.corp,y.corp"}


def test_what_stands_in_and_tools_and_the_rest_of_the_graph() -> None:
    more = (
        "replace x.corp/lib => git.acme.com/fork v1.2.0\nreplace y.corp/dir => ./dir\nrequire y.corp/dir v0.0.0\n"
        "tool z.corp/cmd/gen\ntool git.acme.com/fork/cmd/x\nrequire inner/lib v0.0.0\nreplace inner/lib => ./lib\n"
    )
    made = project("m.local/app", "x.corp/lib", more=more)
    made.go_sum.add(b"w.corp/graph v1.0.0/go.mod h1:x=\n", "go.sum")
    found = {row.path: row for row in audit_project(made, environment(), Beside(), "go.mod").rows}
    assert set(found) == {
        "x.corp/lib", "git.acme.com/fork", "y.corp/dir", "z.corp/cmd/gen", "inner/lib", "w.corp/graph",
    }  # fmt: skip
    assert {str(one.when) for one in found["y.corp/dir"].told} == {"updates"}
    assert found["inner/lib"].told == ()
    assert not any(one.who is Who.DATABASE and one.when == "always" for one in found["w.corp/graph"].told)


def test_a_proxy_that_nobody_knows_counts_for_a_stranger_until_somebody_says_otherwise() -> None:
    how = {"GOPROXY": "https://nexus.builders.io", "GOSUMDB": "off"}
    assert audit("git.acme.com/app", "git.acme.com/lib", **how).doubts == ("nexus.builders.io",)
    assert not audit("git.acme.com/app", "git.acme.com/lib", own=["nexus.builders.io"], **how).leaking


# -- what it never does ------------------------------------------------------------------------------

_HOSTS = (
    "git.acme.com",
    "x.corp",
    "github.com/acme",
    "github.com/pkg",
    "gitlab.com/acme/team",
    "golang.org/x",
    "10.0.0.7",
)
_PATH = st.builds(
    lambda host, rest: f"{host}/{rest}",
    st.sampled_from(_HOSTS),
    st.sampled_from(("a", "b", "b/c", "B", "lib/v2", "a/x/y")),
)
_PATTERNS = st.lists(
    st.sampled_from((
        "git.acme.com", " x.corp", "x.corp:80", "*.corp", "github.com/acme", "https://github.com/acme/a",
        "github.com/Acme", "gitlab.com/acme/*", "*", "none", "golang.org/x/*", "x.corp/b/c/*", "[", "git.acme.com|x.corp",
        "git.acme.com x.corp", "10.0.0.7", "github.com",
    )), max_size=3,
).map(",".join)  # fmt: skip
_PROXIES = st.sampled_from((
    STOCK, "direct", "off", OWN_PROXY, f"{OWN_PROXY},{STOCK}", f"{OWN_PROXY}|https://goproxy.cn,direct",
    "https://goproxy.io", "file:///srv/proxy,direct", "https://who.knows.io",
))  # fmt: skip


@settings(deadline=None, max_examples=250)
@given(
    st.lists(_PATH, min_size=1, max_size=8, unique=True), _PATTERNS, _PATTERNS, _PATTERNS, _PROXIES,
    st.sampled_from(("sum.golang.org", "off")), st.sampled_from(("", "github.com/acme/b", "gitlab.com/acme")),
)  # fmt: skip
def test_the_line_keeps_everything_private_at_home_and_nothing_else(
    paths: list[str], goprivate: str, gonoproxy: str, gonosumdb: str, goproxy: str, gosumdb: str, told: str
) -> None:
    lists = {"GOPRIVATE": goprivate, "GONOPROXY": gonoproxy, "GONOSUMDB": gonosumdb}
    now = environment(
        GOPROXY=goproxy, GOSUMDB=gosumdb, **{name: value for name, value in lists.items() if value}
    )
    found = audit_project(project("git.acme.com/app", *paths), now, Beside(told=told), "go.mod")
    for checked, names in ((found.line, {row.path for row in found.leaking}), (found.line_if, None)):
        if checked is None:
            assert names is None or not names
            continue
        after = now.with_overlay(checked.line.settings)
        leaking = {row.path for row in found.rows if row.leaks} if names is None else names
        again = audit_project(project("git.acme.com/app", *paths), after, Beside(told=told), "go.mod")
        assert checked.still == ()
        if names is not None:
            assert not again.leaking
        for row in found.of(PUBLIC):
            if any(has_prefix(row.path, path) for path in leaking):
                continue  # what is below a private path cannot be told from it
            for name in ("GONOPROXY", "GONOSUMDB"):
                assert match_prefix_patterns(after.get(name), row.path) <= match_prefix_patterns(
                    now.get(name), row.path
                )
        for path in [*paths, "other.corp/x"]:
            for name in ("GONOPROXY", "GONOSUMDB"):
                assert match_prefix_patterns(now.get(name), path) <= match_prefix_patterns(
                    after.get(name), path
                )
        for path in names or ():
            route = plan(after, path, "latest")
            asked = [hop.name for hop in route.hops if route.access(hop) is Access.ASK]
            assert not {"proxy.golang.org", "goproxy.cn", "goproxy.io", "who.knows.io"} & set(asked)
            assert route.checksum in ("off", "private") or route.error is not None or not asked


# -- the command -------------------------------------------------------------------------------------

GO_MOD = "module git.acme.com/app\n\ngo 1.22\n\nrequire (\n\tgit.acme.com/lib v1.0.0\n\tgithub.com/pkg/errors v0.9.1\n)\n"


def run(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """`modtrace leaks` in a folder."""
    variables = {"GOPROXY": STOCK, "GOSUMDB": "sum.golang.org", "GOENV": str(folder / "env"), **variables}
    return modtrace("leaks", *arguments, env=clean_environment(folder, **variables), cwd=folder)


def test_the_command_and_its_exit_codes(tmp_path: Path) -> None:
    assert run(tmp_path).returncode == 2
    (tmp_path / "go.mod").write_text(GO_MOD)
    done = run(tmp_path)
    assert done.returncode == 1
    said = " ".join(done.stdout.split())
    assert "1 private path would be sent to proxy.golang.org, sum.golang.org." in said
    assert [line for line in done.stdout.split("\n") if len(line) > 80 and str(tmp_path) not in line] == []
    assert "  go env -w GOPRIVATE=git.acme.com\n" in done.stdout
    assert "1 leaking before, 0 after. No public path loses its proxy or its checksum." in said
    assert "Not run: git remote -v" in done.stdout
    assert "github.com/pkg/errors" not in done.stdout
    assert "github.com/pkg/errors" in run(tmp_path, "--all").stdout
    assert run(tmp_path, "--set", "GOPRIVATE=git.acme.com").returncode == 0
    assert run(tmp_path, GOPRIVATE="git.acme.com").returncode == 0
    assert run(tmp_path, "--private", "github.com/pkg", "--set", "GOPRIVATE=git.acme.com").returncode == 1
    for wrong in (["--private", "https://x.corp"], ["--private", "["], ["--set", "x"], ["nowhere/go.mod"]):
        done = run(tmp_path, *wrong)
        assert (done.returncode, done.stdout) == (2, ""), wrong
        assert done.stderr.count("\n") == 1


def test_json_and_the_remotes_of_git(tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text("module example\n\nrequire git.acme.com/lib v1.0.0\n")
    assert run(tmp_path).returncode == 0
    subprocess.run(["git", "init", "-q", "."], cwd=tmp_path, check=True, env={"PATH": os.environ["PATH"]})
    remote = "https://alice:s3cr3t@git.acme.com/team/app.git"
    subprocess.run(["git", "remote", "add", "origin", remote], cwd=tmp_path, check=True)
    done = run(tmp_path, "--run", "--json")
    assert done.returncode == 1
    assert "s3cr3t" not in done.stdout + done.stderr
    assert "alice" not in done.stdout + done.stderr
    said = json.loads(done.stdout)
    assert said["schema"] == "modtrace.leaks/1"
    assert said["remotes"] == ["git.acme.com/team/app"]
    assert said["leaking"] == ["git.acme.com/lib"]
    assert said["line"]["settings"] == {"GOPRIVATE": "git.acme.com"}
    assert said["paths"][0]["go_get_also_asks_for"] == ["git.acme.com"]
    (tmp_path / ".git/config").write_text("[broken\n")
    assert run(tmp_path, "--run").returncode == 3


def test_no_secret_is_told(tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text(GO_MOD)
    secret = "s3cr3t"
    variables = {
        "GOPRIVATE": f"https://alice:{secret}@other.corp,https://alice:{secret}@git.acme.com:443,a.corp",
        "GOPROXY": f"https://alice:{secret}@nexus.builders.io,https://{secret}@proxy.golang.org|direct",
        "GOSUMDB": f"sum.golang.org https://alice:{secret}@sums.builders.io",
        "HTTPS_PROXY": f"http://alice:{secret}@proxy.acme.com:3128",
    }
    for arguments in ([], ["--all"], ["--json"], ["--private", f"https://alice:{secret}@x.corp"]):
        done = run(tmp_path, *arguments, **variables)
        assert done.returncode in (1, 2)
        for word in (secret, "alice"):
            assert word not in done.stdout + done.stderr, arguments
    assert "GOPRIVATE=other.corp,git.acme.com,a.corp" in run(tmp_path, **variables).stdout


def test_nothing_is_sent_and_no_program_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "go.mod").write_text(GO_MOD)

    def never(*args: object, **kwargs: object) -> None:
        raise AssertionError(f"{args} {kwargs}")

    for name in ("connect", "connect_ex", "sendto", "sendmsg"):
        monkeypatch.setattr(socket.socket, name, never)
    for name in ("getaddrinfo", "gethostbyname", "create_connection"):
        monkeypatch.setattr(socket, name, never)
    from probes.leaks.machine import machine_resolvers
    from probes.project.project import read_project

    now = environment(HTTPS_PROXY="http://proxy.acme.com:3128")
    found = audit_project(
        read_project(tmp_path, now), now, Beside(resolvers=machine_resolvers()), str(tmp_path / "go.mod")
    )
    assert len(found.leaking) == 1
    assert any(one.who is Who.FORWARD for one in found.leaking[0].told)


def test_files_that_nobody_should_have_to_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.mod")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "bad.mod").write_bytes(b"module m.test\nrequire evil\x1b]0;x\x07.corp/a v1.0.0\n")
    (tmp_path / "big.mod").write_bytes(b"// " + b"x" * (17 << 20))
    for name in ("fifo.mod", "loop", "loop/go.mod", "bad.mod", "big.mod", "\x1b[31m/go.mod"):
        done = run(tmp_path, name)
        assert done.returncode == 2, name
        assert done.stdout == ""
        assert "\x1b" not in done.stderr


def test_names_with_markup_and_control_characters_are_shown_safely(tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text(
        'module m.test\n\nrequire x.corp/a v1.0.0\n\nreplace x.corp/a => "./[bold]b"\n'
    )
    done = run(tmp_path, "--private", "x.corp", GOPRIVATE="x.corp\x1b[31m,\u202ey.corp")
    assert done.returncode == 1
    assert "\x1b" not in done.stdout
    assert "\u202e" not in done.stdout
    found = audit_paths(["evil\x1b.corp/a", "../up", "[red]x.corp/y", ""], environment(), Beside())
    assert all(row.told == () and row.subject.refused for row in found.rows)


def test_twenty_thousand_requirements_are_no_trouble() -> None:
    paths = [f"git.acme.com/team/m{number}" for number in range(10_000)]
    paths += [f"github.com/o{number % 100}/m{number}" for number in range(10_000)]
    found = audit("git.acme.com/app", *paths, GOPRIVATE="x.corp, y.corp,git.acme.com/other")
    assert len(found.leaking) == 10_000
    assert found.line is not None
    assert found.line.still == ()
