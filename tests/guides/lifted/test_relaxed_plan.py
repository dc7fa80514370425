"""The lifted relaxation beside the ground one."""

from __future__ import annotations

import pytest

from planner.guides.lifted.compile import is_idle_unless_goal
from planner.guides.lifted.relaxed_plan import LiftedRelaxation
from planner.guides.relaxation import RelaxationGuide
from planner.io.load import load_task_text
from planner.spaces.ground import GroundSpace
from planner.spaces.grounding import ground
from planner.spaces.lifted import LiftedSpace
from planner.spaces.lifted_schema import ground as ground_pattern

BLOCKS = """
types: {block: object}
predicates:
  on(block, block):
  ontable(block):
  holding(block):
  handempty:
  clear(block):
actions:
  pick-up(?x - block):
    if: ontable(?x) and clear(?x) and handempty
    then: holding(?x) and not ontable(?x) and not clear(?x) and not handempty
  put-down(?x - block):
    if: holding(?x)
    then: ontable(?x) and clear(?x) and handempty and not holding(?x)
  stack(?x - block, ?y - block):
    if: holding(?x) and clear(?y)
    then: on(?x, ?y) and clear(?x) and handempty and not holding(?x) and not clear(?y)
  unstack(?x - block, ?y - block):
    if: on(?x, ?y) and clear(?x) and handempty
    then: holding(?x) and clear(?y) and not on(?x, ?y) and not clear(?x) and not handempty
"""

SUSSMAN = """
objects: {block: [a, b, c]}
init:
  - on(c, a)
  - ontable(a)
  - ontable(b)
  - clear(c)
  - clear(b)
  - handempty
goal: on(a, b) and on(b, c)
"""

ERRANDS = """
types: {place: object, thing: object}
predicates:
  road(place, place):
  at(place):
  lies(thing, place):
  has(thing):
  seen(place, place):
actions:
  go(?a - place, ?b - place):
    if: at(?a) and road(?a, ?b) and ?a != ?b
    then: at(?b) and seen(?a, ?b) and not at(?a)
  take(?t - thing, ?p - place):
    if: at(?p) and lies(?t, ?p)
    then: has(?t) and not lies(?t, ?p)
objects: {place: [p0, p1, p2, p3], thing: [key, nut]}
init:
  - at(p0)
  - road(p0, p1)
  - road(p1, p2)
  - road(p2, p3)
  - road(p2, p2)
  - lies(key, p3)
  - lies(nut, p1)
"""


def nothing() -> None:
    """No limit."""


def relaxation_of(text: str) -> tuple[LiftedSpace, LiftedRelaxation]:
    space = LiftedSpace(load_task_text(text))
    return space, LiftedRelaxation(space, nothing)


def named(space: LiftedSpace, steps) -> list[str]:
    found = []
    for schema, arguments in steps:
        words = [space.task.rules.actions[schema].name, *(space.constants[a] for a in arguments)]
        found.append(" ".join(str(word) for word in words))
    return found


def test_the_relaxed_plan_of_a_chain_is_the_chain():
    space, relaxation = relaxation_of(ERRANDS + "goal: has(key) and has(nut)")

    plan = relaxation.relaxed_plan(space.initial())

    assert plan is not None
    assert sorted(named(space, plan.steps)) == [
        "go p0 p1",
        "go p1 p2",
        "go p2 p3",
        "take key p3",
        "take nut p1",
    ]
    assert named(space, plan.steps).index("go p0 p1") < named(space, plan.steps).index("go p1 p2")


def test_a_goal_that_nothing_reaches_is_named():
    space, relaxation = relaxation_of(ERRANDS + "goal: has(nut) and at(p2) and seen(p2, p2)")

    plan = relaxation.relaxed_plan(space.initial())

    assert plan is None
    unreached = relaxation.unreached_goal()
    assert unreached is not None
    assert str(space.atom(unreached)) == "seen(p2, p2)"


def test_judging_a_state_leaves_nothing_behind():
    space, relaxation = relaxation_of(ERRANDS + "goal: has(key) and has(nut)")
    first = relaxation.relaxed_plan(space.initial())
    seen = [space.initial()]
    for state in seen:
        for step in space.legal_steps(state).tolist():
            following = space.successor(state, step)
            if following not in seen:
                seen.append(following)
                relaxation.relaxed_plan(following)

    again = relaxation.relaxed_plan(space.initial())

    assert len(seen) == 9
    assert again == first


def test_dead_ends_are_those_of_the_ground_relaxation():
    text = ERRANDS + "goal: has(key) and has(nut)"
    space, relaxation = relaxation_of(text)
    ground_space = GroundSpace(ground(load_task_text(text)))
    guide = RelaxationGuide("h_add").bind(ground_space)
    pairs, seen = [(space.initial(), ground_space.initial())], {space.initial()}
    dead = 0
    for lifted_state, ground_state in pairs:
        value = guide.judge([ground_state], [ground_space.legal_steps(ground_state)])[0].value
        assert (relaxation.relaxed_plan(lifted_state) is None) == (value == float("inf"))
        dead += value == float("inf")
        steps = {str(ground_space.describe(s)): s for s in ground_space.legal_steps(ground_state)}
        for step in space.legal_steps(lifted_state).tolist():
            following = space.successor(lifted_state, step)
            if following not in seen:
                seen.add(following)
                other = ground_space.successor(ground_state, steps[str(space.describe(step))])
                pairs.append((following, other))

    assert dead > 0


@pytest.mark.parametrize("state_count", [40])
def test_relaxed_plans_reach_the_goal_where_steps_only_add(state_count: int):
    space, relaxation = relaxation_of(BLOCKS + SUSSMAN)
    seen = [space.initial()]
    for state in seen[:state_count]:
        seen += [
            following
            for step in space.legal_steps(state).tolist()
            if (following := space.successor(state, step)) not in seen
        ]
        plan = relaxation.relaxed_plan(state)
        assert plan is not None

        facts = set(space.facts(state))
        for schema, arguments in plan.steps:
            needed = [
                space.atom_number(p.predicate, ground_pattern(p, arguments))
                for p in space.schemas[schema].patterns
                if p.predicate in space.fluents
            ]
            assert facts.issuperset(needed)
            facts.update(
                space.atom_number(p.predicate, ground_pattern(p, arguments))
                for p in space.schemas[schema].add
            )

        assert facts >= space.goal_atoms


def test_stacking_helps_only_goals():
    space = LiftedSpace(load_task_text(BLOCKS + SUSSMAN))
    stack, pick_up = space.schemas[2], space.schemas[0]
    on = space.predicates["on"]

    effect = next(atom for atom in stack.add if atom.predicate == on)

    assert is_idle_unless_goal(effect, stack, space)
    assert not is_idle_unless_goal(pick_up.add[0], pick_up, space)
