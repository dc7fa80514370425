"""Orders over goals whose conditions change from state to state."""

import random

import pytest

from planner.guides.goal_orders import GoalOrders
from planner.guides.state_facts import StateFacts
from planner.kr.control import GoalOrder
from planner.kr.formulas import Closure, conjoin
from planner.kr.terms import Variable
from tests.search.worlds import StripsWorld, atom, blocks_task

X, Y = Variable("x"), Variable("y")
FOOT_FIRST = GoalOrder(atom("on(?u, ?x)"), atom("on(?x, ?v)"))
MOVES_FIRST = GoalOrder(atom("on(?u, ?x)"), atom("on(?y, ?v)"), Closure("on", (X, Y)))
NEXT_FIRST = GoalOrder(atom("on(?u, ?x)"), atom("on(?y, ?v)"), atom("on(?x, ?y)"))
BARE_FIRST = GoalOrder(
    atom("on(?u, ?x)"), atom("on(?y, ?v)"), conjoin(Closure("on", (X, Y)), atom("clear(?x)"))
)


class Followed:
    """The goals of a world that are ready, followed from state to state."""

    def __init__(self, world, orders):
        self.facts = StateFacts(world)
        rules = world.task.rules
        self.orders = GoalOrders(orders, self.facts, rules.fluents | rules.derived)
        self.orders.start()

    def ready(self, state):
        self.facts.move_to(state)
        self.orders.update()
        rows = self.facts.index.rows(self.facts.code("on", "ready"))
        return sorted("".join(str(self.facts.symbols.constant(c)) for c in row) for row in rows)


def blocks(towers, goal):
    return StripsWorld(blocks_task(towers, goal))


def test_what_is_to_stand_on_a_block_waits_for_what_lies_below_it_to_move():
    # Given c at the foot of a tower whose top is b, and both asked for something
    world = blocks(("cdb", "a", "e"), "on(a, b) & on(c, e)")

    # Then a waits for c, whatever lies between; without the order it does not
    assert Followed(world, [MOVES_FIRST]).ready(0) == ["ce"]
    assert Followed(world, []).ready(0) == ["ab", "ce"]
    assert Followed(world, [NEXT_FIRST]).ready(0) == ["ab", "ce"]


def test_where_all_goals_wait_what_others_wait_for_now_is_ready():
    # Given z under y, and the tower z on x on y asked for: the orders contradict each other
    world = blocks(("zy", "x"), "on(z, x) & on(x, y)")
    followed = Followed(world, [FOOT_FIRST, MOVES_FIRST])

    # Then z's goal is ready, which asks for y to move
    assert followed.ready(0) == ["zx"]

    # And once y has moved, the foot of the new tower comes first
    (unstack,) = [s for s in world.legal_steps(0) if str(world.describe(s)) == "(unstack y z)"]
    assert followed.ready(world.successor(0, unstack)) == ["xy"]


def test_goals_that_wait_for_each_other_now_are_all_ready():
    # Given x under u and z under y, where x is to go on y and z on u
    world = blocks(("zy", "xu"), "on(x, y) & on(z, u)")

    assert Followed(world, [MOVES_FIRST]).ready(0) == ["xy", "zu"]


@pytest.mark.parametrize("orders", [[MOVES_FIRST], [FOOT_FIRST, MOVES_FIRST, NEXT_FIRST],
                                    [FOOT_FIRST, BARE_FIRST, MOVES_FIRST]])  # fmt: skip
def test_orders_followed_from_state_to_state_are_those_read_anew(orders):
    # Given a walk at random through the states of six blocks
    rng = random.Random(3)
    world = blocks(("abc", "de", "f"), "on(a, e) & on(e, c) & on(f, b) & on(b, a)")
    followed = Followed(world, orders)
    state, seen = world.initial(), set()

    for _ in range(150):
        # Then the ready goals are those that orders bound in this very state find
        found = followed.ready(state)
        assert found == Followed(world, orders).ready(state)
        seen.add(tuple(found))
        state = world.successor(state, rng.choice(list(world.legal_steps(state))))
    assert len(seen) > 3


def test_other_orders_on_the_same_facts_begin_anew():
    world = blocks(("cdb", "a", "e"), "on(a, b) & on(c, e)")
    followed = Followed(world, [MOVES_FIRST])
    assert followed.ready(0) == ["ce"]

    plain = GoalOrders([], followed.facts, frozenset(["on"]))
    plain.update()
    assert followed.facts.index.rows(followed.facts.code("on", "ready")).keys() == {
        row for _, row in followed.facts.goals
    }

    followed.orders.start()
    assert followed.ready(0) == ["ce"]
