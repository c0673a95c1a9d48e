"""The one line that keeps private paths at home: the smallest change of GOPRIVATE and its kin that does it.

- What is set stays; a pattern that missed what it was meant for is mended where it stands.
- New patterns name a host of one's own, or an owner (a group, a group in a group) on a public forge, never a
  whole forge; one that would match something public of the project is made narrower.
- A proxy of one's own in front goes on being asked: GONOPROXY=none, and GOPRIVATE for the database alone.
- A list that is set for itself (GONOPROXY, GONOSUMDB) takes no heed of GOPRIVATE: then it is what is changed.

Whether it does it is found out by planning again with the line applied (probes.leaks.audit).

Source: cmd/go/internal/cfg/cfg.go (GONOPROXY and GONOSUMDB fall back to GOPRIVATE); go.dev/ref/mod
"Private modules"; x/mod/module MatchPrefixPatterns.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from probes.diagnosis.lint_patterns import mended, never_matches
from probes.golang import module
from probes.golang.environment import Environment, Source
from probes.golang.patterns import match_prefix_patterns
from probes.golang.redact import redact
from probes.leaks.hosts import FORGES, NESTED_FORGES, has_prefix, host_of
from probes.leaks.looks import Circumstances, Look
from probes.leaks.near_miss import is_broad, near_misses, pieces_of
from probes.leaks.told import Teller, Told, Who
from probes.settings.env_write import is_known, refusal_of

NONE = "none"
"""What go.dev/ref/mod writes for a GONOPROXY that matches nothing, so that GOPRIVATE does not stand in."""


@dataclass(frozen=True, slots=True)
class Leak:
    """A private path in strange hands."""

    path: str
    look: Look
    told: tuple[Told, ...]
    """Those who are strange."""

    @property
    def to_proxy(self) -> bool:
        """Whether a proxy is told for its own sake, and not as one that passes on a question."""
        return any(one.who is Who.PROXY and not _passes_on(one) for one in self.told)

    @property
    def to_database(self) -> bool:
        """Whether the database is told, or a proxy as it passes on the question."""
        return any(one.who is Who.DATABASE or _passes_on(one) for one in self.told)


def _passes_on(one: Told) -> bool:
    return one.who is Who.PROXY and one.words.startswith("passes on")


@dataclass(frozen=True, slots=True)
class Line:
    """Settings, and how to have them."""

    settings: Mapping[str, str]
    command: str
    """For a shell: go env -w where go hears it, else export."""
    export: str
    """The same for one shell only."""
    notes: tuple[str, ...] = ()


def line_against(
    leaks: Sequence[Leak],
    public: Sequence[str],
    environment: Environment,
    teller: Teller,
    around: Circumstances,
) -> Line | None:
    """The line that mends these leaks; None without any."""
    if not leaks:
        return None
    wanted: dict[str, list[str]] = {}
    notes: list[str] = []
    proxy_list, database_list = _list_of(environment, "GONOPROXY"), _list_of(environment, "GONOSUMDB")
    for leak in leaks:
        if leak.to_proxy:
            wanted.setdefault(proxy_list, []).append(leak.path)
        if leak.to_database:
            wanted.setdefault(database_list, []).append(leak.path)
    settings: dict[str, str] = {}
    own = _own_proxy(teller)
    if own and proxy_list == database_list and not any(leak.to_proxy for leak in leaks):
        if environment.get("GOPRIVATE"):
            wanted = {"GONOSUMDB": wanted[database_list]}
        else:
            settings["GONOPROXY"] = NONE
    elif own and any(leak.to_proxy for leak in leaks):
        notes.append(
            f"{own} is not asked for them any more: go fetches them from their origin. To go on fetching "
            "them there, take everybody else out of GOPROXY instead."
        )
    mender = _Mender({leak.path: leak.look for leak in leaks}, public, around)
    for name, paths in wanted.items():
        settings[name] = mender.mended(name, _now(environment, name), tuple(dict.fromkeys(paths)))
    if set_by := [name for name in settings if environment.real_process.get(name)]:
        notes.append(f"The process sets {' and '.join(set_by)}, and that wins over what go env -w writes.")
    return Line(settings, command(environment, settings), _export(settings), tuple(notes))


def _now(environment: Environment, name: str) -> str:
    """What a list has now, whoever it has it from; nothing, where that is just a word for nothing."""
    value = environment.get(name)
    return "" if name == "GONOPROXY" and value == NONE else value


def _list_of(environment: Environment, name: str) -> str:
    """The variable that decides what a list has: itself, or GOPRIVATE where it is not set."""
    setting = environment.setting(name)
    return name if setting.value and setting.source is not Source.DERIVED else "GOPRIVATE"


def _own_proxy(teller: Teller) -> str:
    """The first proxy of one's own that is asked; "" for none."""
    for hop in teller.proxies.hops:
        if hop.url is not None and (hop.url.scheme == "file" or teller.is_own(hop.url.host)):
            return hop.name
    return ""


# -- one list ----------------------------------------------------------------------------------------


class _Mender:
    """Makes lists match, with as little as can be besides what they have."""

    def __init__(self, looks: Mapping[str, Look], public: Sequence[str], around: Circumstances) -> None:
        self._looks, self._public, self._around = looks, public, around
        self._begins = {
            path[:at] for path in public for at, letter in enumerate(f"{path}/") if letter == "/"
        }  # fmt: skip
        """All that a path of somebody else's begins with."""
        self._is_safe: dict[str, bool] = {}

    def mended(self, name: str, now: str, paths: Sequence[str]) -> str:
        """The list that matches all of these."""
        pieces = [piece for whole in pieces_of(now) for piece in _without_secret(whole)]
        for path in paths:
            miss = near_misses(name, ",".join(pieces), path) if pieces else None
            if miss is None:
                continue
            better = [one for one in miss.better.split(",") if one and self._safe(one)]
            if match_prefix_patterns(",".join(better), path):
                at = pieces.index(miss.piece)
                pieces[at : at + 1] = [one for one in better if one not in pieces]
        pieces = [better for piece in pieces for better in self._sound(piece)]
        have = ",".join(pieces)
        left = [path for path in paths if not match_prefix_patterns(have, path)]
        return ",".join(dict.fromkeys([*pieces, *_narrow(map(self._pattern, left))]))

    def _sound(self, piece: str) -> tuple[str, ...]:
        """A pattern as it is, or what was meant by one that can match nothing, whatever project it is for."""
        better = pieces_of(mended(piece))
        if not better or better == (piece.removesuffix("/"),) or not never_matches(piece):
            return (piece,)
        return better if all(self._safe(one) and not is_broad(one) for one in better) else (piece,)

    def _safe(self, pattern: str) -> bool:
        """Whether it matches nothing of the project that is public."""
        if pattern not in self._is_safe:
            self._is_safe[pattern] = not any(match_prefix_patterns(pattern, path) for path in self._public)
        return self._is_safe[pattern]

    def _pattern(self, path: str) -> str:
        """The widest pattern for a path that is still one's own, made narrower where it has others' paths."""
        glob = self._looks[path].glob
        if glob and self._safe(glob):
            return glob
        elements = path.split("/")
        for depth in range(_least(path, self._around), len(elements)):
            pattern = "/".join(elements[:depth])
            if pattern not in self._begins:
                return pattern
        return path


def _without_secret(piece: str) -> tuple[str, ...]:
    """A pattern as it is. One with a user in it matches nothing, and is not repeated: what was meant is."""
    masked = redact(piece)
    return (piece,) if masked == piece else pieces_of(mended(masked))


def _least(path: str, around: Circumstances) -> int:
    """How many elements of a path a pattern for it has at least."""
    host = host_of(path)
    if host not in FORGES:
        return 1
    if host in NESTED_FORGES:
        groups = (remote.root.rpartition("/")[0] for remote in around.remotes if remote.host == host)
        own = [group.count("/") + 1 for group in groups if "/" in group and has_prefix(path, group)]
        return max(own) if own else max(2, module.split_path_version(path)[0].count("/"))
    return 3 if host == "hub.jazz.net" else 2


def _narrow(patterns: Iterable[str]) -> list[str]:
    """Each once, without those that another one has in it."""
    every = list(dict.fromkeys(patterns))
    chosen = set(every)
    return [
        one for one in every
        if not any("/".join(one.split("/")[:depth]) in chosen for depth in range(1, one.count("/") + 1))
    ]  # fmt: skip


# -- how to have it ----------------------------------------------------------------------------------


def command(environment: Environment, settings: Mapping[str, str]) -> str:
    """One line for a shell. What the process sets wins over what go env -w writes."""
    in_process = any(environment.real_process.get(name) for name in settings)
    refused = any(refusal_of(name, value, is_known=is_known(name)) for name, value in settings.items())
    if in_process or refused or environment.real_process.get("GOENV") == "off":
        return _export(settings)
    return " ".join(["go env -w", *(f"{name}={_word(value)}" for name, value in settings.items())])


def _export(settings: Mapping[str, str]) -> str:
    return " ".join(["export", *(f"{name}={_word(value)}" for name, value in settings.items())])


def _word(value: str) -> str:
    return shlex.quote(value)
