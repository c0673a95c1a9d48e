"""Messages that any part of the app may post."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message


@dataclass
class Copy(Message):
    """The user wants this text in the clipboard."""

    text: str


@dataclass
class Back(Message):
    """The user wants to go back, and the workbench has nothing to go back from."""


@dataclass
class ShowModules(Message):
    """The module browser has come into sight by the user's own doing."""


@dataclass
class Say(Message):
    """Something is to be told in passing."""

    words: str
