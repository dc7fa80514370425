"""A judge of digits trained from sums of two digits only, beside one trained on the digits' labels.

    python -m benchmarks.digits [--seeds 3] [--pairings 3] [--epochs 30]

The images are the 1,797 of scikit-learn (8 x 8 pixels, `pip install "planner[bench]"`), a fifth of
them held out. Both judges are the same network, trained by the same function for the same number
of steps; the one sees ``total(a, b, 13)``, the other ``digit(a, 7)``.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import torch

from planner.io.load import load_task_text
from planner.kr.formulas import Atom
from planner.learn.fitting.judge_fit import JudgeExample, fit_judge
from planner.learn.fitting.judge_network import JudgeNetwork, module_judge_model

RULES = """
task: sums
rules:
  types: {image: object}
  predicates:
    digit(image, int): "{0} shows {1}"
    total(image, image, int): "{0} and {1} add up to {2}"
  judge:
    digit: {classes: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]}
  rules:
    - if: digit(?a, ?x) and digit(?b, ?y) and ?s = ?x + ?y
      then: total(?a, ?b, ?s)
objects: {image: [a, b]}
goal: total(a, b, ?s)
"""


def split(seed):
    """Training and test images with their labels."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    order = np.random.default_rng(seed).permutation(len(digits.target))
    held_out = len(order) // 5
    test, train = order[:held_out], order[held_out:]
    return (digits.data[train], digits.target[train]), (digits.data[test], digits.target[test])


def sums(vectors, labels, pairings, seed):
    """Each image in as many pairs as there are pairings, with the sum of each pair."""
    rng = np.random.default_rng(seed)
    for _ in range(pairings):
        order = rng.permutation(len(labels))
        for one, other in zip(order[::2], order[1::2], strict=False):
            total = int(labels[one] + labels[other])
            yield JudgeExample(
                {"a": vectors[one], "b": vectors[other]}, Atom("total", ("a", "b", total))
            )


def own_labels(vectors, labels):
    """Each image with its digit."""
    for vector, label in zip(vectors, labels, strict=True):
        yield JudgeExample({"a": vector}, Atom("digit", ("a", int(label))))


def train(task, examples, vectors, epochs, steps, seed):
    """A network after a number of steps, whatever the number of examples."""
    torch.manual_seed(seed)
    network = JudgeNetwork(vectors, range(10), (64,))
    batch = max(1, -(-len(examples) * epochs // steps))
    fit_judge(task, {"digit": network}, examples, epochs=epochs, batch_size=batch, seed=seed)
    return network


def accuracy(network, vectors, labels):
    """The share of images whose likeliest digit is right."""
    return float((module_judge_model(network)(vectors).argmax(axis=1) == labels).mean())


def main():
    """Print a row for each seed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--pairings", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--steps", type=int, default=240)
    options = parser.parse_args()
    torch.set_num_threads(1)
    task = load_task_text(RULES)
    print("| seed | from sums | CPU s | from labels | CPU s | difference, points |")
    print("|---|---|---|---|---|---|")
    gaps = []
    for seed in range(options.seeds):
        (vectors, labels), (unseen, truth) = split(seed)
        cells = []
        for examples in (
            list(sums(vectors, labels, options.pairings, seed)),
            list(own_labels(vectors, labels)),
        ):
            start = time.process_time()
            network = train(task, examples, vectors, options.epochs, options.steps, seed)
            cells.append((accuracy(network, unseen, truth), time.process_time() - start))
        gaps.append(100 * (cells[1][0] - cells[0][0]))
        shown = " | ".join(f"{100 * share:.1f} % | {seconds:.0f}" for share, seconds in cells)
        print(f"| {seed} | {shown} | {gaps[-1]:.1f} |", flush=True)
    print(f"mean difference {sum(gaps) / len(gaps):.2f} points, largest {max(gaps):.2f}")


if __name__ == "__main__":
    main()
