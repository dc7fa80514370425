"""The map of a movement: which place leads to which, read once from the static facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from planner.guides.matching import compile_queries
from planner.guides.queries import Slots
from planner.kr.formulas import Atom, Not, atoms_of, conjoin, disjoin
from planner.kr.terms import ANY_TYPE, VALUE_TYPES, Variable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from planner.engine.matching import FactIndex, Row
    from planner.guides.queries import Query
    from planner.guides.state_facts import StateFacts
    from planner.kr.formulas import Formula
    from planner.kr.task import RuleBase
    from planner.kr.terms import TypedVariable
    from planner.kr.walks import Movement

__all__ = ["GroundAction", "WalkMap", "read_map"]

GroundAction: TypeAlias = "tuple[int, Row]"
"""An action schema and the codes of its declared parameters; -1 matches anything."""

_Moves: TypeAlias = "dict[int, dict[int, Row]]"


class WalkMap:
    """One movement schema over the objects of a task.

    Attributes:
        schema: number of the action.
        arity: arguments of the moving atom.
        dynamic: whether fluents of the places decide where it may go.
        is_plain: whether a walk asks for nothing that changes, and changes nothing else.
    """

    def __init__(
        self,
        movement: Movement,
        schema: int,
        ends: tuple[int, int],
        source: Row,
        parameters: Row,
        queries: Sequence[Query],
        kinds: Sequence[tuple[int, int]],
        unary: tuple[tuple[int, ...], tuple[int, ...]],
    ) -> None:
        self.schema = schema
        self.arity = len(source)
        self.dynamic = movement.dynamic
        self.is_plain = movement.is_plain
        self._ends = ends
        self._source = source
        self._place = movement.place
        self._parameters = parameters
        self._queries = queries
        self._kinds = kinds
        self._present, self._absent = unary
        read = {~a for query in queries for p in query.patterns for a in p.arguments if a < 0}
        read |= {slot for query in queries for c in query.conditions for slot in c.reads}
        others = [(p, slot) for p, slot in enumerate(source) if p != movement.place]
        # Arguments that the map depends on: each combination has a map of its own.
        self._keyed = tuple((p, slot) for p, slot in others if slot >= 0 and slot in read)
        self._fixed = tuple((p, ~slot) for p, slot in others if slot < 0)
        self._filled = {slot: p for p, slot in others if slot >= 0}
        self._maps: dict[Row, _Moves] = {}

    def mover_key(self, index: FactIndex, row: Row) -> Row | None:
        """What tells this mover from others; ``None`` when it cannot move so."""
        if any(row[place] != code for place, code in self._fixed):
            return None
        if any(not index.holds(kind, (row[place],)) for kind, place in self._kinds):
            return None
        return tuple(row[place] for place, _ in self._keyed)

    def moves(self, key: Row) -> _Moves:
        """From each place, the places one move away with the arguments of a move."""
        found = self._maps.get(key)
        if found is None:
            found = self._maps[key] = self._read(key)
        return found

    def admits(self, index: FactIndex, place: int) -> bool:
        """Whether the fluents of a place let the mover in."""
        return all(index.holds(p, (place,)) for p in self._present) and not any(
            index.holds(p, (place,)) for p in self._absent
        )

    def admission(self, index: FactIndex) -> tuple[set[int] | None, set[int]]:
        """Places that let a mover in, ``None`` for all, and places that keep it out."""
        let_in = None
        for predicate in self._present:
            places = {place for (place,) in index.rows(predicate)}
            let_in = places if let_in is None else let_in & places
        kept_out = {place for p in self._absent for (place,) in index.rows(p)}
        return let_in, kept_out

    def fill(self, arguments: Row, row: Row) -> Row:
        """The arguments of a move for a mover, which the map may leave open."""
        slots = self._parameters
        return tuple(
            row[self._filled[slot]] if code < 0 and slot in self._filled else code
            for slot, code in zip(slots, arguments, strict=True)
        )

    def _read(self, key: Row) -> _Moves:
        bound = [(slot, code) for (_, slot), code in zip(self._keyed, key, strict=True)]
        start, end = self._ends
        found: _Moves = {}
        for query in self._queries:
            for match in query.matches(bound):
                arguments = tuple(match[slot] for slot in self._parameters)
                found.setdefault(match[start], {}).setdefault(match[end], arguments)
        return {here: dict(sorted(moves.items())) for here, moves in found.items()}


def read_map(movement: Movement, facts: StateFacts, rules: RuleBase) -> WalkMap:
    """Prepare the map of a movement; it is read when first asked for."""
    schema = movement.schema
    slots = Slots()
    parameters = tuple(slots.of(p.name) for p in schema.parameters)
    source = tuple(
        slots.of(a.name) if isinstance(a, Variable) else ~facts.symbols.code(_name(a))
        for a in movement.source.arguments
    )
    start, end = movement.source.arguments[movement.place], _target(movement)
    assert isinstance(start, Variable), "a movement's ends are variables"
    changing = rules.fluents | rules.derived
    movers = {a.name for a in movement.source.arguments if isinstance(a, Variable)} - {start.name}
    companions = movement.companions
    # Whoever comes along is found when the step is taken.
    static = [
        a
        for a in schema.positive
        if a != movement.source
        and a.predicate not in changing
        and not companions & {*_variables(a)}
    ]
    properties = [a for a in static if len(a.arguments) == 1 and _variable(a) in movers]
    needed: list[Formula] = [a for a in static if a not in properties]
    needed += [Not(a) for a in schema.negative if a.predicate not in changing]
    used = {t for f in (*needed, *schema.tests) for t in _variables(f)}
    bound = [p for p in schema.parameters if p.name not in companions]
    properties += _kinds(bound, movers - used, needed)
    needed += [a for a in properties if _variable(a) in used]
    # What a mover alone must be is asked when it moves, so that movers of a kind share a map.
    kinds = [
        (facts.code(a.predicate), movement.source.arguments.index(a.arguments[0]))
        for a in properties
        if _variable(a) not in used
    ]
    queries = compile_queries(facts, conjoin(*needed, *schema.tests), slots)
    refused = [a for a in schema.negative if a != movement.target]
    number = next(i for i, a in enumerate(rules.actions) if a.name == schema.name)
    return WalkMap(
        movement,
        number,
        (slots.of(start.name), slots.of(end.name)),
        source,
        parameters,
        queries,
        kinds,
        (
            tuple(_unary(schema.positive, movement, changing, facts)),
            tuple(_unary(refused, movement, changing, facts)),
        ),
    )


def _unary(
    atoms: Sequence[Atom], movement: Movement, changing: frozenset[str], facts: StateFacts
) -> Iterator[int]:
    for atom in atoms:
        apart = (movement.source, movement.target, *movement.needs)
        if atom.predicate in changing and atom not in apart:
            yield facts.code(atom.predicate)


def _target(movement: Movement) -> Variable:
    target = movement.target.arguments[movement.place]
    assert isinstance(target, Variable), "a movement's target is a variable"
    return target


def _name(argument: object) -> str:
    assert isinstance(argument, str), "a movement's atom has variables and objects"
    return argument


def _variables(formula: Formula) -> Iterator[str]:
    from planner.kr.formulas import Comparison

    if isinstance(formula, Comparison):
        terms = [formula.left, formula.right]
    else:
        terms = [t for atom, _ in atoms_of(formula) for t in atom.arguments]
    yield from (t.name for t in terms if isinstance(t, Variable))


def _kinds(
    parameters: Sequence[TypedVariable], free: set[str], needed: list[Formula]
) -> list[Atom]:
    """Types of the free variables as atoms; those of the others are added to what is needed."""
    found = []
    for parameter in parameters:
        condition = _kind(parameter)
        if parameter.name in free and isinstance(condition, Atom):
            found.append(condition)
        elif condition is not None:
            needed.append(condition)
    return found


def _variable(atom: Atom) -> str:
    """The name of an atom's only argument, ``""`` for an object."""
    (argument,) = atom.arguments
    return argument.name if isinstance(argument, Variable) else ""


def _kind(parameter: TypedVariable) -> Formula | None:
    if ANY_TYPE in parameter.types:
        return Atom(ANY_TYPE, (parameter.variable,))
    if set(VALUE_TYPES) & set(parameter.types):
        return None
    return disjoin(*(Atom(t, (parameter.variable,)) for t in parameter.types))
