"""Warnings: what is declared and never used, written once, or can never hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.diagnostics import Span, closest
from planner.kr.clauses import clauses_of, goal_clauses
from planner.kr.formulas import (
    Atom,
    Closure,
    Comparison,
    Exists,
    Formula,
    Or,
    atoms_of,
    conjuncts,
    expression_variables,
)
from planner.kr.places import locate
from planner.kr.slips import Slips, occurrences
from planner.kr.terms import VALUE_TYPES, Variable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from planner.kr.clauses import Clause
    from planner.kr.places import Findings
    from planner.kr.task import RuleBase, Task
    from planner.kr.vocabulary import Types

__all__ = [
    "check_circular",
    "check_goal_reachable",
    "check_implicit",
    "check_singletons",
    "check_unused_objects",
    "check_unused_predicates",
    "missing_causes",
]


def check_singletons(clause: Clause, slips: Slips, findings: Findings) -> None:
    """Warn of variables that occur once: they are misspelt, or should be written ``?``."""
    once: dict[str, Span | None] = {}
    seen: set[str] = set()
    for name, span in occurrences(clause):
        if name in seen:
            once.pop(name, None)
        else:
            seen.add(name)
            once[name] = span
    if not once:
        return
    declared = {v.name for v in (*clause.parameters, *clause.creates)}
    for name, place in once.items():
        if name[:1] == "_":
            continue
        span = locate(place, f"?{name}")
        if name in declared:
            other = slips.undeclared(name)
            message = f"the parameter `?{name}` of this {clause.kind} is never used"
            hint = f"did you mean `?{other}`?" if other else "remove it"
            findings.warn("unused-parameter", message, span, hint)
            continue
        close = slips.meant(name)
        if clause.answers and not closest(name, [close] if len(name) > 1 else []):
            continue
        any_value = "write `?` if any value will do"
        hint = f"did you mean `?{close}`? Or {any_value}" if close else any_value
        message = f"the variable `?{name}` occurs only once in this {clause.kind}"
        findings.warn("single-variable", message, span, hint)


def check_implicit(clause: Clause, types: Mapping[str, Types], findings: Findings) -> None:
    """Warn of objects that an action changes and does not list among its parameters.

    Each value of such a variable makes an operator of its own, which is allowed, and more often a
    parameter that was forgotten. Numbers read off a state are meant to be implicit.
    """
    if not clause.kind.startswith("action"):
        return
    known = {v.name for v in (*clause.parameters, *clause.creates)} | clause.given
    named = {
        v
        for atom, _ in atoms_of(clause.condition)
        for a in atom.arguments
        for v in expression_variables(a)
    }
    for made in clause.made:
        local = {v.name for v in made.variables}
        for argument in made.atom.arguments:
            for name in expression_variables(argument):
                if name in known or name in local or name[:1] == "_":
                    continue
                known.add(name)
                if name not in named or any(t in VALUE_TYPES for t in types.get(name, ())):
                    continue
                span = locate(made.atom.span, f"?{name}")
                message = f"`?{name}` is not among the parameters of {clause.kind}"
                hint = "add it, or each of its values makes a step of its own, unseen in the name"
                findings.warn("implicit-parameter", message, span, hint)


def check_unused_predicates(rules: RuleBase, others: Iterable[Formula], findings: Findings) -> None:
    """Warn of declared predicates that occur nowhere; ``others`` are a task's formulas."""
    used = {atom.predicate for atom in rules.facts}
    used |= {fact.atom.predicate for fact in rules.probabilistic_facts}
    used |= {judge.predicate for judge in rules.judges}
    for formula in others:
        used |= {atom.predicate for atom, _ in atoms_of(formula)}
    for clause in clauses_of(rules):
        used |= _predicates_of(clause)
    # A name that was offered instead of a misspelt one is about to be used.
    offered = {word for d in findings.found for word in d.suggestion.split("`")[1:2]}
    for name, predicate in rules.predicates.items():
        if name not in used and name not in offered:
            hint = closest(name, [other for other in rules.predicates if other != name])
            message = f"the predicate `{name}` is declared and never used"
            suggestion = f"`{hint}` is similar: is one of them misspelt?" if hint else ""
            findings.warn("unused-predicate", message, predicate.span, suggestion)


def _predicates_of(clause: Clause) -> set[str]:
    found = {atom.predicate for atom, _ in atoms_of(clause.condition)}
    for made in clause.made:
        found.add(made.atom.predicate)
        found |= {atom.predicate for atom, _ in atoms_of(made.condition)}
    for expression in clause.extra:
        predicate = getattr(expression, "predicate", None)
        if isinstance(predicate, str):
            found.add(predicate)
    return found


def check_circular(rules: RuleBase, facts: Iterable[Atom], findings: Findings) -> None:
    """Warn of derived predicates without ``facts``, each of whose rules needs the predicate."""
    stated = {atom.predicate for atom in facts}
    stated |= {
        name
        for name, predicate in rules.predicates.items()
        if "equivalence" in predicate.properties
    }
    stated |= {fact.atom.predicate for fact in rules.probabilistic_facts}
    stated |= {judge.predicate for judge in rules.judges}
    derivable = _derivable(rules, rules.derived, stated)
    for name in rules.predicates:
        if name in rules.derived and name not in derivable:
            rule = next(rule for rule in rules.rules if rule.head.predicate == name)
            message = f"`{name}` can never hold: each of its rules needs what needs `{name}`"
            findings.warn("underivable", message, rule.span, "add a rule that starts it")


def _derivable(rules: RuleBase, doubtful: Collection[str], known: Collection[str]) -> set[str]:
    """Names among ``doubtful`` that can come to hold, looking at names alone."""
    made: list[tuple[str, frozenset[str]]] = []
    for rule in rules.rules:
        made.append((rule.head.predicate, _needs(rule.body, doubtful)))
    for action in rules.actions:
        needs = _needs(action.precondition, doubtful)
        for effect in action.effects:
            if effect.positive:
                extra = _needs(effect.condition, doubtful)
                made.append((effect.atom.predicate, needs | extra))
    found = set(known)
    while True:
        before = len(found)
        found |= {name for name, needs in made if needs <= found}
        if len(found) == before:
            return found


def _needs(formula: Formula, doubtful: Collection[str]) -> frozenset[str]:
    """Predicates without which a formula cannot hold."""
    names: set[str] = set()
    for part in conjuncts(formula):
        match part:
            case Atom(name) | Closure(name):
                names.add(name)
            case Exists(_, body):
                names |= _needs(body, doubtful)
            case Or(parts) if parts:
                names |= frozenset.intersection(*(_needs(p, doubtful) for p in parts))
            case _:
                continue
    return frozenset(name for name in names if name in doubtful)


def check_goal_reachable(task: Task, findings: Findings) -> None:
    """Warn when the goal asks for a predicate that no fact, rule or action can make true."""
    rules = task.rules
    stated = {atom.predicate for atom in task.facts}
    stated |= {fact.atom.predicate for fact in rules.probabilistic_facts}
    stated |= {judge.predicate for judge in rules.judges}
    reachable = _derivable(rules, rules.predicates, stated)
    for part in conjuncts(task.goal):
        if not isinstance(part, Atom) or part.predicate not in rules.predicates:
            continue
        if part.predicate not in reachable:
            message = f"nothing can make `{part.predicate}` true in this task"
            findings.warn("unreachable-goal", message, part.span, "check the initial state")


def missing_causes(task: Task, predicate: str) -> dict[str, tuple[str, ...]]:
    """For each action and rule that makes a predicate true what it needs and nothing can make true.

    By names alone; empty where one of them needs nothing of the kind.
    """
    rules = task.rules
    stated = {atom.predicate for atom in task.facts}
    reachable = _derivable(rules, rules.predicates, stated)
    never = [name for name in rules.predicates if name not in reachable]
    found: dict[str, tuple[str, ...]] = {}
    for action in rules.actions:
        for effect in action.effects:
            if effect.positive and effect.atom.predicate == predicate:
                needed = _needs(action.precondition, never) | _needs(effect.condition, never)
                found[action.name] = tuple(name for name in never if name in needed)
    for rule in rules.rules:
        if rule.head.predicate == predicate:
            needed = _needs(rule.body, never)
            found[rule.name or str(rule.head)] = tuple(name for name in never if name in needed)
    return found if all(found.values()) else {}


def check_unused_objects(
    task: Task, places: Mapping[tuple[str, str], Span], findings: Findings
) -> None:
    """Warn of the task's objects that no fact, goal or rule mentions, where any is mentioned."""
    used: set[object] = set()
    for atom in (*task.facts, *(f.atom for f in task.rules.probabilistic_facts)):
        used.update(atom.arguments)
    for clause in (*clauses_of(task.rules), *goal_clauses(task)):
        used.update(_constants_of(clause))
    for name in task.objects:
        if name not in used and ("object", name) in places:
            message = f"the object `{name}` occurs in no fact and not in the goal"
            findings.warn("unused-object", message, places["object", name])


def _constants_of(clause: Clause) -> Iterator[object]:
    for formula in (clause.condition, *(m.condition for m in clause.made)):
        for atom, _ in atoms_of(formula):
            yield from atom.arguments
        for part in conjuncts(formula):
            if isinstance(part, Comparison):
                yield part.left
                yield part.right
    for made in clause.made:
        yield from (a for a in made.atom.arguments if not isinstance(a, Variable))
    yield from clause.extra
