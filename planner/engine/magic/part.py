"""The part of a model that the answers to a goal rest on, under the names of its own predicates.

The rules rewritten for a goal derive copies of predicates that hold only what was asked for. What
a row of a copy can rest on was asked for as well, so put together the copies of a predicate have
every derivation of the goal that the whole model has: proofs in it are as low, and as many.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.engine.extension import TinyExtension
from planner.engine.facts import Facts
from planner.engine.forward import Program
from planner.engine.magic.ask import plan_goal
from planner.engine.model import Model
from planner.engine.program import plan_clauses

if TYPE_CHECKING:
    from planner.engine.extension import Extension
    from planner.engine.forward import Watch
    from planner.engine.magic.ask import GoalPlan, Way
    from planner.interfaces import IntArray
    from planner.kr.task import Task

__all__ = ["part_for_goal"]

_FEW_FACTS = 2_000
"""Up to so many facts, all that follows from them is soon derived."""
_TINY_ROWS = 2_000


def part_for_goal(
    task: Task, *, way: Way = "auto", meter: Watch | None = None, facts: Facts | None = None
) -> Model | None:
    """What the answers to a task's goal rest on, ``None`` where the whole model is as good.

    The predicates in `Model.partial` may lack rows that the goal has nothing to do with, so what
    does not hold must be explained from the whole model.

    Args:
        task: its goal is asked.
        way: ``demand`` derives only what the goal needs wherever the rules can be rewritten.
        meter: says when to stop.
        facts: the task's facts with others beside them.

    Raises:
        InputError: when the goal leaves a variable unbound, or a number overflows.
        LimitError: when the meter says so.
    """
    facts = Facts.of_task(task) if facts is None else facts
    if way == "auto" and len(facts) <= _FEW_FACTS:
        return None
    planned = plan_goal(task, way=way, facts=facts)
    if isinstance(planned, str):
        return None
    return _put_together(planned, Program(planned.plan).run(facts, meter=meter))


def _put_together(planned: GoalPlan, found: Model) -> Model:
    """The model over the rules as they were written."""
    copies: dict[str, list[str]] = {}
    for asked in planned.demands:
        copies.setdefault(asked.rpartition("#")[0], []).append(asked.removesuffix("?"))
    derived = dict.fromkeys(clause.head.predicate for clause in planned.plan.clauses)
    needed = {*derived, *copies}
    clauses = [clause for clause in planned.clauses if clause.head.predicate in needed]
    original = plan_clauses(planned.plan.rules, clauses, planned.tallies)
    whole = [name for name in derived if name in original.arities and name not in copies]
    extensions = {name: found.extension(name) for name in whole}
    bits = max(1, (len(found.symbols) - 1).bit_length())
    for name, parts in copies.items():
        rows = [found.rows(part).reshape(-1, original.arities[name]) for part in parts]
        extensions[name] = _extension(name, np.concatenate(rows), bits)
    return Model(original, planned.facts, extensions, partial=copies)


def _extension(name: str, rows: IntArray, bits: int) -> Extension:
    if len(rows) <= _TINY_ROWS:
        return TinyExtension(dict.fromkeys(map(tuple, rows.tolist()), 0), rows.shape[1])
    from planner.engine.runs.relation import Relation
    from planner.engine.runs.view import RunsExtension

    return RunsExtension(Relation.of(name, rows, bits))
