"""The lifted search, and the choice between it and grounding."""

from __future__ import annotations

import pytest

import planner
from planner.io.load import load_task_text
from planner.search.glance import glance
from planner.search.lifted import LiftedSearch
from planner.search.lifted_first import choose_space
from planner.search.limits import Limits, Meter
from planner.search.result import Status
from planner.spaces.estimate import estimate_operators
from planner.spaces.lifted import LiftedSpace
from tests.guides.lifted.test_relaxed_plan import BLOCKS, ERRANDS, SUSSMAN


def grid(dimensions: int, size: int, goal: str) -> str:
    """A robot in a grid of so many dimensions."""
    places = [f"p{i}" for i in range(size)]
    columns = ", ".join(["place"] * dimensions)
    names = [f"?x{d}" for d in range(dimensions)]
    lines = ["types: {place: object}", f"objects: {{place: [{', '.join(places)}]}}"]
    lines += ["predicates:", f"  at({columns}):", f"  visited({columns}):", "  next(place, place):"]
    lines += ["actions:"]
    for d in range(dimensions):
        to = [*names[:d], "?to", *names[d + 1 :]]
        here, there = ", ".join(names), ", ".join(to)
        lines += [
            f"  move{d}({', '.join(f'{n} - place' for n in [*names, '?to'])}):",
            f"    if: at({here}) and next(?x{d}, ?to)",
            f"    then: at({there}) and visited({there}) and not at({here})",
        ]
    pairs = [f"next(p{i}, p{i + 1})" for i in range(size - 1)]
    pairs += [f"next(p{i + 1}, p{i})" for i in range(size - 1)]
    start = ", ".join(["p0"] * dimensions)
    lines += ["init:", *(f"  - {fact}" for fact in (f"at({start})", *pairs)), f"goal: {goal}"]
    return "\n".join(lines)


def search_of(text: str, **limits: float) -> LiftedSearch:
    return LiftedSearch(LiftedSpace(load_task_text(text)), Meter(Limits(**limits)))


@pytest.mark.parametrize("text", [BLOCKS + SUSSMAN, ERRANDS + "goal: has(key) and has(nut)"])
def test_finds_a_plan_that_the_validator_accepts(text: str):
    task = load_task_text(text)

    result = planner.solve(task, search="lifted")

    assert result.status is Status.SOLVED
    assert result.plan is not None
    assert planner.validate(task, result.plan).ok
    assert result.search.startswith("lifted")


def test_exhausting_the_space_is_a_proof():
    search = search_of(ERRANDS + "goal: has(nut) and at(p0)")

    outcome = search.run()

    assert outcome.status is Status.UNSOLVABLE


def test_an_unreachable_goal_is_named():
    result = planner.solve(
        load_task_text(ERRANDS + "goal: has(key) and seen(p2, p2)"), search="lifted"
    )

    assert result.status is Status.UNSOLVABLE
    assert result.unreachable == "seen(p2, p2)"


def test_limits_are_no_proof():
    text = grid(3, 6, "visited(p5, p5, p5) and not visited(p0, p0, p1)")

    outcome = search_of(text, cpu_s=0.0).run()

    assert outcome.status is Status.LIMIT
    assert outcome.reason == "time"


def test_the_same_task_gives_the_same_plan():
    plans = [planner.solve(load_task_text(BLOCKS + SUSSMAN), search="lifted").plan for _ in "ab"]

    assert plans[0] == plans[1]


def test_a_glance_sees_short_plans_only():
    near = LiftedSpace(load_task_text(ERRANDS + "goal: at(p1) and seen(p0, p1)"))
    far = LiftedSpace(load_task_text(ERRANDS + "goal: has(key)"))

    assert glance(near, lambda: None) is not None
    assert glance(far, lambda: None) is None


def test_few_operators_are_grounded():
    choice = choose_space(load_task_text(BLOCKS + SUSSMAN), Meter())

    assert choice.lifted is None
    assert choice.reason == ""


def test_too_many_operators_are_not_grounded():
    task = load_task_text(grid(7, 10, "visited(p0, p1, p0, p1, p0, p0, p1)"))

    result = planner.solve(task, limits=Limits(cpu_s=30))

    assert estimate_operators(task) > 1e7
    assert result.status is Status.SOLVED
    assert "not grounded" in result.search
    assert result.plan is not None
    assert len(result.plan) == 3


def test_other_searches_ground():
    task = load_task_text(grid(2, 4, "visited(p3, p3)"))

    result = planner.solve(task, search="gbfs")

    assert "lifted" not in result.search
    assert result.statistics.operators > 0


def test_lifted_takes_no_guide():
    with pytest.raises(planner.InputError, match="takes no guide"):
        planner.solve(load_task_text(BLOCKS + SUSSMAN), search="lifted", guide="h_add")
