"""Handwritten control rules on the learning track, judged by the independent validator."""

import time
from dataclasses import replace

import pytest

from planner.io.pddl.load import load_pddl
from planner.kr.control import ControlRule, WalkPattern
from planner.kr.formulas import Modal
from planner.kr.terms import Variable
from planner.plan import Plan
from planner.search.limits import Limits, Meter
from planner.search.result import Status
from planner.search.rollout import RuleRollout
from planner.spaces.ground import GroundSpace
from planner.spaces.grounding import ground
from planner.validate import validate
from tests.search.test_rule_steps import do
from tests.search.worlds import TableGuide, atom, literals

pytestmark = pytest.mark.benchmarks


def walk(predicate, mover, start, end):
    name = None if mover is None else Variable(mover)
    return WalkPattern(name, Variable(start), Variable(end), predicate)


MICONIC = (
    ControlRule(
        literals("origin(?p, ?f) & destin(?p, ?d) & lift-at(?g)"),
        (
            walk("lift-at", None, "g", "f"),
            do("board(?f, ?p)"),
            walk("lift-at", None, "f", "d"),
            do("depart(?d, ?p)"),
        ),
        pursues=Modal("open", atom("served(?p)")),
        name="carry",
    ),
)
TRANSPORT = (
    ControlRule(
        literals(
            "at(?p, ?l) & package(?p) & vehicle(?v) & at(?v, ?m)"
            " & capacity(?v, ?s2) & capacity-predecessor(?s1, ?s2)"
        ),
        (
            walk("at", "v", "m", "l"),
            do("pick-up(?v, ?l, ?p, ?s1, ?s2)"),
            walk("at", "v", "l", "d"),
            do("drop(?v, ?d, ?p, ?s1, ?s2)"),
        ),
        pursues=Modal("ready", atom("at(?p, ?d)")),
        name="deliver",
    ),
)


@pytest.mark.parametrize(
    ("name", "rules", "most_steps"),
    [
        # A little above what one rule gives; the upstream references are 32, 183, 58 and 263.
        ("lt-miconic/easy-p30", MICONIC, 44),
        ("lt-miconic/medium-p15", MICONIC, 192),
        ("lt-transport/easy-p30", TRANSPORT, 58),
        ("lt-transport/medium-p25", TRANSPORT, 263),
    ],
)
def test_one_rule_solves_a_domain_without_search(benchmarks, name, rules, most_steps):
    folder, problem = name.split("/")
    task, _ = load_pddl(
        benchmarks / "pddl" / folder / "domain.pddl",
        benchmarks / "pddl" / folder / f"{problem}.pddl",
    )
    task = replace(task, rules=replace(task.rules, control=rules))
    space = GroundSpace(ground(task))

    start = time.process_time()
    outcome = RuleRollout().run(space, TableGuide(), Meter(Limits(expansions=5000)))
    seconds = time.process_time() - start

    assert outcome.status is Status.SOLVED
    plan = Plan(tuple(space.describe(step) for step in outcome.steps))
    assert validate(task, plan).ok
    assert len(plan) <= most_steps
    assert seconds < 10
