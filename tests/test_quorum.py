"""Who vouches for a version: who is asked, who never, whom go believes, and what differs."""

from __future__ import annotations

import asyncio
import io
import os
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from probes.browse import quorum as engine
from probes.browse.quorum import quorum
from probes.browse.votes import (
    Agreement,
    Mark,
    Quorum,
    QuorumEvent,
    QuorumFinished,
    QuorumStarted,
    Voter,
    VoterAnswered,
    VoterKind,
    What,
    short_sum,
)
from probes.demo.behaviour import Answer, Fault, Request, honest_answer
from probes.demo.checksums import VERIFIER_KEY, ChecksumDatabase
from probes.demo.content import Module, ModuleVersion, make_zip
from probes.demo.server import Handler, World
from probes.golang.dirhash import Abandoned, go_mod_hash, hash1, hash_directory
from probes.golang.environment import Environment
from probes.golang.errors import Fatal, GoError
from probes.golang.go_sum import GoSum, recorded
from probes.golang.many_hashes import HashWork, verify_many
from probes.golang.modzip import hash_zip_files
from probes.golang.protocol import Op
from probes.net.limits import Limits
from probes.sources.environment_reader import read_environment
from tests.golang.archives import Member, archive

PATH, VERSION = "m.test/Hello", "v1.2.0"
TRUE = ModuleVersion(PATH, VERSION)
CHANGED = ModuleVersion(PATH, VERSION, files=(("doc.go", b"package evil\n"), ("extra.go", b"package doc\n")))
OTHER_MOD = ModuleVersion(PATH, VERSION, go_mod=f"module {PATH}\n\ngo 1.22\n".encode())


def serves(version: ModuleVersion) -> Handler:
    """A proxy that has one version."""
    modules = {PATH: Module(PATH, (version,))}
    return lambda request: honest_answer(modules, request)


def missing(request: Request) -> Answer:
    """A proxy that has nothing."""
    return honest_answer({}, request)


def says(op: Op, answer: Answer) -> Handler:
    """A proxy that is honest but for one kind of file."""
    honest = serves(TRUE)
    return lambda request: answer if request.op is op else honest(request)


honest, changed = serves(TRUE), serves(CHANGED)
database = ChecksumDatabase([Module(PATH, (TRUE,))]).answer


def environment(goproxy: str, cwd: str = "", **variables: str) -> Environment:
    """An environment without this machine's files."""
    settings = {"GOPROXY": goproxy, "GOENV": "off", "GOSUMDB": "off", **variables}
    return read_environment(process=settings, cwd=cwd)


def ask(env: Environment, *, zips: bool = False, ask_all: bool = False, path: str = PATH) -> Quorum:
    """The table after everybody was asked."""
    table, events = Quorum(), list[QuorumEvent]()
    limits = Limits(answer_s=5, stall_s=5)
    asyncio.run(quorum(env, path, VERSION, events.append, zips=zips, ask_all=ask_all, limits=limits))
    for event in events:
        table.apply(event)
    assert isinstance(events[0], QuorumStarted)
    assert [event for event in events if isinstance(event, QuorumFinished)] == events[-1:]
    return table


def marks(table: Quorum, what: What) -> list[Mark]:
    """What becomes of every proxy's word."""
    return [
        table.mark(state.voter.id, what) for state in table.voters if state.voter.kind is VoterKind.PROXY
    ]


def asked(world: World, *ops: Op) -> list[int]:
    """The proxies that were asked for a kind of file."""
    return [logged.proxy for logged in world.log if logged.request.op in ops]


# -- who is asked ------------------------------------------------------------------------------------


def test_only_whom_go_would_come_to_is_asked_and_no_zip_without_a_word() -> None:
    with World([honest, honest, honest]) as world:
        table = ask(environment("{},{},off,{}".format(*world.urls)))
        assert asked(world, *Op) == [0]
        assert [logged.request.op for logged in world.log] == [Op.MOD]
        assert marks(table, What.GO_MOD) == [Mark.ALONE, Mark.NOT_ASKED, Mark.NOT_ASKED]
        reasons = [state.because[What.GO_MOD] for state in table.voters[1:3]]
        assert "has answered" in reasons[0]
        assert "where go never looks" in reasons[1]


def test_every_file_walks_the_list_from_its_beginning() -> None:
    no_zip = says(Op.ZIP, Answer(404, b"not found\n"))
    with World([no_zip, honest]) as world:
        table = ask(environment("{},{}".format(*world.urls)), zips=True)
        assert asked(world, Op.MOD) == [0]
        assert asked(world, Op.ZIP) == [0, 1]
        assert marks(table, What.ZIP) == [Mark.MISSING, Mark.ALONE]


def test_all_are_asked_on_request() -> None:
    with World([honest, honest, honest]) as world:
        table = ask(environment("{},{},off,{}".format(*world.urls)), zips=True, ask_all=True)
        assert marks(table, What.ZIP) == [Mark.AGREES] * 3
        assert table.verdict(What.ZIP).words == ("all 3 agree",)
        assert table.verdict(What.GO_MOD).sum == go_mod_hash(TRUE.mod)


@pytest.mark.parametrize("variable", ["GOPRIVATE", "GONOPROXY"])
def test_a_private_path_is_told_to_nobody(variable: str, tmp_path: Path) -> None:
    with World([honest, database]) as world:
        gosumdb = f"{VERIFIER_KEY} {world.urls[1]}"
        env = environment(world.urls[0], GOSUMDB=gosumdb, GOMODCACHE=str(tmp_path), **{variable: "m.test"})
        table = ask(env, zips=True, ask_all=True)
        assert world.log == []
        assert {mark for what in What for mark in marks(table, what)} == {Mark.NOT_ASKED}
        assert all("private" in state.because[What.ZIP] for state in (table.voters[0], table.voters[-1]))


@pytest.mark.parametrize(
    ("settings", "words"), [({"GOSUMDB": "off"}, "GOSUMDB=off"), ({"GONOSUMDB": "m.test"}, "GONOSUMDB matches")]
)
def test_the_database_is_not_asked_where_go_would_not(settings: dict[str, str], words: str) -> None:
    with World([honest, database]) as world:
        gosumdb = f"{VERIFIER_KEY} {world.urls[1]}"
        table = ask(environment(world.urls[0], **{"GOSUMDB": gosumdb, **settings}))
        assert words in table.voters[-1].because[What.ZIP]
        assert asked(world, *Op) == [0]


def test_an_unusable_list_says_so_in_gos_words() -> None:
    table = ask(environment("ftp://x"))
    assert table.started is not None
    assert "invalid proxy URL scheme" in (table.started.error or "")
    assert table.finished is not None


# -- whom go believes --------------------------------------------------------------------------------


def test_the_odd_one_is_named_with_what_differs_inside_its_zip() -> None:
    with World([honest, changed, honest, database]) as world:
        gosumdb = f"{VERIFIER_KEY} {world.urls[3]}"
        env = environment("{}|{}|{}".format(*world.urls), GOSUMDB=gosumdb)
        table = ask(env, zips=True, ask_all=True)
        host = world.urls[1].removeprefix("http://")
        words = f"proxy 2 ({host}) differs from 2 others and from sums.demo.example"
        assert table.verdict(What.ZIP).words == (words,)
        (difference,) = table.differences
        assert (difference.voter, difference.only_here) == (1, ("extra.go",))
        assert (difference.changed, difference.counts) == (("doc.go",), (1, 0, 1))
        said = table.go_says(1, What.ZIP) or ""
        assert "verifying module: checksum mismatch" in said
        assert "SECURITY ERROR" in said
        assert table.go_says(0, What.ZIP) is None
        assert table.go_refuses()


def test_the_word_of_the_database_outweighs_a_majority() -> None:
    with World([changed, changed, honest, database]) as world:
        gosumdb = f"{VERIFIER_KEY} {world.urls[3]}"
        table = ask(environment("{}|{}|{}".format(*world.urls), GOSUMDB=gosumdb), zips=True, ask_all=True)
        verdict = table.verdict(What.ZIP)
        assert verdict.odd == (0, 1)
        assert verdict.words[0].endswith("go believes sums.demo.example")
        assert marks(table, What.ZIP) == [Mark.DIFFERS, Mark.DIFFERS, Mark.AGREES]


def folded(*sums: tuple[VoterKind, str]) -> Quorum:
    """A table of zip hashes."""
    table = Quorum()
    voters = tuple(Voter(number, kind, f"{kind} {number}") for number, (kind, _) in enumerate(sums))
    table.apply(QuorumStarted(0, PATH, VERSION, voters))
    for number, (_, one) in enumerate(sums):
        table.apply(VoterAnswered(0, number, What.ZIP, (one,)))
    table.apply(QuorumFinished(0))
    return table


P, C, N, S, D = (
    VoterKind.PROXY, VoterKind.CACHE, VoterKind.ZIP_HASH, VoterKind.GO_SUM, VoterKind.DATABASE,
)  # fmt: skip


@pytest.mark.parametrize(
    ("votes", "agreement", "odd"),
    [
        ([(P, "h1:a"), (P, "h1:b")], Agreement.TIE, ()),
        ([(P, "h1:a"), (P, "h1:b"), (C, "h1:b")], Agreement.DIFFER, (0,)),
        ([(P, "h1:a"), (C, "h1:b"), (N, "h1:b")], Agreement.TIE, ()),
        ([(P, "h1:a"), (C, "h1:b"), (N, "h1:a")], Agreement.DIFFER, (1,)),
        ([(P, "h1:a"), (P, "h1:a"), (S, "h1:b")], Agreement.DIFFER, (0, 1)),
        ([(P, "h1:a"), (S, "h1:b"), (D, "h1:a")], Agreement.DIFFER, (1,)),
        ([(P, "h1:a"), (D, "h1:a")], Agreement.AGREE, ()),
        ([(P, "h1:a")], Agreement.ALONE, ()),
        ([], Agreement.NOBODY, ()),
        ([(P, "h1:a"), (P, "h1:b"), (P, "h1:c"), (P, "h1:c")], Agreement.DIFFER, (0, 1)),
    ],
)
def test_who_is_believed(
    votes: list[tuple[VoterKind, str]], agreement: Agreement, odd: tuple[int, ...]
) -> None:
    verdict = folded(*votes).verdict(What.ZIP)
    assert (verdict.agreement, verdict.odd) == (agreement, odd)
    assert verdict.words


def test_a_tie_is_told_as_a_tie() -> None:
    table = folded((P, "h1:aaaa"), (P, "h1:bbbb"))
    assert "a tie, 1 against 1" in table.verdict(What.ZIP).words[0]
    assert table.mark(0, What.ZIP) is Mark.TIED


def test_short_hashes_are_as_long_as_it_takes_to_tell_them_apart() -> None:
    assert short_sum("h1:abcdefghij1", ["h1:abcdefghij1", "h1:abcdefghij2"]) == "abcdefghij1"
    assert short_sum("h1:abcdefghijklm", ["h1:abcdefghijklm", "h1:xbcdefghijklm"]) == "abcdefgh"


# -- the module cache and go.sum ---------------------------------------------------------------------


def write_cache(cache: Path, version: ModuleVersion, zip_hash: str | None = None) -> Path:
    """A module cache with one version; its zip."""
    folder = cache / "cache/download/m.test/!hello/@v"
    folder.mkdir(parents=True)
    (folder / f"{VERSION}.mod").write_bytes(version.mod)
    zipped = folder / f"{VERSION}.zip"
    zipped.write_bytes(version.zip)
    if zip_hash is not None:
        (folder / f"{VERSION}.ziphash").write_text(zip_hash + "\n")
    return zipped


def of_kind(table: Quorum, kind: VoterKind) -> int:
    state = table.of_kind(kind)
    assert state is not None
    return state.voter.id


def test_the_cache_is_hashed_anew_and_its_ziphash_taken_at_its_word(tmp_path: Path) -> None:
    with World([honest]) as world:
        true = ask(environment(world.urls[0]), zips=True).verdict(What.ZIP).sum
        zipped = write_cache(tmp_path, CHANGED, true)
        table = ask(environment(world.urls[0], GOMODCACHE=str(tmp_path)), zips=True)
        cache, noted = of_kind(table, VoterKind.CACHE), of_kind(table, VoterKind.ZIP_HASH)
        assert table.mark(cache, What.ZIP) is Mark.DIFFERS
        assert table.voters[noted].sums(What.ZIP) == (true,)
        assert table.go_says(cache, What.ZIP) == f"{PATH} {VERSION}: zip has been modified ({zipped})"
        assert table.mark(cache, What.GO_MOD) is Mark.AGREES


def test_go_sum_is_believed_where_the_database_is_not_asked(tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text("module x.test\n")
    with World([honest]) as world:
        true = ask(environment(world.urls[0]), zips=True).verdict(What.ZIP).sum
    (tmp_path / "go.sum").write_text(f"{PATH} {VERSION} {true}\n")
    with World([changed]) as world:
        below = tmp_path / "below"
        below.mkdir()
        table = ask(environment(world.urls[0], cwd=str(below)), zips=True)
        verdict = table.verdict(What.ZIP)
        assert (verdict.sum, verdict.odd) == (true, (0,))
        said = table.go_says(0, What.ZIP) or ""
        assert said.startswith(f"verifying {PATH}@{VERSION}: checksum mismatch\n\tdownloaded: ")
        assert "recorded in go.sum" in said


def test_lines_of_go_sum() -> None:
    empty = "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY="
    data = f"a v1.0.0 h1:x\n\n a  v1.0.0\th2:y\na v1.0.0/go.mod h1:z\na v1.0.0/go.mod {empty}\n".encode()
    assert recorded(data, "go.sum", "a", "v1.0.0") == ["h1:x", "h2:y"]
    assert recorded(data, "go.sum", "a", "v1.0.0/go.mod") == ["h1:z"]
    with pytest.raises(GoError, match=r"malformed go.sum:\ngo.sum:2: wrong number of fields 2"):
        recorded(b"a b c\na b\n", "go.sum", "a", "b")


def test_a_go_sum_vouches_refuses_or_knows_nothing() -> None:
    known = GoSum()
    known.add(b"a v1.0.0 h2:new\na v1.0.0 h1:x\nb v1.0.0 h2:new\n", "go.sum")
    assert known.knows("a", "v1.0.0", "h1:x")
    assert not known.knows("b", "v1.0.0", "h1:x"), "a hash of a later kind says nothing of this one"
    assert not known.knows("c", "v1.0.0", "h1:x")
    with pytest.raises(Fatal, match=r"checksum mismatch\n\tdownloaded: h1:y\n\tgo\.sum:     h1:x\n"):
        known.knows("a", "v1.0.0", "h1:y")


@pytest.mark.parametrize("kind", ["fifo", "folder", "loop"])
def test_what_stands_in_the_cache_instead_of_a_file_stops_nobody(kind: str, tmp_path: Path) -> None:
    folder = tmp_path / "cache/download/m.test/!hello/@v"
    folder.mkdir(parents=True)
    for ending in ("mod", "zip", "ziphash"):
        file = folder / f"{VERSION}.{ending}"
        if kind == "fifo":
            os.mkfifo(file)
        elif kind == "folder":
            file.mkdir()
        else:
            file.symlink_to(file.name)
    table = ask(environment("off", GOMODCACHE=str(tmp_path)), zips=True)
    assert table.finished is not None
    assert all(table.verdict(what).agreement is Agreement.NOBODY for what in What)


# -- what go would refuse ----------------------------------------------------------------------------

WRONG_PREFIX = make_zip("m.test/Hello@v9.9.9/", [("go.mod", TRUE.mod)])
COLLISION = make_zip(f"{PATH}@{VERSION}/", [("A.go", b"a"), ("a.go", b"b")])


@pytest.mark.parametrize(
    ("body", "words", "has_sum"),
    [
        (b"<html>\n", "zip: not a valid zip file", False),
        (TRUE.zip[: len(TRUE.zip) // 2], "zip: not a valid zip file", False),
        (WRONG_PREFIX, f"zip for {PATH}@{VERSION} has unexpected file {PATH}@v9.9.9/go.mod", False),
        (COLLISION, 'case-insensitive file name collision: "A.go" and "a.go"', True),
    ],
)
def test_a_bad_zip_is_refused_in_gos_words(body: bytes, words: str, has_sum: bool) -> None:
    with World([says(Op.ZIP, Answer(body=body, content_type="application/zip"))]) as world:
        table = ask(environment(world.urls[0]), zips=True)
        assert table.mark(0, What.ZIP) is Mark.REFUSED
        assert words in (table.go_says(0, What.ZIP) or "")
        assert bool(table.voters[0].sums(What.ZIP)) is has_sum
        assert table.go_refuses()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<html><body>sign in</body></html>\n", "parsing go.mod: "),
        (b"go 1.21\n", "parsing go.mod: missing module line"),
        (b"module other.test\n", "module declares its path as: other.test"),
    ],
)
def test_what_is_no_go_mod_is_refused_in_gos_words(body: bytes, words: str) -> None:
    with World([says(Op.MOD, Answer(body=body))]) as world:
        table = ask(environment(world.urls[0]))
        assert table.mark(0, What.GO_MOD) is Mark.REFUSED
        assert words in (table.go_says(0, What.GO_MOD) or "")


def test_lines_that_differ_in_a_go_mod_are_named() -> None:
    with World([honest, serves(OTHER_MOD), honest]) as world:
        table = ask(environment("{}|{}|{}".format(*world.urls)), ask_all=True)
        (difference,) = table.differences
        assert (difference.what, difference.only_here, difference.only_there) == (
            What.GO_MOD, ("go 1.22",), ("go 1.21",),
        )  # fmt: skip


# -- nothing is left ---------------------------------------------------------------------------------


def test_nothing_stays_on_the_disk_also_when_cancelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    begun = threading.Event()

    def drips(request: Request) -> Answer:
        if request.op is not Op.ZIP:
            return honest(request)
        begun.set()
        return Answer(body=TRUE.zip, fault=Fault.DRIP)

    async def run(env: Environment) -> list[QuorumEvent]:
        events: list[QuorumEvent] = []
        task = asyncio.ensure_future(quorum(env, PATH, VERSION, events.append, zips=True))
        await asyncio.to_thread(begun.wait)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return events

    with World([drips]) as world:
        events = asyncio.run(run(environment(world.urls[0])))
        last = events[-1]
        assert isinstance(last, QuorumFinished)
        assert last.cancelled
        assert list(tmp_path.iterdir()) == []
    with World([honest]) as world:
        ask(environment(world.urls[0]), zips=True)
        assert list(tmp_path.iterdir()) == []


def test_a_bomb_is_left_alone_when_nobody_waits_for_it_any_more() -> None:
    bomb = archive(Member(f"{PATH}@{VERSION}/bomb", bytes(64 << 20)))
    answers = iter([True, True, False])
    with pytest.raises(Abandoned):
        hash_zip_files(io.BytesIO(bomb), len(bomb), is_wanted=lambda: next(answers))


def test_at_most_some_proxies_are_asked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "AT_ONCE", 2)
    with World([honest] * 5) as world:
        busy = most = 0
        table = Quorum()

        def emit(event: QuorumEvent) -> None:
            nonlocal busy, most
            table.apply(event)
            busy = sum(bool(state.asking) for state in table.voters if state.voter.kind is VoterKind.PROXY)
            most = max(most, busy)

        asyncio.run(quorum(environment("|".join(world.urls)), PATH, VERSION, emit, zips=True, ask_all=True))
        assert most == 2
        assert table.verdict(What.ZIP).words == ("all 5 agree",)


# -- hashing -----------------------------------------------------------------------------------------


def write_tree(folder: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


FILES = {"b/c.go": b"c" * 300_000, "a.go": b"", "b.go": b"package b\n", "ü.txt": b"u" * 262_144}


def test_a_folder_has_the_hash_of_its_files(tmp_path: Path) -> None:
    write_tree(tmp_path, FILES)
    names = {f"m@v1/{name}": data for name, data in FILES.items()}
    found = hash_directory(tmp_path, "m@v1")
    assert found.sum == hash1(names, lambda name: [names[name]])
    assert (found.files, found.bytes) == (4, sum(map(len, FILES.values())))


def test_many_are_hashed_as_they_come_and_what_is_wrong_is_told(tmp_path: Path) -> None:
    write_tree(tmp_path / "tree", FILES)
    good, bad, gone = (tmp_path / name for name in ("good.zip", "bad.zip", "gone.zip"))
    good.write_bytes(make_zip("m@v1/", list(FILES.items())))
    bad.write_bytes(b"no zip")
    works = [HashWork(good), HashWork(tmp_path / "tree", "m@v1"), HashWork(bad), HashWork(gone)]
    taken = 0

    def todo() -> Iterator[HashWork]:
        nonlocal taken
        for work in works * 20:
            taken += 1
            yield work

    results = verify_many(todo(), workers=2)
    first = next(results)
    assert taken < 80, "the list is not read to its end before the first result"
    rest = [first, *results]
    by_path = {one.work.path: one for one in rest}
    assert len(rest) == 80
    assert by_path[good].sum == by_path[tmp_path / "tree"].sum != ""
    assert by_path[bad].error == "zip: not a valid zip file"
    assert by_path[gone].error == f"open {gone}: no such file or directory"
    assert by_path[gone].missing


HASH_BIG = """
import os, resource, sys
from pathlib import Path
from probes.golang import modzip
from probes.golang.many_hashes import HashWork, verify_many

size = os.path.getsize(sys.argv[1])
idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
(one,) = verify_many([HashWork(Path(sys.argv[1]))])
with open(sys.argv[1], "rb") as file:
    modzip.check_download("m.test/x", "v1.0.0", file, size)
    modzip.check_zip("m.test/x", "v1.0.0", file, size, zip_name="x.zip")
assert one.error is None and one.bytes == 100 << 20, one
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - idle) / 1024)
"""


def test_100_megabytes_are_hashed_and_unpacked_without_holding_them(tmp_path: Path) -> None:
    big = tmp_path / "big.zip"
    piece = Random(1).randbytes(1 << 20)
    with zipfile.ZipFile(big, "w") as archive:
        for name, method, pieces in (("noise", zipfile.ZIP_STORED, 80), ("packed", zipfile.ZIP_DEFLATED, 20)):
            info = zipfile.ZipInfo(f"m.test/x@v1.0.0/{name}")
            info.compress_type = method
            with archive.open(info, "w") as file:
                for _ in range(pieces):
                    file.write(piece)
    assert big.stat().st_size > 100_000_000
    command = [sys.executable, "-c", HASH_BIG, str(big)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 30, "megabytes more than before"
