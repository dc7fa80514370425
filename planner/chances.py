"""Answers and reasons where facts or rules carry probabilities, or models judge facts."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from planner.engine.forward import saturate
from planner.engine.probability.infer import infer_task
from planner.engine.probability.most_probable import most_probable_world_of_task
from planner.engine.render import proof_dot, proof_text
from planner.errors import InputError
from planner.kr.formulas import TRUE, Atom, conjoin, show, substitute
from planner.kr.rules import Rule
from planner.reasons import proof_tree

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.engine.forward import Watch
    from planner.engine.gather.foreign import Foreign
    from planner.engine.probability.choices import Choice
    from planner.engine.probability.infer import Method, ProbableAnswer
    from planner.engine.probability.judged import JudgeModel
    from planner.engine.probability.most_probable import ProbableWorld
    from planner.engine.proofs import Proof
    from planner.kr.formulas import Formula
    from planner.kr.task import Task
    from planner.kr.terms import Constant, Expression

__all__ = [
    "explain_chance",
    "most_probable_text",
    "probable_answers",
    "probable_proofs",
    "proof_in_world",
]


def probable_answers(
    task: Task,
    *,
    judges: Mapping[str, JudgeModel] | None = None,
    method: Method = "auto",
    samples: int = 10_000,
    seed: int = 0,
    meter: Watch | None = None,
    functions: Mapping[str, Foreign] | None = None,
) -> list[ProbableAnswer]:
    """The answers to the goal of an uncertain task that are not impossible, with probabilities.

    Args:
        task: what is known, asked and given.
        judges: models of judged predicates; for the others the saved ones are loaded.
        method: as in `planner.engine.probability.infer.infer`, where errors are named too.
        samples: worlds drawn where it comes to that.
        seed: of the sampling.
        meter: watches the limits.
        functions: what computes the foreign predicates.
    """
    found = infer_task(
        task,
        judges=_judges(task, judges),
        method=method,
        samples=samples,
        seed=seed,
        meter=meter,
        functions=functions,
    )
    return [answer for answer in found if answer.upper > 0.0]


def explain_chance(
    task: Task, atom: Atom, *, dot: bool = False, as_json: bool = False
) -> tuple[bool, str]:
    """The probability of a fact, the likeliest way in which it comes about, and its proof there.

    Returns whether the fact is possible, and the text.

    Raises:
        InputError: when the evidence is impossible.
    """
    found = probable_answers(replace(task, goal=atom))
    if not found:
        if as_json:
            document = {"schema_version": 1, "holds": False, "fact": show(atom), "probability": 0.0}
            return False, json.dumps(document)
        return False, f"{show(atom)} has probability 0"
    world = most_probable_world_of_task(task, atom, judges=_judges(task, None))
    proof = proof_in_world(task, world, atom)
    if dot:
        return True, proof_dot(proof)
    answer = found[0]
    if as_json:
        return True, json.dumps(_document(answer, world, proof))
    lines = [f"{show(atom)} has probability {_estimate(answer)}", *_world_lines(world)]
    return True, "\n".join([*lines, proof_text(proof)])


def most_probable_text(task: Task, evidence: Formula | None) -> str:
    """The most probable world in which a formula and the task's evidence hold.

    Raises:
        InputError: when they are impossible.
    """
    asked = conjoin() if evidence is None else evidence
    world = most_probable_world_of_task(task, asked, judges=_judges(task, None))
    return "\n".join(_world_lines(world))


def probable_proofs(
    task: Task, head: Atom, answers: Sequence[Mapping[str, Constant]]
) -> tuple[Proof, ...]:
    """For each answer a proof in the most probable world in which it is one.

    ``head`` is what a certain rule of the task derives for the answers.
    """
    found = []
    for answer in answers:
        atom = substitute(head, dict(answer))
        assert isinstance(atom, Atom)
        world = most_probable_world_of_task(task, atom, judges=_judges(task, None))
        found.append(proof_in_world(task, world, atom))
    return tuple(found)


def proof_in_world(task: Task, world: ProbableWorld, atom: Atom) -> Proof:
    """The proof of least height of a fact that holds in a world."""
    true = [choice for choice, outcome in world.outcomes if outcome]
    rules = [rule for rule in task.rules.rules if rule.probability is None]
    rules += [_instance(choice) for choice in true if not _is_stated(choice)]
    stated = tuple(choice.atom for choice in true if _is_stated(choice))
    base = replace(
        task.rules,
        facts=task.rules.facts + stated,
        rules=tuple(rules),
        probabilistic_facts=(),
        judges=(),
    )
    proof = saturate(replace(task, rules=base, given=())).prove(atom)
    if proof is None:
        raise InputError(f"`{show(atom)}` does not hold in this world")
    return proof


def _is_stated(choice: Choice) -> bool:
    """Whether a choice is about a fact, be it one of several alternatives."""
    return choice.rule is None or choice.rule.body == TRUE


def _rule_name(choice: Choice) -> str:
    assert choice.rule is not None
    return choice.rule.name or str(choice.rule)


def _instance(choice: Choice) -> Rule:
    """The instance of an uncertain rule that came true, under the rule's name and place."""
    assert choice.rule is not None
    binding: dict[str, Expression] = dict(choice.binding)
    name = f"{choice.probability:g}::{_rule_name(choice)}"
    body = substitute(choice.rule.body, binding)
    return Rule(choice.atom, body, name, span=choice.rule.span)


def _judges(task: Task, given: Mapping[str, JudgeModel] | None) -> dict[str, JudgeModel]:
    if all(judge.predicate in (given or {}) for judge in task.rules.judges):
        return dict(given or {})
    from planner.models.judge import saved_judges

    return {**saved_judges(task), **(given or {})}


def _estimate(answer: ProbableAnswer) -> str:
    shown = f"{answer.probability:.6f}"
    if answer.method == "exact":
        return shown
    return f"{shown} (between {answer.lower:.6f} and {answer.upper:.6f}, {answer.method})"


def _world_lines(world: ProbableWorld) -> list[str]:
    lines = [
        f"the most probable world has probability {world.probability:.6g}, "
        f"{world.posterior:.6f} of all in which this holds"
    ]
    for choice, outcome in world.outcomes:
        rule = "" if _is_stated(choice) else f" by {_rule_name(choice)}"
        sign = "  " if outcome else "  not "
        lines.append(f"{sign}{choice.probability:g}::{show(choice.atom)}{rule}")
    return lines


def _document(answer: ProbableAnswer, world: ProbableWorld, proof: Proof) -> dict[str, object]:
    outcomes = [
        {
            "atom": show(choice.atom),
            "probability": choice.probability,
            "holds": outcome,
            "rule": "" if _is_stated(choice) else _rule_name(choice),
        }
        for choice, outcome in world.outcomes
    ]
    return {
        "schema_version": 1,
        "holds": True,
        "probability": answer.probability,
        "lower": answer.lower,
        "upper": answer.upper,
        "method": answer.method,
        "world": {"probability": world.probability, "outcomes": outcomes},
        "proof": proof_tree(proof),
    }
