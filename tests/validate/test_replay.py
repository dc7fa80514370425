"""States after part of a plan: nothing is grounded, created objects are objects."""

from __future__ import annotations

import pytest

import planner
from planner.errors import InputError
from planner.plan import Plan, parse_plan
from planner.reasons import explain_fact
from planner.validate.replay import task_after
from tests.conftest import ROOT

TASK = ROOT / "rules" / "game24" / "tasks" / "easy.yaml"


@pytest.fixture(scope="module")
def solved():
    task = planner.load_task(TASK)
    return planner.solve(task)


def test_created_objects_are_objects_of_the_state(solved) -> None:
    after = task_after(solved.task, solved.plan, 1)

    assert "_1" in after.all_objects
    assert after.has_type("_1", "item")
    values = [atom for atom in after.facts if atom.predicate == "value"]
    assert len(values) == 3
    assert after.facts != solved.task.facts


def test_facts_that_stay_keep_their_place(solved) -> None:
    after = task_after(solved.task, solved.plan, 1)

    kept = [atom for atom in after.facts if atom in solved.task.facts]
    assert len(kept) == 2
    assert all(atom.span is not None for atom in kept)


def test_every_step_of_an_open_plan_has_reasons(solved) -> None:
    for index, step in enumerate(solved.plan):
        reason = solved.why(index)

        assert f"value({step.arguments[0]}, " in reason


def test_facts_are_explained_after_part_of_an_open_plan(solved) -> None:
    text = str(solved.plan)
    last = len(solved.plan)

    assert explain_fact(solved.task, f"value(_{last}, 24)", plan_text=text)[0]
    assert not explain_fact(solved.task, f"value(_{last - 1}, 24)", plan_text=text)[0]
    with pytest.raises(InputError, match="unknown object"):
        explain_fact(solved.task, "value(_1, 24)")


def test_a_step_that_cannot_be_taken_is_named(solved) -> None:
    plan = Plan((*solved.plan.steps[1:],))

    with pytest.raises(InputError, match="cannot be taken"):
        task_after(solved.task, parse_plan(str(plan)), len(plan))
