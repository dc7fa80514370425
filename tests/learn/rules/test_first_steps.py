"""First steps of rules: chains fold, and objects that others can stand for go."""

import itertools

import pytest

from planner.io.load import load_rules_text
from planner.io.pddl.load import load_pddl
from planner.kr.control import StepPattern, WalkPattern
from planner.kr.formulas import Atom
from planner.kr.terms import Variable
from planner.learn.rules.first_steps import bare_first_step, planned_first_step
from planner.learn.rules.learn import learn_rules
from planner.learn.rules.lifting import LearnedRule

RULES = load_rules_text("""
rulebase: shop
types: {good: object, shop: object, level: object, car: object}
predicates:
  have(good, level):
  sells(shop, good, level):
  next(level, level):
  at(car, shop):
  way(shop, shop):
actions:
  drive(?c - car, ?x - shop, ?y - shop):
    if: at(?c, ?x) and way(?x, ?y)
    then: at(?c, ?y) and not at(?c, ?x)
  buy(?c - car, ?g - good, ?s - shop, ?a - level, ?b - level, ?h - level, ?i - level):
    if: at(?c, ?s) and sells(?s, ?g, ?a) and next(?b, ?a) and have(?g, ?h) and next(?h, ?i)
    then: have(?g, ?i) and not have(?g, ?h) and sells(?s, ?g, ?b) and not sells(?s, ?g, ?a)
""")


def v(*names):
    return tuple(Variable(name) for name in names)


def atom(name, *terms):
    return Atom(name, v(*terms))


def bought(count):
    """Buy something several times, each time at another shop with another car."""
    chain = [f"h{i}" for i in range(count)] + ["goal"]
    positive = [atom("have", "g", "h0")]
    positive += [atom("next", a, b) for a, b in itertools.pairwise(chain)]
    taken = []
    for i in range(count):
        positive += [atom("sells", f"s{i}", "g", f"a{i}"), atom("next", f"b{i}", f"a{i}")]
        positive += [atom("at", f"c{i}", f"x{i}")]
        taken += [
            WalkPattern(*v(f"c{i}", f"x{i}", f"s{i}"), "at"),
            StepPattern("buy", v(f"c{i}", "g", f"s{i}", f"a{i}", f"b{i}", chain[i], chain[i + 1])),
        ]
    distinct = tuple(v(f"s{i}", f"s{i + 1}") for i in range(count - 1))
    goal = atom("have", "g", "goal")
    return LearnedRule(goal, tuple(positive), (), (), distinct, tuple(taken), count)


def test_plans_of_three_and_of_five_steps_begin_by_one_rule():
    three = planned_first_step(bought(3), RULES)
    five = planned_first_step(bought(5), RULES)

    assert (three.goal, three.positive, three.closures) == (five.goal, five.positive, five.closures)
    assert [step.predicate for step in three.closures] == ["next"]
    assert len(three.steps) == 2
    assert three.distinct == ()


def test_what_other_objects_can_stand_for_goes():
    rule = planned_first_step(bought(3), RULES)

    assert [a.predicate for a in rule.positive].count("sells") == 1
    assert [a.predicate for a in rule.positive].count("at") == 1


def test_the_goals_level_is_told_from_the_next_one():
    one, two = (planned_first_step(bought(count), RULES) for count in (1, 2))

    assert one.closures == ()
    assert one.goal.arguments[1] in one.steps[-1].arguments
    assert two.goal.arguments[1] not in two.steps[-1].arguments


def test_a_bare_first_step_asks_for_what_makes_it_legal():
    rule = bare_first_step(bought(3), RULES)

    assert rule.closures == ()
    assert sorted(a.predicate for a in rule.positive) == ["at", "have", "next", "next", "sells"]
    assert rule.length == 3


def test_a_walk_that_serves_a_later_step_is_left_out():
    rule = bought(1)
    other = WalkPattern(*v("other", "there", "here"), "at")

    bare = bare_first_step(
        LearnedRule(rule.goal, rule.positive, (), (), (), (other, *rule.steps), 1), RULES
    )

    assert bare == bare_first_step(rule, RULES)


@pytest.mark.slow
def test_general_first_steps_do_not_stand_in_for_rules_that_can_be_made_simpler(benchmarks):
    # Given towers of blocks, where the rules seen miss one task and bare first steps none.
    folder = benchmarks / "pddl" / "lt-blocksworld"
    problems = sorted((folder / "train").glob("*.pddl"))
    tasks = [load_pddl(folder / "domain.pddl", problem)[0] for problem in problems]
    # When rules are learned.
    learned = learn_rules(tasks)
    # Then those seen are made simpler, and solve all.
    assert not learned.option.explained
    assert len(learned.advice.control) <= 20
    assert learned.solved == learned.checked
