"""Derived facts that advice reads where a space's states lack them, kept as states change."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.engine.facts import Facts
from planner.engine.forward import task_rules
from planner.engine.maintain.live import LiveModel
from planner.kr.cone import derived_below

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from planner.kr.formulas import Atom
    from planner.kr.task import Task

__all__ = ["DerivedFacts"]


class DerivedFacts:
    """What the rules of a task derive for some predicates, from state to state.

    Each change costs time in proportion to what it changes. No fact that actions change holds
    at first.

    Args:
        task: its facts, those left out that actions change, and its rules.
        names: the derived predicates that are wanted.
    """

    def __init__(self, task: Task, names: Collection[str]) -> None:
        rules = task.rules
        self._names = tuple(names)
        facts, init = (
            tuple(atom for atom in atoms if atom.predicate not in rules.fluents)
            for atoms in (rules.facts, task.init)
        )
        below = derived_below(rules, names)
        needed = tuple(rule for rule in rules.rules if rule.head.predicate in below)
        unchanging = replace(task, rules=replace(rules, facts=facts, rules=needed), init=init)
        self._live = LiveModel(
            task_rules(unchanging),
            Facts.of_task(unchanging),
            declared=tuple(rules.predicates.values()),
        )

    @property
    def at_first(self) -> Iterator[Atom]:
        """The wanted facts that hold now."""
        model = self._live.model()
        for name in self._names:
            yield from model.atoms(name)

    def follow(self, changes: Iterable[tuple[Atom, bool]]) -> Iterator[tuple[Atom, bool]]:
        """The wanted facts that change, with whether they hold, after facts come and go."""
        come: list[Atom] = []
        gone: list[Atom] = []
        for atom, holds in changes:
            (come if holds else gone).append(atom)
        change = self._live.update(come, gone)
        for name in self._names:
            yield from ((atom, False) for atom in change.became_false(name))
            yield from ((atom, True) for atom in change.became_true(name))
