"""Greedy searches and width search in turns, each resumed where it stopped.

What one cannot solve another often can: landmarks and relaxed plans lead through tasks whose goals
hardly disturb each other, exploration leaves the plains where they say nothing, the order of
landmarks keeps greed from what it would have to undo, lookahead leads through tasks too large for
many estimates, goals taken one by one need fewer still, and novelty finds the way through puzzles.
Turns are measured in work, not in time, so that runs repeat exactly.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from planner.errors import LimitError
from planner.guides.landmarks.graph import find_landmarks
from planner.guides.landmarks.orders import MOST_ORDERED
from planner.guides.relaxed_task import H_FF, LANDMARKS, NOVELTY
from planner.search.best_first import LazyGbfs, Variant, runs_compiled
from planner.search.improve.elimination import eliminate_steps
from planner.search.result import Outcome, Status
from planner.spaces.ground import GroundSpace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.guides.relaxed_task import CostKind
    from planner.interfaces import Guide, StepSpace, TraceSink
    from planner.search.compiled import CompiledSearch
    from planner.search.limits import Meter
    from planner.search.prepared import Prepared
    from planner.search.serial import SerialSearch

    _Turning = CompiledSearch | SerialSearch

__all__ = ["Relay", "RelayRun"]

_WIDTH_PART = 48
"""A step of work of the width search takes about so many times longer than one of the greedy
search, whose work is almost all in the inner loops of estimates (measured on seven tasks)."""

_SEARCHES = 5

_EXPLORE = 4
"""Every how many turns the exploring search takes a node for its type."""

_LONGER = 4
"""How much longer turns goal by goal are in large tasks, where few estimates make a turn, and no
other search gets far with few."""


@dataclass(frozen=True, slots=True)
class Relay:
    """Lazy greedy search by the guide, the same with exploration and the landmarks in order, with
    lookahead, goal by goal, and best-first width search, in turns that grow.

    Where the search cannot run compiled (a trace, rules that forbid, a space that is not ground)
    it is the lazy greedy search alone. Plans found lose the steps they can do without.

    Attributes:
        turn: millions of steps of work in the first turn of each; turns double with each round.
        large: millions of pairs of an operator and an atom beyond which looking ahead, and goals
            one by one, have a turn before landmarks are sought, which look at all operators for
            every atom: for 1.7 million operators of a transport task those take 4 s, and it is
            solved after 2.
    """

    turn: int = 300
    large: int = 100

    def __post_init__(self) -> None:
        if self.turn < 1:
            raise ValueError(f"a turn must be at least 1, not {self.turn}")
        if self.large < 0:
            raise ValueError(f"large must be at least 0, not {self.large}")

    @property
    def name(self) -> str:
        """The name it is chosen by."""
        return "relay"

    def run(
        self,
        space: StepSpace,
        guide: Guide,
        meter: Meter,
        *,
        seed: int = 0,
        trace: TraceSink | None = None,
    ) -> Outcome:
        """Search from the initial state; nothing in it is random."""
        running = self.begin(space, guide, meter, trace)
        if running is None:
            return LazyGbfs().run(space, guide, meter, seed=seed, trace=trace)
        outcome = None
        while outcome is None:
            outcome = running.advance()
        return outcome

    def begin(
        self, space: StepSpace, guide: Guide, meter: Meter, trace: TraceSink | None = None
    ) -> RelayRun | None:
        """A run that can pause, ``None`` where the search cannot run compiled."""
        guides = runs_compiled(space, guide, trace)
        if guides is None or not isinstance(space, GroundSpace):
            return None
        return RelayRun(self, space, guides, meter)


@dataclass(frozen=True, slots=True)
class _Place:
    """A search that has its turns.

    Attributes:
        part: by how much its steps of work take longer than those of the others.
        length: by how much its turns are longer.
    """

    search: _Turning
    part: int = 1
    length: int = 1


class RelayRun:
    """A relay that can pause for another search and go on as if it had not."""

    def __init__(
        self, relay: Relay, space: GroundSpace, guides: tuple[list[int], CostKind], meter: Meter
    ) -> None:
        ground_task = space.ground_task
        pairs = ground_task.operator_count * ground_task.atom_count
        is_large = pairs > relay.large * 1_000_000
        self._space, self._meter = space, meter
        self._searches: list[_Place] = []
        self._started = _start(space, *guides, meter, is_large=is_large)
        self._turns = self._take_turns(relay.turn * 1_000_000)
        self._left = 0

    def advance(self, work: int | None = None) -> Outcome | None:
        """Search on for so many steps of work (``None``: to the end of a turn), or to the end.

        The answer is ``None`` for a pause.
        """
        spent = 0
        while work is None or spent < work:
            if self._left <= 0:
                try:
                    self._search, self._part, self._left = next(self._turns)
                except LimitError:
                    return replace(self.outcome_so_far(), reason=self._meter.exceeded())
            share = self._left if work is None else min(self._left, work - spent)
            outcome = self._search.advance(max(1, share // self._part))
            self._left -= share
            spent += share
            if outcome is not None:
                others = [
                    place.search for place in self._searches if place.search is not self._search
                ]
                return _improved(_with_counts(outcome, others), self._space)
            if work is None:
                break
        return None

    def outcome_so_far(self) -> Outcome:
        """What a pausing run has spent."""
        return _with_counts(Outcome(Status.LIMIT), [place.search for place in self._searches])

    def _take_turns(self, work: int) -> Iterator[tuple[_Turning, int, int]]:
        """Whose turn it is, by how much its steps of work take longer, and the turn's work."""
        while True:
            for number in range(_SEARCHES):
                if number == len(self._searches):
                    self._searches += islice(self._started, 1)
                if number == len(self._searches):
                    break
                place = self._searches[number]
                yield place.search, place.part, place.length * work
            work *= 2


def _start(
    space: GroundSpace, kinds: list[int], costs: CostKind, meter: Meter, *, is_large: bool
) -> Iterator[_Place]:
    """The searches in the order of their turns, each made when its first comes.

    A large task begins with those that need no landmarks.
    """
    from planner.search.compiled import CompiledSearch
    from planner.search.prepared import check_limits, prepare
    from planner.search.serial import SerialSearch

    lazy = Variant(lazy=True, prefer=True)
    looking = replace(lazy, lookahead=True)
    if is_large and LANDMARKS in kinds and H_FF in kinds:
        bare = prepare(space, [H_FF], costs, meter=meter)
        yield _Place(CompiledSearch(bare, looking, [H_FF], meter))
        yield _Place(SerialSearch(bare, meter), length=_LONGER)
        landmarks = find_landmarks(
            bare.task, bare.relaxed, bare.row, orders=False, check=partial(check_limits, meter)
        )
        prepared = replace(bare, landmarks=landmarks)
        yield _Place(CompiledSearch(prepared, lazy, kinds, meter))
        yield _Place(_exploring(prepared, kinds, meter))
    else:
        prepared = prepare(space, kinds, costs, orders=False, meter=meter)
        yield _Place(CompiledSearch(prepared, lazy, kinds, meter))
        yield _Place(_exploring(prepared, kinds, meter))
        if H_FF in kinds:
            yield _Place(CompiledSearch(prepared, looking, kinds, meter))
            yield _Place(SerialSearch(prepared, meter))
    yield _Place(CompiledSearch(prepared, Variant(), [NOVELTY], meter), part=_WIDTH_PART)


def _exploring(prepared: Prepared, kinds: list[int], meter: Meter) -> CompiledSearch:
    """The greedy search that explores, with the landmarks in order where that is not dear."""
    from planner.search.compiled import CompiledSearch
    from planner.search.prepared import check_limits

    if 0 < len(prepared.landmarks.is_goal) <= MOST_ORDERED:
        check = partial(check_limits, meter)
        found = find_landmarks(prepared.task, prepared.relaxed, prepared.row, check=check)
        prepared = replace(prepared, landmarks=found)
    variant = Variant(lazy=True, prefer=True, explore=_EXPLORE)
    return CompiledSearch(prepared, variant, kinds, meter)


def _improved(outcome: Outcome, space: GroundSpace) -> Outcome:
    """An outcome whose plan has no superfluous steps."""
    if not outcome.steps:
        return outcome
    steps = eliminate_steps(space, outcome.steps)
    return replace(outcome, steps=steps, cost=int(space.costs[list(steps)].sum()))


def _with_counts(outcome: Outcome, others: list[_Turning]) -> Outcome:
    """An outcome with what all searches spent."""
    spent = [outcome, *(other.outcome_so_far() for other in others)]
    return replace(
        outcome,
        expanded=sum(part.expanded for part in spent),
        generated=sum(part.generated for part in spent),
        evaluated=sum(part.evaluated for part in spent),
    )
