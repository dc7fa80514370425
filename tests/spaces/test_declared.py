"""Tasks with actions use what declarations say, where no action changes it."""

from __future__ import annotations

import pytest

import planner
from planner.errors import PlannerError
from planner.io.load import load_task_text
from planner.spaces.declared import without_declarations

TASK = """
task: drive
rules:
  types: {{place: object, car: object}}
  predicates:
    road(place, place, int): "from {{0}} to {{1}} it is {{2}} km"
    dist(place, place, int): {{meaning: "{{0}} to {{1}} in {{2}} km", keep: min}}
    twin(place, place): "{{0}} and {{1}} are twins"
    same(place, place): {{meaning: "{{0}} is {{1}}", equivalence: true}}
    at(car, place): "{{0}} is at {{1}}"
  rules:
    - if: road(?x, ?y, ?d)
      then: dist(?x, ?y, ?d)
    - if: dist(?x, ?y, ?d) and road(?y, ?z, ?e)
      then: dist(?x, ?z, ?d + ?e)
    - if: {cause}
      then: same(?x, ?y)
  actions:
    go(?c - car, ?x - place, ?y - place):
      if: at(?c, ?x) and dist(?x, ?y, ?) and ?x != ?y
      then: at(?c, ?y) and not at(?c, ?x)
      cost: dist(?x, ?y)
    jump(?c - car, ?x - place, ?y - place):
      if: at(?c, ?x) and same(?x, ?y) and ?x != ?y
      then: at(?c, ?y) and not at(?c, ?x)
      cost: 1
objects: {{place: [a, b, c, d, e], car: [k]}}
init:
  - road(a, b, 1)
  - road(b, c, 2)
  - road(c, a, 3)
  - road(a, c, 7)
  - twin(d, c)
  - twin(e, d)
  - at(k, a)
goal: at(k, e)
"""


def test_kept_costs_and_equal_places_make_a_plan() -> None:
    task = load_task_text(TASK.format(cause="twin(?x, ?y)"))

    result = planner.solve(task, search="astar")

    assert result.plan is not None
    assert result.cost == 4
    assert [str(step) for step in result.plan] == ["(go k a c)", "(jump k c e)"]
    assert result.task is task


GLUE = """
task: glue
rules:
  types: {{part: object}}
  predicates:
    glued(part, part): "{{0}} is glued to {{1}}"
    near(part, part): "{{0}} lies beside {{1}}"
    same(part, part): {{meaning: "{{0}} and {{1}} are one", equivalence: true}}
    steps(part, part, int): {{meaning: "{{0}} and {{1}} are {{2}} apart", keep: min}}
  rules:
    - if: glued(?x, ?y)
      then: same(?x, ?y)
    - if: {read}(?x, ?y)
      then: steps(?x, ?y, 1)
  actions:
    glue(?x - part, ?y - part):
      if: near(?x, ?y) and not same(?x, ?y)
      then: {made}(?x, ?y)
objects: {{part: [a, b, c, d]}}
init:
  - near(b, a) and near(b, c) and near(d, c)
goal: same(a, d)
"""


def test_an_equivalence_may_follow_what_actions_change() -> None:
    task = load_task_text(GLUE.format(read="near", made="glued"))

    result = planner.solve(task, search="astar")

    assert result.plan is not None
    assert result.cost == 3
    assert sorted(map(str, result.plan)) == ["(glue b a)", "(glue b c)", "(glue d c)"]
    assert planner.validate(task, result.plan).ok


@pytest.mark.parametrize(
    ("read", "made", "message"),
    [
        ("glued", "glued", r"glue\.yaml:9:5(.|\n)*let `cost:` add the numbers up"),
        ("near", "same", r"`same` is derived by a rule, so no action can change it"),
    ],
)
def test_what_actions_change_is_refused_with_its_place(read: str, made: str, message: str) -> None:
    with pytest.raises(PlannerError, match=message):
        planner.solve(load_task_text(GLUE.format(read=read, made=made), name="glue.yaml"))


def test_a_question_stays_as_it_is() -> None:
    text = "task: q\nrules:\n  predicates:\n    p(object, int): {keep: min}\ngoal: p(?x, ?n)\n"
    task = load_task_text(text)

    assert without_declarations(task) is task
