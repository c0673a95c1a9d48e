"""What one go command asks for once, whoever wants it: an answer is kept, and so is a failure.

Source: cmd/internal/par ErrCache, in which cmd/go keeps repositories, pages, versions and revisions. Unlike
that one it makes nobody wait: who asks at the same time asks twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from probes.golang.errors import GoError

T = TypeVar("T")


class AnswerCache(Generic[T]):
    """The first answer for a key, or the first error, is given ever after."""

    def __init__(self) -> None:
        self._answers: dict[Hashable, T | GoError] = {}

    def know(self, key: Hashable, answer: T) -> None:
        """Take what was learnt in another way, where nothing is known of the key yet."""
        self._answers.setdefault(key, answer)

    async def do(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        """The remembered answer, or that of ``make``; raises the remembered GoError."""
        if key not in self._answers:
            try:
                self._answers[key] = await make()
            except GoError as error:
                self._answers[key] = error
        answer = self._answers[key]
        if isinstance(answer, GoError):
            raise answer.with_traceback(None)
        return answer
