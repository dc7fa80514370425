"""The lifted step space: successors by joins, nothing grounded.

For tasks whose operators are too many to list. A state is a frozen set of atom numbers; one index
of facts follows the search from state to state by their differences, which are small when a
search stays near where it was.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from planner.engine.matching import FactIndex
from planner.kr.formulas import Atom
from planner.kr.strips import strips_form
from planner.kr.terms import Arithmetic, FunctionTerm, Variable
from planner.plan import Step
from planner.spaces.growing import GrowingTable
from planner.spaces.lifted_costs import LiftedCosts
from planner.spaces.lifted_schema import LiftedSchema, ground, lift_schema
from planner.spaces.lifted_task import (
    changing_advised,
    goal_literals,
    refusal,
    static_derived,
    type_names,
)
from planner.spaces.linked_states import LinkedStates
from planner.spaces.parameters import printed_parameters
from planner.spaces.wording import StepText

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import numpy.typing as npt

    from planner.engine.matching import Pattern, Row
    from planner.interfaces import IntArray, Table
    from planner.kr.task import Task
    from planner.kr.terms import Constant

__all__ = ["LiftedSpace"]


class LiftedSpace:
    """A `StepSpace` without grounding, for conjunctive actions with unconditional effects.

    Raises:
        UnsupportedError: for other actions, for goals that are no conjunction of literals, and
            for derived predicates that change and that actions or the goal read.

    Attributes:
        left_out: derived predicates that change and are read by advice only; states lack them.
    """

    def __init__(self, task: Task) -> None:
        self.task = task
        self.left_out = changing_advised(task)
        self._derived = static_derived(task)
        self._constants: list[Constant] = list(task.all_objects)
        self._codes: dict[Constant, int] = {c: i for i, c in enumerate(self._constants)}
        rules = task.rules
        names = [*rules.predicates, *(t for t in type_names(task) if t not in rules.predicates)]
        self.predicates = {name: number for number, name in enumerate(names)}
        self.fluents = {self.predicates[name] for name in rules.fluents}
        self.index = FactIndex()
        self._costs = LiftedCosts(rules, self.predicates, self.index, self.code, self._constants)
        self.schemas = tuple(self._schema(i) for i in range(len(rules.actions)))
        self._texts = tuple(StepText(action) for action in rules.actions)
        widest = max([p.arity for p in rules.predicates.values()], default=0)
        self._atoms = GrowingTable(max(1, widest))
        self._steps = GrowingTable(max([1, *(s.parameter_count for s in self.schemas)]))
        self._static = GrowingTable(max(1, widest))
        self._states = LinkedStates()  # The index begins at the state without fluents.
        self._current = self._states.enter(frozenset())
        initial = self._read_facts()
        self.cost_scale = self._costs.scale
        self.goal_atoms, self._goal_absent = self._read_goal()
        # Goal literals that the index's state lacks; one that is to be false as its complement.
        self._unmet = set(self.goal_atoms)
        self._initial = self._states.enter(initial)

    @property
    def constants(self) -> tuple[Constant, ...]:
        """Objects in declaration order, then other values."""
        return tuple(self._constants)

    @property
    def atoms(self) -> Table:
        """The atoms met so far that differ between states."""
        return self._atoms.table

    @property
    def steps(self) -> Table:
        """The steps met so far."""
        return self._steps.table

    @property
    def static(self) -> Table:
        """The facts true in every state."""
        return self._static.table

    @property
    def costs(self) -> npt.NDArray[np.int64]:
        """Cost of each step met so far, ``cost_scale`` to the unit."""
        return self._costs.array

    def initial(self) -> int:
        """The number of the initial state."""
        return self._initial

    def legal_steps(self, state: int) -> IntArray:
        """Steps whose preconditions hold, ascending."""
        index = self.index_at(state)
        found = {
            self.step_number(number, tuple(binding[: schema.parameter_count]))
            for number, schema in enumerate(self.schemas)
            for binding in schema.bindings(index)
        }
        return np.array(sorted(found), dtype=np.int32)

    def distinct_steps(
        self, state: int, most: int, check: Callable[[], None]
    ) -> tuple[list[int], bool]:
        """Up to ``most`` legal steps of each schema, and whether these are all.

        Of steps with the same effects and cost there is one.

        Args:
            state: where the steps start.
            most: bindings of a schema that are looked for.
            check: called between pieces of work; raises to stop.
        """
        index = self.index_at(state)
        found: dict[int, None] = {}
        complete = True
        for number, schema in enumerate(self.schemas):
            bindings = schema.distinct_bindings(index, most, (), check)
            complete = complete and len(bindings) < most
            for binding in bindings:
                found[self.step_number(number, tuple(binding[: schema.parameter_count]))] = None
        return list(found), complete

    def achievers(
        self, state: int, atoms: Iterable[int], most: int, check: Callable[[], None]
    ) -> list[int]:
        """Legal steps that add one of the atoms, up to ``most`` for an atom and schema."""
        index = self.index_at(state)
        found: dict[int, None] = {}
        for atom in atoms:
            predicate, row = self._atoms.row(atom)
            for number, schema in enumerate(self.schemas):
                for pattern in schema.add:
                    bound = _bound(pattern, row) if pattern.predicate == predicate else None
                    if bound is None:
                        continue
                    for binding in schema.distinct_bindings(index, most, bound, check):
                        arguments = tuple(binding[: schema.parameter_count])
                        found[self.step_number(number, arguments)] = None
        return list(found)

    def successor(self, state: int, step: int) -> int:
        """The state a legal step leads to."""
        number, arguments = self._steps.row(step)
        schema = self.schemas[number]
        index, row = self.index_at(state), self._atoms.row
        come = {self._atoms.number(p.predicate, ground(p, arguments)) for p in schema.add}
        gone = {self._atoms.number(p.predicate, ground(p, arguments)) for p in schema.delete}
        lost = [n for n in gone if n not in come and index.holds(*row(n))]
        return self._states.follow(state, lost, [n for n in come if not index.holds(*row(n))])

    def changes(self, before: int, after: int) -> tuple[Sequence[int], Sequence[int]]:
        """Atoms that go and that come between two states, ascending; quick between neighbours."""
        return self._states.changes(before, after)

    def is_goal(self, state: int) -> bool:
        """Whether the goal holds."""
        atoms = self._states.kept(state)
        if atoms is None:
            self.index_at(state)
            return not self._unmet
        return self.goal_atoms <= atoms and not (self._goal_absent & atoms)

    def true_atoms(self, state: int) -> IntArray:
        """Numbers of the atoms true in a state, ascending."""
        return np.array(sorted(self._states.atoms(state)), dtype=np.int32)

    def describe(self, step: int) -> Step:
        """The step by name, with its cost and its sentence."""
        number, row = self._steps.row(step)
        arguments = tuple(self._constants[code] for code in row)
        cost = Fraction(self._costs[step], self.cost_scale)
        action = self.task.rules.actions[number]
        return Step(action.name, arguments, cost, self._texts[number].fill(arguments))

    def facts(self, state: int) -> frozenset[int]:
        """The atoms true in a state as a set."""
        return self._states.atoms(state)

    def atom_number(self, predicate: int, row: Row) -> int:
        """The number of a fluent atom."""
        return self._atoms.number(predicate, row)

    def atom_row(self, number: int) -> tuple[int, Row]:
        """Predicate and arguments of a fluent atom."""
        return self._atoms.row(number)

    def atom(self, number: int) -> Atom:
        """A fluent atom by name."""
        predicate, row = self._atoms.row(number)
        name = next(n for n, code in self.predicates.items() if code == predicate)
        return Atom(name, tuple(self._constants[code] for code in row))

    def step_row(self, number: int) -> tuple[int, Row]:
        """Schema and arguments of a step."""
        return self._steps.row(number)

    def step_number(self, schema: int, arguments: Row) -> int:
        """The number of a step."""
        number = self._steps.number(schema, arguments)
        if number == len(self._costs):
            self._costs.append(schema, arguments)
        return number

    def is_legal(self, state: int, step: int) -> bool:
        """Whether a step's precondition holds in a state."""
        number, arguments = self._steps.row(step)
        return self.schemas[number].is_applicable(self.index_at(state), arguments)

    def legal_step(self, state: int, schema: int, arguments: Row) -> int | None:
        """The first legal step of a schema with these arguments, -1 where any will do."""
        index = self.index_at(state)
        lifted = self.schemas[schema]
        if len(arguments) == lifted.parameter_count and min(arguments, default=0) >= 0:
            applies = lifted.is_applicable(index, arguments)
            return self.step_number(schema, arguments) if applies else None
        bound = [(slot, code) for slot, code in enumerate(arguments) if code >= 0]
        for binding in lifted.bindings(index, bound):
            return self.step_number(schema, tuple(binding[: lifted.parameter_count]))
        return None

    def index_at(self, state: int) -> FactIndex:
        """The facts of a state, static ones included; good until a call names another state."""
        if state != self._current:
            gone, come = self.changes(self._current, state)
            for number in gone:
                self.index.discard(*self._atoms.row(number))
                if number in self.goal_atoms:
                    self._unmet.add(number)
                self._unmet.discard(~number)
            for number in come:
                self.index.add(*self._atoms.row(number))
                self._unmet.discard(number)
                if number in self._goal_absent:
                    self._unmet.add(~number)
            self._current = state
        return self.index

    def code(self, constant: Constant) -> int:
        """The code of a constant; a new one gets the next."""
        found = self._codes.get(constant)
        if found is None:
            found = self._codes[constant] = len(self._constants)
            self._constants.append(constant)
        return found

    def _schema(self, number: int) -> LiftedSchema:
        action = self.task.rules.actions[number]
        strips = strips_form(action)
        if strips is None:
            what = "is more than a conjunction of literals with effects that always happen"
            raise refusal(f"the action `{action.name}` {what}", action.span)
        names = printed_parameters(action)
        schema = lift_schema(
            strips, names, self.task.rules, self.predicates, self.code, self._constants
        )
        test = self._costs.test(number)
        return schema if test is None else replace(schema, tests=(*schema.tests, test))

    def _read_facts(self) -> frozenset[int]:
        for name, declared in self.task.all_objects.items():
            types = {t: None for d in declared.split("|") for t in self.task.rules.supertypes(d)}
            for type_name in types:
                self.index.add(self.predicates[type_name], (self._codes[name],))
        known = self.task.rules.predicates.values()
        mirrored = {p.name: p.span for p in known if "symmetric" in p.properties}
        for symmetric, span in mirrored.items():
            if self.predicates[symmetric] in self.fluents:
                raise refusal(f"`{symmetric}` is symmetric, and actions change it", span)
        initial = []
        for atom in (*self.task.facts, *self._derived_facts()):
            predicate, row = self._ground_atom(atom)
            if predicate in self.fluents:
                initial.append(self._atoms.number(predicate, row))
                continue
            for fact in (row, row[::-1]) if atom.predicate in mirrored else (row,):
                self.index.add(predicate, fact)
                self._static.number(predicate, fact)
        return frozenset(initial)

    def _derived_facts(self) -> Iterator[Atom]:
        """What the rules derive from facts that never change."""
        if self._derived:
            from planner.engine.forward import saturate

            model = saturate(self.task)
            for name in self._derived:
                yield from model.atoms(name)

    def _ground_atom(self, atom: Atom) -> tuple[int, Row]:
        row = []
        for argument in atom.arguments:
            if isinstance(argument, Variable | Arithmetic | FunctionTerm):
                raise refusal(f"the goal has a variable: {atom}", atom.span)
            row.append(self.code(argument))
        return self.predicates[atom.predicate], tuple(row)

    def _read_goal(self) -> tuple[frozenset[int], frozenset[int]]:
        present: list[int] = []
        absent: list[int] = []
        for atom, positive in goal_literals(self.task):
            predicate, row = self._ground_atom(atom)
            if predicate in self.fluents:
                (present if positive else absent).append(self._atoms.number(predicate, row))
            elif self.index.holds(predicate, row) != positive:
                # A static literal that is false: no state is a goal.
                present.append(self._atoms.number(predicate, row))
        return frozenset(present), frozenset(absent)


def _bound(pattern: Pattern, row: Row) -> list[tuple[int, int]] | None:
    """The slots that make a pattern a certain row, ``None`` where none do."""
    slots: dict[int, int] = {}
    for argument, value in zip(pattern.arguments, row, strict=True):
        if argument >= 0:
            if argument != value:
                return None
        elif slots.setdefault(~argument, value) != value:
            return None
    return list(slots.items())
