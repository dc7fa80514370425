"""Expert iteration: what is kept, what is dropped, and what is learned as wrong."""

from __future__ import annotations

import random

import numpy as np
import pytest

from planner.io.load import load_task_text
from planner.learn.iterate import harvest, is_flat, solved_share
from planner.learn.tasks.generate import ground_space
from planner.learn.tasks.unused import unused_parts
from planner.models.baseline import UniformModel

ROOMS = """
task: rooms
types: {{room: object}}
predicates:
  at(room): the robot is in {{0}}
  door(room, room): one may go from {{0}} to {{1}}
  seen(room): "{{0}} was seen"
rules:
  - if: at(?x) and door(?x, ?y) and door(?y, ?x)
    then: seen(?y)
actions:
  go(?x - room, ?y - room):
    if: at(?x) and door(?x, ?y)
    then: at(?y) and not at(?x)
  fly(?x - room):
    if: at(?x) and door(?x, ?x)
    then: not at(?x)
objects: {{room: [{rooms}]}}
init: [{doors}]
goal: at({goal})
"""


def rooms(doors, goal, source=ROOMS):
    names = sorted({name for door in doors for name in door})
    facts = ['"at(a)"', *(f'"door({x}, {y})"' for x, y in doors)]
    text = source.format(rooms=", ".join(names), doors=", ".join(facts), goal=goal)
    return ground_space(load_task_text(text))


def test_steps_into_dead_ends_are_learned_as_wrong():
    # Given a corridor whose second room has a pit beside it, from which no door leads.
    space = rooms([("a", "b"), ("b", "pit"), ("b", "c"), ("c", "d")], "d")
    found = harvest(UniformModel(), [space])
    # Then the step into the pit is marked, and only it.
    ((_, states),) = found.labelled
    (mistake,) = [state for state in states if state.refuting]
    assert found.refuted == 1
    wrong = [str(space.describe(int(s))) for s in mistake.steps[~mistake.best]]
    assert wrong == ["(go b pit)"]
    assert mistake.distance == -1


def test_what_plain_search_finds_easy_is_dropped():
    found = harvest(UniformModel(), [rooms([("a", "b"), ("b", "a"), ("b", "c")], "c")])
    assert found.tasks == found.easy == 1
    assert found.labelled == []


def test_plans_of_hard_tasks_are_kept_shortened(monkeypatch):
    import planner.learn.iterate as iteration

    monkeypatch.setattr(iteration, "_EASY", 0)
    space = rooms([("a", "b"), ("b", "a"), ("b", "c"), ("a", "x"), ("x", "b")], "c")
    ((_, states),) = harvest(UniformModel(), [space]).labelled
    assert [state.distance for state in states] == [2, 1]
    assert solved_share(UniformModel(), [space], 50) == 1
    assert solved_share(UniformModel(), [space], 1) == 0


def test_rounds_end_when_the_rate_is_flat():
    assert not is_flat([0.2])
    assert not is_flat([0.2, 0.4, 0.3])
    assert is_flat([0.2, 0.4, 0.3, 0.4])
    assert is_flat([0.3, 1.0])


def test_parts_that_no_task_uses_are_reported():
    from planner.learn.lessons.label import explore, sample_states

    space = rooms([("a", "b"), ("b", "c")], "c")
    rng = random.Random(0)
    states = sample_states(explore(space, 100), 10, rng)
    assert unused_parts(space.task.rules, [(space, states)]) == (
        "action `fly` was legal in no state of the 1 training tasks",
        "no rule ever derived `seen` in any of the 1 training tasks",
    )
    again = rooms([("a", "b"), ("b", "a"), ("b", "c")], "c")
    states = sample_states(explore(again, 100), 10, rng)
    (only,) = unused_parts(again.task.rules, [(again, states)])
    assert "fly" in only

    # An action that an example allows is not superfluous, though no training task takes it.
    example = rooms([("a", "a"), ("a", "b")], "b")
    (only,) = unused_parts(again.task.rules, [(again, states)], [example])
    assert only == "no plan of the 1 training tasks takes `fly`: no model learns to"


def test_a_rule_that_never_fires_is_reported_beside_one_that_does():
    from planner.learn.lessons.label import explore, sample_states

    # Given two rules that derive `seen`, one of them for doors that lead back into their room.
    more = "\n  - if: at(?x) and door(?x, ?x)\n    then: seen(?x)\nactions:"
    space = rooms([("a", "b"), ("b", "a"), ("b", "c")], "c", ROOMS.replace("\nactions:", more))
    states = sample_states(explore(space, 100), 10, random.Random(0))

    # When no room has such a door, then that rule is reported and the other is not.
    _, silent = unused_parts(space.task.rules, [(space, states)])
    assert silent.startswith("the rule `seen(?x) <- at(?x) and door(?x, ?x)` never fired")


def test_refuted_steps_lose_mass_and_the_rest_stays_as_it_is():
    torch = pytest.importorskip("torch")
    from planner.learn.fitting.losses import all_best_cross_entropy, distance_loss, ranking_loss

    scores = torch.tensor([1.0, 0.0, 2.0], requires_grad=True)
    state, marked = torch.zeros(3, dtype=torch.int64), [np.array([True, True, False])]
    loss = all_best_cross_entropy(scores, state, marked, [True])
    kept = torch.softmax(scores, 0)[:2].sum()
    assert loss.item() == pytest.approx(-kept.log().item())
    loss.backward()
    # Both unrefuted steps gain in proportion to what they have.
    gain = -scores.grad
    assert gain[2] < 0 < gain[1] < gain[0]
    # Unknown distances do not count.
    values = torch.tensor([0.0, 5.0])
    assert distance_loss(values, [0, -1]).item() == 0
    assert distance_loss(values, [-1, -1]).item() == 0
    # States in the wrong order cost more than those in the right one; ties and unknowns nothing.
    right = ranking_loss(torch.tensor([0.1, 0.9]), [1, 4])
    wrong = ranking_loss(torch.tensor([0.9, 0.1]), [1, 4])
    assert wrong > right > 0
    assert ranking_loss(values, [3, 3]).item() == ranking_loss(values, [-1, 3]).item() == 0
