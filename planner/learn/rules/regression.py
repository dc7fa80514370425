"""Goal regression: from a plan for one goal atom to the conditions under which its ends work.

After Chen, Hofmann, Klassen and McIlraith (AAAI 2026), with runs of movement steps compressed to
walks, so that conditions do not speak of distances.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from planner.kr.formulas import Atom, Comparison, substitute_expression
from planner.kr.terms import Variable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from planner.kr.strips import StripsSchema
    from planner.kr.terms import Constant
    from planner.kr.walks import Movement

__all__ = ["GroundStep", "PlanStep", "Regressed", "WalkStep", "compress", "ground_step", "regress"]


@dataclass(frozen=True, slots=True)
class GroundStep:
    """A schema with its arguments, literals ground.

    Attributes:
        derives, ends: atoms that conditions speak of and that the step was seen to make true, or
            false, beside its effects: derived ones, and those of conditional effects.
    """

    schema: StripsSchema
    arguments: tuple[Constant, ...]
    positive: tuple[Atom, ...]
    negative: tuple[Atom, ...]
    add: tuple[Atom, ...]
    delete: tuple[Atom, ...]
    derives: tuple[Atom, ...] = ()
    ends: tuple[Atom, ...] = ()


@dataclass(frozen=True, slots=True)
class WalkStep:
    """A run of movement steps: the moving atom before and after.

    Attributes:
        place: the argument that changes.
        changes: whether unary fluents of the places decide where it may go, or it changes them.
        arrivals: what else its last step makes true of the place it leads to.
        needs: what must hold all the way.
    """

    source: Atom
    target: Atom
    place: int
    changes: bool
    arrivals: frozenset[Atom] = frozenset()
    needs: frozenset[Atom] = frozenset()


PlanStep: TypeAlias = "GroundStep | WalkStep"


@dataclass(frozen=True, slots=True)
class Regressed:
    """What must hold for the steps to reach the goal.

    Attributes:
        distinct: pairs of constants that a step needs to differ.
    """

    goal: Atom
    positive: frozenset[Atom]
    negative: frozenset[Atom]
    distinct: frozenset[tuple[Constant, Constant]]
    steps: tuple[PlanStep, ...]


def ground_step(schema: StripsSchema, arguments: Sequence[Constant]) -> GroundStep:
    """Fill a schema's variables."""
    binding = {p.name: value for p, value in zip(schema.parameters, arguments, strict=True)}

    def fill(atoms: Sequence[Atom]) -> tuple[Atom, ...]:
        return tuple(_fill(atom, binding) for atom in atoms)

    return GroundStep(
        schema,
        tuple(arguments),
        fill(schema.positive),
        fill(schema.negative),
        fill(schema.add),
        fill(schema.delete),
    )


def _fill(atom: Atom, binding: Mapping[str, Constant]) -> Atom:
    return Atom(atom.predicate, tuple(substitute_expression(a, binding) for a in atom.arguments))


def compress(steps: Sequence[GroundStep], movements: Sequence[Movement]) -> list[PlanStep]:
    """Merge runs of movement steps of one mover into walks."""
    by_name = {m.schema.name: m for m in movements}
    out: list[PlanStep] = []
    for step in steps:
        movement = by_name.get(step.schema.name)
        if movement is None:
            out.append(step)
            continue
        names = (p.name for p in step.schema.parameters)
        binding = dict(zip(names, step.arguments, strict=True))
        source, target = _fill(movement.source, binding), _fill(movement.target, binding)
        end = target.arguments[movement.place]
        walk = WalkStep(
            source,
            target,
            movement.place,
            movement.dynamic or movement.marks,
            frozenset(a for a in step.add if a != target and a.arguments == (end,))
            | {*step.derives},
            frozenset(_fill(atom, binding) for atom in movement.needs),
        )
        last = out[-1] if out else None
        if isinstance(last, WalkStep) and last.target == source:
            out[-1] = replace(walk, source=last.source, needs=last.needs | walk.needs)
        else:
            out.append(walk)
    return out


def regress(
    goal: Atom,
    steps: Sequence[PlanStep],
    fluents: frozenset[str],
    rests_on: tuple[frozenset[Atom], frozenset[Atom]] | None = None,
) -> Iterator[Regressed]:
    """The condition for each end of a plan, the shortest end first.

    Args:
        goal: the atom that the plan reaches.
        steps: compressed, in order.
        fluents: predicates that actions change.
        rests_on: atoms true, and atoms false, at the end that derive the goal; the goal itself
            when not given.
    """
    positive, negative = rests_on or (frozenset([goal]), frozenset())
    distinct: frozenset[tuple[Constant, Constant]] = frozenset()
    for start in range(len(steps) - 1, -1, -1):
        step = steps[start]
        if isinstance(step, WalkStep):
            positive = _before_walk(positive, step, fluents)
            negative = negative - {step.source}
        else:
            positive = (positive - {*step.add, *step.derives}) | set(step.positive)
            negative = (negative - {*step.delete, *step.ends}) | set(step.negative)
            distinct = distinct | _distinct(step)
        yield Regressed(goal, positive, negative, distinct, tuple(steps[start:]))


def _before_walk(
    positive: frozenset[Atom], walk: WalkStep, fluents: frozenset[str]
) -> frozenset[Atom]:
    kept = positive - {walk.target} - walk.arrivals
    if walk.changes:
        # Leaving a place changes its unary fluents; what they must be is the walk's own business.
        start = walk.source.arguments[walk.place]
        kept = frozenset(a for a in kept if a.predicate not in fluents or a.arguments != (start,))
    return kept | {walk.source} | walk.needs


def _distinct(step: GroundStep) -> frozenset[tuple[Constant, Constant]]:
    binding = {p.name: v for p, v in zip(step.schema.parameters, step.arguments, strict=True)}
    pairs = []
    for test in step.schema.tests:
        match test:
            case Comparison("!=", Variable(left), Variable(right)):
                pairs.append((binding[left], binding[right]))
            case _:
                continue
    return frozenset(pairs)
