"""The bulk workloads of the benchmark folder's ``rules/``: data, rules, and what must come out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.common import generate_data
from planner.kr.formulas import Atom, Comparison, Formula, conjoin
from planner.kr.rules import Rule
from planner.kr.terms import Variable

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["INPUTS", "RULES", "SOUFFLE", "WORKLOADS", "Workload", "generate", "growth", "rule"]

RULES = {
    "tc": ["tc(X, Y) :- edge(X, Y)", "tc(X, Y) :- tc(X, Z); edge(Z, Y)"],
    "sg": [
        "sg(X, Y) :- par(X, P); par(Y, P); X != Y",
        "sg(X, Y) :- par(X, A); sg(A, B); par(Y, B)",
    ],
    "rdfs": [
        "t(S, P, O) :- triple(S, P, O)",
        "t(S, Q, O) :- t(S, P, O); sub_prop(P, Q)",
        "t(X, type, D) :- t(X, type, C); sub_class(C, D)",
        "t(X, type, C) :- t(X, P, _); domain(P, C)",
        "t(Y, type, C) :- t(_, P, Y); range(P, C)",
        "t(Y, Q, X) :- t(X, P, Y); inverse(P, Q)",
        "t(X, P, Z) :- transitive(P); t(X, P, Y); t(Y, P, Z)",
    ],
    "and": [
        "vpt(V, O) :- new(V, O)",
        "vpt(V, O) :- assign(V, W); vpt(W, O)",
        "vpt(V, O) :- load(V, B, F); vpt(B, H); hpt(H, F, O)",
        "hpt(H, F, O) :- store(B, F, V); vpt(B, H); vpt(V, O)",
    ],
    "tri": ["tri(X, Y, Z) :- edge(X, Y); X < Y; edge(Y, Z); Y < Z; edge(X, Z)"],
    "c4": ["c4(X, Y, Z, W) :- edge(X, Y); X < Y; edge(Y, Z); X < Z; edge(Z, W); Y < W; edge(W, X)"],
}

INPUTS = {
    "tc": {"edge": 2},
    "sg": {"par": 2},
    "rdfs": {
        "triple": 3,
        "sub_prop": 2,
        "sub_class": 2,
        "domain": 2,
        "range": 2,
        "inverse": 2,
        "transitive": 1,
    },
    "and": {"new": 2, "assign": 2, "load": 3, "store": 3},
    "tri": {"edge": 2},
    "c4": {"edge": 2},
}
"""Predicates of the facts, with their arities, by rule set."""


@dataclass(frozen=True)
class Workload:
    """How to generate a data set, which rules to run, and what must come out."""

    generate: str
    rules: str
    counts: dict[str, int]


WORKLOADS = {
    "chain2000": Workload("chain --size 2000", "tc", {"tc": 1999000}),
    "g1000": Workload("graph --size 1000 --deg 1.5", "tc", {"tc": 307866}),
    "g2000": Workload("graph --size 2000 --deg 1.5", "tc", {"tc": 1293976}),
    "g4000": Workload("graph --size 4000 --deg 2", "tc", {"tc": 10428639}),
    "dag5000": Workload("dag --size 5000 --deg 2 --span 20", "tc", {"tc": 8330340}),
    "sparse200k": Workload("graph --size 200000 --deg 0.9", "tc", {"tc": 1887610}),
    "tree3000": Workload("tree --size 3000 --fan 3", "sg", {"sg": 4231520}),
    "tree6000": Workload("tree --size 6000 --fan 3", "sg", {"sg": 12773240}),
    "lubm1": Workload("lubm --size 1", "rdfs", {"t": 79272}),
    "lubm5": Workload("lubm --size 5", "rdfs", {"t": 403730}),
    "and1000": Workload("andersen --size 1000 --deg 2.0", "and", {"vpt": 26732, "hpt": 79225}),
    "and2000": Workload("andersen --size 2000 --deg 2.0", "and", {"vpt": 124906, "hpt": 1085864}),
    "and2000d": Workload("andersen --size 2000 --deg 2.2", "and", {"vpt": 185604, "hpt": 1750641}),
    "cyc2000": Workload("cycles --size 2000 --deg 15", "tri", {"tri": 9198}),
    "cyc5000": Workload("cycles --size 5000 --deg 20", "tri", {"tri": 22733}),
    "cyc500": Workload("cycles --size 500 --deg 6", "c4", {"c4": 5800}),
}

SOUFFLE = {
    "chain2000": 0.180,
    "g1000": 0.078,
    "g2000": 0.128,
    "g4000": 1.14,
    "dag5000": 0.362,
    "sparse200k": 0.660,
    "tree3000": 0.077,
    "tree6000": 0.293,
    "lubm1": 0.020,
    "lubm5": 0.104,
    "and1000": 0.043,
    "and2000": 0.247,
    "and2000d": 0.338,
    "cyc2000": 0.020,
    "cyc5000": 0.072,
    "cyc500": 0.010,
}
"""CPU seconds of compiled Souffle, its better representation, whole process, idle machine."""


def growth() -> dict[str, Workload]:
    """Chains and random graphs of growing size; the counts of graphs are checked among engines."""
    sizes = (500, 1000, 2000, 4000, 8000)
    chains = {
        f"chain{n}": Workload(f"chain --size {n}", "tc", {"tc": n * (n - 1) // 2}) for n in sizes
    }
    graphs = {f"graph{n}": Workload(f"graph --size {n} --deg 1.5", "tc", {"tc": -1}) for n in sizes}
    return {**chains, **graphs}


def atom(text: str) -> Formula:
    """Read ``p(X, b)`` or ``X < Y``; capitals are variables."""
    if "(" not in text:
        left, sign, right = text.split()
        return Comparison(sign, Variable(left.lower()), Variable(right.lower()))
    name, _, inside = text.rstrip(")").partition("(")
    terms = [t.strip() for t in inside.split(",")]
    named = (Variable(f"_{i}") if t == "_" else t for i, t in enumerate(terms))
    arguments = tuple(
        Variable(t.lower()) if isinstance(t, str) and t.isupper() else t for t in named
    )
    return Atom(name, arguments)


def rule(text: str) -> Rule:
    """Read ``head :- atom; atom``."""
    head, body = text.split(" :- ")
    made = atom(head)
    assert isinstance(made, Atom)
    return Rule(made, conjoin(*(atom(part) for part in body.split("; "))))


def quoted(text: str) -> str:
    """A rule's text with its constants, words of small letters in arguments, quoted."""
    return re.sub(r"(?<=[(,\s])([a-z]\w*)(?=[,)])", r'"\1"', text)


def generate(workload: Workload, folder: Path) -> None:
    """Write the facts of a workload as TSV files."""
    generate_data(workload.generate.split(), folder)
