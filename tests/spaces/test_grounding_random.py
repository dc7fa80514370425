"""Grounding against a naive interpreter on random tasks of the whole language."""

from random import Random

import pytest

from planner.spaces.explain import state_facts, static_facts
from planner.spaces.ground import GroundSpace
from planner.spaces.grounding import ground
from tests.spaces.naive import Naive
from tests.spaces.random_tasks import random_task

STATES = 40


def facts_of(space, state):
    return {(a.predicate, a.arguments) for a in (*static_facts(space), *state_facts(space, state))}


def compare(task):
    """Walk both state spaces together and return how many states were compared."""
    naive, space = Naive(task), GroundSpace(ground(task))
    pairs = {space.initial(): naive.initial()}
    queue = [space.initial()]
    for state in queue[:]:
        assert facts_of(space, state) == naive.closed(pairs[state])
    for state in queue:
        facts = pairs[state]
        assert space.is_goal(state) == naive.is_goal(facts)
        expected = {}
        for step, successor in naive.steps(facts):
            expected.setdefault(step, set()).add(successor)
        found = {}
        for step in space.legal_steps(state).tolist():
            described = space.describe(step)
            key = (described.name, described.arguments)
            successor = space.successor(state, step)
            reached = frozenset(
                f for f in facts_of(space, successor) if f[0] not in task.rules.derived
            )
            assert facts_of(space, successor) == naive.closed(reached)
            found.setdefault(key, set()).add(reached)
            if successor not in pairs and len(queue) < STATES:
                pairs[successor] = reached
                queue.append(successor)
        # Steps that never change anything are left out by grounding.
        assert all(found[key] <= expected.get(key, set()) for key in found)
        assert all(expected[key] - {facts} <= found.get(key, set()) for key in expected)
    return len(queue)


@pytest.mark.parametrize("block", range(6))
def test_random_tasks_have_the_same_state_space(block):
    states = [compare(random_task(Random(f"{block}-{seed}"))) for seed in range(25)]

    assert sum(states) > 50


@pytest.mark.slow
@pytest.mark.parametrize("block", range(100))
def test_many_random_tasks_have_the_same_state_space(block):
    for seed in range(100):
        compare(random_task(Random(f"many-{block}-{seed}")))


def test_auxiliary_atoms_change_nothing_when_they_stand_for_more(monkeypatch):
    # Groups of clauses and alternatives are replaced by auxiliary atoms as early as can be.
    monkeypatch.setattr("planner.spaces.literals._PAIRS_LIMIT", 0)
    monkeypatch.setattr("planner.spaces.normal_form.SPLIT_LIMIT", 1)

    states = [compare(random_task(Random(f"auxiliary-{seed}"))) for seed in range(40)]

    assert sum(states) > 80
