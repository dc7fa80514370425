"""The open step space: created objects, computed numbers, states up to names."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import permutations
from random import Random

import pytest

from planner.errors import InputError, UnsupportedError
from planner.io.load import load_task
from planner.plan import Plan, parse_plan
from planner.search.result import Status
from planner.solve import solve
from planner.spaces.explain import state_facts, static_facts
from planner.spaces.open import OpenSpace
from planner.spaces.open_task import is_open
from planner.validate import validate
from tests.conftest import ROOT
from tests.spaces.naive import Naive
from tests.spaces.random_tasks import random_task

COUNTDOWN = (ROOT / "rules/countdown/rules.yaml").as_posix()


def read(tmp_path, text):
    path = tmp_path / "task.yaml"
    path.write_text(text, encoding="utf-8")
    return load_task(path)


def countdown(tmp_path, numbers, target, names="abcdefgh"):
    items = names[: len(numbers)]
    facts = "".join(f"  - value({i}, {n})\n" for i, n in zip(items, numbers, strict=True))
    return read(
        tmp_path,
        f"task: puzzle\nrules: {COUNTDOWN}\nobjects: {{item: [{', '.join(items)}]}}\n"
        f"init:\n{facts}"
        f"goal: value(?a, {target}) and not exists(?b - item, value(?b, ?) and ?b != ?a)\n",
    )


def reachable(space, limit=10_000):
    queue, seen = [space.initial()], {space.initial()}
    for state in queue:
        for step in space.legal_steps(state).tolist():
            successor = space.successor(state, step)
            if successor not in seen:
                seen.add(successor)
                queue.append(successor)
        assert len(queue) < limit
    return queue


def multisets(numbers):
    """Every multiset of numbers that Countdown reaches, by plain enumeration."""
    start = tuple(sorted(map(Fraction, numbers)))
    queue, seen = [start], {start}
    for state in queue:
        for i, x in enumerate(state):
            for j, y in enumerate(state):
                if i == j:
                    continue
                rest = [v for k, v in enumerate(state) if k not in (i, j)]
                for result in [x + y, x - y, x * y, *([x / y] if y else [])]:
                    new = tuple(sorted([*rest, result]))
                    if new not in seen:
                        seen.add(new)
                        queue.append(new)
    return seen


def facts_of(space, state):
    return {(a.predicate, a.arguments) for a in (*static_facts(space), *state_facts(space, state))}


@pytest.mark.parametrize("numbers", [(3, 3, 8), (1, 1, 1), (0, 2, 5), (2, 2, 4, 4)])
def test_states_are_multisets_of_numbers(tmp_path, numbers):
    space = OpenSpace(countdown(tmp_path, numbers, 24))

    states = reachable(space)

    assert len(states) == len(multisets(numbers))


@pytest.mark.parametrize("search", ["regret", "gbfs", "levin", "mcts", "beam:complete=true"])
@pytest.mark.parametrize("guide", ["uniform", "goal_numbers"])
def test_every_search_agrees_with_enumeration(tmp_path, search, guide):
    random = Random(f"{search} {guide}")
    verdicts = set()
    for _ in range(4):
        numbers = [random.randint(1, 9) for _ in range(3)]
        task = countdown(tmp_path, numbers, 24)

        result = solve(task, search=search, guide=guide)

        solvable = (Fraction(24),) in multisets(numbers)
        assert result.status is (Status.SOLVED if solvable else Status.UNSOLVABLE)
        verdicts.add(result.status)
    assert verdicts


def test_a_plan_names_created_objects_in_order(tmp_path):
    task = countdown(tmp_path, (3, 3, 8, 8), 24)

    plan = solve(task).plan

    assert [step.created for step in plan] == [("_1",), ("_2",), ("_3",)]
    assert plan.steps[0].text == "divide 8 by 3"
    again = parse_plan(str(plan))
    assert [step.arguments for step in again] == [step.arguments for step in plan]
    assert Fraction(8, 3) in {a for step in again for a in step.arguments}
    assert validate(task, again).ok


def test_a_path_through_renamed_states_is_a_plan(tmp_path):
    # Given four equal numbers, nearly every path runs through states met under other names.
    task = countdown(tmp_path, (6, 6, 6, 6), 24)
    space = OpenSpace(task)
    random = Random(5)

    for _ in range(60):
        state, path = space.initial(), []
        while len(steps := space.legal_steps(state)):
            path.append(int(random.choice(steps.tolist())))
            state = space.successor(state, path[-1])
        followed = space.follow(path)

        plan = Plan(tuple(map(space.describe, followed)))
        verdict = validate(task, plan)
        assert verdict.failed_step is None, verdict.message
        assert verdict.ok == space.is_goal(state)
        # The followed steps can be walked in the space, to a state with the same answers.
        walked = space.initial()
        for step in followed:
            assert step in space.legal_steps(walked)
            walked = space.successor(walked, step)
        assert space.is_goal(walked) == space.is_goal(state)


def test_names_and_order_of_objects_do_not_matter(tmp_path):
    one = OpenSpace(countdown(tmp_path, (1, 2, 7, 7), 24))
    two = OpenSpace(countdown(tmp_path, (7, 1, 7, 2), 24, "dacb"))

    assert len(reachable(one)) == len(reachable(two))


TREES = """
task: trees
types: {node: object}
predicates:
  edge(node, node): "{1} is a child of {0}"
  alive(node): "{0} is there"
  left(int): {meaning: "{0} more nodes", functional: true}
actions:
  grow(?a - node):
    if: alive(?a) and left(?n) and ?n > 0
    creates: ?b - node
    then: alive(?b) and edge(?a, ?b) and not left(?n) and left(?n - 1)
objects: {node: [root]}
init:
  - alive(root)
  - left(%d)
goal: left(0)
"""


@pytest.mark.parametrize(("nodes", "trees"), [(3, 2), (4, 4), (5, 9), (6, 20), (7, 48)])
def test_linked_objects_are_one_state_up_to_names(tmp_path, nodes, trees):
    # The numbers of rooted trees with unlabelled nodes: sequence A000081 of the OEIS.
    space = OpenSpace(read(tmp_path, TREES % (nodes - 1)))

    found = [state for state in reachable(space) if space.is_goal(state)]

    assert len(found) == trees


def test_a_named_root_keeps_its_place(tmp_path):
    text = (TREES % 3).replace("goal: left(0)", "goal: left(0) and alive(root)")
    named = OpenSpace(read(tmp_path, text))

    found = [state for state in reachable(named) if named.is_goal(state)]

    # The root is the only node without a parent anyway.
    assert len(found) == 4


def test_order_that_matters_keeps_names_apart(tmp_path):
    base = (ROOT / "rules/countdown/rules.yaml").read_text(encoding="utf-8")
    # Subtraction with `before` is another game: names decide which differences there are.
    ordered = base.replace("value(?b, ?y) and ?a != ?b\n", "value(?b, ?y) and before(?a, ?b)\n")
    assert ordered != base
    rules = tmp_path / "rules.yaml"
    rules.write_text(ordered, encoding="utf-8")
    goal = "value(?a, 1) and not exists(?b - item, value(?b, ?) and ?b != ?a)"
    text = (
        "task: t\nrules: rules.yaml\nobjects: {item: [a, b]}\n"
        "init:\n  - value(a, %d)\n  - value(b, %d)\n" + f"goal: {goal}\n"
    )

    assert solve(read(tmp_path, text % (2, 1))).status is Status.SOLVED
    assert solve(read(tmp_path, text % (1, 3))).status is Status.UNSOLVABLE


LOOP = """
task: loop
types: {coin: object}
predicates:
  held(coin): "{0} is held"
  done: it is done
actions:
  mint:
    if: not exists(?c - coin, held(?c))
    creates: ?c - coin
    then: held(?c)
  spend(?c - coin):
    if: held(?c)
    then: not held(?c)
goal: done
"""


def test_objects_that_nothing_can_see_are_forgotten(tmp_path):
    text = LOOP.replace("actions:", "actions:\n  never:\n    if: done\n    then: done")

    result = solve(read(tmp_path, text))

    assert result.status is Status.UNSOLVABLE
    assert result.statistics.expanded == 2


def test_objects_that_a_condition_counts_are_not_forgotten(tmp_path):
    text = LOOP.replace("goal: done", "goal: 3 = count(?c, coin(?c))")

    plan = solve(read(tmp_path, text)).plan

    assert [step.name for step in plan] == ["mint", "spend", "mint", "spend", "mint"]


KITCHEN = """
task: kitchen
types: {dish: object, bowl: object}
predicates:
  empty(bowl): "{0} is empty"
  in(dish, bowl): "{0} is in {1}"
  hot(dish): "{0} is hot"
  heat(int): {meaning: "the stove is at {0}", functional: true}
  ready(dish): "{0} is ready"
rules:
  - if: in(?d, ?b) and hot(?d)
    then: ready(?d)
actions:
  cook(?b - bowl):
    if: empty(?b) and heat(?h)
    creates: ?d - dish
    then:
      - in(?d, ?b) and not empty(?b)
      - hot(?d) if ?h >= 2
    cost: ?h + 1
  turn-up:
    if: heat(?h) and ?h < 3
    then:
      - not heat(?h) and heat(?h + 1)
      - forall(?d - dish, hot(?d) if in(?d, ?))
    cost: 0.5
objects: {bowl: [one, two]}
init:
  - empty(one)
  - empty(two)
  - heat(0)
goal: %s
"""


@pytest.mark.parametrize(
    ("goal", "cost"),
    [
        ("2 = count(?d, ready(?d))", Fraction(5, 2)),
        ("in(?d, one) and not ready(?d)", Fraction(1)),
        ("exists(?d - dish, in(?d, two) and ready(?d)) and heat(2)", Fraction(2)),
        ("forall(?b - bowl, not empty(?b))", Fraction(2)),
    ],
)
def test_conditional_effects_rules_costs_and_counts(tmp_path, goal, cost):
    result = solve(read(tmp_path, KITCHEN % goal), search="astar", guide="uniform")

    assert result.status is Status.SOLVED
    assert result.optimal
    assert result.cost == cost


def test_classical_tasks_have_the_states_of_a_naive_interpreter():
    compared = 0
    for seed in range(40):
        compared += compare(random_task(Random(f"open {seed}")))

    assert compared > 100


def compare(task, states=25):
    naive = Naive(task)
    try:
        space = OpenSpace(task)
    except UnsupportedError:
        return 0
    queue, seen = [space.initial()], {space.initial()}
    for state in queue:
        closed = facts_of(space, state)
        facts = frozenset(f for f in closed if f[0] not in task.rules.derived)
        assert naive.closed(facts) == closed
        assert space.is_goal(state) == naive.is_goal(facts)
        expected = {}
        for key, successor in naive.steps(facts):
            expected.setdefault(key, set()).add(successor)
        found = {}
        for step in space.legal_steps(state).tolist():
            described = space.describe(step)
            successor = space.successor(state, step)
            found.setdefault((described.name, described.arguments), set()).add(successor)
            if successor not in seen and len(queue) < states:
                seen.add(successor)
                queue.append(successor)
        assert found.keys() == expected.keys()
        for key, successors in found.items():
            for successor in successors:
                reached = [f for f in facts_of(space, successor) if f[0] not in task.rules.derived]
                assert any(renamed(reached, one, task) for one in expected[key])
    return len(queue)


def renamed(one, two, task):
    """Whether a renaming of objects turns one set of facts into the other."""
    objects = list(task.all_objects)
    for order in permutations(objects):
        names = dict(zip(objects, order, strict=True))
        moved = {(p, tuple(names.get(a, a) for a in row)) for p, row in one}
        if moved == set(two):
            return True
    return False


def test_what_has_no_value_is_no_step(tmp_path):
    base = (ROOT / "rules/countdown/rules.yaml").read_text(encoding="utf-8")
    (tmp_path / "rules.yaml").write_text(base.replace(" and ?y != 0", ""), encoding="utf-8")
    task = read(
        tmp_path,
        "task: t\nrules: rules.yaml\nobjects: {item: [a, b]}\n"
        "init:\n  - value(a, 0)\n  - value(b, 4)\ngoal: value(?a, 5)\n",
    )
    space = OpenSpace(task)

    names = [str(space.describe(s)) for s in space.legal_steps(space.initial()).tolist()]

    assert "(divide a b 0 4) -> _1" in names
    assert not any(name.startswith("(divide b a") for name in names)


def test_objects_with_names_of_created_ones_are_refused(tmp_path):
    task = countdown(tmp_path, (1, 2), 3)
    clash = replace(task, objects={"a": "item", "_1": "item"})

    assert is_open(task)
    with pytest.raises(InputError, match="_1"):
        OpenSpace(clash)
