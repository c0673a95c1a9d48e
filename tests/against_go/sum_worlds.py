"""Generated worlds around a checksum database that Go's own code serves, for the real go and for modtrace.

The listeners are those of the oracle program, made once: a world is what they are told to say. What a world
asks of GOSUMDB, GONOSUMDB, the chain, its separators, go.sum and the database comes from its number alone.
"""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import io
import json
import os
import random
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from probes.demo.content import Module, simple_module
from probes.golang import dirhash, modzip
from probes.golang.module import escape_path
from probes.net.limits import Limits
from probes.project.loading import load_project
from probes.sources.environment_reader import read_environment
from probes.sources.sum_faults import SumFault
from probes.trace.events import Event
from probes.trace.fold import Trace
from probes.trace.run import trace
from tests.against_go.compare import authority, authority_file, normal
from tests.against_go.golang import Oracle, go_binary
from tests.sumdb_server import Log, Signer, SumDBServer, go_sum_lines

PATH, VERSION = "m.test/Summed/mod", "v1.1.0"
TOOLCHAIN = ("golang.org/toolchain", "v0.0.1-go1.99.1.linux-amd64")
WRONG = "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
PROXIES = 3


class Servers:
    """The oracle's listeners: the database over TLS, and three proxies."""

    def __init__(self, oracle: Oracle) -> None:
        self.oracle = oracle
        cert = authority().issue_cert("127.0.0.1")
        started = oracle.ask(
            "sumworld.start",
            {
                "Proxies": PROXIES,
                "Cert": cert.cert_chain_pems[0].bytes().decode(),
                "Key": cert.private_key_pem.bytes().decode(),
            },
        )
        self.name: str = started[0]
        self.proxies = [f"http://{address}" for address in started[1:]]

    def wire(self) -> list[tuple[int, str]]:
        """What was asked since the last time; neighbouring tiles, asked for at once, in order of their names."""
        found: list[tuple[int, str]] = []
        tiles: list[tuple[int, str]] = []
        for number, path in self.oracle.ask("sumworld.log", {}):
            if "/tile/" in path:
                tiles.append((number, path))
                continue
            found += [*sorted(tiles), (number, path)]
            tiles = []
        return found + sorted(tiles)


def private_key(signer: Signer) -> str:
    """A signer's key as note.NewSigner reads it."""
    seed = signer.private_key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    return (
        f"PRIVATE+KEY+{signer.name}+{signer.key_hash:08x}+{base64.b64encode(chr(1).encode() + seed).decode()}"
    )


def hashes_of(module: Module) -> tuple[str, str]:
    """The hashes of the zip and of the go.mod of its only version."""
    version = module.versions[0]
    return modzip.hash_zip(io.BytesIO(version.zip), len(version.zip)), dirhash.go_mod_hash(version.mod)


HONEST = {"", "stale head", "grown"}
"""What no client may complain of."""

LIES: dict[str, SumFault | None] = {
    "": None,
    "stale head": None,
    "zip": SumFault.MISMATCH,
    "mod": SumFault.MISMATCH,
    "no zip line": SumFault.MISSING_LINE,
    "no mod line": SumFault.MISSING_LINE,
    "not in it": SumFault.NOT_FOUND,
    "lookup 404": SumFault.NOT_FOUND,
    "lookup 410": SumFault.NOT_FOUND,
    "lookup 401": SumFault.REFUSED,
    "lookup 403": SumFault.REFUSED,
    "lookup 500": SumFault.SERVER,
    "lookup reset": SumFault.UNREACHABLE,
    "page": SumFault.MALFORMED,
    "cut": SumFault.MALFORMED,
    "wrong key": SumFault.WRONG_KEY,
    "unknown key": SumFault.UNKNOWN_KEY,
    "forged head": SumFault.BAD_SIGNATURE,
    "forged record": SumFault.FALSE_RECORD,
    "beyond": SumFault.BEYOND_TREE,
    "forged tile": SumFault.INCONSISTENT_TILE,
    "short tile": SumFault.INCONSISTENT_TILE,
    "tile 404": SumFault.NO_TILE,
    "tile 500": SumFault.SERVER,
}
"""How a database differs from an honest one, and what that is called."""
MOVES = ("grow", "fork", "back", "another key", "same")
"""What happens between two runs."""


@dataclass
class SumWorld:
    """One world, as its number makes it."""

    seed: int
    lie: str = ""
    path: str = PATH
    version: str = VERSION
    query: str = ""
    """What is asked for, where it is not the version."""
    gosumdb: str = "key"
    supported: list[str] = field(default_factory=list)
    separators: list[str] = field(default_factory=list)
    tail: str = ""
    go_sum: str = "outside"
    variables: dict[str, str] = field(default_factory=dict)
    others: int = 0
    move: str = ""

    @classmethod
    def generate(cls, seed: int) -> SumWorld:
        """Always the same for the same number; the lies and the forms of GOSUMDB all have their turn."""
        rng = random.Random(seed)
        world = cls(seed)
        names = list(LIES)
        world.lie = names[seed // 2 % len(names)] if seed % 2 else ""
        if rng.random() < 0.08:
            world.path, world.version = TOOLCHAIN
        elif rng.random() < 0.25:
            world.query = rng.choice(("latest", "v1"))
        world.gosumdb = rng.choice(
            (*["key"] * 9, *["key url"] * 4, "off", "name", "three", "", " ", "bad hash", "spaces", "known")
        )
        statuses = ("200",) * 4 + ("404", "410", "403", "401", "500", "reset")
        world.supported = [rng.choice(statuses) for _ in range(rng.choice((1, 1, 2, 3)))]
        world.separators = [rng.choice(",|") for _ in world.supported[1:]]
        world.tail = rng.choice(("", "", ",off", "|off", ",direct"))
        if world.gosumdb in ("known", ""):  # nothing may lead to the real one
            world.supported[0], world.separators[:1] = "200", [","][: len(world.separators)]
        world.go_sum = rng.choice(
            (*["outside"] * 4, "none", "right", "right", "other zip", "other mod", "h2")
        )
        if world.lie and rng.random() < 0.8:  # somebody should hear the lie
            world.gosumdb = rng.choice(("key", "key", "key url", "spaces"))
            world.supported = [rng.choice(("200", "200", "404")) for _ in world.supported]
            world.go_sum = rng.choice(("outside", "none", "h2"))
        world.others = rng.choice((0, 1, 7, 260, 300))
        pattern = rng.choice(("m.test", "other.test", "*.test/x", "m.test/Summed", "*", "golang.org,m.*"))
        if rng.random() < 0.2:
            world.variables = rng.choice(
                ({"GONOSUMDB": pattern}, {"GOPRIVATE": pattern, "GONOPROXY": "none"})
            )
        if rng.random() < (0.3 if world.lie else 0.6):
            world.move = MOVES[seed // 2 % len(MOVES)]
        if world.move and not world.lie and rng.random() < 0.8:  # go should have something to remember
            world.gosumdb, world.variables = rng.choice(("key", "key url")), {}
            world.supported = [rng.choice(("200", "200", "404")) for _ in world.supported]
            world.go_sum = rng.choice(("outside", "none", "h2"))
            world.others = world.others or 5
        return world

    @property
    def note(self) -> str:
        """The world in a line, for whoever looks at a difference."""
        return " ".join(f"{name}={value!r}" for name, value in dataclasses.asdict(self).items() if value)


class Running:
    """A world with its folders."""

    def __init__(self, world: SumWorld, servers: Servers, home: Path) -> None:
        self.world, self.servers, self.home = world, servers, home
        self.module = simple_module(world.path, world.version)
        self.zip_hash, self.mod_hash = hashes_of(self.module)
        known = "sum.golang.org" if world.gosumdb in ("known", "") else servers.name
        self.signer = Signer.from_seed(known, 1)
        self.records = self._records()
        self.size = 0
        self._write_project()

    def _records(self) -> list[tuple[str, str, str]]:
        world = self.world
        records = [_record(f"other.test/m{number}") for number in range(world.others)]
        zip_hash = WRONG if world.lie == "zip" else self.zip_hash
        mod_hash = WRONG if world.lie == "mod" else self.mod_hash
        first, second = go_sum_lines(world.path, world.version, zip_hash, mod_hash).decode().splitlines(True)
        text = (
            second if world.lie == "no zip line" else first if world.lie == "no mod line" else first + second
        )
        if world.lie != "not in it":
            records.append((world.path, world.version, text))
        return records + [_record(f"after.test/m{number}") for number in range(world.others // 2 + 1)]

    def _write_project(self) -> None:
        """A main module with its go.sum, or a folder without any."""
        self.place = self.home / "work"
        self.place.mkdir()
        how, world = self.world.go_sum, self.world
        if how == "outside":
            return
        (self.place / "go.mod").write_text("module example.test/main\n\ngo 1.21\n")
        lines = go_sum_lines(
            world.path,
            world.version,
            WRONG if how == "other zip" else "h2:new=" if how == "h2" else self.zip_hash,
            WRONG if how == "other mod" else "h2:new=" if how == "h2" else self.mod_hash,
        )
        if how != "none":
            (self.place / "go.sum").write_bytes(lines)

    @property
    def head(self) -> Path:
        """Where go keeps the tree head of this database."""
        return self.home / "go/pkg/sumdb" / self.signer.name / "latest"

    # -- what the servers say --------------------------------------------------------------------------

    def serve(self) -> None:
        """Tell the listeners, and see that Go's head is the one that our signer makes."""
        world = self.world
        size = self.size or (max(1, len(self.records) - 1) if world.lie == "stale head" else 0)
        signer = {
            "wrong key": Signer.from_seed(self.signer.name, 2),
            "unknown key": Signer.from_seed("who.test", 2),
        }.get(world.lie, self.signer)
        log = self.log()
        mine = SumDBServer(signer, log, size=size or None)
        lie = self._lie(mine)
        statuses = [_reply(how) for how in world.supported]
        places = [lie, *({**lie, "Supported": status} for status in statuses)]
        told = self.servers.oracle.ask(
            "sumworld.set",
            {
                "Name": self.signer.name,
                "Signer": private_key(signer),
                "Records": self.records,
                "Size": size,
                "Files": self._files(),
                "Places": places,
            },
        )
        assert told["err"] is None
        assert base64.b64decode(told["head"]) == mine.head()

    def log(self) -> Log:
        """The same log as Go's."""
        log = Log()
        for path, version, text in self.records:
            log.ids[f"{escape_path(path)}@{version}"] = log.append(text.encode())
        return log

    def _files(self) -> dict[str, str]:
        version, below = self.module.versions[0], f"/{escape_path(self.world.path)}/@v"
        files = {
            f"{below}/list": f"{version.version}\n".encode(),
            f"{below}/{version.version}.info": version.info,
            f"{below}/{version.version}.mod": version.mod,
            f"{below}/{version.version}.zip": version.zip,
        }
        return {path: base64.b64encode(data).decode() for path, data in files.items()}

    def _lie(self, mine: SumDBServer) -> dict[str, Any]:
        lie, world = self.world.lie, self.world
        key = f"/lookup/{escape_path(world.path)}@{world.version}"
        kind, _, how = lie.partition(" ")
        if kind in ("lookup", "tile") and how:
            return {kind.title(): _reply(how)}
        if lie in ("forged tile", "short tile"):
            tiles = mine.everything([], [mine.size or len(mine.log)])
            changed = {path: bytes([body[0] ^ 1]) + body[1:] for path, body in tiles.items()}
            if lie == "short tile":
                changed = {path: body[:-1] for path, body in tiles.items()}
            return {"Said": {path: {"Status": 200, "Body": _b64(body)} for path, body in changed.items()}}
        number = mine.log.ids.get(key.removeprefix("/lookup/"))
        if lie not in ("page", "cut", "forged head", "forged record", "beyond") or number is None:
            return {}
        record = mine.log.records[number]
        body = {
            "page": b"<html>\n<body>\n\nlog in</body>\n",
            "cut": mine.lookup_answer(number)[:-20],
            "forged head": mine.lookup_answer(number).replace(
                f"\n{len(mine.log)}\n".encode(), f"\n{len(mine.log) + 1}\n".encode()
            ),
            "forged record": mine.lookup_answer(number, text=record + b"x.test v1.0.0 h1:x=\n"),
            "beyond": b"%d\n%s\n%s" % (len(mine.log), record, mine.head()),
        }[lie]
        return {"Said": {key: {"Status": 200, "Body": _b64(body)}}}

    def move_on(self) -> None:
        """What happens between two runs; the module cache goes, the remembered head stays."""
        how, count = self.world.move, len(self.records)
        if how == "grow":
            self.records += [_record(f"later.test/m{number}") for number in range(270)]
        elif how == "fork":
            ours = [one for one in self.records if one[0] == self.world.path]
            self.records = [_record(f"fork.test/m{number}") for number in range(max(0, count - 1))] + ours
        elif how == "back":
            self.size = max(1, count - 1)
        elif how == "another key":
            self.signer = Signer.from_seed(self.signer.name, 3)
        for folder in (self.home / "cache", self.home / "go/pkg/mod"):
            shutil.rmtree(folder, ignore_errors=True)

    # -- both of them ----------------------------------------------------------------------------------

    def environment(self) -> dict[str, str]:
        """The variables that both run in."""
        world, name = self.world, self.servers.name
        key = self.signer.verifier_key
        forms = {
            "key": key,
            "key url": f"{key} https://{name}",
            "off": "off",
            "name": name,
            "three": f"{key} a b",
            "": "",  # as if it were not set
            " ": " ",
            "bad hash": key.replace("+", "+0", 1)[: len(key)],
            "spaces": f"  {key}\t",
            "known": "sum.golang.org",
        }
        urls = self.servers.proxies
        chain = urls[0] + "".join(
            f"{separator}{url}" for separator, url in zip(world.separators, urls[1:], strict=False)
        )
        return {
            "HOME": str(self.home),
            "PATH": os.environ["PATH"],
            "GOROOT": str(go_binary().parent.parent),
            "GOPROXY": chain + world.tail,
            "GOSUMDB": forms[world.gosumdb],
            "GOPATH": str(self.home / "go"),
            "GOMODCACHE": str(self.home / "cache"),
            "GOFLAGS": "-modcacherw",
            "GOTOOLCHAIN": "local",
            "GOENV": "off",
            "SSL_CERT_FILE": str(authority_file()),
            "SSL_CERT_DIR": str(self.home / "none"),
            **world.variables,
        }

    def ask_modtrace(self) -> tuple[dict[str, Any], Trace]:
        """Outcome and wire of modtrace's engine."""
        told = Trace()
        self.told: list[Event] = []

        def emit(event: Event) -> None:
            self.told.append(event)
            told.apply(event)

        self.servers.wire()
        environment = read_environment(process=self.environment(), cwd=str(self.place))
        project = load_project(environment, self.place)
        asyncio.run(
            trace(
                environment,
                self.world.path,
                self.world.query or self.world.version,
                emit,
                limits=Limits(answer_s=20, stall_s=20),
                project=project,
            )
        )
        said = told.to_json()
        wire = self.servers.wire()
        return {
            "ok": said["ok"],
            "sum": said["sum"],
            "go_mod_sum": said["go_mod_sum"],
            "error": normal(said["error"]),
            "wire": wire,
        }, told

    def ask_go(self) -> dict[str, Any]:
        """Outcome and wire of the real go."""
        target = f"{self.world.path}@{self.world.query or self.world.version}"
        self.servers.wire()
        done = subprocess.run(
            [str(go_binary()), "mod", "download", "-json", target],
            env=self.environment(), cwd=self.place, text=True, capture_output=True, timeout=60, check=False,
        )  # fmt: skip
        said = json.loads(done.stdout) if done.stdout.strip() else {}
        error = said.get("Error") if said or not done.returncode else done.stderr.strip()
        return {
            "ok": done.returncode == 0,
            "sum": said.get("Sum"),
            "go_mod_sum": said.get("GoModSum"),
            "error": normal(error),
            "wire": self.servers.wire(),
        }


def _record(path: str) -> tuple[str, str, str]:
    return path, "v1.0.0", f"{path} v1.0.0 h1:zip=\n{path} v1.0.0/go.mod h1:mod=\n"


def _reply(how: str) -> dict[str, Any] | None:
    if how == "200":
        return None
    if how == "reset":
        return {"Reset": True}
    return {"Status": int(how), "Body": _b64(f"not here: {how}\n".encode())}


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
