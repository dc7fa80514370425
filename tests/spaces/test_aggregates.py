"""Aggregates over what actions change, against the validator's evaluator on state spaces."""

from itertools import product
from random import Random

import pytest

from planner import load_task_text
from planner.errors import LimitError, UnsupportedError
from planner.kr.formulas import conjuncts
from planner.spaces.explain import state_facts, static_facts
from planner.spaces.ground import GroundSpace
from planner.spaces.grounding import ground
from planner.spaces.parameters import printed_parameters
from planner.validate.evaluate import Evaluator

STATES = 60

DEPOT = """
task: depot
rules:
  types: {{box: object, van: object}}
  predicates:
    in(box, van):
    home(box):
    weight(box, int):
    room(van, int):
    ask(box):
    wanted(box):
    good(van):
    fair():
    level(van, int):
  rules:
{rules}
  actions:
    load(?b - box, ?v - van):
      if: home(?b){extra}
      then: in(?b, ?v) and not home(?b)
    unload(?b - box, ?v - van):
      if: in(?b, ?v)
      then: home(?b) and not in(?b, ?v){effects}
    ask(?b - box):
      if: not wanted(?b)
      then: wanted(?b)
objects: {{box: [a, b, c], van: [u, v]}}
init:
  - home(a)
  - home(b)
  - in(c, u)
  - weight(a, 2)
  - weight(b, 3)
  - weight(c, 2)
  - room(u, 2)
  - room(v, 1)
goal: {goal}
"""

BODIES = [
    "van(?v) and ?n = count(?b, in(?b, ?v)) and ?n >= 2",
    "van(?v) and ?n = count(?b, in(?b, ?v)) and ?n > 0.5",
    "van(?v) and ?n = count(?b, in(?b, ?v)) and 2 > ?n",
    "van(?v) and ?n = count(?b, in(?b, ?v)) and ?n <= 1",
    "van(?v) and ?n = count(?b, in(?b, ?v)) and ?n = 1",
    "van(?v) and ?n = count(?b, in(?b, ?v)) and ?n != 1",
    "van(?v) and ?n = count(?b, in(?b, ?v)) and ?n != 0 and ?n < 3",
    "room(?v, ?r) and ?n = count(?b, in(?b, ?v)) and ?n <= ?r",
    "room(?v, ?r) and ?n = count(?b, in(?b, ?v)) and ?n > ?r",
    "room(?v, ?r) and ?r = count(?b, in(?b, ?v))",
    "van(?v) and 0 = count(?b, in(?b, ?v))",
    "van(?v) and ?n = count(?b, in(?b, ?v)) and ?m = count(?b, home(?b)) and ?n >= ?m",
    "van(?v) and ?n = count(?b, in(?b, ?v)) and ?m = count(?b, home(?b)) and ?n < ?m",
    "van(?v) and ?n = count(?b, in(?b, ?v)) and ?m = count(?b, home(?b)) and ?n = ?m",
    "van(?v) and ?n = count(?b, in(?b, ?v)) and ?m = count(?b, home(?b)) and ?n + ?m >= 3",
    "van(?v) and ?n = count(?b, open in(?b, ?v)) and ?n = 0",
    "van(?v) and ?n = count(?w, in(?b, ?v) and weight(?b, ?w)) and ?n >= 2",
    "van(?v) and ?n = sum(?w, in(?b, ?v) and weight(?b, ?w)) and ?n >= 4",
    "van(?v) and ?n = sum(?w, in(?b, ?v) and weight(?b, ?w)) and ?n < 3",
    "van(?v) and ?n = max(?w, in(?b, ?v) and weight(?b, ?w)) and ?n >= 3",
    "van(?v) and ?n = max(?w, in(?b, ?v) and weight(?b, ?w)) and ?n < 3",
    "van(?v) and ?n = min(?w, in(?b, ?v) and weight(?b, ?w)) and ?n <= 2",
    "van(?v) and ?n = min(?w, in(?b, ?v) and weight(?b, ?w)) and ?n > 2",
    "room(?v, ?r) and ?n = min(?w, in(?b, ?v) and weight(?b, ?w)) and ?n > ?r",
    "van(?v) and ?n = max(?w, in(?b, ?v) and weight(?b, ?w)) and ?n = 2",
    "room(?v, ?r) and ?n = count(?b, in(?b, ?v) and weight(?b, ?w) and ?w > ?r) and ?n >= 1",
]


def depot(rules, extra="", effects="", goal="in(a, u) and in(b, v)"):
    lines = "\n".join(f"    - if: {body}\n      then: {head}" for body, head in rules)
    return load_task_text(DEPOT.format(rules=lines, extra=extra, effects=effects, goal=goal))


def compare(task):
    """Walk the ground space, and ask the validator's evaluator about every state."""
    space, judge = GroundSpace(ground(task)), Evaluator(task)
    queue, seen = [space.initial()], set()
    now = {(f.predicate, f.arguments) for f in task.facts if f.predicate in task.rules.fluents}
    for state in queue:
        both = (*static_facts(space), *state_facts(space, state))
        shown = {(f.predicate, f.arguments) for f in both}
        facts = {f for f in shown if f[0] in task.rules.fluents}
        for predicate, row in sorted(now - facts, key=str):
            judge.remove(predicate, row)
        for predicate, row in sorted(facts - now, key=str):
            judge.add(predicate, row)
        now = facts
        derived = {f for f in shown if f[0] in task.rules.derived}
        assert derived == set(derived_facts(task, judge))
        assert space.is_goal(state) == judge.holds(task.goal, {})
        legal = space.legal_steps(state).tolist()
        found = {(d.name, d.arguments) for d in map(space.describe, legal)}
        assert found == set(applicable(task, judge))
        for step in legal:
            successor = space.successor(state, step)
            if successor not in seen and len(queue) < STATES:
                seen.add(successor)
                queue.append(successor)
    return len(queue)


def derived_facts(task, judge):
    for name in task.rules.derived:
        columns = [
            range(9) if types == ("int",) else task.objects_of(types)
            for types in task.rules.predicates[name].types
        ]
        yield from ((name, row) for row in product(*columns) if judge.is_fact(name, row))


def applicable(task, judge):
    for action in task.rules.actions:
        parts = (*conjuncts(action.precondition), *action.parameters)
        for found in judge.join(action, parts, {}):
            yield action.name, tuple(found[name] for name in printed_parameters(action))


@pytest.mark.parametrize("body", BODIES)
def test_rules_with_aggregates_derive_what_the_validator_derives(body):
    rules = [(body, "good(?v)"), ("van(?v) and not good(?v)", "fair")]

    assert compare(depot(rules, " and good(?v)")) >= 2
    assert compare(depot(rules, " and not good(?v)")) >= 2
    assert compare(depot(rules, goal="fair and in(a, u)")) >= 2


def test_a_result_may_be_the_head_s_argument_and_be_read_again():
    rules = [
        ("van(?v) and ?n = count(?b, in(?b, ?v))", "level(?v, ?n)"),
        ("level(?v, ?n) and ?m = max(?k, level(?x, ?k)) and ?n = ?m and ?n > 0", "good(?v)"),
    ]

    assert compare(depot(rules, " and not good(?v)")) > 10


@pytest.mark.parametrize(
    "extra",
    [
        " and ?n = count(?x, in(?x, ?v)) and ?n < 2",
        " and ?n = count(?x, in(?x, ?v)) and room(?v, ?r) and ?n < ?r",
        " and exists(?q - box, in(?q, ?v)) and ?n = sum(?w, in(?x, ?v) and weight(?x, ?w))",
    ],
)
def test_preconditions_print_each_result(extra):
    assert compare(depot([("home(a)", "fair")], extra)) > 2


@pytest.mark.parametrize("body", BODIES[:3] + BODIES[11:15])
def test_goals_and_effects_may_count(body):
    goal = body.replace("?v", "u").replace("van(u) and ", "")
    task = depot([("home(a)", "fair")], goal=goal)

    assert compare(task) > 5


def test_conditional_effects_may_count():
    effects = " and (wanted(?b) if 2 = count(?x, home(?x)))"

    assert compare(depot([("home(a)", "fair")], effects=effects)) > 10


def test_long_counts_agree_with_short_ones(monkeypatch):
    # A sorting network stands for every chain.
    monkeypatch.setattr("planner.spaces.counters._CHAIN_LIMIT", 0)

    for body in BODIES[:15]:
        compare(depot([(body, "good(?v)")], " and good(?v)"))


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 11])
def test_comparators_sort(count):
    from planner.spaces.counters import _comparators

    random = Random(count)
    for _ in range(50):
        wires = [random.random() < 0.5 for _ in range(count)]
        expected = sorted(wires, reverse=True)
        for i, j in _comparators(count):
            wires[i], wires[j] = wires[i] or wires[j], wires[i] and wires[j]
        assert wires == expected


def test_too_many_totals_are_a_limit(monkeypatch):
    monkeypatch.setattr("planner.spaces.counters._TOTALS_LIMIT", 3)

    with pytest.raises(LimitError, match="a sum over 2 facts"):
        ground(depot([(BODIES[17], "good(?v)")], goal="good(u)"))


def test_numbers_that_cannot_be_listed_are_named():
    rules = [
        ("van(?v) and ?r = count(?b, in(?b, ?v))", "level(?v, ?r)"),
        (
            "level(?v, ?r) and ?n = count(?b, in(?b, ?v) and weight(?b, ?w) and ?w > ?r) and "
            "?n >= 1",
            "good(?v)",
        ),
    ]

    with pytest.raises(UnsupportedError, match=r"values of `\?r`"):
        ground(depot(rules, " and good(?v)"))
