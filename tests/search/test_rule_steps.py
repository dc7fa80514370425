"""Search over rule steps."""

import itertools

import numpy as np
import pytest

from planner.guides.control_rules import BoundControlRules
from planner.guides.model_guide import ModelGuide
from planner.io.load import load_task_text
from planner.kr.control import ControlRule, GoalOrder, StepPattern, WalkPattern
from planner.kr.formulas import TRUE, Closure, Modal, conjoin
from planner.kr.terms import Variable
from planner.learn.lessons.label import explore
from planner.search.improve.replay import states_along
from planner.search.limits import Limits, Meter
from planner.search.result import Status
from planner.search.rollout import RuleRollout
from planner.search.rule_dives import RuleDives
from planner.search.rule_steps import RuleSteps
from planner.search.tree import Growth
from planner.spaces.lifted import LiftedSpace
from tests.search.test_regret import Recorder
from tests.search.worlds import (
    StripsWorld,
    TableGuide,
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


DELIVERY = (
    ControlRule(
        literals("lies(?p, ?l) & at(?v, ?m) & free(?v)"),
        (
            walk("v", "m", "l"),
            do("load(?p, ?v, ?l)"),
            walk("v", "l", "d"),
            do("unload(?p, ?v, ?d)"),
        ),
        pursues=Modal("ready", atom("lies(?p, ?d)")),
        name="deliver",
    ),
)

X, Y, Z = Variable("x"), Variable("y"), Variable("z")
ON = Modal("ready", atom("on(?x, ?y)"))
ABOVE = "clear(?u) & on(?u, ?w)"
BLOCKS = (
    ControlRule(
        literals("clear(?x) & clear(?y) & ontable(?x)"),
        (do("pick-up(?x)"), do("stack(?x, ?y)")),
        pursues=ON,
        name="build",
    ),
    ControlRule(
        literals("clear(?x) & clear(?y) & on(?x, ?w)"),
        (do("unstack(?x, ?w)"), do("stack(?x, ?y)")),
        pursues=ON,
        name="move",
    ),
    ControlRule(
        conjoin(Closure("on", (Variable("u"), X)), literals(ABOVE)),
        (do("unstack(?u, ?w)"), do("put-down(?u)")),
        pursues=ON,
        name="uncover x",
    ),
    ControlRule(
        conjoin(Closure("on", (Variable("u"), Y)), literals(ABOVE)),
        (do("unstack(?u, ?w)"), do("put-down(?u)")),
        pursues=ON,
        name="uncover y",
    ),
)
LAY = (
    ControlRule(
        literals("clear(?x) & on(?x, ?w)"),
        (do("unstack(?x, ?w)"), do("put-down(?x)")),
        pursues=Modal("ready", atom("ontable(?x)")),
        name="lay",
    ),
    ControlRule(
        conjoin(Closure("on", (Variable("u"), X)), literals(ABOVE)),
        (do("unstack(?u, ?w)"), do("put-down(?u)")),
        pursues=Modal("ready", atom("ontable(?x)")),
        name="uncover",
    ),
)
ORDER = (
    GoalOrder(atom("on(?x, ?y)"), atom("on(?y, ?z)")),
    GoalOrder(atom("on(?x, ?y)"), atom("ontable(?y)")),
)


@pytest.mark.parametrize("search", [RuleRollout(), RuleSteps()])
def test_a_delivery_is_one_rule_step(search):
    world = StripsWorld(delivery_task(8, [(3, 7), (6, 0)], control=DELIVERY))
    trace = Recorder()

    outcome = search.run(world, TableGuide(), Meter(), trace=trace)

    assert replay(world, outcome)
    assert outcome.expanded == 2
    assert outcome.cost == 3 + 1 + 4 + 1 + 1 + 1 + 6 + 1
    assert [e.note for e in trace.expansions] == [
        "rollout" if search.name == "rollout" else "rules",
        "deliver",
    ]


def test_rules_build_towers_of_any_height():
    names = "abcdefghijklmno"
    rng = np.random.default_rng(1)
    start = "".join(rng.permutation(list(names)))
    goal = " & ".join(f"on({a}, {b})" for a, b in itertools.pairwise(names))
    goal += " & ontable(o)"
    task = blocks_task(
        [start[:6], start[6:11], start[11:]], goal, control=BLOCKS + LAY, orders=ORDER
    )
    world = StripsWorld(task)

    outcome = RuleRollout().run(world, TableGuide(), Meter())

    assert replay(world, outcome)
    assert outcome.cost <= 4 * len(names)


def test_a_rollout_without_a_rule_gives_up_and_claims_nothing():
    world = StripsWorld(delivery_task(3, [(0, 2)], control=DELIVERY[:0]))

    outcome = RuleRollout().run(world, TableGuide(), Meter())

    assert outcome.status is Status.EXHAUSTED


def test_a_rule_that_runs_in_circles_is_left():
    there = ControlRule(literals("at(?v, ?a) & road(?a, ?b)"), (do("drive(?v, ?a, ?b)"),))
    world = StripsWorld(delivery_task(3, [(0, 2)], control=(there,)))

    outcome = RuleRollout(reach=0).run(world, TableGuide(), Meter(Limits(expansions=1000)))

    assert outcome.status is Status.EXHAUSTED
    assert outcome.expanded < 100


def test_the_search_goes_on_where_the_rules_end():
    load = ControlRule(
        literals("lies(?p, ?l) & at(?v, ?m) & free(?v)"),
        (walk("v", "m", "l"), do("load(?p, ?v, ?l)")),
        pursues=Modal("ready", atom("lies(?p, ?d)")),
    )
    world = StripsWorld(delivery_task(4, [(1, 3), (2, 0)], control=(load,)))

    outcome = RuleSteps().run(world, TableGuide(), Meter())

    assert replay(world, outcome)


def test_unsolvable_is_proved_as_nothing_is_dropped():
    task = delivery_task(3, [(0, 2)], control=DELIVERY)
    closed = [a for a in task.init if a.predicate != "road"]
    world = StripsWorld(
        type(task)(task.rules, objects=task.objects, init=tuple(closed), goal=task.goal)
    )

    outcome = RuleSteps().run(world, TableGuide(), Meter())

    assert outcome.status is Status.UNSOLVABLE


def test_forbidding_leaves_no_proof():
    forbid = ControlRule(TRUE, (do("load(?p, ?v, ?l)"),), forbids=True)
    world = StripsWorld(delivery_task(3, [(0, 2)], control=(*DELIVERY, forbid)))

    outcome = RuleSteps().run(world, TableGuide(), Meter())

    assert outcome.status is Status.EXHAUSTED


def test_first_step_rules_are_asked_again():
    rule = ControlRule(
        DELIVERY[0].condition, DELIVERY[0].steps, DELIVERY[0].pursues, name="deliver", run="first"
    )
    bring = ControlRule(
        literals("in(?p, ?v) & at(?v, ?m)"),
        (walk("v", "m", "d"), do("unload(?p, ?v, ?d)")),
        pursues=Modal("ready", atom("lies(?p, ?d)")),
    )
    world = StripsWorld(delivery_task(4, [(2, 0)], control=(rule, bring)))

    outcome = RuleRollout().run(world, TableGuide(), Meter())

    assert replay(world, outcome)
    assert outcome.expanded == 2


def test_limits_are_honest():
    world = StripsWorld(delivery_task(8, [(3, 7), (6, 0)], control=DELIVERY))

    outcome = RuleSteps().run(world, TableGuide(), Meter(Limits(expansions=1)))

    assert (outcome.status, outcome.reason) == (Status.LIMIT, "expansions")


class TestModelChoosesBindings:
    """A step model among what rules suggest."""

    def test_a_model_that_knows_better_shortens_the_plan(self):
        # Given rules that begin with the shortest errand, where another order saves walks.
        world = StripsWorld(delivery_task(6, PARCELS))
        rules = BoundControlRules(world, control=DELIVERY, orders=())
        plain = RuleRollout().follow(world, rules, Meter())
        # When a model knows the first steps of a cheapest plan.
        growth = Growth("rules", world, _Silent(), Meter())
        found = RuleDives().finish(growth, rules, ModelGuide(_Oracle()), plain.steps)
        # Then the plan gets shorter by the walks that this saves, and reaches the goal.
        assert reaches_goal(world, found)
        assert len(plain.steps) == 17 + 6
        assert len(found) == 8 + 6

    def test_where_rules_have_no_plan_the_model_may_find_one(self):
        # Given rules that advise but lead nowhere by themselves.
        world = StripsWorld(delivery_task(6, PARCELS))
        stuck = (ControlRule(TRUE, (do("load(?p, ?v, ?l)"),), name="load"),)
        rules = BoundControlRules(world, control=stuck, orders=())
        growth = Growth("rules", world, _Silent(), Meter())
        # When a model knows the way.
        found = RuleDives().finish(growth, rules, ModelGuide(_Oracle()), None)
        # Then its dive over legal steps finds it.
        assert reaches_goal(world, found)

    def test_where_rules_say_nothing_the_model_goes_on_until_they_do(self):
        # Given rules that fetch parcels and say nothing of where to unload them.
        world = StripsWorld(delivery_task(6, PARCELS))
        fetch = ControlRule(
            literals("lies(?p, ?l) & at(?v, ?m) & free(?v)"),
            (walk("v", "m", "l"), do("load(?p, ?v, ?l)")),
            pursues=Modal("ready", atom("lies(?p, ?d)")),
            name="fetch",
        )
        rules = BoundControlRules(world, control=(fetch,), orders=())
        trace = Recorder()
        growth = Growth("rules", world, _Silent(), Meter(), trace)
        # When a model knows the way.
        dives = RuleDives().explore(growth, rules, ModelGuide(_Oracle()), None)
        plan = next(found for found in dives if found is not None)
        # Then the first dive fetches by the rule, and unloads by the model.
        assert reaches_goal(world, plan)
        assert [e.note for e in trace.expansions].count("fetch") == len(PARCELS)

    @pytest.mark.parametrize("plain_first", [False, True])
    def test_a_dive_comes_back_from_a_dead_end(self, plain_first):
        # Given ways of which the likeliest leads nowhere.
        space = LiftedSpace(load_task_text(CAVE))
        growth = Growth("rules", space, _Silent(), Meter())
        rules = BoundControlRules(space)
        # When dives follow them.
        dives = RuleDives(plain_first=plain_first)
        plan = dives.finish(growth, rules, ModelGuide(_Sleepwalker()), None)
        # Then they come back and take another.
        assert [str(space.describe(step)) for step in plan] == ["(go e c)", "(go c x)"]

    def test_a_dive_that_wanders_leaves_the_others_their_part(self):
        # Given rules that lead round in circles, and work for as many steps as a plan takes.
        space = LiftedSpace(load_task_text(CAVE))
        growth = Growth("rules", space, _Silent(), Meter())
        # When there is hardly any work.
        found = RuleDives(work=10).finish(
            growth, BoundControlRules(space), ModelGuide(_Sleepwalker()), None
        )
        # Then nothing is found, and each dive took a step at most.
        assert found is None
        assert growth.meter.model_calls <= 3

    def test_a_limit_keeps_the_plan_of_the_rules(self):
        world = StripsWorld(delivery_task(6, PARCELS))
        rules = BoundControlRules(world, control=DELIVERY, orders=())
        plain = RuleRollout().follow(world, rules, Meter())
        # Given no expansions left.
        meter = Meter(Limits(expansions=0))
        growth = Growth("rules", world, _Silent(), meter)
        # When dives are to be made, then the plan is what it was.
        assert RuleDives().finish(growth, rules, ModelGuide(_Oracle()), plain.steps) == plain.steps

    def test_dives_that_would_take_too_long_are_not_begun(self):
        world = StripsWorld(delivery_task(6, PARCELS))
        rules = BoundControlRules(world, control=DELIVERY, orders=())
        plain = RuleRollout().follow(world, rules, Meter())
        growth = Growth("rules", world, _Silent(), Meter())
        found = RuleDives(work=10).finish(growth, rules, ModelGuide(_Oracle()), plain.steps)
        assert found == plain.steps
        assert growth.meter.model_calls == 0


PARCELS = [(5, 4), (3, 2), (0, 5)]


def reaches_goal(world, steps):
    states = states_along(world, steps)
    return states is not None and world.is_goal(states[-1])


class _Silent:
    """A policy that nobody asks."""

    pruned, evaluated = False, 0

    def branches(self, states):
        raise AssertionError("not asked")


CAVE = """
task: cave
types: {place: object}
predicates:
  at(place): ""
  way(place, place): ""
actions:
  go(?a - place, ?b - place):
    if: at(?a) and way(?a, ?b)
    then: at(?b) and not at(?a)
control:
  - name: try
    if: at(?a) and way(?a, ?b)
    prefer: go(?a, ?b)
objects: {place: [e, a, b, c, d, x]}
init:
  - at(e)
  - way(e, a)
  - way(e, b)
  - way(e, c)
  - way(a, d)
  - way(d, a)
  - way(c, x)
goal: at(x)
"""


class _Sleepwalker:
    """A step model that thinks the first legal step the likeliest."""

    kind = "sleepwalker"

    def bind(self, space):
        return self

    def log_probs(self, states, steps):
        return [-2.0 * np.arange(len(legal)) for legal in steps]

    def values(self, states):
        return None


class _Oracle:
    """A step model that knows the cheapest plans, by breadth-first search."""

    kind = "oracle"

    def bind(self, space):
        return _BoundOracle(space)


class _BoundOracle:
    call_work = 1_000

    def __init__(self, space):
        graph = explore(space, 100_000)
        self._away = dict(zip(graph.states, graph.distance.tolist(), strict=True))
        self._space = space

    def log_probs(self, states, steps):
        return [self._of(*each) for each in zip(states, steps, strict=True)]

    def values(self, states):
        return None

    def _of(self, state, legal):
        away = [self._away[self._space.successor(state, step)] for step in legal.tolist()]
        scores = np.array([-5.0 * d if d >= 0 else -500.0 for d in away])
        return scores - np.logaddexp.reduce(scores)
