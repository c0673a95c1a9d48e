"""What-if values with a way back and forth: a stack of immutable steps.

An overlay value stands for a process variable, the strongest layer there is, and everywhere it goes it is
marked as unreal: Environment.with_overlay gives it Source.OVERLAY. "" stands for a variable that is unset.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from probes.golang.environment import Environment
from probes.settings.env_write import Changes

_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Step:
    """One state of the overlay."""

    values: Mapping[str, str] = field(default_factory=lambda: _NOTHING, repr=False)
    label: str = ""
    """What led here, for people: a variable's name, "preset goproxy.cn"; "" for the beginning."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """What-if values, and the steps on either side of them."""

    now: Step = Step()
    past: tuple[Step, ...] = ()
    """The steps before, the oldest first."""
    future: tuple[Step, ...] = ()
    """What was undone, the next one to be done again first."""

    @property
    def values(self) -> Mapping[str, str]:
        """The values that hold; "" unsets a variable."""
        return self.now.values

    def __bool__(self) -> bool:
        return bool(self.values)

    # -- new steps; each throws away what was undone --------------------------------------------------------

    def set(self, name: str, value: str) -> Overlay:
        """One variable with another value."""
        return self.set_all({name: value}, name)

    def unset(self, name: str) -> Overlay:
        """One variable as if the process did not have it."""
        return self.set_all({name: ""}, name)

    def set_all(self, values: Mapping[str, str], label: str) -> Overlay:
        """Several variables in one step, as a preset does."""
        return self._step({**self.values, **values}, label)

    def clear_to(self, values: Mapping[str, str], label: str) -> Overlay:
        """These values and no others."""
        return self._step(values, label)

    def drop(self, name: str) -> Overlay:
        """One variable back to what it really is."""
        return self._step({key: value for key, value in self.values.items() if key != name}, name)

    def clear(self) -> Overlay:
        """Everything back to what it really is."""
        return self._step({}, "clear")

    def _step(self, values: Mapping[str, str], label: str) -> Overlay:
        if dict(values) == dict(self.values):
            return self
        return Overlay(Step(MappingProxyType(dict(values)), label), (*self.past, self.now))

    # -- back and forth -------------------------------------------------------------------------------------

    @property
    def undo_label(self) -> str | None:
        """What `undo` takes back; None when there is nothing."""
        return self.now.label if self.past else None

    @property
    def redo_label(self) -> str | None:
        """What `redo` does again; None when there is nothing."""
        return self.future[0].label if self.future else None

    def undo(self) -> Overlay:
        """One step back; the same overlay at the beginning."""
        if not self.past:
            return self
        return Overlay(self.past[-1], self.past[:-1], (self.now, *self.future))

    def redo(self) -> Overlay:
        """One undone step forward; the same overlay at the end."""
        if not self.future:
            return self
        return Overlay(self.future[0], (*self.past, self.now), self.future[1:])

    # -- what they mean -------------------------------------------------------------------------------------

    def on(self, environment: Environment) -> Environment:
        """The environment with these values instead of any it was seen with before.

        Raises ValueError for a variable that decides which files are read: read the environment anew with
        ``values`` as its overlay then.
        """
        unreal = {**dict.fromkeys(environment.overlay, ""), **self.values}
        if not unreal.keys() - self.values.keys():
            return environment.with_overlay(self.values) if self.values else environment
        # with_overlay only adds: what is gone from the overlay has to stand for the real value again.
        real = {name: environment.real_process.get(name, "") for name in unreal}
        return environment.with_overlay({**real, **self.values})

    def changes(self) -> Changes:
        """The same as changes of the GOENV file, or as lines to copy: a variable that is unset is None."""
        return {name: value or None for name, value in self.values.items()}


def overlay_of(values: Mapping[str, str], label: str = "") -> Overlay:
    """An overlay that begins with these values and has no way back."""
    return replace(Overlay(), now=Step(MappingProxyType(dict(values)), label))
