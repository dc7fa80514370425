"""Rules for goals that ask for many atoms at once, and for conditions beyond conjunctions."""

import random
from itertools import pairwise

import pytest

from planner.engine.facts import Facts
from planner.engine.forward import evaluate
from planner.guides.control_rules import BoundControlRules
from planner.io.load import load_rules_text, load_task_text
from planner.kr.formulas import Atom
from planner.learn.rules.learn import learn_rules
from planner.learn.rules.parts import recursive_guards, unmet_parts
from planner.learn.rules.schemas import readings_of
from planner.learn.rules.trial import space_of
from planner.search.limits import Limits, Meter
from planner.search.rollout import RuleRollout

KITCHEN = """
rulebase: kitchen
types: {food: object, knife: object, dish: object}
predicates:
  uses(dish, food):
  hard(food):
  washed(food):
  cut(food):
  clean(knife):
  served(dish):
  prepared(food):
  ready(dish):
rules:
  - if: washed(?i) and (not hard(?i) or cut(?i))
    then: prepared(?i)
  - if: dish(?d) and forall(?i - food, uses(?d, ?i) -> prepared(?i))
    then: ready(?d)
actions:
  wash(?i - food):
    if: not washed(?i)
    then: washed(?i)
  chop(?i - food, ?k - knife):
    if: (washed(?i) or not hard(?i)) and clean(?k) and not cut(?i)
    then: cut(?i) and not clean(?k)
  rinse(?k - knife):
    if: not clean(?k)
    then: clean(?k)
  serve(?d - dish):
    if: ready(?d)
    then: served(?d)
"""

SERVICES = """
rulebase: services
types: {service: object, node: object}
predicates:
  needs(service, service):
  fits(service, node):
  up(node):
  runs(service, node):
  placed(service):
  startable(service):
  healthy(service):
rules:
  - if: runs(?s, ?)
    then: placed(?s)
  - if: runs(?s, ?n) and up(?n) and forall(?d - service, needs(?s, ?d) -> healthy(?d))
    then: healthy(?s)
  - if: service(?s) and forall(?d - service, needs(?s, ?d) -> healthy(?d))
    then: startable(?s)
actions:
  boot(?n - node):
    if: not up(?n)
    then: up(?n)
  start(?s - service, ?n - node):
    if: up(?n) and fits(?s, ?n) and not placed(?s) and startable(?s)
    then: runs(?s, ?n)
"""

SHELVES = """
rulebase: shelves
types: {shelf: object, pallet: object, robot: object}
predicates:
  stands(pallet, shelf):
  holds(robot, pallet):
  vacant(shelf):
  empty(robot):
rules:
  - if: shelf(?s) and not stands(?, ?s)
    then: vacant(?s)
  - if: robot(?r) and not holds(?r, ?)
    then: empty(?r)
actions:
  take(?r - robot, ?p - pallet):
    if: empty(?r) and stands(?p, ?s)          # ?s is an implicit parameter
    then: holds(?r, ?p) and not stands(?p, ?s)
  put(?r - robot, ?p - pallet, ?s - shelf):
    if: holds(?r, ?p) and vacant(?s)
    then: stands(?p, ?s) and not holds(?r, ?p)
"""


def task_of(rules, objects, init, goal):
    named = ", ".join(f"{kind}: [{', '.join(names)}]" for kind, names in objects.items())
    lines = ["task: t", f"objects: {{{named}}}", "init:", *(f"  - {fact}" for fact in init)]
    text = "\n".join([*lines, "goal: " + " and ".join(goal)])
    return load_task_text(text, rules=load_rules_text(rules))


def meals(dishes, foods, seed):
    rng = random.Random(seed)
    names, plates = [f"i{n}" for n in range(foods)], [f"d{n}" for n in range(dishes)]
    init = [f"hard({food})" for food in names if rng.random() < 0.5]
    init += [f"uses({d}, {f})" for d in plates for f in rng.sample(names, rng.randint(1, foods))]
    goal = [f"{rng.choice(['served', 'ready'])}({dish})" for dish in plates]
    return task_of(KITCHEN, {"food": names, "knife": ["k"], "dish": plates}, init, goal)


def outages(services, nodes, seed):
    rng = random.Random(seed)
    names, hosts = [f"s{n}" for n in range(services)], [f"n{n}" for n in range(nodes)]
    init = [f"needs({b}, {a})" for a, b in pairwise(names)]
    init += [f"fits({s}, {rng.choice(hosts)})" for s in names]
    init += [f"up({n})" for n in hosts if rng.random() < 0.3]
    return task_of(SERVICES, {"service": names, "node": hosts}, init, [f"healthy({names[-1]})"])


def exchanges(pallets, seed):
    rng = random.Random(seed)
    names, shelves = [f"p{n}" for n in range(pallets)], [f"s{n}" for n in range(2 * pallets)]
    start, end = rng.sample(shelves, pallets), rng.sample(shelves, pallets)
    init = [f"stands({p}, {s})" for p, s in zip(names, start, strict=True)]
    goal = [f"stands({p}, {s})" for p, s in zip(names, end, strict=True)]
    return task_of(SHELVES, {"shelf": shelves, "pallet": names, "robot": ["r"]}, init, goal)


def follow(learned, task):
    space = space_of(task)
    advice = learned.advice
    rules = BoundControlRules(space, control=advice.control, orders=advice.orders)
    meter = Meter(Limits(expansions=500))
    return RuleRollout(repairs=0, reach=0, restarts=0).follow(space, rules, meter).steps


def test_the_parts_of_a_goal_come_innermost_first_with_the_facts_that_ask_for_them():
    task = outages(3, 1, seed=0)
    true = evaluate((), Facts.of(task.init))

    parts = list(unmet_parts(Atom("healthy", ("s2",)), task.rules, true))

    assert [part.atom for part in parts] == [Atom("healthy", ("s0",)), Atom("healthy", ("s1",))]
    assert parts[0].guards == (Atom("needs", ("s2", "s1")), Atom("needs", ("s1", "s0")))


def test_a_forall_that_asks_for_more_of_the_same_is_recursive():
    assert list(recursive_guards(load_rules_text(SERVICES))) == ["needs"]
    assert not recursive_guards(load_rules_text(KITCHEN))


def test_a_disjunction_has_a_reading_for_each_way_it_holds():
    chop = load_rules_text(KITCHEN).actions[1]

    readings = readings_of(chop)

    assert [{a.predicate for a in r.positive} for r in readings] == [{"washed", "clean"}, {"clean"}]


def test_implicit_parameters_are_parameters_of_a_reading():
    (take,) = readings_of(load_rules_text(SHELVES).actions[0])

    assert [p.name for p in take.parameters] == ["r", "p", "s"]


@pytest.mark.parametrize(
    ("small", "large"),
    [
        ([meals(d, f, s) for d in (1, 2) for f in (1, 2, 3) for s in range(3)], meals(6, 12, 9)),
        ([outages(s, n, i) for s in (1, 2, 3) for n in (1, 2) for i in range(3)], outages(8, 6, 9)),
        ([exchanges(p, s) for p in (1, 2, 3) for s in range(4)], exchanges(9, 9)),
    ],
    ids=["forall and or", "forall that recurses and not of a derived fact", "not of any"],
)
def test_rules_learned_through_derived_facts_solve_larger_tasks(small, large):
    learned = learn_rules(small, cpu_s=15, seed=0)

    assert learned is not None
    assert learned.solved == learned.checked
    assert follow(learned, large) is not None
