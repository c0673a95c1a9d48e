"""What is wrong with a go.sum in itself, without a look at anything else.

Source: cmd/go/internal/modfetch/fetch.go readGoSum, haveModSumLocked, HaveSum, tidyGoSum. What go says of the
lines after the first malformed one is what it would say were they the first.
"""

from __future__ import annotations

from collections.abc import Iterator

from probes.diagnosis.findings import Level
from probes.golang.go_sum import EMPTY_GO_MOD, mismatch
from probes.sums.sum_findings import Cut, Evidence, Fault, SumFinding, shell_file
from probes.sums.sum_lines import (
    DENIED,
    MOST_LINES,
    NO_FILE,
    Key,
    SumBook,
    SumFile,
    SumLine,
    first_out_of_order,
    is_whole,
)

READ = "cmd/go/internal/modfetch/fetch.go readGoSum"
HELD = "cmd/go/internal/modfetch/fetch.go haveModSumLocked"
OWN = ("go.sum", "go.work.sum")
"""How go calls the file that it writes itself."""
WRITTEN = "cmd/go/internal/modfetch/fetch.go tidyGoSum"


def own_faults(book: SumBook) -> Iterator[SumFinding]:
    """All that the files show of themselves, in their order."""
    for file in book.files:
        yield from _of_file(file)
    for key, places in book.by_key().items():
        yield from _of_hashes(key, places)


def _of_file(file: SumFile) -> Iterator[SumFinding]:
    if file.problem:
        words = f"{file.name} cannot be read: {file.problem}. go build takes it for empty, go mod tidy stops."
        yield SumFinding(Fault.UNREADABLE, Level.ERROR, words, file.name, first=_readable(file), rule=READ)
    if file.left_out:
        words = f"Only the first {MOST_LINES} lines of {file.name} were looked at."
        yield SumFinding(Fault.TOO_LONG, Level.WARNING, words, file.name, file.left_out)
    if file.has_mark:
        yield SumFinding(
            Fault.BYTE_ORDER_MARK, Level.ERROR,
            "The file begins with a byte order mark, which go takes for a part of the first path: the first "
            "line is the hash of another module to it.",
            file.name, 1, first=(f"sed -i~ '1s/^\\xef\\xbb\\xbf//' {shell_file(file.name)}",), rule=READ,
        )  # fmt: skip
    for line in file.lines:
        yield from _of_line(file, line)
    yield from _of_form(file)


def _readable(file: SumFile) -> tuple[str, ...]:
    """What lets go read it, or make a new one."""
    name = shell_file(file.name)
    if file.problem == DENIED:
        return (f"chmod u+r {name}",)
    return (f"mv {name} {shell_file(f'{file.name}~')}",) if file.problem == NO_FILE else ()


def _of_line(file: SumFile, line: SumLine) -> Iterator[SumFinding]:
    cut = (Cut(file.name, line.number, line.number),)
    says = ""
    if not line.is_hash:
        says = f"malformed go.sum:\n{file.path}:{line.number}: wrong number of fields {line.words}"
    if line.is_marker:
        words = "A mark of a merge that was not finished"
        words += "." if says else "; go takes it for the hash of a module of that name."
        yield SumFinding(
            Fault.CONFLICT, Level.ERROR if says else Level.WARNING,
            f"{words} The lines of both sides may stay: go keeps what it needs.",
            file.name, line.number, go_says=says, cuts=cut, last=("go mod tidy",), rule=READ,
            evidence=(Evidence("this line", words=line.text),),
        )  # fmt: skip
    elif not line.is_hash:
        yield SumFinding(
            Fault.MALFORMED, Level.ERROR,
            f"A line of go.sum is a path, a version and a hash; this one has {line.words} "
            f"word{'' if line.words == 1 else 's'}. Every go command but `go mod tidy` stops at the first "
            "such line; tidy passes over it, and leaves it there where it has nothing else to change.",
            file.name, line.number, go_says=says, cuts=cut, last=("go mod tidy",), rule=READ,
            evidence=(Evidence("this line", words=line.text),),
        )  # fmt: skip
    elif line.sum == EMPTY_GO_MOD:
        yield SumFinding(
            Fault.EMPTY_GO_MOD, Level.WARNING,
            "The hash of an empty go.mod, which an old bug wrote for modules that have none; go drops it "
            "when it reads the file, as if the line were not there.",
            file.name, line.number, line.path, line.version, cuts=cut, rule=READ,
        )  # fmt: skip


def _of_form(file: SumFile) -> Iterator[SumFinding]:
    if file.with_return:
        which = "1 line ends" if file.with_return == 1 else f"{file.with_return} lines end"
        yield SumFinding(
            Fault.CARRIAGE_RETURNS, Level.INFO,
            f"{which} in CR LF. go reads them all the same, and writes LF when it changes the file: the next "
            "change is one of every line.",
            file.name, first=(f"sed -i~ 's/\\r$//' {shell_file(file.name)}",), rule=READ,
        )  # fmt: skip
    misplaced = first_out_of_order(file.hashes())
    if misplaced is not None:
        yield SumFinding(
            Fault.UNSORTED, Level.INFO,
            "The lines are not in go's order: this one belongs further up. go does not mind, and sorts them "
            "when it changes the file.",
            file.name, misplaced.number, *misplaced.key, rule=WRITTEN,
        )  # fmt: skip


def _of_hashes(key: Key, places: list[tuple[SumFile, SumLine]]) -> Iterator[SumFinding]:
    """One version: its hashes among themselves."""
    seen: dict[tuple[str, str], SumLine] = {}
    for file, line in places:
        known = seen.setdefault((file.name, line.sum), line)
        if known is not line:
            yield SumFinding(
                Fault.DUPLICATE, Level.INFO,
                f"The same as line {known.number}. go does not mind; `go mod tidy` takes it out only when it "
                "changes something else.",
                file.name, line.number, *key, cuts=(Cut(file.name, line.number, line.number),), rule=WRITTEN,
            )  # fmt: skip
    is_decided = False
    for file, line in places:
        yield from _of_hash(key, file, line, is_decided=is_decided)
        is_decided = is_decided or is_whole(line.sum)
    known_sums = list(dict.fromkeys(line.sum for _, line in places if is_whole(line.sum)))
    if len(known_sums) > 1:
        yield _two_hashes(key, places, known_sums)


def _of_hash(key: Key, file: SumFile, line: SumLine, *, is_decided: bool) -> Iterator[SumFinding]:
    """One hash; ``is_decided`` where one that may be right stands before it: go looks no further."""
    cut = (Cut(file.name, line.number, line.number),)
    if not line.sum.startswith("h1:"):
        yield SumFinding(
            Fault.UNKNOWN_ALGORITHM, Level.WARNING,
            "A hash of an algorithm that go does not know: it counts as no hash at all, and the next "
            'download is written down beside it with a "SECURITY WARNING".',
            file.name, line.number, *key, cuts=cut, download=(key[0],), rule=HELD,
            evidence=(Evidence("this line", line.sum),),
        )  # fmt: skip
    elif not is_whole(line.sum) and is_decided:
        yield SumFinding(
            Fault.BAD_HASH, Level.WARNING,
            "No download has such a hash: h1: is followed by 32 bytes in base64, 44 characters. go heeds the "
            "line before it.",
            file.name, line.number, *key, cuts=cut, rule=HELD, evidence=(Evidence("this line", line.sum),),
        )  # fmt: skip
    elif not is_whole(line.sum):
        yield SumFinding(
            Fault.BAD_HASH, Level.ERROR,
            "No download has such a hash: h1: is followed by 32 bytes in base64, 44 characters. Whatever is "
            "downloaded is refused.",
            file.name, line.number, *key, cuts=cut, download=(key[0],), rule=HELD,
            go_says=mismatch(*key, "h1:…", line.sum, file.told).split("\n\n", 1)[0],
            evidence=(Evidence("this line", line.sum),),
        )  # fmt: skip


def _two_hashes(key: Key, places: list[tuple[SumFile, SumLine]], sums: list[str]) -> SumFinding:
    """Which one is right is for others to say. Of its own file, which is go.work.sum in a workspace, go heeds
    the first; only where that has none, those of the workspace's modules, and they must all agree."""
    chosen = [(file, line) for file, line in places if line.sum in sums]
    chosen.sort(key=lambda one: one[0].told not in OWN)
    first_file, first = chosen[0]
    second_file, second = next((file, line) for file, line in chosen if line.sum != first.sum)
    where = f"line {first.number}" if second_file is first_file else f"{first_file.name}:{first.number}"
    what = "go takes what has the first one, and refuses what has only the second"
    if first_file.told not in OWN:
        what = "whatever is downloaded, one of the two files refuses it"
    elif second_file is not first_file:
        what = "in the workspace go takes that one, without it the other"
    return SumFinding(
        Fault.TWO_HASHES, Level.ERROR,
        f"Another hash than {where} has for the same version: {what}.",
        second_file.name, second.number, *key,
        go_says=mismatch(*key, second.sum, first.sum, first_file.told).split("\n\n", 1)[0],
        evidence=tuple(Evidence(f"{file.name}:{line.number}", line.sum) for file, line in chosen),
        cuts=tuple(Cut(file.name, line.number, line.number) for file, line in chosen),
        download=(key[0],),
        advice="The lines of both hashes are taken out, and the one that counts is fetched again; where the "
        "checksum database is not asked about this path, find out first who changed the file.",
        rule=HELD,
    )  # fmt: skip
