"""Walks among the steps of a control rule: which places of its binding they lead from and to."""

from __future__ import annotations

import sys
from dataclasses import dataclass

__all__ = ["ANY", "Leg", "known_code"]

ANY = (sys.maxsize, sys.maxsize)
"""More than any measure and total."""


@dataclass(frozen=True, slots=True)
class Leg:
    """A walk of a rule: places of its binding, or codes as ``~code``; mover ``None`` for none."""

    predicate: str
    mover: int | None
    start: int
    end: int
    leads: bool

    def places(self) -> frozenset[int]:
        """Places of the binding that it reads."""
        ends = (self.start, self.end) if self.mover is None else (self.mover, self.start, self.end)
        return frozenset(place for place in ends if place >= 0)


def known_code(code: int | None) -> int | None:
    """A code, or ``None`` for that of any mover."""
    return None if code is None or code < 0 else code
