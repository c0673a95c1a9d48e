"""Zips that are looked into: who is asked, what is told of hostile ones, and that nothing is left on disk."""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path
from random import Random

import pytest

from probes.browse.archive import (
    AS_GO,
    CACHE,
    CHAIN,
    MOST_KEPT,
    Archive,
    HeldFile,
    Shelf,
    bring_info,
    bring_text,
    bring_zip,
    cache_file,
    check,
    look_over,
    supplier,
)
from probes.browse.contents import (
    MOST_SHOWN_BYTES,
    MOST_SHOWN_LINES,
    Contents,
    contents_of,
    preview,
    preview_of,
    tree_of,
)
from probes.browse.licences import licence_files, recognise
from probes.demo.behaviour import Answer, Request, honest_answer
from probes.demo.content import Module, ModuleVersion
from probes.demo.server import World
from probes.golang.environment import Environment
from probes.golang.errors import GoError
from probes.golang.gozip import ZipEntry
from probes.golang.protocol import Op
from probes.net.limits import Limits
from probes.sources.environment_reader import read_environment
from tests.golang.archives import STORED, Member, archive
from tui.drawing.file_rows import FileTree
from tui.matching import found_in

PATH, VERSION = "m.test/Hello", "v1.2.0"
PREFIX = f"{PATH}@{VERSION}/"
LIMITS = Limits(answer_s=5, stall_s=5)
INFO_ORIGIN = b'{"Version":"v1.2.0","Time":"2024-01-02T03:04:06Z","Origin":{"VCS":"git","URL":"https://git.test/h","Ref":"refs/tags/v1.2.0","Hash":"c0ffee"}}'


def served(*files: tuple[str, bytes]) -> Module:
    """A module with these files."""
    return Module(
        PATH, (ModuleVersion(PATH, VERSION, files=files or (("doc.go", b"package doc\n"),)),), VERSION
    )


def good(request: Request) -> Answer:
    """A proxy that has the module."""
    return honest_answer({PATH: served()}, request)


def missing(request: Request) -> Answer:
    """A proxy that has nothing."""
    return honest_answer({}, request)


def broken(request: Request) -> Answer:
    """A proxy that is broken."""
    return Answer(502, b"bad\n")


def environment(goproxy: str, **variables: str) -> Environment:
    """An environment without this machine's files."""
    return read_environment(process={"GOPROXY": goproxy, "GOENV": "off", **variables}, cwd="")


def held(data: bytes) -> HeldFile:
    """A file with these bytes, and no name."""
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        return HeldFile(os.dup(file.fileno()))


def looked_over(data: bytes) -> Archive:
    """A zip as it is once it was brought."""
    return look_over(environment("off"), PATH, VERSION, "somebody", held(data))


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("goproxy", "asked"), [("{0},{1}", {0}), ("{2},{1}", {2, 1}), ("{3}|{1}", {3, 1}), ("{3},{1}", None)]
)
def test_a_zip_comes_along_the_chain_as_go_would_have_it(
    goproxy: str, asked: set[int] | None, temporary: Path
) -> None:
    with World([good, good, missing, broken]) as world:
        env = environment(goproxy.format(*world.urls))
        shelf = Shelf()
        if asked is None:
            with pytest.raises(GoError, match="502"):
                asyncio.run(bring_zip(env, PATH, VERSION, CHAIN, shelf, limits=LIMITS))
            return
        found = asyncio.run(bring_zip(env, PATH, VERSION, CHAIN, shelf, limits=LIMITS))
        assert {logged.proxy for logged in world.log} == asked
        assert [entry.name for entry in found.entries] == [PREFIX + "doc.go", PREFIX + "go.mod"]
        assert found.problem is None
        assert check(found).problem is None
        assert list(temporary.iterdir()) == []
        count = len(world.log)
        assert asyncio.run(bring_zip(env, PATH, VERSION, CHAIN, shelf, limits=LIMITS)) is found
        assert len(world.log) == count, "what is on the shelf is not asked for again"


@pytest.mark.parametrize("who", ["1", "2", "chain", "url", "host"])
@pytest.mark.parametrize("variable", ["GOPRIVATE", "GONOPROXY"])
def test_nobody_is_ever_asked_about_a_private_path(who: str, variable: str) -> None:
    with World([good, good, good]) as world:
        env = environment("{},{}".format(*world.urls), **{variable: "m.test"})
        texts = {"url": world.urls[2], "host": world.urls[0].removeprefix("http://")}
        chosen = supplier(env, texts.get(who, who))
        for bring in (
            lambda: bring_zip(env, PATH, VERSION, chosen, Shelf(), limits=LIMITS),
            lambda: bring_text(env, PATH, VERSION, Op.MOD, chosen, limits=LIMITS),
            lambda: bring_info(env, PATH, VERSION, chosen, limits=LIMITS),
        ):
            with pytest.raises(GoError, match="is private"):
                asyncio.run(bring())  # type: ignore[no-untyped-call]
        assert world.log == []


def test_who_is_meant_by_a_number_a_host_or_a_url() -> None:
    env = environment("https://one.test,https://me:secret@two.test/x|direct,https://three.test")
    for text, name in [
        ("1", "one.test"), ("two.test", "two.test"), ("4", "three.test"), ("https://one.test", "one.test"),
        ("https://other.test/y", "other.test"), ("cache", "the module cache"), ("chain", "the chain"),
    ]:  # fmt: skip
        assert supplier(env, text).name == name
    for text in ("3", "5", "0", "nobody.test", "", "ftp://x.test"):
        with pytest.raises(GoError):
            supplier(env, text)
    with pytest.raises(GoError) as told:
        supplier(environment("https://a.test/x,https://a.test/y"), "a.test")
    assert "several" in str(told.value)
    assert "secret" not in repr(supplier(env, "2"))


def test_the_module_cache_is_read_and_left_as_it_is(tmp_path: Path) -> None:
    with World([good]) as world:
        env = environment(world.urls[0], GOMODCACHE=str(tmp_path))
        module = served().versions[0]
        for op, data in ((Op.ZIP, module.zip), (Op.MOD, module.mod), (Op.INFO, INFO_ORIGIN)):
            file = cache_file(env, PATH, VERSION, op)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        before = sorted((file, file.stat().st_mtime_ns) for file in tmp_path.rglob("*"))
        for who in (CACHE, AS_GO):
            found = asyncio.run(bring_zip(env, PATH, VERSION, who, Shelf()))
            assert (found.source, len(found.entries)) == ("the module cache", 2)
            info, source = asyncio.run(bring_info(env, PATH, VERSION, who))
            assert (info.origin or {})["Hash"] == "c0ffee"
            assert source == "the module cache"
        assert world.log == []
        assert (
            asyncio.run(bring_zip(env, PATH, VERSION, CHAIN, Shelf(), limits=LIMITS)).source in world.urls[0]
        )
        assert sorted((file, file.stat().st_mtime_ns) for file in tmp_path.rglob("*")) == before
        with pytest.raises(GoError, match="no such file"):
            asyncio.run(bring_zip(env, PATH, "v1.9.9", CACHE, Shelf()))


def test_only_so_many_zips_are_kept() -> None:
    shelf, env = Shelf(), environment("off")
    who = [supplier(environment(f"https://p{number}.test"), "1") for number in range(MOST_KEPT + 3)]
    for one in who:
        shelf.keep(one, look_over(env, PATH, VERSION, one.name, held(archive(Member(PREFIX + "a")))))
    assert [shelf.find(PATH, VERSION, one) is not None for one in who] == [False] * 3 + [True] * MOST_KEPT


@pytest.mark.parametrize("version", ["latest", "v1.2", "v1.2.0+meta", "v2.0.0", "../v1.0.0", ""])
def test_only_exact_versions_are_brought(version: str) -> None:
    with World([good]) as world, pytest.raises(GoError):
        asyncio.run(bring_zip(environment(world.urls[0]), PATH, version, CHAIN, Shelf(), limits=LIMITS))
    assert world.log == []


HOSTILE = [
    ([Member(PREFIX + "a"), Member("/etc/passwd")], "has unexpected file /etc/passwd"),
    ([Member(PREFIX + "../../x")], "invalid path element"),
    ([Member(PREFIX + "a//b")], "file path is not clean"),
    ([Member(PREFIX + "A"), Member(PREFIX + "a")], 'case-insensitive file name collision: "A" and "a"'),
    ([Member(PREFIX + "x:y")], "invalid char ':'"),
    ([Member(PREFIX + "a", size=600 << 20)], "total uncompressed size of module contents too large"),
    ([Member(PREFIX + "sub/go.mod")], "go.mod file not in module root directory"),
    ([Member(PREFIX + "LICENSE", b"x", size=17 << 20)], "LICENSE file too large"),
]


@pytest.mark.parametrize(("members", "words"), HOSTILE)
def test_a_hostile_zip_is_listed_and_told_of_in_gos_words(
    members: list[Member], words: str, temporary: Path
) -> None:
    found = looked_over(archive(*members))
    assert words in (found.problem or "")
    assert len(found.entries) == len(members)
    assert contents_of(found).files == len(members)
    assert words in (check(found).problem or "")
    assert list(temporary.iterdir()) == []


def test_damaged_contents_are_found_when_all_of_it_is_read() -> None:
    found = looked_over(archive(Member(PREFIX + "a", b"x" * 999), Member(PREFIX + "b", b"y", crc32=1)))
    assert found.problem is None
    assert check(found).problem == "zip: checksum error"
    shown = preview("b", found.entries[1])
    assert shown.problem == "zip: checksum error"
    assert preview("a", found.entries[0]).lines == ("x" * 999,)


def test_a_web_page_is_no_zip() -> None:
    found = looked_over(b"<html>log in</html>")
    assert (found.problem, found.entries) == ("zip: not a valid zip file", ())


def test_a_bomb_is_unpacked_no_further_than_it_is_shown() -> None:
    bomb = Member(PREFIX + "zeros.txt", b"0" * (40 << 20))
    found = looked_over(archive(bomb))
    shown = preview("zeros.txt", found.entries[0])
    assert sum(map(len, shown.lines)) == MOST_SHOWN_BYTES
    assert "the first" in shown.cut
    liar = looked_over(archive(Member(PREFIX + "liar.txt", b"0" * (40 << 20), size=10)))
    assert preview("liar.txt", liar.entries[0]).problem == "zip: not a valid zip file"


def test_folders_in_folders_without_end_do_not_eat_the_memory() -> None:
    deep = "a/" * 20_000 + "x"
    found = contents_of(looked_over(archive(Member(PREFIX + deep, b"1"), Member(PREFIX + "a/b", b"22"))))
    assert found.files == 2
    assert found.size == 3
    assert len(found.items) < 100


def entry(size: int) -> ZipEntry:
    return ZipEntry("", 0, STORED, 0, size, size, 0, None)  # type: ignore[arg-type]


def test_a_tree_knows_what_is_in_its_folders() -> None:
    names = {"z": 1, "a/b/c": 2, "a/d": 4, "a.go": 8, "a/b/e": 16}
    found = tree_of((name, entry(size)) for name, size in names.items())
    shown = [(item.path, item.depth, item.size, item.files, item.after) for item in found]
    assert shown == [
        ("a", 0, 22, 3, 5), ("a/b", 1, 18, 2, 4), ("a/b/c", 2, 2, 1, 3), ("a/b/e", 2, 16, 1, 4),
        ("a/d", 1, 4, 1, 5), ("a.go", 0, 8, 1, 6), ("z", 0, 1, 1, 7),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "lines", "told"),
    [
        (b"", (), ()),
        (b"a\nb", ("a", "b"), ()),
        (b"a\r\nb\r\n", ("a", "b"), ("crlf",)),
        (b"a\r\nb\n", ("a\r", "b"), ()),
        (b"caf\xe9\n", ("caf\ufffd",), ("replaced",)),
        ("\ufffd\n".encode(), ("\ufffd",), ()),
        (b"\x00\x01A", ("00000000  00 01 41                                         ..A",), ("binary",)),
        (b"\n" * (MOST_SHOWN_LINES + 1), ("",) * MOST_SHOWN_LINES, ("cut",)),
    ],
)
def test_what_is_shown_of_a_file(data: bytes, lines: tuple[str, ...], told: tuple[str, ...]) -> None:
    shown = preview_of("x", data, len(data))
    assert shown.lines == lines
    for name in ("crlf", "replaced", "binary", "cut"):
        assert bool(getattr(shown, name)) == (name in told)


LICENCES = {
    "MIT": "MIT License\n\nCopyright (c) 2020 X\n\nPermission is hereby granted, free of charge, to any person\nobtaining a copy of this software … The above copyright notice and this permission notice shall be",
    "BSD-3-Clause": "Redistribution and use in source and binary forms, with or without … Neither the name of X nor the names of its contributors may be used to endorse or promote products derived\nfrom this software",
    "BSD-2-Clause": "Redistribution and use in source and binary forms … 2. Redistributions in binary form must reproduce the above\n   copyright notice",
    "Apache-2.0": "                                 Apache License\n                           Version 2.0, January 2004",
    "MPL-2.0": "Mozilla Public License Version 2.0\n====",
    "GPL-3.0": "                    GNU GENERAL PUBLIC LICENSE\n                       Version 3, 29 June 2007",
    "GPL-2.0": "GNU GENERAL PUBLIC LICENSE\n Version 2, June 1991",
    "AGPL-3.0": "GNU AFFERO GENERAL PUBLIC LICENSE\n Version 3, 19 November 2007",
    "LGPL-3.0": "GNU LESSER GENERAL PUBLIC LICENSE\n Version 3, 29 June 2007\n incorporates the terms of the GNU General Public License",
    "ISC": "Permission to use, copy, modify, and/or distribute this software for any\npurpose with or without fee is hereby granted",
    "Unlicense": "This is free and unencumbered software released into the public domain.",
    "not recognised": "All rights reserved. See the Mozilla people.",
}


@pytest.mark.parametrize("name", LICENCES)
def test_usual_licences_are_known_by_what_they_say(name: str) -> None:
    assert recognise(LICENCES[name]) == name


def test_which_files_are_of_licences() -> None:
    names = ["LICENSE", "LICENCE.md", "COPYING", "COPYING.LESSER", "license.txt", "UNLICENSE", "LICENSE-MIT"]
    others = ["sub/LICENSE", "licensing.go", "LICENSE.go", "README", "doc.go", "copying_test.go", "LICENSEX"]
    assert licence_files([*names, *others]) == names


def test_the_licence_of_a_module_is_named() -> None:
    found = contents_of(looked_over(archive(Member(PREFIX + "LICENSE", LICENCES["MIT"].encode()))))
    assert [(one.file, one.name) for one in found.licences] == [("LICENSE", "MIT")]


def test_an_info_without_end_is_not_read_to_its_end() -> None:
    def endless(request: Request) -> Answer:
        return Answer(body=b"[" * (3 << 20), content_type="application/json")

    with World([endless]) as world, pytest.raises(GoError, match="1 MiB"):
        asyncio.run(bring_info(environment(world.urls[0]), PATH, VERSION, CHAIN, limits=LIMITS))


def test_names_with_any_character_stand_in_the_order_of_their_folders() -> None:
    """As the lists of their folders would: a slash is lower than whatever a hostile zip puts into a name."""
    chance = Random(1)
    names = {"/".join("".join(chance.choices("\0\1\2 a.", k=chance.randint(0, 2))) for _ in range(3)) for _ in range(900)}
    names |= {"/".join(["d"] * depth + [last]) for depth in (38, 39, 40, 41, 45) for last in ("a", "b\0", "\1")}
    items = tree_of((name, entry(1)) for name in names)
    assert [item.path for item in items if item.entry] == sorted(names, key=lambda name: name.split("/", 40))
    folders = [item.path for item in items if item.entry is None]
    assert len(folders) == len(set(folders))


def test_letter_by_letter_the_same_files_are_found_as_at_once() -> None:
    items = tree_of((f"Dir{n % 7}/sub{n % 40}/File_{n}.go", entry(n)) for n in range(500))
    contents = Contents(tuple(items), 500, 0)
    typed = FileTree(contents)
    for needle in ("f", "fi", "file_1", "file_12", "file_1", "sub", "File", "File_4", "file_4", "nothing"):
        wanted = [at for at, item in enumerate(items) if item.entry and found_in(needle, item.path)]
        assert typed.holding(needle) == wanted
