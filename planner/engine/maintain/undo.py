"""Changes that fail change nothing."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from planner.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from planner.engine.facts import Facts
    from planner.engine.maintain.layer import Journal
    from planner.engine.program import Plan

__all__ = ["all_or_nothing", "explained"]


@contextmanager
def all_or_nothing(journal: Journal, explain: Callable[[InputError], InputError]) -> Iterator[None]:
    """Take back what was changed when it comes to an error.

    Args:
        journal: what takes changes back, filled meanwhile.
        explain: the error as it is to be raised, asked while the changes are in place.
    """
    try:
        yield
    except InputError as error:
        told = explain(error)
        _take_back(journal)
        if told is error:
            raise
        raise told from error
    except BaseException:
        _take_back(journal)
        raise


def _take_back(journal: Journal) -> None:
    while journal:
        journal.pop()()


def explained(error: InputError, plan: Plan, facts: Facts) -> InputError:
    """An error with the derivations behind it, where a declaration was broken."""
    if not plan.declared:
        return error
    from planner.engine.gather.faults import GatherError
    from planner.engine.gather.faults import explained as with_origins

    return with_origins(error, plan, facts) if isinstance(error, GatherError) else error
