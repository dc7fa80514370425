"""Walks: actions that only move something from one place to the next, found by their syntax.

A run of such steps is one macro step, ``walk ?v from ?a to ?b``, filled in by breadth-first search
over the places; rules then hold for any distance (a generalisation of the goal-regression rules of
Chen, Hofmann, Klassen and McIlraith, AAAI 2026).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.kr.strips import StripsSchema, strips_form
from planner.kr.terms import Variable

if TYPE_CHECKING:
    from planner.kr.formulas import Atom
    from planner.kr.task import RuleBase

__all__ = ["Movement", "movements"]


@dataclass(frozen=True, slots=True)
class Movement:
    """A schema that moves one argument of one fluent atom.

    Attributes:
        source, target: the fluent atom before and after, over the schema's parameters.
        place: the argument of ``source`` that changes, counted from 0.
        dynamic: whether other fluents decide where it may go, so that ways change with the state.
    """

    schema: StripsSchema
    source: Atom
    target: Atom
    place: int
    dynamic: bool
    marks: bool = False
    needs: tuple[Atom, ...] = ()

    @property
    def companions(self) -> frozenset[str]:
        """Variables of the needs that say neither what moves nor between which places."""
        ends = (*self.source.arguments, *self.target.arguments)
        return frozenset(
            a.name
            for atom in self.needs
            for a in atom.arguments
            if isinstance(a, Variable) and a not in ends
        )

    @property
    def is_plain(self) -> bool:
        """Whether it asks for nothing that changes, and changes nothing but where the mover is."""
        return not (self.dynamic or self.marks or self.needs)

    @property
    def predicate(self) -> str:
        """The predicate that says where the mover is."""
        return self.source.predicate


def movements(rules: RuleBase) -> tuple[Movement, ...]:
    """The movements of a rule base, in the order of its actions."""
    forms = (strips_form(action) for action in rules.actions)
    found = (_movement(form, rules) for form in forms if form is not None)
    return tuple(m for m in found if m is not None)


def _movement(schema: StripsSchema, rules: RuleBase) -> Movement | None:
    changing = rules.fluents | rules.derived
    for source in schema.positive:
        if source not in schema.delete:
            continue
        for target in schema.add:
            place = _moved_place(source, target)
            if place is None:
                continue
            start, end = source.arguments[place], target.arguments[place]
            others = [a for a in schema.positive if a.predicate in changing and a != source]
            needs = tuple(a for a in others if not {start, end} & {*a.arguments})
            others = [a for a in others if a not in needs]
            effects = [a for a in schema.add + schema.delete if a not in (source, target)]
            refused = [a for a in schema.negative if a.predicate in changing and a != target]
            on_target = all(a.arguments == (end,) for a in others + refused)
            on_ends = all(a.arguments in ((start,), (end,)) for a in effects)
            # What must hold all the way is followed only where nothing else is to be looked at.
            alone = not (others or refused or effects)
            steady = not {a.predicate for a in needs} & {source.predicate, *rules.derived}
            if on_target and on_ends and (not needs or (alone and steady)):
                dynamic = bool(others or refused)
                found = Movement(schema, source, target, place, dynamic, bool(effects), needs)
                return found if _companions_are_free(found, changing) else None
    return None


def _companions_are_free(movement: Movement, changing: frozenset[str]) -> bool:
    """Whether no static condition ties a companion to a place: then each way is open to all."""
    start, end = (atom.arguments[movement.place] for atom in (movement.source, movement.target))
    companions = movement.companions
    static = [a for a in movement.schema.positive if a.predicate not in changing]
    tied = [
        a
        for a in static
        if {start, end} & {*a.arguments}
        and any(isinstance(t, Variable) and t.name in companions for t in a.arguments)
    ]
    return not tied and not (companions and movement.schema.tests)


def _moved_place(source: Atom, target: Atom) -> int | None:
    """The one argument in which two atoms of a predicate differ, both variables there."""
    if source.predicate != target.predicate:
        return None
    pairs = enumerate(zip(source.arguments, target.arguments, strict=True))
    changed = [place for place, (before, after) in pairs if before != after]
    if len(changed) != 1:
        return None
    place = changed[0]
    both = (source.arguments[place], target.arguments[place])
    return place if all(isinstance(a, Variable) for a in both) else None
