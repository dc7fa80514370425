"""The steps that bodies are made of: closures over an index, slots and the step that follows."""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, TypeAlias

from planner.errors import LimitError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from planner.engine.tiny.relation import TinyRelation

    Row: TypeAlias = tuple[int, ...]
    Environment: TypeAlias = "list[int]"
    Step: TypeAlias = Callable[[Environment], bool]
    # Key of an index from an environment; bare codes for single columns.
    KeyOf: TypeAlias = Callable[[Environment], int | Row]

__all__ = [
    "Elders",
    "TooLargeError",
    "absent",
    "chain",
    "check",
    "check_elder",
    "emitter",
    "probe",
    "row_maker",
    "same",
    "scan",
    "scan_delta",
    "succeed",
]


@dataclass(slots=True)
class Elders:
    """Rows of these predicates count only where the number kept with them is below ``limit``.

    Attributes:
        work: how many rows were looked at.
        met_younger: whether one did not count.
    """

    predicates: frozenset[str]
    limit: int = 0
    work: int = 0
    met_younger: bool = False


class TooLargeError(LimitError):
    """The program outgrew this tier; nothing of its work is kept."""


def chain(makers: Sequence[Callable[[Step], Step]], last: Step) -> Step:
    """The first of these steps, each wrapped around the next."""
    step = last
    for make in reversed(makers):
        step = make(step)
    return step


def succeed(_env: Environment) -> bool:
    """A last step that has found what was asked for."""
    return True


def row_maker(slots: list[int]) -> Callable[[Environment], Row]:
    """The row in these slots."""
    if len(slots) == 1:
        (only,) = slots
        return lambda env: (env[only],)
    return itemgetter(*slots) if slots else lambda _env: ()


def emitter(relation: TinyRelation, slots: list[int]) -> Step:
    """A last step that makes rows fresh which are not there."""
    row_of = row_maker(slots)

    def step(env: Environment) -> bool:
        row = row_of(env)
        if row not in relation.rows:
            relation.fresh[row] = None
            if len(relation.fresh) > relation.room:
                raise TooLargeError("too many rows for the tiny tier")
        return False

    return step


def absent(alternatives: list[Step], then: Step) -> Step:
    """Go on where no alternative has a solution."""
    if len(alternatives) == 1:
        (only,) = alternatives
        return lambda env: not only(env) and then(env)
    return lambda env: not any(one(env) for one in alternatives) and then(env)


def same(first: int, second: int, wanted: bool, then: Step) -> Step:
    """Go on where two slots are equal, or different."""
    if wanted:
        return lambda env: env[first] == env[second] and then(env)
    return lambda env: env[first] != env[second] and then(env)


def check(relation: TinyRelation, row_of: Callable[[Environment], Row], then: Step) -> Step:
    """Go on where a row is there."""
    return lambda env: row_of(env) in relation.rows and then(env)


def check_elder(
    relation: TinyRelation, row_of: Callable[[Environment], Row], elders: Elders, then: Step
) -> Step:
    """Go on where a row is there and old enough."""

    def step(env: Environment) -> bool:
        elders.work += 1
        number = relation.rows.get(row_of(env))
        if number is None:
            return False
        if number < elders.limit:
            return then(env)
        elders.met_younger = True
        return False

    return step


def scan_delta(
    relation: TinyRelation,
    tests: list[tuple[int, int]],
    assigned: list[tuple[int, int]],
    then: Step,
) -> Step:
    """Go through the rows of the last round."""

    def step(env: Environment) -> bool:
        for row in relation.delta:
            for column, slot in assigned:
                env[slot] = row[column]
            for column, slot in tests:
                if row[column] != env[slot]:
                    break
            else:
                if then(env):
                    return True
        return False

    return step


def scan(
    relation: TinyRelation,
    assigned: list[tuple[int, int]],
    repeated: list[tuple[int, int]],
    then: Step,
) -> Step:
    """Go through all rows."""

    def step(env: Environment) -> bool:
        for row in relation.rows:
            for column, slot in assigned:
                env[slot] = row[column]
            for column, slot in repeated:
                if row[column] != env[slot]:
                    break
            else:
                if then(env):
                    return True
        return False

    return step


def probe(
    relation: TinyRelation,
    index: int,
    key_of: KeyOf,
    assigned: list[tuple[int, int]],
    repeated: list[tuple[int, int]],
    then: Step,
) -> Step:
    """Go through the rows that an index has for a key."""
    if len(assigned) == 1 and not repeated:
        ((only_column, only_slot),) = assigned

        def step_one(env: Environment) -> bool:
            rows = relation.indexes[index]
            if rows is None:
                rows = relation.build(index)
            for row in rows.get(key_of(env), ()):
                env[only_slot] = row[only_column]
                if then(env):
                    return True
            return False

        return step_one

    def step(env: Environment) -> bool:
        rows = relation.indexes[index]
        if rows is None:
            rows = relation.build(index)
        for row in rows.get(key_of(env), ()):
            for column, slot in assigned:
                env[slot] = row[column]
            for column, slot in repeated:
                if row[column] != env[slot]:
                    break
            else:
                if then(env):
                    return True
        return False

    return step
