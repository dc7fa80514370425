"""The part of a model that a goal rests on: every proof of the goal is in it."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from planner.engine.facts import Facts
from planner.engine.forward import saturate
from planner.engine.magic.part import part_for_goal
from planner.engine.proof_check import check_proof
from planner.kr.formulas import And, Atom, Not
from planner.kr.rules import Predicate, Rule
from planner.kr.task import RuleBase, Task
from planner.kr.terms import Variable
from planner.reasons import explain_fact, explain_goal
from tests.engine.programs import random_program
from tests.engine.proof_heights import height

X, Y, Z = (Variable(name) for name in "xyz")

PATH = (
    Rule(Atom("path", (X, Y)), Atom("edge", (X, Y))),
    Rule(Atom("path", (X, Z)), And((Atom("path", (X, Y)), Atom("edge", (Y, Z))))),
)
NAMES = {name: Predicate.of_arity(name, 2) for name in ("edge", "path", "apart")}


def task_of(rules, facts, **predicates: Predicate) -> Task:
    names = [c for fact in facts for c in fact.arguments if isinstance(c, str)]
    base = RuleBase(rules=tuple(rules), predicates=predicates)
    return Task(base, objects=dict.fromkeys(names, "object"), init=tuple(facts))


def long_chains(rules: tuple[Rule, ...] = PATH) -> Task:
    """Sixty chains of 40 edges: more facts than are derived from without a thought."""
    edges = [Atom("edge", (f"n{c}_{i}", f"n{c}_{i + 1}")) for c in range(60) for i in range(40)]
    return task_of(rules, edges, **NAMES)


@pytest.mark.parametrize("batch", range(4))
def test_proofs_in_the_part_are_those_of_the_whole_model(batch: int) -> None:
    compared = several = 0
    for seed in range(batch * 10, batch * 10 + 10):
        rng = random.Random(seed)
        program = random_program(rng, rich=seed % 2 > 0)
        task = task_of(program.rules, program.facts)
        whole = saturate(task)
        true = {atom for name in whole.predicates() for atom in whole.atoms(name)}
        for name in program.arities:
            for atom in list(whole.atoms(name))[:2]:
                part = part_for_goal(replace(task, goal=atom), way="demand")
                assert part is not None
                assert part.holds(atom)
                first, expected = part.prove(atom), whole.prove(atom)
                assert first is not None
                assert expected is not None
                assert height(first) == height(expected)
                assert not check_proof(first, task.rules.rules, program.facts, true, whole.symbols)
                # Of higher ones there can be very many.
                if height(expected) <= 2:
                    every = whole.proofs(atom, 6)
                    assert len(every) == len(part.proofs(atom, 6))
                    several += len(every) > 1
                compared += 1
    assert compared > 10
    assert several > 1


def test_what_does_not_hold_is_not_in_the_part() -> None:
    task = replace(long_chains(), goal=Atom("path", ("n0_5", "n0_2")))

    part = part_for_goal(task)

    assert part is not None
    assert not part.holds(task.goal)


def test_less_is_derived() -> None:
    task = replace(long_chains(), goal=Atom("path", ("n0_30", "n0_35")))

    part = part_for_goal(task)

    assert part is not None
    assert part.count("path") == 10
    assert part.partial == ("path",)


def test_few_facts_are_not_worth_it() -> None:
    task = task_of(PATH, [Atom("edge", ("a", "b"))], **NAMES)

    assert part_for_goal(replace(task, goal=Atom("path", ("a", "b")))) is None


def test_deep_proofs_are_as_deep_as_the_chain() -> None:
    task = long_chains()

    holds, text = explain_fact(task, "path(n0_0, n0_39)")

    assert holds
    assert text.count("by path(?x, ?z)") == 38


def test_what_does_not_hold_is_explained_from_everything() -> None:
    # Only `edge` is asked for when `far` comes first and fails.
    far = And((Atom("edge", (X, "n1_0")), Atom("path", (X, Y))))
    task = long_chains((*PATH, Rule(Atom("apart", (X, Y)), far)))

    holds, text = explain_fact(task, "apart(n0_5, n0_9)")

    assert not holds
    assert "holds:   path(n0_5, n0_9)" in text


def test_negation_reads_all_there_is() -> None:
    both = And((Atom("edge", (X, Z)), Atom("edge", (Y, Z)), Not(Atom("path", (X, Y)))))
    edges = (*long_chains().init, Atom("edge", ("m", "n3_1")))
    task = task_of((*PATH, Rule(Atom("apart", (X, Y)), both)), edges, **NAMES)

    holds, text = explain_fact(task, "apart(m, n3_0)")

    assert holds
    assert "not path(m, n3_0)" in text


def test_a_goal_with_variables_has_the_answers_of_the_whole_model() -> None:
    task = replace(long_chains(), goal=And((Atom("path", ("n7_37", X)), Atom("edge", (X, Y)))))

    holds, text = explain_goal(task, proofs=5)

    assert holds
    assert "?x = n7_38, ?y = n7_39" in text
    assert "?x = n7_39, ?y = n7_40" in text
    assert "?x = n7_40" not in text


def test_facts_beside_the_task_count() -> None:
    task = long_chains()
    facts = Facts.of_task(task)
    facts.add(Atom("edge", ("n0_40", "n1_0")))

    holds, _ = explain_fact(task, "path(n0_39, n1_1)", facts=facts)

    assert holds
    assert not explain_fact(task, "path(n0_39, n1_1)")[0]
