"""What must never happen: the engine loading a screen, the headless path becoming slow to start."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.modtrace import clean_environment
from tui.launch import COMMANDS

ROOT = Path(__file__).parent.parent
PROBES = sorted((ROOT / "probes").rglob("*.py"))
TUI = sorted((ROOT / "tui").rglob("*.py"))
SCREEN_LIBRARIES = {"textual", "rich", "tui"}
ROOMS = (
    "commands", "leaks", "settings", "share", "demo", "diagnosis", "ladder", "sums", "browse", "trace",
    "auth", "cache", "project", "sources", "net", "golang",
)  # fmt: skip
"""The rooms of the engine: each may import from those behind it."""
FOR_ALL = {"probes.diagnosis.findings", "probes.share.state"}
"""What every room may import, for it imports nothing of ours itself: what a finding is, and how a file is read."""
LOADED_LATER = {
    "tui.actions", "tui.jobs", "tui.screens.help_screen", "tui.screens.palette_screen", "tui.screens.try_screen",
    "probes.trace.got", "probes.golang.prefixes", "probes.golang.gosumdb", "probes.diagnosis.environment_lint",
    "probes.demo.speaking", "h11", "httpcore", "json", "zipfile",
}  # fmt: skip
"""What nobody needs who only wants to see the first frame."""
SOCKET_MODULES = {"socket", "ssl", "httpcore", "httpx", "dns", "urllib.request", "http.client"}


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.mark.parametrize("path", PROBES, ids=lambda path: str(path.relative_to(ROOT)))
def test_probes_never_import_a_screen(path: Path) -> None:
    assert not {name for name in _imports(path) if name.split(".")[0] in SCREEN_LIBRARIES}


def test_imports_go_downwards_only() -> None:
    assert [pair for path in PROBES for pair in _upward(path)] == []


def _upward(path: Path) -> list[str]:
    """The imports of a file of the engine that lead into a room above its own."""
    mine = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    room = mine.split(".")[1]
    ours = [name for name in _imports(path) if name.startswith("probes.")]
    if mine in FOR_ALL:
        return ours
    return [
        f"{mine} imports {name}"
        for name in ours
        if name not in FOR_ALL and ROOMS.index(name.split(".")[1]) < ROOMS.index(room)
    ]


def test_an_import_upwards_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    file = tmp_path / "probes" / "golang" / "x.py"
    file.parent.mkdir(parents=True)
    file.write_text("from probes.browse import table\nfrom probes.golang import module\n")
    assert _upward(file) == ["probes.golang.x imports probes.browse"]


@pytest.mark.parametrize("path", TUI, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_app_never_opens_a_socket(path: Path) -> None:
    assert not {
        name for name in _imports(path) if name in SOCKET_MODULES or name.startswith("probes.net.http")
    }


def test_headless_commands_load_no_screen_library() -> None:
    script = (
        "import sys\n"
        "from tui.launch import main\n"
        "main(['trace', 'm.test/x@v1.0.0', '--set', 'GOPROXY=off', '--json'])\n"
        "main(['env', 'GOPROXY'])\n"
        "print(sorted(name for name in sys.modules if name.split('.')[0] in ('textual', 'rich')), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], text=True, capture_output=True)
    assert done.stderr.strip().splitlines()[-1] == "[]", done.stderr


def test_the_app_loads_what_fetches_only_when_it_is_asked_for() -> None:
    """What stands before the first frame is what everybody waits for."""
    script = (
        "import sys\n"
        "import tui.app\n"
        "loaded = {name for name in sys.modules if name.startswith('probes.')}\n"
        "print(sorted(name for name in loaded if name.split('.')[1] in ('browse', 'net', 'ladder')))\n"
        "print(sorted(loaded & {'probes.golang.modzip', 'probes.golang.gozip', 'probes.sources.direct'}))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], text=True, capture_output=True, check=True)
    browse = ["probes.browse", "probes.browse.related", "probes.browse.table"]
    assert done.stdout == f"{[*browse, 'probes.ladder', 'probes.ladder.faults']}\n[]\n"


@pytest.mark.parametrize("arguments", [[], ["demo", "healthy"]], ids=["modtrace", "demo"])
def test_what_only_a_key_or_a_trace_needs_is_not_loaded_before_the_first_frame(
    arguments: list[str], tmp_path: Path
) -> None:
    script = (
        "import sys\n"
        "from textual.app import App\n"
        "App.run = lambda app, **options: print(*sorted(sys.modules))\n"
        "from tui.launch import main\n"
        "main(sys.argv[1:])\n"
    )
    env = clean_environment(tmp_path, TEXTUAL_DRIVER="textual.drivers.headless_driver:HeadlessDriver")
    command = [sys.executable, "-c", script, *arguments]
    done = subprocess.run(command, text=True, capture_output=True, env=env, cwd=ROOT, check=True)
    loaded = set(done.stdout.split())
    assert "tui.app" in loaded
    assert loaded & LOADED_LATER == set()
    assert {name for name in COMMANDS if f"probes.commands.{name}" in loaded} == {"trace"}


def test_probes_load_without_the_app() -> None:
    script = (
        "import sys, importlib, pkgutil, probes\n"
        "for module in pkgutil.walk_packages(probes.__path__, 'probes.'):\n"
        "    importlib.import_module(module.name)\n"
        "assert not [name for name in sys.modules if name.split('.')[0] in ('textual', 'rich', 'tui')]\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_version_loads_next_to_nothing() -> None:
    script = (
        "import sys\n"
        "from tui.launch import main\n"
        "main(['--version'])\n"
        "heavy = {'argparse', 'asyncio', 'httpcore', 'json', 'textual', 'typing', 'logging', 'inspect'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-S", "-c", script], check=True, cwd=ROOT)


def test_nothing_names_this_workplace() -> None:
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, text=True, capture_output=True, check=True)
    private = ("/wo" + "rk/main", "/wo" + "rk/shared", "/tmp" + "/v/")
    for name in done.stdout.splitlines():
        text = (ROOT / name).read_bytes().decode("utf-8", "replace")
        assert not any(mark in text for mark in private), name
