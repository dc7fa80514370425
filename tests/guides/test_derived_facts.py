"""Control rules read derived predicates, in spaces whose states lack these as well."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

import planner
from planner.engine.forward import saturate
from planner.guides.control_rules import BoundControlRules
from planner.guides.derived_facts import DerivedFacts
from planner.io.learned_file import load_learned_text
from planner.io.load import load_rules, load_task_text
from planner.kr.formulas import Atom
from planner.kr.task import RuleBase
from planner.spaces.ground import GroundSpace
from planner.spaces.grounding import ground
from planner.spaces.lifted import LiftedSpace
from tests.conftest import ROOT
from tests.placed import PLACED

STATIC = """\
predicates:
  base(block):
  movable(block): "{0} is no base"
rules:
  - if: block(?x) and not base(?x)
    then: movable(?x)
control:
  - if: movable(?x) and holding(?x) and placed(?x)
    prefer: put-down(?x)
    rank: 9
"""


@pytest.fixture(scope="module")
def rules():
    """Blocks with rules that read a derived predicate that changes, and one that does not."""
    base = load_rules(ROOT / "rules" / "blocksworld" / "rules.yaml")
    placed = load_learned_text(PLACED, base).added_to(base)
    return load_learned_text(STATIC, placed).added_to(placed)


def blocks_task(rules: RuleBase, count: int, seed: int) -> planner.Task:
    draws = random.Random(seed)
    names = [f"b{i}" for i in range(count)]
    facts = ["handempty"]
    draws.shuffle(names)
    for i, name in enumerate(names):
        below = names[i - 1] if i and draws.random() < 0.6 else ""
        facts.append(f"on({name}, {below})" if below else f"ontable({name})")
    under = {fact[3:-1].split(", ")[1] for fact in facts if fact.startswith("on(")}
    facts += [f"clear({name})" for name in names if name not in under]
    goal = " and ".join(f"on({a}, {b})" for a, b in zip(names[1:], names, strict=False))
    text = [f"task: t\nobjects: {{block: [{', '.join(sorted(names))}]}}\ninit:"]
    text += [f"  - {fact}" for fact in dict.fromkeys(facts)]
    return load_task_text("\n".join([*text, f"goal: {goal}"]), rules=rules)


def suggested(space, state, rules):
    """What rules suggest, by names; interchangeable choices in any order."""
    found = []
    for suggestion in rules.suggestions(state):
        ((schema, arguments), *_) = rules.actions(state, suggestion, first=True)
        named = tuple(str(space.constants[a]) for a in arguments)
        found.append((suggestion.rank, schema, named))
    return sorted(found)


@pytest.mark.parametrize("seed", range(4))
def test_rules_suggest_the_same_with_grounding_and_without(rules, seed):
    # Given a walk through the lifted space and the same walk through the ground one.
    task = blocks_task(rules, 5, seed)
    lifted, grounded = LiftedSpace(task), GroundSpace(ground(task))
    spaces = [(lifted, BoundControlRules(lifted)), (grounded, BoundControlRules(grounded))]
    states = [space.initial() for space, _ in spaces]
    draws = random.Random(seed)
    for _ in range(25):
        # Then at each state the rules suggest the same.
        one, other = (
            suggested(space, state, rules)
            for (space, rules), state in zip(spaces, states, strict=True)
        )
        assert one == other
        named = sorted(str(lifted.describe(int(s))) for s in lifted.legal_steps(states[0]))
        taken = draws.choice(named)
        states = [
            space.successor(state, _step(space, state, taken))
            for (space, _), state in zip(spaces, states, strict=True)
        ]


def _step(space, state, name):
    return next(int(s) for s in space.legal_steps(state) if str(space.describe(int(s))) == name)


def test_what_is_left_out_is_named_and_what_never_changes_is_not(rules):
    assert LiftedSpace(blocks_task(rules, 3, 0)).left_out == ("placed",)


def test_such_rules_are_followed_without_grounding(rules):
    result = planner.solve(blocks_task(rules, 40, 1))

    assert result.search.startswith("rules without grounding")
    assert planner.validate(result.task, result.plan).ok


def test_derived_facts_are_those_of_a_fresh_evaluation(rules):
    # Given facts that come and go at random.
    task = blocks_task(rules, 6, 2)
    derived = DerivedFacts(task, ["placed"])
    holds = set(derived.at_first)
    blocks = list(task.objects)
    pool = [Atom("on", (a, b)) for a in blocks for b in blocks] + [
        Atom("ontable", (a,)) for a in blocks
    ]
    stated: set[Atom] = set()
    draws = random.Random(0)
    for _ in range(60):
        fact = draws.choice(pool)
        stated ^= {fact}
        for atom, is_true in derived.follow([(fact, fact in stated)]):
            (holds.add if is_true else holds.discard)(atom)
        # Then they are what the rules derive from these facts at once.
        fresh = saturate(replace(task, init=tuple(sorted(stated, key=str))))
        assert holds == set(fresh.atoms("placed"))
