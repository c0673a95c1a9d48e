"""Generated projects: a go.mod or a workspace made of a number, and a module to download inside of it."""

from __future__ import annotations

import io
import random
from dataclasses import dataclass, field

from probes.demo.behaviour import Script
from probes.demo.content import Module, ModuleVersion
from probes.golang.dirhash import go_mod_hash
from probes.golang.modzip import hash_zip

A, B, C, INC, GONE = "m.test/a", "m.test/b", "m.test/c/v2", "m.test/inc", "m.test/gone"
P, PSEUDO, LATER = "m.test/p", "v0.0.0-20240102030406-abcdefabcdef", "v1.0.1-0.20240203040506-abcdefabcdef"
OTHER_HASH = "h1:" + "A" * 43 + "="


def _module(path: str, *versions: str, retracting: dict[str, str] | None = None, requires: str = "") -> Module:
    made = []
    for version in versions:
        more = (retracting or {}).get(version, "")
        text = f"module {path}\n\ngo 1.21\n{requires}{more}".encode()
        made.append(ModuleVersion(path, version, go_mod=text))
    return Module(path, tuple(made), latest=versions[-1], revisions={"main": versions[0]})


MODULES = {
    module.path: module
    for module in (
        _module(A, "v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0", retracting={"v1.3.0": "retract v1.2.0 // bad\n"}),
        _module(B, "v0.9.0", "v1.0.0", "v1.0.1-rc.1", requires=f"require {A} v1.1.0\n"),
        _module(C, "v2.0.0", "v2.1.0"),
        _module(INC, "v1.0.0", "v2.0.0+incompatible"),
        _module(P, PSEUDO, LATER),
    )
}
SCRIPT = Script(MODULES)


@dataclass
class ProjectWorld:
    """What a number stands for."""

    seed: int
    files: dict[str, str]
    """By their paths in the folder; one that ends in a slash is a folder."""
    target: str
    here: str = "."
    """The working directory, seen from the folder."""
    variables: dict[str, str] = field(default_factory=dict)
    """With {root} for the folder."""


def sums_of(path: str, version: str) -> tuple[str, str]:
    """The hashes of a version: of its zip, and of its go.mod."""
    found = next(one for one in MODULES[path].versions if one.version == version)
    return hash_zip(io.BytesIO(found.zip), len(found.zip)), go_mod_hash(found.mod)


class _Maker:
    """Draws from one random number."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.draw = random.Random(seed)
        self.files: dict[str, str] = {}

    def world(self) -> ProjectWorld:
        is_work = self.draw.random() < 0.3
        target = self._target()
        if is_work:
            self._workspace()
        elif self.draw.random() < 0.95:
            self._module("", "main.test/m")
        if self.draw.random() < 0.45:
            name = self.draw.choice(["go.work.sum", "m1/go.sum"]) if is_work else "go.sum"
            self.files[name] = self._go_sum(target)
        here = self.draw.choice([".", ".", "sub/deeper", "m1"] if is_work else [".", ".", "sub/deeper"])
        return ProjectWorld(self.seed, self.files, target, here, self._variables(is_work))

    def _target(self) -> str:
        path = self.draw.choice([A] * 5 + [B, C, INC, GONE, "main.test/m"])
        queries = [
            "latest", "latest", "v1.1.0", "v1.0.0", "v1", "v1.2", ">=v1.0.0", "<v1.2.0", "<=v1.1.0", "main",
            "v1.2.0", "v1.9.0", "upgrade", "patch", "v2.0.0+incompatible", ">v1.3.0", "v2", "v1.9",
        ]  # fmt: skip
        return f"{path}@{self.draw.choice(queries)}"

    def _version(self, path: str) -> str:
        if path in MODULES and self.draw.random() < 0.8:
            return self.draw.choice(MODULES[path].versions).version
        return "v2.9.0" if path.endswith("/v2") else self.draw.choice(["v1.9.0", "v1.9.1-pre", "v0.5.0"])

    def _module(self, folder: str, path: str, *, can_break: bool = True) -> None:
        prefix = f"{folder}/" if folder else ""
        lines = [f"module {path}"]
        go_line = self.draw.choice(["go 1.21"] * 8 + ["go 1.16", "go 1.24.0"])
        if can_break and self.draw.random() < 0.06:
            go_line = "go 1.99"
        lines.append(go_line)
        for required in (A, B, C, INC):
            if self.draw.random() < 0.3:
                note = self.draw.choice(["", " // indirect"])
                lines.append(f"require {required} {self._version(required)}{note}")
        for _ in range(self.draw.choice([0, 0, 1, 2])):
            excluded = self.draw.choice([A, A, C])
            lines.append(f"exclude {excluded} {self._version(excluded)}")
        for _ in range(self.draw.choice([0, 1, 1, 2])):
            lines.append("replace " + self._replace())
        if can_break and self.draw.random() < 0.12:
            lines.append(self.draw.choice([
                "unknown word", "require m.test/a", "exclude m.test/a v1.0.0 v1.1.0", 'require "m.test/a v1.0.0',
                "require m.test/a v2.0.0", "require (", "replace m.test/a => nowhere", "retract v1.0", "go 1.21",
                "replace m.test/a => ../x v1.0.0", "module again.test/m", "toolchain x", "tool", "godebug a",
                "require\tm.test/a/v1 v1.0.0", "ignore", "foo (\n)",
            ]))  # fmt: skip
        if can_break and self.draw.random() < 0.03:
            lines[0] = self.draw.choice(["// no module", "module", "module go", "module UP.test/!x", "module -x"])
        self.files[f"{prefix}go.mod"] = "\n".join(lines) + "\n"

    def _replace(self) -> str:
        path = self.draw.choice([A, A, A, GONE, C, INC])
        version = self.draw.choice(["", f" {self._version(path)}", f" {self._version(path)}"])
        targets = [f"{B} v1.0.0", f"{A} v1.1.0", f"{GONE} v1.0.0", "./local", "./empty", "./missing"]
        target = self.draw.choice(targets)
        if target == "./local":
            self.files["local/go.mod"] = "module local.test/l\n\ngo 1.21\n\nretract v1.1.0 // local\n"
        if target == "./empty":
            self.files["empty/"] = ""
        return f"{path}{version} => {target}"

    def _workspace(self) -> None:
        lines = [self.draw.choice(["go 1.24.0"] * 6 + ["go 1.20", "", "go 1.99"])]
        for number in (1, 2):
            folder = f"m{number}"
            self._module(folder, f"main.test/m{number}", can_break=self.draw.random() < 0.15)
            lines.append(f"use ./{folder}")
        for _ in range(self.draw.choice([0, 0, 1])):
            lines.append("replace " + self._replace())
        if self.draw.random() < 0.1:
            lines.append(self.draw.choice(
                ["use ./m1", "use ./nothing", "unknown", "use", "replace main.test/m1 => ./m2", "use (", "x (\n)"]
            ))  # fmt: skip
        self.files["go.work"] = "\n".join(lines) + "\n"

    def _go_sum(self, target: str) -> str:
        path = target.partition("@")[0]
        lines = []
        for version in MODULES.get(path, MODULES[A]).versions:
            name = version.version
            zipped, mod = sums_of(version.path, name)
            for what, total in ((name, zipped), (f"{name}/go.mod", mod)):
                kind = self.draw.choice(["same"] * 5 + ["none"] * 2 + ["other", "unknown", "both"])
                if kind in ("unknown", "both"):
                    lines.append(f"{version.path} {what} h2:whatever")
                if kind in ("same", "both"):
                    lines.append(f"{version.path} {what} {total}")
                if kind == "other":
                    lines.append(f"{version.path} {what} {OTHER_HASH}")
        if self.draw.random() < 0.15:
            lines.append(self.draw.choice(["one two", "one two three four", "x"]))
        return "\n".join(lines) + "\n"

    def _variables(self, is_work: bool) -> dict[str, str]:
        found: dict[str, str] = {}
        flag = self.draw.choice(["", "", "", "-mod=mod", "-mod=readonly", "-mod=vendor", "-modfile=alt.mod"])
        if flag == "-modfile=alt.mod":
            name = self.draw.choice(["alt.mod", "alt.mod", "alt.txt", "missing.mod"])
            flag = f"-modfile={{root}}/{name}"
            if name != "missing.mod":
                self.files[name] = f"module main.test/alt\n\ngo 1.21\n\nexclude {A} v1.3.0\n"
        found["GOFLAGS"] = f"-modcacherw {flag}".strip()
        if self.draw.random() < 0.2:
            found["GOWORK"] = self.draw.choice(["off", "off", "auto", "{root}/none.work", "relative"])
        if self.draw.random() < 0.1:
            found["GO111MODULE"] = self.draw.choice(["off", "auto", "on"])
        if self.draw.random() < 0.1:
            self.files["vendor/modules.txt"] = ""
        if self.draw.random() < 0.1:
            found["GOPROXY"] = self.draw.choice(["off", "{url}/nothing,{url}", "{url}|off"])
        return found


def made(seed: int) -> ProjectWorld:
    """The world of a number."""
    return _Maker(seed).world()
