"""Searches that take turns."""

import pytest
from hypothesis import given

from planner.guides.model_guide import ModelGuide
from planner.kr.control import ControlRule, StepPattern
from planner.kr.formulas import TRUE
from planner.search.alternate import Alternate
from planner.search.beam import Beam
from planner.search.levin import LevinTS
from planner.search.limits import Limits, Meter
from planner.search.mcts import Mcts
from planner.search.regret import Regret
from planner.search.result import Status
from tests.guides.test_model_guide import LastStep
from tests.search.test_levin import graphs, reachable_goal
from tests.search.test_regret import Recorder
from tests.search.test_rule_steps import DELIVERY
from tests.search.worlds import (
    StripsWorld,
    TableGuide,
    atom,
    blocks_task,
    delivery_task,
    replay,
    tree_world,
)


@pytest.mark.parametrize("heuristic", [0, 3])
@given(case=graphs())
def test_outcomes_are_true_and_the_bound_holds_for_all_turns(heuristic, case):
    world, guide = case

    outcome = Alternate(heuristic=heuristic).run(world, guide, Meter())

    if reachable_goal(world):
        assert outcome.status is Status.SOLVED
        assert replay(world, outcome)
        if outcome.bound is not None:
            assert outcome.expanded <= outcome.bound * (1 + 1e-9)
    else:
        assert outcome.status is Status.UNSOLVABLE


def test_rules_lead_where_there_are_rules():
    world = StripsWorld(delivery_task(8, [(3, 7), (6, 0)], control=DELIVERY))

    outcome = Alternate().run(world, TableGuide(), Meter())

    assert replay(world, outcome)
    assert outcome.expanded == 2
    assert outcome.bound is None
    assert outcome.search.endswith(": rules")


def test_a_state_costs_one_call_of_the_model():
    world = tree_world(branching=2, depth=3, goals=[])
    model = LastStep()

    outcome = Alternate(heuristic=0).run(world, ModelGuide(model), Meter())

    asked = [state for batch in model.batches for state in batch]
    assert outcome.status is Status.UNSOLVABLE
    assert len(asked) == len(set(asked)) == outcome.model_calls


def test_nodes_of_all_searches_have_numbers_of_their_own():
    world = tree_world(branching=2, depth=4, goals=[])
    trace = Recorder()

    search = Alternate(heuristic=1, head_start=2)
    search.run(world, TableGuide(), Meter(Limits(expansions=20)), trace=trace)

    numbers = [e.node for e in trace.expansions]
    assert len(numbers) == len(set(numbers)) == 20
    assert {e.note for e in trace.expansions} == {"levin", "regret", "h_ff"}


@pytest.mark.parametrize("search", [Alternate(), Regret(), LevinTS(), Beam(50), Mcts()])
def test_every_search_obeys_a_rule_that_forbids(search):
    # The van may not load at l0, where the parcel lies: there is no plan, and no proof of that.
    forbid = ControlRule(
        TRUE, (StepPattern("load", atom("x(?p, ?v, l0)").arguments),), forbids=True
    )
    world = StripsWorld(delivery_task(3, [(0, 2)], control=(forbid,)))

    outcome = search.run(world, TableGuide(), Meter())

    assert outcome.status is Status.EXHAUSTED


def test_limits_are_honest():
    world = tree_world(branching=2, depth=9, goals=[])

    outcome = Alternate().run(world, TableGuide(), Meter(Limits(expansions=15)))

    assert (outcome.status, outcome.reason, outcome.expanded) == (Status.LIMIT, "expansions", 15)


def test_blocks():
    world = StripsWorld(blocks_task(["abcd"], "on(a, b) & on(b, c) & on(c, d)"))

    outcome = Alternate().run(world, TableGuide(), Meter())

    assert replay(world, outcome)
