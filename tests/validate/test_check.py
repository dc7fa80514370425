"""Plans judged by hand-made examples, one construct at a time."""

from __future__ import annotations

from fractions import Fraction

import pytest

from planner.errors import InputError, UnsupportedError
from planner.io.load import load_task_text
from planner.kr.task import Task
from planner.plan import parse_plan
from planner.validate import Verdict, validate

BLOCKS = """
task: three-blocks
types: {block: object}
predicates:
  on(block, block): ""
  ontable(block): ""
  holding(block): ""
  handempty: ""
  clear(block): ""
  above(block, block): ""
rules:
  - if: on(?x, ?y)
    then: above(?x, ?y)
  - if: on(?x, ?y) and above(?y, ?z)
    then: above(?x, ?z)
  - if: block(?x) and not holding(?x) and not on(?, ?x)
    then: clear(?x)
actions:
  take(?x - block):
    if: clear(?x) and handempty and on(?x, ?y)
    then: holding(?x) and not handempty and not on(?x, ?y)
    cost: 2
  stack(?x - block, ?y - block):
    if: holding(?x) and clear(?y)
    then: on(?x, ?y) and handempty and not holding(?x)
    cost: 0.5
objects: {block: [a, b, c]}
init: [handempty, ontable(b), ontable(c), "on(a, b)"]
goal: above(a, c) and not clear(c)
"""


def judge(task: str | Task, *steps: str) -> Verdict:
    loaded = load_task_text(task) if isinstance(task, str) else task
    return validate(loaded, parse_plan("\n".join(f"({step})" for step in steps)))


def test_a_valid_plan_and_its_exact_cost() -> None:
    verdict = judge(BLOCKS, "take a", "stack a c")

    assert verdict.ok
    assert verdict.cost == Fraction(5, 2)
    assert verdict.failed_step is None
    assert verdict.missing == ()


def test_implicit_parameters_may_be_named_after_the_declared_ones() -> None:
    assert judge(BLOCKS, "take a b", "stack a c").ok
    assert judge(BLOCKS, "take a c").failed_step == 0


def test_a_failing_step_is_named_with_what_is_missing() -> None:
    verdict = judge(BLOCKS, "take a", "stack b c", "take a")

    assert not verdict.ok
    assert verdict.failed_step == 1
    assert verdict.step == "(stack b c)"
    assert verdict.missing == ("holding(b)",)
    assert verdict.message == (
        "step 2, (stack b c), cannot be taken: its precondition does not hold: holding(b)"
    )
    assert verdict.cost == 2


def test_an_unmet_goal_is_named() -> None:
    verdict = judge(BLOCKS, "take a", "stack a b")

    assert not verdict.ok
    assert verdict.failed_step is None
    assert verdict.unmet_goal == ("above(a, c)", "not clear(c)")


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("tak a", "there is no action `tak`; did you mean `take`?"),
        ("take", "`take` takes 1 argument (or 2 with the implicit ones), not 0"),
        ("take aa", "there is no object `aa`; did you mean `a`?"),
        ("stack a 3", "wrong type: block(3)"),
    ],
)
def test_steps_that_name_nothing(step: str, words: str) -> None:
    verdict = judge(BLOCKS, step)

    assert verdict.failed_step == 0
    assert words in verdict.message


SWITCHES = """
task: switches
types: {lamp: object, room: object}
predicates: [on(lamp), "in(lamp, room)", dark(room), bright, "seen(object)"]
actions:
  toggle(?l - lamp):
    then:
      - on(?l) if not on(?l)
      - not on(?l) if on(?l)
      - seen(?l) and not seen(?l)
  off(?r - room):
    if: forall(?l - lamp, in(?l, ?r) -> on(?l))
    then:
      - forall(?l - lamp, not on(?l) if in(?l, ?r))
      - dark(?r)
objects: {lamp: [l1, l2, l3], room: [r1, r2]}
init: ["in(l1, r1)", "in(l2, r1)", "in(l3, r2)", on(l1)]
goal: dark(r1) and not exists(?l - lamp, on(?l))
"""


def test_effects_are_judged_in_the_state_before_and_adding_wins() -> None:
    task = SWITCHES.replace("goal: dark(r1) and", "goal: seen(l1) and")

    assert judge(task, "toggle l1").ok


def test_quantifiers_in_preconditions_and_effects() -> None:
    assert judge(SWITCHES, "toggle l2", "off r1").ok
    assert judge(SWITCHES, "off r1").missing == ("on(l2)",)
    verdict = judge(SWITCHES, "toggle l2", "toggle l3", "off r1")
    assert verdict.missing == ("not on(l3)",)


def test_types_of_arguments_are_checked() -> None:
    assert judge(SWITCHES, "toggle r1").missing == ("lamp(r1)",)


COUNTDOWN = """
task: countdown
types: {item: object}
predicates: ["value(item, int)", left(int)]
rules:
  - if: ?n = count(?x, value(?x, ?))
    then: left(?n)
actions:
  add(?a - item, ?b - item):
    if: value(?a, ?x) and value(?b, ?y) and before(?a, ?b)
    creates: ?c - item
    then: value(?c, ?x + ?y) and not value(?a, ?x) and not value(?b, ?y)
  halve(?a - item):
    if: value(?a, ?x) and ?x mod 2 = 0 and ?y = ?x // 2
    then: value(?a, ?y) and not value(?a, ?x)
objects: {item: [i1, i2, i3]}
init: ["value(i1, 3)", "value(i2, 5)", "value(i3, 7)"]
goal: value(?r, 11) and left(2)
"""


def test_created_objects_arithmetic_and_aggregates() -> None:
    assert judge(COUNTDOWN, "add i1 i2", "halve _1").message == (
        "the goal is not reached: value(?r, 11)"
    )
    assert judge(COUNTDOWN.replace("11", "4"), "add i1 i2", "halve _1").ok
    assert judge(COUNTDOWN.replace("11", "4"), "add i1 i2 3 5", "halve _1 8 4").ok
    assert not judge(COUNTDOWN.replace("11", "4"), "add i1 i2 3 6").ok
    assert judge(COUNTDOWN, "add i2 i1").missing == ("before(i2, i1)",)
    assert judge(COUNTDOWN, "halve i1").missing == ("3 mod 2 = 0",)


def test_names_of_created_objects_follow_the_plan() -> None:
    task = load_task_text(COUNTDOWN.replace("11", "15").replace("left(2)", "left(1)"))
    steps = "(add i1 i2) -> _1\n(add i3 _1) -> _2"

    assert validate(task, parse_plan(steps)).ok
    assert not validate(task, parse_plan(steps.replace("_2", "_1"))).ok
    assert not validate(task, parse_plan(steps.replace("-> _2", "-> i1"))).ok


CHOICE = """
task: choice
predicates: [near(object), ready, "gone(object)", late]
actions:
  go:
    if: near(?x)
    then: gone(?x) and not near(?x)
objects: {object: [a, b]}
init: [near(b), near(a)]
goal: gone(a)
"""


def test_an_open_choice_takes_the_first_by_declaration_and_says_so() -> None:
    verdict = judge(CHOICE, "go")

    assert verdict.ok
    assert verdict.notes == (
        "step 1, (go), can be read in several ways that differ in effect; read with ?x = a",
    )
    assert judge(CHOICE, "go a").notes == ()
    assert not judge(CHOICE, "go b").ok


ROADS = """
task: roads
types: {place: object}
predicates:
  road(place, place): ""
  distance(place, place, number): {meaning: "", functional: true}
  at(place): ""
actions:
  drive(?a - place, ?b - place):
    if: at(?a) and road+(?a, ?b)
    then: at(?b) and not at(?a)
    cost: distance(?a, ?b) * 2 + 1
objects: {place: [p, q, r]}
init: ["road(p, q)", "road(q, r)", "distance(p, r, 1.25)", at(p)]
goal: at(r)
"""


def test_closures_and_costs_read_from_facts() -> None:
    assert judge(ROADS, "drive p r").cost == Fraction(7, 2)
    assert judge(ROADS, "drive p q").message.endswith("its cost has no value")
    assert judge(ROADS, "drive p p").missing == ("road+(p, p)",)


def test_symmetric_and_equivalence_predicates() -> None:
    task = """
    task: t
    predicates:
      near(object, object): {meaning: "", symmetric: true}
      same(object, object): {meaning: "", equivalence: true}
      done: ""
    actions:
      join(?a - object, ?b - object):
        if: near(?a, ?b)
        then: same(?a, ?b) and not near(?a, ?b)
    objects: {object: [a, b, c]}
    init: ["near(a, b)", "near(b, c)"]
    goal: same(c, a) and same(b, b) and not near(b, a)
    """

    assert judge(task, "join b a", "join b c").ok
    assert judge(task, "join b a", "join a b").failed_step == 1
    assert not judge(task, "join b a").ok


def test_rules_may_ask_for_the_goal() -> None:
    task = """
    task: t
    predicates: [p(object), wanted(object)]
    rules:
      - if: open p(?x)
        then: wanted(?x)
    actions:
      make(?x - object):
        if: wanted(?x)
        then: p(?x)
    objects: {object: [a, b]}
    init: []
    goal: p(a)
    """

    assert judge(task, "make a").ok
    assert judge(task, "make b").missing == ("wanted(b)",)
    assert judge(task, "make a", "make a").failed_step == 1


def test_an_object_named_like_a_number_is_found() -> None:
    from planner.io.pddl.load import parse_pddl

    domain = "(define (domain d) (:predicates (p ?x)) (:action a :parameters (?x) :effect (p ?x)))"
    problem = "(define (problem p) (:domain d) (:objects 1) (:init) (:goal (p 1)))"

    assert judge(parse_pddl(domain, problem)[0], "a 1").ok


def test_probabilities_are_refused() -> None:
    task = load_task_text("task: t\npredicates: [p]\ninit: []\nfacts: ['0.5::p']\ngoal: p\n")

    with pytest.raises(UnsupportedError):
        validate(task, parse_plan(""))


def test_negation_through_itself_is_refused() -> None:
    from planner.io.pddl.load import parse_pddl

    domain = "(define (domain d) (:predicates (p) (q)) (:derived (p) (not (q))) (:derived (q) (p)))"
    problem = "(define (problem p) (:domain d) (:init) (:goal (p)))"

    with pytest.raises(InputError, match="its own negation"):
        validate(parse_pddl(domain, problem)[0], parse_plan(""))
