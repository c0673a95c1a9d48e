"""What is said beside a trace by somebody who knows more of the place: of the demo, what was broken there."""

from __future__ import annotations

from collections.abc import Sequence

from tui.drawing.fields import Field
from tui.lines import Line


class Aside:
    """Nothing, unless somebody puts something better in its place."""

    def lines(self, width: int) -> Sequence[Line]:
        """Below the verdict."""
        return ()

    def of_verdict(self) -> Sequence[Field]:
        """In the details of the verdict."""
        return ()

    def of_hop(self, hop: int | None) -> Sequence[Field]:
        """In the details of a row that belongs to a hop."""
        return ()
