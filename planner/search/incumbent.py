"""What searches of the same task that run at the same time know of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from fractions import Fraction

__all__ = ["Incumbent"]


class Incumbent(Protocol):
    """The cheapest plan that any of them has found; asking costs no more than reading memory."""

    def cost(self) -> Fraction | None:
        """What it costs, ``None`` without a plan."""
        ...

    def prove(self, bound: Fraction) -> None:
        """Tell the others that no plan costs less than this."""
        ...
