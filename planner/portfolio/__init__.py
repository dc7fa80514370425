"""Several searches of one task at once, each in a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.search.protocol import Search

__all__ = ["is_parallel", "is_portfolio"]


def is_portfolio(search: Search | str) -> bool:
    """Whether a search names a portfolio."""
    return isinstance(search, str) and search.partition(":")[0].strip() == "portfolio"


def is_parallel(search: Search | str, jobs: int | None) -> bool:
    """Whether several searches are asked for."""
    return is_portfolio(search) or (jobs is not None and jobs != 1)
