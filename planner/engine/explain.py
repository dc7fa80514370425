"""Why a fact holds, and why not: proofs of least height, and the nearest failing instances."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from planner.engine.backtrack import Backtracker
from planner.engine.clauses import Clause, schedule
from planner.engine.gather.proofs import Split
from planner.engine.proofs import FailedRule, Proof, WhyNot
from planner.engine.provenance.derivations import Derivations
from planner.engine.provenance.enumerate import proof_shapes
from planner.engine.provenance.near import Backwards, near_support
from planner.engine.provenance.shown import ShownProofs
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
    from planner.kr.formulas import Atom, Formula

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
        self._shown = ShownProofs(model, self._split)
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
                    self._proofs[fact] = self._shown.of(fact, way, self._proofs)
        return self._proofs[goal]

    def _support(self, goal: Fact) -> Support:
        """What a least proof uses, premises first; the cheapest way to it that succeeds."""
        found = None if self._gatherings else self._cheap_support(goal)
        return self._support_by_heights(goal) if found is None else found

    def _cheap_support(self, goal: Fact) -> Support | None:
        on_bits = self._bit_proofs(goal[0])
        if on_bits is None:
            return near_support(self._backwards, goal)
        found = None
        if not on_bits.is_quick:
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
                proofs[fact] = self._shown.of(fact, way, proofs)
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
        rule = self._shown.rule_of(clause)
        satisfied: list[Formula] = []
        failing: list[Formula] = []
        for literal, positions in self._split.shown_parts(clause.body):
            fails = any(position in missing for position in positions)
            (failing if fails else satisfied).append(self._shown.instance(literal, bound))
        return FailedRule(rule, self._shown.bindings(rule, bound), tuple(satisfied), tuple(failing))
