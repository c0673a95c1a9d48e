"""Which Go is to run: GOTOOLCHAIN, and the go and toolchain lines of go.work or go.mod.

Source: cmd/go/internal/toolchain/select.go Select, and cmd/go/internal/gover/toolchain.go (Startup,
TooNewError) for how a refusal is explained. Nothing is looked for here, neither in PATH nor at a proxy. The
lines are read as text, before the file is parsed: a file that only a newer Go understands must select it.
"""

from __future__ import annotations

from dataclasses import dataclass

from probes.golang import gover
from probes.golang.errors import GoError
from probes.golang.quote import quote, trim_space
from probes.golang.toolchain_name import split_gotoolchain, version_of_toolchain

LOCAL = "local"
RULE = "cmd/go/internal/toolchain/select.go Select"


@dataclass(frozen=True, slots=True)
class GoLines:
    """The lines of a go.work or go.mod that ask for a Go."""

    file: str
    """As go tells its name."""
    go: str = ""
    go_at: int = 0
    """Its line, from 1; 0 where there is none."""
    toolchain: str = ""
    toolchain_at: int = 0

    def where(self, line: int) -> str:
        """A line of the file, "go.mod:3"."""
        return f"{self.file}:{line}" if line else self.file


def read_go_lines(file: str, data: bytes) -> GoLines:
    """gover GoModLookup for both words, each with its line."""
    go, go_at = _lookup(data, "go")
    toolchain, toolchain_at = _lookup(data, "toolchain")
    return GoLines(file, go, go_at, toolchain, toolchain_at)


def _lookup(data: bytes, key: str) -> tuple[str, int]:
    for number, line in enumerate(data.split(b"\n"), 1):
        text = trim_space(line.decode("utf-8", "surrogateescape"))
        if text.startswith(key) and text[len(key) : len(key) + 1] in (" ", "\t"):
            return trim_space(text[len(key) :].partition("//")[0]), number
    return "", 0


@dataclass(frozen=True, slots=True)
class Selection:
    """What was selected, and by what."""

    name: str
    """The toolchain, "go1.28.1"; that of the running one where no other is asked for."""
    is_local: bool
    because: str = ""
    """One short sentence; "" where nothing was looked at."""
    where: str = ""
    """The line that decided, "go.mod:3"."""
    may_download: bool = True
    """Whether GOTOOLCHAIN lets one be downloaded that is not in PATH."""
    explained: str = ""
    """What a "requires go >=" error adds in its brackets."""


def may_download(gotoolchain: str) -> bool:
    """toolchain Exec: only "path" and "NAME+path" keep to PATH."""
    return gotoolchain != "path" and not gotoolchain.endswith("+path")


def select(gotoolchain: str, local: str, lines: GoLines | None) -> Selection:
    """Select for a go called ``local`` ("go1.27.3"). Raises GoError with what go prints. That the name is one
    of a toolchain is seen to last of all (toolchain_name check_selected).

    ``lines`` are those of the go.work or go.mod that go finds, None outside of any module.
    """
    if gotoolchain == "":
        return Selection(local, is_local=True)
    running = version_of_toolchain(local)
    least, mode = split_gotoolchain(gotoolchain)
    least = local if least == LOCAL else least
    chosen, because, where = least, f"GOTOOLCHAIN={gotoolchain}", ""
    explained = f"; GOTOOLCHAIN={gotoolchain}" if gotoolchain != "auto" else ""
    wanted = version_of_toolchain(least)
    if mode and lines is not None:
        asked = _asked(lines, wanted)
        if asked.said and asked.name != "default":
            chosen, because, where = asked.name, asked.because, lines.where(asked.at)
        elif least == local:
            because, where = _satisfied(lines, running), lines.file
        explained += f"; {lines.file} sets {asked.said}" if asked.said else ""
    elif least == local:
        because = "" if lines is None else f"GOTOOLCHAIN={gotoolchain} looks for no other"
    is_local = chosen == local
    return Selection(
        local if is_local else chosen, is_local, because, where, may_download(gotoolchain), explained
    )


def explained(gotoolchain: str, local: str, lines: GoLines | None) -> str:
    """What a go that is too old says of GOTOOLCHAIN and of the file that was read for it (gover.Startup)."""
    try:
        return select(gotoolchain, local, lines).explained
    except GoError:
        return ""  # go would not have come so far


def asked_toolchain(go: str, toolchain: str) -> str:
    """The toolchain that the two lines of a file ask of the oldest go; "" where they ask for none."""
    try:
        asked = _asked(GoLines("", go, toolchain=toolchain), "")
    except GoError:
        return ""
    return "" if asked.name == "default" else asked.name


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the lines of a file come to."""

    name: str = ""
    because: str = ""
    at: int = 0
    said: str = ""
    """The line, as an error repeats it; "" where no line asks for more than there is."""


def _asked(lines: GoLines, least: str) -> _Asked:
    """What a file asks for beyond the release ``least``."""
    found = _Asked()
    if lines.toolchain == "default":
        return _Asked("default", at=lines.toolchain_at, said="toolchain default")
    if lines.toolchain:
        release = version_of_toolchain(lines.toolchain)
        if not release:
            raise GoError(f"go: invalid toolchain {quote(lines.toolchain)} in {lines.file}")
        if gover.compare(release, least) > 0:
            least = release
            line = f"toolchain {lines.toolchain}"
            found = _Asked(lines.toolchain, f"the line `{line}`", lines.toolchain_at, line)
    if gover.compare(lines.go, least) > 0:
        # From Go 1.21 on the first release of 1.N is 1.N.0; 1.N alone is the language.
        first = ".0" if gover.is_lang(lines.go) and gover.compare(lines.go, "1.21") >= 0 else ""
        line = f"go {lines.go}"
        found = _Asked(f"go{lines.go}{first}", f"the line `{line}`", lines.go_at, line)
    return found


def _satisfied(lines: GoLines, running: str) -> str:
    if lines.toolchain == "default":
        return "the line `toolchain default`: no other is taken"
    return f"go {running} is new enough for {lines.file}"
