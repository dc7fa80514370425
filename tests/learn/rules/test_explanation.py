"""What a plan needs, for whichever objects: no object is shared by chance."""

import random
from dataclasses import replace

import pytest

from planner.guides.control_rules import BoundControlRules
from planner.io.load import load_rules_text, load_task_text
from planner.kr.formulas import Atom
from planner.kr.strips import strips_form
from planner.learn.rules.explanation import explain
from planner.learn.rules.learn import learn_rules
from planner.learn.rules.lifting import lift
from planner.learn.rules.regression import compress, ground_step, regress
from planner.learn.rules.subsume import covers
from planner.search.limits import Limits, Meter
from planner.search.rollout import RuleRollout
from planner.spaces.lifted import LiftedSpace

JUGS = """
rulebase: jugs
types: {tank: object, jug: object, level: object, shelf: object}
predicates:
  holds(tank, level):
  content(jug, level):
  next(level, level):
  stands(jug, shelf):
  held(jug):
actions:
  grasp(?j - jug, ?s - shelf):
    if: stands(?j, ?s)
    then: held(?j) and not stands(?j, ?s)
  pour(?t - tank, ?j - jug, ?a - level, ?b - level, ?c - level, ?d - level):
    if: held(?j) and holds(?t, ?a) and next(?a, ?b) and content(?j, ?c) and next(?d, ?c)
    then: holds(?t, ?b) and not holds(?t, ?a) and content(?j, ?d) and not content(?j, ?c)
"""
RULES = load_rules_text(JUGS)
FORMS = {action.name: strips_form(action) for action in RULES.actions}


def steps(*calls):
    return compress([ground_step(FORMS[name], arguments) for name, *arguments in calls], ())


def explained(goal, plan):
    return list(explain(goal, plan, RULES))


POURED = Atom("holds", ("t1", "n1"))
POUR = steps(("grasp", "j1", "s1"), ("pour", "t1", "j1", "n0", "n1", "n1", "n0"))
TWICE = steps(
    ("pour", "t1", "j1", "n0", "n1", "n1", "n0"),
    ("pour", "t1", "j2", "n1", "n2", "n2", "n1"),
)


def levels_of(atoms):
    return {a for atom in atoms if atom.predicate == "next" for a in atom.arguments}


def test_levels_that_coincide_by_chance_stay_apart():
    seen = list(regress(POURED, POUR, RULES.fluents))[-1]
    needed = explained(POURED, POUR)[-1]

    assert len(levels_of(seen.positive)) == 2
    # The tank's levels before and after, and the jug's.
    assert len(levels_of(needed.positive)) == 4


def test_what_supports_a_step_is_the_same_object():
    needed = explained(POURED, POUR)[-1]

    grasp, pour = needed.steps
    assert grasp.arguments[0] == pour.arguments[1]
    assert {a.predicate for a in needed.positive} == {"stands", "holds", "next", "content"}
    assert needed.goal == Atom("holds", (pour.arguments[0], pour.arguments[3]))


def test_what_a_step_undoes_is_about_another_object():
    needed = explained(Atom("holds", ("t1", "n2")), TWICE)[-1]

    first, second = (step.arguments[1] for step in needed.steps)
    assert first != second
    assert {frozenset(pair) for pair in needed.distinct} == {frozenset((first, second))}


def test_the_last_step_alone_needs_nothing_of_those_before():
    ends = explained(Atom("holds", ("t1", "n2")), TWICE)

    assert [len(end.steps) for end in ends] == [1, 2]
    assert ends[0].distinct == frozenset()


@pytest.mark.parametrize(("goal", "plan"), [(POURED, POUR), (Atom("holds", ("t1", "n2")), TWICE)])
def test_the_condition_is_no_stronger_than_what_was_seen(goal, plan):
    for seen, needed in zip(regress(goal, plan, RULES.fluents), explained(goal, plan), strict=True):
        general = lift(needed, RULES)
        special = lift(seen, RULES)
        # Regression does not say which objects differ; here they do by their names.
        assert covers(_without_distinct(general), special)


def _without_distinct(rule):
    return replace(rule, distinct=())


def jug_task(seed, most, tanks, jugs):
    rng = random.Random(seed)
    levels = [f"n{i}" for i in range(most + 1)]
    contents = {f"j{i}": rng.randint(1, most) for i in range(jugs)}
    left = sum(contents.values())
    goals = {}
    for i in range(tanks):
        asked = rng.randint(1, most)
        if asked <= left:
            goals[f"t{i}"], left = asked, left - asked
    goals = goals or {"t0": 1}
    lines = [
        "task: t",
        "objects:",
        f"  tank: [{', '.join(f't{i}' for i in range(tanks))}]",
        f"  jug: [{', '.join(contents)}]",
        f"  level: [{', '.join(levels)}]",
        "  shelf: [s0, s1]",
        "init:",
        *(f"  - next(n{i}, n{i + 1})" for i in range(most)),
        *(f"  - holds(t{i}, n0)" for i in range(tanks)),
        *(f"  - content({jug}, n{amount})" for jug, amount in contents.items()),
        *(f"  - stands({jug}, s{rng.randint(0, 1)})" for jug in contents),
        "goal: " + " and ".join(f"holds({tank}, n{amount})" for tank, amount in goals.items()),
    ]
    return load_task_text("\n".join(lines), rules=RULES)


def test_rules_learned_at_few_levels_serve_many():
    tasks = [jug_task(i, 1 + i % 3, 1 + i % 2, 2 + i % 2) for i in range(20)]

    learned = learn_rules(tasks, cpu_s=20)
    task = jug_task(7, 9, 6, 12)
    space = LiftedSpace(task)
    rules = BoundControlRules(space, control=learned.advice.control, orders=learned.advice.orders)
    outcome = RuleRollout().follow(space, rules, Meter(Limits(expansions=2000)))

    assert learned.solved == learned.checked
    assert len(learned.advice.control) <= 6
    assert outcome.steps is not None


SHELVES = """
rulebase: shelves
types: {shelf: object, pallet: object, robot: object}
predicates:
  stands(pallet, shelf):
  holds(robot, pallet):
  free(robot):
  vacant(shelf):
actions:
  take(?r - robot, ?p - pallet):
    if: free(?r) and stands(?p, ?s)          # ?s is an implicit parameter
    then: holds(?r, ?p) and vacant(?s) and not stands(?p, ?s) and not free(?r)
  put(?r - robot, ?p - pallet, ?s - shelf):
    if: holds(?r, ?p) and vacant(?s)
    then: stands(?p, ?s) and free(?r) and not holds(?r, ?p) and not vacant(?s)
"""


def exchange(pallets, seed):
    rng = random.Random(seed)
    names, shelves = [f"p{n}" for n in range(pallets)], [f"s{n}" for n in range(pallets + 1)]
    start, end = rng.sample(shelves, pallets), rng.sample(shelves, pallets)
    init = [f"stands({p}, {s})" for p, s in zip(names, start, strict=True)]
    init += ["free(r)", *(f"vacant({s})" for s in shelves if s not in start)]
    goal = [f"stands({p}, {s})" for p, s in zip(names, end, strict=True)]
    objects = f"{{shelf: [{', '.join(shelves)}], pallet: [{', '.join(names)}], robot: [r]}}"
    lines = ["task: t", f"objects: {objects}", "init:", *(f"  - {fact}" for fact in init)]
    text = "\n".join([*lines, f"goal: {' and '.join(goal)}"])
    return load_task_text(text, rules=load_rules_text(SHELVES))


def test_rules_of_actions_with_implicit_parameters_solve_all_training_tasks():
    tasks = [exchange(pallets, seed) for pallets in (1, 2, 3) for seed in range(4)]

    learned = learn_rules(tasks, cpu_s=10, seed=0)

    assert learned.solved == learned.checked


def test_a_goal_may_rest_on_the_type_of_an_object():
    # A derived fact may rest on `tank(t1)`, which no predicate declares.
    rests_on = frozenset({POURED, Atom("tank", ("t1",))}), frozenset()

    found = list(explain(POURED, POUR, RULES, rests_on))

    assert "tank" in {atom.predicate for atom in found[-1].positive}
