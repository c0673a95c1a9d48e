"""Who has which hash of what go.sum has lines for, and who is odd.

Whom to believe is as for one version alone (probes.browse.votes): the checksum database whatever the others
say. Where it knows nothing nobody can tell who is right, and go believes go.sum. On this machine there is the
module cache: the ``.ziphash`` that go wrote down when it downloaded the zip, and the ``.mod`` itself. Whether
the zip still is what was downloaded is not looked at here (`modtrace cache --verify`).

Source: cmd/go/internal/modfetch/fetch.go checkMod, checkGoMod, haveModSumLocked; cache.go readDiskGoMod.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from probes.browse.votes import VoterKind
from probes.diagnosis.findings import Level
from probes.golang import module
from probes.golang.dirhash import go_mod_hash
from probes.golang.environment import Environment
from probes.golang.errors import GoError
from probes.golang.go_sum import GO_MOD_SUFFIX, mismatch
from probes.golang.modzip import MAX_GO_MOD
from probes.golang.os_errors import errno_words
from probes.share.state import read_regular
from probes.sums.sum_findings import Cut, Evidence, Fault, SumFinding
from probes.sums.sum_lines import Key, SumBook, SumFile, SumLine, is_whole

RULE = "cmd/go/internal/modfetch/fetch.go checkModSum"
MAX_ZIP_HASH = 1 << 10
_URL = re.compile(r"https?://\S+?(?=:? |:?$)", re.MULTILINE)
ASK = "modtrace sum --project --ask"


@dataclass(frozen=True, slots=True)
class Witness:
    """What somebody besides go.sum has of one hash."""

    kind: VoterKind
    name: str
    sum: str = ""
    error: str = ""
    """Why there is none."""
    missing: bool = False
    """It does not have the version."""


@dataclass(slots=True)
class Witnesses:
    """All of them, by what the hash is of."""

    said: dict[Key, list[Witness]] = field(default_factory=dict)
    held: int = 0
    """Lines that were held against something."""

    def add(self, key: Key, witness: Witness) -> None:
        """Take one in, in place of what the same one said before."""
        known = [
            one for one in self.said.get(key, []) if (one.kind, one.name) != (witness.kind, witness.name)
        ]
        self.said[key] = [*known, witness]

    def of_kind(self, key: Key, kind: VoterKind) -> Witness | None:
        """The first of a kind."""
        return next((one for one in self.said.get(key, ()) if one.kind is kind), None)


def cached_file(cache: str, key: Key) -> Path | None:
    """Where the module cache keeps the go.mod of a version, or what it noted of its zip."""
    path, version = key
    bare = version.removesuffix(GO_MOD_SUFFIX)
    try:
        module.check(path, bare)
        zipped = Path(module.cached_zip(cache, path, bare))
    except GoError:
        return None
    return zipped.with_suffix(".mod") if bare != version else zipped.with_suffix(".ziphash")


def look_in_cache(environment: Environment, keys: Iterable[Key], found: Witnesses) -> None:
    """What the module cache has of each. Reads small files, no zips; raises nothing."""
    cache = environment.get("GOMODCACHE")
    if not cache.startswith("/"):
        return
    for key in keys:
        file = cached_file(cache, key)
        if file is None:
            continue
        try:
            if key[1].endswith(GO_MOD_SUFFIX):
                total, kind = go_mod_hash(read_regular(file, MAX_GO_MOD)), VoterKind.CACHE
            else:
                total = read_regular(file, MAX_ZIP_HASH).decode("utf-8", "replace").strip()
                kind = VoterKind.ZIP_HASH
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            words = errno_words(error) if isinstance(error, OSError) else str(error)
            found.add(key, Witness(VoterKind.CACHE, "the module cache", error=words))
            continue
        if is_whole(total):  # of anything else go makes a new one, from the zip
            found.add(key, Witness(kind, "the module cache", total))


# -- the verdict -------------------------------------------------------------------------------------


def differing_lines(book: SumBook, witnesses: Witnesses, cache: str) -> Iterator[SumFinding]:
    """The lines that somebody else contradicts, and those that the database does not know."""
    by_key = book.by_key()
    for key, places in by_key.items():
        said = witnesses.said.get(key, ())
        ours = [(file, line) for file, line in places if is_whole(line.sum)]
        if not said or not ours:
            continue
        others = {one.sum for one in said if one.sum}
        wrong = [(file, line) for file, line in ours if others - {line.sum}]
        if wrong:
            yield _judged(key, wrong, list(said), cache)
        else:
            yield from _unknown(key, *ours[0], witnesses)
    yield from _silent(witnesses)


def _silent(witnesses: Witnesses) -> Iterator[SumFinding]:
    """Who could not be asked; once for each way in which that went."""
    kinds = (VoterKind.DATABASE, VoterKind.PROXY)
    silent: dict[tuple[str, str], list[Key]] = {}
    for key, said in witnesses.said.items():
        for one in said:
            if one.kind in kinds and one.error and not one.missing:
                silent.setdefault((one.name, _why_silent(key, one.error)), []).append(key)
    for (name, words), keys in silent.items():
        first = next(one for one in witnesses.said[keys[0]] if one.name == name)
        is_attack = "SECURITY ERROR" in first.error
        yield SumFinding(
            Fault.NO_ANSWER, Level.ERROR if is_attack else Level.WARNING,
            f"{name} gave no answer that counts about {len(keys)} of the lines: {words}.",
            path=keys[0][0], version=keys[0][1], go_says=first.error, rule=RULE,
        )  # fmt: skip


def _why_silent(key: Key, error: str) -> str:
    """The reason at the end of an error, without what is another for each line: the version, and a URL."""
    about = _URL.sub("…", error.split("\n\tserver response:", 1)[0].replace(f"{key[0]}@{key[1]}", "…"))
    line = about.split("\n", 1)[0] if "misbehavior" in about else about.rsplit("\n", 1)[-1]
    return next((part for part in reversed(line.split(": ")) if part.strip("… ")), line)


def _judged(key: Key, wrong: list[tuple[SumFile, SumLine]], said: list[Witness], cache: str) -> SumFinding:
    """One version whose line is contradicted."""
    file, line = wrong[0]
    database = next((one for one in said if one.kind is VoterKind.DATABASE and one.sum), None)
    against = [one for one in said if one.sum and one.sum != line.sum]
    with_us = [one for one in said if one.sum == line.sum]
    downloaded = next((one for one in against if one.kind is not VoterKind.DATABASE), against[0])
    says = mismatch(*key, downloaded.sum, line.sum, file.told).split("\n\n", 1)[0]
    places = tuple(Evidence(f"{one.name}:{its.number}", its.sum) for one, its in wrong)
    believed = database.sum if database is not None else None
    evidence = (
        *(Evidence(one.who, one.sum, is_odd=believed is not None and one.sum != believed) for one in places),
        *(
            Evidence(one.name, one.sum, one.error, bool(believed and one.sum and one.sum != believed))
            for one in said
            if one.sum or one.error
        ),
    )
    if database is None:
        judged = _nobody_knows(key, against, with_us)
    elif database.sum != line.sum:
        judged = _line_is_odd(key, against, with_us, wrong, cache)
    else:
        judged = _others_are_odd(key, against, database, cache)
    return SumFinding(
        Fault.DIFFERS, Level.ERROR, judged.words, file.name, line.number, *key, go_says=says,
        evidence=evidence, cuts=judged.cuts, first=judged.first, download=judged.download,
        advice=judged.advice, rule=RULE,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Judgement:
    """What is said of a difference, and what is done about it."""

    words: str
    cuts: tuple[Cut, ...] = ()
    first: tuple[str, ...] = ()
    download: tuple[str, ...] = ()
    advice: str = ""


def _line_is_odd(
    key: Key, against: list[Witness], with_us: list[Witness], wrong: list[tuple[SumFile, SumLine]], cache: str
) -> _Judgement:
    why = "the tag was moved after somebody had downloaded it, or the line was edited"
    if with_us:
        why = (
            f"{_names(with_us)} {_have(with_us)} what the line has: the tag was moved after it had come into "
        )
        why += "the database, or what is served was changed"
    return _Judgement(
        f"go.sum has another hash than {_names(against)}: {why}.",
        cuts=tuple(Cut(file.name, line.number, line.number) for file, line in wrong),
        first=_out_of_cache(key, cache) if _in_cache(with_us) else (),
        download=(key[0],),
        advice=_ask_for_zips(key),
    )


def _ask_for_zips(key: Key) -> str:
    """Zips are not fetched for a whole go.sum."""
    if key[1].endswith(GO_MOD_SUFFIX):
        return ""
    return f"What the proxies have, and which files differ: modtrace sums {key[0]}@{key[1]} --all --zip"


def _others_are_odd(key: Key, against: list[Witness], database: Witness, cache: str) -> _Judgement:
    words = f"{_names(against)} {_have(against)} another hash than go.sum and {database.name}: "
    if _in_cache(against):
        words += "what is in the module cache was changed, or was downloaded while nobody looked at hashes."
        return _Judgement(words, first=_out_of_cache(key, cache), download=(key[0],))
    return _Judgement(
        words + "the line is right, and what is served now is something else: the tag was moved.",
        advice="go refuses what is served now. Ask another proxy, one that still has the old files, or go to "
        f"a version that was not moved: go get {shlex.quote(key[0])}@latest",
    )


def _in_cache(said: list[Witness]) -> bool:
    return any(one.kind in (VoterKind.CACHE, VoterKind.ZIP_HASH) for one in said)


def _out_of_cache(key: Key, cache: str) -> tuple[str, ...]:
    """What makes go download it anew: the go.mod; or the zip, what was noted of it, and what was unpacked of
    it, for go takes a folder that is there beside a .ziphash as it is (cache.go DownloadDir)."""
    file = cached_file(cache, key)
    if file is None:
        return ()
    if file.suffix == ".mod":
        return (f"rm -f {shlex.quote(str(file))}",)
    tree = shlex.quote(f"{cache}/{module.escape_path(key[0])}@{module.escape_version(key[1])}")
    files = " ".join(shlex.quote(str(one)) for one in (file.with_suffix(".zip"), file))
    return (f"chmod -R u+w {tree}; rm -rf {tree} {files}",)


def _have(said: list[Witness]) -> str:
    return "has" if len(said) == 1 else "have"


def _nobody_knows(key: Key, against: list[Witness], with_us: list[Witness]) -> _Judgement:
    words = f"go.sum has another hash than {_names(against)}"
    if with_us:
        words += f", and the same as {_names(with_us)}"
    words += ", and nobody whom go believes has said which one is right: the tag was moved, the line was "
    words += "edited, or what was downloaded was changed. go believes go.sum."
    advice = (
        f"Ask the checksum database: {ASK}. Where it does not know the path: who changed the line last says "
        f"git log -p -S {shlex.quote(key[0] + ' ' + key[1])} -- go.sum"
    )
    return _Judgement(words, advice=advice)


def _unknown(key: Key, file: SumFile, line: SumLine, witnesses: Witnesses) -> Iterator[SumFinding]:
    """The database was asked and has never heard of it; said once, of the zip where there is a line."""
    database = witnesses.of_kind(key, VoterKind.DATABASE)
    if database is None or not database.missing or key[1].endswith(GO_MOD_SUFFIX):
        return
    bare = key[1].removesuffix(GO_MOD_SUFFIX)
    yield SumFinding(
        Fault.UNKNOWN_TO_DATABASE, Level.WARNING,
        f"{database.name} does not know {key[0]}@{bare}: without this line go would refuse to download it. "
        "A module that is not public belongs into GOPRIVATE.",
        file.name, line.number, *key, evidence=(Evidence(database.name, words=database.error),),
        advice=f"Is it private? go env -w GOPRIVATE={shlex.quote(_host(key[0]))}", rule=RULE,
    )  # fmt: skip


def _host(path: str) -> str:
    return path.split("/", 1)[0]


def _names(states: list[Witness]) -> str:
    """The database, and how many proxies; "a, b and c"."""
    proxies = [one for one in states if one.kind is VoterKind.PROXY]
    names = [one.name for one in states if one.kind is VoterKind.DATABASE]
    names += [proxies[0].name] if len(proxies) == 1 else [f"{len(proxies)} proxies"] if proxies else []
    cached = (VoterKind.CACHE, VoterKind.ZIP_HASH)
    names += dict.fromkeys(one.name for one in states if one.kind in cached)
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
