"""Messages of which a wrong cause was told once, and words of other tools that are none of go's business."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from probes.diagnosis.catalogue import Shell
from probes.diagnosis.error_facts import base_of
from probes.diagnosis.explain import Explanation, explain
from probes.diagnosis.explain_std import SINCE
from probes.diagnosis.godebug_names import OLD_VALUES, REMOVED
from tests.against_go.golang import go_command, goroot

_GET = 'go: github.com/x/y@v1.0.0: Get "https://go.corp.example/nexus/github.com/x/y/@v/v1.0.0.mod": '


def first(text: str) -> Explanation:
    return explain(text).explanations[0]


def lines(text: str, shell: Shell = Shell.POSIX) -> list[str]:
    return ["; ".join(remedy.lines) for remedy in first(text).diagnosis(shell).remedies]


CAUSES = [
    # (message, row, what the cause says, what the first remedy says)
    ('go: malformed module path "https:/github.com/pkg/errors": invalid char \':\'', "path-with-scheme", "no URL", "take https:// away"),
    ('go: https://github.com/x/y@latest: malformed module path "https://github.com/x/y": double slash', "path-with-scheme", "no URL", "take https:// away"),
    ("a.go:2:8: invalid import path: https://github.com/pkg/errors", "path-with-scheme", "no URL", "take https:// away"),
    ("go: https://github.com/pkg/errors@latest: argument must be a clean package path", "path-with-scheme", "no URL", "take https:// away"),
    ('go: malformed module path "https:": invalid char \':\'', "path-with-scheme", "no URL", "take https:// away"),
    ('go: malformed module path "Github.com/pkg/errors": invalid char \'G\' in first path element', "path-in-capitals", "lower case", "lower case"),
    ('go: malformed module path ".github.com/a": leading dot in path element', "path-malformed", "leading dot in path element", "correct the path"),
    ('go: malformed module path "github.com/a b": invalid char \' \'', "path-malformed", "invalid char ' '", "correct the path"),
    ('go: malformed module path "foo/bar": missing dot in first path element', "not-std", "without a dot", "your module's own path"),
    ("a.go:3:8: package foo/bar is not in std (/usr/local/go/src/foo/bar)", "not-std", "without a dot", "your module's own path"),
    ("main.go:4:2: package slices is not in GOROOT (/usr/local/go/src/slices)", "std-is-newer", "Go 1.21", "newer Go"),
    ("main.go:4:2: package math/rand/v2 is not in std (/usr/local/go/src/math/rand/v2)", "std-is-newer", "Go 1.22", "newer Go"),
    ("go: example.com/m imports\n\tgithub.com/x/y: cannot find module providing package github.com/x/y", "no-module-provides", "No module", "go get github.com/x/y"),
    ("go: example.com/m imports\n\tgithub.com/x/y/z: module github.com/x/y@latest found (v1.5.0), but does not contain package github.com/x/y/z",
     "package-is-elsewhere", "Not even the newest", "go get github.com/x/y/z"),
    ("go: module github.com/x/y@v1.0.0 found, but does not contain package github.com/x/y/z", "no-package", "this version", "go get github.com/x/y@latest"),
    ("package github.com/x/y/z provided by github.com/x/y at latest version v1.5.0 but not at required version v1.0.0", "package-is-newer",
     "newer version of github.com/x/y", "go get github.com/x/y@latest"),
    ("go: example.com/m imports\n\tgithub.com/x/y: import lookup disabled by -mod=readonly", "mod-readonly", "-mod=readonly", "go get github.com/x/y"),
    ("go: errors parsing go.mod:\n/src/go.mod:9: unknown block type: tool", "new-go-mod", "older than the go.mod", "install the Go release"),
    ("go: errors parsing go.mod:\n/src/go.mod:7: unknown directive: <<<<<<<", "conflict-marks", "merge conflict", "resolve the conflict first"),
    ('go: errors parsing go.mod:\ngo.mod:5: malformed module path "<<<<<<<": invalid char \'<\'', "conflict-marks", "merge conflict", "resolve the conflict first"),
    ("go: malformed go.sum:\n/src/go.sum:17: wrong number of fields 1", "go-sum-broken", "merge", "resolve the conflict first"),
    ("go: errors parsing go.mod:\ngo.mod:7: usage: require module/path v1.2.3", "go-mod-broken", "cannot be read", "correct the line"),
    ('go: github.com/x/y@v1.0.0: create zip: case-insensitive file name collision: "a.go" and "A.go"', "bad-module-files", "The module itself", "another version"),
    (_GET + 'net/http: HTTP/1.x transport connection broken: malformed HTTP response "\\x00\\x00\\x12\\x04"', "http2-unasked", "HTTP/2", "unset GODEBUG"),
    (_GET.replace("https:", "http:") + 'malformed HTTP response "\\x15\\x03\\x01"', "https-answered-http", "GOPROXY says http", "go env -w"),
    (_GET + 'malformed HTTP response "\\x05\\x00"', "no-http-there", "is not HTTP", "curl"),
    ("go: download go1.23.4 for linux/amd64: toolchain not available", "toolchain-absent", "go1.23.4 for linux/amd64", "a release that exists"),
    ("go: invalid toolchain: go1.23 is a language version but not a toolchain version (go1.23.x)", "toolchain-missing", "", "go mod edit -go=1.N.0"),
    ('go: invalid variable name "GOPROXY=https://a.example" (use -w to set variable)', "env-without-w", "GOPROXY was not set", "put -w"),
    ('fatal error: removed GODEBUG "tls3des" set to old value "1" in environment (https://go.dev/doc/godebug#go-127)\n\ngoroutine 1 [running]:',
     "godebug-environment", "tls3des=1 is gone since Go 1.27", "unset GODEBUG"),
    ('go: error loading go.mod:\ngo.mod:5: removed GODEBUG "tls3des" set to old value "1" (https://go.dev/doc/godebug#go-127)',
     "godebug-line", "gone since Go 1.27, and no build takes it", "godebug line out of go.mod"),
    ('go: error loading go.mod:\ngo.mod:5: unknown godebug "http2clientt"', "godebug-line", "Did you mean http2client?", "godebug line"),
    ('# m\n./main.go:1:1: invalid //go:debug: unknown //go:debug setting "nosuch"', "godebug-line", "no setting nosuch", "//go:debug line"),
    (_GET + "dial tcp: lookup go.corp.example: getaddrinfow: The requested name is valid, but no data of the requested type was found.",
     "dns-no-address", "exists and has no address", "223.5.5.5"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "row", "cause", "remedy"), CAUSES)
def test_a_message_gets_its_own_cause(text: str, row: str, cause: str, remedy: str) -> None:
    explanation = first(text + "\n")
    assert explanation.pattern == row
    assert cause in explanation.cause
    assert remedy in lines(text)[0]
    assert explanation.transience.as_bool is False


def test_a_toolchain_with_its_third_number_is_not_told_to_have_one() -> None:
    assert not any("1.N.0" in line for line in lines(CAUSES[26][0]))


def test_the_path_without_its_scheme_is_offered() -> None:
    text = "go: malformed module path \"https:/github.com/pkg/errors.git\": invalid char ':'\n"
    assert lines(text)[1] == "go get github.com/pkg/errors"
    assert len(lines("go: malformed module path \"https:\": invalid char ':'\n")) == 1


OTHER_TOOLS = [
    "Migration checksum mismatch for migration version 1\n-> Applied to database : 123",
    "Error: SHA256 mismatch\nError: checksum mismatch",
    "error checksum mismatch",
    "Error: zip: not a valid zip file (deploying lambda)",
    "rpc error: code = Unknown desc = unknown revision v1.2.3",
    "error: unknown revision or path not in the working tree",
    "fatal: ambiguous argument 'x': unknown revision or path not in the working tree.",
    'ERROR: no matching versions for query "latest"',
    'Error: invalid version: "foo"',
    "Error: reading https://quay.io/v2/foo/manifests/latest: 401 Unauthorized",
    'time="2026-01-01T00:00:00Z" level=fatal msg="Error reading https://reg.example/v2/x/manifests/1: 404 Not Found"',
    "reading http://example.com/a.txt: 403 Forbidden",
    "Error: reading https://registry.npmjs.org/esbuild: 502 Bad Gateway",
    "Error from server: invalid character '<' looking for beginning of value",
    'Error response from daemon: Get "https://registry-1.docker.io/v2/": proxyconnect tcp: dial tcp 127.0.0.1:7890: connect: connection refused',
    'Error response from daemon: Get "https://registry-1.docker.io/v2/": Forbidden',
    "error: invalid toolchain name: 'nightly-x'",
    'exec: "git": executable file not found in $PATH',
    "We go to the proxy and checksum mismatch happens; 404 Not Found.",
]


@pytest.mark.parametrize("text", OTHER_TOOLS)
def test_other_tools_are_left_alone(text: str) -> None:
    assert explain(text + "\n").explanations == ()


SAME_WORDS_OF_GO = [
    ("verifying github.com/x/y@v1.2.3: checksum mismatch\n\tdownloaded: h1:A=\n\tgo.sum:     h1:B=", "R12"),
    ("verifying module: checksum mismatch\n\tdownloaded: h1:A=", "R12"),
    ("$ go mod download\nchecksum mismatch", "R12"),
    ("go: github.com/x/y@v1.0.0: zip: not a valid zip file", "R13"),
    ("$ go get github.com/x/y@feature\nno matching versions for query \"feature\"", "R11"),
    ("github.com/x/y@master: invalid version: unknown revision master", "R11"),
    ("go: github.com/x/y@v1.0.0: reading https://go.corp.example/github.com/x/y/@v/v1.0.0.mod: 401 Unauthorized", "R09"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "rule"), SAME_WORDS_OF_GO)
def test_the_same_words_of_go_are_believed(text: str, rule: str) -> None:
    assert first(text + "\n").rule.id == rule


@pytest.mark.parametrize(
    ("url", "module", "base"),
    [
        ("https://nexus.example:8081/repository/go/a.example/x/@v/v1.info", "a.example/x", "https://nexus.example:8081/repository/go"),
        ("https://goproxy.cn/github.com/!azure/x/@latest", "github.com/Azure/x", "https://goproxy.cn"),
        ("https://p.example/go.proxy/a.example/x/@v/list", "a.example/x", "https://p.example/go.proxy"),
        ("https://p.example/base/a.example/x/@v/list", "", "https://p.example/base"),
        ("https://sum.golang.org/lookup/a.example/x@v1.0.0", "a.example/x", ""),
        ("https://p.example/sumdb/sum.golang.org/tile/8/0/x000", "", ""),
    ],
)  # fmt: skip
def test_the_entry_of_goproxy_is_read_out_of_a_url(url: str, module: str, base: str) -> None:
    assert base_of(url, module) == base


HTTP_THERE = 'go: a.example/x@v1.0.0: Get "https://nexus.example:8081/repository/go/a.example/x/@v/v1.0.0.info": http: server gave HTTP response to HTTPS client\n'


def test_no_part_of_a_list_is_lost_by_a_new_scheme() -> None:
    assert first(HTTP_THERE).facts["base"] == "https://nexus.example:8081/repository/go"
    assert lines(HTTP_THERE)[0].startswith("write http:// in the entry of nexus.example:8081 in GOPROXY")
    setting = "GOPROXY=https://nexus.example:8081/repository/go,https://goproxy.cn|direct\n"
    wanted = "go env -w GOPROXY='http://nexus.example:8081/repository/go,https://goproxy.cn|direct'"
    assert lines(setting + HTTP_THERE)[0] == wanted
    secret = "GOPROXY=https://bot:hunter22@nexus.example:8081/repository/go,direct\n"
    assert lines(secret + HTTP_THERE)[0].startswith("write http://")
    insecure = "go: a.example/x@v1.0.0: refusing to pass credentials to insecure URL: http://n.example/go/a.example/x\n"
    assert lines(insecure)[0].startswith("write https:// in the entry of n.example")


def test_another_way_behind_a_proxy_keeps_that_proxy() -> None:
    text = "go: a.example/x@v1.0.0: reading https://nexus.example/go/a.example/x/@v/v1.0.0.info: 502 Bad Gateway\n"
    assert "go env -w GOPROXY='https://nexus.example/go|direct'" in lines(text)


# --- Against the real go


def _go(folder: Path, *arguments: str, **variables: str) -> str:
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(folder), "GOENV": "off", "GOPROXY": "off", "GOTOOLCHAIN": "local",
        "GOFLAGS": "-mod=mod", "GOCACHE": str(folder / "cache"), **variables,
    }  # fmt: skip
    done = subprocess.run(
        [go_command(), *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode != 0
    return done.stderr


GO_SAYS = [
    (("get", "https://github.com/pkg/errors"), "path-with-scheme"),
    (("install", "https://github.com/pkg/errors@latest"), "path-with-scheme"),
    (("mod", "download", "https://github.com/pkg/errors"), "path-with-scheme"),
    (("list", "-m", "https://github.com/pkg/errors@latest"), "path-with-scheme"),
    (("get", "Github.com/pkg/errors"), "path-in-capitals"),
    (("get", ".github.com/a"), "path-malformed"),
    (("get", "github.com/a b"), "path-malformed"),
    (("get", "foo/bar"), "not-std"),
    (("env", "GOPROXY=https://goproxy.cn,direct"), "env-without-w"),
    (("env", "\u2013w", "GOPROXY=https://goproxy.cn,direct"), "env-without-w"),
]


@pytest.mark.parametrize(("arguments", "row"), GO_SAYS)
def test_what_go_itself_prints(tmp_path: Path, arguments: tuple[str, ...], row: str) -> None:
    (tmp_path / "go.mod").write_text("module example.com/m\n\ngo 1.27\n", encoding="utf-8")
    assert first(_go(tmp_path, *arguments)).pattern == row


GO_MODS = [
    ("<<<<<<< HEAD\nrequire a.example/x v1.0.0\n=======\n>>>>>>> b\n", "conflict-marks"),
    ("require (\n<<<<<<< HEAD\n a.example/x v1.0.0\n=======\n>>>>>>> b\n)\n", "conflict-marks"),
    ("godebug tls3des=1\n", "godebug-line"),
    ("godebug nosuch=1\n", "godebug-line"),
    ("require a.example/x\n", "go-mod-broken"),
]


@pytest.mark.parametrize(("more", "row"), GO_MODS)
def test_what_go_prints_over_a_go_mod(tmp_path: Path, more: str, row: str) -> None:
    (tmp_path / "go.mod").write_text("module example.com/m\n\ngo 1.27\n" + more, encoding="utf-8")
    (tmp_path / "m.go").write_text("package m\n", encoding="utf-8")
    assert first(_go(tmp_path, "build", "./...")).pattern == row
    if row != "godebug-line":
        assert first(_go(tmp_path, "mod", "tidy")).pattern == row


@pytest.mark.parametrize("name", sorted(REMOVED))
def test_go_ends_over_a_removed_setting(tmp_path: Path, name: str) -> None:
    for value in OLD_VALUES[name]:
        explanation = first(_go(tmp_path, "version", GODEBUG=f"{name}={value}"))
        assert explanation.pattern == "godebug-environment"
        assert f"{name}={value} is gone since Go {REMOVED[name]}" in explanation.cause


def test_the_late_packages_are_packages_of_go() -> None:
    for package in SINCE:
        folder = goroot() / "src" / package
        assert list(folder.glob("*.go")), package
    assert not any(re.search(r"internal|vendor", package) for package in SINCE)
