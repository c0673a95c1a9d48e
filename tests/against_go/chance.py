"""Inputs by chance, where thousands are asked in one question.

Hypothesis can shrink what fails, and pays for that with each piece that it draws. An input that is one of some
thousand names itself when it goes wrong; so here a strategy is a function of a Random and nothing else, under the
names that Hypothesis has for it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Generic, TypeVar

T = TypeVar("T")
S = TypeVar("S")

_RANGES = ((0, 0x7F), (0, 0x7F), (0, 0x7F), (0x80, 0x2FF), (0x300, 0xD7FF), (0xE000, 0xFFFF), (0x10000, 0x10FFFF))
"""Where characters are taken from, all but the surrogates: half of them from ASCII."""


@dataclass(frozen=True)
class Strategy(Generic[T]):
    """How something is made by chance."""

    make: Callable[[Random], T]

    def map(self, change: Callable[[T], S]) -> Strategy[S]:
        """The same, changed."""
        return Strategy(lambda chance: change(self.make(chance)))


def chance_of(name: str) -> Random:
    """The same in every run; with MODTRACE_SEARCH in the environment another in each."""
    return Random() if os.environ.get("MODTRACE_SEARCH") else Random(name)


def just(value: T) -> Strategy[T]:
    """Always this."""
    return Strategy(lambda chance: value)


def sampled_from(values: Sequence[T]) -> Strategy[T]:
    """One of these values."""
    return Strategy(lambda chance: chance.choice(values))


def one_of(*strategies: Strategy[T]) -> Strategy[T]:
    """What one of these makes."""
    return Strategy(lambda chance: chance.choice(strategies).make(chance))


def lists(strategy: Strategy[T], *, max_size: int) -> Strategy[list[T]]:
    """Up to so many of these."""
    return Strategy(lambda chance: [strategy.make(chance) for _ in range(chance.randint(0, max_size))])


def tuples(*strategies: Strategy[Any]) -> Strategy[tuple[Any, ...]]:
    """One of each of these."""
    return Strategy(lambda chance: tuple(strategy.make(chance) for strategy in strategies))


def text(*, max_size: int) -> Strategy[str]:
    """Characters of every plane."""
    return lists(Strategy(lambda chance: chr(chance.randint(*chance.choice(_RANGES)))), max_size=max_size).map("".join)


def binary(*, max_size: int) -> Strategy[bytes]:
    """Any bytes."""
    return Strategy(lambda chance: chance.randbytes(chance.randint(0, max_size)))
