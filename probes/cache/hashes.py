"""What the hashes say: each zip and each unpacked folder against its .ziphash, as `go mod verify` does it.

Beyond that, what go.sum says of the .ziphash, whether go could unpack a zip that is not unpacked, and which
of several copies that disagree is the one to go. ``judge`` works without the hashes too, for a first look.

Source: cmd/go/internal/modcmd/verify.go verifyMod; modfetch/cache.go DownloadDir; fetch.go hashZip, checkMod.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from probes.cache.entries import Entry
from probes.cache.findings import Finding, Kind, Repair
from probes.cache.looks import (
    MOST_SUM,
    SUM_LENGTH,
    Looker,
    bad,
    broken_zip,
    looks,
    one_file,
    unreadable,
)
from probes.golang.errors import GoError
from probes.golang.many_hashes import Hashed, HashWork, verify_many
from probes.golang.modzip import MAX_ZIP_FILE, check_listing
from probes.golang.os_errors import errno_words
from probes.share.state import read_regular

MISMATCH = "checksum mismatch … SECURITY ERROR"


@dataclass(slots=True)
class Known:
    """What is known of the copies of one version."""

    entry: Entry
    recorded: str | None = None
    """What the .ziphash holds, without blanks; None where it cannot be read."""
    why_not: str = ""
    """Why it cannot, in go's words."""
    has_zip: bool = False
    tree_counts: bool = False
    """Whether go takes the unpacked folder for complete (DownloadDir)."""
    hashes_tree: bool = False
    """Whether the unpacked folder is hashed: also one that go would take again with a new .ziphash."""
    zip: Hashed | None = None
    tree: Hashed | None = None
    unfit: str = ""
    """Why go would not unpack the zip."""

    @property
    def is_hashed(self) -> bool:
        """Whether everything that is to be hashed has been."""
        return (self.zip is not None or not self.has_zip) and (self.tree is not None or not self.hashes_tree)

    @property
    def sees_zip(self) -> bool:
        """Whether go takes the zip for there (os.Stat): a link that leads nowhere is none."""
        zip_ = self.entry.files.get("zip")
        if zip_ is None or not zip_.is_link:
            return zip_ is not None
        try:
            Path(self.entry.place("zip")).stat()
        except FileNotFoundError:
            return False
        except OSError:
            return True  # a link to itself
        return True

    @property
    def is_malformed(self) -> bool:
        """Whether there is a .ziphash with something else in it; go then hashes the zip again."""
        text = self.recorded
        return text is not None and not (len(text) == SUM_LENGTH and text.startswith("h1:"))


def known_of(entry: Entry) -> Known:
    """Everything but the hashes. Raises nothing."""
    known = Known(entry)
    place = entry.place("ziphash")
    try:
        known.recorded = read_regular(Path(place), MOST_SUM).strip().decode("utf-8", "replace")
    except (OSError, ValueError) as error:
        is_folder = "ziphash" in entry.files and entry.files["ziphash"].is_folder
        words = errno_words(error) if isinstance(error, OSError) else str(error)
        known.why_not = f"read {place}: is a directory" if is_folder else f"open {place}: {words}"
    zip_ = entry.files.get("zip")
    known.has_zip = zip_ is not None and (zip_.is_plain or _is_plain(entry.place("zip")))
    there = entry.tree is not None and (entry.tree.is_folder or _is_folder(entry.tree_place))
    is_whole = there and "partial" not in entry.files
    known.tree_counts = is_whole and "ziphash" in entry.files
    known.hashes_tree = known.tree_counts or (is_whole and known.has_zip)
    return known


def _is_folder(place: str) -> bool:
    try:
        return stat.S_ISDIR(Path(place).stat().st_mode)
    except (OSError, ValueError):
        return False


def _is_plain(place: str) -> bool:
    try:
        return stat.S_ISREG(Path(place).stat().st_mode)
    except (OSError, ValueError):
        return False


# -- as go mod verify --------------------------------------------------------------------------------------


def verify_words(known: Known) -> list[str]:
    """The lines that `go mod verify` prints about this version; none where it is content."""
    entry = known.entry
    name = f"{entry.path} {entry.version}"
    if known.recorded is None:
        if not known.sees_zip and not known.tree_counts:
            return []
        return [f"{name}: missing ziphash: {known.why_not}"]
    lines = []
    if known.sees_zip:
        if known.zip is None or known.zip.sum == "":
            return [f"{name}: {_why_no_hash(known.zip, entry.place('zip'))}"]
        if known.zip.sum != known.recorded:
            lines.append(f"{name}: zip has been modified ({entry.place('zip')})")
    if known.tree_counts and known.tree is not None:
        if known.tree.error is not None and not known.tree.too_much:
            return [*lines, f"{name}: {known.tree.error}"]
        if known.tree.sum != known.recorded:
            lines.append(f"{name}: dir has been modified ({entry.tree_place})")
    return lines


def _why_no_hash(found: Hashed | None, place: str) -> str:
    if found is not None and found.error is not None:
        return found.error
    try:
        Path(place).stat()
    except OSError as error:
        return f"open {place}: {errno_words(error)}"
    return f"read {place}: is a directory" if _is_folder(place) else f"open {place}: it is no plain file"


def verified(
    entries: Iterable[Entry], looker: Looker, is_wanted: Callable[[], bool] = lambda: True
) -> Iterator[tuple[Known, list[Finding]]]:
    """Every entry with its hashes and all findings, as they are done; not in order.

    Whoever stops taking them stops the work; so does ``is_wanted``, and then Abandoned is raised.
    """
    waiting: dict[str, Known] = {}
    ready: list[Known] = []

    def work() -> Iterator[HashWork]:
        for entry in entries:
            known = known_of(entry)
            todo = _work(known)
            if not todo:
                ready.append(known)
            for one in todo:
                waiting[str(one.path)] = known
            yield from todo

    for hashed in verify_many(work(), is_wanted=is_wanted):
        known = waiting.pop(str(hashed.work.path))
        if hashed.work.prefix:
            known.tree = hashed
        else:
            known.zip = hashed
        if known.is_hashed:
            ready.append(known)
        while ready:
            one = ready.pop()
            yield one, judged(one, looker)
    for one in ready:
        yield one, judged(one, looker)


def _work(known: Known) -> list[HashWork]:
    entry = known.entry
    todo = []
    if known.has_zip:
        todo.append(HashWork(Path(entry.place("zip")), most_bytes=MAX_ZIP_FILE))
    if known.hashes_tree:
        todo.append(HashWork(Path(entry.tree_place), entry.name, most_bytes=MAX_ZIP_FILE))
    return todo


def judged(known: Known, looker: Looker) -> list[Finding]:
    """What a look and the hashes say together."""
    if known.zip is not None and known.zip.sum and not known.tree_counts:
        known.unfit = _unfit(known.entry)
    unique: dict[tuple[Kind, str], Finding] = {}
    for one in (*judge(known, looker), *looks(known.entry, looker)):
        unique.setdefault((one.kind, one.file), one)
    return sorted(unique.values(), key=lambda one: (not one.is_bad, one.file))


def _unfit(entry: Entry) -> str:
    """What go says when it unpacks the zip; "" where it does."""
    place = entry.place("zip")
    try:
        with open(place, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            check_listing(entry.path, entry.version, file, size, zip_name=place)
    except GoError as error:
        return str(error)
    except OSError:
        return ""  # told elsewhere
    return ""


# -- which of them is wrong --------------------------------------------------------------------------------


@dataclass(slots=True)
class _Verdict:
    """Which copies stay; what is found is told on the way."""

    keeps_zip: bool
    keeps_tree: bool
    final: str | None
    """The hash that everything that stays is to have; None where it is not known."""
    findings: list[Finding] = field(default_factory=list)


def judge(known: Known, looker: Looker) -> list[Finding]:
    """What is wrong between .zip, .ziphash, the unpacked folder and go.sum."""
    vouched = looker.sums(known.entry)
    now = _Verdict(known.has_zip, known.entry.tree is not None, known.recorded)
    _judge_zip(known, now)
    if now.keeps_zip:
        _judge_against(known, now, vouched)
    _judge_ziphash(known, now, vouched)
    _judge_tree(known, now, vouched)
    return now.findings


def _judge_zip(known: Known, now: _Verdict) -> None:
    """The zip for itself."""
    entry, hashed = known.entry, known.zip
    if hashed is None:
        return
    file = entry.file("zip")
    why = "go downloads the zip again; nothing else of the version has to go"
    if hashed.too_much:
        words = f"{hashed.error}; go takes at most {MAX_ZIP_FILE:,}, and modtrace did not hash it"
        says = f"unzip {entry.place('zip')}: total uncompressed size of module contents too large"
        now.findings.append(bad(Kind.ZIP_HUGE, entry, file, words, says, Repair((file,), why=why)))
        now.keeps_zip = False
    elif hashed.error is not None:
        denied = hashed.error.endswith(": permission denied")
        cause = PermissionError(13, "permission denied")
        now.findings.append(unreadable(entry, "zip", cause) if denied else broken_zip(entry, hashed.error))
        now.keeps_zip = False
    elif known.unfit:
        words = "its hash can be made, but go would not unpack it"
        now.findings.append(bad(Kind.ZIP_UNFIT, entry, file, words, known.unfit, Repair((file,), why=why)))
        now.keeps_zip = False


def _judge_against(known: Known, now: _Verdict, vouched: list[str]) -> None:
    """The zip against what was recorded of it, and against go.sum."""
    entry, recorded = known.entry, known.recorded
    sum_ = known.zip.sum if known.zip is not None else ""
    if not sum_ or sum_ == recorded:
        return  # go.sum against the .ziphash comes later
    file = entry.file("zip")
    if recorded is None or known.is_malformed:
        if vouched and sum_ not in vouched:
            words = f"its hash {sum_} is not the one in go.sum, {vouched[0]}"
            says = f"verifying {entry.name}: {MISMATCH}"
            repair = one_file(entry, "zip", "go downloads it again and compares it with go.sum")
            now.findings.append(bad(Kind.GO_SUM_OTHER, entry, file, words, says, repair))
            now.keeps_zip = False
        elif not vouched and known.tree is not None and known.tree.sum not in ("", sum_):
            words = f"its hash is {sum_}, what is unpacked has {known.tree.sum}; nothing tells which is right"
            says = "hashes the zip, believes it, and unpacks it anew"
            repair = one_file(entry, "zip", "go downloads it again; neither of the two is believed")
            now.findings.append(bad(Kind.ZIP_MODIFIED, entry, file, words, says, repair))
            now.keeps_zip = False
        return
    if sum_ in vouched:
        return  # the .ziphash is wrong
    words = f"its hash is {sum_}, and the .ziphash has {recorded}"
    says = f"{entry.path} {entry.version}: zip has been modified ({entry.place('zip')})"
    why = "go downloads the zip again and writes its hash anew; what is unpacked and has the old hash stays"
    now.findings.append(bad(Kind.ZIP_MODIFIED, entry, file, words, says, Repair((file,), why=why)))
    now.keeps_zip = False


def _judge_ziphash(known: Known, now: _Verdict, vouched: list[str]) -> None:
    """What was recorded."""
    entry, recorded = known.entry, known.recorded
    file = entry.file("ziphash")
    sum_ = known.zip.sum if known.zip is not None else ""
    rehash = Repair(
        (), True, "go writes it so too, without asking anybody; go.sum and the database are asked as ever"
    )
    gone = Repair(
        (file,), why="without a .zip nothing tells what it should be; go downloads and hashes the zip again"
    )
    if recorded is None:
        if "ziphash" not in entry.files and not now.keeps_zip:
            return  # what is unpacked is told below
        if "ziphash" not in entry.files:
            words = "the .zip is there and its .ziphash is not"
            says = f"{entry.path} {entry.version}: missing ziphash: {known.why_not}"
            now.findings.append(bad(Kind.ZIPHASH_MISSING, entry, file, words, says, rehash))
        else:
            now.findings.append(_no_ziphash_file(known, now))
        now.final = sum_ or None
        now.keeps_tree = now.keeps_tree and now.keeps_zip
        return
    if known.is_malformed:
        words = f"it holds {len(recorded)} characters that are no hash: {recorded[:20]}"
        says = (
            "hashes the .zip again"
            if known.has_zip
            else f"verifying {entry.name}: open {entry.place('zip')}: no such file or directory"
        )
        repair = rehash if now.keeps_zip else gone
        now.findings.append(bad(Kind.ZIPHASH_MALFORMED, entry, file, words, says, repair))
        now.final = sum_ or None
        now.keeps_tree = now.keeps_tree and now.keeps_zip
    elif now.keeps_zip and sum_ and sum_ != recorded:
        words = f"it holds {recorded}; the .zip has {sum_}, and so has go.sum"
        says = f"verifying {entry.name}: {MISMATCH}"
        now.findings.append(bad(Kind.ZIPHASH_OTHER, entry, file, words, says, rehash))
        now.final = sum_
    elif vouched and recorded not in vouched:
        words = f"the hash {recorded} is not the one in go.sum, {vouched[0]}"
        says = f"verifying {entry.name}: {MISMATCH}"
        removes = (*((entry.file("zip"),) if now.keeps_zip else ()), file)
        why = "go downloads the zip again and compares it with go.sum; if that is wrong, modtrace sum tells"
        now.findings.append(bad(Kind.GO_SUM_OTHER, entry, file, words, says, Repair(removes, why=why)))
        now.keeps_zip = now.keeps_tree = False


def _no_ziphash_file(known: Known, now: _Verdict) -> Finding:
    """What stands in the place of a .ziphash, or one that cannot be read."""
    entry, file = known.entry, known.entry.file("ziphash")
    is_plain = entry.files["ziphash"].is_plain
    words = "the .ziphash cannot be read" if is_plain else "the .ziphash is no plain file"
    says = f"{entry.path} {entry.version}: missing ziphash: {known.why_not}"
    why = "go writes a new one from the .zip" if now.keeps_zip else "go downloads the zip and hashes it"
    repair = Repair((file,), now.keeps_zip, why)
    return bad(Kind.UNREADABLE if is_plain else Kind.NOT_PLAIN, entry, file, words, says, repair)


def _judge_tree(known: Known, now: _Verdict, vouched: list[str]) -> None:
    """What is unpacked."""
    entry = known.entry
    if entry.tree is None:
        if "partial" in entry.files:
            words = "it tells of unpacking that was broken off; there is nothing unpacked"
            repair = one_file(entry, "partial", "there is nothing else of it")
            says = "unpacks the zip anew, and takes it away"
            now.findings.append(bad(Kind.TREE_INCOMPLETE, entry, entry.file("partial"), words, says, repair))
        return
    name = entry.tree_name
    why = "go unpacks it again from the .zip, without asking anybody"
    if not now.keeps_zip:
        why = "go downloads the zip again and unpacks it"
    repair = Repair((name,), why=why)
    if "partial" in entry.files:
        words = "it was not completely unpacked: the .partial of a go that was stopped is still there"
        removes = Repair((name, entry.file("partial")), why=why)
        says = "removes it and unpacks the zip anew, at the next build"
        now.findings.append(bad(Kind.TREE_INCOMPLETE, entry, name, words, says, removes))
    elif not _is_folder(entry.tree_place):
        words, says = (
            "where the unpacked module belongs there is no folder",
            "removes it and unpacks the zip anew",
        )
        now.findings.append(bad(Kind.TREE_NO_FOLDER, entry, name, words, says, repair))
    elif "ziphash" not in entry.files and not now.keeps_zip:
        words = "it is unpacked, and neither the .zip nor the .ziphash of it is there"
        says = "removes it, downloads the zip, and unpacks that"
        now.findings.append(bad(Kind.TREE_INCOMPLETE, entry, name, words, says, repair))
    elif not now.keeps_tree:
        words = "it was unpacked from a zip that is not to be trusted"
        now.findings.append(bad(Kind.TREE_MODIFIED, entry, name, words, "builds with it", repair))
    elif known.tree is not None:
        _judge_tree_hash(known, now, repair)


def _judge_tree_hash(known: Known, now: _Verdict, repair: Repair) -> None:
    entry, hashed = known.entry, known.tree
    assert hashed is not None
    if hashed.too_much:
        words = f"files were changed or added: {hashed.error}, and go unpacks no zip of so many"
        says = f"{entry.path} {entry.version}: dir has been modified ({entry.tree_place}); a build takes it"
    elif hashed.error is not None:
        words, says = "it cannot be hashed", f"{entry.path} {entry.version}: {hashed.error}"
    elif now.final is not None and hashed.sum != now.final:
        words = f"files were changed, added or taken away: its hash is {hashed.sum}"
        says = f"{entry.path} {entry.version}: dir has been modified ({entry.tree_place}); a build takes it"
    else:
        return
    now.findings.append(bad(Kind.TREE_MODIFIED, entry, entry.tree_name, words, says, repair))
