"""Recorded searches for the tests: a plain best-first search over hand-made step spaces."""

from __future__ import annotations

import heapq
import itertools

import numpy as np

from planner.interfaces import Expansion
from planner.kr.actions import ActionSchema, Effect
from planner.kr.formulas import Atom, Not, conjoin
from planner.kr.rules import Predicate
from planner.kr.task import RuleBase, Task
from planner.kr.terms import TypedVariable, Variable
from planner.plan import Plan
from planner.search.result import Outcome, Status
from planner.spaces.ground import GroundSpace
from planner.spaces.grounding import ground
from planner.trace.reader import read_trace
from planner.trace.writer import TraceWriter


def corridor_task(length=4, names=None, meaning="the robot is in {0}"):
    """A robot walks along rooms in a row; one room has a trap door that never opens again."""
    rooms = names or [f"room{i}" for i in range(length)]
    here, there = Variable("here"), Variable("there")
    walk = ActionSchema(
        "walk",
        (TypedVariable("here", ("room",)), TypedVariable("there", ("room",))),
        conjoin(Atom("in", (here,)), Atom("door", (here, there)), Not(Atom("trapped", ()))),
        (Effect(Atom("in", (there,))), Effect(Atom("in", (here,)), positive=False)),
        text="walk from {here} to {there}",
    )
    fall = ActionSchema(
        "fall",
        (TypedVariable("here", ("room",)),),
        conjoin(Atom("in", (here,)), Not(Atom("trapped", ()))),
        (Effect(Atom("trapped", ())),),
    )
    doors = [Atom("door", pair) for pair in itertools.pairwise(rooms)]
    back = [Atom("door", pair) for pair in zip(rooms[1:], rooms, strict=False)]
    room = (("room",),)
    base = RuleBase(
        name="corridor",
        types={"room": "object"},
        predicates={
            "in": Predicate("in", room, meaning),
            "door": Predicate("door", room * 2, "a door leads from {0} to {1}"),
            "trapped": Predicate("trapped", (), "the robot is trapped"),
        },
        actions=(walk, fall),
    )
    return Task(
        base,
        name="walk",
        objects=dict.fromkeys(rooms, "room"),
        init=(Atom("in", (rooms[0],)), *doors, *back),
        goal=Atom("in", (rooms[-1],)),
    )


def search(space, sink, *, limit=10_000, priors=True):
    """Breadth first; a state without legal steps is judged a dead end, others by their depth."""
    start = space.initial()
    node_of, known = {start: 0}, [(-1, -1, start, 0)]
    waiting, expanded = [(0, 0)], 0
    while waiting and expanded < limit:
        node = heapq.heappop(waiting)[1]
        parent, step, state, cost = known[node]
        steps = space.legal_steps(state)
        successors = []
        for legal in steps.tolist():
            after = space.successor(state, legal)
            if after in node_of:
                successors.append(-1)
                continue
            node_of[after] = len(known)
            successors.append(len(known))
            heapq.heappush(waiting, (cost + 1, len(known)))
            known.append((node, legal, after, cost + 1))
        weights = np.arange(1, len(steps) + 1, dtype=float)
        sink.expanded(
            Expansion(
                node,
                parent,
                step,
                state,
                cost,
                float(cost) if len(steps) else float("inf"),
                steps,
                np.log(weights / weights.sum()) if priors and len(steps) else None,
                np.array(successors, dtype=np.int32),
            )
        )
        expanded += 1
        for child in successors:
            if child >= 0 and space.is_goal(known[child][2]):
                return Outcome(
                    Status.SOLVED,
                    _path(known, child),
                    cost=known[child][3],
                    expanded=expanded,
                    generated=len(known),
                )
    status = Status.LIMIT if waiting else Status.UNSOLVABLE
    reason = "expansions" if waiting else ""
    return Outcome(status, reason=reason, expanded=expanded, generated=len(known))


def _path(known, node):
    steps = []
    while node > 0:
        steps.append(known[node][1])
        node = known[node][0]
    return tuple(reversed(steps))


def record(path, task, *, proofs=None, limit=10_000, space=None, **options):
    """Search, write the record, and read it back."""
    space = space or GroundSpace(ground(task))
    with TraceWriter(path, task, space, "breadth first", 7, **options) as writer:
        outcome = search(space, writer, limit=limit)
        plan = None
        if outcome.steps is not None:
            plan = Plan(tuple(space.describe(step) for step in outcome.steps))
        writer.finish(outcome, plan, proofs)
    return read_trace(path)
