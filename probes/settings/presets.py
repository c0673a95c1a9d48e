"""Settings that belong together, such as a mirror and the checksum database that goes with it.

The data stand in presets.toml. Loading checks them with the project's own lint, with the examples in their
gaps: a preset with a finding of level error does not load. What fills a gap is a person's answer and is
checked the same way, in its place, so that no answer can become a second entry of the list.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from probes.diagnosis.environment_lint import lint
from probes.diagnosis.findings import Finding, Level
from probes.diagnosis.nearest import nearest
from probes.golang.environment import layer_environment
from probes.golang.safetext import safe_text
from probes.golang.variables import VARIABLE

_GAP = re.compile(r"\{(\w+)\}")
_REQUIRED = {"id": str, "title": str, "values": dict, "owner": str, "health": list, "warnings": list}


class PresetError(ValueError):
    """A preset that is not there, lacks an answer, or cannot work: one line for people."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that only the user knows."""

    name: str
    question: str
    example: str


@dataclass(frozen=True, slots=True)
class Preset:
    """One row of presets.toml."""

    id: str
    title: str
    values: Mapping[str, str]
    """The variables it sets, gaps still open; all others stay as they are."""
    owner: str
    health: tuple[str, ...]
    """What is known of how it fares, each with its date where it has one."""
    warnings: tuple[str, ...]
    gaps: tuple[Gap, ...]
    """What has to be asked, in the order of the table of gaps."""

    def filled(self, answers: Mapping[str, str] = MappingProxyType({})) -> dict[str, str]:
        """The values with the answers in the gaps. Raises PresetError for one that will not do."""
        for gap in self.gaps:
            _check_answer(self.id, gap, answers.get(gap.name, ""))

        def fill(match: re.Match[str]) -> str:
            return answers[match[1]]

        values = {name: _GAP.sub(fill, value) for name, value in self.values.items()}
        for finding in findings(values):
            if finding.level is Level.ERROR:
                raise PresetError(f"{self.id}: {finding.variable}: {finding.message}")
        return values


def findings(values: Mapping[str, str]) -> tuple[Finding, ...]:
    """What the lint says of these values on a machine without any other setting."""
    return lint(layer_environment({"HOME": "/home/x"}, None, None, overlay=values))


@cache
def presets() -> tuple[Preset, ...]:
    """All presets, in the order of the file."""
    text = files("probes.settings").joinpath("presets.toml").read_text(encoding="utf-8")
    return read_presets(text)


def preset(preset_id: str) -> Preset:
    """One preset. Raises PresetError with the nearest name for one that is not there."""
    known = {row.id: row for row in presets()}
    if preset_id not in known:
        meant = nearest(preset_id, known, most=3)
        hint = f"did you mean {meant}?" if meant else f"there are {', '.join(known)}"
        raise PresetError(f"no preset {safe_text(preset_id, limit=60)!r}; {hint}")
    return known[preset_id]


def read_presets(text: str) -> tuple[Preset, ...]:
    """Presets from TOML. Raises PresetError for any that could not be offered."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PresetError(f"no TOML: {error}") from error
    gaps = [Gap(**row) for row in data.get("gap", [])]
    read = tuple(_preset(row, gaps) for row in data.get("preset", []))
    ids = [row.id for row in read]
    if len(set(ids)) < len(ids):
        raise PresetError(f"an id stands twice: {', '.join(sorted({i for i in ids if ids.count(i) > 1}))}")
    return read


def _preset(row: Mapping[str, Any], gaps: Iterable[Gap]) -> Preset:
    name = row.get("id", "a preset without an id")
    for key, kind in _REQUIRED.items():
        if not isinstance(row.get(key), kind) or not row[key]:
            raise PresetError(f"{name}: {key} is missing")
    if unknown := sorted({*row} - {*_REQUIRED}):
        raise PresetError(f"{name}: unknown keys {', '.join(unknown)}")
    if wrong := [variable for variable in row["values"] if not _may_be_set(variable)]:
        raise PresetError(f"{name}: go env -w does not set {', '.join(wrong)}")
    used = {match[1] for value in row["values"].values() for match in _GAP.finditer(value)}
    mine = tuple(gap for gap in gaps if gap.name in used)
    if missing := used - {gap.name for gap in mine}:
        raise PresetError(f"{name}: nobody asks for {', '.join(sorted(missing))}")
    made = Preset(
        id=row["id"],
        title=row["title"],
        values=MappingProxyType(dict(row["values"])),
        owner=row["owner"],
        health=tuple(row["health"]),
        warnings=tuple(row["warnings"]),
        gaps=mine,
    )
    made.filled({gap.name: gap.example for gap in mine})
    return made


def _may_be_set(name: str) -> bool:
    variable = VARIABLE.get(name)
    return variable is not None and variable.files_allowed and variable.is_known_to_go_env


def _check_answer(preset_id: str, gap: Gap, answer: str) -> None:
    """What could leave its gap is refused here; whether the value works is the lint's to say."""
    if complaint := next(_complaints(gap, answer), None):
        raise PresetError(f"{preset_id}: {gap.question}: {complaint}; for example {gap.example}")


def _complaints(gap: Gap, answer: str) -> Iterator[str]:
    if not answer:
        yield f"--fill {gap.name}=… is missing"
    if re.search(r"[\s|]|[^\x20-\x7e]", answer) or (gap.name != "private" and "," in answer):
        yield "it holds a blank, a separator or a character that is not ASCII"
    if gap.name == "corporate" and "://" in answer:
        yield "it is written without a scheme"
    if gap.name == "folder" and not answer.startswith("/"):
        yield "it has to begin with /"
