"""Which colours the app uses: the user's choice, or else what the terminal is known to show.

There are three themes. ``dark`` and ``light`` use the terminal's own sixteen colours, so that they follow the
palette that its user has chosen; ``mono`` uses none, only bold, dim, underline and reverse. What decides, the
first that says anything:

1. ``--theme`` and ``--color`` on the command line;
2. NO_COLOR, when it is set and not empty (no-color.org), and terminals that have no colours;
3. MODTRACE_THEME;
4. what was chosen in the app, kept in a file of the state folder;
5. TEXTUAL_THEME, which may name any theme of Textual;
6. COLORFGBG, where the terminal says which of its colours lies behind the text (rxvt, Konsole; Vim reads it
   the same way: 7 and 9 to 15 are light).

The terminal itself is not asked for its background (OSC 11): many never answer, and over a slow line the
answer would come in the middle of what is typed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

DARK, LIGHT, MONO = "dark", "light", "mono"
THEMES = (DARK, LIGHT, MONO)
AUTO = "auto"
_LIGHT_BACKGROUNDS = ("7", "9", "10", "11", "12", "13", "14", "15")
_MOST_BYTES = 100


def choose_theme(
    environment: Mapping[str, str], *, option: str = "", color: str = AUTO, saved: str = ""
) -> str:
    """The name of the theme to begin with; the option ``auto`` passes over what was chosen before."""
    if color == "never" or option == MONO:
        return MONO
    if option in THEMES:
        return option
    if color != "always" and (environment.get("NO_COLOR") or _has_no_colours(environment.get("TERM", ""))):
        return MONO
    if option == AUTO:
        return _by_background(environment)
    for wish in (environment.get("MODTRACE_THEME", ""), saved):
        if wish in THEMES and not (wish == MONO and color == "always"):
            return wish
    return environment.get("TEXTUAL_THEME") or _by_background(environment)


def _has_no_colours(terminal: str) -> bool:
    """Whether a terminal of this name shows no colours: DEC's, and variants without them (rxvt-m)."""
    return terminal.startswith(("vt", "wy", "dumb")) or terminal.endswith(("-m", "-mono"))


def _by_background(environment: Mapping[str, str]) -> str:
    background = environment.get("COLORFGBG", "").rpartition(";")[2]
    return LIGHT if background in _LIGHT_BACKGROUNDS else DARK


def saved_theme(state: Path | None) -> str:
    """What was chosen in the app before; "" for nothing."""
    if state is None:
        return ""
    from probes.share.state import read_regular

    try:
        name = read_regular(state / "theme", _MOST_BYTES).decode("ascii", "replace").strip()
    except OSError:
        return ""
    return name if name in THEMES else ""


def save_theme(state: Path, name: str) -> None:
    """Keep a choice for the next time. Raises OSError."""
    from probes.share.state import write_private

    write_private(state / "theme", f"{name}\n")
