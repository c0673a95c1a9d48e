"""What `go env -w` refuses because the next build could not be configured: GOOS, GOARCH, GOEXPERIMENT.

Source (Go 1.27): internal/platform/zosarch.go distInfo (the pairs that exist; work.CheckGOOSARCHPair asks for
build mode "default", which each of them has), internal/buildcfg/exp.go ParseGOEXPERIMENT and
internal/goexperiment Flags. The rules of another Go release may know other names.
"""

from __future__ import annotations

from probes.golang.errors import GoError

_PAIRS = """
aix: ppc64
android: 386 amd64 arm arm64
darwin: amd64 arm64
dragonfly: amd64
freebsd: 386 amd64 arm arm64 riscv64
illumos: amd64
ios: amd64 arm64
js: wasm
linux: 386 amd64 arm arm64 loong64 mips mips64 mips64le mipsle ppc64 ppc64le riscv64 s390x sparc64
netbsd: 386 amd64 arm arm64
openbsd: 386 amd64 arm arm64 ppc64 riscv64
plan9: 386 amd64 arm
solaris: amd64
wasip1: wasm
windows: 386 amd64 arm64
"""
PLATFORMS = frozenset(
    (system, architecture)
    for system, _, architectures in (line.partition(": ") for line in _PAIRS.split("\n") if line)
    for architecture in architectures.split()
)
"""Every GOOS and GOARCH that go 1.27 can be set to, together."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


EXPERIMENTS = _words(
    """
    arenas boringcrypto cgocheck2 dwarf5 fieldtrack greenteagc heapminimum512kib jsonv2 loopvar
    mapsplitgroup newinliner preemptibleloops randomizedheapbase64 regabiargs regabiwrappers
    runtimefreegc runtimesecret simd sizespecializedmalloc staticlockranking
    """
)

def check_platform(goos: str, goarch: str) -> None:
    """Raise GoError for a pair that does not exist."""
    if (goos, goarch) not in PLATFORMS:
        raise GoError(f"unsupported GOOS/GOARCH pair {goos}/{goarch}")


def check_goexperiment(goexperiment: str) -> None:
    """Raise GoError for an experiment that does not exist.

    go's source also refuses regabiargs without regabiwrappers, which cannot come up: both are always on where
    they exist and off everywhere else.
    """
    for word in goexperiment.split(","):
        name = word.removeprefix("no")
        if word not in ("", "none") and name not in EXPERIMENTS and name != "regabi":
            raise GoError(f"unknown GOEXPERIMENT {name}")
