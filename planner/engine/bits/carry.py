"""Where the carried column of a head comes from: unchanged from an atom, or mapped on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.engine.clauses import open_variables
from planner.engine.safety import bound_by, unbound
from planner.kr.formulas import Atom
from planner.kr.terms import Variable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from planner.engine.clauses import Body, Clause

__all__ = ["BitMap", "Carrier", "carriers"]


@dataclass(frozen=True, slots=True)
class BitMap:
    """Literals that lead from the value a row has to the value the head gets.

    Attributes:
        body: what the two values have to do with each other; the layer derives nothing of it.
        source: variable of the value in the atom that carries.
        target: variable of the value in the head.
    """

    body: Body
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Carrier:
    """The body atom that a head's column comes from.

    Attributes:
        position: of the atom in the body.
        predicate: of the atom.
        column: of the atom.
        bits: ``None`` where the value is unchanged.
        rest: the body without the atom and without what maps the value.
    """

    position: int
    predicate: str
    column: int
    bits: BitMap | None
    rest: Body


def carriers(
    clause: Clause, column: int, positions: Sequence[int], *, mapped: bool
) -> Iterator[Carrier]:
    """The atoms among ``positions`` that the head's column can come from, the best one first."""
    variable = clause.head.arguments[column]
    if not isinstance(variable, Variable) or clause.head.arguments.count(variable) > 1:
        return
    for position in positions:
        atom = clause.body[position]
        assert isinstance(atom, Atom)
        for source, argument in enumerate(atom.arguments):
            if not isinstance(argument, Variable) or atom.arguments.count(argument) > 1:
                continue
            made = _carrier(clause, variable.name, column, position, source, positions)
            if made is not None and (mapped or made.bits is None):
                yield made


def _carrier(
    clause: Clause,
    target: str,
    column: int,
    position: int,
    source_column: int,
    positions: Sequence[int],
) -> Carrier | None:
    atom = clause.body[position]
    assert isinstance(atom, Atom)
    argument = atom.arguments[source_column]
    assert isinstance(argument, Variable)
    source = argument.name
    linked, names = _linked(clause, {source, target}, position)
    apart = {n for n in open_variables(atom) if n != source}
    apart.update(
        a.name
        for i, a in enumerate(clause.head.arguments)
        if i != column and isinstance(a, Variable)
    )
    if names & apart or any(i in positions for i in linked):
        return None
    rest = tuple(part for i, part in enumerate(clause.body) if i != position and i not in linked)
    if not linked:
        bits = None
        if source != target:
            return None
    else:
        body = tuple(clause.body[i] for i in linked)
        bound = bound_by(body)
        if not {source, target} <= bound or unbound(body, bound):
            return None
        bits = BitMap(body, source, target)
    return Carrier(position, atom.predicate, source_column, bits, rest)


def _linked(clause: Clause, names: set[str], position: int) -> tuple[list[int], set[str]]:
    """Literals that share variables with some, directly or not, the one that carries left out."""
    known = set(names)
    linked: list[int] = []
    grows = True
    while grows:
        grows = False
        for i, literal in enumerate(clause.body):
            if i != position and i not in linked and not known.isdisjoint(open_variables(literal)):
                linked.append(i)
                known.update(open_variables(literal))
                grows = True
    return sorted(linked), known
