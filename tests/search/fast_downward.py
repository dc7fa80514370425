"""Fast Downward as a referee: its translation as a `GroundTask`, its heuristics of one state."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from planner.interfaces import Table
from planner.kr.task import RuleBase, Task
from planner.spaces.ground_task import Csr, GroundTask

if TYPE_CHECKING:
    from collections.abc import Iterator


def binary() -> Path:
    """The search program of the installed wheel, or a visible skip."""
    spec = importlib.util.find_spec("up_fast_downward")
    if spec is None or spec.origin is None:
        pytest.skip("up-fast-downward is not installed (make install-peers)")
    return Path(spec.origin).parent / "downward" / "builds" / "release" / "bin" / "downward"


def translate(domain: Path, problem: Path, folder: Path) -> Path:
    """Fast Downward's translation of a PDDL task."""
    binary()
    out = folder / "out.sas"
    command = [sys.executable, "-m", "fast_downward.translate", domain, problem, "--sas-file", out]
    subprocess.run(command, check=True, capture_output=True)
    return out


def search(sas: Path, *options: str) -> str:
    """What Fast Downward prints for a search."""
    with sas.open() as stream:
        plan = str(sas.with_suffix(".plan"))
        command = [str(binary()), *options, "--internal-plan-file", plan]
        return subprocess.run(
            command, stdin=stream, capture_output=True, text=True, check=False
        ).stdout


def initial_value(sas: Path, heuristic: str) -> int | None:
    """Its estimate of the initial state; ``None`` for a dead end."""
    text = search(sas, "--search", f"eager_greedy([{heuristic}], bound=0)")
    found = re.search(r"Initial heuristic value for \S+: (\d+)", text)
    return int(found[1]) if found else None


@dataclass
class _Operator:
    name: str
    prevail: list[tuple[int, int]]
    effects: list[tuple[list[tuple[int, int]], int, int, int]]
    cost: int


def read_sas(path: Path) -> GroundTask:
    """A translation as a `GroundTask`: every value of every variable is an atom.

    Axioms and values of derived variables keep their meaning: the default value of a derived
    variable becomes the complement of the other.
    """
    lines = iter(path.read_text().splitlines())
    ranges, layers = [], []
    _skip_to(lines, "begin_metric")
    metric = int(next(lines))
    _skip_to(lines, "end_metric")
    for _ in range(int(next(lines))):
        _skip_to(lines, "begin_variable")
        next(lines)
        layers.append(int(next(lines)))
        ranges.append(int(next(lines)))
        _skip_to(lines, "end_variable")
    first = np.concatenate([[0], np.cumsum(ranges)]).astype(int)
    _skip_to(lines, "begin_state")
    state = [int(next(lines)) for _ in ranges]
    _skip_to(lines, "begin_goal")
    goal = [_fact(next(lines)) for _ in range(int(next(lines)))]
    _skip_to(lines, "end_goal")
    operators = [_read_operator(lines) for _ in range(int(next(lines)))]
    axioms = [_read_axiom(lines) for _ in range(int(next(lines)))]
    return _ground_task(first, layers, state, goal, operators, axioms, metric)


def _skip_to(lines: Iterator[str], text: str) -> bool:
    return any(line == text for line in lines)


def _fact(line: str) -> tuple[int, int]:
    variable, value = line.split()[:2]
    return int(variable), int(value)


def _read_operator(lines: Iterator[str]) -> _Operator:
    _skip_to(lines, "begin_operator")
    name = next(lines)
    prevail = [_fact(next(lines)) for _ in range(int(next(lines)))]
    effects = []
    for _ in range(int(next(lines))):
        numbers = [int(n) for n in next(lines).split()]
        count = numbers[0]
        condition = [(numbers[1 + 2 * i], numbers[2 + 2 * i]) for i in range(count)]
        variable, before, after = numbers[1 + 2 * count :]
        effects.append((condition, variable, before, after))
    cost = int(next(lines))
    _skip_to(lines, "end_operator")
    return _Operator(name, prevail, effects, cost)


def _read_axiom(lines: Iterator[str]) -> tuple[list[tuple[int, int]], int, int]:
    _skip_to(lines, "begin_rule")
    body = [_fact(next(lines)) for _ in range(int(next(lines)))]
    variable, _, after = (int(n) for n in next(lines).split())
    _skip_to(lines, "end_rule")
    return body, variable, after


def _ground_task(first, layers, state, goal, operators, axioms, metric) -> GroundTask:
    size = int(first[-1])
    complement = np.full(size, -1, dtype=np.int32)
    is_complement = np.zeros(size, dtype=np.bool_)
    is_derived = np.zeros(size, dtype=np.bool_)
    for variable, layer in enumerate(layers):
        if layer >= 0:
            default = first[variable] + state[variable]
            other = first[variable] + (1 - state[variable])
            complement[other] = default
            is_complement[default] = True
            is_derived[[default, other]] = True
        elif first[variable + 1] - first[variable] == 2:
            complement[first[variable]] = first[variable] + 1
            is_complement[first[variable] + 1] = True

    def listed(atoms: list[int]) -> list[int]:
        """Effects never name complements."""
        return sorted(a for a in set(atoms) if not is_complement[a])

    def atom(fact: tuple[int, int]) -> int:
        return int(first[fact[0]] + fact[1])

    def others(variable: int, value: int) -> list[int]:
        low, high = int(first[variable]), int(first[variable + 1])
        return [a for a in range(low, high) if a != low + value]

    rows: dict[str, list[list[int]]] = {k: [] for k in ("pre", "add", "del", "con")}
    effects: dict[str, list[list[int]]] = {k: [] for k in ("if", "add", "del")}
    for operator in operators:
        needs = [atom(f) for f in operator.prevail]
        adds, deletes, numbers = [], [], []
        for condition, variable, before, after in operator.effects:
            if before >= 0:
                needs.append(atom((variable, before)))
            if condition:
                numbers.append(len(effects["if"]))
                effects["if"].append(sorted(atom(f) for f in condition))
                effects["add"].append(listed([atom((variable, after))]))
                effects["del"].append(listed(others(variable, after)))
            else:
                adds.append(atom((variable, after)))
                deletes += others(variable, after)
        rows["pre"].append(sorted(set(needs)))
        rows["add"].append(listed(adds))
        rows["del"].append(listed([a for a in deletes if a not in adds]))
        rows["con"].append(numbers)
    axioms = sorted(axioms, key=lambda axiom: layers[axiom[1]])
    strata = [0]
    for index, axiom in enumerate(axioms):
        if index and layers[axiom[1]] != layers[axioms[index - 1][1]]:
            strata.append(index)
    strata.append(len(axioms))
    initial = listed([int(first[v] + x) for v, x in enumerate(state) if layers[v] < 0])
    count = len(operators)
    return GroundTask(
        task=Task(RuleBase()),
        constants=(),
        atoms=_table(size),
        complement=complement,
        is_complement=is_complement,
        is_derived=is_derived,
        static=_table(0),
        operators=_table(count),
        costs=np.array([o.cost if metric else 1 for o in operators], dtype=np.int64),
        cost_scale=1,
        precondition=Csr.of(rows["pre"]),
        add=Csr.of(rows["add"]),
        delete=Csr.of(rows["del"]),
        conditional=Csr.of(rows["con"]),
        condition=Csr.of(effects["if"]),
        conditional_add=Csr.of(effects["add"]),
        conditional_delete=Csr.of(effects["del"]),
        axiom_head=np.array([atom(a[1:]) for a in axioms], dtype=np.int32),
        axiom_body=Csr.of(sorted(atom(f) for f in a[0]) for a in axioms),
        axiom_strata=np.array(strata, dtype=np.int32),
        initial=np.array(sorted(initial), dtype=np.int32),
        goal=np.array(sorted(atom(f) for f in goal), dtype=np.int32),
    )


def _table(size: int) -> Table:
    return Table(np.full(size, -1, dtype=np.int32), np.zeros((size, 0), dtype=np.int32))
