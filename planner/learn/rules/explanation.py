"""Why a plan works, for whichever objects: steps share an object only where one supports another.

Explanation-based generalisation (Mitchell, Keller and Kedar-Cabelli 1986; DeJong and Mooney 1986):
goal regression over schemas, each step with objects of its own. What a step makes true and a later
one asks for is the same atom, so its objects are the same; that two steps happened to use the same
truck, level or hand otherwise does not matter to the plan.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from planner.kr.formulas import Atom, Comparison
from planner.kr.terms import ANY_TYPE, Arithmetic, FunctionTerm, Variable
from planner.learn.rules.regression import GroundStep, Regressed, WalkStep, ground_step

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from planner.kr.task import RuleBase
    from planner.kr.terms import Constant, Expression
    from planner.learn.rules.regression import PlanStep

__all__ = ["explain"]

_Nodes: TypeAlias = "tuple[int, ...]"


@dataclass(frozen=True, slots=True)
class _Literal:
    """A ground atom with a node for each argument, which says whose object it is."""

    atom: Atom
    nodes: _Nodes


@dataclass(frozen=True, slots=True)
class _Step:
    """A step of a plan over nodes; for a walk ``nodes`` are those of its ends."""

    step: PlanStep
    nodes: Mapping[Expression, int]
    positive: tuple[_Literal, ...]
    negative: tuple[_Literal, ...]
    add: tuple[_Literal, ...]
    delete: tuple[_Literal, ...]


class _Objects:
    """Occurrences of objects in a plan, and which must be the same object."""

    def __init__(self, rules: RuleBase) -> None:
        self._rules = rules
        self._constants = frozenset(rules.constants)
        self._values: list[Expression] = []
        self._parents: list[int] = []
        self._types: list[list[tuple[str, ...]]] = []

    def new(self, value: Expression, types: tuple[str, ...] = (ANY_TYPE,)) -> int:
        """A node for an occurrence of a value where one of some types is asked for."""
        self._values.append(value)
        self._parents.append(len(self._parents))
        self._types.append([types])
        return len(self._parents) - 1

    def value(self, node: int) -> Expression:
        """The value in the plan."""
        return self._values[node]

    def root(self, node: int) -> int:
        """The first node known to be the same object."""
        while self._parents[node] != node:
            node = self._parents[node]
        return node

    def unite(self, one: _Nodes, other: _Nodes) -> None:
        """Two atoms are the same."""
        for a, b in zip(one, other, strict=True):
            first, second = sorted((self.root(a), self.root(b)))
            if first != second:
                self._parents[second] = first
                self._types[first] += self._types[second]

    def may_be_same(self, one: int, other: int) -> bool:
        """Whether their types allow two nodes to be the same object."""
        supertypes = self._rules.supertypes
        return all(
            any(a in supertypes(b) or b in supertypes(a) for a in these for b in those)
            for these in self._types[self.root(one)]
            for those in self._types[self.root(other)]
        )

    def term(self, node: int) -> Constant:
        """The name of an object that stands for any; a constant of the rule base for itself."""
        value = self._values[node]
        assert not isinstance(value, Variable | Arithmetic | FunctionTerm), "plans are ground"
        free = isinstance(value, str) and value not in self._constants
        return f"#{self.root(node)}" if free else value

    def atom(self, literal: _Literal) -> Atom:
        """The atom over stand-in objects."""
        return Atom(literal.atom.predicate, tuple(self.term(n) for n in literal.nodes))


class _Explanation:
    """What must hold before the end of a plan that was looked at so far."""

    def __init__(self, goal: Atom, rules: RuleBase) -> None:
        self._rules = rules
        self._objects = _Objects(rules)
        self._goal = self._literals([goal], {})[0]
        self._positive: list[_Literal] = []
        self._negative: list[_Literal] = []
        self._distinct: list[tuple[int, int]] = []
        self._steps: list[_Step] = []

    def ask(self, positive: Iterable[Atom], negative: Iterable[Atom]) -> None:
        """Conditions at the end of the plan."""
        known = dict(zip(self._goal.atom.arguments, self._goal.nodes, strict=True))
        self._positive += self._literals(positive, known)
        self._negative += self._literals(negative, known)

    def before(self, step: PlanStep) -> Regressed:
        """Go back over a step."""
        if isinstance(step, WalkStep):
            read = self._read_walk(step)
            kept = self._before_walk(step, read)
        else:
            read = self._read(step)
            self._positive = self._unsupported(self._positive, read.add)
            self._negative = self._unsupported(self._negative, read.delete)
            kept = self._positive
            self._tell_apart(self._positive, read.delete)
            self._tell_apart(self._negative, read.add)
            self._distinct += _tests(step, read.nodes)
        self._positive = [*kept, *read.positive]
        self._negative += read.negative
        self._steps.insert(0, read)
        return self._regressed()

    def _literals(self, atoms: Iterable[Atom], known: dict[Expression, int]) -> list[_Literal]:
        """Ground atoms over nodes: equal objects are the same."""
        found = []
        for atom in atoms:
            # A type is a predicate, too.
            predicate = self._rules.predicates.get(atom.predicate)
            declared = ((atom.predicate,),) if predicate is None else predicate.types
            for argument, types in zip(atom.arguments, declared, strict=True):
                if argument not in known:
                    known[argument] = self._objects.new(argument, types)
            found.append(_Literal(atom, tuple(known[a] for a in atom.arguments)))
        return found

    def _read(self, step: GroundStep) -> _Step:
        schema = step.schema
        places = {
            p.name: self._objects.new(value, p.types)
            for p, value in zip(schema.parameters, step.arguments, strict=True)
        }
        plain = ground_step(schema, step.arguments)
        by_value: dict[Expression, int] = {}
        by_value.update(zip(step.arguments, places.values(), strict=True))

        def literals(ground: Sequence[Atom], atoms: Sequence[Atom]) -> tuple[_Literal, ...]:
            return tuple(
                _Literal(
                    filled,
                    tuple(
                        places[a.name] if isinstance(a, Variable) else self._objects.new(a)
                        for a in atom.arguments
                    ),
                )
                for filled, atom in zip(ground, atoms, strict=True)
            )

        # Conditions on derived facts were replaced by what these rest on.
        same = step.positive == plain.positive and step.negative == plain.negative
        return _Step(
            step,
            {Variable(name): node for name, node in places.items()},
            literals(step.positive, schema.positive)
            if same
            else tuple(self._literals(step.positive, by_value)),
            literals(step.negative, schema.negative)
            if same
            else tuple(self._literals(step.negative, by_value)),
            (*literals(step.add, schema.add), *self._literals(step.derives, by_value)),
            (*literals(step.delete, schema.delete), *self._literals(step.ends, by_value)),
        )

    def _read_walk(self, walk: WalkStep) -> _Step:
        known: dict[Expression, int] = {}
        source, target = self._literals([walk.source, walk.target], known)
        return _Step(
            walk,
            known,
            (source, *self._literals(sorted(walk.needs, key=str), known)),
            (),
            (target, *self._literals(sorted(walk.arrivals, key=str), known)),
            (source,),
        )

    def _before_walk(self, walk: WalkStep, read: _Step) -> list[_Literal]:
        kept = self._unsupported(self._positive, read.add)
        if walk.changes:
            # Leaving a place changes its unary fluents: that is the walk's own business.
            start = walk.source.arguments[walk.place]
            kept = [
                a
                for a in kept
                if a.atom.predicate not in self._rules.fluents or a.atom.arguments != (start,)
            ]
        self._tell_apart(kept, read.delete)
        self._negative = [a for a in self._negative if a.atom != walk.source]
        return kept

    def _unsupported(self, asked: Sequence[_Literal], given: Sequence[_Literal]) -> list[_Literal]:
        """What is asked and not given; what is given is the same atom as what asks for it."""
        by_atom: dict[Atom, _Literal] = {}
        for literal in given:
            by_atom.setdefault(literal.atom, literal)
        kept = []
        for literal in asked:
            if literal.atom in by_atom:
                self._objects.unite(literal.nodes, by_atom[literal.atom].nodes)
            else:
                kept.append(literal)
        return kept

    def _tell_apart(self, asked: Sequence[_Literal], undone: Sequence[_Literal]) -> None:
        """What is asked must not be what a step undoes: it is about another object."""
        for literal in asked:
            for other in undone:
                if literal.atom.predicate == other.atom.predicate:
                    pair = next(
                        (
                            (a, b)
                            for a, b in zip(literal.nodes, other.nodes, strict=True)
                            if self._objects.value(a) != self._objects.value(b)
                        ),
                        None,
                    )
                    if pair is not None:
                        self._distinct.append(pair)

    def _regressed(self) -> Regressed:
        objects = self._objects
        named = [
            (objects.term(a), objects.term(b))
            for a, b in self._distinct
            if objects.may_be_same(a, b)
        ]
        return Regressed(
            objects.atom(self._goal),
            frozenset(map(objects.atom, self._positive)),
            frozenset(map(objects.atom, self._negative)),
            frozenset((min(pair, key=_number), max(pair, key=_number)) for pair in named),
            tuple(self._named_step(step) for step in self._steps),
        )

    def _named_step(self, read: _Step) -> PlanStep:
        atom = self._objects.atom
        if isinstance(read.step, WalkStep):
            return replace(
                read.step,
                source=atom(read.positive[0]),
                target=atom(read.add[0]),
                needs=frozenset(map(atom, read.positive[1:])),
                arrivals=frozenset(map(atom, read.add[1:])),
            )
        return ground_step(
            read.step.schema, [self._objects.term(node) for node in read.nodes.values()]
        )


def _number(term: Expression) -> tuple[int, str]:
    text = str(term)
    return (len(text), text)


def _tests(step: GroundStep, nodes: Mapping[Expression, int]) -> list[tuple[int, int]]:
    """What the tests of a step ask to differ."""
    return [
        (nodes[test.left], nodes[test.right])
        for test in step.schema.tests
        if isinstance(test, Comparison)
        and test.operator == "!="
        and isinstance(test.left, Variable)
        and isinstance(test.right, Variable)
    ]


def explain(
    goal: Atom,
    steps: Sequence[PlanStep],
    rules: RuleBase,
    rests_on: tuple[frozenset[Atom], frozenset[Atom]] | None = None,
) -> Iterator[Regressed]:
    """The weakest condition for each end of a plan, the shortest end first.

    As `planner.learn.rules.regression.regress`, but the objects of what is found stand for any:
    each is named by a number.

    Args:
        goal: the atom that the plan reaches.
        steps: compressed, in order.
        rules: of the task; its constants stand for themselves.
        rests_on: atoms true, and atoms false, at the end that derive the goal; the goal itself
            when not given.
    """
    explanation = _Explanation(goal, rules)
    positive, negative = rests_on or (frozenset([goal]), frozenset())
    explanation.ask(sorted(positive, key=str), sorted(negative, key=str))
    for step in reversed(steps):
        yield explanation.before(step)
