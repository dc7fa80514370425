"""Whether one mover is like another, told from the rules alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.kr.strips import strips_form
from planner.kr.terms import Variable
from planner.kr.walks import movements
from planner.models.terrain import static_links

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from planner.kr.formulas import Atom
    from planner.kr.strips import StripsSchema
    from planner.kr.task import RuleBase
    from planner.kr.walks import Movement

__all__ = ["movers_differ"]


def movers_differ(rules: RuleBase) -> bool:
    """Whether static facts say which mover can go where on a map, or do what at its places.

    What all movers must be to move at all, such as vans, does not tell them apart.
    """
    changing = rules.fluents | rules.derived
    forms = [form for form in map(strips_form, rules.actions) if form is not None]
    for movement in movements(rules):
        links = static_links(movement, changing)
        if not links:
            continue
        named = {a for atom in links for a in atom.arguments}
        if any(mover in named for _, mover in _movers(movement.source, movement)):
            return True
        others = [form for form in forms if form.name != movement.schema.name]
        if any(_tells(form, movement, rules, changing) for form in others):
            return True
    return False


def _tells(
    form: StripsSchema, movement: Movement, rules: RuleBase, changing: frozenset[str]
) -> bool:
    """Whether an action that needs the mover somewhere asks for more static facts about it."""
    static = [a for a in form.positive if a.predicate not in changing]
    own = [a for a in movement.schema.positive if a.predicate not in changing]
    for atom in form.positive:
        if atom.predicate != movement.predicate:
            continue
        for variable, mover in _movers(atom, movement):
            kinds, asked = _kinds(own, mover), _kinds(static, variable)
            alike = _overlap(rules, form, variable, movement.schema, mover)
            if not (alike and kinds <= asked):
                continue
            if any(variable in a.arguments for a in static if a.predicate not in kinds):
                return True
    return False


def _movers(position: Atom, movement: Movement) -> Iterator[tuple[Variable, Variable]]:
    """What is somewhere by an atom, and the mover in its place in the movement."""
    for n, (own, other) in enumerate(
        zip(position.arguments, movement.source.arguments, strict=True)
    ):
        if n != movement.place and isinstance(own, Variable) and isinstance(other, Variable):
            yield own, other


def _kinds(atoms: Sequence[Atom], variable: Variable) -> set[str]:
    """Predicates said of a variable alone: its types, where a domain has no others."""
    return {a.predicate for a in atoms if a.arguments == (variable,)}


def _overlap(
    rules: RuleBase,
    form: StripsSchema,
    variable: Variable,
    movement: StripsSchema,
    mover: Variable,
) -> bool:
    """Whether a variable of one action and one of another may stand for the same object."""
    one = [t for p in form.parameters if p.name == variable.name for t in p.types]
    other = [t for p in movement.parameters if p.name == mover.name for t in p.types]
    return any(rules.is_subtype(a, b) or rules.is_subtype(b, a) for a in one for b in other)
