"""A model whose facts and rules come and go."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from planner.engine.extension import Extension, TinyExtension
from planner.engine.facts import Facts
from planner.engine.forward import Program
from planner.engine.maintain.adaptive import AdaptiveLayer, signature_of
from planner.engine.maintain.change import Difference
from planner.engine.maintain.commit import Change, net
from planner.engine.maintain.declared import is_split, seen_by_users
from planner.engine.maintain.relation import Relations
from planner.engine.maintain.thresholds import Thresholds
from planner.engine.maintain.undo import all_or_nothing, explained
from planner.engine.model import Model
from planner.engine.program import plan_rules
from planner.engine.symbols import ground_arguments
from planner.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from planner.engine.gather.foreign import Foreign
    from planner.engine.maintain.change import Rows
    from planner.engine.maintain.layer import Journal
    from planner.engine.program import Layer, Plan
    from planner.engine.tiny.relation import Row
    from planner.kr.formulas import Atom
    from planner.kr.rules import Predicate, Rule

__all__ = ["Change", "LiveModel"]

_NO_FUNCTIONS: Mapping[str, Foreign] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class _Step:
    """One update and what takes it back."""

    change: Change
    journal: Journal


class LiveModel:
    """Rules kept at their fixpoint while facts, and rules, are added and taken away.

    >>> from planner.kr.formulas import Atom
    >>> from planner.kr.terms import Variable
    >>> from planner.kr.rules import Rule
    >>> x, y = Variable("x"), Variable("y")
    >>> live = LiveModel([Rule(Atom("up", (x,)), Atom("on", (x, y)))])
    >>> _ = live.add(Atom("on", ("a", "b")))
    >>> live.holds(Atom("up", ("a",)))
    True
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        facts: Facts | None = None,
        *,
        declared: Collection[Predicate] = (),
        functions: Mapping[str, Foreign] = _NO_FUNCTIONS,
        thresholds: Thresholds | None = None,
    ) -> None:
        """Evaluate the rules; `planner.engine.forward.compile_rules` says what can be raised."""
        facts = Facts() if facts is None else facts
        self.symbols = facts.symbols
        self._thresholds = Thresholds() if thresholds is None else thresholds
        self._relations = Relations()
        self._explicit: dict[str, Rows] = {}
        self._log: list[_Step] | None = None
        self._observers: list[Callable[[Change], None]] = []
        self._extensions: dict[str, tuple[int, Extension]] = {}
        self._model: Model | None = None
        self._version = 0
        self._declared, self._functions = tuple(declared), functions
        self._split = {p.name for p in self._declared if is_split(p)}
        self.plan = plan_rules(rules, self._declared, functions)
        self._arities: dict[str, int] = {}
        self._layers: list[AdaptiveLayer] = []
        self._owners: dict[str, AdaptiveLayer] = {}
        self._install(self.plan, [])
        model = Program(self.plan).run(facts)
        for name in facts.predicates():
            self._explicit[name] = dict.fromkeys(facts.tuples(name))
            self._arities.setdefault(name, facts.arity(name) or 0)
        for name in dict.fromkeys((*self.plan.arities, *facts.predicates())):
            if name not in self._owners:
                rows = self._explicit.get(name, ())
                self._relations.of(name, self._arities[name]).reset(rows)
        for layer in self._layers:
            layer.begin(model)

    def _install(self, plan: Plan, journal: Journal) -> frozenset[int]:
        """Have the layers of a plan; returns the identities of those that were there before.

        A layer stays when it has the same clauses, and reads no predicate of the engine's own
        that has got another arity.
        """
        stale = [
            n
            for n, a in plan.arities.items()
            if n in self._relations and "#" in n and self._relations[n].arity != a
        ]
        before, layers, owners = self.plan, self._layers, self._owners
        dropped = {name: self._relations.pop(name) for name in stale}

        def take_back() -> None:
            self.plan, self._layers, self._owners = before, layers, owners
            self._relations.update(dropped)

        journal.append(take_back)
        self.plan = plan
        self._arities.update(plan.arities)
        for name, arity in plan.arities.items():
            self._relations.of(name, arity)
        known = {layer.signature: layer for layer in layers if not {*layer.touches} & {*stale}}
        self._layers = [
            known.get(signature_of(plan, layer)) or self._layer(plan, layer)
            for layer in plan.layers
        ]
        self._owners = {name: layer for layer in self._layers for name in layer.predicates}
        for layer in self._layers:
            for name in layer.reads:
                if name in self._owners:
                    self._owners[name].mirror(name, journal)
        return frozenset(id(layer) for layer in layers)

    def _layer(self, plan: Plan, layer: Layer) -> AdaptiveLayer:
        return AdaptiveLayer(
            plan, layer, self._relations, self._explicit, self.symbols, self._thresholds
        )

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules there are, in order."""
        return self.plan.rules

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
        changes: dict[str, Difference] = {}
        journal: Journal = []
        for atom, row in taking.items():
            if row in self._explicit.get(atom.predicate, {}):
                del self._explicit[atom.predicate][row]
                changes.setdefault(atom.predicate, Difference()).removed[row] = None
        for atom, row in adding.items():
            rows = self._explicit.setdefault(atom.predicate, {})
            if row not in rows:
                rows[row] = None
                changes.setdefault(atom.predicate, Difference()).added[row] = None
        if not changes:
            return Change(self, self._version, {}, {}, self.plan)
        stated = {
            name: Difference.of(dict(d.added), dict(d.removed)) for name, d in changes.items()
        }
        journal.append(lambda: self._restate(stated))
        with all_or_nothing(journal, self._explained):
            self._change_relations(changes, journal)
            for layer in self._layers:
                if any(changes.get(name) for name in layer.touches):
                    layer.update(changes, journal)
        return self._finish(changes, stated, self.plan, journal)

    def add_rules(self, *rules: Rule) -> Change:
        """Add rules at the end; what they derive is derived.

        Raises:
            InputError: when the rules do not go together; nothing is changed then.
        """
        return self.set_rules((*self.rules, *rules))

    def remove_rules(self, *rules: Rule) -> Change:
        """Take rules away, each once; what only they derive is no longer true.

        Raises:
            InputError: for a rule that is not there; nothing is changed then.
        """
        left = list(self.rules)
        for rule in rules:
            if rule not in left:
                raise InputError(f"there is no such rule: {rule}")
            left.remove(rule)
        return self.set_rules(left)

    def set_rules(self, rules: Sequence[Rule]) -> Change:
        """Have these rules; layers whose clauses stay the same are left as they are.

        Raises:
            InputError: when the rules do not go together; nothing is changed then.
        """
        plan, before = plan_rules(rules, self._declared, self._functions), self.plan
        for name, arity in plan.arities.items():
            if "#" not in name:
                self._check_arity(name, arity)
        for constant in plan.constants:
            self.symbols.code(constant)
        journal: Journal = []
        changes: dict[str, Difference] = {}
        with all_or_nothing(journal, self._explained):
            self._take_over(plan, changes, journal)
        return self._finish(changes, {}, before, journal)

    def _take_over(self, plan: Plan, changes: dict[str, Difference], journal: Journal) -> None:
        """Go on with other rules."""
        layers, owners, known = self._layers, self._owners, dict(self._relations)
        old = self._install(plan, journal)
        self._strip(owners, changes, journal)
        same = {layer.predicates: layer for layer in layers}
        for layer in self._layers:
            is_readable = all(self._relations[n] is known.get(n) for n in layer.touches)
            if id(layer) in old:
                if any(changes.get(name) for name in layer.reads):
                    layer.update(changes, journal)
            elif layer.predicates in same and is_readable:
                layer.take_over(same[layer.predicates], changes, journal)
            else:
                for name in layer.predicates:
                    if name in owners and self._relations[name] is known.get(name):
                        owners[name].become_tuples(journal)
                layer.evaluate_again(changes, journal)

    def _explained(self, error: InputError) -> InputError:
        return explained(error, self.plan, self.facts())

    def _strip(
        self,
        owners: dict[str, AdaptiveLayer],
        changes: dict[str, Difference],
        journal: Journal,
    ) -> None:
        """Predicates that rules no longer derive keep their facts only."""
        for name, layer in owners.items():
            if name not in self._owners:
                layer.become_tuples(journal)
                facts = self._explicit.get(name, {})
                lost = {row: None for row in self._relations[name].rows if row not in facts}
                changes[name] = Difference.of({}, lost)
        self._change_relations(changes, journal)

    def _restate(self, stated: dict[str, Difference]) -> None:
        """Take back what was said of facts."""
        for name, difference in stated.items():
            rows = self._explicit[name]
            for row in difference.added:
                del rows[row]
            rows.update(difference.removed)

    def _change_relations(self, changes: dict[str, Difference], journal: Journal) -> None:
        """Change the predicates that no rule derives."""
        for name, difference in changes.items():
            if name not in self._owners:
                relation = self._relations.of(name, self._arities[name])
                relation.take(difference.removed)
                relation.put(difference.added)
                journal.append(relation.way_back(difference))

    def _finish(
        self,
        changes: dict[str, Difference],
        stated: dict[str, Difference],
        before: Plan,
        journal: Journal,
    ) -> Change:
        self._version += 1
        self._model = None
        seen = seen_by_users(changes, self.plan.declared, self._relations)
        change = Change(self, self._version, seen, stated, before)
        if self._log is not None:
            self._log.append(_Step(change, journal))
        else:
            self._notify(change)
        return change

    @contextmanager
    def transaction(self) -> Iterator[Callable[[], None]]:
        """Changes inside can be undone, all together: by the function this gives, or an error.

        Transactions may be nested. Observers hear of the outermost one when it ends, as one
        change, and of nothing where nothing is left of it.
        """
        outer, self._log = self._log, []
        log = self._log
        try:
            yield lambda: self._undo(log)
        except BaseException:
            self._undo(log)
            raise
        finally:
            self._log = outer
            if outer is not None:
                outer += log
        if outer is None and log and self._observers:
            self._notify(net([step.change for step in log], self, self._version))

    def _undo(self, log: list[_Step]) -> None:
        while log:
            step = log.pop()
            for take_back in reversed(step.journal):
                take_back()
            self._version += 1
            self._model = None

    def observe(self, observer: Callable[[Change], None]) -> Callable[[], None]:
        """Have a function called after every change; returns what ends that.

        Inside a transaction the call waits until the outermost one ends. While it is called the
        change can say why (`Change.why`).
        """
        self._observers.append(observer)
        return lambda: self._observers.remove(observer)

    def _notify(self, change: Change) -> None:
        if change:
            for observer in tuple(self._observers):
                observer(change)

    # Asking.

    @property
    def version(self) -> int:
        """A number that grows with every change."""
        return self._version

    def holds(self, atom: Atom) -> bool:
        """Whether a ground atom is true."""
        found = [self.symbols.find(constant) for constant in ground_arguments(atom)]
        row = tuple(code for code in found if code is not None)
        name = atom.predicate
        if len(row) < len(found) or self._arities.get(name) != len(row):
            return False
        if name in self._split:
            return self.model().extension(name).contains(row)
        owner = self._owners.get(name)
        if owner is not None:
            return owner.contains(name, row)
        relation = self._relations.get(name)
        return relation is not None and row in relation.rows

    def count(self, predicate: str) -> int:
        """Number of rows of a predicate."""
        if predicate in self._split:
            return self.model().count(predicate)
        owner = self._owners.get(predicate)
        if owner is not None:
            return owner.count(predicate)
        relation = self._relations.get(predicate)
        return 0 if relation is None else len(relation.rows)

    def facts(self) -> Facts:
        """What was stated, as facts that stay as they are."""
        facts = Facts(self.symbols)
        for name, rows in self._explicit.items():
            for row in rows:
                facts.add_row(name, row)
        return facts

    def model(self) -> Model:
        """What holds now, as a model that stays as it is."""
        if self._model is None:
            names = dict.fromkeys((*self._relations, *self._owners))
            is_plain = not self.plan.declared
            extensions: Mapping[str, Extension] = {
                name: self._extension(name) for name in names if not (is_plain and "#" in name)
            }
            if not is_plain:
                from planner.engine.gather.views import as_declared

                extensions = as_declared(self.plan, extensions)
            self._model = Model(self.plan, self.facts(), extensions)
        return self._model

    def _extension(self, name: str) -> Extension:
        """The rows of a predicate, copied where they have changed since they last were."""
        owner = self._owners.get(name)
        made = owner.extension(name) if owner is not None else None
        if made is not None:
            return made
        relation = self._relations[name]
        known = self._extensions.get(name)
        if known is None or known[0] != relation.version:
            copied = TinyExtension(dict.fromkeys(relation.rows, 0), relation.arity)
            known = self._extensions[name] = (relation.version, copied)
        return known[1]

    def _row(self, atom: Atom) -> Row:
        self._check_arity(atom.predicate, len(atom.arguments))
        code = self.symbols.code
        row = tuple([code(constant) for constant in ground_arguments(atom)])
        self._arities.setdefault(atom.predicate, len(row))
        return row

    def _check_arity(self, name: str, given: int) -> None:
        known = self._arities.get(name, given)
        if known != given:
            raise InputError(f"`{name}` is used with {given} arguments and with {known}")
