"""What is wrong with one version in the cache, as far as a look at its small files tells: no hashing.

The ``.mod`` and the ``.info`` are read as go reads them, the ``.ziphash`` for its form, of the ``.zip`` only
its end. What the hashes say comes on top (``probes.cache.hashes``).

Source: cmd/go/internal/modfetch/cache.go readDiskStat, readDiskGoMod, DownloadDir; fetch.go isValidSum,
checkMod; modload/modfile.go goModSummary.
"""

from __future__ import annotations

import errno
import os
import re
import shlex
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from probes.cache.entries import Entry, Lying
from probes.cache.findings import Finding, Kind, Level, Repair
from probes.golang.dirhash import go_mod_hash
from probes.golang.errors import GoError
from probes.golang.go_sum import GO_MOD_SUFFIX, GoSum
from probes.golang.gojson import decode_rev_info
from probes.golang.gomod import parse_lax
from probes.golang.gozip import read_directory
from probes.golang.modzip import MAX_GO_MOD, go_mod_of
from probes.golang.os_errors import errno_words
from probes.share.state import TooLarge, read_regular

MOST_INFO = 1 << 20
MOST_SUM = 1 << 12
MOST_PARSED = 1 << 20
"""Bytes of a go.mod that are read line by line; one with ten thousand requirements has fewer."""
SUM_LENGTH = len("h1:") + 44
OLD_VGO = b"//vgo 0.0."
_END_OF_ZIP = b"PK\x05\x06"
_MODULE_LINE = re.compile(rb"""^module[ \t]+["`]?([^\s"`]+)["`]?[ \t\r]*(?://.*)?$""", re.MULTILINE)
_FETCHED_AGAIN = "go asks for what is not there, and believes the rest as it is"
ASKS_AGAIN = "asks for it again each time; with GOPROXY=off: module lookup disabled by GOPROXY=off"
PARSING = "parsing go.mod: "


@dataclass(frozen=True, slots=True)
class Looker:
    """Who looks, and what for."""

    uid: int = field(default_factory=os.geteuid)
    owner: int | None = None
    """Whose the cache is."""
    go_sum: GoSum = field(default_factory=GoSum)
    """What the project at hand vouches for."""
    replaced: frozenset[tuple[str, str]] = frozenset()
    """What the project at hand puts in place of what: the old path and the new one."""
    wanted: frozenset[tuple[str, str]] = frozenset()
    """The versions that it is built from: of these go reads the go.mod."""
    thorough: bool = False
    """Whether each go.mod is read to its end."""

    def sums(self, entry: Entry, suffix: str = "") -> list[str]:
        """What go.sum has for a version, in the form of today."""
        known = self.go_sum.hashes.get((entry.path, entry.version + suffix), ())
        return [one for one in known if one.startswith("h1:")]


def looks(entry: Entry, looker: Looker) -> Iterator[Finding]:
    """All that is seen of one version, the worst first where it matters."""
    kinds = list(_kinds(entry))
    yield from kinds
    cannot = {one.file for one in kinds if one.is_bad}
    for suffix, look in (("mod", _mod), ("info", _info)):
        if suffix in entry.files and entry.file(suffix) not in cannot:
            yield from look(entry, looker)
    yield from _zip_end(entry)
    yield from _owners(entry, looker)
    yield from _leftovers(entry)


def bad(
    kind: Kind, entry: Entry, file: str, words: str, go_says: str, repair: Repair | None = None
) -> Finding:
    """Something that is to be mended."""
    return Finding(kind, Level.BAD, file, words, go_says, entry.path, entry.version, repair)


def note(kind: Kind, entry: Entry, file: str, words: str, go_says: str, command: str = "") -> Finding:
    """Something to know."""
    return Finding(kind, Level.NOTE, file, words, go_says, entry.path, entry.version, command=command)


def one_file(entry: Entry, suffix: str, why: str = _FETCHED_AGAIN) -> Repair:
    """The repair of what a single file is wrong with."""
    return Repair((entry.file(suffix),), why=why)


# -- what it is at all -----------------------------------------------------------------------------------


def _kinds(entry: Entry) -> Iterator[Finding]:
    """Files that are none, links."""
    for suffix, lying in entry.files.items():
        if suffix == "lock" and lying.is_folder:
            yield _no_lock(entry)
        if suffix in ("lock", "partial"):
            continue
        if lying.is_link:
            yield from _link(entry, suffix)
        elif not lying.is_plain:
            yield not_plain(entry, suffix, lying)
    if entry.tree is not None and entry.tree.is_link:
        yield _outside(entry, entry.tree_name, entry.tree_place)


def not_plain(entry: Entry, suffix: str, lying: Lying) -> Finding:
    """A folder, a FIFO or a device where a file belongs."""
    what = "a folder" if lying.is_folder else "a FIFO" if stat.S_ISFIFO(lying.mode) else "no plain file"
    says = "it waits, for ever perhaps"
    if lying.is_folder:
        says = _not_read(entry, suffix, "is a directory", "read")
    words = f"the .{suffix} is {what}; go writes a plain file there"
    return bad(Kind.NOT_PLAIN, entry, entry.file(suffix), words, says, one_file(entry, suffix))


def _no_lock(entry: Entry) -> Finding:
    """A folder in the place of the lock: go cannot download the version, and modtrace not lock it."""
    place = entry.place("lock")
    words, says = "the .lock is a folder; go makes an empty file there", f"open {place}: is a directory"
    command = f"rm -rf {shlex.quote(place)}"
    file, kind = entry.file("lock"), Kind.NOT_PLAIN
    return Finding(kind, Level.BAD, file, words, says, entry.path, entry.version, command=command)


def _link(entry: Entry, suffix: str) -> Iterator[Finding]:
    try:
        found = Path(entry.place(suffix)).stat()
    except OSError as error:
        words = f"the .{suffix} is a symbolic link that leads nowhere: {errno_words(error)}"
        says = _not_read(entry, suffix, errno_words(error))
        yield bad(Kind.LINK, entry, entry.file(suffix), words, says, one_file(entry, suffix))
        return
    if stat.S_ISREG(found.st_mode):
        yield _outside(entry, entry.file(suffix), entry.place(suffix))
    else:
        yield not_plain(entry, suffix, Lying.of(found))


def _outside(entry: Entry, name: str, place: str) -> Finding:
    real, cache = os.path.realpath(place), os.path.realpath(entry.cache)
    where = "inside of the cache" if real.startswith(cache + "/") else "out of the cache"
    words = f"it is a symbolic link that leads {where}, to {real}"
    return note(
        Kind.LINK, entry, name, words, "follows it and reads what is there; modtrace removes nothing there"
    )


# -- .mod ------------------------------------------------------------------------------------------------


def _mod(entry: Entry, looker: Looker) -> Iterator[Finding]:
    data = _read(entry, "mod", MAX_GO_MOD)
    if isinstance(data, Finding):
        yield data
        return
    file = entry.file("mod")
    repair = one_file(entry, "mod", "go then asks for this one .mod again, and for nothing else")
    known = looker.sums(entry, GO_MOD_SUFFIX)
    if known and go_mod_hash(data) not in known:
        words = f"its hash {go_mod_hash(data)} is not the one in go.sum, {known[0]}"
        says = f"verifying {entry.name}{GO_MOD_SUFFIX}: checksum mismatch … SECURITY ERROR"
        yield bad(Kind.GO_SUM_OTHER, entry, file, words, says, repair)
    if data.startswith(OLD_VGO):
        yield note(Kind.MOD_OLD, entry, file, "it was made up by a go of 2018", "takes it as not there")
        return
    declared, fault = _declared(data, looker.thorough)
    if data.lstrip()[:1] == b"<":
        fault = fault or "missing module line"
        says = f"{entry.name}: {PARSING}{fault}"
        yield bad(
            Kind.MOD_HTML, entry, file, f"it is a web page, and no go.mod: {_start(data)}", says, repair
        )
    elif fault:
        says = f"{entry.name}: {PARSING}{fault}"
        yield bad(Kind.MOD_BROKEN, entry, file, f"it is no go.mod: {_start(data)}", says, repair)
    elif declared != entry.path:
        yield _other_path(entry, declared, looker, repair)


def _declared(data: bytes, thorough: bool) -> tuple[str, str]:
    """The path of the module line, and what go says where the file is no go.mod."""
    line = _MODULE_LINE.search(data)
    is_long = len(data) > MOST_PARSED
    if line is not None and (is_long or not thorough):
        return line[1].decode("utf-8", "replace"), ""
    if is_long:
        return "", "missing module line"
    try:
        parsed = parse_lax(data)
    except GoError as error:
        return "", str(error)
    return parsed.module_path, "" if parsed.module_path else "missing module line"


def _other_path(entry: Entry, declared: str, looker: Looker, repair: Repair) -> Finding:
    says = (
        f"{entry.name}: parsing go.mod:\n\tmodule declares its path as: {declared}\n"
        f"\t        but was required as: {entry.path}"
    )
    words = f"its module line says {declared}"
    if (declared, entry.path) in looker.replaced:
        words += ", as it should: the project puts it in place of that"
        return note(Kind.MOD_OTHER_PATH, entry, entry.file("mod"), words, "takes it")
    is_own = any(_declared(inner, False)[0] == entry.path for inner in _inner_go_mods(entry))
    if is_own:
        words += f", but the go.mod in the module itself says {entry.path}"
    if is_own or (entry.path, entry.version) in looker.wanted:
        return bad(Kind.MOD_OTHER_PATH, entry, entry.file("mod"), words, says, repair)
    words += f"; that is right for a fork that is used with replace {declared} => {entry.path}"
    return note(Kind.MOD_OTHER_PATH, entry, entry.file("mod"), words, f"without a replace: {says}")


def _inner_go_mods(entry: Entry) -> Iterator[bytes]:
    """The go.mod of what is unpacked, and that of the zip; one of the two may be spoiled."""
    with suppress(OSError, ValueError):
        yield read_regular(Path(entry.tree_place, "go.mod"), MOST_PARSED)
    lying = entry.files.get("zip")
    if lying is None or not lying.is_plain:
        return
    with suppress(OSError, GoError), open(entry.place("zip"), "rb") as file:
        found = go_mod_of(entry.path, entry.version, file, lying.size)
        if found is not None:
            yield found


def _start(data: bytes) -> str:
    text = data[:200].decode("utf-8", "replace").strip().split("\n")[0].strip()[:60]
    return f"it begins with “{text}”" if text else "it is empty" if not data.strip() else "it has no text"


# -- .info, .zip -----------------------------------------------------------------------------------------


def _info(entry: Entry, looker: Looker) -> Iterator[Finding]:
    data = _read(entry, "info", MOST_INFO)
    if isinstance(data, Finding):
        yield data
        return
    if (
        not looker.thorough
        and data.startswith(f'{{"Version":"{entry.version}"'.encode())
        and data.endswith(b"}")
    ):
        return
    file, repair = entry.file("info"), one_file(entry, "info", "go then asks for this one .info again")
    try:
        found = decode_rev_info(data)
    except GoError as error:
        what = "it is a web page" if data.lstrip()[:1] == b"<" else f"it is no JSON of go's: {error}"
        yield bad(Kind.INFO_BROKEN, entry, file, what, ASKS_AGAIN, repair)
        return
    if found.version != entry.version:
        words = f"it is about {found.version or 'no version'}, and not about {entry.version}"
        says = f"takes {found.version or 'it'} where {entry.version} was asked for"
        yield bad(Kind.INFO_OTHER_VERSION, entry, file, words, says, repair)


def _zip_end(entry: Entry) -> Iterator[Finding]:
    """Whether the zip has its end: it has none when it was cut, or is something else."""
    lying = entry.files.get("zip")
    if lying is None or not lying.is_plain:
        return
    try:
        handle = os.open(entry.place("zip"), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        yield unreadable(entry, "zip", error)
        return
    with os.fdopen(handle, "rb") as file:
        size = os.fstat(handle).st_size
        if size >= 22 and os.pread(handle, 4, size - 22) == _END_OF_ZIP:
            return
        try:
            read_directory(file, size)  # a comment behind it, or zip64
        except GoError as error:
            yield broken_zip(entry, str(error), os.pread(handle, 200, 0))


def broken_zip(entry: Entry, error: str, start: bytes = b"") -> Finding:
    """A zip that is none."""
    words = f"the .zip of {entry.files['zip'].size:,} bytes is broken"
    if start[:2] != b"PK" and start:
        words += f": {_start(start)}"
    why = "go downloads the zip again where it needs it; what is already unpacked stays in use"
    says = f"unzip {entry.place('zip')}: {error}, on each run and without asking anybody"
    return bad(Kind.ZIP_BROKEN, entry, entry.file("zip"), words, says, one_file(entry, "zip", why))


# -- whose it is, what is left over ----------------------------------------------------------------------


def _read(entry: Entry, suffix: str, most: int) -> bytes | Finding:
    try:
        return read_regular(Path(entry.place(suffix)), most)
    except TooLarge:
        words = f"the .{suffix} has more than {most:,} bytes; none of go's has"
        says = f"reads all of {entry.place(suffix)}"
        return bad(Kind.MOD_HUGE, entry, entry.file(suffix), words, says, one_file(entry, suffix))
    except OSError as error:
        return unreadable(entry, suffix, error)


def unreadable(entry: Entry, suffix: str, error: OSError) -> Finding:
    """A file that this user may not read, or that the disk does not give."""
    words = f"the .{suffix} cannot be read: {errno_words(error)}"
    says = _not_read(entry, suffix, errno_words(error))
    if error.errno not in (errno.EACCES, errno.EPERM):
        return Finding(Kind.UNREADABLE, Level.BAD, entry.file(suffix), words, says, entry.path, entry.version)
    repair = one_file(entry, suffix, "go puts a file of yours in its place")
    return bad(Kind.UNREADABLE, entry, entry.file(suffix), words, says, repair)


def _not_read(entry: Entry, suffix: str, words: str, call: str = "open") -> str:
    """What go does with a file that it does not get: a .mod or an .info it takes as not there."""
    return ASKS_AGAIN if suffix in ("mod", "info") else f"{call} {entry.place(suffix)}: {words}"


def _owners(entry: Entry, looker: Looker) -> Iterator[Finding]:
    named = {entry.file(suffix): lying for suffix, lying in entry.files.items()}
    if entry.tree is not None:
        named[entry.tree_name] = entry.tree
    foreign = [name for name, one in named.items() if one.owner not in (looker.uid, looker.owner)]
    if foreign:
        who = named[foreign[0]].owner
        words = f"it belongs to {_user(who)}, and the cache to {_user(looker.owner)}"
        words += f" (so do {len(foreign) - 1} more files of this version)" if len(foreign) > 1 else ""
        says = f"reads it; where it has to write: open {entry.place('lock')}: permission denied"
        command = f"sudo chown -R {looker.uid} {_quoted(entry)}"
        yield note(Kind.FOREIGN_OWNER, entry, foreign[0], words, says, command)
    loose = [name for name, one in named.items() if one.mode & stat.S_IWOTH and not one.is_link]
    if loose:
        words = "everybody may write into it"
        command = f"chmod -R o-w {_quoted(entry)}"
        yield note(Kind.WORLD_WRITABLE, entry, loose[0], words, "reads it all the same", command)


def _quoted(entry: Entry) -> str:
    """The folders of a version for a shell, to which ``!m`` is a word of its own."""
    places = [f"{entry.cache}/{entry.folder}"] if entry.files else []
    if entry.tree is not None and entry.tree.is_folder:
        places.append(entry.tree_place)
    return shlex.join(places)


def _user(number: int | None) -> str:
    import pwd

    try:
        return pwd.getpwuid(-1 if number is None else number).pw_name
    except (KeyError, OverflowError):
        return f"user {number}"


def _leftovers(entry: Entry) -> Iterator[Finding]:
    for name, lying in entry.temporary.items():
        words = f"{lying.size:,} bytes are left over from a go that was stopped"
        says = (
            "removes it when it downloads this version the next time" if ".zip" in name else "passes over it"
        )
        yield note(Kind.LEFTOVER, entry, f"{entry.folder}/{name}", words, says)
