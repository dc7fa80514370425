"""Join orders: tests early, then the atom expected to leave the fewest bindings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from planner.engine.clauses import BodyLiteral, is_ready, open_variables
from planner.kr.formulas import Atom
from planner.kr.terms import Variable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from planner.engine.runs.relation import Relation

    RelationOf: TypeAlias = Callable[[str], Relation]

__all__ = ["PlannedLiteral", "expected_matches", "order_body"]


@dataclass(frozen=True, slots=True)
class PlannedLiteral:
    """A literal in its place of a join order.

    Attributes:
        position: of the literal in its body.
        live: variables that are read after it.
        meets: position of a later atom that only checks the one variable this atom brings in, so
            that the two can be intersected; -1 for none.
    """

    literal: BodyLiteral
    position: int
    live: frozenset[str]
    meets: int = -1


def order_body(
    body: Sequence[BodyLiteral],
    bound: Iterable[str],
    wanted: Iterable[str],
    relation_of: RelationOf,
    first: int = -1,
) -> tuple[PlannedLiteral, ...]:
    """Choose an order greedily from the sizes of the relations.

    Args:
        body: the literals.
        bound: variables with values before the body is evaluated.
        wanted: variables whose values are read after it.
        relation_of: the relation of a predicate.
        first: the literal to begin with, -1 for any.
    """
    known, names = set(bound), [open_variables(literal) for literal in body]
    waiting = list(range(len(body)))
    order: list[int] = []
    costs: dict[int, tuple[int, float]] = {}
    while waiting:
        chosen = first if first >= 0 and not order else -1
        if chosen < 0:
            chosen = _next(body, waiting, known, names, costs, relation_of)
        order.append(chosen)
        waiting.remove(chosen)
        fresh = {name for name in names[chosen] if name not in known}
        # What a literal costs changes only with its own variables, or as the first ones are bound.
        for index in waiting:
            if not known or not fresh.isdisjoint(names[index]):
                costs.pop(index, None)
        known |= fresh
    return _with_live(body, order, wanted, _meetings(body, names, order, bound))


def _next(
    body: Sequence[BodyLiteral],
    waiting: Sequence[int],
    known: set[str],
    names: Sequence[Sequence[str]],
    costs: dict[int, tuple[int, float]],
    relation_of: RelationOf,
) -> int:
    """The literal to come next; ``costs`` keeps what was worked out of each."""
    best, best_cost = -1, (2, 0.0)
    for index in waiting:
        literal = body[index]
        if not isinstance(literal, Atom):
            if is_ready(literal, known):
                return index
            continue
        cost = costs.get(index)
        if cost is None:
            matches = expected_matches(literal, known, relation_of(literal.predicate))
            fresh = {name for name in names[index] if name not in known}
            is_joined = not literal.arguments or len(literal.arguments) > len(fresh)
            # Atoms that share nothing with what is bound multiply: they come last, except the
            # first.
            cost = costs[index] = (0 if is_joined or not known else 1, matches)
        if best < 0 or cost < best_cost:
            best, best_cost = index, cost
    assert best >= 0, "clauses are checked for safety before"
    return best


def expected_matches(atom: Atom, known: set[str], relation: Relation) -> float:
    """How many rows of a relation one binding is expected to meet."""
    size = relation.size
    if not size or not atom.arguments:
        return float(size > 0)
    expected = float(size)
    seen: set[str] = set()
    for argument, distinct in zip(atom.arguments, relation.distinct(), strict=True):
        if not isinstance(argument, Variable) or argument.name in known or argument.name in seen:
            expected /= distinct
        else:
            seen.add(argument.name)
    return expected


def _meetings(
    body: Sequence[BodyLiteral],
    names: Sequence[Sequence[str]],
    order: Sequence[int],
    bound: Iterable[str],
) -> dict[int, int]:
    """Pairs of an atom that brings in one variable and a later one that only checks it.

    Bodies with cycles, triangles for instance, have such pairs: enumerating the one list and
    looking into the other as it goes is what worst-case optimal joins do (Ngo et al. 2012).
    """
    known = set(bound)
    pairs: dict[int, int] = {}
    for place, index in enumerate(order):
        literal = body[index]
        fresh = [n for n in names[index] if n not in known]
        known.update(fresh)
        if not isinstance(literal, Atom) or len(fresh) != 1 or len(literal.arguments) < 2:
            continue
        for later in order[place + 1 :]:
            found = list(names[later])
            if not isinstance(body[later], Atom) or not known.issuperset(found):
                continue
            if found.count(fresh[0]) == 1 and len(set(found)) > 1 and later not in pairs.values():
                pairs[index] = later
                break
    return pairs


def _with_live(
    body: Sequence[BodyLiteral],
    order: Sequence[int],
    wanted: Iterable[str],
    pairs: Mapping[int, int],
) -> tuple[PlannedLiteral, ...]:
    live = set(wanted)
    planned: list[PlannedLiteral] = []
    for index in reversed(order):
        planned.append(PlannedLiteral(body[index], index, frozenset(live), pairs.get(index, -1)))
        live.update(open_variables(body[index]))
    return tuple(reversed(planned))
