"""A step space of frozen sets, slow and obvious, and the blocks world written by hand."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise, product

import numpy as np

from planner.interfaces import Table
from planner.kr.actions import ActionSchema, Effect
from planner.kr.formulas import And, Atom, conjuncts
from planner.kr.rules import Predicate
from planner.kr.task import RuleBase, Task
from planner.kr.terms import TypedVariable, Variable
from planner.plan import Step

X, Y = Variable("x"), Variable("y")


class FactSpace:
    """All atoms and steps over the objects of a task; preconditions are conjunctions of atoms."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.constants = tuple(task.all_objects)
        fluents = [p for p in task.rules.predicates.values() if p.name in task.rules.fluents]
        self.atom_list = [
            Atom(p.name, row) for p in fluents for row in product(self.constants, repeat=p.arity)
        ]
        self.atom_number = {atom: n for n, atom in enumerate(self.atom_list)}
        self.atoms = self.table(self.atom_list)
        self.static = self.table([f for f in task.facts if f.predicate not in task.rules.fluents])
        self.step_list = [
            (n, row)
            for n, a in enumerate(task.rules.actions)
            for row in product(self.constants, repeat=len(a.parameters))
        ]
        width = max(len(row) for _, row in self.step_list)
        self.steps = Table(
            np.array([n for n, _ in self.step_list], dtype=np.int32),
            np.array([self.row(r, width) for _, r in self.step_list], dtype=np.int32),
        )
        self.costs = np.ones(len(self.step_list), dtype=np.int64)
        self.cost_scale = 1
        self.states: list[frozenset[Atom]] = []
        self.number: dict[frozenset[Atom], int] = {}
        self.facts = frozenset(f for f in task.facts if f.predicate not in task.rules.fluents)
        self.start = self.enter(frozenset(f for f in task.facts if f in self.atom_number))

    def row(self, arguments, width):
        return [self.constants.index(a) for a in arguments] + [-1] * (width - len(arguments))

    def table(self, atoms):
        names = list(self.task.rules.predicates)
        width = max([len(a.arguments) for a in atoms], default=0)
        rows = [self.row(a.arguments, width) for a in atoms]
        return Table(
            np.array([names.index(a.predicate) for a in atoms], dtype=np.int32),
            np.array(rows, dtype=np.int32).reshape(len(atoms), width),
        )

    def enter(self, facts: frozenset[Atom]) -> int:
        if facts not in self.number:
            self.number[facts] = len(self.states)
            self.states.append(facts)
        return self.number[facts]

    def initial(self) -> int:
        return self.start

    def bound(self, step: int):
        schema, row = self.step_list[step]
        action = self.task.rules.actions[schema]
        binding = {Variable(p.name): o for p, o in zip(action.parameters, row, strict=True)}
        return action, binding

    @staticmethod
    def ground(atom: Atom, binding) -> Atom:
        return Atom(atom.predicate, tuple(binding.get(a, a) for a in atom.arguments))

    def legal_steps(self, state: int):
        true = self.states[state] | self.facts
        legal = []
        for step in range(len(self.step_list)):
            action, binding = self.bound(step)
            if all(self.ground(a, binding) in true for a in conjuncts(action.precondition)):
                legal.append(step)
        return np.array(legal, dtype=np.int32)

    def successor(self, state: int, step: int) -> int:
        action, binding = self.bound(step)
        deleted = {self.ground(e.atom, binding) for e in action.effects if not e.positive}
        added = {self.ground(e.atom, binding) for e in action.effects if e.positive}
        return self.enter((self.states[state] - deleted) | added)

    def is_goal(self, state: int) -> bool:
        true = self.states[state] | self.facts
        return all(atom in true for atom in conjuncts(self.task.goal))

    def true_atoms(self, state: int):
        numbers = sorted(self.atom_number[a] for a in self.states[state])
        return np.array(numbers, dtype=np.int32)

    def describe(self, step: int) -> Step:
        schema, row = self.step_list[step]
        return Step(self.task.rules.actions[schema].name, row, Fraction(1))


def _action(name, parameters, needs, adds, deletes) -> ActionSchema:
    return ActionSchema(
        name,
        tuple(TypedVariable(v.name, ("block",)) for v in parameters),
        And(tuple(needs)),
        tuple(
            [Effect(a) for a in adds] + [Effect(a, positive=False) for a in deletes],
        ),
    )


def blocks_rules(rename=lambda name: name) -> RuleBase:
    """The four-operator blocks world, with every name passed through ``rename``."""
    on, table = Atom(rename("on"), (X, Y)), Atom(rename("ontable"), (X,))
    holding, empty = Atom(rename("holding"), (X,)), Atom(rename("handempty"))
    clear, clear_y = Atom(rename("clear"), (X,)), Atom(rename("clear"), (Y,))
    block = (("object",),)
    predicates = {
        "on": 2,
        "ontable": 1,
        "clear": 1,
        "holding": 1,
        "handempty": 0,
    }
    return RuleBase(
        name="blocks",
        types={"block": "object"},
        predicates={rename(n): Predicate(rename(n), block * k) for n, k in predicates.items()},
        actions=(
            _action(
                rename("pick-up"), [X], [clear, table, empty], [holding], [clear, table, empty]
            ),
            _action(rename("put-down"), [X], [holding], [table, clear, empty], [holding]),
            _action(
                rename("stack"), [X, Y], [holding, clear_y], [on, clear, empty], [holding, clear_y]
            ),
            _action(
                rename("unstack"),
                [X, Y],
                [on, clear, empty],
                [holding, clear_y],
                [on, clear, empty],
            ),
        ),
    )


def towers(towers, goal, rename=lambda name: name, order=None) -> Task:
    """A task from towers written bottom first, and the ``on`` atoms of a goal.

    ``order`` gives the blocks in another order of declaration.
    """
    blocks = order or sorted(b for tower in towers for b in tower)
    init = [Atom(rename("handempty"))]
    for tower in towers:
        init.append(Atom(rename("ontable"), (rename(tower[0]),)))
        init.append(Atom(rename("clear"), (rename(tower[-1]),)))
        init += [Atom(rename("on"), (rename(b), rename(a))) for a, b in pairwise(tower)]
    return Task(
        blocks_rules(rename),
        objects={rename(b): "block" for b in blocks},
        init=tuple(init),
        goal=And(tuple(Atom(rename("on"), (rename(a), rename(b))) for a, b in goal)),
    )
