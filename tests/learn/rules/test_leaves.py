"""What derived facts rest on, and rules learned through it."""

import random

from planner.guides.control_rules import BoundControlRules
from planner.io.load import load_rules_text, load_task_text
from planner.kr.formulas import Atom
from planner.learn.rules.learn import learn_rules
from planner.learn.rules.leaves import leaves_of
from planner.learn.rules.trial import space_of
from planner.search.limits import Limits, Meter
from planner.search.rollout import RuleRollout

COURIER = """
rulebase: courier
types: {parcel: object, place: object}
predicates:
  at(parcel, place):
  courier(place):
  carried(parcel):
  wants(parcel, place):
  locked(place):
  delivered(parcel):
  home(parcel):
  open-place(place):
rules:
  - if: at(?p, ?d) and wants(?p, ?d)
    then: delivered(?p)
  - if: delivered(?p)
    then: home(?p)
  - if: place(?x) and not locked(?x)
    then: open-place(?x)
actions:
  go(?a - place, ?b - place):
    if: courier(?a)
    then: courier(?b) and not courier(?a)
  take(?p - parcel, ?a - place):
    if: courier(?a) and at(?p, ?a) and open-place(?a)
    then: carried(?p) and not at(?p, ?a)
  leave(?p - parcel, ?a - place):
    if: courier(?a) and carried(?p)
    then: at(?p, ?a) and not carried(?p)
"""


def courier_task(parcels, places, seed):
    rng = random.Random(seed)
    names, sites = [f"p{i}" for i in range(parcels)], [f"s{i}" for i in range(places)]
    ways = [rng.sample(sites, 2) for _ in names]
    lines = [
        "task: t",
        f"objects: {{parcel: [{', '.join(names)}], place: [{', '.join(sites)}]}}",
        "init:",
        *(f"  - at({p}, {start})" for p, (start, _) in zip(names, ways, strict=True)),
        *(f"  - wants({p}, {end})" for p, (_, end) in zip(names, ways, strict=True)),
        f"  - courier({rng.choice(sites)})",
        "goal: " + " and ".join(f"home({p})" for p in names),
    ]
    return load_task_text("\n".join(lines), rules=load_rules_text(COURIER))


def test_the_leaves_of_a_proof_are_facts():
    task = courier_task(1, 2, seed=0)
    wants = next(atom for atom in task.init if atom.predicate == "wants")
    at = Atom("at", wants.arguments)
    plain = Atom("courier", ("s0",))

    leaves = leaves_of(task, [at, wants, plain], [Atom("home", ("p0",)), plain])

    assert leaves == (frozenset({at, wants, plain}), frozenset())


def test_what_must_be_absent_is_a_leaf_too():
    task = courier_task(1, 2, seed=0)

    leaves = leaves_of(task, [], [Atom("open-place", ("s0",))])

    assert leaves is not None
    assert Atom("locked", ("s0",)) in leaves[1]


def test_a_fact_that_does_not_hold_has_no_leaves():
    assert leaves_of(courier_task(1, 2, seed=0), [], [Atom("home", ("p0",))]) is None


def test_rules_for_derived_goals_solve_larger_tasks():
    tasks = [courier_task(1 + i % 3, 3, seed=i) for i in range(8)]

    learned = learn_rules(tasks, cpu_s=30)

    assert learned is not None
    assert learned.solved == learned.checked
    assert len(learned.advice.control) <= 4
    space = space_of(courier_task(12, 6, seed=99))
    rules = BoundControlRules(space, control=learned.advice.control, orders=learned.advice.orders)
    outcome = RuleRollout(repairs=0, reach=0).follow(space, rules, Meter(Limits(expansions=500)))
    assert outcome.steps is not None
