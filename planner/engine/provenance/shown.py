"""Derivations as proofs, in the rules and under the names that their users know."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from planner.engine.clauses import Absent as AbsentLiteral
from planner.engine.clauses import BodyLiteral, Clause, Fold
from planner.engine.gather.kinds import declared_name
from planner.engine.proofs import Absent, ByRule, Computed, Given, Proof
from planner.kr.formulas import (
    TRUE,
    Aggregate,
    Atom,
    Comparison,
    Formula,
    conjoin,
    expression_variables,
    free_variables,
    substitute,
)
from planner.kr.rules import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.engine.gather.proofs import Split
    from planner.engine.model import Model
    from planner.engine.provenance.derivations import Derivation, Fact
    from planner.kr.terms import Constant

    Binding: TypeAlias = dict[str, int]

__all__ = ["ShownProofs"]


@dataclass(frozen=True, slots=True)
class _Step:
    """What the instances of a clause have in common.

    Attributes:
        clause: the clause, kept so that nothing else gets its identity.
        rule: the user's rule, or one that says what the engine's own clause does.
        body: the clause's, under the names that users know.
    """

    clause: Clause
    rule: Rule
    body: tuple[BodyLiteral, ...]


class ShownProofs:
    """Makes the proofs of one model's facts."""

    def __init__(self, model: Model, split: Split) -> None:
        self._model = model
        self._split = split
        self._constant = model.symbols.constant
        # By identity: to hash a clause takes longer than to prove a fact with it.
        self._steps: dict[int, _Step] = {}
        self._names: dict[tuple[int, tuple[str, ...]], tuple[str, ...]] = {}

    def of(self, fact: Fact, way: Derivation, proofs: Mapping[Fact, Proof]) -> Proof:
        """The proof of a fact from those of its premises."""
        predicate, row = fact
        constant = self._constant
        atom = Atom(declared_name(predicate), tuple([constant(code) for code in row]))
        if way.clause is None:
            return self._without_rule(atom, predicate, way, proofs)
        step = self._step(way.clause)
        premises: list[Proof] = []
        facts = iter(way.premises)
        for literal in step.body:
            if isinstance(literal, Atom):
                premises += _shown(next(facts), proofs)
            else:
                premises.append(_tested(self.instance(literal, way.binding)))
        bindings = self.bindings(step.rule, way.binding)
        return Proof(atom, ByRule(step.rule, tuple(premises), bindings))

    def _without_rule(
        self, atom: Atom, predicate: str, way: Derivation, proofs: Mapping[Fact, Proof]
    ) -> Proof:
        """The proof of what is stated or gathered, or of a recursive ``forall``."""
        below = [proofs[premise] for premise in way.premises]
        gathered = self._split.gathered_proof(atom, predicate, below)
        if gathered is not None:
            return gathered
        if not below:
            return Proof(atom, Given(atom, self._model.facts.span(atom)))
        premises = [proof for premise in way.premises for proof in _shown(premise, proofs)]
        return Proof(atom, ByRule(Rule(atom, TRUE), tuple(premises), ()))

    def _step(self, clause: Clause) -> _Step:
        step = self._steps.get(id(clause))
        if step is None:
            if clause.rule >= 0:
                rule = self._model.plan.rules[clause.rule]
            else:
                parts = (self.instance(part, {}) for part in clause.body)
                rule = Rule(clause.head, conjoin(*parts))
            step = _Step(clause, rule, tuple(self._split.shown_body(clause.body)))
            self._steps[id(clause)] = step
        return step

    def rule_of(self, clause: Clause) -> Rule:
        """The user's rule, or one that says what the engine's own clause does."""
        return self._step(clause).rule

    def instance(self, literal: BodyLiteral, binding: Binding) -> Formula:
        """A literal with what is bound filled in."""
        constant = self._constant
        if isinstance(literal, Atom | Comparison):
            if isinstance(literal, Atom):
                literal = replace(literal, predicate=declared_name(literal.predicate))
            return substitute(literal, {v: constant(code) for v, code in binding.items()})
        assert isinstance(literal, AbsentLiteral | Fold)
        given = {v: constant(binding[v]) for v in literal.shared if v in binding}
        if isinstance(literal, Fold):
            names = expression_variables(literal.result)
            given.update((v, constant(binding[v])) for v in names if v in binding)
        return substitute(literal.source, given)

    def bindings(self, rule: Rule, binding: Binding) -> tuple[tuple[str, Constant], ...]:
        """The values of a rule's variables that are bound; the rule is one of `rule_of`."""
        key = id(rule), tuple(binding)
        names = self._names.get(key)
        if names is None:
            every = dict.fromkeys((*free_variables(rule.head), *free_variables(rule.body)))
            every.update(dict.fromkeys(v for v in binding if "#" not in v))
            names = self._names[key] = tuple(v for v in every if v in binding)
        constant = self._constant
        return tuple([(v, constant(binding[v])) for v in names])


def _tested(formula: Formula) -> Proof:
    """The proof of a literal that is no atom."""
    if isinstance(formula, Comparison | Aggregate):
        return Proof(formula, Computed(formula))
    return Proof(formula, Absent(formula))


def _shown(fact: Fact, proofs: Mapping[Fact, Proof]) -> tuple[Proof, ...]:
    """A premise; facts of auxiliary predicates give way to what they rest on."""
    proof = proofs[fact]
    name = fact[0]
    if "#" not in name and not name.endswith("+"):
        return (proof,)
    is_made = "#" in declared_name(name) or name.endswith("+")
    if is_made and isinstance(proof.justification, ByRule):
        return proof.justification.premises
    return (proof,)
