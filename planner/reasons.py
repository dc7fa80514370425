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

    from planner.engine.forward import Watch
    from planner.engine.model import Model
    from planner.engine.probability.infer import Method, ProbableAnswer
    from planner.engine.probability.judged import JudgeModel
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
    "probable_answers",
    "proofs_of_answers",
]

_ANSWER = "answer"


def explain_fact(
    task: Task,
    fact: str,
    *,
    plan_text: str | None = None,
    step: int | None = None,
    dot: bool = False,
    as_json: bool = False,
) -> tuple[bool, str]:
    """Whether a fact holds, with its proof or the rule instances that come nearest to it.

    Args:
        task: what is known.
        fact: a ground atom in the grammar of rule files.
        plan_text: a plan file; the fact is then judged in the state after it.
        step: judge after so many steps of the plan.
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
    model = saturate(task)
    proof = model.prove(atom)
    if proof is not None:
        if as_json:
            return True, json.dumps({"schema_version": 1, "holds": True, "proof": _tree(proof)})
        return True, proof_dot(proof) if dot else proof_text(proof)
    why_not = model.why_not(atom)
    return False, json.dumps(_failure(why_not)) if as_json else why_not_text(why_not)


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
    model = saturate(replace(task, rules=asked))
    proofs = (model.prove(Atom(_ANSWER, tuple(a[n] for n in names))) for a in answers)
    return tuple(proof for proof in proofs if proof is not None)


def probable_answers(
    task: Task,
    *,
    judges: Mapping[str, JudgeModel] | None = None,
    method: Method = "auto",
    samples: int = 10_000,
    seed: int = 0,
    meter: Watch | None = None,
) -> list[ProbableAnswer]:
    """The answers to the goal of an uncertain task, with their probabilities.

    Args:
        task: what is known, asked and given.
        judges: models of judged predicates; for the others the saved ones are loaded.
        method: as in `planner.engine.probability.infer.infer`, where errors are named too.
        samples: worlds drawn where it comes to that.
        seed: of the sampling.
        meter: watches the limits.
    """
    from planner.engine.probability.infer import infer_task

    models = _judges(task, judges)
    return infer_task(task, judges=models, method=method, samples=samples, seed=seed, meter=meter)


def _judges(task: Task, given: Mapping[str, JudgeModel] | None) -> dict[str, JudgeModel]:
    if all(judge.predicate in (given or {}) for judge in task.rules.judges):
        return dict(given or {})
    from planner.models.judge import saved_judges

    return {**saved_judges(task), **(given or {})}


def join_report(task: Task) -> str:
    """How the engine evaluates each rule: its stratum, representation and join order."""
    from planner.engine.joins import describe_joins

    return describe_joins(task)


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


def _tree(proof: Proof) -> dict[str, object]:
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
        entry["premises"] = [_tree(premise) for premise in justification.premises]
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
    }
