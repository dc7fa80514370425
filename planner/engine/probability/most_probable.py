"""The most probable explanation: of all worlds in which the evidence holds the likeliest one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from planner.engine.facts import Facts
from planner.engine.forward import rules_of_task
from planner.engine.probability.declared import NOTHING_DECLARED, Declarations
from planner.engine.probability.diagram import Diagrams, DiagramTooLargeError
from planner.engine.probability.fold import evaluate_program
from planner.engine.probability.infer import ask
from planner.engine.probability.judged import judged_predicates
from planner.engine.provenance.semiring import Viterbi
from planner.errors import InputError
from planner.kr.formulas import conjoin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.engine.gather.foreign import Foreign
    from planner.engine.probability.choices import Choice
    from planner.engine.probability.ground import GroundProgram
    from planner.engine.probability.judged import JudgedPredicate, JudgeModel
    from planner.engine.provenance.semiring import Literals
    from planner.kr.formulas import Formula
    from planner.kr.rules import ProbabilisticFact, Rule
    from planner.kr.task import Task

__all__ = ["ProbableWorld", "most_probable_world", "most_probable_world_of_task"]

_NODE_BUDGET = 2_000_000


@dataclass(frozen=True, slots=True)
class ProbableWorld:
    """What the random choices come to in one world.

    Attributes:
        probability: of all these outcomes together.
        posterior: of these outcomes given the evidence.
        outcomes: every choice that the evidence depends on, with whether it comes true; of a
            group of alternatives those that do not are left out where another one does.
    """

    probability: float
    posterior: float
    outcomes: tuple[tuple[Choice, bool], ...]


def most_probable_world_of_task(
    task: Task,
    evidence: Formula,
    *,
    judges: Mapping[str, JudgeModel] | None = None,
    functions: Mapping[str, Foreign] | None = None,
) -> ProbableWorld:
    """As `most_probable_world`, with the task's own evidence beside what is asked for."""
    facts = Facts.of_task(task)
    return most_probable_world(
        rules_of_task(task),
        facts,
        task.rules.probabilistic_facts,
        conjoin(evidence, *task.given),
        judged=judged_predicates(task, judges or {}, facts.symbols),
        declarations=Declarations.of_task(task, functions),
    )


def most_probable_world(
    rules: Sequence[Rule],
    facts: Facts,
    uncertain_facts: Sequence[ProbabilisticFact],
    evidence: Formula,
    *,
    judged: Sequence[JudgedPredicate] = (),
    node_budget: int = _NODE_BUDGET,
    declarations: Declarations = NOTHING_DECLARED,
) -> ProbableWorld:
    """The likeliest outcome of all choices that the evidence depends on, and that makes it hold.

    Raises:
        InputError: when the evidence is impossible, or needs more than ``node_budget`` nodes.
        UnsupportedError: as `planner.engine.probability.infer.infer` does.
        MissingExtraError: when `dd` is not installed.
    """
    question = ask(
        rules,
        facts,
        uncertain_facts,
        conjoin(),
        (evidence,),
        judged=judged,
        declarations=declarations,
    )
    program = question.program
    try:
        diagrams = Diagrams(program.groups, node_budget)
        # The outcomes of a group side by side: the constraint among them stays small.
        for group in program.groups:
            for index in (*group, *([_none_of(program, group)] if len(group) > 1 else [])):
                diagrams.variable(index)
        values = evaluate_program(program, diagrams)
        holds = values[question.conditions[0]]
        constrained = _one_of_each(program, diagrams, holds)
    except DiagramTooLargeError:
        raise InputError(
            f"the most probable explanation needs more than {node_budget} nodes"
        ) from None
    total = diagrams.probability(holds, program.conditional())
    scale, weights = _weights(program)

    def weight(index: int, positive: bool) -> tuple[float, Literals]:
        return weights[index][positive], ((index, positive),)

    best, literals = diagrams.weigh(constrained, Viterbi(), weight)
    if total <= 0.0 or best <= 0.0:
        raise InputError("the evidence is impossible")
    probability = best * scale
    return ProbableWorld(probability, probability / total, _outcomes(program, dict(literals)))


def _one_of_each(program: GroundProgram, diagrams: Diagrams, holds: Any) -> Any:
    """The evidence in worlds that give each group one outcome, ``none`` being one of them."""
    value = holds
    for group in program.groups:
        if len(group) == 1:
            continue
        members = [diagrams.variable(index) for index in group]
        members.append(diagrams.variable(_none_of(program, group)))
        seen, twice = diagrams.zero, diagrams.zero
        for member in members:
            twice = twice | (seen & member)
            seen = seen | member
        value = diagrams.times(value, seen & ~twice)
    return value


def _none_of(program: GroundProgram, group: Sequence[int]) -> int:
    """A number for the variable that says that no alternative of a group comes true."""
    return len(program.choices) + group[0]


def _weights(program: GroundProgram) -> tuple[float, dict[int, tuple[float, float]]]:
    """Weights of each variable's false and true literals, and a factor for all of them.

    A variable that stands alone is scaled so that its likelier outcome weighs 1: where the
    formula leaves it open it takes that outcome.
    """
    scale, weights = 1.0, dict[int, tuple[float, float]]()
    for group in program.groups:
        chances = [program.choices[index].probability for index in group]
        if len(group) == 1:
            top = max(chances[0], 1.0 - chances[0])
            scale *= top
            weights[group[0]] = ((1.0 - chances[0]) / top, chances[0] / top)
            continue
        weights.update((index, (1.0, p)) for index, p in zip(group, chances, strict=True))
        rest = max(0.0, 1.0 - math.fsum(chances))
        weights[_none_of(program, group)] = (1.0, rest)
    return scale, weights


def _outcomes(
    program: GroundProgram, literals: Mapping[int, bool]
) -> tuple[tuple[Choice, bool], ...]:
    found: list[tuple[Choice, bool]] = []
    for group in program.groups:
        choices = [program.choices[index] for index in group]
        if len(group) == 1:
            likely = choices[0].probability > 0.5
            found.append((choices[0], literals.get(group[0], likely)))
            continue
        true = [c for c, index in zip(choices, group, strict=True) if literals.get(index, False)]
        found += [(choice, True) for choice in true] or [(choice, False) for choice in choices]
    return tuple(found)
