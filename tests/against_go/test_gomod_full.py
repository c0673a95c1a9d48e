"""go.mod files read in full, beside what `go mod edit -json` says of the same files."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from random import Random
from typing import Any

import pytest

from probes.golang.gomod_full import FullGoMod, read_full
from tests.against_go.golang import go_binary

Answer = dict[str, Any]

PATHS = ("ex.test/a", "ex.test/b/v2", "gopkg.in/x.v1", '"ex.test/q"', "ex.test/v1", "ex.test/v02", "gopkg.in/x", "`raw`", '""', "'a'", "x")  # fmt: skip
VERSIONS = ("v1.2.3", "v2.0.0", "v2.0.0+incompatible", "v1.0.0-rc.1", "v0.0.0-20240102030406-abcdefabcdef", '"v1.0.0"', "v1", "latest", "v1.2.3+meta", "'v1'", '"\\x"', "v2.0.0-pre+incompatible", '""')  # fmt: skip
FOLDERS = ("./a", "../a", ".", "..", "/abs", "c:\\x", ".\\x", "a/b", "ex.test/c@v1", '"./with space"', "\\\\host", "..x")  # fmt: skip
COMMENTS = ("", "", "", " // indirect", " // indirect; why", " // indirectly", " //indirect", " // because", " // Deprecated: no", "\t// indirect ;x")  # fmt: skip
ABOVE = ("", "", "", "// first\n", "// Deprecated: use b\n//\n// more\n", "\n// apart\n\n", "// a\n\n", "/* no */\n")
STRANGE = ("go 1.21 1.22", "go", "go v1.21", "go 1.21.x", "toolchain go2", "toolchain default", "toolchain go1", "toolchain go1.21.0-x", "toolchain", "toolchain go1.21 x", "module", "module a b", "module 'x'", "godebug a", "godebug a=b,c", "godebug a= b", 'godebug "a=b"', "unknown x", "go ( \n)", "require a (\n)", "tool", "tool a b", "ignore", "ignore 'x", "retract", "retract (", "retract [v1.0.0", "retract [v1.0.0,v1.1.0", "retract [v1.0.0 v1.1.0]", "retract [, v1]", "retract ]", "retract v1.0.0 x", "retract [v1.0.0, v1.1.0] , x", "retract 'v1'", "retract latest", "replace a", "replace a => b => c", "replace => ./x", "replace a v1 => => b", ")", "require (", "use ./x", "\x00", "\ufeffmodule x", "require ex.test/a v1.2.3 // indirect\r", "retract ()", "tool (\n\tex.test/a/cmd/x\n)")  # fmt: skip


def _line(rnd: Random, verb: str) -> str:
    path, version = rnd.choice(PATHS[: rnd.choice((3, 4, len(PATHS)))]), rnd.choice(VERSIONS[: rnd.choice((1, 4, len(VERSIONS)))])  # fmt: skip
    match verb:
        case "require" | "exclude":
            return f"{path} {version}"
        case "replace":
            left = path if rnd.random() < 0.5 else f"{path} {version}"
            right = rnd.choice(FOLDERS) if rnd.random() < 0.5 else f"{rnd.choice(PATHS[:4])} {rnd.choice(VERSIONS)}"
            return f"{left} => {right}{rnd.choice(['', '', '', ' v1.0.0', ' x y'])}"
        case "retract":
            return version if rnd.random() < 0.5 else f"[{version}, {rnd.choice(VERSIONS)}]"
        case "tool" | "ignore":
            return rnd.choice((*PATHS, "./node_modules", "web/static"))
        case "godebug":
            return rnd.choice(("default=go1.21", "panicnil=1", "a==b", "=x", "x="))
        case "go":
            return rnd.choice(("1.21", "1.22.3", "1.23rc1", "1.20.0rc1"))
        case "toolchain":
            return rnd.choice(("go1.22.1", "default", "go1.21.0-custom"))
    return rnd.choice(PATHS)


def go_mod(rnd: Random) -> str:
    """A go.mod file, good or nearly."""
    parts = [f"{rnd.choice(ABOVE)}module ex.test/main{rnd.choice(COMMENTS)}"] if rnd.random() < 0.9 else []
    verbs = ("require", "require", "exclude", "replace", "retract", "tool", "ignore", "godebug", "go", "toolchain")
    for _ in range(rnd.randrange(7)):
        verb = rnd.choice(verbs)
        if rnd.random() < 0.5 or verb in ("go", "toolchain"):
            parts.append(f"{rnd.choice(ABOVE)}{verb} {_line(rnd, verb)}{rnd.choice(COMMENTS)}")
        else:
            lines = [f"\t{rnd.choice(ABOVE)}{_line(rnd, verb)}{rnd.choice(COMMENTS)}\n" for _ in range(rnd.randrange(4))]
            parts.append(f"{rnd.choice(ABOVE)}{verb} (\n{''.join(lines)}){rnd.choice(COMMENTS)}")
    if rnd.random() < 0.25:
        parts.insert(rnd.randrange(len(parts) + 1), rnd.choice(STRANGE))
    return "\n".join(parts) + rnd.choice(("\n", "\n", ""))


def _first(items: list[Any], key: Any) -> list[Any]:
    seen: dict[Any, Any] = {}
    for item in items:
        seen.setdefault(key(item), item)
    return list(seen.values())


def as_edit_json(found: FullGoMod) -> Answer:
    """What `go mod edit -json` prints of it: repeated exclusions, replacements, tools and ignored folders are
    dropped there, and lines without a path."""
    answer: Answer = {"Module": {"Path": found.module_path}}
    if found.deprecated:
        answer["Module"]["Deprecated"] = found.deprecated
    answer["Go"], answer["Toolchain"] = found.go_version, found.toolchain
    pairs = [one.text.partition("=") for one in found.godebug]
    answer["GoDebug"] = [{"Key": key, "Value": value} for key, _, value in pairs if key]
    answer["Require"] = [
        {"Path": one.path, "Version": one.version, **({"Indirect": True} if one.indirect else {})}
        for one in found.requires if one.path
    ]  # fmt: skip
    excluded = _first(list(found.excludes), lambda one: (one.path, one.version))
    answer["Exclude"] = [_version(one.path, one.version) for one in excluded if one.path]
    replaced = _first(list(found.replaces)[::-1], lambda one: (one.path, one.version))[::-1]
    answer["Replace"] = [
        {"Old": _version(one.path, one.version), "New": _version(one.new_path, one.new_version)}
        for one in replaced if one.path
    ]  # fmt: skip
    answer["Retract"] = [
        {key: value for key, value in (("Low", one.low), ("High", one.high), ("Rationale", one.rationale)) if value}
        for one in found.retracts if one.low or one.high
    ]  # fmt: skip
    answer["Tool"] = [{"Path": one.text} for one in _first(list(found.tools), lambda one: one.text)]
    answer["Ignore"] = [{"Path": one.text} for one in _first(list(found.ignores), lambda one: one.text)]
    return {key: value for key, value in answer.items() if value}


def _version(path: str, version: str) -> Answer:
    return {"Path": path, **({"Version": version} if version else {})}


@pytest.mark.parametrize("seed", range(4))
def test_every_line_is_read_as_go_reads_it(seed: int, tmp_path: Path) -> None:
    rnd = Random(seed)
    file = tmp_path / "go.mod"
    go = str(go_binary())
    environment = {"PATH": "", "HOME": str(tmp_path), "GOENV": "off", "GOFLAGS": "", "GOTOOLCHAIN": "local", "GOPATH": str(tmp_path / "p"), "GO111MODULE": "on"}  # fmt: skip
    verdicts = []
    for number in range(120):
        text = go_mod(rnd) if seed or number >= len(STRANGE) else f"module ex.test/main\n{STRANGE[number]}\n"
        file.write_bytes(text.encode("utf-8", "surrogateescape"))
        done = subprocess.run([go, "mod", "edit", "-json"], cwd=tmp_path, env=environment, capture_output=True)
        ours = read_full(text.encode("utf-8", "surrogateescape"), file=str(file))
        verdicts.append(done.returncode == 0)
        if done.returncode == 0:
            assert ours.errors == (), text
            assert as_edit_json(ours) == json.loads(done.stdout), text
        else:
            head, _, words = done.stderr.decode().partition("\n")
            assert head == "go: errors parsing go.mod:", text
            assert "\n".join(ours.errors) + "\n" == words, text
    assert 20 < sum(verdicts) < 110, "both kinds of files are tried"
