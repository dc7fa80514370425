"""Control rules as a guide: preferences, prohibitions, ranks, orders and walks."""

import numpy as np
import pytest

from planner.guides.control_rules import ControlRules
from planner.kr.control import ControlRule, GoalOrder, StepPattern, WalkPattern
from planner.kr.formulas import TRUE, Closure, Modal, Not, conjoin
from planner.kr.terms import Variable
from planner.search.levin import LevinTS
from planner.search.limits import Meter
from planner.search.result import Status
from tests.search.worlds import (
    StripsWorld,
    atom,
    blocks_task,
    delivery_task,
    literals,
    replay,
)


def do(text):
    found = atom(text)
    return StepPattern(found.predicate, found.arguments)


def walk(mover, start, end):
    return WalkPattern(Variable(mover), Variable(start), Variable(end))


def ready(text):
    return Modal("ready", atom(text))


def goal_open(text):
    return Modal("open", atom(text))


def judge(world, state=None):
    state = world.initial() if state is None else state
    legal = world.legal_steps(state)
    (judgement,) = ControlRules().bind(world).judge([state], [legal])
    names = [str(world.describe(int(step))) for step in legal]
    return names, judgement


def preferred(world):
    names, judgement = judge(world)
    if judgement.preferred is None:
        return []
    return [name for name, best in zip(names, judgement.preferred, strict=True) if best]


def blocks(control=(), orders=(), towers=("ab", "c"), goal="on(a, b) & on(b, c)"):
    return StripsWorld(blocks_task(towers, goal, control=tuple(control), orders=tuple(orders)))


def test_a_rule_prefers_the_steps_it_names():
    rule = ControlRule(TRUE, (do("unstack(?x, ?y)"),))

    assert preferred(blocks([rule])) == ["(unstack b a)"]


def test_preferred_steps_get_the_mass_and_the_others_some():
    names, judgement = judge(blocks([ControlRule(TRUE, (do("unstack(?x, ?y)"),))]))

    prior = dict(zip(names, np.exp(judgement.log_prior), strict=True))
    assert prior["(unstack b a)"] == pytest.approx(0.95)
    assert sum(prior.values()) == pytest.approx(1.0)
    assert min(prior.values()) > 0


def test_goal_atoms_are_read():
    rule = ControlRule(Modal("goal", atom("on(?x, ?y)")), (do("pick-up(?x)"),))

    # b is asked for on c, but lies on a; c is not asked for on anything.
    assert preferred(blocks([rule], towers=("a", "b", "c"))) == ["(pick-up a)", "(pick-up b)"]


def test_an_order_makes_the_later_goal_wait():
    rule = ControlRule(TRUE, (do("pick-up(?x)"),), pursues=ready("on(?x, ?y)"))
    order = GoalOrder(atom("on(?x, ?y)"), atom("on(?y, ?z)"))

    world = blocks([rule], [order], towers=("a", "b", "c"))

    assert preferred(world) == ["(pick-up b)"]


def test_an_order_reaches_past_a_goal_that_holds():
    # on(c, d) is open, on(b, c) holds: on(a, b) waits all the same.
    rule = ControlRule(TRUE, (do("pick-up(?x)"),), pursues=ready("on(?x, ?y)"))
    order = GoalOrder(atom("on(?x, ?y)"), atom("on(?y, ?z)"))

    world = blocks([rule], [order], ("a", "cb", "d"), "on(a, b) & on(b, c) & on(c, d)")

    assert preferred(world) == []


def test_an_order_may_have_a_condition():
    rule = ControlRule(TRUE, (do("pick-up(?x)"),), pursues=ready("on(?x, ?y)"))
    order = GoalOrder(atom("on(?x, ?y)"), atom("on(?y, ?z)"), atom("on(?, ?z)"))
    order = GoalOrder(order.later, order.earlier, conjoin(atom("clear(?z)"), atom("holding(?z)")))

    assert preferred(blocks([rule], [order], towers=("a", "b", "c"))) == [
        "(pick-up a)",
        "(pick-up b)",
    ]


def test_lower_ranks_are_asked_first():
    rules = [
        ControlRule(TRUE, (do("unstack(?x, ?y)"),), rank=1),
        ControlRule(literals("ontable(?x)"), (do("pick-up(?x)"),), rank=0),
    ]

    assert preferred(blocks(rules)) == ["(pick-up c)"]


def test_closures_find_what_lies_anywhere_below():
    x, y, z = Variable("x"), Variable("y"), Variable("z")
    condition = conjoin(Closure("on", (x, z)), atom("clear(?x)"), atom("on(?x, ?y)"))
    rule = ControlRule(condition, (do("unstack(?x, ?y)"),), pursues=goal_open("on(?z, ?w)"))

    world = blocks([rule], towers=("abcd", "ef"), goal="on(a, e)")

    assert preferred(world) == ["(unstack d c)"]
    assert y.name == "y"


def test_negation_and_inequality():
    condition = conjoin(
        literals("ontable(?x) & clear(?x) & ?x != ?y & ontable(?y)"), Not(atom("clear(?y)"))
    )

    world = blocks([ControlRule(condition, (do("pick-up(?x)"),))])

    assert preferred(world) == ["(pick-up c)"]


def test_a_forbidden_step_is_impossible_and_leaves_no_proof():
    rules = [ControlRule(TRUE, (do("unstack(?x, ?y)"),), forbids=True)]
    world = blocks(rules)

    names, judgement = judge(world)
    outcome = LevinTS().run(world, ControlRules(), Meter())

    assert judgement.log_prior[names.index("(unstack b a)")] == -np.inf
    assert outcome.status is Status.EXHAUSTED


def test_a_walk_is_filled_in_by_its_first_step():
    rule = ControlRule(
        literals("lies(?p, ?l) & at(?v, ?m) & free(?v)"),
        (walk("v", "m", "l"), do("load(?p, ?v, ?l)")),
        pursues=ready("lies(?p, ?d)"),
    )
    world = StripsWorld(delivery_task(5, [(3, 0)], control=(rule,)))

    assert preferred(world) == ["(drive v l0 l1)"]


def test_the_nearest_binding_weighs_most():
    rule = ControlRule(
        literals("lies(?p, ?l) & at(?v, ?m) & free(?v)"),
        (walk("v", "m", "l"), do("load(?p, ?v, ?l)")),
        pursues=ready("lies(?p, ?d)"),
    )
    task = delivery_task(6, [(0, 5), (3, 0)], control=(rule,))

    names, judgement = judge(StripsWorld(task))

    prior = dict(zip(names, np.exp(judgement.log_prior), strict=True))
    assert prior["(load p0 v l0)"] > 5 * prior["(drive v l0 l1)"]


def test_a_search_with_the_guide_is_quick():
    rules = [
        ControlRule(
            literals("lies(?p, ?l) & at(?v, ?m) & free(?v)"),
            (walk("v", "m", "l"), do("load(?p, ?v, ?l)")),
            pursues=ready("lies(?p, ?d)"),
        ),
        ControlRule(
            literals("in(?p, ?v) & at(?v, ?m)"),
            (walk("v", "m", "d"), do("unload(?p, ?v, ?d)")),
            pursues=ready("lies(?p, ?d)"),
        ),
    ]
    world = StripsWorld(delivery_task(6, [(1, 5), (4, 0)], control=tuple(rules)))

    outcome = LevinTS().run(world, ControlRules(), Meter())

    assert replay(world, outcome)
    assert outcome.expanded < 40
