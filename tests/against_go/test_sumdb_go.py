"""The checksum database before the real go command: a proxy and a database in files, one `go mod download`.

Both read the same file:// URLs and must say the same, and leave the same in the module cache and in
GOPATH/pkg/sumdb.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from probes.golang import dirhash, tlog
from probes.golang.errors import GoError
from probes.golang.goproxy import ErrorRanking, Hop, parse_goproxy
from probes.golang.gosumdb import dial
from probes.golang.urls import GoURL
from probes.sources.checksum_database import (
    BaseURL,
    ClientOps,
    SecurityError,
    SumDBClient,
    check_sum_db,
)
from tests.against_go.golang import go_binary
from tests.sumdb_server import Log, Signer, SumDBServer

NAME = "sum.example.com"
SIGNER = Signer.from_seed(NAME, 7)
OTHER_KEY = Signer.from_seed(NAME, 8)

PATH, VERSION = "example.com/m", "v1.0.0"
GO_MOD = b"module example.com/m\n"
MOD_HASH = dirhash.go_mod_hash(GO_MOD)


@dataclass
class GoWorld:
    """A module proxy and a database in files, a machine, and one `go mod download` of one module."""

    root: Path
    server: SumDBServer

    def __post_init__(self) -> None:
        files = self.root / "proxy" / PATH / "@v"
        files.mkdir(parents=True)
        (files / f"{VERSION}.info").write_text(f'{{"Version":"{VERSION}"}}')
        (files / f"{VERSION}.mod").write_bytes(GO_MOD)
        with zipfile.ZipFile(files / f"{VERSION}.zip", "w") as archive:
            archive.writestr(f"{PATH}@{VERSION}/go.mod", GO_MOD)

    @property
    def proxy(self) -> str:
        return f"file://{self.root}/proxy"

    @property
    def latest(self) -> Path:
        return self.root / f"go/pkg/sumdb/{NAME}/latest"

    @property
    def cache(self) -> Path:
        return self.root / "mod/cache/download/sumdb"

    def publish(self, folder: str) -> str:
        """Write all that the server says under a folder; returns the folder's URL."""
        for path, body in self.server.everything([(PATH, VERSION)], [len(self.server.log)]).items():
            file = self.root / folder / path.removeprefix("/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(body)
        return f"file://{self.root}/{folder}"

    def offer(self, folder: str) -> None:
        """Make the proxy in a folder pass on the database."""
        self.publish(f"{folder}/sumdb/{NAME}")
        (self.root / folder / "sumdb" / NAME / "supported").touch()

    def go(self, gosumdb: str, goproxy: str) -> str:
        """What the real go says; "" when it is content."""
        env = {
            "PATH": os.environ["PATH"], "HOME": str(self.root / "home"), "GOPATH": str(self.root / "go"),
            "GOMODCACHE": str(self.root / "mod"), "GOCACHE": str(self.root / "build"), "GOENV": "off",
            "GOFLAGS": "-modcacherw", "GOTOOLCHAIN": "local", "GOTELEMETRY": "off",
            "GOSUMDB": gosumdb, "GOPROXY": goproxy,
        }  # fmt: skip
        self.root.joinpath("home").mkdir(exist_ok=True)
        ran = subprocess.run(
            [str(go_binary()), "mod", "download", f"{PATH}@{VERSION}"],
            cwd=self.root / "home", env=env, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ran.stdout == ""
        assert bool(ran.returncode) == bool(ran.stderr)
        return ran.stderr

    async def here(self, gosumdb: str, goproxy: str, left: dict[str, bytes]) -> str:
        """What ours says of the same files; ``left`` comes with the machine's files and leaves with ours."""

        async def get(url: GoURL) -> bytes:
            return read_file(url)

        async def try_proxies(ask: Callable[[Hop], Awaitable[GoURL]]) -> GoURL:
            ranking = ErrorRanking()
            for hop in parse_goproxy(goproxy).hops:
                try:
                    return await ask(hop)
                except GoError as error:
                    if not ranking.add(hop, error):
                        break
            assert ranking.best is not None
            raise ranking.best

        async def read_config(file: str) -> bytes:
            return left.get("latest", b"")

        async def write_config(file: str, old: bytes, new: bytes) -> None:
            left["latest"] = new

        async def read_cache(file: str) -> bytes | None:
            return left.get(file)

        async def write_cache(file: str, data: bytes) -> None:
            left[file] = data

        base = BaseURL(gosumdb, try_proxies=try_proxies, get=get)
        client = SumDBClient(
            gosumdb, ClientOps(base.read_remote, read_config, write_config, read_cache, write_cache)
        )
        try:
            for version, checksum in ((f"{VERSION}/go.mod", MOD_HASH), (VERSION, ZIP_HASH)):
                await check_sum_db(PATH, version, checksum, client.lookup, database=client.name)
        except SecurityError as error:
            return f"{error}\n"
        except GoError as error:
            return f"go: {error}\n"
        return ""

    def left(self) -> dict[str, bytes]:
        """What is on the machine about the database."""
        found = {
            str(file.relative_to(self.cache)): file.read_bytes()
            for file in sorted(self.cache.rglob("*"))
            if file.is_file() and file.stat().st_size
        }
        return found | ({"latest": self.latest.read_bytes()} if self.latest.exists() else {})

    async def compare(self, gosumdb: str, goproxy: str | None = None) -> str:
        """Ours first, for it writes nothing; returns what both say."""
        goproxy = goproxy or self.proxy
        left = self.left()
        ours = await self.here(gosumdb, goproxy, left)
        theirs = self.go(gosumdb, goproxy)
        assert ours.rstrip("\n") == theirs.rstrip("\n")
        assert left == self.left()
        return ours


def read_file(url: GoURL) -> bytes:
    """cmd/go/internal/web GetBytes of a file:// URL."""
    try:
        return Path(url.path).read_bytes()
    except FileNotFoundError:
        raise GoError(f"reading {url.redacted()}: no such file or directory", not_exist=True) from None


ZIP_HASH = dirhash.hash1([f"{PATH}@{VERSION}/go.mod"], lambda _: [GO_MOD])


def module_log(zip_hash: str = ZIP_HASH, mod_hash: str = MOD_HASH, before: int = 300) -> Log:
    log = Log()
    for number in range(before):
        log.add(f"example.com/earlier{number}", VERSION)
    log.add(PATH, VERSION, zip_hash, mod_hash)
    for number in range(before):
        log.add(f"example.com/later{number}", VERSION)
    return log


@pytest.fixture
def world(tmp_path: Path) -> GoWorld:
    return GoWorld(tmp_path, SumDBServer(SIGNER, module_log()))


async def test_go_believes_a_true_database_and_so_do_we(world: GoWorld) -> None:
    assert await world.compare(f"{SIGNER.verifier_key} {world.publish('db')}") == ""
    assert world.left()["latest"] == world.server.head()


@pytest.mark.parametrize(
    "gosumdb",
    [
        "off ",
        " ",
        "sum.example.com",
        " sum.golang.google.cn",
        "https://sum.golang.google.cn/",
        "sum.golang.org https://a https://b",
        SIGNER.verifier_key.replace("sum.", "sam."),
        SIGNER.verifier_key[:-2] + "==",
        f"{SIGNER.verifier_key} https://h:p",
        f"{SIGNER.verifier_key} %zz",
        f"\u3000{SIGNER.verifier_key}\u00a0:",
        Signer.from_seed("h/p/").verifier_key,
        Signer.from_seed("u:p%40w@h?").verifier_key,
        Signer.from_seed("h/é").verifier_key,
    ],
)
async def test_go_refuses_the_same_gosumdb(world: GoWorld, gosumdb: str) -> None:
    assert await world.compare(gosumdb)


@pytest.mark.parametrize("name", ["h:port", "%zz", "[::1", "h/%"])
async def test_go_dies_of_names_that_are_no_url(world: GoWorld, name: str) -> None:
    key = Signer.from_seed(name).verifier_key
    with pytest.raises(GoError) as caught:
        dial(key)
    assert world.go(key, world.proxy).startswith(f"{caught.value}\n")


@pytest.mark.parametrize(
    ("log", "words"),
    [
        (module_log(zip_hash="h1:moved="), "verifying module: checksum mismatch"),
        (module_log(mod_hash="h1:moved="), "verifying go.mod: checksum mismatch"),
        (module_log(zip_hash="h2:new="), "verifying module: checksum missing from sumdb response"),
        (module_log(mod_hash="h2:new="), "verifying go.mod: checksum missing from sumdb response"),
    ],
)
async def test_go_says_the_same_about_hashes(world: GoWorld, log: Log, words: str) -> None:
    world.server.log = log
    assert words in await world.compare(f"{SIGNER.verifier_key} {world.publish('db')}")


LOOKUP = f"/lookup/{PATH}@{VERSION}"
FORGED_TEXT = f"{PATH} {VERSION} {ZIP_HASH}\n{PATH} {VERSION}/go.mod {MOD_HASH}\nx v1 h1:x=\n".encode()


def forgeries(server: SumDBServer) -> dict[str, tuple[str, bytes | None]]:
    """Lies by name: a path and its body, None for no answer."""
    tree = server.log.tree()
    empty = tlog.Tree(0, tree.root)
    return {
        "no record": (LOOKUP, None),
        "no tile": ("/tile/8/0/001", None),
        "page": (LOOKUP, b"<html>\n<body>\n\n</body>\n"),
        "cut": (LOOKUP, server.lookup_answer(300)[:-20]),
        "forged head": (LOOKUP, server.lookup_answer(300).replace(b"\n601\n", b"\n602\n")),
        "other key": (LOOKUP, server.lookup_answer(300, head=OTHER_KEY.sign(tlog.format_tree(tree)))),
        "no tree": (LOOKUP, server.lookup_answer(300, head=SIGNER.sign("no tree\n"))),
        "old head": (LOOKUP, server.lookup_answer(300, head=server.head(300))),
        "empty tree": (LOOKUP, server.lookup_answer(300, head=SIGNER.sign(tlog.format_tree(empty)))),
        "no head": (LOOKUP, server.lookup_answer(300, head=b"")),
        "forged record": (LOOKUP, server.lookup_answer(300, text=FORGED_TEXT)),
        "negative": (LOOKUP, b"-3\n%s\n%s" % (server.log.records[300], server.head())),
        "beyond": (LOOKUP, b"601\n%s\n%s" % (server.log.records[300], server.head())),
        "false tile": ("/tile/8/0/001", bytes(8192)),
        "false edge": ("/tile/8/0/002.p/89", bytes(89 * 32)),
        "short tile": ("/tile/8/0/001", bytes(8191)),
    }


@pytest.mark.parametrize("lie", sorted(forgeries(SumDBServer(SIGNER, module_log()))))
async def test_go_catches_the_same_lies(world: GoWorld, lie: str) -> None:
    base = world.publish("db")
    path, body = forgeries(world.server)[lie]
    file = world.root / f"db{path}"
    if body is None:
        file.unlink()
    else:
        file.write_bytes(body)
    assert await world.compare(f"{SIGNER.verifier_key} {base}")


@pytest.mark.parametrize("kept", ["tiles and head", "head only"])
@pytest.mark.parametrize("at", [0, 256, 299])
async def test_go_sees_the_same_forks(world: GoWorld, at: int, kept: str) -> None:
    """Another history was remembered; `go clean -modcache` takes its tiles and not its head."""
    other = module_log().fork(at)
    while len(other) < 400:
        other.append(b"another history %d\n" % len(other))
    past = SumDBServer(SIGNER, other)
    world.latest.parent.mkdir(parents=True)
    world.latest.write_bytes(past.head())
    if kept == "tiles and head":
        for path, body in past.everything([], [400]).items():
            file = world.cache / f"{NAME}{path}"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(body)
    said = await world.compare(f"{SIGNER.verifier_key} {world.publish('db')}")
    if kept == "tiles and head":
        assert said.startswith("SECURITY ERROR\ngo.sum database server misbehavior detected!\n")
    else:
        assert "initializing sumdb.Client: checking tree#400: " in said


@pytest.mark.parametrize(
    ("chain", "offering"),
    [
        ("{proxy}", "proxy"),
        ("{root}/a,{proxy}", "proxy"),
        ("{root}/a,{proxy}", "a"),
        ("{root}/a|{proxy},direct", "a"),
        ("{proxy},{root}/b/", "b"),
        ("{root}/a b,{proxy}", "a b"),
    ],
)
async def test_go_finds_the_same_proxy_for_the_database(world: GoWorld, chain: str, offering: str) -> None:
    world.offer(offering)
    goproxy = chain.format(root=f"file://{world.root}", proxy=world.proxy)
    assert await world.compare(SIGNER.verifier_key, goproxy) == ""
    (world.root / offering / "sumdb" / NAME / LOOKUP[1:]).unlink()
    for file in world.cache.rglob("m@v1.0.0"):
        file.unlink()
    shutil.rmtree(world.root / "mod/cache/download/example.com")
    assert "no such file or directory" in await world.compare(SIGNER.verifier_key, goproxy)
