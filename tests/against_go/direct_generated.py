"""Random repositories and random questions about them."""

from __future__ import annotations

import random

from tests.against_go.direct_world import Target, module
from tests.origins import COMMIT_EVERY_S, FIRST_COMMIT_S, Commit

_NAMES = (
    "x.go", "LICENSE", "sub/s.go", "sub/LICENSE", "sub/deep/d.go", "v2/v.go", "vendor/a/a.go", "vendor/modules.txt",
    "sub/vendor/b/b.go", "p/vendor/v.go", ".gitattributes", "A.txt", "a.txt", "ünï.txt", "a b.txt", "x:y", "aux.go", "n/n.go",
    ".hg_archival.txt", "sub/v2/w.go", "v3/z.go",
)
_RARE = ("x:y", "aux.go", "a.txt")
"""Names that the zip of a module cannot have, or not beside another."""   # fmt: skip
_MODULES = ("go.mod", "sub/go.mod", "v2/go.mod", "sub/v2/go.mod", "n/go.mod", "v3/go.mod")
_BELOW = ("", "", "", "/v2", "/v3", "/sub", "/sub", "/sub/v2", "/n", "/none")
_LINES = (*("", "\ngo 1.20\n", "\ngo 1.24\n", "\ngo 1.21.0\n") * 4, "\ngo 1.99\n", "\nretract v1.1.1\n", "\nretract [v0.0.0, v1.1.9]\n")


def generated(seed: int, number: int) -> Target:
    """A world of its own, at a host of its own."""
    choose = random.Random(f"{seed}/{number}")
    host = f"g{seed}x{number}.corp.test"
    x = f"{host}/x"
    used: set[str] = set()
    commits = [_commit(choose, x, at, used) for at in range(choose.randint(1, 6))]
    there = [
        "/" + name.removesuffix("/go.mod") if "/" in name else ""
        for commit in commits for name in commit.files if name.endswith("go.mod")
    ]  # fmt: skip
    below = choose.choice(there) if there and choose.random() < 0.8 else choose.choice(_BELOW)
    subdirectory = choose.choice(("", "", "", "", "", "sub", "n"))
    pages = tuple(one.strip("/") for one in sorted(set(_BELOW)) if one)
    build = module(host, *commits, pages=pages, subdirectory=subdirectory)
    return Target(x + below, _query(choose, commits, below), build)


def _commit(choose: random.Random, x: str, at: int, used: set[str]) -> Commit:
    files: dict[str, str | bytes] = {
        name: choose.choice(("", "package x\n", "$Format:%H$\r\n", "* text=auto export-ignore\n"))
        for name in _NAMES
        if choose.random() < (0.03 if name in _RARE else 0.4 if name.endswith(".go") else 0.15)
    }
    for name in _MODULES:
        if choose.random() < 0.55:
            own = "/" + name.rpartition("/")[0] if "/" in name else ""
            right = choose.random() < 0.85
            path = x + own if right else choose.choice((f"{x}/v2", x, "other.test/y", "bad path", f"{x}{own}/v3"))
            files[name] = f"module {path}\n{choose.choice(_LINES)}"
    tags = {
        choose.choice(("", "", "", "sub/", "v2/", "n/"))
        + f"v{choose.randint(0, 3)}.{choose.randint(0, 2)}.{choose.randint(0, 2)}"
        + choose.choice(("", "", "", "", "-rc.1", "+meta", "+incompatible"))
        for _ in range(choose.randint(0, 4))
    } - used
    used |= tags
    in_order = sorted(tags)
    links = {"link": "x.go"} if choose.random() < 0.2 else {}
    annotated = {tag for tag in in_order if choose.random() < 0.3}
    branch = choose.choice(("main", "main", "main", "dev")) if at else "main"
    parent = None if at and choose.random() < 0.1 else -1
    return Commit(files, tuple(sorted(tags - annotated)), tuple(sorted(annotated)), branch, parent, links,
                  ("third",) if choose.random() < 0.1 else ())  # fmt: skip


def _query(choose: random.Random, commits: list[Commit], below: str) -> str:
    tags = [tag for commit in commits for tag in (*commit.tags, *commit.annotated)]
    prefix = below.removesuffix("/v2").removesuffix("/v3").strip("/")
    own = [tag.removeprefix(f"{prefix}/") for tag in tags if tag.startswith(f"{prefix}/")] if prefix else tags
    when = FIRST_COMMIT_S + choose.randint(1, len(commits)) * COMMIT_EVERY_S
    return choose.choice((
        "latest", "latest", "latest", "main", "main", "dev", "HEAD", "v1", "v0.1", ">v0.1.0", "<=v1.2.0",
        *own * 4, *(f"{tag}+incompatible" for tag in own[:2]), *tags[:1],
        f"v0.0.0-{_stamp(when)}-{choose.getrandbits(48):012x}", "v1.0.1-0.20231116221320-abcdefabcdef",
    ))  # fmt: skip


def _stamp(when: int) -> str:
    from datetime import UTC, datetime

    return f"{datetime.fromtimestamp(when, UTC):%Y%m%d%H%M%S}"
