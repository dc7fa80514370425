"""What is said beside a proof or its absence: which step made a fact true, what was counted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.kr.formulas import Aggregate, show, substitute
from planner.kr.terms import Variable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.engine.model import Model
    from planner.engine.proofs import Proof
    from planner.kr.formulas import Atom, Formula
    from planner.kr.task import Task
    from planner.plan import Plan

__all__ = ["changed_by", "kept_instead", "members_of", "steps_behind"]

_SHOWN = 8


def members_of(model: Model, proofs: Iterable[Proof]) -> dict[Formula, str]:
    """What the aggregates in proofs were worked out from."""
    found: dict[Formula, str] = {}
    for part in (part for proof in proofs for part in proof.steps()):
        formula = part.atom
        if isinstance(formula, Aggregate) and formula not in found:
            members = model.query(formula.body)
            shown = [show(substitute(formula.body, one)) for one in members[:_SHOWN]]
            more = len(members) - len(shown)
            shown += [f"and {more} more"] if more else []
            found[formula] = f"computed from {', '.join(shown)}" if shown else "of nothing"
    return found


def kept_instead(task: Task, model: Model, atom: Atom) -> str:
    """A hint that another number is kept instead."""
    declared = task.rules.predicates.get(atom.predicate)
    if declared is None or not declared.keep:
        return ""
    pattern = replace(atom, arguments=(*atom.arguments[:-1], Variable("kept")))
    kept = model.query(pattern)
    if not kept:
        return ""
    extreme = "least" if declared.keep == "min" else "greatest"
    return f"\n  only the {extreme} is kept: {show(substitute(pattern, kept[0]))}"


def steps_behind(task: Task, plan: Plan, count: int) -> dict[Formula, str]:
    """Which step made each fact true that was not true at the start."""
    from planner.validate.replay import made_by

    found = made_by(task, plan, count)
    return {atom: f"made true by step {n}, {plan.steps[n - 1]}" for atom, n in found.items()}


def changed_by(task: Task, atom: Atom) -> str:
    """A hint that actions make a fact true."""
    names = [
        action.name
        for action in task.rules.actions
        if any(e.positive and e.atom.predicate == atom.predicate for e in action.effects)
    ]
    if not names:
        return ""
    several = "actions make" if len(names) > 1 else "the action makes"
    listed = ", ".join(f"`{name}`" for name in names[:3])
    return (
        f"\n  at the start; {several} such facts true: {listed} "
        "(--plan explains what holds after a plan)"
    )
