"""The limits of a run as options, and how a run that met one ends."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.search.limits import Meter

__all__ = ["Amount", "limit_options", "meter_of"]

_Command = TypeVar("_Command", bound="Callable[..., object]")


class Amount(click.FloatRange):
    """A number that can be compared: ``nan`` would be a limit that is never reached.

    click hands over a text or the default, hence ``Any``.
    """

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The number.

        Raises:
            click.BadParameter: for what is none.
        """
        number = float(super().convert(value, param, ctx))
        if math.isnan(number):
            self.fail(f"{value} is not a number.", param, ctx)
        return number


def limit_options(command: _Command) -> _Command:
    """Give a command ``--time``, ``--cpu`` and ``--memory``."""
    command = click.option("--memory", "memory_mb", type=Amount(min=0), help="Megabytes resident.")(
        command
    )
    command = click.option("--cpu", "cpu_s", type=Amount(min=0), help="CPU seconds.")(command)
    return click.option("--time", "time_s", type=Amount(min=0), help="Wall seconds.")(command)


def meter_of(
    time_s: float | None,
    cpu_s: float | None,
    memory_mb: float | None,
    expansions: int | None = None,
    model_calls: int | None = None,
) -> Meter:
    """A meter that counts from the start of the process, which took at least its CPU time."""
    from planner.search.limits import Limits, Meter

    spent = time.process_time()
    limits = Limits(time_s, cpu_s, memory_mb, expansions, model_calls)
    return Meter(limits, spent_s=(spent, spent))
