"""The validator's own reading of declarations agrees with the engine's."""

from __future__ import annotations

import random

import pytest

from planner.engine.forward import saturate
from planner.errors import InputError
from planner.io.load import load_task_text
from planner.kr.formulas import Atom
from planner.validate.evaluate import Evaluator

RULES = """
task: agreement
rules:
  types: {{place: object}}
  predicates:
    road(place, place, int): "from {{0}} to {{1}} it is {{2}} km"
    twin(place, place): "{{0}} and {{1}} are twins"
    dist(place, place, int): {{meaning: "from {{0}} to {{1}} in {{2}} km", keep: {keep}}}
    near(place, place): {{meaning: "{{0}} is near {{1}}", symmetric: true}}
    same(place, place): {{meaning: "{{0}} is {{1}}", equivalence: true}}
    first(place, int): {{meaning: "{{0}} has {{1}}", functional: true}}
    label(place, int): {{meaning: "{{0}} has {{1}}", keep: min}}
    far(place, place): "{{0}} is far from {{1}}"
  rules:
    - if: road(?x, ?y, ?d)
      then: dist(?x, ?y, ?d)
    - if: dist(?x, ?y, ?d) and road(?y, ?z, ?e)
      then: dist(?x, ?z, ?d + ?e)
    - if: dist(?x, ?y, ?d) and ?d < 4
      then: near(?x, ?y)
    - if: dist(?x, ?y, ?d) and ?d > 6 and not same(?x, ?y)
      then: far(?x, ?y)
    - if: twin(?x, ?y)
      then: same(?x, ?y)
    - if: same(?x, ?y) and road(?x, ?a, ?d) and road(?y, ?b, ?d)
      then: same(?a, ?b)
    - if: place(?x) and ?n = count(?y, same(?x, ?y))
      then: first(?x, ?n)
objects: {{place: [{places}]}}
init:
{facts}
goal: far(?x, ?y)
"""
PREDICATES = ("dist", "near", "same", "first", "label", "far")


def random_text(seed: int) -> str:
    rng = random.Random(seed)
    places = [f"p{i}" for i in range(rng.randint(2, 7))]
    keep = rng.choice(("min", "max"))
    facts = {f"  - label({rng.choice(places)}, {rng.randint(0, 9)})" for _ in range(4)}
    for _ in range(rng.randint(1, 12)):
        first, second = rng.sample(range(len(places)), 2)
        if keep == "max":
            first, second = min(first, second), max(first, second)
        facts.add(f"  - road(p{first}, p{second}, {rng.randint(0, 5)})")
    facts.add(f"  - twin({rng.choice(places)}, {rng.choice(places)})")
    return RULES.format(keep=keep, places=", ".join(places), facts="\n".join(sorted(facts)))


@pytest.mark.parametrize("seed", range(25))
def test_both_derive_the_same(seed: int) -> None:
    task = load_task_text(random_text(seed))
    model = saturate(task)
    evaluator = Evaluator(task)

    for name in PREDICATES:
        arity = task.rules.predicates[name].arity
        pattern = Atom(name, tuple(task.rules.rules[0].head.arguments[:arity]))
        keys = [str(a)[1:] for a in pattern.arguments]
        found = {tuple(s[k] for k in keys) for s in evaluator.solutions(pattern, {})}
        assert found == {atom.arguments for atom in model.atoms(name)}, name


def test_both_refuse_a_second_value() -> None:
    text = random_text(3).replace("first(?x, ?n)", "first(?x, ?n) and first(?x, ?n + 1)")
    task = load_task_text(text)

    with pytest.raises(InputError, match="has two values"):
        saturate(task)
    with pytest.raises(InputError, match="has two values"):
        Evaluator(task).holds(Atom("first", ("p0", 1)), {})
