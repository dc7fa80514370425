"""The limits of a run as options, and how a run that met one ends."""

from __future__ import annotations

import json
import math
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from planner.cli.watch import Overdue, watched
from planner.errors import LimitError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from planner.search.limits import Meter

__all__ = ["Amount", "ends_at_limit", "limit_options", "meter_of"]

_Command = TypeVar("_Command", bound="Callable[..., object]")

_LAST_S = 0.8
"""CPU seconds kept for the answer where the system limits the process: its ticks count roughly."""


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
    command = click.option(
        "--cpu",
        "cpu_s",
        type=Amount(min=0),
        help="CPU seconds; never more than `ulimit -t` allows.",
    )(command)
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
    limits = Limits(time_s, _allowed(cpu_s), memory_mb, expansions, model_calls)
    return Meter(limits, spent_s=(spent, spent))


def _allowed(cpu_s: float | None) -> float | None:
    """CPU seconds to use: at the process's own limit the system would end it without an answer."""
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_CPU)
    if soft == resource.RLIM_INFINITY:
        return cpu_s
    most = max(0.0, soft - _LAST_S)
    return most if cpu_s is None else min(cpu_s, most)


@contextmanager
def ends_at_limit(meter: Meter, document: dict[str, object] | None) -> Iterator[None]:
    """Work that ends the process with the limit's exit code when it meets one, or Ctrl-C.

    Args:
        meter: of the work.
        document: what to print then as JSON with the status and the reason, if anything.
    """
    try:
        with watched(meter, patient=False):
            yield
    except Overdue as overdue:
        _end(overdue.reason, "", document)
    except LimitError as error:
        _end(meter.exceeded() or "memory", str(error), document)


def _end(reason: str, message: str, document: dict[str, object] | None) -> NoReturn:
    import planner
    from planner.cli.failure import LIMIT_CODES

    said = "interrupted" if reason == "interrupt" else f"error: {message or f'no {reason} left'}"
    click.echo(said, err=True)
    if document is not None:
        head = {"schema_version": 1, "version": planner.__version__, "status": "limit"}
        click.echo(json.dumps({**head, "reason": reason, "complete": False, **document}))
    sys.exit(LIMIT_CODES[reason])
