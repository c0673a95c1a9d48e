"""The content rules beside Go's own packages, and beside the real go command."""

from __future__ import annotations

import http.server
import io
import json
import os
import re
import struct
import subprocess
import threading
import zlib
from base64 import b64decode, b64encode
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.golang import gover, modzip
from probes.golang.errors import GoError
from probes.golang.folding import fold
from probes.golang.gojson import decode_rev_info
from probes.golang.gomod import parse_lax
from tests.against_go import content_cases as cases
from tests.against_go.golang import Oracle, go_binary
from tests.golang.archives import STORED, Member, archive

SEEDS = st.integers(0, 1 << 32)
Answer = dict[str, Any]
T = TypeVar("T")


def encoded(data: bytes) -> str:
    return b64encode(data).decode()


def text(answer: str | None) -> str | None:
    """A Go string, which came in base64 because it may be any bytes."""
    return None if answer is None else b64decode(answer).decode("utf-8", "surrogateescape")


def attempt(function: Callable[[], T]) -> tuple[T | None, str | None]:
    try:
        return function(), None
    except GoError as error:
        return None, str(error)


# .info bodies


def our_rev_info(body: bytes) -> Answer:
    info, error = attempt(lambda: decode_rev_info(body))
    if info is None:
        return {"error": error}
    origin = None if info.origin is None else dict(info.origin)
    time = info.time.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0") if info.time else None
    return {"version": info.version, "origin": origin, "time": time}


def gos_rev_info(answer: Answer) -> Answer:
    if "error" in answer:
        return {"error": text(answer["error"])}
    time = re.sub(r"(\.\d+)?Z$", "", answer["time"])
    # Go has a zero time where there is none, and years 0 and 10000 that Python has not.
    return {
        "version": text(answer["version"]),
        "origin": answer["origin"],
        "time": None if time.startswith(("0000", "0001", "-", "10000")) else time,
    }


def compare_rev_infos(oracle: Oracle, bodies: list[bytes]) -> None:
    for body, answer in zip(bodies, oracle.ask("content.rev_info", list(map(encoded, bodies))), strict=True):
        assert our_rev_info(body) == gos_rev_info(answer), body


@settings(deadline=None, max_examples=8)
@given(seed=SEEDS)
def test_rev_infos(oracle: Oracle, seed: int) -> None:
    rnd = Random(seed)
    compare_rev_infos(oracle, [cases.info_body(rnd) for _ in range(1000)])


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
NAMES = st.sampled_from(["Version", "TIME", "origin", "Origin", "VCS", "url", "RepoſUM", "x", "a/b", "a~b"])
KEYS = NAMES | st.text(max_size=4)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=3)
)


@settings(deadline=None, max_examples=100)
@given(
    bodies=st.lists(st.dictionaries(KEYS, VALUES, max_size=4) | VALUES, max_size=8), ascii_only=st.booleans()
)
def test_rev_infos_of_any_json(oracle: Oracle, bodies: list[Any], ascii_only: bool) -> None:
    compare_rev_infos(
        oracle,
        [json.dumps(body, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass") for body in bodies],
    )


def test_rev_infos_at_the_limit_of_nesting(oracle: Oracle) -> None:
    compare_rev_infos(
        oracle,
        [
            (opening * depth + inner + closing * depth)
            for opening, closing in ((b"[", b"]"), (b'{"a":', b"}"))
            for depth in (10_000, 10_001)
            for inner in (b"1", b"[]")
        ],
    )


# Zip files


def our_zip_verdicts(data: bytes) -> Answer:
    file, size = io.BytesIO(data), len(data)
    _, download = attempt(lambda: modzip.check_download(cases.PATH, cases.VERSION, file, size))
    total, sum_error = attempt(lambda: modzip.hash_zip(file, size, zip_name="ZIP"))
    _, unzip = attempt(lambda: modzip.check_zip(cases.PATH, cases.VERSION, file, size, zip_name="ZIP"))
    verdicts: Answer = {"download": download, "sum": total or "", "sum_error": sum_error, "unzip": unzip}
    if unzip is None:
        verdicts["go_mod"] = modzip.go_mod_of(cases.PATH, cases.VERSION, file, size)
    return verdicts


def gos_zip_verdicts(answer: Answer) -> Answer:
    verdicts: Answer = {name: text(answer[name]) for name in ("download", "sum_error", "unzip")}
    verdicts["sum"] = answer["sum"]
    if verdicts["unzip"] is None:
        verdicts["go_mod"] = None if answer.get("go_mod") is None else b64decode(answer["go_mod"])
    return verdicts


def compare_zips(oracle: Oracle, archives: list[bytes]) -> None:
    questions = [{"Path": cases.PATH, "Version": cases.VERSION, "Zip": encoded(data)} for data in archives]
    for data, answer in zip(archives, oracle.ask("content.zip", questions), strict=True):
        assert our_zip_verdicts(data) == gos_zip_verdicts(answer), data


@settings(deadline=None, max_examples=6)
@given(seed=SEEDS)
def test_zips(oracle: Oracle, seed: int) -> None:
    rnd = Random(seed)
    compare_zips(oracle, [cases.zip_file(rnd) for _ in range(300)])


@settings(deadline=None, max_examples=6)
@given(seed=SEEDS)
def test_zips_with_damaged_streams(oracle: Oracle, seed: int) -> None:
    rnd = Random(seed)
    compare_zips(oracle, [cases.damaged_stream(rnd) for _ in range(150)])


def test_every_byte_of_a_zip_damaged(oracle: Oracle) -> None:
    content = b"hello, hello, hello"
    descriptor = struct.pack("<IIII", 0x08074B50, zlib.crc32(content), 0, 0)
    described = Member(cases.PREFIX + "a", content, flags=8, descriptor=descriptor)
    plain = Member(cases.PREFIX + "go.mod", b"module m", STORED)
    for zip64 in (False, True):
        data = archive(described, plain, zip64=zip64)
        variants = [data[:at] for at in range(len(data))]
        for at in range(len(data)):
            for value in (0, 0xFF, data[at] ^ 1):
                variants.append(data[:at] + bytes([value]) + data[at + 1 :])
        compare_zips(oracle, variants)


def test_zips_of_many_entries(oracle: Oracle) -> None:
    # The first name lets everything that would take long fail at once.
    many = [Member(cases.PREFIX + "\n"), *[Member(cases.PREFIX + "a", method=STORED)] * 65_536]
    compare_zips(oracle, [archive(*many), archive(*many, records=0), archive(*many[:3], records=65_539)])


def test_collisions_of_every_character_that_folds(oracle: Oracle) -> None:
    least = {chr(int(char)): chr(low) for char, low in oracle.ask("content.folds", {}).items()}
    theirs, ours = defaultdict(set), defaultdict(set)
    folding = {*least, *least.values()}
    for char in map(chr, range(0x110000)):
        if char.lower() != char or char.upper() != char or char in folding:
            theirs[least.get(char, char)].add(char)
            ours[fold(f"é{char}")].add(char)
    assert {frozenset(group) for group in ours.values()} == {frozenset(group) for group in theirs.values()}


# go.mod files and Go versions


def our_go_mod(data: bytes) -> Answer:
    file, error = attempt(lambda: parse_lax(data))
    if file is None:
        return {"error": error}
    return {
        "module": file.module_path,
        "deprecated": file.deprecated,
        "go": file.go_version,
        "require": [[r.path, r.version, r.indirect] for r in file.requires],
        "retract": [[r.low, r.high, r.rationale] for r in file.retracts],
        "ignore": [[path] for path in file.ignores],
    }


def gos_go_mod(answer: Answer) -> Answer:
    if "error" in answer:
        return {"error": text(answer["error"])}
    assert "toolchain" not in answer
    lists = {
        name: [
            [text(part) if isinstance(part, str) else part for part in line] for line in answer[name] or []
        ]
        for name in ("require", "retract", "ignore")
    }
    return {name: text(answer.get(name, "")) for name in ("module", "deprecated", "go")} | lists


@settings(deadline=None, max_examples=8)
@given(seed=SEEDS)
def test_go_mod_files(oracle: Oracle, seed: int) -> None:
    rnd = Random(seed)
    files = [cases.go_mod(rnd) for _ in range(1000)]
    for data, answer in zip(files, oracle.ask("content.go_mod", list(map(encoded, files))), strict=True):
        assert our_go_mod(data) == gos_go_mod(answer), data


NUMBERS = st.sampled_from(["", "0", "1", "2", "9", "10", "20", "21", "22", "01", "99999999999999999999"])
PARTS = st.sampled_from([".", ".", ".", "rc", "beta", "x", "RC", " "])
GO_VERSIONS = (
    st.lists(st.tuples(NUMBERS, PARTS), max_size=4)
    .map(lambda parts: "".join(number + part for number, part in parts))
    .map(lambda version: version.removesuffix("."))
)


@settings(deadline=None, max_examples=30)
@given(pairs=st.lists(st.tuples(GO_VERSIONS, GO_VERSIONS), min_size=30, max_size=60))
def test_go_versions(oracle: Oracle, pairs: list[tuple[str, str]]) -> None:
    ours = [[gover.compare(x, y), gover.is_valid(x), gover.lang(x)] for x, y in pairs]
    assert ours == oracle.ask("content.go_versions", pairs)


# The real go command


@contextmanager
def proxy(files: dict[str, bytes]) -> Iterator[str]:
    """A module proxy on the loopback interface that serves these paths."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = files.get(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def download(base: str, home: Path, modules: list[str]) -> dict[str, Answer]:
    """go mod download -json of modules at v1.0.0, by module path."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "GOMODCACHE": str(home / "mod"),
        "GOCACHE": str(home / "c"),
        "GOPROXY": base,
        "GOSUMDB": "off",
        "GOFLAGS": "-modcacherw",
        "GOENV": "off",
        "GOTOOLCHAIN": "local",
    }
    argv = [str(go_binary()), "mod", "download", "-json", *(f"{path}@v1.0.0" for path in modules)]
    output = subprocess.run(argv, env=environment, cwd=home, text=True, capture_output=True).stdout
    answers = {}
    decoder = json.JSONDecoder()
    while output.strip():
        answer, end = decoder.raw_decode(output.lstrip())
        output = output.lstrip()[end:]
        answers[answer["Path"]] = answer
    return answers


def test_info_errors_of_the_go_command(tmp_path: Path) -> None:
    rnd = Random(1)
    bodies = {
        f"ex.test/m{i}": body
        for i, body in enumerate(
            [
                b"",
                b"[]",
                b'{"Version":1}',
                b'{"Origin":5}',
                b'{"Origin":{"vcs":{}}}',
                b'{"Time":1}',
                b"[" * 10_001,
                b'{"Time":"now","Version":2}',
                *(cases.info_body(rnd) for _ in range(80)),
            ]
        )
    }
    verdicts = {path: our_rev_info(body) for path, body in bodies.items()}
    refused = {path: verdict["error"] for path, verdict in verdicts.items() if "error" in verdict}
    assert len(refused) > 40
    with proxy({f"/{path}/@v/v1.0.0.info": bodies[path] for path in refused}) as base:
        answers = download(base, tmp_path, list(refused))
        for path, error in refused.items():
            # The go command's own answer is JSON, where what is not UTF-8 becomes U+FFFD.
            shown = error.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
            expected = f'{path}@v1.0.0: invalid response from proxy "{base}": {shown}'
            assert answers[path]["Error"] == expected, bodies[path]


ZIPS: dict[str, Callable[[str], bytes]] = {
    "good": lambda prefix: archive(
        Member(prefix + "go.mod", b"module m\n"), Member(prefix + "d/a", b"a" * 999)
    ),
    "empty": lambda _: archive(),
    "html": lambda _: b"<html>sign in</html>",
    "foreign": lambda prefix: archive(Member(prefix + "a"), Member("b")),
    "newline": lambda prefix: archive(Member(prefix + "a\nb")),
    "damaged": lambda prefix: archive(Member(prefix + "a", b"x" * 99, body=b"\x07")),
    "checksum": lambda prefix: archive(Member(prefix + "a", b"x", crc32=1)),
    "truncated": lambda prefix: archive(Member(prefix + "a", b"x", size=2)),
    "names": lambda prefix: archive(
        *(Member(prefix + name) for name in ("a", "A", "b:", "c/go.mod", "d//e"))
    ),
    "twice": lambda prefix: archive(Member(prefix + "a", b"1"), Member(prefix + "a", b"2")),
}


@pytest.fixture(scope="module")
def zip_answers(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Answer]]:
    """The real go's answers for every zip of ZIPS."""
    home = tmp_path_factory.mktemp("home")
    files: dict[str, bytes] = {}
    for name, make in ZIPS.items():
        at = f"/ex.test/{name}/@v/v1.0.0."
        files |= {at + "info": b'{"Version":"v1.0.0"}', at + "mod": f"module ex.test/{name}\n".encode()}
        files[at + "zip"] = make(f"ex.test/{name}@v1.0.0/")
    with proxy(files) as base:
        return home, download(base, home, [f"ex.test/{name}" for name in ZIPS])


@pytest.mark.parametrize("name", ZIPS)
def test_zip_errors_of_the_go_command(name: str, zip_answers: tuple[Path, dict[str, Answer]]) -> None:
    home, answers = zip_answers
    path = f"ex.test/{name}"
    data = ZIPS[name](f"{path}@v1.0.0/")
    cached = f"{home}/mod/cache/download/{path}/@v/v1.0.0.zip"

    def every_step() -> str:
        file, size = io.BytesIO(data), len(data)
        modzip.check_download(path, "v1.0.0", file, size)
        total = modzip.hash_zip(file, size)
        assert answers[path]["Sum"] == total
        modzip.check_zip(path, "v1.0.0", file, size, zip_name=cached)
        return total

    total, error = attempt(every_step)
    assert answers[path].get("Error") == error
    assert (total is None) is (error is not None)
