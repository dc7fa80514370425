"""A ground task built by hand: lamps, a derived alarm, a conditional effect, complements.

Atoms: 0 lamp(a), 1 lamp(b), 2 bright (derived), 3 not lamp(a), 4 not bright, 5 done.
Operators: 0 switch-on(a), 1 switch-on(b), 2 toggle-all, 3 finish.
``bright`` holds when both lamps are on; toggle-all (no precondition) deletes both lamps, and adds
lamp(b) where lamp(a) was off; finish needs ``not bright`` and lamp(b).
"""

from types import MappingProxyType

import numpy as np

from planner.interfaces import Table
from planner.kr.actions import ActionSchema
from planner.kr.rules import Predicate
from planner.kr.task import RuleBase, Task
from planner.kr.terms import TypedVariable
from planner.spaces.ground_task import Csr, GroundTask


def int32(*values):
    return np.array(values, dtype=np.int32)


def lamps() -> GroundTask:
    predicates = [Predicate.of_arity("lamp", 1), Predicate("bright"), Predicate("done")]
    actions = (
        ActionSchema("switch-on", (TypedVariable("x"),), text="switch {x} on, <x>! {other}"),
        ActionSchema("toggle-all"),
        ActionSchema("finish"),
    )
    base = RuleBase(predicates=MappingProxyType({p.name: p for p in predicates}), actions=actions)
    task = Task(base, objects=MappingProxyType({"a": "object", "b": "object"}))
    return GroundTask(
        task=task,
        constants=("a", "b"),
        atoms=Table(int32(0, 0, 1, 0, 1, 2), int32(0, 1, -1, 0, -1, -1).reshape(6, 1)),
        complement=int32(3, -1, 4, -1, -1, -1),
        is_complement=np.array([False, False, False, True, True, False]),
        is_derived=np.array([False, False, True, False, True, False]),
        static=Table(int32(), np.zeros((0, 1), dtype=np.int32)),
        operators=Table(int32(0, 0, 1, 2), int32(0, 1, -1, -1).reshape(4, 1)),
        costs=np.array([25, 10, 10, 0], dtype=np.int64),
        cost_scale=10,
        precondition=Csr.of([[3], [], [], [4, 1]]),
        add=Csr.of([[0], [1], [], [5]]),
        delete=Csr.of([[], [], [0, 1], []]),
        conditional=Csr.of([[], [], [0], []]),
        condition=Csr.of([[3]]),
        conditional_add=Csr.of([[1]]),
        conditional_delete=Csr.of([[]]),
        axiom_head=int32(2),
        axiom_body=Csr.of([[0, 1]]),
        axiom_strata=int32(0, 1),
        initial=int32(),
        goal=int32(5, 0),
    )
