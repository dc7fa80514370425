"""``planner explain`` on what beginners hand to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Command

BASE = """
rulebase: stock
types: {product: object, shelf: object}
predicates:
  stock(product, shelf, int): "{1} has {2} of {0}"
  total(product, int): "{1} of {0} in all"
  low(product): "{0} runs low"
  road(shelf, shelf, int): "from {0} to {1} it is {2} m"
  way(shelf, shelf, int): {meaning: "{1} is {2} m from {0}", keep: min}
constants: {product: [nut, gear], shelf: [a, b, c]}
facts:
  - stock(nut, a, 3)
  - stock(nut, b, 1)
  - road(a, b, 2) and road(b, c, 2) and road(a, c, 9)
rules:
  - name: adding
    if: product(?p) and ?n = sum(?q, ?s, stock(?p, ?s, ?q))
    then: total(?p, ?n)
  - name: few
    if: total(?p, ?n) and ?n < 5
    then: low(?p)
  - if: road(?x, ?y, ?d)
    then: way(?x, ?y, ?d)
  - if: way(?x, ?y, ?d) and road(?y, ?z, ?e)
    then: way(?x, ?z, ?d + ?e)
"""
TASK = """
task: lamp
rules:
  types: {lamp: object}
  predicates:
    lit(lamp): "{0} is lit"
    bright: it is bright
  rules:
    - name: bright
      if: lit(?)
      then: bright
  actions:
    switch(?l - lamp):
      if: not lit(?l)
      then: lit(?l)
objects: {lamp: [desk, floor]}
goal: bright
"""


@pytest.fixture
def explain(tmp_path: Path, planner: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    """``planner explain`` in a folder with a rule base, a task and a plan."""
    (tmp_path / "stock.yaml").write_text(BASE, encoding="utf-8")
    (tmp_path / "lamp.yaml").write_text(TASK, encoding="utf-8")
    (tmp_path / "plan.txt").write_text("(switch floor)\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: planner("explain", *arguments)


def test_a_rule_base_is_explained_without_a_task(explain: Command) -> None:
    result = explain("stock.yaml", "low(nut)")

    assert result.code == 0
    assert "low(nut)  [by few at stock.yaml:21]" in result.out
    assert "[computed from stock(nut, a, 3), stock(nut, b, 1)]" in result.out


def test_a_formula_with_variables_is_explained_by_its_first_answers(explain: Command) -> None:
    first, all_of_them = (
        explain("stock.yaml", "low(?p)"),
        explain("stock.yaml", "low(?p)", "--proofs", "9"),
    )
    shown = explain("stock.yaml", "low(?p) and total(?p, 0)", "--json").json

    assert first.out.startswith("?p = nut\nlow(nut)  [by few")
    assert "1 more answer: show them with --proofs" in first.out
    assert "?p = gear" in all_of_them.out
    assert "sum(?q, ?s, stock(gear, ?s, ?q))  [of nothing]" in all_of_them.out
    assert shown["proof"]["premises"][0]["fact"] == "low(gear)"


def test_what_no_binding_makes_true_is_said_to_be_so(explain: Command) -> None:
    result = explain("stock.yaml", "low(?p) and ?p != nut and ?p != gear")

    assert result.code == 1
    assert result.out.startswith("nothing makes low(?p) and ?p != nut and ?p != gear true")


def test_a_number_that_is_not_the_best_is_told_the_best(explain: Command) -> None:
    result = explain("stock.yaml", "way(a, c, 9)")

    assert result.code == 1
    assert "only the least is kept: way(a, c, 4)" in result.out


def test_facts_made_true_by_a_plan_name_their_step(explain: Command) -> None:
    before, after = (
        explain("lamp.yaml", "lit(floor)"),
        explain("lamp.yaml", "bright", "--plan", "plan.txt"),
    )

    assert before.code == 1
    assert "the action makes such facts true: `switch`" in before.out
    assert "lit(floor)  [made true by step 1, (switch floor)]" in after.out


def test_a_misspelt_predicate_in_a_question_is_an_error(explain: Command) -> None:
    result = explain("stock.yaml", "lwo(?p)")

    assert result.code == 31
    assert "did you mean `low`?" in result.err


def test_a_limit_ends_an_explanation(explain: Command, tmp_path: Path) -> None:
    facts = "\n".join(f"  - edge({i}, {j})" for i in range(120) for j in range(0, 120, 3))
    text = f"""
rulebase: large
predicates: {{"edge(int, int)": edge, "both(int, int, int)": both, "all(int)": all}}
facts:
{facts}
rules:
  - if: edge(?x, ?y) and edge(?u, ?y) and edge(?u, ?z)
    then: both(?x, ?u, ?z)
  - if: both(?x, ?y, ?z) and both(?y, ?u, ?z) and both(?u, ?v, ?x)
    then: all(?v)
"""
    (tmp_path / "large.yaml").write_text(text, encoding="utf-8")

    result = explain("large.yaml", "all(7)", "--cpu", "0.1", "--json")

    assert result.code == 23
    assert result.json["reason"] == "time"
