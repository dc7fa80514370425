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
        in_doubt: a layer kept as tuples is evaluated again when a change puts more than this part
            of its rows in doubt.
        few: so many rows may be in doubt in any case.
    """

    bit_rows: int = 1_000
    in_doubt: float = 0.2
    few: int = 200
