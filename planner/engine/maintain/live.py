"""A model whose facts come and go."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.engine.extension import TinyExtension
from planner.engine.facts import Facts
from planner.engine.forward import Program
from planner.engine.maintain.layer import Difference, MaintainedLayer
from planner.engine.maintain.relation import ChangingRelation
from planner.engine.model import Model
from planner.engine.program import plan_rules
from planner.engine.tiny.run import TinyProgram
from planner.errors import InputError
from planner.kr.terms import Arithmetic, FunctionTerm, Variable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from planner.engine.maintain.layer import Rows
    from planner.engine.tiny.relation import Row
    from planner.kr.formulas import Atom
    from planner.kr.rules import Rule
    from planner.kr.terms import Constant, Expression

__all__ = ["Change", "LiveModel"]

_NO_LIMIT = 2**62


@dataclass(frozen=True, slots=True)
class Change:
    """What an update made true and false, facts and derived atoms, by predicate in rows."""

    added: Mapping[str, tuple[Row, ...]]
    removed: Mapping[str, tuple[Row, ...]]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)


class LiveModel:
    """Rules kept at their fixpoint while facts are added and retracted.

    >>> from planner.kr.formulas import Atom
    >>> from planner.kr.terms import Variable
    >>> from planner.kr.rules import Rule
    >>> x, y = Variable("x"), Variable("y")
    >>> live = LiveModel([Rule(Atom("up", (x,)), Atom("on", (x, y)))])
    >>> _ = live.add(Atom("on", ("a", "b")))
    >>> live.holds(Atom("up", ("a",)))
    True
    """

    def __init__(self, rules: Sequence[Rule], facts: Facts | None = None) -> None:
        """Evaluate the rules; `planner.engine.forward.compile_rules` says what can be raised."""
        self.plan = plan_rules(rules)
        self._facts = Facts() if facts is None else facts
        self.symbols = self._facts.symbols
        self._arities = dict(self.plan.arities)
        self._explicit: dict[str, Rows] = {}
        program = TinyProgram(self.plan, ChangingRelation)
        self._relations: dict[str, ChangingRelation] = {
            name: relation
            for name, relation in program.relations.items()
            if isinstance(relation, ChangingRelation)
        }
        self._layers = [
            MaintainedLayer(number, self.plan, program, self._relations, self._explicit)
            for number in range(len(self.plan.layers))
        ]
        self._derived = {name for layer in self._layers for name in layer.predicates}
        self._env = program.compiler.begin(self.symbols)
        self._log: list[tuple[Change, list[tuple[Atom, bool]]]] | None = None
        self._observers: list[Callable[[Change], None]] = []
        self._model: Model | None = None
        self._fill()

    def _fill(self) -> None:
        model = Program(self.plan).run(self._facts)
        for name in self._facts.predicates():
            self._explicit[name] = dict.fromkeys(self._facts.tuples(name))
            self._arities.setdefault(name, self._facts.arity(name) or 0)
        for name in dict.fromkeys((*self._relations, *self._facts.predicates())):
            rows = model.rows(name).tolist()
            self._relation(name).reset([tuple(row) for row in rows], _NO_LIMIT)

    def _relation(self, name: str) -> ChangingRelation:
        if name not in self._relations:
            self._relations[name] = ChangingRelation(name, self._arities[name])
            self._relations[name].reset((), _NO_LIMIT)
        return self._relations[name]

    # Changing.

    def add(self, *atoms: Atom) -> Change:
        """Add facts; those that are there already do no harm.

        Raises:
            InputError: when an atom is not ground or has another arity than before.
        """
        return self.update(atoms, ())

    def retract(self, *atoms: Atom) -> Change:
        """Take facts away; what rules derive stays as long as they derive it."""
        return self.update((), atoms)

    def update(self, added: Iterable[Atom], removed: Iterable[Atom]) -> Change:
        """Add and take away many facts at once; what is in both is added."""
        adding = {atom: self._row(atom) for atom in added}
        taking = {atom: self._row(atom) for atom in removed if atom not in adding}
        done: list[tuple[Atom, bool]] = []
        changes: dict[str, Difference] = {}
        for atom, row in taking.items():
            if row in self._explicit.get(atom.predicate, {}):
                del self._explicit[atom.predicate][row]
                done.append((atom, False))
                changes.setdefault(atom.predicate, Difference()).removed[row] = None
        for atom, row in adding.items():
            rows = self._explicit.setdefault(atom.predicate, {})
            if row not in rows:
                rows[row] = None
                done.append((atom, True))
                changes.setdefault(atom.predicate, Difference()).added[row] = None
        return self._settle(changes, done) if done else Change({}, {})

    def _settle(self, changes: dict[str, Difference], done: list[tuple[Atom, bool]]) -> Change:
        for name, difference in changes.items():
            if name not in self._derived:
                self._relation(name).take(difference.removed)
                self._relation(name).put(difference.added)
        for layer in self._layers:
            touched = (*layer.predicates, *layer.reads)
            if any(changes.get(name) for name in touched):
                layer.update(self._env, changes)
        change = Change(
            {n: tuple(d.added) for n, d in changes.items() if d.added},
            {n: tuple(d.removed) for n, d in changes.items() if d.removed},
        )
        self._model = None
        if self._log is not None:
            self._log.append((change, done))
        for observer in self._observers:
            observer(change)
        return change

    @contextmanager
    def transaction(self) -> Iterator[Callable[[], None]]:
        """Changes inside can be undone, all together: by the function this gives, or an error.

        Transactions may be nested.
        """
        outer, self._log = self._log, []
        log = self._log
        try:
            yield lambda: self._undo(log)
        except BaseException:
            self._undo(log)
            raise
        finally:
            if outer is not None:
                outer += log
            self._log = outer

    def _undo(self, log: list[tuple[Change, list[tuple[Atom, bool]]]]) -> None:
        while log:
            change, done = log.pop()
            for name, rows in change.added.items():
                self._relation(name).take(rows)
            for name, rows in change.removed.items():
                self._relation(name).put(rows)
            for atom, was_added in done:
                row = self._row(atom)
                if was_added:
                    del self._explicit[atom.predicate][row]
                else:
                    self._explicit[atom.predicate][row] = None
            self._model = None
            for observer in self._observers:
                observer(Change(change.removed, change.added))

    def observe(self, observer: Callable[[Change], None]) -> None:
        """Have a function called after every change, undone ones included."""
        self._observers.append(observer)

    # Asking.

    def holds(self, atom: Atom) -> bool:
        """Whether a ground atom is true."""
        relation = self._relations.get(atom.predicate)
        codes = [self.symbols.find(_ground(argument, atom)) for argument in atom.arguments]
        return relation is not None and tuple(codes) in relation.rows

    def count(self, predicate: str) -> int:
        """Number of rows of a predicate."""
        relation = self._relations.get(predicate)
        return 0 if relation is None else len(relation.rows)

    def model(self) -> Model:
        """What holds now, as a model that stays as it is."""
        if self._model is None:
            facts = Facts(self.symbols)
            for name, rows in self._explicit.items():
                for row in rows:
                    facts.add_row(name, row)
            extensions = {
                name: TinyExtension(dict(relation.rows), relation.arity)
                for name, relation in self._relations.items()
            }
            self._model = Model(self.plan, facts, extensions)
        return self._model

    def _row(self, atom: Atom) -> Row:
        known = self._arities.setdefault(atom.predicate, len(atom.arguments))
        if known != len(atom.arguments):
            given = len(atom.arguments)
            raise InputError(f"`{atom.predicate}` is used with {given} arguments and with {known}")
        return tuple(self.symbols.code(_ground(argument, atom)) for argument in atom.arguments)


def _ground(argument: Expression, atom: Atom) -> Constant:
    if isinstance(argument, Variable | Arithmetic | FunctionTerm):
        raise InputError(f"a fact cannot have a variable or an expression: {atom}")
    return argument
