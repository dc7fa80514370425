"""Follow a plan step by step and judge it."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice
from typing import TYPE_CHECKING

from planner.errors import UnsupportedError
from planner.kr.formulas import TRUE, conjuncts
from planner.kr.terms import show_constant
from planner.validate.evaluate import Evaluator
from planner.validate.shortfall import shortfall
from planner.validate.steps import Refusal, bind_step, find_action, implicit_parameters
from planner.validate.values import as_number, evaluate
from planner.validate.verdict import Verdict

if TYPE_CHECKING:
    from planner.kr.actions import ActionSchema, Effect
    from planner.kr.task import Task
    from planner.kr.terms import Constant
    from planner.plan import Plan, Step
    from planner.validate.binding import Binding
    from planner.validate.facts import Row

__all__ = ["validate"]

_BINDINGS_COMPARED = 100


def validate(task: Task, plan: Plan) -> Verdict:
    """Judge a plan: every step's precondition, the exact cost, and the goal at the end.

    Steps name the declared parameters of their action, or these and then the implicit ones in
    order of first occurrence in the precondition. Where only the declared ones are named, the
    first binding of the implicit ones by order of declaration is taken; a note says so when
    another one would have other effects.

    Raises:
        UnsupportedError: for a task whose actions are uncertain.
        InputError: when a rule depends on its own negation.
    """
    if task.rules.is_uncertain:
        raise UnsupportedError("plans for tasks with probabilities cannot be validated")
    run = Run(task)
    for index, step in enumerate(plan):
        refusal = run.take(step)
        if refusal is not None:
            return _refused(run, index, step, refusal)
    if run.evaluator.holds(task.goal, {}):
        return Verdict(True, run.cost, message="the plan is valid", notes=tuple(run.notes))
    missing = shortfall(run.evaluator, task.goal, {})
    return Verdict(
        False,
        run.cost,
        missing=missing,
        message=f"the goal is not reached: {_listed(missing)}",
        notes=tuple(run.notes),
    )


def _refused(run: Run, index: int, step: Step, refusal: Refusal) -> Verdict:
    reason = refusal.message
    if refusal.missing:
        reason += f": {_listed(refusal.missing)}"
    return Verdict(
        False,
        run.cost,
        index,
        str(step),
        refusal.missing,
        f"step {index + 1}, {step}, cannot be taken: {reason}",
        tuple(run.notes),
    )


def _listed(missing: tuple[str, ...]) -> str:
    shown = ", ".join(missing[:10])
    more = len(missing) - 10
    return f"{shown} and {more} more" if more > 0 else shown


class Run:
    """The state while a plan is followed, what it has cost, and remarks."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.evaluator = Evaluator(task)
        self.cost = Fraction(0)
        self.notes: list[str] = []
        self._taken = 0
        self._created = 0

    def take(self, step: Step) -> Refusal | None:
        """Take a step, or say why it cannot be taken and leave the state alone."""
        self._taken += 1
        action = find_action(self.task, step)
        if isinstance(action, Refusal):
            return action
        named = bind_step(self.evaluator.world, action, step)
        if isinstance(named, Refusal):
            return named
        binding = self._choose(action, named, step)
        if binding is None:
            missing = shortfall(self.evaluator, action.precondition, named)
            return Refusal("its precondition does not hold", missing)
        created = self._create(action, step)
        if isinstance(created, Refusal):
            return created
        outcome = self._outcome(action, {**binding, **created})
        if isinstance(outcome, Refusal):
            return outcome
        cost, deleted, added = outcome
        self.cost += cost
        for variable in action.creates:
            name = created[variable.name]
            assert isinstance(name, str)
            self.evaluator.add_object(name, variable.types)
        self._created += len(created)
        for predicate, row in deleted:
            if (predicate, row) not in added:
                self.evaluator.remove(predicate, row)
        for predicate, row in added:
            self.evaluator.add(predicate, row)
        return None

    def _choose(self, action: ActionSchema, named: Binding, step: Step) -> Binding | None:
        """The first binding that makes the precondition true, the named values given."""
        open_names = [n for n in implicit_parameters(action) if n not in named]
        found = self.evaluator.solutions(action.precondition, named)
        if not open_names:
            solution = next(found, None)
            return None if solution is None else {**solution, **named}
        distinct: dict[Row, Binding] = {}
        for solution in found:
            # A branch of an `or` may leave variables open: they do not matter then.
            key = tuple(solution[n] for n in open_names if n in solution)
            distinct.setdefault(key, solution)
        if not distinct:
            return None
        ordered = sorted(distinct, key=lambda row: [self._place(v) for v in row])
        first = distinct[ordered[0]]
        if len(ordered) > 1:
            self._note_choice(action, step, first, [distinct[k] for k in ordered[1:]])
        return first

    def _place(self, value: Constant) -> tuple[int, Fraction, str]:
        """Objects in order of declaration, then numbers, then strings."""
        if isinstance(value, str):
            return (0, Fraction(self.evaluator.world.order.get(value, -1)), "")
        number = as_number(value)
        return (2, Fraction(0), str(value)) if number is None else (1, Fraction(number), "")

    def _note_choice(
        self, action: ActionSchema, step: Step, first: Binding, others: list[Binding]
    ) -> None:
        reference = self._outcome(action, first)
        for other in islice(others, _BINDINGS_COMPARED):
            if self._outcome(action, other) != reference:
                chosen = ", ".join(
                    f"?{name} = {show_constant(first[name])}"
                    for name in implicit_parameters(action)
                    if name in first
                )
                self.notes.append(
                    f"step {self._taken}, {step}, can be read in several ways that differ in "
                    f"effect; read with {chosen}"
                )
                return

    def _create(self, action: ActionSchema, step: Step) -> Binding | Refusal:
        """Names of the objects that a step makes: those the plan gives, else the next numbers."""
        if step.created and len(step.created) != len(action.creates):
            return Refusal(f"`{action.name}` creates {len(action.creates)} objects")
        created: Binding = {}
        for place, variable in enumerate(action.creates):
            name = f"_{self._created + place + 1}"
            if step.created:
                name = step.created[place]
            if name in self.evaluator.world.order or name in created.values():
                return Refusal(f"there is already an object `{name}`")
            created[variable.name] = name
        return created

    def _outcome(
        self, action: ActionSchema, binding: Binding
    ) -> tuple[Fraction, dict[tuple[str, Row], None], dict[tuple[str, Row], None]] | Refusal:
        """The cost, what is deleted and what is added; nothing is changed yet."""
        cost = as_number(evaluate(action.cost, binding, self.evaluator.function_value))
        if cost is None:
            return Refusal("its cost has no value")
        if cost < 0:
            return Refusal("its cost is negative")
        deleted: dict[tuple[str, Row], None] = {}
        added: dict[tuple[str, Row], None] = {}
        for effect in action.effects:
            target = added if effect.positive else deleted
            for found in self._instances(effect, binding):
                row = tuple(
                    v for a in effect.atom.arguments if (v := evaluate(a, found)) is not None
                )
                if len(row) != len(effect.atom.arguments):
                    return Refusal(f"its effect `{effect.atom}` has no value")
                for variant in self.evaluator.world.variants(effect.atom.predicate, row):
                    target[effect.atom.predicate, variant] = None
        return Fraction(cost), deleted, added

    def _instances(self, effect: Effect, binding: Binding) -> list[Binding]:
        if not effect.variables and effect.condition == TRUE:
            return [binding]
        inner = {k: v for k, v in binding.items() if k not in {x.name for x in effect.variables}}
        parts = (*conjuncts(effect.condition), *effect.variables)
        return list(self.evaluator.join(effect, parts, inner))
