"""What stops the go command before it asks anybody anything.

Source: cmd/go main.go (GOPATH), toolchain/select.go (GOTOOLCHAIN), base/goflags.go InitGOFLAGS,
modload/init.go Init (GO111MODULE), modload/list.go listModules (the argument). Each of these is printed on
stderr; `go mod download -json` prints no JSON then.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from probes.golang.errors import GoError
from probes.golang.quote import quote

_TEST_FLAGS = (
    "bench benchmem benchtime blockprofile blockprofilerate count coverprofile cpu cpuprofile failfast "
    "fullpath fuzz fuzzminimizetime fuzztime list memprofile memprofilerate mutexprofile "
    "mutexprofilefraction outputdir parallel run short shuffle skip timeout trace v artifacts "
)
_OTHER_FLAGS = (
    "C a asan asmflags buildmode buildvcs c cache changed compat compiled compiler cover covermode "
    "coverpkg d debug-actiongraph debug-runtime-trace debug-trace deps diff dropexclude dropgodebug "
    "dropignore dropreplace droprequire dropretract droptool dropuse e exclude exec export f find fix "
    "fixtool fmt fuzzcache gccgoflags gcflags go godebug i ignore insecure installsuffix json ldflags "
    "linkshared m mod modcache modcacherw modfile module msan n o overlay p pgo pkgdir print r race "
    "replace require retract retracted reuse t tags test testcache tool toolchain toolexec trimpath u use "
    "vendor versions vet vettool w work x "
)
OLD_GODEBUG = {
    "x509sha1": (24, ("1",)), "tlskyber": (24, ("0",)), "gotypesalias": (27, ("0",)),
    "tlsunsafeekm": (27, ("1",)), "tlsrsakex": (27, ("1",)), "tls3des": (27, ("1",)),
    "tls10server": (27, ("1",)), "x509keypairleaf": (27, ("0",)), "asynctimerchan": (27, ("1", "2")),
}  # fmt: skip
"""internal/godebugs Removed: the release that took a setting away, and the values that Go refuses now."""


def godebug(variables: Mapping[str, str]) -> dict[str, str]:
    """The settings of GODEBUG; of one that stands there twice the last counts (internal/godebug parse)."""
    parts = (part.partition("=") for part in variables.get("GODEBUG", "").split(","))
    return {name: value for name, equals, value in parts if equals}


def check_godebug(value: str) -> None:
    """What becomes of any Go program with this GODEBUG (runtime parsegodebug, main).

    Raises GoError with go's words for a removed setting with an old value.
    """
    for field in value.split(","):
        name, equals, setting = field.partition("=")
        removed, old = OLD_GODEBUG.get(name, (0, ()))
        if equals and setting in old:
            raise GoError(
                f"fatal error: removed GODEBUG {quote(name)} set to old value {quote(setting)} "
                f"in environment (https://go.dev/doc/godebug#go-1{removed})"
            )


KNOWN_FLAGS = frozenset(
    [*_TEST_FLAGS.split(), *(f"test.{name}" for name in _TEST_FLAGS.split()), *_OTHER_FLAGS.split()]
)
"""Every flag that some go 1.27 command defines; GOFLAGS may hold these and no others."""

NO_MAIN_MODULE = "go.mod file not found in current directory or any parent directory; see 'go help modules'"


def split_quoted(text: str) -> list[str]:
    """cmd/internal/quoted.Split: words separated by blanks, a whole word may stand in quotes.

    Raises GoError for an unterminated quote.
    """
    words: list[str] = []
    rest = text.lstrip(" \t\n\r")
    while rest:
        if rest[0] in "'\"":
            end = rest.find(rest[0], 1)
            if end < 0:
                raise GoError("unterminated " + rest[0] + " string")
            words.append(rest[1:end])
            rest = rest[end + 1 :]
        else:
            word = re.split(r"[ \t\n\r]", rest, maxsplit=1)[0]
            words.append(word)
            rest = rest[len(word) :]
        rest = rest.lstrip(" \t\n\r")
    return words


def check_goflags(goflags: str) -> None:
    """Raise GoError with what the go command prints when it cannot use GOFLAGS."""
    try:
        words = split_quoted(goflags)
    except GoError as error:
        raise GoError(f"go: parsing $GOFLAGS: {error}") from error
    for word in words:
        name = word.removeprefix("-").removeprefix("-").split("=", 1)[0]
        if not word.startswith("-") or word.startswith("---") or not name:
            raise GoError(f"go: parsing $GOFLAGS: non-flag {quote(word)}")
        if name not in KNOWN_FLAGS:
            raise GoError(f"go: parsing $GOFLAGS: unknown flag -{name}")


def goflag(goflags: str, name: str) -> str:
    """The value of a flag in GOFLAGS, "" where it is not there; the last one counts."""
    try:
        words = split_quoted(goflags)
    except GoError:
        return ""
    found = [word.lstrip("-").partition("=") for word in words if word.startswith("-")]
    return next((value for flag, _, value in reversed(found) if flag == name), "")


def check_gowork(value: str) -> None:
    """Raise GoError where modload.FindGoWork refuses the name of a workspace."""
    if value not in ("", "auto", "off") and not value.startswith("/"):
        raise GoError("go: invalid GOWORK: not an absolute path")


def check_go111module(value: str) -> None:
    """Raise GoError where modload.Init refuses to work in module mode."""
    if value == "off":
        raise GoError("go: modules disabled by GO111MODULE=off; see 'go help modules'")
    if value not in ("", "on", "auto"):
        raise GoError(f"go: unknown environment setting GO111MODULE={value}")


def check_argument(path: str, query: str, *, has_mains: bool = False) -> None:
    """Raise GoError where listModules refuses the argument PATH@QUERY; ``has_mains``: inside of a module."""
    argument = f"{path}@{query}"
    if "\\" in argument:
        raise GoError("go: module paths never use backslash")
    if path in (".", "..") or path.startswith(("./", "../")):
        raise GoError(f"go: cannot use relative path {argument} to specify module")
    if "..." in argument and not has_mains:
        raise GoError(f"go: cannot match {quote(argument)}: {NO_MAIN_MODULE}")
    if query.startswith(("-", "/")):
        raise GoError(f"go: invalid module version {quote(query)}")
    # Outside of any module the running go is required all the same, as "go" and "toolchain".
    if query in ("upgrade", "patch") and not has_mains and path not in ("go", "toolchain"):
        raise GoError(f"go: cannot match {quote(argument)}: {NO_MAIN_MODULE}")


def check_gopath(gopath: str) -> None:
    """Raise GoError where main refuses an entry of GOPATH."""
    for entry in filter(None, gopath.split(":")):
        if entry.startswith("~"):
            words = f"go: GOPATH entry cannot start with shell metacharacter '~': {quote(entry)}"
            raise GoError(words)
        if not entry.startswith("/"):
            raise GoError(
                f"go: GOPATH entry is relative; must be absolute path: {quote(entry)}.\n"
                "For more details see: 'go help gopath'"
            )
