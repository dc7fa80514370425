"""Why a fact holds, and why not: proofs of least height, and the nearest failing instances."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from planner.engine.backtrack import Backtracker
from planner.engine.clauses import Absent as AbsentLiteral
from planner.engine.clauses import BodyLiteral, Clause, Fold, schedule
from planner.engine.gather.kinds import declared_name
from planner.engine.proofs import Absent, ByRule, Computed, FailedRule, Given, Proof, WhyNot
from planner.engine.provenance.derivations import Derivations
from planner.engine.provenance.enumerate import proof_shapes
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
from planner.kr.terms import Arithmetic, FunctionTerm, Variable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.engine.model import Model
    from planner.engine.provenance.cone import Heights
    from planner.engine.provenance.derivations import Derivation, Fact
    from planner.engine.provenance.enumerate import ProofShape
    from planner.kr.terms import Constant

    Binding: TypeAlias = dict[str, int]

__all__ = ["Explainer"]

_NOT_CONSTANT = (Variable, Arithmetic, FunctionTerm)
# How many partial instances a search for the nearest failing one may look at, for each rule.
_NEAREST_BUDGET = 20_000


class Explainer:
    """Explains the facts of one model; keeps what it found."""

    def __init__(self, model: Model, heights: Heights) -> None:
        self._model = model
        self._derivations = Derivations(heights, model.facts)
        self._split = self._derivations.split
        # Failing instances may meet any row.
        self._complete = Backtracker(heights.complete, model.symbols)
        self._proofs: dict[Fact, Proof] = {}

    @property
    def derivations(self) -> Derivations:
        """Every way to derive a fact, for what is evaluated over all proofs."""
        return self._derivations

    def fact(self, atom: Atom) -> Fact | None:
        """The codes of a ground atom that holds, ``None`` when it does not.

        From then on `derivations` knows what the fact can rest on.
        """
        row = self._model.row(atom)
        if row is None or not self._model.extension(atom.predicate).contains(row):
            return None
        fact = self._split.fact(atom.predicate, row)
        self._derivations.include(fact)
        return fact

    def prove(self, atom: Atom) -> Proof | None:
        """A proof of least height, ``None`` when the atom does not hold."""
        goal = self.fact(atom)
        if goal is None:
            return None
        support: dict[Fact, Derivation] = {}
        waiting = [goal]
        while waiting:
            fact = waiting.pop()
            if fact not in support and fact not in self._proofs:
                support[fact] = self._derivations.first(fact)
                waiting += support[fact].premises
        # Premises are lower, so building by height finds them built.
        for fact in sorted(support, key=self._derivations.height):
            self._proofs[fact] = self._build(fact, support[fact], self._proofs)
        return self._proofs[goal]

    def proofs(self, atom: Atom, count: int) -> tuple[Proof, ...]:
        """Up to ``count`` different proofs, the lowest first, of equal height the smallest."""
        goal = self.fact(atom)
        if goal is None:
            return ()
        found: dict[Proof, None] = {}
        for shape in proof_shapes(self._derivations, goal):
            found.setdefault(self._of_shape(goal, shape))
            if len(found) == count:
                break
        return tuple(found)

    def _of_shape(self, goal: Fact, shape: ProofShape) -> Proof:
        proofs: dict[Fact, Proof] = {}
        waiting = [goal]
        while waiting:
            fact = waiting[-1]
            way = shape.chosen[fact]
            missing = [premise for premise in way.premises if premise not in proofs]
            if missing:
                waiting += missing
                continue
            waiting.pop()
            if fact not in proofs:
                proofs[fact] = self._build(fact, way, proofs)
        return proofs[goal]

    def why_not(self, atom: Atom) -> WhyNot:
        """The nearest failing instance of every rule that could derive the atom."""
        if self._model.holds(atom):
            return WhyNot(atom, True, ())
        symbols = self._model.symbols
        # Interning is harmless: a constant that was never seen is in no row.
        row = tuple(symbols.code(a) for a in atom.arguments if not isinstance(a, _NOT_CONSTANT))
        best: dict[int, tuple[int, FailedRule]] = {}
        for clause in self._derivations.by_head.get(self._split.stated(atom.predicate), ()):
            if clause.rule < 0 or len(row) != len(clause.head.arguments):
                continue
            binding = self._complete.unify(clause.head.arguments, row, {})
            if binding is None:
                continue
            attempt = self._nearest(clause, binding)
            count = len(attempt.missing)
            if clause.rule not in best or count < best[clause.rule][0]:
                best[clause.rule] = (count, attempt)
        ordered = sorted(best.items(), key=lambda item: (item[1][0], item[0]))
        return WhyNot(atom, False, tuple(attempt for _, (_, attempt) in ordered))

    # Proofs.

    def _build(self, fact: Fact, way: Derivation, proofs: Mapping[Fact, Proof]) -> Proof:
        """The proof of a fact from those of its premises."""
        predicate, row = fact
        clause, binding = way.clause, way.binding
        constant = self._model.symbols.constant
        atom = Atom(declared_name(predicate), tuple(constant(code) for code in row))
        below = [proofs[premise] for premise in way.premises]
        gathered = self._split.gathered_proof(atom, predicate, below)
        if gathered is not None:
            return gathered
        if clause is None and not below:
            return Proof(atom, Given(atom, self._model.facts.span(atom)))
        premises: list[Proof] = []
        if clause is None:
            for premise in way.premises:
                premises += _shown(premise, proofs)
        else:
            for literal in self._split.shown_body(clause.body):
                premises += self._premise(literal, binding, proofs)
        rule = self._rule_of(clause, atom)
        return Proof(atom, ByRule(rule, tuple(premises), self._bindings(rule, binding)))

    def _rule_of(self, clause: Clause | None, atom: Atom) -> Rule:
        """The user's rule, or one that says what the engine's own clause does."""
        if clause is None:
            return Rule(atom, TRUE)
        if clause.rule >= 0:
            return self._model.plan.rules[clause.rule]
        return Rule(clause.head, conjoin(*(self._instance(part, {}) for part in clause.body)))

    def _premise(
        self, literal: BodyLiteral, binding: Binding, proofs: Mapping[Fact, Proof]
    ) -> list[Proof]:
        if isinstance(literal, Atom):
            return _shown((literal.predicate, self._derivations.row(literal, binding)), proofs)
        formula = self._instance(literal, binding)
        if isinstance(literal, AbsentLiteral):
            return [Proof(formula, Absent(formula))]
        assert isinstance(formula, Comparison | Aggregate)
        return [Proof(formula, Computed(formula))]

    def _instance(self, literal: BodyLiteral, binding: Binding) -> Formula:
        """A literal with what is bound filled in."""
        constant = self._model.symbols.constant
        if isinstance(literal, Atom | Comparison):
            if isinstance(literal, Atom):
                literal = replace(literal, predicate=declared_name(literal.predicate))
            return substitute(literal, {v: constant(code) for v, code in binding.items()})
        source = literal.source
        given = {v: constant(binding[v]) for v in literal.shared if v in binding}
        if isinstance(literal, Fold):
            names = expression_variables(literal.result)
            given.update((v, constant(binding[v])) for v in names if v in binding)
        return substitute(source, given)

    def _bindings(self, rule: Rule, binding: Binding) -> tuple[tuple[str, Constant], ...]:
        names = dict.fromkeys((*free_variables(rule.head), *free_variables(rule.body)))
        names.update(dict.fromkeys(v for v in binding if "#" not in v))
        constant = self._model.symbols.constant
        return tuple((v, constant(binding[v])) for v in names if v in binding)

    # Failing instances.

    def _nearest(self, clause: Clause, binding: Binding) -> FailedRule:
        """Branch and bound over the body: every literal is satisfied, or counts as missing."""
        order = schedule(clause.body, binding)
        order += [i for i in range(len(clause.body)) if i not in order]
        best: list[tuple[list[int], Binding]] = []
        budget = [_NEAREST_BUDGET]

        def search(depth: int, bound: Binding, missing: list[int]) -> None:
            budget[0] -= 1
            if best and (len(missing) >= len(best[0][0]) or budget[0] < 0):
                return
            if depth == len(order):
                best[:] = [(list(missing), dict(bound))]
                return
            for extended in self._complete.extend(clause.body[order[depth]], bound):
                search(depth + 1, extended, missing)
                if best and len(missing) >= len(best[0][0]):
                    return
            missing.append(order[depth])
            search(depth + 1, bound, missing)
            missing.pop()

        search(0, binding, [])
        ((missing, bound),) = best
        rule = self._rule_of(clause, clause.head)
        satisfied: list[Formula] = []
        failing: list[Formula] = []
        for literal, positions in self._split.shown_parts(clause.body):
            fails = any(position in missing for position in positions)
            (failing if fails else satisfied).append(self._instance(literal, bound))
        return FailedRule(rule, self._bindings(rule, bound), tuple(satisfied), tuple(failing))


def _shown(fact: Fact, proofs: Mapping[Fact, Proof]) -> list[Proof]:
    """A premise; facts of auxiliary predicates give way to what they rest on."""
    proof = proofs[fact]
    is_made = "#" in declared_name(fact[0]) or fact[0].endswith("+")
    if is_made and isinstance(proof.justification, ByRule):
        return list(proof.justification.premises)
    return [proof]
