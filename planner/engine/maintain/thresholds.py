"""The sizes by which live models choose how to keep a layer."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Thresholds"]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Any choice gives the same model; `benchmarks.updates` measures what each costs.

    Attributes:
        bit_rows: rows of a recursive layer from which it is kept on bit rows, where its rules
            allow it.
        effort: a layer kept as tuples is evaluated again when following a loss takes more than
            this part of the derivations that evaluating it takes.
        few: so many derivations may be followed in any case.
    """

    bit_rows: int = 1_000
    effort: float = 1.0
    few: int = 500
