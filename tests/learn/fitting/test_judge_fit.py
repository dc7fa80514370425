"""Judges learn from what follows: gradients are right, and two dots of colour add up."""

from __future__ import annotations

import numpy as np
import pytest

from planner.errors import InputError
from planner.io.load import load_task_text
from planner.kr.formulas import Atom
from planner.models.judge import VectorJudge, load_classifier, save_classifier

torch = pytest.importorskip("torch", reason="torch is not installed (extra `learn`)")
pytest.importorskip("dd", reason="dd is not installed (extra `prob`)")
fitting = pytest.importorskip("planner.learn.fitting.judge_fit")
networks = pytest.importorskip("planner.learn.fitting.judge_network")
JudgeExample, TensorSemiring = fitting.JudgeExample, fitting.TensorSemiring
fit_judge, log_likelihood = fitting.fit_judge, fitting.log_likelihood
JudgeNetwork, module_judge_model = networks.JudgeNetwork, networks.module_judge_model

pytestmark = pytest.mark.learn

TASK = load_task_text("""
task: sums
rules:
  types: {dot: object}
  predicates:
    level(dot, int): "{0} has level {1}"
    total(dot, dot, int): "{0} and {1} add up to {2}"
    lucky: luck
    found(int): "it is {0}"
  judge:
    level: {classes: [0, 1, 2]}
  facts:
    - 0.7::lucky
  rules:
    - if: level(?a, ?x) and level(?b, ?y) and ?s = ?x + ?y
      then: total(?a, ?b, ?s)
    - if: total(a, b, ?n) and lucky
      then: found(?n)
objects: {dot: [a, b]}
goal: total(a, b, ?s)
""")


class Fixed(torch.nn.Module):
    """Logits that are the vectors themselves."""

    def __init__(self):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.ones(1))

    def forward(self, vectors):
        return vectors * self.scale


def example(observed: Atom) -> JudgeExample:
    a, b = np.log([0.5, 0.3, 0.2]), np.log([0.1, 0.6, 0.3])
    return JudgeExample({"a": a, "b": b}, observed)


def test_likelihoods_are_those_of_the_rules() -> None:
    examples = [example(Atom("total", ("a", "b", 2))), example(Atom("found", (0,)))]

    found = log_likelihood(TASK, {"level": Fixed()}, examples)

    expected = [0.5 * 0.3 + 0.3 * 0.6 + 0.2 * 0.1, 0.5 * 0.1 * 0.7]
    assert found.exp().tolist() == pytest.approx(expected, rel=1e-5)


def test_gradients_are_those_of_finite_differences() -> None:
    module = Fixed()
    examples = [example(Atom("total", ("a", "b", 2)))]

    log_likelihood(TASK, {"level": module}, examples).sum().backward()

    def value(scale: float) -> float:
        other = Fixed()
        with torch.no_grad():
            other.scale.fill_(scale)
        return log_likelihood(TASK, {"level": other}, examples)[0].item()

    assert float(module.scale.grad) == pytest.approx((value(1.01) - value(0.99)) / 0.02, rel=1e-2)


def test_the_semiring_is_one() -> None:
    semiring = TensorSemiring(2)
    a, b, c = (torch.tensor(v) for v in ([0.5, 2.0], [3.0, 0.25], [1.5, 4.0]))

    left = semiring.times(a, semiring.plus(b, c))
    right = semiring.plus(semiring.times(a, b), semiring.times(a, c))

    assert torch.equal(left, right)
    assert torch.equal(semiring.plus(a, semiring.zero), a)
    assert torch.equal(semiring.times(a, semiring.one), a)
    assert torch.equal(semiring.times(a, semiring.zero), semiring.zero)


def test_a_judge_learns_levels_from_sums_alone(tmp_path) -> None:
    generator = np.random.default_rng(3)
    levels = generator.integers(3, size=400)
    vectors = np.stack([levels + generator.normal(0, 0.15, 400), generator.normal(size=400)], 1)
    examples = [
        JudgeExample(
            {"a": vectors[i], "b": vectors[i + 1]},
            Atom("total", ("a", "b", int(levels[i] + levels[i + 1]))),
        )
        for i in range(0, 400, 2)
    ]
    torch.manual_seed(0)
    network = JudgeNetwork(vectors, (0, 1, 2), (16,))

    history = fit_judge(
        TASK, {"level": network}, examples, epochs=25, batch_size=50, learning_rate=0.02, seed=1
    )

    assert history[-1] < history[0] / 2
    guessed = module_judge_model(network)(vectors).argmax(axis=1)
    assert (guessed == levels).mean() > 0.95
    save_classifier(tmp_path, network.classifier())
    saved = VectorJudge(load_classifier(tmp_path), {"a": vectors[0]})([("a",)])
    assert saved[0].tolist() == pytest.approx(
        module_judge_model(network)(vectors[:1])[0].tolist(), abs=1e-5
    )


def test_impossible_observations_are_refused() -> None:
    with pytest.raises(InputError, match="impossible"):
        fit_judge(TASK, {"level": Fixed()}, [example(Atom("total", ("a", "b", 9)))])
