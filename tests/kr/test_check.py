"""What the checks refuse and warn of, one small rule base each."""

from __future__ import annotations

import pytest

from planner.diagnostics import Diagnostic
from planner.errors import RuleFileError
from planner.io.load import load_rules_text_checked, load_task_text
from planner.kr.check import check_rules, check_task
from planner.kr.formulas import Atom, Not
from planner.kr.rules import Predicate, Rule
from planner.kr.task import RuleBase
from planner.kr.terms import TypedVariable, Variable
from planner.kr.usage import missing_causes

HEADER = """\
rulebase: sample
types: {block: object, van: object, truck: van}
predicates:
  on(block, block): "{0} is on {1}"
  heavy(block):
  parked(van):
  size(block, int):
  label(block, string):
  price(van, number): {functional: true}
  above(block, block):
constants: {block: [a, b], van: [v], truck: [t]}
facts: ["on(a, b)", heavy(a), parked(v), "size(a, 3)", 'label(a, "x")', "price(v, 2.5)"]
"""
ABOVE = "  - {if: 'on(?x, ?y)', then: 'above(?x, ?y)'}\n"


def found(text: str) -> list[Diagnostic]:
    """Errors and warnings, those of the header's unused names left out."""
    try:
        _, diagnostics = load_rules_text_checked(HEADER + text, "f.yaml")
    except RuleFileError as error:
        diagnostics = error.diagnostics
    return [d for d in diagnostics if d.code != "unused-predicate"]


def rule(condition: str, head: str = "above(?x, ?y)") -> str:
    return f"rules:\n  - if: {condition}\n    then: {head}\n"


GO = "actions:\n  go(?x - block):\n"

# Code, text, the word under the caret, and a word of the suggestion.
ERRORS = [
    ("unknown-predicate", rule("onn(?x, ?y)"), "onn", "`on`"),
    ("unknown-predicate", rule("on(?x, ?y)", "abov(?x, ?y)"), "abov", "`above`"),
    ("arity", rule("on(?x, ?y, ?x)"), "on(?x, ?y, ?x)", ""),
    ("type", rule("on(?x, ?y) and parked(?y)"), "?y", ""),
    ("type", rule("on(?x, ?y) and on(v, ?y)"), "v", ""),
    ("type", rule("on(?x, ?y) and size(?x, ?s) and ?x < ?s"), "?x < ?s", ""),
    ("type", rule("on(?x, ?y) and ?n = ?x + 1 and size(?y, ?n)"), "?x", ""),
    ("type", rule("on(?x, ?y) and size(?x, ?n)", "above(?x, ?n)"), "?n", ""),
    ("type", rule("on(?x, ?y) and before(?x, 3)"), "before(?x, 3)", ""),
    ("type", rule('on(?x, ?y) and label(?x, 3)'), "3", ""),
    ("unknown-object", rule("on(?x, c) and on(?x, ?y)"), "c", ""),
    ("unknown-object", rule("on(?x, ?y) and heavy(x)"), "x", "`?x`"),
    ("unsafe-variable", rule("on(?x, ?x)"), "?y", ""),
    ("unsafe-variable", rule("on(?x, ?y) and not on(?z, ?x)"), "?z", "`?`"),
    ("unsafe-variable", rule("on(?x, ?y) and ?n > 3"), "?n", ""),
    ("unsafe-variable", rule("on(?x, ?y) or heavy(?x)"), "?y", ""),
    ("unknown-type", rule("on(?x, ?y) and exists(?z - blok, on(?z, ?x))"), "blok", "`block`"),
    ("negative-cycle", rule("on(?x, ?y) and not above(?y, ?x)"), "above(?x, ?y)", ""),
    ("derived-type", rule("on(?x, ?y)", "block(?x)"), "block(?x)", ""),
    ("anonymous", rule("on(?x, ?y)", "above(?x, ?)"), "above(?x, ?)", ""),
    ("ambiguous-if", GO + "    if: heavy(?x)\n"
     "    then: heavy(?x) and size(?x, 1) if on(?x, a)\n", "heavy(?x) and size(?x, 1) if", "("),
    ("derived-effect", "rules:\n" + ABOVE + "actions:\n  go(?x - block):\n    if: heavy(?x)\n"
     "    then: above(?x, a)\n", "above(?x, a)", ""),
    ("type-effect", "actions:\n  go(?x - van):\n    then: not truck(?x)\n", "truck(?x)", ""),
    ("unsafe-variable", "actions:\n  go(?x - block):\n    then: on(?x, ?y)\n", "?y", ""),
    ("unknown-placeholder", "actions:\n  go(?box - block):\n    then: heavy(?box)\n"
     "    text: \"move {bx}\"\n", "{bx}", "{box}"),
    ("not-functional", "actions:\n  go(?x - block):\n    then: heavy(?x)\n    cost: size(?x)\n",
     "size(?x)", ""),
    ("negative-cost", GO + "    then: heavy(?x)\n    cost: -1\n", "go(?x - block)", ""),
    ("declared-twice", "actions:\n  go(?x, ?x):\n    then: heavy(?x)\n", "go(?x, ?x)", ""),
    ("unknown-action", "actions:\n  go(?x - block):\n    then: heavy(?x)\n"
     "control:\n  - {if: heavy(?x), prefer: goo(?x)}\n", "goo", "`go`"),
    ("unknown-key", "ruls: []\n", "ruls", "`rules`"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "text", "culprit", "hint"), ERRORS, ids=lambda v: str(v)[:40])
def test_an_error_names_its_place_and_what_to_write(
    code: str, text: str, culprit: str, hint: str
) -> None:
    first = next(d for d in found(text) if d.severity.value == "error")

    assert first.code == code
    span = first.span
    assert span.excerpt[span.column - 1 : span.column - 1 + span.length] == culprit
    assert hint in first.suggestion


WARNINGS = [
    ("single-variable", rule("on(?x, ?y) and on(?y, ?z)"), "?z"),
    ("unused-parameter", "actions:\n  go(?x - block, ?y - van):\n    then: heavy(?x)\n", "?y"),
    ("underivable", rule("above(?x, ?z) and above(?z, ?y)"), "above(?x, ?y)"),
]


@pytest.mark.parametrize(("code", "text", "culprit"), WARNINGS, ids=lambda v: str(v)[:40])
def test_a_warning_does_not_refuse(code: str, text: str, culprit: str) -> None:
    (first, *_) = found(text)

    assert first.code == code
    assert first.severity.value == "warning"
    span = first.span
    assert span.excerpt[span.column - 1 : span.column - 1 + span.length] == culprit


ACCEPTED = [
    rule("on(?x, ?y) and not on(?, ?x)"),
    rule("(on(?x, ?y) or on(?y, ?x)) and ?x != ?y"),
    rule("on(?x, ?y) and forall(?z - block, on(?z, ?x) -> heavy(?z))"),
    rule("block(?x) and block(?y) and ?n = count(?z, on(?z, ?x)) and size(?y, ?n)"),
    rule("on(?x, ?y) and van(?v) and not truck(?v)"),
    rule("size(?x, ?n) and ?m = ?n * 2 and size(?y, ?m)"),
    rule("on(?x, ?y) and not exists(?z - block, on(?z, ?x) and heavy(?z))"),
    "rules:\n" + ABOVE + "  - {if: 'on(?x, ?y) and above(?y, ?z)', then: 'above(?x, ?z)'}\n",
    "actions:\n  paint(?x - block):\n    if: size(?x, ?n) and heavy(?x)\n"
    "    then: size(?x, ?n + 1) and not size(?x, ?n)\n    cost: ?n\n    text: \"{x} {n}\"\n",
    "actions:\n  buy(?v - van):\n    creates: ?x - block\n    then: heavy(?x) and not parked(?v)\n"
    "    cost: price(?v)\n",
]  # fmt: skip


@pytest.mark.parametrize("text", ACCEPTED)
def test_what_is_right_passes_in_silence(text: str) -> None:
    assert found(text) == []


def test_a_functional_predicate_has_one_value() -> None:
    text = HEADER.replace('"price(v, 2.5)"', '"price(v, 2.5)", "price(v, 3)"')

    with pytest.raises(RuleFileError) as caught:
        load_rules_text_checked(text)

    (error,) = [d for d in caught.value.diagnostics if d.severity.value == "error"]
    assert error.code == "second-value"
    assert error.related[0][1] == "first value"


def test_the_negative_cycle_shows_its_rules() -> None:
    text = (
        "predicates: [p(object), q(object), r(object)]\n"
        "rules:\n  - {name: one, if: r(?x) and not q(?x), then: p(?x)}\n"
        "  - {name: two, if: p(?x), then: q(?x)}\n"
    )

    with pytest.raises(RuleFileError) as caught:
        load_rules_text_checked(text)

    error = next(d for d in caught.value.diagnostics if d.code == "negative-cycle")
    assert "p -> not q -> p" in error.message
    assert {span.line for span, _ in error.related} == {3, 4}


def test_a_rule_base_built_in_python_is_checked_too() -> None:
    x = Variable("x")
    base = RuleBase(
        predicates={"p": Predicate.of_arity("p", 1), "q": Predicate.of_arity("q", 1)},
        rules=(Rule(Atom("p", (x,)), Not(Atom("qq", (x,)))),),
    )

    codes = {d.code for d in check_rules(base)}

    assert {"unknown-predicate", "unsafe-variable"} <= codes


TASK = (
    "predicates: [p(object), q(object)]\nactions: {go(?x): {if: p(?x), then: q(?x)}}\n"
    "objects: [a, b]\ninit: [p(a), q(b)]\ngoal: q(a)\n"
)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("goal: q(a)", "goal: q(c)"), "unknown-object"),
        (("init: [p(a)", "init: [p(?x)"), "variable-in-fact"),
        (("init: [p(a)", "init: [0.5::p(a)"), "probability-with-actions"),
        (("then: q(?x)", "then: q(?x)}}\nrules: [{if: q(?x), then: p(?x)}]\nfacts: [p(a)]\n#"),
         "derived-fact"),
        (("goal: q(a)", "goaal: q(a)"), "unknown-key"),
        (("goal: q(a)", ""), "missing-key"),
        (("goal: q(a)", "goal: q(a)\nminimize: costs"), "bad-value"),
        (("goal: q(a)", "goal: q(a)\nschema_version: 99"), "newer-version"),
    ],
)  # fmt: skip
def test_a_task_is_checked(change: tuple[str, str], code: str) -> None:
    text = TASK.replace(*change)

    with pytest.raises(RuleFileError) as caught:
        load_task_text(text)

    assert code in {d.code for d in caught.value.diagnostics}


def test_an_object_an_action_changes_and_does_not_list_is_warned_about() -> None:
    text = RULES_WITH_AN_IMPLICIT_PARAMETER

    rules, warnings = load_rules_text_checked(text, "rules.yaml")

    assert [(w.code, w.span.line) for w in warnings] == [("implicit-parameter", 9)]
    assert rules.actions[0].parameters == (TypedVariable("x", ("item",)),)


RULES_WITH_AN_IMPLICIT_PARAMETER = """\
rulebase: shelf
types: {item: object, box: object}
predicates:
  lies(item, box): "{0} lies in {1}"
  weighs(item, int): "{0} weighs {1}"
actions:
  take(?x - item):
    if: lies(?x, ?where) and weighs(?x, ?n)
    then: not lies(?x, ?where) and not weighs(?x, ?n)
"""


def test_a_predicate_that_is_stated_needs_no_rule_to_start_it() -> None:
    task = load_task_text("""
task: grows
rules:
  predicates: {n(int): n}
  facts: [n(0)]
  rules: [{if: n(?x) and ?x < 9, then: n(?x + 1)}]
goal: n(5)
""")

    assert check_task(task) == ()


def test_what_no_cause_of_a_goal_can_ever_have_is_named() -> None:
    task = load_task_text("""
task: rooms
rules:
  types: {room: object}
  predicates: {"at(room)": at, "door(room, room)": door, "key": key, "home": home}
  actions:
    go(?x - room, ?y - room):
      if: at(?x) and door(?x, ?y) and (key or not at(?y))
      then: at(?y)
  rules:
    - if: at(?x) and room(?y) and before(?x, ?y)
      then: home
objects: {room: [a, b]}
init: at(a)
goal: at(b)
""")

    assert missing_causes(task, "at") == {"go": ("door",)}
    assert missing_causes(task, "home") == {}


def test_an_anonymous_variable_that_nothing_binds_is_shown_as_written() -> None:
    rules = "rules:\n  - {if: 'heavy(?x) and before(?x, ?)', then: 'above(?x, ?x)'}\n"

    with pytest.raises(RuleFileError) as caught:
        load_rules_text_checked(HEADER + rules)

    (found,) = caught.value.diagnostics
    assert found.code == "unsafe-variable"
    assert "this `?`" in found.message
    assert "_1" not in found.render()
