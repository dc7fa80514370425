"""Best-first searches: greedy, lazy greedy, A* and weighted A*.

Over a ground space, with built-in guides and no trace, they run compiled (`search.compiled`);
otherwise in plain Python (`search.stepwise`), in the same order.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from planner.errors import LimitError
from planner.guides.combine import Combined
from planner.guides.goal_count import GoalCount
from planner.guides.landmarks.guide import LandmarkCount
from planner.guides.lm_cut.guide import LmCut
from planner.guides.novelty.guide import NoveltyGuide
from planner.guides.relaxation import RelaxationGuide
from planner.guides.uniform import Uniform
from planner.search.result import Outcome, Status
from planner.spaces.ground import GroundSpace

if TYPE_CHECKING:
    from planner.guides.relaxed_task import CostKind
    from planner.interfaces import Guide, StepSpace, TraceSink
    from planner.search.limits import Meter

__all__ = ["Astar", "Gbfs", "LazyGbfs", "Variant", "WeightedAstar", "runs_compiled"]


@dataclass(frozen=True, slots=True)
class Variant:
    """What distinguishes the best-first searches.

    Attributes:
        lazy: estimate a node when it is expanded; its successors wait under its estimate.
        prefer: give steps that guides prefer open lists of their own.
        by_f: order by g and h in the proportion of ``weights``, else by h alone.
        reopen: expand a node again when a cheaper path to it is found.
        early_goal: stop when the goal is generated, not when it is about to be expanded.
        boost: turns that lists of preferred steps gain when an estimate improves.
        lookahead: in lazy search by h_FF, also follow each relaxed plan as far as it goes.
        stubborn: leave out steps that may wait, since they commute (`planner.search.stubborn`);
            ``None`` for where that is likely to be worth it.
        explore: in lazy search, every how many turns a node is drawn by its type; 0 for never.
    """

    lazy: bool = False
    prefer: bool = False
    by_f: bool = False
    reopen: bool = False
    early_goal: bool = True
    weights: tuple[int, int] = (0, 1)
    boost: int = 1000
    lookahead: bool = False
    stubborn: bool | None = False
    explore: int = 0

    @property
    def switches(self) -> tuple[int, ...]:
        """The flags in the order the kernel reads them."""
        ordering = (self.lazy, self.prefer, self.by_f, self.reopen, self.early_goal)
        return tuple(int(flag) for flag in (*ordering, self.lookahead))

    @property
    def is_optimal(self) -> bool:
        """Whether plans are cheapest when the estimate is admissible."""
        ordered = self.by_f and self.weights[0] == self.weights[1]
        return ordered and self.reopen and not self.early_goal


class _BestFirst(ABC):
    """What the four searches share: each is a variant of one loop."""

    __slots__ = ()

    @property
    @abstractmethod
    def variant(self) -> Variant:
        """What is particular to the search."""

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
        return _run(self.variant, space, guide, meter, trace)


@dataclass(frozen=True, slots=True)
class Gbfs(_BestFirst):
    """Greedy best-first search: expand the node with the least estimate, first come first.

    Attributes:
        preferred: alternate with open lists of the steps that guides prefer.
        boost: turns these gain when an estimate improves.
    """

    preferred: bool = True
    boost: int = 1000

    def __post_init__(self) -> None:
        if self.boost < 0:
            raise ValueError(f"boost must be at least 0, not {self.boost}")

    @property
    def name(self) -> str:
        """The name it is chosen by."""
        return "gbfs"

    @property
    def variant(self) -> Variant:
        """What is particular to it."""
        return Variant(prefer=self.preferred, boost=self.boost)


@dataclass(frozen=True, slots=True)
class LazyGbfs(_BestFirst):
    """Greedy best-first search with deferred evaluation (Richter & Helmert 2009).

    Attributes:
        preferred, boost: as in `Gbfs`.
        explore: every how many turns a node is drawn by its type, which few are like (Xie et al.
            2014); 0 for never.
    """

    preferred: bool = True
    boost: int = 1000
    explore: int = 0

    def __post_init__(self) -> None:
        for option, value in (("boost", self.boost), ("explore", self.explore)):
            if value < 0:
                raise ValueError(f"{option} must be at least 0, not {value}")

    @property
    def name(self) -> str:
        """The name it is chosen by."""
        return "lazy"

    @property
    def variant(self) -> Variant:
        """What is particular to it."""
        return Variant(lazy=True, prefer=self.preferred, boost=self.boost, explore=self.explore)


@dataclass(frozen=True, slots=True)
class Astar(_BestFirst):
    """A*: least f = g + h first, ties by h. Optimal with an admissible guide.

    Attributes:
        stubborn: of steps that commute search one order only, on ground tasks without conditional
            effects and derived conditions: fewer expansions at the same cost of the plan. ``None``
            does so with LM-cut, once the search proves long, where it runs compiled. It is given up
            where it leaves out little.
    """

    stubborn: bool | None = None

    @property
    def name(self) -> str:
        """The name it is chosen by."""
        return "astar"

    @property
    def variant(self) -> Variant:
        """What is particular to it."""
        return Variant(
            by_f=True, reopen=True, early_goal=False, weights=(1, 1), stubborn=self.stubborn
        )


@dataclass(frozen=True, slots=True)
class WeightedAstar(_BestFirst):
    """Weighted A*: least f = g + weight * h first. With an admissible guide the plan costs at
    most ``weight`` times the cheapest.

    Attributes:
        weight: a whole number, at least 1.
    """

    weight: int = 5

    def __post_init__(self) -> None:
        if self.weight < 1:
            raise ValueError("the weight must be at least 1")

    @property
    def name(self) -> str:
        """The name it is chosen by."""
        return "wastar"

    @property
    def variant(self) -> Variant:
        """What is particular to it."""
        return Variant(by_f=True, reopen=True, early_goal=False, weights=(1, self.weight))


_COMPILED = (Uniform, GoalCount, RelaxationGuide, LandmarkCount, NoveltyGuide, LmCut)


def _run(
    variant: Variant, space: StepSpace, guide: Guide, meter: Meter, trace: TraceSink | None
) -> Outcome:
    guides = _parts(guide)
    if variant.by_f:
        # One estimate orders by f; several would have to be added up, which no theory supports.
        guides = guides[:1]
    admissible = bool(getattr(guides[0], "admissible", False))
    compiled = runs_compiled(space, guides[0] if variant.by_f else guide, trace)
    if compiled is not None and isinstance(space, GroundSpace):
        from planner.search.compiled import CompiledSearch
        from planner.search.prepared import prepare

        ordered = all(part.orders for part in guides if isinstance(part, LandmarkCount))
        try:
            prepared = prepare(space, *compiled, orders=ordered, meter=meter)
        except LimitError:
            return Outcome(Status.LIMIT, reason=meter.exceeded())
        return CompiledSearch(prepared, variant, compiled[0], meter).run(admissible)
    from planner.search.stepwise import StepwiseSearch

    try:
        search = StepwiseSearch(space, variant, guides, meter, trace)
    except LimitError:
        return Outcome(Status.LIMIT, reason=meter.exceeded())
    return search.run(admissible)


def _parts(guide: Guide) -> tuple[Guide, ...]:
    """The guides that have open lists of their own."""
    return guide.guides if isinstance(guide, Combined) else (guide,)


def runs_compiled(
    space: StepSpace, guide: Guide, trace: TraceSink | None
) -> tuple[list[int], CostKind] | None:
    """The kernels' numbers of the guides and their unit; ``None`` where kernels cannot serve."""
    # Rules that forbid steps are matched in plain Python.
    forbids = any(rule.forbids for rule in space.task.rules.control)
    if trace is not None or forbids or not isinstance(space, GroundSpace):
        return None
    return None if space.ground_task.goal is None else _kinds(_parts(guide))


def _kinds(guides: tuple[Guide, ...]) -> tuple[list[int], CostKind] | None:
    """The kernels' numbers of the guides and their common unit, or ``None`` where not compiled."""
    kinds: list[int] = []
    units: list[Literal["real", "unit"]] = []
    for guide in guides:
        if not isinstance(guide, _COMPILED):
            return None
        kinds.append(guide.kernel_kind)
        if isinstance(guide, RelaxationGuide | LmCut):
            units.append(guide.costs)
    if len(set(units)) > 1:
        return None
    single = guides[0]
    fallback = cast("CostKind", getattr(single, "costs", "real"))
    return kinds, units[0] if units else fallback
