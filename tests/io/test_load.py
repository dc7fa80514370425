"""Rule bases and tasks from files: how they find, extend and describe one another."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from planner.errors import RuleFileError
from planner.io.load import (
    load_rules,
    load_rules_checked,
    load_rules_text,
    load_task,
    load_task_checked,
    load_task_text,
)
from planner.kr.actions import Effect
from planner.kr.control import StepPattern, WalkPattern
from planner.kr.formulas import And, Atom, Exists, Modal
from planner.kr.terms import Arithmetic, TypedVariable, Variable

BASE = """\
rulebase: base
types: {block: object}
predicates: ['on(block, block)', clear(block)]
actions:
  move(?x - block):
    if: clear(?x) and on(?x, ?y)
    then: not on(?x, ?y)
"""
X, Y = Variable("x"), Variable("y")


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_task_extends_the_rule_base_it_names(tmp_path: Path) -> None:
    write(tmp_path, "rules.yaml", BASE)
    task = write(
        tmp_path,
        "tasks/one.yaml",
        "task: one\nrules: ../rules.yaml\npredicates: [red(block)]\n"
        "objects: {block: [a, b]}\ninit: [clear(a), 'on(a, b)', red(b)]\ngoal: red(b)\n",
    )

    loaded = load_task(task)

    assert loaded.rules.name == "base"
    assert list(loaded.rules.predicates) == ["on", "clear", "red"]
    assert loaded.init[1] == Atom("on", ("a", "b"))
    assert loaded.goal == Atom("red", ("b",))


def test_several_rule_bases_are_merged_and_must_agree(tmp_path: Path) -> None:
    write(tmp_path, "one.yaml", BASE)
    write(tmp_path, "two.yaml", "types: [block]\npredicates: [red(block), clear(block)]\n")
    write(tmp_path, "three.yaml", "predicates: [clear(object)]\n")
    head = "init: []\ngoal: true\nobjects: {block: [a]}\n"

    good = load_task_text(f"rules: [one.yaml, two.yaml]\n{head}", folder=tmp_path)
    with pytest.raises(RuleFileError, match="declared differently"):
        load_task_text(f"rules: [one.yaml, three.yaml]\n{head}", folder=tmp_path)

    assert list(good.rules.predicates) == ["on", "clear", "red"]


def test_errors_of_all_files_come_at_once(tmp_path: Path) -> None:
    write(tmp_path, "rules.yaml", BASE.replace("clear(?x) and", "clearr(?x) and"))
    task = write(
        tmp_path, "t.yaml", "rules: rules.yaml\nobjects: {blok: [a]}\ninit: [clear(z)]\ngoal: onn\n"
    )

    with pytest.raises(RuleFileError) as caught:
        load_task(task)

    errors = [d for d in caught.value.diagnostics if d.severity.value == "error"]
    assert {(Path(d.span.file).name, d.code) for d in errors} == {
        ("rules.yaml", "unknown-predicate"),
        ("t.yaml", "unknown-type"),
        ("t.yaml", "unknown-object"),
        ("t.yaml", "unknown-predicate"),
    }


def test_a_given_rule_base_replaces_the_paths(tmp_path: Path) -> None:
    base = load_rules_text(BASE)
    text = "rules: nowhere.yaml\nobjects: {block: [a]}\ninit: [clear(a)]\ngoal: clear(a)\n"

    task = load_task(write(tmp_path, "t.yaml", text), rules=base)

    assert task.rules == base


@pytest.mark.parametrize("rules", ["rules: nowhere.yaml", "rules: [nowhere.yaml]"])
def test_a_missing_rule_base_is_an_error_at_its_path(tmp_path: Path, rules: str) -> None:
    with pytest.raises(RuleFileError) as caught:
        load_task(write(tmp_path, "t.yaml", f"{rules}\ngoal: true\n"))

    assert caught.value.diagnostics[0].code == "unreadable-file"
    assert caught.value.diagnostics[0].span.line == 1


def test_files_of_the_wrong_kind_are_told_apart(tmp_path: Path) -> None:
    base = write(tmp_path, "rules.yaml", BASE)
    task = write(tmp_path, "t.yaml", "task: t\nrules: rules.yaml\ngoal: true\n")

    with pytest.raises(RuleFileError, match="wrong-file"):
        load_task(base)
    with pytest.raises(RuleFileError, match="wrong-file"):
        load_rules(task)
    with pytest.raises(RuleFileError, match="unreadable-file"):
        load_rules(tmp_path / "none.yaml")


def test_warnings_are_returned_and_refuse_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, "rules.yaml", BASE.replace("clear(block)]", "clear(block), red(block)]"))
    task = "rules: rules.yaml\nobjects: {block: [a, b, c]}\ninit: ['on(a, b)']\ngoal: clear(a)\n"

    _, warnings = load_rules_checked(path)
    _, others = load_task_checked(write(tmp_path, "t.yaml", task))

    assert [w.code for w in warnings] == ["unused-predicate", "implicit-parameter"]
    assert {w.code for w in others} == {
        "implicit-parameter",
        "unused-predicate",
        "unused-object",
        "unreachable-goal",
    }


def test_rules_may_stand_in_the_task() -> None:
    text = (
        "predicates: [p(object), q(object)]\nrules:\n  - {if: p(?x), then: q(?x)}\n"
        "objects: [a]\ninit: [p(a)]\ngoal: q(?x)\n"
    )

    task = load_task_text(text)

    assert task.is_deduction
    assert task.rules.rules[0].head == Atom("q", (X,))


def test_a_head_of_several_atoms_becomes_several_rules() -> None:
    text = (
        "predicates: ['p(object, int)', 'q(object, int)', r(object)]\nrules:\n"
        "  - {name: n, if: 'p(?x, ?n)', then: 'q(?x, ?n + 1) and r(?x)'}\n"
    )

    rules = load_rules_text(text).rules

    assert [r.name for r in rules] == ["n", "n"]
    assert rules[0].head == Atom("q", (X, Arithmetic("+", Variable("n"), 1)))


def test_probabilities_stand_in_front_of_facts_and_heads() -> None:
    text = (
        "predicates: [p(object), q(object)]\nconstants: [a]\nfacts: ['0.25::p(a)']\n"
        "rules:\n  - {if: p(?x), then: '1/3::q(?x)'}\n"
    )

    base = load_rules_text(text)

    assert base.probabilistic_facts[0].probability == Fraction(1, 4)
    assert base.rules[0].probability == Fraction(1, 3)


def test_effects_of_every_kind() -> None:
    text = (
        "predicates: [p(object), q(object), r]\nactions:\n  go(?x):\n    if: p(?x)\n    then:\n"
        "      - r and not p(?x)\n      - (q(?x) and not r) if p(?x) or r\n"
        "      - forall(?y, q(?y) -> not q(?y))\n      - forall(?y, p(?y) if q(?y))\n"
    )

    effects = load_rules_text(text).actions[0].effects

    y = (TypedVariable("y"),)
    condition = effects[2].condition
    assert effects[:2] == (Effect(Atom("r")), Effect(Atom("p", (X,)), positive=False))
    assert effects[2:4] == (
        Effect(Atom("q", (X,)), True, condition),
        Effect(Atom("r"), False, condition),
    )
    assert effects[4] == Effect(Atom("q", (Y,)), False, Atom("q", (Y,)), y)
    assert effects[5] == Effect(Atom("p", (Y,)), True, Atom("q", (Y,)), y)


def test_parameters_may_be_a_list_and_actions_too() -> None:
    text = (
        "types: [block]\npredicates: ['on(block, block)', clear(block)]\nactions:\n"
        "  - name: stack\n    parameters:\n      - ?x - block\n      - ?y - block\n"
        "    if: clear(?y)\n"
        "    then: on(?x, ?y)\n"
    )

    (action,) = load_rules_text(text).actions

    assert action.name == "stack"
    assert action.parameters == (TypedVariable("x", ("block",)), TypedVariable("y", ("block",)))


def test_an_anonymous_variable_of_a_precondition_is_no_parameter() -> None:
    text = BASE.replace(
        "on(?x, ?y)\n    then: not on(?x, ?y)", "on(?x, ?)\n    then: not clear(?x)"
    )

    (action,) = load_rules_text(text).actions

    anonymous = Variable("_1")
    exists = Exists((TypedVariable("_1"),), Atom("on", (X, anonymous)))
    assert action.precondition == And((Atom("clear", (X,)), exists))


def test_control_rules_and_orders() -> None:
    text = BASE + (
        "control:\n  - name: put\n    for: on(?x, ?y)\n    if: clear(?x)\n"
        "    do: [walk ?x from ?y to ?z, move(?x)]\n    rank: 2\n    run: first\n"
        "  - {forbid: move(?x), if: 'goal on(?x, ?y) and on(?x, ?y)'}\n"
        "order: on(?x, ?y) after on(?y, ?z) if clear(?z)\n"
    )

    base = load_rules_text(text)

    put, forbid = base.control
    assert put.pursues == Modal("ready", Atom("on", (X, Y)))
    assert put.steps == (WalkPattern(X, Y, Variable("z")), StepPattern("move", (X,)))
    assert (put.rank, put.run, forbid.forbids) == (2, "first", True)
    assert base.orders[0].condition == Atom("clear", (Variable("z"),))


def test_names_that_look_like_numbers_are_quoted() -> None:
    text = (
        "predicates: ['edge(object, object)', 'tag(object, string)']\n"
        'constants: ["1", "2"]\nfacts: [\'edge("1", "2")\', \'tag("1", "3")\']\n'
    )

    base = load_rules_text(text)

    assert base.facts[0] == Atom("edge", ("1", "2"))
    with pytest.raises(RuleFileError, match="looks like a number"):
        load_rules_text("constants: [1, 2]\n")


def test_spans_lead_back_to_the_file() -> None:
    base = load_rules_text(BASE, "base.yaml")

    span = base.actions[0].span
    assert span is not None
    assert str(span) == "base.yaml:5:3"
