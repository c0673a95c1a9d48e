"""Under which licence the files of a module stand, as far as a distinctive sentence of a usual one tells.

This is a hint for people, not a legal opinion: the text itself is one key away. The files are much like
those that pkg.go.dev looks for in the root of a module (golang.org/x/pkgsite/internal/licenses, FileNames);
the sentences are from the texts that SPDX keeps.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

NOT_RECOGNISED = "not recognised"
MOST_BYTES = 1 << 20
"""Of a licence file that are looked at."""

_FILE = re.compile(
    r"(?:(?:mit|bsd|apache|mpl|gpl|lgpl|agpl|isc|un)?-?licen[cs]e|copying|copyright|unlicense)"
    r"(?:[-.](?:mit|bsd|apache(?:-?2\.0)?|mpl|gpl|lgpl|agpl|isc|lesser|code|md|txt|rst|markdown))*",
    re.IGNORECASE,
)

_REDISTRIBUTION = "redistribution and use in source and binary forms"

_SENTENCES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Apache-2.0", ("apache license", "version 2.0, january 2004")),
    ("Apache-2.0", ("licensed under the apache license, version 2.0",)),
    ("MPL-2.0", ("mozilla public license version 2.0",)),
    ("MPL-2.0", ("mozilla public license, version 2.0",)),
    ("AGPL-3.0", ("gnu affero general public license", "version 3, 19 november 2007")),
    ("LGPL-3.0", ("gnu lesser general public license", "version 3, 29 june 2007")),
    ("LGPL-2.1", ("gnu lesser general public license", "version 2.1, february 1999")),
    ("LGPL-2.0", ("gnu library general public license", "version 2, june 1991")),
    ("GPL-3.0", ("gnu general public license", "version 3, 29 june 2007")),
    ("GPL-2.0", ("gnu general public license", "version 2, june 1991")),
    ("Unlicense", ("this is free and unencumbered software released into the public domain",)),
    ("CC0-1.0", ("cc0 1.0 universal",)),
    ("ISC", ("copy, modify, and/or distribute this software for any purpose with or without fee is hereby",)),
    ("ISC", ("copy, modify, and distribute this software for any purpose with or without fee is hereby",)),
    ("BSD-3-Clause", (_REDISTRIBUTION, "may be used to endorse or promote products derived from")),
    ("BSD-2-Clause", (_REDISTRIBUTION, "in binary form must reproduce the above copyright notice")),
    ("MIT", (
        "permission is hereby granted, free of charge, to any person obtaining a copy",
        "the above copyright notice and this permission notice",
    )),
)  # fmt: skip
"""More telling ones first: the GPL stands inside of the AGPL and the LGPL, BSD-2 inside of BSD-3."""


@dataclass(frozen=True, slots=True)
class Licence:
    """A file that says under which licence the module stands."""

    file: str
    """Its name in the module."""
    name: str
    """SPDX's name, or "not recognised"."""


def licence_files(names: Iterable[str]) -> list[str]:
    """Those names in the root of a module, or in a folder of its own for them, that are of licences."""
    return [name for name in names if _FILE.fullmatch(name.removeprefix("LICENSES/")) and len(name) < 80]


def recognise(text: str) -> str:
    """SPDX's name of a licence by its distinctive sentences, or "not recognised"."""
    plain = " ".join(re.sub(r"[*#_>`\"“”]", " ", text[:MOST_BYTES]).lower().split())
    head = plain[:2000]
    for name, sentences in _SENTENCES:
        # That a GNU licence is meant stands at the top; others name it further down, as something else.
        where = head if "GPL" in name else plain
        if all(sentence in where for sentence in sentences):
            return name
    return NOT_RECOGNISED
