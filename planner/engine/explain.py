"""Why a fact holds, and why not: proofs of least height, and the nearest failing instances."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from planner.engine.backtrack import Backtracker
from planner.engine.clauses import Absent as AbsentLiteral
from planner.engine.clauses import BodyLiteral, Clause, Fold, schedule
from planner.engine.gather.kinds import declared_name
from planner.engine.gather.proofs import Split
from planner.engine.proofs import Absent, ByRule, Computed, FailedRule, Given, Proof, WhyNot
from planner.engine.provenance.derivations import Derivations
from planner.engine.provenance.enumerate import proof_shapes
from planner.engine.provenance.near import Backwards, near_support
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
    from collections.abc import Callable, Mapping

    from planner.engine.bits.record import BitRecord
    from planner.engine.extension import Extension
    from planner.engine.model import Model
    from planner.engine.provenance.cone import Heights
    from planner.engine.provenance.derivations import Derivation, Fact
    from planner.engine.provenance.enumerate import ProofShape
    from planner.engine.provenance.near import Support
    from planner.engine.provenance.on_bits import BitProofs
    from planner.kr.terms import Constant

    Binding: TypeAlias = dict[str, int]

__all__ = ["Explainer"]

_NOT_CONSTANT = (Variable, Arithmetic, FunctionTerm)
# How many partial instances a search for the nearest failing one may look at, for each rule.
_NEAREST_BUDGET = 20_000
# How many derivations are looked at before levels are found on bit rows.
_BEFORE_LEVELS = 40


class Explainer:
    """Explains the facts of one model; keeps what it found."""

    def __init__(self, model: Model, heights: Callable[[], Heights]) -> None:
        """Explain a model; ``heights`` is called once they are needed."""
        self._model = model
        self._heights = heights
        self._gatherings = [kind for layer in model.plan.layers for kind in layer.tallies]
        self._split = Split(self._gatherings, model.facts, lambda name: self._extension(name))
        self._backwards = Backwards(model)
        self._proofs: dict[Fact, Proof] = {}
        self._on_bits: dict[BitRecord, BitProofs | None] = {}

    def _extension(self, predicate: str) -> Extension:
        """Rows with the rounds that are their heights."""
        return self.derivations.extension(predicate)

    @cached_property
    def derivations(self) -> Derivations:
        """Every way to derive a fact, for what is evaluated over all proofs."""
        return Derivations(self._heights(), self._model.facts)

    def fact(self, atom: Atom) -> Fact | None:
        """The codes of a ground atom that holds, ``None`` when it does not.

        From then on `derivations` knows what the fact can rest on.
        """
        fact = self._holding(atom)
        if fact is not None:
            self.derivations.include(fact)
        return fact

    def _holding(self, atom: Atom) -> Fact | None:
        row = self._model.row(atom)
        if row is None or not self._model.extension(atom.predicate).contains(row):
            return None
        return self._split.fact(atom.predicate, row)

    def prove(self, atom: Atom) -> Proof | None:
        """A proof of least height, ``None`` when the atom does not hold."""
        goal = self._holding(atom)
        if goal is None:
            return None
        if goal not in self._proofs:
            for fact, way in self._support(goal):
                if fact not in self._proofs:
                    self._proofs[fact] = self._build(fact, way, self._proofs)
        return self._proofs[goal]

    def _support(self, goal: Fact) -> Support:
        """What a least proof uses, premises first; the cheapest way to it that succeeds."""
        found = None if self._gatherings else self._cheap_support(goal)
        return self._support_by_heights(goal) if found is None else found

    def _cheap_support(self, goal: Fact) -> Support | None:
        on_bits = self._bit_proofs(goal[0])
        if on_bits is not None and on_bits.is_by_search:
            return on_bits.support(goal)
        if on_bits is None:
            return near_support(self._backwards, goal)
        found = near_support(self._backwards, goal, _BEFORE_LEVELS)
        return on_bits.support(goal) if found is None else found

    def _bit_proofs(self, predicate: str) -> BitProofs | None:
        """What proves tuples on bit rows, where that can be done without heights."""
        from planner.engine.bits.view import BitExtension  # Not loaded with tiny programs.

        extension = self._model.extension(predicate)
        if not isinstance(extension, BitExtension):
            return None
        record = extension.record
        if record not in self._on_bits:
            from planner.engine.provenance.on_bits import BitProofs

            can_prove = BitProofs.can_prove(record, self._backwards)
            self._on_bits[record] = BitProofs(record, self._backwards) if can_prove else None
        return self._on_bits[record]

    def _support_by_heights(self, goal: Fact) -> Support:
        derivations = self.derivations
        derivations.include(goal)
        support: dict[Fact, Derivation] = {}
        waiting = [goal]
        while waiting:
            fact = waiting.pop()
            if fact not in support and fact not in self._proofs:
                support[fact] = derivations.first(fact)
                waiting += support[fact].premises
        # Premises are lower.
        return [(fact, support[fact]) for fact in sorted(support, key=derivations.height)]

    def proofs(self, atom: Atom, count: int) -> tuple[Proof, ...]:
        """Up to ``count`` different proofs, the lowest first, of equal height the smallest."""
        goal = self.fact(atom)
        if goal is None:
            return ()
        found: dict[Proof, None] = {}
        for shape in proof_shapes(self.derivations, goal):
            found.setdefault(self._of_shape(goal, shape))
            if len(found) == count:
                break
        return tuple(found)

    @cached_property
    def _by_head(self) -> Mapping[str, list[Clause]]:
        return self.derivations.by_head if self._gatherings else self._backwards.by_head

    @cached_property
    def _complete(self) -> Backtracker:
        """Failing instances may meet any row."""
        if not self._gatherings:
            return self._backwards.backtracker
        return Backtracker(self.derivations.heights.complete, self._model.symbols)

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
        by_head = self._by_head
        best: dict[int, tuple[int, FailedRule]] = {}
        for clause in by_head.get(self._split.stated(atom.predicate), ()):
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
            return _shown(
                (literal.predicate, self._backwards.backtracker.row(literal, binding)), proofs
            )
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
