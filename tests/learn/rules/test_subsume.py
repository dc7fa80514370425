"""Subsumption of learned rules."""

from planner.kr.control import StepPattern, WalkPattern
from planner.kr.formulas import Atom
from planner.kr.task import RuleBase
from planner.kr.terms import Variable
from planner.learn.rules.lifting import LearnedRule
from planner.learn.rules.subsume import covers, without_covered


def v(name):
    return Variable(name)


def atom(name, *terms):
    return Atom(name, tuple(v(t) for t in terms))


def rule(goal, positive, steps, closures=()):
    return LearnedRule(goal, tuple(positive), tuple(closures), (), (), tuple(steps), len(steps))


WALK = rule(
    atom("have", "x"),
    [atom("at", "x", "b"), atom("here", "m", "a")],
    [WalkPattern(v("m"), v("a"), v("b"), "here"), StepPattern("take", (v("m"), v("x"), v("b")))],
)
STAND = rule(
    atom("have", "y"),
    [atom("at", "y", "p"), atom("here", "n", "p")],
    [StepPattern("take", (v("n"), v("y"), v("p")))],
)


def test_a_walk_of_no_steps_covers_standing_there():
    assert covers(WALK, STAND)
    assert not covers(STAND, WALK)
    assert without_covered([STAND, WALK], RuleBase()) == [WALK]


def test_a_rule_that_asks_for_more_is_covered():
    more = rule(STAND.goal, [*STAND.positive, atom("red", "y")], STAND.steps)

    assert covers(STAND, more)
    assert not covers(more, STAND)


def test_other_steps_or_goals_are_not_covered():
    other = rule(atom("seen", "y"), STAND.positive, STAND.steps)
    drop = rule(STAND.goal, STAND.positive, [StepPattern("drop", (v("n"), v("y"), v("p")))])

    assert not covers(STAND, other)
    assert not covers(STAND, drop)


def test_of_equal_rules_the_first_is_kept():
    renamed = rule(
        atom("have", "q"),
        [atom("at", "q", "r"), atom("here", "s", "r")],
        [StepPattern("take", (v("s"), v("q"), v("r")))],
    )

    assert without_covered([STAND, renamed], RuleBase()) == [STAND]
