"""A model server as a step model."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.errors import LimitError, ModelServerError
from planner.models.rendering import TaskText
from planner.models.served.client import Client, Malformed, Refused
from planner.models.served.logprobs import Logprobs
from planner.models.served.menu import Menu
from planner.models.served.votes import Votes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.interfaces import FloatArray, IntArray, StepSpace
    from planner.models.rendering import Situation
    from planner.models.served.options import ServerOptions
    from planner.models.served.strategy import Strategy
    from planner.models.served.transport import Transport

__all__ = ["BoundServed", "ServedModel"]

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class ServedModel:
    """Any OpenAI-compatible server. Nothing is sent before the first state is judged.

    Attributes:
        transport: carries the requests; ``None`` is HTTP.
    """

    options: ServerOptions
    transport: Transport | None = None

    @property
    def kind(self) -> str:
        """``served``."""
        return "served"

    def bind(self, space: StepSpace) -> BoundServed:
        """Prepare for a space. Any rule base will do: the server reads plain text."""
        return BoundServed(self.options, Client(self.options, self.transport), space)


class BoundServed:
    """A model server bound to a space.

    Attributes:
        client: asks the server; ``client.spent`` says what that cost.
    """

    def __init__(self, options: ServerOptions, client: Client, space: StepSpace) -> None:
        self.client = client
        # The work is the server's.
        self.call_work = 5_000_000
        self._options = options
        self._text = TaskText(space)
        self._strategy: Strategy | None = (
            _strategies(options)[0] if options.mode != "auto" else None
        )
        self._given_up = False

    @property
    def mode(self) -> str:
        """The way the server is asked, ``auto`` until it has been found out."""
        return self._strategy.name if self._strategy is not None else "auto"

    def log_probs(self, states: Sequence[int], steps: Sequence[IntArray]) -> list[FloatArray]:
        """For each state the log-probability of each of its legal steps; they sum to one.

        Raises:
            ModelServerError: when the server fails and there is no fallback.
            ModelBudgetError: likewise when the budget is used up.
        """
        asked = [i for i, legal in enumerate(steps) if len(legal) > 1]
        found = [np.full(len(legal), -np.log(max(1, len(legal)))) for legal in steps]
        if not asked or self._given_up:
            return found
        situations = [self._text.situation(states[i], steps[i]) for i in asked]
        try:
            judged = self._judge(situations)
        except (ModelServerError, LimitError) as error:
            if self._options.fallback == "none":
                raise
            _LOG.warning("%s; going on without it", error)
            self._given_up = True
            return found
        for i, log_probs in zip(asked, judged, strict=True):
            found[i] = log_probs
        return found

    def values(self, states: Sequence[int]) -> None:
        """Servers give no values."""
        del states

    def _judge(self, situations: Sequence[Situation]) -> list[FloatArray]:
        if self._strategy is not None:
            return self._strategy.judge(self.client, situations)
        problems = []
        for strategy in _strategies(self._options):
            try:
                judged = strategy.judge(self.client, situations)
            except (Refused, Malformed) as error:
                problems.append(f"{strategy.name}: {error}")
                continue
            self._strategy = strategy
            _LOG.info("the model server is asked by %s", strategy.name)
            return judged
        raise ModelServerError("the model server can be asked in no way; " + "; ".join(problems))


def _strategies(options: ServerOptions) -> list[Strategy]:
    """Those to try, in order: the most exact first."""
    known: list[Strategy] = [Logprobs(), Menu(), Votes(options.samples)]
    return [s for s in known if options.mode in ("auto", s.name)]
