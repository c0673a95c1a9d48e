"""Go's error values as data: the text that go would print and the class that decides the fallback.

cmd/go decides with two questions only: is the error equivalent to fs.ErrNotExist (then a comma lets the
next proxy be asked), and is it of a type that changes how it is wrapped (x/mod/module ModuleError,
InvalidVersionError; modload NoMatchingVersionError). A Python exception carries both.
"""

from __future__ import annotations


class GoError(Exception):
    """An error value of the go command.

    ``str(error)`` is Go's ``err.Error()`` to the letter.
    """

    not_exist: bool
    """Whether errors.Is(err, fs.ErrNotExist) holds in Go: the "not found class" that a comma passes on."""

    def __init__(self, text: str, *, not_exist: bool = False) -> None:
        super().__init__(text)
        self.not_exist = not_exist

    @property
    def text(self) -> str:
        """What Go's Error() returns."""
        return str(self)


class Fatal(Exception):
    """base.Fatalf: go prints this on stderr, prints no JSON at all, and exits."""


class InvalidPath(GoError):
    """x/mod/module InvalidPathError: ``malformed KIND path "PATH": REASON``."""

    def __init__(self, kind: str, path: str, reason: str) -> None:
        from probes.golang.quote import quote

        super().__init__(f"malformed {kind} path {quote(path)}: {reason}")
        self.kind = kind
        self.path = path
        self.reason = reason


class InvalidVersion(GoError):
    """x/mod/module InvalidVersionError: ``version "V" invalid: REASON``; not_exist is that of its cause."""

    def __init__(self, version: str, cause: GoError, *, pseudo: bool = False) -> None:
        from probes.golang.quote import quote

        self.version = version
        self.pseudo = pseudo
        self.cause = cause
        super().__init__(f"{self.noun} {quote(version)} invalid: {cause}", not_exist=cause.not_exist)

    @property
    def noun(self) -> str:
        """Go's word for it: "version" or "pseudo-version"."""
        return "pseudo-version" if self.pseudo else "version"


class ModuleError(GoError):
    """x/mod/module ModuleError: an error about one module, with or without a version."""

    def __init__(self, path: str, version: str, cause: GoError) -> None:
        self.path = path
        self.version = version
        self.cause = cause
        if isinstance(cause, InvalidVersion):
            text = f"{path}@{cause.version}: invalid {cause.noun}: {cause.cause}"
        elif version:
            text = f"{path}@{version}: {cause}"
        else:
            text = f"module {path}: {cause}"
        super().__init__(text, not_exist=cause.not_exist)


def unwrap(error: GoError, kind: type[GoError]) -> GoError | None:
    """errors.As: the first error of this type in the chain of causes, or None."""
    current: object = error
    while isinstance(current, GoError):
        if isinstance(current, kind):
            return current
        current = getattr(current, "cause", None)
    return None
