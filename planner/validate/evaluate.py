"""Truth of formulas in one state: a plain evaluator of its own, for checking only.

It shares nothing with the engine: nested loops over indexed facts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from planner.kr.formulas import (
    Aggregate,
    And,
    Atom,
    Closure,
    Comparison,
    Exists,
    Forall,
    Formula,
    Modal,
    Not,
    Or,
    conjuncts,
)
from planner.kr.terms import ANY_TYPE, Constant, Expression, FunctionTerm, TypedVariable, Variable
from planner.validate.binding import Binding, bind, without
from planner.validate.derive import Derivations
from planner.validate.ordering import Part, arrange, variables_of
from planner.validate.values import as_number, compare, evaluate
from planner.validate.world import World

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from planner.kr.task import Task
    from planner.validate.facts import Row

__all__ = ["Evaluator"]


class Evaluator:
    """Answers questions about the current state of a task, and changes it."""

    def __init__(self, task: Task) -> None:
        self.world = World(task)
        self._derivations = Derivations(self.world, self.solutions, self.join)
        self._plans: dict[tuple[int, frozenset[str]], tuple[tuple[Part, ...], object]] = {}
        self._names: dict[int, tuple[frozenset[str], Formula]] = {}

    def add(self, predicate: str, row: Row) -> None:
        """Make a fact true."""
        if self.world.add(predicate, row):
            self._derivations.changed(predicate)

    def remove(self, predicate: str, row: Row) -> None:
        """Make a fact false."""
        if self.world.remove(predicate, row):
            self._derivations.changed(predicate)

    def add_object(self, name: str, types: tuple[str, ...]) -> None:
        """Declare an object that a step creates."""
        self.world.add_object(name, types)
        self._derivations.forget_all()

    def holds(self, formula: Formula, binding: Binding) -> bool:
        """Whether the formula holds for some values of its unbound variables."""
        return next(self.solutions(formula, binding), None) is not None

    def solutions(self, part: Part, binding: Binding) -> Iterator[Binding]:
        """Extensions of the binding that make the part true; some may come twice."""
        match part:
            case Atom(predicate, arguments):
                yield from self._atom(predicate, arguments, binding)
            case TypedVariable():
                yield from self._typed(part, binding)
            case And(parts):
                yield from self.join(part, parts, binding)
            case Or(parts):
                for option in parts:
                    yield from self.solutions(option, binding)
            case Not(body):
                if not self.holds(body, binding):
                    yield binding
            case Comparison(operator, left, right):
                yield from self._comparison(operator, left, right, binding)
            case Exists(variables, body):
                yield from self._exists(part, variables, body, binding)
            case Forall(variables, condition, body):
                inner = without(binding, variables)
                guards = (*conjuncts(condition), *variables)
                if all(self.holds(body, b) for b in self.join(part, guards, inner)):
                    yield binding
            case Aggregate():
                yield from self._aggregate(part, binding)
            case Closure(predicate, pair):
                yield from self._closure(predicate, pair, binding)
            case Modal(mode, atom):
                yield from self._modal(mode, atom, binding)
            case _:
                assert_never(part)

    def join(self, owner: object, parts: tuple[Part, ...], binding: Binding) -> Iterator[Binding]:
        """Bindings that make all parts true; ``owner`` stands for ``parts`` where order is kept.

        A stack of iterators instead of recursion: a goal may have thousands of parts.
        """
        key = (id(owner), frozenset(binding))
        plan = self._plans.get(key)
        if plan is None:
            # The owner is kept with the plan, so that its id stays its own.
            plan = (arrange(parts, key[1], self._size), owner)
            self._plans[key] = plan
        ordered = plan[0]
        if not ordered:
            yield binding
            return
        stack = [self.solutions(ordered[0], binding)]
        while stack:
            found = next(stack[-1], None)
            if found is None:
                stack.pop()
            elif len(stack) == len(ordered):
                yield found
            else:
                stack.append(self.solutions(ordered[len(stack)], found))

    def _free(self, formula: Formula) -> frozenset[str]:
        found = self._names.get(id(formula))
        if found is None:
            found = self._names[id(formula)] = (variables_of(formula), formula)
        return found[0]

    def _size(self, predicate: str) -> int | None:
        if self.world.is_type(predicate):
            return None
        return self.world.facts.count(predicate) + self._derivations.count(predicate)

    def _typed(self, variable: TypedVariable, binding: Binding) -> Iterator[Binding]:
        value = binding.get(variable.name)
        if value is None:
            for name in self.world.objects_of(variable.types):
                yield {**binding, variable.name: name}
        elif ANY_TYPE in variable.types or self.world.has_type(value, variable.types):
            # A variable without a type may also stand for a number that an atom binds.
            yield binding

    def _exists(
        self, owner: Exists, variables: tuple[TypedVariable, ...], body: Formula, binding: Binding
    ) -> Iterator[Binding]:
        inner = without(binding, variables)
        parts = (*conjuncts(body), *variables)
        found = self.join(owner, parts, inner)
        if self._free(owner) <= binding.keys():
            if next(found, None) is not None:
                yield binding
            return
        local = {v.name for v in variables}
        for solution in found:
            yield {**{k: v for k, v in solution.items() if k not in local}, **binding}

    def _comparison(
        self, operator: str, left: Expression, right: Expression, binding: Binding
    ) -> Iterator[Binding]:
        first, second = evaluate(left, binding), evaluate(right, binding)
        if first is not None and second is not None:
            if compare(operator, first, second, self.world.order):
                yield binding
        elif operator == "=" and isinstance(left, Variable) and second is not None:
            yield {**binding, left.name: second}
        elif operator == "=" and isinstance(right, Variable) and first is not None:
            yield {**binding, right.name: first}

    def _aggregate(self, part: Aggregate, binding: Binding) -> Iterator[Binding]:
        rows: dict[Row, None] = {}
        for solution in self.join(part, conjuncts(part.body), binding):
            row = tuple(v for t in part.terms if (v := evaluate(t, solution)) is not None)
            if len(row) == len(part.terms):
                rows[row] = None
        value: Constant | None
        if part.function == "count":
            value = len(rows)
        else:
            numbers = [n for row in rows if (n := as_number(row[0])) is not None]
            if part.function == "sum":
                value = as_number(sum(numbers))
            elif not numbers:
                return
            else:
                value = min(numbers) if part.function == "min" else max(numbers)
        assert value is not None
        yield from self._comparison("=", part.result, value, binding)

    def _closure(
        self, predicate: str, pair: tuple[Expression, Expression], binding: Binding
    ) -> Iterator[Binding]:
        start, end = evaluate(pair[0], binding), evaluate(pair[1], binding)
        if start is None and end is not None:
            for value in self._reached(predicate, end, backwards=True):
                yield from bind(pair, (value, end), binding)
            return
        starts = [start] if start is not None else self._left_ends(predicate)
        for first in starts:
            for value in self._reached(predicate, first):
                yield from bind(pair, (first, value), binding)

    def _left_ends(self, predicate: str) -> list[Constant]:
        return list(dict.fromkeys(row[0] for row in self._rows(predicate, (), ())))

    def _reached(
        self, predicate: str, start: Constant, backwards: bool = False
    ) -> Iterable[Constant]:
        place = 1 if backwards else 0
        found: dict[Constant, None] = {}
        waiting = [start]
        while waiting:
            for row in list(self._rows(predicate, (place,), (waiting.pop(),))):
                value = row[1 - place]
                if value not in found:
                    found[value] = None
                    waiting.append(value)
        return found

    def _modal(self, mode: str, atom: Atom, binding: Binding) -> Iterator[Binding]:
        for row in self.world.goal_rows(atom.predicate):
            for found in bind(atom.arguments, row, binding):
                if mode == "goal" or (
                    not self.is_fact(atom.predicate, row)
                    and (mode == "open" or not self._waits(atom.predicate, row))
                ):
                    yield found

    def _waits(self, predicate: str, row: Row) -> bool:
        """Whether something that an order puts before the goal atom is still open."""
        for order in self.world.task.rules.orders:
            if order.later.predicate != predicate:
                continue
            for binding in bind(order.later.arguments, row, {}):
                for earlier in self._modal("open", order.earlier, binding):
                    if self.holds(order.condition, earlier):
                        return True
        return False

    def _atom(
        self, predicate: str, arguments: tuple[Expression, ...], binding: Binding
    ) -> Iterator[Binding]:
        values = [evaluate(argument, binding) for argument in arguments]
        known = tuple(value for value in values if value is not None)
        if len(known) == len(values):
            if self.is_fact(predicate, known):
                yield binding
            return
        places = tuple(place for place, value in enumerate(values) if value is not None)
        # A copy, as deriving what is asked in between may change the index.
        for row in list(self._rows(predicate, places, known)):
            yield from bind(arguments, row, binding)

    def is_fact(self, predicate: str, row: Row) -> bool:
        """Whether a ground atom holds."""
        if predicate in self._derivations:
            return self._derivations.holds(predicate, row)
        if self.world.is_type(predicate):
            return len(row) == 1 and self.world.has_type(row[0], (predicate,))
        return self.world.facts.holds(predicate, row)

    def _rows(self, predicate: str, places: tuple[int, ...], values: Row) -> Iterable[Row]:
        if predicate in self._derivations:
            return self._derivations.matching(predicate, places, values)
        if self.world.is_type(predicate):
            return [(name,) for name in self.world.objects_of((predicate,))]
        return self.world.facts.matching(predicate, places, values)

    def function_value(
        self, term: FunctionTerm, binding: Mapping[str, Constant]
    ) -> Constant | None:
        """The value of a functional predicate, ``None`` where it has none or more than one."""
        atom = Atom(term.predicate, (*term.arguments, Variable(" value")))
        values = {solution[" value"] for solution in self.solutions(atom, dict(binding))}
        return values.pop() if len(values) == 1 else None
