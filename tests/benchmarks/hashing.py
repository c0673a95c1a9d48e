"""How fast modtrace hashes what `go mod verify` hashes: the zips of a module cache and the folders beside them.

python tests/benchmarks/hashing.py [ROUNDS]

A module cache is filled by the real go command from a file:// proxy whose modules are made of Go's own
sources: many small files, and few big ones. Then `go mod verify`, the hashing alone, and the whole command
`modtrace cache --verify` (a new Python each time, and it reads every .mod and .info besides) go over the same
cache by turns; what is printed is the median round of each, and the median of how they compare in one round.
Judges nothing. The bytes are those of the files, once in the zip and once in the folder.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from probes.golang.many_hashes import Hashed, HashWork, verify_many
from tests.against_go.golang import go_binary, goroot
from tests.modtrace import COMMAND

SMALL_MODULES = 6
LARGE = 45
"""Such modules of a cache of 1 GB, which the whole command goes over as well: its start weighs less there."""
SMALL_FILES = 700
BIG_FILE_BYTES = 24 << 20
VERSION = "v1.0.0"


def sources() -> list[Path]:
    """Go's own sources: files of the size that modules have."""
    return sorted(path for path in (goroot() / "src").rglob("*.go") if "/testdata/" not in str(path))


def modules(files: list[Path], small: int) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Module paths and their files."""
    for number in range(small):
        begin = number * SMALL_FILES % (len(files) - SMALL_FILES)
        part = files[begin:begin + SMALL_FILES]
        yield f"small.test/m{number}", {f"d{at % 40}/f{at}.go": path.read_bytes() for at, path in enumerate(part)}
    text = b"".join(path.read_bytes() for path in files[:4000])
    yield "big.test/text", {f"f{n}.txt": text[n * BIG_FILE_BYTES:(n + 1) * BIG_FILE_BYTES] for n in range(2)}
    yield "big.test/noise", {"noise.bin": os.urandom(BIG_FILE_BYTES), "twice.bin": os.urandom(1 << 20) * 20}


def write_proxy(folder: Path, small: int) -> list[str]:
    """A file:// proxy with the modules; their paths."""
    paths = []
    for path, files in modules(sources(), small):
        at = folder / path / "@v"
        at.mkdir(parents=True)
        go_mod = f"module {path}\n\ngo 1.20\n".encode()
        (at / f"{VERSION}.info").write_text(f'{{"Version":"{VERSION}","Time":"2024-01-01T00:00:00Z"}}')
        (at / f"{VERSION}.mod").write_bytes(go_mod)
        with zipfile.ZipFile(at / f"{VERSION}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in {"go.mod": go_mod, **files}.items():
                archive.writestr(f"{path}@{VERSION}/{name}", data)
        paths.append(path)
    return paths


def filled_cache(folder: Path, small: int = SMALL_MODULES) -> tuple[dict[str, str], Path, list[str]]:
    """go's environment, a project that requires the modules, and the modules' paths."""
    proxy, project = folder / "proxy", folder / "project"
    paths = write_proxy(proxy, small)
    project.mkdir()
    required = "".join(f"\t{path} {VERSION}\n" for path in paths)
    (project / "go.mod").write_text(f"module bench.test\n\ngo 1.20\n\nrequire (\n{required})\n")
    environment = {
        "HOME": str(folder), "PATH": os.environ["PATH"], "GOENV": "off", "GOTOOLCHAIN": "local",
        "GOPROXY": f"file://{proxy}", "GOSUMDB": "off", "GOFLAGS": "-modcacherw -mod=mod",
        "GOPATH": str(folder / "gopath"), "GOMODCACHE": str(folder / "cache"),
        "GOCACHE": str(folder / "gocache"),
    }  # fmt: skip
    subprocess.run([str(go_binary()), "mod", "download"], cwd=project, env=environment, check=True)
    return environment, project, paths


def work(cache: Path, paths: list[str]) -> list[HashWork]:
    """What go mod verify hashes."""
    zips = [HashWork(cache / "cache/download" / path / "@v" / f"{VERSION}.zip") for path in paths]
    return zips + [HashWork(cache / f"{path}@{VERSION}", f"{path}@{VERSION}") for path in paths]


def measured(run: Callable[[], None], who: int) -> tuple[float, float]:
    """Seconds on the clock, and of the processor, of this process or of its children."""
    before, began = resource.getrusage(who), time.perf_counter()
    run()
    took, after = time.perf_counter() - began, resource.getrusage(who)
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print the table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory() as folder:
        environment, project, paths = filled_cache(Path(folder))
        cache = Path(environment["GOMODCACHE"])
        for title, chosen in (
            ("all", paths),
            ("many small files", [path for path in paths if path.startswith("small")]),
            ("few big files", [path for path in paths if path.startswith("big")]),
        ):
            required = "".join(f"\t{path} {VERSION}\n" for path in chosen)
            (project / "go.mod").write_text(f"module bench.test\n\ngo 1.20\n\nrequire (\n{required})\n")
            all_of_it = chosen == paths
            compare(title, environment, project, work(cache, chosen), rounds, with_command=all_of_it)
    with tempfile.TemporaryDirectory() as folder:
        environment, project, paths = filled_cache(Path(folder), LARGE)
        todo = work(Path(environment["GOMODCACHE"]), paths)
        compare("a larger cache", environment, project, todo, rounds, with_command=True)


def compare(
    title: str,
    environment: dict[str, str],
    project: Path,
    todo: list[HashWork],
    rounds: int,
    *,
    with_command: bool,
) -> None:
    """Measure by turns and print a table. The command goes over all of the cache: only ``with_command`` is
    that what go looks at."""
    hashed: list[Hashed] = []

    def ours() -> None:
        hashed[:] = verify_many(todo)

    def gos() -> None:
        command = [str(go_binary()), "mod", "verify"]
        subprocess.run(command, cwd=project, env=environment, check=True, stdout=subprocess.DEVNULL)

    def whole() -> None:
        variables = {**environment, "XDG_STATE_HOME": environment["HOME"]}
        command = [COMMAND, "cache", "--verify"]
        subprocess.run(command, cwd=project, env=variables, check=True, stdout=subprocess.DEVNULL)

    runs = {
        "go mod verify": (gos, resource.RUSAGE_CHILDREN),
        "hashing alone": (ours, resource.RUSAGE_SELF),
        "modtrace cache": (whole, resource.RUSAGE_CHILDREN),
    }
    rounds_of: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, (run, who) in runs.items():
            if name != "modtrace cache" or with_command:
                rounds_of[name].append(measured(run, who))
    assert all(one.error is None for one in hashed), hashed
    size, files = sum(one.bytes for one in hashed), sum(one.files for one in hashed)
    print(f"{title}: {files} files, {size / 1e6:.0f} MB in zips and folders")
    go = rounds_of["go mod verify"]
    for name, took in rounds_of.items():
        if not took:
            continue
        clock, processor = (median(column) for column in zip(*took, strict=True))
        by_clock = median(one[0] / own[0] for one, own in zip(go, took, strict=True))
        print(
            f"  {name:<15} {clock:6.2f} s {size / clock / 1e6:7.0f} MB/s   {processor:6.2f} s of processor   "
            f"{by_clock:.2f} times as fast as go"
        )


if __name__ == "__main__":
    main()
