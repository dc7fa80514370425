"""Why a fact holds, and why not: proofs of least height, and the nearest failing instances."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from planner.engine.backtrack import Backtracker
from planner.engine.clauses import Absent as AbsentLiteral
from planner.engine.clauses import Body, BodyLiteral, Clause, Fold, Tally, schedule
from planner.engine.gather.kinds import declared_name
from planner.engine.gather.proofs import Split
from planner.engine.heights import as_stated
from planner.engine.proofs import Absent, ByRule, Computed, FailedRule, Given, Proof, WhyNot
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
    from collections.abc import Iterator

    from planner.engine.extension import Extension
    from planner.engine.model import Model
    from planner.kr.terms import Constant

    Row: TypeAlias = tuple[int, ...]
    Binding: TypeAlias = dict[str, int]
    Fact: TypeAlias = tuple[str, Row]

__all__ = ["Explainer"]

_NOT_CONSTANT = (Variable, Arithmetic, FunctionTerm)
# How many partial instances a search for the nearest failing one may look at, for each rule.
_NEAREST_BUDGET = 20_000


class Explainer:
    """Explains the facts of one model; keeps what it found."""

    def __init__(self, model: Model, heights: Model) -> None:
        self._model = model
        self._heights = heights
        self._backtracker = Backtracker(self._extension, model.symbols)
        self._by_head: dict[str, list[Clause]] = {}
        gatherings = [kind for layer in heights.plan.layers for kind in layer.tallies]
        self._tallies = {t.head.predicate: t for t in gatherings if isinstance(t, Tally)}
        self._split = Split(gatherings, model.facts, self._extension)
        for clause in map(as_stated, heights.plan.clauses):
            self._by_head.setdefault(clause.head.predicate, []).append(clause)
        self._proofs: dict[Fact, Proof] = {}

    def prove(self, atom: Atom) -> Proof | None:
        """A proof of least height, ``None`` when the atom does not hold."""
        row = self._model.row(atom)
        if row is None or not self._heights.extension(atom.predicate).contains(row):
            return None
        goal = self._split.fact(atom.predicate, row)
        support: dict[Fact, tuple[Clause | None, Binding, list[Fact]]] = {}
        waiting = [goal]
        while waiting:
            fact = waiting.pop()
            if fact not in support and fact not in self._proofs:
                support[fact] = self._support(fact)
                waiting += support[fact][2]
        # Premises are lower, so building by height finds them built.
        for fact in sorted(support, key=self._height):
            self._proofs[fact] = self._build(fact, *support[fact])
        return self._proofs[goal]

    def why_not(self, atom: Atom) -> WhyNot:
        """The nearest failing instance of every rule that could derive the atom."""
        if self._model.holds(atom):
            return WhyNot(atom, True, ())
        symbols = self._model.symbols
        # Interning is harmless: a constant that was never seen is in no row.
        row = tuple(symbols.code(a) for a in atom.arguments if not isinstance(a, _NOT_CONSTANT))
        best: dict[int, tuple[int, FailedRule]] = {}
        for clause in self._by_head.get(self._split.stated(atom.predicate), ()):
            if clause.rule < 0 or len(row) != len(clause.head.arguments):
                continue
            binding = self._backtracker.unify(clause.head.arguments, row, {})
            if binding is None:
                continue
            attempt = self._nearest(clause, binding)
            count = len(attempt.missing)
            if clause.rule not in best or count < best[clause.rule][0]:
                best[clause.rule] = (count, attempt)
        ordered = sorted(best.items(), key=lambda item: (item[1][0], item[0]))
        return WhyNot(atom, False, tuple(attempt for _, (_, attempt) in ordered))

    # Proofs.

    def _extension(self, predicate: str) -> Extension:
        return self._heights.extension(predicate)

    def _height(self, fact: Fact) -> int:
        return self._extension(fact[0]).round_of(fact[1])

    def _support(self, fact: Fact) -> tuple[Clause | None, Binding, list[Fact]]:
        """The first clause and binding that derive a fact from lower ones."""
        predicate, row = fact
        height = self._height(fact)
        if height == 0 or self._split.is_given(fact):
            return None, {}, []

        def is_lower(name: str, other: Row) -> bool:
            return self._extension(name).round_of(other) < height

        if predicate in self._tallies:
            return None, {}, self._met(fact)
        if self._split.gathers(predicate):
            return None, {}, self._split.premises(fact)
        for clause in self._by_head[predicate]:
            binding = self._backtracker.unify(clause.head.arguments, row, {})
            if binding is None:
                continue
            for solution in self._backtracker.solutions(clause.body, binding, is_lower):
                return clause, solution, list(self._premise_facts(clause.body, solution))
        raise AssertionError(f"nothing derives {predicate}{row}")

    def _met(self, fact: Fact) -> list[Fact]:
        tally = self._tallies[fact[0]]
        columns = tuple(range(len(fact[1])))
        return [(tally.met, row) for row in self._extension(tally.met).matching(columns, fact[1])]

    def _premise_facts(self, body: Body, binding: Binding) -> Iterator[Fact]:
        for literal in self._split.shown_body(body):
            if isinstance(literal, Atom):
                yield literal.predicate, self._row(literal, binding)

    def _row(self, atom: Atom, binding: Binding) -> Row:
        values = (self._backtracker.value(a, binding) for a in atom.arguments)
        return tuple(self._model.symbols.code(v) for v in values if v is not None)

    def _build(
        self, fact: Fact, clause: Clause | None, binding: Binding, lower: list[Fact]
    ) -> Proof:
        predicate, row = fact
        constant = self._model.symbols.constant
        atom = Atom(declared_name(predicate), tuple(constant(code) for code in row))
        gathered = self._split.gathered_proof(atom, predicate, [self._proofs[f] for f in lower])
        if gathered is not None:
            return gathered
        if clause is None and not lower:
            return Proof(atom, Given(atom, self._model.facts.span(atom)))
        premises: list[Proof] = []
        if clause is None:
            for premise in lower:
                premises += self._shown(premise)
        else:
            for literal in self._split.shown_body(clause.body):
                premises += self._premise(literal, binding)
        rule = self._rule_of(clause, atom)
        return Proof(atom, ByRule(rule, tuple(premises), self._bindings(rule, binding)))

    def _rule_of(self, clause: Clause | None, atom: Atom) -> Rule:
        """The user's rule, or one that says what the engine's own clause does."""
        if clause is None:
            return Rule(atom, TRUE)
        if clause.rule >= 0:
            return self._model.plan.rules[clause.rule]
        return Rule(clause.head, conjoin(*(self._instance(part, {}) for part in clause.body)))

    def _premise(self, literal: BodyLiteral, binding: Binding) -> list[Proof]:
        if isinstance(literal, Atom):
            return self._shown((literal.predicate, self._row(literal, binding)))
        formula = self._instance(literal, binding)
        if isinstance(literal, AbsentLiteral):
            return [Proof(formula, Absent(formula))]
        assert isinstance(formula, Comparison | Aggregate)
        return [Proof(formula, Computed(formula))]

    def _shown(self, fact: Fact) -> list[Proof]:
        """A premise; facts of auxiliary predicates give way to what they rest on."""
        proof = self._proofs[fact]
        is_made = "#" in declared_name(fact[0]) or fact[0].endswith("+")
        if is_made and isinstance(proof.justification, ByRule):
            return list(proof.justification.premises)
        return [proof]

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
            for extended in self._backtracker.extend(clause.body[order[depth]], bound):
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
