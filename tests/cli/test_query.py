"""``planner query``: answers, probabilities, profiles."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Command

FAMILY = "rules/kinship/tasks/ancestors.yaml"
UNCERTAIN = """\
rulebase: roads
types: {place: object}
constants: {place: [a, b, c, d]}
predicates:
  road(place, place): "a road leads from {0} to {1}"
  way(place, place): "{1} can be reached from {0}"
facts:
  - 0.5::road(a, b)
  - 0.5::road(b, d)
  - 0.5::road(a, c)
  - 0.5::road(c, d)
rules:
  - if: road(?x, ?y)
    then: way(?x, ?y)
  - if: way(?x, ?y) and road(?y, ?z)
    then: way(?x, ?z)
"""


@pytest.fixture
def roads(tmp_path: Path) -> Path:
    path = tmp_path / "rules.yaml"
    path.write_text(UNCERTAIN, encoding="utf-8")
    return path


def test_answers_are_printed_and_counted(planner: Command) -> None:
    run = planner("query", FAMILY, "ancestor(?x, ?y) and female(?x)")

    assert run.code == 0
    assert run.out.splitlines()[-1] == f"{len(run.out.splitlines()) - 1} answers"
    assert all(line.startswith("?x = ") for line in run.out.splitlines()[:-1])


def test_no_answer_and_wrong_names(planner: Command) -> None:
    none = planner("query", "--json", FAMILY, "ancestor(?x, ?x)")
    wrong = planner("query", FAMILY, "ancester(?x, ?y)")

    assert (none.code, none.json["status"], none.json["answers"]) == (11, "unsolvable", [])
    assert none.json["warnings"] == []
    assert wrong.code == 31
    assert "ancestor" in wrong.err


def test_a_query_checks_the_search_it_does_not_use(planner: Command) -> None:
    unknown = planner("solve", FAMILY, "--search", "gbsf")
    unused = planner("solve", FAMILY, "--search", "gbfs")

    assert unknown.code == 31
    assert "did you mean `gbfs`" in unknown.err
    assert unused.code == 0
    assert "not used" in unused.out


def test_probabilities_and_evidence(planner: Command, roads: Path) -> None:
    pytest.importorskip("dd", reason="dd is not installed (extra `prob`)")

    plain = planner("query", roads, "way(a, d)")
    given = planner("query", "--json", roads, "way(a, ?y)", "--given", "not road(a, b)")
    drawn = planner("query", roads, "way(a, d)", "--method", "sampling", "--samples", "100")

    assert plain.out.splitlines() == ["0.437500  yes", "1 possible answer"]
    chances = {
        a["y"]: p["probability"]
        for a, p in zip(given.json["answers"], given.json["probabilities"], strict=True)
    }
    assert chances == pytest.approx({"c": 0.5, "d": 0.25})
    assert "sampling" in drawn.out


def test_a_profile_names_each_rule(planner: Command) -> None:
    run = planner("query", "--profile", FAMILY, "ancestor(?x, ?y)")

    table = run.out.splitlines()
    assert "rounds" in table[0]
    assert any("ancestor" in line and "rules.yaml:" in line for line in table)


GROWING = """
rulebase: growing
predicates:
  n(int): a number
rules:
  - then: n(0)
    if: "true"
  - if: n(?x) and ?x < 1000000000
    then: n(?x + 1)
"""


@pytest.mark.parametrize(
    ("limit", "code", "reason"),
    [
        (("--time", "0"), 23, "time"),
        (("--cpu", "0"), 23, "time"),
        (("--memory", "1"), 22, "memory"),
    ],
)
def test_limits_end_the_work(planner: Command, tmp_path: Path, limit, code, reason) -> None:
    base = tmp_path / "rules.yaml"
    base.write_text(GROWING, encoding="utf-8")

    run = planner("query", "--json", *limit, base, "n(?x)")

    assert run.code == code
    assert run.json["status"] == "limit"
    assert run.json["reason"] == reason
    assert run.json["complete"] is False


def test_fewer_answers_are_shown_than_counted(planner: Command) -> None:
    text = planner("query", FAMILY, "ancestor(?x, ?y)", "--max-answers", "2")
    data = planner("query", "--json", FAMILY, "ancestor(?x, ?y)", "--max-answers", "2")

    assert "the first 2 of them shown" in text.out.splitlines()[-1]
    assert len(data.json["answers"]) == 2
    assert data.json["count"] > 2
    assert data.json["complete"] is False


def test_a_bound_goal_is_profiled_by_what_it_needs(planner: Command) -> None:
    run = planner("query", "--profile", FAMILY, "ancestor(?x, karla)")

    assert "only what the goal needs is derived: the goal binds arguments" in run.out
    assert run.out.splitlines()[-1] == "5 answers"


def test_a_task_may_leave_its_goal_to_the_question(planner: Command, tmp_path: Path) -> None:
    task = tmp_path / "task.yaml"
    (tmp_path / "rules.yaml").write_text(UNCERTAIN.replace("0.5::", ""), encoding="utf-8")
    task.write_text("task: more roads\nrules: rules.yaml\ninit:\n  - road(d, a)\n", "utf-8")

    asked = planner("query", task, "road(d, ?x)")
    solved = planner("solve", task)

    assert (asked.code, asked.out) == (0, "?x = a\n1 answer\n")
    assert solved.code == 31
    assert "this task has no `goal:`" in solved.err
