"""Rows of parts of conditions are kept while they hold, and the same as those found anew."""

from __future__ import annotations

import random

import pytest

from planner.guides.matching import compile_queries
from planner.guides.part_rows import PartRows
from planner.guides.queries import Slots
from planner.guides.rule_parts import split
from planner.guides.state_facts import StateFacts
from planner.io.load import load_task_text
from planner.kr.formulas import conjoin
from planner.spaces.lifted import LiftedSpace
from tests.guides.couriers import couriers


def parts_of(facts, rule, names, measured):
    slots = Slots()
    given = [slots.of(name) for name in names]
    (query,) = compile_queries(facts, conjoin(rule.pursues, rule.condition), slots)
    return split(query, given, frozenset(names.index(name) for name in measured))


@pytest.mark.parametrize("seed", range(8))
def test_kept_rows_are_those_found_anew(seed):
    # Given parcels and vans, and a walk through the task's states.
    task = couriers(seed, "first")
    space = LiftedSpace(task)
    facts = StateFacts(space)
    rule = task.rules.control[0]
    names = ["p", "d", "l", "v", "m"]
    parts = parts_of(facts, rule, names, names) + parts_of(facts, rule, names, ["d", "l"])
    rows, draws, state = PartRows(facts.index), random.Random(seed), space.initial()
    followed = 0
    for _ in range(60):
        facts.move_to(state)
        for part in parts:
            found = rows.of(part)
            # Then what is kept says the same as what is matched anew, in order.
            told = [[row[place] for place in part.measured] for row in found]
            anew = [[row[place] for place in part.measured] for row in part.rows()]
            assert told == sorted(anew)
            followed += bool(found) and min(found[0], default=0) < 0
        legal = space.legal_steps(state).tolist()
        state = space.successor(state, draws.choice(legal)) if legal else space.initial()
    # And after a while matches are followed: what the cost does not read is left open.
    assert followed


LAMPS = """
task: lamps
types: {lamp: object, room: object}
predicates: {"lit(lamp)": "", "in(lamp, room)": ""}
actions:
  light(?l - lamp):
    if: not lit(?l)
    then: lit(?l)
control:
  - for: lit(?l)
    if: in(?l, ?r) and in(?, ?r)
    prefer: light(?l)
  - for: lit(?x)
    if: in(?x, ?y) and in(?, ?y)
    prefer: light(?x)
objects: {lamp: [a, b], room: [r]}
init: ["in(a, r)", "in(b, r)"]
goal: lit(a) and lit(b)
"""


def test_rules_share_what_they_ask():
    task = load_task_text(LAMPS)
    facts = StateFacts(LiftedSpace(task))
    rows = PartRows(facts.index)
    first, second = (
        parts_of(facts, rule, names, names)
        for rule, names in zip(task.rules.control, (["l", "r"], ["x", "y"]), strict=True)
    )

    assert rows.of(first[0]) is rows.of(second[0])
