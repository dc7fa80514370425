"""Learning control rules: what is learned solves larger tasks, and names do not matter."""

import random
from dataclasses import replace

import pytest

from planner.guides.control_rules import BoundControlRules
from planner.io.learned_file import LearnedFile, dump_learned, load_learned
from planner.io.load import load_rules, load_rules_text, load_task_text
from planner.kr.control import StepPattern, WalkPattern
from planner.kr.formulas import And, Atom
from planner.learn.rules.learn import learn_rules
from planner.learn.rules.train import train_rules
from planner.learned import use_learned
from planner.search.following import follow_rules
from planner.search.limits import Limits, Meter
from planner.search.rollout import RuleRollout
from planner.solve import solve
from planner.spaces.lifted import LiftedSpace

FERRY = """
rulebase: ferry
types: {car: object, place: object}
predicates:
  at(car, place):
  aboard(car):
  ferry(place):
  empty:
actions:
  sail(?a - place, ?b - place):
    if: ferry(?a)
    then: ferry(?b) and not ferry(?a)
  board(?c - car, ?p - place):
    if: at(?c, ?p) and ferry(?p) and empty
    then: aboard(?c) and not at(?c, ?p) and not empty
  leave(?c - car, ?p - place):
    if: aboard(?c) and ferry(?p)
    then: at(?c, ?p) and empty and not aboard(?c)
"""


def ferry_task(rules, cars, places, seed, prefix="c"):
    rng = random.Random(seed)
    names = [f"{prefix}{i}" for i in range(cars)]
    quays = [f"q{prefix}{i}" for i in range(places)]
    lines = [
        "task: t",
        f"objects: {{car: [{', '.join(names)}], place: [{', '.join(quays)}]}}",
        "init:",
        *(f"  - at({c}, {rng.choice(quays)})" for c in names),
        f"  - ferry({rng.choice(quays)})",
        "  - empty",
        "goal: " + " and ".join(f"at({c}, {rng.choice(quays)})" for c in names),
    ]
    return load_task_text("\n".join(lines), rules=rules)


@pytest.fixture(scope="module")
def ferry():
    rules = load_rules_text(FERRY)
    tasks = [ferry_task(rules, 1 + i % 4, 3 + i % 3, seed=i) for i in range(16)]
    return rules, tasks, learn_rules(tasks, cpu_s=20)


def follow(task, learned):
    space = LiftedSpace(task)
    rules = BoundControlRules(space, control=learned.advice.control, orders=learned.advice.orders)
    return space, RuleRollout().follow(space, rules, Meter(Limits(expansions=5000)))


def test_rules_learned_from_few_cars_solve_many(ferry):
    rules, _, learned = ferry
    task = ferry_task(rules, 40, 12, seed=99)

    space, outcome = follow(task, learned)

    assert learned.solved == learned.checked
    assert outcome.steps is not None
    # A car needs at most two trips, a board and a leave.
    assert len(outcome.steps) <= 4 * 40
    state = space.initial()
    for step in outcome.steps:
        assert step in space.legal_steps(state)
        state = space.successor(state, step)
    assert space.is_goal(state)


def test_what_is_printed_is_short(ferry):
    _, _, learned = ferry

    # Standing at the car is a walk of no steps, so no rule of its own.
    assert len(learned.advice.control) <= 3
    assert all(rule.support > 0 for rule in learned.advice.control)


def test_names_of_objects_and_predicates_do_not_matter(ferry):
    _, _, learned = ferry
    renamed = load_rules_text(
        FERRY.replace("at(", "zz(").replace("aboard", "b").replace("sail", "a").replace("car", "v")
    )
    tasks = [
        load_task_text(text, rules=renamed)
        for text in (
            _as_text(ferry_task(load_rules_text(FERRY), 1 + i % 4, 3 + i % 3, i, "x"))
            for i in range(16)
        )
    ]

    again = learn_rules(tasks, cpu_s=20)

    first = [(r.rank, r.run, r.support, len(r.steps)) for r in learned.advice.control]
    assert [(r.rank, r.run, r.support, len(r.steps)) for r in again.advice.control] == first
    assert _dumped(again) == _in_other_names(_dumped(learned))
    walks = [[isinstance(s, StepPattern) for s in r.steps] for r in learned.advice.control]
    assert [[isinstance(s, StepPattern) for s in r.steps] for r in again.advice.control] == walks


def _dumped(learned):
    return dump_learned(LearnedFile(learned.advice.control, learned.advice.orders, ""))


def _in_other_names(text):
    pairs = {"at(": "zz(", "at-": "zz-", "aboard": "b", "sail": "a", "car": "v"}
    for old, new in pairs.items():
        text = text.replace(old, new)
    return text


def _as_text(task):
    from planner.io.dump import dump_task

    text = dump_task(task, "rules.yaml").replace("at(", "zz(").replace("car:", "v:")
    return text.replace("aboard", "b")


def test_learned_rules_are_read_back(ferry, tmp_path):
    rules, _, learned = ferry
    file = tmp_path / "learned.yaml"
    written = LearnedFile(
        learned.advice.control, learned.advice.orders, "abc", learned.advice.sources, ("hello",)
    )
    file.write_text(dump_learned(written), encoding="utf-8")

    read = load_learned(file, rules)

    by_rank = sorted(written.control, key=lambda rule: rule.rank)
    assert read.control == tuple(replace(rule, support=0) for rule in by_rank)
    assert read.orders == written.orders
    assert read.rules_hash == "abc"
    assert file.read_text(encoding="utf-8").startswith("# hello")


def test_training_writes_a_file_that_solving_uses(tmp_path):
    (tmp_path / "rules.yaml").write_text(FERRY, encoding="utf-8")
    from planner.io.load import load_rules

    rules = load_rules(tmp_path / "rules.yaml")
    tasks = [ferry_task(rules, 1 + i % 4, 4, seed=i) for i in range(10)]

    report = train_rules(tasks, cpu_s=20)
    task, _, notes = use_learned(ferry_task(rules, 25, 8, seed=5))

    assert report.file == tmp_path / "learned.yaml"
    assert "training tasks" in report.render()
    assert any("learned rules" in note for note in notes)
    followed = follow_rules(task, "auto", Meter())
    assert followed is not None
    assert len(followed.steps) == len(solve(task).plan.steps)


def test_actions_that_no_plan_used_are_reported(tmp_path):
    # Given a ferry that can also be sunk, which no task asks for.
    sink = "  sink(?a - place):\n    if: ferry(?a)\n    then: not ferry(?a)\n"
    (tmp_path / "rules.yaml").write_text(FERRY + sink, encoding="utf-8")
    from planner.io.load import load_rules

    rules = load_rules(tmp_path / "rules.yaml")
    tasks = [ferry_task(rules, 1 + i % 3, 3, seed=i) for i in range(6)]

    # When rules are learned, then that action is named, and no other.
    warnings = [
        line for line in train_rules(tasks, cpu_s=20).render().splitlines() if "warning" in line
    ]
    assert warnings == ["warning: action `sink` was in no plan that rules were learned from"]


def test_rules_of_another_version_are_not_used(tmp_path):
    (tmp_path / "rules.yaml").write_text(FERRY, encoding="utf-8")
    from planner.io.load import load_rules

    rules = load_rules(tmp_path / "rules.yaml")
    train_rules([ferry_task(rules, 2, 3, seed=i) for i in range(6)], cpu_s=20)
    (tmp_path / "rules.yaml").write_text(FERRY + "\n# changed\n", encoding="utf-8")

    task, _, notes = use_learned(ferry_task(rules, 2, 3, seed=5))

    assert task.rules.control == ()
    assert any("another version" in note for note in notes)


VISITS = """
types: {place: object}
predicates:
  near(place, place): ""
  here(place): ""
  visited(place): ""
actions:
  move(?from - place, ?to - place):
    if: here(?from) and near(?from, ?to)
    then: here(?to) and visited(?to) and not here(?from)
"""


def ring(rules, places):
    names = [f"p{i}" for i in range(places)]
    near = [f"near({a}, {b})" for a, b in zip(names, names[1:] + names[:1], strict=True)]
    text = f"task: ring-{places}\nobjects: {{place: [{', '.join(names)}]}}\n"
    text += "init:\n" + "".join(f"  - {atom}\n" for atom in [*near, "here(p0)"])
    return load_task_text(
        text + "goal:\n" + "".join(f"  - visited({name})\n" for name in names[::2]), rules=rules
    )


def test_a_walk_may_reach_the_goal_by_itself():
    """Where movement leaves marks, as visited places, a walk alone is a rule."""
    rules = load_rules_text(VISITS)

    learned = learn_rules([ring(rules, 3 + i) for i in range(4)], cpu_s=20)

    assert learned is not None
    assert learned.solved == learned.checked
    (rule,) = learned.advice.control
    assert [type(step).__name__ for step in rule.steps] == ["WalkPattern"]
    larger = replace(rules, control=learned.advice.control)
    followed = follow_rules(ring(larger, 40), "auto", Meter())
    assert followed is not None
    assert len(followed.steps) == 40


VANS = """
types: {place: object, van: object, person: object, parcel: object}
predicates:
  road(place, place): ""
  van-at(van, place): ""
  waits(person, place): ""
  drives(person, van): ""
  empty(van): ""
  lies(parcel, place): ""
  inside(parcel, van): ""
actions:
  board(?p - person, ?v - van, ?l - place):
    if: waits(?p, ?l) and van-at(?v, ?l) and empty(?v)
    then: drives(?p, ?v) and not waits(?p, ?l) and not empty(?v)
  drive(?p - person, ?v - van, ?a - place, ?b - place):
    if: drives(?p, ?v) and van-at(?v, ?a) and road(?a, ?b)
    then: van-at(?v, ?b) and not van-at(?v, ?a)
  load(?o - parcel, ?v - van, ?l - place):
    if: lies(?o, ?l) and van-at(?v, ?l)
    then: inside(?o, ?v) and not lies(?o, ?l)
  unload(?o - parcel, ?v - van, ?l - place):
    if: inside(?o, ?v) and van-at(?v, ?l)
    then: lies(?o, ?l) and not inside(?o, ?v)
"""


def van_task(rules, places, vans, parcels, seed):
    rng = random.Random(seed)
    names = [f"p{i}" for i in range(places)]
    init = [f"road({a}, {b})" for a, b in zip(names, names[1:] + names[:1], strict=True)]
    goal = []
    for i in range(vans):
        place = rng.choice(names)
        init += [f"van-at(v{i}, {place})", f"empty(v{i})", f"waits(d{i}, {place})"]
    for i in range(parcels):
        start, end = rng.sample(names, 2)
        init.append(f"lies(o{i}, {start})")
        goal.append(f"lies(o{i}, {end})")
    lines = [f"task: vans-{seed}", "objects:", f"  place: [{', '.join(names)}]"]
    for kind, letter, count in (
        ("van", "v", vans),
        ("person", "d", vans),
        ("parcel", "o", parcels),
    ):
        lines.append(f"  {kind}: [{', '.join(f'{letter}{i}' for i in range(count))}]")
    lines += ["init:", *(f"  - {atom}" for atom in init), "goal:", *(f"  - {a}" for a in goal)]
    return load_task_text("\n".join(lines) + "\n", rules=rules)


@pytest.fixture(scope="module")
def vans():
    rules = load_rules_text(VANS)
    tasks = [van_task(rules, 3 + i % 3, 1 + i % 2, 1 + i % 4, i) for i in range(18)]
    learned = learn_rules(tasks, cpu_s=20)
    assert learned is not None
    assert learned.solved == learned.checked
    return replace(rules, control=learned.advice.control, orders=learned.advice.orders)


def test_ways_that_need_a_driver_are_walks_of_any_length(vans):
    """Rules from rings of at most five places hold on a ring of thirty."""
    walks = [s for rule in vans.control for s in rule.steps if isinstance(s, WalkPattern)]

    followed = follow_rules(van_task(vans, 30, 2, 6, 99), "rules", Meter())

    assert walks
    assert followed is not None
    assert followed.steps is not None


def test_errands_are_run_together_where_that_is_shorter(vans):
    """Twelve parcels at one place that go to another one travel in one van."""
    task = van_task(vans, 6, 1, 1, 3)
    where = next(atom.arguments[1] for atom in task.init if atom.predicate == "waits")
    there = next(place for place in task.objects if place.startswith("p") and place != where)
    names = [f"o{i}" for i in range(12)]
    task = replace(
        task,
        objects={**task.objects, **dict.fromkeys(names, "parcel")},
        init=(*task.init, *(Atom("lies", (name, where)) for name in names)),
        goal=And(tuple(Atom("lies", (name, there)) for name in names)),
    )

    followed = follow_rules(task, "rules", Meter())

    assert followed is not None
    assert followed.steps is not None
    assert len(followed.steps) <= 1 + 12 + 5 + 12


@pytest.mark.parametrize(
    ("condition", "goal", "reason"),
    [
        ("lit(?l) or not broken(?l)", "lit(a)", "no fact that a goal asks for has a plan"),
        ("not lit(?l)", "not broken(a)", "ask for no fact outside `not`"),
    ],
)
def test_training_says_why_no_rules_were_learned(tmp_path, condition, goal, reason):
    rules = tmp_path / "rules.yaml"
    rules.write_text(
        "rulebase: lamps\ntypes: {lamp: object}\npredicates: {lit(lamp): x, broken(lamp): x}\n"
        f"actions:\n  switch(?l - lamp):\n    if: {condition}\n"
        "    then: lit(?l) and not broken(?l)\n",
        encoding="utf-8",
    )
    text = f"task: t\nobjects: {{lamp: [a]}}\ninit: [broken(a)]\ngoal: {goal}\n"
    task = load_task_text(text, rules=load_rules(rules))

    report = train_rules([task], tmp_path / "learned.yaml", cpu_s=5)

    assert report.file is None
    assert reason in report.render()
