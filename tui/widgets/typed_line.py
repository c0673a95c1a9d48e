"""A line of input that takes its keys in the order in which they were pressed.

Textual inserts a letter in the line itself, but lets a key with a binding (Ctrl-U, Enter) travel up to the
app and come back as an action. Over a slow line a burst arrives at once, and the letters behind a Ctrl-U
would be there before it, and be gone after it.
"""

from __future__ import annotations

from textual import events
from textual.widgets import Input


class TypedLine(Input):
    """A line of input without a blinking cursor, for a slow line."""

    held: list[events.Key] | None = None
    """What was pressed since an Enter that closes the line: for what comes behind it; None before that."""
    is_closed_by_enter: bool = False

    async def action_submit(self) -> None:
        """Take the line; where it closes by that, nothing more is typed into it."""
        await super().action_submit()
        if self.is_closed_by_enter:
            self.held = []

    async def on_key(self, event: events.Key) -> None:
        """Do at once what a key of the line's own is bound to."""
        if self.held is not None:
            self.held.append(event)
            event.stop()
            event.prevent_default()
            return
        for binding in self._bindings.key_to_bindings.get(event.key, ()):
            if await self.app.run_action(binding.action, self):
                event.stop()
                event.prevent_default()
                return

    def press_ahead(self, event: events.Key) -> None:
        """Press a key as if the line had had the keys: behind those that wait, before all later ones."""
        self.post_message(events.Key(event.key, event.character))


def belongs_to_a_line(event: events.Key) -> bool:
    """Whether a line of input has a use for a key."""
    bound = (key for binding in Input.BINDINGS for key in _keys(binding))
    return event.is_printable or event.key in bound


def _keys(binding: object) -> list[str]:
    return str(getattr(binding, "key", "")).split(",")
