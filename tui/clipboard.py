"""What is copied: an escape sequence for the terminal, and a file for where that does not arrive.

OSC 52 (xterm's Manipulate Selection Data) works over SSH, but nobody says whether it did: terminals ignore
it where it is switched off, and drop it where it is too long (xterm and hterm at 100,000 bytes, others at
74,994 bytes of base64). Between programs and terminal may stand

- tmux: takes OSC 52 from programs only with ``set-clipboard on``, and hands on what is wrapped for it
  (DCS ``tmux;``, every ESC doubled) only with ``allow-passthrough``; both are sent, for they say the same.
  With its defaults it does neither, but ``tmux load-buffer -w`` (3.2) fills its buffer and the clipboard;
- GNU screen: hands on what is wrapped in DCS, in pieces below 768 bytes.

So everything that is copied is also written to a file of mode 0600 in the state folder, where it stays until
something else is copied. Nothing that is copied is ever run.
"""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

LONGEST_BASE64 = 74_994
_SCREEN_PIECE = 500
_TMUX_PATIENCE_S = 3.0
FILE_NAME = "clipboard.txt"


def fits_terminal(text: str) -> bool:
    """Whether terminals take that much."""
    return len(_base64(text)) <= LONGEST_BASE64


def sequences(text: str, environment: Mapping[str, str]) -> Iterator[str]:
    """What is written to the terminal, for whatever stands between it and us."""
    osc = f"\x1b]52;c;{_base64(text)}\x07"
    if environment.get("TMUX"):
        yield osc
        yield "\x1bPtmux;" + osc.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    elif environment.get("STY"):
        for start in range(0, len(osc), _SCREEN_PIECE):
            yield f"\x1bP{osc[start : start + _SCREEN_PIECE]}\x1b\\"
    else:
        yield osc


def give_to_tmux(text: str) -> bool:
    """Have tmux itself take it; returns whether it did. Blocks for seconds at worst."""
    try:
        done = subprocess.run(
            ["tmux", "load-buffer", "-w", "-"],
            input=text.encode("utf-8", "backslashreplace"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_TMUX_PATIENCE_S,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def _base64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "backslashreplace")).decode("ascii")


def keep_copy(state: Path | None, text: str) -> Path | None:
    """Write it to the file; returns that, or None where it could not be written."""
    if state is None:
        return None
    from probes.share.state import write_private

    file = state / FILE_NAME
    try:
        write_private(file, text if text.endswith("\n") else f"{text}\n")
    except OSError:
        return None
    return file


def short_name(file: Path, environment: Mapping[str, str]) -> str:
    """The file with ~ for the home folder."""
    home = environment.get("HOME", "")
    name = str(file)
    return f"~{name[len(home) :]}" if home and name.startswith(f"{home}/") else name
