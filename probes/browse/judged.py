"""What go says of a go.mod or a zip that somebody sent, step by step as it would come to it.

Source: cmd/go/internal/modfetch/fetch.go downloadZip, unzip; cmd/go/internal/modload/modfile.go
rawGoModSummary, goModSummary: no download looks into a go.mod, what loads the module does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from probes.golang import module, modzip
from probes.golang.dirhash import Abandoned
from probes.golang.environment import Environment
from probes.golang.errors import GoError, ModuleError
from probes.golang.gomod import parse_lax


def refused_go_mod(path: str, version: str, data: bytes) -> str | None:
    """What go says of a dependency's go.mod when it reads it; None where it takes it."""
    try:
        declared = parse_lax(data).module_path
    except GoError as error:
        return str(ModuleError(path, version, GoError(f"parsing go.mod: {error}")))
    if not declared:
        return str(ModuleError(path, version, GoError("parsing go.mod: missing module line")))
    if declared != path:
        cause = (
            f"parsing go.mod:\n\tmodule declares its path as: {declared}\n"
            f"\t        but was required as: {path}"
        )
        return str(ModuleError(path, version, GoError(cause)))
    return None


@dataclass(frozen=True, slots=True)
class JudgedZip:
    """What go says of a zip."""

    hash: modzip.ZipHash | None
    """None where go fails before it has one."""
    error: str | None


def judge_zip(
    environment: Environment,
    path: str,
    version: str,
    file: BinaryIO,
    size: int,
    is_wanted: Callable[[], bool] = lambda: True,
) -> JudgedZip:
    """Look a zip over, hash it, unpack it to nowhere: the steps of a download, with the words of each."""
    name = module.cached_zip(environment.get("GOMODCACHE") or "$GOMODCACHE", path, version)
    found = None
    try:
        modzip.check_download(path, version, file, size)
        found = modzip.hash_zip_files(
            file, size, zip_name=name, keep_contents=True, is_wanted=is_wanted
        )
        modzip.check_zip(path, version, file, size, zip_name=name)
    except GoError as error:
        return JudgedZip(found, str(error))
    except Abandoned:
        return JudgedZip(None, "stopped")
    return JudgedZip(found, None)

