"""The layers of the environment: vectors for what the comparison with go cannot reach, and the laws."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.golang.env_file import EnvFile
from probes.golang.environment import (
    STOCK_WHERE,
    VARIABLES,
    Environment,
    Facts,
    Shadowed,
    Source,
    goenv_path,
    layer_environment,
)

HOME = {"HOME": "/home/u"}
GO = Facts(goroot="/usr/local/go", goroot_where="/usr/local/go/bin/go", go_version="go1.27.3")
GO_ENV = b"# comment\nGOPROXY=https://proxy.golang.org,direct\nGOSUMDB=sum.golang.org\nGOTOOLCHAIN=auto\n"
FILE = "/home/u/.config/go/env"


def layered(
    process: dict[str, str] | None = None,
    goenv: bytes | None = None,
    go_env: bytes | None = GO_ENV,
    **more: object,
) -> Environment:
    facts = more.pop("facts", GO)
    assert isinstance(facts, Facts)
    return layer_environment(HOME | (process or {}), goenv, go_env, facts=facts, **more)  # type: ignore[arg-type]


def test_process_beats_file_beats_go_env() -> None:
    setting = layered({"GOPROXY": "direct"}, b"GOPROXY=off\n").setting("GOPROXY")
    assert (setting.value, setting.source, setting.where) == ("direct", Source.PROCESS, None)
    assert setting.shadowed == (
        Shadowed("off", Source.GOENV, f"{FILE}:1"),
        Shadowed("https://proxy.golang.org,direct", Source.GOROOT, "/usr/local/go/go.env:2"),
    )


def test_empty_process_variable_is_no_variable() -> None:
    setting = layered({"GOPROXY": ""}, b"GOPROXY=off\n").setting("GOPROXY")
    assert (setting.value, setting.source, setting.where) == ("off", Source.GOENV, f"{FILE}:1")


def test_empty_line_masks_go_env() -> None:
    setting = layered({}, b"GOPROXY=\n").setting("GOPROXY")
    assert (setting.value, setting.source, setting.where) == ("", Source.GOENV, f"{FILE}:1")
    assert [hidden.source for hidden in setting.shadowed] == [Source.GOROOT]


def test_empty_line_gives_way_to_what_is_compiled_in_or_derived() -> None:
    environment = layered({"GOPRIVATE": "a.b"}, b"GOAUTH=\nGONOPROXY=\nGOMODCACHE=\n")
    auth, noproxy = environment.setting("GOAUTH"), environment.setting("GONOPROXY")
    assert (auth.value, auth.source) == ("netrc", Source.DEFAULT)
    assert auth.shadowed == (Shadowed("", Source.GOENV, f"{FILE}:1"),)
    assert (noproxy.value, noproxy.source, noproxy.where) == ("a.b", Source.DERIVED, "GOPRIVATE")
    assert environment.get("GOMODCACHE") == "/home/u/go/pkg/mod"


def test_last_line_counts_in_the_users_file_and_the_first_in_go_env() -> None:
    lines = b"GOPRIVATE=one\nGOPRIVATE=two\nGOPRIVATE=three\n"
    user = layered({}, lines).setting("GOPRIVATE")
    assert (user.value, user.where) == ("three", f"{FILE}:3")
    assert [hidden.value for hidden in user.shadowed] == ["two", "one"]
    tree = layered({}, None, lines).setting("GOPRIVATE")
    assert (tree.value, tree.where) == ("one", "/usr/local/go/go.env:1")
    assert [hidden.value for hidden in tree.shadowed] == ["two", "three"]


def test_derived_lists_follow_goprivate() -> None:
    environment = layered({"GONOSUMDB": "x.y"}, b"GOPRIVATE=a.b\n")
    assert environment.get("GONOPROXY") == "a.b"
    assert environment.setting("GONOPROXY").source is Source.DERIVED
    assert environment.get("GONOSUMDB") == "x.y"
    assert layered().setting("GONOPROXY").source is Source.DEFAULT


@pytest.mark.parametrize("name", ["GODEBUG", "GOENV", "HTTPS_PROXY", "NETRC", "GIT_SSH", "GOVERSION"])
def test_variables_of_the_process_alone_show_what_files_say_in_vain(name: str) -> None:
    environment = layered({}, f"{name}=from-file\n".encode())
    setting = environment.setting(name)
    assert setting.value != "from-file"
    assert setting.shadowed == (Shadowed("from-file", Source.GOENV, f"{FILE}:1"),)


def test_goenv_off_reads_no_user_file_but_go_env() -> None:
    environment = layered({"GOENV": "off"}, b"GOPROXY=off\n")
    assert environment.get("GOENV") == ""
    assert environment.user_file is None
    assert environment.setting("GOPROXY").source is Source.GOROOT


@pytest.mark.parametrize(
    ("process", "platform", "path"),
    [
        ({}, "linux", ""),
        ({"HOME": "/h"}, "linux", "/h/.config/go/env"),
        ({"HOME": "/h"}, "darwin", "/h/Library/Application Support/go/env"),
        ({"HOME": "/h", "XDG_CONFIG_HOME": "/x/"}, "linux", "/x/go/env"),
        ({"HOME": "/h", "XDG_CONFIG_HOME": "x"}, "linux", ""),
        ({"HOME": "/h", "GOENV": "a//b"}, "linux", "a//b"),
        ({"HOME": "/h", "GOENV": "off"}, "linux", ""),
        ({"HOME": "/h", "GOENV": ""}, "linux", "/h/.config/go/env"),
    ],
)
def test_place_of_the_users_file(process: dict[str, str], platform: str, path: str) -> None:
    assert goenv_path(process, platform) == path


def test_without_go_a_stock_go_env_stands_in_and_says_so() -> None:
    environment = layer_environment(HOME, None, None)
    for name, value in {
        "GOPROXY": "https://proxy.golang.org,direct", "GOSUMDB": "sum.golang.org", "GOTOOLCHAIN": "auto"
    }.items():  # fmt: skip
        setting = environment.setting(name)
        assert (setting.value, setting.source, setting.where) == (value, Source.DEFAULT, STOCK_WHERE)
    assert environment.goroot == ""
    assert environment.go_version is None
    assert environment.get("GOVERSION") == ""


def test_with_a_go_tree_that_has_no_go_env_nothing_stands_in() -> None:
    environment = layered({}, None, None)
    assert environment.get("GOPROXY") == ""
    assert environment.goroot_file is not None
    assert environment.goroot_file.data is None


def test_goroot_of_process_file_and_wrapper() -> None:
    assert layered().setting("GOROOT").where == "/usr/local/go/bin/go"
    assert layered({"GOROOT": "/opt//go/"}).get("GOROOT") == "/opt//go/"
    from_file = layered({}, b"GOROOT=/opt//go/\n").setting("GOROOT")
    assert (from_file.value, from_file.source) == ("/opt/go", Source.GOENV)
    forced = layered({"GOROOT": "/opt/go"}, facts=Facts(goroot="/w/go", forced_goroot="/w/go")).setting(
        "GOROOT"
    )
    assert (forced.value, forced.source) == ("/w/go", Source.DERIVED)
    assert [hidden.value for hidden in forced.shadowed] == ["/opt/go"]
    assert layered({}, None, b"GOROOT=/elsewhere\n").get("GOROOT") == "/usr/local/go"


def test_gowork_is_searched_for_unless_it_is_named() -> None:
    facts = Facts(work_file="/w/go.work", working_directory="/w/x")
    found = layered({"GOWORK": "auto"}, facts=facts).setting("GOWORK")
    assert (found.value, found.source) == ("/w/go.work", Source.DERIVED)
    assert layered({"GOWORK": "off"}, facts=facts).get("GOWORK") == "off"
    assert layered({}, b"GOWORK=/other/go.work\n", facts=facts).get("GOWORK") == "/other/go.work"


def test_overlay_stands_for_the_process_variable() -> None:
    environment = layered({"GOPROXY": "direct"}, b"GOPROXY=off\n", overlay={"GOPROXY": "https://a.b"})
    setting = environment.setting("GOPROXY")
    assert (setting.value, setting.source) == ("https://a.b", Source.OVERLAY)
    assert [hidden.value for hidden in setting.shadowed[:2]] == ["direct", "off"]
    assert environment.process["GOPROXY"] == "https://a.b"
    assert environment.real_process["GOPROXY"] == "direct"


def test_empty_overlay_unsets_the_process_variable() -> None:
    environment = layered({"GOPROXY": "direct"}).with_overlay({"GOPROXY": ""})
    assert environment.setting("GOPROXY").source is Source.GOROOT
    assert "GOPROXY" not in environment.process
    assert environment.setting("GOPROXY").shadowed[0] == Shadowed("direct", Source.PROCESS, None)


def test_overlays_add_up_and_derived_values_follow() -> None:
    environment = layered({"GOPATH": "/p"}).with_overlay({"GOPRIVATE": "a.b"}).with_overlay({"GOPATH": "/q"})
    assert environment.get("GONOSUMDB") == "a.b"
    assert environment.get("GOMODCACHE") == "/q/pkg/mod"
    assert environment.overlay == {"GOPRIVATE": "a.b", "GOPATH": "/q"}


@pytest.mark.parametrize("name", ["GOENV", "GOROOT", "HOME"])
def test_overlay_that_needs_other_files_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="decides which files are read"):
        layered().with_overlay({name: "/elsewhere"})


def test_secrets_are_masked_for_showing_and_stay_out_of_repr() -> None:
    environment = layered({"GOPROXY": "https://u:hunter2@a.b/,tok3n@c.d"}, b"GOPROXY=https://x:hunter2@y.z\n")
    setting = environment.setting("GOPROXY")
    assert "hunter2" in setting.value
    assert setting.shown.text == "https://xxxxx@a.b/,xxxxx@c.d"
    assert setting.show(setting.shadowed[0].value).text == "https://xxxxx@y.z"
    assert "hunter2" not in repr(environment)
    assert "tok3n" not in repr(environment)


def test_a_settings_file_line_by_line() -> None:
    file = EnvFile("f", b"A=1\n# B=2\n C=3\nexport D=4\nE = 5\nF=a=b\nnothing\n=x\n\nG=\r\nH=\xff")
    keys = [(line.number, line.key, line.value) for line in file.lines if line.key is not None]
    assert keys == [(1, "A", "1"), (5, "E ", " 5"), (6, "F", "a=b"), (10, "G", "\r"), (11, "H", "\udcff")]
    assert len(file.lines) == 11


VALUES = st.text(max_size=6)


@settings(deadline=None)
@given(
    process=st.dictionaries(st.sampled_from([v.name for v in VARIABLES]), VALUES),
    goenv=st.binary(max_size=60),
)
def test_laws(process: dict[str, str], goenv: bytes) -> None:
    environment = layered(process, goenv)
    assert set(environment.settings) == {variable.name for variable in VARIABLES}
    for setting in environment.settings.values():
        if setting.source is Source.PROCESS and setting.name != "GOENV":
            assert setting.value == process[setting.name] != ""
        if setting.source is Source.GOENV and setting.name != "GOROOT":
            assert setting.where is not None
            number = int(setting.where.rpartition(":")[2])
            assert environment.user_file is not None
            assert environment.user_file.lines[number - 1].value == setting.value
    # An overlay that says what the process says changes no value; an empty one gives what an unset one gives.
    same = {n: v for n, v in process.items() if n not in ("GOENV", "GOROOT")}
    again = environment.with_overlay(same)
    assert {n: s.value for n, s in again.settings.items()} == {
        n: s.value for n, s in environment.settings.items()
    }
    kept = {n: v for n, v in process.items() if n in ("GOENV", "GOROOT")}
    cleared = environment.with_overlay(dict.fromkeys(same, ""))
    assert {n: s.value for n, s in cleared.settings.items()} == {
        n: s.value for n, s in layered(kept, goenv).settings.items()
    }
