"""Generated tasks make sense, differ, and have the size and the goals asked for."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from planner.errors import InputError
from planner.kr.formulas import And, Atom, Forall, conjuncts
from planner.kr.task import RuleBase, Task
from planner.kr.terms import TypedVariable, Variable
from planner.learn.tasks.digest import digest
from planner.learn.tasks.generate import Generator
from planner.learn.tasks.goal_shape import sample_goal, shape_of
from planner.learn.tasks.situation import Patterns, Situation, resize
from tests.models.fact_space import FactSpace, blocks_rules, towers


def makes_sense(task) -> bool:
    """Whether a state of the blocks world is one: each block somewhere, the hand consistent."""
    below, on_top = Counter(), Counter()
    for fact in task.init:
        if fact.predicate == "on":
            below[fact.arguments[0]] += 1
            on_top[fact.arguments[1]] += 1
        elif fact.predicate in ("ontable", "holding"):
            below[fact.arguments[0]] += 1
        if fact.predicate in ("clear", "holding"):
            on_top[fact.arguments[0]] += 1
    hand = [f for f in task.init if f.predicate in ("handempty", "holding")]
    places = [below[b] for b in task.objects] + [on_top[b] for b in task.objects]
    return len(hand) == 1 and set(places) == {1}


@pytest.mark.parametrize("size", [2, 3, 4, 7])
def test_tasks_have_the_size_asked_for_and_make_sense(generator, size):
    tasks = list(generator.tasks(size, 4))
    assert tasks
    for task in tasks:
        assert len(task.objects) == size
        assert makes_sense(task)
        assert {atom.predicate for atom in conjuncts(task.goal)} == {"on"}
        assert not FactSpace(task).is_goal(0)


@pytest.mark.parametrize(("like_examples", "begin_in_the_midst"), [(True, False), (False, True)])
def test_tasks_begin_as_examples_do_where_that_is_wanted(
    examples, like_examples, begin_in_the_midst
):
    generator = Generator(
        blocks_rules(),
        examples,
        random.Random(1),
        space_of=FactSpace,
        like_examples=like_examples,
    )

    tasks = [task for size in (4, 6) for task in generator.tasks(size, 15)]

    assert len(tasks) >= 20
    held = [fact for task in tasks for fact in task.init if fact.predicate == "holding"]
    assert bool(held) == begin_in_the_midst


def test_no_two_tasks_are_the_same_up_to_names(generator):
    tasks = list(generator.tasks(3, 30))
    marks = [digest(task) for task in tasks]
    assert len(marks) == len(set(marks))
    assert not set(marks) & {digest(example) for example in generator.examples}


def test_the_same_seed_gives_the_same_tasks(examples):
    def tasks():
        generator = Generator(blocks_rules(), examples, random.Random(5), space_of=FactSpace)
        return [task for size in (3, 5) for task in generator.tasks(size, 5)]

    assert tasks() == tasks()


def test_without_examples_something_is_guessed_and_said(caplog):
    generator = Generator(blocks_rules(), (), random.Random(0), space_of=FactSpace)
    assert "no example tasks" in caplog.text
    tasks = list(generator.tasks(4, 3))
    assert tasks
    assert all(len(FactSpace(task).legal_steps(0)) for task in tasks)


def test_a_rule_base_without_actions_is_refused():
    with pytest.raises(InputError, match="without actions"):
        Generator(RuleBase(), (), random.Random(0))


def test_fingerprints_ignore_names_and_order_only():
    one = towers([["a", "b"], ["c"]], [("c", "a")])
    renamed = towers([["x"], ["y", "z"]], [("x", "y")], order=["z", "x", "y"])
    other = towers([["a", "b"], ["c"]], [("c", "b")])
    assert digest(one) == digest(renamed)
    assert digest(one) != digest(other)


def test_cloning_keeps_to_what_was_seen():
    # Given towers in which every block has at most one block on it.
    rng, patterns = random.Random(0), Patterns()
    task = towers([["a", "b"], ["c"]], [])
    situation = Situation(task.objects, task.init)
    patterns.observe(situation)
    # When blocks are added, then only free blocks on the table are copied.
    grown = resize(situation, 6, patterns, rng)
    assert len(grown.objects) == 6
    assert Counter(f.predicate for f in grown.facts)["on"] == 1
    # And the block that holds up another is never dropped alone.
    shrunk = resize(situation, 1, patterns, rng)
    assert set(shrunk.objects) == {"a", "b"}


def test_goals_have_the_shape_of_the_example():
    x = Variable("x")
    everything = Forall((TypedVariable("x", ("block",)),), And(()), Atom("clear", (x,)))
    task = towers([["a", "b"], ["c"]], [("a", "b")])
    example = Task(task.rules, "", task.objects, task.init, And((task.goal, everything)))
    shape = shape_of(example)
    start = [Atom("ontable", ("p",)), Atom("ontable", ("q",))]
    end = [Atom("on", ("p", "q")), Atom("ontable", ("q",))]
    goal = sample_goal(shape, {"p": "block", "q": "block"}, start, end, random.Random(0))
    assert goal == And((Atom("on", ("p", "q")), everything))
