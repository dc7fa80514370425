"""Answers with their probabilities, given evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from planner.engine.facts import Facts
from planner.engine.forward import rules_of_task
from planner.engine.normalize import answer_variables
from planner.engine.probability.best import choices_by_importance
from planner.engine.probability.diagram import BoundedDiagrams, Diagrams, DiagramTooLargeError
from planner.engine.probability.fold import evaluate_program
from planner.engine.probability.ground import ground_program
from planner.engine.probability.sampling import Worlds, interval
from planner.errors import InputError
from planner.kr.formulas import Atom
from planner.kr.rules import Rule
from planner.kr.terms import Variable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from planner.engine.probability.ground import GroundProgram, Node
    from planner.kr.formulas import Formula
    from planner.kr.rules import ProbabilisticFact
    from planner.kr.task import Task
    from planner.kr.terms import Constant

__all__ = ["Method", "ProbableAnswer", "infer", "infer_task", "is_uncertain"]

Method: TypeAlias = Literal["auto", "exact", "bounds", "sampling"]

_QUERY, _GIVEN = "answer#", "given#"
_NODE_BUDGET = 2_000_000
_WIDE = 0.01


@dataclass(frozen=True, slots=True)
class ProbableAnswer:
    """A binding and the probability that the query holds for it.

    Attributes:
        lower: with ``upper`` what encloses the probability: equal when exact, certain for
            ``bounds``, with 95 % confidence for ``sampling``.
        method: how it was found.
    """

    binding: Mapping[str, Constant]
    probability: float
    lower: float
    upper: float
    method: Literal["exact", "bounds", "sampling"]


def is_uncertain(task: Task) -> bool:
    """Whether facts or rules of a task carry probabilities."""
    base = task.rules
    return bool(base.probabilistic_facts) or any(r.probability is not None for r in base.rules)


def infer_task(
    task: Task, *, method: Method = "auto", samples: int = 10_000, seed: int = 0
) -> list[ProbableAnswer]:
    """The answers to a task's goal with their probabilities, given the task's evidence."""
    base = task.rules
    return infer(
        rules_of_task(task),
        Facts.of_task(task),
        base.probabilistic_facts,
        task.goal,
        task.given,
        method=method,
        samples=samples,
        seed=seed,
    )


def infer(
    rules: Sequence[Rule],
    facts: Facts,
    uncertain_facts: Sequence[ProbabilisticFact],
    query: Formula,
    given: Sequence[Formula] = (),
    *,
    method: Method = "auto",
    node_budget: int = _NODE_BUDGET,
    choice_budget: int = 40,
    samples: int = 10_000,
    seed: int = 0,
) -> list[ProbableAnswer]:
    """The possible answers to a query with their probabilities, in the order of their codes.

    Args:
        rules: with or without probabilities.
        facts: what is certain.
        uncertain_facts: what holds with a probability, each independently of the others.
        query: answers are bindings of its variables.
        given: evidence; probabilities are conditional on all of it (Bayes' rule).
        method: ``auto`` is exact within the budget of nodes, else bounds from the most probable
            proofs, else, when they lie more than 0.01 apart, sampling.
        node_budget: nodes of decision diagrams.
        choice_budget: random choices that bounds consider.
        samples: worlds drawn.
        seed: of the sampling.

    Raises:
        InputError: when the evidence is impossible.
        UnsupportedError: for aggregates over uncertain predicates.
        MissingExtraError: when `dd` is not installed and the method is not ``sampling``.
    """
    variables = answer_variables(query)
    asked = [Rule(Atom(_QUERY, tuple(map(Variable, variables))), query)]
    evidence = [f"{_GIVEN}{number}" for number in range(len(given))]
    asked += [Rule(Atom(name), part) for name, part in zip(evidence, given, strict=True)]
    program = ground_program([*rules, *asked], facts, uncertain_facts, [_QUERY, *evidence])
    rows = [tuple(row) for row in program.model.rows(_QUERY).tolist()]
    questions: list[Node] = [(_QUERY, row) for row in rows]
    conditions: list[Node] = [(name, ()) for name in evidence]
    if any(node not in program.clauses for node in conditions):
        raise InputError("the evidence is impossible")
    inference = _Inference(program, questions, conditions)
    found = _by_method(inference, method, node_budget, choice_budget, samples, seed)
    constant = program.model.symbols.constant
    return [
        ProbableAnswer(
            {name: constant(code) for name, code in zip(variables, row, strict=True)}, *answer
        )
        for row, answer in zip(rows, found, strict=True)
    ]


_Estimate: TypeAlias = "tuple[float, float, float, Literal['exact', 'bounds', 'sampling']]"


def _by_method(
    inference: _Inference,
    method: Method,
    node_budget: int,
    choice_budget: int,
    samples: int,
    seed: int,
) -> list[_Estimate]:
    if method in ("auto", "exact"):
        try:
            return inference.exact(node_budget)
        except DiagramTooLargeError:
            if method == "exact":
                raise InputError(
                    f"the exact probability needs more than {node_budget} nodes: "
                    "allow more, or ask for bounds or sampling"
                ) from None
    if method in ("auto", "bounds"):
        bounds = inference.bounds(node_budget, choice_budget)
        if method == "bounds" or all(upper - lower <= _WIDE for _, lower, upper, _ in bounds):
            return bounds
    return inference.sampled(samples, seed)


class _Inference:
    """Questions to one ground program."""

    def __init__(
        self, program: GroundProgram, questions: Sequence[Node], conditions: Sequence[Node]
    ) -> None:
        self.program = program
        self.questions = questions
        self.conditions = conditions

    def exact(self, node_budget: int) -> list[_Estimate]:
        diagrams = Diagrams(self.program.probabilities, node_budget)
        values = evaluate_program(self.program, diagrams)
        evidence = diagrams.true
        for node in self.conditions:
            evidence = diagrams.both(evidence, values[node])
        weight = diagrams.probability(evidence)
        if weight <= 0.0:
            raise InputError("the evidence is impossible")
        found: list[_Estimate] = []
        for node in self.questions:
            joint = diagrams.probability(diagrams.both(values[node], evidence))
            share = min(1.0, max(0.0, joint / weight))
            found.append((share, share, share, "exact"))
        return found

    def bounds(self, node_budget: int, choice_budget: int) -> list[_Estimate]:
        """Bounds over the choices that matter most; fewer of them where diagrams get large."""
        ranked = choices_by_importance(self.program, [*self.questions, *self.conditions])
        while True:
            try:
                return self._bounds(ranked[:choice_budget], node_budget)
            except DiagramTooLargeError:
                choice_budget = min(choice_budget, len(ranked)) // 2

    def _bounds(self, kept: Sequence[int], node_budget: int) -> list[_Estimate]:
        diagrams = Diagrams(self.program.probabilities, node_budget)
        algebra = BoundedDiagrams(diagrams, frozenset(kept))
        values = evaluate_program(self.program, algebra)
        evidence = algebra.true
        for node in self.conditions:
            evidence = algebra.both(evidence, values[node])
        found: list[_Estimate] = []
        for node in self.questions:
            lower, upper = _conditional_bounds(diagrams, algebra, values[node], evidence)
            found.append(((lower + upper) / 2, lower, upper, "bounds"))
        return found

    def sampled(self, samples: int, seed: int) -> list[_Estimate]:
        worlds = Worlds(self.program.probabilities, samples, seed)
        values = evaluate_program(self.program, worlds)
        evidence = worlds.true
        for node in self.conditions:
            evidence = worlds.both(evidence, values[node])
        count = int(evidence.sum())
        found: list[_Estimate] = []
        for node in self.questions:
            hits = int((values[node] & evidence).sum())
            lower, upper = interval(hits, count)
            found.append((hits / count if count else 0.5, lower, upper, "sampling"))
        return found


def _conditional_bounds(
    diagrams: Diagrams,
    algebra: BoundedDiagrams,
    value: tuple[Any, Any],
    evidence: tuple[Any, Any],
) -> tuple[float, float]:
    """P(q | e) = P(q, e) / (P(q, e) + P(not q, e)) grows with the first and falls with the last."""
    yes = [diagrams.probability(part) for part in algebra.both(value, evidence)]
    no = [diagrams.probability(p) for p in algebra.both(algebra.negation(value), evidence)]
    lower = yes[0] / (yes[0] + no[1]) if yes[0] + no[1] > 0 else 0.0
    upper = yes[1] / (yes[1] + no[0]) if yes[1] + no[0] > 0 else 1.0
    return lower, upper
