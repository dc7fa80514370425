"""Why each step of a plan was possible: proofs of its precondition in the state before it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING, assert_never

from planner.engine.forward import saturate
from planner.engine.proofs import Absent, ByRule, Computed, Given, Proof
from planner.kr.formulas import Atom, Not, atoms_of, show, substitute
from planner.kr.rules import Rule
from planner.kr.terms import show_expression
from planner.spaces.explain import state_facts, static_facts
from planner.spaces.parameters import printed_parameters
from planner.trace.events import ProofRecord
from planner.trace.words import in_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.diagnostics import Span
    from planner.interfaces import StepSpace
    from planner.kr.formulas import Formula
    from planner.kr.task import Task
    from planner.plan import Step

__all__ = ["step_proofs"]

# The head of a rule that derives "this step is possible"; no file can contain such a name.
_POSSIBLE = Atom("step is possible")
_DEPTH_LIMIT = 60
_SIZE_LIMIT = 400


def step_proofs(space: StepSpace, state: int, step: Step) -> tuple[ProofRecord, ...]:
    """One proof for each literal of a step's precondition, in the state it was taken in.

    The precondition becomes the body of a rule of its own, so that quantifiers, disjunctions and
    everything else are explained as they are in rules.
    """
    task = space.task
    schema = next(action for action in task.rules.actions if action.name == step.name)
    binding = dict(zip(printed_parameters(schema), step.arguments, strict=False))
    precondition = substitute(schema.precondition, binding)
    rules = (*_needed_rules(task, precondition), Rule(_POSSIBLE, precondition))
    asked = replace(
        task,
        rules=replace(task.rules, rules=rules, facts=()),
        init=tuple(_facts(space, state)),
    )
    proof = saturate(asked).prove(_POSSIBLE)
    if proof is None or not isinstance(proof.justification, ByRule):
        return ()
    writer = _Writer(task)
    return tuple(writer.record(premise, 0) for premise in proof.justification.premises)


def _facts(space: StepSpace, state: int) -> Iterator[Atom]:
    """Every fact of a state that no rule derives; static ones keep the place they were read at."""
    rules = space.task.rules
    for fact in space.task.facts:
        if fact.predicate not in rules.fluents:
            yield fact
    for fact in (*state_facts(space, state), *static_facts(space)):
        if fact.predicate in rules.fluents and fact.predicate not in rules.derived:
            yield fact


def _needed_rules(task: Task, formula: Formula) -> tuple[Rule, ...]:
    """The rules that a formula depends on; goals are facts, so their order needs all of them."""
    if task.rules.orders:
        return task.rules.rules
    needed = {atom.predicate for atom, _ in atoms_of(formula)}
    size = -1
    while size != len(needed):
        size = len(needed)
        for rule in task.rules.rules:
            if rule.head.predicate in needed:
                needed.update(atom.predicate for atom, _ in atoms_of(rule.body))
    return tuple(rule for rule in task.rules.rules if rule.head.predicate in needed)


class _Writer:
    """Turns proofs into records; parts beyond a depth or a total size are left out."""

    def __init__(self, task: Task) -> None:
        self._predicates = task.rules.predicates
        self._left = _SIZE_LIMIT

    def record(self, proof: Proof, depth: int) -> ProofRecord:
        self._left -= 1
        fact, words = show(proof.atom), self._words(proof.atom)
        match proof.justification:
            case Given(_, span):
                return ProofRecord(fact, "given", words, where=_place(span))
            case Absent():
                return ProofRecord(fact, "absent", words)
            case Computed():
                return ProofRecord(fact, "computed", words)
            case ByRule(rule, premises, _):
                shown = premises if depth < _DEPTH_LIMIT and self._left > 0 else ()
                parts = tuple(self.record(premise, depth + 1) for premise in shown)
                return ProofRecord(
                    fact, "rule", words, rule.name or str(rule), _place(rule.span), parts
                )
            case _:
                assert_never(proof.justification)

    def _words(self, formula: Formula) -> str:
        if isinstance(formula, Atom):
            predicate = self._predicates.get(formula.predicate)
            if predicate is None and len(formula.arguments) == 1:
                return f"{show_expression(formula.arguments[0])} is of type {formula.predicate}"
            return in_words(formula, predicate)
        if isinstance(formula, Not) and isinstance(formula.body, Atom):
            words = self._words(formula.body)
            return f"not: {words}" if words else ""
        return ""


def _place(span: Span | None) -> str:
    """File and line, without the folders: pages are passed on."""
    return "" if span is None else f"{PurePath(span.file).name}:{span.line}"
