"""The shape of an example's goal, and new goals of that shape."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from planner.kr.formulas import Atom, Forall, Formula, Not, atoms_of, conjoin, conjuncts
from planner.models.goals import GoalLiteral, goal_literals

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Mapping

    from planner.kr.task import Task
    from planner.kr.terms import Constant

__all__ = ["GoalShape", "sample_goal", "shape_of"]


@dataclass(frozen=True, slots=True)
class GoalPattern:
    """Literals of one kind.

    Attributes:
        places: for each argument the type of its object, or the constant itself in a tuple.
        count: how many the example asks for.
    """

    predicate: str
    places: tuple[str | tuple[Constant], ...]
    positive: bool
    count: int


@dataclass(frozen=True, slots=True)
class GoalShape:
    """What an example's goal asks for.

    Attributes:
        rest: conjuncts that name no object of the task, such as quantified ones; kept as is.
        size: number of objects of the example.
    """

    patterns: tuple[GoalPattern, ...]
    rest: tuple[Formula, ...]
    size: int


def shape_of(task: Task) -> GoalShape:
    """The shape of a task's goal; conjuncts of other forms that name objects are left out."""
    direct = [part for part in conjuncts(task.goal) if not isinstance(part, Forall)]
    literals = goal_literals(replace(task, goal=conjoin(*direct)))
    counts: Counter[tuple[str, tuple[str | tuple[Constant], ...], bool]] = Counter()
    for literal in literals:
        places = tuple(_place(task, argument) for argument in literal.arguments)
        counts[literal.predicate, places, literal.positive] += 1
    patterns = tuple(GoalPattern(*kind, count) for kind, count in counts.items())
    seen = {_formula(literal) for literal in literals}
    rest = tuple(
        part
        for part in conjuncts(task.goal)
        if part not in seen and not _names_objects(part, task.objects)
    )
    return GoalShape(patterns, rest, len(task.objects))


def sample_goal(
    shape: GoalShape,
    objects: Mapping[str, str],
    start: Iterable[Atom],
    end: Iterable[Atom],
    rng: random.Random,
) -> Formula | None:
    """A goal that holds at the end of a walk and not at its start, ``None`` where there is none.

    Half of the goals ask for every atom of a pattern, the others for a share like the example's.
    """
    true, before = list(dict.fromkeys(end)), set(start)
    parts: list[Formula] = []
    fresh = False
    whole = rng.random() < 0.5
    for pattern in shape.patterns:
        if pattern.positive:
            fitting = [atom for atom in true if _fits(pattern, atom, objects)]
        else:
            fitting = _absent(pattern, true, before, objects)
        wanted = max(1, round(pattern.count * len(objects) / max(1, shape.size)))
        if whole and pattern.count > 1 and pattern.positive:
            wanted = len(fitting)
        chosen = rng.sample(fitting, min(wanted, len(fitting)))
        fresh = fresh or any((atom in before) != pattern.positive for atom in chosen)
        parts += chosen if pattern.positive else [Not(atom) for atom in chosen]
    if shape.rest:
        return conjoin(*parts, *shape.rest)
    return conjoin(*parts) if parts and fresh else None


def _absent(
    pattern: GoalPattern, true: list[Atom], before: set[Atom], objects: Mapping[str, str]
) -> list[Atom]:
    """Atoms that held at the start and do not hold at the end."""
    kept = set(true)
    gone = sorted((atom for atom in before if atom not in kept), key=str)
    return [atom for atom in gone if _fits(pattern, atom, objects)]


def _fits(pattern: GoalPattern, atom: Atom, objects: Mapping[str, str]) -> bool:
    if atom.predicate != pattern.predicate or len(atom.arguments) != len(pattern.places):
        return False
    return all(
        argument == place[0]
        if isinstance(place, tuple)
        else isinstance(argument, str) and objects.get(argument) == place
        for place, argument in zip(pattern.places, atom.arguments, strict=True)
    )


def _place(task: Task, argument: Constant) -> str | tuple[Constant]:
    if isinstance(argument, str) and argument in task.objects:
        return task.objects[argument]
    return (argument,)


def _formula(literal: GoalLiteral) -> Formula:
    atom = Atom(literal.predicate, literal.arguments)
    return atom if literal.positive else Not(atom)


def _names_objects(formula: Formula, objects: Mapping[str, str]) -> bool:
    return any(
        isinstance(argument, str) and argument in objects
        for atom, _ in atoms_of(formula)
        for argument in atom.arguments
    )
