"""What go mod download says of versions of modules at their origins, and what modtrace's direct mode says."""

from __future__ import annotations

import io
import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from probes.golang.code_repo import CodeRepo
from probes.golang.dirhash import go_mod_hash
from probes.golang.errors import GoError
from probes.golang.modzip import hash_zip
from probes.golang.queries import describe_error
from probes.net.limits import Limits
from probes.sources.direct import direct_repository, newest
from probes.sources.environment_reader import read_environment
from probes.trace.fold import Trace
from probes.trace.run import trace
from tests.against_go.golang import go_binary

_NAME_OF_ARCHIVE = re.compile(r"go-readzip-?\d*\.zip")
_FOSSIL_SERVER_TIME = re.compile(r"server-id: .*|elapsed-time: .*|Time skew .*")


@dataclass(frozen=True)
class Said:
    """What is said of one version."""

    version: str = ""
    time: str = ""
    sum: str = ""
    go_mod_sum: str = ""
    error: str = ""


def _json_values(text: str) -> list[dict[str, object]]:
    decoder, text, found = json.JSONDecoder(), text.strip(), []
    while text:
        value, end = decoder.raw_decode(text)
        found.append(value)
        text = text[end:].strip()
    return found


def _go(variables: Mapping[str, str], folder: Path, *arguments: str) -> list[dict[str, object]]:
    """What go prints; it has no terminal to ask anybody."""
    done = subprocess.run(
        [str(go_binary()), *arguments], env=dict(variables), cwd=folder, text=True, capture_output=True,
        stdin=subprocess.DEVNULL, start_new_session=True, timeout=100,
    )  # fmt: skip
    return _json_values(done.stdout)


def go_downloads(variables: Mapping[str, str], folder: Path, targets: list[str]) -> list[Said]:
    found = []
    for one in _go(variables, folder, "mod", "download", "-json", *targets):
        info = json.loads(Path(str(one["Info"])).read_text()) if "Info" in one else {}
        found.append(
            Said(
                str(one["Version"]) if "Info" in one else "",
                info.get("Time", ""),
                str(one.get("Sum", "")),
                str(one.get("GoModSum", "")),
                _comparable(str(one.get("Error", ""))),
            )
        )
    return found


def _comparable(error: str) -> str:
    return _FOSSIL_SERVER_TIME.sub("…", _NAME_OF_ARCHIVE.sub("go-readzip.zip", error))


async def our_downloads(variables: Mapping[str, str], targets: list[str]) -> list[Said]:
    environment = read_environment(process=dict(variables))
    found: dict[str, Said] = {}
    for path in dict.fromkeys(target.partition("@")[0] for target in targets):
        queries = [target.partition("@")[2] for target in targets if target.startswith(f"{path}@")]
        try:
            async with direct_repository(environment, path, run=True) as direct:
                for query in queries:
                    found[f"{path}@{query}"] = await _ours(direct.repo, path, query)
        except GoError as error:
            for query in queries:
                found[f"{path}@{query}"] = Said(error=_comparable(describe_error(path, query, error)))
    return [found[target] for target in targets]


async def our_traces(variables: Mapping[str, str], targets: list[str]) -> list[Said]:
    """What whole traces say, programs allowed."""
    environment = read_environment(process=dict(variables))
    found = []
    for target in targets:
        path, _, query = target.partition("@")
        told = Trace()
        await trace(environment, path, query, told.apply, limits=Limits(answer_s=30, stall_s=30), run=True)
        said = told.to_json()
        version = str(said["version"] or "") if said["go_mod_sum"] else ""
        found.append(
            Said(version, "", said["sum"] or "", said["go_mod_sum"] or "", _comparable(said["error"] or ""))
        )
    return found


async def _ours(repo: CodeRepo, path: str, query: str) -> Said:
    try:
        info = await (newest(repo, path, await repo.versions("")) if query == "latest" else repo.stat(query))
        go_mod = go_mod_hash(await repo.go_mod(info.version))
    except GoError as error:
        return Said(error=_comparable(describe_error(path, query, error)))
    sink = io.BytesIO()
    try:
        await repo.zip(info.version, sink)
    except GoError as error:
        return Said(info.version, info.time_text, "", go_mod, _comparable(str(error)))
    data = sink.getvalue()
    return Said(info.version, info.time_text, hash_zip(io.BytesIO(data), len(data)), go_mod)
