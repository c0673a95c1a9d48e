"""Bindings as this app makes them: each with a name for key maps and a line for the help."""

from __future__ import annotations

from textual.binding import Binding


def key(keys: str, action: str, name: str, tooltip: str, *, priority: bool = False) -> Binding:
    """A key that the help lists and the footer does not."""
    return Binding(keys, action, tooltip, show=False, id=name, tooltip=tooltip, priority=priority)


def footer_key(keys: str, action: str, name: str, label: str, tooltip: str) -> Binding:
    """A key that stands in the footer as well, under a short label."""
    return Binding(keys, action, label, id=name, tooltip=tooltip)
