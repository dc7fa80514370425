"""Is a rule base or a task sound: names, arities, types, safety, strata?"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from planner.diagnostics import suggest
from planner.kr.clauses import clauses_of, goal_clauses
from planner.kr.control import StepPattern
from planner.kr.extremes import kept_predicates
from planner.kr.formulas import TRUE, And, Atom, conjuncts
from planner.kr.naming import check_action_name
from planner.kr.places import Findings, Origin, locate
from planner.kr.properties import check_properties, check_second_values
from planner.kr.safety import check_safety
from planner.kr.slips import Slips
from planner.kr.strata import NegativeCycle, is_folded, stratify
from planner.kr.terms import Arithmetic, FunctionTerm, Variable, show_constant
from planner.kr.typing import check_fact, check_typing
from planner.kr.usage import (
    check_circular,
    check_goal_reachable,
    check_implicit,
    check_singletons,
    check_unused_objects,
    check_unused_predicates,
)
from planner.kr.vocabulary import Types, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.diagnostics import Diagnostic, Span
    from planner.kr.clauses import Clause
    from planner.kr.control import ControlRule
    from planner.kr.task import RuleBase, Task

__all__ = ["check_rules", "check_task"]

_PYTHON = Origin()


def check_rules(rules: RuleBase, origin: Origin = _PYTHON) -> tuple[Diagnostic, ...]:
    """All problems of a rule base, errors and warnings. ``origin`` says where it was read."""
    findings = Findings()
    vocabulary = Vocabulary(rules, rules.constants, origin.broken, origin.places)
    _check_base(rules, vocabulary, origin, findings)
    check_unused_predicates(rules, (), findings)
    check_circular(rules, rules.facts, findings)
    return tuple(findings.found)


def check_task(task: Task, origin: Origin = _PYTHON) -> tuple[Diagnostic, ...]:
    """All problems of a task and its rule base, errors and warnings; ``origin`` as above."""
    findings = Findings()
    vocabulary = Vocabulary(task.rules, task.all_objects, origin.broken, origin.places)
    _check_base(task.rules, vocabulary, origin, findings)
    _check_facts(task.init, vocabulary, findings)
    check_second_values((*task.rules.facts, *task.init), task.rules, findings)
    for clause in goal_clauses(task):
        _check_clause(clause, vocabulary, origin, findings)
    _check_probabilities(task, findings)
    check_unused_predicates(task.rules, (*task.init, task.goal, *task.given), findings)
    check_circular(task.rules, task.facts, findings)
    check_goal_reachable(task, findings)
    check_unused_objects(task, origin.places, findings)
    return tuple(findings.found)


def _check_base(
    rules: RuleBase, vocabulary: Vocabulary, origin: Origin, findings: Findings
) -> None:
    _check_names(rules, vocabulary, findings)
    _check_facts(rules.facts, vocabulary, findings)
    _check_facts([f.atom for f in rules.probabilistic_facts], vocabulary, findings)
    check_second_values(rules.facts, rules, findings)
    check_properties(rules, findings)
    for clause in clauses_of(rules, origin):
        _check_clause(clause, vocabulary, origin, findings)
    _check_heads(rules, vocabulary, findings)
    _check_effects(rules, vocabulary, findings)
    for action in rules.actions:
        check_action_name(action, findings)
    for control in rules.control:
        _check_steps(control, rules, vocabulary, findings)
    _check_strata(rules, findings)


def _check_clause(
    clause: Clause, vocabulary: Vocabulary, origin: Origin, findings: Findings
) -> None:
    types = check_typing(clause, vocabulary, findings)
    if clause.span in origin.damaged or _is_plainly_sound(clause):
        return
    slips = Slips(clause, types, vocabulary)
    check_safety(clause, slips, findings)
    check_singletons(clause, slips, findings)
    check_implicit(clause, types, findings)


def _is_plainly_sound(clause: Clause) -> bool:
    """Whether a Horn rule without built-ins binds its head and uses each variable twice.

    Most rules of a large rule base are such, and this is a tenth of the full checks.
    """
    if clause.parameters or clause.extra or clause.given or clause.creates:
        return False
    body = clause.condition.parts if isinstance(clause.condition, And) else (clause.condition,)
    atoms = [part for part in body if isinstance(part, Atom)]
    if len(atoms) < len(body) or any(made.condition != TRUE for made in clause.made):
        return False
    once: set[str] = set()
    again: set[str] = set()
    for atom in atoms:
        for argument in atom.arguments:
            if isinstance(argument, Variable):
                (again if argument.name in once else once).add(argument.name)
    for made in clause.made:
        for argument in made.atom.arguments:
            if isinstance(argument, Variable):
                if argument.name not in once:
                    return False
                again.add(argument.name)
            elif isinstance(argument, Arithmetic | FunctionTerm):
                return False
    return len(once) == len(again)


def _check_names(rules: RuleBase, vocabulary: Vocabulary, findings: Findings) -> None:
    """Refuse a predicate named like a type, which is a predicate already."""
    for name, predicate in rules.predicates.items():
        if vocabulary.is_type(name):
            message = f"`{name}` is a type, so `{name}(?x)` already says that ?x is one"
            place = vocabulary.places.get(("type", name))
            hint = f"give the predicate another name, such as `is-{name}`"
            findings.error("type-and-predicate", message, predicate.span, hint,
                           [(place, "the type is declared here")])  # fmt: skip


def _check_facts(facts: Iterable[Atom], vocabulary: Vocabulary, findings: Findings) -> None:
    rules = vocabulary.rules
    seen: dict[Atom, Atom] = {}
    for atom in facts:
        check_fact(atom, vocabulary, findings)
        if atom in seen:
            related = [(seen[atom].span, "first stated here")]
            message = f"`{atom}` is stated twice"
            findings.warn("repeated-fact", message, atom.span, "", related)
        seen.setdefault(atom, atom)
        if atom.predicate in rules.derived and rules.actions:
            rule = next(r for r in rules.rules if r.head.predicate == atom.predicate)
            message = f"`{atom.predicate}` is derived by a rule, so it cannot be stated as a fact"
            hint = "state what the rule derives it from"
            related = [(rule.span, "derived here")]
            findings.error("derived-fact", message, atom.span, hint, related)
        elif atom.predicate not in rules.predicates and vocabulary.is_type(atom.predicate):
            message = f"`{atom.predicate}` is a type; objects get it under `objects:`"
            findings.error("type-fact", message, atom.span)


def _check_heads(rules: RuleBase, vocabulary: Vocabulary, findings: Findings) -> None:
    for rule in rules.rules:
        name = rule.head.predicate
        if name not in rules.predicates and vocabulary.is_type(name):
            message = f"`{name}` is a type, which no rule can derive"
            findings.error("derived-type", message, rule.span, "declare a predicate for it")


def _check_effects(rules: RuleBase, vocabulary: Vocabulary, findings: Findings) -> None:
    for action in rules.actions:
        for effect in action.effects:
            name = effect.atom.predicate
            if name in rules.derived:
                rule = next(r for r in rules.rules if r.head.predicate == name)
                message = f"`{name}` is derived by a rule, so no action can change it"
                hint = "change what the rule derives it from"
                related = [(rule.span, "derived here")]
                findings.error("derived-effect", message, effect.atom.span, hint, related)
            elif name not in rules.predicates and vocabulary.is_type(name):
                message = f"`{name}` is a type, which no action can change"
                findings.error("type-effect", message, effect.atom.span)
        if isinstance(action.cost, int | Fraction) and action.cost < 0:
            message = f"the cost of `{action.name}` is below 0"
            findings.error("negative-cost", message, action.span)


def _check_steps(
    control: ControlRule, rules: RuleBase, vocabulary: Vocabulary, findings: Findings
) -> None:
    """Check that each step names an action and has its parameters."""
    schemas = {action.name: action for action in rules.actions}
    for step in control.steps:
        if not isinstance(step, StepPattern):
            if step.predicate and vocabulary.signature(step.predicate) is None:
                message = f"no predicate is named `{step.predicate}`"
                hint = suggest(step.predicate, rules.predicates)
                findings.error("unknown-predicate", message, control.span, hint)
            continue
        schema = schemas.get(step.action)
        if schema is None:
            message = f"no action is named `{step.action}`"
            hint = suggest(step.action, schemas)
            place = locate(control.span, step.action)
            findings.error("unknown-action", message, place, hint)
            continue
        if len(schema.parameters) != len(step.arguments):
            wanted, given = len(schema.parameters), len(step.arguments)
            message = f"`{step.action}` takes {wanted} arguments, and {given} are given"
            findings.error("arity", message, control.span, "", [(schema.span, "declared here")])
            continue
        _check_step_arguments(step, [p.types for p in schema.parameters], control, vocabulary,
                              findings)  # fmt: skip


def _check_step_arguments(
    step: StepPattern,
    places: list[Types],
    control: ControlRule,
    vocabulary: Vocabulary,
    findings: Findings,
) -> None:
    for argument, types in zip(step.arguments, places, strict=True):
        if isinstance(argument, Variable):
            continue
        if isinstance(argument, str) and argument not in vocabulary.objects:
            message = f"no object is named `{argument}`"
            hint = suggest(argument, vocabulary.objects) or f"did you mean `?{argument}`?"
            findings.error("unknown-object", message, locate(control.span, argument), hint)
        elif not vocabulary.accepts(types, argument):
            message = f"`{step.action}` does not take `{show_constant(argument)}` here"
            findings.error("type", message, control.span)


def _check_strata(rules: RuleBase, findings: Findings) -> None:
    """Refuse rules whose predicate depends on its own negation, showing the cycle."""
    cycle = stratify(rules.rules, kept_predicates(rules.predicates))
    if not isinstance(cycle, NegativeCycle):
        return
    related: list[tuple[Span | None, str]] = [
        (rule.span, f"`{name}` is derived here{f' (rule {rule.name})' if rule.name else ''}")
        for name, rule in zip(cycle.predicates, cycle.rules, strict=True)
    ]
    code, hint = "negative-cycle", "break the cycle at the `not`"
    message = f"a predicate may not depend on its own negation: {cycle}"
    read = cycle.predicates[1 % len(cycle.predicates)]
    if is_folded(cycle.rules[0], read):
        code, hint = "aggregate-cycle", "for a best value by recursion, declare it `keep: min`"
        chain = " -> ".join([*cycle.predicates, cycle.predicates[0]])
        message = f"`{read}` is still growing where this rule takes its count, sum or best: {chain}"
    elif cycle.reason:
        code, hint = "not-monotone", "leave the test to a rule that nothing of the cycle reads"
        message = f"the number is still changing where this rule reads it: {cycle.reason} ({cycle})"
    findings.error(code, message, cycle.rules[0].span, hint, related)


def _check_probabilities(task: Task, findings: Findings) -> None:
    if not task.rules.actions:
        return
    message = "probabilities are for tasks without actions"
    for fact in task.rules.probabilistic_facts:
        findings.error("probability-with-actions", message, fact.atom.span)
    for rule in task.rules.rules:
        if rule.probability is not None:
            findings.error("probability-with-actions", message, rule.span)
    for judge in task.rules.judges:
        message = "judges are for tasks without actions"
        findings.error("probability-with-actions", message, judge.span)
    for part in conjuncts(task.goal) if task.given else ():
        findings.error("given-with-actions", "`given:` is for tasks without actions",
                       getattr(part, "span", None))  # fmt: skip
        break
