"""What `whatif` and `apply` share: which settings are to change."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from probes.commands.output import Output
from probes.golang.safetext import safe_text

if TYPE_CHECKING:
    from probes.settings.presets import Preset

WIDTH = 80


@dataclass(frozen=True, slots=True)
class Wanted:
    """The settings that a command line asks for."""

    changes: dict[str, str | None]
    """New values; None takes one away."""
    preset: Preset | None


def add_setting_options(parser: argparse.ArgumentParser, *, unset_help: str) -> None:
    """The options that say what to change, but for --set, which each command explains in its own way."""
    parser.add_argument("--unset", action="append", default=[], metavar="NAME", help=unset_help)
    parser.add_argument(
        "--preset", metavar="ID", help="settings that belong together (whatif --presets lists them)"
    )
    parser.add_argument(
        "--fill", action="append", default=[], metavar="GAP=VALUE", help="what a preset asks for (repeatable)"
    )


def wanted(args: argparse.Namespace, output: Output) -> Wanted | None:
    """What the options ask for, --set and --unset after the preset; None after a complaint."""
    from probes.commands.trace import parse_overlay
    from probes.settings.presets import PresetError, preset

    answers = _pairs(args.fill, "--fill", "corporate=goproxy.corp.example", output)
    values = parse_overlay(args.set, output, any_name=True)
    if answers is None or values is None:
        return None
    named = [pair.partition("=")[0] for pair in args.set]
    if repeated := [name for name in values if named.count(name) > 1]:
        output.complain(f"--set names {safe_text(repeated[0])} twice")
        return None
    if twice := values.keys() & set(args.unset):
        output.complain(f"{safe_text(min(twice))} is both --set and --unset")
        return None
    chosen, changes = None, {}
    try:
        if args.preset is not None:
            chosen = preset(args.preset)
            changes = dict(chosen.filled(answers))
        if unused := answers.keys() - {gap.name for gap in (chosen.gaps if chosen else ())}:
            output.complain(f"--fill {safe_text(min(unused))}: nothing asks for it")
            return None
    except PresetError as error:
        output.complain(f"--preset {safe_text(str(error), limit=500)}")
        return None
    return Wanted({**changes, **values, **dict.fromkeys(args.unset)}, chosen)


def _pairs(pairs: list[str], option: str, example: str, output: Output) -> dict[str, str] | None:
    from probes.commands.trace import named_values

    def complaint(pair: str) -> str:
        return f"{option} {safe_text(pair, limit=80)!r}: write {option} {example}"

    return named_values(pairs, complaint, output)


def about_preset(preset: Preset) -> Iterator[str]:
    """A preset in lines: whose it is, how it fares, what to know."""
    yield from wrapped(f"preset {preset.id}: ", preset.title)
    yield from wrapped("  by     ", preset.owner)
    for note in preset.health:
        yield from wrapped("  health ", note)
    for warning in preset.warnings:
        yield from wrapped("  note   ", warning)


def preset_list() -> str:
    """All presets."""
    from probes.settings.presets import presets

    lines: list[str] = []
    for row in presets():
        lines += [*about_preset(row), *(f"  sets   {n}={v}" for n, v in row.values.items())]
        lines += [line for gap in row.gaps for line in wrapped(f"  --fill {gap.name}=… ", gap.question)]
        lines.append("")
    return "\n".join(lines)


def wrapped(label: str, text: str, *, width: int = WIDTH) -> list[str]:
    """Text behind a label, in lines of at most ``width``; a word that is too long is broken, never cut."""
    indent = " " * len(label)
    wrapper = textwrap.TextWrapper(
        width=width, initial_indent=label, subsequent_indent=indent, break_on_hyphens=False
    )
    return wrapper.wrap(safe_text(text, limit=2000)) or [label.rstrip()]
