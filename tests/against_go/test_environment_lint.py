"""Where a finding says what go will say, go says it: the words of the lint against the real command."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from probes.diagnosis.environment_lint import lint
from probes.diagnosis.findings import Level
from probes.golang.errors import GoError
from probes.golang.govcs import parse_govcs
from probes.golang.toolchain_name import check_gotoolchain
from probes.sources.environment_reader import read_environment
from tests.against_go.golang import go_binary

MODULE = "example.com/m"


def refusal(check: Callable[[str], object], value: str) -> str | None:
    """What our rule refuses a value with, None when it does not."""
    try:
        check(value)
    except GoError as error:
        return str(error)
    return None


class Place:
    """A folder proxy with one module, and an empty working directory."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.work = root / "work"
        self.work.mkdir()
        versions = root / "proxy" / MODULE / "@v"
        versions.mkdir(parents=True)
        (versions / "v1.0.0.info").write_text('{"Version":"v1.0.0"}')
        (versions / "v1.0.0.mod").write_text(f"module {MODULE}\n")
        with zipfile.ZipFile(versions / "v1.0.0.zip", "w") as archive:
            archive.writestr(f"{MODULE}@v1.0.0/go.mod", f"module {MODULE}\n")

    def process(self, **variables: str) -> dict[str, str]:
        base = {
            "PATH": "/nonexistent",
            "HOME": str(self.root / "home"),
            "GOENV": "off",
            "GOTOOLCHAIN": "local",
            "GOMODCACHE": str(self.root / "cache"),
            "GOFLAGS": "-modcacherw",
            "GOPROXY": f"file://{self.root}/proxy",
            "GOSUMDB": "off",
        }
        return base | variables

    def download(self, process: dict[str, str], module: str = MODULE) -> str:
        """What `go mod download` complains about; "" when it works."""
        done = subprocess.run(
            [go_binary(), "mod", "download", "-json", f"{module}@v1.0.0"],
            env=process, cwd=self.work, capture_output=True,
        )  # fmt: skip
        out = done.stdout.decode("utf-8", "surrogateescape")
        said = done.stderr.decode("utf-8", "surrogateescape")
        if out:
            said += json.loads(out).get("Error", "")
        assert bool(said) == (done.returncode != 0), (said, done.returncode)
        return said


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with tempfile.TemporaryDirectory() as folder:
        yield Place(Path(folder).resolve())


def errors(process: dict[str, str], place: Place) -> dict[str, str]:
    """The findings of level error, by variable."""
    environment = read_environment(process, cwd=str(place.work))
    return {str(f.variable): f.message for f in lint(environment) if f.level is Level.ERROR}


SUMDB_FIELD = st.one_of(
    st.sampled_from(["sum.golang.org", "sum.golang.google.cn", "off", "OFF",
                     "https://sum.golang.org", "a+b+c",
                     "gosum.io+ce6e7565+AY5mQzP1/0Y=", "“off”", "x+00000000+AQ==", "+01234567+AAAA"]),
    st.text("ab+.:/%é\u3000", min_size=1, max_size=8),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(SUMDB_FIELD, max_size=3).map(" ".join), st.sampled_from(["", " ", "\r", "\u00a0"]))
def test_gosumdb(place: Place, value: str, end: str) -> None:
    """Values that dbDial refuses; any other would open a connection."""
    value += end
    assume(value)
    process = place.process(GOSUMDB=value)
    found = errors(process, place).get("GOSUMDB")
    if found is None or not ("GOSUMDB" in found and "fails:" in found):
        return
    said = place.download(process)
    assert said.partition("verifying go.mod: ")[2].partition(" {")[0] in found


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.builds(
            "".join,
            st.lists(
                st.sampled_from(["a.b", "./x", "private", ":", "git", "|", "all", " ", "..", '"é"']),
                max_size=5,
            ),
        ),
        max_size=3,
    ).map(",".join)
)
def test_govcs(place: Place, value: str) -> None:
    """A rule that parseGOVCS refuses ends every direct fetch before git is looked for."""
    said = place.download(place.process(GOPROXY="direct", GOVCS=value), "github.com/a/b")
    refused = refusal(parse_govcs, value)
    if refused is not None:
        assert said == f"github.com/a/b@v1.0.0: {refused}"
        assert refused in errors(place.process(GOVCS=value), place)["GOVCS"]
    else:
        assert not re.search("(entry|pattern|list|name) in GOVCS", said)


@settings(max_examples=120, deadline=None)
@given(
    st.one_of(
        st.builds("".join, st.lists(st.sampled_from(
            ["go", "1", ".", "27", "rc", "-corp", "+", "auto", "path", "local", "/", " ", "0", "x", "\r", "é"]
        ), max_size=7)),
        st.sampled_from(["go1.27.3", "go1.27rc1+auto", "go1.21.0-corp+path", "go2.1", "1.27", "local+local"]),
    )
)  # fmt: skip
def test_gotoolchain(place: Place, value: str) -> None:
    process = place.process(GOTOOLCHAIN=value, GOPROXY="off")
    done = subprocess.run([go_binary(), "version"], env=process, cwd=place.work, capture_output=True)
    said = done.stderr.decode("utf-8", "surrogateescape").strip("\n")
    refused = refusal(check_gotoolchain, value)
    if refused is not None:
        assert said == refused
        assert refused in errors(process, place)["GOTOOLCHAIN"]
    else:
        assert "invalid GOTOOLCHAIN" not in said


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["netrc", "off", "git", "git /nonexistent-but-absolute", "git rel", "", " ", "off x"]),
       st.sampled_from(["", ";", ";netrc", ";off", "; git a b", ";;"]))  # fmt: skip
def test_goauth(place: Place, first: str, rest: str) -> None:
    """Told without running a command; the first https request goes to a closed port of this machine."""
    value = first + rest
    assume(value and "/nonexistent" not in value)
    process = place.process(GOPROXY="https://127.0.0.1:1", GOAUTH=value)
    said = place.download(process)
    found = errors(process, place).get("GOAUTH")
    if "GOAUTH" in said:
        assert found is not None
        assert said.strip("\n") in found
    else:
        assert found is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GOFLAGS", "mod=mod"), ("GOFLAGS", "-mod mod"), ("GOFLAGS", "-nope"), ("GOFLAGS", "'-v"),
        ("GOFLAGS", "-"),
        ("GO111MODULE", "off"), ("GO111MODULE", "bogus"), ("GO111MODULE", "on\r"),
        ("GOPATH", "rel"), ("GOPATH", "/a:~b"), ("GOMODCACHE", "rel"), ("GOWORK", "rel"),
        ("GOPROXY", ","), ("GOPROXY", "Direct"), ("GOPROXY", "ftp://h"), ("GOPROXY", "https://h:x"),
        ("GOPROXY", "file://h/x"), ("GOPROXY", '"https://h"'), ("GODEBUG", "cmdgonetlimit=0"),
        ("GOROOT", "/nonexistent"),
    ],
)  # fmt: skip
def test_words_of_go_are_in_the_finding(place: Place, name: str, value: str) -> None:
    process = place.process(**{name: value})
    if name == "GODEBUG":
        process["GOPROXY"] = "https://127.0.0.1:1"
    said = place.download(process)
    found = errors(process, place)[name]
    if value == '"https://h"':
        # The character is pointed at; what go makes of it would say less.
        assert "quote" in found
        return
    core = said.strip("\n").removeprefix(f"{MODULE}@v1.0.0: ").removesuffix(".")
    assert core in found


def test_the_temporary_cache_can_be_removed(place: Place) -> None:
    """-modcacherw keeps it writable; the fixture would fail to clean up otherwise."""
    assert place.download(place.process()) == ""
    assert os.access(place.root / "cache" / f"{MODULE}@v1.0.0", os.W_OK)
