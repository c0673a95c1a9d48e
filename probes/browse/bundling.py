"""A kit: all that a project needs, for a machine without a network.

The kit is the tree itself (GOPROXY=file://KIT), its manifest, and a README.txt with the lines to type. What
go needs beside GOPROXY was tried with the real one: GONOPROXY=none, for what GOPRIVATE matches is otherwise
looked for in its repository; and only where go.sum is missing or lacks lines GOFLAGS=-mod=mod with
GOSUMDB=off, for then go has to write them, and nobody can be asked to vouch for them. In a workspace go
writes them anyway, and refuses -mod=mod. A Go release in the kit needs GONOSUMDB=golang.org/toolchain: go.sum
never counts for it, and with one file:// proxy alone go lets the checksum database be passed over
(modfetch/sumdb.go useSumDB).
"""

from __future__ import annotations

import gzip
import os
import shlex
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from probes.browse.manifest import NAME, read_manifest
from probes.browse.saved import Saving, State
from probes.browse.tree import Tree, sync_folder
from probes.golang import gover
from probes.golang.environment import Environment
from probes.golang.safetext import safe_text
from probes.project.project import Project
from probes.trace.toolchains import TOOLCHAIN_PATH, local_version

README = "README.txt"
MOST_NAMED = 5
"""Lines that go.sum lacks which are named."""
_FILE_MODE, _FOLDER_MODE = 0o644, 0o755


@dataclass(frozen=True, slots=True)
class Lacking:
    """A version that the kit has not got."""

    what: str
    why: str
    is_private: bool = False
    """It is fetched from its repository only: no proxy was asked for it."""


@dataclass(frozen=True, slots=True)
class Kit:
    """A kit as it has become."""

    folder: Path
    versions: int
    files: int
    bytes: int
    lacking: tuple[Lacking, ...]
    variables: tuple[tuple[str, str], ...]
    """What to set beside GOPROXY."""
    notes: tuple[str, ...]


def toolchain_version(release: str, platform: str) -> str:
    """The version of golang.org/toolchain that is a release for a platform such as linux-amd64."""
    return f"v0.0.1-{release}.{platform}"


def variables_for(project: Project, *, has_toolchain: bool) -> tuple[tuple[str, str], ...]:
    """What go needs to be told beside GOPROXY."""
    found = [("GONOPROXY", "none")]
    if not project.has_sums:
        found += [("GOSUMDB", "off"), *([] if project.work else [("GOFLAGS", "-mod=mod")])]
    elif has_toolchain:
        found.append(("GONOSUMDB", TOOLCHAIN_PATH))
    return tuple(found)


def _has_toolchain(saving: Saving) -> bool:
    return any(state.want.path == TOOLCHAIN_PATH for state in saving.of(State.SAVED))


def finish(tree: Tree, project: Project, saving: Saving, environment: Environment) -> Kit:
    """Write README.txt; what the kit has become. Raises OSError."""
    files = read_manifest(tree).files
    kit = Kit(
        tree.folder,
        sum(name.endswith(".zip") for name in files),
        len(files),
        sum(entry.size for entry in files.values()),
        tuple(_lacking(saving)),
        variables_for(project, has_toolchain=_has_toolchain(saving)),
        tuple(_notes(project, saving, environment)),
    )
    tree.make()
    tree.write(tree.folder / README, readme(kit, project).encode("utf-8", "backslashreplace"))
    return kit


def _lacking(saving: Saving) -> Iterator[Lacking]:
    told = set()
    for state in saving.wants.values():
        if state.state is State.SAVED or state.words in told:
            continue
        told.add(state.words)
        failed = state.failed
        if failed is None:
            yield Lacking(state.words, "it was not fetched: the run was stopped")
        else:
            yield Lacking(state.words, failed.words, is_private=failed.needs_direct and failed.is_private)


def _notes(project: Project, saving: Saving, environment: Environment) -> Iterator[str]:
    if not project.has_sums:
        yield (
            f"{_missing_sums(project)}: go will write what is missing from what is in the kit, and nobody "
            "has vouched for more than GOSUMDB did while the kit was made. go mod tidy may want more than is "
            "here. Better: go mod tidy with a network first."
        )
    if project.has_vendor:
        yield "The project has a vendor folder: go takes that instead of the kit, unless -mod=mod is given."
    wanted, local = project.toolchain.removeprefix("go"), local_version(environment)
    if not _has_toolchain(saving) and local is not None and gover.compare(wanted, local) > 0:
        yield (
            f"The project asks for go{wanted}, newer than the go{local} here, and no release is in the kit: "
            "the other machine needs it or a newer one (or make the kit with --toolchain OS-ARCH)."
        )
    for state in saving.of(State.SAVED):
        if state.saved is not None and state.saved.note and state.want.path != TOOLCHAIN_PATH:
            yield state.saved.note


def _missing_sums(project: Project) -> str:
    if not project.go_sum.hashes:
        return "The project has no go.sum"
    missing = project.missing_sums()
    more = f" and {len(missing) - MOST_NAMED} more" if len(missing) > MOST_NAMED else ""
    return f"The project's go.sum lacks {', '.join(missing[:MOST_NAMED])}{more}"


# -- README.txt --------------------------------------------------------------------------------------


def readme(kit: Kit, project: Project) -> str:
    """The words that go with a kit: plain ASCII where paths allow, lines of shells that can be pasted."""
    sections = [
        "A kit of Go modules, made by modtrace\n"
        "=====================================\n\n"
        f"{kit.versions} modules, {kit.files} files. The folder is a GOPROXY: the go command reads it\n"
        "with a file:// URL and needs no network. Copy it to the other machine, and there:\n",
        _indent("sh, bash, zsh", _sh(kit)),
        _indent("PowerShell", _powershell(kit)),
        _indent("Dockerfile", _dockerfile(kit)),
        "Then go build ./..., go vet ./... and go test ./... work as ever, with an empty module cache too.\n",
    ]
    if project.toolchain:
        sections.append(f"The project wants {project.toolchain} or a newer release of Go.\n")
    if not project.has_sums:
        sections.append(
            "GOSUMDB=off and GOFLAGS=-mod=mod are there because the project has no whole go.sum yet. With\n"
            "one, leave them out.\n"
            if project.work is None
            else "GOSUMDB=off is there because the project has no whole go.sum yet. With one, leave it out.\n"
        )
    if kit.notes:
        sections.append("To know:\n" + "".join(f"  * {_safe(note)}\n" for note in kit.notes))
    if kit.lacking:
        lines = "".join(f"  * {_safe(one.what)}: {_safe(one.why)}\n" for one in kit.lacking)
        sections.append(f"What the kit lacks ({len(kit.lacking)}):\n{lines}")
    sections.append(
        f"Each file's size, SHA-256, h1: hash and origin stand in {NAME}. To look the kit over:\n\n"
        "    modtrace bundle --check .\n"
    )
    return "\n".join(sections)


def _safe(text: str) -> str:
    return safe_text(text, limit=2000)


def _indent(title: str, lines: list[str]) -> str:
    return f"{title}:\n\n" + "".join(f"    {one}\n" for one in lines)


def _sh(kit: Kit) -> list[str]:
    lines = ['cd KIT    # this folder, wherever it is now', 'export GOPROXY="file://$PWD"']
    return [*lines, *(f"export {name}={shlex.quote(value)}" for name, value in kit.variables), "cd PROJECT"]


def _powershell(kit: Kit) -> list[str]:
    path = "(Get-Location).Path -replace '\\\\', '/'"
    lines = ["cd KIT", f"$env:GOPROXY = 'file:///' + ({path}).TrimStart('/')"]
    return [*lines, *(f"$env:{name} = '{value}'" for name, value in kit.variables), "cd PROJECT"]


def _dockerfile(kit: Kit) -> list[str]:
    values = " ".join(f"{name}={value}" for name, value in kit.variables)
    return ["COPY KIT /kit", f"ENV GOPROXY=file:///kit {values}", "RUN go build ./..."]


# -- one file ----------------------------------------------------------------------------------------


def write_tar(tree: Tree, target: Path) -> None:
    """The kit as a .tar.gz: the same bytes for the same files, whoever makes it. Raises OSError."""
    target = target.absolute()
    handle, name = tempfile.mkstemp(prefix=f".{target.name[:80]}.", suffix=".tmp", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), _FILE_MODE)
            with gzip.GzipFile("", "wb", compresslevel=6, fileobj=file, mtime=0) as packed:
                _pack(tree, cast(BinaryIO, packed), target.name.split(".")[0] or "kit")
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
    sync_folder(target.parent)


def _pack(tree: Tree, packed: BinaryIO, root: str) -> None:
    names = sorted(_packed_names(tree))
    with tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as archive:
        for name in names:
            path = tree.folder / name
            handle = tree.open(path)
            if handle is None:
                continue
            with os.fdopen(handle, "rb") as file:
                found = tarfile.TarInfo(f"{root}/{name}")
                found.size, found.mode = os.fstat(file.fileno()).st_size, _FILE_MODE
                archive.addfile(found, file)


def _packed_names(tree: Tree) -> Iterator[str]:
    """What belongs to the kit: what the manifest names, the lists, the words."""
    files = read_manifest(tree).files
    yield from files
    yield from {f"{name.rpartition('/')[0]}/list" for name in files}
    yield from (name for name in (NAME, README) if (tree.folder / name).exists())
