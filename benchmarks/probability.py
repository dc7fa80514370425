"""Probabilities beside ProbLog, most probable worlds, and how bounds and samples compare.

    python -m benchmarks.probability [--limit 60]

Whole-engine times in CPU seconds, grounding included. Networks are random graphs of n hosts with
3 n links of probability 0.1 to 0.9; the question is whether the first host reaches the last.
ProbLog runs in a process of its own with the limit as CPU seconds, where it is installed.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import time
from fractions import Fraction
from itertools import count

from planner.engine.facts import Facts
from planner.engine.forward import evaluate
from planner.engine.probability.infer import infer
from planner.engine.probability.most_probable import most_probable_world
from planner.errors import InputError
from planner.kr.formulas import Aggregate, And, Atom, Comparison
from planner.kr.rules import ProbabilisticFact, Rule
from planner.kr.terms import Variable

X, Y, Z, N, C = (Variable(name) for name in "xyznc")
PATH = [
    Rule(Atom("path", (X, Y)), Atom("edge", (X, Y))),
    Rule(Atom("path", (X, Z)), And((Atom("edge", (X, Y)), Atom("path", (Y, Z))))),
]
_PROBLOG = """
import resource, sys, time
resource.setrlimit(resource.RLIMIT_CPU, ({limit}, {limit} + 1))
from problog import get_evaluatable
from problog.program import PrologString
start = time.process_time()
found = get_evaluatable().create_from(PrologString(sys.stdin.read())).evaluate()
print(repr(sum(found.values())), time.process_time() - start)
"""


def network(hosts, seed):
    """Random links with their probabilities."""
    rng = random.Random(seed)
    links = {}
    while len(links) < 3 * hosts:
        pair = rng.randrange(hosts), rng.randrange(hosts)
        if pair[0] != pair[1]:
            links.setdefault(pair, Fraction(rng.randint(1, 9), 10))
    return [ProbabilisticFact(p, Atom("edge", (f"h{a}", f"h{b}"))) for (a, b), p in links.items()]


def draws(balls):
    """Each ball has one of three colours; how many red ones are there?"""
    shares = (Fraction(1, 2), Fraction(3, 10), Fraction(1, 5))
    rules = [
        Rule(Atom("colour", (X, colour)), Atom("ball", (X,)), probability=share, group=1)
        for colour, share in zip(("red", "green", "blue"), shares, strict=True)
    ]
    counted = Aggregate(N, "count", (X,), Atom("colour", (X, "red")))
    rules.append(Rule(Atom("reds", (N,)), counted))
    rules.append(Rule(Atom("many"), And((Atom("reds", (N,)), Comparison(">", N, balls // 2)))))
    return rules, Facts.of(Atom("ball", (f"b{i}",)) for i in range(balls))


def with_problog(text, limit):
    """ProbLog's answer and CPU seconds, or nothing where it is absent or late."""
    done = subprocess.run(
        [sys.executable, "-c", _PROBLOG.format(limit=limit)],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        return None
    value, seconds = done.stdout.split()
    return float(value), float(seconds)


def problog_network(links, goal):
    """The same question as ProbLog's text."""
    lines = [f"{float(f.probability)}::{f.atom}.".replace(" ", "") for f in links]
    lines += ["path(X,Y) :- edge(X,Y).", "path(X,Z) :- edge(X,Y), path(Y,Z)."]
    return "\n".join([*lines, f"query({str(goal).replace(' ', '')})."])


def timed(question):
    """A value, or nothing where it is refused, and CPU seconds."""
    start = time.process_time()
    try:
        value = question()
    except InputError:
        value = None
    return value, time.process_time() - start


def network_row(hosts, limit):
    """Our exact answer, bounds and samples beside ProbLog's."""
    goal = Atom("path", ("h0", f"h{hosts - 1}"))
    for seed in count(hosts):
        links = network(hosts, seed)
        if evaluate(PATH, Facts.of(link.atom for link in links)).holds(goal):
            break
    exact, exact_s = timed(lambda: infer(PATH, Facts(), links, goal, method="exact"))
    bounds, bounds_s = timed(lambda: infer(PATH, Facts(), links, goal, method="bounds"))
    drawn, drawn_s = timed(lambda: infer(PATH, Facts(), links, goal, method="sampling"))
    theirs = with_problog(problog_network(links, goal), limit)
    cells = [f"network {hosts}"]
    cells += [f"{exact[0].probability:.6f}", f"{exact_s:.2f}"] if exact else ["too large", "-"]
    cells += [f"{bounds[0].lower:.4f} to {bounds[0].upper:.4f}", f"{bounds_s:.2f}"]
    cells += [f"{drawn[0].lower:.4f} to {drawn[0].upper:.4f}", f"{drawn_s:.2f}"]
    cells += [f"{theirs[0]:.6f}", f"{theirs[1]:.2f}"] if theirs else ["-", f"over {limit}"]
    if exact and theirs:
        assert abs(exact[0].probability - theirs[0]) < 1e-9, goal
    return cells


def main():
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--limit", type=int, default=60, help="CPU seconds of ProbLog")
    parser.add_argument("--hosts", default="6,8,10,12,16")
    options = parser.parse_args()
    infer(PATH, Facts(), network(5, 1), Atom("path", ("h0", "h1")))
    print("| task | exact | CPU s | bounds | CPU s | 10,000 samples | CPU s | ProbLog | CPU s |")
    print("|" + "---|" * 9)
    for hosts in map(int, options.hosts.split(",")):
        print(f"| {' | '.join(network_row(hosts, options.limit))} |", flush=True)
    print()
    print("| balls | P(more than half are red) | CPU s | most probable world | CPU s |")
    print("|---|---|---|---|---|")
    for balls in (10, 20, 50):
        rules, facts = draws(balls)
        found, seconds = timed(lambda r=rules, f=facts: infer(r, f, [], Atom("many")))
        world, world_s = timed(lambda r=rules, f=facts: most_probable_world(r, f, [], Atom("many")))
        share = f"{found[0].probability:.9f}"
        print(f"| {balls} | {share} | {seconds:.2f} | {world.probability:.3e} | {world_s:.2f} |")


if __name__ == "__main__":
    main()
