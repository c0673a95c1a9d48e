"""A world of the demo as data: what each proxy holds, how it misbehaves, who vouches, what is on the disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from probes.demo.behaviour import Behaviour, Script
from probes.demo.content import Module, ModuleVersion, simple_module
from probes.golang.protocol import Op

DISK = "MODTRACE_WORLD"
"""The variable that names the folder of a world; no go knows it."""

PATH = "demo.example/hello"
"""The module that every world is about."""


@dataclass(frozen=True)
class Place:
    """One proxy of a world."""

    modules: tuple[Module, ...]
    behaviours: Mapping[Op, Behaviour] = field(default_factory=dict)

    def script(self) -> Script:
        """What the proxy does."""
        return Script({module.path: module for module in self.modules}, self.behaviours)


@dataclass(frozen=True)
class WorldPlan:
    """A world before it is built."""

    name: str
    title: str
    story: str
    """What happens and why, for somebody who learns; two or three sentences."""
    places: tuple[Place, ...]
    goproxy: str
    """GOPROXY with {0}, {1}, … for the proxies."""
    query: str = "latest"
    path: str = PATH
    group: str = ""
    """What it teaches, together with others."""
    vouched: tuple[Module, ...] = ()
    """What a checksum database of the world's own knows; without any there is none."""
    lie: str = "none"
    """What is false about that database: a value of probes.demo.checksums.Lie."""
    before: tuple[Module, ...] = ()
    """What another history of it was made of."""
    passed_on: bool = False
    """Whether GOSUMDB names the database without its address, so that it is asked through the proxies."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Other variables."""
    files: Callable[[], Mapping[str, bytes]] | None = None
    """What lies on the disk of this world: below "project/", "path/" (GOPATH) and "cache/" (GOMODCACHE)."""
    warm: bool = False
    """Whether the module cache has its say."""


VERSIONS = ("v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0-rc.1")


def hello(*versions: str) -> Module:
    """The module with these versions, or with the usual ones."""
    plain = simple_module(PATH, *(versions or VERSIONS))
    return Module(
        plain.path, plain.versions, latest=(versions or ("v1.2.0",))[-1], revisions={"main": "v1.2.0"}
    )


def in_all(behaviour: Behaviour) -> dict[Op, Behaviour]:
    """The same for every file of a module."""
    return dict.fromkeys((Op.LIST, Op.LATEST, Op.INFO, Op.MOD, Op.ZIP), behaviour)


def changed(version: str) -> Module:
    """The same module with a version that somebody has added a file to."""
    module = hello()
    files = (*ModuleVersion(PATH, version).files, ("extra.go", b"package doc\n\nfunc init() { /* ... */ }\n"))
    versions = tuple(replace(one, files=files) if one.version == version else one for one in module.versions)
    return replace(module, versions=versions)
