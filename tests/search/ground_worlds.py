"""Ground tasks made by hand or at random, without grounding."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np

from planner.interfaces import Table
from planner.kr.task import RuleBase, Task
from planner.spaces.ground_task import Csr, GroundTask

if TYPE_CHECKING:
    from collections.abc import Sequence

# An operator: precondition, add, delete, cost, conditional effects (condition, add, delete).
Effect = tuple["Sequence[int]", "Sequence[int]", "Sequence[int]"]
Operator = tuple["Sequence[int]", "Sequence[int]", "Sequence[int]", int, "Sequence[Effect]"]


def ground_task(
    atoms: int,
    operators: Sequence[Operator],
    initial: Sequence[int],
    goal: Sequence[int],
    *,
    complements: Sequence[int] = (),
    axioms: Sequence[tuple[int, Sequence[int]]] = (),
    strata: Sequence[int] = (),
    scale: int = 1,
) -> GroundTask:
    """A task over numbered atoms; the complement of ``complements[i]`` is atom ``atoms + i``.

    Args:
        axioms: head and body, in order of their strata, which ``strata`` delimits.
    """
    size = atoms + len(complements)
    complement = np.full(size, -1, dtype=np.int32)
    is_complement = np.zeros(size, dtype=np.bool_)
    for index, atom in enumerate(complements):
        complement[atom] = atoms + index
        is_complement[atoms + index] = True
    is_derived = np.zeros(size, dtype=np.bool_)
    for head, _ in axioms:
        is_derived[head] = True
        if complement[head] >= 0:
            is_derived[complement[head]] = True
    effects = [effect for operator in operators for effect in operator[4]]
    numbers, first = [], 0
    for operator in operators:
        numbers.append(range(first, first + len(operator[4])))
        first += len(operator[4])
    return GroundTask(
        task=Task(RuleBase()),
        constants=(),
        atoms=_table(size),
        complement=complement,
        is_complement=is_complement,
        is_derived=is_derived,
        static=_table(0),
        operators=_table(len(operators)),
        costs=np.array([operator[3] for operator in operators], dtype=np.int64),
        cost_scale=scale,
        precondition=Csr.of(sorted(operator[0]) for operator in operators),
        add=Csr.of(sorted(operator[1]) for operator in operators),
        delete=Csr.of(sorted(set(o[2]) - set(o[1])) for o in operators),
        conditional=Csr.of(list(row) for row in numbers),
        condition=Csr.of(sorted(effect[0]) for effect in effects),
        conditional_add=Csr.of(sorted(effect[1]) for effect in effects),
        conditional_delete=Csr.of(sorted(set(e[2]) - set(e[1])) for e in effects),
        axiom_head=np.array([head for head, _ in axioms], dtype=np.int32),
        axiom_body=Csr.of(sorted(body) for _, body in axioms),
        axiom_strata=np.array([0, *strata, len(axioms)] if axioms else [0], dtype=np.int32),
        initial=np.array(sorted(initial), dtype=np.int32),
        goal=np.array(sorted(goal), dtype=np.int32),
    )


def random_task(seed: int, *, largest_cost: int = 4, features: bool = True) -> GroundTask:
    """A small task of up to 10 atoms and 14 operators; about half of them are solvable.

    With ``features`` it has negative preconditions, conditional effects and two layers of
    axioms, the upper one reading negations of the lower.
    """
    draw = random.Random(seed)
    basic = draw.randint(4, 8)
    derived = 2 if features else 0
    atoms = basic + derived
    complements = list(range(basic)) + ([basic] if features else [])

    def literals(count: int, pool: int) -> list[int]:
        chosen = draw.sample(range(pool), min(count, pool))
        negate = features and draw.random() < 0.5
        return [
            atoms + complements.index(a) if negate and a in complements and i == 0 else a
            for i, a in enumerate(chosen)
        ]

    operators: list[Operator] = []
    for _ in range(draw.randint(5, 14)):
        effects: list[Effect] = []
        if features and draw.random() < 0.3:
            effects.append((literals(1, atoms), [draw.randrange(basic)], [draw.randrange(basic)]))
        operators.append(
            (
                literals(draw.randint(0, 3), atoms),
                draw.sample(range(basic), draw.randint(1, 2)),
                draw.sample(range(basic), draw.randint(0, 2)),
                draw.randint(0 if largest_cost > 1 else 1, largest_cost),
                effects,
            )
        )
    axioms: list[tuple[int, list[int]]] = []
    if features:
        axioms = [(basic, literals(2, basic)), (basic, literals(1, basic))]
        axioms.append((basic + 1, [atoms + complements.index(basic), draw.randrange(basic)]))
    return ground_task(
        atoms,
        operators,
        draw.sample(range(basic), draw.randint(1, 3)),
        draw.sample(range(atoms), draw.randint(2, 3)),
        complements=complements,
        axioms=axioms,
        strata=(2,) if features else (),
    )


def _table(size: int) -> Table:
    return Table(np.full(size, -1, dtype=np.int32), np.zeros((size, 0), dtype=np.int32))
