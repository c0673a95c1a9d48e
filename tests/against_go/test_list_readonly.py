"""Where `go list -m` inside of a project says "updates to go.sum needed", the trace has a turning for it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from probes.demo.server import World
from probes.trace.events import Bend, Turning
from tests.against_go.golang import go_binary
from tests.against_go.project_worlds import OTHER_HASH, SCRIPT, A, B, ProjectWorld, sums_of
from tests.against_go.test_projects import ask_modtrace, variables_of

WORDS = "go: updates to go.sum needed, disabled by -mod=readonly"
ZIP, MOD = sums_of(A, "v1.1.0")
ZIP_LINE, MOD_LINE = f"{A} v1.1.0 {ZIP}\n", f"{A} v1.1.0/go.mod {MOD}\n"
REQUIRED = f"module main.test/m\n\ngo 1.21\n\nrequire {A} v1.1.0\n"
OLD = REQUIRED.replace("1.21", "1.16")
CASES: list[tuple[str, str, str, dict[str, str], bool]] = [
    (REQUIRED, "", f"{A}@v1.1.0", {}, True),
    (REQUIRED, ZIP_LINE, f"{A}@v1.1", {}, True),
    (REQUIRED, MOD_LINE.replace(MOD, "h2:x"), f"{A}@v1.1.0", {}, True),
    (REQUIRED, MOD_LINE, f"{A}@v1.1.0", {}, False),
    (REQUIRED, "", f"{A}@v1.0.0", {}, False),
    (REQUIRED, "", f"{B}@v1.0.0", {}, False),
    (REQUIRED, "", f"{A}@v1.1.0", {"GOFLAGS": "-mod=mod"}, False),
    (REQUIRED, "", f"{A}@v1.1.0", {"GOFLAGS": "-mod=readonly"}, True),
    (f"{REQUIRED}replace {A} => {B} v1.0.0\n", "", f"{A}@v1.1.0", {}, False),
    (f"{REQUIRED}exclude {A} v1.1.0\n", "", f"{A}@v1.1.0", {}, False),
    (OLD, "", f"{A}@v1.1.0", {}, True),
    (REQUIRED, "", f"{A}@patch", {}, True),
    (OLD, "", f"{A}@patch", {}, False),
    (f"{REQUIRED}require {B} v1.0.0\n", MOD_LINE.replace(MOD, OTHER_HASH), f"{A}@v1.1.0", {}, False),
]  # fmt: skip


def test_go_says_it_where_the_turning_is(tmp_path: Path) -> None:
    with World([SCRIPT.answer]) as running:
        for number, (go_mod, go_sum, target, flags, is_told) in enumerate(CASES):
            root, home = tmp_path / f"{number}", tmp_path / f"home{number}"
            root.mkdir()
            (root / "go.mod").write_text(go_mod)
            (root / "go.sum").write_text(go_sum)
            variables = variables_of(ProjectWorld(0, {}, "", variables=flags), root, home, running.urls)
            done = subprocess.run(
                [str(go_binary()), "list", "-m", "-json", target], cwd=root, env={**variables, "PWD": str(root)},
                text=True, capture_output=True, timeout=60,
            )  # fmt: skip
            _, said = ask_modtrace(running, variables, target, root)
            turned = [one for one in said.turnings if one.turning is Turning.READONLY]
            assert (WORDS in done.stderr) is is_told, (number, done.stderr)
            assert bool(turned) is is_told, number
            assert all((one.bend, one.where) == (Bend.STRAIGHT, "go.sum") for one in turned)
