"""An engine of the unified-planning library (Micheli et al. 2025), for `OneshotPlanner`.

::

    environment.factory.add_engine("planner", "planner.serve.unified_planning", "PlannerEngine")
    with OneshotPlanner(name="planner") as engine:
        print(engine.solve(problem, timeout=30).plan)

The problem travels as PDDL text, and the plan's names are mapped back by the writer that made it.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from unified_planning.engines import Credits, Engine
from unified_planning.engines.mixins import OneshotPlannerMixin
from unified_planning.engines.results import (
    LogLevel,
    LogMessage,
    PlanGenerationResult,
    PlanGenerationResultStatus,
)
from unified_planning.io import PDDLWriter
from unified_planning.model import ProblemKind
from unified_planning.plans import ActionInstance, SequentialPlan

from planner import __version__
from planner.errors import LimitError, PlannerError, UnsupportedError
from planner.io.pddl.load import parse_pddl
from planner.plan import Plan
from planner.search.limits import Limits
from planner.search.result import Status
from planner.solve import solve

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.plan import Step
    from planner.solve import Result

__all__ = ["PlannerEngine"]

# unified-planning has no type information: its values are `Any` here.

_OUTCOMES = PlanGenerationResultStatus


class PlannerEngine(Engine, OneshotPlannerMixin):  # type: ignore[misc]
    """Solves classical problems.

    Args:
        search: as `planner.solve` takes it.
        memory_mb: bound on the resident set, ``None`` for none.
        seed: where an algorithm draws, it draws from this.
    """

    def __init__(self, search: str = "auto", memory_mb: float | None = None, seed: int = 0) -> None:
        Engine.__init__(self)
        OneshotPlannerMixin.__init__(self)
        self._search, self._memory_mb, self._seed = search, memory_mb, seed

    @property
    def name(self) -> str:
        """The name the engine is registered by."""
        return "planner"

    @staticmethod
    def supported_kind() -> ProblemKind:
        """Classical problems with conditional effects, quantifiers and action costs."""
        kind = ProblemKind(version=2)
        kind.set_problem_class("ACTION_BASED")
        kind.set_typing("FLAT_TYPING")
        kind.set_typing("HIERARCHICAL_TYPING")
        for condition in ("NEGATIVE", "DISJUNCTIVE", "EXISTENTIAL", "UNIVERSAL"):
            kind.set_conditions_kind(f"{condition}_CONDITIONS")
        kind.set_conditions_kind("EQUALITIES")
        kind.set_effects_kind("CONDITIONAL_EFFECTS")
        kind.set_effects_kind("FORALL_EFFECTS")
        kind.set_quality_metrics("ACTIONS_COST")
        kind.set_quality_metrics("PLAN_LENGTH")
        kind.set_actions_cost_kind("STATIC_FLUENTS_IN_ACTIONS_COST")
        kind.set_actions_cost_kind("INT_NUMBERS_IN_ACTIONS_COST")
        return kind

    @staticmethod
    def supports(problem_kind: ProblemKind) -> bool:
        """Whether all features of a problem are supported."""
        return bool(problem_kind <= PlannerEngine.supported_kind())

    @staticmethod
    def get_credits(**_kwargs: Any) -> Credits:
        """Who made this."""
        return Credits(
            name="planner",
            author="the authors of planner",
            contact="",
            website="",
            license="Apache-2.0",
            short_description="A rule-plus-neural reasoning planner.",
            long_description=f"planner {__version__}: rules in, checked plans out.",
        )

    def _solve(
        self,
        problem: Any,
        heuristic: Callable[[Any], float | None] | None = None,
        timeout: float | None = None,
        output_stream: tuple[IO[str], IO[str]] | IO[str] | None = None,
    ) -> PlanGenerationResult:
        if heuristic is not None:
            message = "a heuristic over unified-planning's states cannot be used"
            return self._answer(_OUTCOMES.UNSUPPORTED_PROBLEM, None, message)
        writer = PDDLWriter(problem)
        try:
            task, _ = parse_pddl(writer.get_domain(), writer.get_problem())
            limits = Limits(time_s=timeout, memory_mb=self._memory_mb)
            result = solve(task, search=self._search, limits=limits, seed=self._seed)
        except UnsupportedError as error:
            return self._answer(_OUTCOMES.UNSUPPORTED_PROBLEM, None, str(error))
        except (LimitError, MemoryError) as error:
            return self._answer(_OUTCOMES.MEMOUT, None, str(error))
        except PlannerError as error:
            return self._answer(_OUTCOMES.INTERNAL_ERROR, None, str(error))
        found = result.plan
        if found is None and result.status is Status.SOLVED:
            # Without actions the goal is a query, and holds at the start.
            found = Plan()
        plan = None if found is None else _plan(problem, found, writer)
        message = f"{result.status.value} by {result.search}"
        metrics = {
            "engine_internal_time": str(result.statistics.total_s),
            "expanded": str(result.statistics.expanded),
        }
        return self._answer(_outcome(result), plan, message, metrics)

    def _answer(
        self,
        status: PlanGenerationResultStatus,
        plan: SequentialPlan | None,
        message: str,
        metrics: dict[str, str] | None = None,
    ) -> PlanGenerationResult:
        level = LogLevel.ERROR if status == _OUTCOMES.INTERNAL_ERROR else LogLevel.INFO
        return PlanGenerationResult(
            status,
            plan,
            engine_name=self.name,
            metrics=metrics,
            log_messages=[LogMessage(level, message)],
        )


def _plan(problem: Any, plan: Plan, writer: PDDLWriter) -> SequentialPlan:
    return SequentialPlan([_action(problem, step, writer) for step in plan], problem.environment)


def _action(problem: Any, step: Step, writer: PDDLWriter) -> ActionInstance:
    """The step as an action of the problem, its names mapped back."""
    manager = problem.environment.expression_manager
    action = writer.get_item_named(step.name)
    objects = (writer.get_item_named(str(argument)) for argument in step.arguments)
    return ActionInstance(action, tuple(manager.ObjectExp(item) for item in objects))


def _outcome(result: Result) -> PlanGenerationResultStatus:
    """What unified-planning calls an outcome; optimal only where it is proved."""
    match result.status:
        case Status.SOLVED:
            proved = result.optimal and result.complete
            return _OUTCOMES.SOLVED_OPTIMALLY if proved else _OUTCOMES.SOLVED_SATISFICING
        case Status.UNSOLVABLE:
            return _OUTCOMES.UNSOLVABLE_PROVEN
        case Status.EXHAUSTED:
            return _OUTCOMES.UNSOLVABLE_INCOMPLETELY
        case Status.LIMIT:
            return _OUTCOMES.MEMOUT if result.reason == "memory" else _OUTCOMES.TIMEOUT
