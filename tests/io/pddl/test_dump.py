"""PDDL out: what was read comes back equal; what PDDL cannot say is refused by name."""

from __future__ import annotations

import random
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType

import pytest

from planner.errors import RuleFileError, UnsupportedError
from planner.io.pddl.dump import dump_pddl
from planner.io.pddl.load import parse_pddl
from planner.io.pddl.names import restore_plan
from planner.kr.actions import ActionSchema, Effect
from planner.kr.control import ControlRule, StepPattern
from planner.kr.formulas import (
    Aggregate,
    And,
    Atom,
    Closure,
    Comparison,
    Exists,
    Formula,
    Modal,
    Not,
)
from planner.kr.rules import Predicate, ProbabilisticFact, Rule
from planner.kr.task import RuleBase, Task
from planner.kr.terms import Arithmetic, FunctionTerm, TypedVariable, Variable
from planner.plan import Plan, Step, parse_plan
from planner.validate import validate
from tests.io.pddl.samples import DOMAIN, PROBLEM, shuffled

X, Y, Z = Variable("x"), Variable("y"), Variable("z")


def base(precondition: Formula, **sections: object) -> Task:
    """Blocks with one action ``Take ?x`` under a condition; its goal is to hold ``A``."""
    names = {"On": 2, "clear": 1, "held": 1, "size": 2}
    predicates = {n: Predicate.of_arity(n, arity) for n, arity in names.items()}
    action = ActionSchema(
        "Take", (TypedVariable("x", ("Block",)),), precondition, (Effect(Atom("held", (X,))),)
    )
    arguments: dict[str, object] = {
        "name": "My blocks",
        "types": MappingProxyType({"Block": "object"}),
        "predicates": MappingProxyType(predicates),
        "actions": (action,),
        **sections,
    }
    return Task(
        RuleBase(**arguments),  # type: ignore[arg-type]
        "first",
        MappingProxyType({"A": "Block", "a": "Block", "b 1": "Block"}),
        (Atom("On", ("A", "a")), Atom("clear", ("A",))),
        Atom("held", ("A",)),
    )


def test_a_rich_task_comes_back_equal() -> None:
    task, warnings = parse_pddl(DOMAIN, PROBLEM)

    again, more = parse_pddl(*dump_pddl(task))

    assert again == task
    assert warnings == more == ()


@pytest.mark.fuzz
def test_whatever_was_read_comes_back_equal() -> None:
    rng = random.Random(5)
    count = 0
    while count < 60:
        domain, problem = DOMAIN, PROBLEM
        if rng.random() < 0.5:
            domain = shuffled(rng, domain)
        else:
            problem = shuffled(rng, problem)
        try:
            task, _ = parse_pddl(domain, problem)
        except (RuleFileError, UnsupportedError):
            continue
        count += 1
        assert parse_pddl(*dump_pddl(task))[0] == task


def test_declared_names_come_back_beside_types_of_the_same_name() -> None:
    domain = "(define (domain d) (:types block) (:predicates (block ?x) (is-block ?x - block)))"
    problem = (
        "(define (problem p) (:domain d) (:objects a - block) (:init (block a)) (:goal (and)))"
    )
    task, _ = parse_pddl(domain, problem)

    written, facts = dump_pddl(task)

    assert "(block ?x1)" in written
    assert "(is-block ?x1 - block)" in written
    assert "(block a)" in facts


def test_names_become_legal_and_stay_different() -> None:
    task = base(Atom("On", (X, Y)))

    domain, problem = dump_pddl(task)
    read, _ = parse_pddl(domain, problem)

    assert list(read.objects) == ["a-2", "a", "b-1"]
    assert read.rules.actions[0].name == "take"
    plan = Plan((Step("take", ("a-2", "a")),))
    assert restore_plan(task, plan).steps[0].arguments == ("A", "a")
    assert validate(task, restore_plan(task, plan)).ok


def test_implicit_and_anonymous_variables() -> None:
    anonymous = Variable("_1")
    task = base(And((Atom("On", (X, Y)), Atom("On", (anonymous, Y)), Not(Atom("held", (Y,))))))

    read, _ = parse_pddl(*dump_pddl(task))

    action = read.rules.actions[0]
    assert [p.name for p in action.parameters] == ["x", "y"]
    assert isinstance(action.precondition, And)
    assert isinstance(action.precondition.parts[1], Exists)


def test_goal_atoms_of_rules_become_facts() -> None:
    task = base(Modal("open", Atom("held", (X,))))

    domain, problem = dump_pddl(task)
    read, _ = parse_pddl(domain, problem)

    assert "(goal-held a-2)" in problem
    assert validate(read, parse_plan("(take a-2)")).ok
    assert not validate(read, parse_plan("(take a-2)\n(take a-2)")).ok
    assert not validate(read, parse_plan("(take a)")).ok


def test_rules_become_derived_predicates() -> None:
    rule = Rule(Atom("clear", (X,)), And((Atom("On", (X, Y)), Atom("Block", (Y,)))))
    other = Rule(Atom("clear", ("A",)), Not(Atom("held", ("A",))))
    task = base(
        Atom("clear", (X,)), rules=(rule, other), constants=MappingProxyType({"A": "Block"})
    )
    task = Task(task.rules, "t", MappingProxyType({"a": "Block"}), task.init[:1], task.goal)

    read, _ = parse_pddl(*dump_pddl(task))

    assert validate(read, parse_plan("(take a-2)")).ok
    assert not validate(read, parse_plan("(take a)")).ok


def test_costs_are_written_exactly() -> None:
    length = Predicate("len", (("object",), ("int",)), properties=frozenset({"functional"}))
    cost = Arithmetic("+", FunctionTerm("len", (X,)), Fraction(1, 4))
    action = ActionSchema("go", (TypedVariable("x"),), effects=(Effect(Atom("done")),), cost=cost)
    rules = RuleBase(
        "r",
        predicates=MappingProxyType({"done": Predicate("done"), "len": length}),
        actions=(action,),
    )
    facts = (Atom("len", ("a", 3)),)
    task = Task(rules, "t", MappingProxyType({"a": "object"}), facts, Atom("done"))

    read, _ = parse_pddl(*dump_pddl(task))

    assert validate(read, parse_plan("(go a)")).cost == Fraction(13, 4)


@pytest.mark.parametrize(
    ("condition", "construct"),
    [
        (Comparison("<", X, 3), "comparisons of numbers"),
        (Comparison("before", X, X), "comparisons of numbers"),
        (Aggregate(3, "count", (Y,), Atom("On", (X, Y))), "aggregates"),
        (Closure("On", (X, X)), "closures"),
        (Atom("size", (X, 3)), "numbers in the place of objects"),
    ],
)
def test_conditions_that_pddl_cannot_say(condition: Formula, construct: str) -> None:
    with pytest.raises(UnsupportedError, match=construct):
        dump_pddl(base(condition))


@pytest.mark.parametrize(
    ("sections", "construct"),
    [
        ({"actions": (ActionSchema("a", creates=(TypedVariable("x"),)),)}, "created objects"),
        (
            {"probabilistic_facts": (ProbabilisticFact(Fraction(1, 2), Atom("clear", ("a",))),)},
            "probabilities",
        ),
        ({"rules": (Rule(Atom("clear", (X,)), Atom("held", (X,))),)}, "stored facts"),
        (
            {"predicates": {"held": Predicate("held", (("object",),) * 2, properties=frozenset(
                {"symmetric"}))}},
            "symmetric",
        ),
    ],
)  # fmt: skip
def test_sections_that_pddl_has_no_place_for(sections: dict[str, object], construct: str) -> None:
    with pytest.raises(UnsupportedError, match=construct):
        dump_pddl(base(Atom("clear", (X,)), **sections))


def test_control_rules_are_left_out_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    task = base(Atom("clear", (X,)), control=(ControlRule(steps=(StepPattern("Take", (X,)),)),))

    domain, _ = dump_pddl(task)

    assert "control" in caplog.text
    assert "control" not in domain


@pytest.mark.benchmarks
@pytest.mark.differential
def test_kairos_accepts_a_plan_against_the_written_files(benchmarks: Path, tmp_path: Path) -> None:
    kairos = Path(sys.executable).with_name("kairos")
    if not kairos.exists():
        pytest.skip("kairos is not installed (pip install 'planner[peers]')")
    folder = benchmarks / "pddl" / "zenotravel"
    task, _ = parse_pddl((folder / "domain.pddl").read_text(), (folder / "p01.pddl").read_text())
    domain, problem = dump_pddl(task)
    for name, text in (("d.pddl", domain), ("p.pddl", problem)):
        (tmp_path / name).write_text(text)
    # Kairos itself refuses the original, which has `aircraft?a` without a blank.
    plan = ["solve", "d.pddl", "p.pddl", "--no-anytime", "--threads", "1", "--output", "plan"]

    subprocess.run([kairos, *plan], cwd=tmp_path, check=True, capture_output=True)
    verdict = validate(task, parse_plan((tmp_path / "plan").read_text()))

    assert verdict.ok, verdict.message
