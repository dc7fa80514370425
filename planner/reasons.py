"""Reasons in words: why a fact holds or not, why a step could be taken, why an answer is one."""

from __future__ import annotations

import json
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from planner.engine.facts import Facts
from planner.engine.forward import saturate
from planner.engine.magic.part import part_for_goal
from planner.engine.normalize import answer_variables
from planner.engine.proofs import ByRule
from planner.engine.render import proof_dot, proof_text, why_not_text
from planner.errors import InputError, RuleFileError
from planner.kr.formulas import Atom, Not, atoms_of, conjuncts, free_variables, show, substitute
from planner.kr.rules import Predicate, Rule
from planner.kr.terms import Arithmetic, FunctionTerm, Variable, show_constant
from planner.plan import parse_plan
from planner.remarks import changed_by, kept_instead, members_of, steps_behind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.engine.forward import Watch
    from planner.engine.model import Model
    from planner.engine.proofs import Proof, WhyNot
    from planner.kr.formulas import Formula
    from planner.kr.task import Task
    from planner.kr.terms import Constant, Expression
    from planner.plan import Plan

__all__ = [
    "explain_fact",
    "explain_goal",
    "explain_step",
    "join_report",
    "proof_tree",
    "proofs_of_answers",
]

_ANSWER = "answer"
_GOAL = "the goal"
_NO_ORIGINS: Mapping[Formula, str] = MappingProxyType({})


def explain_fact(
    task: Task,
    fact: str,
    *,
    plan_text: str | None = None,
    step: int | None = None,
    proofs: int = 1,
    dot: bool = False,
    as_json: bool = False,
    meter: Watch | None = None,
    facts: Facts | None = None,
) -> tuple[bool, str]:
    """Whether a fact holds, with its proof or the rule instances that come nearest to it.

    Args:
        task: what is known.
        fact: a ground atom in the grammar of rule files; of any other formula the first answers
            are proved.
        plan_text: a plan file; the fact is then judged in the state after it.
        step: judge after so many steps of the plan.
        proofs: how many proofs to show, and how many smallest sets of missing facts.
        dot: the proof as a graph in DOT.
        as_json: one JSON document.
        meter: watches the limits.
        facts: the task's facts with others beside them; not together with a plan, nor with
            probabilities.

    Raises:
        InputError: when the fact is not over the task's names.
        LimitError: when the meter says so.
    """
    from planner.io.formula_grammar import parse_formula

    origins: dict[Formula, str] = {}
    formula = parse_formula(fact, existential=True)
    if plan_text is not None:
        plan = parse_plan(plan_text)
        count = len(plan) if step is None else min(step, len(plan))
        origins = steps_behind(task, plan, count)
        task = _task_at(task, plan, count)
    uncertain = task.rules.is_uncertain or bool(task.given)
    if not isinstance(formula, Atom) or (free_variables(formula) and not uncertain):
        asked = _asked(task, formula)
        if facts is not None:
            raise InputError("with tables of facts, ask about one fact without variables")
        return explain_goal(
            asked, proofs=proofs, dot=dot, as_json=as_json, meter=meter, origins=origins
        )
    atom = formula
    _check_fact(task, atom, facts)
    if uncertain:
        from planner.chances import explain_chance

        return explain_chance(task, atom, dot=dot, as_json=as_json)
    model = _model_behind(_relevant(task, atom), atom, meter, facts)
    first = model.prove(atom)
    if first is None:
        why_not = replace(model.why_not(atom), assumptions=_assumptions(task, atom, proofs))
        if as_json:
            return False, json.dumps(_failure(why_not))
        hint = kept_instead(task, model, atom) or ("" if plan_text else changed_by(task, atom))
        return False, why_not_text(why_not) + hint
    found = (first,) if proofs == 1 else model.proofs(atom, proofs)
    if as_json:
        return True, _as_json(found, several=proofs > 1)
    if dot:
        return True, "\n".join(map(proof_dot, found))
    origins |= members_of(model, found)
    return True, proof_text(first, origins) if proofs == 1 else _numbered(found, proofs, origins)


def explain_goal(
    task: Task,
    *,
    proofs: int = 1,
    dot: bool = False,
    as_json: bool = False,
    meter: Watch | None = None,
    origins: Mapping[Formula, str] = _NO_ORIGINS,
) -> tuple[bool, str]:
    """Whether the goal of a task has answers, with the proofs of the first ``proofs`` of them.

    The other arguments are those of `explain_fact`.
    """
    if task.rules.is_uncertain:
        raise InputError("name one fact without variables: its probability is explained")
    task = _relevant(task, task.goal)
    head = Atom(_ANSWER, tuple(map(Variable, answer_variables(task.goal))))
    model = _answering(task, head, meter)
    answers = model.query(head)
    shown = [_of_goal(proof) for proof in _proofs(model, head, answers[:proofs])]
    if as_json:
        if not answers:
            return False, json.dumps({"schema_version": 1, "holds": False, "attempts": []})
        return True, _as_json(shown, several=proofs > 1)
    if not answers:
        hint = "ask about one fact without variables to see what is missing"
        return False, f"nothing makes {show(task.goal)} true; {hint}"
    if dot:
        return True, "\n".join(map(proof_dot, shown))
    lines: list[str] = []
    origins = {**origins, **members_of(model, shown)}
    for answer, proof in zip(answers, shown, strict=False):
        bound = ", ".join(f"?{name} = {show_constant(value)}" for name, value in answer.items())
        lines += [bound] if bound else []
        lines += [proof_text(part, origins) for part in _parts(proof)]
    if len(answers) > len(shown):
        more = len(answers) - len(shown)
        lines.append(f"{more} more answer{'s' if more > 1 else ''}: show them with --proofs")
    return True, "\n".join(lines)


def _model_behind(task: Task, atom: Atom, meter: Watch | None, facts: Facts | None) -> Model:
    """What a fact rests on; everything, where it does not hold or that is as good."""
    # The atoms of the task's own goal are facts.
    facts = Facts.of_task(task) if facts is None else facts
    part = part_for_goal(replace(task, goal=atom), meter=meter, facts=facts)
    if part is not None and part.holds(atom):
        return part
    return saturate(task, meter=meter, facts=facts)


def _relevant(task: Task, formula: Formula) -> Task:
    """The task with those rules that a formula depends on."""
    wanted = {atom.predicate for atom, _ in atoms_of(formula)}
    waiting, chosen = list(task.rules.rules), set[int]()
    grown = True
    while grown:
        before = len(chosen)
        for number, rule in enumerate(waiting):
            if number not in chosen and rule.head.predicate in wanted:
                chosen.add(number)
                wanted |= {atom.predicate for atom, _ in atoms_of(rule.body)}
        grown = len(chosen) > before
    kept = tuple(rule for number, rule in enumerate(waiting) if number in chosen)
    return replace(task, rules=replace(task.rules, rules=kept))


def _of_goal(proof: Proof) -> Proof:
    """What proves the goal itself, where that is one atom, and not that there is an answer."""
    justification = proof.justification
    premises = justification.premises if isinstance(justification, ByRule) else ()
    return premises[0] if len(premises) == 1 else proof


def _parts(proof: Proof) -> tuple[Proof, ...]:
    """The proofs of a goal's conjuncts."""
    justification = proof.justification
    if isinstance(justification, ByRule) and justification.rule.name == _GOAL:
        return justification.premises
    return (proof,)


def _asked(task: Task, formula: Formula) -> Task:
    """The task with a formula as its goal.

    Raises:
        RuleFileError: when the formula does not fit the task.
    """
    from planner.diagnostics import Severity
    from planner.kr.check import check_task

    asked = replace(task, goal=formula)
    known = {(d.code, d.message) for d in check_task(task)}
    found = [d for d in check_task(asked) if (d.code, d.message) not in known]
    errors = tuple(d for d in found if d.severity is Severity.ERROR)
    if errors:
        raise RuleFileError(errors)
    return asked


def _as_json(found: Sequence[Proof], *, several: bool) -> str:
    trees = [proof_tree(proof) for proof in found]
    document = {"schema_version": 1, "holds": True, "proof": trees[0]}
    return json.dumps({**document, "proofs": trees} if several else document)


def _assumptions(task: Task, atom: Atom, count: int) -> tuple[tuple[Atom, ...], ...]:
    """The smallest sets of missing facts, where predicates are declared ``assumable``."""
    if all("assumable" not in p.properties for p in task.rules.predicates.values()):
        return ()
    from planner.engine.provenance.abduction import abduce

    return abduce(task, atom, max(count, 5)).assumptions


def _numbered(found: Sequence[Proof], wanted: int, origins: Mapping[Formula, str]) -> str:
    lines = []
    for number, proof in enumerate(found, start=1):
        lines += [f"proof {number}", proof_text(proof, origins)]
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


def proofs_of_answers(task: Task, answers: Sequence[Mapping[str, Constant]]) -> tuple[Proof, ...]:
    """A proof of the goal for each answer."""
    names = [n for n in free_variables(task.goal) if answers and n in answers[0]]
    head = Atom(_ANSWER, tuple(Variable(n) for n in names))
    if task.rules.is_uncertain:
        from planner.chances import probable_proofs

        return probable_proofs(_with_answers(task, head), head, answers)
    return _proofs(_answering(task, head, None), head, answers)


def _with_answers(task: Task, head: Atom) -> Task:
    """The task with its goal as the body of one more rule, so that goals of every shape have
    proofs.
    """
    rules = task.rules
    predicates = {**rules.predicates, _ANSWER: Predicate.of_arity(_ANSWER, len(head.arguments))}
    asked = (*rules.rules, Rule(head, task.goal, _GOAL))
    return replace(task, rules=replace(rules, predicates=predicates, rules=asked))


def _answering(task: Task, head: Atom, meter: Watch | None) -> Model:
    """A model with the answers to the task's goal as facts of one more predicate."""
    asked, facts = _with_answers(task, head), Facts.of_task(task)
    part = part_for_goal(replace(asked, goal=head), meter=meter, facts=facts)
    return saturate(asked, meter=meter, facts=facts) if part is None else part


def _proofs(
    model: Model, head: Atom, answers: Sequence[Mapping[str, Constant]]
) -> tuple[Proof, ...]:
    """A proof of each answer's fact."""
    names = free_variables(head)
    proofs = (
        model.prove(Atom(head.predicate, tuple(answer[v] for v in names))) for answer in answers
    )
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


def _check_fact(task: Task, atom: Atom, facts: Facts | None = None) -> None:
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
            if facts is not None and facts.symbols.find(argument) is not None:
                continue
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
