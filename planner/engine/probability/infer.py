"""The probability of an answer: exact where that is possible, else enclosed, else sampled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from planner.engine.facts import Facts
from planner.engine.forward import rules_of_task
from planner.engine.normalize import answer_variables
from planner.engine.probability.best import choices_by_importance
from planner.engine.probability.declared import NOTHING_DECLARED, Declarations
from planner.engine.probability.diagram import BoundedDiagrams, Diagrams, DiagramTooLargeError
from planner.engine.probability.fold import all_of, evaluate_program
from planner.engine.probability.ground import ground_program
from planner.engine.probability.judged import judged_predicates
from planner.engine.probability.sampling import Worlds, interval
from planner.errors import InputError, LimitError
from planner.kr.formulas import Atom
from planner.kr.rules import Rule
from planner.kr.terms import Variable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from planner.engine.forward import Watch
    from planner.engine.gather.foreign import Foreign
    from planner.engine.probability.ground import GroundProgram, Node
    from planner.engine.probability.judged import JudgedPredicate, JudgeModel
    from planner.kr.formulas import Formula
    from planner.kr.rules import ProbabilisticFact
    from planner.kr.task import Task
    from planner.kr.terms import Constant

__all__ = [
    "Method",
    "ProbableAnswer",
    "Question",
    "ask",
    "infer",
    "infer_task",
]

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


@dataclass(frozen=True, slots=True)
class Question:
    """A query to a ground program.

    Attributes:
        bindings: of the query's variables, one for each possible answer.
        answers: the atoms that stand for these.
        conditions: the atoms that stand for the evidence.
    """

    program: GroundProgram
    bindings: tuple[Mapping[str, Constant], ...]
    answers: tuple[Node, ...]
    conditions: tuple[Node, ...]


def infer_task(
    task: Task,
    *,
    judges: Mapping[str, JudgeModel] | None = None,
    method: Method = "auto",
    samples: int = 10_000,
    seed: int = 0,
    meter: Watch | None = None,
    functions: Mapping[str, Foreign] | None = None,
) -> list[ProbableAnswer]:
    """The answers to a task's goal with their probabilities, given the task's evidence.

    ``judges`` are the models of judged predicates, ``functions`` compute the foreign ones. `infer`
    says what is raised.
    """
    facts = Facts.of_task(task)
    return infer(
        rules_of_task(task),
        facts,
        task.rules.probabilistic_facts,
        task.goal,
        task.given,
        judged=judged_predicates(task, judges or {}, facts.symbols),
        method=method,
        samples=samples,
        seed=seed,
        meter=meter,
        declarations=Declarations.of_task(task, functions),
    )


def ask(
    rules: Sequence[Rule],
    facts: Facts,
    uncertain_facts: Sequence[ProbabilisticFact],
    query: Formula,
    given: Sequence[Formula] = (),
    *,
    judged: Sequence[JudgedPredicate] = (),
    meter: Watch | None = None,
    declarations: Declarations = NOTHING_DECLARED,
) -> Question:
    """Ground what a query and the evidence depend on; `infer` says what is raised."""
    variables = answer_variables(query)
    asked = [Rule(Atom(_QUERY, tuple(map(Variable, variables))), query)]
    names = [f"{_GIVEN}{number}" for number in range(len(given))]
    asked += [Rule(Atom(name), part) for name, part in zip(names, given, strict=True)]
    program = ground_program(
        [*rules, *asked], facts, uncertain_facts, [_QUERY, *names], judged, meter, declarations
    )
    rows = [tuple(row) for row in program.model.rows(_QUERY).tolist()]
    conditions: tuple[Node, ...] = tuple((name, ()) for name in names)
    if any(node not in program.clauses for node in conditions):
        raise InputError("the evidence is impossible")
    constant = program.model.symbols.constant
    bindings = tuple(
        {name: constant(code) for name, code in zip(variables, row, strict=True)} for row in rows
    )
    return Question(program, bindings, tuple((_QUERY, row) for row in rows), conditions)


def infer(
    rules: Sequence[Rule],
    facts: Facts,
    uncertain_facts: Sequence[ProbabilisticFact],
    query: Formula,
    given: Sequence[Formula] = (),
    *,
    judged: Sequence[JudgedPredicate] = (),
    method: Method = "auto",
    node_budget: int = _NODE_BUDGET,
    choice_budget: int = 40,
    samples: int = 10_000,
    seed: int = 0,
    meter: Watch | None = None,
    declarations: Declarations = NOTHING_DECLARED,
) -> list[ProbableAnswer]:
    """The possible answers to a query with their probabilities, in the order of their codes.

    Args:
        rules: with or without probabilities.
        facts: what is certain.
        uncertain_facts: what holds with a probability, each independently of the others.
        query: answers are bindings of its variables.
        given: evidence; probabilities are conditional on all of it (Bayes' rule).
        judged: predicates of which models are asked.
        method: ``auto`` is exact within the budget of nodes, else bounds from the most probable
            proofs, else, when they lie more than 0.01 apart, sampling.
        node_budget: nodes of decision diagrams.
        choice_budget: random choices that bounds consider.
        samples: worlds drawn.
        seed: of the sampling.
        meter: watches the limits.
        declarations: of predicates.

    Raises:
        InputError: when the evidence is impossible, a judge's answer is unusable, or a foreign
            predicate has no function.
        UnsupportedError: for a recursive ``forall`` over uncertain predicates, or a number that
            is kept of these by recursion.
        LimitError: when the meter says so.
        MissingExtraError: when `dd` is not installed and the method is not ``sampling``.
    """
    question = ask(
        rules,
        facts,
        uncertain_facts,
        query,
        given,
        judged=judged,
        meter=meter,
        declarations=declarations,
    )
    inference = _Inference(question, _checker(meter))
    found = _by_method(inference, method, node_budget, choice_budget, samples, seed)
    return [
        ProbableAnswer(binding, *answer)
        for binding, answer in zip(question.bindings, found, strict=True)
    ]


def _checker(meter: Watch | None) -> Callable[[], None] | None:
    if meter is None:
        return None

    def check() -> None:
        reason = meter.exceeded()
        if reason:
            raise LimitError(f"stopped while working out probabilities: {reason}")

    return check


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
    """Answers to one question."""

    def __init__(self, question: Question, check: Callable[[], None] | None) -> None:
        self.question = question
        self.program = question.program
        self.chances = question.program.conditional()
        self.check = check

    def exact(self, node_budget: int) -> list[_Estimate]:
        diagrams = Diagrams(self.program.groups, node_budget)
        values = evaluate_program(self.program, diagrams, self.check)
        evidence = all_of(self.question.conditions, values, diagrams)
        weight = diagrams.probability(evidence, self.chances)
        if weight <= 0.0:
            raise InputError("the evidence is impossible")
        found: list[_Estimate] = []
        for node in self.question.answers:
            both = diagrams.times(values[node], evidence)
            share = diagrams.probability(both, self.chances) / weight
            share = min(1.0, max(0.0, share))
            found.append((share, share, share, "exact"))
        return found

    def bounds(self, node_budget: int, choice_budget: int) -> list[_Estimate]:
        """Bounds over the choices that matter most; fewer of them where diagrams get large."""
        asked = [*self.question.answers, *self.question.conditions]
        ranked = choices_by_importance(self.program, asked)
        while True:
            try:
                return self._bounds(ranked[:choice_budget], node_budget)
            except DiagramTooLargeError:
                choice_budget = min(choice_budget, len(ranked)) // 2

    def _bounds(self, kept: Sequence[int], node_budget: int) -> list[_Estimate]:
        diagrams = Diagrams(self.program.groups, node_budget)
        algebra = BoundedDiagrams(diagrams, frozenset(kept))
        values = evaluate_program(self.program, algebra, self.check)
        evidence = all_of(self.question.conditions, values, algebra)
        found: list[_Estimate] = []
        for node in self.question.answers:
            lower, upper = self._conditional_bounds(diagrams, algebra, values[node], evidence)
            found.append(((lower + upper) / 2, lower, upper, "bounds"))
        return found

    def _conditional_bounds(
        self,
        diagrams: Diagrams,
        algebra: BoundedDiagrams,
        value: tuple[Any, Any],
        evidence: tuple[Any, Any],
    ) -> tuple[float, float]:
        """P(q, e) / (P(q, e) + P(not q, e)) grows with the first and falls with the last."""
        hit, miss = algebra.times(value, evidence), algebra.negation(value)
        yes = [diagrams.probability(part, self.chances) for part in hit]
        missed = algebra.times(miss, evidence)
        no = [diagrams.probability(part, self.chances) for part in missed]
        lower = yes[0] / (yes[0] + no[1]) if yes[0] + no[1] > 0 else 0.0
        upper = yes[1] / (yes[1] + no[0]) if yes[1] + no[0] > 0 else 1.0
        return lower, upper

    def sampled(self, samples: int, seed: int) -> list[_Estimate]:
        worlds = Worlds(self.chances, self.program.groups, samples, seed)
        values = evaluate_program(self.program, worlds, self.check)
        evidence = all_of(self.question.conditions, values, worlds)
        count = int(evidence.sum())
        found: list[_Estimate] = []
        for node in self.question.answers:
            hits = int((values[node] & evidence).sum())
            lower, upper = interval(hits, count)
            found.append((hits / count if count else 0.5, lower, upper, "sampling"))
        return found
