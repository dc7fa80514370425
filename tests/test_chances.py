"""Reasons where facts are uncertain: probabilities, the likeliest world, and its proof."""

from __future__ import annotations

import json

import pytest

import planner
from planner.chances import explain_chance, most_probable_text
from planner.errors import InputError, UnsupportedError
from planner.io.formula_grammar import parse_atom, parse_formula

pytest.importorskip("dd", reason="dd is not installed (extra `prob`)")

TASK = """
task: burglary
rules:
  types: {person: object, strength: object}
  predicates:
    burglary: there is a burglary
    earthquake(strength): the earth shakes {0}
    alarm: the alarm rings
    calls(person): "{0} calls"
  constants: {strength: [light, heavy], person: [john, mary]}
  facts:
    - 0.01::burglary
    - 0.1::earthquake(light); 0.02::earthquake(heavy)
  rules:
    - {name: broken-in, if: burglary, then: "0.9::alarm"}
    - {name: shaken, if: earthquake(heavy), then: "0.5::alarm"}
    - {name: ringing, if: alarm and person(?x), then: "0.7::calls(?x)"}
goal: %s
%s
"""


def load(goal: str, *given: str):
    evidence = "given: [" + ", ".join(f'"{one}"' for one in given) + "]" if given else ""
    return planner.load_task_text(TASK % (goal, evidence))


def test_a_solved_question_has_probabilities_and_proofs() -> None:
    result = planner.solve(load("calls(?x)"))

    ring = 1 - (1 - 0.009) * (1 - 0.01)
    assert result.status is planner.Status.SOLVED
    assert [a.probability for a in result.probabilities] == pytest.approx([0.7 * ring] * 2)
    assert result.search == "probabilistic inference, exact"
    assert len(result.proofs) == 2
    rules = {
        part.justification.rule.name
        for part in result.proofs[0].steps()
        if hasattr(part.justification, "rule")
    }
    assert "0.7::ringing" in rules


def test_evidence_is_bayes_rule() -> None:
    (answer,) = planner.solve(load("burglary", "calls(john)", "not calls(mary)")).probabilities

    alarm_of_burglary = 1 - (1 - 0.9) * (1 - 0.01)
    alarm = 0.01 * alarm_of_burglary + 0.99 * 0.01
    assert answer.probability == pytest.approx(0.01 * alarm_of_burglary / alarm, abs=1e-12)


def test_what_cannot_be_is_unsolvable_and_impossible_evidence_an_error() -> None:
    assert planner.solve(load("calls(?x) and not alarm")).status is planner.Status.UNSOLVABLE
    with pytest.raises(InputError, match="impossible"):
        planner.solve(load("burglary", "alarm and not burglary and not earthquake(heavy)"))


def test_a_fact_is_explained_by_its_likeliest_world() -> None:
    task = load("calls(?x)")

    possible, text = explain_chance(task, parse_atom("calls(john)"))
    impossible, nothing = explain_chance(load("alarm", "not alarm"), parse_atom("calls(john)"))

    assert possible
    assert text.startswith("calls(john) has probability 0.013")
    assert "0.7::calls(john) by ringing" in text
    assert "[by 0.7::ringing at <string>:17]" in text
    assert (impossible, nothing) == (False, "calls(john) has probability 0")


def test_an_explanation_is_data_too() -> None:
    task = load("calls(?x)")

    _, text = explain_chance(task, parse_atom("alarm"), as_json=True)
    _, graph = explain_chance(task, parse_atom("alarm"), dot=True)

    document = json.loads(text)
    assert document["holds"] is True
    assert document["method"] == "exact"
    assert document["proof"]["fact"] == "alarm"
    assert graph.startswith("digraph proof")


def test_the_most_probable_world_makes_the_evidence_hold() -> None:
    text = most_probable_text(load("alarm", "alarm"), parse_formula("not burglary"))

    assert "not 0.01::burglary" in text
    assert "0.02::earthquake(heavy)" in text


def test_numbers_kept_by_recursion_of_what_is_uncertain_are_refused() -> None:
    text = """
task: ways
rules:
  types: {place: object}
  predicates:
    road(place, place): "a road from {0} to {1}"
    dist(place, int): {meaning: "{0} is {1} away", keep: min}
  facts:
    - 0.5::road(a, b)
  rules:
    - then: dist(a, 0)
    - if: dist(?x, ?n) and road(?x, ?y)
      then: dist(?y, ?n + 1)
objects: {place: [a, b]}
goal: dist(b, ?n)
"""
    with pytest.raises(UnsupportedError, match=r"7:5: `dist` is declared `keep: min` and rests on"):
        planner.solve(planner.load_task_text(text))
