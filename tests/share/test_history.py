"""The history of traced modules, and module paths completed from what lies around."""

from __future__ import annotations

import json
import os
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.golang.module import escape_path
from probes.share.history import (
    KEPT,
    Bounds,
    History,
    Visit,
    complete,
    known_paths,
    paths_of_cache,
    paths_of_go_mod,
    paths_of_go_sum,
    versions_in_cache,
)

NOON = "2026-01-01T12:00:00Z"


def _history(folder: Path) -> History:
    return History(folder / "modtrace" / "history.json")


def test_what_was_asked_is_remembered_the_latest_first(tmp_path: Path) -> None:
    history = _history(tmp_path)
    assert history.visits() == []
    assert history.remember("a.test/x", "latest", time=NOON, outcome="ok") == ""
    history.remember("b.test/y", "v1.0.0", time=NOON, outcome="fails")
    history.remember("a.test/x", "latest", time=NOON, outcome="fails")
    assert history.visits() == [
        Visit("a.test/x", "latest", NOON, "fails", 2),
        Visit("b.test/y", "v1.0.0", NOON, "fails", 1),
    ]
    assert history.forget("a.test/x") == ""
    assert [visit.path for visit in history.visits()] == ["b.test/y"]
    history.forget()
    assert history.visits() == []


def test_the_file_is_private(tmp_path: Path) -> None:
    history = _history(tmp_path)
    history.remember("corp.test/secret", "latest", time=NOON)
    assert history.file is not None
    assert stat.S_IMODE(history.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(history.file.parent.stat().st_mode) == 0o700
    assert {file.name for file in history.file.parent.iterdir()} == {"history.json", "history.json.lock"}


def test_only_so_many_are_kept(tmp_path: Path) -> None:
    history = _history(tmp_path)
    for number in range(KEPT + 5):
        history.remember(f"m.test/{number}", "latest", time=NOON)
    visits = history.visits()
    assert len(visits) == KEPT
    assert visits[0].path == f"m.test/{KEPT + 4}"


def test_sessions_side_by_side_lose_nothing(tmp_path: Path) -> None:
    history = _history(tmp_path)

    def ask(name: str) -> None:
        for number in range(10):
            history.remember(f"{name}.test/{number}", "latest", time=NOON)

    threads = [threading.Thread(target=ask, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(history.visits()) == 40


@pytest.mark.parametrize(
    "text",
    [
        "hello", "[]", "null", '{"schema":"modtrace.history/2","visits":[]}', '{"schema":"modtrace.history/1"}',
        "[" * 50_000, '{"schema":"modtrace.history/1","visits":[]}' + " " * 1_000_000,
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_shown_as_empty_and_never_written_over(text: str, tmp_path: Path) -> None:
    file = tmp_path / "history.json"
    history = History(file)
    file.write_text(text)
    assert history.visits() == []
    assert "history.json is left as it is" in history.remember("a.test/x", "latest", time=NOON)
    assert "history.json is left as it is" in history.forget()
    assert file.read_text() == text


def test_a_fifo_in_the_place_of_the_history_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "history.json")
    history = History(tmp_path / "history.json")
    assert history.visits() == []
    assert "no plain file" in history.remember("a.test/x", "latest", time=NOON)


def test_whatever_is_written_can_be_read_again(tmp_path: Path) -> None:
    history = _history(tmp_path)
    for number in range(KEPT + 1):
        path = f"m{number}.test/" + "\U0001f600" * 240
        assert history.remember(path, "latest", time=NOON) == ""
    assert "too long" in history.remember("m.test/" + "x" * 3000, "latest", time=NOON)
    assert len(history.visits()) == KEPT


@pytest.mark.parametrize(
    "text",
    [
        "", "\n",
        '{"schema":"modtrace.history/1","visits":[7, {"path": 1}, {"path":"p","query":2,"time":"","count":1}]}',
    ],
)  # fmt: skip
def test_rows_that_are_damaged_are_left_out(text: str, tmp_path: Path) -> None:
    history = History(tmp_path / "history.json")
    (tmp_path / "history.json").write_text(text)
    assert history.visits() == []
    assert history.remember("a.test/x", "latest", time=NOON) == ""
    assert len(history.visits()) == 1
    assert json.loads((tmp_path / "history.json").read_text())["schema"] == "modtrace.history/1"


def test_without_a_home_nothing_is_remembered() -> None:
    history = History.in_state_folder({})
    assert "HOME" in history.remember("a.test/x", "latest", time=NOON)
    assert history.visits() == []


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "modtrace").write_text("in the way")
    assert _history(tmp_path).remember("a.test/x", "latest", time=NOON).startswith("the history is not saved")


# -- completion -------------------------------------------------------------------------------------------

GO_MOD = b"""module m.test/main

go 1.21

require (
	a.test/indirect v1.0.0 // indirect
	b.test/direct v1.0.0
	github.com/BurntSushi/toml v1.0.0
)
"""
GO_SUM = b"""c.test/z v1.0.0 h1:x=
c.test/z v1.0.0/go.mod h1:x=
broken line
b.test/direct v1.0.0 h1:x=
<script> v1 h1:x
"""


def test_direct_requirements_come_first() -> None:
    assert paths_of_go_mod(GO_MOD) == ["b.test/direct", "github.com/BurntSushi/toml", "a.test/indirect"]
    assert paths_of_go_mod(b"require (\n") == []
    assert paths_of_go_sum(GO_SUM) == ["c.test/z", "b.test/direct"]
    assert paths_of_go_sum(b"\xff\xfe a b") == []


def _cache(root: Path, *modules: str, versions: tuple[str, ...] = ("v1.0.0",)) -> str:
    for module in modules:
        folder = root / "cache" / "download" / escape_path(module) / "@v"
        folder.mkdir(parents=True)
        (folder / "list").touch()
        for version in versions:
            (folder / f"{version}.info").touch()
            (folder / f"{version}.mod").touch()
    return str(root)


def test_the_module_cache_is_unescaped(tmp_path: Path) -> None:
    cache = _cache(tmp_path, "github.com/BurntSushi/toml", "a.test/x", "a.test/x/v2")
    (tmp_path / "cache/download/sumdb/sum.golang.org/@v").mkdir(parents=True)
    (tmp_path / "cache/download/!bad!!/@v").mkdir(parents=True)
    (tmp_path / "cache/download/loop").symlink_to(tmp_path / "cache/download")
    assert sorted(paths_of_cache(cache)) == ["a.test/x", "a.test/x/v2", "github.com/BurntSushi/toml"]
    assert list(paths_of_cache("")) == []
    assert list(paths_of_cache(str(tmp_path / "none"))) == []


def test_the_module_cache_is_read_up_to_a_bound(tmp_path: Path) -> None:
    cache = _cache(tmp_path, *(f"a.test/m{number}" for number in range(30)))
    assert len(list(paths_of_cache(cache, Bounds(modules=7)))) == 7
    assert len(list(paths_of_cache(cache, Bounds(folders=5)))) <= 5
    assert list(paths_of_cache(cache, Bounds(seconds=0))) == []
    assert list(paths_of_cache(cache, Bounds(depth=0))) == []


def test_versions_of_the_cache_are_in_gos_order(tmp_path: Path) -> None:
    cache = _cache(tmp_path, "a.test/x", versions=("v1.9.0", "v1.10.0", "v1.10.0-rc.1", "v1.2.0-!r!c"))
    assert versions_in_cache(cache, "a.test/x") == ["v1.10.0", "v1.10.0-rc.1", "v1.9.0", "v1.2.0-RC"]
    assert versions_in_cache(cache, "a.test/y") == []
    assert versions_in_cache(cache, "../../..") == []


def test_all_sources_together(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "inner").mkdir(parents=True)
    (project / "go.mod").write_bytes(GO_MOD)
    (project / "go.sum").write_bytes(GO_SUM)
    history = _history(tmp_path)
    history.remember("h.test/asked", "latest", time=NOON)
    cache = _cache(tmp_path / "cache", "z.test/cached", "b.test/direct")
    assert known_paths(project / "inner", cache, history) == [
        "b.test/direct", "github.com/BurntSushi/toml", "a.test/indirect", "h.test/asked", "c.test/z", "z.test/cached",
    ]  # fmt: skip
    assert known_paths(None, "") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("github", ["github.com/a/errors", "github.com/B/toml"]),
        ("GITHUB.com/b", ["github.com/B/toml"]),
        ("toml", ["github.com/B/toml"]),
        ("a err", ["github.com/a/errors"]),
        ("nothing", []),
        ("", ["github.com/a/errors", "github.com/B/toml", "errors.test/x"]),
        ("errors", ["errors.test/x", "github.com/a/errors"]),
    ],
)
def test_completion(text: str, found: list[str]) -> None:
    assert complete(text, ["github.com/a/errors", "github.com/B/toml", "errors.test/x"]) == found


@given(st.text(max_size=10), st.lists(st.text(max_size=10), max_size=10))
def test_completion_only_gives_what_there_is(text: str, paths: list[str]) -> None:
    assert set(complete(text, paths, most=3)) <= set(paths)
    assert len(complete(text, paths, most=3)) <= 3
