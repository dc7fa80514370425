"""Train judges from labels on derived facts: the gradient goes through the proofs.

What an example shows is a formula; its proofs become a diagram over the judge's outputs, and the
probability of the diagram, a polynomial in them, is evaluated for many examples at once over
torch tensors (Manhaeve et al. 2018, DeepProbLog; Xu et al. 2018, semantic loss).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from planner.engine.facts import Facts
from planner.engine.forward import rules_of_task
from planner.engine.probability.declared import Declarations
from planner.engine.probability.diagram import Diagrams, DiagramTooLargeError
from planner.engine.probability.fold import evaluate_program
from planner.engine.probability.infer import ask
from planner.engine.probability.judged import judged_predicates
from planner.errors import InputError
from planner.kr.formulas import show
from planner.learn.fitting.judge_network import chances

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt
    from torch import nn

    from planner.engine.probability.ground import GroundProgram
    from planner.kr.formulas import Formula
    from planner.kr.task import Task
    from planner.kr.terms import Constant

__all__ = ["JudgeExample", "TensorSemiring", "fit_judge", "log_likelihood"]

_NODE_BUDGET = 200_000
_LEAST = 1e-12


@dataclass(frozen=True, slots=True)
class JudgeExample:
    """What was seen, and what it turned out to be.

    Attributes:
        vectors: of the task's objects that judges are asked about.
        observed: a formula without variables, over judged or derived predicates.
    """

    vectors: Mapping[str, npt.NDArray[np.floating]]
    observed: Formula


class TensorSemiring:
    """Sum and product of tensors, one entry for each example: gradients flow through both."""

    def __init__(self, count: int) -> None:
        self.zero = torch.zeros(count)
        self.one = torch.ones(count)

    def plus(self, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        """Sum."""
        return left + right

    def times(self, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        """Product."""
        return left * right


@dataclass(frozen=True, slots=True)
class _Circuit:
    """The probability of a formula as a list of branches, see `Diagrams.branches`."""

    branches: tuple[tuple[int, int, int], ...]
    holds: bool

    def probability(
        self, semiring: TensorSemiring, weight: Callable[[int], torch.Tensor]
    ) -> torch.Tensor:
        """``weight`` gives each variable's probability, one entry for each example."""
        if not self.branches:
            return semiring.one if self.holds else semiring.zero
        found = [semiring.zero, semiring.one]
        for index, low, high in self.branches:
            # plus(times(1 - w, low), times(w, high)) in one operation.
            found.append(torch.lerp(found[low], found[high], weight(index)))
        return found[-1]


@dataclass(frozen=True, slots=True)
class _Lesson:
    """Everything about one observed formula that does not change while a judge learns.

    Attributes:
        groups: variables with the judged predicate and objects that they belong to.
        fixed: probabilities of the variables that no judge decides.
    """

    joint: _Circuit
    evidence: _Circuit
    groups: tuple[tuple[tuple[int, ...], str, tuple[str, ...]], ...]
    fixed: Mapping[int, float]


def fit_judge(
    task: Task,
    modules: Mapping[str, nn.Module],
    examples: Sequence[JudgeExample],
    *,
    epochs: int = 30,
    batch_size: int = 256,
    learning_rate: float = 3e-3,
    weight_decay: float = 1e-4,
    seed: int = 0,
) -> list[float]:
    """Fit modules so that what was observed becomes likely; the mean loss of each epoch.

    Args:
        task: rules, objects and evidence that every example shares; its goal is not looked at.
        modules: for each judged predicate a module that turns vectors into logits.
        examples: what was seen and observed.
        epochs: passes over the examples.
        batch_size: examples a step.
        learning_rate: of AdamW, falling to nothing along a cosine.
        weight_decay: of AdamW.
        seed: of the order of the examples.

    Raises:
        InputError: for an observation that the rules make impossible.
    """
    lessons = _lessons(task, modules, examples)
    generator = torch.Generator().manual_seed(seed)
    parameters = [p for module in modules.values() for p in module.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=learning_rate, weight_decay=weight_decay)
    steps = epochs * max(1, -(-len(examples) // batch_size))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    history = []
    for _ in range(epochs):
        order = torch.randperm(len(examples), generator=generator).tolist()
        total = 0.0
        for start in range(0, len(order), batch_size):
            batch = [examples[number] for number in order[start : start + batch_size]]
            optimizer.zero_grad()
            loss = -_log_likelihood(lessons, modules, batch).mean()
            torch.autograd.backward(loss)
            optimizer.step()
            schedule.step()
            total += loss.item() * len(batch)
        history.append(total / len(examples))
    return history


def log_likelihood(
    task: Task, modules: Mapping[str, nn.Module], examples: Sequence[JudgeExample]
) -> torch.Tensor:
    """The logarithm of each observation's probability given the task's evidence.

    Shape (examples,), those of equal observations together, differentiable in the modules.
    """
    return _log_likelihood(_lessons(task, modules, examples), modules, examples)


def _log_likelihood(
    lessons: Mapping[Formula, _Lesson],
    modules: Mapping[str, nn.Module],
    batch: Sequence[JudgeExample],
) -> torch.Tensor:
    together: dict[Formula, list[JudgeExample]] = {}
    for example in batch:
        together.setdefault(example.observed, []).append(example)
    found = []
    for observed, members in together.items():
        lesson = lessons[observed]
        weights = _weights(lesson, modules, members)
        semiring = TensorSemiring(len(members))
        joint = lesson.joint.probability(semiring, weights.__getitem__)
        evidence = lesson.evidence.probability(semiring, weights.__getitem__)
        found.append(joint.clamp_min(_LEAST).log() - evidence.clamp_min(_LEAST).log())
    return torch.cat(found)


def _weights(
    lesson: _Lesson, modules: Mapping[str, nn.Module], members: Sequence[JudgeExample]
) -> dict[int, torch.Tensor]:
    """For each variable its probability in each example, given that none before it succeeded."""
    count = len(members)
    weights = {index: torch.full((count,), chance) for index, chance in lesson.fixed.items()}
    for indices, predicate, objects in lesson.groups:
        rows = [np.concatenate([m.vectors[name] for name in objects]) for m in members]
        logits = modules[predicate](torch.tensor(np.stack(rows), dtype=torch.float32))
        shares = chances(logits)
        if len(indices) > 1:
            # What is left when those before have failed, summed from the last one backwards.
            left = shares.flip(-1).cumsum(-1).flip(-1)
            shares = shares / left.clamp_min(_LEAST)
        weights.update((index, shares[:, place]) for place, index in enumerate(indices))
    return weights


def _lessons(
    task: Task, modules: Mapping[str, nn.Module], examples: Sequence[JudgeExample]
) -> dict[Formula, _Lesson]:
    found: dict[Formula, _Lesson] = {}
    for example in examples:
        if example.observed not in found:
            found[example.observed] = _lesson(task, modules, example.observed)
    return found


def _lesson(task: Task, modules: Mapping[str, nn.Module], observed: Formula) -> _Lesson:
    facts = Facts.of_task(task)
    known = {judge.predicate: len(judge.classes) for judge in task.rules.judges}
    models = {name: _Undecided(known.get(name, 0)) for name in modules}
    question = ask(
        rules_of_task(task),
        facts,
        task.rules.probabilistic_facts,
        observed,
        task.given,
        judged=judged_predicates(task, models, facts.symbols),
        declarations=Declarations.of_task(task),
    )
    if len(question.answers) != 1:
        raise InputError(f"the rules make `{show(observed)}` impossible, or it has variables")
    program = question.program
    diagrams = Diagrams(program.groups, _NODE_BUDGET)
    try:
        values = evaluate_program(program, diagrams)
        evidence = diagrams.one
        for node in question.conditions:
            evidence = diagrams.times(evidence, values[node])
        joint = diagrams.times(values[question.answers[0]], evidence)
    except DiagramTooLargeError:
        message = f"the proofs of `{show(observed)}` need more than {_NODE_BUDGET} nodes"
        raise InputError(message) from None
    if diagrams.equal(joint, diagrams.zero):
        raise InputError(f"the rules make `{show(observed)}` impossible")
    groups, fixed = _variables(program)
    return _Lesson(_circuit(diagrams, joint), _circuit(diagrams, evidence), groups, fixed)


def _circuit(diagrams: Diagrams, value: Any) -> _Circuit:
    return _Circuit(tuple(diagrams.branches(value)), diagrams.equal(value, diagrams.one))


def _variables(
    program: GroundProgram,
) -> tuple[tuple[tuple[tuple[int, ...], str, tuple[str, ...]], ...], dict[int, float]]:
    constant = program.model.symbols.constant
    conditional = program.conditional()
    judged: list[tuple[tuple[int, ...], str, tuple[str, ...]]] = []
    fixed: dict[int, float] = {}
    for group in program.groups:
        question = program.choices[group[0]].judged
        if question is None:
            fixed.update((index, conditional[index]) for index in group)
            continue
        names = tuple(str(constant(code)) for code in question.objects)
        judged.append((tuple(group), question.predicate, names))
    return tuple(judged), fixed


class _Undecided:
    """Stands in for a judge while proofs are looked for: every output is as likely."""

    def __init__(self, classes: int) -> None:
        self._classes = classes

    def __call__(self, objects: Sequence[tuple[Constant, ...]]) -> npt.NDArray[np.float64]:
        width = max(1, self._classes)
        return np.full((len(objects), width), 1.0 / max(2, self._classes))
