"""Five journeys of a user in a real terminal: keys in, screen out, from the shell and back to it."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

from probes.demo.behaviour import Script, status
from probes.demo.content import simple_module
from probes.demo.server import World
from probes.golang.protocol import Op
from tests.against_go.golang import go_command
from tests.modtrace import COMMAND, clean_environment, modtrace
from tests.terminal.tmux import Tmux

PATH = "demo.example/hello"
BROKEN = dict.fromkeys((Op.LIST, Op.LATEST, Op.INFO, Op.MOD, Op.ZIP), status(502))


def _proxy(*versions: str, broken: bool = False) -> Script:
    return Script({PATH: simple_module(PATH, *versions)}, BROKEN if broken else {})


def _end(tmux: Tmux) -> None:
    """Leave, and see that the shell is there again."""
    tmux.press("q")
    tmux.wait_for("modtrace", gone="help")
    tmux.run("echo left with $?")
    tmux.wait_for("left with 0")


def test_find_why_a_download_fails(tmp_path: Path) -> None:
    """The verdict, the first cause, its rung, the command that mends it; it is typed into the shell and works."""
    with World([_proxy(broken=True).answer, _proxy("v1.0.0").answer]) as world:
        chain = ",".join(world.urls)
        with Tmux(tmp_path, env={"GOPROXY": chain}) as tmux:
            tmux.run(f"{COMMAND} {PATH}")
            screen = tmux.wait_for("✗ go would fail", "R01 FALLBACK", "✓ content")
            assert "502 Bad Gateway" in screen
            assert "■ , stops here: 502 for list" in screen
            tmux.press("v")
            tmux.wait_for("the verdict", "go would print", "R01 FALLBACK: the list stopped before its end")
            tmux.press("Escape")
            tmux.wait_for("[2 TREE]")
            tmux.press("b")
            tmux.wait_for("what was answered", "HTTP/1.1 502 Bad Gateway")
            tmux.press("Escape")
            tmux.wait_for("[2 TREE]")
            tmux.press("y")
            tmux.wait_for("copied: export GOPROXY")
            remedy = tmux("show-buffer").strip()
            _end(tmux)
            tmux.run("clear")
            tmux.run(remedy)
            tmux.run(f"{COMMAND} trace {PATH} && echo mended")
            tmux.wait_for("ok, go would download it", "mended")
            # What modtrace says is what go does.
            environment = clean_environment(
                tmp_path, GOPROXY="|".join(world.urls), GOFLAGS="-modcacherw", GOMODCACHE=str(tmp_path / "mod")
            )
            argv = [go_command(), "mod", "download", "-json", f"{PATH}@latest"]
            done = subprocess.run(argv, env=environment, cwd=tmp_path, capture_output=True, text=True)
            assert json.loads(done.stdout)["Version"] == "v1.0.0", done.stderr


def test_try_a_mirror_and_apply_it(tmp_path: Path) -> None:
    """A mirror is typed, tried before anything is written, then written, then taken back with one key."""
    goenv = tmp_path / "goenv"
    with World([_proxy(broken=True).answer, _proxy("v1.0.0").answer]) as world:
        broken, mirror = world.urls
        before = f"GOPROXY={broken}\n"
        goenv.write_text(before)
        with Tmux(tmp_path, env={"GOENV": str(goenv)}) as tmux:
            tmux.run(f"{COMMAND} {PATH}")
            tmux.wait_for("✗ go would fail", "✓ content")
            tmux.press("e")
            tmux.wait_for("What if GOPROXY were")
            tmux.press("C-u")
            tmux.type(f"{mirror},off")
            tmux.wait_for(f"{mirror},off", f"Enter asks {mirror.removeprefix('http://')} first")
            tmux.press("Enter")
            tmux.wait_for("✓ go would download demo.example/hello@v1.0.0", "[what if]")
            assert goenv.read_text() == before, "nothing is written yet"
            tmux.press("A")
            tmux.wait_for("Write this?", f"+ GOPROXY={mirror},off", f"- GOPROXY={broken}")
            tmux.press("a")
            tmux.wait_for("u takes it back", gone="[what if]")
            assert goenv.read_text() == f"GOPROXY={mirror},off\n"
            tmux.press("u")
            tmux.wait_for("is as it was")
            assert goenv.read_text() == before
            _end(tmux)


def test_compare_versions_and_download(tmp_path: Path) -> None:
    """Two proxies side by side; a version that only one has is fetched, and is what that proxy serves."""
    with World([_proxy("v1.0.0", "v1.1.0").answer, _proxy("v1.0.0", "v1.1.0", "v1.2.0").answer]) as world:
        with Tmux(tmp_path, env={"GOPROXY": ",".join(world.urls)}, size=(120, 36)) as tmux:
            tmux.run(f"{COMMAND} {PATH}")
            tmux.wait_for("✓ go would download demo.example/hello@v1.1.0")
            tmux.press("3")
            tmux.wait_for("✓ 2 listed")
            tmux.press("a")
            tmux.wait_for("✓ 3 listed", "v1.2.0")
            tmux.press("g", "l")
            tmux.wait_for("[✓ listed]")
            tmux.press("Z")
            tmux.wait_for("Folder for files")
            tmux.press("C-u")
            tmux.type("files")
            tmux.wait_for("files")
            tmux.press("Enter")
            tmux.wait_for("zip ✓ 2024-01-02")  # in the row of the version: the tree has a "zip ✓" of its own
            (file,) = (tmp_path / "files").rglob("*.zip")
            assert file.name == "v1.2.0.zip", "what only the second proxy has"
            assert file.read_bytes() == simple_module(PATH, "v1.2.0").versions[0].zip
            _end(tmux)


def test_teach_comma_and_pipe(tmp_path: Path) -> None:
    """In the demo: a comma stops at 502, a pipe passes on; a 404 passes both; the real go says the same."""
    with Tmux(tmp_path) as tmux:
        tmux.run(f"{COMMAND} demo comma-stops-on-502")
        tmux.wait_for("✗ go would fail", "■ , stops here", "says the same")
        tmux.press("|")
        tmux.wait_for("✓ go would download demo.example/hello@v1.2.0", "| goes on: 502")
        tmux.press(",")
        tmux.wait_for("✗ go would fail", "■ , stops here")
        tmux.press("f")
        tmux.wait_for("404")
        tmux.press("/")
        tmux.type("404")
        tmux.wait_for("1/1")
        tmux.press("Enter")
        tmux.wait_for("enter choose")
        tmux.press("Enter")
        tmux.wait_for("✓ go would download demo.example/hello@v1.2.0", ", goes on: 404")
        _end(tmux)


def test_replay_a_colleagues_recording(tmp_path: Path) -> None:
    """A session that was saved elsewhere: the same verdict in the app and without it, and nobody is asked."""
    recording = tmp_path / "colleague.jsonl"
    with World([_proxy(broken=True).answer, _proxy("v1.0.0").answer]) as world:
        env = clean_environment(tmp_path, GOPROXY=",".join(world.urls))
        done = modtrace("trace", PATH, "--events", env=env, cwd=tmp_path)
        recording.write_text(done.stdout)
        host = world.urls[0].removeprefix("http://")
    headless = modtrace("replay", str(recording), env=clean_environment(tmp_path), cwd=tmp_path)
    assert headless.returncode == 1
    with Tmux(tmp_path) as tmux:
        tmux.run(f"{COMMAND} replay {recording} --speed 100")
        screen = tmux.wait_for("✗ go would fail", "502 Bad Gateway", "■ , stops here")
        assert host in screen
        assert "replay" in screen.lower()
        tmux.press("r")
        tmux.wait_for("a replay asks nobody")
        tmux.press("p")
        tmux.wait_for("[private]", "private.example/module-1", gone=PATH)
        tmux.press("q")
        tmux.wait_for("modtrace", gone="help")
        tmux.run("echo left with $?")
        screen = tmux.wait_for("left with 1")
        assert re.search(r"left with 1", screen), "the exit code of the live run"
