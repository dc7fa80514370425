"""Reasons in words: why a fact holds or not, why a step could be taken, why an answer is one."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from planner.engine.forward import saturate
from planner.engine.proofs import ByRule
from planner.engine.render import proof_dot, proof_text, why_not_text
from planner.errors import InputError
from planner.kr.formulas import Atom, Not, conjuncts, free_variables, show, substitute
from planner.kr.rules import Predicate, Rule
from planner.kr.terms import Arithmetic, FunctionTerm, Variable, show_constant
from planner.plan import parse_plan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.engine.model import Model
    from planner.engine.proofs import Proof, WhyNot
    from planner.kr.formulas import Formula
    from planner.kr.task import Task
    from planner.kr.terms import Constant, Expression
    from planner.plan import Plan

__all__ = [
    "explain_fact",
    "explain_step",
    "facts_after",
    "join_report",
    "proof_tree",
    "proofs_of_answers",
]

_ANSWER = "answer"


def explain_fact(
    task: Task,
    fact: str,
    *,
    plan_text: str | None = None,
    step: int | None = None,
    proofs: int = 1,
    dot: bool = False,
    as_json: bool = False,
) -> tuple[bool, str]:
    """Whether a fact holds, with its proof or the rule instances that come nearest to it.

    Args:
        task: what is known.
        fact: a ground atom in the grammar of rule files.
        plan_text: a plan file; the fact is then judged in the state after it.
        step: judge after so many steps of the plan.
        proofs: how many proofs to show, and how many smallest sets of missing facts.
        dot: the proof as a graph in DOT.
        as_json: one JSON document.

    Raises:
        InputError: when the fact is no ground atom over the task's names.
    """
    from planner.io.formula_grammar import parse_atom

    atom = parse_atom(fact)
    if plan_text is not None:
        plan = parse_plan(plan_text)
        task = _task_at(task, plan, len(plan) if step is None else min(step, len(plan)))
    _check_fact(task, atom)
    if task.rules.is_uncertain or task.given:
        from planner.chances import explain_chance

        return explain_chance(task, atom, dot=dot, as_json=as_json)
    model = saturate(task)
    first = model.prove(atom)
    if first is None:
        why_not = replace(model.why_not(atom), assumptions=_assumptions(task, atom, proofs))
        return False, json.dumps(_failure(why_not)) if as_json else why_not_text(why_not)
    found = (first,) if proofs == 1 else model.proofs(atom, proofs)
    if as_json:
        trees = [proof_tree(proof) for proof in found]
        document = {"schema_version": 1, "holds": True, "proof": trees[0]}
        return True, json.dumps({**document, "proofs": trees} if proofs > 1 else document)
    if dot:
        return True, "\n".join(map(proof_dot, found))
    return True, proof_text(first) if proofs == 1 else _numbered(found, proofs)


def _assumptions(task: Task, atom: Atom, count: int) -> tuple[tuple[Atom, ...], ...]:
    """The smallest sets of missing facts, where predicates are declared ``assumable``."""
    if all("assumable" not in p.properties for p in task.rules.predicates.values()):
        return ()
    from planner.engine.provenance.abduction import abduce

    return abduce(task, atom, max(count, 5)).assumptions


def _numbered(found: Sequence[Proof], wanted: int) -> str:
    lines = []
    for number, proof in enumerate(found, start=1):
        lines += [f"proof {number}", proof_text(proof)]
    if len(found) < wanted:
        lines.append(f"there are no others than {'this' if len(found) == 1 else 'these'}")
    return "\n".join(lines)


def explain_step(task: Task, plan: Plan, index: int) -> str:
    """What made a step applicable: its precondition, derived facts with the rules behind them."""
    from planner.validate.steps import implicit_parameters

    step = plan.steps[index]
    action = next(a for a in task.rules.actions if a.name == step.name)
    names = [*(p.name for p in action.parameters), *implicit_parameters(action)]
    binding: dict[str, Expression] = dict(zip(names, step.arguments, strict=False))
    before = _task_at(task, plan, index)
    model = saturate(before)
    condition = substitute(action.precondition, binding)
    open_names = [n for n in free_variables(condition) if not n.startswith("_")]
    if open_names:
        found = model.query(condition)
        condition = substitute(condition, found[0]) if found else condition
    return "; ".join(_reason(part, model) for part in conjuncts(condition)) or "nothing is needed"


def facts_after(task: Task, plan: Plan, count: int) -> tuple[Atom, ...]:
    """What is true after the first ``count`` steps of a plan, derived facts left out.

    Raises:
        InputError: when a step cannot be taken.
    """
    return _task_at(task, plan, count).facts


def proofs_of_answers(task: Task, answers: Sequence[Mapping[str, Constant]]) -> tuple[Proof, ...]:
    """A proof of the goal for each answer.

    The goal is taken as the body of one more rule, ``answer(..) <- goal``, so that goals of every
    shape have proofs.
    """
    names = [n for n in free_variables(task.goal) if answers and n in answers[0]]
    head = Atom(_ANSWER, tuple(Variable(n) for n in names))
    rules = task.rules
    predicates = {**rules.predicates, _ANSWER: Predicate.of_arity(_ANSWER, len(names))}
    asked = replace(
        rules, predicates=predicates, rules=(*rules.rules, Rule(head, task.goal, "the goal"))
    )
    if task.rules.is_uncertain:
        from planner.chances import probable_proofs

        return probable_proofs(replace(task, rules=asked), head, answers)
    model = saturate(replace(task, rules=asked))
    proofs = (model.prove(Atom(_ANSWER, tuple(a[n] for n in names))) for a in answers)
    return tuple(proof for proof in proofs if proof is not None)


def join_report(task: Task) -> str:
    """How the engine evaluates each rule: its stratum, representation and join order."""
    from planner.engine.joins import describe_joins
    from planner.engine.magic.ask import goal_report

    report = goal_report(task) if task.is_deduction else ""
    return "\n".join(filter(None, [describe_joins(task), report]))


def _task_at(task: Task, plan: Plan, count: int) -> Task:
    """The task whose initial state is the one after ``count`` steps."""
    if count == 0:
        return task
    from planner.validate.replay import task_after

    return task_after(task, plan, count)


def _check_fact(task: Task, atom: Atom) -> None:
    from planner.diagnostics import suggest

    rules = task.rules
    known = [*rules.predicates, *rules.types, "object"]
    if atom.predicate not in known:
        hint = suggest(atom.predicate, known)
        raise InputError(f"unknown predicate `{atom.predicate}`" + (f": {hint}" if hint else ""))
    declared = rules.predicates.get(atom.predicate)
    arity = 1 if declared is None else declared.arity
    if len(atom.arguments) != arity:
        given = len(atom.arguments)
        raise InputError(f"`{atom.predicate}` takes {arity} arguments, not {given}")
    for argument in atom.arguments:
        if isinstance(argument, Variable | Arithmetic | FunctionTerm):
            raise InputError(f"a fact without variables is asked for: {atom}")
        if isinstance(argument, str) and argument not in task.all_objects:
            hint = suggest(argument, task.all_objects)
            raise InputError(f"unknown object `{argument}`" + (f": {hint}" if hint else ""))


def _reason(part: Formula, model: Model) -> str:
    if isinstance(part, Atom):
        proof = model.prove(part)
        if proof is not None and isinstance(proof.justification, ByRule):
            rule = proof.justification.rule
            place = f" at {rule.span.file}:{rule.span.line}" if rule.span else ""
            return f"{show(part)} (by {rule.name or rule}{place})"
    if isinstance(part, Not) and isinstance(part.body, Atom):
        return f"{show(part.body)} does not hold"
    return show(part)


def proof_tree(proof: Proof) -> dict[str, object]:
    """A proof as plain data, for JSON."""
    justification = proof.justification
    entry: dict[str, object] = {
        "fact": show(proof.atom),
        "kind": type(justification).__name__.lower(),
    }
    if isinstance(justification, ByRule):
        rule = justification.rule
        entry["rule"] = rule.name or str(rule)
        if rule.span is not None:
            entry["file"], entry["line"] = rule.span.file, rule.span.line
        entry["premises"] = [proof_tree(premise) for premise in justification.premises]
    return entry


def _failure(why_not: WhyNot) -> dict[str, object]:
    attempts = [
        {
            "rule": attempt.rule.name or str(attempt.rule),
            "bindings": {name: show_constant(value) for name, value in attempt.bindings},
            "holds": [show(part) for part in attempt.satisfied],
            "missing": [show(part) for part in attempt.missing],
        }
        for attempt in why_not.attempts
    ]
    return {
        "schema_version": 1,
        "holds": False,
        "fact": show(why_not.atom),
        "attempts": attempts,
        "assumptions": [[show(part) for part in one] for one in why_not.assumptions],
    }
