"""Every trap of CONTRACT section 3, and the message it gets, kept as a golden file."""

from __future__ import annotations

from pathlib import Path

import pytest

from planner.errors import RuleFileError
from planner.io.load import load_rules_text

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "diagnostics_yaml_traps.txt"
HEADER = """\
rulebase: traps
predicates:
  p(object): p
  q(object): q
  edge(object, object): edge
  label(object, string): label
constants: [a, b]
facts: [p(a), q(a), "edge(a, b)", 'label(a, "b")']
"""
# What is written, and the spelling that the message must print.
TRAPS = {
    "question mark": ("rules:\n  - if:\n      - ? p(?x)\n    then: q(?x)\n", "- '? p(?x)'"),
    "flow variable": ("rules:\n  - if: [?x = ?y]\n    then: q(?x)\n", "if: '?x = ?y'"),
    "flow atom": ("rules:\n  - if: [edge(?x, ?y)]\n    then: q(?x)\n", "if: edge(?x, ?y)"),
    "flow action": ("actions: {go(?x, ?y): {if: p(?x), then: q(?y)}}\n", "write one a line"),
    "text": (
        "actions:\n  go(?x):\n    if: p(?x)\n    then: q(?x)\n    text: {x} + {y}\n",
        "text: '{x} + {y}'",
    ),
    "meaning": ("meanings:\n  clear(block): {0} is clear\n", "clear(block): '{0} is clear'"),
    "cost": ("actions:\n  go(?x):\n    if: p(?x)\n    then: q(?x)\n    cost: {x}\n", "cost: ?x"),
    "comment in string": (
        'rules:\n  - if: label(?x, "hello # world")\n    then: p(?x)\n',
        "if: 'label(?x, \"hello # world\")'",
    ),
    "comment in bracket": (
        "rules:\n  - if: edge(?x, # to\n    then: p(?x)\n",
        "if: 'edge(?x, # to'",
    ),
    "colon in string": (
        'rules:\n  - if: p(?x)\n    then:\n      - label(?x, "x: y")\n',
        "- 'label(?x, \"x: y\")'",
    ),
    "probability": ("rules:\n  - then:\n      - 0.8:: edge(a, b)\n", "- 0.8::edge(a, b)"),
    "quotes first": (
        'rules:\n  - if: "a" = ?x and p(?x)\n    then: q(?x)\n',
        "if: '\"a\" = ?x and p(?x)'",
    ),
    "tag": ("rules:\n  - if:\n      - !p(?x)\n    then: q(?x)\n", "- not p(?x)"),
    "alias": ("rules:\n  - if:\n      - *p\n    then: q(?x)\n", "- '*p'"),
    "anchor": ("rules:\n  - if:\n      - &p\n    then: q(?x)\n", "- '&p'"),
    "tab": ("rules:\n  - if:\tp(?x)\n    then: q(?x)\n", "write a blank"),
    "tab indentation": ("rules:\n\t- if: p(?x)\n", "indent with blanks"),
    "key over two lines": (
        "actions:\n  go(?x,\n     ?y):\n    then: q(?x)\n",
        "go(?x, ?y):",
    ),
    "long key": (f"actions:\n  {'go' * 600}(?x):\n    then: q(?x)\n", "shorten it"),
    "at sign": ("rules:\n  - if:\n      - @p\n    then: q(?x)\n", "- '@p'"),
    "duplicate key": ("rules:\n  - if: p(?x)\n    if: q(?x)\n    then: q(?x)\n", "merge"),
    "open quotation mark": ('rules:\n  - if: "p(?x)\n', "close it"),
    "second document": ("---\nrules: []\n", ""),
}


def rendered(text: str) -> str:
    with pytest.raises(RuleFileError) as caught:
        load_rules_text(HEADER + text, "traps.yaml")
    errors = [d for d in caught.value.diagnostics if d.severity.value == "error"]
    return "\n".join(d.render() for d in errors)


@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_is_explained_with_the_spelling_that_works(name: str) -> None:
    text, spelling = TRAPS[name]

    message = rendered(text)

    assert spelling in message
    assert "traps.yaml:" in message


def test_signatures_in_curly_brackets_are_explained_once() -> None:
    text = "rulebase: flow\npredicates: {p(object): p, edge(object, object): edge}\n"

    with pytest.raises(RuleFileError) as caught:
        load_rules_text(text + "facts: [p(a)]\nconstants: [a]\n", "traps.yaml")

    (only,) = [d for d in caught.value.diagnostics if d.severity.value == "error"]
    assert (only.code, only.span.line, only.span.column) == ("yaml-trap", 2, 28)


def test_the_messages_have_not_changed(request: pytest.FixtureRequest) -> None:
    parts = [f"== {name}\n{rendered(text)}\n" for name, (text, _) in TRAPS.items()]
    messages = "\n".join(parts)

    if request.config.getoption("--update-golden"):
        GOLDEN.write_text(messages, encoding="utf-8")

    assert messages == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "text",
    [
        "- not p(?x)",
        "- ?x = ?y and edge(?x, ?y)",
        "- edge(?x, ?y) # a comment",
        "- (p(?x) or q(?x))",
    ],
)
def test_natural_text_is_no_trap(text: str) -> None:
    source = f"{HEADER}rules:\n  - if:\n      - p(?x) and p(?y)\n      {text}\n    then: q(?x)\n"

    base = load_rules_text(source)

    assert len(base.rules) == 1


def test_names_that_yaml_would_turn_into_booleans_stay_names() -> None:
    text = "predicates: [on(object)]\nconstants: [no, off, y, null1]\nfacts: [on(no), on(off)]\n"

    base = load_rules_text(text + "rules: [{if: on(y), then: on(null1)}]\n")

    assert list(base.constants) == ["no", "off", "y", "null1"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("actions:\n  go(?x - object)\n    if: p(?x)\n    then: q(?x)\n", 2),
        ("predicates\n  p(object): p\n", 1),
        ("predicates:\n  p(object)\n\n    # why\n    symmetric: true\n", 2),
        ("rules:\n  - if\n      - p(?x)\n    then: q(?x)\n", 4),
    ],
)
def test_a_missing_colon_is_told_on_its_own_line(text: str, line: int) -> None:
    with pytest.raises(RuleFileError) as caught:
        load_rules_text(text)

    assert caught.value.diagnostics[0].span.line == line
