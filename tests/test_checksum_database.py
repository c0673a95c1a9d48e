"""The checksum database client against a database that tells the truth, or any kind of lie."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.golang import tlog
from probes.golang.errors import GoError, ModuleError
from probes.golang.note import InvalidSignature, UnverifiedNote
from probes.golang.tiles import InconsistentTile
from probes.sources.checksum_database import (
    ChecksumMismatch,
    ChecksumMissing,
    ClientOps,
    FalseRecord,
    SecurityError,
    SumDBClient,
    UnknownRecord,
    When,
    WriteConflict,
    check_sum_db,
)
from tests.sumdb_server import Log, Signer, SumDBServer

NAME = "sum.example.com"
SIGNER = Signer.from_seed(NAME, 7)
KEY = SIGNER.verifier_key
PATH, VERSION = "example.com/Mod", "v1.2.3"
LOOKUP = "/lookup/example.com/!mod@v1.2.3"


def make_log(before: int = 300, after: int = 300) -> Log:
    log = Log()
    for n in range(before):
        log.add(f"example.com/other{n}", "v1.0.0")
    log.add(PATH, VERSION, "h1:zip=", "h1:mod=")
    for n in range(after):
        log.add(f"example.com/later{n}", "v1.0.0")
    return log


LOG = make_log()
AT = 300
"""The number of PATH's record."""


@pytest.fixture
def server() -> SumDBServer:
    return SumDBServer(SIGNER, LOG)


@dataclass
class Machine:
    """What stays on a machine between two runs of go, and a client for each run."""

    server: SumDBServer
    config: dict[str, bytes] = field(default_factory=dict)
    cache: dict[str, bytes] = field(default_factory=dict)
    conflicts: list[bytes] = field(default_factory=list)
    """Heads that another process writes just before this one does, in turn."""
    errors: dict[str, GoError] = field(default_factory=dict)
    gates: dict[str, asyncio.Event] = field(default_factory=dict)
    """Requests that are answered only when their event is set."""

    def client(self, gosumdb: str = KEY) -> SumDBClient:
        return SumDBClient(
            gosumdb,
            ClientOps(
                self._read_remote, self._read_config, self._write_config, self._read_cache, self._write_cache
            ),
        )

    @property
    def head(self) -> bytes:
        return self.config.get(f"{NAME}/latest", b"")

    async def _read_remote(self, path: str) -> bytes:
        await asyncio.sleep(0)
        if path in self.errors:
            raise self.errors[path]
        if path in self.gates:
            await self.gates[path].wait()
        status, body = self.server.answer(path)
        if status != 200:
            raise GoError(f"reading https://{NAME}{path}: {status}", not_exist=status in (404, 410))
        return body

    async def _read_config(self, file: str) -> bytes:
        await asyncio.sleep(0)
        if "config" in self.errors:
            raise self.errors["config"]
        return self.config.get(file, b"")

    async def _write_config(self, file: str, old: bytes, new: bytes) -> None:
        await asyncio.sleep(0)
        if "write" in self.errors:
            raise self.errors["write"]
        if self.conflicts:
            self.config[file] = self.conflicts.pop(0)
            raise WriteConflict
        assert self.config.get(file, b"") == old
        self.config[file] = new

    async def _read_cache(self, file: str) -> bytes | None:
        await asyncio.sleep(0)
        return self.cache.get(file)

    async def _write_cache(self, file: str, data: bytes) -> None:
        await asyncio.sleep(0)
        self.cache[file] = data


@pytest.fixture
def machine(server: SumDBServer) -> Machine:
    return Machine(server)


async def refusal(client: SumDBClient, path: str = PATH, version: str = VERSION) -> GoError:
    with pytest.raises(GoError) as caught:
        await client.lookup(path, version)
    return caught.value


def root_cause(error: BaseException) -> BaseException:
    while error.__cause__ is not None:
        error = error.__cause__
    return error


# The truth


async def test_lines_of_the_zip_and_of_the_go_mod_come_from_one_request(machine: Machine) -> None:
    client = machine.client()
    assert await client.lookup(PATH, VERSION) == [f"{PATH} {VERSION} h1:zip="]
    assert await client.lookup(PATH, f"{VERSION}/go.mod") == [f"{PATH} {VERSION}/go.mod h1:mod="]
    assert machine.server.requests.count(LOOKUP) == 1
    assert client.name == NAME
    assert client.latest == LOG.tree()
    assert not any(path == "/latest" for path in machine.server.requests)


async def test_the_merkle_path_leads_from_the_record_to_the_signed_root(machine: Machine) -> None:
    client = machine.client()
    assert client.inclusion_proof(PATH, VERSION) is None
    await client.lookup(PATH, f"{VERSION}/go.mod")
    proof = client.inclusion_proof(PATH, VERSION)
    assert proof is not None
    assert (proof.record_id, proof.tree) == (AT, LOG.tree())
    assert proof.record == LOG.records[AT]
    tlog.check_record(proof.hashes, proof.tree, proof.record_id, proof.leaf)
    assert proof.steps()[-1].node == proof.tree.root
    asked = [path for path in machine.server.requests if path.startswith("/tile/")]
    assert sorted(asked) == sorted("/" + tile.path for tile in proof.tiles)


async def test_everything_is_cached_and_a_second_run_needs_no_network(machine: Machine) -> None:
    await machine.client().lookup(PATH, VERSION)
    assert machine.cache[NAME + LOOKUP] == machine.server.lookup_answer(AT)
    assert machine.head == machine.server.head()
    machine.server.requests.clear()
    client = machine.client()
    assert await client.lookup(PATH, VERSION) == [f"{PATH} {VERSION} h1:zip="]
    assert machine.server.requests == []
    assert [check.when for check in client.tree_checks] == [When.FUTURE, When.NOW, When.NOW]


async def test_an_unknown_version_has_no_lines_and_that_is_no_error(machine: Machine) -> None:
    machine.server.say("/lookup/example.com/!mod@v9.0.0", machine.server.lookup_answer(AT))
    assert await machine.client().lookup(PATH, "v9.0.0") == []


async def test_parallel_lookups_share_their_requests(machine: Machine) -> None:
    client = machine.client()
    wanted = [(PATH, VERSION), (PATH, f"{VERSION}/go.mod"), (PATH, VERSION)]
    wanted += [(f"example.com/other{n}", "v1.0.0") for n in range(40)]
    answers = await asyncio.gather(*(client.lookup(*module) for module in wanted))
    assert all(len(lines) == 1 for lines in answers)
    assert len(set(machine.server.requests)) == len(machine.server.requests)


async def test_a_cancelled_lookup_does_not_spoil_the_next(machine: Machine) -> None:
    client = machine.client()
    first = asyncio.create_task(client.lookup(PATH, VERSION))
    second = asyncio.create_task(client.lookup(PATH, VERSION))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert await second == [f"{PATH} {VERSION} h1:zip="]


async def test_a_log_that_has_grown_is_followed(machine: Machine) -> None:
    machine.server.size = 310
    await machine.client().lookup(PATH, VERSION)
    machine.server.size = None
    client = machine.client()
    await client.lookup("example.com/later9", "v1.0.0")
    assert machine.head == machine.server.head()
    assert [(c.seen.size, c.latest.size, c.when) for c in client.tree_checks][-2:] == [
        (601, 310, When.FUTURE),
        (310, 601, When.PAST),
    ]


async def test_a_replayed_old_head_is_no_error_and_does_not_turn_time_back(machine: Machine) -> None:
    await machine.client().lookup("example.com/other1", "v1.0.0")
    newest = machine.head
    machine.server.size = 310
    client = machine.client()
    assert await client.lookup(PATH, VERSION)
    assert machine.head == newest
    assert client.tree_checks[-1].when is When.PAST
    proof = client.inclusion_proof(PATH, VERSION)
    assert proof is not None
    assert proof.tree.size == len(LOG)


async def test_partial_tiles_that_grew_full_are_cut_out_of_the_full_ones(machine: Machine) -> None:
    machine.server.size = 301
    machine.server.partial_tiles = False
    assert await machine.client().lookup(PATH, VERSION)
    assert "/tile/8/0/001.p/45" in machine.server.requests
    assert "/tile/8/0/001" in machine.server.requests
    assert f"{NAME}/tile/8/0/001.p/45" in machine.cache
    assert f"{NAME}/tile/8/0/001" not in machine.cache


async def test_a_cached_full_tile_serves_its_part(machine: Machine) -> None:
    await machine.client().lookup("example.com/later280", "v1.0.0")
    await machine.client().lookup(PATH, VERSION)
    assert f"{NAME}/tile/8/0/001" in machine.cache
    other = Machine(SumDBServer(SIGNER, LOG, size=301), cache=machine.cache)
    del other.cache[NAME + LOOKUP]
    assert await other.client().lookup(PATH, VERSION)
    assert "/tile/8/0/001.p/45" not in other.server.requests
    assert f"{NAME}/tile/8/0/001.p/45" not in other.cache


async def test_heads_written_by_other_processes_are_merged(machine: Machine) -> None:
    machine.server.size = 320
    machine.conflicts = [machine.server.head(310), machine.server.head(315)]
    await machine.client().lookup(PATH, VERSION)
    assert machine.head == machine.server.head(320)
    other = Machine(machine.server, conflicts=[machine.server.head(400)])
    client = other.client()
    await client.lookup(PATH, VERSION)
    assert other.head == machine.server.head(400)
    assert client.latest.size == 400


async def test_a_head_that_was_overtaken_does_not_turn_time_back(machine: Machine) -> None:
    """While the tiles of tree 400 are on their way, another lookup goes on to tree 601."""
    machine.server.size = 310
    await machine.client().lookup("example.com/other1", "v1.0.0")
    machine.server.size = 601
    machine.server.say(LOOKUP, machine.server.lookup_answer(AT, head=machine.server.head(400)))
    edge = "/tile/8/0/001.p/144"
    machine.gates[edge] = asyncio.Event()
    client = machine.client()
    slow = asyncio.create_task(client.lookup(PATH, VERSION))
    assert await client.lookup("example.com/later280", "v1.0.0")
    assert client.latest.size == 601
    machine.gates[edge].set()
    assert await slow
    assert client.latest.size == 601
    assert machine.head == machine.server.head(601)
    last = client.tree_checks[-1]
    assert (last.seen.size, last.latest.size, last.when) == (400, 601, When.PAST)


# Lies


async def test_signature_by_another_key_of_the_same_name(machine: Machine) -> None:
    machine.server.signer = Signer.from_seed(NAME, 8)
    head = machine.server.head().decode()
    error = await refusal(machine.client())
    assert str(error) == (
        f"{PATH}@{VERSION}: reading tree note: note has no verifiable signatures\nnote:\n{head}"
    )
    assert isinstance(root_cause(error), UnverifiedNote)


async def test_a_forged_head(machine: Machine) -> None:
    forged = machine.server.head().replace(b"\n601\n", b"\n602\n")
    machine.server.say(LOOKUP, machine.server.lookup_answer(AT, head=forged))
    error = await refusal(machine.client())
    assert str(error) == (
        f"{PATH}@{VERSION}: reading tree note: invalid signature for key "
        f"{NAME}+{SIGNER.key_hash:08x}\nnote:\n{forged.decode()}"
    )
    assert isinstance(root_cause(error), InvalidSignature)
    assert machine.cache == {}


async def test_a_signed_text_that_is_no_tree(machine: Machine) -> None:
    machine.server.say(LOOKUP, machine.server.lookup_answer(AT, head=SIGNER.sign("hello\n")))
    error = await refusal(machine.client())
    assert str(error) == f"{PATH}@{VERSION}: reading tree: malformed tree note\ntree:\nhello\n"


async def test_a_login_page_instead_of_a_record(machine: Machine) -> None:
    machine.server.say(LOOKUP, b"<!doctype html>\n<title>Log in</title>\n\n<p>\n")
    assert str(await refusal(machine.client())) == f"{PATH}@{VERSION}: malformed record data"


@pytest.mark.parametrize("cached", [False, True])
async def test_a_wrong_record(machine: Machine, cached: bool) -> None:
    lie = machine.server.lookup_answer(AT, text=b"example.com/Mod v1.2.3 h1:evil=\n")
    machine.server.say(LOOKUP, lie)
    if cached:
        machine.cache[NAME + LOOKUP] = lie
    error = await refusal(machine.client())
    assert str(error) == f"{PATH}@{VERSION}: cannot authenticate record data in server response"
    assert isinstance(root_cause(error), FalseRecord)
    assert machine.cache.get(NAME + LOOKUP) == (lie if cached else None)


async def test_the_true_record_under_another_number(machine: Machine) -> None:
    machine.server.say(LOOKUP, b"5\n%s\n%s" % (LOG.records[AT], machine.server.head()))
    assert isinstance(root_cause(await refusal(machine.client())), FalseRecord)


async def test_a_negative_number_stands_for_the_first_record(machine: Machine) -> None:
    lie = b"-9\n%s\n%s" % (LOG.records[0], machine.server.head())
    machine.server.say("/lookup/example.com/other0@v1.0.0", lie)
    client = machine.client()
    assert await client.lookup("example.com/other0", "v1.0.0") == ["example.com/other0 v1.0.0 h1:zip="]
    proof = client.inclusion_proof("example.com/other0", "v1.0.0")
    assert proof is not None
    assert proof.record_id == -9
    assert proof.steps()[-1].node == LOG.tree().root


async def test_a_record_that_the_tree_does_not_have_yet(machine: Machine) -> None:
    machine.server.size = 300
    error = await refusal(machine.client())
    assert str(error) == f"{PATH}@{VERSION}: cannot validate record 300 in tree of size 300"
    assert isinstance(root_cause(error), UnknownRecord)


async def test_a_record_in_an_empty_tree(machine: Machine) -> None:
    machine.server.size = 0
    assert str(await refusal(machine.client())).endswith("cannot validate record 300 in tree of size 0")
    machine.server.say(LOOKUP, b"-1\n%s\n%s" % (LOG.records[0], machine.server.head()))
    assert str(await refusal(machine.client())).endswith(": indexes not in tree")


async def test_a_broken_tile_stays_broken_for_the_run_and_is_never_cached(machine: Machine) -> None:
    machine.server.say("/tile/8/0/001", bytes(256 * 32))
    client = machine.client()
    for version in (VERSION, f"{VERSION}/go.mod"):
        error = await refusal(client, version=version)
        assert str(error) == f"{PATH}@{version}: downloaded inconsistent tile"
        assert isinstance(root_cause(error), InconsistentTile)
    assert machine.server.requests.count("/tile/8/0/001") == 1
    assert f"{NAME}/tile/8/0/001" not in machine.cache
    del machine.server.said["/tile/8/0/001"]
    assert await machine.client().lookup(PATH, VERSION)


async def test_a_tile_cut_short(machine: Machine) -> None:
    machine.server.say("/tile/8/0/001", bytes(100))
    words = "TileReader returned bad result slice (tile/8/0/001 len=100, want 8192)"
    assert str(await refusal(machine.client())) == f"{PATH}@{VERSION}: {words}"


async def test_a_missing_tile_reports_the_partial_one_that_was_wanted(machine: Machine) -> None:
    machine.server.size = 301
    machine.server.say("/tile/8/0/001.p/45", b"", 404)
    machine.server.say("/tile/8/0/001", b"", 500)
    error = await refusal(machine.client())
    assert str(error) == f"{PATH}@{VERSION}: reading https://{NAME}/tile/8/0/001.p/45: 404"
    assert not error.not_exist, "Go formats with %v: the class is lost"


async def test_a_missing_record_is_not_of_the_not_found_class(machine: Machine) -> None:
    error = await refusal(machine.client(), "example.com/private", "v1.0.0")
    assert str(error) == (
        f"example.com/private@v1.0.0: reading https://{NAME}/lookup/example.com/private@v1.0.0: 404"
    )
    assert not error.not_exist


@pytest.mark.parametrize(
    ("path", "version", "words"),
    [
        ("example.com/a b", "v1.0.0", "malformed module path \"example.com/a b\": invalid char ' '"),
        ("example.com/a", "v1!", 'version "v1!" invalid: disallowed version string'),
    ],
)
async def test_names_that_cannot_be_looked_up(machine: Machine, path: str, version: str, words: str) -> None:
    assert str(await refusal(machine.client(), path, version)) == f"{path}@{version}: {words}"
    assert machine.server.requests == []


def indented(note: bytes) -> str:
    return note.decode().replace("\n", "\n\t")


@pytest.mark.parametrize("remembered", [310, 601, 650])
async def test_a_fork_is_proven_to_the_reader(machine: Machine, remembered: int) -> None:
    """The remembered head is of another history, which left this one at record 290."""
    other = LOG.fork(290)
    while len(other) < remembered:
        other.append(b"another history %d\n" % len(other))
    before = Machine(SumDBServer(SIGNER, other), machine.config, machine.cache)
    await before.client().lookup("example.com/other1", "v1.0.0")
    old = machine.head
    new = machine.server.head()
    client = machine.client()
    with pytest.raises(SecurityError) as caught:
        await client.lookup(PATH, VERSION)
    older, newer = (old, new) if remembered < 601 else (new, old)
    log, size = (LOG, remembered) if remembered < 601 else (other, 601)
    proof = tlog.prove_tree(max(remembered, 601), size, log.read)
    assert str(caught.value) == (
        "SECURITY ERROR\ngo.sum database server misbehavior detected!\n\n"
        f"old database:\n\t{indented(older)}\nnew database:\n\t{indented(newer)}\n"
        f"proof of misbehavior:\n\t{tlog.hash_text(log.tree(size).root)}"
        + "".join(f"\n\t{tlog.hash_text(node)}" for node in proof)
    )
    # Nobody may explain it away: the text is the same for whoever asks next, without the module's name.
    with pytest.raises(SecurityError):
        await client.lookup(PATH, VERSION)


async def test_without_the_tiles_of_the_remembered_tree_a_fork_is_only_an_inconsistent_tile(
    machine: Machine,
) -> None:
    """As after `go clean -modcache`, which takes the tiles and leaves the head."""
    other = LOG.fork(290)
    other.append(b"another history\n")
    machine.config[f"{NAME}/latest"] = SIGNER.sign(tlog.format_tree(other.tree()))
    assert str(await refusal(machine.client())) == (
        f"{PATH}@{VERSION}: initializing sumdb.Client: checking tree#291: downloaded inconsistent tile"
    )


async def test_a_remembered_head_of_a_log_that_was_reset(machine: Machine) -> None:
    longer = LOG.fork(601)
    longer.append(b"one more\n")
    machine.config[f"{NAME}/latest"] = SIGNER.sign(tlog.format_tree(longer.tree()))
    assert str(await refusal(machine.client())) == (
        f"{PATH}@{VERSION}: initializing sumdb.Client: checking tree#602: "
        f"reading https://{NAME}/tile/8/0/002.p/90: 404"
    )


async def test_an_empty_tree_with_a_root_is_a_fork_without_a_proof(machine: Machine) -> None:
    forged = SIGNER.sign(tlog.format_tree(tlog.Tree(0, LOG.tree(1).root)))
    machine.server.say(LOOKUP, machine.server.lookup_answer(AT, head=forged))
    error = await refusal(machine.client())
    assert isinstance(error, SecurityError)
    assert str(error).endswith(
        f"proof of misbehavior:\n\t{tlog.hash_text(tlog.EMPTY_HASH)}"
        "\tinternal error: tlog: invalid inputs in ProveTree\n"
    )


async def test_a_spoiled_remembered_head_stops_every_lookup(machine: Machine) -> None:
    machine.config[f"{NAME}/latest"] = b"garbage"
    client = machine.client()
    for path in (PATH, "example.com/other1"):
        assert str(await refusal(client, path)) == (
            f"{path}@{VERSION}: initializing sumdb.Client: reading tree note: malformed note\nnote:\ngarbage"
        )
    assert machine.server.requests == []


async def test_a_configuration_that_cannot_be_read_or_written(machine: Machine) -> None:
    machine.errors["config"] = GoError("open /x: permission denied")
    words = "initializing sumdb.Client: open /x: permission denied"
    assert str(await refusal(machine.client())) == f"{PATH}@{VERSION}: {words}"
    machine.errors = {"write": GoError("open /x: read-only file system")}
    assert str(await refusal(machine.client())) == f"{PATH}@{VERSION}: open /x: read-only file system"


@given(st.data())
@settings(deadline=None, max_examples=60)
def test_whatever_byte_of_whatever_answer_is_changed_no_false_line_comes_out(data: st.DataObject) -> None:
    server = SumDBServer(SIGNER, LOG, size=data.draw(st.integers(301, 601)))
    asyncio.run(Machine(server).client().lookup(PATH, VERSION))
    path = data.draw(st.sampled_from(sorted(set(server.requests))))
    body = bytearray(server.answer(path)[1])
    body[data.draw(st.integers(0, len(body) - 1))] ^= data.draw(st.integers(1, 255))
    server.say(path, bytes(body))
    try:
        lines = asyncio.run(Machine(server).client().lookup(PATH, VERSION))
    except GoError:
        return
    assert lines == [f"{PATH} {VERSION} h1:zip="]


async def test_gosumdb_that_names_no_database_is_an_error_of_every_lookup(machine: Machine) -> None:
    client = machine.client("sum.example.com")
    assert client.name == ""
    for _ in range(2):
        assert str(await refusal(client)) == "invalid GOSUMDB: malformed verifier id"
    assert machine.server.requests == []


# The verdict


async def verdict(machine: Machine, version: str, checksum: str, gosumdb: str = KEY) -> ModuleError:
    client = machine.client(gosumdb)
    with pytest.raises(ModuleError) as caught:
        await check_sum_db(PATH, version, checksum, client.lookup, database=client.name)
    return caught.value


async def test_right_hashes_pass(machine: Machine) -> None:
    client = machine.client()
    await check_sum_db(PATH, VERSION, "h1:zip=", client.lookup, database=client.name)
    await check_sum_db(PATH, f"{VERSION}/go.mod", "h1:mod=", client.lookup, database=client.name)


@pytest.mark.parametrize(
    ("version", "noun", "recorded"), [(VERSION, "module", "zip="), (f"{VERSION}/go.mod", "go.mod", "mod=")]
)
async def test_a_mismatch(machine: Machine, version: str, noun: str, recorded: str) -> None:
    error = await verdict(machine, version, "h1:moved=")
    assert str(error) == (
        f"{PATH}@{VERSION}: verifying {noun}: checksum mismatch\n"
        f"\tdownloaded: h1:moved=\n\t{NAME}: h1:{recorded}\n\n"
        "SECURITY ERROR\n"
        "This download does NOT match the one reported by the checksum server.\n"
        "The bits may have been replaced on the origin server, or an attacker may\n"
        "have intercepted the download attempt.\n\n"
        "For more information, see 'go help module-auth'.\n"
    )
    assert isinstance(error.cause, ChecksumMismatch)
    assert (error.cause.downloaded, error.cause.recorded) == ("h1:moved=", f"h1:{recorded}")


@pytest.mark.parametrize(
    "text", [b"example.com/Mod v1.2.3/go.mod h1:mod=\n", b"example.com/Mod v1.2.3 h2:new=\n"]
)
async def test_a_record_without_a_line_for_the_download(text: bytes) -> None:
    log = Log()
    log.ids["example.com/!mod@v1.2.3"] = log.append(text)
    error = await verdict(Machine(SumDBServer(SIGNER, log)), VERSION, "h1:zip=")
    assert isinstance(error.cause, ChecksumMissing)
    assert str(error) == (
        f"{PATH}@{VERSION}: verifying module: checksum missing from sumdb response\n\n"
        "SECURITY ERROR\n"
        "This download does NOT match one reported by the checksum server.\n"
        "The checksum server has provided checksums, but the checksums do\n"
        "not contain an entry for the download.\n"
        "The checksum server may be malfunctioning, or an attacker may have\n"
        "intercepted the checksum request.\n"
        "The download cannot be verified.\n\n"
        "For more information, see 'go help module-auth'.\n"
    )


async def test_a_failed_lookup_names_the_module_twice(machine: Machine) -> None:
    machine.server.say(LOOKUP, b"", 404)
    error = await verdict(machine, f"{VERSION}/go.mod", "h1:mod=")
    assert str(error) == (
        f"{PATH}@{VERSION}: verifying go.mod: {PATH}@{VERSION}/go.mod: reading https://{NAME}{LOOKUP}: 404"
    )
    assert not error.not_exist


async def test_a_database_that_is_off_says_so(machine: Machine) -> None:
    error = await verdict(machine, VERSION, "h1:zip=", "off")
    words = "verifying module: checksum database disabled by GOSUMDB=off"
    assert str(error) == f"{PATH}@{VERSION}: {words}"


async def test_a_fork_ends_the_run_and_is_not_wrapped(machine: Machine) -> None:
    forged = SIGNER.sign(tlog.format_tree(tlog.Tree(0, LOG.tree(1).root)))
    machine.server.say(LOOKUP, machine.server.lookup_answer(AT, head=forged))
    client = machine.client()
    with pytest.raises(SecurityError, match=r"^SECURITY ERROR\ngo.sum database server misbehavior"):
        await check_sum_db(PATH, VERSION, "h1:zip=", client.lookup, database=client.name)
